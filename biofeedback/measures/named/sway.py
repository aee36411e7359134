"""Standing quietly: how the trunk sways."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import signal

from biofeedback.dsp import quaternion
from biofeedback.dsp.filters import low_pass
from biofeedback.dsp.gaps import Run
from biofeedback.dsp.resample import UniformGrid
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
from biofeedback.measures.inertial import Axis, Inertial, InertialRun, axis_vector
from biofeedback.measures.sway import ellipse_area, jerk, mean_frequency_hz, path, power_frequencies_hz, rms
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_GRID_HZ = 100.0
_EDGE_HZ = 3.5
_MOST_MISSING = 0.02
_UNITS = {
    "rms": "m/s²", "path": "m/s²", "mean_frequency": "Hz", "f95": "Hz", "centroidal_frequency": "Hz",
    "jerk": "m²/s⁵", "ellipse_area": "m²/s⁴",
}  # fmt: skip


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is measured, and which way the person looks.

    Attributes
    ----------
    discard_s
        Left out at the start, s.
    duration_s
        Measured after that, s.
    forward
        The sensor's axis that points forward (x, -z, …), for the two directions apart.
    """

    discard_s: float = 5.0
    duration_s: float = 30.0
    forward: Axis = ""

    def __post_init__(self) -> None:
        if not (self.discard_s >= 0.0 and 10.0 <= self.duration_s <= 600.0):
            raise ValueError("sway: discard_s is 0 or more and duration_s between 10 and 600")


