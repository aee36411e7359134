"""How far one segment has moved, from one sensor on it: lean since rest, and turn about the movement's own axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.orientation import Orientation
from biofeedback.dsp.resample import UniformGrid, longest_gap_s
from biofeedback.dsp.segment import Inclination, Rotation, SegmentAngle
from biofeedback.measures.catalogue import (
    Definition,
    Findings,
    NoSettings,
    Output,
    Role,
    Sensor,
    Signal,
    StreamingMeasure,
    named,
)
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]
GRID_HZ = 100.0

_OUTPUTS = (
    Output("range", "°", "largest less smallest angle"),
    Output("highest", "°", "largest angle since rest"),
    Output("lowest", "°", "smallest angle since rest"),
)
_RELIABILITY = "minimal detectable change of inertial goniometry 4–6°: read no change below 5°"


class _OneSensor(StreamingMeasure):
    """An angle of each sensor on the grid of 100 Hz."""

    follows: ClassVar[type[SegmentAngle]]

    def __init__(self, sensors: Sequence[Sensor], settings: NoSettings) -> None:
        super().__init__(sensors, settings)
        rates = [sensor.sampling_rate_hz for sensor in sensors]
        self._orientations = [Orientation(rate, only_trusted=True) for rate in rates]
        self._grids = [UniformGrid(GRID_HZ, quaternion=True, longest_gap_s=longest_gap_s(rate)) for rate in rates]
        self._angles = [self.follows(GRID_HZ) for _ in sensors]
        self._edges = np.tile([np.inf, -np.inf], (len(sensors), 1))
        self._counts = [0] * len(sensors)

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take acceleration and angular velocity, shape (n_samples, 6)."""
        signals: list[Signal] = []
        name = f"{self.definition.name}_{self.sensors[sensor].name}"
        for run in self._orientations[sensor].process(samples, times_s, first_sample):
            for block in self._grids[sensor].process(run):
                values = np.degrees(self._angles[sensor].process(block.values))
                ticks = block.first_tick + np.arange(len(values))
                self._note(sensor, values)
                signals.append(Signal(name, "°", ticks / GRID_HZ, values))
        return signals

    def _note(self, sensor: int, values: Array) -> None:
        known = values[~np.isnan(values)]
        self._counts[sensor] += len(known)
        if len(known):
            low, high = self._edges[sensor]
            self._edges[sensor] = min(low, known.min()), max(high, known.max())

    def finish(self) -> Findings:
        """Return the range of each sensor."""
        values: list[Measure] = []
        for sensor, angle, (low, high), count in zip(
            self.sensors, self._angles, self._edges, self._counts, strict=True
        ):
            names = [f"{output.name}_{sensor.name}" for output in _OUTPUTS]
            if angle.axis is None:
                reason = "nothing moved" if count else "no sample of acceleration and angular velocity came"
                values += [Measure.missing(name, "°", reason, count) for name in names]
                continue
            figures = (high - low, high, low)
            values += [Measure(name, float(v), "°", count) for name, v in zip(names, figures, strict=True)]
        return Findings(tuple(values))


@named
class SegmentInclination(_OneSensor):
    """The lean of a segment since rest."""

    follows = Inclination
    definition = Definition(
        name="inclination",
        title="Inclination of a segment",
        domain="orientation",
        definition="Angle between the plumb line now and at rest, seen from the sensor, free of heading drift; the "
        "sign is the side of the movement's own axis, the first movement positive. Rest is where the first movement "
        "sets out from.",
        source="Laidig & Seel 2023, Information Fusion 91:187 (6-axis orientation)",
        roles=(Role("imu", "imu", several=True),),
        outputs=_OUTPUTS,
        signals=(Output("inclination_<imu>", "°", "angle since rest"),),
        group_delay_s=0.0,
        warm_up_s=Inclination.warm_up_s,
        reliability=_RELIABILITY,
    )


@named
class SegmentRotation(_OneSensor):
    """The turn of a segment since rest."""

    follows = Rotation
    definition = Definition(
        name="rotation",
        title="Rotation of a segment",
        domain="orientation",
        definition="Twist about the movement's own axis since rest; the axis is the main direction of the angular "
        "velocity over the last 10 s of movement. About an upright axis it drifts with the gyroscope.",
        source="swing-twist decomposition of the 6-axis orientation (Laidig & Seel 2023)",
        roles=(Role("imu", "imu", several=True),),
        outputs=_OUTPUTS,
        signals=(Output("rotation_<imu>", "°", "angle since rest"),),
        group_delay_s=0.0,
        warm_up_s=Rotation.warm_up_s,
        reliability=_RELIABILITY,
    )
