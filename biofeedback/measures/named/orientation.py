"""How a sensor is turned in the world."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.gaps import Run
from biofeedback.dsp.orientation import DISTURBED, QUATERNION, REST, Orientation
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
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_VQF = "Laidig & Seel 2023, Information Fusion 91:187"
_LARGE_BIAS_DEG_S = 1.5


class OrientationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the orientation.

    Attributes
    ----------
    magnetometer
        Hold the heading by the magnetic field; needs sensors with a magnetometer. Only far from iron.
    """

    magnetometer: bool = False


@named
class SensorOrientation(StreamingMeasure):
    """Quaternion, lean and heading of each sensor."""

    Settings = OrientationSettings
    definition = Definition(
        name="orientation",
        title="Orientation of a sensor",
        domain="orientation",
        definition="VQF, published settings, without magnetometer unless `magnetometer` is set, as iron indoors bends "
        "the field: the unit quaternion (w x y z) that turns sensor coordinates into the earth's (z up; with a "
        "magnetometer x to magnetic east); the inclination of each sensor axis, its angle with the plumb line; "
        "and the heading since the start, which drifts without magnetometer. With it the field is learned from 5 s of "
        "turning; while it is off by 10 % in strength or 10° in dip the gyroscope carries the heading, for up to 60 s.",
        source=_VQF,
        roles=(Role("imu", "imu", several=True),),
        outputs=(
            Output("share_known", "1", "share of the samples that have an orientation"),
            Output("heading_change", "°", "heading at the end since the start, drift included"),
            Output(
                "field_disturbed",
                "1",
                "with magnetometer: share of the time since the field was learned in which "
                "it was another one, and no heading was taken from it",
            ),
        ),
        signals=(
            Output("qw_<imu>, qx_<imu>, qy_<imu>, qz_<imu>", "1", "earth from sensor"),
            Output(
                "inclination_x_<imu>, inclination_y_<imu>, inclination_z_<imu>",
                "°",
                "angle of that sensor axis with the plumb line",
            ),
            Output("heading_<imu>", "°", "turn about the vertical since the start"),
            Output("field_disturbed_<imu>", "1", "with magnetometer: 1 while no heading is taken from the field"),
        ),
        group_delay_s=0.0,
        warm_up_s=0.0,
        reliability="inclination 0.7° RMS against optical tracking, 1.8° in the worst of 30 trials (BROAD); heading "
        "drifts: 4.2° RMS in these trials of some minutes. With magnetometer heading 1.6° undisturbed, 3.1° near "
        "magnets; one that moves with the sensor is not noticed and costs up to 8°",
    )

    def __init__(self, sensors: Sequence[Sensor], settings: OrientationSettings) -> None:
        super().__init__(sensors, settings)
        self._orientations = [
            Orientation(sensor.sampling_rate_hz, only_trusted=True, magnetometer=settings.magnetometer)
            for sensor in sensors
        ]
        self._headings = [_Heading() for _ in sensors]
        self._fields = [_Field() for _ in sensors]
        self._counts = np.zeros((len(sensors), 2), dtype=np.int64)

    @classmethod
    def roles(cls, settings: OrientationSettings) -> tuple[Role, ...]:
        """Return the sensors: with a magnetometer where it is asked for."""
        return (Role("imu", "imu_mag", several=True),) if settings.magnetometer else cls.definition.roles

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take acceleration, angular velocity and, if set, magnetic field, shape (n_samples, 6 or 9)."""
        self._counts[sensor, 0] = max(self._counts[sensor, 0], first_sample + len(samples))
        runs = self._orientations[sensor].process(samples, times_s, first_sample)
        return [signal for run in runs for signal in self._signals(sensor, run)]

    def _signals(self, sensor: int, run: Run) -> list[Signal]:
        rows = run.blanked()
        quats = rows[:, QUATERNION]
        self._counts[sensor, 1] += int(np.sum(~np.isnan(quats[:, 0])))
        name = self.sensors[sensor].name
        values = {f"q{letter}_{name}": ("1", quats[:, i]) for i, letter in enumerate("wxyz")}
        for axis, letter in zip(np.eye(3), "xyz", strict=True):
            upright = quaternion.rotate(quats, np.broadcast_to(axis, (len(quats), 3)))[:, 2]
            values[f"inclination_{letter}_{name}"] = ("°", np.degrees(np.arccos(np.clip(upright, -1.0, 1.0))))
        values[f"heading_{name}"] = ("°", np.degrees(self._headings[sensor].process(quats)))
        if self.settings.magnetometer:
            values[f"field_disturbed_{name}"] = ("1", self._fields[sensor].process(rows[:, DISTURBED]))
        return [Signal(key, unit, run.times_s, array) for key, (unit, array) in values.items()]

    def finish(self) -> Findings:
        """Return how much is known, how far the heading went, and how often the field was not to be trusted."""
        values: list[Measure] = []
        for sensor, (seen, known), heading in zip(self.sensors, self._counts, self._headings, strict=True):
            if not known:
                reason = "no sample of acceleration and angular velocity came"
                values.append(Measure.missing(f"share_known_{sensor.name}", "1", reason))
                values.append(Measure.missing(f"heading_change_{sensor.name}", "°", reason))
                continue
            values.append(Measure(f"share_known_{sensor.name}", float(known / seen), "1", int(known)))
            turned = float(np.degrees(heading.last))
            values.append(Measure(f"heading_change_{sensor.name}", turned, "°", int(known)))
        if self.settings.magnetometer:
            values += [field.share(sensor.name) for sensor, field in zip(self.sensors, self._fields, strict=True)]
        return Findings(tuple(values))


class _Heading:
    """The twist about the vertical since the first row, unwrapped."""

    def __init__(self) -> None:
        self._first: Array | None = None
        self.last = 0.0

    def process(self, quats: Array) -> Array:
        out = np.full(len(quats), np.nan)
        known = np.flatnonzero(~np.isnan(quats[:, 0]))
        if not known.size:
            return out
        self._first = quats[known[0]] if self._first is None else self._first
        since = quaternion.multiply(quats[known], quaternion.conjugate(self._first))
        wrapped = np.concatenate([[self.last], quaternion.twist(since, quaternion.UP)])
        out[known] = np.unwrap(wrapped)[1:]
        self.last = float(out[known[-1]])
        return out


class _Field:
    """How often the magnetic field was another one since it was learned."""

    def __init__(self) -> None:
        self._disturbed = self._count = 0

    def process(self, flags: Array) -> Array:
        """Take the next flags, NaN where missing; return them with NaN until the field is learned."""
        flags = flags.copy()
        if not self._count:
            learned = np.flatnonzero(flags == 0.0)
            flags[: learned[0] if learned.size else len(flags)] = np.nan
        self._count += int(np.sum(~np.isnan(flags)))
        self._disturbed += int(np.sum(flags == 1.0))
        return flags

    def share(self, name: str) -> Measure:
        if not self._count:
            reason = (
                "the field was never learned, which takes 5 s of turning in a steady one: iron near by was not noticed"
            )
            return Measure.missing(f"field_disturbed_{name}", "1", reason)
        return Measure(f"field_disturbed_{name}", self._disturbed / self._count, "1", self._count)


@named
class Rest(StreamingMeasure):
    """When a sensor lay still, and the bias of its gyroscope."""

    definition = Definition(
        name="rest",
        title="Rest and gyroscope bias",
        domain="orientation",
        definition="Rest is 1.5 s within 2 °/s and 0.5 m/s² of the low-passed signals (0.5 s); the gyroscope's bias "
        "is learned at rest and, slowly, in movement.",
        source=_VQF,
        roles=(Role("imu", "imu", several=True),),
        outputs=(
            Output("bias_x", "°/s", "gyroscope bias at the end, sensor axis x"),
            Output("bias_y", "°/s", "the same, y"),
            Output("bias_z", "°/s", "the same, z"),
            Output("rest_share", "1", "share of the known time in which the sensor lay still"),
        ),
        occurrences=(Happening("rest", "a stretch of lying still", "imu"),),
        signals=(Output("rest_<imu>", "1", "1 while it lies still, else 0"),),
        group_delay_s=0.0,
        warm_up_s=1.5,
    )

    def __init__(self, sensors: Sequence[Sensor], settings: NoSettings) -> None:
        super().__init__(sensors, settings)
        self._orientations = [Orientation(sensor.sampling_rate_hz) for sensor in sensors]
        self._spells: list[list[list[float]]] = [[] for _ in sensors]
        self._resting = [False for _ in sensors]
        self._counts = np.zeros((len(sensors), 2), dtype=np.int64)

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take acceleration and angular velocity, shape (n_samples, 6)."""
        signals: list[Signal] = []
        for run in self._orientations[sensor].process(samples, times_s, first_sample):
            rest = run.blanked()[:, REST]
            self._note(sensor, run.times_s, rest)
            signals.append(Signal(f"rest_{self.sensors[sensor].name}", "1", run.times_s, rest))
        return signals

    def _note(self, sensor: int, times_s: Array, rest: Array) -> None:
        self._counts[sensor] += int(np.sum(~np.isnan(rest))), int(np.sum(rest == 1.0))
        for time_s, resting in zip(times_s.tolist(), (rest == 1.0).tolist(), strict=True):
            if resting and not self._resting[sensor]:
                self._spells[sensor].append([time_s, time_s])
            elif resting:
                self._spells[sensor][-1][1] = time_s
            self._resting[sensor] = resting

    def finish(self) -> Findings:
        """Return the bias of each sensor and its spells of rest."""
        values = [value for index in range(len(self.sensors)) for value in self._values(index)]
        spells = [
            Occurrence("rest", begin_s, self.sensors[index].name, end_s)
            for index, found in enumerate(self._spells)
            for begin_s, end_s in found
        ]
        return Findings(tuple(values), tuple(sorted(spells, key=lambda spell: spell.time_s)))

    def _values(self, index: int) -> list[Measure]:
        name, (known, still) = self.sensors[index].name, self._counts[index]
        if not known:
            reason = "no sample of acceleration and angular velocity came"
            names = [f"bias_{letter}_{name}" for letter in "xyz"]
            return [Measure.missing(n, "°/s", reason) for n in names] + [
                Measure.missing(f"rest_share_{name}", "1", reason)
            ]
        bias = np.degrees(self._orientations[index].bias_rad_s)
        reason = ""
        if not still:
            reason = "the sensor never lay still: the bias is a rough one"
        elif float(np.linalg.norm(bias)) > _LARGE_BIAS_DEG_S:
            reason = "the bias is large: let the sensor warm up"
        quality = "weak" if reason else "ok"
        values = [
            Measure(f"bias_{letter}_{name}", float(value), "°/s", int(known), quality, reason)
            for letter, value in zip("xyz", bias, strict=True)
        ]
        return [*values, Measure(f"rest_share_{name}", float(still / known), "1", int(known))]
