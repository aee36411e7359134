"""The last minutes of every signal on the session's grid, for the measures of a repetition."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.session.view import GRID_HZ

_KEPT = int(180 * GRID_HZ)


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
        if not self._count:
            self._first_tick = first_tick
        gap = first_tick - (self._first_tick + self._count)
        if gap < 0:
            values, gap = values[-gap:], 0
        gap = min(gap, _KEPT)
        if gap and first_tick - (self._first_tick + self._count) > gap:
            self._first_tick, self._count = first_tick - gap, 0
        self._append(np.concatenate([np.full(gap, np.nan), values]) if gap else values)

    def _append(self, values: NDArray[np.float64]) -> None:
        values = values[-_KEPT:] if len(values) > _KEPT and not self._count else values
        for part in np.array_split(values, max(1, -(-len(values) // _KEPT))):
            if self._count + len(part) > len(self._values):
                drop = self._count - _KEPT
                self._values[:_KEPT] = self._values[drop : self._count]
                self._first_tick += drop
                self._count = _KEPT
            self._values[self._count : self._count + len(part)] = part
            self._count += len(part)

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
