"""How smooth the ways of each repetition are."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from biofeedback.measures.catalogue import Findings, Occurrence, Output, named
from biofeedback.measures.counted import GRID_HZ, CountedBlock
from biofeedback.measures.named.counted_measure import (
    NOT_FOUND,
    CountedMeasure,
    counted_definition,
    each_repetition,
    middle,
)
from biofeedback.measures.repetitions import Repetition
from biofeedback.measures.smoothness import LEAST_SAMPLES, ldlj_acceleration, ldlj_velocity, sparc

Array = NDArray[np.float64]

_BELOW_20_HZ = np.asarray(signal.butter(2, 20.0, fs=GRID_HZ, output="sos"))
_NO_MOTION = "not measured: it takes a motion sensor"


@named
class Smoothness(CountedMeasure):
    """How smooth each way is."""

    definition = counted_definition(
        name="smoothness",
        title="Smoothness",
        definition="Spectral arc length (SPARC, 10 Hz, 0.05) of the speed on each way out and each way back: the "
        "angular speed of a sensor, the slope of any other signal; and the log dimensionless jerk of that speed below "
        "20 Hz (LDLJ-V), which depends more on noise and on the sampling rate; of an inertial sensor also the jerk of "
        "its acceleration without gravity, below 20 Hz (LDLJ-A). More negative is less smooth.",
        source="Balasubramanian et al. 2012, 2015, J NeuroEng Rehab 12:112; Melendez-Calderon et al. 2021, Front "
        "Bioeng Biotechnol 8:558771",
        outputs=(
            Output("sparc_out", "1", "median over the ways out"),
            Output("sparc_back", "1", "median over the ways back"),
            Output("ldlj_out", "1", "median over the ways out"),
            Output("ldlj_back", "1", "median over the ways back"),
            Output("ldlj_a_out", "1", "median over the ways out, of the acceleration"),
            Output("ldlj_a_back", "1", "median over the ways back, of the acceleration"),
        ),
        occurrences=(
            each_repetition(
                Output("sparc_out, sparc_back", "1", "of each way"),
                Output("ldlj_out, ldlj_back", "1", "of each way"),
                Output("ldlj_a_out, ldlj_a_back", "1", "of each way, of the acceleration"),
                of="the counted sensor",
            ),
        ),
        reliability="SPARC, reaching after stroke: ICC > 0.9 (Cornec 2024); ICC 0.81–0.87, SRD 28–35 % (VPIT)",
    )

    def finish(self) -> Findings:
        """Return the medians and each repetition."""
        found = [(rep, self._ways(rep, cut)) for rep, cut in self.found()]
        reason = "no way of 20 samples without losses was found" if found else NOT_FOUND
        without = self.counted.kind != "imu"
        values = tuple(
            middle(o.name, "1", [w[o.name] for _, w in found], _NO_MOTION if without and "_a_" in o.name else reason)
            for o in self.definition.outputs
        )
        sensor = self.sensors[0].name
        return Findings(values, tuple(Occurrence("repetition", r.start_s, sensor, r.end_s, w) for r, w in found))

    def _ways(self, rep: Repetition, cut: CountedBlock) -> dict[str, float]:
        top = min(max(round(rep.peak_s * GRID_HZ) - cut.first_tick, 0), len(cut.speed))
        values: dict[str, float] = {}
        for way, rows in (("out", slice(None, top + 1)), ("back", slice(top, None))):
            values[f"sparc_{way}"] = sparc(cut.speed[rows], GRID_HZ)
            values[f"ldlj_{way}"] = _jerk(ldlj_velocity, cut.speed[rows])
            values[f"ldlj_a_{way}"] = _jerk(ldlj_acceleration, cut.acceleration[rows])
        return values


def _jerk(of: Callable[[Array, float], float], way: Array) -> float:
    """Return the log dimensionless jerk of a way; both ways through the low-pass: the way is over."""
    if len(way) < LEAST_SAMPLES or not way.size or not np.isfinite(way).all():
        return math.nan
    return of(np.asarray(signal.sosfiltfilt(_BELOW_20_HZ, way, axis=0)), GRID_HZ)
