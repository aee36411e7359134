"""Every measure by its name: what it is, what it needs, and how to run it on samples, streamed or from arrays.

A measure is one class in one file of `biofeedback.measures.named`; the decorator `named` puts it into the catalogue. It
is fed as a live session would feed it, and what it says does not depend on how the samples were cut into blocks.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.roles import Candidate, assigned
from biofeedback.measures.settings import settings_from
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]
Kind = Literal["imu", "imu_mag", "acceleration", "emg", "angle", "force", "any"]
COLUMNS: dict[Kind, int] = {"imu": 6, "imu_mag": 9, "acceleration": 3, "emg": 1, "angle": 1, "force": 1, "any": 1}
"""Columns of a block of each kind: an IMU has acceleration x y z in m/s², then angular velocity x y z in rad/s, and, as
``imu_mag``, the magnetic field x y z in µT or any unit."""


@dataclass(frozen=True, slots=True)
class Role:
    """A sensor a measure needs.

    ``name`` is what the sensor is to the measure (``thigh``, ``left_foot``, ``muscle``); a role that may be played by
    ``several`` sensors takes all there are; one that is ``optional`` may be empty. ``place`` is the segment, where the
    name does not say it.
    """

    name: str
    kind: Kind
    several: bool = False
    optional: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """A value a measure gives: its name, unit, and what it is in one line."""

    name: str
    unit: str
    definition: str


@dataclass(frozen=True, slots=True)
class Happening:
    """A kind of `Occurrence` a measure tells of.

    Attributes
    ----------
    definition
        What it is: what its time is, and its end if it has one.
    of
        Whose it is: a role, a side; empty where there is only one.
    values
        What is known of each, by name.
    """

    kind: str
    definition: str
    of: str = ""
    values: tuple[Output, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a measure is, for people: the list of measures and the page about them are made of these.

    Attributes
    ----------
    domain
        ``orientation``, ``joint``, ``emg``, ``repetitions``, ``gait``, ``balance``, ``transfer``, ``consistency`` …
    definition
        What is computed, in one or two sentences, with the numbers that matter.
    source
        Paper or page.
    group_delay_s, warm_up_s
        How late the streamed values are, and how long after the start or a gap there are none; with default settings.
    reliability
        SEM, MDC or ICC where known, with its source; empty where not.
    occurrences, signals
        What happens, and the derived samples; ``envelope_<muscle>`` is a signal of each sensor that plays the role.
    """

    name: str
    title: str
    domain: str
    definition: str
    source: str
    roles: tuple[Role, ...]
    outputs: tuple[Output, ...]
    group_delay_s: float
    warm_up_s: float
    reliability: str = ""
    occurrences: tuple[Happening, ...] = ()
    signals: tuple[Output, ...] = ()


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor as a measure meets it: the role it plays, its own name, and its rate; rails in SI where known.

    ``unit`` is that of a single column, SI, where known.
    """

    role: str
    name: str
    sampling_rate_hz: float
    rails: tuple[float | None, float | None] = (None, None)
    unit: str = ""


class Signal(NamedTuple):
    """Derived samples: ``times_s`` and ``values`` have the shape (n_samples,); NaN where there is none."""

    name: str
    unit: str
    times_s: Array
    values: Array


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened: an onset, an initial contact, a repetition, a stand.

    Attributes
    ----------
    kind
        ``onset``, ``offset``, ``repetition``, ``initial_contact`` …
    time_s
        When it was, corrected for the group delay.
    of
        The sensor, muscle or side it belongs to.
    end_s
        When it ended, for what lasts.
    values
        What is known of it, by name with the unit in the name: ``range_deg``, ``stride_time_s``.
    """

    kind: str
    time_s: float
    of: str = ""
    end_s: float | None = None
    values: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Findings:
    """What a measure says at the end; ``signals`` are derived samples that were still waiting to be understood."""

    values: tuple[Measure, ...]
    occurrences: tuple[Occurrence, ...] = ()
    signals: tuple[Signal, ...] = ()


class NoSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of a measure that has none."""


class StreamingMeasure(ABC):
    """A measure while it runs.

    Made with the sensors that play its roles, in the order of the roles, and its settings; then `process` takes each
    block as it comes, and `finish` says what was found. A subclass names its ``Settings`` (a frozen msgspec struct with
    defaults, ``kw_only``, ``forbid_unknown_fields``; a wrong value raises ValueError with one line).
    """

    definition: ClassVar[Definition]
    Settings: ClassVar[type[msgspec.Struct]] = NoSettings

    def __init__(self, sensors: Sequence[Sensor], settings: Any) -> None:
        self.sensors = tuple(sensors)
        self.settings = settings

    @classmethod
    def roles(cls, settings: Any) -> tuple[Role, ...]:
        """Return the roles under these settings; the names never change."""
        return cls.definition.roles

    @abstractmethod
    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take the next rows of one sensor and return what they complete of the derived signals.

        Parameters
        ----------
        sensor
            Its place in ``sensors``.
        samples
            Shape (n_samples, n_columns), SI, columns as in `COLUMNS`; NaN where nothing was received.
        times_s
            Shape (n_samples,), one clock for all sensors.
        first_sample
            Index of the first row since the sensor's start, lost rows counted.
        """

    @abstractmethod
    def finish(self) -> Findings:
        """Say what was found; no rows come after this."""


