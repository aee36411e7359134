"""How far one segment turns against another about the vertical: a trunk's rotation from two inertial sensors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.orientation import QUATERNION

Array = NDArray[np.float64]


class RelativeTurn:
    """Turn of the upper segment less that of the lower one since rest, in rad, positive to the left.

    Each is the twist about the vertical since the first rows or the pose that `zero` is told, so it does not matter how
    the sensors are mounted. Both headings drift: only what changes within seconds means anything. No delay.
    """

    def __init__(self) -> None:
        self._rest: list[Array] = []
        self._last = 0.0

    def zero(self, lower: Array, upper: Array) -> None:
        """Count from these orientations, shape (4,) each."""
        self._rest, self._last = [quaternion.conjugate(lower), quaternion.conjugate(upper)], 0.0

    def process(self, lower: Array, upper: Array) -> Array:
        """Take the next rows of both, shape (n_samples, 8), NaN where missing; return shape (n_samples,)."""
        turned = np.full(len(lower), np.nan)
        known = np.isfinite(lower[:, 0] + upper[:, 0])
        if not known.any():
            return turned
        pair = [lower[known, QUATERNION], upper[known, QUATERNION]]
        if not self._rest:
            self.zero(pair[0][0], pair[1][0])
        since = [
            quaternion.twist(quaternion.multiply(now, rest), quaternion.UP)
            for now, rest in zip(pair, self._rest, strict=True)
        ]
        turned[known] = np.unwrap(np.concatenate([[self._last], since[1] - since[0]]))[1:]
        self._last = float(turned[known][-1])
        return turned
