"""How long things take, measured all the time: percentiles over the last minute and over the whole session."""

from __future__ import annotations

from collections import deque

import numpy as np

_STEP_MS = 0.1
_BINS = 20_000  # two seconds in steps of 0.1 ms; what takes longer lands in the last one


class Percentiles:
    """Percentiles of durations: exact over the newest values, to 0.1 ms over all of them, in constant memory."""

    def __init__(self, newest: int = 6000) -> None:
        self._newest: deque[float] = deque(maxlen=newest)
        self._all = np.zeros(_BINS, dtype=np.int64)
        self.count = 0

    def add(self, duration_s: float) -> None:
        """Take one duration in seconds."""
        duration_ms = 1000 * duration_s
        self._newest.append(duration_ms)
        self._all[min(max(int(duration_ms / _STEP_MS), 0), _BINS - 1)] += 1
        self.count += 1

    def recent_ms(self, *percents: float) -> tuple[float | None, ...]:
        """Return percentiles of the newest values in ms; None before the first."""
        if not self._newest:
            return (None,) * len(percents)
        return tuple(float(p) for p in np.percentile(np.array(self._newest), percents))

    def all_ms(self, *percents: float) -> tuple[float | None, ...]:
        """Return percentiles of all values in ms, to 0.1 ms; None before the first."""
        if not self.count:
            return (None,) * len(percents)
        share = np.cumsum(self._all) / self.count
        return tuple(round((float(np.searchsorted(share, p / 100)) + 1) * _STEP_MS, 1) for p in percents)
