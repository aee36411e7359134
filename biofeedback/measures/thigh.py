"""Stands and sits from one sensor on the thigh: seated the thigh lies, standing it is upright.

It turns about one axis, which the angular velocity itself shows. How far the sensor is lifted depends on how near the
knee it sits, but its sign says which way is up; a test begins on the chair.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.filters import low_pass
from biofeedback.measures.sitting import Motion, Transfer
from biofeedback.measures.transfers import Velocity

Array = NDArray[np.float64]

_SMOOTHED_HZ = 4.0
_BLOCK_S = 0.25
_MEMORY_S = 30.0
_SLOW_RAD_S = math.radians(10.0)
_HESITATED_S = 0.5
_LEAST_TURN_RAD = math.radians(50.0)
_SHORTEST_S, _LONGEST_S = 0.4, 6.0
_OFF_RAD = math.radians(1.0)
_SEATED_FIRST_M = 0.02  # what the first turn is thought to have lifted, before anything is measured


class _Turn(NamedTuple):
    """One way of the thigh; ``leaves_s`` and ``arrives_s`` are 1° from its ends."""

    start_s: float
    leaves_s: float
    arrives_s: float
    end_s: float
    angle_rad: float
    lift_m: float
    peak_ms: float


class ThighSitter:
    """Takes the motion of a thigh and tells its stands and sits, 4 s later."""

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        self._filter = low_pass(min(_SMOOTHED_HZ, 0.4 * sampling_rate_hz), sampling_rate_hz)
        self._velocity = Velocity(sampling_rate_hz, 1)
        self._block = max(round(_BLOCK_S * sampling_rate_hz), 1)
        self._keep = math.exp(-_BLOCK_S / _MEMORY_S)
        self._moment = np.zeros((3, 3))
        self._axis = np.array([1.0, 0.0, 0.0])
        self._rows = np.empty((0, 4))  # time, smoothed rate: those whose velocity is not known yet, and the open block
        self._speed = np.empty(0)
        self._learned = 0  # rows of these that the axis was learned from
        self._way: list[tuple[float, float, float]] = []  # time, rate, upward speed
        self._paused = 0
        self._turns: list[_Turn] = []
        self.last_s = math.nan

    def follow(self, motion: Motion) -> None:
        """Take the next rows."""
        if motion.after_gap:
            self._end_run()
        smooth = self._filter.process(motion.level_rate)
        rows = np.column_stack([motion.times_s - self._filter.group_delay_s, smooth])
        self._rows = np.concatenate([self._rows, rows])
        self.last_s = float(motion.times_s[-1])
        self._speed = np.concatenate([self._speed, self._velocity.process(motion.acc[:, 2:], motion.missing)[:, 0]])
        while len(self._rows) - self._learned >= self._block:
            self._learn(self._rows[self._learned : self._learned + self._block, 1:])
            self._learned += self._block
            self._turn(self._learned - self._velocity.lag)

    def close(self) -> list[Transfer]:
        """Return all stands and sits, in order, when there are no more rows."""
        self._end_run()
        sign = _upwards(self._turns)
        return [
            Transfer(up, t.start_s, t.leaves_s if up else t.arrives_s, t.end_s, t.lift_m, t.peak_ms)
            for t in self._turns
            for up in (t.angle_rad * sign > 0.0,)
        ]

    def _end_run(self) -> None:
        if self._learned < len(self._rows):
            self._learn(self._rows[self._learned :, 1:])
        self._speed = np.concatenate([self._speed, self._velocity.flush()[:, 0]])
        self._turn(len(self._rows))
        self._close_way()
        self._velocity.restart()
        self._filter.restart()
        self._rows, self._speed, self._learned = self._rows[:0], self._speed[:0], 0

    def _learn(self, rate: Array) -> None:
        """Turn the axis to where most of the turning was; its sense is kept."""
        self._moment = self._keep * self._moment + rate.T @ rate
        axis = np.linalg.eigh(self._moment)[1][:, 2]
        self._axis = axis if axis @ self._axis >= 0.0 else -axis

    def _turn(self, n: int) -> None:
        """Go through the oldest rows, whose velocity is known by now."""
        if n <= 0:
            return
        pitch = quaternion.dot(self._rows[:n, 1:], self._axis)
        for row in zip(self._rows[:n, 0].tolist(), pitch.tolist(), self._speed[:n].tolist(), strict=True):
            self._take(row)
        self._rows, self._speed, self._learned = self._rows[n:], self._speed[n:], self._learned - n

    def _take(self, row: tuple[float, float, float]) -> None:
        slow = abs(row[1]) < _SLOW_RAD_S
        if self._way and not slow and (row[1] > 0.0) != (self._way[0][1] > 0.0):
            self._close_way()
        if not slow:
            self._paused = 0
        elif self._way:
            self._paused += 1
        if self._way or not slow:
            self._way.append(row)
        if self._paused > _HESITATED_S * self._rate:
            self._close_way()

    def _close_way(self) -> None:
        way = np.array(self._way[: len(self._way) - self._paused])
        self._way, self._paused = [], 0
        if len(way) < 2 or not _SHORTEST_S <= way[-1, 0] - way[0, 0] <= _LONGEST_S:
            return
        angle = np.cumsum(way[:, 1]) / self._rate
        if abs(angle[-1]) < _LEAST_TURN_RAD:
            return
        leaves = int(np.argmax(np.abs(angle) >= _OFF_RAD))
        arrives = int(np.argmax(np.abs(angle) >= abs(angle[-1]) - _OFF_RAD))
        lift, peak = way[:, 2].sum() / self._rate, np.abs(way[:, 2]).max()
        self._turns.append(
            _Turn(way[0, 0], way[leaves, 0], way[arrives, 0], way[-1, 0], float(angle[-1]), float(lift), float(peak))
        )


def _upwards(turns: list[_Turn]) -> float:
    """Return the sign of the turns that lift the sensor."""
    first = turns[0].angle_rad * _SEATED_FIRST_M if turns else 0.0
    return 1.0 if first + sum(t.angle_rad * t.lift_m for t in turns) >= 0.0 else -1.0
