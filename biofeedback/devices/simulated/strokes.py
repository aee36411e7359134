"""Movement as a sum of minimum-jerk strokes: the smoothest way to cover a distance in a given time.

The stroke is that of Flash & Hogan 1985, J Neurosci 5:1688; adding strokes that overlap in time, for sub-movements and
for corrections on the way, follows Flash & Henis 1991, J Cogn Neurosci 3:220.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_LONGEST_S = 12.0
_PIECE_S = 5.0


class Track(NamedTuple):
    """A quantity over time with its first and second derivative, each of shape (n_times,)."""

    value: Array
    rate: Array
    acceleration: Array

    def scaled(self, factor: float, offset: float = 0.0) -> Track:
        """Return ``factor * value + offset`` with its derivatives."""
        return Track(factor * self.value + offset, factor * self.rate, factor * self.acceleration)

    def plus(self, other: Track) -> Track:
        """Return the sum of two tracks over the same times."""
        return Track(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def times(self, other: Track) -> Track:
        """Return the product of two tracks over the same times."""
        value, rate, acceleration = other
        return Track(
            self.value * value,
            self.rate * value + self.value * rate,
            self.acceleration * value + 2 * self.rate * rate + self.value * acceleration,
        )


def still(times_s: Array) -> Track:
    """Return a track that is zero."""
    zero = np.zeros_like(times_s)
    return Track(zero, zero, zero)


class Strokes:
    """A level that starts at 0 and is moved by strokes. Strokes may be added in any order, at any time."""

    def __init__(self) -> None:
        self._starts: list[float] = []
        self._durations: list[float] = []
        self._amplitudes: list[float] = []
        self._settled: list[float] = [0.0]

    def add(self, start_s: float, duration_s: float, amplitude: float) -> None:
        """Move by ``amplitude`` from ``start_s`` on.

        Raises
        ------
        ValueError
            If the duration is not above 0 and at most 12 s.
        """
        if not 0 < duration_s <= _LONGEST_S:
            raise ValueError(f"a stroke lasts above 0 and at most {_LONGEST_S:g} s, not {duration_s:g}")
        place = bisect_right(self._starts, start_s)
        self._starts.insert(place, start_s)
        self._durations.insert(place, duration_s)
        self._amplitudes.insert(place, amplitude)
        del self._settled[place + 1 :]
        for further in self._amplitudes[place:]:
            self._settled.append(self._settled[-1] + further)

    def final(self) -> float:
        """Return the level once every stroke has ended."""
        return self._settled[-1]

    def at(self, times_s: Array) -> Track:
        """Return the level at increasing times, shape (n_times,)."""
        if len(times_s) == 0 or times_s[-1] - times_s[0] <= _PIECE_S:
            return self._at(times_s)
        edges = np.arange(times_s[0] + _PIECE_S, times_s[-1], _PIECE_S)
        pieces = [self._at(piece) for piece in np.split(times_s, np.searchsorted(times_s, edges)) if len(piece)]
        return Track(*(np.concatenate(part) for part in zip(*pieces, strict=True)))

    def _at(self, times_s: Array) -> Track:
        if len(times_s) == 0:
            return still(times_s)
        first = bisect_left(self._starts, times_s[0] - _LONGEST_S)
        last = bisect_left(self._starts, times_s[-1])
        while first < last and self._starts[first] + self._durations[first] <= times_s[0]:
            first += 1
        if first == last:
            return still(times_s)._replace(value=np.full(times_s.shape, self._settled[first]))
        start, duration, amplitude = (
            np.array(listed[first:last])[:, None] for listed in (self._starts, self._durations, self._amplitudes)
        )
        part = np.clip((times_s - start) / duration, 0.0, 1.0)
        square = part * part
        value = square * part * (10 - 15 * part + 6 * square)
        rate = square * (30 - 60 * part + 30 * square)
        acceleration = part * (60 - 180 * part + 120 * square)
        # Summed stroke by stroke, strokes that are over and those to come change no bit of it.
        return Track(
            np.add.reduce(value * amplitude, axis=0, initial=self._settled[first]),
            np.add.reduce(rate * (amplitude / duration), axis=0),
            np.add.reduce(acceleration * (amplitude / duration**2), axis=0),
        )
