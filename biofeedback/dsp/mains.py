"""Takes mains hum out of a muscle signal without taking the muscle with it.

A sinusoid at the mains and each harmonic is followed in amplitude and phase with a memory of one second, at the
frequency the hum really has, and subtracted: a notch of a third of a hertz that does not ring after a knock. It is
only used on channels whose quietest two seconds of late show hum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from biofeedback.dsp.filters import emg_band_hz
from biofeedback.dsp.spectrum import MAINS_HZ, hum_shares, power_spectrum

Array = NDArray[np.float64]

_MEMORY_S = 1.0
_BLOCK_S = 2.0
_LEAST_RATIO = 0.02
_TRUST = 0.35  # in one look at the share of hum: muscle alone gives up to 5 % in two seconds, by chance
_LARGEST_PULL_HZ = 1.0
_FORGET = 1.15  # a block: hum that comes later is louder than any rest before it


class MainsCanceller:
    """Adaptive canceller for all channels of one stream; 50 or 60 Hz is told by the first hum that is seen.

    Group delay 0 s; warm-up 3 s (the hum fades away; the signal is usable from the start).
    """

    group_delay_s = 0.0
    warm_up_s = 3.0 * _MEMORY_S

    def __init__(self, sampling_rate_hz: float, n_channels: int) -> None:
        self._rate = sampling_rate_hz
        self._size = round(_BLOCK_S * sampling_rate_hz)
        self._keep = float(np.exp(-1.0 / (_MEMORY_S * sampling_rate_hz)))
        self._quietest = np.full(n_channels, np.inf)
        self._on = np.empty(0, dtype=np.int64)
        self._share = np.zeros(n_channels)
        self._block: list[Array] = []
        self._filled = 0
        self._hum: _Hum | None = None

    @property
    def mains_hz(self) -> float | None:
        """The frequency of the hum as followed now; None while it is not known."""
        return None if self._hum is None else self._hum.frequency_hz

    @property
    def active(self) -> NDArray[np.int64]:
        """The numbers of the channels that are being cleaned."""
        return self._on

    def process(self, samples: Array) -> Array:
        """Return the next samples without hum, shape (n_samples, n_channels)."""
        out = np.empty_like(samples)
        done = 0
        while done < len(samples):
            part = samples[done : done + self._size - self._filled]
            out[done : done + len(part)] = part
            if self._hum is not None and self._on.size:
                out[done : done + len(part), self._on] -= self._hum.follow(part, self._on)
            self._block.append(part)
            self._filled += len(part)
            done += len(part)
            if self._filled == self._size:
                self._judge(np.concatenate(self._block))
                self._block, self._filled = [], 0
        return out

    def _judge(self, block: Array) -> None:
        """Decide from a whole block which channels need cleaning, and follow the frequency."""
        loudness = block.std(axis=0)
        self._quietest *= _FORGET
        quieter = (loudness < 1.1 * self._quietest) & (loudness > 0.0)
        if quieter.any():
            self._quietest = np.where(quieter, np.minimum(self._quietest, loudness), self._quietest)
            steadier = self._share + _TRUST * (np.nan_to_num(self._ratio(block)) - self._share)
            self._share = np.where(quieter, steadier, self._share)
            self._on = np.flatnonzero(self._share > _LEAST_RATIO)
        if self._hum is not None and self._on.size:
            self._hum.retune(_BLOCK_S)

    def _ratio(self, block: Array) -> Array:
        """Return each channel's share of hum; the first hum decides which mains it is."""
        frequencies, power = power_spectrum(block, self._rate)
        shares, _ = hum_shares(float(frequencies[1]), np.ascontiguousarray(power.T), self._rate)
        if self._hum is not None:
            return shares[:, MAINS_HZ.index(self._hum.nominal_hz)]
        mains, ratio = max(zip(MAINS_HZ, shares.T, strict=True), key=lambda one: float(np.nanmax(one[1], initial=0.0)))
        if np.nanmax(ratio, initial=0.0) > _LEAST_RATIO:
            harmonics = np.arange(1, int(emg_band_hz(self._rate)[1] // mains) + 1)
            self._hum = _Hum(mains, harmonics, self._rate, block.shape[1], self._keep)
        return ratio


class _Hum:
    """The hum's amplitude and phase in every channel and harmonic, held as slowly turning complex numbers."""

    def __init__(
        self, mains_hz: float, harmonics: NDArray[np.int64], rate: float, n_channels: int, keep: float
    ) -> None:
        self.nominal_hz = self.frequency_hz = mains_hz
        self._harmonics, self._rate, self._keep = harmonics, rate, keep
        self._phase = np.zeros(1)
        self._state = np.zeros((1, len(harmonics), n_channels), dtype=np.complex128)
        self._before = self._state[0].copy()

    def follow(self, samples: Array, channels: NDArray[np.int64]) -> Array:
        """Return the hum in those channels of the next samples, as known up to each of them."""
        step = np.full(len(samples), 2.0 * np.pi * self.frequency_hz / self._rate)
        phase = np.cumsum(np.concatenate([self._phase, step]))[1:]
        self._phase = phase[-1:]
        turn = np.exp(1j * phase)[:, None]
        gain, carrier = 1.0 - self._keep, turn
        total = np.zeros((len(samples), len(channels)))
        for place in range(len(self._harmonics)):
            turned = samples[:, channels] * carrier.conj()
            before = self._state[:, place, channels]
            slow, self._state[:, place, channels] = signal.lfilter(
                [gain], [1.0, -self._keep], turned, axis=0, zi=before
            )
            total += 2.0 * (slow * carrier).real
            carrier = carrier * turn  # the next harmonic's
        return total

    def retune(self, seconds: float) -> None:
        """Move the frequency to where the fundamental was heading since the last call."""
        turned = np.sum(self._state[0, 0] * np.conj(self._before[0]))
        self._before = self._state[0].copy()
        if turned != 0.0:
            pull = 0.5 * float(np.angle(turned)) / (2.0 * np.pi * seconds)
            low, high = self.nominal_hz - _LARGEST_PULL_HZ, self.nominal_hz + _LARGEST_PULL_HZ
            self.frequency_hz = float(np.clip(self.frequency_hz + pull, low, high))
