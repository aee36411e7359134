"""Muscle activity in percent of a reference, and when a muscle switches on.

Percent means nothing without the reference: its method stands beside it and methods are never compared with each other.
Electrodes move between sessions, so a reference is never carried over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Method = Literal["mvc", "submaximal", "peak-dynamic"]

REFERENCE_WINDOW_S = 0.5
_LEAST_SNR = 10.0
_ON_THE_WAY = 120.0  # percent; a reference that is gone beyond by more was too low (CEDE 2020)


@dataclass(frozen=True, slots=True)
class Reference:
    """What is 100 %: ``value`` in the envelope's unit, found by ``method``; ``rest`` the quietest half second."""

    value: float
    rest: float
    method: Method


@dataclass(frozen=True, slots=True)
class MvcResult:
    """The outcome of maximal contractions: the value, whether the best two agree within 10 %, and what to do if not."""

    value: float
    agreed: bool
    advice: str


def highest_mean(envelope: Array, sampling_rate_hz: float, window_s: float = REFERENCE_WINDOW_S) -> float:
    """Return the highest mean over ``window_s`` of an envelope, shape (n_samples,); NaN if it is shorter."""
    size = round(window_s * sampling_rate_hz)
    if len(envelope) < size:
        return float("nan")
    sums = np.cumsum(np.concatenate([[0.0], envelope]))
    return float(np.max(sums[size:] - sums[:-size]) / size)


def mvc(trials: Sequence[Array], sampling_rate_hz: float) -> MvcResult:
    """Return the maximal voluntary contraction from the envelopes of 2 to 5 trials (Besomi et al. 2020, CEDE).

    The best trial counts; the best two must agree within 10 %, otherwise one more trial is due.
    """
    peaks = sorted((highest_mean(trial, sampling_rate_hz) for trial in trials), reverse=True)
    if not peaks or np.isnan(peaks).any():
        return MvcResult(float("nan"), False, "Hold each contraction for three seconds.")
    agreed = len(peaks) > 1 and peaks[1] >= 0.9 * peaks[0]
    advice = "" if agreed else "Do one more." if len(trials) < 5 else "Use the best one with care: the trials differ."
    return MvcResult(peaks[0], agreed, advice)


class Normalisation:
    """Turns envelopes on a uniform grid into percent of each channel's reference, as they come.

    Until `set_reference` is called the method is peak-dynamic: 100 % is the highest half second seen so far, and at
    least ten times the quietest. More than 120 % is not told then: it is on the way to be the new 100 %, and a first
    contraction would else be three times as large as the same one later. Group delay 0 s; warm-up half a second.

    With ``confirmed`` what was seen counts for good only when `confirm` says that it came from the muscle.
    """

    def __init__(self, n_channels: int, sampling_rate_hz: float, *, confirmed: bool = False) -> None:
        self._waiting: Array | None = np.zeros((0, n_channels)) if confirmed else None  # means that may be retracted
        self._sure = (np.zeros((1, n_channels)), np.full((1, n_channels), np.inf))
        self._size = round(REFERENCE_WINDOW_S * sampling_rate_hz)
        self._window = np.full((self._size - 1, n_channels), np.nan)
        self._highest = np.zeros((1, n_channels))
        self._quietest = np.full((1, n_channels), np.inf)
        self._fixed: dict[int, Reference] = {}

    def process(self, envelope: Array) -> Array:
        """Return the percent of the next rows, shape (n_samples, n_channels); NaN where unknown."""
        if len(envelope) == 0:
            return envelope
        means = self._means(envelope)
        known = ~np.isnan(means)
        self._highest, highest = _followed(np.maximum, self._highest, np.where(known, means, 0.0))
        self._quietest, quietest = _followed(np.minimum, self._quietest, np.where(known, means, np.inf))
        if self._waiting is not None:
            self._waiting = np.concatenate([self._waiting, means])
        reference = np.maximum(highest, _LEAST_SNR * quietest)
        for channel, fixed in self._fixed.items():
            reference[:, channel] = fixed.value
        usable = np.isfinite(reference) & (reference > 0.0)
        percent = np.where(usable, 100.0 * envelope / np.where(usable, reference, 1.0), np.nan)
        seen = [channel not in self._fixed for channel in range(envelope.shape[1])]
        percent[:, seen] = np.minimum(percent[:, seen], _ON_THE_WAY)
        return percent

    def confirm(self, doubtful: NDArray[np.bool_]) -> None:
        """Keep what the oldest rows still in question told, shape (n_rows, n_channels), or forget it where doubtful."""
        assert self._waiting is not None
        told, self._waiting = np.split(self._waiting, [len(doubtful)])
        self._sure = _extremes(np.where(doubtful, np.nan, told), self._sure)
        self._highest, self._quietest = _extremes(self._waiting, self._sure)

    def _means(self, envelope: Array) -> Array:
        """Return the mean of the last half second at each row; NaN where a value is missing in it."""
        rows = np.concatenate([self._window, envelope])
        self._window = rows[len(rows) - self._size + 1 :]
        windows = np.lib.stride_tricks.sliding_window_view(rows, self._size, axis=0)
        total = windows[..., 0]
        for column in range(1, self._size):
            total = total + windows[..., column]
        return total / self._size

    def set_reference(self, channel: int, value: float, method: Method) -> None:
        """Let ``value``, in the envelope's unit, be 100 % of a channel from now on.

        Raises
        ------
        ValueError
            If the value is not above 0.
        """
        if not value > 0.0:
            raise ValueError(f"a reference must be above 0, this is {value:g}")
        self._fixed[channel] = Reference(value, self.reference(channel).rest, method)

    def reference(self, channel: int) -> Reference:
        """Return what is 100 % of a channel now; NaN while nothing is known."""
        quietest = float(self._quietest[0, channel])
        rest = quietest if np.isfinite(quietest) else float("nan")
        if channel in self._fixed:
            return Reference(self._fixed[channel].value, rest, self._fixed[channel].method)
        highest = float(self._highest[0, channel])
        value = max(highest, _LEAST_SNR * rest) if np.isfinite(rest) else float("nan")
        return Reference(value, rest, "peak-dynamic")


def _extremes(means: Array, before: tuple[Array, Array]) -> tuple[Array, Array]:
    """Return the highest and the lowest of the means and what there was before, each of shape (1, n_channels)."""
    rows = [np.concatenate([one, means]) for one in before]
    return np.fmax.reduce(rows[0], axis=0, keepdims=True), np.fmin.reduce(rows[1], axis=0, keepdims=True)


def _followed(extreme: np.ufunc, before: Array, values: Array) -> tuple[Array, Array]:
    """Return the last row and all rows of a running extreme that goes on from the row ``before``."""
    running = extreme.accumulate(np.concatenate([before, values]), axis=0)[1:]
    return running[-1:], running
