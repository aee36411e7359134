"""Which muscle fires first, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

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
from biofeedback.measures.coordination import onset_differences, order_agreement, overlap
from biofeedback.measures.onsets import Burst, MuscleOnsets, Switch, bursts
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_GRID_HZ = 1000.0


class OrderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How onsets are paired.

    Attributes
    ----------
    longest_s
        Onsets further apart do not belong together.
    sync_error_s
        How well the sensors' clocks agree; differences below twice that are not reported.
    ecg
        ``highpass``: at 30 Hz, against the heart in muscles of the trunk and shoulder.
    """

    longest_s: Annotated[float, msgspec.Meta(gt=0.0)] = 1.0
    sync_error_s: Annotated[float, msgspec.Meta(ge=0.0)] = 0.0
    ecg: Literal["none", "highpass"] = "none"


@named
class EmgOrder(StreamingMeasure):
    """The delays of all muscles after the one that should be first."""

    definition = Definition(
        name="emg_order",
        title="Order and delay of muscles",
        domain="emg",
        definition="Onsets as by `onsets`; each onset of the muscle named `first` is paired with the nearest of every "
        "other. Onsets without a partner are left out and n says how many were paired.",
        source="Hodges & Richardson 1996, Spine 21:2640; Kendall 1938, Biometrika 30:81",
        roles=(Role("first", "emg"), Role("others", "emg", several=True)),
        outputs=(
            Output("delay", "s", "median onset of each other muscle after the first one's; negative: it was earlier"),
            Output("delay_iqr", "s", "interquartile range of that"),
            Output("first_share", "%", "how often the first one was first"),
            Output("overlap", "%", "time both are on, of the shorter activity"),
            Output("order_agreement", "1", "median Kendall τ between the order of the sensors and of their onsets"),
        ),
        group_delay_s=0.08,
        warm_up_s=0.25,
    )
    Settings = OrderSettings

    def __init__(self, sensors: Sequence[Sensor], settings: OrderSettings) -> None:
        super().__init__(sensors, settings)
        self._muscles = [MuscleOnsets(sensor.sampling_rate_hz, heart=settings.ecg == "highpass") for sensor in sensors]
        self._switches: list[list[Switch]] = [[] for _ in sensors]
        self._begin_s, self._end_s = np.inf, -np.inf

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take raw EMG in V, shape (n_samples, 1)."""
        self._switches[sensor] += self._muscles[sensor].process(samples, times_s, first_sample)
        if len(times_s):
            self._begin_s, self._end_s = min(self._begin_s, float(times_s[0])), max(self._end_s, float(times_s[-1]))
        return []

    def finish(self) -> Findings:
        """Return delay, order and overlap."""
        found = [bursts(switches) for switches in self._switches]
        onsets = [np.array([burst.onset_s for burst in one]) for one in found]
        values: list[Measure] = []
        for place in range(1, len(found)):
            values += self._pair(place, onsets, found)
        taus = [self._agreement(onset, onsets) for onset in onsets[0].tolist()]
        taus = [tau for tau in taus if tau == tau]
        agreement = Measure("order_agreement", float(np.median(taus)), "1", len(taus)) if taus else None
        reason = "no onset of the first muscle has a partner"
        return Findings((*values, agreement or Measure.missing("order_agreement", "1", reason)))

    def _pair(self, place: int, onsets: list[Array], found: list[list[Burst]]) -> list[Measure]:
        name = self.sensors[place].name
        delays = onset_differences(onsets[0], onsets[place], self.settings.longest_s)
        n = len(delays)
        if not n:
            why = f"no onsets of {self.sensors[0].name} and {name} within {self.settings.longest_s:g} s"
            outputs = [o for o in self.definition.outputs if o.name != "order_agreement"]
            return [Measure.missing(f"{o.name}_{name}", o.unit, why) for o in outputs]
        low, middle, high = np.percentile(delays, (25.0, 50.0, 75.0))
        both = overlap(*(_on(one, self._begin_s, self._end_s) for one in (found[0], found[place])))
        delay = Measure(f"delay_{name}", float(middle), "s", n)
        if abs(middle) < 2.0 * self.settings.sync_error_s:
            delay = Measure.missing(f"delay_{name}", "s", "less than twice what the clocks differ", n)
        return [
            delay,
            Measure(f"delay_iqr_{name}", float(high - low), "s", n),
            Measure(f"first_share_{name}", 100.0 * float(np.mean(delays > 0.0)), "%", n),
            Measure(f"overlap_{name}", both, "%", n),
        ]

    def _agreement(self, onset_s: float, onsets: list[Array]) -> float:
        """Return τ for one onset of the first muscle and the nearest of the others."""
        nearest = [onset_s]
        for others in onsets[1:]:
            difference = onset_differences(np.array([onset_s]), others, self.settings.longest_s)
            nearest.append(onset_s + float(difference[0]) if len(difference) else float("nan"))
        return order_agreement(nearest)


def _on(found: list[Burst], begin_s: float, end_s: float) -> NDArray[np.bool_]:
    """Return a muscle's activity, millisecond by millisecond from the first to the last sample."""
    on = np.zeros(int((end_s - begin_s) * _GRID_HZ) + 1, dtype=np.bool_)
    for burst in found:
        stop_s = end_s if burst.offset_s is None else burst.offset_s
        on[int((burst.onset_s - begin_s) * _GRID_HZ) : int((stop_s - begin_s) * _GRID_HZ)] = True
    return on
