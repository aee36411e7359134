"""How well a signal follows a target."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.gaps import GapFiller
from biofeedback.dsp.resample import GridRun, TickJoin, UniformGrid, longest_gap_s
from biofeedback.measures.catalogue import (
    Definition,
    Findings,
    Output,
    Role,
    Sensor,
    Signal,
    StreamingMeasure,
    named,
)
from biofeedback.measures.tracking import tracking
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

GRID_HZ = 100.0
_OF_COLUMNS = "in the unit of the columns"


class TrackingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What counts as on target.

    Attributes
    ----------
    band
        The largest error that is on target, in the unit of both columns (SI, angles in °); a tenth of the target's
        range if not given.
    """

    band: Annotated[float, msgspec.Meta(gt=0.0)] | None = None


@named
class TrackingMeasure(StreamingMeasure):
    """Error, lag and gain of a column against another."""

    definition = Definition(
        name="tracking",
        title="Following a target",
        domain="consistency",
        definition="Target less signal on a grid of 100 Hz. The lag is that of the highest correlation within ±0.5 s; "
        "gain and residual are at that lag. Columns are in SI units, angles in °. A target of one sine can be "
        "predicted: use several.",
        source="metrics of pursuit tracking; correlation lag with parabolic refinement",
        roles=(Role("target", "any"), Role("actual", "any")),
        outputs=(
            Output("rmse", _OF_COLUMNS, "root mean square error"),
            Output("bias", _OF_COLUMNS, "mean of target less signal"),
            Output("on_target", "%", "time within the band"),
            Output("lag", "s", "how far the signal is behind"),
            Output("gain", "1", "how large the signal is, of the target, at that lag"),
            Output("residual", _OF_COLUMNS, "root mean square error once the lag is taken off"),
        ),
        signals=(Output("error", _OF_COLUMNS, "target less signal"),),
        group_delay_s=0.0,
        warm_up_s=0.0,
    )
    Settings = TrackingSettings

    def __init__(self, sensors: Sequence[Sensor], settings: TrackingSettings) -> None:
        super().__init__(sensors, settings)
        rates = [sensor.sampling_rate_hz for sensor in sensors]
        self._gaps = [GapFiller(1, rate) for rate in rates]
        self._grids = [UniformGrid(GRID_HZ, longest_gap_s=longest_gap_s(rate)) for rate in rates]
        self._join = TickJoin(len(sensors))
        self._pairs: list[Array] = []
        units = {sensor.unit for sensor in sensors}
        self._unit = units.pop() if len(units) == 1 else ""
        self._scale, self._unit = (math.degrees(1.0), "°") if self._unit == "rad" else (1.0, self._unit)

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take a column, shape (n_samples, 1); return the error where both are known."""
        signals: list[Signal] = []
        for run in self._gaps[sensor].process(samples, times_s, first_sample):
            for block in self._grids[sensor].process(run):
                for tick, (target, actual) in self._join.process(sensor, GridRun(block.first_tick, block.values)):
                    pair = self._scale * np.concatenate([target, actual], axis=1)
                    self._pairs.append(pair)
                    ticks = tick + np.arange(len(pair))
                    signals.append(Signal("error", self._unit or "1", ticks / GRID_HZ, pair[:, 0] - pair[:, 1]))
        return signals

    def finish(self) -> Findings:
        """Return how well the target was followed; the lag bridges losses as if there were none."""
        rows = np.concatenate([np.zeros((0, 2)), *self._pairs])
        target, actual = np.ascontiguousarray(rows[np.isfinite(rows).all(axis=1)].T)
        if not len(target):
            why = "there is no moment at which both columns were measured"
            return Findings(tuple(Measure.missing(o.name, self._unit_of(o), why) for o in self.definition.outputs))
        band = self.settings.band or 0.1 * float(np.ptp(target))
        found = tracking(target, actual, GRID_HZ, band)
        values = (found.rmse, found.bias, found.on_target, found.lag_s, found.gain, found.residual)
        why = "target or signal stands still, or both are shorter than 2 s"
        pairs = zip(self.definition.outputs, values, strict=True)
        return Findings(
            tuple(
                Measure(o.name, v, self._unit_of(o), len(target), reason=why if np.isnan(v) else "") for o, v in pairs
            )
        )

    def _unit_of(self, output: Output) -> str:
        return self._unit if self._unit and output.unit == _OF_COLUMNS else output.unit
