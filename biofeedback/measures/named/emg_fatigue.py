"""Whether a muscle tires: its spectrum over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.filters import emg_band_hz, emg_band_pass
from biofeedback.dsp.gaps import GapFiller, Run
from biofeedback.dsp.mains import MainsCanceller
from biofeedback.dsp.spectrum import frequencies_hz, median_frequency, periodograms
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
from biofeedback.measures.fatigue import (
    LEAST_EPOCHS,
    LEAST_S,
    mean_frequency,
    meaning,
    spectral_moments_ratio,
    trend,
)
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_EPOCH_S = 1.0
_WARM_UP_S = 0.2
_ACTIVE = 0.3  # of the loudest epoch's RMS: less is a pause and no part of the contraction


class _Epoch(NamedTuple):
    time_s: float
    median_hz: float
    mean_hz: float
    moments: float
    rms: float


@named
class EmgFatigue(StreamingMeasure):
    """Median frequency, mean frequency and Dimitrov's index over epochs of a second."""

    definition = Definition(
        name="emg_fatigue",
        title="Fatigue of a muscle",
        domain="emg",
        definition="Spectra (Hann, 20–450 Hz) of whole seconds; those below 0.3 of the loudest are pauses, left out. "
        "Lines through median frequency and RMS over time with 95 % intervals; fatigue where the frequency falls for "
        "certain and the RMS does not. Needs 8 epochs over 20 s of a contraction that is held, or of movements alike.",
        source="Luttmann et al. 2000, Ergonomics 43:501 (JASA); Dimitrov et al. 2006, Med Sci Sports Exerc 38:1971",
        roles=(Role("muscle", "emg", several=True),),
        outputs=(
            Output("median_frequency", "Hz", "at the start, from the line"),
            Output("slope", "Hz/s", "of the median frequency; its 95 % interval is the occurrence's values"),
            Output("slope_relative", "%/min", "of the median frequency, of its start"),
            Output("mean_frequency_slope", "Hz/s", "of the mean frequency"),
            Output("moments_ratio", "1", "Dimitrov's FInsm5 of the last three epochs over the first three, from 20 Hz"),
            Output("fatigue", "1", "1 where it is fatigue by frequency and RMS together, else 0"),
        ),
        occurrences=(
            Happening(
                "fatigue, recovery, force_up, force_down or no_change",
                "what frequency and RMS together mean, from the first to the last second of activity",
                "muscle",
                (
                    Output("slope_low_hz_per_s", "Hz/s", "of the median frequency, lower end of its 95 % interval"),
                    Output("slope_high_hz_per_s", "Hz/s", "the same, upper end"),
                ),
            ),
        ),
        signals=(Output("median_frequency_<muscle>", "Hz", "of each second, at its middle"),),
        group_delay_s=0.5,
        warm_up_s=1.2,
    )

    def __init__(self, sensors: Sequence[Sensor], settings: NoSettings) -> None:
        super().__init__(sensors, settings)
        self._spectra = [_Spectra(sensor.sampling_rate_hz) for sensor in sensors]

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take raw EMG in V, shape (n_samples, 1); return the median frequency of the epochs that end."""
        epochs = self._spectra[sensor].process(samples, times_s, first_sample)
        if not epochs:
            return []
        times, values = np.array([e.time_s for e in epochs]), np.array([e.median_hz for e in epochs])
        return [Signal(f"median_frequency_{self.sensors[sensor].name}", "Hz", times, values)]

    def finish(self) -> Findings:
        """Return the trends of each muscle."""
        values: list[Measure] = []
        occurrences: list[Occurrence] = []
        for sensor, spectra in zip(self.sensors, self._spectra, strict=True):
            found, occurrence = self._muscle(sensor.name, spectra.epochs)
            values += found
            occurrences += occurrence
        return Findings(tuple(values), tuple(occurrences))

    def _muscle(self, name: str, all_epochs: list[_Epoch]) -> tuple[list[Measure], list[Occurrence]]:
        loudest = max((epoch.rms for epoch in all_epochs), default=0.0)
        epochs = np.array([epoch for epoch in all_epochs if epoch.rms >= _ACTIVE * loudest and epoch.rms > 0.0])
        if len(epochs) < LEAST_EPOCHS or epochs[-1, 0] - epochs[0, 0] + _EPOCH_S < LEAST_S:
            reason = f"{len(epochs)} seconds of activity; {LEAST_EPOCHS} over {LEAST_S:g} s are needed"
            return [Measure.missing(f"{o.name}_{name}", o.unit, reason) for o in self.definition.outputs], []
        times, medians, means, moments, loudness = np.ascontiguousarray(epochs.T)
        since = times - times[0]
        frequency, amplitude = trend(since, medians), trend(since, loudness)
        said = meaning(frequency, amplitude)
        ratio = float(np.mean(moments[-3:]) / np.mean(moments[:3]))
        numbers = (
            frequency.intercept,
            frequency.slope,
            frequency.percent_per_min,
            trend(since, means).slope,
            ratio,
            float(said == "fatigue"),
        )
        outputs = zip(self.definition.outputs, numbers, strict=True)
        interval = {"slope_low_hz_per_s": frequency.low, "slope_high_hz_per_s": frequency.high}
        return (
            [Measure(f"{o.name}_{name}", value, o.unit, len(epochs)) for o, value in outputs],
            [Occurrence(said.replace(" ", "_"), float(times[0]), name, float(times[-1]), interval)],
        )


class _Spectra:
    """Cuts conditioned EMG of one muscle into whole seconds, and takes the spectrum of each."""

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        self._gaps = GapFiller(1, sampling_rate_hz)
        self._band, self._mains = emg_band_pass(sampling_rate_hz), MainsCanceller(sampling_rate_hz, 1)
        self._size = round(_EPOCH_S * sampling_rate_hz)
        self._skip = round(_WARM_UP_S * sampling_rate_hz)
        self._waiting = np.zeros((0, 2))
        self.epochs: list[_Epoch] = []

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[_Epoch]:
        """Return the epochs that end within these samples."""
        before = len(self.epochs)
        for run in self._gaps.process(samples, times_s, first_sample):
            self._follow(run)
        return self.epochs[before:]

    def _follow(self, run: Run) -> None:
        if run.after_gap:
            self._band.restart()
            self._skip = round(_WARM_UP_S * self._rate)
            self._waiting = np.zeros((0, 2))
        values = self._mains.process(self._band.process(run.values))
        rows = np.column_stack([run.times_s, values[:, 0]])[self._skip :]
        self._skip = max(self._skip - len(values), 0)
        self._waiting = np.concatenate([self._waiting, rows])
        while len(self._waiting) >= self._size:
            epoch, self._waiting = self._waiting[: self._size], self._waiting[self._size :]
            self.epochs.append(self._epoch(np.ascontiguousarray(epoch.T)))

    def _epoch(self, rows: Array) -> _Epoch:
        times_s, values = rows
        frequencies = frequencies_hz(len(values), self._rate)
        low, high = emg_band_hz(self._rate)
        inside = (frequencies >= low) & (frequencies <= high)
        power, frequencies = periodograms(values[None], self._rate)[0][inside], frequencies[inside]
        return _Epoch(
            float(times_s[len(times_s) // 2]),
            median_frequency(frequencies, power),
            mean_frequency(frequencies, power),
            spectral_moments_ratio(frequencies, power),
            float(np.sqrt(np.mean(values**2))),
        )
