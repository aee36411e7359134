"""How strong each muscle is, over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.conditioning import EmgConditioning
from biofeedback.dsp.heart_removal import EcgMethod
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
from biofeedback.measures.emg import highest_mean
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]


class EnvelopeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the envelope is made.

    Attributes
    ----------
    method
        ``rms``: moving RMS; ``linear``: rectified, then a low-pass.
    window_s
        Of the moving RMS; half of it is the delay. 0.1 s is what a session shows live.
    edge_hz
        Of the low-pass, 2 poles.
    ecg
        Against the heart in muscles of the trunk and shoulder: ``gate`` blanks each beat (0.2 s later), ``template``
        takes the usual beat off (0.3 s later), both after ten quiet seconds; ``highpass`` is at 30 Hz, at once.
    """

    method: Literal["rms", "linear"] = "rms"
    window_s: Annotated[float, msgspec.Meta(ge=0.02, le=2.0)] = 0.4
    edge_hz: Annotated[float, msgspec.Meta(ge=0.5, le=20.0)] = 6.0
    ecg: EcgMethod = "none"


@named
class Envelope(StreamingMeasure):
    """How strong conditioned EMG is, muscle by muscle."""

    definition = Definition(
        name="envelope",
        title="EMG envelope",
        domain="emg",
        definition="20–450 Hz (0.45 of the rate below 1000 Hz), mains canceller where hum is seen, moving RMS of "
        "400 ms: as slow as muscle makes force. A session shows 100 ms.",
        source="De Luca et al. 2010, J Biomech 43:1573; SENIAM; ecg: Drake & Callaghan 2006, "
        "J Electromyogr Kinesiol 16:175",
        roles=(Role("muscle", "emg", several=True),),
        outputs=(Output("highest_mean", "V", "highest mean over half a second of each muscle"),),
        signals=(
            Output(
                "envelope_<muscle>",
                "V",
                "late by half of window_s and 1 ms, as a session shows it; gate and template stand at their own times",
            ),
        ),
        group_delay_s=0.201,
        warm_up_s=0.45,
    )
    Settings = EnvelopeSettings

    def __init__(self, sensors: Sequence[Sensor], settings: EnvelopeSettings) -> None:
        super().__init__(sensors, settings)
        edge_hz = settings.edge_hz if settings.method == "linear" else None
        self._conditionings = [
            EmgConditioning(s.sampling_rate_hz, 1, settings.window_s, edge_hz=edge_hz, ecg=settings.ecg)
            for s in sensors
        ]
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
