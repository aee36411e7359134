"""Standing up and sitting down are ways up and down: the velocity of a sensor, and its lobes.

Whatever the sensor sits on above the knee, it is lifted by a few decimetres when a person stands up: its vertical
velocity has one lobe up for each stand and one down for each sit. Walking and leaning lift it by centimetres.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_WINDOW_S = 8.0
_KNOTS_HZ = 10.0
_ALIKE_S = 1.0  # for how long a sensor moves alike
_SLOW_MS = 0.05  # where a lobe begins and ends
_LEAST_PEAK_MS = 0.15
_LEAST_LIFT_M = 0.12
_SHORTEST_S, _LONGEST_S = 0.3, 5.0
_AT_ONCE_S = 0.5
_PART = 0.25


class Lobe(NamedTuple):
    """One way up (``lift_m`` above 0) or down; ``peak_ms`` is its largest speed."""

    start_s: float
    peak_s: float
    end_s: float
    lift_m: float
    peak_ms: float

    @property
    def size(self) -> float:
        """Length times speed, m²/s."""
        return abs(self.lift_m) * self.peak_ms


class Velocity:
    """Integrates acceleration; its drift is the median of 8 s about each moment, as rests and ways even out.

    The median is taken of ten values a second. The result has no delay in phase, but is known ``lag`` rows (4 s) later.
    Over a hole the drift may jump, the easier the longer the hole (least absolute deviations from steps).
    """

    def __init__(self, sampling_rate_hz: float, n_channels: int) -> None:
        self._rate, self._n_channels = sampling_rate_hz, n_channels
        self._step = max(round(sampling_rate_hz / _KNOTS_HZ), 1)
        self._half = round(_WINDOW_S / 2.0 * sampling_rate_hz / self._step)
        self.lag = (self._half + 1) * self._step + 1
        self.restart()

    def restart(self) -> None:
        """Begin anew after a gap, from rest."""
        self._last = np.zeros((1, self._n_channels))
        self._open = np.empty((0, self._n_channels))  # velocities with drift, from the last baseline on
        self._rows = 0
        self._knots = np.empty((0, self._n_channels))
        self._dropped = 0  # knots no longer kept
        self._holes: list[tuple[int, int]] = []  # first row of each, and first row behind
        self._baseline: list[Array] = []
        self._done = 0  # baselines that are behind the rows handed out

    def process(self, acceleration: Array, missing: Mask) -> Array:
        """Take the next rows; return as many velocities as are known now.

        Parameters
        ----------
        acceleration
            Shape (n_samples, n_channels), m/s².
        missing
            Shape (n_samples,): where it is only bridged; the last row of a hole comes with the one behind it.
        """
        edges = self._rows + np.flatnonzero(np.diff(missing, prepend=False, append=False))
        self._holes += [(begin, end) for begin, end in edges.reshape(-1, 2).tolist()]
        grown = np.concatenate([self._last, acceleration / self._rate]).cumsum(axis=0)
        self._last, rows = grown[-1:], grown[1:]
        first = -self._rows % self._step
        self._knots = np.concatenate([self._knots, rows[first :: self._step]])
        self._open = np.concatenate([self._open, rows])
        self._rows += len(rows)
        return self._known(self._dropped + len(self._knots) - self._half)

    def flush(self) -> Array:
        """Return the velocities that were still to come."""
        known = self._known(self._dropped + len(self._knots))
        last = self._baseline[-1] if self._baseline else self._last[0]
        rest, self._open = self._open - last, self._open[:0]
        return np.concatenate([known, rest])

    def _known(self, n_baselines: int) -> Array:
        """Take the drift off up to this knot."""
        end = self._dropped + len(self._knots) - 1
        for knot in range(self._done + len(self._baseline), n_baselines):
            half = min(self._half, knot, end - knot)
            self._baseline.append(self._level(knot, half))
        if len(self._baseline) < 2:
            return self._open[:0]
        edges = np.array(self._baseline)
        share = (np.arange(self._step) / self._step)[:, None]
        drift = (edges[:-1, None] + share * (edges[1:, None] - edges[:-1, None])).reshape(-1, self._n_channels)
        known, self._open = self._open[: len(drift)] - drift, self._open[len(drift) :]
        self._done += len(self._baseline) - 1
        self._baseline = self._baseline[-1:]
        old = max(self._done - self._half - self._dropped, 0)
        self._knots, self._dropped = self._knots[old:], self._dropped + old
        self._holes = [hole for hole in self._holes if hole[1] > self._dropped * self._step]
        return known

    def _level(self, knot: int, half: int) -> Array:
        """Return the drift at a knot from those about it."""
        values = self._knots[knot - half - self._dropped : knot + half + 1 - self._dropped]
        rows = np.arange(knot - half, knot + half + 1) * self._step
        holes = [(begin, end) for begin, end in self._holes if begin < rows[-1] and end > rows[0]]
        begins, ends = np.array(holes, dtype=np.intp).reshape(-1, 2).T
        parts = np.searchsorted(ends, rows, side="right")
        there = np.searchsorted(begins, rows, side="right") == parts
        if not holes or not there.any():
            return np.median(values, axis=0)
        alike = _ALIKE_S * self._rate / self._step
        usual = np.abs(values - np.median(values, axis=0)).sum(axis=0)
        speeding = np.sqrt((np.diff(values, axis=0) ** 2).sum(axis=0) * len(values))
        unseen = np.maximum(speeding * self._rate / self._step, 1e-9) * ((ends - begins)[:, None] / self._rate) ** 1.5
        weights = alike * usual / unseen
        here = int(parts[half])
        through = 0.0 if there[half] else (rows[half] - begins[here]) / (ends[here] - begins[here])
        levels = [
            np.array([step_level(v[there], parts[there], w, part) for v, w in zip(values.T, weights.T, strict=True)])
            for part in ([here] if there[half] else [here, here + 1])
        ]
        return levels[0] + through * (levels[-1] - levels[0])


def step_level(values: Array, parts: NDArray[np.intp], weights: Array, here: int) -> float:
    """Return the level of part ``here`` of the step function nearest to the values.

    Parameters
    ----------
    values, parts
        Shape (n,), and the part of each, 0…n_steps.
    weights
        Shape (n_steps,), what a step of 1 costs, in deviations of values.
    """
    levels = np.unique(values)
    costs = np.zeros((len(weights) + 1, len(levels)))
    np.add.at(costs, parts, np.abs(values[:, None] - levels))
    apart = np.abs(levels[:, None] - levels)
    before, after = np.zeros(len(levels)), np.zeros(len(levels))
    for part in range(here):
        before = (before + costs[part] + weights[part] * apart).min(axis=1)
    for part in range(len(weights), here, -1):
        after = (after + costs[part] + weights[part - 1] * apart).min(axis=1)
    return float(levels[np.argmin(before + costs[here] + after)])


class Lobes:
    """Hands out the ways up and down in vertical velocity, each when it has ended."""

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        self.restart()

    def restart(self) -> None:
        """Begin anew after a gap."""
        self._way: list[tuple[float, float]] = []  # time and velocity since the lobe began

    def process(self, velocity: Array, times_s: Array) -> Iterator[Lobe]:
        """Take vertical velocity, m/s upwards, shape (n_samples,)."""
        for time_s, speed in zip(times_s.tolist(), velocity.tolist(), strict=True):
            if self._way and (abs(speed) < _SLOW_MS or (speed > 0.0) != (self._way[-1][1] > 0.0)):
                lobe = self._closed()
                self._way = []
                if lobe is not None:
                    yield lobe
            if abs(speed) >= _SLOW_MS:
                self._way.append((time_s, speed))

    def _closed(self) -> Lobe | None:
        way = np.array(self._way)
        lift = float(way[:, 1].sum()) / self._rate
        fastest = int(np.argmax(np.abs(way[:, 1])))
        peak = float(abs(way[fastest, 1]))
        if peak < _LEAST_PEAK_MS or not _SHORTEST_S <= way[-1, 0] - way[0, 0] <= _LONGEST_S:
            return None
        return Lobe(float(way[0, 0]), float(way[fastest, 0]), float(way[-1, 0]), lift, peak)


def whole_ways(lobes: Sequence[Lobe]) -> list[Lobe]:
    """Return the stands and sits among the lobes.

    A way that borders within half a second on one the other way and is a small part of it, in length times speed, is
    the trunk leaning or straightening.
    """
    kept: list[Lobe] = []
    for index, lobe in enumerate(lobes):
        near = [
            other
            for a, b in pairwise(lobes[max(index - 1, 0) : index + 2])
            if b.start_s - a.end_s < _AT_ONCE_S
            for other in (a, b)
            if other.lift_m * lobe.lift_m < 0.0
        ]
        if abs(lobe.lift_m) >= _LEAST_LIFT_M and all(lobe.size >= _PART * o.size for o in near):
            kept.append(lobe)
    return kept
