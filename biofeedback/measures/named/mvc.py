"""The maximal voluntary contraction: what later counts as 100 %."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.heart_removal import EcgMethod
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
from biofeedback.measures.emg import highest_mean, mvc
from biofeedback.measures.envelopes import GRID_HZ, Envelopes
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_ATTEMPT, _HELD = 0.5, 0.7  # of the best half second; of the attempt's own
_PAUSE_S, _SHORTEST_S, _LEAST_HOLD_S, _LEAST_REST_S = 1.0, 0.5, 2.5, 30.0


class MvcSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the envelope is made; the task must be measured in the same way.

    Attributes
    ----------
    ecg
        Against the heart in muscles of the trunk and shoulder: ``gate`` blanks each beat (0.2 s later), ``template``
        takes the usual beat off (0.3 s later), both after ten quiet seconds; ``highpass`` is at 30 Hz, at once.
    """

    ecg: EcgMethod = "none"


@dataclass(frozen=True, slots=True)
class _Attempt:
    start_s: float
    end_s: float
    envelope: Array
    rest_before_s: float

    @property
    def value_v(self) -> float:
        return highest_mean(self.envelope, GRID_HZ)

    @property
    def held_s(self) -> float:
        return float(np.count_nonzero(self.envelope > _HELD * self.value_v)) / GRID_HZ


@named
class Mvc(StreamingMeasure):
    """Maximal contractions and whether they may serve as a reference."""

    definition = Definition(
        name="mvc",
        title="Maximal voluntary contraction",
        domain="emg",
        definition="Attempts are contractions that reach half of the best (pauses under 1 s included). The value is "
        "the highest mean over half a second of the envelope (RMS 100 ms) in any of them. It may serve as 100 % if the "
        "best two agree within 10 %, each is held for 2.5 s or more and 30 s of rest lie between two; otherwise it "
        "says what to do.",
        source="Besomi et al. 2020 (CEDE), J Electromyogr Kinesiol 53:102438",
        roles=(Role("muscle", "emg", several=True),),
        outputs=(
            Output("mvc", "V", "the best attempt of each muscle; weak where the rules were not kept, with what to do"),
            Output("agreement", "%", "the second best attempt of the best"),
            Output("attempts", "1", "how many there were"),
        ),
        occurrences=(
            Happening(
                "attempt",
                "a contraction",
                "muscle",
                (
                    Output("value_v", "V", "its highest mean over half a second"),
                    Output("held_s", "s", "how long it was held"),
                ),
            ),
        ),
        group_delay_s=0.051,
        warm_up_s=0.65,
        reliability="electrodes move: never carried over to another session",
    )
    Settings = MvcSettings

    def __init__(self, sensors: Sequence[Sensor], settings: MvcSettings) -> None:
        super().__init__(sensors, settings)
        self._envelopes = Envelopes(sensors, ecg=settings.ecg)

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take raw EMG in V, shape (n_samples, 1)."""
        self._envelopes.process(sensor, samples, times_s, first_sample)
        return []

    def finish(self) -> Findings:
        """Return each muscle's reference and its attempts."""
        gathered = self._envelopes.gathered()
        values: list[Measure] = []
        occurrences: list[Occurrence] = []
        for place, sensor in enumerate(self.sensors):
            attempts: list[_Attempt] = []
            if gathered is not None and np.isfinite(gathered.references[place]):
                envelope = gathered.shares[:, place] * gathered.references[place]
                attempts = _attempts(gathered.times_s, envelope)
            values += _values(
                sensor.name, attempts, "no contraction stands out from rest" if gathered else "no samples"
            )
            occurrences += [
                Occurrence("attempt", a.start_s, sensor.name, a.end_s, {"value_v": a.value_v, "held_s": a.held_s})
                for a in attempts
            ]
        return Findings(tuple(values), tuple(sorted(occurrences, key=lambda one: one.time_s)))


def _attempts(times_s: Array, envelope: Array) -> list[_Attempt]:
    """Return the contractions that reach half of the best; what is lost splits none and counts as rest."""
    level = np.nan_to_num(envelope)
    best = highest_mean(level, GRID_HZ)
    above = np.concatenate([[False], level > _ATTEMPT * best, [False]])
    begins, ends = np.flatnonzero(above[1:] & ~above[:-1]), np.flatnonzero(above[:-1] & ~above[1:])
    apart = begins[1:] - ends[:-1] > _PAUSE_S * GRID_HZ
    begins, ends = begins[np.concatenate([[True], apart])], ends[np.concatenate([apart, [True]])]
    long = ends - begins >= _SHORTEST_S * GRID_HZ
    found: list[_Attempt] = []
    for begin, end in zip(begins[long].tolist(), ends[long].tolist(), strict=True):
        attempt = level[begin:end]
        if highest_mean(attempt, GRID_HZ) < _ATTEMPT * best:
            continue
        start_s = float(times_s[begin])
        rest_s = start_s - found[-1].end_s if found else float("inf")
        found.append(_Attempt(start_s, float(times_s[end - 1]), attempt, rest_s))
    return found


def _values(muscle: str, attempts: list[_Attempt], why: str) -> list[Measure]:
    names = [(f"{output.name}_{muscle}", output.unit) for output in Mvc.definition.outputs]
    if not attempts:
        return [Measure.missing(name, unit, why) for name, unit in names]
    n = len(attempts)
    found = mvc([attempt.envelope for attempt in attempts], GRID_HZ)
    advice = found.advice
    if min(attempt.held_s for attempt in attempts) < _LEAST_HOLD_S:
        advice = "Hold each contraction for three seconds."
    elif min(attempt.rest_before_s for attempt in attempts) < _LEAST_REST_S:
        advice = f"{advice} Rest for 30 s or more between two.".strip()
    best, *rest = sorted((attempt.value_v for attempt in attempts), reverse=True)
    agreement = (
        Measure(names[1][0], 100.0 * rest[0] / best, "%", n, "ok" if found.agreed else "weak", found.advice)
        if rest
        else Measure.missing(*names[1], "there was only one attempt", n)
    )
    return [
        Measure(names[0][0], found.value, "V", n, "weak" if advice else "ok", advice),
        agreement,
        Measure(names[2][0], float(n), "1", n),
    ]
