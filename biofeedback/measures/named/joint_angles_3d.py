"""The three clinical angles of a joint from two sensors: flexion, ab/adduction and axial rotation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from biofeedback.dsp import quaternion
from biofeedback.dsp.heading import HeadingHold
from biofeedback.dsp.hinge import Hinge
from biofeedback.dsp.orientation import QUATERNION
from biofeedback.measures.alignment import grood_suntay, segment_axes
from biofeedback.measures.catalogue import Definition, Findings, Output, Role, Sensor, Signal, named
from biofeedback.measures.named.joint_angle import GRID_HZ, JointAngle
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_NAMES = ("flexion", "adduction", "internal_rotation")


class JointAngles3dSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the three joint angles.

    Attributes
    ----------
    joint
        ``knee`` bends backwards, the others forwards.
    side
        ``left`` or ``right``: which way adduction and internal rotation are.
    learn_s
        Seconds of flexion and extension from which the joint's axis is learned before the first angles are handed
        out, those of the beginning included.
    """

    joint: Literal["knee", "hip", "ankle", "elbow"] = "knee"
    side: Literal["left", "right"] = "right"
    learn_s: Annotated[float, msgspec.Meta(ge=2.0, le=60.0)] = 10.0

    @property
    def pose_angle(self) -> float:
        """The still pose at the start is standing, the segments upright."""
        return 0.0


class _Frames(NamedTuple):
    """Segment from sensor, as quaternions, and the hinge in sensor coordinates."""

    proximal: Array
    distal: Array
    hinge: Hinge


@named
class JointAngles3d(JointAngle):
    """Flexion, ab/adduction and rotation."""

    Settings = JointAngles3dSettings
    definition = Definition(
        name="joint_angles_3d",
        title="Flexion, adduction and rotation of a joint",
        domain="joint",
        definition="Grood–Suntay angles (intrinsic ZXY) between two segments of a joint that mostly flexes. Segment "
        "axes: up from gravity in the still standing pose at the start, across from the axis of flexion found in the "
        "first 10 s of movement; the heading is held by that axis (5 s). Positive is flexion, adduction, internal "
        "rotation; the pose is near 0.",
        source="Grood & Suntay 1983, J Biomech Eng 105:136; Wu et al. 2002, 2005; heading Laidig et al. 2017",
        roles=(Role("proximal", "imu"), Role("distal", "imu")),
        outputs=tuple(
            Output(f"{name}_range", "°", f"{name.replace('_', ' ')}, largest less smallest") for name in _NAMES
        ),
        signals=(
            Output("flexion", "°", "positive is flexion"),
            Output("adduction", "°", "positive is adduction"),
            Output("internal_rotation", "°", "positive is internal rotation"),
        ),
        group_delay_s=0.0,
        warm_up_s=10.0,
        reliability="flexion as joint_angle; the other two are small, loose skin moves them as much: read them within "
        "a repetition, never as absolute angles",
    )

    def __init__(self, sensors: Sequence[Sensor], settings: JointAngles3dSettings) -> None:
        super().__init__(sensors, settings)
        self._hold = HeadingHold(GRID_HZ)
        self._frames: _Frames | None = None
        self._edges = np.tile([[np.inf], [-np.inf]], 3)
        self._known = 0
        left = -1.0 if settings.side == "left" else 1.0
        self._signs = np.array([-1.0 if settings.joint == "knee" else 1.0, left, left])

    def _angles(self, tick: int, pair: list[Array]) -> list[Signal]:
        """Return the three angles of the next rows."""
        times_s = (tick + np.arange(len(pair[0]))) / GRID_HZ
        angles = np.full((len(pair[0]), 3), np.nan)
        frames = self._frames = self._frames or self._aligned()
        known = np.flatnonzero(~np.isnan(pair[0][:, 0]) & ~np.isnan(pair[1][:, 0]))
        if frames is not None and known.size:
            proximal, distal = (rows[known, QUATERNION] for rows in pair)
            distal = self._hold.process(proximal, distal, frames.hinge)
            segments = [
                quaternion.multiply(sensor, quaternion.conjugate(frame))
                for sensor, frame in ((proximal, frames.proximal), (distal, frames.distal))
            ]
            relative = quaternion.multiply(quaternion.conjugate(segments[0]), segments[1])
            angles[known] = np.degrees(grood_suntay(relative)) * self._signs
            lowest, highest = angles[known].min(axis=0), angles[known].max(axis=0)
            self._edges = np.stack([np.minimum(self._edges[0], lowest), np.maximum(self._edges[1], highest)])
            self._known += len(known)
        return [Signal(name, "°", times_s, angles[:, i]) for i, name in enumerate(_NAMES)]

    def _aligned(self) -> _Frames | None:
        """Find how the sensors sit, from the pose and the axis that has been learned."""
        axes, pose = self.joint.axes, self.joint.pose
        if axes is None or pose is None:
            return None
        right = -1.0 if self.settings.joint == "knee" else 1.0  # a knee flexes about the axis that points to the left
        hinge = Hinge(right * axes[0], right * axes[1], 0.0, 0.0)
        ups = [quaternion.rotate(quaternion.conjugate(quat), quaternion.UP) for quat in pose]
        frames = [
            quaternion.from_xyzw(Rotation.from_matrix(segment_axes(up, axis)).as_quat())
            for up, axis in zip(ups, (hinge.proximal, hinge.distal), strict=True)
        ]
        self._hold.turn(self.joint.heading_rad)
        return _Frames(frames[0], frames[1], hinge)

    def finish(self) -> Findings:
        """Return the ranges, and the angles of a recording too short to have handed them out."""
        signals = tuple(self._released())
        names = [output.name for output in self.definition.outputs]
        if not self._known:
            reason = "the joint did not move, or there is no moment at which both sensors gave samples"
            return Findings(tuple(Measure.missing(name, "°", reason) for name in names), (), signals)
        ranges = self._edges[1] - self._edges[0]
        return Findings(
            tuple(Measure(n, float(v), "°", self._known) for n, v in zip(names, ranges, strict=True)), (), signals
        )
