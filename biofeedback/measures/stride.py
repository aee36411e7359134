"""What one stride was in space: from one mid-stance of a foot to the next, between which its velocity is known to be 0.

The drift of velocity is taken as a straight line between the two (zero-velocity update).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_STILL_S = 0.1
_STILL_RAD_S = 1.0
_LEVEL_M = 0.2  # what the height of a level stride drifts by at most; two steps of a staircase are 0.3 m


class Path(NamedTuple):
    """A stride in space: length along the ground, the sensor's greatest height and its climb in m, heading in rad.

    The height is that of the sensor above its own mid-stance, not that of the toe; NaN where the stride climbed or
    fell, as on stairs: then it is not known how high the ground was.
    """

    length_m: float
    clearance_m: float
    climb_m: float
    turned_rad: float


def mid_stance(gyr: Array, sampling_rate_hz: float) -> int | None:
    """Return the row, of shape (n_samples, 3) in rad/s, about which a tenth of a second was the stillest.

    None where the sensor turned by more than 1 rad/s (root mean square) even then: it did not stand.
    """
    size = max(round(_STILL_S * sampling_rate_hz), 1)
    if len(gyr) < size:
        return None
    energy = np.convolve((gyr**2).sum(axis=1), np.full(size, 1.0 / size), "valid")
    stillest = int(np.argmin(energy))
    return stillest + size // 2 if energy[stillest] <= _STILL_RAD_S**2 else None


def stride_path(earth_acc: Array, turn_rate: Array, sampling_rate_hz: float) -> Path:
    """Return the path between two mid-stances.

    Parameters
    ----------
    earth_acc
        Shape (n_samples, 3), m/s², z up, without gravity.
    turn_rate
        Shape (n_samples,), rad/s about the vertical.
    """
    velocity = _integrated(earth_acc, sampling_rate_hz)
    share = np.linspace(0.0, 1.0, len(velocity))[:, None]
    velocity = velocity - share * velocity[-1]
    way = _integrated(velocity, sampling_rate_hz)
    height = way[:, 2] - share[:, 0] * way[-1, 2]
    turned = turn_rate.sum() / sampling_rate_hz
    climb = float(way[-1, 2])
    clearance = float(height.max()) if abs(climb) <= _LEVEL_M else math.nan
    return Path(float(np.hypot(way[-1, 0], way[-1, 1])), clearance, climb, float(turned))


def _integrated(rate: Array, sampling_rate_hz: float) -> Array:
    """Integrate by trapezoids, shape (n_samples, n); the first row is 0."""
    steps = np.zeros_like(rate)
    steps[1:] = (rate[1:] + rate[:-1]) / (2.0 * sampling_rate_hz)
    return np.cumsum(steps, axis=0)
