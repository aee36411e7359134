"""One sensor on one segment: how far it has turned, about the axis the movement itself shows.

Nothing is asked of the mounting. The axis is the main direction of the angular velocity while the segment moves, in
sensor coordinates, forgetting slowly; positive is the way the first movement went.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.orientation import QUATERNION, RATE, REST

Array = NDArray[np.float64]

_TURN = 2.0 * np.pi
_BLOCK_S = 0.2
_MEMORY_S = 10.0  # of movement, not of time
_SLOWEST_RAD_S = np.radians(12.0)  # slower than this the segment does not move
_FIRST_MOVE_RAD = np.radians(10.0)
_REST_BAND_RAD = np.radians(15.0)
_DRIFT_TAKEN_S = 2.0
_STEP_FORGOTTEN_S = 3.0  # a new axis changes the angle: smoothly


class MovementAxis:
    """The main axis of a movement, followed by power iteration so that it never jumps or changes its sign.

    A movement without one main axis (a circle) keeps the axis it has.
    """

    def __init__(self) -> None:
        self._moment = np.zeros((3, 3))
        self.axis: Array | None = None

    def update(self, rate: Array, sampling_rate_hz: float) -> None:
        """Take the angular velocity of one block, shape (n, 3), rad/s, in which something moved."""
        keep = np.exp(-len(rate) / (sampling_rate_hz * _MEMORY_S))
        self._moment = keep * self._moment + rate.T @ rate
        axis = self._moment[int(np.argmax(np.diag(self._moment)))] if self.axis is None else self.axis
        for _ in range(4):
            axis = quaternion.normalised(self._moment @ axis)
        self.axis = axis

    def flip(self) -> None:
        """Count the other way round."""
        if self.axis is not None:
            self.axis = -self.axis


class SegmentAngle(ABC):
    """An angle of one segment since rest, in rad, from the rows `dsp.orientation.Orientation` gives.

    Rest is where the segment was before the first movement, or what `zero` says. Group delay 0 s; warm-up: the first
    0.2 s of movement.
    """

    group_delay_s = 0.0
    warm_up_s = _BLOCK_S

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        self._size = max(round(_BLOCK_S * sampling_rate_hz), 2)
        self._block: list[Array] = []
        self._filled = 0
        self._movement = MovementAxis()
        self._reference: Array | None = None
        self._raw = 0.0
        self._turns = 0.0
        self._step = 0.0
        self._farthest = 0.0
        self._mean = 0.0

    @property
    def axis(self) -> Array | None:
        """The movement's axis in sensor coordinates, shape (3,); None before the first movement."""
        return self._movement.axis

    def zero(self, quat: Array) -> None:
        """Make the orientation ``quat``, shape (4,), the rest pose."""
        self._reference = quat
        self._raw = self._turns = self._step = 0.0

    def process(self, rows: Array) -> Array:
        """Take the next rows, shape (n_samples, 8), NaN where missing; return the angle in rad, shape (n_samples,)."""
        out = np.empty(len(rows))
        done = 0
        while done < len(rows):
            part = rows[done : done + self._size - self._filled]
            out[done : done + len(part)] = self._angle(part)
            self._block.append(part)
            self._filled += len(part)
            done += len(part)
            if self._filled == self._size:
                self._learn(np.concatenate(self._block))
                self._block, self._filled = [], 0
        return out

    def _angle(self, rows: Array) -> Array:
        """Return the angle of some rows with what is known before them."""
        quats = rows[:, QUATERNION]
        known = np.flatnonzero(~np.isnan(quats[:, 0]))
        angles = np.full(len(rows), np.nan)
        if known.size == 0:
            return angles
        if self._reference is None:
            self._reference = quats[known[0]]
        if self.axis is None:
            angles[known] = 0.0
            return angles
        raw = self._measure(quats[known], self._reference, self.axis)
        turns = self._turns - np.cumsum(np.rint(np.diff(raw, prepend=self._raw) / _TURN))
        self._raw, self._turns = float(raw[-1]), float(turns[-1])
        fade = np.exp(-np.arange(self._filled, self._filled + len(rows))[known] / (_STEP_FORGOTTEN_S * self._rate))
        angles[known] = raw + _TURN * turns + self._step * fade
        return angles

    @abstractmethod
    def _measure(self, quats: Array, reference: Array, axis: Array) -> Array:
        """Return the angle of each row, up to whole turns."""

    def _learn(self, rows: Array) -> None:
        """Update axis, sign and rest pose from a whole block."""
        rows = rows[~np.isnan(rows[:, 0])]
        if len(rows) == 0:
            return
        self._step *= float(np.exp(-self._size / (_STEP_FORGOTTEN_S * self._rate)))
        rate = rows[:, RATE]
        moving = quaternion.dot(rate, rate) > _SLOWEST_RAD_S**2
        if moving.any():
            self._movement.update(rate[moving], self._rate)
            self._choose_sign(rows[-1, QUATERNION])
        elif self.axis is None:
            self._reference = rows[-1, QUATERNION]
        elif rows[:, REST].min() > 0.5 and abs(self._raw) < _REST_BAND_RAD:
            self._take_drift(rows[-1, QUATERNION])

    def _choose_sign(self, quat: Array) -> None:
        """Let the first movement be positive; turn round if the movement turns out to lie on the other side of rest."""
        assert self.axis is not None
        assert self._reference is not None
        raw = float(self._measure(quat[None], self._reference, self.axis)[0])
        before = self._raw + _TURN * self._turns + self._step
        self._turns -= float(np.rint((raw - self._raw) / _TURN))
        self._raw = raw
        now = raw + _TURN * self._turns
        self._step = before - now
        first = self._farthest < _FIRST_MOVE_RAD
        self._farthest = max(self._farthest, abs(now))
        self._mean += (now - self._mean) * _BLOCK_S / _MEMORY_S
        wrong_side = self._mean < -0.3 * self._farthest and abs(now) < 0.2 * self._farthest
        if (first and now < 0.0) or wrong_side:
            self._turn_round()

    def _turn_round(self) -> None:
        """Count the other direction as positive."""
        self._movement.flip()
        self._raw, self._turns = -self._raw, -self._turns
        self._step, self._mean = -self._step, -self._mean

    def _take_drift(self, quat: Array) -> None:
        """Let the rest pose follow a slow drift while the segment rests near it."""
        assert self._reference is not None
        near = quaternion.continuous(quat[None], self._reference)[0]
        share = _BLOCK_S / _DRIFT_TAKEN_S
        self._reference = quaternion.normalised((1.0 - share) * self._reference + share * near)


