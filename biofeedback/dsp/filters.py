"""Causal Butterworth filters that go on where the last chunk ended, and start as if the first value were old."""

from __future__ import annotations

from copy import copy
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import signal

Array = NDArray[np.float64]

EMG_BAND_HZ = (20.0, 450.0)
"""Surface EMG: De Luca et al. 2010, J Biomech 43:1573; SENIAM."""


class SosFilter:
    """A filter of second-order sections on all channels at once.

    ``group_delay_s`` is that at ``delay_at_hz``; ``warm_up_s`` the time in which a step fades to 1 %.
    """

    def __init__(self, sections: Array, sampling_rate_hz: float, delay_at_hz: float = 0.0) -> None:
        self._sections = sections
        self._steady = signal.sosfilt_zi(sections)[:, :, None]
        self._state: Array | None = None
        self.group_delay_s = _group_delay_s(sections, sampling_rate_hz, delay_at_hz)
        self.warm_up_s = _settling_s(sections, sampling_rate_hz)

    def process(self, samples: Array) -> Array:
        """Filter the next samples, shape (n_samples, n_channels)."""
        if len(samples) == 0:
            return samples
        if self._state is None:
            self._state = self._steady * samples[0]
        filtered, self._state = signal.sosfilt(self._sections, samples, axis=0, zi=self._state)
        return filtered

    def restart(self) -> None:
        """Forget everything: the next sample is the first."""
        self._state = None


@lru_cache(maxsize=64)
def _butterworth(
    poles: int, edges_hz: float | tuple[float, float], kind: str, sampling_rate_hz: float, delay_at_hz: float
) -> SosFilter:
    """Design a filter once: it takes milliseconds, and a session has many alike. Only copies of it are used."""
    sections = np.asarray(signal.butter(poles, edges_hz, kind, fs=sampling_rate_hz, output="sos"))
    return SosFilter(sections, sampling_rate_hz, delay_at_hz=delay_at_hz)


def band_pass(low_hz: float, high_hz: float, sampling_rate_hz: float, poles_per_edge: int = 2) -> SosFilter:
    """Make a Butterworth band-pass; the order is that of each edge."""
    middle_hz = float(np.sqrt(low_hz * high_hz))
    return copy(_butterworth(poles_per_edge, (low_hz, high_hz), "bandpass", sampling_rate_hz, middle_hz))


def high_pass(edge_hz: float, sampling_rate_hz: float, poles: int = 4) -> SosFilter:
    """Make a Butterworth high-pass; 30 Hz with 4 poles takes the heart out of trunk EMG (Drake & Callaghan 2006)."""
    delay_at_hz = min(4.0 * edge_hz, 0.45 * sampling_rate_hz)
    return copy(_butterworth(poles, edge_hz, "highpass", sampling_rate_hz, delay_at_hz))


def low_pass(edge_hz: float, sampling_rate_hz: float, poles: int = 2) -> SosFilter:
    """Make a Butterworth low-pass."""
    return copy(_butterworth(poles, edge_hz, "lowpass", sampling_rate_hz, 0.0))


def emg_band_hz(sampling_rate_hz: float) -> tuple[float, float]:
    """Return the band for surface EMG: 20–450 Hz, below 1000 Hz sampling 20 Hz to 0.45 of the rate.

    Amplitudes and spectra of a narrower band are not comparable with those of the whole one.

    Raises
    ------
    ValueError
        If the rate leaves no band (below 100 Hz).
    """
    if sampling_rate_hz < 100.0:
        raise ValueError(f"EMG needs at least 100 samples a second, these are {sampling_rate_hz:g}")
    high = EMG_BAND_HZ[1] if sampling_rate_hz >= 1000.0 else 0.45 * sampling_rate_hz
    return EMG_BAND_HZ[0], high


def emg_band_pass(sampling_rate_hz: float) -> SosFilter:
    """Make the band-pass for surface EMG."""
    return band_pass(*emg_band_hz(sampling_rate_hz), sampling_rate_hz)


def _group_delay_s(sections: Array, sampling_rate_hz: float, at_hz: float) -> float:
    """Return the group delay from the slope of the phase."""
    step = 1e-4 * sampling_rate_hz
    first = max(at_hz - step, 0.0)
    before, after = (_response(sections, edge / sampling_rate_hz) for edge in (first, first + 2.0 * step))
    return float(-np.angle(after * np.conj(before)) / (2.0 * np.pi * 2.0 * step))


def _response(sections: Array, cycles_per_sample: float) -> complex:
    """Return the complex gain at one frequency."""
    delays = np.exp(-2j * np.pi * cycles_per_sample * np.arange(3))
    return complex(np.prod((sections[:, :3] @ delays) / (sections[:, 3:] @ delays)))


def _settling_s(sections: Array, sampling_rate_hz: float) -> float:
    """Return the time after which the slowest pole has faded to 1 %."""
    slowest = max(float(np.max(np.abs(np.roots(section[3:])))) for section in sections)
    return float(np.log(0.01) / np.log(slowest) / sampling_rate_hz)
