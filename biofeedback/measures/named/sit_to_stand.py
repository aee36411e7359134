"""Standing up from a chair, from one sensor on the thigh, the trunk or the pelvis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import mean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.filters import low_pass
from biofeedback.dsp.gaps import GapFiller
from biofeedback.measures.catalogue import (
    Definition,
    Findings,
    NoSettings,
    Occurrence,
    Output,
    Role,
    Sensor,
    Signal,
    StreamingMeasure,
    named,
)
from biofeedback.measures.inertial import GRAVITY, Inertial
from biofeedback.measures.transfers import Lobe, VerticalLobes
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_KEPT_S = 8.0
_GRAVITY_HZ = 2.0
_LOST_S = 0.1
_LOOKED_BACK_S = 1.5
_LEAN_RATE = math.radians(10.0)
_LEAST_LEAN_RATE = math.radians(25.0)
_EXTENDS_S = 0.2  # before its largest speed upwards the trunk straightens already
_THIGH_TURN = math.radians(30.0)
_THIGH_OFF = math.radians(3.0)
_STANDS = 5
_CHAIR_S = 30.0


class Transfer(NamedTuple):
    """A stand or a sit. ``seat_off_s`` is when the seat was left, or touched."""

    start_s: float
    seat_off_s: float
    lobe: Lobe


class _Motion(NamedTuple):
    """Rows without a hole: vertical acceleration in m/s², the plumb line in sensor coordinates, lean rate in rad/s."""

    times_s: Array
    vertical: Array
    plumb: Array
    lean_rate: Array
    lost: NDArray[np.bool_]
    after_gap: bool


class _InertialMotion:
    def __init__(self, rate_hz: float) -> None:
        self._inertial = Inertial(rate_hz)

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[_Motion]:
        motions: list[_Motion] = []
        for run in self._inertial.process(samples, times_s, first_sample):
            plumb = quaternion.rotate(quaternion.conjugate(run.quat), quaternion.UP)
            level = run.gyr - quaternion.dot(run.gyr, plumb)[:, None] * plumb
            rate = np.sqrt(quaternion.dot(level, level))
            motions.append(_Motion(run.times_s, run.earth_acc[:, 2], plumb, rate, run.missing, run.after_gap))
        return motions


class _AccelerationMotion:
    """Without a gyroscope the vertical is the slow part of the acceleration, below 2 Hz."""

    def __init__(self, rate_hz: float) -> None:
        self._rate = rate_hz
        self._gaps = GapFiller(3, rate_hz, 1.0)
        self._slow = low_pass(min(_GRAVITY_HZ, 0.4 * rate_hz), rate_hz)
        self._last: Array | None = None

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[_Motion]:
        motions: list[_Motion] = []
        for run in self._gaps.process(samples, times_s, first_sample):
            if run.after_gap:
                self._slow.restart()
                self._last = None
            slow = self._slow.process(run.values)
            plumb = slow / np.maximum(np.sqrt(quaternion.dot(slow, slow)), 1e-6)[:, None]
            before = plumb[:1] if self._last is None else self._last
            turned = plumb - np.concatenate([before, plumb[:-1]])
            self._last = plumb[-1:]
            rate = np.sqrt(quaternion.dot(turned, turned)) * self._rate
            vertical = quaternion.dot(run.values, plumb) - GRAVITY
            motions.append(_Motion(run.times_s, vertical, plumb, rate, run.missing[:, 0], run.after_gap))
        return motions


class _Sitter:
    """What one sensor says of standing up and sitting down."""

    def __init__(self, sensor: Sensor) -> None:
        rate = sensor.sampling_rate_hz
        self._rate, self._thigh, self._leans = rate, sensor.role == "thigh", sensor.role == "trunk"
        self._motion = _AccelerationMotion(rate) if sensor.role == "acceleration" else _InertialMotion(rate)
        self._lobes = VerticalLobes(rate, 0.5 if self._thigh else 1.0)
        self._kept = np.empty((0, 5))
        self._lost = 0
        self.transfers: list[Transfer] = []
        self.last_s = math.nan

    def process(self, samples: Array, times_s: Array, first_sample: int) -> None:
        for motion in self._motion.process(samples, times_s, first_sample):
            if motion.after_gap:
                self._lobes.restart()
                self._kept = self._kept[:0]
            self._follow(motion)

    def _follow(self, motion: _Motion) -> None:
        edges = np.flatnonzero(np.diff(motion.lost.astype(np.int8))) + 1
        bounds = [0, *edges.tolist(), len(motion.lost)]
        for start, end in pairwise(bounds):
            part = slice(start, end)
            if motion.lost[start]:
                self._lost += end - start
                continue
            if self._lost > _LOST_S * self._rate:
                self._lobes.restart()
            self._lost = 0
            rows = np.column_stack([motion.times_s[part], motion.plumb[part], motion.lean_rate[part]])
            self._kept = np.concatenate([self._kept, rows])
            for lobe in self._lobes.process(motion.vertical[part], motion.times_s[part]):
                self._take(lobe)
            self._kept = self._kept[-round(_KEPT_S * self._rate) :]
            self.last_s = float(self._kept[-1, 0])

    def _take(self, lobe: Lobe) -> None:
        before, after = self._plumb(lobe.start_s - 0.2), self._plumb(lobe.end_s)
        if self._thigh and _between(before, after) < _THIGH_TURN:
            return
        self.transfers.append(Transfer(self._began(lobe), self._seat_off(lobe, before, after), lobe))

    def _plumb(self, time_s: float) -> Array:
        return self._kept[min(int(np.searchsorted(self._kept[:, 0], time_s)), len(self._kept) - 1), 1:4]

    def _began(self, lobe: Lobe) -> float:
        """Return when the lean began that went over into the way up: faster than 10°/s from then on."""
        times, rate = self._kept[:, 0], self._kept[:, 4]
        back = np.flatnonzero((times >= lobe.push_s - _LOOKED_BACK_S) & (times <= lobe.push_s))
        slow = back[rate[back] < _LEAN_RATE]
        return float(min(times[slow[-1]] if slow.size else times[back[0]] if back.size else lobe.start_s, lobe.start_s))

    def _seat_off(self, lobe: Lobe, before: Array, after: Array) -> float:
        """Return when the seat was left: the thigh has turned by 3°, or the push upwards is at half of its strength."""
        if not self._thigh:
            return lobe.push_s if lobe.lift_m > 0.0 else lobe.end_s
        seated = before if lobe.lift_m > 0.0 else after
        times = self._kept[:, 0]
        inside = np.flatnonzero((times >= lobe.start_s - _LOOKED_BACK_S) & (times <= lobe.end_s))
        off = np.arccos(np.clip(quaternion.dot(self._kept[inside, 1:4], seated), -1.0, 1.0)) > _THIGH_OFF
        if lobe.lift_m > 0.0:
            on = np.flatnonzero(~off)
            return float(times[inside[min(on[-1] + 1, len(inside) - 1)]]) if on.size else lobe.start_s
        away = np.flatnonzero(off)
        return float(times[inside[min(away[-1] + 1, len(inside) - 1)]]) if away.size else lobe.end_s

    def _lifted_off(self, lobe: Lobe) -> float:
        """Return the middle between the fastest lean forward and its end; without a lean, the push upwards."""
        times, rate = self._kept[:, 0], self._kept[:, 4]
        back = np.flatnonzero((times >= lobe.peak_s - _LOOKED_BACK_S) & (times <= lobe.peak_s))
        if not self._leans or not back.size:
            return lobe.push_s
        fastest = back[: max(int(np.searchsorted(times[back], lobe.peak_s - _EXTENDS_S)), 1)]
        first = int(fastest[np.argmax(rate[fastest])])
        end = first + int(np.argmin(rate[first : back[-1] + 1]))
        if rate[first] < _LEAST_LEAN_RATE or end == first:
            return lobe.push_s
        return float(times[first] + times[end]) / 2.0


@named
class SitToStand(StreamingMeasure):
    """Stands and sits, and the five-times and thirty-second tests."""

    definition = Definition(
        name="sit_to_stand",
        title="Sit to stand",
        domain="transfer",
        definition=(
            "A stand is a way of the sensor up by more than 0.12 m within 0.3 to 4 s; with a thigh sensor by more than "
            "0.06 m, with a turn of more than 30°. It begins where the lean before it exceeds 10°/s; the seat is left "
            "where the thigh has turned by 3°; with a trunk sensor halfway from the fastest lean to its end; with an "
            "accelerometer where the push upwards is at half its strength. "
            "The five-times test lasts from the first beginning to the end of the fifth stand."
        ),
        source="Goldberg et al. 2012 (five-times test); segmentation is our own",
        roles=(
            Role("thigh", "imu", optional=True),
            Role("trunk", "imu", optional=True),
            Role("acceleration", "acceleration", optional=True),
        ),
        outputs=(
            Output("stands", "1", "completed stands"),
            Output("five_stands", "s", "from the first beginning to the end of the fifth stand"),
            Output("stands_in_30_s", "1", "stands completed within 30 s of the first beginning"),
            Output("rise_time", "s", "mean, from beginning to standing"),
            Output("peak_speed", "m/s", "mean of the largest upward speed of the sensor"),
        ),
        group_delay_s=0.06,
        warm_up_s=0.3,
        reliability="five-times test: SEM 0.9 s, MDC95 2.5 s, ICC 0.95 (Goldberg et al. 2012), with a stopwatch",
    )

    def __init__(self, sensors: Sequence[Sensor], settings: NoSettings) -> None:
        super().__init__(sensors, settings)
        self._sitters = [_Sitter(sensor) for sensor in sensors]

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take acceleration and angular velocity, shape (n_samples, 6), or acceleration alone, shape (n_samples, 3)."""
        self._sitters[sensor].process(samples, times_s, first_sample)
        return []

    def finish(self) -> Findings:
        """Return stands and sits as the first sensor in the order of the roles saw them."""
        first = self._sitters[0]
        stands = [t for t in first.transfers if t.lobe.lift_m > 0.0]
        occurrences = [_occurrence(transfer) for transfer in first.transfers]
        occurrences += [Occurrence("seat_off", t.seat_off_s) for t in stands]
        return Findings(tuple(_values(stands, first.last_s)), tuple(sorted(occurrences, key=lambda o: o.time_s)))


