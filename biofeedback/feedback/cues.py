"""What to tell the person now, and no more often than an eye can follow.

The marker is never held back; the *state* (word, symbol, pattern) changes only when the signal is clearly beyond an
edge and the state before has stood long enough: at most 2.9 changes, 1.4 light-dark pairs a second, under the limit
of three flashes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from biofeedback.measures.timing import BRIEF_S

State = Literal["idle", "below", "in", "above", "hold"]
STATES: tuple[State, ...] = ("idle", "below", "in", "above", "hold")

_EDGE_OF_RANGE = 0.02
_EDGE_OF_HALF_BAND = 0.10


@dataclass(frozen=True, slots=True)
class Cue:
    """What the person is told at one moment.

    Attributes
    ----------
    time_s
        Host clock time of the sample it answers.
    level
        The goal signal on the display, 0 at rest, 1 at the top; NaN without signal.
    error
        (level − centre) ÷ half width of the band: inside |error| ≤ 1.
    state
        Word and symbol, with hysteresis.
    hold_left_s
        Seconds of holding left; 0 when not holding.
    reached
        True at the one moment the goal of the repetition is reached: in the band, held long enough.
    """

    time_s: float
    level: float
    error: float
    state: State
    hold_left_s: float
    reached: bool


class CueRule:
    """Decides the cue for each sample of the goal signal.

    ``once`` is whether a repetition's goal is reached once and then left, so that "more" would be wrong after it; else
    the band is to be kept.
    """

    def __init__(self, low: float, high: float, hold_s: float, *, once: bool = False) -> None:
        self._low, self._high, self._hold_s, self._once = low, high, hold_s, once
        self._place: Literal["below", "in", "above"] = "below"
        self._state: State = "idle"
        self._since_s = -math.inf
        self._inside_s = 0.0  # of the hold going on
        self._inside_at_s: float | None = None  # the last sample, if it was inside
        self._left_at_s: float | None = None  # when the band was left, if for so short that the hold goes on
        self._reached = False

    @property
    def goal_reached(self) -> bool:
        """Whether the goal of this repetition was reached."""
        return self._reached

    def set_band(self, low: float, high: float) -> None:
        """Move the band; levels on the display's scale."""
        self._low, self._high = low, high

    def begin_repetition(self) -> None:
        """Expect the goal to be reached anew."""
        self._reached = False
        self._let_go()

    def decide(self, time_s: float, level: float, movement: Literal["rest", "out", "hold", "back"]) -> Cue:
        """Answer one sample."""
        half = max((self._high - self._low) / 2, 1e-6)  # a band off the display has no height there
        error = (level - (self._low + self._high) / 2) / half
        if math.isnan(level):
            self._leave(time_s)
            return Cue(time_s, level, error, self._settle(time_s, "idle"), 0.0, False)
        self._locate(level, min(_EDGE_OF_RANGE, _EDGE_OF_HALF_BAND * half))
        hold_left_s, reached = self._held(time_s)
        wanted: State = self._place
        if self._holding and self._hold_s:
            wanted = "in" if self._reached else "hold"
        elif self._place == "below" and (movement == "back" or (self._once and self._reached)):
            wanted = "idle"  # on the way back "more" would be wrong
        elif movement == "rest" and self._reached:
            wanted = "idle"
        return Cue(time_s, level, error, self._settle(time_s, wanted), hold_left_s, reached)

    def _locate(self, level: float, margin: float) -> None:
        if self._place == "in":
            if level < self._low - margin:
                self._place = "below"
            elif level > self._high + margin:
                self._place = "above"
        elif self._low <= level <= self._high:
            self._place = "in"
        elif level < self._low:
            self._place = "below"
        else:
            self._place = "above"

    def _held(self, time_s: float) -> tuple[float, bool]:
        """Return the seconds of holding left, and whether the goal is reached with this sample.

        Muscle signals swing even where the muscle holds: leaving the band for less time than a state stands does not
        break a hold, and does not count to it (as `measures.timing.longest_hold` does in the score).
        """
        if self._place == "in":
            self._inside_s += 0.0 if self._inside_at_s is None else time_s - self._inside_at_s
            self._inside_at_s, self._left_at_s = time_s, None
        else:
            self._leave(time_s)
        if not self._holding:
            return 0.0, False
        left_s = max(0.0, self._hold_s - self._inside_s)
        if self._reached or left_s > 0 or self._place != "in":
            return (0.0 if self._reached else left_s), False
        self._reached = True
        return 0.0, True

    def _leave(self, time_s: float) -> None:
        """Take a sample that is outside, or that nothing is known of."""
        if self._inside_at_s is not None:
            self._inside_at_s, self._left_at_s = None, time_s
        elif self._left_at_s is not None and time_s - self._left_at_s >= BRIEF_S:
            self._let_go()

    @property
    def _holding(self) -> bool:
        return self._inside_at_s is not None or self._left_at_s is not None

    def _let_go(self) -> None:
        self._inside_s, self._inside_at_s, self._left_at_s = 0.0, None, None

    def _settle(self, time_s: float, wanted: State) -> State:
        if wanted != self._state and time_s - self._since_s >= BRIEF_S:
            self._state, self._since_s = wanted, time_s
        return self._state
