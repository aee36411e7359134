"""A file sent through one measure: which stream plays which role, chunk by chunk, and what was found."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofeedback import __version__
from biofeedback.cli.errors import UserError
from biofeedback.cli.sources import Opened
from biofeedback.measures import catalogue
from biofeedback.measures.catalogue import COLUMNS, Definition, Kind, Sensor, Signal, StreamingMeasure
from biofeedback.measures.roles import Candidate, assigned
from biofeedback.session.merging import merged
from biofeedback.stream import Chunk, Event, Quantity, StreamInfo

SCHEMA = "biofeedback.measures"
SCHEMA_VERSION = 1
_EMG = ("emg", "emg_counts", "emg_envelope")
_RANDOM_CHUNK = 500  # samples at most
_LONGEST_S = 30.0
_HOLE = 1.5  # steps of a derived signal: more lies between samples that were never there
_MOTION: tuple[tuple[Quantity, Kind], ...] = (
    ("acceleration", "acceleration"),
    ("angular_velocity", "imu"),
    ("magnetic_field", "imu_mag"),
)
"""The parts of a motion sensor in order, and what it can be with all up to this one."""
_KIND = re.compile(r"/(imu|emg|angle|force|other)$")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a sensor's samples come from: a stream and columns of it, and what kinds it can be."""

    name: str
    stream: StreamInfo
    columns: tuple[int, ...]
    kinds: frozenset[Kind]


@dataclass(slots=True)
class Measured:
    """What came out: the JSON document, the derived signals by name, and when the first sensor's samples were."""

    document: dict[str, Any]
    signals: dict[str, Signal]
    sample_times_s: NDArray[np.float64]

    def at_samples(self) -> dict[str, Signal]:
        """Return the signals at the times of the samples: by straight lines, counts and flags as they were before."""
        return {name: _at(self.sample_times_s, signal) for name, signal in self.signals.items()}


def sources(streams: Iterable[StreamInfo]) -> list[Source]:
    """Return every sensor the streams hold: inertial sensors as one, everything also channel by channel."""
    found: list[Source] = []
    for stream in streams:
        place = _KIND.sub("", stream.id)
        axes = {(c.quantity, c.name[-1:].lower()): i for i, c in enumerate(stream.channels)}
        columns: tuple[int, ...] = ()
        motion: list[Kind] = []
        for quantity, kind in _MOTION:
            part = [axes[quantity, axis] for axis in "xyz" if (quantity, axis) in axes]
            if len(part) < 3:
                break
            columns += tuple(part)
            motion.append(kind)
        if motion:
            found.append(Source(place, stream, columns, frozenset(motion)))
        for column, channel in enumerate(stream.channels):
            kinds: tuple[Kind, ...] = ("any",)
            if channel.quantity in _EMG:
                kinds = ("emg", "any")
            elif channel.quantity in ("angle", "force"):
                kinds = (channel.quantity, "any")
            name = place if len(stream.channels) == 1 else f"{place}_{channel.name}"
            found.append(Source(name, stream, (column,), frozenset(kinds)))
    return _short_names(found)


def _short_names(found: list[Source]) -> list[Source]:
    """Call a channel by its own name alone where no other has it."""
    many = [len(s.columns) == 1 and len(s.stream.channels) > 1 for s in found]
    own = [s.stream.channels[s.columns[0]].name if one else s.name for s, one in zip(found, many, strict=True)]
    taken = {s.name for s in found}
    return [
        Source(name, s.stream, s.columns, s.kinds) if own.count(name) == 1 and name not in taken else s
        for name, s in zip(own, found, strict=True)
    ]


def measured(opened: Opened, name: str, given: Mapping[str, str], chunk: int | None = None, seed: int = 0) -> Measured:
    """Send a file through a measure.

    Parameters
    ----------
    given
        Settings of the measure, and sensors by role.
    chunk
        Samples at a time: as the file has them if None, of random length if 0.

    Raises
    ------
    ValueError
        If the measure or a setting is unknown, or the file does not have what it needs; one line.
    """
    measure = catalogue.find(name)
    definition = measure.definition
    names = {role.name for role in definition.roles}
    settings = catalogue.settings_of(measure, {key: value for key, value in given.items() if key not in names})
    there = {Candidate(source.name, source.kinds): source for source in sources(opened.streams)}
    asked = {key: value for key, value in given.items() if key in names}
    cast = [(role, there[sensor]) for role, sensor in assigned(name, measure.roles(settings), list(there), asked)]
    running = measure([_sensor(role.name, source) for role, source in cast], settings)
    columns = [(source.stream.id, list(source.columns[: COLUMNS[role.kind]])) for role, source in cast]
    started = time.perf_counter()
    feed = _Feed(running, columns)
    for item in _rechunked(opened.items, chunk, seed):
        feed.take(item)
    found = running.finish()
    took_s = time.perf_counter() - started
    signals = catalogue.joined([*feed.signals, *found.signals])
    document = {
        "schema": SCHEMA,
        "version": SCHEMA_VERSION,
        "program": f"biofeedback {__version__}",
        "not_a_medical_device": True,
        "measure": name,
        "domain": definition.domain,
        "group_delay_s": definition.group_delay_s,
        "warm_up_s": definition.warm_up_s,
        "settings": _plain(settings),
        "sensors": [
            {
                "role": role.name,
                "name": source.name,
                "stream": source.stream.id,
                "rate_hz": source.stream.sampling_rate_hz,
            }
            for role, source in cast
        ],
        "first_s": feed.first_s,
        "last_s": feed.last_s,
        "speed": round((feed.last_s - feed.first_s) / took_s, 1) if feed.first_s is not None else None,
        "values": [asdict(value) | _said_of(value.name, definition) for value in found.values],
        "occurrences": [asdict(occurrence) for occurrence in found.occurrences],
        "signals": [
            {"name": s.name, "unit": s.unit, "n": len(s.values), "column": _column(s)} for s in signals.values()
        ],
    }
    return Measured(document, signals, np.concatenate([np.zeros(0), *feed.times_s]))


