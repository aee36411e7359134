"""Every measure by its name: what it is, what it needs, and how to run it on samples, streamed or from arrays.

A measure is one class in one file of `biofeedback.measures.named`; the decorator `named` puts it into the catalogue. It
is fed as a live session would feed it, and what it says does not depend on how the samples were cut into blocks.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.value import Measure

Array = NDArray[np.float64]
Kind = Literal["imu", "acceleration", "emg", "angle", "force", "any"]
COLUMNS: dict[Kind, int] = {"imu": 6, "acceleration": 3, "emg": 1, "angle": 1, "force": 1, "any": 1}
"""Columns of a block of each kind: an IMU has acceleration x y z in m/s², then angular velocity x y z in rad/s."""


@dataclass(frozen=True, slots=True)
class Role:
    """A sensor a measure needs.

    ``name`` is what the sensor is to the measure (``thigh``, ``left_foot``, ``muscle``); a role that may be played by
    ``several`` sensors takes all there are; one that is ``optional`` may be empty.
    """

    name: str
    kind: Kind
    several: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """A value a measure gives: its name, unit, and what it is in one line."""

    name: str
    unit: str
    definition: str


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


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor as a measure meets it: the role it plays, its own name, and its rate; rails in SI where known."""

    role: str
    name: str
    sampling_rate_hz: float
    rails: tuple[float | None, float | None] = (None, None)


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
    """What a measure says at the end."""

    values: tuple[Measure, ...]
    occurrences: tuple[Occurrence, ...] = ()


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


def named(measure: type[StreamingMeasure]) -> type[StreamingMeasure]:
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
