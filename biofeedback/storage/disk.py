"""The disk a recording goes to: is it local, is there room, and a reserve to close with when there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Eight EMG at 2 kHz and six IMU at 100 Hz take about 160 MB an hour. Below this a long visit may not fit.
LOW_FREE_BYTES = 500_000_000
# Below this a recording is not begun: the reserve, and a quarter of an hour at that load.
START_FREE_BYTES = 50_000_000
# Closing copies the write-ahead log into the file. It is written back every 1000 pages (4 MB); twice that is kept.
RESERVE_BYTES = 8_000_000

_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "9p", "afs", "ceph", "ncpfs", "fuse.sshfs"}
_WINDOWS_DRIVE_REMOTE = 4


def free_bytes(folder: Path) -> int:
    """Return how many bytes this user can still write below the folder."""
    return shutil.disk_usage(folder).free


def on_network(folder: Path) -> bool:
    """Say whether an existing folder lies on a network share, where a write-ahead log is not safe."""
    folder = folder.resolve()
    if sys.platform == "win32":
        import ctypes

        return str(folder).startswith("\\\\") or (
            ctypes.windll.kernel32.GetDriveTypeW(folder.anchor) == _WINDOWS_DRIVE_REMOTE
        )
    mounts = _mac_mounts() if sys.platform == "darwin" else _linux_mounts(Path("/proc/self/mountinfo"))
    return is_network_kind(folder, mounts)


def is_network_kind(folder: Path, mounts: dict[Path, str]) -> bool:
    """Say whether the innermost mount above the folder is of a networked kind. ``mounts``: mount point to kind."""
    for place in (folder, *folder.parents):
        if place in mounts:
            return mounts[place] in _NETWORK
    return False


def hold_reserve(path: Path) -> None:
    """Occupy `RESERVE_BYTES` in a file of this name, so that they can be given back when the disk is full."""
    with path.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        else:
            file.write(bytes(RESERVE_BYTES))


def sync_folder(folder: Path) -> None:
    """Make new names in the folder survive a power cut. Windows does that by itself."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _linux_mounts(table: Path) -> dict[Path, str]:
    """Read mount points and kinds; the format is in proc(5)."""
    mounts: dict[Path, str] = {}
    if not table.exists():
        return mounts
    for line in table.read_text(errors="replace").splitlines():
        left, _, right = line.partition(" - ")
        point = left.split()[4].replace("\\040", " ")
        mounts[Path(point)] = right.split()[0]
    return mounts


def _mac_mounts() -> dict[Path, str]:
    """Read lines such as ``//me@server/share on /Volumes/share (smbfs, nodev)``."""
    answer = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=5, check=False)
    mounts: dict[Path, str] = {}
    for line in answer.stdout.splitlines():
        where, _, kind = line.partition(" on ")[2].rpartition(" (")
        mounts[Path(where)] = kind.split(",")[0].rstrip(")")
    return mounts
