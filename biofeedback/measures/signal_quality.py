"""Whether a sensor can be trusted now, and the one thing to do if not: a bad sensor gives no score."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.filters import emg_band_hz
from biofeedback.dsp.heart import HeartWatch
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
_HEART_V = 10e-6  # a heart below it is lost in the noise that is allowed
_LISTENED, _LISTEN = 20, 20  # half seconds that are listened to for a heart, and how often
_QUIET = 3.0  # times the usual loudness of these: more is work, beneath which no heart is looked for
_SAID_FOR = 6  # looks: a minute
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


class Lead(NamedTuple):
    """What is known of one EMG channel.

    ``lowest`` and ``highest`` are the rails of its converter and ``lsb`` is one of its counts, in the unit of the
    samples; ``volts`` is False where nobody knows what that unit is. Without ``heart`` it is taken out elsewhere, and
    nothing is said of it.
    """

    lowest: float | None = None
    highest: float | None = None
    lsb: float | None = None
    volts: bool = True
    heart: bool = True


class _Facts(NamedTuple):
    """One second of one channel: the samples, and what is the quicker to find the more of them are looked at at once.

    ``still`` is over how many samples it does not move, ``hum`` its shares, ``loudness`` the RMS in the EMG band.
    """

    row: Array
    lowest: float
    highest: float
    still: int
    power: Array
    hum: Array
    loudness: float


class EmgQuality:
    """Watches raw EMG channels; a verdict every half second on the second before (limits: docs/measures.md)."""

    def __init__(self, sampling_rate_hz: float, leads: Sequence[Lead] = (Lead(),)) -> None:
        self._rate = sampling_rate_hz
        self._lsb = np.array([lead.lsb or 0.0 for lead in leads])
        self._windows = _Windows(len(leads), sampling_rate_hz)
        self._judges = [_Judge(sampling_rate_hz, lead) for lead in leads]

    def process(self, samples: Array, first_sample: int) -> list[list[Quality]]:
        """Take the next raw samples, shape (n_samples, n_channels); return each channel's verdicts, oldest first."""
        return [
            [replace(second.worst, end_sample=end) for end, second in channel]
            for channel in self.seconds(samples, first_sample)
        ]

    def seconds(self, samples: Array, first_sample: int) -> list[list[tuple[int, Second]]]:
        """Take the same; return (index of the sample behind it, all verdicts) of each second of each channel."""
        found: list[list[tuple[int, Second]]] = [[] for _ in self._judges]
        windows = self._windows.process(samples, first_sample)
        if not windows:
            return found
        rows = np.stack([window.T for _, window in windows])  # (n_windows, n_channels, n_samples)
        whole = np.isfinite(rows).all(axis=2)
        places = np.argwhere(whole)
        facts = dict(zip(map(tuple, places.tolist()), self._facts(rows[whole], places[:, 1]), strict=True))
        for at, (end, window) in enumerate(windows):
            for channel, judge in enumerate(self._judges):
                fact = facts.get((at, channel))
                second = judge.whole(fact) if fact is not None else self._broken(window[:, channel], channel)
                found[channel].append((end, second))
        return found

    def mains_share(self, channel: int = 0) -> float | None:
        """Return the share of hum in the last two seconds, 0 to 1; None before the first."""
        return self._judges[channel].mains_share

    def _broken(self, row: Array, channel: int) -> Second:
        """Judge a second of which something is missing."""
        known = row[np.isfinite(row)]
        lost = 1.0 - len(known) / len(row)
        fact = self._facts(known[None], np.array([channel]))[0] if lost <= 0.5 else None
        return self._judges[channel].broken(fact, lost)

    def _facts(self, rows: Array, channels: NDArray[np.int64]) -> list[_Facts]:
        if not len(rows):
            return []
        power = periodograms(rows, self._rate)
        hums, in_band = hum_shares(float(frequencies_hz(rows.shape[1], self._rate)[1]), power, self._rate)
        still = _longest_still(rows, self._lsb[channels])
        lowest, highest, loudness = rows.min(axis=1), rows.max(axis=1), np.sqrt(in_band)
        columns = (lowest.tolist(), highest.tolist(), still, power, np.nan_to_num(hums), loudness.tolist())
        return [_Facts(*fact) for fact in zip(rows, *columns, strict=True)]


