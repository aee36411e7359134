"""What is found in raw seconds of EMG, before anybody judges it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.spectrum import frequencies_hz, hum_shares, periodograms

Array = NDArray[np.float64]

_CLIPPED_RUN, _FINE = 3, 64  # samples; different values in a second


class Facts(NamedTuple):
    """One second of one channel: the samples, and what is the quicker to find the more of them are looked at at once.

    ``still`` is over how many samples it does not move, ``hum`` its shares, ``loudness`` the RMS in the EMG band.
    """

    row: Array
    lowest: float
    highest: float
    still: int
    power: Array
    hum: tuple[float, ...]
    loudness: float


def facts_of(rows: Array, sampling_rate_hz: float, lsb: Array) -> list[Facts]:
    """Look at seconds, shape (n_rows, n_samples), without NaN; ``lsb``, shape (n_rows,), is one count of each."""
    if not len(rows):
        return []
    power = periodograms(rows, sampling_rate_hz)
    hums, in_band = hum_shares(float(frequencies_hz(rows.shape[1], sampling_rate_hz)[1]), power, sampling_rate_hz)
    still = _longest_still(rows, lsb)
    lowest, highest, loudness = rows.min(axis=1), rows.max(axis=1), np.sqrt(in_band)
    shares = map(tuple, np.nan_to_num(hums).tolist())
    columns = (lowest.tolist(), highest.tolist(), still, power, shares, loudness.tolist())
    return [Facts(*fact) for fact in zip(rows, *columns, strict=True)]


def _longest_still(rows: Array, lsb: Array) -> list[int]:
    """Return over how many samples each row, shape (n_rows, n_samples), does not move by more than its count."""
    still = np.zeros((len(rows), rows.shape[1] + 1), dtype=np.bool_)  # a move before each row and behind it
    still[:, 1:-1] = np.abs(rows[:, 1:] - rows[:, :-1]) <= lsb[:, None]
    flat = still.ravel()
    starts, ends = (np.flatnonzero(flat[1:] != flat[:-1]) + 1).reshape(-1, 2).T
    longest = np.zeros(len(rows), dtype=np.int64)
    np.maximum.at(longest, starts // still.shape[1], ends - starts)
    return longest.tolist()


def clipped_share(raw: Array) -> float:
    """Return the share of samples in runs of three and more at an extreme, where a converter's rails are not known.

    Few different values are a coarse converter at rest, not one at its rails.
    """
    clipped = 0
    for extreme in (raw.min(), raw.max()):
        at = np.concatenate([[False], raw == extreme, [False]])
        edges = np.flatnonzero(at[1:] != at[:-1])
        lengths = edges[1::2] - edges[::2]
        clipped += int(np.sum(lengths[lengths >= _CLIPPED_RUN]))
    return clipped / len(raw) if clipped and len(np.unique(raw)) > _FINE else 0.0
