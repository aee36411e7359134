"""Tremor: a narrow peak in the spectrum of a limb's movement between 3.5 and 12 Hz."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import signal

Array = NDArray[np.float64]

BAND_HZ = (3.5, 12.0)
WINDOW_S = 4.0
_PROMINENT = 3.0
_WIDEST_HZ = 2.0


class Peak(NamedTuple):
    """The band's largest peak: where, how wide at half its power, the RMS within the band, whether it is tremor."""

    frequency_hz: float
    width_hz: float
    rms: float
    present: bool


def tremor_peak(samples: Array, sampling_rate_hz: float) -> Peak:
    """Look for tremor in samples of shape (n_samples,) or (n_samples, n_axes), whose powers are added.

    Welch, Hann windows of 4 s half overlapping. Tremor is a peak of at least three times the band's median power and
    less than 2 Hz wide.
    """
    size = min(round(WINDOW_S * sampling_rate_hz), len(samples))
    columns = samples[:, None] if samples.ndim == 1 else samples
    frequency, power = signal.welch(columns, sampling_rate_hz, "hann", size, size // 2, axis=0)
    power = power.sum(axis=1)
    inside = (frequency >= BAND_HZ[0]) & (frequency <= BAND_HZ[1])
    band, at = power[inside], frequency[inside]
    top = int(np.argmax(band))
    above = band >= band[top] / 2.0
    left = top - int(np.argmin(above[top::-1])) if not above[: top + 1].all() else -1
    right = top + int(np.argmin(above[top:])) if not above[top:].all() else len(band)
    step = float(frequency[1] - frequency[0])
    width = (right - left - 1) * step
    rms = float(np.sqrt(band.sum() * step))
    return Peak(float(at[top]), width, rms, bool(band[top] >= _PROMINENT * np.median(band) and width < _WIDEST_HZ))
