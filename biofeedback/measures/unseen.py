"""Repetitions that fell into a loss of signal: told from the rhythm of the ones around it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

_SHORTEST_S, _LONGEST_S = 0.3, 4.0
_LEAST_INTERVALS = 3
_RHYTHM = 0.25
_DOUBT_S = 1.0  # after a loss: orientation is found again


class Hole(NamedTuple):
    """A time without signal that may hide a repetition."""

    begin_s: float
    end_s: float


class Holes:
    """The losses of a signal, as its samples come."""

    def __init__(self) -> None:
        self._last_s: float | None = None
        self._found: list[Hole] = []

    def update(self, time_s: float) -> None:
        """Take the time of a sample that is there."""
        if self._last_s is not None and _SHORTEST_S < time_s - self._last_s <= _LONGEST_S:
            self._found.append(Hole(self._last_s, time_s))
        self._last_s = time_s

    def forget(self, before_s: float) -> None:
        """Let go of what ended before a time."""
        self._found = [hole for hole in self._found if hole.end_s >= before_s]

    def within(self, begin_s: float, end_s: float) -> float:
        """Return how many seconds between two times are lost."""
        return sum(max(0.0, min(end_s, hole.end_s) - max(begin_s, hole.begin_s)) for hole in self._found)

    def last_after(self, time_s: float, within_s: float) -> float | None:
        """Return when the last loss ended, if one set in no later than ``within_s`` after a time."""
        later = [hole for hole in self._found if hole.end_s > time_s]
        return later[-1].end_s if later and later[0].begin_s <= time_s + within_s else None

    def touch(self, begin_s: float, end_s: float) -> bool:
        """Tell whether what lies between two times cannot be trusted."""
        return any(hole.begin_s < end_s and hole.end_s + _DOUBT_S > begin_s for hole in self._found)

    def __bool__(self) -> bool:
        return bool(self._found)


def usual_interval(peaks_s: Sequence[float], holes: Holes) -> float | None:
    """Return the median time between peaks that no loss lies between; None while there is no rhythm.

    A rhythm are three intervals or more, half of them within a quarter of the median.
    """
    known = [b - a for a, b in pairwise(peaks_s) if holes.within(a, b) == 0.0]
    if len(known) < _LEAST_INTERVALS:
        return None
    usual = median(known)
    return usual if median(abs(interval - usual) for interval in known) <= _RHYTHM * usual else None


def peaks_until(before_s: float, end_s: float, interval_s: float) -> list[float]:
    """Return when, in this rhythm, peaks were after one that was seen."""
    return [before_s + step * interval_s for step in range(1, int((end_s - before_s) / interval_s) + 1)]


def peaks_between(before_s: float, after_s: float, interval_s: float) -> list[float]:
    """Return when, in this rhythm, peaks were between two that were seen."""
    steps = round((after_s - before_s) / interval_s)
    return [before_s + step * (after_s - before_s) / steps for step in range(1, steps)]
