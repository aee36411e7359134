"""Whether a sensor can be trusted now, and the one thing to do if not: a bad sensor gives no score."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.filters import emg_band_hz
from biofeedback.dsp.spectrum import frequencies_hz, hum_shares, median_frequency, periodograms
from biofeedback.measures.value import Trust

Array = NDArray[np.float64]

_WINDOW_S = 1.0
_HOP_S = 0.5
_HUM_HEARD, _HUM_SHARE = 0.3, 0.1
_STEADY = 4  # windows over which hum is averaged
_FEWEST_LOUDNESSES, _REMEMBERED_LOUDNESSES = 10, 601  # windows that tell what is usual: five minutes
# A brisk start shakes the cable below the band for a moment: contact is lost only where that drowns the muscle in it.
_SHAKEN_HZ = 60.0
_CLIPPED_RUN, _FINE = 3, 64  # samples; different values in a second
_RANK: dict[Trust, int] = {"ok": 0, "weak": 1, "bad": 2}


@dataclass(frozen=True, slots=True)
class Quality:
    """A verdict on one second: the worst index decides. ``action`` is empty when all is well.

    ``end_sample`` is the index of the sample behind that second; verdicts come every half second.
    """

    state: Trust
    action: str = ""
    index: str = ""
    value: float = float("nan")
    end_sample: int = 0


class Second(NamedTuple):
    """All verdicts on one second of EMG; ``power`` is its raw spectrum, shape (n,), None where samples were lost.

    ``loudness`` is the root mean square within the EMG band, in the samples' unit.
    """

    verdicts: tuple[Quality, ...]
    power: Array | None
    loudness: float

    @property
    def worst(self) -> Quality:
        """The verdict that decides."""
        return max(self.verdicts, key=lambda verdict: _RANK[verdict.state])


class _Windows:
    """Cuts samples into windows of one second, half overlapping, lost samples as NaN."""

    def __init__(self, n_channels: int, sampling_rate_hz: float) -> None:
        self._size, self._hop = round(_WINDOW_S * sampling_rate_hz), round(_HOP_S * sampling_rate_hz)
        self._n_channels = n_channels
        self._parts: list[Array] = []
        self._waiting = 0
        self._next: int | None = None

    def process(self, samples: Array, first_sample: int) -> list[tuple[int, Array]]:
        """Return (index of the sample behind it, window) for each window that is complete."""
        lost = 0 if self._next is None else min(max(first_sample - self._next, 0), self._size)
        self._next = first_sample + len(samples)
        self._parts += [np.full((lost, self._n_channels), np.nan), samples] if lost else [samples]
        self._waiting += lost + len(samples)
        windows: list[tuple[int, Array]] = []
        if self._waiting >= self._size:
            rows = np.concatenate(self._parts)
            while len(rows) >= self._size:
                windows.append((self._next - len(rows) + self._size, rows[: self._size]))
                rows = rows[self._hop :]
            self._parts, self._waiting = [rows], len(rows)
        return windows


def _together(windows: list[tuple[int, Array]]) -> Iterator[tuple[list[int], Array, float]]:
    """Give ends, rows and share lost: windows that are whole together, one with a hole alone and without the hole."""
    for whole, group in groupby(windows, key=lambda window: bool(np.isfinite(window[1]).all())):
        if whole:
            ends, rows = zip(*group, strict=True)
            yield list(ends), np.stack([row[:, 0] for row in rows]), 0.0
            continue
        for end, row in group:
            known = row[np.isfinite(row[:, 0]), 0]
            yield [end], known[None], 1.0 - len(known) / len(row)


class _Sorted:
    """The latest values in order of size, so that their median costs nothing."""

    def __init__(self, most: int) -> None:
        self._latest: deque[float] = deque()
        self._ordered: list[float] = []
        self._most = most

    def __len__(self) -> int:
        return len(self._ordered)

    def add(self, value: float) -> None:
        if len(self._latest) == self._most:
            self._ordered.pop(bisect_left(self._ordered, self._latest.popleft()))
        self._latest.append(value)
        insort(self._ordered, value)

    @property
    def median(self) -> float:
        half = len(self._ordered) // 2
        return (self._ordered[half] + self._ordered[(len(self._ordered) - 1) // 2]) / 2.0


class EmgQuality:
    """Watches one raw EMG channel; a verdict every half second on the second before (limits: docs/measures.md).

    ``lowest`` and ``highest`` are the rails of the converter and ``lsb`` is one of its counts, in the unit of the
    samples; ``volts`` is False where nobody knows what that unit is.
    """

    def __init__(
        self,
        sampling_rate_hz: float,
        lowest: float | None = None,
        highest: float | None = None,
        lsb: float | None = None,
        *,
        volts: bool = True,
    ) -> None:
        self._rate = sampling_rate_hz
        self._lowest = -np.inf if lowest is None else lowest
        self._highest = np.inf if highest is None else highest
        self._lsb = lsb or 0.0
        self._volts = volts
        self._windows = _Windows(1, sampling_rate_hz)
        self._loudness = _Sorted(_REMEMBERED_LOUDNESSES)
        self._hum: list[Array] = []
        self._rest = float("inf")

    def process(self, samples: Array, first_sample: int) -> list[Quality]:
        """Take the next raw samples, shape (n_samples,); return the verdicts they bring, oldest first."""
        return [replace(second.worst, end_sample=end) for end, second in self.seconds(samples, first_sample)]

    def seconds(self, samples: Array, first_sample: int) -> list[tuple[int, Second]]:
        """Take the same; return (index of the sample behind it, all verdicts) of each second, oldest first."""
        found: list[tuple[int, Second]] = []
        for ends, rows, lost in _together(self._windows.process(samples[:, None], first_sample)):
            lossy = Second((Quality("bad", "Move the sensor closer.", "loss", lost),), None, float("nan"))
            found += zip(ends, [lossy] if lost > 0.5 else self._whole(rows, lost), strict=True)
        return found

    @property
    def mains_share(self) -> float | None:
        """The share of hum in the last two seconds, 0 to 1; None before the first."""
        return float(np.max(np.mean(self._hum, axis=0))) if self._hum else None

    def _whole(self, rows: Array, lost: float) -> list[Second]:
        """Judge windows, shape (n_windows, n_samples), oldest first; each as if it were alone."""
        power = periodograms(rows, self._rate)
        frequencies = frequencies_hz(rows.shape[1], self._rate)
        hums, in_band = hum_shares(float(frequencies[1]), power, self._rate)
        facts = zip(rows, _longest_still(rows, self._lsb), power, np.nan_to_num(hums), np.sqrt(in_band), strict=True)
        found: list[Second] = []
        for row, still, spectrum, hum, loudness in facts:
            flatline = _graded(still / self._rate, 0.1, 0.45, "flatline", "Check the electrode cable.")
            verdicts = [_loss(lost), self._saturation(row), flatline]
            if flatline.state != "bad":
                verdicts += self._contact(hum, float(loudness), frequencies, spectrum)
            found.append(Second(tuple(verdicts), spectrum if lost == 0.0 else None, float(loudness)))
        return found

    def _saturation(self, raw: Array) -> Quality:
        width = self._highest - self._lowest
        if np.isinf(self._lowest) and np.isinf(self._highest):
            return _graded(_clipped_share(raw), 0.001, 0.01, "saturation", "Press the electrode.")
        margin = 0.005 * width if np.isfinite(width) else 0.0
        low, high = self._lowest + margin, self._highest - margin
        railed = raw.min() <= low or raw.max() >= high
        share = float(np.mean((raw <= low) | (raw >= high))) if railed else 0.0
        return _graded(share, 0.001, 0.01, "saturation", "Press the electrode.")

    def _contact(self, hum_shares: Array, loudness: float, frequencies: Array, power: Array) -> list[Quality]:
        """Judge hum, noise at rest and contact from the spectrum."""
        self._hum = [*self._hum[1 - _STEADY :], hum_shares]
        hum = float((sum(self._hum, np.zeros(2)) / len(self._hum)).max())
        verdicts: list[Quality] = []
        usual = self._loudness.median if len(self._loudness) > _FEWEST_LOUDNESSES else np.inf
        self._loudness.add(loudness)
        self._rest = min(self._rest, loudness)
        if hum > 0.6 or (loudness > 5.0 * usual and self._is_strange(frequencies, power)):
            verdicts.append(Quality("bad", "Press the electrode.", "lift-off", max(hum, loudness)))
        verdicts.append(_graded(hum, 0.05, 0.3, "mains", "Move away from the charger."))
        if self._volts:
            verdicts.append(
                _graded(self._rest, 10e-6, 25e-6, "baseline noise", "Clean the skin and press the electrode.")
            )
        return verdicts

    def _is_strange(self, frequencies: Array, power: Array) -> bool:
        """Tell whether a spectrum is one that no muscle has."""
        middle_hz = median_frequency(frequencies, power)
        heard = frequencies >= emg_band_hz(self._rate)[0]
        shaken = middle_hz < 20.0 and median_frequency(frequencies[heard], power[heard]) < _SHAKEN_HZ
        return middle_hz > 300.0 or shaken


def _longest_still(rows: Array, lsb: float) -> list[int]:
    """Return over how many samples each row, shape (n_rows, n_samples), does not move by more than a count."""
    moves = np.ones((len(rows), rows.shape[1] + 1), dtype=np.bool_)  # a move before each row and behind it
    moves[:, 1:-1] = np.abs(rows[:, 1:] - rows[:, :-1]) > lsb
    places = np.flatnonzero(moves)
    first = np.concatenate([[0], np.cumsum(np.count_nonzero(moves, axis=1))[:-1]])
    ways = np.diff(places, append=places[-1] + 1)  # from the last of a row to the next one's first it is 1
    return (np.maximum.reduceat(ways, first) - 1).tolist()


class HumLeft:
    """Watches the hum that the mains canceller left in one EMG channel, second by second, every half second.

    It counts where it is more than a tenth of the loudest second so far and most of what is heard.
    """

    def __init__(self, sampling_rate_hz: float) -> None:
        self._rate = sampling_rate_hz
        self._windows = _Windows(1, sampling_rate_hz)
        self._loudest = 0.0

    def process(self, cleaned: Array, first_sample: int) -> list[int]:
        """Take the next samples after the canceller, shape (n_samples,); return the ends of the seconds that hum."""
        humming: list[int] = []
        for ends, rows, lost in _together(self._windows.process(cleaned[:, None], first_sample)):
            if lost <= 0.5:
                humming += [end for end, hums in zip(ends, self._hums(rows), strict=True) if hums]
        return humming

    def _hums(self, rows: Array) -> list[bool]:
        step_hz = float(frequencies_hz(rows.shape[1], self._rate)[1])
        shares, whole = hum_shares(step_hz, periodograms(rows, self._rate), self._rate)
        hums: list[bool] = []
        for share, power in zip(np.nan_to_num(shares).max(axis=1).tolist(), whole.tolist(), strict=True):
            self._loudest = max(self._loudest, (power * max(1.0 - share, 0.0)) ** 0.5)
            hums.append(share > _HUM_HEARD and (power * share) ** 0.5 > _HUM_SHARE * self._loudest)
        return hums


class ImuQuality:
    """Watches one inertial sensor: acceleration in m/s², angular velocity in rad/s; a verdict every half second."""

    def __init__(self, sampling_rate_hz: float, acc_highest: float | None = None, gyr_highest: float | None = None):
        self._windows = _Windows(6, sampling_rate_hz)
        self._highest = np.array([acc_highest or np.inf] * 3 + [gyr_highest or np.inf] * 3)

    def process(self, samples: Array, first_sample: int) -> list[Quality]:
        """Take the next samples, shape (n_samples, 6); return the verdicts they bring, oldest first."""
        verdicts: list[Quality] = []
        for whole, group in groupby(
            self._windows.process(samples, first_sample), key=lambda window: bool(np.isfinite(window[1]).all())
        ):
            ends, rows = zip(*group, strict=True)
            found = self._whole(np.stack(rows)) if whole else [self._broken(window) for window in rows]
            verdicts += [replace(one, end_sample=end) for one, end in zip(found, ends, strict=True)]
        return verdicts

    def _broken(self, window: Array) -> Quality:
        """Judge a window of which something is missing."""
        known = window[np.isfinite(window).all(axis=1)]
        if len(known) < 0.5 * len(window):
            return Quality("bad", "Move the sensor closer.", "loss", 1.0 - len(known) / len(window))
        return self._whole(known[None], 1.0 - np.count_nonzero(np.isfinite(window)) / window.size)[0]

    def _whole(self, windows: Array, lost: float = 0.0) -> list[Quality]:
        """Judge windows, shape (n_windows, n_samples, 6), each as if it were alone."""
        clipped = (np.abs(windows) >= 0.99 * self._highest).any(axis=2).mean(axis=1)
        frozen = (windows[:, 1:] == windows[:, :-1]).all(axis=2).mean(axis=1)
        squares = windows[:, :, :3] ** 2
        gravity = np.sqrt(np.median(squares[:, :, 0] + squares[:, :, 1] + squares[:, :, 2], axis=1))
        return [
            self._judge(lost, *facts) for facts in zip(clipped.tolist(), frozen.tolist(), gravity.tolist(), strict=True)
        ]

    def _judge(self, lost: float, clipped: float, frozen: float, gravity: float) -> Quality:
        verdicts = [
            _loss(lost),
            _graded(clipped, 0.001, 0.05, "saturation", "Move a little slower."),
            _graded(frozen, 0.5, 0.95, "flatline", "Switch the sensor off and on."),
        ]
        if not 5.0 < gravity < 20.0:
            verdicts.append(Quality("weak", "Check the sensor's settings.", "gravity", gravity))
        return max(verdicts, key=lambda verdict: _RANK[verdict.state])


def _clipped_share(raw: Array) -> float:
    """Return the share of samples in runs of three and more at an extreme, where a converter's rails are not known.

    Few different values are a coarse converter at rest, not one at its rails.
    """
    clipped = 0
    for extreme in (raw.min(), raw.max()):
        at = np.concatenate([[False], raw == extreme, [False]])
        edges = np.flatnonzero(at[1:] != at[:-1])
        lengths = edges[1::2] - edges[::2]
        clipped += int(np.sum(lengths[lengths >= _CLIPPED_RUN]))
    return clipped / len(raw) if clipped and len(np.unique(raw)) > _FINE else 0.0


def _loss(share: float) -> Quality:
    return _graded(share, 0.02, 0.2, "loss", "Move the sensor closer.")


def _graded(value: float, weak: float, bad: float, index: str, action: str) -> Quality:
    """Grade an index for which more is worse."""
    if value > bad:
        return Quality("bad", action, index, value)
    return Quality("weak", action, index, value) if value > weak else Quality("ok", "", index, value)
