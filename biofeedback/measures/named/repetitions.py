"""Repetitions of any sensor, without an exercise: how many, how far, how long, how smooth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import Annotated, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import signal

from biofeedback.measures.catalogue import (
    Definition,
    Findings,
    Happening,
    Occurrence,
    Output,
    Role,
    Sensor,
    Signal,
    StreamingMeasure,
    named,
)
from biofeedback.measures.counted import GRID_HZ, CountedBlock, CountedKind, CountedSignal
from biofeedback.measures.repetitions import Repetition, RepetitionCounter, RepetitionSettings
from biofeedback.measures.smoothness import LEAST_SAMPLES, ldlj_acceleration, ldlj_velocity, sparc
from biofeedback.measures.timing import tempo
from biofeedback.measures.unseen import Holes, usual_interval
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

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
_BELOW_20_HZ = np.asarray(signal.butter(2, 20.0, fs=GRID_HZ, output="sos"))
_SIGNALS = (
    Output("counted_<sensor>", "of the counted signal", "what is counted: turn, angle, tilt or activity"),
    Output("travel_<sensor>", "m", "of an inertial sensor, the other thing that is counted"),
    Output("count_<sensor>", "1", "repetitions so far, as a session shows it"),
)
_NONE = "no repetition was found"
_NO_MOTION = "not measured: it takes a motion sensor"


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


ROLES = (
    Role("sensor", "imu", optional=True),
    Role("accelerometer", "acceleration", optional=True),
    Role("angle", "angle", optional=True),
    Role("muscle", "emg", optional=True),
    Role("signal", "any", optional=True),
)


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


@named
class Repetitions(CountedMeasure):
    """How many repetitions, and of what size."""

    definition = Definition(
        name="repetitions",
        title="Repetitions",
        domain="repetitions",
        definition="Ways out and back that each cover 0.4 of the person's usual range, counted online on the turn of "
        "a sensor about the movement's own axis or, where it goes farther than 1 m for a radian of turn, on its "
        "travel (0.2 Hz high-pass: movements of up to some 6 s); on an angle, on the envelope of a muscle in percent "
        "of the highest so far, or on any signal. What a loss of up to 4 s must have hidden is told from the rhythm "
        "and marked.",
        source="Schmitt trigger with levels that follow the person; Morris et al. 2014, Soro et al. 2019 for accuracy",
        roles=ROLES,
        outputs=(
            Output("count", "1", "repetitions"),
            Output("unseen", "1", "of these, told from the rhythm because the signal was lost"),
            Output("partial", "1", "excursions too small to count"),
            Output("usual_range", "unit of the signal", "median range of the repetitions"),
            Output("interval", "s", "median time between peaks"),
        ),
        occurrences=(
            Happening(
                "repetition",
                "from its start to its end",
                "the counted sensor",
                (
                    Output("peak_time_s", "s", "when it was at its peak"),
                    Output("complete", "1", "1, or 0 where the recording begins or ends in it"),
                    Output("seen", "1", "1, or 0 where it was told from the rhythm in a loss"),
                    Output(
                        "range_deg, range_m or range_percent",
                        "of the counted signal",
                        "how far it went; range for a column of another unit",
                    ),
                ),
            ),
        ),
        signals=_SIGNALS,
        group_delay_s=0.125,
        warm_up_s=0.2,
        reliability="published counters of this kind: within ± 1 in 91–93 % of sets",
    )

    def finish(self) -> Findings:
        """Return the count and each repetition."""
        found = self.found()
        seen = [(rep, cut) for rep, cut in found if rep.seen]
        unseen, partial = len(found) - len(seen), len(self.counter.partials)
        count = Measure("count", float(len(found)), "1", len(found))
        others = Measure("unseen", float(unseen), "1", len(found)), Measure("partial", float(partial), "1", partial)
        if not any(np.isfinite(block.values).any() for block in self._blocks):
            count, *others = (
                Measure.missing(name, "1", "nothing was measured") for name in ("count", "unseen", "partial")
            )
        elif self._calibrating:
            count = Measure.missing("count", "1", "the recording ended before the calibration did")
        interval_s = usual_interval([rep.peak_s for rep, _ in seen], Holes())
        values = (
            count,
            *others,
            middle("usual_range", self.unit, [_range(cut) for _, cut in seen], _NONE),
            Measure.missing("interval", "s", "no rhythm: three regular intervals are needed")
            if interval_s is None
            else Measure("interval", interval_s, "s", len(seen)),
        )
        return Findings(values, tuple(self._occurrence(rep, cut) for rep, cut in found))

    def _occurrence(self, rep: Repetition, cut: CountedBlock) -> Occurrence:
        values = {"peak_time_s": rep.peak_s, "complete": float(rep.complete), "seen": float(rep.seen)}
        values[f"range{self.unit_name}"] = _range(cut) if rep.seen else math.nan
        return Occurrence("repetition", rep.start_s, self.sensors[0].name, rep.end_s, values)


def _range(cut: CountedBlock) -> float:
    known = cut.values[np.isfinite(cut.values)]
    return float(np.ptp(known)) if len(known) else math.nan


@named
class Tempo(CountedMeasure):
    """How long the ways and the hold take."""

    definition = Definition(
        name="tempo",
        title="Tempo and time under tension",
        domain="repetitions",
        definition="Of each repetition the seconds out, held and back: out and back is speed above 5 per second and "
        "5 % of its peak, held is slower in the upper half of the range; time under tension is their sum.",
        source="Wilk et al. 2021, Sports Med 51:1629 (time under tension)",
        roles=ROLES,
        outputs=(
            Output("out", "s", "median time on the way out"),
            Output("hold", "s", "median time held"),
            Output("back", "s", "median time on the way back"),
            Output("time_under_tension", "s", "sum over all repetitions that could be measured"),
        ),
        occurrences=(
            Happening(
                "repetition",
                "from its start to its end",
                "the counted sensor",
                (
                    Output("out_s", "s", "on the way out"),
                    Output("hold_s", "s", "held"),
                    Output("back_s", "s", "on the way back"),
                ),
            ),
        ),
        signals=_SIGNALS,
        group_delay_s=0.125,
        warm_up_s=0.2,
    )

    def finish(self) -> Findings:
        """Return the medians and each repetition."""
        sign = -1.0 if self.settings.peak_at == "low" else 1.0
        slowest = 5.0 if self.unit in ("°", "%") else 0.05 * self.counter.usual_range
        found = [(rep, tempo(sign * cut.values, GRID_HZ, slowest)) for rep, cut in self.found()]
        reason = "no repetition without losses was found" if found else _NONE
        values = [
            middle(name, "s", [getattr(parts, f"{name}_s") for _, parts in found], reason)
            for name in ("out", "hold", "back")
        ]
        known = [sum(parts) for _, parts in found if not math.isnan(sum(parts))]
        total = Measure("time_under_tension", sum(known), "s", len(known)) if known else None
        values.append(total or Measure.missing("time_under_tension", "s", reason))
        reps = [
            Occurrence("repetition", rep.start_s, self.sensors[0].name, rep.end_s, dict(parts._asdict()))
            for rep, parts in found
        ]
        return Findings(tuple(values), tuple(reps))


@named
class Smoothness(CountedMeasure):
    """How smooth each way is."""

    definition = Definition(
        name="smoothness",
        title="Smoothness",
        domain="repetitions",
        definition="Spectral arc length (SPARC, 10 Hz, 0.05) of the speed on each way out and each way back: the "
        "angular speed of a sensor, the slope of any other signal; and the log dimensionless jerk of that speed below "
        "20 Hz (LDLJ-V), which depends more on noise and on the sampling rate; of an inertial sensor also the jerk of "
        "its acceleration without gravity, below 20 Hz (LDLJ-A). More negative is less smooth.",
        source="Balasubramanian et al. 2012, 2015, J NeuroEng Rehab 12:112; Melendez-Calderon et al. 2021, Front "
        "Bioeng Biotechnol 8:558771",
        roles=ROLES,
        outputs=(
            Output("sparc_out", "1", "median over the ways out"),
            Output("sparc_back", "1", "median over the ways back"),
            Output("ldlj_out", "1", "median over the ways out"),
            Output("ldlj_back", "1", "median over the ways back"),
            Output("ldlj_a_out", "1", "median over the ways out, of the acceleration"),
            Output("ldlj_a_back", "1", "median over the ways back, of the acceleration"),
        ),
        occurrences=(
            Happening(
                "repetition",
                "from its start to its end",
                "the counted sensor",
                (
                    Output("sparc_out, sparc_back", "1", "of each way"),
                    Output("ldlj_out, ldlj_back", "1", "of each way"),
                    Output("ldlj_a_out, ldlj_a_back", "1", "of each way, of the acceleration"),
                ),
            ),
        ),
        signals=_SIGNALS,
        group_delay_s=0.125,
        warm_up_s=0.2,
        reliability="SPARC, reaching after stroke: ICC > 0.9 (Cornec 2024); ICC 0.81–0.87, SRD 28–35 % (VPIT)",
    )

    def finish(self) -> Findings:
        """Return the medians and each repetition."""
        found = [(rep, self._ways(rep, cut)) for rep, cut in self.found()]
        reason = "no way of 20 samples without losses was found" if found else _NONE
        without = self.counted.kind != "imu"
        values = tuple(
            middle(o.name, "1", [w[o.name] for _, w in found], _NO_MOTION if without and "_a_" in o.name else reason)
            for o in self.definition.outputs
        )
        sensor = self.sensors[0].name
        return Findings(values, tuple(Occurrence("repetition", r.start_s, sensor, r.end_s, w) for r, w in found))

    def _ways(self, rep: Repetition, cut: CountedBlock) -> dict[str, float]:
        top = min(max(round(rep.peak_s * GRID_HZ) - cut.first_tick, 0), len(cut.speed))
        values: dict[str, float] = {}
        for way, rows in (("out", slice(None, top + 1)), ("back", slice(top, None))):
            values[f"sparc_{way}"] = sparc(cut.speed[rows], GRID_HZ)
            values[f"ldlj_{way}"] = _jerk(ldlj_velocity, cut.speed[rows])
            values[f"ldlj_a_{way}"] = _jerk(ldlj_acceleration, cut.acceleration[rows])
        return values


def _jerk(of: Callable[[Array, float], float], way: Array) -> float:
    """Return the log dimensionless jerk of a way; both ways through the low-pass: the way is over."""
    if len(way) < LEAST_SAMPLES or not way.size or not np.isfinite(way).all():
        return math.nan
    return of(np.asarray(signal.sosfiltfilt(_BELOW_20_HZ, way, axis=0)), GRID_HZ)
