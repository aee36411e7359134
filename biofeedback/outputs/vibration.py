"""When a person feels a buzz, and for how long: the law of touch. It drives no motor itself.

Touch is silent in the band and says "you have left it": whoever feels it moves away from it. The numbers and their
sources stand in ``docs/sound.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Side = Literal["below", "above"]

OUTSIDE, INSIDE = 1.0, 0.9  # half widths of the band: off again only well inside
ON_AFTER_S = 0.120
FAR = 2.0
LONGEST_ROW_S, PAUSE_S = 3.0, 2.0  # the skin gets used to it
STEP_S = 0.100
PRACTICE_S = 0.200
STRENGTHS: dict[Literal["gentle", "full"], float] = {"gentle": 0.5, "full": 1.0}  # two levels: more are not told apart
AFTERMATH_S = 0.100  # a motor runs out; samples until then are marked

_NEAR_ON_S, _NEAR_OFF_S = 0.100, 0.400
_FAR_ON_S, _FAR_OFF_S = 0.200, 0.200


@dataclass(frozen=True, slots=True)
class Pulse:
    """One buzz, on the side the person has gone to."""

    side: Side
    seconds: float


class TouchLaw:
    """Decides from the distance to the band when the next pulse is due.

    Feed it in order of time; what is decided depends on the values and their times only, not on how they are cut up.
    """

    def __init__(self) -> None:
        self._side: Side | None = None
        self._outside_since_s = self._free_s = self._ended_s = self._row_since_s = -math.inf
        self._off_s = 0.0

    def decide(self, time_s: float, error: float) -> Pulse | None:
        """Take the distance from the band's centre in half widths; NaN is silence.

        Returns
        -------
        pulse
            To be made now, or None.
        """
        side = self._side_of(error)
        if side != self._side:
            self._side, self._outside_since_s = side, time_s
        if side is None or time_s - self._outside_since_s < ON_AFTER_S or time_s < self._free_s:
            return None
        far = abs(error) > FAR
        on_s, self._off_s = (_FAR_ON_S, _FAR_OFF_S) if far else (_NEAR_ON_S, _NEAR_OFF_S)
        if time_s - self._ended_s >= PAUSE_S:
            self._row_since_s = time_s
        elif time_s + on_s > self._row_since_s + LONGEST_ROW_S:
            self._free_s = self._ended_s + PAUSE_S
            return None
        self.felt(time_s, on_s)
        return Pulse(side, on_s)

    def felt(self, time_s: float, seconds: float) -> None:
        """Tell how long the last pulse really is: a sensor that knows longer ones only is given more rest."""
        self._ended_s = time_s + seconds
        self._free_s = self._ended_s + max(self._off_s, seconds)

    def _side_of(self, error: float) -> Side | None:
        edge = OUTSIDE if self._side is None else INSIDE
        if not abs(error) > edge:
            return None
        side: Side = "above" if error > 0 else "below"
        return side if side == self._side or abs(error) > OUTSIDE else None