@named
class Sway(StreamingMeasure):
    """ISway: horizontal acceleration of the trunk in quiet standing."""

    definition = Definition(
        name="sway",
        title="Postural sway",
        domain="balance",
        definition=(
            "Horizontal acceleration of the trunk on a 100 Hz grid, mean removed, low-pass 3.5 Hz without delay over "
            "30 s after the first 5 s. Jerk is half the integral of the squared derivative; the ellipse is the 95 % "
            "prediction ellipse. All depend on duration, edge and rate, which are fixed."
        ),
        source="Mancini et al. 2012, J NeuroEng Rehab 9:59; Schubert & Kirchner 2014, Gait Posture 39:518",
        roles=(Role("trunk", "imu"),),
        outputs=(
            Output("rms", "m/s²", "root mean square distance from the middle"),
            Output("path", "m/s²", "length of the path"),
            Output("mean_frequency", "Hz", "path over mean distance"),
            Output("f95", "Hz", "95 % of the power lies below"),
            Output("centroidal_frequency", "Hz", "root of the second moment of the power"),
            Output("jerk", "m²/s⁵", "half the integral of the squared derivative"),
            Output("ellipse_area", "m²/s⁴", "95 % prediction ellipse"),
            Output("rms_forward", "m/s²", "forward and back; needs the setting forward"),
            Output("rms_sideways", "m/s²", "from side to side; needs the setting forward"),
        ),
        signals=(
            Output(
                "sway_1, sway_2",
                "m/s²",
                "two level directions, late by the delay; sway_forward, sway_sideways with the setting forward",
            ),
        ),
        group_delay_s=0.064,
        warm_up_s=5.0,
        reliability="jerk: ICC 0.86 to 0.87 (Mancini et al. 2012)",
    )
    Settings = Settings

    def __init__(self, sensors: Sequence[Sensor], settings: Settings) -> None:
        super().__init__(sensors, settings)
        self._settings = settings
        self._inertial = Inertial(sensors[0].sampling_rate_hz)
        self._grid = UniformGrid(_GRID_HZ, quaternion=False)
        self._smooth = low_pass(_EDGE_HZ, _GRID_HZ)
        self._wanted = round((settings.discard_s + settings.duration_s) * _GRID_HZ)
        self._rows = np.empty((0, 2))
        self._ticks = np.empty(0, dtype=np.int64)

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take acceleration and angular velocity of the trunk, shape (n_samples, 6)."""
        signals: list[Signal] = []
        for run in self._inertial.process(samples, times_s, first_sample):
            level = self._level(run)
            missing = np.repeat(run.missing[:, None], 2, axis=1)
            for block in self._grid.process(Run(run.times_s, level, missing, run.first_sample, run.after_gap)):
                ticks = block.first_tick + np.arange(len(block.values))
                if len(self._rows) < self._wanted:
                    self._rows = np.concatenate([self._rows, block.values])
                    self._ticks = np.concatenate([self._ticks, ticks])
                signals += self._shown(ticks / _GRID_HZ, block.values)
        return signals

    def _shown(self, times_s: Array, values: Array) -> list[Signal]:
        """Return the sway as it is known live: smoothed with a delay, broken at gaps."""
        out = np.full_like(values, np.nan)
        whole = ~np.isnan(values[:, 0])
        edges = np.flatnonzero(np.diff(whole.astype(np.int8))) + 1
        for part in np.split(np.arange(len(values)), edges):
            if len(part) and whole[part[0]]:
                out[part] = self._smooth.process(values[part])
            else:
                self._smooth.restart()
        names = ("sway_forward", "sway_sideways") if self._settings.forward else ("sway_1", "sway_2")
        return [Signal(name, "m/s²", times_s, out[:, column]) for column, name in enumerate(names)]

    def _level(self, run: InertialRun) -> Array:
        """Return the horizontal acceleration, shape (n_samples, 2): forward and to the left where forward is known."""
        acc = run.earth_acc
        if not self._settings.forward:
            return acc[:, :2]
        ahead = quaternion.rotate(run.quat, axis_vector(self._settings.forward))[:, :2]
        ahead = ahead / np.maximum(np.hypot(ahead[:, :1], ahead[:, 1:]), 1e-6)
        forward = ahead[:, 0] * acc[:, 0] + ahead[:, 1] * acc[:, 1]
        return np.column_stack([forward, ahead[:, 0] * acc[:, 1] - ahead[:, 1] * acc[:, 0]])

    def finish(self) -> Findings:
        """Return the measures of the whole time, or why there are none."""
        first = round(self._settings.discard_s * _GRID_HZ)
        rows = self._rows[first : self._wanted]
        lost = np.isnan(rows).any(axis=1)
        if len(self._rows) < self._wanted:
            seconds = self._settings.discard_s + self._settings.duration_s
            return self._missing(f"less than {seconds:g} s of signal", len(rows))
        if lost.mean() > _MOST_MISSING or np.diff(self._ticks[first : self._wanted]).max(initial=1) > 1:
            return self._missing("too much of the signal was lost", len(rows))
        index = np.arange(len(rows))
        filled = np.column_stack([np.interp(index, index[~lost], rows[~lost, column]) for column in (0, 1)])
        edge = signal.butter(2, _EDGE_HZ, fs=_GRID_HZ, output="sos")
        smooth = signal.sosfiltfilt(edge, filled - filled.mean(axis=0), axis=0)
        f95, centroid = power_frequencies_hz(smooth, _GRID_HZ)
        known = {
            "rms": rms(smooth),
            "path": path(smooth),
            "mean_frequency": mean_frequency_hz(smooth, _GRID_HZ),
            "f95": f95,
            "centroidal_frequency": centroid,
            "jerk": jerk(smooth, _GRID_HZ),
            "ellipse_area": ellipse_area(smooth),
        }
        values = [Measure(name, value, _UNITS[name], len(rows)) for name, value in known.items()]
        return Findings((*values, *self._directions(smooth)))

    def _directions(self, smooth: Array) -> list[Measure]:
        names = ("rms_forward", "rms_sideways")
        if not self._settings.forward:
            return [
                Measure.missing(name, "m/s²", "the setting forward says which axis points forward") for name in names
            ]
        return [Measure(n, float(smooth[:, c].std()), "m/s²", len(smooth)) for c, n in enumerate(names)]

    def _missing(self, reason: str, n: int) -> Findings:
        known = [Measure.missing(name, unit, reason, n) for name, unit in _UNITS.items()]
        return Findings(
            (*known, *(Measure.missing(f"rms_{way}", "m/s²", reason, n) for way in ("forward", "sideways")))
        )
