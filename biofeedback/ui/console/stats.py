"""How well the console paints: measured all the time, in constant memory."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class PaintStats:
    """Milliseconds over the last frames; None before the first.

    ``interval`` is from the beginning of one frame to that of the next, ``paint`` the processor time from a frame's
    beginning to the end of the lanes' paint event, ``taken_to_painted`` from when a sample was taken to that end, and
    ``arrived_to_painted`` from when its bytes were in the program.
    """

    frames: int
    interval_p50: float | None
    interval_p95: float | None
    paint_p50: float | None
    paint_p95: float | None
    taken_to_painted_p50: float | None
    arrived_to_painted_p50: float | None
    arrived_to_painted_p95: float | None


def _percentile(values: deque[float], percent: float) -> float | None:
    return float(np.percentile(np.array(values), percent)) if values else None


class PaintMeter:
    """Collects the durations of the newest frames."""

    def __init__(self, newest: int = 1800) -> None:
        self._intervals: deque[float] = deque(maxlen=newest)
        self._paints: deque[float] = deque(maxlen=newest)
        self._taken: deque[float] = deque(maxlen=newest)
        self._arrived: deque[float] = deque(maxlen=newest)
        self._last_s: float | None = None
        self._began: tuple[float, float] | None = None
        self.frames = 0

    def begin(self) -> None:
        """Note that a frame begins."""
        self._began = time.perf_counter(), time.thread_time()

    def painted(self) -> None:
        """Note the end of a paint event; what was painted without a frame that began does not count."""
        if self._began is None:
            return
        began_s, processor_s = self._began
        self._began = None
        if self._last_s is not None:
            self._intervals.append(1000 * (began_s - self._last_s))
        self._last_s = began_s
        self._paints.append(1000 * (time.thread_time() - processor_s))
        self.frames += 1

    def delay(self, taken_s: float, arrived_s: float) -> None:
        """Note how old the newest sample was at the end of a paint event."""
        self._taken.append(1000 * taken_s)
        self._arrived.append(1000 * arrived_s)

    def reset(self) -> None:
        """Forget all durations: a warm-up is over."""
        for kept in (self._intervals, self._paints, self._taken, self._arrived):
            kept.clear()
        self.frames, self._last_s = 0, None

    def stats(self) -> PaintStats:
        """Return the figures over the newest frames."""
        return PaintStats(
            frames=self.frames,
            interval_p50=_percentile(self._intervals, 50),
            interval_p95=_percentile(self._intervals, 95),
            paint_p50=_percentile(self._paints, 50),
            paint_p95=_percentile(self._paints, 95),
            taken_to_painted_p50=_percentile(self._taken, 50),
            arrived_to_painted_p50=_percentile(self._arrived, 50),
            arrived_to_painted_p95=_percentile(self._arrived, 95),
        )
