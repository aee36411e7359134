"""XDF files, as LabRecorder writes them: streams at their own rates on one clock, markers as events.

Written to the specification https://github.com/sccn/xdf/wiki/Specifications. Two passes: the first reads lengths, time
stamps and clock offsets, the second the samples, so the memory does not grow with the length of the recording beyond
eight bytes a sample. Every length is held against what is left of the file; what is cut off is left out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from biofeedback.storage.columns import load_mapping
from biofeedback.storage.edf import SignalFile
from biofeedback.storage.errors import FileError
from biofeedback.storage.labels import Label, Part, none_of, parts
from biofeedback.storage.xdf_bytes import CLOCK, SAMPLES, STREAM, Rows, chunks, texts, values
from biofeedback.stream import Chunk, Event
from biofeedback.units import volts_from_power

Array = NDArray[np.float64]

_FORMATS = {"double64": "<f8", "float32": "<f4", "int64": "<i8", "int32": "<i4", "int16": "<i2", "int8": "i1"}
_MOST_CHANNELS = 1000
_LARGEST_HEADER = 1 << 22
_BREAK_S = 0.25  # jitter of time stamps is less; a longer step is a break
_LARGEST = 1e12
_RESET_OFFSET_S, _RESET_PAUSE_S = 1.0, 5.0  # a clock does not drift so much, nor pause so long, between measurements


@dataclass(slots=True)
class _Stream:
    """What the first pass learns of a stream."""

    rows: Rows
    kind: str
    rate_hz: float
    labels: list[tuple[str, str]]
    stamps: list[Array] = field(default_factory=list[Array])  # of each chunk, NaN where left to be deduced
    clock_s: list[float] = field(default_factory=list[float])
    offset_s: list[float] = field(default_factory=list[float])
    measured_at: list[int] = field(default_factory=list[int])  # samples before each measurement of the offset
    n_samples: int = 0
    times_s: Array = field(default_factory=lambda: np.zeros(0))
    index: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def read_xdf(path: Path, mapping: Path | None = None) -> SignalFile:
    """Read an XDF file in SI units; times are those of the recording computer's clock, offsets taken off.

    Raises
    ------
    FileError
        If it is not such a file; while iterating, if it cannot be read on.
    """
    known = None if mapping is None else load_mapping(mapping, timed=True)
    streams = _surveyed(path)
    regular = [(number, s) for number, s in streams.items() if s.rows.code and len(s.times_s) > 1]
    places = [(number, column) for number, s in regular for column in range(s.rows.width)]
    several = len(regular) > 1
    labels = [_label(streams[number], column, number, several) for number, column in places]
    found = parts(path, labels, known)
    if not found:
        raise none_of(path)
    split = [one for part in found for one in _of_one_stream(part, places)]
    return SignalFile(tuple(part for part, _ in split), _items(path, streams, split, places), None)


def _label(stream: _Stream, column: int, number: int, several: bool) -> Label:
    text, unit = stream.labels[column]
    unit = volts_from_power(unit)
    return Label(text, unit, stream.kind, stream.rows.name if several else "", stream.rate_hz, source=number)


def _of_one_stream(part: Part, places: list[tuple[int, int]]) -> list[tuple[Part, int]]:
    numbers = {places[place][0] for place in part.places}
    if len(numbers) > 1:
        names = ", ".join(channel.name for channel in part.info.channels)
        raise FileError(f"{part.info.device}: {part.info.id} ({names}) would join two streams; name them apart")
    return [(part, numbers.pop())]


# first pass ---------------------------------------------------------------------------------------------------------


def _surveyed(path: Path) -> dict[int, _Stream]:
    """Read what the streams are, and the time of every sample."""
    streams: dict[int, _Stream] = {}
    for tag, number, body in chunks(path):
        if tag == STREAM:
            streams[number] = _described(path, number, body)
        elif number not in streams:
            continue
        elif tag == CLOCK and len(body) == 16:
            clock_s, offset_s = struct.unpack("<dd", body)
            if abs(clock_s) < _LARGEST and abs(offset_s) < _LARGEST:
                streams[number].clock_s.append(clock_s)
                streams[number].offset_s.append(offset_s)
                streams[number].measured_at.append(streams[number].n_samples)
        elif tag == SAMPLES:
            stream = streams[number]
            stamps = texts(path, stream.rows, body)[0] if not stream.rows.code else values(path, stream.rows, body)[0]
            stream.stamps.append(stamps)
            stream.n_samples += len(stamps)
    for stream in streams.values():
        _set_times(path, stream)
    return streams


def _described(path: Path, number: int, body: bytes) -> _Stream:
    where = f"{path}: stream {number}"
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body or len(body) > _LARGEST_HEADER:
        raise FileError(f"{where}: its description is not one that a recorder writes")
    try:
        info = ElementTree.fromstring(body.decode("utf-8", "replace"))
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise FileError(f"{where}: its description is damaged") from error
    text = {child.tag: (child.text or "").strip() for child in info}
    kind = text.get("channel_format", "")
    if kind != "string" and kind not in _FORMATS:
        raise FileError(f"{where}: its channel_format is {kind[:20]!r}; expected one of {', '.join(_FORMATS)}, string")
    try:
        width, rate_hz = int(text.get("channel_count", "")), float(text.get("nominal_srate", "") or 0.0)
    except ValueError:
        width, rate_hz = 0, 0.0
    if not 1 <= width <= _MOST_CHANNELS or not 0.0 <= rate_hz <= 1e6:
        raise FileError(f"{where}: its channel_count or nominal_srate is no number that can be; the file is damaged")
    name = " ".join(text.get("name", "").split())[:100] or f"stream {number}"
    return _Stream(Rows(name, width, _FORMATS.get(kind, "")), text.get("type", ""), rate_hz, _labelled(info, width))


def _labelled(info: ElementTree.Element, width: int) -> list[tuple[str, str]]:
    found = [
        ((channel.findtext("label") or "").strip(), (channel.findtext("unit") or "").strip())
        for channel in info.findall("desc/channels/channel")
    ]
    found = [(label or f"channel {i + 1}", unit) for i, (label, unit) in enumerate(found[:width])]
    return found + [(f"channel {i + 1}", "") for i in range(len(found), width)]


def _set_times(path: Path, stream: _Stream) -> None:
    """Put the stamps on the recorder's clock, and even out the jitter of a regular stream between its breaks."""
    stamps = np.concatenate([np.zeros(0), *stream.stamps])
    if not len(stamps):
        return
    if stream.rows.code and stream.rate_hz == 0.0:
        stream.rate_hz = _measured_rate(path, stream, stamps)
    times_s = _filled(stamps, stream.rate_hz)
    times_s = _on_the_recorders_clock(stream, times_s)
    if not (np.abs(times_s) < _LARGEST).all():
        raise FileError(f"{path}: {stream.rows.name}: has samples without a time; the file is damaged")
    if not stream.rows.code:
        stream.times_s, stream.index = times_s, np.arange(len(times_s))
        return
    edges = np.flatnonzero(np.abs(np.diff(times_s)) > max(_BREAK_S, 1.75 / stream.rate_hz)) + 1
    index = np.arange(len(times_s), dtype=np.int64)
    out = times_s.copy()
    end_s, next_index = -np.inf, 0
    for begin, stop in zip([0, *edges.tolist()], [*edges.tolist(), len(times_s)], strict=True):
        even = _even(times_s[begin:stop], stream.rate_hz)
        if even[0] <= end_s:
            raise FileError(f"{path}: {stream.rows.name}: its times go back at sample {begin}; expected rising times")
        lost = 0 if begin == 0 else max(round((even[0] - end_s) * stream.rate_hz) - 1, 0)
        index[begin:stop] = next_index + lost + np.arange(stop - begin)
        next_index, end_s = int(index[stop - 1]) + 1, even[-1]
        out[begin:stop] = even
    stream.times_s, stream.index = out, index


