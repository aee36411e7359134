"""How strong each muscle is, over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.conditioning import EmgConditioning
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
from biofeedback.measures.emg import highest_mean
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]


@named
class Envelope(StreamingMeasure):
    """The moving RMS of conditioned EMG, muscle by muscle."""

    definition = Definition(
        name="envelope",
        title="EMG envelope",
        domain="emg",
        definition="20–450 Hz, mains canceller where hum is seen, moving RMS of 100 ms.",
        source="De Luca et al. 2010, J Biomech 43:1573; SENIAM",
        roles=(Role("muscle", "emg", several=True),),
        outputs=(Output("highest_mean", "V", "highest mean over half a second of each muscle"),),
        group_delay_s=0.051,
        warm_up_s=0.15,
    )

    def __init__(self, sensors: Sequence[Sensor], settings: NoSettings) -> None:
        super().__init__(sensors, settings)
        self._conditionings = [EmgConditioning(sensor.sampling_rate_hz, 1) for sensor in sensors]
        self._kept: list[list[Array]] = [[] for _ in sensors]

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take raw EMG in V, shape (n_samples, 1)."""
        signals: list[Signal] = []
        for run in self._conditionings[sensor].process(samples, times_s, first_sample):
            values = run.blanked()[:, 0]
            self._kept[sensor].append(values[~np.isnan(values)])
            signals.append(Signal(f"envelope_{self.sensors[sensor].name}", "V", run.times_s, values))
        return signals

    def finish(self) -> Findings:
        """Return the highest half second of each muscle."""
        return Findings(tuple(self._highest(index) for index in range(len(self.sensors))))

    def _highest(self, index: int) -> Measure:
        name = f"highest_mean_{self.sensors[index].name}"
        values = np.concatenate([np.zeros(0), *self._kept[index]])
        value = highest_mean(values, self.sensors[index].sampling_rate_hz)
        if np.isnan(value):
            return Measure.missing(name, "V", "less than half a second of signal", len(values))
        return Measure(name, value, "V", len(values))
