"""Timed Up and Go: stand up, walk three metres, turn, walk back, turn, sit down; one sensor on the trunk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.catalogue import (
    Definition,
    Findings,
    Happening,
    NoSettings,
    Occurrence,
    Output,
    Role,
    Sensor,
    Signal,
    StreamingMeasure,
    named,
)
from biofeedback.measures.inertial import Inertial
from biofeedback.measures.sitting import Transfer, TrunkSitter, inertial_motion
from biofeedback.measures.turns import Turn, Turns
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_HALF_TURN, _TOLERATED = math.pi, math.radians(60.0)
_OUTPUTS = (
    Output("total", "s", "from the first lean forward to the touch of the seat"),
    Output("stand_up", "s", "from the first lean to standing"),
    Output("walk_out", "s", "from standing to the first turn"),
    Output("turn_1", "s", "the half turn at three metres"),
    Output("walk_back", "s", "between the turns"),
    Output("turn_2", "s", "the half turn before the chair"),
    Output("sit_down", "s", "from the end of the second turn to the touch of the seat"),
    Output("turn_1_peak", "°/s", "fastest rate in the first turn"),
    Output("turn_2_peak", "°/s", "fastest rate in the second turn"),
)


class _Test(NamedTuple):
    stand: Transfer
    sit: Transfer
    first: Turn
    second: Turn


@named
class TimedUpAndGo(StreamingMeasure):
    """The test as a whole and its phases."""

    definition = Definition(
        name="timed_up_and_go",
        title="Timed Up and Go",
        domain="transfer",
        definition=(
            "From the first lean forward of a stand to the touch of the seat at the next sit, with the two half turns "
            "(180° ± 60°) between them. Stands and sits as in sit_to_stand; a turn lasts while the smoothed rate about "
            "the vertical exceeds 10°/s."
        ),
        source="Podsiadlo & Richardson 1991, J Am Geriatr Soc 39:142; turns as El-Gohary et al. 2014, Sensors 14:356",
        roles=(Role("trunk", "imu"),),
        outputs=_OUTPUTS,
        occurrences=(
            Happening("stand", "from the first lean to standing"),
            Happening("sit", "from standing to sitting"),
            Happening(
                "turn",
                "a turn about the vertical",
                "",
                (
                    Output("angle_deg", "°", "how far, positive to the left"),
                    Output("peak_degs", "°/s", "fastest rate"),
                ),
            ),
        ),
        group_delay_s=4.0,
        warm_up_s=0.3,
        reliability="total: ICC 0.98, SEM 8.5 % with a sensor (2014, Gait Posture)",
    )

    def __init__(self, sensors: Sequence[Sensor], settings: NoSettings) -> None:
        super().__init__(sensors, settings)
        self._sitter = TrunkSitter(sensors[0].sampling_rate_hz)
        self._inertial = Inertial(sensors[0].sampling_rate_hz)
        self._turning = Turns(sensors[0].sampling_rate_hz)
        self._turns: list[Turn] = []

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take acceleration and angular velocity of the trunk, shape (n_samples, 6)."""
        for run in self._inertial.process(samples, times_s, first_sample):
            self._sitter.follow(inertial_motion(run))
            if run.after_gap:
                self._turning.restart()
            self._turns += self._turning.process(run.turn_rate, run.times_s)
        return []

    def finish(self) -> Findings:
        """Return the first whole test, and all that was seen."""
        occurrences = [Occurrence("turn", t.start_s, "", t.end_s, _of_turn(t)) for t in self._turns]
        transfers = self._sitter.close()
        for transfer in transfers:
            kind = "stand" if transfer.stand else "sit"
            occurrences.append(Occurrence(kind, transfer.start_s, "", transfer.end_s))
        occurrences.sort(key=lambda o: o.time_s)
        test, reason = self._whole(transfers)
        if test is None:
            return Findings(tuple(Measure.missing(o.name, o.unit, reason) for o in _OUTPUTS), tuple(occurrences))
        stood, touched = test.stand.end_s, test.sit.seat_s
        known = {
            "total": touched - test.stand.start_s,
            "stand_up": stood - test.stand.start_s,
            "walk_out": test.first.start_s - stood,
            "turn_1": test.first.end_s - test.first.start_s,
            "walk_back": test.second.start_s - test.first.end_s,
            "turn_2": test.second.end_s - test.second.start_s,
            "sit_down": touched - test.second.end_s,
            "turn_1_peak": math.degrees(test.first.peak_rad_s),
            "turn_2_peak": math.degrees(test.second.peak_rad_s),
        }
        return Findings(tuple(Measure(o.name, known[o.name], o.unit, 1) for o in _OUTPUTS), tuple(occurrences))

    def _whole(self, transfers: list[Transfer]) -> tuple[_Test | None, str]:
        """Return the first stand, two half turns and sit in this order, or what is missing of them."""
        stands = [t for t in transfers if t.stand]
        if not stands:
            return None, "nobody stood up"
        half = [t for t in self._turns if abs(abs(t.angle_rad) - _HALF_TURN) <= _TOLERATED]
        for stand in stands:
            turns = [t for t in half if t.start_s > stand.start_s]
            sits = [t for t in transfers if not t.stand and turns[1:] and t.end_s > turns[1].start_s]
            if sits:
                return _Test(stand, sits[0], turns[0], turns[1]), ""
        return None, "two half turns and a sit after the stand were not seen"


def _of_turn(turn: Turn) -> dict[str, float]:
    return {"angle_deg": math.degrees(turn.angle_rad), "peak_degs": math.degrees(turn.peak_rad_s)}
