"""From the movement of one sensor to stands and sits: when they began, and when the seat was left or touched."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.filters import low_pass
from biofeedback.dsp.gaps import GapFiller
from biofeedback.measures.inertial import GRAVITY, Inertial
from biofeedback.measures.transfers import Lobe, VerticalLobes

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


class Sitter:
    """What one sensor says of stands and sits; its role is ``thigh``, ``trunk`` or ``acceleration``."""

    def __init__(self, sampling_rate_hz: float, role: str) -> None:
        rate = sampling_rate_hz
        self._rate, self._thigh, self._leans = rate, role == "thigh", role == "trunk"
        self._motion = _AccelerationMotion(rate) if role == "acceleration" else _InertialMotion(rate)
        self._lobes = VerticalLobes(rate, 0.5 if self._thigh else 1.0)
        self._kept = np.empty((0, 5))
        self._lost = 0
        self.transfers: list[Transfer] = []
        self.last_s = math.nan

    def process(self, samples: Array, times_s: Array, first_sample: int) -> None:
        """Take the next rows, shape (n_samples, 6), or (n_samples, 3) of an accelerometer."""
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
        """Return when the seat was left, or touched."""
        if not self._thigh:
            return self._lifted_off(lobe) if lobe.lift_m > 0.0 else lobe.end_s
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


def _between(a: Array, b: Array) -> float:
    return math.acos(min(max(float(quaternion.dot(a, b)), -1.0), 1.0))
