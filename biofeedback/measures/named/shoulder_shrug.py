"""How much the shoulder is drawn up while the arm is still low."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.catalogue import Definition, Findings, Output, Role, Sensor, Signal, named
from biofeedback.measures.envelopes import Envelopes
from biofeedback.measures.named.compensation import (
    GRID_HZ,
    Compensation,
    Good,
    Threshold,
    outputs,
    tilted,
    within,
)
from biofeedback.measures.named.counted_measure import GOOD, each_repetition
from biofeedback.measures.repetitions import Repetition

Array = NDArray[np.float64]

_LOW_DEG = 60.0
_LATE_TICKS = 5  # half the window of the moving RMS
_NO_MUSCLE = "not measured: it takes EMG of the upper trapezius"
_NO_SCAPULA = "not measured: it takes a motion sensor on the scapula or acromion"


class ShoulderShrugSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is good, and what is too much.

    Attributes
    ----------
    good
        The first so many repetitions that could be measured are the person's own good ones.
    threshold_percent
        What the trapezius may do more than in those, in % of it.
    threshold_deg
        What the scapula may tilt more than in those, in °.
    """

    good: Good = 3
    threshold_percent: Annotated[float, msgspec.Meta(gt=0.0, le=1000.0)] = 20.0
    threshold_deg: Threshold = 10.0


@named
class ShoulderShrug(Compensation):
    """Upper trapezius and scapula while the arm is below 60°, of each repetition."""

    definition = Definition(
        name="shoulder_shrug",
        title="Shoulder shrug",
        domain="compensation",
        definition="While the arm is raised by less than 60° since the repetition's start: mean activity of the upper "
        "trapezius (RMS 0.1 s) and largest tilt of a sensor on scapula or acromion, each more than in the person's own "
        "good repetitions. The tilt is in any direction: a lean of the trunk is in it. A repetition with a hole is "
        "left out.",
        source="elevation by the plumb line, seen from the sensor (Laidig & Seel 2023); the rule is our own",
        roles=(
            Role("arm", "imu", place="upper_arm"),
            Role("trapezius", "emg", optional=True),
            Role("scapula", "imu", optional=True),
        ),
        outputs=(
            *outputs("%", "activity of the trapezius, of its highest half second,", "_activity"),
            *outputs("deg", "largest tilt of the scapula", "_tilt"),
        ),
        occurrences=(
            each_repetition(
                Output("excess_percent", "%", "of activity: what it has more than the good ones have on average"),
                Output("excess_deg", "°", "of tilt: the same"),
                GOOD,
                of="activity or tilt",
            ),
        ),
        group_delay_s=0.05,
        warm_up_s=0.45,
    )
    Settings = ShoulderShrugSettings
    counted_roles = ("arm",)

    def __init__(self, sensors: Sequence[Sensor], settings: ShoulderShrugSettings) -> None:
        super().__init__(sensors, settings)
        self._muscle = self.place("trapezius")
        self._envelope = None if self._muscle is None else Envelopes([sensors[self._muscle]])

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take the next rows of a motion sensor, shape (n_samples, 6), or raw EMG in V, shape (n_samples, 1)."""
        if self._envelope is not None and sensor == self._muscle:
            self._envelope.process(0, samples, times_s, first_sample)
        return super().process(sensor, samples, times_s, first_sample)

    def finish(self) -> Findings:
        """Return the excess of muscle and tilt and each repetition, for each sensor there is."""
        reps = self.repetitions("arm")
        low = [None if part is None else tilted(part) < _LOW_DEG for part in self.parts("arm", reps)]
        muscle, tilt = self._of_muscle(reps, low), self._of_tilt(reps, low)
        return Findings((*muscle.values, *tilt.values), (*muscle.occurrences, *tilt.occurrences))

    def _of_muscle(self, reps: Sequence[Repetition], low: Sequence[NDArray[np.bool_] | None]) -> Findings:
        if self._envelope is None:
            return self.nothing(_NO_MUSCLE, "_activity")
        muscles = self._envelope.gathered()
        if muscles is None:
            return self.nothing("no sample of the trapezius came", "_activity")
        if not np.isfinite(muscles.references[0]):
            return self.nothing("the trapezius was never active", "_activity")
        first = round(float(muscles.times_s[0]) * GRID_HZ) - _LATE_TICKS
        parts = [within(first, muscles.shares, rep) for rep in reps]
        pairs = zip(parts, low, strict=True)
        amounts = [np.nan if p is None or at is None else 100.0 * float(p[at].mean()) for p, at in pairs]
        return self.compared(reps, amounts, self.settings.threshold_percent, suffix="_activity", relative=True)

    def _of_tilt(self, reps: Sequence[Repetition], low: Sequence[NDArray[np.bool_] | None]) -> Findings:
        if self.place("scapula") is None:
            return self.nothing(_NO_SCAPULA, "_tilt")
        pairs = zip(self.parts("scapula", reps), low, strict=True)
        amounts = [np.nan if p is None or at is None else float(tilted(p)[at].max()) for p, at in pairs]
        return self.compared(reps, amounts, self.settings.threshold_deg, suffix="_tilt")
