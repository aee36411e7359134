"""How far the knee goes inwards while the hip bends, as far as one sensor on the thigh can tell, as it happens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from biofeedback.dsp import quaternion
from biofeedback.dsp.blocks import Blocks
from biofeedback.dsp.movement import BLOCK_S, SLOWEST_RAD_S
from biofeedback.dsp.orientation import QUATERNION, RATE
from biofeedback.dsp.segment import MovementAxis
from biofeedback.measures.alignment import grood_suntay, segment_axes

Array = NDArray[np.float64]


class Inwards:
    """Adduction and internal rotation of a thigh since rest, added, in rad, from the rows of `dsp.orientation`.

    Rest is upright: the first row, or the pose that `zero` is told. The movement itself shows the axis of flexion, its
    first way being flexion; until then the angle is 0. What is learned changes at the end of blocks of 0.2 s, so the
    chunks do not matter. A proxy: the heading drifts and the knee itself is not seen, so compare within seconds only.

    Parameters
    ----------
    sampling_rate_hz
        Of the rows.
    side
        +1 for a right thigh, −1 for a left one.
    """

    def __init__(self, sampling_rate_hz: float, side: int) -> None:
        self._rate, self._side = sampling_rate_hz, side
        self._blocks = Blocks(max(round(BLOCK_S * sampling_rate_hz), 2))
        self._movement = MovementAxis()
        self._rest: Array | None = None
        self._frame: Array | None = None

    def zero(self, quat: Array) -> None:
        """Count from this orientation, shape (4,)."""
        self._rest = quat
        self._look()

    def process(self, rows: Array) -> Array:
        """Take the next rows, shape (n_samples, 8), NaN where missing; return the angle, shape (n_samples,)."""
        angles = [np.zeros(0)]
        for part, block in self._blocks.process(rows):
            angles.append(self._angle(part))
            if block is not None:
                self._learn(block)
        return np.concatenate(angles)

    def _learn(self, rows: Array) -> None:
        rows = rows[np.isfinite(rows[:, 0])]
        if self._rest is None and len(rows):
            self._rest = rows[0, QUATERNION]
        rate = rows[:, RATE]
        moving = rate[quaternion.dot(rate, rate) > SLOWEST_RAD_S**2]
        if len(moving):
            self._movement.update(moving, self._rate)
            self._look()

    def _look(self) -> None:
        """Find the segment's axes in sensor coordinates: up at rest, across from the axis of flexion."""
        if self._rest is not None and self._movement.axis is not None:
            up = quaternion.rotate(quaternion.conjugate(self._rest[None]), quaternion.UP)[0]
            matrix = segment_axes(up, self._movement.axis)
            self._frame = quaternion.from_xyzw(Rotation.from_matrix(matrix).as_quat())

    def _angle(self, rows: Array) -> Array:
        if self._rest is None or self._frame is None:
            return 0.0 * rows[:, 0]
        turned = quaternion.multiply(quaternion.conjugate(self._rest), rows[:, QUATERNION])
        turned = quaternion.multiply(quaternion.multiply(self._frame, turned), quaternion.conjugate(self._frame))
        turned = turned * np.where(turned[:, :1] < 0.0, -1.0, 1.0)
        angles = grood_suntay(turned)
        return self._side * (angles[:, 1] + angles[:, 2])
