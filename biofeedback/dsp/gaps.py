"""What stands before every filter: rows that are lost become short fills or a clean restart. No NaN gets past here."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Run(NamedTuple):
    """Consecutive samples without a hole.

    Attributes
    ----------
    times_s
        Shape (n_samples,), host clock.
    values
        Shape (n_samples, n_channels).
    missing
        Same shape as ``values``: True where nothing was measured and the value is only a filling, or is not to be
        trusted yet.
    first_sample
        Index of the first row since the stream started.
    after_gap
        True if rows were lost before this run, so that filters must start anew.
    """

    times_s: Array
    values: Array
    missing: Mask
    first_sample: int
    after_gap: bool

    def blanked(self) -> Array:
        """Return the values with NaN where they are missing; not to be written to."""
        return np.where(self.missing, np.nan, self.values) if self.missing.any() else self.values


class GapFiller:
    """Turns chunks with NaN and lost samples into runs that a filter can take.

    A hole up to ``longest_filled_s`` is filled by straight lines and marked; a longer one ends the run. Rows wait in
    here until the hole behind them is closed, so the runs are the same for any chunking. A row is lost if any of its
    values is NaN; with ``channels_apart`` only if all are: a channel that fails alone holds its last value, marked.

    Group delay 0 s; warm-up 0 s.
    """

    def __init__(
        self,
        n_channels: int,
        sampling_rate_hz: float,
        longest_filled_s: float = 0.020,
        *,
        channels_apart: bool = False,
    ) -> None:
        self._n_channels = n_channels
        self._rate = sampling_rate_hz
        self._longest = round(longest_filled_s * sampling_rate_hz)
        self._apart = channels_apart
        self._last: tuple[int, float, Array] | None = None  # index, time and values of the last whole row
        self._held = np.zeros(n_channels)

    def process(self, samples: Array, times_s: Array, first_sample: int) -> list[Run]:
        """Take the next rows, shape (n_samples, n_channels), and return the runs that are certain now."""
        samples, times_s = np.asarray(samples, dtype=np.float64), np.asarray(times_s, dtype=np.float64)
        bad = np.isnan(samples)
        if not bad.any() and len(samples) and self._follows(first_sample):
            self._held = samples[-1]
            self._last = (first_sample + len(samples) - 1, float(times_s[-1]), samples[-1])
            return [Run(times_s, samples, bad, first_sample, False)]
        lost = bad.all(axis=1) if self._apart else bad.any(axis=1)
        whole = np.flatnonzero(~lost)
        if whole.size == 0:
            return []
        samples, bad, times_s, index = samples[whole], bad[whole], times_s[whole], whole + first_sample
        if bad.any():
            samples = self._hold(samples, bad)
        self._held = samples[-1]
        runs = self._split(index, times_s, samples, bad)
        self._last = (int(index[-1]), float(times_s[-1]), samples[-1])
        return runs

    def _follows(self, first_sample: int) -> bool:
        """Tell whether the sample goes on where the last whole row was, as nearly always."""
        return self._last is not None and first_sample == self._last[0] + 1

    def _hold(self, samples: Array, bad: Mask) -> Array:
        """Replace NaN by the last value of the same channel."""
        rows = np.where(bad, 0, np.arange(1, len(samples) + 1)[:, None])
        source = np.maximum.accumulate(rows, axis=0)
        return np.take_along_axis(np.vstack([self._held, samples]), source, axis=0)

    def _split(self, index: NDArray[np.int64], times_s: Array, samples: Array, bad: Mask) -> list[Run]:
        """Cut where too much is lost, fill where little is."""
        if self._last is not None and index[0] > self._last[0]:
            index = np.concatenate([[self._last[0]], index])
            times_s = np.concatenate([[self._last[1]], times_s])
            samples = np.vstack([self._last[2], samples])
            bad = np.vstack([np.zeros_like(bad[:1]), bad])
            joined = True
        else:
            joined = False
        steps = np.diff(index)
        cuts = np.concatenate([[0], np.flatnonzero((steps > self._longest + 1) | (steps < 1)) + 1, [len(index)]])
        runs = [self._filled(index[a:b], times_s[a:b], samples[a:b], bad[a:b]) for a, b in pairwise(cuts)]
        if joined:  # the first row was handed out by the call before
            head = runs[0]
            runs[0] = Run(head.times_s[1:], head.values[1:], head.missing[1:], head.first_sample + 1, False)
        elif self._last is None:
            runs[0] = runs[0]._replace(after_gap=False)
        return [run for run in runs if len(run.times_s)]

    def _filled(self, index: NDArray[np.int64], times_s: Array, samples: Array, bad: Mask) -> Run:
        """Make one run, lost rows replaced by straight lines."""
        n_rows = int(index[-1] - index[0]) + 1
        if n_rows == len(index):
            return Run(times_s, samples, bad, int(index[0]), True)
        left = np.repeat(np.arange(len(index) - 1), np.diff(index))
        left = np.concatenate([left, [len(index) - 1]])
        right = np.minimum(left + 1, len(index) - 1)
        offset = np.arange(n_rows) + index[0] - index[left]
        share = offset / np.maximum(index[right] - index[left], 1)
        values = samples[left] + share[:, None] * (samples[right] - samples[left])
        times = times_s[left] + share * (times_s[right] - times_s[left])
        missing = np.where(offset[:, None] == 0, bad[left], True)
        return Run(times, values, missing, int(index[0]), True)
