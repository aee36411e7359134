"""How far a repetition goes, and how alike repetitions are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

POINTS = 101


def span(values: Array) -> float:
    """Return the distance between the smallest and the largest value, shape (n_samples,); NaN if nothing is known."""
    known = values[np.isfinite(values)]
    return float(np.ptp(known)) if len(known) else float("nan")


def shortfall(values: Array, low: float, high: float) -> float:
    """Return how far the signal, shape (n_samples,), stayed away from the band at its nearest; 0 if it reached it."""
    known = values[np.isfinite(values)]
    if len(known) == 0:
        return float("nan")
    return float(np.min(np.maximum(np.maximum(low - known, known - high), 0.0)))


def time_normalised(values: Array, points: int = POINTS) -> Array:
    """Return the curve, shape (n_samples,), stretched to ``points`` samples; NaN throughout if fewer than 2 are known.

    Missing samples are bridged by straight lines.
    """
    known = np.flatnonzero(np.isfinite(values))
    if len(known) < 2:
        return np.full(points, np.nan)
    return np.interp(np.linspace(known[0], known[-1], points), known, values[known])


def difference_from_own(curve: Array, template: Array) -> float:
    """Return the RMS difference of two time-normalised curves, in % of the range of the template; NaN if it has none.

    The template is the mean of the person's own good repetitions.
    """
    size = span(template)
    if not size > 0.0:
        return float("nan")
    return float(100.0 * np.sqrt(np.mean((curve - template) ** 2)) / size)


def multiple_correlation(curves: Array) -> float:
    """Return the coefficient of multiple correlation (Kadaba 1989) of repetitions, shape (n_repetitions, n_points).

    NaN where it is not real: the repetitions differ more from each other than in themselves.
    """
    n_repetitions, n_points = curves.shape
    if n_repetitions < 2 or n_points < 2:
        return float("nan")
    within = np.sum((curves - curves.mean(axis=0)) ** 2) / (n_points * (n_repetitions - 1))
    total = np.sum((curves - curves.mean()) ** 2) / (n_repetitions * n_points - 1)
    return float(np.sqrt(1.0 - within / total)) if 0.0 < total >= within else float("nan")


def variation(ranges: Array) -> float:
    """Return the coefficient of variation of the ranges of some repetitions, in %; NaN for fewer than 2."""
    if len(ranges) < 2 or np.mean(ranges) == 0.0:
        return float("nan")
    return float(100.0 * np.std(ranges, ddof=1) / np.mean(ranges))


def band_sd(curves: Array) -> float:
    """Return the mean standard deviation between repetitions, shape (n_repetitions, n_points); NaN for fewer than 2."""
    return float(np.mean(np.std(curves, axis=0, ddof=1))) if len(curves) > 1 else float("nan")
