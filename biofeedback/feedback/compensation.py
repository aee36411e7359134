"""Compensations: what a repetition does beside the movement, more than the person's own good repetitions do.

Each is told from one signal of the exercise: how far a segment leans, turns or goes inwards since the repetition's
start, or how active the upper trapezius is while the arm is still low. Own good repetitions, not other people's, are
the reference; nothing is said before there are two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import COMPENSATIONS, Exercise, ScorePart, Signal

Array = NDArray[np.float64]
Key = tuple[int, int] | None

_LOW_DEG = 60.0  # so far the arm is raised when drawing up the shoulder is no part of raising it
_ENVELOPE_LATE = 5  # ticks: half the window of the moving root mean square


class Compensations:
    """Knows this person's own amounts of every compensation that an exercise scores, ``enough`` of each."""

    def __init__(self, exercise: Exercise, enough: int) -> None:
        self._exercise, self._enough = exercise, enough
        self._parts = [part for part in exercise.score if part.measure in COMPENSATIONS]
        self.forget()

    def forget(self) -> None:
        """Forget the person's own amounts."""
        self._own: dict[ScorePart, list[tuple[Key, float]]] = {part: [] for part in self._parts}

    def learn(self, values: Mapping[str, Array], key: Key = None) -> None:
        """Take a good repetition as the person's own, as far as some are missing; ``values`` are the sound signals."""
        for part, own in self._own.items():
            if len(own) < self._enough and {str(part.signal), self._exercise.repetition.signal} <= values.keys():
                own.append((key, self._amount(part, values)))

    def retract(self, key: Key) -> None:
        """Take a repetition that was none out of the person's own."""
        self._own = {part: [one for one in own if one[0] != key] for part, own in self._own.items()}

    @property
    def kept(self) -> dict[str, list[float]]:
        """What holds beyond a visit, by measure and signal: amounts in degrees; a muscle's go with its electrodes."""
        return {
            _name(part): [amount for _, amount in own]
            for part, own in self._own.items()
            if len(own) == self._enough and self._signal(part).kind != "envelope"
        }

    def recall(self, kept: Mapping[str, Sequence[float]]) -> None:
        """Let these amounts, as `kept` gave them in an earlier session, be the person's own."""
        for part, own in self._own.items():
            if self._signal(part).kind != "envelope" and len(amounts := kept.get(_name(part), ())) == self._enough:
                own[:] = [(None, amount) for amount in amounts]

    def excess(self, part: ScorePart, values: Mapping[str, Array]) -> float | None:
        """Return what a repetition has more than the own ones, never below 0; None while there are too few of them.

        In degrees; of a muscle in percent of the own mean, NaN where that is 0. ``values`` have no holes.
        """
        own = [amount for _, amount in self._own[part]]
        if len(own) < self._enough:
            return None
        mean = float(np.mean(own))
        more = self._amount(part, values) - mean
        if self._signal(part).kind == "envelope":
            more = 100.0 * more / mean if mean > 0.0 else math.nan
        return more if math.isnan(more) else max(0.0, more)

    def _amount(self, part: ScorePart, values: Mapping[str, Array]) -> float:
        signal = self._signal(part)
        raised = values[self._exercise.repetition.signal]
        rows = values[signal.id]
        if part.measure == "shoulder_shrug":
            late = _ENVELOPE_LATE if signal.kind == "envelope" else 0
            rows = rows[late:][np.abs(raised - raised[0])[: len(raised) - late] < _LOW_DEG]
        return _AMOUNTS[signal.kind](rows)

    def _signal(self, part: ScorePart) -> Signal:
        return self._exercise.signal(str(part.signal))


def _name(part: ScorePart) -> str:
    return f"{part.measure}/{part.signal}"


def _either_way(rows: Array) -> float:
    return float(np.max(np.abs(rows - rows[0])))


def _one_way(rows: Array) -> float:
    return float(np.max(rows - rows[0]))


_AMOUNTS: dict[str, Callable[[Array], float]] = {
    "tilt": _either_way,
    "turn": _either_way,
    "inclination": _either_way,
    "inwards": _one_way,
    "envelope": lambda rows: float(np.mean(rows)),
}
