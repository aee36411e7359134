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

_WINDOW_S = 8.0
_KNOTS_HZ = 10.0
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


class Velocity:
    """Integrates acceleration; its drift is the median of 8 s about each moment, as rests and ways even out.

    The median is taken of ten values a second. The result has no delay in phase, but is known ``lag`` rows (4 s) later.
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
        self._baseline: list[Array] = []
        self._done = 0  # baselines that are behind the rows handed out

    def process(self, acceleration: Array) -> Array:
        """Take the next rows, m/s², shape (n_samples, n_channels); return as many velocities as are known now."""
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
            self._baseline.append(
                np.median(self._knots[knot - half - self._dropped : knot + half + 1 - self._dropped], axis=0)
            )
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
        return known


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
        if abs(lobe.lift_m) >= _LEAST_LIFT_M and all(_size(lobe) >= _PART * _size(o) for o in near):
            kept.append(lobe)
    return kept


def _size(lobe: Lobe) -> float:
    return abs(lobe.lift_m) * lobe.peak_ms
