"""How smoothly one movement phase runs: one value for one discrete way, never for a whole set.

SPARC: Balasubramanian et al. 2012, 2015 (J NeuroEng Rehab 12:112). Log dimensionless jerk: LDLJ-V and, from
acceleration, LDLJ-A (Melendez-Calderon et al. 2021, Front Bioeng Biotechnol 8:558771). More negative is less smooth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST_SAMPLES = 20
_CUT_OFF_HZ = 10.0
_LEAST_AMPLITUDE = 0.05
_PADDING = 4


def sparc(speed: Array, sampling_rate_hz: float) -> float:
    """Return the spectral arc length of a speed profile, shape (n_samples,), no unit; NaN if it cannot be told.

    It does not depend on how large the movement is, and hardly on how long it takes.
    """
    if not _usable(speed):
        return float("nan")
    length = int(2 ** (np.ceil(np.log2(len(speed))) + _PADDING))
    spectrum = np.abs(np.fft.rfft(speed, length))
    frequencies = np.arange(len(spectrum)) * sampling_rate_hz / length
    kept = frequencies <= _CUT_OFF_HZ
    frequencies, spectrum = frequencies[kept], spectrum[kept] / spectrum.max()
    strong = np.flatnonzero(spectrum >= _LEAST_AMPLITUDE)
    frequencies, spectrum = frequencies[strong[0] : strong[-1] + 1], spectrum[strong[0] : strong[-1] + 1]
    if len(frequencies) < 2:
        return float("nan")
    steps = np.diff(frequencies) / (frequencies[-1] - frequencies[0])
    return float(-np.sum(np.hypot(steps, np.diff(spectrum))))


def ldlj_velocity(speed: Array, sampling_rate_hz: float) -> float:
    """Return the log dimensionless jerk of a speed profile, shape (n_samples,), already low-passed at 20 Hz."""
    if not _usable(speed):
        return float("nan")
    step_s = 1.0 / sampling_rate_hz
    jerk = np.diff(speed, 2) / step_s**2
    duration_s = len(speed) * step_s
    return _log(duration_s**3 / np.max(np.abs(speed)) ** 2 * np.sum(jerk**2) * step_s)


def ldlj_acceleration(acceleration: Array, sampling_rate_hz: float) -> float:
    """Return the log dimensionless jerk from acceleration in earth coordinates without gravity, shape (n, 3)."""
    if not _usable(acceleration):
        return float("nan")
    step_s = 1.0 / sampling_rate_hz
    peak = np.max(np.linalg.norm(acceleration - acceleration.mean(axis=0), axis=1))
    jerk = np.diff(acceleration, axis=0) / step_s
    duration_s = len(acceleration) * step_s
    return _log(duration_s / peak**2 * np.sum(jerk**2) * step_s) if peak > 0.0 else float("nan")


def _usable(samples: Array) -> bool:
    return len(samples) >= LEAST_SAMPLES and bool(np.isfinite(samples).all()) and bool(np.any(samples != 0.0))


def _log(dimensionless: float) -> float:
    return float(-np.log(dimensionless)) if dimensionless > 0.0 else float("nan")
