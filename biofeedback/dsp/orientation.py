"""Orientation of one inertial sensor from accelerometer and gyroscope, with a magnetometer only if it is asked for.

VQF (Laidig & Seel 2023, Information Fusion 91:187) with its published settings: inclination holds to about 1°, heading
drifts slowly and has to be held by what is known of the joint (`joint.HingeAngle`) or, where no iron is near, by the
magnetic field.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import signal
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
DISTURBED = 8
"""One more column with a magnetometer: 1 while the field is not the one that was learned (or none was yet), else 0."""

BRIDGED_S = 0.2
"""The longest hole that is guessed: fast movement, optical truth, was 6° off after 0.3 s and 21° after 0.8 s."""
GRAVITY = 9.80665
"""What an accelerometer at rest measures, upwards, m/s²."""
_HONEST_S = 0.020
_RATE_LASTS_S, _ACCELERATION_LASTS_S = 0.3, 0.1  # how long a limb goes on turning, and speeding up, the same way
_CAUTION = 6.0  # limbs turn more suddenly than the random movement the doubt is reckoned from
_KNOWN_S = 3.0  # how far back the movement before a hole counts
_LITTLE_DOUBT_S = 1.0  # a guess worth more than so much acceleration is left alone
_NO_IDEA_RAD2 = 1.0
_TRUSTED_RAD = np.radians(6.0)
_LONGEST_DOUBT_S = 1.5


class Orientation:
    """Streaming orientation with rest detection and gyroscope bias.

    Holes up to 0.2 s (``bridged_s``) are bridged by straight lines, so that the heading is not lost, and come out
    marked as missing if they are longer than 20 ms; after longer ones the filter starts anew with the bias it knew and
    the heading it had.
    After a bridged hole gravity counts the more, the more the sensor can have turned unseen: the guess is worth so many
    seconds of acceleration. What is measured from may rather be missing than wrong: with ``only_trusted`` rows after
    a hole stay marked until their inclination is known to about 6°, for 1.5 s at most.

    With a ``magnetometer`` the heading is magnetic north's (x points east) by VQF's own rule: where the field differs
    by 10 % or in its dip by 10° from the one learned from 5 s of turning, the gyroscope carries the heading alone for
    60 s. After a long hole the heading is taken from the field anew,
    once it is known what is down; rows until then are not to be trusted.

    Group delay 0 s; warm-up 0 s for inclination (3 s after a rough start), 3 s of stillness for the bias.
    """

    group_delay_s = 0.0
    warm_up_s = 0.0

    def __init__(
        self,
        sampling_rate_hz: float,
        *,
        only_trusted: bool = False,
        magnetometer: bool = False,
        bridged_s: float = BRIDGED_S,
    ) -> None:
        self._rate = sampling_rate_hz
        self._only_trusted = only_trusted
        self._magnetometer = magnetometer
        self._gaps = GapFiller(9 if magnetometer else 6, sampling_rate_hz, bridged_s)
        self._honest = round(_HONEST_S * sampling_rate_hz)
        self._filter = VQF(1.0 / sampling_rate_hz)
        self._turn: Array | None = None
        self._last: Array | None = None
        self._doubt_rad2 = 0.0  # of the inclination when the filter began anew, `_since` rows ago
        self._since = 0
        self._unread = 0  # rows whose magnetic field is not looked at yet
        self._keep = float(np.exp(-1.0 / (_KNOWN_S * sampling_rate_hz)))
        self._movement = np.zeros(2)  # mean squares of the last seconds: turning in rad/s, acceleration in g, per axis
        self._fading = np.zeros((1, 2))

    @property
    def bias_rad_s(self) -> Array:
        """The gyroscope's bias as known now, shape (3,)."""
        return np.asarray(self._filter.getBiasEstimate()[0], dtype=np.float64)

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[Run]:
        """Take the next rows of acceleration (m/s²) and angular velocity (rad/s).

        Parameters
        ----------
        samples
            Shape (n_samples, 6): acceleration x y z, angular velocity x y z; NaN where nothing was received. With a
            magnetometer (n_samples, 9), the field in any unit; NaN there alone costs only the heading's hold.
        times_s
            Shape (n_samples,), host clock.
        first_sample
            Index of the first row, lost ones included.

        Returns
        -------
        list of Run
            Values of shape (n, 8): see `QUATERNION`, `RATE`, `REST`; (n, 9) with a magnetometer: see `DISTURBED`.
        """
        if self._magnetometer:
            field = samples[:, 6:]
            whole = np.isfinite(field).all(axis=1, keepdims=True)
            samples = np.hstack([samples[:, :6], np.where(whole, field, 0.0)])  # VQF skips zeros
        return [self._follow(run) for run in self._gaps.process(samples, times_s, first_sample)]

    def _follow(self, run: Run) -> Run:
        if run.after_gap:
            self._restart(run.values[0, :3], 1)
            self._doubt_rad2, self._since = _NO_IDEA_RAD2, 0
            if self._magnetometer:  # under a rough inclination the field would turn the heading anywhere
                rough_s = 2.0 * _ACCELERATION_LASTS_S * self._movement[1] / _TRUSTED_RAD**2
                self._unread = round(min(rough_s, _LONGEST_DOUBT_S) * self._rate)
        lost = self._long_holes(run.missing[:, 0])
        ends = (np.flatnonzero(lost[:-1] & ~lost[1:]) + 1).tolist()
        values = np.empty((len(lost), N_COLUMNS + self._magnetometer))
        missing = lost.copy()
        for begin, stop in pairwise([0, *ends, len(lost)]):
            if begin:
                self._doubt_bridge(int(np.argmax(np.append(~lost[begin - 1 :: -1], True))))
            values[begin:stop], unsure = self._filtered(run.values[begin:stop])
            missing[begin:stop] |= unsure & self._only_trusted
        return run._replace(values=values, missing=np.repeat(missing[:, None], values.shape[1], axis=1))

    def _filtered(self, samples: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Return the output of rows without a hole, and which of them are not to be trusted yet."""
        unread = min(self._unread, len(samples))
        self._unread -= unread
        gyr, acc = np.ascontiguousarray(samples[:, 3:6]), np.ascontiguousarray(samples[:, :3])
        if self._magnetometer:
            field = samples[:, 6:].copy()
            field[:unread] = 0.0
            out = self._filter.updateBatch(gyr, acc, field)
            quats, extra = out["quat9D"], [out["magDistDetected"]]
        else:
            out = self._filter.updateBatch(gyr, acc)
            quats = out["quat6D"] if self._turn is None else quaternion.multiply(self._turn, out["quat6D"])
            extra = []
        quats = quaternion.continuous(quats, self._last)
        self._last = quats[-1]
        values = np.empty((len(gyr), N_COLUMNS + self._magnetometer))
        values[:, QUATERNION], values[:, RATE], values[:, REST] = quats, gyr - out["bias"], out["restDetected"]
        for column, rows in enumerate(extra, N_COLUMNS):
            values[:, column] = rows
        ahead = quaternion.rotate(quats, acc)[:, :2] / GRAVITY
        squares = np.column_stack(
            [quaternion.dot(values[:, RATE], values[:, RATE]) / 3.0, (ahead**2).sum(axis=1) / 2.0]
        )
        means, self._fading = signal.lfilter([1.0 - self._keep], [1.0, -self._keep], squares, axis=0, zi=self._fading)
        self._movement = means[-1]
        unsure = self._unsure(means[:, 1])
        unsure[:unread] = True
        return values, unsure

    def _unsure(self, acceleration: Array) -> NDArray[np.bool_]:
        """Tell of which rows the inclination is not known well enough since the filter began anew."""
        if self._doubt_rad2 == 0.0:
            return np.zeros(len(acceleration), dtype=np.bool_)
        seen_s = (self._since + 1 + np.arange(len(acceleration))) / self._rate
        self._since += len(acceleration)
        left = self._left(seen_s, acceleration)
        if seen_s[-1] > _LONGEST_DOUBT_S:
            self._doubt_rad2 = 0.0
        return (left > _TRUSTED_RAD**2) & (seen_s <= _LONGEST_DOUBT_S)

    def _left(self, seen_s: Array | float, acceleration: Array | float) -> Array | float:
        """Return the variance of the inclination in rad² after so many seconds of acceleration."""
        of_the_mean = 2.0 * _ACCELERATION_LASTS_S * np.maximum(acceleration, 1e-9) / seen_s
        return 1.0 / (1.0 / self._doubt_rad2 + 1.0 / of_the_mean)

    def _doubt_bridge(self, n_rows: int) -> None:
        """Give the orientation at the end of a bridged hole the weight it deserves.

        What it can be off by is the variance of a random angular velocity's integral between two known values
        (Ornstein–Uhlenbeck bridge).
        """
        turning, acceleration = self._movement
        hole_s = n_rows / self._rate
        unseen = hole_s - 2.0 * _RATE_LASTS_S * np.tanh(hole_s / (2.0 * _RATE_LASTS_S))
        before = float(self._left(self._since / self._rate, acceleration)) if self._doubt_rad2 and self._since else 0.0
        doubt = min(_CAUTION * 2.0 * turning * _RATE_LASTS_S * unseen + before, _NO_IDEA_RAD2)
        worth_s = 2.0 * _ACCELERATION_LASTS_S * acceleration / max(doubt, 1e-9)
        if worth_s < _LITTLE_DOUBT_S and self._last is not None:
            gravity = quaternion.rotate(quaternion.conjugate(self._last), quaternion.UP) * GRAVITY
            self._restart(gravity, max(round(worth_s * self._rate), 1))
            self._doubt_rad2, self._since = doubt, 0

    def _restart(self, acceleration: Array, n_rows: int) -> None:
        """Begin from gravity, seen for some rows, with the bias, field and, if there is one, heading known so far."""
        bias, sigma = self._filter.getBiasEstimate()
        field = self._filter.getMagRefNorm(), self._filter.getMagRefDip()
        self._filter = VQF(1.0 / self._rate)
        self._filter.setMagRef(*field)
        self._filter.setBiasEstimate(np.asarray(bias), float(sigma))
        self._filter.updateBatch(np.tile(bias, (n_rows, 1)), np.tile(acceleration, (n_rows, 1)))
        self._filter.setBiasEstimate(np.asarray(bias), float(sigma))  # nothing was learned from made-up rows
        if self._last is not None:
            change = quaternion.multiply(self._last, quaternion.conjugate(np.asarray(self._filter.getQuat6D())))
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
