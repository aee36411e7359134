"""Where a movement sets out from rest, how far it goes and where it is back, from the latest samples of its signal."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.turning_points import Lap, Turn

Array = NDArray[np.float64]

_SLOPE_S = 0.1
_LEFT_REST = 0.25  # of a way's height


class Extent(NamedTuple):
    """The last sample at rest before a movement, its highest value, and the first sample at rest behind it."""

    start: Turn
    top: float
    end: Turn


class RecentSamples:
    """The latest samples as they came and smoothed, to find where a movement began and ended."""

    def __init__(self, length_s: float, window_s: float) -> None:
        self._length_s = length_s
        self._window_s = window_s
        self._window: deque[tuple[float, float]] = deque()  # times and values
        self._sum = 0.0
        self._times: list[float] = []
        self._values: list[float] = []
        self._raw: list[float] = []

    @property
    def last(self) -> Turn:
        """The latest smoothed sample."""
        return Turn(self._times[-1], self._values[-1])

    def smoothed(self, time_s: float, value: float) -> Turn:
        """Take a sample; return the mean of the latest ones, at the time of their middle."""
        window = self._window
        window.append((time_s, value))
        self._sum += value
        while time_s - window[0][0] >= self._window_s:
            self._sum -= window.popleft()[1]
        now = Turn((window[0][0] + time_s) / 2.0, self._sum / len(window))
        self._times.append(now.time_s)
        self._values.append(now.value)
        self._raw.append(window[len(window) // 2][1])
        if time_s - self._times[0] > 2.0 * self._length_s:
            old = bisect_left(self._times, time_s - self._length_s)
            del self._times[:old], self._values[:old], self._raw[:old]
        return now

    def extent(self, lap: Lap) -> Extent:
        """Refine a lap: from where it leaves rest to where it is back at rest."""
        start = self._edge(lap.start, lap.peak)
        end = self._edge(lap.end, lap.peak)
        near = slice(
            bisect_left(self._times, lap.peak.time_s - self._window_s / 2.0),
            bisect_right(self._times, lap.peak.time_s + self._window_s / 2.0),
        )
        top = max(self._raw[near], default=lap.peak.value)
        return Extent(start, top, end)

    def _edge(self, rest: Turn, peak: Turn) -> Turn:
        """Return the sample next to the peak that still belongs to rest, searched from the peak towards ``rest``."""
        first, last = sorted((rest.time_s, peak.time_s))
        window = slice(bisect_left(self._times, first), bisect_right(self._times, last))
        times, values = np.array(self._times[window]), np.array(self._values[window])
        if len(times) < 5:
            return rest
        step = -1 if rest.time_s > peak.time_s else 1
        index = rest_edge(times[::step] * step, values[::step])
        return Turn(float(times[::step][index]), self._raw[window][::step][index])


def rest_edge(times_s: Array, values: Array) -> int:
    """Return the index of the last sample at rest before the way to the peak, which is the last sample.

    From where the way has made a quarter of its height, back to where the speed falls under 5 % of the way's highest:
    in a pause a limb may sink or rise a little, which is no part of the movement.
    Both arrays have the shape (n_samples,), times increasing, evenly spaced.
    """
    height = values[-1] - values[0]
    leaving = int(np.flatnonzero(values <= values[0] + _LEFT_REST * height)[-1])
    half = max(round(_SLOPE_S / 2.0 / (times_s[1] - times_s[0])), 1)
    ahead = np.minimum(np.arange(len(values)) + half, len(values) - 1)
    behind = np.maximum(np.arange(len(values)) - half, 0)
    speed = (values[ahead] - values[behind]) / (times_s[ahead] - times_s[behind])
    slow = np.flatnonzero(speed[: leaving + 1] < 0.05 * speed.max())
    return int(slow[-1]) if slow.size else 0