def _measured_rate(path: Path, stream: _Stream, stamps: Array) -> float:
    steps_s = np.diff(stamps[np.isfinite(stamps)])
    rate_hz = 1.0 / float(np.median(steps_s)) if len(steps_s) and np.median(steps_s) > 0.0 else 0.0
    if not 1e-3 <= rate_hz <= 1e6:
        raise FileError(f"{path}: {stream.rows.name}: neither its description nor its times say the sampling rate")
    return rate_hz


def _filled(stamps: Array, rate_hz: float) -> Array:
    """Deduce the stamps that were left out: one period after the sample before."""
    known = np.isfinite(stamps)
    last = np.maximum.accumulate(np.where(known, np.arange(len(stamps)), -1))
    since = np.arange(len(stamps)) - last
    step_s = 1.0 / rate_hz if rate_hz > 0.0 else 0.0
    return np.where(last >= 0, stamps[np.maximum(last, 0)] + since * step_s, np.nan)


def _on_the_recorders_clock(stream: _Stream, times_s: Array) -> Array:
    """Take the clock's offset off; a clock that was set or started again in between has another from there on."""
    clock_s, offset_s = np.array(stream.clock_s), np.array(stream.offset_s)
    steps_s = np.diff(clock_s)
    again = (steps_s < 0.0) | (steps_s - np.median(steps_s) > _RESET_PAUSE_S) if len(steps_s) else steps_s < 0.0
    resets = np.flatnonzero(again & (np.abs(np.diff(offset_s)) > _RESET_OFFSET_S)) + 1
    firsts = [_first_after(times_s, *stream.measured_at[reset - 1 : reset + 1]) for reset in resets]
    edges = [(0, 0), *zip(firsts, resets.tolist(), strict=True), (len(times_s), len(clock_s))]
    return np.concatenate(
        [times_s[a:b] + _clock_offset(clock_s[i:j], offset_s[i:j], times_s[a:b]) for (a, i), (b, j) in pairwise(edges)]
    )


