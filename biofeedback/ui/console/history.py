"""The ticks a console keeps: enough to draw every lane anew, in a ring of fixed size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.session.view import GRID_HZ, TICK

TICK_S = 1.0 / GRID_HZ


class TickHistory:
    """The newest ticks, oldest first. The array is twice as long as needed, so a view of it is always in one piece."""

    def __init__(self, seconds: float) -> None:
        self._kept = int(seconds * GRID_HZ)
        self._rows = np.zeros(4 * self._kept, dtype=TICK)
        self._start = self._end = 0
        self.total = 0

    def __len__(self) -> int:
        return self._end - self._start

    def extend(self, rows: NDArray[np.void]) -> None:
        """Take new ticks; the oldest leave."""
        rows = rows[-self._kept :]
        if self._end + len(rows) > len(self._rows):
            keep = self._rows[self._start : self._end].copy()
            self._rows[: len(keep)] = keep
            self._start, self._end = 0, len(keep)
        self._rows[self._end : self._end + len(rows)] = rows
        self._end += len(rows)
        self._start = max(self._start, self._end - self._kept)
        self.total += len(rows)

    @property
    def rows(self) -> NDArray[np.void]:
        """All kept ticks, oldest first; not to be changed."""
        return self._rows[self._start : self._end]

    @property
    def newest_s(self) -> float | None:
        """When the newest sample was taken."""
        return float(self._rows["time_s"][self._end - 1]) if len(self) else None

    def between(self, start_s: float, end_s: float) -> NDArray[np.void]:
        """Return the ticks from ``start_s`` to before ``end_s``."""
        rows = self.rows
        first, last = np.searchsorted(rows["time_s"], (start_s, end_s))
        return rows[first:last]


class HostClock:
    """The host's clock as the ticks tell it: runs evenly between them, never ahead of the fastest tick.

    Ticks come in bursts, so their newest time moves in jumps. The least delay of the last seconds is taken off the
    local clock instead: then everything drawn against it moves evenly.
    """

    _FORGET_S = 4.0

    def __init__(self) -> None:
        self._delays: list[tuple[float, float]] = []
        self._delay = 0.0

    def tick(self, local_s: float, newest_s: float) -> None:
        """Learn the newest sample time, seen at ``local_s``."""
        delay = local_s - newest_s
        self._delays = [(at, d) for at, d in self._delays if at > local_s - self._FORGET_S and d < delay]
        self._delays.append((local_s, delay))
        least = self._delays[0][1]
        step = 0.02 * (least - self._delay)
        self._delay = self._delay + step if 0 < least - self._delay < 0.2 else least

    def now_s(self, local_s: float) -> float:
        """Return the host clock at ``local_s``."""
        return local_s - self._delay


class Pauses:
    """When the set was paused, as far as the lanes still show it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._open = False
        self.spans: list[tuple[float, float | None]] = []

    def note(self, paused: bool, now_s: float) -> None:
        """Note whether the set is paused now."""
        if paused and not self._open:
            self.spans.append((now_s, None))
        elif self._open and not paused:
            self.spans[-1] = (self.spans[-1][0], now_s)
        self._open = paused
        self.spans = [(start, end) for start, end in self.spans if end is None or end > now_s - self._seconds]

    def lasting(self, now_s: float) -> float:
        """Return how long the pause lasts so far; 0 where there is none."""
        return now_s - self.spans[-1][0] if self._open else 0.0
