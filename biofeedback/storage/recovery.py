"""Recordings whose process ended before it closed them: finding, closing and deleting them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from biofeedback.storage import container
from biofeedback.storage.beginning import utc_now
from biofeedback.storage.container import Database, DatabaseError
from biofeedback.storage.errors import RecordingError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.live import LiveCounts, is_running
from biofeedback.storage.rows import Placed, RowReader
from biofeedback.stream import StreamInfo


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a recording holds that had to be closed from outside.

    Attributes
    ----------
    started
        Wall clock, UTC.
    duration_s
        From the first to the last saved sample.
    samples_saved, samples_missing
        For each stream: what can be read, and what had come in but was not saved any more.
    missing_s
        Seconds of signal that are missing, of the stream that misses most.
    intact
        Whether everything that was saved can be read.
    counted
        Whether the missing samples could be counted; not after a power cut, or when the side file is gone.
    """

    path: Path
    started: datetime
    duration_s: float
    samples_saved: dict[str, int]
    samples_missing: dict[str, int]
    events_missing: int
    missing_s: float
    intact: bool
    counted: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """What a walk through a recording came upon."""

    samples: Counter[str]
    events: int
    duration_s: float
    intact: bool


def unclosed(folder: Path) -> list[Path]:
    """List recordings in the folder that were not closed and that nobody is writing; oldest name first."""
    left = [path.with_name(path.name.removesuffix(".live")) for path in folder.glob("*.live")]
    left += [path.with_name(path.name.removesuffix("-wal")) for path in folder.glob("*-wal") if path.stat().st_size]
    return sorted({path for path in left if path.is_file() and not is_running(container.live_path(path))})


def recover(path: Path, store_key: StoreKey) -> Recovery:
    """Close a recording whose process ended, and say what it holds. Doing it again gives the same answer.

    Raises
    ------
    RecordingError
        If it is being written right now, or cannot be opened.
    """
    live_path = container.live_path(path)
    live = LiveCounts.seize(live_path) if live_path.exists() else None
    container.reserve_path(path).unlink(missing_ok=True)
    closed = False
    try:
        database = container.open_existing(path, store_key, "rw")
        try:
            with container.explained(path):
                recovery = _stored(path, database) or _examine(path, database, live)
                closed = _mark(database, recovery)
        finally:
            database.close()
    finally:
        if live is not None:
            live.close(remove=False)
    if closed:
        live_path.unlink(missing_ok=True)
    return recovery


def delete(path: Path) -> None:
    """Delete a recording with its key and side files. Without the key, no copy of the file can be read.

    Raises
    ------
    RecordingError
        If it is being written right now.
    """
    if is_running(container.live_path(path)):
        raise RecordingError(f"{path}: is being recorded right now; end that session first")
    for file in (container.key_path(path), *container.side_files(path), path):
        file.unlink(missing_ok=True)


def _stored(path: Path, database: Database) -> Recovery | None:
    stored = container.get(database, "recovery")
    if stored is None:
        return None
    return Recovery(**{**stored, "path": path, "started": datetime.fromisoformat(stored["started"])})


def _examine(path: Path, database: Database, live: LiveCounts | None) -> Recovery:
    rows = RowReader(database)
    found = _walk(rows)
    received = _received(database, rows.streams, live)
    missing = {info.id: received.get(info.id, 0) - found.samples[info.id] for info in rows.streams.values()}
    events_missing = 0 if live is None else live.events - found.events
    counted = bool(received) or not rows.streams
    counted = counted and events_missing >= 0 and all(samples >= 0 for samples in missing.values())
    missing = {stream: max(0, samples) for stream, samples in missing.items()}
    return Recovery(
        path=path,
        started=datetime.fromisoformat(container.get(database, "started")),
        duration_s=found.duration_s,
        samples_saved=dict(found.samples),
        samples_missing=missing,
        events_missing=max(0, events_missing),
        missing_s=max((_seconds(info, missing[info.id]) for info in rows.streams.values()), default=0.0),
        intact=found.intact,
        counted=counted,
    )


def _walk(rows: RowReader) -> _Found:
    """Read everything once, up to the first damaged place."""
    samples = Counter({info.id: 0 for info in rows.streams.values()})
    events, first_s, last_s, intact = 0, math.inf, -math.inf, True
    try:
        for one in rows.placed():
            if not isinstance(one, Placed):
                events += 1
                continue
            samples[one.chunk.stream] += len(one.chunk)
            if len(one.chunk):
                first_s = min(first_s, float(one.chunk.times_s[0]))
                last_s = max(last_s, float(one.chunk.times_s[-1]))
    except (DatabaseError, ValueError):
        intact = False
    return _Found(samples, events, max(0.0, last_s - first_s), intact)


def _received(database: Database, streams: dict[int, StreamInfo], live: LiveCounts | None) -> dict[str, int]:
    """How many samples had come in, by stream; empty where nobody knows."""
    stored = container.get(database, "received")
    if stored is not None:
        return stored
    if live is None or live.token.hex() != container.get(database, "token"):
        return {}
    return {info.id: live.samples(number) for number, info in streams.items()}


def _seconds(info: StreamInfo, samples: int) -> float:
    return samples / info.sampling_rate_hz if info.sampling_rate_hz > 0 else 0.0


def _mark(database: Database, recovery: Recovery) -> bool:
    """Mark the recording closed; False where damage does not allow even that."""
    try:
        if container.get(database, "closed") is None:
            container.put(database, {"recovery": _as_json(recovery), "closed": utc_now()})
        container.compact(database)
    except DatabaseError:
        if recovery.intact:
            raise
        return False
    return True


def _as_json(recovery: Recovery) -> dict[str, Any]:
    values = {name: getattr(recovery, name) for name in recovery.__slots__ if name != "path"}
    return {**values, "started": recovery.started.isoformat()}
