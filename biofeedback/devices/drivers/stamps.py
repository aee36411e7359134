"""When was a sample taken, and is one missing, where the sender stamps each sample and nothing else counts them."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.clock import Placed, Timeline

_REMEMBERED = 64
_EVEN = 0.1  # of the interval between two samples


class StampedTimeline:
    """Numbers and times of samples by their stamps, which are already on the host clock.

    Stamps of a sensor's own clock are even: then a gap of whole intervals is a loss, however short, and the stamps
    are the times. Stamps of a program that stamps when it reads come in bursts: then the steady clock under them gives
    the times, and only long gaps are a loss. Which of both it is shows in the last 64 intervals.

    Parameters
    ----------
    rate_hz
        Nominal samples a second; 0 where they come irregularly: no loss can be known, and the stamps are the times.
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._steady = Timeline(rate_hz) if rate_hz else None
        self._intervals_s: deque[float] = deque(maxlen=_REMEMBERED)
        self._mean_s = 1 / rate_hz if rate_hz else 0.0
        self._even_in_a_row = 0
        self._tick = -1
        self._last_stamp_s: float | None = None
        self._last_time_s = -np.inf

    def break_off(self) -> None:
        """Say that the stream was interrupted: how long it was is known from the stamps alone."""
        self._last_stamp_s = None
        self._intervals_s.clear()
        if self._steady:
            self._steady.break_off()

    def place(self, stamps_s: NDArray[np.float64]) -> Placed:
        """Return numbers and times, shape (n_samples,), both strictly increasing over all calls."""
        if self._steady is None:
            ticks = self._tick + 1 + np.arange(len(stamps_s))
            self._tick = int(ticks[-1])
            return Placed(ticks, self._increasing(stamps_s))
        steps, even = self._steps(stamps_s)
        ticks = self._tick + np.cumsum(steps)
        self._tick = int(ticks[-1])
        placed = self._steady.place(ticks, None, stamps_s)
        return Placed(placed.ticks, self._increasing(np.where(even, stamps_s, placed.times_s)))

    def _steps(self, stamps_s: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return how far each sample is from the one before, in samples, and which stamps are even ones."""
        steps = np.ones(len(stamps_s), np.int64)
        even = np.zeros(len(stamps_s), bool)
        for at, stamp_s in enumerate(stamps_s.tolist()):
            if self._last_stamp_s is not None:
                steps[at], even[at] = self._step(stamp_s - self._last_stamp_s)
            self._last_stamp_s = stamp_s
        return steps, even

    def _step(self, passed_s: float) -> tuple[int, bool]:
        """Judge one interval by those before it."""
        whole = passed_s / self._mean_s
        step = round(whole)
        fits = step >= 1 and abs(whole - step) < _EVEN * min(step, 4)
        self._even_in_a_row = self._even_in_a_row + 1 if fits else 0
        if step == 1 and fits:
            self._remember(passed_s)
        return (step, True) if self._even_in_a_row > _REMEMBERED else (1, False)

    def _remember(self, interval_s: float) -> None:
        """Learn the true interval: nominal rates are wrong by some percent."""
        self._intervals_s.append(interval_s)
        if len(self._intervals_s) == _REMEMBERED:
            self._mean_s = sum(self._intervals_s) / _REMEMBERED

    def _increasing(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Hold back times that are not behind the one before, by a little each."""
        least_s = np.arange(1, len(times_s) + 1, dtype=np.float64) * 1e-6
        held_s = np.maximum.accumulate(np.maximum(times_s - least_s, self._last_time_s)) + least_s
        self._last_time_s = float(held_s[-1])
        return held_s
