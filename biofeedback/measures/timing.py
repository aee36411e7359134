"""How long the parts of a repetition take."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BRIEF_S = 0.35
"""Shorter than this a change is neither shown nor does it break a hold."""


class Tempo(NamedTuple):
    """Seconds of going out, holding and coming back."""

    out_s: float
    hold_s: float
    back_s: float


def tempo(values: Array, sampling_rate_hz: float, slowest: float = 5.0) -> Tempo:
    """Split a repetition into out, hold and back; the peak is the larger value.

    Out and back are where the speed is above ``slowest`` (per second: 5 °/s for angles) and above 5 % of its peak;
    hold is where it is not and the signal is in the upper half of its range. ``values`` has the shape (n_samples,);
    NaN throughout if there are fewer than three samples or any is missing.
    """
    if len(values) < 3 or not np.isfinite(values).all():
        return Tempo(float("nan"), float("nan"), float("nan"))
    speed = np.gradient(values) * sampling_rate_hz
    limit = max(slowest, 0.05 * float(np.max(np.abs(speed))))
    upper = values > (np.min(values) + np.max(values)) / 2.0
    parts = (speed > limit, (np.abs(speed) <= limit) & upper, speed < -limit)
    return Tempo(*(float(np.sum(part)) / sampling_rate_hz for part in parts))


def tempo_error(done: Tempo, wanted: Tempo) -> float:
    """Return the mean relative error of the phases that are wanted, no unit; NaN if none is or one is not known."""
    errors = [abs(is_s - should_s) / should_s for is_s, should_s in zip(done, wanted, strict=True) if should_s > 0.0]
    return float(np.mean(errors)) if errors else float("nan")


def longest_hold(values: Array, sampling_rate_hz: float, low: float, high: float) -> float:
    """Return the longest time in s that the signal, shape (n_samples,), stayed within ``low`` and ``high``.

    Leaving it for less than `BRIEF_S` does not end a stay and does not count to it: the envelope of a muscle that holds
    still swings by a seventh and more (random phases of its motor units; 100 ms RMS).
    """
    if not len(values):
        return float("nan")
    places = np.flatnonzero((values >= low) & (values <= high))
    left = np.flatnonzero(np.diff(places) - 1 >= BRIEF_S * sampling_rate_hz)
    stays = np.diff(np.concatenate([[0], left + 1, [len(places)]]))
    return float(stays.max()) / sampling_rate_hz


def time_above(values: Array, sampling_rate_hz: float, limit: float) -> float:
    """Return the time in s that the signal, shape (n_samples,), was above ``limit``; NaN if nothing was measured."""
    measured = values[np.isfinite(values)]
    return float(np.sum(measured > limit)) / sampling_rate_hz if len(measured) else float("nan")
