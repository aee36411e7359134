"""Randomness that can be asked for in any order: every value depends on its seed, its name and its index alone."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from biofeedback.devices.simulated.strokes import Array, Track

_PAGE_BLOCKS = 16  # to set the generator costs more than to draw from it


def named_generator(seed: int, name: str) -> np.random.Generator:
    """Return a generator of its own for one purpose of one person."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


class WhiteNoise:
    """Gaussian noise of unit variance, in blocks that can be asked for in any order.

    A counter-based generator (Philox; Salmon 2011, SC11) is set to the block's number.
    """

    def __init__(self, seed: int, name: str, block_samples: int, n_channels: int = 1) -> None:
        self._key = np.array([seed, zlib.crc32(name.encode())], dtype=np.uint64)
        self._shape = (_PAGE_BLOCKS, block_samples, n_channels)
        self._pages: dict[int, Array] = {}

    def blocks(self, number: int, count: int) -> Array:
        """Return blocks that follow each other, shape (count * block_samples, n_channels); numbers may be negative."""
        return np.concatenate([self.block(each) for each in range(number, number + count)])

    def block(self, number: int) -> Array:
        """Return the block, shape (block_samples, n_channels); numbers may be negative."""
        page, place = divmod(number, _PAGE_BLOCKS)
        if page not in self._pages:
            while len(self._pages) >= 2:
                del self._pages[next(iter(self._pages))]
            self._pages[page] = self._page(page)
        return self._pages[page][place]

    def _page(self, number: int) -> Array:
        counter = np.array([0, 0, abs(number), int(number < 0)], dtype=np.uint64)
        return np.random.Generator(np.random.Philox(key=self._key, counter=counter)).standard_normal(self._shape)


def on_grid(of: Callable[[Array], Array], times_s: Array, step_s: float) -> Array:
    """Return a function of time at increasing times, shape (n_times,), by straight lines between the ticks of a grid.

    The grid begins at 0, so that a value depends on its time alone.
    """
    first, last = int(times_s[0] // step_s) - 1, int(times_s[-1] // step_s) + 2  # one more: a quotient is rounded
    ticks_s = step_s * np.arange(first, last + 1, dtype=np.float64)
    return np.interp(times_s, ticks_s, of(ticks_s))


@dataclass(frozen=True, slots=True)
class Wander:
    """A slow or rhythmic random variation: a sum of sines, so that its derivatives are exact. Unit root mean square."""

    frequencies_hz: Array
    phases: Array

    @classmethod
    def between(cls, generator: np.random.Generator, low_hz: float, high_hz: float, n_sines: int = 4) -> Wander:
        """Draw frequencies and phases; the frequencies spread over the whole range."""
        steps = (np.arange(n_sines) + generator.uniform(0.1, 0.9, n_sines)) / n_sines
        return cls(low_hz * (high_hz / low_hz) ** steps, generator.uniform(0, 2 * np.pi, n_sines))

    def near(self, times_s: Array, step_s: float) -> Array:
        """Return the variation at increasing times, by straight lines between the ticks of a grid."""
        return on_grid(self.values, times_s, step_s)

    def values(self, times_s: Array) -> Array:
        """Return the variation without its derivatives at times of shape (n_times,)."""
        phase = times_s[:, None] * (2 * np.pi * self.frequencies_hz) + self.phases
        return np.sin(phase).sum(axis=1) * math.sqrt(2 / len(self.phases))

    def at(self, times_s: Array) -> Track:
        """Return the variation at times of shape (n_times,)."""
        omega = 2 * np.pi * self.frequencies_hz
        phase = times_s[:, None] * omega + self.phases
        sine = np.sin(phase)
        weight = np.sqrt(2 / len(omega))
        value, rate, acceleration = sine * weight, np.cos(phase) * (weight * omega), -sine * (weight * omega**2)
        return Track(value.sum(axis=1), rate.sum(axis=1), acceleration.sum(axis=1))
