"""When each muscle switches on and off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.onset import OnsetRule
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
from biofeedback.measures.onsets import MuscleOnsets, OnsetMethod, Switch, bursts
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]


class OnsetSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How onsets are found.

    Attributes
    ----------
    method
        ``double_threshold``, or the older ``hodges_bui`` and ``tkeo``.
    false_alarm, hits, evidence
        Of the double threshold: see `OnsetRule`.
    k
        Of the older methods: standard deviations above rest; 3 and 8 if not given.
    shortest_on_s, shortest_off_s
        Shorter bursts are dropped, shorter pauses bridged.
    ecg
        ``highpass``: at 30 Hz, against the heart in muscles of the trunk and shoulder.
    """

    method: OnsetMethod = "double_threshold"
    false_alarm: Annotated[float, msgspec.Meta(gt=0.0, lt=0.5)] = 0.01
    hits: Annotated[int, msgspec.Meta(ge=1, le=5)] = 2
    evidence: Annotated[float, msgspec.Meta(gt=0.0)] = 16.0
    k: Annotated[float, msgspec.Meta(gt=0.0)] | None = None
    shortest_on_s: Annotated[float, msgspec.Meta(gt=0.0, le=0.25)] = 0.03
    shortest_off_s: Annotated[float, msgspec.Meta(gt=0.0, le=0.25)] = 0.05
    ecg: Literal["none", "highpass"] = "none"


@named
class Onsets(StreamingMeasure):
    """Onsets and offsets of every muscle."""

    definition = Definition(
        name="onsets",
        title="Muscle onsets and offsets",
        domain="emg",
        definition="Hum as learnt at rest taken out, whitened by the muscle's own rest (quietest part of the last "
        "minute), double threshold (2 of 5 pairs, 1 % false alarms), at least 30 ms on, pauses under 50 ms bridged; "
        "confirmed by the likelihood of a change of variance and placed in the middle of what is likely, be the rise "
        "sudden or over 50 ms. Times are corrected for the filters' delay.",
        source="Bonato et al. 1998, IEEE Trans Biomed Eng 45:287; Staude & Wolf 1999, Med Eng Phys 21:449; "
        "Hodges & Bui 1996, EEG Clin Neurophysiol 101:511; Solnik et al. 2010, Eur J Appl Physiol 110:489",
        roles=(Role("muscle", "emg", several=True),),
        outputs=(
            Output("bursts", "1", "how often each muscle switched on"),
            Output("first_onset", "s", "when each muscle switched on first"),
            Output("burst_duration", "s", "median time from onset to offset of each muscle"),
            Output("active", "1", "derived signal: 1 while the muscle is on"),
        ),
        occurrences=(
            Happening(
                "onset",
                "the muscle switches on; the end is its offset, null if it was still on when the recording ended",
                "muscle",
            ),
        ),
        signals=(Output("active_<muscle>", "1", "1 while the muscle is on, else 0"),),
        group_delay_s=0.08,
        warm_up_s=0.25,
    )
    Settings = OnsetSettings

    def __init__(self, sensors: Sequence[Sensor], settings: OnsetSettings) -> None:
        super().__init__(sensors, settings)
        rule = OnsetRule(
            false_alarm=settings.false_alarm,
            hits=settings.hits,
            evidence=settings.evidence,
            shortest_on_s=settings.shortest_on_s,
            shortest_off_s=settings.shortest_off_s,
        )
        self._muscles = [
            MuscleOnsets(
                sensor.sampling_rate_hz, settings.method, k=settings.k, rule=rule, heart=settings.ecg == "highpass"
            )
            for sensor in sensors
        ]
        self._switches: list[list[Switch]] = [[] for _ in sensors]
        self._waiting: list[Array] = [np.zeros((0, 2)) for _ in sensors]  # time, and NaN where nothing was measured
        self._measured = [0] * len(sensors)
        self._ranges = [(np.inf, -np.inf)] * len(sensors)

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take raw EMG in V, shape (n_samples, 1)."""
        muscle = self._muscles[sensor]
        self._switches[sensor] += muscle.process(samples, times_s, first_sample)
        known = samples[~np.isnan(samples)]
        self._measured[sensor] += len(known)
        low, high = self._ranges[sensor]
        self._ranges[sensor] = (float(np.min(known, initial=low)), float(np.max(known, initial=high)))
        rows = np.concatenate([self._waiting[sensor], np.column_stack([times_s, 0.0 * samples[:, 0]])])
        settled = int(np.searchsorted(rows[:, 0], muscle.settled_s)) if muscle.settled_s == muscle.settled_s else 0
        self._waiting[sensor] = rows[settled:]
        return [self._active(sensor, rows[:settled])] if settled else []

    def _active(self, sensor: int, rows: Array) -> Signal:
        times, lost = rows.T
        switches = self._switches[sensor]
        on = np.array([s.time_s for s in switches if s.kind == "onset"])
        off = np.array([s.time_s for s in switches if s.kind != "onset"])
        values = np.searchsorted(on, times, side="right") > np.searchsorted(off, times, side="right")
        return Signal(f"active_{self.sensors[sensor].name}", "1", times, values + lost)

    def finish(self) -> Findings:
        """Return the bursts of each muscle."""
        values: list[Measure] = []
        occurrences: list[Occurrence] = []
        for place, (sensor, switches) in enumerate(zip(self.sensors, self._switches, strict=True)):
            if why := self._not_measured(place):
                values += [
                    Measure.missing(f"{output.name}_{sensor.name}", output.unit, why)
                    for output in self.definition.outputs[:3]
                ]
                continue
            found = bursts(switches)
            occurrences += [Occurrence("onset", b.onset_s, sensor.name, b.offset_s) for b in found]
            values += _values(
                sensor.name, [b.onset_s for b in found], [b.duration_s for b in found if b.whole and b.offset_s]
            )
        rest = tuple(self._active(place, rows) for place, rows in enumerate(self._waiting) if len(rows))
        return Findings(tuple(values), tuple(sorted(occurrences, key=lambda found: found.time_s)), rest)

    def _not_measured(self, place: int) -> str:
        """Return why nothing can be said of a muscle; nothing if something can."""
        low, high = self._ranges[place]
        if not self._measured[place]:
            return "no samples"
        if self._measured[place] <= self.definition.warm_up_s * self.sensors[place].sampling_rate_hz:
            return "less than a quarter of a second of signal"
        return "" if low < high else "the signal stands still: is the sensor connected?"


def _values(name: str, onsets: list[float], durations: list[float]) -> list[Measure]:
    never = "the muscle did not switch on"
    whole = "no burst was seen from onset to offset"
    return [
        Measure(f"bursts_{name}", float(len(onsets)), "1", len(onsets)),
        Measure(f"first_onset_{name}", onsets[0], "s", len(onsets))
        if onsets
        else Measure.missing(f"first_onset_{name}", "s", never),
        Measure(f"burst_duration_{name}", float(np.median(durations)), "s", len(durations))
        if durations
        else Measure.missing(f"burst_duration_{name}", "s", whole if onsets else never),
    ]
