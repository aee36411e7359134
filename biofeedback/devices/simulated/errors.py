"""What sensors add of their own: noise, bias, drift, hum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from biofeedback.devices.simulated.body import Felt
from biofeedback.devices.simulated.muscle import CROSS_TALK
from biofeedback.devices.simulated.noise import Wander, WhiteNoise, named_generator
from biofeedback.devices.simulated.strokes import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """What is wrong with the sensors, in SI units; `Errors.none` is a perfect set.

    ``gyroscope_bias`` and ``gyroscope_drift`` are root mean squares an axis over persons and over time.
    """

    mounting_rad: float = np.deg2rad(8.0)
    accelerometer_noise: float = 0.012
    accelerometer_bias: float = 0.03
    gyroscope_noise: float = np.deg2rad(0.08)
    gyroscope_bias: float = np.deg2rad(0.35)
    gyroscope_drift: float = np.deg2rad(0.03)
    emg_noise_v: float = 4.0e-6
    emg_wander_v: float = 3.0e-6
    mains_v: float = 0.3e-6
    cross_talk: float = CROSS_TALK
    motion_artefact_v: float = 8.0e-6

    @classmethod
    def none(cls) -> Errors:
        """Return sensors without any error; mounting and soft tissue stay the person's own."""
        return cls(**{name: 0.0 for name in cls.__slots__ if name != "mounting_rad"})


class ImuErrors:
    """Noise, bias and slow drift of one inertial sensor."""

    def __init__(self, errors: Errors, seed: int, placement: str, block_samples: int) -> None:
        generator = named_generator(seed, f"imu {placement}")
        self._noise = WhiteNoise(seed, f"imu {placement}", block_samples, 6)
        self._size = np.repeat([errors.accelerometer_noise, errors.gyroscope_noise], 3)
        self._bias = generator.standard_normal(6) * np.repeat([errors.accelerometer_bias, errors.gyroscope_bias], 3)
        self._wander = [Wander.between(generator, 1 / 600, 1 / 60) for _ in range(3)]
        self._drift = errors.gyroscope_drift

    def added(self, felt: Felt, number: int, count: int, times_s: Array) -> Array:
        """Return blocks of samples, shape (count * block_samples, 6), acceleration before angular velocity."""
        data = np.concatenate([felt.force, felt.angular_velocity], axis=1) + self._bias
        if self._drift:
            size = len(times_s) // count
            drift = np.stack([wander.values(times_s[::size]) for wander in self._wander], axis=1)
            data[:, 3:] += self._drift * np.repeat(drift, size, axis=0)
        return data + self._size * self._noise.blocks(number, count) if self._size.any() else data


class EmgErrors:
    """What an electrode and its amplifier add: white noise, slow wander of the half-cells, hum, motion artefact."""

    def __init__(self, errors: Errors, seed: int, placement: str, block_samples: int, mains_hz: float) -> None:
        generator = named_generator(seed, f"electrode {placement}")
        self._noise = WhiteNoise(seed, f"electrode {placement}", block_samples)
        self._wander = Wander.between(generator, 0.1, 1.5, 3)
        self._phase = generator.uniform(0, 2 * np.pi)
        self._errors, self._mains_hz = errors, mains_hz

    def added(self, own: Array, acceleration: Array, number: int, count: int, times_s: Array) -> Array:
        """Return blocks of samples in V, shape (count * block_samples,)."""
        errors = self._errors
        data = own + errors.motion_artefact_v * acceleration
        if errors.emg_noise_v:
            data = data + errors.emg_noise_v * self._noise.blocks(number, count)[:, 0]
        if errors.emg_wander_v:
            data = data + errors.emg_wander_v * self._wander.near(times_s, 0.02)  # it is far slower
        if errors.mains_v:
            hum = np.sin(2 * np.pi * self._mains_hz * times_s + self._phase)
            data = data + np.sqrt(2) * errors.mains_v * hum
        return data
