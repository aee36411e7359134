"""An angle that finds its own zero and sign: what `segment` and `joint` have in common.

Rest is where the first movement sets out from; the way of the first movement is positive.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BLOCK_S = 0.2
SLOWEST_RAD_S = float(np.radians(12.0))
"""Slower than this a segment does not move."""
MEMORY_S = 10.0
"""Of movement, not of time: what came before is forgotten slowly."""

_TURN = 2.0 * np.pi
_HOLE_S = 0.2  # longer than this the orientation starts anew
_FIRST_MOVE_RAD = np.radians(10.0)
_STEP_FORGOTTEN_S = 3.0  # a better axis changes the angle: smoothly


class MovementAngle(ABC):
    """An angle since rest in rad, from rows on a uniform grid; rows with NaN give NaN.

    What is learned from the rows (axis, sign, rest pose) changes at the end of blocks of 0.2 s and never depends on
    the chunks. Group delay 0 s; warm-up: the first 0.2 s of movement.
    """

    group_delay_s = 0.0
    warm_up_s = BLOCK_S

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        self._size = max(round(BLOCK_S * sampling_rate_hz), 2)
        self._faded = float(np.exp(-self._size / (_STEP_FORGOTTEN_S * sampling_rate_hz)))
        self._block: list[Array] = []
        self._filled = 0
        self._reference: Array | None = None
        self._told = False  # the rest pose was said, not found
        self._raw = 0.0
        self._turns = 0.0
        self._step = 0.0
        self._farthest = 0.0
        self._mean = 0.0
        self._lost = 0

    def _follow(self, rows: Array) -> Array:
        """Return the angle of the next rows."""
        out = np.full(len(rows), np.nan)
        done = 0
        while done < len(rows):
            steady = 0 if self._filled or self._lost else self._steady(rows[done:])
            if steady:
                out[done : done + steady * self._size] = self._stretch(rows[done : done + steady * self._size])
                done += steady * self._size
                continue
            part = rows[done : done + self._size - self._filled]
            known = np.flatnonzero(~np.isnan(part).any(axis=1))
            begin = 0
            for end, anew in [*self._ends_of_holes(known, len(part)), (len(known), False)]:
                if end > begin:
                    ready = self._prepared(part[known[begin:end]])
                    out[done + known[begin:end]] = self._angle(ready, known[begin:end])
                    self._block.append(ready)
                if anew:
                    self._raw, self._turns = self._mean, 0.0  # within half a turn of where it usually is
                if end < len(known):
                    self._after_hole(part[known[end]], anew)
                begin = end
            self._filled += len(part)
            done += len(part)
            if self._filled == self._size:
                self._end_block()
        return out

    def _steady(self, rows: Array) -> int:
        """Return how many of the next whole blocks will change nothing of what is known; they are taken together."""
        return 0

    def _learn_from_all(self, rows: Array) -> list[bool]:
        """Learn from blocks that change nothing; tell of each whether something moved in it."""
        raise NotImplementedError

    def _stretch(self, rows: Array) -> Array:
        """Return the angle of whole blocks that change nothing, the same as block by block."""
        ready = self._prepared(rows)
        moved = self._learn_from_all(ready)
        parts: list[Array] = []
        while moved:
            parts.append(self._until_turned_round(ready, moved))
            ready, moved = ready[len(parts[-1]) :], moved[len(parts[-1]) // self._size :]
        return np.concatenate(parts)

    def _until_turned_round(self, rows: Array, moved: list[bool]) -> Array:
        raw, turns = self._unwrapped(rows)
        last = slice(self._size - 1, None, self._size)
        steps: list[float] = []
        for self._raw, self._turns, moves in zip(raw[last].tolist(), turns[last].tolist(), moved, strict=True):
            steps.append(self._step)
            self._step *= self._faded
            if moves and self._goes_on_from(self._raw + _TURN * self._turns + self._step):
                break
        n_rows = len(steps) * self._size
        fades = np.tile(self._fade(np.arange(self._size)), len(steps))
        return raw[:n_rows] + _TURN * turns[:n_rows] + np.repeat(steps, self._size) * fades

    def _ends_of_holes(self, known: NDArray[np.intp], n_rows: int) -> list[tuple[int, bool]]:
        """Return which of the known rows come after lost ones, and whether these are more than are bridged."""
        if known.size == n_rows and not self._lost:
            return []
        lost = np.diff(known, prepend=-1) - 1
        lost[:1] += self._lost
        self._lost = n_rows - 1 - int(known[-1]) if known.size else self._lost + n_rows
        if self._reference is None:
            return []
        return [(place, lost[place] > _HOLE_S * self._rate) for place in np.flatnonzero(lost).tolist()]

    def _after_hole(self, row: Array, anew: bool) -> None:  # noqa: B027 (not every angle depends on the heading)
        """Go on with a row before which the heading was guessed, or, if the orientation began ``anew``, lost."""

    def _prepared(self, rows: Array) -> Array:
        """Return the rows as the angle is measured from them."""
        return rows

    @abstractmethod
    def _measure(self, rows: Array, reference: Array) -> Array:
        """Return how far each row is from the row ``reference``, up to whole turns."""

    @abstractmethod
    def _learn(self, rows: Array) -> bool:
        """Learn from a block of rows; tell whether something moved in it."""

    @property
    @abstractmethod
    def _ready(self) -> bool:
        """Whether enough is known to measure."""

    @abstractmethod
    def _turn_round(self) -> None:
        """Count the other direction as positive."""

    def _rest(self, rows: Array) -> None:
        """Take a block in which nothing moved."""
        if not self._ready and not self._told:
            self._reference = rows[-1]

    def _angle(self, rows: Array, places: NDArray[np.intp]) -> Array:
        """Return the angle of rows that stand at ``places`` behind the last one."""
        self._reference = rows[0] if self._reference is None else self._reference
        if not self._ready:
            return np.zeros(len(rows))
        raw, turns = self._unwrapped(rows)
        self._raw, self._turns = float(raw[-1]), float(turns[-1])
        return raw + _TURN * turns + self._step * self._fade(self._filled + places)

    def _unwrapped(self, rows: Array) -> tuple[Array, Array]:
        """Return how far each row is from the rest pose up to whole turns, and the number of these."""
        assert self._reference is not None
        raw = self._measure(rows, self._reference)
        steps = np.concatenate([raw[:1] - self._raw, raw[1:] - raw[:-1]])
        return raw, self._turns - np.cumsum(np.rint(steps / _TURN))

    def _fade(self, places: NDArray[np.intp]) -> Array:
        """Return what is left of the last step at rows of a block."""
        return np.exp(-places / (_STEP_FORGOTTEN_S * self._rate))

    def _end_block(self) -> None:
        if self._block:
            self._step *= self._faded
            rows = np.concatenate(self._block)
            was_ready = self._ready
            if not self._learn(rows):
                self._rest(rows)
            elif self._ready:
                self._remeasure(rows)
                self._step *= was_ready  # the very first angle is not owed to anything
        self._block, self._filled = [], 0

    def _remeasure(self, rows: Array) -> None:
        """Go on from the same angle with what has been learned, and see whether the sign is right."""
        assert self._reference is not None
        raw = float(self._measure(rows[-1:], self._reference)[0])
        before = self._raw + _TURN * self._turns + self._step
        self._turns -= float(np.rint((raw - self._raw) / _TURN))
        self._raw = raw
        self._goes_on_from(before)

    def _goes_on_from(self, before: float) -> bool:
        """Let the difference to the angle ``before`` fade, and see whether the sign is right; tell if it was not.

        The first movement is positive; but if the movement turns out to lie on the other side of rest, turn round.
        """
        now = self._raw + _TURN * self._turns
        self._step = before - now
        first = self._farthest < _FIRST_MOVE_RAD
        self._farthest = max(self._farthest, abs(now))
        self._mean += (now - self._mean) * BLOCK_S / MEMORY_S
        wrong_side = self._mean < -0.3 * self._farthest and abs(now) < 0.2 * self._farthest
        wrong = (first and now < 0.0) or wrong_side
        if wrong:
            self._raw, self._turns = -self._raw, -self._turns
            self._step, self._mean = -self._step, -self._mean
            self._turn_round()
        return wrong
