"""How far a muscle's signal can be trusted, index by index, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.filters import emg_band_hz
from biofeedback.dsp.spectrum import frequencies_hz
from biofeedback.measures.catalogue import (
    Definition,
    Findings,
    Happening,
    Occurrence,
    Output,
    Role,
    Sensor,
    Signal,
    StreamingMeasure,
    named,
)
from biofeedback.measures.emg_noise import motion_ratio_db, snr_db, spectral_drop_db
from biofeedback.measures.signal_quality import EmgQuality, Lead, Second
from biofeedback.measures.value import Measure, Trust

Array = NDArray[np.float64]

_HALF_S = 0.5
_ACTIVE = 2.0  # times as loud as the quietest second: 6 dB
_PERCENT = ("saturation", "mains", "loss")


class _Limit(NamedTuple):
    weak_db: float
    bad_db: float
    action: str


_LEAST = {
    "snr": _Limit(15.0, 6.0, "Place the electrodes closer to the middle of the muscle."),
    "motion_ratio": _Limit(12.0, 6.0, "Fix the cable and press the electrode."),
    # Sinderby's 30 and 15 dB are for the diaphragm; clean surface leads reach 20 to 26 dB.
    "spectral_drop": _Limit(15.0, 8.0, "Clean the skin and move away from motors and chargers."),
}


class _Heard(NamedTuple):
    end_s: float
    second: Second


@named
class EmgQualityMeasure(StreamingMeasure):
    """Every index of an EMG lead's quality, over the whole recording."""

    definition = Definition(
        name="emg_quality",
        title="Quality of an EMG signal",
        domain="emg",
        definition="Raw samples, seconds that overlap by half. Saturation, flat line and loss are those of the worst "
        "second, mains that of the middle one, baseline noise that of the quietest, SNR the loudest over the quietest. "
        "Motion (20 Hz and more over less) and spectral drop (largest over smallest density, 35–500 Hz) are of seconds "
        "twice as loud as the quietest. What is weak or bad says what to do.",
        source="Sinderby et al. 1995, J Appl Physiol 79:1803; Abser et al. 2011 (CleanEMG); SENIAM",
        roles=(Role("muscle", "emg", several=True),),
        outputs=(
            Output("usable", "%", "share of the time in which no index is bad, of each muscle"),
            Output("saturation", "%", "share of samples at the rails; weak above 0.1, bad above 1"),
            Output("flatline", "s", "longest time without a change; weak above 0.1, bad above 0.45"),
            Output("mains", "%", "share of hum in 20–450 Hz, median; weak above 5, bad above 30"),
            Output("baseline_noise", "V", "quietest second within the EMG band; weak above 10 µV, bad above 25 µV"),
            Output("snr", "dB", "loudest over quietest second; weak below 15, bad below 6"),
            Output("motion_ratio", "dB", "EMG band over what is below 20 Hz, at work; weak below 12, bad below 6"),
            Output("spectral_drop", "dB", "largest over smallest density, at work; weak below 15, bad below 8"),
            Output("lift_off", "%", "share of the time with an electrode off"),
            Output("heart", "1/min", "beats of the heart heard at rest; weak where they are"),
            Output("loss", "%", "share of samples lost in the worst second; weak above 2, bad above 20"),
        ),
        occurrences=(
            Happening(
                "loss, flatline, saturation, lift_off, mains or baseline_noise",
                "a stretch of seconds in which this index is bad",
                "muscle",
            ),
        ),
        group_delay_s=1.0,
        warm_up_s=1.0,
    )

    def __init__(self, sensors: Sequence[Sensor], settings: object) -> None:
        super().__init__(sensors, settings)
        for sensor in sensors:
            emg_band_hz(sensor.sampling_rate_hz)
        self._watches = [EmgQuality(sensor.sampling_rate_hz, [Lead(*sensor.rails)]) for sensor in sensors]
        self._heard: list[list[_Heard]] = [[] for _ in sensors]

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take raw EMG in V, shape (n_samples, 1)."""
        for end, second in self._watches[sensor].seconds(samples, first_sample)[0]:
            last = min(max(end - 1 - first_sample, 0), len(times_s) - 1)
            self._heard[sensor].append(_Heard(float(times_s[last]), second))
        return []

    def finish(self) -> Findings:
        """Return all indices of each muscle, and when something was wrong."""
        values: list[Measure] = []
        occurrences: list[Occurrence] = []
        for sensor, heard in zip(self.sensors, self._heard, strict=True):
            values += _indices(sensor, [one.second for one in heard])
            if _measured([one.second for one in heard]):
                occurrences += _faults(sensor.name, heard)
        return Findings(tuple(values), tuple(sorted(occurrences, key=lambda one: one.time_s)))


def _faults(muscle: str, heard: list[_Heard]) -> list[Occurrence]:
    """Return the stretches in which an index was bad, each with the index as its kind."""
    found: list[Occurrence] = []
    for index, group in groupby(heard, lambda one: one.second.worst.index if one.second.worst.state == "bad" else ""):
        stretch = list(group)
        if index:
            kind = index.replace(" ", "_").replace("-", "_")
            found.append(Occurrence(kind, stretch[0].end_s - 2.0 * _HALF_S, muscle, stretch[-1].end_s))
    return found


def _measured(seconds: list[Second]) -> bool:
    """Tell whether anything was received; the loss is the first verdict on a second."""
    return any(second.verdicts[0].value < 1.0 for second in seconds)


def _indices(sensor: Sensor, seconds: list[Second]) -> list[Measure]:
    n = len(seconds)
    values: list[Measure] = []
    for output in EmgQualityMeasure.definition.outputs:
        name = f"{output.name}_{sensor.name}"
        if not _measured(seconds):
            values.append(Measure.missing(name, output.unit, "there is not one second of samples", n))
        elif output.name in _LEAST:
            values.append(_at_work(output, name, sensor, seconds))
        else:
            values.append(_over_time(output, name, seconds))
    return values


def _over_time(output: Output, name: str, seconds: list[Second]) -> Measure:
    """Return an index that each second has, at its worst, or how much of the time something was so."""
    n = len(seconds)
    if output.name == "usable":
        share = 100.0 * sum(second.worst.state != "bad" for second in seconds) / n
        worst = max((s.worst for s in seconds), key=lambda v: v.state == "bad")
        return Measure(
            name, share, output.unit, n, "ok" if share == 100.0 else "weak", worst.action if share < 100.0 else ""
        )
    verdicts = [v for s in seconds for v in s.verdicts if v.index.replace(" ", "_").replace("-", "_") == output.name]
    if output.name == "lift_off":
        action = verdicts[0].action if verdicts else ""
        return Measure(name, 100.0 * len(verdicts) / n, output.unit, n, "bad" if verdicts else "ok", action)
    if not verdicts:
        return Measure.missing(name, output.unit, "there was no second to judge it by: the line was flat or lost", n)
    if output.name == "heart" and not any(verdict.value for verdict in verdicts):
        return Measure.missing(name, output.unit, "no heart stands out in ten seconds of rest", n)
    place = {"baseline_noise": 0, "mains": len(verdicts) // 2}.get(output.name, -1)
    deciding = sorted(verdicts, key=lambda verdict: verdict.value)[place]
    value = 100.0 * deciding.value if output.name in _PERCENT else deciding.value
    return Measure(name, value, output.unit, n, deciding.state, deciding.action)


def _at_work(output: Output, name: str, sensor: Sensor, seconds: list[Second]) -> Measure:
    """Return an index of contractions, which is the better the larger it is."""
    whole = [second for second in seconds if second.power is not None]
    if not whole:
        return Measure.missing(name, output.unit, "no second is without a loss")
    rest = min(second.loudness for second in whole)
    active = [second for second in whole if second.loudness >= _ACTIVE * rest and second.loudness > 0.0]
    n = len(active)
    if not active:
        return Measure.missing(
            name, output.unit, "no contraction stands out from rest: contract, or move the electrodes"
        )
    spectra = [second.power for second in active if second.power is not None]
    frequencies = frequencies_hz(round(sensor.sampling_rate_hz), sensor.sampling_rate_hz)
    if output.name == "snr":
        value = snr_db(max(second.loudness for second in active), rest)
    elif output.name == "motion_ratio":
        value = float(np.median([motion_ratio_db(frequencies, p, sensor.sampling_rate_hz) for p in spectra]))
    else:
        value = spectral_drop_db(frequencies, np.mean(spectra, axis=0))
    if np.isnan(value):
        slow = output.name == "spectral_drop" and sensor.sampling_rate_hz < 1000.0
        why = "the spectrum up to 500 Hz needs 1000 samples a second" if slow else "there is nothing to compare with"
        return Measure.missing(name, output.unit, why, n)
    limit = _LEAST[output.name]
    state: Trust = "bad" if value < limit.bad_db else "weak" if value < limit.weak_db else "ok"
    return Measure(name, value, output.unit, n, state, "" if state == "ok" else limit.action)
