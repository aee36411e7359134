"""The last minutes of every signal on the session's grid, for the measures of a repetition."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.session.view import GRID_HZ

_KEPT = int(180 * GRID_HZ)


def tick_of(time_s: float) -> int:
    """Return the tick of the session's grid that is nearest to a time."""
    return round(time_s * GRID_HZ)


class Track:
    """One signal, one value a grid tick; NaN where there is none. Keeps three minutes."""

    def __init__(self) -> None:
        self._values = np.full(2 * _KEPT, np.nan)
        self._first_tick = 0
        self._count = 0

    @property
    def frontier(self) -> int | None:
        """The tick after the newest one; None before the first."""
        return self._first_tick + self._count if self._count else None

    def add(self, first_tick: int, values: NDArray[np.float64]) -> None:
        """Append values from ``first_tick`` on; ticks left out since the last call become NaN."""
        gap = first_tick - (self._first_tick + self._count)
        if not self._count or gap > _KEPT:
            self._first_tick, self._count, gap = first_tick, 0, 0
        if gap < 0:
            values = values[-gap:]
        elif gap:
            values = np.concatenate([np.full(gap, np.nan), values])
        self._append(values)

    def _append(self, values: NDArray[np.float64]) -> None:
        if len(values) > _KEPT:
            self._first_tick += self._count + len(values) - _KEPT
            self._count, values = 0, values[-_KEPT:]
        if self._count + len(values) > len(self._values):
            drop = self._count - _KEPT
            self._values[:_KEPT] = self._values[drop : self._count]
            self._first_tick, self._count = self._first_tick + drop, _KEPT
        self._values[self._count : self._count + len(values)] = values
        self._count += len(values)

    def between(self, first_tick: int, last_tick: int) -> NDArray[np.float64]:
        """Return the values of the ticks ``first_tick``…``last_tick``, both included; NaN where none is kept."""
        wanted = np.full(max(0, last_tick - first_tick + 1), np.nan)
        begin = max(first_tick, self._first_tick)
        end = min(last_tick + 1, self._first_tick + self._count)
        if end > begin:
            wanted[begin - first_tick : end - first_tick] = self._values[
                begin - self._first_tick : end - self._first_tick
            ]
        return wanted
