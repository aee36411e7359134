"""From the movement of one sensor on the trunk or pelvis to stands and sits, and when the seat was left or touched."""

from __future__ import annotations

import math
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.filters import low_pass
from biofeedback.dsp.gaps import GapFiller
from biofeedback.dsp.orientation import GRAVITY
from biofeedback.measures.inertial import InertialRun
from biofeedback.measures.transfers import Lobe, Lobes, Velocity, whole_ways

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

BRIDGED_S = 0.6
"""The longest hole that a way up or down goes on through."""
_KEPT_S = 12.0
_GRAVITY_HZ = 2.0
_LOOKED_BACK_S = 1.5
_LEAN_RATE = math.radians(10.0)
_BEFORE_S = 0.4
_SHARE = 0.4
_SLOWED = 0.5
_EARLIEST_S = 0.6  # before the way up has that share of its speed
_DOUBT_S = 1.0  # orientation is found again after a hole
_LIKE_OTHERS = 0.4  # so large, compared with the others, is a way that a hole is in
_BRIDGED, _UP = 2, 5  # columns


class Transfer(NamedTuple):
    """A stand or a sit. ``seat_s`` is when the seat was left, or touched.

    ``lift_m``, above 0 for a stand, and ``peak_ms`` are of the sensor: how far it was lifted, and its largest speed.
    """

    stand: bool
    start_s: float
    seat_s: float
    end_s: float
    lift_m: float
    peak_ms: float


class Motion(NamedTuple):
    """Rows of one sensor without a hole.

    Attributes
    ----------
    times_s
        Shape (n_samples,).
    acc
        Shape (n_samples, 3), without gravity, m/s², z up; of an accelerometer alone only z is known.
    level_rate
        Shape (n_samples, 3), rad/s, sensor coordinates: the angular velocity about level axes, which is how it tilts.
    missing
        Shape (n_samples,): the row is bridged.
    after_gap
        Rows were lost before.
    """

    times_s: Array
    acc: Array
    level_rate: Array
    missing: Mask
    after_gap: bool


def inertial_motion(run: InertialRun) -> Motion:
    """Return what an inertial sensor says."""
    plumb = quaternion.rotate(quaternion.conjugate(run.quat), quaternion.UP)
    level = run.gyr - quaternion.dot(run.gyr, plumb)[:, None] * plumb
    return Motion(run.times_s, run.earth_acc, level, run.missing, run.after_gap)


class AccelerationMotion:
    """Without a gyroscope the vertical is the slow part of the acceleration, below 2 Hz."""

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        self._gaps = GapFiller(3, sampling_rate_hz, BRIDGED_S)
        self._slow = low_pass(min(_GRAVITY_HZ, 0.4 * sampling_rate_hz), sampling_rate_hz)
        self._last: Array | None = None

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[Motion]:
        """Take the next rows, shape (n_samples, 3), m/s², NaN where lost."""
        motions: list[Motion] = []
        for run in self._gaps.process(samples, times_s, first_sample):
            if run.after_gap:
                self._slow.restart()
                self._last = None
            slow = self._slow.process(run.values)
            plumb = slow / np.maximum(np.sqrt(quaternion.dot(slow, slow)), 1e-6)[:, None]
            before = plumb[:1] if self._last is None else self._last
            turned = (plumb - np.concatenate([before, plumb[:-1]])) * self._rate
            self._last = plumb[-1:]
            up = quaternion.dot(run.values, plumb) - GRAVITY
            acc = up[:, None] * quaternion.UP
            motions.append(Motion(run.times_s, acc, turned, run.missing[:, 0], run.after_gap))
        return motions


class _Found(NamedTuple):
    """A way up or down; ``seen`` if no row of it or shortly before it was lost."""

    lobe: Lobe
    transfer: Transfer
    seen: bool


