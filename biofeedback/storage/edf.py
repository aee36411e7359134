"""EDF and BDF files, plain, continuous (+C) or with breaks (+D): samples by the record, annotations as events.

Written to the page https://www.edfplus.info/specs/ (Kemp et al. 1992, 2003) and BioSemi's for 24 bits. Nothing is
believed of a header but what the length of the file bears out; of a file cut off, what is whole is read.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.storage.columns import load_mapping
from biofeedback.storage.errors import FileError
from biofeedback.storage.labels import Label, Part, none_of, parts
from biofeedback.stream import Chunk, Event

_log = logging.getLogger(__name__)
_MOST_SIGNALS = 1000
_LARGEST_RECORD = 1 << 27
_READ_S = 0.5
_GAP = 1.75  # sampling periods
_LARGEST = 1e12
_ANNOTATIONS = ("EDF Annotations", "BDF Annotations")
_FIELDS = (16, 80, 8, 8, 8, 8, 8, 80, 8, 32)
_ONSET = re.compile(rb"([+-]\d{1,15}(?:\.\d{0,12})?)(?:\x15(\d{1,15}(?:\.\d{0,12})?))?\x14(.*)", re.DOTALL)


class SignalFile(NamedTuple):
    """What a file holds: its streams, chunks and events in order, and when it began if it says so."""

    parts: tuple[Part, ...]
    items: Iterator[Chunk | Event]
    started: datetime | None


@dataclass(frozen=True, slots=True)
class _Signal:
    label: str
    unit: str
    scale: float
    offset: float
    begins: int  # in samples of the record
    samples: int


@dataclass(frozen=True, slots=True)
class _Header:
    begins: int  # where the records do, in bytes
    width: int  # bytes of a sample
    n_records: int
    record_s: float
    record_bytes: int
    signals: tuple[_Signal, ...]
    annotations: tuple[_Signal, ...]
    timed: bool  # whether records say when they are
    started: datetime | None


def read_edf(path: Path, mapping: Path | None = None) -> SignalFile:
    """Read an EDF or BDF file in SI units, half a second at a time; times are seconds since its beginning.

    Raises
    ------
    FileError
        If it is not such a file; while iterating, if it cannot be read on.
    """
    known = None if mapping is None else load_mapping(mapping, timed=True)
    try:
        with path.open("rb") as file:
            header = _header(path, file)
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); check the name") from error
    labels = [
        Label(s.label, s.unit, rate_hz=s.samples / header.record_s, scale=s.scale, offset=s.offset)
        for s in header.signals
    ]
    found = parts(path, labels, known, integers=True)
    if not found:
        raise none_of(path)
    return SignalFile(tuple(found), _items(path, header, found), header.started)


def _header(path: Path, file: BinaryIO) -> _Header:
    fixed = file.read(256)
    if len(fixed) < 256 or (fixed[:8] != b"0       " and fixed[:8] != b"\xffBIOSEMI"):
        raise FileError(f"{path}: does not begin like an EDF or BDF file; is it one?")
    width = 2 if fixed[:1] == b"0" else 3
    n_signals = _whole(path, "number of signals", fixed[252:256], 1, _MOST_SIGNALS)
    begins = 256 * (n_signals + 1)
    raw = file.read(256 * n_signals)
    if len(raw) < 256 * n_signals:
        raise FileError(f"{path}: ends within its header; copy it again")
    record_s = _number(path, "length of a record", fixed[244:252])
    if not 1e-6 <= record_s <= 86_400.0:
        raise FileError(f"{path}: its records last {record_s:g} s; expected a time above 0, and samples in them")
    every = _signals(path, raw, n_signals)
    record_bytes = width * sum(signal.samples for signal in every)
    if record_bytes > _LARGEST_RECORD:
        raise FileError(f"{path}: its header asks for records of {record_bytes} bytes; it is damaged")
    there = (file.seek(0, 2) - begins) // record_bytes
    promised = _whole(path, "number of records", fixed[236:244], -1, 99_999_999)
    if there < promised:
        _log.warning("%s ends early: %d of %d records are there", path.name, there, promised)
    return _Header(
        begins=begins,
        width=width,
        n_records=there if promised < 0 else min(there, promised),
        record_s=record_s,
        record_bytes=record_bytes,
        signals=tuple(s for s in every if s.label not in _ANNOTATIONS),
        annotations=tuple(s for s in every if s.label in _ANNOTATIONS),
        timed=fixed[192:197] in (b"EDF+D", b"BDF+D"),
        started=_moment(fixed[168:184]),
    )


def _signals(path: Path, raw: bytes, n_signals: int) -> list[_Signal]:
    columns: list[list[bytes]] = []
    at = 0
    for size in _FIELDS:
        columns.append([raw[at + size * i : at + size * (i + 1)] for i in range(n_signals)])
        at += size * n_signals
    signals: list[_Signal] = []
    begins = 0
    for number in range(n_signals):
        label, _, unit, *limits, _, samples, _ = (column[number] for column in columns)
        name = _text(label)
        where = f"{path}: signal {number + 1} ({name[:20]!r})"
        count = _whole(where, "samples of a record", samples, 1, _LARGEST_RECORD)
        scale, offset = (1.0, 0.0) if name in _ANNOTATIONS else _scale(where, limits)
        signals.append(_Signal(name, _text(unit), scale, offset, begins, count))
        begins += count
    return signals


def _scale(where: str, limits: list[bytes]) -> tuple[float, float]:
    names = ("physical minimum", "physical maximum", "digital minimum", "digital maximum")
    low, high, lowest, highest = (_number(where, name, text) for name, text in zip(names, limits, strict=True))
    if lowest >= highest or low == high:
        raise FileError(f"{where}: its limits leave no range; the header is damaged")
    scale = (high - low) / (highest - lowest)
    return scale, low - scale * lowest


def _items(path: Path, header: _Header, found: list[Part]) -> Iterator[Chunk | Event]:
    at_once = max(1, math.floor(_READ_S / header.record_s))
    expected_s: float | None = None
    first = {part.info.id: 0 for part in found}
    try:
        with path.open("rb") as file:
            file.seek(header.begins)
            for record in range(0, header.n_records, 1 if header.timed else at_once):
                n_records = 1 if header.timed else min(at_once, header.n_records - record)
                block = _samples(path, file, header, n_records)
                onset_s, events = _annotations(header, block)
                onset_s = onset_s if header.timed and onset_s is not None else record * header.record_s
                if expected_s is not None and onset_s < expected_s - 1e-3:
                    raise FileError(f"{path}: record {record + 1} begins before the one ahead of it ended")
                gap_s = 0.0 if expected_s is None else onset_s - expected_s
                expected_s = onset_s + n_records * header.record_s
                for part in found:
                    yield _chunk(header, block, part, onset_s, gap_s, first)
                yield from events
    except OSError as error:
        raise FileError(f"{path}: cannot be read on ({error.strerror}); copy it again") from error


def _samples(path: Path, file: BinaryIO, header: _Header, n_records: int) -> NDArray[np.int32]:
    """Read records, shape (n_records, samples of a record)."""
    raw = file.read(n_records * header.record_bytes)
    if len(raw) < n_records * header.record_bytes:
        raise FileError(f"{path}: became shorter while it was read; copy it again")
    if header.width == 2:
        return np.frombuffer(raw, "<i2").reshape(n_records, -1).astype(np.int32)
    wide = np.zeros((len(raw) // 3, 4), dtype=np.uint8)
    wide[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
    return (wide.view("<i4")[:, 0] >> 8).reshape(n_records, -1)


def _chunk(
    header: _Header, block: NDArray[np.int32], part: Part, onset_s: float, gap_s: float, first: dict[str, int]
) -> Chunk:
    signals = [header.signals[place] for place in part.places]
    counts = np.stack([block[:, s.begins : s.begins + s.samples].ravel() for s in signals], axis=1)
    rate_hz = part.info.sampling_rate_hz
    lost = round(gap_s * rate_hz) if gap_s * rate_hz >= _GAP - 1.0 else 0
    begin = first[part.info.id] + lost
    first[part.info.id] = begin + len(counts)
    times_s = onset_s + np.arange(len(counts)) / rate_hz
    return part.info.chunk(counts, times_s, begin, lost, float(times_s[-1]))


def _annotations(header: _Header, block: NDArray[np.int32]) -> tuple[float | None, list[Event]]:
    """Return when the first record begins, and the annotations in all."""
    onset_s: float | None = None
    events: list[Event] = []
    for number, signal in enumerate(header.annotations):
        samples = block[:, signal.begins : signal.begins + signal.samples]
        raw = samples.astype("<i4").view(np.uint8).reshape(*samples.shape, 4)[:, :, : header.width]
        for row in raw:
            for place, text in enumerate(row.tobytes().split(b"\x00")):
                found = _ONSET.fullmatch(text)
                if found is None:
                    continue
                time_s = float(found[1])
                words = [word for word in found[3].split(b"\x14") if word]
                if number == place == 0 and onset_s is None:
                    onset_s = time_s
                values = {} if found[2] is None else {"duration_s": float(found[2])}
                events += [
                    Event(time_s, "annotation", values | {"text": word.decode("utf-8", "replace")}) for word in words
                ]
    return onset_s, events


def _text(raw: bytes) -> str:
    return raw.decode("latin-1").strip(" \0")


def _number(where: Path | str, name: str, raw: bytes) -> float:
    try:
        value = float(_text(raw).replace(",", "."))
    except ValueError:
        value = math.nan
    if not abs(value) <= _LARGEST:
        raise FileError(f"{where}: its {name} is {_text(raw)[:16]!r}, which is no number; the header is damaged")
    return value


def _whole(where: Path | str, name: str, raw: bytes, least: int, most: int) -> int:
    text = _text(raw)
    value = int(text) if re.fullmatch(r"[+-]?[0-9]{1,9}", text) else least - 1
    if not least <= value <= most:
        raise FileError(f"{where}: its {name} is {text[:16]!r}; expected a number from {least} to {most}")
    return value


def _moment(raw: bytes) -> datetime | None:
    """Read ``dd.mm.yyhh.mm.ss``; the file does not say in which zone."""
    text = _text(raw)
    found = re.fullmatch(r"(\d\d)\.(\d\d)\.(\d\d)(\d\d)\.(\d\d)\.(\d\d)", text)
    if found is None:
        return None
    day, month, year, hour, minute, second = (int(part) for part in found.groups())
    try:
        return datetime((1900 if year >= 85 else 2000) + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
