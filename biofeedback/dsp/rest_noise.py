"""What a muscle's signal is at rest, from the quiet parts of the last minute, and the filter that makes it white."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_toeplitz

Array = NDArray[np.float64]

CAP = 10.0
"""Of the power of one pair of samples, in variances of rest: a lone motor unit firing is no activity."""

ORDER = 6

_ALIKE = 1.75  # blocks up to this many times the quietest's variance are rest too
_PARTS = 5  # of a block, between which rest is seen to change
_USUAL_UNSTEADINESS, _PRIOR = 1.5, 10.0
_STRANGE = 9.0  # squared deviation of a part, in those by chance, that is no more of rest: a burst begins in it
_FLOOR = 0.1  # of white noise that whitening leaves in: it must not lift what the band-pass took out


class RestNoise:
    """What rest sounds like: an autoregressive model of the quiet blocks of the last minute, and how unsteady they are.

    Blocks are ranked by what their own model leaves over, so that drift does not hide which of them are quiet.
    ``n_pairs`` is from how many pairs of samples it is known, ``unsteadiness`` how much more than by chance the power
    of rest changes from one 20th of a second to another.
    """

    def __init__(self, n_blocks: int) -> None:
        self._blocks: deque[_Block] = deque(maxlen=n_blocks)
        self.coefficients = np.zeros(ORDER)
        self.variance = 0.0
        self.n_pairs = 0
        self.unsteadiness = _USUAL_UNSTEADINESS

    def add(self, samples: Array) -> None:
        """Take the samples of one more block, shape (n_samples,)."""
        lags = np.array([np.sum(samples[k:] * samples[: len(samples) - k]) for k in range(ORDER + 1)])
        if not lags[0] > 0.0:
            return
        lags /= len(samples)
        coefficients, left = _model(lags)
        size = (len(samples) - ORDER) // (2 * _PARTS)
        powers = residual(samples, coefficients)[: 2 * _PARTS * size].reshape(_PARTS, size, 2) ** 2
        parts = np.minimum(powers.sum(axis=2), CAP * left).mean(axis=1)
        self._blocks.append(_Block(left, lags, parts))
        limit = _ALIKE * min(block.left for block in self._blocks)
        quiet = [block for block in self._blocks if block.left <= limit]
        self.coefficients, self.variance = _model(np.mean([block.lags for block in quiet], axis=0))
        self.n_pairs = len(quiet) * _PARTS * size
        parts = np.concatenate([block.parts for block in quiet])
        chance = float(np.mean(parts)) ** 2 / size
        spread = float(np.sum(np.minimum((parts - np.mean(parts)) ** 2 / chance, _STRANGE)))
        weight = len(parts) - 1
        self.unsteadiness = max((spread + _PRIOR * _USUAL_UNSTEADINESS) / (weight + _PRIOR), 1.0)


class _Block(NamedTuple):
    left: float
    lags: Array
    parts: Array


def _model(lags: Array) -> tuple[Array, float]:
    """Return prediction coefficients and what they leave over, from the autocorrelation."""
    firm = lags.copy()
    firm[0] *= 1.0 + _FLOOR
    coefficients = np.asarray(solve_toeplitz(firm[:-1], lags[1:]), dtype=np.float64)
    left = firm[0] - np.sum(coefficients * lags[1:]) - _FLOOR * lags[0] * (1.0 + np.sum(coefficients**2))
    return coefficients, float(max(left, 1e-9 * lags[0]))


def residual(line: Array, coefficients: Array) -> Array:
    """Return what the model does not predict, for all samples but the first few."""
    left = line[ORDER:].copy()
    for lag, weight in enumerate(coefficients.tolist(), 1):
        left -= weight * line[ORDER - lag : len(line) - lag]
    return left
