"""How far a sensor travels about its place: displacement from acceleration, as far as an accelerometer can tell it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from biofeedback.dsp import quaternion
from biofeedback.dsp.blocks import Blocks
from biofeedback.dsp.filters import SosFilter
from biofeedback.dsp.gaps import GapFiller, Run
from biofeedback.dsp.movement import BLOCK_S
from biofeedback.dsp.orientation import BRIDGED_S, GRAVITY, N_COLUMNS, QUATERNION, Orientation
from biofeedback.dsp.segment import MovementAxis

Array = NDArray[np.float64]

DISPLACEMENT = slice(N_COLUMNS, N_COLUMNS + 3)
"""Columns of `Carried`'s output: displacement in earth coordinates, m."""
ACCELERATION = slice(N_COLUMNS + 3, N_COLUMNS + 6)
"""Columns of `Carried`'s output: acceleration in earth coordinates without gravity, m/s²."""

EDGE_HZ = 0.2
"""Slower travel fades: 1° of error in the inclination would be 0.1 m here, and four times that an octave below."""
_LEAST_M_S = 0.05


class Displacement(SosFilter):
    """Acceleration in earth coordinates without gravity, m/s², integrated twice and held at its mean place: m.

    Two Butterworth high-passes of 0.2 Hz, each with an integration: a movement of 1.7 s comes out whole and 0.25 s
    early, one of 5 s at half its size. Warm-up 3 s.
    """

    def __init__(self, sampling_rate_hz: float) -> None:
        edge = 2.0 * np.pi * EDGE_HZ
        numerator, denominator = signal.bilinear([1.0, 0.0], [1.0, np.sqrt(2.0) * edge, edge**2], sampling_rate_hz)
        section = np.concatenate([np.asarray(numerator), np.asarray(denominator)])
        super().__init__(np.stack([section, section]), sampling_rate_hz, delay_at_hz=0.6)


class Travel:
    """Displacement along its own main direction in m, towards where the first movement went.

    The direction is learned at the end of blocks of 0.2 s, so that the chunks do not matter, and forgets slowly.
    """

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        self._blocks = Blocks(max(round(BLOCK_S * sampling_rate_hz), 2))
        self._main = MovementAxis()

    def process(self, rows: Array) -> Array:
        """Take the next displacements, shape (n_samples, 3), NaN where missing; return shape (n_samples,)."""
        travel = [np.zeros(0)]
        for part, block in self._blocks.process(rows):
            axis = self._main.axis
            travel.append(quaternion.dot(part, axis) if axis is not None else 0.0 * part[:, 0])
            if block is not None:
                self._learn(block)
        return np.concatenate(travel)

    def _learn(self, rows: Array) -> None:
        velocity = (rows[1:] - rows[:-1]) * self._rate
        fast = velocity[quaternion.dot(velocity, velocity) > _LEAST_M_S**2]  # what is missing is not fast
        if len(fast):
            self._main.update(fast, self._rate)


class Carried:
    """Orientation of an inertial sensor, and behind its columns displacement and acceleration."""

    def __init__(self, sampling_rate_hz: float) -> None:
        self._gaps = GapFiller(6, sampling_rate_hz, BRIDGED_S)  # makes the runs the orientation makes
        self._orientation = Orientation(sampling_rate_hz)
        self._displacement = Displacement(sampling_rate_hz)

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[Run]:
        """Take the next rows, shape (n_samples, 6), SI, NaN where lost; return runs of shape (n_samples, 14)."""
        chunk = (samples, times_s, first_sample)
        pairs = zip(self._gaps.process(*chunk), self._orientation.process(*chunk), strict=True)
        return [self._beside(acc.values[:, :3], run) for acc, run in pairs]

    def _beside(self, acc: Array, run: Run) -> Run:
        if run.after_gap:
            self._displacement.restart()
        earth = quaternion.rotate(run.values[:, QUATERNION], acc) - GRAVITY * quaternion.UP
        values = np.concatenate([run.values, self._displacement.process(earth), earth], axis=1)
        missing = np.concatenate([run.missing, np.repeat(run.missing[:, :1], 6, axis=1)], axis=1)
        return run._replace(values=values, missing=missing)
