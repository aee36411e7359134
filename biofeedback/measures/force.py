"""Contractions in a force, and how well muscle activity agrees with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_LONGEST_LAG_S = 0.5
_FROM_RANGE = 0.2
_ENDS_PERCENT = (2.0, 98.0)
_PAUSE_S, _SHORTEST_S, _REST_S = 0.7, 1.0, 2.0
_KNOWN = 0.8


@dataclass(frozen=True, slots=True)
class Agreement:
    """The highest correlation within ±0.5 s and how far the force is behind there; NaN where it cannot be told."""

    correlation: float
    lag_s: float


def upright(force: Array) -> Array:
    """Return the force, shape (n_samples,), turned round where the load reads negative."""
    known = force[np.isfinite(force)]
    if not len(known):
        return force
    low, high = np.percentile(known, _ENDS_PERCENT)
    return -force if abs(low) > abs(high) else force


def trials(force: Array, sampling_rate_hz: float) -> list[tuple[int, int]]:
    """Return (first, behind last) sample of each contraction with the rest around it.

    Parameters
    ----------
    force
        Shape (n_samples,), more where the muscle does more, NaN where lost. A contraction is above a fifth of the
        range for at least 1 s, pauses under 0.7 s included; up to 2 s of rest on either side belong to it, half of
        what lies between two.
    """
    known = np.isfinite(force)
    if not known.any():
        return []
    low, high = np.percentile(force[known], _ENDS_PERCENT)
    if not high > low:
        return []
    above = np.concatenate([[False], known & (force > low + _FROM_RANGE * (high - low)), [False]])
    begins, ends = np.flatnonzero(above[1:] & ~above[:-1]), np.flatnonzero(above[:-1] & ~above[1:])
    apart = begins[1:] - ends[:-1] > _PAUSE_S * sampling_rate_hz
    begins, ends = begins[np.concatenate([[True], apart])], ends[np.concatenate([apart, [True]])]
    long = ends - begins >= _SHORTEST_S * sampling_rate_hz
    begins, ends = begins[long], ends[long]
    rest = round(_REST_S * sampling_rate_hz)
    edges = (begins[1:] + ends[:-1]) // 2
    return [
        (max(begin - rest, left), min(end + rest, right))
        for begin, end, left, right in zip(
            begins.tolist(), ends.tolist(), [0, *edges.tolist()], [*edges.tolist(), len(force)], strict=True
        )
    ]


def agreement(envelope: Array, force: Array, sampling_rate_hz: float) -> Agreement:
    """Correlate an envelope with a force, both of shape (n_samples,), NaN where lost, at the lag that suits best."""
    most = round(_LONGEST_LAG_S * sampling_rate_hz)
    best = Agreement(float("nan"), float("nan"))
    for lag in range(-most, most + 1):
        if len(force) <= 2 * most:
            break
        early = envelope[max(-lag, 0) : len(force) - max(lag, 0)]
        pairs = np.stack([early, force[max(lag, 0) : len(force) + min(lag, 0)]])
        known = np.ascontiguousarray(pairs[:, np.isfinite(pairs).all(axis=0)])
        if known.shape[1] < _KNOWN * pairs.shape[1] or np.ptp(known, axis=1).min() <= 0.0:
            continue
        a, b = known - known.mean(axis=1, keepdims=True)
        correlation = float(np.sum(a * b) / np.sqrt(np.sum(a**2) * np.sum(b**2)))
        if not correlation <= best.correlation:
            best = Agreement(correlation, lag / sampling_rate_hz)
    return best
