"""The mains hum of one muscle signal, learnt while the muscle rests and carried on while it works.

A canceller that listens all the time takes a strong burst for hum and rings for a second after it; this one asks of
every block how loud it is beside rest, and believes a loud one the less: a Kalman filter for the amplitude and phase of
every harmonic, and for the frequency they share.

For envelopes there is `biofeedback.dsp.mains`: it takes all channels at once at a third of the cost, and leaves those
without hum as they are, where this one takes about a hundredth of the muscle's power with it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.spectrum import MAINS_HZ

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

_HIGHEST_HZ = 450.0
_FADING = 0.15  # of the hum that a block of rest replaces, at least: hum changes as people and cables move
_CHANCE = 4.0  # times the noise that a harmonic has to exceed in the first block
_OFF_HZ, _WANDERING_HZ = 0.1, 0.003  # how far the mains is from its name, and how far it moves in a block
_LARGEST_PULL_HZ = 0.5
_FORGET = 1.02  # a block: rest may become louder


class RestingHum:
    """Takes the hum of 50 and 60 Hz mains with all their harmonics from blocks of samples of one channel.

    Nothing is decided: where there is no hum, what is learnt is too small to matter.
    """

    def __init__(self, sampling_rate_hz: float, block_size: int) -> None:
        self._size = block_size
        self._combs = [_Comb(mains_hz, sampling_rate_hz, block_size) for mains_hz in MAINS_HZ]
        self._quietest = np.inf
        self.known = False

    def taken_from(self, samples: Array, place: int) -> Array:
        """Return samples, shape (n_samples,), the first of them at that place of the block, without the hum."""
        for comb in self._combs:
            samples = samples - comb.expected(place, len(samples))
        return samples

    def learn(self, left: Array) -> None:
        """Learn from a whole block what was left in it, and go on to the next."""
        for comb in self._combs:
            left = left - comb.fit(left)
        noise = 4.0 * float(np.mean(left**2)) / self._size  # of an amplitude found in the block
        self._quietest = min(self._quietest * _FORGET, noise)
        for comb in self._combs:
            comb.correct(noise, self._quietest, first=not self.known)
        self.known = True
        self.turn(self._size)

    def turn(self, n_samples: float) -> None:
        """Let the hum go on for so many samples; negative: back."""
        for comb in self._combs:
            comb.turn(n_samples)


class _Comb:
    """Amplitude and phase at the start of the block of all harmonics of one mains."""

    def __init__(self, mains_hz: float, sampling_rate_hz: float, size: int) -> None:
        self._nominal_hz = self._hz = mains_hz
        self._rate, self._size = sampling_rate_hz, size
        self._turn_of_1_hz = 2.0 * np.pi * size / sampling_rate_hz  # from one block to the next
        self._number: Array = np.arange(1.0, min(_HIGHEST_HZ, 0.45 * sampling_rate_hz) // mains_hz + 1.0)
        self._hum: Complex = np.zeros(len(self._number), dtype=np.complex128)
        self._error = self._hum
        self._doubt: Array = np.zeros(len(self._number))  # variance of the hum
        self._hz_doubt = _OFF_HZ**2
        self._tune()

    def _tune(self) -> None:
        one = np.exp(2j * np.pi * self._hz / self._rate * np.arange(self._size))
        self._waves: Complex = np.cumprod(np.tile(one, (len(self._number), 1)), axis=0, dtype=np.complex128)

    def expected(self, place: int, n_samples: int) -> Array:
        return np.asarray(np.sum(self._hum[:, None] * self._waves[:, place : place + n_samples], axis=0).real)

    def fit(self, left: Array) -> Array:
        """Find how wrong the hum was from what it left, and return that as samples."""
        self._error = 2.0 / self._size * np.sum(self._waves.conj() * left, axis=1)
        return np.asarray(np.sum(self._error[:, None] * self._waves, axis=0).real)

    def correct(self, noise: float, resting_noise: float, *, first: bool) -> None:
        """Believe the errors found as far as the block's noise allows; both noises are variances of an amplitude."""
        before = self._hum
        weight = self._number**2 * np.abs(before) ** 2
        if first:
            self._doubt = np.maximum(np.abs(self._error) ** 2 - _CHANCE * noise, 0.0)
        else:
            self._doubt = self._doubt + _FADING**2 * resting_noise + weight * self._hz_doubt * self._turn_of_1_hz**2
        gain = self._doubt / np.maximum(self._doubt + noise, np.finfo(float).tiny)
        self._hum = before + gain * self._error
        self._doubt = self._doubt * (1.0 - gain)
        total = float(np.sum(weight)) * self._turn_of_1_hz**2
        if total > 0.0:
            off_hz = float(np.sum(self._number * (self._error * before.conj()).imag)) * self._turn_of_1_hz / total
            trust = self._hz_doubt / (self._hz_doubt + 2.0 * noise / total)
            self._hz_doubt = min(self._hz_doubt * (1.0 - trust) + _WANDERING_HZ**2, _OFF_HZ**2)
            low, high = self._nominal_hz - _LARGEST_PULL_HZ, self._nominal_hz + _LARGEST_PULL_HZ
            self._hz = float(np.clip(self._hz + trust * off_hz, low, high))
            self._tune()

    def turn(self, n_samples: float) -> None:
        self._hum = self._hum * np.exp(2j * np.pi * self._hz / self._rate * n_samples * self._number)
