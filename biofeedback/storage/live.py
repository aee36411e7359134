"""The side file of a running recording: how many samples came in so far, and the lock that says it is running.

A memory-mapped page belongs to the operating system: what was counted before the process was killed is still there
afterwards, at no cost while it runs. It holds counts only, nothing about a person. It does not survive a power cut
in step with the recording; then the counts are behind, and `recover` says that it does not know.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from pathlib import Path

from biofeedback.storage.errors import RecordingError

TOKEN_BYTES = 8
_MAGIC = b"BFLIVE01"
_PAGE = 4096
_HEADER = struct.Struct("=8s8sQQ")  # magic, token, events received, unused
_FIRST_STREAM = _HEADER.size // 8
CAPACITY = _PAGE // 8 - _FIRST_STREAM
_EVENTS = 2
_LOCK_AT = 1 << 30  # far behind the counts: Windows locks bytes, and nobody may be kept from reading these


class LiveCounts:
    """Counts of a recording that is being written, or was when its process ended. Holds the lock until closed."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._map = mmap.mmap(descriptor, _PAGE)
        self._words = memoryview(self._map).cast("Q")

    @classmethod
    def create(cls, path: Path, token: bytes) -> LiveCounts:
        """Make the side file of a new recording and lock it."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        os.write(descriptor, _HEADER.pack(_MAGIC, token, 0, 0).ljust(_PAGE, b"\0"))
        if not _lock_patiently(descriptor):
            os.close(descriptor)
            raise RecordingError(f"{path}: cannot be locked; choose a folder on a local disk")
        return cls(path, descriptor)

    @classmethod
    def seize(cls, path: Path) -> LiveCounts | None:
        """Lock what an ended process left; None if the side file is damaged.

        Raises
        ------
        RecordingError
            If the recording is being written right now.
        """
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
        if not _lock_patiently(descriptor):
            os.close(descriptor)
            raise RecordingError(f"{path.with_suffix('')}: is being recorded right now; end that session first")
        if os.fstat(descriptor).st_size != _PAGE:
            os.close(descriptor)
            return None
        counts = cls(path, descriptor)
        if counts._map[: len(_MAGIC)] == _MAGIC:
            return counts
        counts.close(remove=False)
        return None

    @property
    def token(self) -> bytes:
        """Random bytes that the recording holds too: a side file of another recording counts nothing."""
        return bytes(self._map[8 : 8 + TOKEN_BYTES])

    @property
    def events(self) -> int:
        """How many events came in."""
        return self._words[_EVENTS]

    def samples(self, stream: int) -> int:
        """Return how many samples of the stream with this number came in."""
        return self._words[_FIRST_STREAM + stream]

    def add_event(self) -> None:
        """Count one event."""
        self._words[_EVENTS] += 1

    def add_samples(self, stream: int, samples: int) -> None:
        """Count samples of the stream with this number, below `CAPACITY`."""
        self._words[_FIRST_STREAM + stream] += samples

    def close(self, *, remove: bool) -> None:
        """Let go of lock and file. Safe to call twice."""
        if self._descriptor >= 0:
            self._words.release()
            self._map.close()
            os.close(self._descriptor)
            self._descriptor = -1
        if remove:
            self._path.unlink(missing_ok=True)


def is_running(path: Path) -> bool:
    """Say whether a process holds the lock of this side file."""
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return False
    try:
        return not _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock_patiently(descriptor: int) -> bool:
    """Take the lock; another process that asks `is_running` may hold it for a moment."""
    for _ in range(5):
        if _lock(descriptor):
            return True
        time.sleep(0.02)
    return False


def _lock(descriptor: int) -> bool:
    """Take the lock if nobody has it. The system gives it back when the process ends, however it ends."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _LOCK_AT, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
