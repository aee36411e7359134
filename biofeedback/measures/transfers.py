"""Standing up and sitting down, from one inertial sensor or accelerometer on the trunk, the pelvis or the thigh.

Whatever the sensor sits on, it is lifted by a few decimetres when a person stands up: its vertical velocity has one
lobe up for each stand and one down for each sit. Walking, leaning and fidgeting lift it by centimetres.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.filters import low_pass

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_SMOOTHED_HZ = 4.0
_FORGOTTEN_S = 4.0
_CALM_S = 0.3
_CALM_MS2 = 0.15
_OFFSET_S = 8.0
_SLOW_MS = 0.08  # where a lobe begins and ends
_LEAST_PEAK_MS = 0.2
_LEAST_LIFT_M = 0.12
_SHORTEST_S, _LONGEST_S = 0.3, 4.0
_AT_ONCE_S = 0.5
_WHOLE_SHARE = 0.65
_PUSH_SHARE = 0.5


class Lobe(NamedTuple):
    """One way up (``lift_m`` above 0) or down. Times are of the samples, the smoothing's delay taken off.

    ``push_s`` is where the acceleration into the way first reached half of its largest; ``peak_ms`` the largest speed.
    """

    start_s: float
    push_s: float
    peak_s: float
    end_s: float
    lift_m: float
    peak_ms: float


class VerticalLobes:
    """Integrates vertical acceleration and hands out the ways up and down, each when it has ended.

    Drift is forgotten with 4 s, and the mean of 8 s, which is the error of the sensor's scale, taken off before. Where
    the sensor is calm for 0.3 s its velocity is known to be 0. A way that follows at once on a larger one the other way
    is the body settling, and left out. ``size`` is how far the sensor is lifted compared with a trunk: 0.5 for a thigh.
    """

    def __init__(self, sampling_rate_hz: float, size: float = 1.0) -> None:
        self._rate, self._scale = sampling_rate_hz, size
        self._filter = low_pass(min(_SMOOTHED_HZ, 0.4 * sampling_rate_hz), sampling_rate_hz)
        self.delay_s = self._filter.group_delay_s
        self._keep = math.exp(-1.0 / (_FORGOTTEN_S * sampling_rate_hz))
        self._settle = math.exp(-1.0 / (0.1 * sampling_rate_hz))
        self._calm_rows = max(round(_CALM_S * sampling_rate_hz), 2)
        self._offset_keep = math.exp(-1.0 / (_OFFSET_S * sampling_rate_hz))
        self._offset, self._rows = 0.0, 0
        self.restart()

    def restart(self) -> None:
        """Begin anew after a gap; the error of the scale is still known."""
        self._filter.restart()
        self._velocity = 0.0
        self._calm = 0  # rows since it was not
        self._last: Lobe | None = None
        self._way: list[tuple[float, float, float]] = []  # time, velocity, acceleration since the lobe began
        self._recent: deque[tuple[float, float]] = deque(maxlen=round(0.5 * self._rate) + 1)

    def process(self, acceleration: Array, times_s: Array) -> Iterator[Lobe]:
        """Take vertical acceleration without gravity, m/s² upwards, shape (n_samples,)."""
        smooth = self._filter.process(acceleration[:, None])[:, 0].tolist()
        for time_s, value in zip(times_s.tolist(), smooth, strict=True):
            self._rows += 1
            share = max(1.0 / self._rows, 1.0 - self._offset_keep)
            self._offset += share * (value - self._offset)
            self._velocity = self._velocity * self._keep + (value - self._offset) / self._rate
            self._calm = self._calm + 1 if abs(value - self._offset) < self._scale * _CALM_MS2 else 0
            if self._calm >= self._calm_rows:
                self._velocity *= self._settle
            here = (time_s - self.delay_s, self._velocity, value - self._offset)
            if self._way and (
                abs(self._velocity) < self._scale * _SLOW_MS or (self._velocity > 0.0) != (self._way[-1][1] > 0.0)
            ):
                lobe = self._closed()
                if lobe is not None:
                    yield lobe
                self._way = []
            if abs(self._velocity) >= self._scale * _SLOW_MS:
                if not self._way:
                    self._before = list(self._recent)
                self._way.append(here)
            self._recent.append((here[0], here[2]))

    def _closed(self) -> Lobe | None:
        """Return the lobe that has ended, if it is a way up or down."""
        way = np.array(self._way)
        sign = 1.0 if way[0, 1] > 0.0 else -1.0
        lift = float(way[:, 1].sum()) / self._rate
        peak = int(np.argmax(sign * way[:, 1]))
        lasted_s = way[-1, 0] - way[0, 0]
        if abs(lift) < self._scale * _LEAST_LIFT_M or sign * way[peak, 1] < self._scale * _LEAST_PEAK_MS:
            return None
        if not _SHORTEST_S <= lasted_s <= _LONGEST_S:
            return None
        times = np.array([t for t, _ in self._before] + way[: peak + 1, 0].tolist())
        pushes = sign * np.array([a for _, a in self._before] + way[: peak + 1, 2].tolist())
        strongest = int(np.argmax(pushes))
        below = np.flatnonzero(pushes[:strongest] < _PUSH_SHARE * pushes[strongest])
        push = times[below[-1] + 1] if below.size else times[0]
        lobe = Lobe(
            float(way[0, 0]), float(push), float(way[peak, 0]), float(way[-1, 0]), lift, float(sign * way[peak, 1])
        )
        last, self._last = self._last, lobe
        settles = (
            last is not None and lobe.start_s - last.end_s < _AT_ONCE_S and abs(lift) < _WHOLE_SHARE * abs(last.lift_m)
        )
        return None if settles else lobe
