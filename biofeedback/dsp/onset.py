"""When a muscle switches on and off, from its conditioned EMG: whitened by its own rest, then a double threshold.

Double threshold: Bonato, D'Alessio & Knaflitz 1998, IEEE Trans Biomed Eng 45:287. What it finds is confirmed, and its
edges placed, by the likelihood of a change of variance (Staude & Wolf 1999, Med Eng Phys 21:449). Rest is the quietest
part of the last minute, so no cue is needed and a recording may begin in activity.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import comb, log
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_toeplitz
from scipy.optimize import brentq

Array = NDArray[np.float64]

_BLOCK_S = 0.25
_REST_S = 60.0
_ALIKE = 2.0  # blocks up to this many times the quietest's variance are rest too
_PARTS = 5  # of a block, between which rest is seen to change
_USUAL_UNSTEADINESS, _PRIOR = 1.5, 10.0
_ORDER = 6
_SUCCESSIVE = 5
_CAP = 10.0  # of one value in the evidence: a lone motor unit firing is no activity
_LOOK_BACK_S = 0.15
_LOOK_AHEAD_S = 0.08
_LONGEST_DOUBT_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class OnsetRule:
    """What counts as activity.

    Attributes
    ----------
    false_alarm
        Probability that rest passes the first stage at one moment.
    hits
        Of five successive values, so many must be above the threshold.
    shortest_on_s, shortest_off_s
        Shorter bursts are dropped, shorter pauses are bridged.
    evidence
        Least log-likelihood ratio of a change of variance at an onset, for steady rest; more where rest is unsteady.
    """

    false_alarm: float = 0.01
    hits: int = 2
    shortest_on_s: float = 0.03
    shortest_off_s: float = 0.05
    evidence: float = 15.0


class Edge(NamedTuple):
    """A muscle switched: at sample ``at`` (a fraction is possible), known from sample ``known_at`` − 1 on."""

    kind: Literal["onset", "offset"]
    at: float
    known_at: int


def threshold(false_alarm: float, hits: int) -> float:
    """Return the threshold on the sum of two squared samples, in variances of rest (Bonato 1998)."""

    def excess(single: float) -> float:
        return false_alarm_of(single, hits) - false_alarm

    return -2.0 * log(float(brentq(excess, 1e-12, 1.0 - 1e-9, xtol=1e-14)))  # pyright: ignore[reportArgumentType]


def false_alarm_of(single: float, hits: int) -> float:
    """Return how probable ``hits`` or more of five are, each with the probability ``single``."""
    return sum(
        comb(_SUCCESSIVE, k) * single**k * (1.0 - single) ** (_SUCCESSIVE - k) for k in range(hits, _SUCCESSIVE + 1)
    )


class RestNoise:
    """What rest sounds like: an autoregressive model of the quiet blocks of the last minute, and how unsteady they are.

    Blocks are ranked by what their own model leaves over, so that hum does not hide which of them are quiet.
    ``unsteadiness`` is how much more than by chance the power of rest changes from one 20th of a second to another.
    """

    def __init__(self, n_blocks: int) -> None:
        self._blocks: deque[_Block] = deque(maxlen=n_blocks)
        self.coefficients = np.zeros(_ORDER)
        self.variance = 0.0
        self.unsteadiness = _USUAL_UNSTEADINESS

    def add(self, samples: Array) -> None:
        """Take the samples of one more block, shape (n_samples,)."""
        lags = np.array([np.sum(samples[k:] * samples[: len(samples) - k]) for k in range(_ORDER + 1)])
        if not lags[0] > 0.0:
            return
        lags /= len(samples)
        coefficients, left = _model(lags)
        size = (len(samples) - _ORDER) // (2 * _PARTS)
        powers = _residual(samples, coefficients)[: 2 * _PARTS * size].reshape(_PARTS, size, 2) ** 2
        parts = np.minimum(powers.sum(axis=2), _CAP * left).mean(axis=1)
        self._blocks.append(_Block(left, lags, parts))
        limit = _ALIKE * min(block.left for block in self._blocks)
        quiet = [block for block in self._blocks if block.left <= limit]
        self.coefficients, self.variance = _model(np.mean([block.lags for block in quiet], axis=0))
        parts = np.concatenate([block.parts for block in quiet])
        chance = float(np.mean(parts)) ** 2 / size
        spread = float(np.sum((parts - np.mean(parts)) ** 2)) / chance
        weight = len(parts) - 1
        self.unsteadiness = max((spread + _PRIOR * _USUAL_UNSTEADINESS) / (weight + _PRIOR), 1.0)


class _Block(NamedTuple):
    left: float
    lags: Array
    parts: Array


def _model(lags: Array) -> tuple[Array, float]:
    """Return prediction coefficients and what they leave over, from the autocorrelation; a trace of white keeps it."""
    firm = lags.copy()
    firm[0] *= 1.0 + 1e-6
    coefficients = np.asarray(solve_toeplitz(firm[:-1], lags[1:]), dtype=np.float64)
    return coefficients, float(max(firm[0] - np.sum(coefficients * lags[1:]), 1e-9 * firm[0]))


def _residual(line: Array, coefficients: Array) -> Array:
    """Return what the model does not predict, for all samples but the first few."""
    left = line[_ORDER:].copy()
    for lag, weight in enumerate(coefficients.tolist(), 1):
        left -= weight * line[_ORDER - lag : len(line) - lag]
    return left


class OnsetDetector:
    """Finds when one muscle switches on and off, from its EMG after band-pass.

    Nothing is said of the first quarter of a second until it is over. An onset is known about 80 ms after it, a faint
    one up to 0.3 s; an offset 50 ms after. Works on about 1000 samples a second whatever the rate. Warm-up 0.25 s.
    """

    warm_up_s = _BLOCK_S

    def __init__(self, sampling_rate_hz: float, rule: OnsetRule | None = None) -> None:
        rule = rule or OnsetRule()
        self._step = max(int(sampling_rate_hz / 900.0), 1)
        rate = sampling_rate_hz / self._step
        self._stride = 2 * self._step
        pairs = rate / 2.0
        self._block_size = 2 * round(_BLOCK_S * pairs)
        self._edges = _Edges(rule, pairs)
        self._rest = RestNoise(round(_REST_S / _BLOCK_S))
        self._begin(0)

    @property
    def active(self) -> bool:
        """Whether the muscle is on, as far as it is known."""
        return self._edges.active

    @property
    def settled(self) -> int:
        """Index of the sample up to which no more edges will come."""
        return self._origin + self._stride * self._edges.settled

    def _begin(self, first_sample: int) -> None:
        self._origin = first_sample
        self._taken = 0
        self._block = np.zeros(0)
        self._before = np.zeros(_ORDER)
        self._whitened = np.zeros(0)

    def restart(self, first_sample: int) -> None:
        """Go on behind a hole with the sample of that index; rest is remembered, activity at once is no onset."""
        self._begin(first_sample)
        self._edges.restart()

    def process(self, samples: Array) -> list[Edge]:
        """Take the next samples, shape (n_samples,); return the edges they settle."""
        kept = samples[-self._taken % self._step :: self._step]
        self._taken += len(samples)
        edges: list[Edge] = []
        while len(kept):
            part, kept = np.split(kept, [self._block_size - len(self._block)])
            self._block = np.concatenate([self._block, part])
            full = len(self._block) == self._block_size
            if self._rest.variance:
                edges += self._judge(part)
            if full:
                first = not self._rest.variance
                self._rest.add(self._block)
                if first and self._rest.variance:
                    edges += self._judge(self._block)
                elif first:
                    self._origin += self._block_size * self._step
                self._block = np.zeros(0)
        return edges

    def _judge(self, part: Array) -> list[Edge]:
        line = np.concatenate([self._before, part])
        self._before = line[len(line) - _ORDER :]
        power = _residual(line, self._rest.coefficients) ** 2 / self._rest.variance
        self._whitened = np.concatenate([self._whitened, power])
        n_pairs = len(self._whitened) // 2
        pairs = self._whitened[: 2 * n_pairs : 2] + self._whitened[1 : 2 * n_pairs : 2]
        self._whitened = self._whitened[2 * n_pairs :]
        return [
            Edge(kind, self._origin + self._stride * at, self._origin + self._stride * known - self._step + 1)
            for kind, at, known in self._edges.process(pairs, self._rest.unsteadiness)
        ]


class _Edges:
    """The double threshold on χ² values with 2 degrees of freedom, and the edges of what passes; indices of values."""

    def __init__(self, rule: OnsetRule, rate: float) -> None:
        self._limit = threshold(rule.false_alarm, rule.hits)
        self._hits = rule.hits
        self._evidence = rule.evidence
        self._on = max(round(rule.shortest_on_s * rate), 1)
        self._off = max(round(rule.shortest_off_s * rate), 1)
        self._back, self._ahead = round(_LOOK_BACK_S * rate), max(round(_LOOK_AHEAD_S * rate), self._on)
        self._longest = round(_LONGEST_DOUBT_S * rate)
        self._kept = 2 * (self._back + self._longest + self._off)
        self.restart()

    def restart(self) -> None:
        """Forget what was seen."""
        self.active = False
        self._n = 0  # values seen
        self._values = np.zeros(0)  # the latest of them
        self._strong = np.zeros(_SUCCESSIVE - 1, dtype=np.int64)
        self._start = self._last = -1  # of what is above the threshold now; -1: nothing
        self._due = -1  # when it is decided whether that is an onset; -1: not yet long enough
        self._onset = -1.0
        self._free_from = 0  # the end of the burst before

    @property
    def settled(self) -> int:
        """Index up to which no more edges will come."""
        open_from = self._start if self._start >= 0 and not self.active else self._n
        return max(min(open_from, self._n - self._off - 1) - self._back, 0)

    def process(self, values: Array, unsteadiness: float) -> list[tuple[Literal["onset", "offset"], int, int]]:
        """Take the next values; return (kind, where, known where)."""
        self._needed = self._evidence * unsteadiness
        first = self._n
        self._values = np.concatenate([self._values[-self._kept :], values])
        self._n += len(values)
        strong = np.concatenate([self._strong, values > self._limit])
        self._strong = strong[len(strong) - _SUCCESSIVE + 1 :]
        sums = np.cumsum(np.concatenate([[0], strong]))
        above = np.concatenate([[0], (sums[_SUCCESSIVE:] - sums[:-_SUCCESSIVE] >= self._hits).astype(np.int8), [0]])
        flips = np.flatnonzero(np.diff(above)) + first
        out: list[tuple[Literal["onset", "offset"], int, int]] = []
        for begin, end in flips.reshape(-1, 2).tolist():
            out += self._until(begin)
            if self._start < 0:
                self._start = begin
            self._last = end - 1
            if self._due < 0 and end - self._start >= self._on:
                self._due = max(self._start + self._ahead, begin + 1, self._start + self._on)
        return out + self._until(self._n)

    def _until(self, now: int) -> list[tuple[Literal["onset", "offset"], int, int]]:
        """Decide what the values before ``now`` decide."""
        out: list[tuple[Literal["onset", "offset"], int, int]] = []
        over = self._last + 1 + self._off
        while not self.active and 0 <= self._due <= min(now, over):
            begin = max(self._start - self._back, self._free_from)
            at, evidence = _change(self._between(begin, self._due))
            if evidence >= self._needed:
                self.active = True
                if self._start > _SUCCESSIVE:
                    self._onset = begin + at
                    out.append(("onset", begin + at, self._due))
            else:
                self._due += self._ahead // 2
                self._start = max(self._start, self._due - self._longest)
        if self._start >= 0 and over <= now:
            if self.active and self._onset >= 0:
                begin = max(self._last - self._back, int(self._onset))
                values = self._between(begin, over)
                self._free_from = over - _change(values[::-1])[0]
                out.append(("offset", self._free_from, over))
            self.active, self._start, self._due, self._onset = False, -1, -1, -1
        return out

    def _between(self, begin: int, end: int) -> Array:
        start = self._n - len(self._values)
        return self._values[begin - start : end - start]


def _change(values: Array) -> tuple[int, float]:
    """Return from where on values are most likely no rest (mean above 2), and the log-likelihood ratio of that."""
    counts = np.arange(len(values), 0, -1)
    capped = np.minimum(values, _CAP)
    ratio = np.maximum(np.cumsum(capped[::-1])[::-1] / (2.0 * counts), 1.0)
    likelihood = (counts * (ratio - 1.0 - np.log(ratio)))[: max(len(values) - _SUCCESSIVE, 1)]
    at = int(np.argmax(likelihood))
    return at, float(likelihood[at])
