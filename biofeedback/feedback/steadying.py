"""How a signal's level is drawn: a muscle's is steadied for the eye. Cues, timing and scores take it as it is."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from biofeedback.exercises.model import Signal

_LONG, _SHORT = 40, 10  # ticks of 10 ms
_STEADY, _MOVING = 0.2, 0.5  # of the level
_REST = 0.05  # on the display's scale: below it differences are no movement


def drawing(signal: Signal) -> Callable[[float], float]:
    """Return what turns each tick's level of a signal, in their order, into the level that is drawn."""
    return SteadiedLevel().take if signal.kind == "envelope" else float


class SteadiedLevel:
    """The level of a muscle, one value each 10 ms of the session's grid, drawn without its swings.

    The RMS over 100 ms of a muscle that holds steadily swings by 13 to 20 % (1 ÷ √(4·B·T) for noise of bandwidth B,
    Bendat & Piersol): shown as it is, the bar trembles and cannot be steered. Drawn is the mean over 0.4 s, and that
    over 0.1 s when the two are further apart than swings explain: from 20 % apart more and more of the shorter one, at
    50 % nothing else. So the bar comes 50 ms later at the beginning of a contraction, and up to 200 ms later where the
    level changes so slowly that the difference is smaller than the swings were.
    """

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=_LONG)

    def take(self, level: float) -> float:
        """Take the next level and return the one to draw; NaN, no signal, is drawn as such and begins anew."""
        if math.isnan(level):
            self._levels.clear()
            return level
        self._levels.append(level)
        newest = list(self._levels)
        long, short = _mean(newest), _mean(newest[-_SHORT:])
        apart = abs(short - long) / max(abs(short), abs(long), _REST)
        share = min(1.0, max(0.0, (apart - _STEADY) / (_MOVING - _STEADY)))
        return long + share * (short - long)


def _mean(levels: list[float]) -> float:
    return sum(levels) / len(levels)
