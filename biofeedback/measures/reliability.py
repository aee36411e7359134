"""How far a number can be trusted from one day or rater to the next: ICC, SEM, MDC (Shrout & Fleiss 1979)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Intraclass correlations of single ratings, and the standard error of measurement in the unit of the ratings.

    ``icc_1_1`` one-way; ``icc_2_1`` two-way random, absolute agreement; ``icc_3_1`` two-way mixed, consistency.
    """

    icc_1_1: float
    icc_2_1: float
    icc_3_1: float
    sem_agreement: float
    sem_consistency: float

    @property
    def mdc95(self) -> float:
        """The smallest change beyond error at 95 %, from the consistency error."""
        return mdc95(self.sem_consistency)


def mdc95(sem: float) -> float:
    """Return the minimal detectable change at 95 % from a standard error of measurement: 1.96 · √2 · SEM."""
    return 1.96 * float(np.sqrt(2.0)) * sem


def reliability(ratings: Array) -> Reliability:
    """Return the reliability of ratings, shape (n_subjects, n_raters or days), without NaN.

    Raises
    ------
    ValueError
        If there are fewer than two subjects or two ratings each, or a value is missing.
    """
    if ratings.ndim != 2 or min(ratings.shape) < 2 or not np.isfinite(ratings).all():
        raise ValueError("ratings: two subjects or more, two ratings each or more, none missing")
    n, k = ratings.shape
    rows, columns, whole = ratings.mean(axis=1), ratings.mean(axis=0), ratings.mean()
    between = k * np.sum((rows - whole) ** 2) / (n - 1)
    raters = n * np.sum((columns - whole) ** 2) / (k - 1)
    within = np.sum((ratings - rows[:, None]) ** 2) / (n * (k - 1))
    error = np.sum((ratings - rows[:, None] - columns + whole) ** 2) / ((n - 1) * (k - 1))
    if not between > 0.0:
        between = float("nan")
    return Reliability(
        icc_1_1=float((between - within) / (between + (k - 1) * within)),
        icc_2_1=float((between - error) / (between + (k - 1) * error + k * (raters - error) / n)),
        icc_3_1=float((between - error) / (between + (k - 1) * error)),
        sem_agreement=float(np.sqrt(max((raters - error) / n + error, 0.0))),
        sem_consistency=float(np.sqrt(error)),
    )
