"""What a session is worth keeping: repetitions with their measures, scores and reasons.

These values are made by the pipeline, shown by the windows, stored with the recording and printed by the report.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

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


_DRAWS = 500
_SEED = 20150812
_MDC_PER_SEM = 1.96 * math.sqrt(2)
_LEAST_FOR_NOISE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSummary:
    """The score of several repetitions, a set or a session, and how sure it is; points of 0…100.

    Attributes
    ----------
    mean
        Mean of the scores.
    low, high
        Its 95 % band: bootstrap over the repetitions, no narrower than their measurement error makes it.
    sem
        Standard deviation of the bootstrapped means.
    detectable
        Two such means differ for sure only by more than this (MDC95).
    noise
        The part, 0…1, of the differences between the repetitions that measurement error alone explains; None for
        fewer than four repetitions or where they do not differ.
    scored, unscored
        Repetitions with a score, and those that stand without one.
    coverage
        Mean share of the score's weight that could be measured, of the scored ones.
    """

    mean: float
    low: float
    high: float
    sem: float
    detectable: float
    noise: float | None
    scored: int
    unscored: int
    coverage: float

    @property
    def words(self) -> Reason:
        """What the differences between the repetitions are worth."""
        if self.noise is None:
            return Reason("Too few repetitions to tell noise from change")
        if self.noise >= 0.5:
            return Reason("Differences between repetitions are mostly noise")
        return Reason(
            "Differences between repetitions are mostly real: {noise:.0f} % noise", {"noise": 100 * self.noise}
        )


def score_summary(repetitions: Sequence[RepetitionResult], probe: bool) -> ScoreSummary | None:
    """Summarise practice or probe repetitions that stand; None where none has a score."""
    standing = [r for r in repetitions if not r.undone and r.probe == probe]
    scored = [r for r in standing if r.score is not None]
    if not scored:
        return None
    scores = np.array([r.score for r in scored], dtype=np.float64)
    errors = np.array([r.error or 0.0 for r in scored])
    means = _bootstrapped_means(scores, errors)
    low, high = np.percentile(means, (2.5, 97.5))
    sem = float(np.std(means))
    return ScoreSummary(
        mean=float(np.mean(scores)),
        low=float(low),
        high=float(high),
        sem=sem,
        detectable=_MDC_PER_SEM * sem,
        noise=_noise(scores, errors),
        scored=len(scored),
        unscored=len(standing) - len(scored),
        coverage=float(np.mean([r.coverage for r in scored])),
    )


def _bootstrapped_means(scores: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Draw repetitions with replacement; the same draws each time.

    Their spread has the measurement error in it already; what the error has beyond the spread is added.
    """
    random = np.random.default_rng(_SEED)
    drawn = random.integers(0, len(scores), (_DRAWS, len(scores)))
    beyond = math.sqrt(max(0.0, float(np.mean(errors**2) - np.var(scores))))
    noisy = scores[drawn] + beyond * random.standard_normal(drawn.shape)
    return np.mean(np.clip(noisy, 0.0, 100.0), axis=1)


def _noise(scores: np.ndarray, errors: np.ndarray) -> float | None:
    if len(scores) < _LEAST_FOR_NOISE or np.ptp(scores) == 0.0:
        return None
    return min(1.0, float(np.mean(errors**2) / np.var(scores, ddof=1)))