def _occurrence(transfer: Transfer) -> Occurrence:
    lobe = transfer.lobe
    up = lobe.lift_m > 0.0
    known = {"lift_m": lobe.lift_m, "peak_speed_ms": lobe.peak_ms}
    known["seat_off_s" if up else "seat_contact_s"] = transfer.seat_off_s
    return Occurrence("stand" if up else "sit", transfer.start_s, "", lobe.end_s, known)


def _values(stands: list[Transfer], last_s: float) -> list[Measure]:
    n = len(stands)
    values = [Measure("stands", float(n), "1", n)]
    if n < _STANDS:
        values.append(Measure.missing("five_stands", "s", f"{n} stands; five are needed", n))
    else:
        values.append(Measure("five_stands", stands[_STANDS - 1].lobe.end_s - stands[0].start_s, "s", _STANDS))
    if not stands or last_s - stands[0].start_s < _CHAIR_S:
        values.append(Measure.missing("stands_in_30_s", "1", "less than 30 s from the first stand on", n))
    else:
        within = sum(t.lobe.end_s - stands[0].start_s <= _CHAIR_S for t in stands)
        values.append(Measure("stands_in_30_s", float(within), "1", within))
    if not stands:
        missing = [Measure.missing(*of, "no stand was seen") for of in (("rise_time", "s"), ("peak_speed", "m/s"))]
        return values + missing
    rises = [t.lobe.end_s - t.start_s for t in stands]
    values.append(Measure("rise_time", mean(rises), "s", n))
    values.append(Measure("peak_speed", mean(t.lobe.peak_ms for t in stands), "m/s", n))
    return values


def _between(a: Array, b: Array) -> float:
    return math.acos(min(max(float(quaternion.dot(a, b)), -1.0), 1.0))
