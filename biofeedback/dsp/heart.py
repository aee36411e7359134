"""The heart in the EMG of the trunk and the shoulder: its beats, found as they come.

A beat is short, strong below 40 Hz, always of one shape and comes in a steady rhythm: no muscle does all that. Its
shape is learned where the muscle is quiet; then it is found while the muscle works too. What is not seen to beat is
left as it is.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from biofeedback.dsp.blocks import Blocks
from biofeedback.dsp.envelope import MovingRms
from biofeedback.dsp.filters import band_pass

Array = NDArray[np.float64]

_QRS_HZ = (15.0, 40.0)
_RATE_HZ = 250.0
_SWING_S = 0.04  # of the moving RMS that makes one hump of a beat
_HALF_SHAPE_S, _OFF_CENTRE_S = 0.06, 0.02
_REFRACTORY_S, _AHEAD_S = 0.25, 0.04  # a beat is the best fit since so long before it, and so long after it
_FIT = (0.5, 2.0)  # times the usual size
_LIKENESS, _ALIKE = 0.6, 0.9
_LOOK_S, _LOOKS = 2.0, 5  # it is looked for every two seconds in the last ten
_FEWEST_BEATS = 5
_STANDS_OUT = 3.5  # times the median of all that was heard
_RR_S = (0.3, 1.6)
_STEADY = 0.2  # of the median interval
_MOSTLY = 0.75


class Heart(NamedTuple):
    """A heart that was heard: ``rr_s`` between its beats, and what one looks like, shape (n,), 250 values a second."""

    rr_s: float
    shape: Array


class HeartWatch:
    """Listens to one channel for a heart; what it learns in ten quiet seconds it keeps."""

    def __init__(self, sampling_rate_hz: float) -> None:
        self._step = max(int(sampling_rate_hz // _RATE_HZ), 1)
        self._rate = rate = sampling_rate_hz / self._step
        self._filter, self._rms = band_pass(*_QRS_HZ, rate), MovingRms(rate, _SWING_S)
        self._half = round(_HALF_SHAPE_S * rate)
        self._cut = Blocks(round(_LOOK_S * rate))
        self._around = np.arange(-self._half, self._half + 1)
        self.heart: Heart | None = None
        self.heard_now = False  # when last looked
        self.restart()

    def restart(self) -> None:
        """Begin anew after a gap; the heart is remembered."""
        self._filter.restart()
        self._rms.restart()
        self._rest = np.zeros(0)
        self._blocks: deque[Array] = deque(maxlen=_LOOKS)
        self._cut.restart()

    def process(self, samples: Array) -> None:
        """Take the next samples, shape (n_samples,), without NaN."""
        rows = np.concatenate([self._rest, samples])
        n = len(rows) // self._step
        self._rest = rows[n * self._step :]
        thinned = self._filter.process(rows[: n * self._step].reshape(n, self._step).mean(axis=1)[:, None])[:, 0]
        for part, block in self._cut.process(thinned):
            self._search(part)
            if block is not None:
                self._learn(block)

    def _search(self, values: Array) -> None:
        """Do something with the next values, 250 a second, before they are learned from."""

    def _learn(self, block: Array) -> None:
        self._blocks.append(block)
        found = self._found(np.concatenate(self._blocks)) if len(self._blocks) == _LOOKS else None
        self.heard_now = found is not None
        self.heart = found or self.heart

    def _found(self, heard: Array) -> Heart | None:
        """Return the heart in what was heard, shape (n,), if there is one."""
        self._rms.restart()
        late = round(self._rms.group_delay_s * self._rate)
        beats = _regular(self._rms.process(heard[:, None])[:, 0], self._rate)
        middles = beats - late
        middles = middles[(middles >= self._half) & (middles < len(heard) - self._half)]
        if len(middles) < _FEWEST_BEATS - 1:
            return None
        each = heard[middles[:, None] + self._around]
        shape = np.median(each, axis=0)
        likeness = (each @ shape) / np.sqrt(np.sum(each**2, axis=1) * np.sum(shape**2))
        if float(np.median(likeness)) < _ALIKE:
            return None
        return Heart(float(np.median(np.diff(beats))) / self._rate, shape)


def _regular(swing: Array, rate_hz: float) -> NDArray[np.int64]:
    """Return where humps stand out that come as steadily as a heart does, at 37 to 200 a minute; else nothing."""
    half, nothing = round(_RR_S[0] / 2 * rate_hz), np.zeros(0, dtype=np.int64)
    peaks = np.flatnonzero(swing == ndimage.maximum_filter1d(swing, 2 * half + 1, mode="nearest"))
    peaks = peaks[(peaks >= half) & (peaks < len(swing) - half)]
    if len(peaks) < _FEWEST_BEATS:
        return nothing
    top = float(np.median(np.sort(swing[peaks])[-_FEWEST_BEATS:]))
    beats = peaks[swing[peaks] > top / 2]
    if len(beats) < _FEWEST_BEATS or not top > _STANDS_OUT * float(np.median(swing)):
        return nothing
    intervals_s = np.diff(beats) / rate_hz
    rr_s = float(np.median(intervals_s))
    steady = float(np.mean(np.abs(intervals_s - rr_s) < _STEADY * rr_s))
    return beats if _RR_S[0] < rr_s < _RR_S[1] and steady >= _MOSTLY else nothing


class BeatFinder(HeartWatch):
    """Finds the beats of the heart that it listens for; a beat is known ``known_after`` samples after its middle."""

    def __init__(self, sampling_rate_hz: float) -> None:
        super().__init__(sampling_rate_hz)
        self._ahead, self._back = round(_AHEAD_S * self._rate), round(_REFRACTORY_S * self._rate)
        delay = round(self._filter.group_delay_s * sampling_rate_hz + (self._step - 1) / 2)
        self._to_middle = self._step - 1 - delay
        self._off_centre = _OFF_CENTRE_S * sampling_rate_hz
        self.known_after = delay + (self._half + self._ahead + 1) * self._step + round(self._off_centre)
        self._centre = 0  # of a beat's power, in samples after the middle of the shape

    def restart(self) -> None:
        """Begin with sample 0 again; the heart is remembered."""
        super().restart()
        self._n = 0
        self._waiting = np.zeros(0)  # what shapes are still looked for in
        self._fits = np.full(round(_REFRACTORY_S * self._rate), np.inf)  # nothing at the start is known to be the best
        self._beats: list[int] = []

    def found(self, samples: Array) -> list[int]:
        """Take the next samples, shape (n_samples,), without NaN; return the middles of the beats known by now."""
        self._beats = []
        self.process(samples)
        return self._beats

    def _learn(self, block: Array) -> None:
        super()._learn(block)
        if self.heard_now and self.heart is not None:
            centre = float(np.average(self._around * self._step, weights=self.heart.shape**2))
            self._centre = round(min(max(centre, -self._off_centre), self._off_centre))

    def _search(self, values: Array) -> None:
        """Note the beats that the next values complete."""
        rows = np.concatenate([self._waiting, values])
        self._waiting = rows[max(len(rows) - 2 * self._half, 0) :]
        first = self._n - len(self._fits)  # the place of the first fit
        fits = np.concatenate([self._fits, self._fitting(rows)])
        self._n += len(fits) - len(self._fits)
        keep = self._back + self._ahead
        self._fits = fits[max(len(fits) - keep, 0) :]
        if self.heart is None or len(fits) <= keep:
            return
        best = np.lib.stride_tricks.sliding_window_view(fits, keep + 1).max(axis=1)
        middle = fits[self._back : len(fits) - self._ahead]
        at = np.flatnonzero((middle == best) & (middle > _FIT[0]) & (middle < _FIT[1])) + first + self._back
        self._beats += [int(place + self._half) * self._step + self._to_middle + self._centre for place in at]

    def _fitting(self, rows: Array) -> Array:
        """Return how large a beat would be at each row but the edges, in times of the usual; 0 where none looks so."""
        if len(rows) <= 2 * self._half:
            return np.zeros(0)
        around = np.lib.stride_tricks.sliding_window_view(rows, 2 * self._half + 1)
        if self.heart is None:
            return np.zeros(len(around))
        power = float(np.sum(self.heart.shape**2))
        size = np.sum(around * self.heart.shape, axis=1)
        like = size / np.sqrt(np.maximum(np.sum(around**2, axis=1) * power, 1e-300))
        return np.where(like > _LIKENESS, size / power, 0.0)
