"""How much two muscles work against each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
from biofeedback.measures.coordination import falconer_winter, rudolph
from biofeedback.measures.envelopes import Envelopes
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]


@named
class CoContraction(StreamingMeasure):
    """Two indices that answer different questions."""

    definition = Definition(
        name="co_contraction",
        title="Co-contraction of two muscles",
        domain="emg",
        definition="Envelopes (RMS 100 ms), each as a share of its own highest half second. Falconer & Winter: common "
        "area, blind to how strong both are; Rudolph: lesser over more times their sum, driven by strength.",
        source="Falconer & Winter 1985, Electromyogr Clin Neurophysiol 25:135; Rudolph et al. 2000, Knee Surg Sports "
        "Traumatol Arthrosc 8:262",
        roles=(Role("agonist", "emg"), Role("antagonist", "emg")),
        outputs=(
            Output("falconer_winter", "%", "twice the common area of both envelopes over their sum, 0–100 (shape)"),
            Output("rudolph", "1", "mean of lesser / more times their sum, 0–2 (strength)"),
        ),
        group_delay_s=0.051,
        warm_up_s=0.15,
        reliability="within a session ICC > 0.86, between sessions < 0.65 (Katsavelis 2014): compare within a session",
    )

    def __init__(self, sensors: Sequence[Sensor], settings: NoSettings) -> None:
        super().__init__(sensors, settings)
        self._envelopes = Envelopes(sensors)

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take raw EMG in V, shape (n_samples, 1)."""
        self._envelopes.process(sensor, samples, times_s, first_sample)
        return []

    def finish(self) -> Findings:
        """Return both indices over all that was recorded of both."""
        gathered = self._envelopes.gathered()
        if gathered is None:
            return self._nothing("no samples")
        silent = [s.name for s, value in zip(self.sensors, gathered.references, strict=True) if np.isnan(value)]
        if silent:
            return self._nothing(f"no activity of {' and '.join(silent)}")
        one, other = gathered.shares[np.isfinite(gathered.shares).all(axis=1)].T
        if not len(one):
            return self._nothing("there is no moment at which both muscles were measured")
        return Findings(
            (
                Measure("falconer_winter", falconer_winter(one, other), "%", len(one)),
                Measure("rudolph", rudolph(one, other), "1", len(one)),
            )
        )

    def _nothing(self, reason: str) -> Findings:
        return Findings(tuple(Measure.missing(o.name, o.unit, reason) for o in self.definition.outputs))
