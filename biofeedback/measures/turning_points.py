"""Turning points of a signal, the laps between them, and the range a person usually covers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

_TOO_LARGE = 4.0


class Turn(NamedTuple):
    """A moment at which the signal turned round."""

    time_s: float
    value: float


class Lap(NamedTuple):
    """Trough, peak, trough."""

    start: Turn
    peak: Turn
    end: Turn


class TurnFinder:
    """Finds turning points as samples come: a turn is certain once the signal has come back by ``threshold``."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._direction = 0
        self._low = self._high = Turn(0.0, float("nan"))

    @property
    def open(self) -> Turn:
        """The extreme that is not certain yet."""
        return self._low if self._direction < 0 else self._high

    def update(self, turn: Turn) -> Turn | None:
        """Take the next sample; return the turn that has just become certain."""
        if not turn.value >= self._low.value:
            self._low = turn
        if not turn.value <= self._high.value:
            self._high = turn
        if self._direction >= 0 and self._high.value - turn.value >= self._threshold:
            return self._turn_at(self._high, turn, -1)
        if self._direction <= 0 and turn.value - self._low.value >= self._threshold:
            return self._turn_at(self._low, turn, 1)
        return None

    def _turn_at(self, found: Turn, now: Turn, direction: int) -> Turn:
        self._direction = direction
        self._low = self._high = now
        return found


def turning_points(turns: Iterable[Turn], threshold: float) -> list[Turn]:
    """Return the alternating extremes that differ by ``threshold`` or more; the last one may still move."""
    finder = TurnFinder(threshold)
    found = [turn for turn in map(finder.update, turns) if turn is not None]
    return [*found, finder.open] if found else []


def laps(points: Sequence[Turn]) -> list[Lap]:
    """Return the laps in alternating extremes: every peak that has a trough on either side."""
    triples = zip(points, points[1:], points[2:], strict=False)
    return [Lap(*triple) for triple in triples if triple[1].value > triple[0].value]


def swings(points: Sequence[Turn]) -> list[float]:
    """Return the sizes of the ways between the extremes."""
    return [abs(after.value - before.value) for before, after in pairwise(points)]


def usual_swing(sizes: Iterable[float], expected: float) -> float:
    """Return the median of the sizes and one expected one, each weighted by itself: little ones hardly count.

    What is more than four times as large as usual weighs as a usual one: an electrode that comes off is no movement.
    """
    ordered = sorted([*sizes, expected])
    usual = max(expected, ordered[len(ordered) // 2])
    weights = [size if size <= _TOO_LARGE * usual else usual for size in ordered]
    reached = 0.0
    for size, weight in zip(ordered, weights, strict=True):
        reached += weight
        if reached >= sum(weights) / 2.0:
            return size
    return expected
