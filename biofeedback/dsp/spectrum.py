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
    starts = range(0, len(samples) - length + 1, length - length // 2)
    rows = np.ascontiguousarray(samples.T)
    segments = np.stack([rows[:, start : start + length] for start in starts], axis=1)
    power = periodograms(segments.reshape(-1, length), sampling_rate_hz)
    return frequencies_hz(length, sampling_rate_hz), power.reshape(*segments.shape[:2], -1).mean(axis=1).T


def periodograms(rows: Array, sampling_rate_hz: float) -> Array:
    """Return the power density of each row (Hann), shape (n_rows, n), however many rows there are."""
    length = rows.shape[1]
    swinging = rows - rows.mean(axis=1, keepdims=True)
    swinging *= _hann(length, sampling_rate_hz)
    squares = np.fft.rfft(swinging, axis=1).view(np.float64)
    squares *= squares
    power = squares[:, 0::2] + squares[:, 1::2]
    power[:, [0] if length % 2 else [0, -1]] /= 2.0
    return power


@cache
def frequencies_hz(length: int, sampling_rate_hz: float) -> Array:
    """Return the frequencies of a spectrum from so many samples."""
    return np.arange(length // 2 + 1) * sampling_rate_hz / length


@cache
def _hann(length: int, sampling_rate_hz: float) -> Array:
    """Return the window, scaled so that the squares of its spectrum are the one-sided density."""
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    return np.asarray(window * np.sqrt(2.0 / (sampling_rate_hz * np.sum(window**2))))


def mains_shares(samples: Array, sampling_rate_hz: float) -> Array:
    """Return each channel's share of hum in the power of the EMG band, shape (n_channels, 2), for each of `MAINS_HZ`.

    The samples, shape (n_samples, n_channels), should last a second or more. NaN where there is no power at all.
    """
    frequencies, power = power_spectrum(samples, sampling_rate_hz)
    shares, _ = hum_shares(float(frequencies[1]), np.ascontiguousarray(power.T), sampling_rate_hz)
    return shares


def hum_shares(step_hz: float, power: Array, sampling_rate_hz: float) -> tuple[Array, Array]:
    """Return the hum's share for each of `MAINS_HZ`, and the power in the EMG band, from spectra (n_spectra, n).

    Hum is the power within ±2 Hz of the mains and its harmonics, less what the spectrum on either side leads one to
    expect there: muscle has power at 50 Hz too (the idea of spectral interpolation, Mewett 2004). The shares have the
    shape (n_spectra, 2), the power (n_spectra,), in the square of the samples' unit. Sums run row by row, so the
    result never depends on how many spectra are looked at together.
    """
    band, combs = _combs(power.shape[1], step_hz, sampling_rate_hz)
    power = power[:, band]
    in_comb = np.stack([(power * comb).sum(axis=1) for comb in combs], axis=1)
    total = power.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(total[:, None] > 0.0, np.maximum(in_comb, 0.0) / total[:, None], np.nan)
    return shares, total * step_hz


@cache
def _combs(n: int, step_hz: float, sampling_rate_hz: float) -> tuple[slice, Array]:
    """Return which bins of a spectrum lie in the EMG band, and the weights of these for the hum of either mains."""
    frequencies: Array = np.arange(n, dtype=np.float64) * step_hz
    low, high = emg_band_hz(sampling_rate_hz)
    inside = (frequencies >= low) & (frequencies <= high)
    bins = np.flatnonzero(inside)
    band = slice(int(bins[0]), int(bins[-1]) + 1) if len(bins) else slice(0, 0)
    return band, np.stack([_comb(frequencies, inside, mains_hz)[band] for mains_hz in MAINS_HZ])


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
