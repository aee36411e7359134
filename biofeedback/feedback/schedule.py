"""When a repetition is answered: every one, a share of them, every fifth, none; the last ones of a set are probes.

Feedback at every repetition makes practice look good and learning worse once it is gone (Winstein; Sherwood 1988;
Aoyagi 2019), so the default fades, and probes are reported apart.
"""

from __future__ import annotations

from biofeedback.exercises.model import Schedule

_EVERY: dict[Schedule, int] = {"each": 1, "half": 2, "third": 3, "every5": 5}


def is_probe(repetition: int, repetitions: int, probes: int) -> bool:
    """Tell whether the repetition (from 1) is one of the set's last ones, done without feedback."""
    return repetitions - probes < repetition <= repetitions


def is_shown(repetition: int, schedule: Schedule, repetitions: int, probes: int) -> bool:
    """Tell whether feedback is shown on a repetition (from 1) of a set.

    The first repetition of a set is always answered, except with schedule "none"; "every5" answers the last of each
    five, as a summary does.
    """
    if schedule == "none" or is_probe(repetition, repetitions, probes):
        return False
    every = _EVERY[schedule]
    return repetition % every == 0 if schedule == "every5" else (repetition - 1) % every == 0
