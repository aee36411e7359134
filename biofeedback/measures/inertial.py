"""One inertial sensor with its orientation: what gait, balance and transfers are measured from."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.gaps import GapFiller
from biofeedback.dsp.orientation import BRIDGED_S, GRAVITY, QUATERNION, RATE, REST, Orientation

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

Axis = Literal["", "x", "y", "z", "-x", "-y", "-z"]
"""An axis of a sensor by its name; empty where it is not known."""


def axis_vector(axis: Axis) -> Array:
    """Return the unit vector of a named axis, shape (3,), sensor coordinates."""
    return np.where(np.array(list("xyz")) == axis[-1:], -1.0 if axis.startswith("-") else 1.0, 0.0)


class InertialRun(NamedTuple):
    """Consecutive samples of one sensor.

    Attributes
    ----------
    times_s
        Shape (n_samples,).
    acc, gyr
        Shape (n_samples, 3), sensor coordinates, m/s² and rad/s; the gyroscope's bias is taken off.
    quat
        Shape (n_samples, 4), earth from sensor; the heading is arbitrary.
    still, missing
        Shape (n_samples,): the sensor lies still; the row was not measured but bridged.
    first_sample, after_gap
        Index of the first row; rows were lost before it.
    """

    times_s: Array
    acc: Array
    gyr: Array
    quat: Array
    still: Mask
    missing: Mask
    first_sample: int
    after_gap: bool

    @property
    def earth_acc(self) -> Array:
        """Acceleration without gravity in earth coordinates, z up, shape (n_samples, 3), m/s²."""
        return quaternion.rotate(self.quat, self.acc) - GRAVITY * quaternion.UP

    @property
    def turn_rate(self) -> Array:
        """Angular velocity about the vertical, shape (n_samples,), rad/s."""
        return quaternion.rotate(self.quat, self.gyr)[:, 2]


class Inertial:
    """Brings samples and orientation together. Holes up to ``bridged_s`` are bridged and marked."""

    def __init__(self, sampling_rate_hz: float, bridged_s: float = BRIDGED_S) -> None:
        self._gaps = GapFiller(6, sampling_rate_hz, bridged_s)
        self._orientation = Orientation(sampling_rate_hz, bridged_s=bridged_s)

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[InertialRun]:
        """Take the next rows, shape (n_samples, 6): acceleration in m/s², angular velocity in rad/s, NaN where lost."""
        filled = self._gaps.process(samples, times_s, first_sample)
        orientation = self._orientation.process(samples, times_s, first_sample)  # it bridges the same, and knows where
        return [
            InertialRun(
                run.times_s,
                run.values[:, :3],
                turned.values[:, RATE],
                turned.values[:, QUATERNION],
                turned.values[:, REST] > 0.5,
                run.missing[:, 0],
                run.first_sample,
                run.after_gap,
            )
            for run, turned in zip(filled, orientation, strict=True)
        ]
