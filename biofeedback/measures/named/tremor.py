"""Tremor of a limb, from one inertial sensor."""

from __future__ import annotations

from collections.abc import Sequence

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
from biofeedback.measures.tremor import BAND_HZ, Peak, tremor_peak
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_HOP_S = 2.0
_SPECTRUM_S = 8.0
_SHARE = 0.75


@named
class Tremor(StreamingMeasure):
    """How often there is tremor, how fast and how strong."""

    definition = Definition(
        name="tremor",
        title="Tremor",
        domain="tremor",
        definition=(
            "A peak of the angular velocity's spectrum between 3.5 and 12 Hz that is at least three times the band's "
            "median power and less than 2 Hz wide; looked for every 2 s in the 8 s before. Present if it is in three "
            "of four looks. Rest tremor is usual at 4–6 Hz, action tremor at 5–12 Hz."
        ),
        source="bands as in Deuschl et al. 1998, Mov Disord 13(S3):2; the rule is our own",
        roles=(Role("limb", "imu"),),
        outputs=(
            Output("present", "1", "1 if tremor was in at least three of four looks, else 0"),
            Output("share", "%", "looks with tremor"),
            Output("frequency", "Hz", "median over looks with tremor"),
            Output("rms_angular_velocity", "°/s", "within the band, median over looks with tremor"),
            Output("rms_acceleration", "m/s²", "within the band, median over looks with tremor"),
        ),
        occurrences=(
            Happening(
                "tremor",
                "a look of 8 s in which there was tremor",
                "",
                (
                    Output("frequency_hz", "Hz", "of the peak"),
                    Output("rms_degs", "°/s", "within the band"),
                    Output("width_hz", "Hz", "of the peak"),
                ),
            ),
        ),
        group_delay_s=4.0,
        warm_up_s=8.0,
    )

    def __init__(self, sensors: Sequence[Sensor], settings: NoSettings) -> None:
        super().__init__(sensors, settings)
        self._rate = sensors[0].sampling_rate_hz
        self._inertial = Inertial(self._rate)
        self._size, self._hop = round(_SPECTRUM_S * self._rate), round(_HOP_S * self._rate)
        self._rows = np.empty((0, 7))
        self._looks: list[tuple[float, Peak, float]] = []

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take acceleration and angular velocity of the limb, shape (n_samples, 6)."""
        for run in self._inertial.process(samples, times_s, first_sample):
            lost = run.missing
            rows = np.column_stack([run.times_s, np.degrees(run.gyr), run.acc])
            if run.after_gap:
                self._rows = self._rows[:0]
            for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(lost.astype(np.int8))) + 1):
                if len(part) and lost[part[0]]:
                    self._rows = self._rows[:0]  # a spectrum over a hole would be of the filling
                else:
                    self._take(rows[part])
        return []

    def _take(self, rows: Array) -> None:
        self._rows = np.concatenate([self._rows, rows])
        while len(self._rows) >= self._size:
            window, self._rows = self._rows[: self._size], self._rows[self._hop :]
            turning, moving = tremor_peak(window[:, 1:4], self._rate), tremor_peak(window[:, 4:7], self._rate)
            self._looks.append((float(window[0, 0]), turning, moving.rms))

    def finish(self) -> Findings:
        """Return what the looks have in common."""
        n = len(self._looks)
        if BAND_HZ[1] >= self._rate / 2.0:
            return _missing(f"tremor needs more than {2 * BAND_HZ[1]:g} samples a second", n)
        if n == 0:
            return _missing(f"less than {_SPECTRUM_S:g} s of signal without a hole", n)
        with_tremor = [(peak, rms) for _, peak, rms in self._looks if peak.present]
        share = len(with_tremor) / n
        values = [
            Measure("present", float(share >= _SHARE), "1", n),
            Measure("share", 100.0 * share, "%", n),
        ]
        if with_tremor:
            columns = np.array([(peak.frequency_hz, peak.rms, rms) for peak, rms in with_tremor])
            middle = np.median(columns, axis=0)
            named_units = (("frequency", "Hz"), ("rms_angular_velocity", "°/s"), ("rms_acceleration", "m/s²"))
            values += [
                Measure(name, float(v), u, len(columns)) for (name, u), v in zip(named_units, middle, strict=True)
            ]
        else:
            values += _missing("no tremor was seen", n).values[2:]
        looks = [
            Occurrence(
                "tremor",
                start,
                end_s=start + _SPECTRUM_S,
                values={"frequency_hz": peak.frequency_hz, "rms_degs": peak.rms, "width_hz": peak.width_hz},
            )
            for start, peak, _ in self._looks
            if peak.present
        ]
        return Findings(tuple(values), tuple(looks))


def _missing(reason: str, n: int) -> Findings:
    units = {"present": "1", "share": "%", "frequency": "Hz", "rms_angular_velocity": "°/s", "rms_acceleration": "m/s²"}
    return Findings(tuple(Measure.missing(name, unit, reason, n) for name, unit in units.items()))
