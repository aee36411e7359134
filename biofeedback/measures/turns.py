"""Turns of the body about the vertical, from the turn rate of a sensor on the trunk."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.filters import low_pass

Array = NDArray[np.float64]

_SMOOTHED_HZ = 1.5
_EDGE_RAD_S = math.radians(10.0)
_LEAST_RAD = math.radians(45.0)
_SHORTEST_S, _LONGEST_S = 0.5, 10.0


class Turn(NamedTuple):
    """One turn: positive is to the left (seen from above, against the clock)."""

    start_s: float
    end_s: float
    angle_rad: float
    peak_rad_s: float


class Turns:
    """Hands out the turns of at least 45°, each when it has ended (El-Gohary et al. 2014, Sensors 14:356).

    The rate is smoothed at 1.5 Hz; a turn lasts while it exceeds 10°/s. Delay of the smoothing (150 ms) is taken off.
    """

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        self._filter = low_pass(_SMOOTHED_HZ, sampling_rate_hz)
        self._rows: list[tuple[float, float]] = []

    def restart(self) -> None:
        """Begin anew after a gap."""
        self._filter.restart()
        self._rows = []

    def process(self, turn_rate: Array, times_s: Array) -> list[Turn]:
        """Take the rate about the vertical, rad/s, shape (n_samples,)."""
        turns: list[Turn] = []
        smooth = self._filter.process(turn_rate[:, None])[:, 0].tolist()
        for time_s, rate in zip(times_s.tolist(), smooth, strict=True):
            if self._rows and (abs(rate) < _EDGE_RAD_S or (rate > 0.0) != (self._rows[0][1] > 0.0)):
                turns += self._closed()
            if abs(rate) >= _EDGE_RAD_S:
                self._rows.append((time_s - self._filter.group_delay_s, rate))
        return turns

    def _closed(self) -> list[Turn]:
        rows, self._rows = np.array(self._rows), []
        angle = float(rows[:, 1].sum()) / self._rate
        lasted_s = rows[-1, 0] - rows[0, 0]
        if abs(angle) < _LEAST_RAD or not _SHORTEST_S <= lasted_s <= _LONGEST_S:
            return []
        return [Turn(float(rows[0, 0]), float(rows[-1, 0]), angle, float(np.abs(rows[:, 1]).max()))]
