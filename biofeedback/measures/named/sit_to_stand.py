"""Standing up from a chair, from one sensor on the thigh, the trunk or the pelvis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean

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
from biofeedback.measures.sitting import (
    BRIDGED_S,
    AccelerationMotion,
    Motion,
    Transfer,
    TrunkSitter,
    inertial_motion,
)
from biofeedback.measures.thigh import ThighSitter
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_STANDS = 5
_CHAIR_S = 30.0


@named
class SitToStand(StreamingMeasure):
    """Stands and sits, and the five-times and thirty-second tests."""

    definition = Definition(
        name="sit_to_stand",
        title="Sit to stand",
        domain="transfer",
        definition=(
            "A stand is a way of the sensor up by more than 0.12 m within 0.3 to 5 s; with a thigh sensor a turn of "
            "the thigh by more than 50° that lifts it. It begins where the lean before it exceeds 10°/s. The seat is "
            "left where the thigh has turned by 1°; with a sensor on trunk or pelvis where it is fastest along the "
            "ground, as from then on the feet brake; with an accelerometer alone where the way up "
            "has two fifths of its speed. Losses up to 0.6 s are bridged, and the step that leaves in the velocity is "
            "taken out again; a way with a loss in it counts if it is at least 0.4 of the usual in length times speed. "
            "The five-times test lasts from the first beginning to the end of the fifth stand."
        ),
        source="Goldberg et al. 2012 (five-times test); segmentation is our own",
        roles=(
            Role("thigh", "imu", optional=True),
            Role("trunk", "imu", optional=True),
            Role("acceleration", "acceleration", optional=True, place="trunk"),
        ),
        outputs=(
            Output("stands", "1", "completed stands"),
            Output("five_stands", "s", "from the first beginning to the end of the fifth stand"),
            Output("stands_in_30_s", "1", "stands completed within 30 s of the first beginning"),
            Output("rise_time", "s", "mean, from beginning to standing"),
            Output("peak_speed", "m/s", "mean of the largest upward speed of the sensor"),
        ),
        occurrences=(
            Happening(
                "stand",
                "from the beginning of the lean to standing",
                "",
                (
                    Output("seat_off_s", "s", "when the seat is left"),
                    Output("lift_m", "m", "how far the sensor went up"),
                    Output("peak_speed_ms", "m/s", "largest upward speed of the sensor"),
                ),
            ),
            Happening("seat_off", "the seat is left, the same moment once more"),
            Happening(
                "sit",
                "from standing to sitting still",
                "",
                (
                    Output("seat_contact_s", "s", "when the seat is touched"),
                    Output("lift_m", "m", "how far the sensor went up, negative: down"),
                    Output("peak_speed_ms", "m/s", "largest speed of the sensor"),
                ),
            ),
        ),
        group_delay_s=4.0,
        warm_up_s=0.3,
        reliability="five-times test: SEM 0.9 s, MDC95 2.5 s, ICC 0.95 (Goldberg et al. 2012), with a stopwatch",
    )

    def __init__(self, sensors: Sequence[Sensor], settings: NoSettings) -> None:
        super().__init__(sensors, settings)
        self._seen_by = [_Seen(sensor) for sensor in sensors]

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take acceleration and angular velocity, shape (n_samples, 6), or acceleration alone, shape (n_samples, 3)."""
        self._seen_by[sensor].process(samples, times_s, first_sample)
        return []

    def finish(self) -> Findings:
        """Return stands and sits as the first sensor in the order of the roles saw them."""
        first = self._seen_by[0].sitter
        transfers = first.close()
        stands = [t for t in transfers if t.stand]
        occurrences = [_occurrence(transfer) for transfer in transfers]
        occurrences += [Occurrence("seat_off", t.seat_s) for t in stands]
        return Findings(tuple(_values(stands, first.last_s)), tuple(sorted(occurrences, key=lambda o: o.time_s)))


class _Seen:
    """One sensor, by its role, and what it says of stands and sits."""

    def __init__(self, sensor: Sensor) -> None:
        rate = sensor.sampling_rate_hz
        self.sitter = ThighSitter(rate) if sensor.role == "thigh" else TrunkSitter(rate)
        self._alone = AccelerationMotion(rate) if sensor.role == "acceleration" else None
        self._inertial = Inertial(rate, BRIDGED_S)

    def process(self, samples: Array, times_s: Array, first_sample: int) -> None:
        for motion in self._motions(samples, times_s, first_sample):
            self.sitter.follow(motion)

    def _motions(self, samples: Array, times_s: Array, first_sample: int) -> list[Motion]:
        if self._alone is not None:
            return self._alone.process(samples, times_s, first_sample)
        return [inertial_motion(run) for run in self._inertial.process(samples, times_s, first_sample)]


def _occurrence(transfer: Transfer) -> Occurrence:
    known = {"lift_m": transfer.lift_m, "peak_speed_ms": transfer.peak_ms}
    known["seat_off_s" if transfer.stand else "seat_contact_s"] = transfer.seat_s
    return Occurrence("stand" if transfer.stand else "sit", transfer.start_s, "", transfer.end_s, known)


def _values(stands: list[Transfer], last_s: float) -> list[Measure]:
    n = len(stands)
    seen = not math.isnan(last_s)
    values = [Measure("stands", float(n), "1", n) if seen else Measure.missing("stands", "1", "no samples")]
    if n < _STANDS:
        values.append(Measure.missing("five_stands", "s", f"{n} stands; five are needed", n))
    else:
        values.append(Measure("five_stands", stands[_STANDS - 1].end_s - stands[0].start_s, "s", _STANDS))
    if not stands or last_s - stands[0].start_s < _CHAIR_S:
        values.append(Measure.missing("stands_in_30_s", "1", "less than 30 s from the first stand on", n))
    else:
        within = sum(t.end_s - stands[0].start_s <= _CHAIR_S for t in stands)
        values.append(Measure("stands_in_30_s", float(within), "1", within))
    if not stands:
        missing = [Measure.missing(*of, "no stand was seen") for of in (("rise_time", "s"), ("peak_speed", "m/s"))]
        return values + missing
    rises = [t.end_s - t.start_s for t in stands]
    values.append(Measure("rise_time", mean(rises), "s", n))
    values.append(Measure("peak_speed", mean(t.peak_ms for t in stands), "m/s", n))
    return values
