"""Joint angles to what an inertial sensor on a segment feels.

Earth frame: x ahead of the person, y to the left, z up. A segment's frame is the earth's when the person stands with
the arms hanging; its z axis is its long axis, pointing towards the trunk. Vectors are three arrays of shape (n,).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from biofeedback.devices.simulated.kinds import LIFT_M, Movement
from biofeedback.devices.simulated.noise import Wander, named_generator
from biofeedback.devices.simulated.strokes import Array, Track

GRAVITY = 9.80665

Vector = tuple[Array, Array, Array]
Step = tuple[float, float, float]


class Turn(NamedTuple):
    """A rotation about a coordinate axis of the frame so far; axis 0 is x, 1 is y, 2 is z; the angle is in rad."""

    axis: int
    angle: Track


class Shift(NamedTuple):
    """A step along the segment, in metres, in the frame so far."""

    x: float
    y: float
    z: float


class Lift(NamedTuple):
    """A way straight up in metres, before any turn."""

    height: Track


class Felt(NamedTuple):
    """What a sensor feels without error, shape (n, 3) each: specific force in m/s², angular velocity in rad/s."""

    force: Array
    angular_velocity: Array


def _cross(a: Vector, b: Vector | Step) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _turned(vector: Vector, axis: int, cosine: Array, sine: Array) -> Vector:
    """Express a vector in the frame that was turned about an axis."""
    turned = list(vector)
    second, third = (axis + 1) % 3, (axis + 2) % 3
    turned[second] = cosine * vector[second] + sine * vector[third]
    turned[third] = cosine * vector[third] - sine * vector[second]
    return turned[0], turned[1], turned[2]


def feel(chain: Sequence[Turn | Shift | Lift], n_times: int) -> Felt:
    """Walk along a chain from the resting trunk to the sensor and return what is felt there.

    Each turn adds its rate to the angular velocity and its acceleration, with the Coriolis part, to the angular
    acceleration; each shift adds the tangential and the centripetal acceleration.
    """
    zero = np.zeros(n_times)
    omega: Vector = (zero, zero, zero)
    alpha: Vector = (zero, zero, zero)
    force: Vector = (zero, zero, np.full(n_times, GRAVITY))
    for link in chain:
        if isinstance(link, Turn):
            cosine, sine = np.cos(link.angle.value), np.sin(link.angle.value)
            omega, alpha, force = (_turned(vector, link.axis, cosine, sine) for vector in (omega, alpha, force))
            alpha = _with_coriolis(alpha, omega, link)
            turning = list(omega)
            turning[link.axis] = turning[link.axis] + link.angle.rate
            omega = turning[0], turning[1], turning[2]
        elif isinstance(link, Lift):
            force = force[0], force[1], force[2] + link.height.acceleration
        else:
            arm = (link.x, link.y, link.z)
            tangential, centripetal = _cross(alpha, arm), _cross(omega, _cross(omega, arm))
            x, y, z = (f + t + c for f, t, c in zip(force, tangential, centripetal, strict=True))
            force = x, y, z
    return Felt(np.stack(force, axis=1), np.stack(omega, axis=1))


def _with_coriolis(alpha: Vector, omega: Vector, link: Turn) -> Vector:
    rate, axis = link.angle.rate, link.axis
    second, third = (axis + 1) % 3, (axis + 2) % 3
    out = list(alpha)
    out[axis] = alpha[axis] + link.angle.acceleration
    out[second] = alpha[second] + omega[third] * rate
    out[third] = alpha[third] - omega[second] * rate
    return out[0], out[1], out[2]


def orientation(chain: Sequence[Turn | Shift | Lift], n_times: int) -> Rotation:
    """Return the rotations, earth from the chain's end, one for each time."""
    whole = Rotation.identity(n_times)
    for link in chain:
        if isinstance(link, Turn):
            whole = whole * Rotation.from_rotvec(np.outer(link.angle.value, np.eye(3)[link.axis]))
    return whole


@dataclass(frozen=True, slots=True)
class Mounting:
    """How a sensor sits on its segment: sensor axes in the segment frame, as rows that act on ``vector @ matrix``."""

    matrix: NDArray[np.float64]

    @classmethod
    def tilted(cls, generator: np.random.Generator, error_rad: float) -> Mounting:
        """Draw a mounting that is off by a random rotation of about that size."""
        axis = generator.standard_normal(3)
        angle = error_rad * generator.uniform(0.5, 1.3)
        return cls(Rotation.from_rotvec(axis / np.linalg.norm(axis) * angle).as_matrix())


