"""Bodies seen from the side, as numbers: round-ended parts, and a limb that turns about one joint.

Lengths are those of a stage 1058 wide and 790 high, x to the right, y down; the person looks to the right.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

FIGURE_WIDTH = 1058.0
FIGURE_HEIGHT = 790.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Part:
    """A chain of round-ended segments; one point is a disc."""

    points: tuple[Point, ...]
    radius: float
    role: str = "body"


@dataclass(frozen=True, slots=True)
class Pose:
    """The moving limb at one angle: its parts, the end the person steers, and inner joints to show."""

    parts: tuple[Part, ...]
    end: Point
    joints: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A body whose one limb turns. ``rest`` is the angle before a movement; ``limits`` what can be drawn, degrees."""

    body: tuple[Part, ...]
    pose: Callable[[float], Pose]
    ring: float
    rest: float
    limits: tuple[float, float]


def chain(origin: Point, *segments: tuple[float, float]) -> tuple[Point, ...]:
    """Return the joints of segments given as length and degrees; 0 degrees points right, 90 up."""
    points = [origin]
    for length, degrees in segments:
        x, y = points[-1]
        points.append((x + length * math.cos(math.radians(degrees)), y - length * math.sin(math.radians(degrees))))
    return tuple(points)


_FLOOR = Part(((55.0, 730.0), (1003.0, 730.0)), 5.0, "quiet")


def _seat(left: float, right: float, y: float) -> tuple[Part, ...]:
    legs = tuple(Part(((x, y + 17), (x, 722.0)), 13.0, "quiet") for x in (left + 13, right - 17))
    return (Part(((left, y), (right, y)), 17.0, "quiet"), *legs)


_KNEE = (635.0, 415.0)


def _leg_pose(flexion: float) -> Pose:
    """Place the shank: 0 degrees of flexion is straight out from the seat, 90 hangs down."""
    knee, ankle = chain(_KNEE, (250, -flexion))
    sole = chain(ankle, (118, 80 - flexion))
    return Pose((Part(sole, 30), Part((knee, ankle), 44)), chain(ankle, (62, 72 - flexion))[-1])


_LEG = Figure(
    body=(
        _FLOOR,
        *_seat(247, 543, 490),
        Part(((243, 170), (243, 490)), 17, "quiet"),
        Part(((374, 100),), 74),
        Part(((364, 150), (360, 215)), 34),
        Part(((354, 262), (356, 399)), 72),
        Part(((360, 415), _KNEE), 56),
        Part(((356, 268), (430, 360)), 40, "surface"),
        Part(((356, 264), (430, 356), (540, 364)), 31),
    ),
    pose=_leg_pose,
    ring=96,
    rest=90,
    limits=(-25, 130),
)

_SHOULDER = (330.0, 290.0)


def _arm_pose(elevation: float) -> Pose:
    """Place the arm: 0 degrees of elevation hangs down, 90 points straight ahead."""
    points = chain(_SHOULDER, (220, elevation - 90), (200, elevation - 81))
    return Pose((Part(points, 50),), points[-1], points[1:2])


_ARM = Figure(
    body=(
        Part(((348, 118),), 86),
        Part(((336, 180), (327, 270)), 38),
        Part(((322, 330), (300, 1000)), 112),
    ),
    pose=_arm_pose,
    ring=96,
    rest=0,
    limits=(-60, 180),
)

_HIP = (410.0, 478.0)


def _trunk_pose(lean: float) -> Pose:
    """Place trunk and head: 0 degrees is upright, positive leans forward."""
    trunk, head = chain(_HIP, (215, 90 - lean)), chain(_HIP, (345, 90 - lean))[-1]
    return Pose((Part(trunk, 70), Part((head,), 80)), head)


_TRUNK = Figure(
    body=(
        _FLOOR,
        *_seat(297, 593, 569),
        Part((_HIP, (675, 494), (688, 680)), 50),
        Part(((688, 698), (786, 698)), 27),
    ),
    pose=_trunk_pose,
    ring=118,
    rest=0,
    limits=(-45, 110),
)

FIGURES: dict[Literal["leg", "arm", "trunk"], Figure] = {"leg": _LEG, "arm": _ARM, "trunk": _TRUNK}
