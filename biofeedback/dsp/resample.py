"""Puts streams of different rates onto one grid: tick ``k`` is the moment ``k / grid_hz`` of the host clock."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.gaps import Run

Array = NDArray[np.float64]

_LONGEST_BLANK_S = 10.0


def longest_gap_s(sampling_rate_hz: float) -> float:
    """Return what is no hole yet at that rate: 50 ms, or two and a half samples if they are slower."""
    return max(0.05, 2.5 / sampling_rate_hz)


class GridRun(NamedTuple):
    """Rows at consecutive ticks: ``values`` has the shape (n_ticks, n_channels), NaN where nothing is known."""

    first_tick: int
    values: Array


class UniformGrid:
    """Interpolates runs of samples at the ticks of a grid, by straight lines.

    With ``quaternion`` the first four columns are a unit quaternion: the shorter way round, at unit length. Ticks in
    a hole longer than ``longest_gap_s`` are NaN; a hole of more than 10 s is left out. A tick comes out as soon as
    the sample behind it is there: group delay 0 s, warm-up 0 s.
    """

    group_delay_s = 0.0
    warm_up_s = 0.0

    def __init__(self, grid_hz: float, *, quaternion: bool = False, longest_gap_s: float = 0.05) -> None:
        self._grid_hz = grid_hz
        self._quaternion = quaternion
        self._longest_gap_s = longest_gap_s
        self._time_s: Array = np.empty(0)
        self._row: Array | None = None
        self._next: int | None = None

    def process(self, run: Run) -> list[GridRun]:
        """Take the next samples of a stream and return the ticks they settle."""
        times, rows = run.times_s, run.blanked()
        keep = self._increasing(times)
        if not keep.all():
            times, rows = times[keep], rows[keep]
        if len(times) == 0:
            return []
        if self._row is not None:
            times, rows = np.concatenate([self._time_s, times]), np.vstack([self._row, rows])
        self._time_s, self._row = times[-1:], rows[-1:]
        first = self._next if self._next is not None else int(np.ceil(times[0] * self._grid_hz))
        end = int(np.floor(times[-1] * self._grid_hz)) + 1
        if (end - 1) / self._grid_hz > times[-1]:  # by rounding: the sample behind that tick is not there yet
            end -= 1
        self._next = max(first, end)
        return self._split(times, rows, first, end) if end > first else []

    def _increasing(self, times: Array) -> NDArray[np.bool_]:
        """Mark the samples that are later than all before them: a clock that steps back waits for itself."""
        before = np.concatenate([self._time_s if len(self._time_s) else [-np.inf], times[:-1]])
        later = times > before
        return later if later.all() else times > np.maximum.accumulate(before)

    def _split(self, times: Array, rows: Array, first: int, end: int) -> list[GridRun]:
        """Interpolate, leaving out what lies in very long holes."""
        holes = np.flatnonzero(np.diff(times) > _LONGEST_BLANK_S)
        edges = [first]
        for hole in holes:
            edges += [int(np.floor(times[hole] * self._grid_hz)) + 1, int(np.ceil(times[hole + 1] * self._grid_hz))]
        edges.append(end)
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return [GridRun(a, self._between(times, rows, np.arange(a, b))) for a, b in pairs if b > a]

    def _between(self, times: Array, rows: Array, ticks: NDArray[np.int64]) -> Array:
        at = ticks / self._grid_hz
        right = np.clip(np.searchsorted(times, at, side="left"), 1, max(len(times) - 1, 1))
        if len(times) == 1:
            times, rows = np.concatenate([times, times + 1.0]), np.concatenate([rows, rows])
        left = right - 1
        width = times[right] - times[left]
        share = ((at - times[left]) / width)[:, None]
        before, after = rows[left], rows[right]
        if self._quaternion:
            after = after.copy()
            after[:, :4] *= np.where(_nearness(before, after) < 0.0, -1.0, 1.0)[:, None]
        values = before + share * (after - before)
        exact = (share == 0.0) | (share == 1.0)
        if exact.any():
            values = np.where(exact, np.where(share == 0.0, before, after), values)
        if self._quaternion:
            values[:, :4] = quaternion.normalised(values[:, :4])
        values[(width > self._longest_gap_s) & (share[:, 0] > 0.0) & (share[:, 0] < 1.0)] = np.nan
        return values


class TickJoin:
    """Brings the rows of several grids together: hands out the ticks that every one of them has.

    Rows wait for the other streams, where ``longest`` is given for as many ticks and no more: one may have gone.
    """

    def __init__(self, n_streams: int, longest: int | None = None) -> None:
        self._waiting: list[deque[GridRun]] = [deque() for _ in range(n_streams)]
        self._longest = longest

    def process(self, which: int, run: GridRun) -> list[tuple[int, list[Array]]]:
        """Take rows of the stream number ``which``; return (first tick, the same rows of each stream)."""
        queue = self._waiting[which]
        if len(run.values):
            queue.append(run)
        while self._longest is not None and queue and queue[0].first_tick < run.first_tick - self._longest:
            queue.popleft()
        joined: list[tuple[int, list[Array]]] = []
        while all(self._waiting):
            heads = [queue[0] for queue in self._waiting]
            start = max(head.first_tick for head in heads)
            end = min(head.first_tick + len(head.values) for head in heads)
            if end > start:
                joined.append((start, [h.values[start - h.first_tick : end - h.first_tick] for h in heads]))
            for queue in self._waiting:
                _drop_before(queue, end)
        return joined


def _drop_before(queue: deque[GridRun], tick: int) -> None:
    """Take the rows before ``tick`` off the first run of the queue."""
    head = queue[0]
    gone = min(max(tick - head.first_tick, 0), len(head.values))
    queue[0] = GridRun(head.first_tick + gone, head.values[gone:])
    if gone == len(head.values):
        queue.popleft()


def _nearness(a: Array, b: Array) -> Array:
    return a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2] + a[:, 3] * b[:, 3]
