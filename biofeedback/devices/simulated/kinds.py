"""Which movement an exercise asks for: told from where its sensors sit, never from its target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from biofeedback.devices.simulated.strokes import Array
from biofeedback.exercises.model import Exercise

Kind = Literal["knee", "elbow", "shoulder", "isometric", "stance", "walk", "lift"]
Role = Literal["agonist", "antagonist", "stabiliser"]

SEGMENTS: dict[str, Kind] = {
    "thigh": "knee",
    "shank": "knee",
    "forearm": "elbow",
    "upper_arm": "shoulder",
    "wrist": "shoulder",
    "trunk": "stance",
    "sternum": "stance",
    "lower_back": "stance",
    "pelvis": "stance",
}
ROLES: dict[str, Role] = {
    "vastus_medialis": "agonist",
    "vastus_lateralis": "agonist",
    "rectus_femoris": "agonist",
    "biceps_femoris": "antagonist",
    "semitendinosus": "antagonist",
    "gastrocnemius": "antagonist",
    "biceps_brachii": "agonist",
    "triceps_brachii": "antagonist",
    "deltoid": "agonist",
    "middle_deltoid": "agonist",
    "deltoid_middle": "agonist",
    "upper_trapezius": "stabiliser",
    "latissimus_dorsi": "antagonist",
}


@dataclass(frozen=True, slots=True)
class Movement:
    """A kind of movement: the joint angle at rest and at full excursion (rad), and the excursion first gone for."""

    kind: Kind
    rest_rad: float
    full_rad: float
    aim: float

    def angle(self, excursion: Array) -> Array:
        """Return the joint angle in rad at an excursion, 0 at rest and 1 at full."""
        return self.rest_rad + (self.full_rad - self.rest_rad) * excursion

    def load(self, excursion: Array) -> Array:
        """Return the effort of holding the limb against gravity, 0…1: the sine of its angle to the vertical."""
        if self.kind in ("isometric", "lift"):
            return excursion
        if self.kind == "knee":  # the shank hangs at rest and is level with the knee straight
            return np.sin(np.clip(excursion, 0, 1) * np.pi / 2)
        return np.sin(np.clip(self.angle(excursion), 0, np.pi))


LIFT_M = 0.5  # the whole way of a hand that is lifted straight up
MOVEMENTS: dict[Kind, Movement] = {
    "knee": Movement("knee", np.deg2rad(90.0), 0.0, 0.95),
    "elbow": Movement("elbow", np.deg2rad(10.0), np.deg2rad(130.0), 0.92),
    "shoulder": Movement("shoulder", 0.0, np.deg2rad(120.0), 0.77),
    "isometric": Movement("isometric", 0.0, 0.0, 0.62),
    "stance": Movement("stance", 0.0, 0.0, 0.0),
    "lift": Movement("lift", 0.0, 0.0, 0.95),
    "walk": Movement("walk", 0.0, np.deg2rad(45.0), 0.85),
}


def movement_of(exercise: Exercise) -> Movement:
    """Return the movement an exercise's IMU placements tell of; without any it is a contraction on the spot.

    Raises
    ------
    ValueError
        If an IMU sits where the simulated person has no segment.
    """
    places = [placement.place for placement in exercise.placements if placement.kind == "imu"]
    for place in places:
        if place not in SEGMENTS:
            raise ValueError(f"{exercise.id}: the simulated person has no {place!r}; known are {', '.join(SEGMENTS)}")
    if exercise.goal_signal.kind == "travel":
        return MOVEMENTS["lift"]
    if len({placement.side for placement in exercise.placements if placement.side is not None}) > 1:
        return MOVEMENTS["walk"]
    kinds: set[Kind] = {SEGMENTS[place] for place in places}
    if "elbow" in kinds:
        kinds.discard("shoulder")  # the upper arm is then only the forearm's neighbour
    if len(kinds) > 1:
        kinds.discard("stance")  # the trunk is then only what the limb moves on
    if len(kinds) > 1:
        raise ValueError(f"{exercise.id}: the simulated person moves one joint, not {' and '.join(sorted(kinds))}")
    return MOVEMENTS[kinds.pop() if kinds else "isometric"]


def role_of(muscle: str, exercise: Exercise) -> Role:
    """Return what a muscle does in the exercise; one nobody named is the worker if the goal signal is its own."""
    if muscle in ROLES:
        return ROLES[muscle]
    goal = {placement.place for placement in exercise.placements if placement.id in exercise.goal_signal.placements}
    return "agonist" if muscle in goal else "antagonist"