class Rotation(SegmentAngle):
    """Angle turned about the movement's own axis since rest (the twist of swing and twist)."""

    def _measure(self, quats: Array, reference: Array, axis: Array) -> Array:
        return quaternion.twist(quaternion.multiply(quaternion.conjugate(reference), quats), axis)


class Inclination(SegmentAngle):
    """Angle by which the segment leans away from how it stood at rest, free of heading drift.

    The size is the angle between the plumb line now and at rest, both seen from the sensor: for a limb that hangs at
    rest it is the elevation. The sign is the side of the movement's axis, so that a movement through the rest pose
    does not fold.
    """

    def __init__(self, sampling_rate_hz: float) -> None:
        super().__init__(sampling_rate_hz)
        self._side = 1.0

    def _measure(self, quats: Array, reference: Array, axis: Array) -> Array:
        plumb = quaternion.rotate(quaternion.conjugate(quats), quaternion.UP)
        rest = quaternion.rotate(quaternion.conjugate(reference), quaternion.UP)
        normal = quaternion.cross(plumb, rest)
        sine = np.sqrt(quaternion.dot(normal, normal))
        angle = np.arctan2(sine, quaternion.dot(plumb, rest))
        along = quaternion.dot(normal, axis) / np.maximum(sine, 1e-9)
        far = np.clip((angle - np.pi / 3) / (np.pi / 6), 0.0, 1.0)
        return angle * ((1.0 - far) * np.clip(2.0 * along, -1.0, 1.0) + far * self._sides(along, far))

    def _turn_round(self) -> None:
        super()._turn_round()
        self._side = -self._side

    def _sides(self, along: Array, far: Array) -> Array:
        """Return the side each row is on, as it was when the angle was last small enough to tell."""
        near = np.concatenate([[True], far == 0.0])
        signs = np.concatenate([[self._side], np.where(along < 0.0, -1.0, 1.0)])
        held = signs[np.maximum.accumulate(np.where(near, np.arange(len(signs)), 0))]
        self._side = float(held[-1])
        return held[1:]
