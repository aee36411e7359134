"""Where the power of a muscle signal lies."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.filters import emg_band_hz

Array = NDArray[np.float64]

MAINS_HZ = (50.0, 60.0)


def power_spectrum(samples: Array, sampling_rate_hz: float, segment_s: float = 1.0) -> tuple[Array, Array]:
    """Return frequencies in Hz, shape (n,), and power density (Welch, Hann), shape (n, n_channels)."""
    length = min(round(segment_s * sampling_rate_hz), len(samples))
    rows = np.ascontiguousarray(samples.T)
    starts = range(0, len(samples) - length + 1, length - length // 2)
    power = periodograms(rows[:, starts[0] : starts[0] + length], sampling_rate_hz)
    for start in starts[1:]:
        power += periodograms(rows[:, start : start + length], sampling_rate_hz)
    return frequencies_hz(length, sampling_rate_hz), (power / len(starts)).T


def periodograms(rows: Array, sampling_rate_hz: float) -> Array:
    """Return the power density of each row (Hann), shape (n_rows, n), however many rows there are."""
    length = rows.shape[1]
    window, energy = _hann(length)
    turned = np.fft.rfft((rows - rows.mean(axis=1, keepdims=True)) * window, axis=1)
    power = turned.real**2 + turned.imag**2
    power /= sampling_rate_hz * energy
    power[:, 1 : (length + 1) // 2] *= 2.0
    return power


@cache
def frequencies_hz(length: int, sampling_rate_hz: float) -> Array:
    """Return the frequencies of a spectrum from so many samples."""
    return np.arange(length // 2 + 1) * sampling_rate_hz / length


@cache
def _hann(length: int) -> tuple[Array, float]:
    """Return the window and the sum of its squares."""
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    return window, float(np.sum(window**2))


def mains_ratio(samples: Array, sampling_rate_hz: float, mains_hz: float) -> Array:
    """Return the hum's share of the power in the EMG band, shape (n_channels,).

    The samples, shape (n_samples, n_channels), should last a second or more. NaN where there is no power at all.
    """
    frequencies, power = power_spectrum(samples, sampling_rate_hz)
    shares, _ = hum_shares(float(frequencies[1]), power.T, sampling_rate_hz)
    return shares[:, MAINS_HZ.index(mains_hz)]


def hum_shares(step_hz: float, power: Array, sampling_rate_hz: float) -> tuple[Array, Array]:
    """Return the hum's share for each of `MAINS_HZ`, and the power in the EMG band, from spectra (n_spectra, n).

    Hum is the power within ±2 Hz of the mains and its harmonics, less what the spectrum on either side leads one to
    expect there: muscle has power at 50 Hz too (the idea of spectral interpolation, Mewett 2004). The shares have the
    shape (n_spectra, 2), the power (n_spectra,), in the square of the samples' unit. Sums run row by row, so the
    result never depends on how many spectra are looked at together.
    """
    combs = _combs(power.shape[1], step_hz, sampling_rate_hz)
    in_comb = np.stack([(power * comb).sum(axis=1) for comb in combs[:2]], axis=1)
    total = (power * combs[2]).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(total[:, None] > 0.0, np.maximum(in_comb, 0.0) / total[:, None], np.nan)
    return shares, total * step_hz


@cache
def _combs(n: int, step_hz: float, sampling_rate_hz: float) -> Array:
    """Return weights of a spectrum's bins, shape (3, n): the hum of either mains, and ones within the EMG band."""
    frequencies: Array = np.arange(n, dtype=np.float64) * step_hz
    low, high = emg_band_hz(sampling_rate_hz)
    inside = (frequencies >= low) & (frequencies <= high)
    return np.stack([*(_comb(frequencies, inside, mains_hz) for mains_hz in MAINS_HZ), inside.astype(np.float64)])


def _comb(frequencies: Array, inside: NDArray[np.bool_], mains_hz: float) -> Array:
    harmonic = np.maximum(np.rint(frequencies / mains_hz), 1.0) * mains_hz
    away = np.abs(frequencies - harmonic)
    weights = np.zeros(len(frequencies))
    for line in np.unique(harmonic[inside & (away <= 2.0)]):
        at = inside & (harmonic == line) & (away <= 2.0)
        beside = inside & (harmonic == line) & (away > 3.0) & (away <= 8.0)
        weights[at] = 1.0
        weights[beside] = -at.sum() / beside.sum()
    return weights


def median_frequency(frequencies_hz: Array, power: Array) -> float:
    """Return the frequency below which half of the power lies; NaN where there is none. Both have the shape (n,)."""
    reached = np.cumsum(power)
    return float(frequencies_hz[np.searchsorted(reached, reached[-1] / 2.0)]) if reached[-1] > 0.0 else float("nan")
