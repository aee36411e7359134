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

_FINE_S, _COARSE_S = 0.05, 0.1
_REACH = 3.0
_LEAST_MS2 = 0.4
_NEAR_S, _RISE_S, _RISEN = 0.1, 0.4, 0.88
_APART_S = 0.2
_KEPT_S = 1.5
_SHORTEST_S, _LONGEST_S = 0.28, 1.5
_FEWEST = 6
_UNITS = {
    "cadence": "1/min",
    "step_time": "s",
    "stride_time": "s",
    "stride_time_variation": "%",
    "step_asymmetry": "%",
}


class _Gaussian:
    """Smooths by a Gaussian; what comes out belongs ``delay_s`` before what went in last."""

    def __init__(self, width_s: float, sampling_rate_hz: float) -> None:
        half = max(round(_REACH * width_s * sampling_rate_hz), 1)
        offsets = np.arange(-half, half + 1) / (width_s * sampling_rate_hz)
        kernel = np.exp(-0.5 * offsets**2)
        self._kernel = kernel / kernel.sum()
        self.length = len(kernel)
        self.delay_s = half / sampling_rate_hz
        self.restart()

    def restart(self) -> None:
        """Begin anew after a gap."""
        self._state = np.zeros(self.length - 1)

    def process(self, values: Array) -> Array:
        """Smooth the next values, shape (n_samples,); the first ``length`` of them are not whole."""
        # with one coefficient below, lfilter would sum in an order that depends on the chunk
        smooth, self._state = signal.lfilter(self._kernel, [1.0, 0.0], values, zi=self._state)
        return smooth


class _Steps:
    """Landings: where the vertical acceleration has nearly risen to a peak, when the foot takes the load.

    The peaks are those of a fine smoothing. When they rise is told from a coarser one, where one person's rise is more
    like another's.
    """

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        self._fine, self._coarse = _Gaussian(_FINE_S, sampling_rate_hz), _Gaussian(_COARSE_S, sampling_rate_hz)
        self._recent: deque[float] = deque(maxlen=2)
        self._rise: deque[tuple[float, float]] = deque(maxlen=max(round(_KEPT_S * sampling_rate_hz), 3))
        self._peak: tuple[float, float] | None = None  # when and how high
        self._seen = 0
        self.landings: list[float] = []

    def restart(self) -> None:
        """Begin anew after a gap."""
        self.close()
        self._fine.restart()
        self._coarse.restart()
        self._rise.clear()
        self._seen = 0

    def process(self, vertical: Array, times_s: Array) -> None:
        """Take vertical acceleration without gravity, m/s² upwards, shape (n_samples,)."""
        fine, coarse = self._fine.process(vertical).tolist(), self._coarse.process(vertical).tolist()
        for time_s, value, slow in zip(times_s.tolist(), fine, coarse, strict=True):
            self._seen += 1
            if self._seen > self._coarse.length:
                self._rise.append((time_s - self._coarse.delay_s, slow))
                self._take(time_s - self._fine.delay_s - 1.0 / self._rate, value)
            self._recent.append(value)

    def _take(self, before_s: float, value: float) -> None:
        """Look whether the sample before was a peak; of two close ones the higher counts."""
        older, peak = self._recent
        if self._peak is not None and before_s - self._peak[0] > _SHORTEST_S:
            self.close()
        higher = self._peak is None or peak > self._peak[1]
        if peak >= _LEAST_MS2 and older < peak >= value and higher:
            self._peak = (before_s, peak)

    def close(self) -> None:
        """Let the foot of the last peak land, unless it is the same as before."""
        peak, self._peak = self._peak, None
        landing = None if peak is None else self._landing(peak[0])
        if landing is not None and (not self.landings or landing - self.landings[-1] > _APART_S):
            self.landings.append(landing)

    def _landing(self, peak_s: float) -> float | None:
        """Return when the rise to the peak had nearly reached it."""
        rise = list(self._rise)
        near = [index for index, (time_s, _) in enumerate(rise) if abs(time_s - peak_s) <= _NEAR_S]
        if not near:
            return None  # the recording ends here
        top = max(near, key=lambda index: rise[index][1])
        first = max(top - round(_RISE_S * self._rate), 0)
        lowest = min(value for _, value in rise[first : top + 1])
        level = lowest + _RISEN * (rise[top][1] - lowest)
        below = next((index for index in range(top, first - 1, -1) if rise[index][1] <= level), top)
        (time_s, value), (_, after) = rise[below], rise[min(below + 1, top)]
        return time_s + (level - value) / ((after - value) or 1.0) / self._rate


