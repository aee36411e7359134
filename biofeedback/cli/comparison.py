"""The comparable part of other programs, timed beside ours: eight channels of EMG filtered, freed of hum, enveloped.

NeuroKit2 and BrainFlow are the extra ``bench`` and may be missing. They are given the whole signal at once, as they are
made for; ours gets a second at a time, as it streams.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RATE_HZ = 2000.0
CHANNELS = 8


def signal(seconds: float) -> Array:
    """Return muscle bursts with hum, shape (n_samples, 8), V."""
    random = np.random.default_rng(5)
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    loudness = np.where(t % 4.0 < 2.0, 5e-6, 100e-6)
    hum = 20e-6 * np.sin(2.0 * np.pi * 50.0 * t)
    return random.normal(0.0, 1.0, (len(t), CHANNELS)) * loudness[:, None] + hum[:, None]


def programs() -> dict[str, Callable[[Array], Any] | None]:
    """Return what to time by the name of the program; None where it is not installed."""
    return {
        "this program, streamed by the second": _ours,
        "NeuroKit2, at once": _neurokit(),
        "BrainFlow, at once": _brainflow(),
    }


def _ours(samples: Array) -> list[Array]:
    from biofeedback.dsp.conditioning import EmgConditioning

    conditioning = EmgConditioning(RATE_HZ, CHANNELS)
    times_s = np.arange(len(samples)) / RATE_HZ
    step = round(RATE_HZ)
    return [
        run.values
        for at in range(0, len(samples), step)
        for run in conditioning.process(samples[at : at + step], times_s[at : at + step], at)
    ]


def _neurokit() -> Callable[[Array], list[Any]] | None:
    try:
        import neurokit2 as nk  # pyright: ignore[reportMissingImports]
    except ImportError:
        return None

    def work(samples: Array) -> list[Any]:
        found: list[Any] = []
        for channel in samples.T:
            band = nk.signal_filter(channel, RATE_HZ, 20, 450, method="butterworth", order=2)
            clean = nk.signal_filter(band, RATE_HZ, method="powerline", powerline=50)
            found.append(nk.emg_amplitude(clean))
        return found

    return work


def _brainflow() -> Callable[[Array], list[Any]] | None:
    try:
        from brainflow.data_filter import (  # pyright: ignore[reportMissingImports]
            AggOperations,
            DataFilter,
            FilterTypes,
            NoiseTypes,
        )
    except ImportError:
        return None

    def work(samples: Array) -> list[Any]:
        found: list[Any] = []
        for channel in samples.T:
            one = np.ascontiguousarray(channel)
            DataFilter.perform_bandpass(one, round(RATE_HZ), 20.0, 450.0, 4, FilterTypes.BUTTERWORTH.value, 0.0)
            DataFilter.remove_environmental_noise(one, round(RATE_HZ), NoiseTypes.FIFTY.value)
            squares = one**2
            DataFilter.perform_rolling_filter(squares, round(0.1 * RATE_HZ), AggOperations.MEAN.value)
            found.append(np.sqrt(np.maximum(squares, 0.0)))
        return found

    return work
