"""Walking, from one inertial sensor on each foot or on one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import mean, stdev
from typing import NamedTuple

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
from biofeedback.measures.foot_contacts import WAITED_S, Contact, FootContacts
from biofeedback.measures.inertial import Inertial, InertialRun
from biofeedback.measures.stride import Path, mid_stance, stride_path
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_LONGEST_STRIDE_S = 3.0
_TURN_RAD = math.radians(22.5)  # 45°/s for half a second
_LEFT_OUT = 2  # strides at each end of a bout: getting going and stopping
_FEWEST = 3
_KEPT_S = 8.0
_LONGEST_HOLE_S = 0.1
_LONGEST_PATH_HOLE_S = 0.02  # length errs by 2 cm with such holes, by 7 cm with 50 ms


class _Stride(NamedTuple):
    """From one initial contact to the next of the same foot; ``steady`` when it is no turn and no start or stop."""

    start_s: float
    end_s: float
    terminal_s: float
    path: Path | None
    turn: bool


class _Foot:
    """One foot: its contacts, and the path of each stride."""

    def __init__(self, sensor: Sensor) -> None:
        self.rate, self.name = sensor.sampling_rate_hz, sensor.role
        self._inertial = Inertial(self.rate)
        self._contacts = FootContacts(self.rate)
        self._rows = np.empty((0, 9))  # time, gyr, acceleration in earth coordinates, turn rate, missing
        self._first = 0
        self._last: Contact | None = None
        self._stance: int | None = None  # row of the mid-stance before the last contact
        self.seen = False
        self.landings: list[float] = []
        self.lifts: list[float] = []
        self.strides: list[_Stride] = []

    def process(self, samples: Array, times_s: Array, first_sample: int) -> None:
        for run in self._inertial.process(samples, times_s, first_sample):
            if run.after_gap:
                self._last = self._stance = None
                self._rows = self._rows[:0]
            self._keep(run)
            contacts = self._contacts.process(run.acc, run.gyr, run.missing, run.first_sample, after_gap=run.after_gap)
            for contact in contacts:
                self._land(contact)
            self._trim()

    def _keep(self, run: InertialRun) -> None:
        self.seen = True
        if not len(self._rows):
            self._first = run.first_sample
        rows = np.column_stack([run.times_s, run.gyr, run.earth_acc, run.turn_rate, run.missing.astype(np.float64)])
        self._rows = np.concatenate([self._rows, rows])

    def _trim(self) -> None:
        """Forget what is too old for a stride, and for a contact that waits for which way the foot swings."""
        most = round((_KEPT_S if self._last is not None else _KEPT_S + WAITED_S) * self.rate)
        if len(self._rows) > 2 * most:
            self._first += len(self._rows) - most
            self._rows = self._rows[-most:]

    def _time_s(self, row: float) -> float:
        """Return the time of a row that may lie between two."""
        at = min(max(row - self._first, 0.0), len(self._rows) - 1.0)
        low = min(int(at), len(self._rows) - 2)
        before, after = self._rows[low, 0], self._rows[low + 1, 0]
        return float(before + (at - low) * (after - before))

    def _land(self, contact: Contact) -> None:
        time_s = self._time_s(contact.initial)
        self.landings.append(time_s)
        last, stance = self._last, self._stance
        self._last, self._stance = contact, None
        if contact.terminal is None:
            return
        terminal_s = self._time_s(contact.terminal)
        self.lifts.append(terminal_s)
        if last is None or contact.initial - last.initial > _LONGEST_STRIDE_S * self.rate:
            return
        rows = self._between(last.initial, contact.initial)
        if _longest_hole(rows) > _LONGEST_HOLE_S * self.rate:
            return  # part of the stride was lost
        self._stance = self._mid_stance(last.initial, contact.terminal)
        path = None
        if stance is not None and self._stance is not None and stance >= self._first:
            flight = self._between(stance, self._stance)
            if _longest_hole(flight) <= _LONGEST_PATH_HOLE_S * self.rate:
                path = stride_path(flight[:, 4:7], flight[:, 7], self.rate)
        turned = abs(float(rows[:, 7].sum())) / self.rate
        self.strides.append(_Stride(self._time_s(last.initial), time_s, terminal_s, path, turned > _TURN_RAD))

    def _mid_stance(self, initial: float, terminal: float) -> int | None:
        row = mid_stance(self._between(initial, terminal)[:, 1:4], self.rate)
        return None if row is None else math.ceil(initial) + row

    def _between(self, start: float, end: float) -> Array:
        return self._rows[max(math.ceil(start) - self._first, 0) : max(math.ceil(end) - self._first, 0)]

    def too_few(self, n: int, what: str) -> str:
        """Say why there is no value of ``n`` strides."""
        if not self.seen:
            return "no samples"
        if not self.landings:
            return "no step was seen: the foot swung for less than two seconds, or not at all"
        return f"{n} {what}; {_FEWEST} or more are needed"

    def steady(self) -> list[_Stride]:
        """Return the strides of straight walking, without those at the ends of each bout."""
        bouts: list[list[_Stride]] = []
        for stride in self.strides:
            if bouts and abs(stride.start_s - bouts[-1][-1].end_s) < 1e-6:
                bouts[-1].append(stride)
            else:
                bouts.append([stride])
        return [s for bout in bouts for s in bout[_LEFT_OUT : len(bout) - _LEFT_OUT] if not s.turn]


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
        self._feet = [_Foot(sensor) for sensor in sensors]

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


def _longest_hole(rows: Array) -> int:
    """Return how many rows in a row were not measured, at most."""
    whole = np.flatnonzero(np.concatenate([[0.0], rows[:, 8], [0.0]]) == 0.0)
    return int(np.diff(whole).max()) - 1


def _occurrences(foot: _Foot) -> list[Occurrence]:
    contacts = [Occurrence("initial_contact", time_s, foot.name) for time_s in foot.landings]
    contacts += [Occurrence("terminal_contact", time_s, foot.name) for time_s in foot.lifts]
    strides: list[Occurrence] = []
    for stride in foot.strides:
        known = {
            "stride_time_s": stride.end_s - stride.start_s,
            "stance_percent": 100.0 * (stride.terminal_s - stride.start_s) / (stride.end_s - stride.start_s),
            "turn": float(stride.turn),
        }
        if stride.path is not None:
            known |= {"length_m": stride.path.length_m, "climb_m": stride.path.climb_m}
            if not math.isnan(stride.path.clearance_m):
                known["clearance_m"] = stride.path.clearance_m
        strides.append(Occurrence("stride", stride.start_s, foot.name, stride.end_s, known))
    return contacts + strides


def _of_foot(foot: _Foot) -> list[Measure]:
    strides = foot.steady()
    few = foot.too_few(len(strides), f"straight strides without the {_LEFT_OUT} at each end of a walk")
    times = [s.end_s - s.start_s for s in strides]
    stance = [100.0 * (s.terminal_s - s.start_s) / (s.end_s - s.start_s) for s in strides]
    paths = [(s.path, s.end_s - s.start_s) for s in strides if s.path is not None]
    still = "straight strides between which the foot stood still (is the sensor on the foot?)"
    unseen = few if len(strides) < _FEWEST else foot.too_few(len(paths), still)
    level = [path.clearance_m for path, _ in paths if not math.isnan(path.clearance_m)]
    climbed = foot.too_few(len(level), "straight strides on level ground")
    name = foot.name
    return [
        Measure(f"strides_{name}", float(len(strides)), "1", len(strides))
        if strides
        else Measure.missing(f"strides_{name}", "1", few),
        _mean(f"stride_time_{name}", "s", times, few),
        _variation(f"stride_time_variation_{name}", times, few),
        _mean(f"stance_{name}", "%", stance, few),
        _mean(f"stride_length_{name}", "m", [path.length_m for path, _ in paths], unseen),
        _mean(f"speed_{name}", "m/s", [path.length_m / time for path, time in paths], unseen),
        _mean(f"clearance_{name}", "m", level, unseen if len(paths) < _FEWEST else climbed),
    ]


def _of_both(left: _Foot, right: _Foot) -> list[Measure]:
    to_left = _steps(right, left)
    to_right = _steps(left, right)
    both = to_left + to_right
    few = f"{len(both)} steps of straight walking with both feet; {_FEWEST} or more to each side are needed"
    cadence = _mean("cadence", "1/min", both, few)
    if cadence.available:
        cadence = Measure("cadence", 60.0 / cadence.value, "1/min", len(both))
    first = _mean("step_time_left_foot", "s", to_left, few)
    second = _mean("step_time_right_foot", "s", to_right, few)
    if first.available and second.available:
        half = (first.value + second.value) / 2.0
        index = 100.0 * (second.value - first.value) / half
        symmetry = Measure("step_symmetry", index, "%", len(both))
    else:
        symmetry = Measure.missing("step_symmetry", "%", few, len(both))
    return [cadence, first, second, symmetry]


def _steps(other: _Foot, foot: _Foot) -> list[float]:
    """Return the step times onto a foot that lie within straight strides of it."""
    landed = sorted([(t, other.name) for t in other.landings] + [(t, foot.name) for t in foot.landings])
    straight = foot.steady()
    return [
        here[0] - before[0]
        for before, here in pairwise(landed)
        if before[1] == other.name and here[1] == foot.name
        and any(s.start_s < before[0] and abs(s.end_s - here[0]) < 1e-6 for s in straight)
    ]  # fmt: skip


def _mean(name: str, unit: str, values: list[float], few: str) -> Measure:
    if len(values) < _FEWEST:
        return Measure.missing(name, unit, few, len(values))
    return Measure(name, mean(values), unit, len(values))


def _variation(name: str, values: list[float], few: str) -> Measure:
    if len(values) < _FEWEST:
        return Measure.missing(name, "%", few, len(values))
    return Measure(name, 100.0 * stdev(values) / mean(values), "%", len(values))
