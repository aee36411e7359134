"""How clean a muscle's signal is, in dB, from its loudness and its spectrum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.filters import emg_band_hz

Array = NDArray[np.float64]

_DROP_HZ = (35.0, 500.0)
_SMOOTHED_HZ = 13.0


def snr_db(active: float, rest: float) -> float:
    """Return the ratio of two root mean squares in dB; NaN where either is not above 0."""
    return 20.0 * float(np.log10(active / rest)) if active > 0.0 and rest > 0.0 else float("nan")


def motion_ratio_db(frequencies_hz: Array, power: Array, sampling_rate_hz: float) -> float:
    """Return the power in the EMG band over that below 20 Hz in dB (SM ratio, Sinderby et al. 1995).

    Both have the shape (n,), of a contraction before any filter, the mean taken off. NaN where nothing is below 20 Hz.
    """
    low_hz, high_hz = emg_band_hz(sampling_rate_hz)
    below = float(np.sum(power[(frequencies_hz > 0.0) & (frequencies_hz < low_hz)]))
    inside = float(np.sum(power[(frequencies_hz >= low_hz) & (frequencies_hz <= high_hz)]))
    return 10.0 * float(np.log10(inside / below)) if inside > 0.0 and below > 0.0 else float("nan")


def spectral_drop_db(frequencies_hz: Array, power: Array) -> float:
    """Return the largest over the smallest power density between 35 and 500 Hz in dB, smoothed over 13 Hz (DP ratio).

    Both have the shape (n,), of contractions. NaN where the spectrum ends before 500 Hz.
    """
    low_hz, high_hz = _DROP_HZ
    step_hz = float(frequencies_hz[1])
    if frequencies_hz[-1] < high_hz:
        return float("nan")
    size = max(round(_SMOOTHED_HZ / step_hz), 1)
    inside = power[(frequencies_hz >= low_hz) & (frequencies_hz <= high_hz)]
    smooth = np.convolve(inside, np.ones(size) / size, mode="valid")
    return 10.0 * float(np.log10(smooth.max() / smooth.min())) if smooth.min() > 0.0 else float("nan")
