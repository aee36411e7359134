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


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit in a person's trend. ``share`` is how much of it reached the target, 0 to 1."""

    when: datetime
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage:
    """A session for the person who did it, in plain words. Everything is text as it is to stand there.

    ``sentences`` say what was done, ``trend`` is drawn if it has two visits or more, ``figures`` are up to four values
    with their names, ``next_time`` is what the therapist wrote; empty if nothing.
    """

    heading: str
    person: str
    sentences: tuple[str, ...]
    trend_title: str
    trend: tuple[Visit, ...]
    trend_note: str
    figures: tuple[tuple[str, str], ...]
    next_heading: str
    next_time: str
    foot: str


class ReportError(Exception):
    """The page cannot be written. One line says why."""
