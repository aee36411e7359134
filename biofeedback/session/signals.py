"""From chunks to the exercise's signals on the session's 100 Hz grid: degrees, cm, and percent of the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import Ecg, Exercise
from biofeedback.measures.emg import Method
from biofeedback.session.history import Track
from biofeedback.session.motion import JointSignal, motion_signal
from biofeedback.session.placing import Source
from biofeedback.session.repeats import Repeats
from biofeedback.session.sensing import Emg, Imu
from biofeedback.session.trust import Spells
from biofeedback.session.view import GRID_HZ
from biofeedback.stream import Chunk, StreamInfo

Array = NDArray[np.float64]
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


class Signals:
    """All signals of an exercise."""

    def __init__(self, exercise: Exercise, sources: Mapping[str, Source]) -> None:
        self._exercise = exercise
        self._sensors: dict[str, list[Imu | Emg]] = {}
        self._of_placement: dict[str, Imu | Emg] = {}
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
                self._add(source.stream, Imu(placement, source, placement in travelling), [placement])
            elif placement in used:
                muscles.setdefault((source.stream.id, chains[placement]), {})[placement] = source.columns[0]
        for (_, ecg), columns in muscles.items():
            stream = sources[next(iter(columns))].stream
            self._add(stream, Emg(stream, columns, ecg), list(columns))
        self._motions = {s.id: motion_signal(s, exercise) for s in exercise.signals if s.kind != "envelope"}
        self._joints = [motion for motion in self._motions.values() if isinstance(motion, JointSignal)]
        self._envelopes = {s.placements[0]: s.id for s in exercise.signals if s.kind == "envelope"}

    def _add(self, stream: StreamInfo, sensor: Imu | Emg, placements: list[str]) -> None:
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
                    assert isinstance(sensor, Emg)
                    high = sensor.raw_high.get(placement)
                    blocks.append(GridBlock(self._envelopes[placement], first_tick, rows, high))
                for signal_id, motion in self._motions.items():
                    blocks += [GridBlock(signal_id, *block) for block in motion.process(placement, first_tick, rows)]
        return blocks

    def take_reference(self, placement: str, from_s: float, to_s: float, trial: int, method: Method) -> None:
        """Take a trial of a muscle's reference contraction: percent means percent of the best one from now on."""
        sensor = self._of_placement.get(placement)
        if isinstance(sensor, Emg):
            ticks = math.ceil(from_s * GRID_HZ), math.floor(to_s * GRID_HZ)
            sensor.take_reference(placement, ticks, trial, method)

    def take_pose(self, to_s: float) -> None:
        """Let the pose of that moment be the one that the angles are counted from."""
        for motion in self._motions.values():
            motion.take_pose(math.floor(to_s * GRID_HZ))

    def take_movement(self, from_s: float, to_s: float) -> bool:
        """Let the movement between two moments tell how the sensors sit on the segments of a joint.

        Returns whether it was seen well enough for each of them.
        """
        ticks = math.ceil(from_s * GRID_HZ), math.floor(to_s * GRID_HZ)
        return all([joint.take_movement(*ticks) for joint in self._joints])

    def envelope_v(self, placement: str, from_s: float, to_s: float) -> Array:
        """Return a muscle's envelope in V, one value a tick; NaN where there is none."""
        sensor = self._of_placement.get(placement)
        track = sensor.envelopes[placement] if isinstance(sensor, Emg) else Track()
        return track.between(math.ceil(from_s * GRID_HZ), math.floor(to_s * GRID_HZ))

    def turning_degs(self, from_s: float, to_s: float) -> Array:
        """Return how fast the fastest motion sensor turned, °/s, one value a tick; empty without motion sensors."""
        ticks = math.ceil(from_s * GRID_HZ), math.floor(to_s * GRID_HZ)
        tracks = [s.turning.between(*ticks) for s in self._of_placement.values() if isinstance(s, Imu)]
        return np.fmax.reduce(tracks) if tracks else np.empty(0)

    def methods(self) -> dict[str, str]:
        """Return, for each muscle, how percent is defined."""
        return {placement: method for placement, (_, method) in self.references().items()}

    def references(self) -> dict[str, tuple[float, Method]]:
        """Return, for each muscle, what 100 % is, V, and how that was defined."""
        return {p: s.reference(p) for p, s in self._of_placement.items() if isinstance(s, Emg)}

    def set_reference(self, placement: str, value_v: float, method: Method) -> None:
        """Let a muscle's reference be one that was measured before, under the same electrodes."""
        sensor = self._of_placement.get(placement)
        if isinstance(sensor, Emg):
            sensor.set_reference(placement, value_v, method)

    def forget_movement(self) -> None:
        """Forget how the sensors of a joint moved before now: the next movement tells how they sit."""
        for joint in self._joints:
            joint.forget_movement()

    def light(self, placement: str) -> tuple[Light, str]:
        """Return the light of a placement's samples and one plain action, empty when it is good."""
        sensor = self._of_placement.get(placement)
        if sensor is None:
            return "good", ""
        if wrong := sensor.spells[placement].wrong_rate:
            return "lost", wrong
        verdict = sensor.spells[placement].newest
        if verdict is None or verdict.state == "ok":
            return "good", ""
        return "lost" if sensor.spells[placement].deceives else "weak", verdict.action

    def doubt_rate(self, placement: str, words: str, time_s: float) -> None:
        """Trust nothing of a placement from now on: its sensor sends at another rate than its profile; "": no more."""
        if (sensor := self._of_placement.get(placement)) is not None:
            sensor.spells[placement].doubt_rate(words, time_s)

    def trusted(self, block: GridBlock) -> GridBlock:
        """Return the block without what is known to come from no body: hum, a loose electrode, a flat line."""
        spells = self.spells(block.signal)
        doubtful = np.logical_or.reduce([one.distrusted(block.times_s) for one in spells]) if spells else False
        return replace(block, values=np.where(doubtful, np.nan, block.values)) if np.any(doubtful) else block

    def spells(self, signal_id: str) -> list[Spells]:
        """Return when the sensors of a signal could not be trusted."""
        placements = self._exercise.signal(signal_id).placements
        return [self._of_placement[name].spells[name] for name in placements if name in self._of_placement]
