"""Listen to one channel before a session: its last four seconds, whether it moves, and whether it can be trusted."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from biofeedback.session.placing import Source
from biofeedback.session.room.view import Kind, Light
from biofeedback.stream import Chunk

if TYPE_CHECKING:  # its filters take more than a second to load, and the room is to be up before
    from biofeedback.measures.signal_quality import EmgQuality, ImuQuality, Quality

Array = NDArray[np.float64]

TRACE_S = 4.0
TRACE_BINS = 200
_GRAVITY = 9.80665
_RECENT_S = 0.25
_TURNING = 0.8  # rad/s: slower is how a person sits still
_WORKING, _LEAST_V = 4.0, 15e-6  # times the quietest quarter of a second, and never below this
_QUIETEST_OF_S = 30.0
_LASTS_VERDICTS = 4  # two seconds: shorter causes are not named
_UNUSABLE = {"lift-off", "flatline", "loss", "saturation"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well a channel is heard now."""

    light: Light
    cause: str
    action: str


class _Tail:
    """The newest samples of one line, lost ones as NaN."""

    def __init__(self, rate_hz: float, seconds: float) -> None:
        self._per_bin = max(1, round(rate_hz * seconds / TRACE_BINS))
        self._kept = np.full(self._per_bin * (TRACE_BINS + 1), np.nan)
        self._next = 0

    def add(self, values: Array, first_sample: int) -> None:
        size = len(self._kept)
        skipped = min(max(first_sample - self._next, 0), size)
        if skipped:
            self._put(np.full(skipped, np.nan), first_sample - skipped)
        self._put(values[-size:], first_sample + max(0, len(values) - size))
        self._next = first_sample + len(values)

    def _put(self, values: Array, first: int) -> None:
        self._kept[np.arange(first, first + len(values)) % len(self._kept)] = values

    def last(self, n: int) -> Array:
        """Return the newest ``n`` samples, oldest first."""
        return self._kept[np.arange(self._next - n, self._next) % len(self._kept)]

    def extremes(self) -> tuple[Array, Array]:
        """Return lowest and highest of each bin, shape (TRACE_BINS,), 0 where nothing is known.

        Bins are counted from the first sample of the stream, so that they do not change as they move on.
        """
        end = self._next // self._per_bin * self._per_bin
        at = np.arange(end - self._per_bin * TRACE_BINS, end) % len(self._kept)
        bins = self._kept[at].reshape(TRACE_BINS, self._per_bin)
        empty = np.isnan(bins).all(axis=1)
        low = np.where(empty, 0.0, np.fmin.reduce(bins, axis=1))
        return low, np.where(empty, 0.0, np.fmax.reduce(bins, axis=1))


