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
    NoSettings,
    Occurrence,
    Output,
    Role,
    Sensor,
    Signal,
    StreamingMeasure,
    named,
)
from biofeedback.measures.sitting import Sitter, Transfer
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
            "A stand is a way of the sensor up by more than 0.12 m within 0.3 to 4 s; with a thigh sensor by more than "
            "0.06 m, with a turn of more than 30°. It begins where the lean before it exceeds 10°/s; the seat is left "
            "where the thigh has turned by 3°; with a trunk sensor halfway from the fastest lean to its end; with an "
            "accelerometer where the push upwards is at half its strength. "
            "The five-times test lasts from the first beginning to the end of the fifth stand."
        ),
        source="Goldberg et al. 2012 (five-times test); segmentation is our own",
        roles=(
            Role("thigh", "imu", optional=True),
            Role("trunk", "imu", optional=True),
            Role("acceleration", "acceleration", optional=True),
        ),
        outputs=(
            Output("stands", "1", "completed stands"),
            Output("five_stands", "s", "from the first beginning to the end of the fifth stand"),
            Output("stands_in_30_s", "1", "stands completed within 30 s of the first beginning"),
            Output("rise_time", "s", "mean, from beginning to standing"),
            Output("peak_speed", "m/s", "mean of the largest upward speed of the sensor"),
        ),
        group_delay_s=0.06,
        warm_up_s=0.3,
        reliability="five-times test: SEM 0.9 s, MDC95 2.5 s, ICC 0.95 (Goldberg et al. 2012), with a stopwatch",
    )

    def __init__(self, sensors: Sequence[Sensor], settings: NoSettings) -> None:
        super().__init__(sensors, settings)
        self._sitters = [Sitter(sensor.sampling_rate_hz, sensor.role) for sensor in sensors]

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take acceleration and angular velocity, shape (n_samples, 6), or acceleration alone, shape (n_samples, 3)."""
        self._sitters[sensor].process(samples, times_s, first_sample)
        return []

    def finish(self) -> Findings:
        """Return stands and sits as the first sensor in the order of the roles saw them."""
        first = self._sitters[0]
        stands = [t for t in first.transfers if t.lobe.lift_m > 0.0]
        occurrences = [_occurrence(transfer) for transfer in first.transfers]
        occurrences += [Occurrence("seat_off", t.seat_off_s) for t in stands]
        return Findings(tuple(_values(stands, first.last_s)), tuple(sorted(occurrences, key=lambda o: o.time_s)))


def _occurrence(transfer: Transfer) -> Occurrence:
    lobe = transfer.lobe
    up = lobe.lift_m > 0.0
    known = {"lift_m": lobe.lift_m, "peak_speed_ms": lobe.peak_ms}
    known["seat_off_s" if up else "seat_contact_s"] = transfer.seat_off_s
    return Occurrence("stand" if up else "sit", transfer.start_s, "", lobe.end_s, known)


def _values(stands: list[Transfer], last_s: float) -> list[Measure]:
    n = len(stands)
    seen = not math.isnan(last_s)
    values = [Measure("stands", float(n), "1", n) if seen else Measure.missing("stands", "1", "no samples")]
    if n < _STANDS:
        values.append(Measure.missing("five_stands", "s", f"{n} stands; five are needed", n))
    else:
        values.append(Measure("five_stands", stands[_STANDS - 1].lobe.end_s - stands[0].start_s, "s", _STANDS))
    if not stands or last_s - stands[0].start_s < _CHAIR_S:
        values.append(Measure.missing("stands_in_30_s", "1", "less than 30 s from the first stand on", n))
    else:
        within = sum(t.lobe.end_s - stands[0].start_s <= _CHAIR_S for t in stands)
        values.append(Measure("stands_in_30_s", float(within), "1", within))
    if not stands:
        missing = [Measure.missing(*of, "no stand was seen") for of in (("rise_time", "s"), ("peak_speed", "m/s"))]
        return values + missing
    rises = [t.lobe.end_s - t.start_s for t in stands]
    values.append(Measure("rise_time", mean(rises), "s", n))
    values.append(Measure("peak_speed", mean(t.lobe.peak_ms for t in stands), "m/s", n))
    return values
