"""When a muscle switches on and off, from its EMG: hum taken out, whitened by its own rest, then a double threshold.

Double threshold: Bonato, D'Alessio & Knaflitz 1998, IEEE Trans Biomed Eng 45:287. What it finds is
confirmed by the likelihood of a change of variance (Staude & Wolf 1999, Med Eng Phys 21:449), and then its edges are
placed. Rest is the quietest part of the last minute, so no cue is needed and a recording may begin in activity.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, log
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from biofeedback.dsp.onset_place import OnsetPlace
from biofeedback.dsp.rest_noise import CAP, ORDER, RestNoise, residual
from biofeedback.dsp.resting_hum import RestingHum

Array = NDArray[np.float64]

_BLOCK_S = 0.25
_REST_S = 60.0
_SUCCESSIVE = 5
_LOOK_BACK_S = 0.06
_LOOK_AHEAD_S = 0.08
_LONGEST_DOUBT_S = 0.3
_BRIDGED_S = 0.1


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
    evidence: float = 16.0


EdgeKind = Literal["onset", "offset", "lost"]


class Edge(NamedTuple):
    """A muscle switched: at sample ``at`` (a fraction is possible), known from sample ``known_at`` − 1 on.

    ``lost``: it was on when a hole began that is too long to say how it went on.
    """

    kind: EdgeKind
    at: float
    known_at: int


_Found = tuple[EdgeKind, int, int]  # where and known where, in values


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
        self._bridged = round(_BRIDGED_S * sampling_rate_hz)
        self._edges = _Edges(rule, pairs)
        self._rest = RestNoise(round(_REST_S / _BLOCK_S))
        self._hum = RestingHum(rate, self._block_size)
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
        self._first = self._origin = self._block_from = first_sample
        self._taken = 0
        self._block = np.zeros(0)
        self._before = np.zeros(ORDER)
        self._whitened = np.zeros(0)

    def restart(self, first_sample: int) -> list[Edge]:
        """Go on behind a hole with the sample of that index; return what that settles.

        Rest is remembered. A burst goes on behind a hole of up to 0.1 s, and one that is there at once began in it;
        behind a longer hole, or at the start, activity at once is no onset.
        """
        hole = first_sample - self._first - self._taken
        bridged = self._rest.variance > 0.0 and 0 <= hole <= self._bridged
        edges = self._edged(self._edges.cut(bridged=bridged))
        self._hum.turn((first_sample - self._block_from) / self._step)
        self._begin(first_sample)
        self._edges.restart(bridged=bridged)
        return edges

    def process(self, samples: Array) -> list[Edge]:
        """Take the next samples, shape (n_samples,); return the edges they settle."""
        kept = samples[-self._taken % self._step :: self._step]
        self._taken += len(samples)
        edges: list[Edge] = []
        while len(kept):
            part, kept = np.split(kept, [self._block_size - len(self._block)])
            if self._hum.known:
                part = self._hum.taken_from(part, len(self._block))
            self._block = np.concatenate([self._block, part])
            full = len(self._block) == self._block_size
            if self._rest.variance:
                edges += self._judge(part)
            if full:
                edges += self._learn(self._block)
                self._block = np.zeros(0)
                self._block_from += self._block_size * self._step
        return edges

    def _learn(self, block: Array) -> list[Edge]:
        """Learn rest from a whole block; return what the first one holds."""
        new, first = not self._hum.known, not self._rest.variance
        self._hum.learn(block)
        if new:
            self._hum.turn(-self._block_size)
            block = self._hum.taken_from(block, 0)
            self._hum.turn(self._block_size)
        self._rest.add(block)
        if first and self._rest.variance:
            return self._judge(block)
        if first:
            self._origin += self._block_size * self._step
        return []

    def _judge(self, part: Array) -> list[Edge]:
        line = np.concatenate([self._before, part])
        self._before = line[len(line) - ORDER :]
        power = residual(line, self._rest.coefficients) ** 2 / self._rest.variance
        self._whitened = np.concatenate([self._whitened, power])
        n_pairs = len(self._whitened) // 2
        pairs = self._whitened[: 2 * n_pairs : 2] + self._whitened[1 : 2 * n_pairs : 2]
        self._whitened = self._whitened[2 * n_pairs :]
        return self._edged(self._edges.process(pairs, self._rest))

    def _edged(self, found: list[_Found]) -> list[Edge]:
        return [
            Edge(kind, self._origin + self._stride * at, self._origin + self._stride * known - self._step + 1)
            for kind, at, known in found
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
        self._place = OnsetPlace(rate)
        self._kept = 2 * (self._back + self._longest + self._off)
        self.active, self._onset = False, -1.0
        self.restart(bridged=False)

    def restart(self, *, bridged: bool) -> None:
        """Forget what was seen, but not the burst that goes on where the hole is ``bridged``."""
        self._bridged = bridged
        self.active = self.active and bridged
        self._n = 0  # values seen
        self._values = np.zeros(0)  # the latest of them
        self._strong = np.zeros(_SUCCESSIVE - 1, dtype=np.int64)
        self._start = self._last = 0 if self.active else -1  # of what is above the threshold now; -1: nothing
        self._due = -1  # when it is decided whether that is an onset; -1: not yet long enough
        self._onset = min(self._onset, 0.0) if self.active else -1.0
        self._free_from = 0  # the end of the burst before

    @property
    def settled(self) -> int:
        """Index up to which no more edges will come."""
        open_from = self._start if self._start >= 0 and not self.active else self._n
        return max(min(open_from, self._n - self._off - 1) - self._back, 0)

    def process(self, values: Array, rest: RestNoise) -> list[_Found]:
        """Take the next values; return (kind, where, known where)."""
        self._needed, self._n_rest = self._evidence * rest.unsteadiness, rest.n_pairs
        first = self._n
        self._values = np.concatenate([self._values[-self._kept :], values])
        self._n += len(values)
        strong = np.concatenate([self._strong, values > self._limit])
        self._strong = strong[len(strong) - _SUCCESSIVE + 1 :]
        sums = np.cumsum(np.concatenate([[0], strong]))
        above = np.concatenate([[0], (sums[_SUCCESSIVE:] - sums[:-_SUCCESSIVE] >= self._hits).astype(np.int8), [0]])
        flips = np.flatnonzero(np.diff(above)) + first
        out: list[_Found] = []
        for begin, end in flips.reshape(-1, 2).tolist():
            out += self._until(begin)
            if self._start < 0:
                self._start = begin
            self._last = end - 1
            if self._due < 0 and end - self._start >= self._on:
                self._due = max(self._start + self._ahead, begin + 1, self._start + self._on)
        return out + self._until(self._n)

    def cut(self, *, bridged: bool) -> list[_Found]:
        """Decide at once, as no more values will come before a hole; return what that settles."""
        out: list[_Found] = []
        if not self.active and self._start >= 0 and self._n - self._start >= self._on:
            self._due = min(self._n, self._last + 1 + self._off)
            out = self._until(self._n)
        return [*out, ("lost", self._n, self._n)] if self.active and self._onset >= 0 and not bridged else out

    def _until(self, now: int) -> list[_Found]:
        """Decide what the values before ``now`` decide."""
        out: list[_Found] = []
        over = self._last + 1 + self._off
        while not self.active and 0 <= self._due <= min(now, over):
            begin = max(self._start - self._back, self._free_from)
            values = self._between(begin, self._due)
            if _evidence(values, self._n_rest) >= self._needed:
                self.active = True
                at = begin + self._place(values)
                if self._bridged or self._start > _SUCCESSIVE:
                    self._onset = at
                    out.append(("onset", at, self._due))
            else:
                self._due += self._ahead // 2
                self._start = max(self._start, self._due - self._longest)
        if self._start >= 0 and over <= now:
            if self.active and self._onset >= 0:
                begin = max(self._last - self._back, int(self._onset))
                values = self._between(begin, over)
                self._free_from = over - self._place(values[::-1])
                out.append(("offset", self._free_from, over))
            self.active, self._start, self._due, self._onset = False, -1, -1, -1
        return out

    def _between(self, begin: int, end: int) -> Array:
        start = self._n - len(self._values)
        return self._values[begin - start : end - start]


def _evidence(values: Array, n_rest: float) -> float:
    """Return the log-likelihood ratio of values being no rest (mean above 2) from some place on.

    Rest is known from ``n_rest`` values only, so that little is believed of a recording that has just begun.
    """
    n = np.arange(len(values), 0, -1.0)
    capped = np.minimum(values, CAP)
    ratio = np.maximum(np.cumsum(capped[::-1])[::-1] / (2.0 * n), 1.0)
    all_alike = (n_rest + n) * np.log((n_rest + n * ratio) / (n_rest + n))
    return float(np.max((all_alike - n * np.log(ratio))[: max(len(values) - _SUCCESSIVE, 1)]))
