"""The target band while it is worked with: moved by hand or by rule, never narrower than what can be measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from biofeedback.exercises.model import Difficulty, Signal, Target


@dataclass(frozen=True, slots=True)
class Band:
    """A wanted range in a signal's unit; None is open. ``narrowest`` is the least width the therapist may ask for."""

    low: float | None
    high: float | None
    narrowest: float

    def moved(self, edge: Literal["low", "high"], value: float, within: tuple[float, float]) -> Band:
        """Return the band with one edge moved, kept inside ``within`` and no narrower than ``narrowest``."""
        value = min(max(value, within[0]), within[1])
        if edge == "low":
            return replace(self, low=value if self.high is None else min(value, self.high - self.narrowest))
        return replace(self, high=value if self.low is None else max(value, self.low + self.narrowest))


def goal_band(target: Target) -> Band:
    """Return the exercise's own target."""
    return Band(target.low, target.high, target.narrowest)


def side_band(signal: Signal) -> Band:
    """Return the wanted range of a signal beside the goal signal."""
    return Band(*signal.band, narrowest=signal.minimal_change)


def level(value: float, rest: float, top: float) -> float:
    """Put a value on the display's scale: 0 at rest, 1 at the top; clipped; NaN stays NaN."""
    return min(max((value - rest) / (top - rest), 0.0), 1.0) if value == value else value


def stepped(band: Band, direction: Literal["easier", "harder"], rule: Difficulty, easy_edge: str) -> Band:
    """Widen or narrow the band by one step at its easy edge, the one nearer to rest."""
    step = rule.step if direction == "easier" else -rule.step
    least = max(rule.narrowest, band.narrowest)
    if band.low is None or band.high is None:
        return band
    width = max(band.high - band.low + step, least)
    return replace(band, low=band.high - width) if easy_edge == "low" else replace(band, high=band.low + width)


def proposal(reached: list[bool], rule: Difficulty) -> Literal["easier", "harder"] | None:
    """Propose a change from the last repetitions, most recent last: enough successes → harder, too few → easier."""
    last = reached[-rule.window :]
    if len(last) < rule.window:
        return None
    if sum(last) >= rule.successes:
        return "harder"
    return "easier" if sum(last) <= rule.window - rule.successes else None
