"""How far the trunk turns against the pelvis while a limb moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.measures.catalogue import Definition, Findings, Output, Role, named
from biofeedback.measures.named.compensation import EXCESS, Compensation, CompensationSettings, outputs
from biofeedback.measures.named.counted_measure import GOOD, each_repetition

Array = NDArray[np.float64]


@named
class TrunkRotation(Compensation):
    """Turn of the thorax against the pelvis about the vertical, of each repetition."""

    definition = Definition(
        name="trunk_rotation",
        title="Trunk rotation",
        domain="compensation",
        definition="Turn of the thorax about the vertical less that of the pelvis, both since the repetition's start, "
        "its largest in either direction, more than in the person's own good repetitions. Any mounting; the headings "
        "drift, so nothing is said across repetitions. The limb is counted. A repetition with a hole is left out. "
        "Its peak is positive to the left.",
        source="swing-twist decomposition of two 6-axis orientations (Laidig & Seel 2023)",
        roles=(Role("pelvis", "imu"), Role("thorax", "imu"), Role("limb", "imu")),
        outputs=outputs("deg", "largest turn of the thorax against the pelvis"),
        occurrences=(each_repetition(Output("peak_deg", "°", "largest turn, with its sign"), EXCESS, GOOD),),
        group_delay_s=0.0,
        warm_up_s=0.2,
        reliability="trunk index in stroke: ICC 0.91, SEM 14 %, MDC95 39 %",
    )
    Settings = CompensationSettings
    counted_roles = ("limb",)

    def finish(self) -> Findings:
        """Return the excess and each repetition; positive turns are to the left."""
        reps = self.repetitions("limb")
        pairs = zip(self.parts("pelvis", reps), self.parts("thorax", reps), strict=True)
        peaks = [np.nan if a is None or b is None else _peak(_turned(b) - _turned(a)) for a, b in pairs]
        details = [{"peak_deg": peak} for peak in peaks]
        return self.compared(reps, [abs(peak) for peak in peaks], self.settings.threshold_deg, details=details)


def _turned(quats: Array) -> Array:
    """Return the turn about the vertical since the first row, in rad; how the sensor is mounted cancels out."""
    since = quaternion.multiply(quats, quaternion.conjugate(quats[:1]))
    return np.unwrap(quaternion.twist(since, quaternion.UP))


def _peak(turn_rad: Array) -> float:
    return float(np.degrees(turn_rad[np.argmax(np.abs(turn_rad))]))
