"""How far the pelvis tips sideways: hip hike and pelvic drop."""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.tilt import Tilt
from biofeedback.measures.catalogue import Definition, Findings, Output, Role, named
from biofeedback.measures.inertial import Axis, axis_vector
from biofeedback.measures.named.compensation import EXCESS, GRID_HZ, Compensation, Good, Threshold, outputs, within
from biofeedback.measures.named.counted_measure import GOOD, each_repetition

Array = NDArray[np.float64]

_STEEP = np.cos(np.radians(30.0))


class PelvicObliquitySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the sensor sits, what is good, and what is too much.

    Attributes
    ----------
    forward
        The sensor's axis that points forward (x, -z, …); without it nothing tells sideways from forward.
    stance
        The leg the person stands on: a tilt is positive where the other side drops. Without it, to the right.
    good
        The first so many repetitions that could be measured are the person's own good ones.
    threshold_deg
        What a repetition may have more than those, in °: 5 to 8.
    """

    forward: Axis = ""
    stance: Literal["", "left", "right"] = ""
    good: Good = 3
    threshold_deg: Threshold = 5.0


@named
class PelvicObliquity(Compensation):
    """Frontal tilt of the pelvis, of each repetition."""

    definition = Definition(
        name="pelvic_obliquity",
        title="Pelvic obliquity (hip hike, pelvic drop)",
        domain="compensation",
        definition="Sideways tilt of the pelvis from how it stood in seconds 1 to 3, its largest in either direction, "
        "more than in the person's own good repetitions. The limb is counted. A repetition with a hole is left out.",
        source="Trendelenburg sign: Hardcastle & Nade 1985, J Bone Joint Surg Br 67:741; inclination from the 6-axis "
        "orientation",
        roles=(Role("pelvis", "imu"), Role("limb", "imu")),
        outputs=outputs("deg", "largest sideways tilt"),
        occurrences=(each_repetition(Output("peak_deg", "°", "largest sideways tilt, with its sign"), EXCESS, GOOD),),
        group_delay_s=0.0,
        warm_up_s=3.0,
    )
    Settings = PelvicObliquitySettings
    counted_roles = ("limb",)

    def finish(self) -> Findings:
        """Return the excess and each repetition."""
        reps = self.repetitions("limb")
        if not self.settings.forward:
            return self.nothing("say which axis of the pelvis sensor points forward, such as forward=x")
        first, rows = self.poses[0].all()
        if abs(_upright(rows[:, :4]) @ axis_vector(self.settings.forward)) > _STEEP:
            return self.nothing(f"{self.settings.forward} of the pelvis sensor points up or down, not forward")
        right = np.degrees(Tilt(GRID_HZ, self.settings.forward).process(rows)[:, 1])
        tilts = [within(first, -right if self.settings.stance == "right" else right, rep) for rep in reps]
        peaks = [np.nan if tilt is None else float(tilt[np.argmax(np.abs(tilt))]) for tilt in tilts]
        details = [{"peak_deg": peak} for peak in peaks]
        return self.compared(reps, [abs(peak) for peak in peaks], self.settings.threshold_deg, details=details)


def _upright(quats: Array) -> Array:
    """Return what mostly pointed up, in sensor coordinates, shape (3,)."""
    known = quats[np.isfinite(quats).all(axis=1)]
    return quaternion.rotate(quaternion.conjugate(known), quaternion.UP).sum(axis=0) / max(len(known), 1)
