"""Walking, from one inertial sensor on each foot or on one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import mean, stdev

import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.catalogue import (
    Definition,
    Findings,
    Happening,
    NoSettings,
    Occurrence,
    Output,
    Role,
    Sensor,
    Signal,
    StreamingMeasure,
    named,
)
from biofeedback.measures.value import Measure
from biofeedback.measures.walking_foot import FEWEST, LEFT_OUT, WalkingFoot

Array = NDArray[np.float64]


@named
class GaitFeet(StreamingMeasure):
    """Contacts, strides and their symmetry from the feet."""

    definition = Definition(
        name="gait_feet",
        title="Walking, sensors on the feet",
        domain="gait",
        definition=(
            "Initial contact: half-way between the rise of the impact and the begin of the foot's slap, behind the "
            "end of the swing's pitch. Terminal contact: when the pitch of push-off has slowed down to 70 % of its "
            "fastest. A swing seen through a hole of up to 0.1 s counts. "
            "Stride: to the next initial contact of the same foot. Values are over straight walking; "
            "strides that turn by more than 22.5° and two at each end of a bout are left out. Length and height by "
            "integration between mid-stances (zero-velocity update), where the foot stood still and no more than 20 ms "
            "were lost; no height where a stride climbs or falls by more than 0.2 m, as on stairs."
        ),
        source="metrics as in Mariani et al. 2013, IEEE TBME 60:1961; contacts are our own",
        roles=(Role("left_foot", "imu", optional=True), Role("right_foot", "imu", optional=True)),
        outputs=(
            Output("strides", "1", "straight strides the values are from"),
            Output("stride_time", "s", "mean, for each foot"),
            Output("stride_time_variation", "%", "standard deviation over mean, for each foot"),
            Output("cadence", "1/min", "steps a minute"),
            Output("stance", "%", "share of the stride on the ground, for each foot"),
            Output("stride_length", "m", "mean along the ground, for each foot"),
            Output("speed", "m/s", "stride length over stride time, for each foot"),
            Output("clearance", "m", "greatest height of the sensor above its mid-stance, for each foot"),
            Output("step_time", "s", "from the other foot's landing to this one's, for each foot"),
            Output("step_symmetry", "%", "symmetry index of the step times, right against left"),
        ),
        occurrences=(
            Happening("initial_contact", "the foot lands", "foot's sensor"),
            Happening("terminal_contact", "its toes leave the ground", "foot's sensor"),
            Happening(
                "stride",
                "from an initial contact to the next one of the same foot",
                "foot's sensor",
                (
                    Output("stride_time_s", "s", "how long it takes"),
                    Output("stance_percent", "%", "share of it on the ground"),
                    Output("turn", "1", "1 where it turns by more than 22.5°, else 0"),
                    Output("length_m", "m", "along the ground; left out where it is not known"),
                    Output("climb_m", "m", "upwards; left out where it is not known"),
                    Output("clearance_m", "m", "greatest height of the sensor; left out where it is not known"),
                ),
            ),
        ),
        group_delay_s=0.165,
        warm_up_s=2.0,
    )

    def __init__(self, sensors: Sequence[Sensor], settings: NoSettings) -> None:
        super().__init__(sensors, settings)
        self._feet = [WalkingFoot(sensor) for sensor in sensors]

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take acceleration and angular velocity of a foot, shape (n_samples, 6)."""
        self._feet[sensor].process(samples, times_s, first_sample)
        return []

    def finish(self) -> Findings:
        """Return contacts, strides and what the straight strides have in common."""
        values: list[Measure] = []
        for foot in self._feet:
            values += _of_foot(foot)
        if len(self._feet) == 2:
            values += _of_both(*self._feet)
        occurrences = [o for foot in self._feet for o in _occurrences(foot)]
        return Findings(tuple(values), tuple(sorted(occurrences, key=lambda o: o.time_s)))


