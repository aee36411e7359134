"""From chunks to the exercise's signals on the session's 100 Hz grid: degrees, and percent of the reference."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp import quaternion
from biofeedback.dsp.conditioning import EmgConditioning
from biofeedback.dsp.joint import HingeAngle
from biofeedback.dsp.orientation import N_COLUMNS, QUATERNION, RATE, Orientation
from biofeedback.dsp.resample import GridRun, TickJoin, UniformGrid, longest_gap_s
from biofeedback.dsp.segment import Inclination, Rotation, SegmentAngle
from biofeedback.dsp.tilt import Tilt
from biofeedback.dsp.travel import DISPLACEMENT, Carried, Travel
from biofeedback.dsp.turn import RelativeTurn
from biofeedback.exercises.model import Ecg, Exercise, Signal
from biofeedback.measures.emg import REFERENCE_WINDOW_S, Method, Normalisation, highest_mean
from biofeedback.measures.inwards import Inwards
from biofeedback.measures.signal_quality import EmgQuality, HumLeft, ImuQuality, Lead, Quality
from biofeedback.session.history import Track
from biofeedback.session.placing import Source
from biofeedback.session.repeats import Repeats
from biofeedback.session.trust import Spells
from biofeedback.session.view import GRID_HZ
from biofeedback.stream import Chunk, StreamInfo

Array = NDArray[np.float64]
_KEPT = 3000  # ticks of motion: the longest step of the calibration and what comes before it is looked at
_HUM_IS_LATER_S = 0.5  # than the other verdicts: it is looked for behind the filters
_MEAN_REACHES_S = REFERENCE_WINDOW_S + 0.2  # back from a tick: the half second, and the envelope's own window
_LONGEST_LOSS = 20  # ticks: beyond, the heading of what follows is another
Light = Literal["good", "weak", "lost"]


@dataclass(frozen=True, slots=True)
class GridBlock:
    """Consecutive ticks of one signal; NaN where there is none. ``raw_high`` is the unsmoothed signal's extreme."""

    signal: str
    first_tick: int
    values: Array
    raw_high: float | None = None

    @property
    def times_s(self) -> Array:
        """Host clock times of the ticks."""
        return (self.first_tick + np.arange(len(self.values))) / GRID_HZ


def _rails(stream: StreamInfo, column: int) -> tuple[float | None, float | None]:
    channel = stream.channels[column]
    low, high = channel.lowest_count, channel.highest_count
    return (
        None if low is None else low * channel.scale + channel.offset,
        None if high is None else high * channel.scale + channel.offset,
    )


def _judge(spells: Spells, verdicts: list[Quality], chunk: Chunk) -> None:
    for verdict in verdicts:
        last = min(max(verdict.end_sample - 1 - chunk.first_sample, 0), len(chunk) - 1)
        spells.add(verdict, float(chunk.times_s[last]))


class _Rails:
    """Takes out what a converter at its rail reports: no cue and no score may come from it."""

    def __init__(self, stream: StreamInfo, columns: list[int]) -> None:
        rails = [_rails(stream, column) for column in columns]
        self._low = np.array([-np.inf if low is None else low for low, _ in rails])
        self._high = np.array([np.inf if high is None else high for _, high in rails])

    def without(self, samples: Array) -> Array:
        """Return the samples, shape (n_samples, n_columns), with NaN for those at a rail."""
        railed = (samples <= self._low) | (samples >= self._high)
        return np.where(railed, np.nan, samples) if railed.any() else samples


class _Imu:
    """One inertial sensor: orientation from its six columns, with how far it is ``carried`` or not, then the grid."""

    def __init__(self, placement: str, source: Source, carried: bool) -> None:
        self.placement, self._columns = placement, list(source.columns)
        rate = source.stream.sampling_rate_hz
        self._orientation = Carried(rate) if carried else Orientation(rate)
        self._grid = UniformGrid(GRID_HZ, quaternion=True, longest_gap_s=longest_gap_s(rate))
        _, acc_highest = _rails(source.stream, self._columns[0])
        _, gyr_highest = _rails(source.stream, self._columns[3])
        self._quality = ImuQuality(rate, acc_highest=acc_highest, gyr_highest=gyr_highest)
        self._rails = _Rails(source.stream, self._columns)
        self.spells = {placement: Spells()}
        self.turning = Track()

    def process(self, chunk: Chunk) -> list[tuple[str, int, Array]]:
        samples = chunk.data[:, self._columns]
        _judge(self.spells[self.placement], self._quality.process(samples, chunk.first_sample), chunk)
        runs = self._orientation.process(self._rails.without(samples), chunk.times_s, chunk.first_sample)
        blocks = [block for run in runs for block in self._grid.process(run)]
        for block in blocks:
            rate = block.values[:, RATE]
            self.turning.add(block.first_tick, np.degrees(np.sqrt(quaternion.dot(rate, rate))))
        return [(self.placement, block.first_tick, block.values) for block in blocks]


