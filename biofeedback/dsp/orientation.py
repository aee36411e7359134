"""Orientation of one inertial sensor from accelerometer and gyroscope, without a magnetometer.

VQF (Laidig & Seel 2023, Information Fusion 91:187) with its published settings: inclination holds to about 1°, heading
drifts slowly and has to be held by what is known of the joint (`joint.HingeAngle`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vqf import VQF

from biofeedback.dsp import quaternion
from biofeedback.dsp.gaps import GapFiller, Run

Array = NDArray[np.float64]

QUATERNION = slice(0, 4)
"""Columns of `Orientation`'s output: earth from sensor, wxyz."""
RATE = slice(4, 7)
"""Columns of `Orientation`'s output: angular velocity in sensor coordinates, rad/s, bias taken off."""
REST = 7
"""Column of `Orientation`'s output: 1 while the sensor lies still, else 0."""
N_COLUMNS = 8

BRIDGED_S = 0.2
"""The longest hole that is guessed: fast movement, optical truth, was 6° off after 0.3 s and 21° after 0.8 s."""
_HONEST_S = 0.020


class Orientation:
    """Streaming orientation with rest detection and gyroscope bias.

    Holes up to 0.2 s are bridged by straight lines, so that the heading is not lost, and come out marked as missing if
    they are longer than 20 ms; after longer ones the filter starts anew with the bias it knew and the heading it had:
    what was guessed of a whole second of movement would tilt the estimate for many more.

    Group delay 0 s; warm-up 0 s for inclination (3 s after a rough start), 3 s of stillness for the bias.
    """

    group_delay_s = 0.0
    warm_up_s = 0.0

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        self._gaps = GapFiller(6, sampling_rate_hz, BRIDGED_S)
        self._honest = round(_HONEST_S * sampling_rate_hz)
        self._filter = VQF(1.0 / sampling_rate_hz)
        self._turn: Array | None = None
        self._last: Array | None = None

    @property
    def bias_rad_s(self) -> Array:
        """The gyroscope's bias as known now, shape (3,)."""
        return np.asarray(self._filter.getBiasEstimate()[0], dtype=np.float64)

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[Run]:
        """Take the next rows of acceleration (m/s²) and angular velocity (rad/s).

        Parameters
        ----------
        samples
            Shape (n_samples, 6): acceleration x y z, angular velocity x y z; NaN where nothing was received.
        times_s
            Shape (n_samples,), host clock.
        first_sample
            Index of the first row, lost ones included.

        Returns
        -------
        list of Run
            Values of shape (n, 8): see `QUATERNION`, `RATE`, `REST`.
        """
        return [self._follow(run) for run in self._gaps.process(samples, times_s, first_sample)]

    def _follow(self, run: Run) -> Run:
        if run.after_gap:
            self._restart(run.values[0, :3])
        gyr = np.ascontiguousarray(run.values[:, 3:6])
        out = self._filter.updateBatch(gyr, np.ascontiguousarray(run.values[:, :3]))
        quats = out["quat6D"] if self._turn is None else quaternion.multiply(self._turn, out["quat6D"])
        quats = quaternion.continuous(quats, self._last)
        self._last = quats[-1]
        values = np.empty((len(gyr), N_COLUMNS))
        values[:, QUATERNION], values[:, RATE], values[:, REST] = quats, gyr - out["bias"], out["restDetected"]
        missing = np.repeat(self._long_holes(run.missing[:, 0])[:, None], N_COLUMNS, axis=1)
        return run._replace(values=values, missing=missing)

    def _restart(self, acceleration: Array) -> None:
        """Begin from gravity, with the bias known so far and as near as possible to the last orientation."""
        bias, sigma = self._filter.getBiasEstimate()
        self._filter = VQF(1.0 / self._rate)
        self._filter.setBiasEstimate(np.asarray(bias), float(sigma))
        probe = VQF(1.0 / self._rate)
        probe.updateAcc(np.ascontiguousarray(acceleration))
        if self._last is not None:
            change = quaternion.multiply(self._last, quaternion.conjugate(np.asarray(probe.getQuat6D())))
            self._turn = quaternion.about(quaternion.UP, quaternion.twist(change, quaternion.UP))

    def _long_holes(self, missing: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Keep the marks of holes longer than 20 ms; a hole never straddles two runs."""
        if not missing.any():
            return missing
        edges = np.flatnonzero(np.diff(np.concatenate([[0], missing.astype(np.int8), [0]])))
        marks = np.zeros_like(missing)
        for start, stop in edges.reshape(-1, 2):
            marks[start:stop] = stop - start > self._honest
        return marks