def _occurrences(foot: WalkingFoot) -> list[Occurrence]:
    contacts = [Occurrence("initial_contact", time_s, foot.name) for time_s in foot.landings]
    contacts += [Occurrence("terminal_contact", time_s, foot.name) for time_s in foot.lifts]
    strides: list[Occurrence] = []
    for stride in foot.strides:
        known = {
            "stride_time_s": stride.time_s,
            "stance_percent": stride.stance_percent,
            "turn": float(stride.turn),
        }
        if stride.path is not None:
            known |= {"length_m": stride.path.length_m, "climb_m": stride.path.climb_m}
            if not math.isnan(stride.path.clearance_m):
                known["clearance_m"] = stride.path.clearance_m
        strides.append(Occurrence("stride", stride.start_s, foot.name, stride.end_s, known))
    return contacts + strides


def _of_foot(foot: WalkingFoot) -> list[Measure]:
    strides = foot.steady()
    few = foot.too_few(len(strides), f"straight strides without the {LEFT_OUT} at each end of a walk")
    times = [stride.time_s for stride in strides]
    paths = [(stride.path, stride.time_s) for stride in strides if stride.path is not None]
    still = "straight strides between which the foot stood still (is the sensor on the foot?)"
    unseen = few if len(strides) < FEWEST else foot.too_few(len(paths), still)
    level = [path.clearance_m for path, _ in paths if not math.isnan(path.clearance_m)]
    climbed = foot.too_few(len(level), "straight strides on level ground")
    name = foot.name
    return [
        Measure(f"strides_{name}", float(len(strides)), "1", len(strides))
        if strides
        else Measure.missing(f"strides_{name}", "1", few),
        _value(f"stride_time_{name}", "s", times, few),
        _value(f"stride_time_variation_{name}", "%", times, few, _variation),
        _value(f"stance_{name}", "%", [stride.stance_percent for stride in strides], few),
        _value(f"stride_length_{name}", "m", [path.length_m for path, _ in paths], unseen),
        _value(f"speed_{name}", "m/s", [path.length_m / time for path, time in paths], unseen),
        _value(f"clearance_{name}", "m", level, unseen if len(paths) < FEWEST else climbed),
    ]


def _of_both(left: WalkingFoot, right: WalkingFoot) -> list[Measure]:
    to_left, to_right = _steps(right, left), _steps(left, right)
    both = to_left + to_right
    few = f"{len(both)} steps of straight walking with both feet; {FEWEST} or more to each side are needed"
    first = _value("step_time_left_foot", "s", to_left, few)
    second = _value("step_time_right_foot", "s", to_right, few)
    if first.available and second.available:
        index = 100.0 * (second.value - first.value) / ((first.value + second.value) / 2.0)
        symmetry = Measure("step_symmetry", index, "%", len(both))
    else:
        symmetry = Measure.missing("step_symmetry", "%", few, len(both))
    return [_value("cadence", "1/min", both, few, _per_minute), first, second, symmetry]


def _steps(other: WalkingFoot, foot: WalkingFoot) -> list[float]:
    """Return the step times onto a foot that lie within straight strides of it."""
    landed = sorted([(t, other) for t in other.landings] + [(t, foot) for t in foot.landings], key=lambda one: one[0])
    begins = {stride.end_s: stride.start_s for stride in foot.steady()}
    return [
        here_s - before_s
        for (before_s, before), (here_s, here) in pairwise(landed)
        if before is other and here is foot and begins.get(here_s, math.inf) < before_s
    ]


def _value(name: str, unit: str, values: list[float], few: str, of: Callable[[list[float]], float] = mean) -> Measure:
    if len(values) < FEWEST:
        return Measure.missing(name, unit, few, len(values))
    return Measure(name, of(values), unit, len(values))


def _variation(values: list[float]) -> float:
    return 100.0 * stdev(values) / mean(values)


def _per_minute(values: list[float]) -> float:
    return 60.0 / mean(values)