class _Judge:
    """Judges one channel from what was found in its seconds and what is usual of it."""

    def __init__(self, sampling_rate_hz: float, lead: Lead) -> None:
        self._rate, self._lead = sampling_rate_hz, lead
        self._lowest = -np.inf if lead.lowest is None else lead.lowest
        self._highest = np.inf if lead.highest is None else lead.highest
        self._loudness = _Sorted(_REMEMBERED_LOUDNESSES)
        self._hum: list[Array] = []
        self._rest = float("inf")
        self._heart = _HeartHeard(sampling_rate_hz, lead.volts)

    @property
    def mains_share(self) -> float | None:
        return float(np.max(np.mean(self._hum, axis=0))) if self._hum else None

    def broken(self, facts: _Facts | None, lost: float) -> Second:
        """Judge a second without the share that was lost; None if nothing can be said of the rest."""
        self._heart.restart()
        if facts is None:
            return Second((_loss(lost),), None, float("nan"))
        return Second((_loss(lost), *self._verdicts(facts)), None, facts.loudness)

    def whole(self, facts: _Facts) -> Second:
        """Judge a second of which nothing was lost."""
        verdicts = [_loss(0.0), *self._verdicts(facts)]
        heart = self._heart.judge(facts.row, facts.loudness)
        if heart.state != "ok":  # then it is the heart that is heard at rest
            verdicts = [verdict for verdict in verdicts if verdict.index != "baseline noise"]
        if self._lead.heart:
            verdicts.append(heart)
        return Second(tuple(verdicts), facts.power, facts.loudness)

    def _verdicts(self, facts: _Facts) -> list[Quality]:
        flatline = _graded(facts.still / self._rate, 0.1, 0.45, "flatline", "Check the electrode cable.")
        contact = [] if flatline.state == "bad" else self._contact(facts)
        return [self._saturation(facts), flatline, *contact]

    def _saturation(self, facts: _Facts) -> Quality:
        raw, width = facts.row, self._highest - self._lowest
        if np.isinf(self._lowest) and np.isinf(self._highest):
            return _graded(_clipped_share(raw), 0.001, 0.01, "saturation", "Press the electrode.")
        margin = 0.005 * width if np.isfinite(width) else 0.0
        low, high = self._lowest + margin, self._highest - margin
        railed = facts.lowest <= low or facts.highest >= high
        share = float(np.mean((raw <= low) | (raw >= high))) if railed else 0.0
        return _graded(share, 0.001, 0.01, "saturation", "Press the electrode.")

    def _contact(self, facts: _Facts) -> list[Quality]:
        """Judge hum, noise at rest and contact from the spectrum."""
        self._hum = [*self._hum[1 - _STEADY :], facts.hum]
        hum = float((sum(self._hum, np.zeros(2)) / len(self._hum)).max())
        verdicts: list[Quality] = []
        usual = self._loudness.median if len(self._loudness) > _FEWEST_LOUDNESSES else np.inf
        self._loudness.add(facts.loudness)
        self._rest = min(self._rest, facts.loudness)
        if hum > 0.6 or (facts.loudness > 5.0 * usual and self._is_strange(facts)):
            verdicts.append(Quality("bad", "Press the electrode.", "lift-off", max(hum, facts.loudness)))
        verdicts.append(_graded(hum, 0.05, 0.3, "mains", "Move away from the charger."))
        if self._lead.volts:
            verdicts.append(
                _graded(self._rest, 10e-6, 25e-6, "baseline noise", "Clean the skin and press the electrode.")
            )
        return verdicts

    def _is_strange(self, facts: _Facts) -> bool:
        """Tell whether a spectrum is one that no muscle has."""
        frequencies, power = frequencies_hz(len(facts.row), self._rate), facts.power
        middle_hz = median_frequency(frequencies, power)
        heard = frequencies >= emg_band_hz(self._rate)[0]
        shaken = middle_hz < 20.0 and median_frequency(frequencies[heard], power[heard]) < _SHAKEN_HZ
        return middle_hz > 300.0 or shaken