class Body:
    """The limbs of one person doing one movement, and how sensors sit on them.

    ``side_sign`` is +1 for a right limb and −1 for a left one.
    """

    def __init__(
        self,
        movement: Movement,
        side_sign: int,
        seed: int,
        mounting_error_rad: float,
        unsteady_rad: float,
        sway_rad: float = 0.0,
    ) -> None:
        self._movement, self._side, self._seed = movement, side_sign, seed
        self._mounting_error_rad = mounting_error_rad
        self._sway = Wander.between(named_generator(seed, "sway"), 0.08, 0.5)
        self._sway_rad = unsteady_rad
        self._leans = [Wander.between(named_generator(seed, name), 0.05, 0.5) for name in ("lean ahead", "lean right")]
        self._lean_rad = sway_rad
        self._mountings: dict[str, Mounting] = {}

    def mounting(self, placement: str) -> Mounting:
        """Return how the sensor of a placement sits."""
        if placement not in self._mountings:
            generator = named_generator(self._seed, f"mounting {placement}")
            self._mountings[placement] = Mounting.tilted(generator, self._mounting_error_rad)
        return self._mountings[placement]

    def chain(self, place: str, excursion: Track, times_s: Array) -> Sequence[Turn | Shift | Lift]:
        """Return the links from the trunk to the sensor on a segment; a place without a segment is a still one."""
        sway = self._sway.at(times_s).scaled(self._sway_rad)
        if self._movement.kind == "stance":
            ahead, right = self.leans(times_s)
            return [Turn(1, ahead), Turn(0, right), Shift(-0.1, 0.0, 0.2)]
        if self._movement.kind == "walk":
            swing = excursion.scaled(-self._movement.full_rad)
            return [Turn(1, swing.plus(sway)), Shift(0.03, 0.0, -0.6)]
        if self._movement.kind == "lift":
            return [Lift(excursion.scaled(LIFT_M)), Turn(1, sway)]
        if place in ("thigh", "shank"):
            return self._leg(place, excursion, sway)
        if place in ("upper_arm", "forearm", "wrist"):
            return self._arm(place, excursion, sway)
        return [Turn(1, sway)]  # the trunk keeps still, as far as a person does

    def leans(self, times_s: Array) -> tuple[Track, Track]:
        """Return how far the standing trunk leans ahead and to the right, in rad; it stands still in the first 4 s."""
        calm = np.clip((times_s - 4.0) / 2.0, 0.0, 1.0)
        ease = Track(calm, np.where((calm > 0) & (calm < 1), 0.5, 0.0), np.zeros_like(calm))
        ahead, right = (lean.at(times_s).scaled(self._lean_rad).times(ease) for lean in self._leans)
        return ahead, right

    def feel(self, placement: str, place: str, excursion: Track, times_s: Array) -> Felt:
        """Return what the sensor of a placement feels, without error."""
        felt = feel(self.chain(place, excursion, times_s), len(times_s))
        matrix = self.mounting(placement).matrix
        return Felt(felt.force @ matrix, felt.angular_velocity @ matrix)

    def orientation(self, placement: str, place: str, excursion: Track, times_s: Array) -> Rotation:
        """Return the sensor's true orientations, earth from sensor."""
        segment = orientation(self.chain(place, excursion, times_s), len(times_s))
        return segment * Rotation.from_matrix(self.mounting(placement).matrix)

    def _leg(self, place: str, excursion: Track, sway: Track) -> list[Turn | Shift]:
        side = -self._side  # the outer side of a right leg is to the right: −y
        hip = excursion.scaled(np.deg2rad(-1.5), np.deg2rad(-90.0)).plus(sway)
        if place == "thigh":
            bulge = excursion.scaled(np.deg2rad(1.5) * side)  # the working muscle lifts the sensor's edge
            return [Turn(1, hip), Shift(0.03, 0.08 * side, -0.30), Turn(2, bulge)]
        movement = self._movement
        knee = excursion.scaled(movement.full_rad - movement.rest_rad, movement.rest_rad)
        screw_home = excursion.scaled(np.deg2rad(-4.0) * side)
        skin = excursion.scaled(np.deg2rad(0.7))
        return [
            Turn(1, hip),
            Shift(0.0, 0.0, -0.42),
            Turn(1, knee),
            Turn(2, screw_home),
            Shift(0.035, -0.035 * side, -0.12),
            Turn(0, skin),
        ]

    def _arm(self, place: str, excursion: Track, sway: Track) -> list[Turn | Shift]:
        movement, side = self._movement, -self._side
        joint = excursion.scaled(movement.full_rad - movement.rest_rad, movement.rest_rad)
        if movement.kind == "elbow":
            upper: list[Turn | Shift] = [Turn(1, sway.plus(excursion.scaled(np.deg2rad(-3.0))))]
            if place == "upper_arm":
                return [*upper, Shift(0.0, 0.05 * side, -0.18)]
            turned_out = excursion.scaled(np.deg2rad(6.0) * side)
            return [
                *upper,
                Shift(0, 0, -0.30),
                Turn(1, joint.scaled(-1.0)),
                Turn(2, turned_out),
                Shift(0.0, 0.03, -0.20),
            ]
        raised: list[Turn | Shift] = [Turn(1, sway), Turn(0, joint.scaled(float(side)))]
        turned_out = excursion.scaled(np.deg2rad(10.0) * side)
        if place == "upper_arm":
            return [*raised, Shift(0.0, 0.05 * side, -0.18), Turn(2, turned_out.scaled(0.5))]
        return [
            *raised,
            Turn(2, turned_out),
            Shift(0.0, 0.03 * side, -0.55),
            Turn(0, excursion.scaled(np.deg2rad(0.7))),
        ]
