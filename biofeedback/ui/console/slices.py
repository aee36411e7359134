"""The ticks of a block of columns, reduced once for all lanes.

A block is what is drawn at once. What its pixels depend on (the ticks within it, and as far to both sides as the pen
and the lines between ticks reach) is the same whether it is drawn while it fills or long after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biofeedback.session.view import GRID_HZ
from biofeedback.ui.console.scale import TimeScale

BLOCK = 16
_TICK_S = 1.0 / GRID_HZ
# A tick's time is rounded on its way: a twentieth of a tick keeps neighbours from leaving a slit.
_LASTS_S = 1.05 * _TICK_S


@dataclass(frozen=True, slots=True)
class Slice:
    """Columns ``first`` to before ``last`` of one block.

    ``at`` is where each tick stands, ``values`` the lanes' signals, both as plain lists. ``low``, ``high`` and
    ``missing`` have the shape (columns, lanes): the extremes of the raw signal, and whether a column that lies between
    the first and the newest tick has no value.
    """

    first: int
    last: int
    at: list[float]
    values: NDArray[np.float64]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    missing: NDArray[np.bool_]


class Slicer:
    """Cuts the kept ticks into slices, each of them once. ``reach_s`` is how far a tick is seen to both sides."""

    def __init__(self, rows: NDArray[np.void], time: TimeScale, reach_s: float) -> None:
        self._rows, self._time, self._reach_s = rows, time, reach_s
        self._made: dict[tuple[int, int], Slice] = {}

    @property
    def settled_column(self) -> int | None:
        """The first column a further tick may still change."""
        if not len(self._rows):
            return None
        return self._time.column(float(self._rows["time_s"][-1]) - self._reach_s)

    def cut(self, first: int, last: int) -> Slice | None:
        """Return the slice of columns within one block; None before the first tick."""
        if not len(self._rows):
            return None
        if (first, last) not in self._made:
            self._made[first, last] = self._cut(first, last)
        return self._made[first, last]

    def _cut(self, first: int, last: int) -> Slice:
        per_second, times = self._time.per_second, self._rows["time_s"]
        block = first - first % BLOCK
        start, end = np.searchsorted(
            times, (block / per_second - self._reach_s, (block + BLOCK) / per_second + self._reach_s)
        )
        near = self._rows[start:end]
        at = times[start:end] * per_second
        columns = np.arange(first, last)
        begins = np.searchsorted(at, columns - _LASTS_S * per_second, "right")
        ends = np.searchsorted(at, columns + 1, "left")
        values = near["value"].astype(np.float64)
        known = times[[0, -1]] * per_second
        within = (columns + 1 > known[0]) & (columns <= known[1])
        seen = _reduce(np.logical_or, np.isfinite(values), begins, ends, False)
        return Slice(
            first=first,
            last=last,
            at=at.tolist(),
            values=values,
            low=_reduce(np.fmin, near["raw_low"], begins, ends, np.nan),
            high=_reduce(np.fmax, near["raw_high"], begins, ends, np.nan),
            missing=np.logical_not(seen) & within[:, None],
        )


def _reduce(
    ufunc: np.ufunc, values: NDArray, begins: NDArray[np.intp], ends: NDArray[np.intp], empty: object
) -> NDArray:
    """Reduce the rows from each begin to before each end; ``empty`` where there are none."""
    made = np.full((len(begins), values.shape[1]), empty, dtype=values.dtype)
    some = np.flatnonzero(ends > begins)
    if len(some):
        bounds = np.empty(2 * len(some), dtype=np.intp)
        bounds[0::2], bounds[1::2] = begins[some], ends[some]
        padded = np.concatenate((values, values[-1:]))
        made[some] = ufunc.reduceat(padded, bounds, axis=0)[::2]
    return made
