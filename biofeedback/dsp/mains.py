"""Takes mains hum out of a muscle signal without taking the muscle with it.

A sinusoid at the mains and each harmonic is followed in amplitude and phase with a memory of one second, at the
frequency the hum really has, and subtracted: a notch of a third of a hertz that does not ring after a knock. It is
only used on channels whose quietest two seconds of late show hum, or that show little else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from biofeedback.dsp.blocks import Blocks
from biofeedback.dsp.filters import emg_band_hz
from biofeedback.dsp.spectrum import MAINS_HZ, mains_shares

Array = NDArray[np.float64]

_MEMORY_S = 1.0
_BLOCK_S = 2.0
_LEAST_RATIO = 0.04  # bursts of muscle alone reach 0.03 by chance
_PLAIN = 0.5  # share of hum that no muscle has, however loud it is
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
        self._blocks = Blocks(round(_BLOCK_S * sampling_rate_hz))
        self._keep = float(np.exp(-1.0 / (_MEMORY_S * sampling_rate_hz)))
        self._quietest = np.full(n_channels, np.inf)
        self._on = np.empty(0, dtype=np.int64)
        self._share = np.zeros(n_channels)
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
        clean = [samples[:0]]
        for part, block in self._blocks.process(samples):
            clean.append(part.copy())
            if self._hum is not None and self._on.size:
                clean[-1][:, self._on] -= self._hum.follow(part, self._on)
            if block is not None:
                self._judge(block)
        return np.concatenate(clean)

    def _judge(self, block: Array) -> None:
        """Decide from a whole block which channels need cleaning, and follow the frequency."""
        loudness = block.std(axis=0)
        self._quietest *= _FORGET
        quieter = (loudness < 1.1 * self._quietest) & (loudness > 0.0)
        shares = np.nan_to_num(mains_shares(block, self._rate))
        shares = np.where(quieter[:, None] | (shares > _PLAIN), shares, 0.0)
        heard = quieter | shares.any(axis=1)
        if heard.any():
            self._quietest = np.where(quieter, np.minimum(self._quietest, loudness), self._quietest)
            ratio = shares[:, self._mains(shares, block.shape[1])]
            self._share = np.where(heard, self._share + _TRUST * (ratio - self._share), self._share)
            self._on = np.flatnonzero(self._share > _LEAST_RATIO)
        if self._hum is not None and self._on.size:
            self._hum.retune(_BLOCK_S)

    def _mains(self, shares: Array, n_channels: int) -> int:
        """Return the place of the mains that hums; the first hum decides which."""
        if self._hum is not None:
            return MAINS_HZ.index(self._hum.nominal_hz)
        most = shares.max(axis=0)
        place = int(np.argmax(most))
        if most[place] > _LEAST_RATIO:
            mains = MAINS_HZ[place]
            harmonics = np.arange(1, int(emg_band_hz(self._rate)[1] // mains) + 1)
            self._hum = _Hum(mains, harmonics, self._rate, n_channels, self._keep)
        return place


class _Hum:
    """The hum in every channel and harmonic: ``u[n] = p u[n-1] + g x[n]`` with the pole ``p`` at the harmonic.

    ``u`` turns with the hum, and twice its real part is the hum. As all samples are real, that is a real resonator of
    two poles; its state tells ``u``, so the frequency can be moved without a jump.
    """

    def __init__(
        self, mains_hz: float, harmonics: NDArray[np.int64], rate: float, n_channels: int, keep: float
    ) -> None:
        self.nominal_hz = self.frequency_hz = mains_hz
        self._harmonics, self._rate, self._keep = harmonics, rate, keep
        self._state = np.zeros((2, len(harmonics), n_channels))
        self._before = np.zeros(n_channels, dtype=np.complex128)
        self._followed = np.empty(0, dtype=np.int64)

    @property
    def _poles(self) -> NDArray[np.complex128]:
        """The pole of each harmonic, shape (n_harmonics, 1)."""
        turn = 2.0 * np.pi * self.frequency_hz / self._rate * self._harmonics[:, None]
        return np.asarray(self._keep * (np.cos(turn) + 1j * np.sin(turn)), dtype=np.complex128)

    def follow(self, samples: Array, channels: NDArray[np.int64]) -> Array:
        """Return the hum in those channels of the next samples, as known up to each of them."""
        self._followed = channels
        gain = 2.0 * (1.0 - self._keep)
        rows = np.ascontiguousarray(samples[:, channels].T)
        total = np.zeros(rows.shape)
        for place, along in enumerate(self._poles[:, 0].real.tolist()):
            zeros, poles = [gain, -gain * along, 0.0], [1.0, -2.0 * along, self._keep**2]
            state = self._state[:, place, channels].T
            hum, state = signal.lfilter(zeros, poles, rows, axis=1, zi=state)
            self._state[:, place, channels] = state.T
            total += hum
        return total.T

    def retune(self, seconds: float) -> None:
        """Move the frequency to where the fundamental was heading since the last call, ``seconds`` ago."""
        poles = self._poles
        real = self._state[1] / (-2.0 * self._keep**2)
        turning = real + 1j * (poles.real * real - self._state[0] / 2.0) / poles.imag
        n_samples = round(seconds * self._rate)
        carried = self._before * (poles[0, 0] / self._keep) ** n_samples
        turned = np.sum((turning[0] * np.conj(carried))[self._followed])
        if turned != 0.0:
            pull = 0.5 * float(np.angle(turned)) / (2.0 * np.pi * seconds)
            low, high = self.nominal_hz - _LARGEST_PULL_HZ, self.nominal_hz + _LARGEST_PULL_HZ
            self.frequency_hz = float(np.clip(self.frequency_hz + pull, low, high))
            self._state[0] = 2.0 * (self._poles * turning).real
        self._before = turning[0]
