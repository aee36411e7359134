"""Whether an EMG channel can be trusted now: its seconds are judged by what is usual of it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from biofeedback.dsp.filters import emg_band_hz
from biofeedback.dsp.spectrum import frequencies_hz, median_frequency
from biofeedback.measures.signal_quality.facts import Facts, clipped_share, facts_of
from biofeedback.measures.signal_quality.heart import HeartHeard
from biofeedback.measures.signal_quality.seconds import Windows
from biofeedback.measures.signal_quality.verdict import Quality, Second, graded, loss
from biofeedback.stream import StreamInfo

Array = NDArray[np.float64]

_STEADY = 4  # windows over which hum is averaged
_FEWEST_LOUDNESSES, _REMEMBERED_LOUDNESSES = 10, 601  # windows that tell what is usual: five minutes
# A brisk start shakes the cable below the band for a moment: contact is lost only where that drowns the muscle in it.
_SHAKEN_HZ = 60.0


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

    @classmethod
    def of(cls, stream: StreamInfo, column: int, *, heart: bool = True) -> Lead:
        """Return what a stream tells of one of its channels."""
        channel = stream.channels[column]
        lsb = channel.scale if stream.integer_counts else None
        return cls(*channel.rails, lsb, volts=channel.quantity == "emg", heart=heart)


class EmgQuality:
    """Watches raw EMG channels; a verdict every half second on the second before (limits: docs/measures.md)."""

    def __init__(self, sampling_rate_hz: float, leads: Sequence[Lead] = (Lead(),)) -> None:
        self._rate = sampling_rate_hz
        self._lsb = np.array([lead.lsb or 0.0 for lead in leads])
        self._windows = Windows(len(leads), sampling_rate_hz)
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
        found_in = facts_of(rows[whole], self._rate, self._lsb[places[:, 1]])
        facts = dict(zip(map(tuple, places.tolist()), found_in, strict=True))
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
        fact = facts_of(known[None], self._rate, self._lsb[[channel]])[0] if lost <= 0.5 else None
        return self._judges[channel].broken(fact, lost)


class _Judge:
    """Judges one channel from what was found in its seconds and what is usual of it."""

    def __init__(self, sampling_rate_hz: float, lead: Lead) -> None:
        self._rate, self._lead = sampling_rate_hz, lead
        self._lowest = -np.inf if lead.lowest is None else lead.lowest
        self._highest = np.inf if lead.highest is None else lead.highest
        self._loudness = _Sorted(_REMEMBERED_LOUDNESSES)
        self._hum: deque[tuple[float, ...]] = deque(maxlen=_STEADY)
        self._rest = float("inf")
        self._heart = HeartHeard(sampling_rate_hz, lead.volts)

    @property
    def mains_share(self) -> float | None:
        return max(sum(mains) / len(mains) for mains in zip(*self._hum, strict=True)) if self._hum else None

    def broken(self, facts: Facts | None, lost: float) -> Second:
        """Judge a second without the share that was lost; None if nothing can be said of the rest."""
        self._heart.restart()
        if facts is None:
            return Second((loss(lost),), None, float("nan"))
        return Second((loss(lost), *self._verdicts(facts)), None, facts.loudness)

    def whole(self, facts: Facts) -> Second:
        """Judge a second of which nothing was lost."""
        verdicts = [loss(0.0), *self._verdicts(facts)]
        heart = self._heart.judge(facts.row, facts.loudness)
        if heart.state != "ok":  # then it is the heart that is heard at rest
            verdicts = [verdict for verdict in verdicts if verdict.index != "baseline noise"]
        if self._lead.heart:
            verdicts.append(heart)
        return Second(tuple(verdicts), facts.power, facts.loudness)

    def _verdicts(self, facts: Facts) -> list[Quality]:
        flatline = graded(facts.still / self._rate, 0.1, 0.45, "flatline", "Check the electrode cable.")
        contact = [] if flatline.state == "bad" else self._contact(facts)
        return [self._saturation(facts), flatline, *contact]

    def _saturation(self, facts: Facts) -> Quality:
        raw, width = facts.row, self._highest - self._lowest
        if np.isinf(self._lowest) and np.isinf(self._highest):
            return graded(clipped_share(raw), 0.001, 0.01, "saturation", "Press the electrode.")
        margin = 0.005 * width if np.isfinite(width) else 0.0
        low, high = self._lowest + margin, self._highest - margin
        railed = facts.lowest <= low or facts.highest >= high
        share = float(np.mean((raw <= low) | (raw >= high))) if railed else 0.0
        return graded(share, 0.001, 0.01, "saturation", "Press the electrode.")

    def _contact(self, facts: Facts) -> list[Quality]:
        """Judge hum, noise at rest and contact from the spectrum."""
        self._hum.append(facts.hum)
        hum = self.mains_share or 0.0
        verdicts: list[Quality] = []
        usual = self._loudness.median if len(self._loudness) > _FEWEST_LOUDNESSES else np.inf
        self._loudness.add(facts.loudness)
        self._rest = min(self._rest, facts.loudness)
        if hum > 0.6 or (facts.loudness > 5.0 * usual and self._is_strange(facts)):
            verdicts.append(Quality("bad", "Press the electrode.", "lift-off", max(hum, facts.loudness)))
        verdicts.append(graded(hum, 0.05, 0.3, "mains", "Move away from the charger."))
        if self._lead.volts:
            verdicts.append(
                graded(self._rest, 10e-6, 25e-6, "baseline noise", "Clean the skin and press the electrode.")
            )
        return verdicts

    def _is_strange(self, facts: Facts) -> bool:
        """Tell whether a spectrum is one that no muscle has."""
        frequencies, power = frequencies_hz(len(facts.row), self._rate), facts.power
        middle_hz = median_frequency(frequencies, power)
        heard = frequencies >= emg_band_hz(self._rate)[0]
        shaken = middle_hz < 20.0 and median_frequency(frequencies[heard], power[heard]) < _SHAKEN_HZ
        return middle_hz > 300.0 or shaken


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
