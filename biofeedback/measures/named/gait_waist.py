"""Walking, from one inertial sensor at the lower back."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from statistics import mean, stdev

import numpy as np
from numpy.typing import NDArray
from scipy import signal

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
from biofeedback.measures.turns import Turn, Turns
from biofeedback.measures.value import Measure

Array = NDArray[np.float64]

_WIDTH_S = 0.05
_REACH = 3.0
_LEAST_MS2 = 0.4
_RISE_S, _RISEN = 0.4, 0.85
_SHORTEST_S, _LONGEST_S = 0.28, 1.5
_FEWEST = 6


class _Steps:
    """Landings: where the smoothed vertical acceleration has nearly risen to its peak, when the foot takes the load."""

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        half = max(round(_REACH * _WIDTH_S * sampling_rate_hz), 1)
        offsets = np.arange(-half, half + 1) / (_WIDTH_S * sampling_rate_hz)
        self._kernel = np.exp(-0.5 * offsets**2)
        self._kernel /= self._kernel.sum()
        self._delay_s = half / sampling_rate_hz
        self.landings: list[float] = []
        self.restart()

    def restart(self) -> None:
        """Begin anew after a gap."""
        self._state = np.zeros(len(self._kernel) - 1)
        self._seen = 0
        self._recent: deque[float] = deque([0.0, 0.0], maxlen=max(round(_RISE_S * self._rate), 3))
        self._peak: tuple[float, float, float] | None = None  # when and how high it was, and the landing before it

    def process(self, vertical: Array, times_s: Array) -> None:
        """Take vertical acceleration without gravity, m/s² upwards, shape (n_samples,)."""
        # with one coefficient below, lfilter would sum in an order that depends on the chunk
        smooth, self._state = signal.lfilter(self._kernel, [1.0, 0.0], vertical, zi=self._state)
        for time_s, value in zip((times_s - self._delay_s).tolist(), smooth.tolist(), strict=True):
            self._seen += 1
            if self._seen > len(self._kernel):
                self._take(time_s - 1.0 / self._rate, value)
            self._recent.append(value)

    def _take(self, before_s: float, value: float) -> None:
        """Look whether the sample before was a peak; of two close ones the higher counts."""
        older, peak = self._recent[-2], self._recent[-1]
        if self._peak is not None and before_s - self._peak[0] > _SHORTEST_S:
            self._land()
        higher = self._peak is None or peak > self._peak[1]
        if peak >= _LEAST_MS2 and older < peak >= value and higher:
            self._peak = (before_s, peak, before_s - self._since_landing())

    def _since_landing(self) -> float:
        """Return how long ago the rise to the newest value had nearly reached it."""
        rise = list(self._recent)
        level = min(rise) + _RISEN * (rise[-1] - min(rise))
        below = next(k for k in range(len(rise) - 1, -1, -1) if rise[k] <= level)
        share = (level - rise[below]) / (rise[below + 1] - rise[below])
        return (len(rise) - 1 - below - share) / self._rate

    def _land(self) -> None:
        if self._peak is not None:
            self.landings.append(self._peak[2])
            self._peak = None

    def close(self) -> None:
        """Hand out the last landing."""
        self._land()


@named
class GaitWaist(StreamingMeasure):
    """Steps and their regularity from the lower back."""

    definition = Definition(
        name="gait_waist",
        title="Walking, sensor at the lower back",
        domain="gait",
        definition=(
            "An initial contact is where the vertical acceleration, smoothed by a Gaussian of 50 ms (McCamley's "
            "wavelet), has risen to 85 % of a peak above 0.4 m/s²: the foot takes the load just after it landed. "
            "Which foot it was is not told. Steps in turns of more than 45° are left out of the values; variation is "
            "over strides, two steps each."
        ),
        source="McCamley et al. 2012, Gait Posture 36:316",
        roles=(Role("waist", "imu"),),
        outputs=(
            Output("steps", "1", "steps of straight walking"),
            Output("cadence", "1/min", "steps a minute"),
            Output("step_time", "s", "mean"),
            Output("stride_time", "s", "mean of two steps"),
            Output("stride_time_variation", "%", "standard deviation over mean"),
            Output("step_asymmetry", "%", "difference of odd and even steps over their mean; no side is known"),
        ),
        occurrences=(
            Happening("initial_contact", "a foot takes the load; no side is told"),
            Happening("turn", "of more than 45°"),
        ),
        group_delay_s=0.5,
        warm_up_s=0.3,
    )

    def __init__(self, sensors: Sequence[Sensor], settings: NoSettings) -> None:
        super().__init__(sensors, settings)
        rate = sensors[0].sampling_rate_hz
        self._inertial, self._steps, self._turning = Inertial(rate), _Steps(rate), Turns(rate)
        self._turns: list[Turn] = []
        self._seen = False

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> list[Signal]:
        """Take acceleration and angular velocity of the lower back, shape (n_samples, 6)."""
        for run in self._inertial.process(samples, times_s, first_sample):
            if run.after_gap:
                self._steps.restart()
                self._turning.restart()
            self._seen = True
            vertical = np.where(run.missing, 0.0, run.earth_acc[:, 2])
            self._steps.process(vertical, run.times_s)
            self._turns += self._turning.process(run.turn_rate, run.times_s)
        return []

    def finish(self) -> Findings:
        """Return the contacts and what the straight steps have in common."""
        self._steps.close()
        landings = self._steps.landings
        occurrences = [Occurrence("initial_contact", time_s) for time_s in landings]
        occurrences += [Occurrence("turn", t.start_s, "", t.end_s) for t in self._turns]
        occurrences.sort(key=lambda o: o.time_s)
        straight = [(a, b) for a, b in pairwise(landings) if b - a <= _LONGEST_S and not self._turns_within(a, b)]
        strides = [c - a for (a, b), (b2, c) in pairwise(straight) if b == b2]
        return Findings(tuple(_values([b - a for a, b in straight], strides, self._seen)), tuple(occurrences))

    def _turns_within(self, start_s: float, end_s: float) -> bool:
        return any(t.start_s < end_s and t.end_s > start_s for t in self._turns)


def _values(steps: list[float], strides: list[float], seen: bool) -> list[Measure]:
    n = len(steps)
    units = {
        "cadence": "1/min",
        "step_time": "s",
        "stride_time": "s",
        "stride_time_variation": "%",
        "step_asymmetry": "%",
    }
    counted = Measure("steps", float(n), "1", n) if seen else Measure.missing("steps", "1", "no samples")
    if len(strides) < _FEWEST:
        reason = f"{len(strides)} straight strides; {_FEWEST} or more are needed"
        return [counted, *(Measure.missing(name, unit, reason, n) for name, unit in units.items())]
    odd, even = mean(steps[0::2]), mean(steps[1::2])
    known = {
        "cadence": 60.0 / mean(steps),
        "step_time": mean(steps),
        "stride_time": mean(strides),
        "stride_time_variation": 100.0 * stdev(strides) / mean(strides),
        "step_asymmetry": 100.0 * abs(odd - even) / ((odd + even) / 2.0),
    }
    return [counted, *(Measure(name, known[name], unit, n) for name, unit in units.items())]
