"""One sensor on one segment: how far it has turned, about the axis the movement itself shows.

Nothing is asked of the mounting. The axis is the main direction of the angular velocity while the segment moves, in
sensor coordinates, forgetting slowly; positive is the way the first movement went.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.movement import BLOCK_S, MEMORY_S, SLOWEST_RAD_S, MovementAngle
from biofeedback.dsp.orientation import QUATERNION, RATE, REST

Array = NDArray[np.float64]

_REST_BAND_RAD = np.radians(15.0)
_DRIFT_TAKEN_S = 2.0
_TRUST_IN_HEADING = 0.2


class MovementAxis:
    """The main axis of a movement, followed by power iteration so that it never jumps or changes its sign.

    The way of the first movement is positive. A movement without one main axis (a circle) keeps the axis it has.
    """

    def __init__(self) -> None:
        self._moment = np.zeros((3, 3))
        self.axis: Array | None = None

    def update(self, rate: Array, sampling_rate_hz: float) -> None:
        """Take the velocity of one block, angular or not, shape (n, 3), in which something moved."""
        keep = np.exp(-len(rate) / (sampling_rate_hz * MEMORY_S))
        self._moment = keep * self._moment + rate.T @ rate
        axis = self._moment[int(np.argmax(np.diag(self._moment)))] if self.axis is None else self.axis
        for _ in range(4):
            axis = quaternion.normalised(self._moment @ axis)
        self.axis = -axis if self.axis is None and rate.sum(axis=0) @ axis < 0.0 else axis

    def flip(self) -> None:
        """Count the other way round."""
        if self.axis is not None:
            self.axis = -self.axis


class SegmentAngle(MovementAngle):
    """An angle of one segment since rest, in rad, from the rows `dsp.orientation.Orientation` gives.

    Rest is where the segment was before the first movement, or what `zero` says; a slow drift of the rest pose is
    taken up while the segment rests near it.
    """

    def __init__(self, sampling_rate_hz: float) -> None:
        super().__init__(sampling_rate_hz)
        self._movement = MovementAxis()

    @property
    def axis(self) -> Array | None:
        """The movement's axis in sensor coordinates, shape (3,); None before the first movement."""
        return self._movement.axis

    def process(self, rows: Array) -> Array:
        """Take the next rows, shape (n_samples, 8), NaN where missing; return the angle in rad, shape (n_samples,)."""
        return self._follow(rows)

    def zero(self, quat: Array) -> None:
        """Make the orientation ``quat``, shape (4,), the rest pose."""
        self._reference = np.concatenate([quat, np.zeros(4)])
        self._told = True
        self._raw = self._turns = self._step = 0.0

    @property
    def _ready(self) -> bool:
        return self.axis is not None

    def _learn(self, rows: Array) -> bool:
        rate = rows[:, RATE]
        moving = quaternion.dot(rate, rate) > SLOWEST_RAD_S**2
        if moving.any():
            self._movement.update(rate[moving], self._rate)
        return bool(moving.any())

    def _turn_round(self) -> None:
        self._movement.flip()

    def _rest(self, rows: Array) -> None:
        super()._rest(rows)
        if self._reference is not None and rows[:, REST].min() > 0.5 and abs(self._raw) < _REST_BAND_RAD:
            near = quaternion.continuous(rows[-1:, QUATERNION], self._reference[QUATERNION])[0]
            share = BLOCK_S / _DRIFT_TAKEN_S
            self._reference = self._reference.copy()
            mixed = (1.0 - share) * self._reference[QUATERNION] + share * near
            self._reference[QUATERNION] = quaternion.normalised(mixed)


class Rotation(SegmentAngle):
    """Angle turned about the movement's own axis since rest (the twist of swing and twist).

    After a loss the heading is a guess. It is taken so that the segment has turned about its axis and little else;
    about an upright axis nothing tells it, and the angle goes on from where it was.
    """

    def _after_hole(self, row: Array, anew: bool) -> None:
        if not anew or self.axis is None or self._reference is None:
            return
        since = quaternion.conjugate(self._reference[QUATERNION])
        half_turns = (quaternion.IDENTITY, np.concatenate([[0.0], quaternion.UP]))
        turned = [quaternion.multiply(quaternion.multiply(since, half), row[QUATERNION]) for half in half_turns]
        along = np.array([[turn[0], quaternion.dot(turn[1:], self.axis)] for turn in turned])
        moment = along @ along.T + np.diag([_TRUST_IN_HEADING, 0.0])
        cosine, sine = np.linalg.eigh(moment)[1][:, -1]
        heading = quaternion.about(quaternion.UP, -2.0 * np.arctan2(sine, cosine))
        self._reference = self._reference.copy()
        self._reference[QUATERNION] = quaternion.multiply(heading, self._reference[QUATERNION])

    def _measure(self, rows: Array, reference: Array) -> Array:
        assert self.axis is not None
        turned = quaternion.multiply(quaternion.conjugate(reference[QUATERNION]), rows[:, QUATERNION])
        return quaternion.twist(turned, self.axis)


class Inclination(SegmentAngle):
    """Angle by which the segment leans away from how it stood at rest, free of heading drift.

    The size is the angle between the plumb line now and at rest, both seen from the sensor: for a limb that hangs at
    rest it is the elevation. The sign is the side of the movement's axis, so that a movement through the rest pose
    does not fold.
    """

    def __init__(self, sampling_rate_hz: float) -> None:
        super().__init__(sampling_rate_hz)
        self._side = 1.0

    def _measure(self, rows: Array, reference: Array) -> Array:
        assert self.axis is not None
        plumb = quaternion.rotate(quaternion.conjugate(rows[:, QUATERNION]), quaternion.UP)
        rest = quaternion.rotate(quaternion.conjugate(reference[QUATERNION]), quaternion.UP)
        normal = quaternion.cross(plumb, rest)
        sine = np.sqrt(quaternion.dot(normal, normal))
        angle = np.arctan2(sine, quaternion.dot(plumb, rest))
        along = quaternion.dot(normal, self.axis) / np.maximum(sine, 1e-9)
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