class _Feed:
    """Hands chunks to a measure, role by role."""

    def __init__(self, running: StreamingMeasure, columns: list[tuple[str, list[int]]]) -> None:
        self._running, self._columns = running, columns
        self.signals: list[Signal] = []
        self.times_s: list[NDArray[np.float64]] = []
        self.first_s: float | None = None
        self.last_s = 0.0

    def take(self, chunk: Chunk) -> None:
        for place, (stream, columns) in enumerate(self._columns):
            if stream == chunk.stream:
                samples = np.ascontiguousarray(chunk.data[:, columns])
                self.signals += self._running.process(place, samples, chunk.times_s, chunk.first_sample)
                first_s, last_s = float(chunk.times_s[0]), float(chunk.times_s[-1])
                self.first_s = first_s if self.first_s is None else min(self.first_s, first_s)
                self.last_s = max(self.last_s, last_s)
                if place == 0:
                    self.times_s.append(chunk.times_s)


def _sensor(role: str, source: Source) -> Sensor:
    rails: tuple[float | None, float | None] = (None, None)
    unit = ""
    if len(source.columns) == 1:
        channel = source.stream.channels[source.columns[0]]
        low, high = (
            None if count is None else count * channel.scale + channel.offset
            for count in (channel.lowest_count, channel.highest_count)
        )
        rails, unit = (low, high), channel.unit
    return Sensor(role, source.name, source.stream.sampling_rate_hz, rails, unit)


def _said_of(name: str, definition: Definition) -> dict[str, str]:
    """Return which of the measure's values it is, and whose: ``bursts_biceps`` is ``bursts`` of ``biceps``."""
    known = [o.name for o in definition.outputs if name == o.name or name.startswith(f"{o.name}_")]
    gives = max(known, key=len)
    return {"gives": gives, "of": name[len(gives) + 1 :]}


def _plain(settings: Any) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__struct_fields__}


def _rechunked(items: Iterable[Chunk | Event], size: int | None, seed: int) -> Iterator[Chunk]:
    """Give chunks of up to ``size`` samples, or of random sizes if it is 0; about a second at a time if None."""
    random = np.random.default_rng(seed)
    whole = merged(items) if size is None else merged(items, _LONGEST_S)
    for item in whole:
        if isinstance(item, Event):
            continue
        done = 0
        while done < len(item):
            step = len(item) if size is None else size or int(random.integers(1, _RANDOM_CHUNK + 1))
            yield item.part(done, min(done + step, len(item)))
            done += step


def _at(times_s: NDArray[np.float64], signal: Signal) -> Signal:
    if not len(signal.values):
        return signal._replace(times_s=times_s, values=np.full(len(times_s), np.nan))
    before = np.searchsorted(signal.times_s, times_s, side="right") - 1
    known = signal.values[np.isfinite(signal.values)]
    if np.array_equal(known, np.rint(known)):  # counts and flags
        values = signal.values[before]
    else:
        values = np.interp(times_s, signal.times_s, signal.values, right=np.nan)
    steps_s = np.diff(signal.times_s, append=np.inf)
    hole = (steps_s > _HOLE * np.median(steps_s))[before] & (times_s > signal.times_s[before])  # left out of the grid
    return signal._replace(times_s=times_s, values=np.where(hole | (before < 0), np.nan, values))


def write_signals(signals: Mapping[str, Signal], out: Path) -> None:
    """Write derived signals as a table: ``time_s``, then ``<name>_<unit>``; a cell is empty where there is no value.

    Raises
    ------
    UserError
        If the file cannot be written.
    """
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["time_s", *(_column(s) for s in signals.values())])
            table.writerows(_rows(list(signals.values())))
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror}); choose another place with --signals") from error


def _column(signal: Signal) -> str:
    """Return what the column of a signal is called: its name and unit, ``deg`` and ``m/s2`` without signs."""
    return f"{signal.name}_" + signal.unit.replace("°", "deg").replace("²", "2").replace("µ", "u")


def _rows(signals: list[Signal]) -> Iterator[list[str]]:
    times = np.unique(np.concatenate([np.zeros(0), *(signal.times_s for signal in signals)]))
    columns: list[NDArray[np.float64]] = []
    for signal in signals:
        column = np.full(len(times), np.nan)
        column[np.searchsorted(times, signal.times_s)] = signal.values
        columns.append(column)
    for row, time_s in enumerate(times.tolist()):
        cells = (float(column[row]) for column in columns)
        yield [f"{time_s:.6f}", *("" if cell != cell else f"{cell:.9g}" for cell in cells)]
