"""Samples cut into the seconds that are looked at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_WINDOW_S = 1.0
HOP_S = 0.5


class Windows:
    """Cuts samples into windows of one second, half overlapping, lost samples as NaN."""

    def __init__(self, n_channels: int, sampling_rate_hz: float) -> None:
        self._size = max(round(_WINDOW_S * sampling_rate_hz), 2)  # a stream may be slower than one sample a second
        self._hop = max(round(HOP_S * sampling_rate_hz), 1)
        self._n_channels = n_channels
        self._parts: list[Array] = []
        self._waiting = 0
        self._next: int | None = None

    def process(self, samples: Array, first_sample: int) -> list[tuple[int, Array]]:
        """Return (index of the sample behind it, window) for each window that is complete."""
        lost = 0 if self._next is None else min(max(first_sample - self._next, 0), self._size)
        self._next = first_sample + len(samples)
        self._parts += [np.full((lost, self._n_channels), np.nan), samples] if lost else [samples]
        self._waiting += lost + len(samples)
        windows: list[tuple[int, Array]] = []
        if self._waiting >= self._size:
            rows = np.concatenate(self._parts)
            while len(rows) >= self._size:
                windows.append((self._next - len(rows) + self._size, rows[: self._size]))
                rows = rows[self._hop :]
            self._parts, self._waiting = [rows], len(rows)
        return windows
