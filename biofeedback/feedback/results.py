"""What a session is worth keeping: repetitions with their measures, scores and reasons.

These values are made by the pipeline, shown by the windows, stored with the recording and printed by the report.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from biofeedback.exercises.model import Domain

Result = Literal["in", "below", "above", "no_score"]


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence with figures, kept apart so that it can be translated: ``"{amount:.0f}° short of the target"``."""

    text: str
    values: dict[str, float | str] = field(default_factory=dict[str, float | str])

    def __str__(self) -> str:
        return self.text.format(**self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureResult:
    """One measure of one repetition: its value with unit, its share of the score (0…1), and why it is missing.

    ``value`` and ``share`` are None, and ``missing`` says why, where it could not be computed.
    """

    name: str
    signal: str | None
    domain: Domain
    value: float | None
    unit: str
    share: float | None
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionResult:
    """One counted repetition. Times are host clock seconds; ``score`` is 0…100, None where there is no total.

    ``reached`` tells whether the goal signal came into the target band, ``coverage`` which share of the score's weight
    could be measured, ``error`` the standard error of the score.
    """

    number: int
    set_number: int
    start_s: float
    peak_s: float
    end_s: float
    peak: float
    range: float
    reached: bool
    result: Result
    score: float | None
    error: float | None
    coverage: float
    reason: Reason
    parts: dict[Domain, float | None]
    measures: tuple[MeasureResult, ...]
    band: tuple[float, float]
    feedback: bool
    probe: bool
    undone: bool = False

    def struck(self, undone: bool) -> RepetitionResult:
        """Return the same repetition, struck out or taken back in."""
        return replace(self, undone=undone)

    def measure(self, name: str, signal: str | None = None) -> MeasureResult | None:
        """Return the first measure of that name (and signal)."""
        for measure in self.measures:
            if measure.name == name and signal in (None, measure.signal):
                return measure
        return None


def mean_score(repetitions: list[RepetitionResult], probe: bool) -> float | None:
    """Return the mean score of practice or probe repetitions that stand and have one; None where there is none."""
    scores = [r.score for r in repetitions if r.score is not None and not r.undone and r.probe == probe]
    return sum(scores) / len(scores) if scores else None
