"""From the measures of one repetition to its score, in the open.

Each measure becomes a share 0…1: full within one minimal detectable change of its target, none from its limit on.
A domain is the mean of its shares; the score is the weighted geometric mean of the domains × 100, so that a zero
cannot be bought back. Domains that could not be measured are left out and the coverage says so; below 60 % there is
no total. (Hierarchical scores of this kind: Gait Profile Score, VPIT.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from biofeedback.exercises.model import DOMAINS, Domain, ScorePart
from biofeedback.feedback.results import MeasureResult

LEAST_COVERAGE = 0.6
_DRAWS = 500  # of the error's Monte Carlo: its own error is then below 4 % of it
_MDC_PER_SEM = 1.96 * math.sqrt(2)


def share(value: float, part: ScorePart) -> float:
    """Map a measure to 0…1. Only the way from target to limit costs; the dead zone is one ``mdc``."""
    return float(_shares(np.array([value]), part)[0])


def _shares(values: np.ndarray, part: ScorePart) -> np.ndarray:
    towards_limit = 1.0 if part.limit >= part.target else -1.0
    excess = np.maximum(0.0, towards_limit * (values - part.target) - part.mdc)
    room = max(abs(part.limit - part.target) - part.mdc, 1e-9)
    return np.clip(1.0 - excess / room, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Score:
    """A score with everything it is made of. ``total`` and ``error`` are None below the least coverage."""

    total: float | None
    error: float | None
    coverage: float
    domains: dict[Domain, float | None]


def _total(domains: Mapping[Domain, float | None], weights: Mapping[Domain, float]) -> float | None:
    known = [(value, weights[name]) for name, value in domains.items() if value is not None and weights.get(name, 0)]
    if not known:
        return None
    if any(value <= 0.0 for value, _ in known):
        return 0.0
    logarithms = sum(weight * math.log(value) for value, weight in known)
    return 100.0 * math.exp(logarithms / sum(weight for _, weight in known))


def _domains(shares: Sequence[float | None], parts: Sequence[ScorePart]) -> dict[Domain, float | None]:
    domains: dict[Domain, float | None] = {}
    for domain in DOMAINS:
        known = [s for s, part in zip(shares, parts, strict=True) if part.domain == domain and s is not None]
        domains[domain] = sum(known) / len(known) if known else None
    return domains


def _coverage(
    shares: Sequence[float | None], parts: Sequence[ScorePart], weights: Mapping[Domain, float]
) -> tuple[float, float]:
    """Return the weight that could be measured and the whole weight; a domain's weight is shared by its parts."""
    known = whole = 0.0
    for domain, weight in weights.items():
        own = [s for s, part in zip(shares, parts, strict=True) if part.domain == domain]
        if own:
            whole += weight
            known += weight * sum(s is not None for s in own) / len(own)
    return known, whole


def composite_of_z(z: Sequence[float], weights: Sequence[float]) -> float:
    """Return the score 0…100 of measures known as z-values of a reference group: Φ(Σ w·z / √Σ w²) · 100.

    50 is the group's mean, and higher is better where the z are; measures are taken as independent of each other.
    """
    w = np.asarray(weights, dtype=np.float64)
    return 100.0 * NormalDist().cdf(float(w @ np.asarray(z, dtype=np.float64) / np.sqrt(w @ w)))


def rate(measures: Sequence[MeasureResult], parts: Sequence[ScorePart], weights: Mapping[Domain, float]) -> Score:
    """Score one repetition from its measures, in the order of the exercise's ``score`` parts."""
    shares = [measure.share for measure in measures]
    known, whole = _coverage(shares, parts, weights)
    coverage = known / whole if whole else 0.0
    domains = _domains(shares, parts)
    if coverage < LEAST_COVERAGE:
        return Score(None, None, coverage, domains)
    return Score(_total(domains, weights), _error(measures, parts, weights), coverage, domains)


def _error(measures: Sequence[MeasureResult], parts: Sequence[ScorePart], weights: Mapping[Domain, float]) -> float:
    """Propagate each measure's standard error, MDC ÷ (1.96·√2), through the score; the same draws each time."""
    random = np.random.default_rng(20150812)
    drawn: dict[Domain, list[np.ndarray]] = {}
    for measure, part in zip(measures, parts, strict=True):
        noise = random.normal(0.0, part.mdc / _MDC_PER_SEM, _DRAWS)
        if measure.value is not None:
            drawn.setdefault(part.domain, []).append(_shares(measure.value + noise, part))
    counting: dict[Domain, np.ndarray] = {d: np.mean(s, axis=0) for d, s in drawn.items() if weights.get(d, 0)}
    if not counting:
        return 0.0
    with np.errstate(divide="ignore"):
        logarithms = sum(weights[domain] * np.log(shares) for domain, shares in counting.items())
    return float(np.std(100.0 * np.exp(logarithms / sum(weights[domain] for domain in counting))))
