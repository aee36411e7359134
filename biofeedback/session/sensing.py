"""From the chunks of one sensor to rows on the session's 100 Hz grid, with what is known of its quality."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.conditioning import EmgConditioning
from biofeedback.dsp.orientation import RATE, Orientation
from biofeedback.dsp.resample import UniformGrid, longest_gap_s
from biofeedback.dsp.travel import Carried
from biofeedback.exercises.model import Ecg
from biofeedback.measures.emg import REFERENCE_WINDOW_S, Method, Normalisation, highest_mean
from biofeedback.measures.signal_quality import EmgQuality, HumLeft, ImuQuality, Lead
from biofeedback.session.history import Track
from biofeedback.session.placing import Source
from biofeedback.session.trust import KNOWN_LATER_S, Spells
from biofeedback.session.view import GRID_HZ
from biofeedback.stream import Chunk, StreamInfo

Array = NDArray[np.float64]
_HUM_IS_LATER_S = 0.5  # than the other verdicts: it is looked for behind the filters
_MEAN_REACHES_S = REFERENCE_WINDOW_S + 0.2  # back from a tick: the half second, and the envelope's own window


def _at(sample: int, chunk: Chunk) -> float:
    """Return the time of a sample, or of the one of the chunk that is nearest to it."""
    return float(chunk.times_s[min(max(sample - chunk.first_sample, 0), len(chunk) - 1)])


class Rails:
    """Takes out what a converter at its rail reports: no cue and no score may come from it."""

    def __init__(self, stream: StreamInfo, columns: list[int]) -> None:
        rails = [stream.channels[column].rails for column in columns]
        self._low = np.array([-np.inf if low is None else low for low, _ in rails])
        self._high = np.array([np.inf if high is None else high for _, high in rails])

    def without(self, samples: Array) -> Array:
        """Return the samples, shape (n_samples, n_columns), with NaN for those at a rail."""
        railed = (samples <= self._low) | (samples >= self._high)
        return np.where(railed, np.nan, samples) if railed.any() else samples


class Imu:
    """One inertial sensor: orientation from its six columns, with how far it is ``carried`` or not, then the grid."""

    def __init__(self, placement: str, source: Source, carried: bool) -> None:
        self.placement, self._columns = placement, list(source.columns)
        rate = source.stream.sampling_rate_hz
        self._orientation = Carried(rate) if carried else Orientation(rate)
        self._grid = UniformGrid(GRID_HZ, quaternion=True, longest_gap_s=longest_gap_s(rate))
        (_, acc_highest), (_, gyr_highest) = (source.stream.channels[self._columns[at]].rails for at in (0, 3))
        self._quality = ImuQuality(rate, acc_highest=acc_highest, gyr_highest=gyr_highest)
        self._rails = Rails(source.stream, self._columns)
        self.spells = {placement: Spells()}
        self.turning = Track()

    def process(self, chunk: Chunk) -> list[tuple[str, int, Array]]:
        """Return (placement, first tick, rows of `dsp.orientation`) of what the chunk completes."""
        samples = chunk.data[:, self._columns]
        for verdict in self._quality.process(samples, chunk.first_sample):
            self.spells[self.placement].add(verdict, _at(verdict.end_sample - 1, chunk))
        runs = self._orientation.process(self._rails.without(samples), chunk.times_s, chunk.first_sample)
        blocks = [block for run in runs for block in self._grid.process(run)]
        for block in blocks:
            rate = block.values[:, RATE]
            self.turning.add(block.first_tick, np.degrees(np.sqrt(quaternion.dot(rate, rate))))
        return [(self.placement, block.first_tick, block.values) for block in blocks]


class Emg:
    """The muscles of one stream: conditioning and envelope together, then the grid, then percent of the reference."""

    def __init__(self, stream: StreamInfo, columns: dict[str, int], ecg: Ecg) -> None:
        self._placements, self._columns = list(columns), list(columns.values())
        rate = stream.sampling_rate_hz
        self._conditioning = EmgConditioning(rate, len(columns), ecg=ecg)
        self._grid = UniformGrid(GRID_HZ, quaternion=False)
        self._normalisation = Normalisation(len(columns), GRID_HZ, confirmed=True)
        self._told_s: list[float] = []  # of the verdicts behind the newest tick
        self._unsure_s = np.empty(0)  # times of the ticks that the normalisation waits to hear about
        self.envelopes = {placement: Track() for placement in columns}
        self._trials: dict[str, dict[int, float]] = {placement: {} for placement in columns}
        self._rails = Rails(stream, self._columns)
        leads = [Lead.of(stream, column, heart=ecg == "none") for column in self._columns]
        self._quality, self._hum = EmgQuality(rate, leads), HumLeft(rate, len(columns))
        self.spells = {placement: Spells() for placement in columns}
        self.raw_high: dict[str, float] = {}

    def process(self, chunk: Chunk) -> list[tuple[str, int, Array]]:
        """Return (placement, first tick, percent of the reference) of what the chunk completes of each muscle."""
        samples = chunk.data[:, self._columns]
        verdicts = self._quality.process(samples, chunk.first_sample)
        for placement, found in zip(self._placements, verdicts, strict=True):
            for verdict in found:
                self.spells[placement].add(verdict, _at(verdict.end_sample - 1, chunk))
        self._told_s += [_at(verdict.end_sample - 1, chunk) for verdict in verdicts[0]]  # all are told together
        self._peek(samples)
        blocks: list[tuple[str, int, Array]] = []
        runs = self._conditioning.process(self._rails.without(samples), chunk.times_s, chunk.first_sample)
        self._listen(chunk)
        for run in runs:
            for block in self._grid.process(run):
                percent = self._percent(block.first_tick, block.values)
                for column, placement in enumerate(self._placements):
                    self.envelopes[placement].add(block.first_tick, block.values[:, column])
                    blocks.append((placement, block.first_tick, percent[:, column]))
        return blocks

    def _percent(self, first_tick: int, values: Array) -> Array:
        """Return the percent of the next ticks. Only what came from the muscle is its reference, once that is known.

        A verdict counts for the ticks behind it, so that the percent does not depend on how large the packets are.
        """
        ticks_s = (first_tick + np.arange(len(values))) / GRID_HZ
        unsure_s = np.concatenate([self._unsure_s, ticks_s])
        begins = [int(at) for at in np.searchsorted(ticks_s, self._told_s) if at < len(ticks_s)]
        told_s, self._told_s = np.array(self._told_s[: len(begins)]), self._told_s[len(begins) :]
        known_s = told_s - KNOWN_LATER_S - self._conditioning.later_s - _HUM_IS_LATER_S
        known = np.searchsorted(unsure_s, known_s, side="right").tolist()
        told, self._unsure_s = np.split(unsure_s, known[-1:] or [0])
        spells = [self.spells[placement] for placement in self._placements]
        doubtful = np.column_stack([one.deceived(told, _MEAN_REACHES_S) for one in spells])
        # where nothing is doubtful, the percent is the same whenever that is told
        cuts = list(zip(begins, known, strict=True)) if doubtful.any() else [(len(ticks_s), len(told))]
        parts: list[Array] = []
        begin = done = 0
        for end, n in [*cuts, (len(ticks_s), 0)]:
            parts.append(self._normalisation.process(values[begin:end]))
            if n > done:
                self._normalisation.confirm(doubtful[done:n])
            begin, done = end, max(done, n)
        return np.concatenate(parts)

    def _listen(self, chunk: Chunk) -> None:
        """Mark the seconds in which the canceller left hum."""
        for first_sample, cleaned in self._conditioning.cleaned:
            for end, hums in self._hum.process(cleaned, first_sample):
                for column in np.flatnonzero(hums):
                    self.spells[self._placements[column]].mark("hum", _at(end - 1, chunk))

    def _peek(self, samples: Array) -> None:
        """Note the packet's swing about its own middle, in percent: what the console draws behind the envelope."""
        swing = (samples.max(axis=0) - samples.min(axis=0)) / 2
        for column, placement in enumerate(self._placements):
            reference = self._normalisation.reference(column)
            self.raw_high[placement] = 100 * float(swing[column]) / reference.value if reference.value > 0 else math.nan

    def take_reference(self, placement: str, ticks: tuple[int, int], trial: int, method: Method) -> None:
        """Take the highest half second of a muscle's envelope between two ticks; the best of its trials counts."""
        trials = {number: value for number, value in self._trials[placement].items() if number < trial}
        value = highest_mean(self.envelopes[placement].between(*ticks), GRID_HZ)
        if value == value and value > 0:
            trials[trial] = value
        self._trials[placement] = trials
        if trials:
            self._normalisation.set_reference(self._placements.index(placement), max(trials.values()), method)

    def set_reference(self, placement: str, value_v: float, method: Method) -> None:
        """Let a muscle's reference be one that was measured before, under the same electrodes."""
        self._trials[placement] = {}
        self._normalisation.set_reference(self._placements.index(placement), value_v, method)

    def reference(self, placement: str) -> tuple[float, Method]:
        """Return what 100 % of a muscle is, V, and how that was defined."""
        reference = self._normalisation.reference(self._placements.index(placement))
        return reference.value, reference.method
