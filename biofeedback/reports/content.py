"""What stands on a session's page, independent of how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from biofeedback.feedback.results import RepetitionResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One signal. ``times_s`` count from the page's ``start_s``; NaN is a gap; ``band`` may be open on a side."""

    name: str
    unit: str
    times_s: NDArray[np.float64]
    values: NDArray[np.float64]
    display: tuple[float, float]
    inverted: bool
    band: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """One session as one page.

    ``start_s`` is the host time at which the traces begin, ``quality`` up to four figures with their names, ``method``
    sentences on how the signals were made, a line each.
    """

    person: str
    exercise: str
    exercise_version: int
    started: datetime
    duration_s: float
    active_s: float
    start_s: float
    traces: tuple[Trace, ...]
    repetitions: tuple[RepetitionResult, ...]
    quality: tuple[tuple[str, str], ...]
    method: tuple[str, ...]
    program: str


class ReportError(Exception):
    """The page cannot be written. One line says why."""
