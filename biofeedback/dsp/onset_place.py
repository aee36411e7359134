"""Where a burst begins, once it is certain that there is one.

A single change of variance (Staude & Wolf 1999, Med Eng Phys 21:449) fits a muscle that switches on at once; one that
is recruited gradually would be found late. So both are weighed, at any strength, and the place is taken that is as
likely too early as too late: it has the least absolute error.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_RISE_S = 0.05
_AT_ONCE = 0.7  # probability that a muscle switches on at once, not over the rise
_LEVELS = np.array([2.0, 2.8, 4.0, 6.0, 12.0, 30.0, 120.0])  # of power in the burst, in powers of rest
_CAP = 6.0  # beyond three times the mean of rest it only counts that a value is, so that lone spikes weigh little
_SHORTEST = 5  # values of activity at the end of what is looked at


class OnsetPlace:
    """Places an onset among values that are χ² with 2 degrees of freedom at rest, ``rate`` of them a second."""

    def __init__(self, rate: float) -> None:
        n = round(_RISE_S * rate)
        strength = (np.arange(n) + 0.5) / max(n, 1)  # of the amplitude
        self._rising = 1.0 + np.outer(strength**2, _LEVELS - 1.0)  # power, shape (n_values, n_levels)

    def __call__(self, values: Array) -> int:
        """Return the index of the first value, shape (n_values,), of the activity they end in."""
        at_once = np.log(_AT_ONCE) + _likelihood(values, self._rising[:0])
        gradual = np.log(1.0 - _AT_ONCE) + _likelihood(values, self._rising)
        likelihood = np.concatenate([at_once, gradual], axis=1)
        along = np.cumsum(np.exp(likelihood - np.max(likelihood)).sum(axis=1))
        return int(np.searchsorted(along, 0.5 * along[-1]))


def _likelihood(values: Array, rising: Array) -> Array:
    """Return the log-likelihood ratio to rest of an onset at each value, shape (n_places, n_levels)."""
    n_places, n_rising = max(len(values) - _SHORTEST, 1), len(rising)
    rows = np.zeros((len(values) + n_rising, 2))  # the burst may end before it has risen
    rows[: len(values), 0] = 0.5 * np.minimum(values, _CAP)
    rows[: len(values), 1] = values < _CAP
    level = np.cumsum(rows[::-1], axis=0)[::-1][n_rising : n_rising + n_places]
    found = np.outer(level[:, 0], 1.0 - 1.0 / _LEVELS) - np.outer(level[:, 1], np.log(_LEVELS))
    if n_rising:
        windows = np.lib.stride_tricks.sliding_window_view(rows[: n_places + n_rising - 1], n_rising, axis=0)
        found += windows[:, 0] @ (1.0 - 1.0 / rising) - windows[:, 1] @ np.log(rising)
    return np.asarray(found)
