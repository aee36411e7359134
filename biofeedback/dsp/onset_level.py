"""Onsets by a level above rest: rectified and smoothed (Hodges & Bui 1996), or Teager-Kaiser energy (Solnik 2010).

Both fire late or early where the signal is weak; the double threshold of `biofeedback.dsp.onset` is the better default.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.blocks import Blocks
from biofeedback.dsp.filters import band_pass, low_pass
from biofeedback.dsp.onset import Edge

Array = NDArray[np.float64]
LevelMethod = Literal["hodges_bui", "tkeo"]

_BLOCK_S = 0.25
_REST_S = 60.0
_ALIKE = 1.5
_SMOOTHED_HZ = 50.0
_TKEO_BAND_HZ = (30.0, 300.0)


def teager_kaiser(samples: Array) -> Array:
    """Return x[n]² − x[n−1]·x[n+1] of samples, shape (n_samples, …); two fewer than there were."""
    return samples[1:-1] ** 2 - samples[:-2] * samples[2:]


class LevelOnsets:
    """Finds when one muscle is above mean + ``k`` standard deviations of rest for ``shortest_on_s`` without a break.

    Rest is the quietest part of the last minute. The delay of the smoothing is taken off; warm-up 0.25 s.
    """

    warm_up_s = _BLOCK_S

    def __init__(
        self,
        sampling_rate_hz: float,
        method: LevelMethod,
        k: float,
        shortest_on_s: float = 0.025,
        shortest_off_s: float = 0.05,
    ) -> None:
        self._tkeo = method == "tkeo"
        low, high = _TKEO_BAND_HZ
        self._band = band_pass(low, min(high, 0.45 * sampling_rate_hz), sampling_rate_hz) if self._tkeo else None
        self._smooth = low_pass(_SMOOTHED_HZ, sampling_rate_hz)
        self._delay = sampling_rate_hz * (
            self._smooth.group_delay_s + (self._band.group_delay_s if self._band else 0.0)
        )
        self._k = k
        self._on, self._off = (max(round(s * sampling_rate_hz), 1) for s in (shortest_on_s, shortest_off_s))
        self._cut = Blocks(round(_BLOCK_S * sampling_rate_hz))
        self._blocks: deque[tuple[float, float]] = deque(maxlen=round(_REST_S / _BLOCK_S))
        self._limit = np.inf
        self._begin(0)

    @property
    def active(self) -> bool:
        """Whether the muscle is on, as far as it is known."""
        return self._active

    @property
    def settled(self) -> int:
        """Index of the sample up to which no more edges will come."""
        return max(self._n - self._on - self._off - 1 - int(self._delay), self._origin)

    def _begin(self, first_sample: int) -> None:
        self._origin = self._n = first_sample
        self._line = np.zeros(0)
        self._cut.restart()
        self._active = False
        self._since = -1  # first sample of the run above (while off) or below (while on)

    def restart(self, first_sample: int) -> list[Edge]:
        """Go on behind a hole with the sample of that index; rest is remembered. What was on is lost."""
        edges = [Edge("lost", self._n, self._n)] if self._active else []
        self._smooth.restart()
        if self._band is not None:
            self._band.restart()
        self._begin(first_sample)
        return edges

    def process(self, samples: Array) -> list[Edge]:
        """Take the next samples, shape (n_samples,); return the edges they settle."""
        edges: list[Edge] = []
        for part, block in self._cut.process(self._level(samples)):
            edges += self._follow(part > self._limit)
            if block is not None:
                self._learn(block)
        return edges

    def _level(self, samples: Array) -> Array:
        """Return the smoothed level; with Teager-Kaiser energy it is one sample behind and two short at the start."""
        if self._band is None:
            return self._smooth.process(np.abs(samples)[:, None])[:, 0]
        line = np.concatenate([self._line, self._band.process(samples[:, None])[:, 0]])
        self._line = line[-2:]
        return self._smooth.process(np.abs(teager_kaiser(line))[:, None])[:, 0] if len(line) > 2 else np.zeros(0)

    def _learn(self, block: Array) -> None:
        self._blocks.append((float(np.mean(block)), float(np.var(block, ddof=1))))
        lowest = min(mean for mean, _ in self._blocks)
        quiet = np.array([block for block in self._blocks if block[0] <= _ALIKE * lowest])
        spread = np.sqrt(np.mean(quiet[:, 1]) + np.var(quiet[:, 0]))
        self._limit = float(np.mean(quiet[:, 0]) + self._k * spread)

    def _follow(self, above: NDArray[np.bool_]) -> list[Edge]:
        """Let the state change where a run on the other side has lasted long enough."""
        first, self._n = self._n, self._n + len(above)
        edges: list[Edge] = []
        turns = np.flatnonzero(np.diff(above)) + 1
        for begin, end in zip([0, *turns.tolist()], [*turns.tolist(), len(above)], strict=True):
            if bool(above[begin]) == self._active:
                self._since = -1
                continue
            self._since = first + begin if self._since < 0 else self._since
            known = self._since + (self._off if self._active else self._on)
            if known <= first + end:
                kind = "offset" if self._active else "onset"
                edges.append(Edge(kind, max(self._since - self._delay, self._origin), known))
                self._active, self._since = not self._active, -1
        return edges
