"""Where the power of a muscle signal lies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from biofeedback.dsp.filters import emg_band_hz

Array = NDArray[np.float64]


def power_spectrum(samples: Array, sampling_rate_hz: float, segment_s: float = 1.0) -> tuple[Array, Array]:
    """Return frequencies in Hz, shape (n,), and power density (Welch, Hann), shape (n, n_channels)."""
    length = min(round(segment_s * sampling_rate_hz), len(samples))
    return signal.welch(samples, sampling_rate_hz, window="hann", nperseg=length, noverlap=length // 2, axis=0)


def mains_ratio(samples: Array, sampling_rate_hz: float, mains_hz: float) -> Array:
    """Return the hum's share of the power in the EMG band, shape (n_channels,).

    Hum is the power within ±2 Hz of the mains and its harmonics, less what the spectrum on either side leads one to
    expect there: muscle has power at 50 Hz too (the idea of spectral interpolation, Mewett 2004). The samples, shape
    (n_samples, n_channels), should last a second or more. NaN where there is no power at all.
    """
    frequencies, power = power_spectrum(samples, sampling_rate_hz)
    low, high = emg_band_hz(sampling_rate_hz)
    inside = (frequencies >= low) & (frequencies <= high)
    harmonic = np.maximum(np.rint(frequencies / mains_hz), 1.0) * mains_hz
    away = np.abs(frequencies - harmonic)
    hum = np.zeros(power.shape[1])
    for line in np.unique(harmonic[inside & (away <= 2.0)]):
        at = inside & (harmonic == line) & (away <= 2.0)
        beside = inside & (harmonic == line) & (away > 3.0) & (away <= 8.0)
        floor = power[beside].mean(axis=0) if beside.any() else 0.0
        hum += power[at].sum(axis=0) - at.sum() * floor
    total = power[inside].sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0.0, np.maximum(hum, 0.0) / total, np.nan)


def median_frequency(frequencies_hz: Array, power: Array) -> float:
    """Return the frequency below which half of the power lies; NaN where there is none. Both have the shape (n,)."""
    reached = np.cumsum(power)
    return float(frequencies_hz[np.searchsorted(reached, reached[-1] / 2.0)]) if reached[-1] > 0.0 else float("nan")
