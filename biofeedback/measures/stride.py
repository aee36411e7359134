"""What one stride was in space: from one mid-stance of a foot to the next, between which its velocity is known to be 0.

The drift of velocity is taken as a straight line between the two (zero-velocity update); the ground is level.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_STILL_S = 0.1


class Path(NamedTuple):
    """A stride in space: length along the ground and the sensor's greatest height in m, heading change in rad.

    The height is that of the sensor above its own mid-stance, not that of the toe.
    """

    length_m: float
    clearance_m: float
    turned_rad: float


def mid_stance(gyr: Array, sampling_rate_hz: float) -> int:
    """Return the row, of shape (n_samples, 3) in rad/s, about which a tenth of a second was the stillest."""
    size = min(max(round(_STILL_S * sampling_rate_hz), 1), len(gyr))
    energy = np.convolve((gyr**2).sum(axis=1), np.ones(size), "valid")
    return int(np.argmin(energy)) + size // 2


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
    return Path(float(np.hypot(way[-1, 0], way[-1, 1])), float(height.max()), float(turned))


def _integrated(rate: Array, sampling_rate_hz: float) -> Array:
    """Integrate by trapezoids, shape (n_samples, n); the first row is 0."""
    steps = np.zeros_like(rate)
    steps[1:] = (rate[1:] + rate[:-1]) / (2.0 * sampling_rate_hz)
    return np.cumsum(steps, axis=0)