class _Emg:
    """The muscles of one stream: conditioning and envelope together, then the grid, then percent of the reference."""

    def __init__(self, stream: StreamInfo, columns: dict[str, int], ecg: Ecg) -> None:
        self._placements, self._columns = list(columns), list(columns.values())
        rate = stream.sampling_rate_hz
        self._conditioning = EmgConditioning(rate, len(columns), ecg=ecg)
        self._grid = UniformGrid(GRID_HZ, quaternion=False)
        self._normalisation = Normalisation(len(columns), GRID_HZ, confirmed=True)
        self._unsure_s = np.empty(0)  # times of the ticks that the normalisation waits to hear about
        self.envelopes = {placement: Track() for placement in columns}
        self._trials: dict[str, dict[int, float]] = {placement: {} for placement in columns}
        self._rails = _Rails(stream, self._columns)
        channels = [(column, stream.channels[column]) for column in self._columns]
        leads = [
            Lead(
                *_rails(stream, at), one.scale if stream.integer_counts else None, one.quantity == "emg", ecg == "none"
            )
            for at, one in channels
        ]
        self._quality, self._hum = EmgQuality(rate, leads), HumLeft(rate, len(columns))
        self.spells = {placement: Spells() for placement in columns}
        self.raw_high: dict[str, float] = {}

    def process(self, chunk: Chunk) -> list[tuple[str, int, Array]]:
        samples = chunk.data[:, self._columns]
        verdicts = self._quality.process(samples, chunk.first_sample)
        for placement, found in zip(self._placements, verdicts, strict=True):
            _judge(self.spells[placement], found, chunk)
        self._peek(samples)
        blocks: list[tuple[str, int, Array]] = []
        whole = self._rails.without(samples)
        runs = self._conditioning.process(whole, chunk.times_s, chunk.first_sample)
        self._listen(chunk)
        for run in runs:
            for block in self._grid.process(run):
                percent = self._normalisation.process(block.values)
                ticks = block.first_tick + np.arange(len(percent))
                self._unsure_s = np.concatenate([self._unsure_s, ticks / GRID_HZ])
                for column, placement in enumerate(self._placements):
                    self.envelopes[placement].add(block.first_tick, block.values[:, column])
                    blocks.append((placement, block.first_tick, percent[:, column]))
        self._confirm()
        return blocks

    def _confirm(self) -> None:
        """Let only what came from the muscle be its reference, as soon as that is known."""
        spells = [self.spells[placement] for placement in self._placements]
        known_s = min(one.known_until_s for one in spells) - self._conditioning.later_s - _HUM_IS_LATER_S
        n = int(np.searchsorted(self._unsure_s, known_s, side="right"))
        if n:
            told, self._unsure_s = np.split(self._unsure_s, [n])
            self._normalisation.confirm(np.column_stack([one.deceived(told, _MEAN_REACHES_S) for one in spells]))

    def _listen(self, chunk: Chunk) -> None:
        """Mark the seconds in which the canceller left hum."""
        for first_sample, cleaned in self._conditioning.cleaned:
            for end, hums in self._hum.process(cleaned, first_sample):
                last = min(max(end - 1 - chunk.first_sample, 0), len(chunk) - 1)
                for column in np.flatnonzero(hums):
                    self.spells[self._placements[column]].mark("hum", float(chunk.times_s[last]))

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


_DIRECTIONS = ("forward", "right", "any")  # the columns of `Tilt`


