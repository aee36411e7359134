"""How far the trunk leans since rest, ahead and to the right, from one inertial sensor: free of heading drift."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.orientation import QUATERNION

Array = NDArray[np.float64]
SensorAxis = Literal["x", "-x", "y", "-y", "z", "-z"]

_SETTLES_S, _REST_S = 1.0, 2.0
_AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}


class Tilt:
    """Lean in rad from the rows `dsp.orientation.Orientation` gives; rest is the mean of seconds 1 to 3.

    Parameters
    ----------
    ahead
        The sensor's axis that points ahead of the person; only its horizontal part counts.

    Notes
    -----
    The plumb line as the sensor sees it turns towards the back when the trunk leans ahead. No delay; NaN until
    rest is known.
    """

    def __init__(self, sampling_rate_hz: float, ahead: SensorAxis = "x") -> None:
        axis = np.array(_AXES[ahead[-1]])
        self._ahead: Array = -axis if ahead[0] == "-" else axis
        self._first, self._last = (round(s * sampling_rate_hz) for s in (_SETTLES_S, _SETTLES_S + _REST_S))
        self._count = 0
        self._sum = np.zeros(3)

    def process(self, rows: Array) -> Array:
        """Take the next rows, shape (n_samples, 8); return (n_samples, 3): ahead, to the right, and in any direction.

        Missing rows are NaN and give NaN. The result does not depend on how the rows are cut into chunks.
        """
        turned = quaternion.conjugate(rows[:, QUATERNION])
        plumb = quaternion.rotate(turned, quaternion.UP)
        known = np.isfinite(plumb).all(axis=1)
        number = self._count + np.cumsum(known)  # of the known rows so far
        for row in plumb[known & (number > self._first) & (number <= self._last)]:
            self._sum = self._sum + row  # one by one: the same sum for any chunking
        self._count = int(number[-1]) if len(number) else self._count
        if self._count <= self._last:
            return np.full((len(rows), 3), np.nan)
        up = quaternion.normalised(self._sum)
        front = quaternion.normalised(self._ahead - quaternion.dot(self._ahead, up) * up)
        along, across = quaternion.dot(plumb, front), quaternion.dot(plumb, quaternion.cross(front, up))
        upright = quaternion.dot(plumb, up)
        lean = np.stack(
            [np.arctan2(-along, upright), np.arctan2(-across, upright), np.arctan2(np.hypot(along, across), upright)],
            axis=1,
        )
        return np.where((known & (number > self._last))[:, None], lean, np.nan)