class _HeartHeard:
    """Listens for the heart in ten seconds of rest; what it said last stands for a minute in which nothing is heard."""

    def __init__(self, sampling_rate_hz: float, volts: bool) -> None:
        self._watch = HeartWatch(sampling_rate_hz)
        self._hop = round(_HOP_S * sampling_rate_hz)
        self._least = _HEART_V if volts else 0.0
        self._said = Quality("ok", "", "heart", 0.0)
        self._unheard = 0
        self.restart()

    def restart(self) -> None:
        """Begin anew after a gap."""
        self._rows: deque[Array] = deque(maxlen=_LISTENED)
        self._loudness: deque[float] = deque(maxlen=_LISTENED)
        self._n = 0

    def judge(self, row: Array, loudness: float) -> Quality:
        """Take the next second, half of which is new; the value of the verdict is beats a minute."""
        self._rows.append(row[len(row) - self._hop :])
        self._loudness.append(loudness)
        self._n += 1
        if self._n >= _LISTENED and self._n % _LISTEN == 0:
            self._listen()
        return self._said

    def _listen(self) -> None:
        self._unheard += 1
        if max(self._loudness) < _QUIET * sorted(self._loudness)[_LISTENED // 2]:
            self._watch.restart()
            self._watch.process(np.concatenate(self._rows))
            heart = self._watch.heart if self._watch.heard_now else None
            if heart is not None and float(np.abs(heart.shape).max()) > self._least:
                action = "The heart is heard: let the exercise take it out."
                self._said, self._unheard = Quality("weak", action, "heart", 60.0 / heart.rr_s), 0
        if self._unheard > _SAID_FOR:
            self._said = Quality("ok", "", "heart", 0.0)


def _longest_still(rows: Array, lsb: Array) -> list[int]:
    """Return over how many samples each row, shape (n_rows, n_samples), does not move by more than its count."""
    moves = np.ones((len(rows), rows.shape[1] + 1), dtype=np.bool_)  # a move before each row and behind it
    moves[:, 1:-1] = np.abs(rows[:, 1:] - rows[:, :-1]) > lsb[:, None]
    places = np.flatnonzero(moves)
    first = np.concatenate([[0], np.cumsum(np.count_nonzero(moves, axis=1))[:-1]])
    ways = np.diff(places, append=places[-1] + 1)  # from the last of a row to the next one's first it is 1
    return (np.maximum.reduceat(ways, first) - 1).tolist()


class HumLeft:
    """Watches the hum that the mains canceller left in EMG channels, second by second, every half second.

    It counts where it is more than a tenth of the loudest second so far and most of what is heard.
    """

    def __init__(self, sampling_rate_hz: float, n_channels: int = 1) -> None:
        self._rate = sampling_rate_hz
        self._windows = _Windows(n_channels, sampling_rate_hz)
        self._loudest = np.zeros(n_channels)

    def process(self, cleaned: Array, first_sample: int) -> list[tuple[int, NDArray[np.bool_]]]:
        """Take the next samples after the canceller, shape (n_samples, n_channels).

        Return, for each second that is complete, the index of the sample behind it and whether each channel hums.
        """
        found: list[tuple[int, NDArray[np.bool_]]] = []
        for whole, group in groupby(
            self._windows.process(cleaned, first_sample), key=lambda window: bool(np.isfinite(window[1][:, 0]).all())
        ):
            ends, rows = zip(*group, strict=True)
            if whole:
                found += zip(ends, self._hums(np.stack(rows)), strict=True)
                continue
            for end, row in zip(ends, rows, strict=True):
                known = row[np.isfinite(row[:, 0])]
                if len(known) >= 0.5 * len(row):
                    found.append((end, self._hums(known[None])[0]))
        return found

    def _hums(self, windows: Array) -> list[NDArray[np.bool_]]:
        """Judge windows, shape (n_windows, n_samples, n_channels), each as if it were alone."""
        n, size, n_channels = windows.shape
        rows = np.ascontiguousarray(windows.transpose(0, 2, 1)).reshape(-1, size)
        step_hz = float(frequencies_hz(size, self._rate)[1])
        shares, power = hum_shares(step_hz, periodograms(rows, self._rate), self._rate)
        share, power = np.nan_to_num(shares).max(axis=1).reshape(n, n_channels), power.reshape(n, n_channels)
        hums: list[NDArray[np.bool_]] = []
        for one, strength in zip(share, power, strict=True):
            self._loudest = np.maximum(self._loudest, np.sqrt(strength * np.maximum(1.0 - one, 0.0)))
            hums.append((one > _HUM_HEARD) & (np.sqrt(strength * one) > _HUM_SHARE * self._loudest))
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