class _Angle:
    """One signal in degrees or cm from one or two sensors."""

    def __init__(self, signal: Signal, exercise: Exercise) -> None:
        self._placements = signal.placements
        self._join = TickJoin(len(signal.placements))
        self._segment: SegmentAngle | Inwards | None = None
        self._hinge: HingeAngle | None = None
        self._tilt: Tilt | None = None
        self._turn: RelativeTurn | None = None
        self._travel: Travel | None = None
        self._direction = _DIRECTIONS.index(signal.direction)
        if signal.kind == "tilt":
            self._tilt = Tilt(GRID_HZ, signal.ahead)
        elif signal.kind == "hinge_angle":
            self._bends_first = exercise.repetition.peak_at == "high"
            self._hinge = self._new_hinge(signal.rest_angle)
        elif signal.kind == "turn":
            self._turn = RelativeTurn()
        elif signal.kind == "travel":
            self._travel = Travel(GRID_HZ)
        elif signal.kind == "inwards":
            worn = next(placement for placement in exercise.placements if placement.id == signal.placements[0])
            self._segment = Inwards(GRID_HZ, -1 if (worn.side or exercise.side) == "left" else 1)
        else:
            self._segment = Inclination(GRID_HZ) if signal.kind == "inclination" else Rotation(GRID_HZ)
        self._rest_rad = math.radians(signal.rest_angle)
        self._recent: deque[tuple[int, list[Array]]] = deque()
        self._pose: list[Array] = []

    def _new_hinge(self, rest_angle: float) -> HingeAngle:
        return HingeAngle(GRID_HZ, math.radians(rest_angle), flexion_first=self._bends_first)

    def process(self, placement: str, first_tick: int, rows: Array) -> list[tuple[int, Array]]:
        if placement not in self._placements:
            return []
        if self._travel is not None:
            return [(first_tick, 100.0 * self._travel.process(rows[:, DISPLACEMENT]))]
        rows = rows[:, :N_COLUMNS]
        if self._segment is not None:
            self._keep(first_tick, [rows])
            return [(first_tick, np.degrees(self._segment.process(rows)))]
        if self._tilt is not None:
            return [(first_tick, np.degrees(self._tilt.process(rows)[:, self._direction]))]
        joined = self._join.process(self._placements.index(placement), GridRun(first_tick, rows))
        for tick, pair in joined:
            self._keep(tick, pair)
        two = self._turn or self._hinge
        assert two is not None
        return [(tick, np.degrees(two.process(*pair))) for tick, pair in joined]

    def _keep(self, first_tick: int, rows: list[Array]) -> None:
        self._recent.append((first_tick, rows))
        while self._recent[0][0] < first_tick - _KEPT:
            self._recent.popleft()

    def take_pose(self, tick: int) -> None:
        """Count the angle from the pose of a tick of the last seconds; without samples there, nothing changes."""
        for first, rows in self._recent:
            if first <= tick < first + len(rows[0]):
                pose = [row[tick - first] for row in rows]
                if np.isnan(np.concatenate(pose)).any():
                    return
                self._pose = pose
                if self._hinge is not None:
                    self._hinge.zero(pose[0], pose[1], self._rest_rad)
                elif self._turn is not None:
                    self._turn.zero(pose[0][QUATERNION], pose[1][QUATERNION])
                elif self._segment is not None:
                    self._segment.zero(pose[0][QUATERNION])

    def forget_movement(self) -> None:
        """Find the hinge from what moves from now on, not from how the sensors were put on."""
        if self._hinge is not None:
            self._hinge = self._new_hinge(math.degrees(self._rest_rad))
            if self._pose:
                self._hinge.zero(self._pose[0], self._pose[1], self._rest_rad)

    def take_movement(self, from_tick: int, to_tick: int) -> bool:
        """Find the hinge from the movement between two ticks; if too much of it was lost, go on learning as before.

        Returns whether nothing is left to find.
        """
        if self._hinge is None:
            return True
        pairs = [
            [row[max(from_tick - first, 0) : max(to_tick + 1 - first, 0)] for row in rows]
            for first, rows in self._recent
        ]
        proximal, distal = (np.concatenate([np.zeros((0, N_COLUMNS)), *rows]) for rows in zip(*pairs, strict=True))
        whole = np.isfinite(np.hstack([proximal, distal])).all(axis=1)
        if to_tick + 1 - from_tick - np.count_nonzero(whole) > _LONGEST_LOSS:
            return False
        self._hinge.calibrate(proximal, distal)
        return True