_known: dict[str, type[StreamingMeasure]] = {}


_Named = TypeVar("_Named", bound=StreamingMeasure)


def named(measure: type[_Named]) -> type[_Named]:
    """Put a measure into the catalogue.

    Raises
    ------
    ValueError
        If another one has its name.
    """
    name = measure.definition.name
    if name in _known:
        raise ValueError(f"two measures are called {name}")
    _known[name] = measure
    return measure


@cache
def catalogue() -> dict[str, type[StreamingMeasure]]:
    """Return all measures by name, in the order of their domains."""
    folder = importlib.import_module("biofeedback.measures.named")

    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{folder.__name__}.{module.name}")
    return dict(sorted(_known.items(), key=lambda item: (item[1].definition.domain, item[0])))


def find(name: str) -> type[StreamingMeasure]:
    """Return the measure of that name.

    Raises
    ------
    ValueError
        If there is none; one line with the names there are.
    """
    known = catalogue()
    if name not in known:
        raise ValueError(f"there is no measure {name!r}; there is {', '.join(sorted(known))}")
    return known[name]


def settings_of(measure: type[StreamingMeasure], values: Mapping[str, Any]) -> msgspec.Struct:
    """Make the settings of a measure from plain values; text is read as a number where one is needed.

    Raises
    ------
    ValueError
        If a setting is unknown or a value cannot be; one line that says what may be.
    """
    definition = measure.definition
    return settings_from(definition.name, measure.Settings, values, [role.name for role in definition.roles])


def joined(signals: Iterable[Signal]) -> dict[str, Signal]:
    """Put the parts of each derived signal together, by name."""
    parts: dict[str, list[Signal]] = {}
    for signal in signals:
        parts.setdefault(signal.name, []).append(signal)
    return {
        name: Signal(name, of[0].unit, np.concatenate([p.times_s for p in of]), np.concatenate([p.values for p in of]))
        for name, of in parts.items()
    }


@dataclass(frozen=True, slots=True)
class Result:
    """What `run` found: values by name, what happened, and the derived signals by name."""

    values: dict[str, Measure]
    occurrences: tuple[Occurrence, ...]
    signals: dict[str, Signal]


def run(
    name: str,
    samples: Mapping[str, Any],
    sampling_rate_hz: float | Mapping[str, float],
    *,
    roles: Mapping[str, str] | None = None,
    **settings: Any,
) -> Result:
    """Run a measure on arrays, with the code that runs live.

    Parameters
    ----------
    name
        The measure's name in the catalogue.
    samples
        For each sensor, by its name, an array of shape (n_samples, n_columns) or (n_samples,) in SI units, columns as
        in `COLUMNS`; NaN where nothing was measured. All begin at the same moment, time 0.
    sampling_rate_hz
        One rate, or one for each sensor.
    roles
        Which sensor plays which role, where the names do not tell.
    settings
        Settings of the measure.

    Raises
    ------
    ValueError
        If the measure, a setting or a role is not known, or an array has the wrong shape; one line.
    """
    measure = find(name)
    if not isinstance(samples, Mapping):
        raise ValueError("samples: expected arrays by the names of their sensors, such as {'thigh': array}")
    arrays = {sensor: _columns(sensor, array) for sensor, array in samples.items()}
    rates = {sensor: _rate(sensor, sampling_rate_hz) for sensor in arrays}
    candidates = [Candidate(sensor, _kinds(array.shape[1])) for sensor, array in arrays.items()]
    chosen = settings_of(measure, settings)
    cast = assigned(name, measure.roles(chosen), candidates, roles)
    sensors = [Sensor(role.name, sensor.name, rates[sensor.name]) for role, sensor in cast]
    running = measure(sensors, chosen)
    signals: list[Signal] = []
    for place, (role, sensor) in enumerate(cast):
        array = arrays[sensor.name][:, : COLUMNS[role.kind]]
        signals += running.process(place, array, np.arange(len(array)) / rates[sensor.name], 0)
    found = running.finish()
    return Result({value.name: value for value in found.values}, found.occurrences, joined([*signals, *found.signals]))


def _rate(sensor: str, given: float | Mapping[str, float]) -> float:
    rate: Any = given.get(sensor) if isinstance(given, Mapping) else given
    if not isinstance(rate, (int, float, np.number)) or not 0.0 < rate < np.inf:
        raise ValueError(f"{sensor}: a sampling rate is a number above 0, not {rate!r}")
    return float(rate)


def _columns(sensor: str, array: Any) -> Array:
    try:
        samples = np.ma.filled(np.ma.asarray(array, dtype=np.float64), np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{sensor}: expected an array of numbers") from error
    samples = samples[:, None] if samples.ndim == 1 else samples
    if samples.ndim != 2 or samples.shape[1] not in COLUMNS.values():
        widths = ", ".join(str(width) for width in sorted(set(COLUMNS.values())))
        raise ValueError(f"{sensor}: expected an array of {widths} columns, found the shape {np.shape(array)}")
    return np.where(np.isfinite(samples), samples, np.nan)  # infinite: a division by nothing on the way here


def _kinds(n_columns: int) -> frozenset[Kind]:
    """Return what an array of so many columns can be; an IMU's acceleration serves where only that is needed."""
    return frozenset(kind for kind, width in COLUMNS.items() if width == n_columns or 3 <= width < n_columns)
