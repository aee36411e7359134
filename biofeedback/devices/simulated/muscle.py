"""Movement to muscle drive, and drive to surface EMG."""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np

from biofeedback.devices.simulated.conditions import Condition
from biofeedback.devices.simulated.kinds import Movement, Role
from biofeedback.devices.simulated.noise import Wander, WhiteNoise, named_generator, on_grid
from biofeedback.devices.simulated.script import Script
from biofeedback.devices.simulated.strokes import Array

FULL_DRIVE_RMS_V = 0.35e-3
CROSS_TALK = 0.03

_LOW_HZ, _HIGH_HZ = 50.0, 100.0
_EXHAUSTED = 0.65
_DRIVE_GRID_S = 0.005


def power_density(frequencies_hz: Array, fatigue: float = 0.0) -> Array:
    """Return the shape of surface EMG's power spectrum, for fatigue 0 (fresh) to 1 (exhausted); unscaled.

    The two-corner model of Shwedyk, Balasubramanian & Scott 1977, IEEE Trans Biomed Eng 24:417, with its corners at 50
    and 100 Hz: median frequency 80 Hz, falling in proportion with conduction velocity as the muscle tires.
    """
    speed = 1 - (1 - _EXHAUSTED) * fatigue
    low, high, square = (_LOW_HZ * speed) ** 2, (_HIGH_HZ * speed) ** 2, frequencies_hz**2
    return high**2 * square / ((square + low) * (square + high) ** 2)


@lru_cache(maxsize=32)
def _shaping_taps(rate_hz: int, fatigue_percent: int) -> Array:
    """Return a linear-phase filter that gives white noise the spectrum of EMG, at unit variance."""
    n_taps = 2 * int(0.032 * rate_hz) + 1
    fine = 8 * n_taps
    frequencies_hz: Array = np.arange(fine // 2 + 1, dtype=np.float64) * (rate_hz / fine)
    magnitude = np.sqrt(power_density(frequencies_hz, fatigue_percent / 100))
    taps = np.roll(np.fft.irfft(magnitude, fine), n_taps // 2)[:n_taps] * np.hanning(n_taps + 2)[1:-1]
    return taps / np.sqrt(np.sum(taps**2))


class Drive:
    """How hard one muscle is driven over time: 0 relaxed, 1 the most its owner can."""

    def __init__(
        self, muscle: str, role: Role, movement: Movement, condition: Condition, script: Script, seed: int
    ) -> None:
        self._muscle, self._role, self._movement = muscle, role, movement
        self._condition, self._script = condition, script
        self._lead_s = lead_s(role, condition)
        self._unsteady = Wander.between(named_generator(seed, f"drive {muscle}"), 0.4, 4.0)

    def at(self, times_s: Array) -> Array:
        """Return the drive at increasing times, shape (n_times,); the script must have been advanced that far."""
        if len(times_s) == 0:
            return np.zeros(0)
        return on_grid(self._exactly_at, times_s, _DRIVE_GRID_S)

    def _exactly_at(self, times_s: Array) -> Array:
        active = self._script.activation[self._muscle].at(times_s).value
        drive = self._script.contraction[self._muscle].at(times_s).value
        if active.any():
            drive = drive + active * self._effort(times_s)
        if not drive.any():
            return np.zeros_like(times_s)
        return np.clip(drive * (1 + 0.05 * self._unsteady.values(times_s)), 0.0, 1.3)

    def _effort(self, times_s: Array) -> Array:
        excursion, rate, acceleration = self._script.excursion.at(times_s + self._lead_s)
        condition = self._condition
        up = np.clip(excursion, 0.0, 1.1)
        if self._movement.kind == "isometric":
            return up if self._role == "agonist" else 0.02 + condition.co_contraction * up
        lowering = 1 / (1 + np.exp(np.clip(rate / 0.08 + 2, -30, 30)))
        load = self._movement.load(excursion)
        if self._role == "agonist":
            end_range = 0.12 * up**6 if self._movement.kind == "knee" else 0.0
            effort = 0.10 + 0.38 * load + end_range + 0.03 * np.maximum(acceleration, 0.0)
            return condition.agonist_gain * effort * (1 - 0.3 * lowering)
        if self._role == "stabiliser":
            return 0.05 + (0.20 + condition.co_contraction) * load
        return 0.03 + condition.co_contraction * up + 0.05 * lowering * load


def lead_s(role: Role, condition: Condition) -> float:
    """Return how long before the movement a muscle of that role fires."""
    return condition.antagonist_lead_s if role == "antagonist" else condition.agonist_lead_s


class Electrode:
    """What lies under one pair of electrodes: the muscle's own EMG, without neighbours and without instrument noise."""

    def __init__(self, muscle: str, drive: Drive, script: Script, seed: int, full_rms_v: float) -> None:
        self._muscle, self._drive, self._script, self._seed = muscle, drive, script, seed
        self.full_rms_v = full_rms_v
        self._noise: dict[int, WhiteNoise] = {}

    def blocks(self, number: int, count: int, times_s: Array, rate_hz: float) -> Array:
        """Return the EMG of blocks that follow each other in V, shape (count * block_samples,)."""
        drive = self._drive.at(times_s)
        if not drive.any():
            return np.zeros(len(times_s))
        size = len(times_s) // count
        fatigue = np.rint(100 * self._script.fatigue.at(times_s[::size]).value).astype(int)
        edges = [0, *(np.flatnonzero(np.diff(fatigue)) + 1).tolist(), count]
        shaped = [
            self._shaped(number + begin, end - begin, size, _shaping_taps(round(rate_hz), int(fatigue[begin])))
            for begin, end in itertools.pairwise(edges)
        ]
        return self.full_rms_v * drive * np.concatenate(shaped)

    def _shaped(self, number: int, count: int, size: int, taps: Array) -> Array:
        """Return the noise of blocks with the spectrum of the taps, which need some of the blocks before."""
        noise = self._noise.setdefault(size, WhiteNoise(self._seed, f"emg {self._muscle}", size))
        n_before = -(-(len(taps) - 1) // size)
        white = noise.blocks(number - n_before, n_before + count)[:, 0]
        return np.convolve(white[n_before * size - len(taps) + 1 :], taps, mode="valid")
