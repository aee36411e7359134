"""From any sensor to the one signal whose repetitions are counted, and back: what belongs to each of them."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.conditioning import EmgConditioning
from biofeedback.dsp.gaps import GapFiller
from biofeedback.dsp.orientation import RATE, Orientation
from biofeedback.dsp.resample import UniformGrid, longest_gap_s
from biofeedback.dsp.segment import Rotation
from biofeedback.measures.emg import Normalisation

Array = NDArray[np.float64]
CountedKind = Literal["imu", "angle", "emg", "any"]

GRID_HZ = 100.0
_SLOPE_S = 0.04


class CountedBlock(NamedTuple):
    """Consecutive ticks of the counted signal, and of how fast the body part moves; shape (n_ticks,) each."""

    first_tick: int
    values: Array
    speed: Array

    @property
    def times_s(self) -> Array:
        """Times of the ticks."""
        return (self.first_tick + np.arange(len(self.values))) / GRID_HZ


class CountedSignal:
    """The signal to count on, on the grid of 100 Hz, NaN where nothing was measured.

    An inertial sensor gives the turn about the movement's own axis in degrees, and its angular speed in °/s; EMG the
    envelope in percent of the highest so far; an angle or any other column itself, and the size of its slope.
    """

    def __init__(self, kind: CountedKind, sampling_rate_hz: float) -> None:
        self.kind: CountedKind = kind
        self._orientation = Orientation(sampling_rate_hz) if kind == "imu" else None
        self._conditioning = EmgConditioning(sampling_rate_hz, 1) if kind == "emg" else None
        self._gaps = GapFiller(1, sampling_rate_hz)
        longest = longest_gap_s(sampling_rate_hz)
        self._grid = UniformGrid(GRID_HZ, quaternion=kind == "imu", longest_gap_s=longest)
        self._rotation = Rotation(GRID_HZ)
        self._percent = Normalisation(1, GRID_HZ)
        self._before = np.full(round(_SLOPE_S * GRID_HZ), np.nan)

    @property
    def unit(self) -> str:
        """Unit of the values; empty where it is the column's own."""
        return {"imu": "°", "angle": "°", "emg": "%", "any": ""}[self.kind]

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[CountedBlock]:
        """Take the next rows of the sensor, shape (n_samples, n_columns), SI; an angle in rad."""
        source = self._orientation or self._conditioning or self._gaps
        blocks: list[CountedBlock] = []
        for run in source.process(samples, times_s, first_sample):
            for block in self._grid.process(run):
                blocks.append(CountedBlock(block.first_tick, *self._values(block.values)))
        return blocks

    def _values(self, rows: Array) -> tuple[Array, Array]:
        if self.kind == "imu":
            rate = rows[:, RATE]
            return np.degrees(self._rotation.process(rows)), np.degrees(np.sqrt(quaternion.dot(rate, rate)))
        values = self._percent.process(rows)[:, 0] if self.kind == "emg" else rows[:, 0]
        values = np.degrees(values) if self.kind == "angle" else values
        known = np.concatenate([self._before, values])
        self._before = known[len(known) - len(self._before) :]
        return values, np.abs(known[len(self._before) :] - known[: -len(self._before)]) / _SLOPE_S
