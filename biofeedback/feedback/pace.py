"""The pace of a movement and where the person is in it: a ball that sets out when the person does.

The cycle is out, hold, back. The person's place in it is told by how far the movement has come, not by the clock: so
one who is half way up stands half way along the first part, however long that took.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from biofeedback.exercises.model import Tempo

Movement = Literal["rest", "out", "hold", "back"]
Agreement = Literal["none", "together", "ahead", "behind"]
AGREEMENTS: tuple[Agreement, ...] = ("none", "together", "ahead", "behind")

_OFF_SHARE = 0.15  # of the part of the cycle the ball is in
_LEAST_OFF_S = 0.2


@dataclass(frozen=True, slots=True)
class Place:
    """Ball and person on the cycle, both 0…1, and how they agree."""

    ball: float = 0.0
    person: float = 0.0
    agreement: Agreement = "none"


class Pace:
    """Follows one movement after the other."""

    def __init__(self, tempo: Tempo) -> None:
        self._tempo = tempo
        self._total_s = tempo.out_s + tempo.hold_s + tempo.back_s
        self._movement: Movement = "rest"
        self._began_s = self._since_s = 0.0
        self._level_then = 0.0
        self._furthest_s = 0.0

    def at(self, time_s: float, level: float, low: float, movement: Movement) -> Place:
        """Take the level at a time, 0 at rest and ``low`` where the target begins; return where both are."""
        if movement != self._movement:
            if movement == "out" and self._movement in ("rest", "back"):
                self._began_s, self._furthest_s = time_s, 0.0
            self._movement, self._since_s, self._level_then = movement, time_s, level
        if movement == "rest" or level != level:
            return Place()
        ball_s = min(time_s - self._began_s, self._total_s)
        person_s = self._person_s(time_s, level, low)
        off_s = person_s - ball_s
        agreement: Agreement = "together"
        if abs(off_s) > max(_LEAST_OFF_S, _OFF_SHARE * self._part_s(ball_s)):
            agreement = "ahead" if off_s > 0 else "behind"
        return Place(ball_s / self._total_s, person_s / self._total_s, agreement)

    def _person_s(self, time_s: float, level: float, low: float) -> float:
        """Return how many seconds of the cycle the person has behind them; it does not run backwards."""
        tempo = self._tempo
        if self._movement == "out":
            here_s = tempo.out_s * _share(level - self._level_then, low - self._level_then)
        elif self._movement == "hold":
            here_s = tempo.out_s + min(tempo.hold_s, time_s - self._since_s)
        else:
            here_s = tempo.out_s + tempo.hold_s + tempo.back_s * _share(self._level_then - level, self._level_then)
        self._furthest_s = max(self._furthest_s, here_s)
        return self._furthest_s

    def _part_s(self, ball_s: float) -> float:
        tempo = self._tempo
        if ball_s < tempo.out_s:
            return tempo.out_s
        return tempo.hold_s if ball_s < tempo.out_s + tempo.hold_s else tempo.back_s


def _share(done: float, whole: float) -> float:
    return min(1.0, max(0.0, done / whole)) if whole > 1e-6 else 1.0
