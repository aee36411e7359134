"""Making the files of a new recording: all of them, or none."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from biofeedback.storage import container, disk
from biofeedback.storage.container import Database, DatabaseError
from biofeedback.storage.errors import RecordingError
from biofeedback.storage.keys import KEY_BYTES, StoreKey
from biofeedback.storage.live import TOKEN_BYTES, LiveCounts
from biofeedback.stream import StreamInfo, host_time_s


def begin(
    path: Path, streams: Iterable[StreamInfo], about: dict[str, Any], store_key: StoreKey
) -> tuple[LiveCounts, Database]:
    """Make key, side files and recording, or nothing at all.

    Raises
    ------
    RecordingError
        If the name is taken, the folder is on a network share or cannot be written, or the disk is nearly full.
    """
    _refuse(path)
    token, key = secrets.token_bytes(TOKEN_BYTES), secrets.token_bytes(KEY_BYTES)
    marks = {"about": about, "token": token.hex(), "started": utc_now(), "started_s": host_time_s()}
    with _explained(path), container.key_path(path).open("xb") as file:  # whoever makes the key owns the name
        file.write(store_key.wrap(key))
    live = None
    try:
        with _explained(path):
            live = LiveCounts.create(container.live_path(path), token)
            disk.hold_reserve(container.reserve_path(path))
            container.create(path, key, streams, marks)
            disk.sync_folder(path.parent)
            return live, container.connect(path, key, "rw")
    except BaseException:
        if live is not None:
            live.close(remove=True)
        for file in (container.key_path(path), *container.side_files(path), path):
            with contextlib.suppress(OSError):
                file.unlink()
        raise


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, DatabaseError) as error:
        raise RecordingError(f"{path}: cannot be written ({error}); choose another folder") from error


def _refuse(path: Path) -> None:
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = disk.free_bytes(folder)
    except OSError as error:
        raise RecordingError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error
    if disk.on_network(folder):
        raise RecordingError(f"{path}: is on a network share; record to a local disk and copy it afterwards")
    if free < disk.START_FREE_BYTES:
        needed = disk.START_FREE_BYTES // 1_000_000
        raise RecordingError(f"{path}: only {free // 1_000_000} MB are free on this disk; make room for {needed} MB")
    for file in (path, container.key_path(path), container.live_path(path)):
        if file.exists():
            raise RecordingError(f"{file}: is there already; choose another name")


def utc_now() -> str:
    """Read the wall clock: UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