def _first_after(times_s: Array, begin: int, end: int) -> int:
    """Return the first sample of the new clock, after the largest step between two measurements of the offset."""
    steps_s = np.abs(np.diff(times_s[max(begin - 1, 0) : end]))
    return max(begin - 1, 0) + 1 + int(np.argmax(steps_s)) if len(steps_s) else begin


def _clock_offset(clock_s: Array, offset_s: Array, times_s: Array) -> Array | float:
    """Return what brings the sender's clock to the recorder's: a line through the middle of the offsets measured."""
    if not len(clock_s):
        return 0.0
    middle_s = float(np.median(offset_s))
    usual = np.abs(offset_s - middle_s) <= max(10.0 * float(np.median(np.abs(offset_s - middle_s))), 1e-3)
    clock_s, offset_s = clock_s[usual], offset_s[usual]
    span_s = float(np.ptp(clock_s))
    if len(clock_s) < 3 or span_s < 10.0:
        return float(np.median(offset_s))
    centre_s = float(clock_s.mean())
    slope, level = (float(term) for term in np.polyfit(clock_s - centre_s, offset_s, 1))
    drift_s: Array = slope * (times_s - centre_s)
    return level + drift_s


def _even(times_s: Array, rate_hz: float) -> Array:
    """Return the straight line through the stamps; their own where the line would run backwards."""
    if len(times_s) < 3:
        return times_s[0] + np.arange(len(times_s)) / rate_hz
    rows = np.arange(len(times_s)) - (len(times_s) - 1) / 2.0
    middle_s = float(times_s.mean())
    step_s = float(rows @ (times_s - middle_s)) / float(rows @ rows)
    if not 0.5 < step_s * rate_hz < 2.0:
        step_s = 1.0 / rate_hz
    return np.asarray(middle_s + step_s * rows, dtype=np.float64)


# second pass --------------------------------------------------------------------------------------------------------


def _items(
    path: Path, streams: dict[int, _Stream], found: list[tuple[Part, int]], places: list[tuple[int, int]]
) -> Iterator[Chunk | Event]:
    done = dict.fromkeys(streams, 0)
    lost_until = {part.info.id: 0 for part, _ in found}
    for tag, number, body in chunks(path):
        stream = streams.get(number)
        if tag != SAMPLES or stream is None:
            continue
        begin = done[number]
        if not stream.rows.code:
            stamps, words = texts(path, stream.rows, body)
            done[number] += len(stamps)
            for time_s, text in zip(stream.times_s[begin:].tolist(), words, strict=False):
                yield Event(time_s, "annotation", {"text": text, "of": stream.rows.name})
            continue
        samples = values(path, stream.rows, body)[1]
        done[number] += len(samples)
        for part, of in found:
            if of == number:
                columns = [places[place][1] for place in part.places]
                yield from _cut(part, stream, samples[:, columns], begin, lost_until)


def _cut(part: Part, stream: _Stream, samples: Array, begin: int, expected: dict[str, int]) -> Iterator[Chunk]:
    """Give the samples in chunks that end at breaks."""
    index, times_s = stream.index[begin : begin + len(samples)], stream.times_s[begin : begin + len(samples)]
    edges = np.flatnonzero(np.diff(index) > 1) + 1
    for start, stop in zip([0, *edges.tolist()], [*edges.tolist(), len(samples)], strict=True):
        if stop > start:
            first = int(index[start])
            lost = first - expected[part.info.id]
            expected[part.info.id] = first + stop - start
            yield part.info.chunk(samples[start:stop], times_s[start:stop], first, lost, float(times_s[stop - 1]))
