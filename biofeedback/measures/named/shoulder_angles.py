"""How the upper arm is held to the thorax: plane of elevation, elevation and axial rotation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from biofeedback.dsp import quaternion
from biofeedback.dsp.hinge import turned
from biofeedback.dsp.joint import pose_before
from biofeedback.dsp.movement import SLOWEST_RAD_S
from biofeedback.dsp.orientation import N_COLUMNS, QUATERNION, RATE
from biofeedback.measures.alignment import functional_axis, plane_elevation_rotation, segment_axes
from biofeedback.measures.catalogue import Definition, Findings, Output, Role, Sensor, Signal, named
from biofeedback.measures.inertial import Axis, axis_vector
from biofeedback.measures.named.joint_angle import GRID_HZ, JointAngle
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_NAMES = ("plane", "elevation", "rotation")
_TOLD_DEG = (20.0, 160.0)
_LEAST_SHARE = 0.8  # of the turning about one axis; metrics sheet: warn below 0.9, refuse below 0.8
_MIRROR = np.array([1.0, -1.0, -1.0, 1.0])  # a right arm as a left one, in the plane that parts left from right


class ShoulderAnglesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the shoulder's angles.

    Attributes
    ----------
    side
        The arm.
    learn_plane
        The plane in degrees in which the arm is raised first: 90 ahead, 0 to the side, 30 in that of the scapula.
    learn_s
        Seconds of that movement from which the axes are learned before the first angles are handed out, those of the
        beginning included.
    ahead
        The thorax sensor's axis that points ahead, or none if it is not known: then a lean of the trunk is not taken
        off the elevation, and only its turn is followed.
    """

    side: Literal["left", "right"] = "right"
    learn_plane: Annotated[float, msgspec.Meta(ge=-45.0, le=135.0)] = 90.0
    learn_s: Annotated[float, msgspec.Meta(ge=2.0, le=60.0)] = 5.0
    ahead: Axis = ""

    @property
    def pose_angle(self) -> float:
        """The still pose at the start is upright, the arm hanging."""
        return 0.0


class _Frames(NamedTuple):
    """Segments from their sensors, as quaternions; what the arm's heading is turned by; the thorax in the pose."""

    thorax: Array
    arm: Array
    heading_rad: float
    thorax_pose: Array
    share: float


