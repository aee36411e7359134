"""What the measures of repetitions share: one sensor is counted, without an exercise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Annotated, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.catalogue import Definition, Happening, Output, Role, Sensor, Signal, StreamingMeasure
from biofeedback.measures.counted import GRID_HZ, CountedBlock, CountedKind, CountedSignal
from biofeedback.measures.repetitions import Repetition, RepetitionCounter, RepetitionSettings
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

NOT_FOUND = "no repetition was found"
GOOD = Output("good", "1", "1 where it is one of the person's own good ones, else 0")
"""What `each_repetition` can say where good ones are the reference."""
SIGNALS = (
    Output("counted_<sensor>", "of the counted signal", "what is counted: turn, angle, tilt or activity"),
    Output("travel_<sensor>", "m", "of an inertial sensor, the other thing that is counted"),
    Output("count_<sensor>", "1", "repetitions so far, as a session shows it"),
)
ROLES = (
    Role("sensor", "imu", optional=True),
    Role("accelerometer", "acceleration", optional=True),
    Role("angle", "angle", optional=True),
    Role("muscle", "emg", optional=True),
    Role("signal", "any", optional=True),
)
counted_definition = partial(
    Definition, domain="repetitions", roles=ROLES, signals=SIGNALS, group_delay_s=0.125, warm_up_s=0.2
)
"""Makes the definition of a measure that counts one sensor."""
_KINDS: dict[str, CountedKind] = {
    "sensor": "imu",
    "accelerometer": "acceleration",
    "angle": "angle",
    "muscle": "emg",
    "signal": "any",
}
_RANGES = {"imu": (40.0, 10.0), "acceleration": (30.0, 5.0), "angle": (40.0, 10.0), "emg": (60.0, 15.0)}
_TRAVEL_M = (0.3, 0.05)
_LIMB_M = 1.0  # no limb is as long: what goes farther for a radian of turn is moved along
_SURE_TRAVELS = 2


class RepetitionsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the repetitions.

    Attributes
    ----------
    expected_range
        How far one repetition goes, in ° or in % of the highest activity, before anything is known of the person;
        0: 40° or 60 %. A signal of another kind needs it, in its own unit.
    smallest_range
        Excursions below this are not looked at; 0: a quarter of the expected range.
    peak_at
        Where the movement goes from rest: ``high`` or ``low``. A sensor's first movement is always high.
    shortest_s, longest_s
        A repetition takes no less and no more than this.
    calibration_s
        Seconds at the beginning in which the person shows the movement, twice or so: they are not counted, and the
        range they show is expected from then on.
    """

    expected_range: Annotated[float, msgspec.Meta(ge=0.0, le=1e9)] = 0.0
    smallest_range: Annotated[float, msgspec.Meta(ge=0.0, le=1e9)] = 0.0
    peak_at: Literal["high", "low"] = "high"
    shortest_s: Annotated[float, msgspec.Meta(ge=0.1, le=60.0)] = 0.6
    longest_s: Annotated[float, msgspec.Meta(ge=0.5, le=300.0)] = 20.0
    calibration_s: Annotated[float, msgspec.Meta(ge=0.0, le=600.0)] = 0.0


