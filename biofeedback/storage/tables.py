"""Tables of samples from elsewhere: CSV, plain or gzipped, whose columns name themselves or are named by a mapping.

Rows are read as they are asked for, so a file may be as long as it likes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.storage.columns import LONGEST_GAP_S, Layout, Mapping, load_mapping, mapped
from biofeedback.storage.errors import FileError
from biofeedback.storage.headers import self_named
from biofeedback.storage.lines import Line, lines_of
from biofeedback.stream import Chunk, StreamInfo

_LOOKED_AT = 10_000  # rows from which the rate is measured
_LEAST_STEPS = 10  # from one filled row to the next, to believe in a slower stream
_GAP = 1.75  # sampling periods: more is a gap, less is jitter
_LARGEST = 1e30  # nothing that is measured on a person comes near
_MISSING = {"", "nan", "na", "n/a", "null", "none", "-"}


class Table(NamedTuple):
    """What a file holds: its streams, and their chunks in order. Iterating may raise `FileError` as well."""

    streams: tuple[StreamInfo, ...]
    chunks: Iterator[Chunk]


def read_table(
    path: Path, mapping: Path | Mapping | None = None, rate_hz: float | None = None, *, chunk_s: float = 0.1
) -> Table:
    """Read a table into chunks of about ``chunk_s``, in SI units; empty cells become NaN.

    Times are those of the file, or counted from 0 where ``rate_hz`` says how many rows a second there are; the mapping
    may say that as well. All streams have the rate that the time column shows, or that is said.

    Raises
    ------
    FileError
        If it is not such a table; the message names row, column and what is expected.
    """
    known = load_mapping(mapping) if isinstance(mapping, Path) else mapping
    if known is not None and rate_hz is not None:
        raise FileError(f"{path}: the mapping file says the rate or the time; leave --rate out")
    header_rows = 1 if known is None else known.header_rows
    with lines_of(path, header_rows) as (names, lines):
        layout = self_named(path, names, rate_hz) if known is None else mapped(path, names, known)
        times: list[float] = []
        filled: list[list[bool]] = []
        for index, line in enumerate(itertools.islice(lines, _LOOKED_AT)):
            times.append(_time(path, layout, line, index))
            filled.append([line.cells[column.index].strip().lower() not in _MISSING for column in layout.columns])
    rate_hz = _rate(path, layout, np.array(times))
    readings = _readings(path, layout, rate_hz, _numbers(np.array(times), rate_hz), np.array(filled))
    chunks = _chunks(path, header_rows, layout, readings, rate_hz, max(1, round(chunk_s * rate_hz)))
    return Table(tuple(reading.info for reading in readings), chunks)


class _Reading(NamedTuple):
    """A stream, its columns among those that are read, and which rows are its own: every ``step``-th from ``phase``."""

    info: StreamInfo
    places: list[int]
    step: int
    phase: int


def _numbers(times_s: NDArray[np.float64], rate_hz: float) -> NDArray[np.intp]:
    """Return the number of each row, those lost in gaps counted."""
    lost = [0, *(_lost(step_s, _GAP / rate_hz, rate_hz) for step_s in np.diff(times_s).tolist())]
    return np.arange(len(times_s)) + np.cumsum(lost)


def _readings(
    path: Path, layout: Layout, rate_hz: float, numbers: NDArray[np.intp], filled: NDArray[np.bool_]
) -> list[_Reading]:
    """Find the streams; one that fills only every so many-th row is slower than the table."""
    readings: list[_Reading] = []
    for name in dict.fromkeys(column.stream for column in layout.columns):
        places = [i for i, column in enumerate(layout.columns) if column.stream == name]
        rows = numbers[filled[:, places].any(axis=1)]
        step, phase = _step_of(rows)
        channels = tuple(layout.columns[place].channel for place in places)
        slower_hz = float(f"{rate_hz / step:.9g}")
        readings.append(_Reading(StreamInfo(name, path.name, channels, slower_hz), places, step, phase))
    return readings


def _step_of(rows: NDArray[np.intp]) -> tuple[int, int]:
    """Return how many rows lie from one filled row to the next, if always as many or a multiple, and the first one."""
    steps = np.diff(rows)
    usual = int(np.median(steps)) if len(steps) else 1
    regular = len(steps) > _LEAST_STEPS and usual > 1 and float(np.mean(steps % usual == 0)) == 1.0
    return (usual, int(rows[0]) % usual) if regular else (1, 0)


def _chunks(
    path: Path, header_rows: int, layout: Layout, readings: list[_Reading], rate_hz: float, most: int
) -> Iterator[Chunk]:
    """Cut the rows into chunks that end at gaps."""
    gap_s = _GAP / rate_hz
    expected = {reading.info.id: 0 for reading in readings}
    first = 0
    with lines_of(path, header_rows) as (_, lines):
        rows = _rows(path, layout, lines)
        waiting = next(rows, None)
        while waiting is not None:
            times, values = [waiting[0]], [waiting[1]]
            while (waiting := next(rows, None)) is not None and len(times) < most:
                if waiting[0] - times[-1] >= gap_s:
                    break
                times.append(waiting[0])
                values.append(waiting[1])
            block, times_s = np.array(values), np.array(times)
            for info, places, step, phase in readings:
                begin = -(first - phase) % step
                if step > 1:
                    _check_between(path, info, block[:, places], begin, step, first)
                if begin < len(times):
                    index = (first + begin - phase) // step
                    own = times_s[begin::step]
                    yield info.chunk(block[begin::step][:, places], own, index, index - expected[info.id], own[-1])
                    expected[info.id] = index + len(own)
            first += len(times)
            if waiting is not None:
                first += _lost(waiting[0] - times[-1], gap_s, rate_hz)


def _check_between(path: Path, info: StreamInfo, block: NDArray[np.float64], begin: int, step: int, first: int) -> None:
    """Refuse values of a slower stream where it had none before: they would be lost."""
    block = block.copy()
    block[begin::step] = np.nan
    strays = np.flatnonzero(np.isfinite(block).any(axis=1))
    if len(strays):
        raise FileError(
            f"{path}: {info.id} has values in every row {step} of the table, and then in others (about sample "
            f"{first + int(strays[0]) + 1}); expected one rhythm throughout"
        )


def _lost(step_s: float, gap_s: float, rate_hz: float) -> int:
    return round(step_s * rate_hz) - 1 if step_s >= gap_s else 0


def _rows(path: Path, layout: Layout, lines: Iterator[Line]) -> Iterator[tuple[float, list[float]]]:
    """Give time and values of each row, as the file has them, times in seconds and increasing."""
    places = [column.index for column in layout.columns]
    before = -math.inf
    for index, line in enumerate(lines):
        time_s = _time(path, layout, line, index)
        if time_s <= before:
            raise FileError(
                f"{path}: row {line.number}: time {time_s} s is not after {before} s; expected rising times: sort the "
                "rows and leave out doubled ones, or say how many rows a second there are with --rate"
            )
        if before > -math.inf and time_s - before > LONGEST_GAP_S:
            raise FileError(
                f"{path}: row {line.number}: time jumps from {before} s to {time_s} s; is it in seconds? Cut the file "
                "there if these are two recordings"
            )
        before = time_s
        yield time_s, [_value(path, line, place) for place in places]


def _time(path: Path, layout: Layout, line: Line, index: int) -> float:
    """Check the row, and say its time in seconds."""
    if len(line.cells) < layout.width or any(line.cells[layout.width :]):
        raise FileError(f"{path}: row {line.number}: has {len(line.cells)} columns; expected {layout.width}")
    if layout.time is None:
        return index / (layout.rate_hz or math.nan)
    if (moment_s := _moment_s(line.cells[layout.time])) is not None:
        return moment_s
    time_s = _value(path, line, layout.time) * layout.time_factor
    if math.isnan(time_s):
        raise FileError(f"{path}: row {line.number}, column {layout.time + 1}: no time; expected a number")
    return time_s


def _moment_s(cell: str) -> float | None:
    """Read a date with a time (ISO 8601, UTC if no zone is said) as s since 1970, a time of day as s since midnight."""
    if cell.count(":") not in (1, 2, 3):
        return None
    try:
        moment = datetime.fromisoformat(cell.strip())
    except ValueError:
        try:
            moment = datetime.fromisoformat(f"1970-01-01T{cell.strip()}")
        except ValueError:
            return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _value(path: Path, line: Line, place: int) -> float:
    """Read a number; NaN where the cell is empty."""
    cell = line.cells[place]
    try:
        value = float(cell)
    except ValueError:
        value = math.nan if cell.strip().lower() in _MISSING else math.inf
    if abs(value) > _LARGEST or "_" in cell:
        where = f"{path}: row {line.number}, column {place + 1}"
        raise FileError(f"{where}: {cell[:30]!r} is not a number; expected a number or an empty cell")
    return value


def _rate(path: Path, layout: Layout, times_s: NDArray[np.float64]) -> float:
    """Measure the sampling rate between gaps; times may be rounded."""
    if layout.rate_hz is not None and len(times_s):
        return layout.rate_hz
    if len(times_s) < 2:
        raise FileError(f"{path}: has {len(times_s)} rows of samples; expected two or more")
    steps_s = np.diff(times_s)
    usual_s = float(np.median(steps_s))
    plain_s = steps_s[(steps_s > 0) & (steps_s < _GAP * usual_s)]
    if not len(plain_s):
        raise FileError(f"{path}: most times are not after the one before; expected rising times with enough decimals")
    rate_hz = 1 / float(np.mean(plain_s))
    if not layout.least_hz <= rate_hz <= 1e6:
        raise FileError(
            f"{path}: its times make {rate_hz:.3g} samples a second; is the time in seconds? Call the column time_ms "
            "if it is in milliseconds, or say how many rows a second there are with --rate"
        )
    return float(f"{rate_hz:.9g}")  # times have few decimals: 50 Hz should not read as 50.000000002