@named
class ShoulderAngles(JointAngle):
    """Plane of elevation, elevation and rotation of the upper arm."""

    Settings = ShoulderAnglesSettings
    definition = Definition(
        name="shoulder_angles",
        title="Plane of elevation, elevation and rotation of the shoulder",
        domain="joint",
        definition="Upper arm to thorax, intrinsic YXY as the ISB has it: elevation 0 hanging, 180 overhead; plane 0 "
        "to the side, 90 ahead; internal rotation positive. Axes: up from gravity in the still pose at the start "
        "(upright, arm hanging), across from the first 5 s of raising the arm in the plane `learn_plane`. Below "
        "20° and above 160° of elevation plane and rotation cannot be told apart and only elevation is given.",
        source="Wu et al. 2005, J Biomech 38:981; orientation VQF",
        roles=(Role("thorax", "imu"), Role("upper_arm", "imu")),
        outputs=(
            Output("elevation_highest", "°", "highest elevation"),
            Output("elevation_range", "°", "elevation, largest less smallest"),
            Output("plane_range", "°", "plane of elevation, largest less smallest"),
            Output("rotation_range", "°", "rotation, largest less smallest"),
        ),
        signals=(
            Output("plane", "°", "of elevation; 0 to the side, 90 ahead"),
            Output("elevation", "°", "0 hanging, 180 overhead"),
            Output("rotation", "°", "positive is internal rotation"),
        ),
        group_delay_s=0.0,
        warm_up_s=5.0,
        reliability="elevation as the inclination of the sensors, about 1°, and what the skin moves; plane and "
        "rotation drift with the heading of both sensors: read them in sets of a minute or two",
    )

    def __init__(self, sensors: Sequence[Sensor], settings: ShoulderAnglesSettings) -> None:
        super().__init__(sensors, settings)
        self._frames: _Frames | None = None
        self._side = 1.0 if settings.side == "right" else -1.0
        self._edges = np.tile([[np.inf], [-np.inf]], 3)
        self._known = np.zeros(3, dtype=np.int64)

    def _learn(self, proximal: Array, distal: Array) -> None:
        """Find how the sensors sit, from the pose and from the arm's first movement."""
        rows = np.hstack([proximal, distal])
        rows = rows[~np.isnan(rows).any(axis=1)]
        rate = rows[:, N_COLUMNS:][:, RATE]
        moving = quaternion.dot(rate, rate) > SLOWEST_RAD_S**2
        if not moving.any():
            return
        pose = pose_before(rows, moving, GRID_HZ)
        thorax, arm = pose[QUATERNION], pose[N_COLUMNS:][QUATERNION]
        axis, share = functional_axis(rate[moving].T @ rate[moving])
        since = quaternion.multiply(quaternion.conjugate(arm), rows[moving, N_COLUMNS:][:, QUATERNION])
        axis = axis if float(np.median(quaternion.twist(since, axis))) >= 0.0 else -axis  # raised, not lowered
        up = quaternion.rotate(quaternion.conjugate(arm), quaternion.UP)
        from_ahead = self._side * np.radians(90.0 - self.settings.learn_plane)
        arm_frame = _frame(up, quaternion.rotate(quaternion.about(up, from_ahead), axis))
        self._frames = self._with_thorax(thorax, arm, arm_frame, share)

    def _with_thorax(self, thorax: Array, arm: Array, arm_frame: Array, share: float) -> _Frames:
        """Let the thorax look the same way as the arm in the pose."""
        arm_pose = quaternion.multiply(arm, quaternion.conjugate(arm_frame))
        if not self.settings.ahead:
            return _Frames(quaternion.multiply(quaternion.conjugate(arm_pose), thorax), arm_frame, 0.0, thorax, share)
        up = quaternion.rotate(quaternion.conjugate(thorax), quaternion.UP)
        frame = _frame(up, quaternion.cross(axis_vector(self.settings.ahead), up))
        thorax_pose = quaternion.multiply(thorax, quaternion.conjugate(frame))
        between = quaternion.multiply(thorax_pose, quaternion.conjugate(arm_pose))
        return _Frames(frame, arm_frame, float(quaternion.twist(between, quaternion.UP)), thorax, share)

    def _angles(self, tick: int, pair: list[Array]) -> list[Signal]:
        """Return the three angles of the next rows."""
        times_s = (tick + np.arange(len(pair[0]))) / GRID_HZ
        angles = np.full((len(pair[0]), 3), np.nan)
        known = np.flatnonzero(~np.isnan(pair[0][:, 0]) & ~np.isnan(pair[1][:, 0]))
        if self._frames is not None and known.size:
            thorax, arm = (rows[known, QUATERNION] for rows in pair)
            angles[known] = self._clinical(thorax, arm, self._frames)
            self._edges[0] = np.fmin(self._edges[0], np.fmin.reduce(angles, axis=0))
            self._edges[1] = np.fmax(self._edges[1], np.fmax.reduce(angles, axis=0))
            self._known += np.sum(~np.isnan(angles), axis=0)
        return [Signal(name, "°", times_s, angles[:, i]) for i, name in enumerate(_NAMES)]

    def _clinical(self, thorax: Array, arm: Array, frames: _Frames) -> Array:
        if not self.settings.ahead:
            moved = quaternion.multiply(thorax, quaternion.conjugate(frames.thorax_pose))
            level = quaternion.about(quaternion.UP, quaternion.twist(moved, quaternion.UP))
            thorax = quaternion.multiply(level, frames.thorax_pose)
        segments = [
            quaternion.multiply(sensor, quaternion.conjugate(frame))
            for sensor, frame in ((thorax, frames.thorax), (turned(arm, frames.heading_rad), frames.arm))
        ]
        relative = quaternion.multiply(quaternion.conjugate(segments[0]), segments[1])
        relative = relative * _MIRROR if self._side > 0.0 else relative
        angles = np.degrees(plane_elevation_rotation(relative)) * [-1.0, 1.0, -1.0]
        lowest, highest = _TOLD_DEG
        told = (angles[:, 1] >= lowest) & (angles[:, 1] <= highest)
        angles[~told, 0] = angles[~told, 2] = np.nan
        return angles

    def finish(self) -> Findings:
        """Return the ranges, and the angles of a recording too short to have handed them out."""
        signals = tuple(self._released())
        return Findings(tuple(self._values()), (), signals)

    def _values(self) -> list[Measure]:
        if self._frames is None:
            reason = "the arm did not move, or there is no moment at which both sensors gave samples"
            return [Measure.missing(output.name, output.unit, reason) for output in self.definition.outputs]
        plane, elevation, rotation = self._edges[1] - self._edges[0]
        figures = (self._edges[1, 1], elevation, plane, rotation)
        counts = self._known[[1, 1, 0, 2]]
        weak = self._frames.share < _LEAST_SHARE
        reason = "the first movement was not in one plane: raise the arm in `learn_plane` and lower it" if weak else ""
        untold = "the arm was never between 20° and 160° of elevation, where plane and rotation can be told"
        return [
            Measure(output.name, float(value), output.unit, int(count), "weak" if weak else "ok", reason)
            if count
            else Measure.missing(output.name, output.unit, untold)
            for output, value, count in zip(self.definition.outputs, figures, counts, strict=True)
        ]


def _frame(up: Array, across: Array) -> Array:
    """Return the segment from its sensor, as a quaternion."""
    return quaternion.from_xyzw(Rotation.from_matrix(segment_axes(up, across)).as_quat())