@named
class GaitWaist(StreamingMeasure):
    """Steps and their regularity from the lower back."""

    definition = Definition(
        name="gait_waist",
        title="Walking, sensor at the lower back",
        domain="gait",
        definition=(
            "An initial contact is where the vertical acceleration has risen to 88 % of a peak: the foot takes the "
            "load just after it landed. Peaks above 0.4 m/s² are told apart behind a Gaussian of 50 ms (McCamley's "
            "wavelet), the rise behind one of 100 ms. "
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
        reliability=(
            "step_asymmetry is told too small, and hardly agrees with sensors on the feet (r 0.35 in 213 short walks "
            "of healthy people): for asymmetry use gait_feet"
        ),
        group_delay_s=0.5,
        warm_up_s=0.6,
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
            self._steps.process(run.earth_acc[:, 2], run.times_s)
            self._turns += self._turning.process(run.turn_rate, run.times_s)
        return []

    def finish(self) -> Findings:
        """Return the contacts and what the straight steps have in common."""
        self._steps.close()
        landings = self._steps.landings
        occurrences = [Occurrence("initial_contact", time_s) for time_s in landings]
        occurrences += [Occurrence("turn", t.start_s, "", t.end_s) for t in self._turns]
        occurrences.sort(key=lambda o: o.time_s)
        return Findings(tuple(self._values(self._walks(landings))), tuple(occurrences))

    def _walks(self, landings: list[float]) -> list[list[float]]:
        """Return the landings of each walk straight on, without a turn or a pause between."""
        walks: list[list[float]] = []
        for landing in landings:
            follows = walks and landing - walks[-1][-1] <= _LONGEST_S and not self._turned(walks[-1][-1], landing)
            if follows:
                walks[-1].append(landing)
            else:
                walks.append([landing])
        return walks

    def _turned(self, start_s: float, end_s: float) -> bool:
        return any(t.start_s < end_s and t.end_s > start_s for t in self._turns)

    def _values(self, walks: list[list[float]]) -> list[Measure]:
        steps = [b - a for walk in walks for a, b in pairwise(walk)]
        strides = [b - a for walk in walks for a, b in zip(walk, walk[2:], strict=False)]
        n = len(steps)
        few = f"{len(strides)} straight strides; {_FEWEST} or more are needed"
        if not self._seen:
            few = "no samples"
        elif not walks:
            few = "no step was seen: is the sensor at the lower back, and did the person walk?"
        counted = Measure("steps", float(n), "1", n) if n else Measure.missing("steps", "1", few)
        if len(strides) < _FEWEST:
            return [counted, *(Measure.missing(name, unit, few, n) for name, unit in _UNITS.items())]
        known = {
            "cadence": 60.0 / mean(steps),
            "step_time": mean(steps),
            "stride_time": mean(strides),
            "stride_time_variation": 100.0 * stdev(strides) / mean(strides),
        }
        values = [Measure(name, value, _UNITS[name], n) for name, value in known.items()]
        return [counted, *values, _asymmetry(walks)]


def _asymmetry(walks: list[list[float]]) -> Measure:
    """Compare every other step with the ones between; in each walk alone, as the feet may change places in a turn."""
    times = [np.diff(walk) for walk in walks if len(walk) > _FEWEST]
    if not times:
        reason = f"no walk of {_FEWEST} straight steps without a pause or turn"
        return Measure.missing("step_asymmetry", "%", reason)
    shares = [200.0 * abs(t[::2].mean() - t[1::2].mean()) / (t[::2].mean() + t[1::2].mean()) for t in times]
    sizes = [len(t) for t in times]
    return Measure("step_asymmetry", float(np.average(shares, weights=sizes)), "%", sum(sizes))