class TrunkSitter:
    """Stands and sits from the motion of the trunk or the pelvis, told 4 s later.

    The seat is left where the sensor is fastest along the ground: until then the body gains speed forward, from then on
    the feet brake it. An accelerometer alone does not know that: there it is left where the way up has two fifths of
    its largest speed. The seat is touched where the way down has slowed to half of its largest speed.
    """

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        self._velocity, self._lobes = Velocity(sampling_rate_hz, 3), Lobes(sampling_rate_hz)
        self._waiting = np.empty((0, 3))  # time, rate of the lean, bridged
        self._kept = np.empty((0, 6))  # and velocity
        self._found: list[_Found] = []
        self.last_s = math.nan

    def follow(self, motion: Motion) -> None:
        """Take the next rows."""
        if motion.after_gap:
            self._end_run()
        lean_rate = np.sqrt(quaternion.dot(motion.level_rate, motion.level_rate))
        self._waiting = np.concatenate(
            [self._waiting, np.column_stack([motion.times_s, lean_rate, motion.missing.astype(np.float64)])]
        )
        self.last_s = float(motion.times_s[-1])
        self._know(self._velocity.process(motion.acc, motion.missing))

    def close(self) -> list[Transfer]:
        """Return all stands and sits, in order, when there are no more rows."""
        self._end_run()
        whole = set(whole_ways([found.lobe for found in self._found]))
        ways = [found for found in self._found if found.lobe in whole]
        usual = median([found.lobe.size for found in ways if found.seen] or [0.0])
        return [found.transfer for found in ways if found.seen or found.lobe.size >= _LIKE_OTHERS * usual]

    def _end_run(self) -> None:
        self._know(self._velocity.flush())
        self._velocity.restart()
        self._lobes.restart()
        self._kept = self._kept[:0]

    def _know(self, velocity: Array) -> None:
        rows = np.column_stack([self._waiting[: len(velocity)], velocity])
        self._waiting = self._waiting[len(velocity) :]
        self._kept = np.concatenate([self._kept, rows])
        for lobe in self._lobes.process(rows[:, _UP], rows[:, 0]):
            up = lobe.lift_m > 0.0
            seat = self._left(lobe) if up else self._touched(lobe)
            start = self._began(lobe, seat) if up else lobe.start_s
            transfer = Transfer(up, start, seat, lobe.end_s, lobe.lift_m, lobe.peak_ms)
            seen = not self._between(lobe.start_s - _DOUBT_S, lobe.end_s)[:, _BRIDGED].any()
            self._found.append(_Found(lobe, transfer, seen))
        self._kept = self._kept[-round(_KEPT_S * self._rate) :]

    def _left(self, lobe: Lobe) -> float:
        """Return when the seat was left."""
        rows = self._between(lobe.start_s - _BEFORE_S, lobe.peak_s)
        slow = np.flatnonzero(rows[:, _UP] < _SHARE * lobe.peak_ms)
        rises_s = float(rows[slow[-1] + 1 if slow.size else 0, 0])  # the last row is the fastest
        rows = rows[rows[:, 0] >= rises_s - _EARLIEST_S]
        along = np.hypot(rows[:, 3], rows[:, 4])
        if not along.any():
            return rises_s
        inner = along[1:-1]
        peaks = 1 + np.flatnonzero((inner > along[:-2]) & (inner >= along[2:]))
        return float(rows[peaks[np.argmax(along[peaks])] if peaks.size else np.argmax(along), 0])

    def _touched(self, lobe: Lobe) -> float:
        """Return when the seat was touched."""
        rows = self._between(lobe.peak_s, lobe.end_s)
        slowed = rows[-rows[:, _UP] < _SLOWED * lobe.peak_ms]
        return float(slowed[0, 0]) if len(slowed) else lobe.end_s

    def _began(self, lobe: Lobe, seat_s: float) -> float:
        """Return when the lean began before the seat was left: faster than 10°/s from then on."""
        rows = self._between(seat_s - _LOOKED_BACK_S, seat_s)
        fastest = int(np.argmax(rows[:, 1]))
        slow = np.flatnonzero(rows[:fastest, 1] < _LEAN_RATE)
        began = rows[slow[-1], 0] if slow.size else rows[0, 0]
        return float(min(began, lobe.start_s))

    def _between(self, start_s: float, end_s: float) -> Array:
        return self._kept[(self._kept[:, 0] >= start_s) & (self._kept[:, 0] <= end_s)]