class CountedMeasure(StreamingMeasure):
    """What is measured of the repetitions of one sensor; the first sensor given is counted.

    An inertial sensor is counted on how far it has turned and, beside that, on how far it has travelled: the movement
    is a travel if no limb that turns could carry the sensor so far.
    """

    Settings = RepetitionsSettings

    def __init__(self, sensors: Sequence[Sensor], settings: RepetitionsSettings) -> None:
        super().__init__(sensors, settings)
        if not sensors:
            raise ValueError(
                f"{self.definition.name} needs a sensor, an accelerometer, an angle, a muscle or another signal"
            )
        self.counted = CountedSignal(_KINDS[sensors[0].role], sensors[0].sampling_rate_hz)
        rule = _rule(self.definition.name, self.counted.kind, settings)
        travel = replace(rule, expected_range=_TRAVEL_M[0], smallest_range=_TRAVEL_M[1])
        self._smallest_turn = rule.smallest_range
        self._counters = [RepetitionCounter(one) for one in (rule, travel)[: len(self.counted.units)]]
        self._begins_tick: int | None = None
        self._calibrating = settings.calibration_s > 0.0
        self._count = 0
        self._blocks: list[CountedBlock] = []

    @property
    def _chosen(self) -> int:
        """Which of the signals is the movement."""
        if len(self._counters) == 1 or self._counters[1].count < _SURE_TRAVELS:
            return 0
        turn, travel = self._counters
        turned = turn.usual_range if turn.count else self._smallest_turn
        return int(travel.usual_range > _LIMB_M * math.radians(turned))

    @property
    def counter(self) -> RepetitionCounter:
        """The counter of the movement."""
        return self._counters[self._chosen]

    @property
    def unit(self) -> str:
        """Unit of the movement."""
        return self.counted.units[self._chosen]

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take the rows of a sensor; only the first sensor is counted."""
        if sensor != 0:
            return []
        blocks = self.counted.process(samples, times_s, first_sample)
        return [signal for block in blocks for signal in self._follow(block)]

    def _follow(self, block: CountedBlock) -> list[Signal]:
        self._blocks.append(block)
        self._begins_tick = block.first_tick if self._begins_tick is None else self._begins_tick
        name, times_s = self.sensors[0].name, block.times_s
        counts = np.empty(len(times_s))
        for row in range(len(times_s)):
            self._end_calibration(block.first_tick + row - self._begins_tick)
            one = slice(row, row + 1)
            told = [c.process(times_s[one], block.values[one, i]) for i, c in enumerate(self._counters)]
            if any(told) and not self._calibrating:
                self._count = self.counter.count
            counts[row] = self._count
        counted = zip(("counted", "travel"), self.counted.units, block.values.T, strict=False)
        return [
            *(Signal(f"{what}_{name}", unit, times_s, values) for what, unit, values in counted),
            Signal(f"count_{name}", "1", times_s, counts),
        ]

    def _end_calibration(self, ticks: int) -> None:
        if self._calibrating and ticks >= self.settings.calibration_s * GRID_HZ:
            self._calibrating = False
            for counter in self._counters:
                counter.finish()
                counter.restart()

    def found(self) -> list[tuple[Repetition, CountedBlock]]:
        """Close the count and return each repetition with its samples of the movement, start and end included."""
        for counter in self._counters:
            counter.finish()
        if self._calibrating or not self._blocks:
            return []
        first = self._blocks[0].first_tick
        length = self._blocks[-1].first_tick + len(self._blocks[-1].values) - first
        values, speed = np.full(length, np.nan), np.full(length, np.nan)
        acceleration = np.full((length, self._blocks[0].acceleration.shape[1]), np.nan)
        for block in self._blocks:
            rows = slice(block.first_tick - first, block.first_tick - first + len(block.values))
            values[rows], speed[rows] = block.values[:, self._chosen], block.speed[:, self._chosen]
            acceleration[rows] = block.acceleration
        whole = CountedBlock(first, values, speed, acceleration)
        return [(rep, _cut(whole, rep)) for rep in self.counter.repetitions]

    @property
    def unit_name(self) -> str:
        """The unit as the names of values have it."""
        return {"°": "_deg", "%": "_percent", "m": "_m", "": ""}[self.unit]


def _rule(name: str, kind: CountedKind, settings: RepetitionsSettings) -> RepetitionSettings:
    expected, smallest = _RANGES.get(kind, (0.0, 0.0))
    if settings.expected_range > 0.0:
        expected, smallest = settings.expected_range, settings.expected_range / 4.0
    if expected == 0.0:
        raise ValueError(f"{name}: set expected_range, about how far the signal goes in one repetition")
    smallest = settings.smallest_range or smallest
    if smallest > expected:
        raise ValueError(f"{name}: smallest_range {smallest:g} must not be above the expected range {expected:g}")
    if settings.shortest_s >= settings.longest_s:
        raise ValueError(f"{name}: shortest_s must be below longest_s")
    return RepetitionSettings(
        expected_range=expected,
        smallest_range=smallest,
        peak_at=settings.peak_at,
        shortest_s=settings.shortest_s,
        longest_s=settings.longest_s,
    )


def _cut(whole: CountedBlock, rep: Repetition) -> CountedBlock:
    start, end, first = round(rep.start_s * GRID_HZ), round(rep.end_s * GRID_HZ), whole.first_tick
    rows = slice(max(start - first, 0), max(end + 1 - first, 0))
    return CountedBlock(max(start, first), whole.values[rows], whole.speed[rows], whole.acceleration[rows])


def middle(name: str, unit: str, of: Sequence[float], reason: str) -> Measure:
    """Return the median of what could be measured."""
    known = [value for value in of if not math.isnan(value)]
    return Measure(name, median(known), unit, len(known)) if known else Measure.missing(name, unit, reason)


def each_repetition(*values: Output, of: str = "") -> Happening:
    """Say what is known of each repetition."""
    return Happening("repetition", "from its start to its end", of, values)
