"""Three axes of a sensor made right-angled, and the inverse for whoever speaks as the sensor."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.profiles import Stream


class Calibrations:
    """All calibrations of a stream, made ready."""

    def __init__(self, stream: Stream) -> None:
        self._parts = [
            (list(one.columns), np.reshape(one.matrix, (3, 3)), np.array(one.bias)) for one in stream.calibration
        ]

    def applied(self, counts: NDArray[Any]) -> NDArray[Any]:
        """Return counts, shape (n_samples, n_channels), with those of calibrated axes replaced; float64 if any is."""
        if not self._parts:
            return counts
        made = counts.astype(np.float64)
        for columns, matrix, bias in self._parts:
            made[:, columns] = (counts[:, columns] - bias) @ matrix.T
        return made

    def undone(self, counts: NDArray[Any]) -> NDArray[Any]:
        """Return what the sensor must have sent, not rounded."""
        if not self._parts:
            return counts
        made = counts.astype(np.float64)
        for columns, matrix, bias in self._parts:
            made[:, columns] = counts[:, columns] @ np.linalg.inv(matrix).T + bias
        return made
