"""From any sensor to the signals whose repetitions are counted, and back: what belongs to each of them."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.conditioning import EmgConditioning
from biofeedback.dsp.filters import low_pass
from biofeedback.dsp.gaps import GapFiller, Run
from biofeedback.dsp.orientation import GRAVITY, N_COLUMNS, RATE
from biofeedback.dsp.resample import UniformGrid, longest_gap_s
from biofeedback.dsp.segment import Rotation
from biofeedback.dsp.travel import ACCELERATION, DISPLACEMENT, Carried, Travel
from biofeedback.measures.emg import Normalisation

Array = NDArray[np.float64]
CountedKind = Literal["imu", "acceleration", "angle", "emg", "any"]

GRID_HZ = 100.0
_SLOPE_S = 0.04
_TILT_HZ = 1.0


class CountedBlock(NamedTuple):
    """Consecutive ticks of the signals to count on, and of how fast each moves; shape (n_ticks, n_signals).

    ``acceleration`` is that of an inertial sensor, shape (n_ticks, 3), earth coordinates without gravity, m/s²; it has
    no columns for any other sensor.
    """

    first_tick: int
    values: Array
    speed: Array
    acceleration: Array

    @property
    def times_s(self) -> Array:
        """Times of the ticks."""
        return (self.first_tick + np.arange(len(self.values))) / GRID_HZ


class CountedSignal:
    """The signals to count on, on the grid of 100 Hz, NaN where nothing was measured.

    An inertial sensor gives two: the turn about the movement's own axis in degrees with its angular speed in °/s, and
    the travel along the movement's own direction in m with its speed in m/s. An accelerometer alone gives how far it
    tilts, in degrees as if tilts were small, up to 1 Hz. EMG gives the envelope in percent of the highest so far; an
    angle or any other column itself. All but the turn go with the size of their slope.
    """

    def __init__(self, kind: CountedKind, sampling_rate_hz: float) -> None:
        self.kind: CountedKind = kind
        self._source = _source(kind, sampling_rate_hz)
        longest = longest_gap_s(sampling_rate_hz)
        self._grid = UniformGrid(GRID_HZ, quaternion=kind == "imu", longest_gap_s=longest)
        self._rotation, self._travel = Rotation(GRID_HZ), Travel(GRID_HZ)
        self._percent = Normalisation(1, GRID_HZ)
        self._before = np.full(round(_SLOPE_S * GRID_HZ), np.nan)

    @property
    def units(self) -> tuple[str, ...]:
        """Units of the signals; empty where it is the column's own."""
        return {"imu": ("°", "m"), "acceleration": ("°",), "angle": ("°",), "emg": ("%",), "any": ("",)}[self.kind]

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[CountedBlock]:
        """Take the next rows of the sensor, shape (n_samples, n_columns), SI; an angle in rad."""
        blocks: list[CountedBlock] = []
        for run in self._source.process(samples, times_s, first_sample):
            for block in self._grid.process(run):
                blocks.append(CountedBlock(block.first_tick, *self._values(block.values)))
        return blocks

    def _values(self, rows: Array) -> tuple[Array, Array, Array]:
        if self.kind == "imu":
            rate = rows[:, RATE]
            turn = np.degrees(self._rotation.process(rows[:, :N_COLUMNS]))
            travel = self._travel.process(rows[:, DISPLACEMENT])
            turning = np.degrees(np.sqrt(quaternion.dot(rate, rate)))
            speed = np.stack([turning, self._slope(travel)], axis=1)
            return np.stack([turn, travel], axis=1), speed, rows[:, ACCELERATION]
        if self.kind == "acceleration":
            values = np.degrees(self._travel.process(rows / GRAVITY))
        else:
            values = self._percent.process(rows)[:, 0] if self.kind == "emg" else rows[:, 0]
            values = np.degrees(values) if self.kind == "angle" else values
        return values[:, None], self._slope(values)[:, None], np.empty((len(values), 0))

    def _slope(self, values: Array) -> Array:
        known = np.concatenate([self._before, values])
        self._before = known[len(known) - len(self._before) :]
        return np.abs(known[len(self._before) :] - known[: -len(self._before)]) / _SLOPE_S


def _source(kind: CountedKind, sampling_rate_hz: float) -> Carried | _Tilted | EmgConditioning | GapFiller:
    """Return what makes runs without holes of the sensor's rows."""
    if kind == "imu":
        return Carried(sampling_rate_hz)
    if kind == "acceleration":
        return _Tilted(sampling_rate_hz)
    return EmgConditioning(sampling_rate_hz, 1) if kind == "emg" else GapFiller(1, sampling_rate_hz)


class _Tilted:
    """Acceleration without what is too quick to be a tilt."""

    def __init__(self, sampling_rate_hz: float) -> None:
        self._gaps = GapFiller(3, sampling_rate_hz)
        self._smooth = low_pass(_TILT_HZ, sampling_rate_hz) if 0.4 * sampling_rate_hz > _TILT_HZ else None

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[Run]:
        return [self._smoothed(run) for run in self._gaps.process(samples, times_s, first_sample)]

    def _smoothed(self, run: Run) -> Run:
        if self._smooth is None:
            return run
        if run.after_gap:
            self._smooth.restart()
        return run._replace(values=self._smooth.process(run.values))