class Signals:
    """All signals of an exercise."""

    def __init__(self, exercise: Exercise, sources: Mapping[str, Source]) -> None:
        self._exercise = exercise
        self._sensors: dict[str, list[_Imu | _Emg]] = {}
        self._of_placement: dict[str, _Imu | _Emg] = {}
        self._repeats = Repeats()
        used = {placement for signal in exercise.signals for placement in signal.placements}
        kinds = {placement.id: placement.kind for placement in exercise.placements}
        chains: dict[str, Ecg] = {
            signal.placements[0]: signal.ecg for signal in exercise.signals if signal.kind == "envelope"
        }
        travelling = {placement for s in exercise.signals if s.kind == "travel" for placement in s.placements}
        muscles: dict[tuple[str, Ecg], dict[str, int]] = {}
        for placement, source in sources.items():
            if placement in used and kinds[placement] == "imu":
                self._add(source.stream, _Imu(placement, source, placement in travelling), [placement])
            elif placement in used:
                muscles.setdefault((source.stream.id, chains[placement]), {})[placement] = source.columns[0]
        for (_, ecg), columns in muscles.items():
            stream = sources[next(iter(columns))].stream
            self._add(stream, _Emg(stream, columns, ecg), list(columns))
        self._angles = {s.id: _Angle(s, exercise) for s in exercise.signals if s.kind != "envelope"}
        self._envelopes = {s.placements[0]: s.id for s in exercise.signals if s.kind == "envelope"}

    def _add(self, stream: StreamInfo, sensor: _Imu | _Emg, placements: list[str]) -> None:
        self._sensors.setdefault(stream.id, []).append(sensor)
        for placement in placements:
            self._of_placement[placement] = sensor

    def process(self, chunk: Chunk) -> list[GridBlock]:
        """Return what the chunk completes of each signal."""
        blocks: list[GridBlock] = []
        if not len(chunk) or self._repeats.has(chunk):
            return blocks
        for sensor in self._sensors.get(chunk.stream, ()):
            for placement, first_tick, rows in sensor.process(chunk):
                if placement in self._envelopes:
                    assert isinstance(sensor, _Emg)
                    high = sensor.raw_high.get(placement)
                    blocks.append(GridBlock(self._envelopes[placement], first_tick, rows, high))
                for signal_id, angle in self._angles.items():
                    blocks += [GridBlock(signal_id, *block) for block in angle.process(placement, first_tick, rows)]
        return blocks

    def take_reference(self, placement: str, from_s: float, to_s: float, trial: int, method: Method) -> None:
        """Take a trial of a muscle's reference contraction: percent means percent of the best one from now on."""
        sensor = self._of_placement.get(placement)
        if isinstance(sensor, _Emg):
            ticks = math.ceil(from_s * GRID_HZ), math.floor(to_s * GRID_HZ)
            sensor.take_reference(placement, ticks, trial, method)

    def take_pose(self, to_s: float) -> None:
        """Let the pose of that moment be the one that the angles are counted from."""
        for angle in self._angles.values():
            angle.take_pose(math.floor(to_s * GRID_HZ))

    def take_movement(self, from_s: float, to_s: float) -> bool:
        """Let the movement between two moments tell how the sensors sit on the segments of a joint.

        Returns whether it was seen well enough for each of them.
        """
        ticks = math.ceil(from_s * GRID_HZ), math.floor(to_s * GRID_HZ)
        return all([angle.take_movement(*ticks) for angle in self._angles.values()])

    def envelope_v(self, placement: str, from_s: float, to_s: float) -> Array:
        """Return a muscle's envelope in V, one value a tick; NaN where there is none."""
        sensor = self._of_placement.get(placement)
        track = sensor.envelopes[placement] if isinstance(sensor, _Emg) else Track()
        return track.between(math.ceil(from_s * GRID_HZ), math.floor(to_s * GRID_HZ))

    def turning_degs(self, from_s: float, to_s: float) -> Array:
        """Return how fast the fastest motion sensor turned, °/s, one value a tick; empty without motion sensors."""
        ticks = math.ceil(from_s * GRID_HZ), math.floor(to_s * GRID_HZ)
        tracks = [s.turning.between(*ticks) for s in self._of_placement.values() if isinstance(s, _Imu)]
        return np.fmax.reduce(tracks) if tracks else np.empty(0)

    def methods(self) -> dict[str, str]:
        """Return, for each muscle, how percent is defined."""
        return {placement: method for placement, (_, method) in self.references().items()}

    def references(self) -> dict[str, tuple[float, Method]]:
        """Return, for each muscle, what 100 % is, V, and how that was defined."""
        return {p: s.reference(p) for p, s in self._of_placement.items() if isinstance(s, _Emg)}

    def set_reference(self, placement: str, value_v: float, method: Method) -> None:
        """Let a muscle's reference be one that was measured before, under the same electrodes."""
        sensor = self._of_placement.get(placement)
        if isinstance(sensor, _Emg):
            sensor.set_reference(placement, value_v, method)

    def forget_movement(self) -> None:
        """Forget how the sensors of a joint moved before now: the next movement tells how they sit."""
        for angle in self._angles.values():
            angle.forget_movement()

    def light(self, placement: str) -> tuple[Light, str]:
        """Return the light of a placement's samples and one plain action, empty when it is good."""
        sensor = self._of_placement.get(placement)
        if sensor is None:
            return "good", ""
        verdict = sensor.spells[placement].newest
        if verdict is None or verdict.state == "ok":
            return "good", ""
        return "lost" if sensor.spells[placement].deceives else "weak", verdict.action

    def trusted(self, block: GridBlock) -> GridBlock:
        """Return the block without what is known to come from no body: hum, a loose electrode, a flat line."""
        spells = self.spells(block.signal)
        doubtful = np.logical_or.reduce([one.distrusted(block.times_s) for one in spells]) if spells else False
        return replace(block, values=np.where(doubtful, np.nan, block.values)) if np.any(doubtful) else block

    def spells(self, signal_id: str) -> list[Spells]:
        """Return when the sensors of a signal could not be trusted."""
        placements = self._exercise.signal(signal_id).placements
        return [self._of_placement[name].spells[name] for name in placements if name in self._of_placement]