class ChannelWatch:
    """One source a placement can take, listened to."""

    def __init__(self, kind: Kind, source: Source) -> None:
        stream, self._columns = source.stream, list(source.columns)
        self.kind: Kind = kind
        self.source = source
        self._rate_hz = stream.sampling_rate_hz
        self._n_recent = max(2, round(_RECENT_S * self._rate_hz))
        self._tail = _Tail(self._rate_hz, TRACE_S)
        self._turning = _Tail(self._rate_hz, TRACE_S) if kind == "imu" else None
        self._volts = stream.channels[self._columns[0]].quantity == "emg"
        self._quiet: deque[float] = deque(maxlen=round(_QUIETEST_OF_S / _RECENT_S))
        self._loudest = 0.0
        self._since_recent = 0
        self._moving = False
        self._verdicts: deque[Quality] = deque(maxlen=_LASTS_VERDICTS)
        self._emg: EmgQuality | None = None
        self._imu: ImuQuality | None = None

    def judge(self) -> None:
        """From now on find out whether it can be trusted: it costs a spectrum every half second."""
        if self._emg or self._imu:
            return
        from biofeedback.measures.signal_quality import EmgQuality, ImuQuality, Lead

        stream = self.source.stream
        if self.kind == "emg":
            self._emg = EmgQuality(self._rate_hz, [Lead.of(stream, self._columns[0])])
            return
        (_, acc), (_, gyr) = (stream.channels[self._columns[at]].rails for at in (0, 3))
        self._imu = ImuQuality(self._rate_hz, acc_highest=acc, gyr_highest=gyr)

    def hear(self, chunk: Chunk) -> None:
        """Take the next samples of the stream."""
        samples = chunk.data[:, self._columns]
        if self._turning is not None:
            self._tail.add(np.linalg.norm(samples[:, :3], axis=1) - _GRAVITY, chunk.first_sample)
            self._turning.add(np.linalg.norm(samples[:, 3:], axis=1), chunk.first_sample)
            verdicts = self._imu.process(samples, chunk.first_sample) if self._imu else []
        else:
            self._tail.add(samples[:, 0], chunk.first_sample)
            verdicts = self._emg.process(samples[:, :1], chunk.first_sample)[0] if self._emg else []
        self._verdicts.extend(verdicts)
        self._since_recent += len(chunk)
        if self._since_recent >= self._n_recent:
            self._since_recent = 0
            self._moving = self._moves()

    def _moves(self) -> bool:
        if self._turning is not None:
            recent = self._turning.last(self._n_recent)
            return bool(np.isfinite(recent).any()) and float(np.nanmean(recent)) > _TURNING
        recent = self._tail.last(self._n_recent)
        if not np.isfinite(recent).all():
            return False
        loud = float(np.std(recent))
        self._loudest = max(self._loudest, loud)
        rest = self.rest
        self._quiet.append(loud)
        return rest is not None and loud > max(_WORKING * rest, _LEAST_V if self._volts else 0.0)

    @property
    def rest(self) -> float | None:
        """The quietest quarter of a second of the last half minute, RMS in the channel's unit; None before two."""
        return min(self._quiet) if len(self._quiet) > 1 else None

    @property
    def moving(self) -> bool:
        """Whether the limb moves, or the muscle works, now."""
        return self._moving

    def verdict(self) -> Verdict:
        """Return the light of the last second, off before the first, and the cause if it lasted two."""
        newest = self._verdicts[-1] if self._verdicts else None
        if newest is None:
            return Verdict("off", "", "")
        if newest.state == "ok":
            return Verdict("good", "", "")
        light: Light = "lost" if newest.state == "bad" and newest.index in _UNUSABLE else "weak"
        lasting = len(self._verdicts) == _LASTS_VERDICTS and all(v.index == newest.index for v in self._verdicts)
        named = lasting and all(v.state != "ok" for v in self._verdicts)
        return Verdict(light, newest.index if named else "", newest.action if named else "")

    def figures(self) -> dict[str, float]:
        """Return the small print of `PlaceView`, as far as it is known."""
        known: dict[str, float] = {}
        if self._turning is not None:
            recent = self._tail.last(round(self._rate_hz))
            if np.isfinite(recent).sum() > 2:
                known["noise_ms2"] = float(np.nanstd(recent))
        elif (rest := self.rest) is not None:
            if self._volts:
                known["rest_uv"] = 1e6 * rest
            if rest > 0 and self._loudest > _WORKING * rest:
                known["tensed_db"] = 20 * math.log10(self._loudest / rest)
        share = None if self._emg is None else self._emg.mains_share()
        if share is not None:
            known["mains_percent"] = 100 * share
        return known

    def trace(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return the last four seconds as lowest and highest a bin, in µV, m/s² without gravity, or counts."""
        low, high = self._tail.extremes()
        if self.kind == "emg":
            scale, middle = 1e6 if self._volts else 1.0, float(np.median((low + high) / 2))
            low, high = (low - middle) * scale, (high - middle) * scale
        return tuple(np.round(low, 2).tolist()), tuple(np.round(high, 2).tolist())
