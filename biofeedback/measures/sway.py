"""Postural sway from the horizontal acceleration of the trunk (Mancini et al. 2012, J NeuroEng Rehab 9:59)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]


def jerk(sway: Array, sampling_rate_hz: float) -> float:
    """Return half the integral of the squared derivative, in unit²/s: m²/s⁵ for shape (n_samples, 2) in m/s²."""
    return float(0.5 * (np.diff(sway, axis=0) ** 2).sum() * sampling_rate_hz)


def path(sway: Array) -> float:
    """Return the length of the path, shape (n_samples, 2)."""
    return float(np.hypot(*np.diff(sway, axis=0).T).sum())


def rms(sway: Array) -> float:
    """Return the root mean square distance from the middle, shape (n_samples, 2)."""
    return float(np.sqrt(sway.var(axis=0).sum()))


def mean_frequency_hz(sway: Array, sampling_rate_hz: float) -> float:
    """Return how often the mean distance's circle would be gone round in a second: path / (2π · distance · time)."""
    distance = float(np.hypot(*(sway - sway.mean(axis=0)).T).mean())
    return path(sway) / (2.0 * np.pi * distance * len(sway) / sampling_rate_hz)


def ellipse_area(sway: Array) -> float:
    """Return the area of the 95 % prediction ellipse (Schubert & Kirchner 2014), shape (n_samples, 2)."""
    n = len(sway)
    axes = np.sqrt(np.prod(np.linalg.eigvalsh(np.cov(sway.T))))
    quantile = stats.f.ppf(0.95, 2, n - 2)
    return float(np.pi * 2.0 * (n + 1) * (n - 1) / (n * (n - 2)) * quantile * axes)


def power_frequencies_hz(sway: Array, sampling_rate_hz: float) -> tuple[float, float]:
    """Return the frequency that 95 % of the power lies below, and the centroidal one; both axes, 0.15–3.5 Hz."""
    power = (np.abs(np.fft.rfft(sway - sway.mean(axis=0), axis=0)) ** 2).sum(axis=1)
    frequency = np.fft.rfftfreq(len(sway), 1.0 / sampling_rate_hz)
    band = (frequency >= 0.15) & (frequency <= 3.5)
    power, frequency = power[band], frequency[band]
    below = np.cumsum(power)
    f95 = float(frequency[np.searchsorted(below, 0.95 * below[-1])])
    return f95, float(np.sqrt((power * frequency**2).sum() / power.sum()))
