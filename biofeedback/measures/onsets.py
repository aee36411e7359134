"""When each muscle switches on and off, live, from raw EMG with holes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.conditioning import HEART_HZ
from biofeedback.dsp.filters import emg_band_pass, high_pass
from biofeedback.dsp.gaps import GapFiller, Run
from biofeedback.dsp.onset import EdgeKind, OnsetDetector, OnsetRule
from biofeedback.dsp.onset_level import LevelOnsets

Array = NDArray[np.float64]
OnsetMethod = Literal["double_threshold", "hodges_bui", "tkeo"]

_KEPT_S = 1.0
_USUAL_K = {"hodges_bui": 3.0, "tkeo": 8.0}


@dataclass(frozen=True, slots=True)
class Switch:
    """A muscle switched on or off, or was lost sight of while it was on.

    ``time_s`` is when, corrected for the delay of the filters; ``known_s`` is the time of the sample that settled it,
    when a live cue can first use it.
    """

    kind: EdgeKind
    time_s: float
    known_s: float


@dataclass(frozen=True, slots=True)
class Burst:
    """One activity of a muscle.

    ``offset_s`` is None where it goes on to the end; without ``whole`` it is where a hole begins that hides the end.
    """

    onset_s: float
    offset_s: float | None
    whole: bool = True

    @property
    def duration_s(self) -> float:
        """From onset to offset; NaN where the end was not seen."""
        return float("nan") if self.offset_s is None or not self.whole else self.offset_s - self.onset_s


def bursts(switches: Sequence[Switch]) -> list[Burst]:
    """Pair onsets with the offset that follows before the next onset."""
    found: list[Burst] = []
    for switch in switches:
        if switch.kind == "onset":
            found.append(Burst(switch.time_s, None))
        elif found and found[-1].offset_s is None:
            found[-1] = Burst(found[-1].onset_s, switch.time_s, switch.kind == "offset")
    return found


class MuscleOnsets:
    """Onsets and offsets of one muscle from its raw EMG in any unit, as they come.

    Band-pass, then the detector, which takes out the hum as it learnt it at rest; with ``heart`` a 30 Hz high-pass
    before it. Holes up to 20 ms are filled; a burst goes on behind one of up to 0.1 s, or begins at its end; after a
    longer one a muscle that is already active has no onset. An onset is known about 80 ms after it.
    """

    def __init__(
        self,
        sampling_rate_hz: float,
        method: OnsetMethod = "double_threshold",
        *,
        k: float | None = None,
        rule: OnsetRule | None = None,
        heart: bool = False,
    ) -> None:
        self._gaps = GapFiller(1, sampling_rate_hz)
        self._filters = [emg_band_pass(sampling_rate_hz)]
        if heart:
            self._filters.append(high_pass(HEART_HZ, sampling_rate_hz))
        rule = rule or OnsetRule()
        if method == "double_threshold":
            self._detector: OnsetDetector | LevelOnsets = OnsetDetector(sampling_rate_hz, rule)
        else:
            times = (rule.shortest_on_s, rule.shortest_off_s)
            self._detector = LevelOnsets(sampling_rate_hz, method, _USUAL_K[method] if k is None else k, *times)
        self.group_delay_s = sum(block.group_delay_s for block in self._filters)
        self._kept = round(_KEPT_S * sampling_rate_hz)
        self._first = 0
        self._times = np.zeros(0)

    @property
    def active(self) -> bool:
        """Whether the muscle is on, as far as it is known."""
        return self._detector.active

    @property
    def settled_s(self) -> float:
        """Time up to which no more switches will come; NaN at the start."""
        return self._time(self._detector.settled) if len(self._times) else float("nan")

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[Switch]:
        """Take the next raw samples, shape (n_samples, 1), NaN where nothing was received."""
        return [switch for run in self._gaps.process(samples, times_s, first_sample) for switch in self._follow(run)]

    def _follow(self, run: Run) -> list[Switch]:
        cut: list[Switch] = []
        if run.after_gap or not len(self._times):
            for block in self._filters:
                block.restart()
            edges = self._detector.restart(run.first_sample)
            cut = [Switch(e.kind, self._time(e.at) - self.group_delay_s, float(run.times_s[0])) for e in edges]
            self._first, self._times = run.first_sample, np.zeros(0)
        gone = max(len(self._times) - self._kept, 0)
        self._times = np.concatenate([self._times[gone:], run.times_s])
        self._first += gone
        values = run.values
        for block in self._filters:
            values = block.process(values)
        edges = self._detector.process(values[:, 0])
        return cut + [Switch(e.kind, self._time(e.at) - self.group_delay_s, self._time(e.known_at - 1)) for e in edges]

    def _time(self, index: float) -> float:
        return float(np.interp(index, self._first + np.arange(len(self._times)), self._times))
