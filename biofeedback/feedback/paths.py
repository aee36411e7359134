"""The path a target takes: how far the band has risen at a time, once round in each repetition."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import PathShape

Array = NDArray[np.float64]

# shares of a repetition: still, up, held, down, still; the corners of a ramp
_RAMP = (np.array([0.0, 0.12, 0.34, 0.60, 0.82, 1.0]), np.array([0.0, 0.0, 1.0, 1.0, 0.0, 0.0]))
_PARTS = ((1, 0.50, -0.25), (2, 0.28, 0.10), (3, 0.22, 0.45))  # cycles in a repetition, amplitude, phase in turns


def _sum_of_sines(share: Array) -> Array:
    return sum((a * np.sin(2 * np.pi * (k * share + turn)) for k, a, turn in _PARTS), np.zeros_like(share))


_GRID = _sum_of_sines(np.linspace(0.0, 1.0, 2001))
_LOWEST, _HIGHEST = float(_GRID.min()), float(_GRID.max())


def rise(shape: PathShape, share: Array) -> Array:
    """Return how far the target has risen, 0…1, at shares of a repetition; before the first one it has not set out.

    A path is periodic in 1 and has no steps. The sum of sines (three of them) is less easy to foresee than one.

    Parameters
    ----------
    share
        Seconds since the path began, over those of a repetition; any shape.
    """
    phase = np.where(share > 0.0, np.mod(share, 1.0), 0.0)
    if shape == "ramp":
        return np.interp(phase, *_RAMP)
    if shape == "sine":
        return (1.0 - np.cos(2 * np.pi * phase)) / 2.0
    return (_sum_of_sines(phase) - _LOWEST) / (_HIGHEST - _LOWEST)
