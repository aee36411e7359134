"""When was a sample taken? A device's own counting, mapped onto the host clock.

Bytes arrive late, never early, and in bursts. So the line *under* the arrival times, not through them, is the device's
clock: its slope is the skew, its height the offset (minimum-delay filtering: Moon, Skelly and Towsley, "Estimation and
removal of clock skew from network delay measurements", INFOCOM 1999). The shortest delay of the link itself cannot be
seen from one side and remains in the times.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MEMORY_S = 120.0  # how far back the skew looks: crystals drift with temperature
_BIN_S = 0.1
_MOST_BINS = 100
_USUAL_SKEW = 0.01  # nominal rates of cheap sensors are wrong by so much
_KNOWN_SKEW = 0.0005  # how far the skew of a device that was known for a while may move over a break
_WORST_SKEW = 0.05
_SMALLEST_JITTER_S = 0.0005
_SLEW = 0.1
_FAST_SLEW = 0.5
_JUMP_S = 0.25
_SHORT_TURN = 32
_SETTLED_S = 5.0


class DeviceClock:
    """Maps device seconds to host seconds; offset and skew follow the earliest arrivals."""

    def __init__(self) -> None:
        self._hull: list[tuple[float, float]] = []  # lower hull of (device time, arrival - device time)
        self._bins: deque[tuple[float, float]] = deque()  # earliest arrival of each recent bin
        self._jitter_s = 0.02
        self._began_s: float | None = None
        self._prior = 0.0
        self._prior_width = _USUAL_SKEW
        self._offset_s = 0.0
        self._last: tuple[float, float] | None = None  # device and host time last given out
        self.skew = 0.0

    @property
    def is_known(self) -> bool:
        """Whether anything has arrived since the last break."""
        return bool(self._hull)

    @property
    def known_for_s(self) -> float:
        """Seconds of device time that the clock has seen since its last break."""
        return self._hull[-1][0] - self._began_s if self._hull and self._began_s is not None else 0.0

    def break_off(self) -> None:
        """Forget the offset: the link was interrupted. A skew that was seen for long remains as a first guess.

        One of a moment is mostly the jitter of the arrivals: to believe it over the break would miscount what is lost.
        """
        if self.known_for_s > 30:
            self._prior, self._prior_width = self.skew, _KNOWN_SKEW
        self.skew = self._prior
        self._hull.clear()
        self._bins.clear()
        self._began_s = None

    def predict(self, device_s: float) -> float:
        """Return the host time at which a sample of that device time arrives at the earliest."""
        return device_s * (1 + self.skew) + self._offset_s

    def times(self, device_s: NDArray[np.float64], arrived_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return host times, shape (n_samples,), strictly increasing over all calls, of increasing device times."""
        ends = [len(arrived_s) - 1]
        if arrived_s[0] != arrived_s[-1]:
            ends = [*np.flatnonzero(np.diff(arrived_s)).tolist(), *ends]
        news = [self._learn(float(device_s[at]), float(arrived_s[at])) for at in ends]
        if any(news):
            self._fit()
        return self._give_out(device_s)

    def _learn(self, device_s: float, arrived_s: float) -> bool:
        """Take one arrival; tell whether the line under all arrivals may have changed."""
        point = (device_s, arrived_s - device_s)
        if self._began_s is None:
            self._began_s = device_s
        hull = self._hull
        while len(hull) > 1 and _is_above(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
        while len(hull) > 2 and hull[1][0] < device_s - _MEMORY_S:
            hull.pop(0)
        lateness_s = max(arrived_s - self.predict(device_s), 0.0) if self._bins else self._jitter_s
        self._jitter_s += 0.02 * (min(lateness_s, 0.5) - self._jitter_s)
        if self._bins and device_s - self._bins[-1][0] < _BIN_S:
            begin, lowest = self._bins[-1]
            self._bins[-1] = (begin, min(lowest, point[1] - self.skew * (device_s - begin)))
            return lateness_s == 0
        self._bins.append(point)
        if len(self._bins) > _MOST_BINS:
            self._bins.popleft()
        return True

    def _fit(self) -> None:
        """Take the skew from the edge of the hull under the middle of the memory, the height from the last seconds."""
        newest_s = self._hull[-1][0]
        span_s = newest_s - self._hull[0][0]
        uncertainty = max(self._jitter_s, _SMALLEST_JITTER_S) / max(span_s, 0.1)
        weight = self._prior_width**2 / (self._prior_width**2 + uncertainty**2)
        slope = self._middle_slope() if len(self._hull) > 1 else self._prior
        skew = self._prior + weight * (slope - self._prior)
        self.skew = min(max(skew, -_WORST_SKEW), _WORST_SKEW)
        window_s = min(max(0.002 / uncertainty, 2.0), _BIN_S * _MOST_BINS)
        recent = [late_s - self.skew * at for at, late_s in self._bins if at >= newest_s - window_s]
        self._offset_s = min(recent or [self._bins[-1][1] - self.skew * self._bins[-1][0]])

    def _middle_slope(self) -> float:
        middle_s = (self._hull[0][0] + self._hull[-1][0]) / 2
        at = next(index for index, (device_s, _) in enumerate(self._hull) if device_s >= middle_s)
        (x0, y0), (x1, y1) = self._hull[max(at, 1) - 1], self._hull[max(at, 1)]
        return (y1 - y0) / (x1 - x0)

    def _give_out(self, device_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Move towards the fitted line without ever standing still or going back."""
        end_s = float(device_s[-1])
        target_s = self.predict(end_s)
        if self._last is None:
            self._last = (end_s, target_s)
            return target_s + (device_s - end_s) * (1 + self.skew)
        from_s, host_s = self._last
        passed_s = (end_s - from_s) * (1 + self.skew)
        error_s = target_s - host_s - passed_s
        if error_s > _JUMP_S:
            host_s, error_s = host_s + error_s, 0.0
        slew = _SLEW if error_s > -_JUMP_S else _FAST_SLEW
        passed_s += min(max(error_s, -slew * passed_s), slew * passed_s)
        self._last = (end_s, host_s + passed_s)
        return host_s + (device_s - from_s) / (end_s - from_s) * passed_s


def _is_above(left: tuple[float, float], middle: tuple[float, float], right: tuple[float, float]) -> bool:
    """Tell whether the middle point lies on or above the line from left to right."""
    run, rise = right[0] - left[0], right[1] - left[1]
    return (middle[1] - left[1]) * run >= rise * (middle[0] - left[0])


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Ticks and host times of a batch, shape (n_ticks,) each, both strictly increasing from batch to batch."""

    ticks: NDArray[np.int64]
    times_s: NDArray[np.float64]


class Timeline:
    """Numbers and times of the sampling instants of one clock, through lost frames, damaged counters and breaks.

    Parameters
    ----------
    rate_hz
        Nominal instants a second.
    modulus
        Where the frame counter wraps; None if there is no counter. A longer gap is known only up to whole turns, and
        without a counter only by the time that passed.
    """

    def __init__(self, rate_hz: float, modulus: int | None = None) -> None:
        self.rate_hz = rate_hz
        self._modulus = modulus
        self._clock = DeviceClock()
        self._shift = 0
        self._device_shift_s = 0.0
        self._last_tick: int | None = None
        self._last_time_s = 0.0
        self._last_device_s = 0.0
        self._broken = False

    @property
    def skew(self) -> float:
        """How much faster (+) the host's seconds are counted than the device's: 0.0002 is 200 ppm."""
        return self._clock.skew

    def break_off(self) -> None:
        """Say that the link was interrupted: the device may count from anew."""
        self._broken = self._last_tick is not None
        self._clock.break_off()

    def place(
        self, ticks: NDArray[np.int64], device_s: NDArray[np.float64] | None, arrived_s: NDArray[np.float64]
    ) -> Placed:
        """Return the instants' numbers since the very first, and their host times."""
        if self._broken:
            self._resume(ticks, device_s, arrived_s)
        ticks = ticks + self._shift
        device_s = None if device_s is None else device_s + self._device_shift_s
        if self._last_tick is not None and self._clock.is_known:
            if int(ticks[-1]) - self._last_tick > len(ticks):
                self._take_back_impossible_gaps(ticks, device_s, arrived_s, self._last_tick)
            if device_s is None:
                ticks = self._with_hidden_gap(ticks, float(arrived_s[-1]), self._last_tick)
        seconds = self._seconds(ticks, device_s)
        times_s = self._clock.times(seconds, arrived_s)
        self._last_tick, self._last_time_s = int(ticks[-1]), float(times_s[-1])
        self._last_device_s = float(seconds[-1])
        return Placed(ticks, times_s)

    def _seconds(self, ticks: NDArray[np.int64], device_s: NDArray[np.float64] | None) -> NDArray[np.float64]:
        return ticks / self.rate_hz if device_s is None else device_s

    def _resume(
        self, ticks: NDArray[np.int64], device_s: NDArray[np.float64] | None, arrived_s: NDArray[np.float64]
    ) -> None:
        """Go on behind a break: the time that passed says how many instants are lost."""
        self._broken = False
        last_tick = self._last_tick or 0
        length_s = (int(ticks[-1]) - int(ticks[0])) / self.rate_hz
        passed_s = max(float(arrived_s[-1]) - length_s - self._last_time_s, 0.0) / (1 + self._clock.skew)
        steps = max(round(passed_s * self.rate_hz), 1)
        self._shift = last_tick + steps - int(ticks[0])
        if device_s is not None:
            self._device_shift_s = self._last_device_s + steps / self.rate_hz - float(device_s[0])

    def _take_back_impossible_gaps(
        self,
        ticks: NDArray[np.int64],
        device_s: NDArray[np.float64] | None,
        arrived_s: NDArray[np.float64],
        last_tick: int,
    ) -> None:
        """Close gaps that would put a sample behind its own arrival: a bit of the counter or the time was damaged."""
        tolerance_s = 0.03 if self._clock.known_for_s > _SETTLED_S else 0.1
        for at in np.flatnonzero(np.diff(ticks, prepend=last_tick) > 1).tolist():
            if self._clock.predict(float(self._seconds(ticks, device_s)[at])) <= arrived_s[at] + tolerance_s:
                continue
            excess = int(ticks[at]) - (int(ticks[at - 1]) if at else last_tick) - 1
            ticks[at:] -= excess
            self._shift -= excess
            if device_s is not None:
                device_s[at:] -= excess / self.rate_hz
                self._device_shift_s -= excess / self.rate_hz

    def doubtful_s(self, ticks: NDArray[np.int64], arrived_s: float) -> float:
        """Return how late samples are that only arrivals place, where some before them may be missing; else 0.

        Those that come next will tell: if they catch up, all were only held back on the way.
        """
        if self._broken or not self._clock.is_known:
            return 0.0
        late_s = self._late_s(ticks + self._shift, arrived_s)
        return late_s if self._hides_a_gap(late_s) else 0.0

    def _late_s(self, ticks: NDArray[np.int64], arrived_s: float) -> float:
        return arrived_s - self._clock.predict(int(ticks[-1]) / self.rate_hz)

    def _hides_a_gap(self, late_s: float) -> bool:
        return late_s >= max(_JUMP_S, 5 / self.rate_hz, 0.75 * (self._modulus or 1) / self.rate_hz)

    def _with_hidden_gap(self, ticks: NDArray[np.int64], arrived_s: float, last_tick: int) -> NDArray[np.int64]:
        """Add what the counter cannot say: its whole turns, or everything where there is no counter."""
        late_s = self._late_s(ticks, arrived_s)
        if not self._hides_a_gap(late_s):
            return ticks
        turn = self._modulus or 1
        jumps = np.flatnonzero(np.diff(ticks, prepend=last_tick) > 1)
        if turn > _SHORT_TURN and not len(jumps):
            return ticks  # a loss of whole turns is rarer than a program that is held up
        hidden = round(late_s * self.rate_hz / turn) * turn
        ticks[int(jumps[-1]) if len(jumps) else 0 :] += hidden
        self._shift += hidden
        return ticks
