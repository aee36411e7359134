"""How far segments lean away from how they stood at the start: the compensations of trunk and pelvis."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.measures.catalogue import (
    Definition,
    Findings,
    Happening,
    Occurrence,
    Output,
    Role,
    Sensor,
    Signal,
    StreamingMeasure,
    named,
)
from biofeedback.measures.inertial import Axis, Inertial, axis_vector
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_UPRIGHT_S = 0.5
_LEAST_S = 0.2


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where a lean counts, and which way the person looks.

    Attributes
    ----------
    threshold_deg
        A lean above it counts: 10° for reaching, 15–20° for walking, 5–8° for the pelvis.
    forward
        The sensor's axis that points forward (x, -z, …), for the two directions apart.
    """

    threshold_deg: float = 10.0
    forward: Axis = ""

    def __post_init__(self) -> None:
        if not 0.0 < self.threshold_deg < 180.0:
            raise ValueError("lean: threshold_deg is between 0 and 180")


class _Segment:
    def __init__(self, sensor: Sensor, settings: Settings) -> None:
        self.name, self._rate = sensor.name, sensor.sampling_rate_hz
        self._settings = settings
        self._inertial = Inertial(self._rate)
        self._first = np.empty((0, 3))
        self._upright: Array | None = None
        self.leans: list[Array] = []  # time and total lean in degrees

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        signals: list[Signal] = []
        for run in self._inertial.process(samples, times_s, first_sample):
            plumb = quaternion.rotate(quaternion.conjugate(run.quat), quaternion.UP)
            known = np.full(len(plumb), np.nan)
            parts = {"lean": known, "lean_forward": known.copy(), "lean_sideways": known.copy()}
            start = self._stand(plumb)
            if self._upright is not None and start < len(plumb):
                rows = plumb[start:]
                total = np.degrees(np.arccos(np.clip(quaternion.dot(rows, self._upright), -1.0, 1.0)))
                parts["lean"][start:] = total
                if self._settings.forward:
                    ahead, aside = self._directions(rows)
                    parts["lean_forward"][start:], parts["lean_sideways"][start:] = ahead, aside
            for values in parts.values():
                values[run.missing] = np.nan
            self.leans.append(np.column_stack([run.times_s, parts["lean"]]))
            wanted = parts if self._settings.forward else {"lean": parts["lean"]}
            signals += [Signal(f"{name}_{self.name}", "deg", run.times_s, values) for name, values in wanted.items()]
        return signals

    def _stand(self, plumb: Array) -> int:
        """Take the first half second as upright; return the row from which it is known."""
        if self._upright is not None:
            return 0
        size = max(round(_UPRIGHT_S * self._rate), 1)
        take = min(size - len(self._first), len(plumb))
        self._first = np.concatenate([self._first, plumb[:take]])
        if len(self._first) == size:
            self._upright = quaternion.normalised(self._first.sum(axis=0))
        return take

    def _directions(self, plumb: Array) -> tuple[Array, Array]:
        """Return the lean forward and to the left in degrees, by projection."""
        assert self._upright is not None
        axis = axis_vector(self._settings.forward)
        ahead = quaternion.normalised(axis - quaternion.dot(axis, self._upright) * self._upright)
        left = quaternion.cross(self._upright, ahead)
        up = quaternion.dot(plumb, self._upright)
        forward, aside = (-np.degrees(np.arctan2(quaternion.dot(plumb, way), up)) for way in (ahead, left))
        return forward, aside


@named
class Lean(StreamingMeasure):
    """Lean of trunk, pelvis or any segment from upright."""

    definition = Definition(
        name="lean",
        title="Lean from upright",
        domain="compensation",
        definition=(
            "Angle between the plumb line now and in the first half second, seen from the sensor; forward and sideways "
            "by projection where the sensor's forward axis is named. A compensation lasts at least 0.2 s above the "
            "threshold."
        ),
        source="trunk lean as in metrics of reaching and gait; the person's own upright is the reference",
        roles=(Role("segment", "imu", several=True),),
        outputs=(
            Output("peak", "deg", "largest lean of each segment"),
            Output("mean", "deg", "mean lean of each segment"),
            Output("above", "%", "share of the time above the threshold"),
            Output("times", "1", "how often it went above the threshold"),
        ),
        occurrences=(
            Happening(
                "compensation",
                "a stretch above the threshold",
                "segment",
                (Output("peak_deg", "°", "largest lean in it"),),
            ),
        ),
        signals=(
            Output("lean_<segment>", "deg", "angle from upright"),
            Output("lean_forward_<segment>", "deg", "with the setting forward"),
            Output("lean_sideways_<segment>", "deg", "with the setting forward"),
        ),
        group_delay_s=0.0,
        warm_up_s=0.5,
        reliability="trunk index in stroke: ICC 0.91, SEM 14 %, MDC95 39 %",
    )
    Settings = Settings

    def __init__(self, sensors: Sequence[Sensor], settings: Settings) -> None:
        super().__init__(sensors, settings)
        self._threshold = settings.threshold_deg
        self._segments = [_Segment(sensor, settings) for sensor in sensors]

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take acceleration and angular velocity of a segment, shape (n_samples, 6)."""
        return self._segments[sensor].process(samples, times_s, first_sample)

    def finish(self) -> Findings:
        """Return peak, mean and compensations of each segment."""
        values: list[Measure] = []
        occurrences: list[Occurrence] = []
        for segment in self._segments:
            rows = np.concatenate([np.empty((0, 2)), *segment.leans])
            rows = rows[~np.isnan(rows[:, 1])]
            names = [(f"{name}_{segment.name}", unit) for name, unit in _UNITS.items()]
            if not len(rows):
                values += [Measure.missing(n, u, "less than half a second of signal") for n, u in names]
                continue
            above = self._above(rows)
            occurrences += [Occurrence("compensation", a, segment.name, b, {"peak_deg": peak}) for a, b, peak in above]
            share = 100.0 * float((rows[:, 1] > self._threshold).mean())
            found = (float(rows[:, 1].max()), float(rows[:, 1].mean()), share, float(len(above)))
            values += [Measure(n, value, u, len(rows)) for (n, u), value in zip(names, found, strict=True)]
        return Findings(tuple(values), tuple(sorted(occurrences, key=lambda o: o.time_s)))

    def _above(self, rows: Array) -> list[tuple[float, float, float]]:
        high = np.concatenate([[False], rows[:, 1] > self._threshold, [False]])
        starts, ends = np.flatnonzero(high[1:] & ~high[:-1]), np.flatnonzero(~high[1:] & high[:-1]) - 1
        spans = [
            (float(rows[a, 0]), float(rows[b, 0]), float(rows[a : b + 1, 1].max()))
            for a, b in zip(starts, ends, strict=True)
        ]
        return [span for span in spans if span[1] - span[0] >= _LEAST_S and math.isfinite(span[2])]


_UNITS = {"peak": "deg", "mean": "deg", "above": "%", "times": "1"}
