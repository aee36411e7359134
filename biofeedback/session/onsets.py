"""Which of two muscles came first, told after a repetition from their envelopes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.session.view import GRID_HZ

Array = NDArray[np.float64]

_QUIET_S, _BURST_S = 0.5, 0.05
_SPREADS = 3.0
_LEAST_SHARE = 0.1  # of the repetition's rise: what a smoothed burst must reach to be told from its foot


def onset_tick(envelope: Array) -> int | None:
    """Return the first of the ticks, shape (n_ticks,) at 100 Hz, at which a muscle is at work; None if there is none.

    Double threshold: above the quietest half second by three of its standard deviations (and a tenth of the highest
    rise), for 50 ms on end. Both muscles pass the same filters, so their difference has no delay in it.
    """
    quiet, burst = round(_QUIET_S * GRID_HZ), round(_BURST_S * GRID_HZ)
    if len(envelope) < 2 * quiet or not np.isfinite(envelope).all():
        return None
    windows = np.lib.stride_tricks.sliding_window_view(envelope, quiet)
    still = windows[int(np.argmin(windows.mean(axis=1)))]
    foot, highest = float(still.mean()), float(envelope.max())
    limit = foot + max(_SPREADS * float(still.std()), _LEAST_SHARE * (highest - foot))
    above = np.lib.stride_tricks.sliding_window_view(envelope > limit, burst).all(axis=1)
    began = np.flatnonzero(above)
    return int(began[0]) if len(began) and highest > foot else None


def lead_ms(first: Array, other: Array) -> float | None:
    """Return how many ms after ``first`` the ``other`` one begins, negative if it was earlier; None if one did not."""
    ticks = onset_tick(first), onset_tick(other)
    return None if ticks[0] is None or ticks[1] is None else 1000.0 * (ticks[1] - ticks[0]) / GRID_HZ
