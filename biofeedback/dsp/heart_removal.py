"""Takes the heart out of muscle signals beat by beat. Rows wait until no beat can change them any more."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import windows

from biofeedback.dsp.gaps import Run
from biofeedback.dsp.heart import BeatFinder

Array = NDArray[np.float64]
EcgMethod = Literal["none", "highpass", "gate", "template"]
"""How the heart is taken out: not; by a high-pass at 30 Hz; each beat blanked; the usual beat subtracted."""

_BLANKED_S = 0.1
_HALF_BEAT_S = 0.15
_HALF_QRS_S = 0.06
_FEWEST_BEATS = 20
_LONGEST_RR_S = 1.8
_FORGET = 0.98  # a beat: the chest moves
_SHIFT_S = 0.008
_SPREAD = 0.15  # of the size of beats, as the chest breathes
_BAND_HZ = 300.0  # in which muscle noise is about even


class _Change(NamedTuple):
    """What becomes of the rows from ``start`` on: ``curve`` is taken off; where it is None, they are blanked."""

    start: int
    curve: Array | None


class _Channel:
    """One channel without its heart; the last ``hold`` rows wait."""

    def __init__(self, sampling_rate_hz: float, method: Literal["gate", "template"]) -> None:
        self._finder = BeatFinder(sampling_rate_hz)
        self._blanked = round(_BLANKED_S * sampling_rate_hz)
        self._beat = _UsualBeat(sampling_rate_hz) if method == "template" else None
        reach = self._blanked // 2 if self._beat is None else self._beat.reach
        self.hold = self._finder.known_after + reach
        self._kept = self.hold + round((_LONGEST_RR_S + 2 * _HALF_BEAT_S) * sampling_rate_hz)
        self.restart()

    def restart(self) -> None:
        """Begin with row 0 again; the heart is remembered."""
        self._finder.restart()
        self._rows = np.zeros(0)  # as they came
        self._first = 0  # the place of their first
        self._given = 0
        self._past = np.zeros(0)  # the latest rows given
        self._changes: list[_Change] = []
        if self._beat is not None:
            self._beat.restart()

    def process(self, samples: Array) -> Array:
        """Take the next rows, shape (n,), and return those that are certain now."""
        self._rows = np.concatenate([self._rows, samples])
        self._changes += [self._change(beat) for beat in self._finder.found(samples)]
        return self._give(max(self._first + len(self._rows) - self.hold, self._given))

    def flush(self) -> Array:
        """Return the rows that wait."""
        return self._give(self._first + len(self._rows))

    def _change(self, beat: int) -> _Change:
        if self._beat is not None and (found := self._beat.at(beat, self._rows, self._first)) is not None:
            return _Change(*found)
        return _Change(beat - self._blanked // 2, None)

    def _give(self, end: int) -> Array:
        begin, before = self._given, len(self._past)
        out = np.concatenate([self._past, self._rows[begin - self._first : end - self._first]])
        origin = begin - before
        for start, curve in self._changes:
            size = self._blanked if curve is None else len(curve)
            at = np.arange(max(start, begin), min(start + size, end))
            if curve is not None:
                out[at - origin] -= curve[at - start]
            elif len(at):
                mirrored = 2 * start - 1 - at
                out[at - origin] = np.where(mirrored >= origin, out[np.maximum(mirrored - origin, 0)], 0.0)
        self._changes = [
            one for one in self._changes if one.start + (self._blanked if one.curve is None else len(one.curve)) > end
        ]
        self._given, self._past = end, out[max(len(out) - 2 * self._blanked, 0) :]
        gone = max(len(self._rows) - self._kept, 0)
        self._rows, self._first = self._rows[gone:], self._first + gone
        return out[before:]


class _UsualBeat:
    """The mean of the beats so far, those from among a quiet muscle above all."""

    def __init__(self, sampling_rate_hz: float) -> None:
        self.half = round(_HALF_BEAT_S * sampling_rate_hz)
        self._qrs = round(_HALF_QRS_S * sampling_rate_hz)
        self._shift = round(_SHIFT_S * sampling_rate_hz)
        self.reach = self.half + self._shift
        self._longest = round(_LONGEST_RR_S * sampling_rate_hz)
        self._even = max(sampling_rate_hz / _BAND_HZ, 1.0)
        self._fade = windows.tukey(2 * self.half + 1, 0.25)
        self._sum = np.zeros(2 * self.half + 1)
        self._weight = 0.0
        self._n = 0
        self._before: int | None = None

    def restart(self) -> None:
        """Begin with row 0 again; the beat is remembered."""
        self._before = None

    def at(self, beat: int, rows: Array, first: int) -> tuple[int, Array] | None:
        """Return where the beat begins and its curve, from rows of which the first has the place ``first``.

        None while too few beats were seen. The beat before is learned from: all of it has come by now.
        """
        if self._before is not None and beat - self._before < self._longest:
            self._learn(self._before - first, rows)
        self._before = beat
        if self._n < _FEWEST_BEATS:
            return None
        usual = self._sum / self._weight
        place, part = self._aligned(beat - first, rows, usual)
        usual = _shifted(usual, part)
        shape = usual[self.half - self._qrs : self.half + self._qrs + 1]
        seen = rows[place - self._qrs : place + self._qrs + 1]
        power = float(np.sum(shape**2))
        doubt = self._even * self._noise(rows[place - self.half : place + self._qrs + 1]) / power
        trusted = _SPREAD**2 / (_SPREAD**2 + doubt)
        size = 1.0 + trusted * (float(np.sum(seen * shape)) / power - 1.0)
        return first + place - self.half, size * usual * self._fade

    def _learn(self, beat: int, rows: Array) -> None:
        place, part = self._aligned(beat, rows, self._sum) if self._n else (beat, 0.0)
        seen = rows[place - self.half : place + self.half + 1]
        if place < self.half or len(seen) < len(self._sum):
            return
        seen = _shifted(seen, -part)
        weight = 1.0 / max(self._noise(seen), 1e-300)
        self._sum = _FORGET * self._sum + weight * seen
        self._weight = _FORGET * self._weight + weight
        self._n += 1

    def _noise(self, seen: Array) -> float:
        """Return the power beside the beat."""
        return float(np.mean(seen[: self.half - self._qrs] ** 2))

    def _aligned(self, beat: int, rows: Array, usual: Array) -> tuple[int, float]:
        """Return where near ``beat`` the rows are most like the usual beat, and the part of a sample it is later."""
        shape = usual[self.half - self._qrs : self.half + self._qrs + 1]
        reach = self._qrs + self._shift
        around = np.lib.stride_tricks.sliding_window_view(rows[beat - reach : beat + reach + 1], len(shape))
        likeness = np.sum(around * shape, axis=1)
        best = int(np.argmax(likeness))
        part = 0.0
        if 0 < best < len(likeness) - 1:
            before, middle, after = likeness[best - 1 : best + 2].tolist()
            bend = before - 2.0 * middle + after
            part = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
        return beat - self._shift + best, part


def _shifted(curve: Array, by: float) -> Array:
    """Return a curve that begins and ends at rest, later by a part of a sample."""
    turns = np.exp(-2j * np.pi * by * np.arange(len(curve) // 2 + 1) / len(curve))
    return np.fft.irfft(np.fft.rfft(curve) * turns, len(curve))


class HeartRemoval:
    """All channels of one stream without their hearts, each for itself.

    Group delay 0 s: rows keep their times and come ``later_s`` later. ``gate`` puts the signal before each beat,
    mirrored, in place of 100 ms, so the envelope holds its level; ``template`` takes the usual beat off, and gates
    until twenty were seen. Both need ten quiet seconds of the heart alone before the first beat is taken out.
    """

    def __init__(self, sampling_rate_hz: float, n_channels: int, method: Literal["gate", "template"]) -> None:
        self._channels = [_Channel(sampling_rate_hz, method) for _ in range(n_channels)]
        self.later_s = self._channels[0].hold / sampling_rate_hz
        self._waiting: Run | None = None

    def process(self, run: Run) -> list[Run]:
        """Take the next rows; return those that are certain now, and before a gap all that waited."""
        done: list[Run] = []
        if run.after_gap and self._waiting is not None:
            done = [self._waiting._replace(values=np.column_stack([one.flush() for one in self._channels]))]
        if run.after_gap or self._waiting is None:
            for one in self._channels:
                one.restart()
            self._waiting = run._replace(times_s=run.times_s[:0], missing=run.missing[:0])
        values = np.column_stack([one.process(run.values[:, place]) for place, one in enumerate(self._channels)])
        known = self._waiting
        times_s, missing = np.concatenate([known.times_s, run.times_s]), np.concatenate([known.missing, run.missing])
        n = len(values)
        self._waiting = Run(times_s[n:], values[:0], missing[n:], known.first_sample + n, False)
        if n:
            done.append(Run(times_s[:n], values, missing[:n], known.first_sample, known.after_gap))
        elif known.after_gap:
            self._waiting = self._waiting._replace(after_gap=True)
        return [one for one in done if len(one.times_s)]
