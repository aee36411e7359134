"""How far the knee goes inwards, as far as a sensor on the thigh can tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from biofeedback.dsp import quaternion
from biofeedback.measures.alignment import functional_axis, grood_suntay, segment_axes
from biofeedback.measures.catalogue import Definition, Findings, Output, Role, named
from biofeedback.measures.named.compensation import EXCESS, Compensation, CompensationSettings, outputs
from biofeedback.measures.named.counted_measure import GOOD, each_repetition

Array = NDArray[np.float64]

_ONE_AXIS = 0.8  # share of the movement about it: 25° beside a flexion of 50°
_LEVEL = np.sin(np.radians(30.0))


@named
class KneeValgus(Compensation):
    """Adduction and internal rotation of the thigh together, of each repetition."""

    definition = Definition(
        name="knee_valgus",
        title="Knee valgus, a proxy from the thigh",
        domain="compensation",
        definition="Adduction and internal rotation of the thigh since the repetition's start, added (intrinsic ZXY), "
        "its largest more than in the person's own good repetitions, which also show the axis of flexion. For "
        "movements that begin upright and bend the hip: squat, lunge, step down. A proxy: the knee itself is not "
        "seen, and the absolute value is not reliable. A repetition with a hole is left out.",
        source="Grood & Suntay 1983, J Biomech Eng 105:136; Wu et al. 2002, J Biomech 35:543",
        roles=(Role("left_thigh", "imu", optional=True), Role("right_thigh", "imu", optional=True)),
        outputs=outputs("deg", "largest adduction and internal rotation"),
        occurrences=(
            each_repetition(
                Output("adduction_deg", "°", "at the moment of the largest sum"),
                Output("internal_rotation_deg", "°", "at that moment"),
                EXCESS,
                GOOD,
                of="side",
            ),
        ),
        group_delay_s=0.0,
        warm_up_s=0.2,
        reliability="a proxy: compare only within one recording",
    )
    Settings = CompensationSettings
    counted_roles = ("left_thigh", "right_thigh")

    def finish(self) -> Findings:
        """Return the excess and each repetition of each thigh."""
        sides = [self._side(sensor.role, -1.0 if sensor.role == "left_thigh" else 1.0) for sensor in self.sensors]
        values = tuple(value for side in sides for value in side.values)
        occurrences = sorted((one for side in sides for one in side.occurrences), key=lambda one: one.time_s)
        return Findings(values, tuple(occurrences))

    def _side(self, role: str, inwards: float) -> Findings:
        reps = self.repetitions(role)
        parts = self.parts(role, reps)
        own = [part for part in parts if part is not None][: self.settings.good]
        frame = _frame(own) if own else None
        suffix = f"_{role.removesuffix('_thigh')}"
        if own and frame is None:
            return self.nothing("the first repetitions, the person's own, do not bend the hip and little else", suffix)
        peaks = [np.full(2, np.nan) if p is None or frame is None else _peak(p, frame, inwards) for p in parts]
        details = [{"adduction_deg": float(a), "internal_rotation_deg": float(b)} for a, b in peaks]
        amounts = [float(peak.sum()) for peak in peaks]
        return self.compared(reps, amounts, self.settings.threshold_deg, suffix=suffix, details=details)


def _frame(own: Sequence[Array]) -> Array | None:
    """Return segment from sensor as a quaternion: up at the start, across from the way the good repetitions bend.

    None where they bend about no axis in particular, or about one that is far from level.
    """
    ups = [quaternion.rotate(quaternion.conjugate(part[0]), quaternion.UP) for part in own]
    bends = np.concatenate([_since_start(part)[:, 1:] for part in own])
    axis, share = functional_axis(bends.T @ bends)
    axis = axis if float((bends @ axis).sum()) >= 0.0 else -axis  # hip flexion turns about the axis to the right
    up = quaternion.normalised(np.sum(ups, axis=0))
    if share < _ONE_AXIS or abs(up @ axis) > _LEVEL:
        return None
    return quaternion.from_xyzw(Rotation.from_matrix(segment_axes(up, axis)).as_quat())


def _peak(part: Array, frame: Array, inwards: float) -> Array:
    """Return adduction and internal rotation in degrees where their sum is largest, shape (2,)."""
    relative = quaternion.multiply(quaternion.multiply(frame, _since_start(part)), quaternion.conjugate(frame))
    angles = inwards * np.degrees(grood_suntay(relative))[:, 1:]
    return angles[np.argmax(angles.sum(axis=1))]


def _since_start(part: Array) -> Array:
    turned = quaternion.multiply(quaternion.conjugate(part[:1]), part)
    return turned * np.where(turned[:, :1] < 0.0, -1.0, 1.0)
