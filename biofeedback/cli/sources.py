"""Open a file of samples, whatever kind it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from biofeedback.cli import folders
from biofeedback.cli.errors import UserError
from biofeedback.devices.joined import MotionJoin, joins_of
from biofeedback.storage.columns import LONGEST_GAP_S
from biofeedback.storage.errors import FileError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import SUFFIX, RecordingReader
from biofeedback.stream import Chunk, Event, StreamInfo


@dataclass(frozen=True, slots=True)
class Opened:
    """What a file brings. ``session`` tells whether it has the events of a session: starts, pauses, targets."""

    streams: tuple[StreamInfo, ...]
    items: Iterator[Chunk | Event]
    about: dict[str, Any]
    summary: dict[str, Any]
    started: datetime | None
    session: bool


def open_file(path: Path, mapping: str | None = None, rate_hz: float | None = None) -> Opened:
    """Open a recording of this program, a table (``.gz`` too), an EDF, BDF or XDF file.

    ``rate_hz`` says how many rows a second a table has that has no times.

    Raises
    ------
    UserError, FileError, RecordingError
        If it cannot be read.
    """
    try:
        there = path.is_file()
    except OSError as error:
        raise UserError(f"{path}: cannot be opened ({error.strerror})") from error
    if not there:
        raise UserError(f"{path}: there is no such file")
    table = path.name.lower().endswith((".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz"))
    if rate_hz is not None and not table:
        raise UserError(f"{path.name}: knows its own rate; leave --rate out")
    if path.name.endswith(SUFFIX):
        reader = RecordingReader(path, StoreKey.load_or_create(folders.home()))
        session = "exercise" in reader.about
        return Opened(reader.streams, reader.items(), reader.about, reader.summary, reader.started, session)
    if table:
        from biofeedback.storage.tables import read_table

        found = read_table(path, None if mapping is None else Path(mapping), rate_hz)
        when = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return Opened(found.streams, iter(found.chunks), {}, {}, when, False)
    if path.name.lower().endswith((".edf", ".bdf", ".xdf", ".xdfz", ".xdf.gz")):
        return _signal_file(path, None if mapping is None else Path(mapping))
    raise UserError(
        f"{path.name}: not a kind of file that can be read; known are {SUFFIX}, .csv, .tsv and .txt (.gz too), .edf, "
        ".bdf and .xdf"
    )


def _signal_file(path: Path, mapping: Path | None) -> Opened:
    from biofeedback.storage.edf import read_edf
    from biofeedback.storage.xdf import read_xdf

    read = read_edf if path.suffix.lower() in (".edf", ".bdf") else read_xdf
    found = read(path, mapping)
    when = found.started or datetime.fromtimestamp(path.stat().st_mtime, UTC)
    streams = tuple(part.info for part in found.parts)
    joins = tuple(joins_of("motion", streams))
    streams += tuple(join.info for join in joins)
    return Opened(streams, _with_joined(_without_jumps(path, found.items), joins), {}, {}, when, False)


def _without_jumps(path: Path, items: Iterator[Chunk | Event]) -> Iterator[Chunk | Event]:
    """Give everything; refuse a stream that goes on half a day later."""
    ends: dict[str, float] = {}
    for item in items:
        if isinstance(item, Chunk) and len(item):
            pause_s = float(item.times_s[0]) - ends.get(item.stream, float(item.times_s[0]))
            if pause_s > LONGEST_GAP_S:
                raise FileError(f"{path}: the times of {item.stream} jump by {pause_s:.0f} s; cut the file there")
            ends[item.stream] = float(item.times_s[-1])
        yield item


def _with_joined(items: Iterator[Chunk | Event], joins: tuple[MotionJoin, ...]) -> Iterator[Chunk | Event]:
    """Give everything, and behind each chunk what it settles of acceleration and angular velocity that stand apart."""
    for item in items:
        yield item
        if isinstance(item, Chunk):
            for join in joins:
                yield from join.take(item)
