"""From the rows of one or two motion sensors to one signal of the exercise: degrees, or cm of a travel."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.joint import HingeAngle
from biofeedback.dsp.orientation import N_COLUMNS, QUATERNION
from biofeedback.dsp.resample import GridRun, TickJoin
from biofeedback.dsp.segment import Inclination, Rotation
from biofeedback.dsp.tilt import Tilt
from biofeedback.dsp.travel import DISPLACEMENT, Travel
from biofeedback.dsp.turn import RelativeTurn
from biofeedback.exercises.model import Exercise, Signal
from biofeedback.measures.inwards import Inwards
from biofeedback.session.view import GRID_HZ

Array = NDArray[np.float64]
Follow = Callable[..., Array]
_KEPT = 3000  # ticks: the longest step of the calibration and what comes before it is looked at
_LONGEST_LOSS = 20  # ticks: beyond, the heading of what follows is another
_DIRECTIONS = ("forward", "right", "any")  # the columns of `Tilt`


class MotionSignal:
    """One signal from motion sensors.

    Parameters
    ----------
    placements
        Where the sensors sit whose rows it takes together.
    follow
        Takes the next rows of each sensor and returns the signal, shape (n_ticks,).
    zero
        Counts from the orientation of each sensor from now on, shape (4,); None where a pose plays no part.
    columns
        What of the rows is needed.
    """

    def __init__(
        self,
        placements: Sequence[str],
        follow: Follow,
        zero: Callable[..., None] | None = None,
        columns: slice = slice(N_COLUMNS),
    ) -> None:
        self._placements, self._columns = list(placements), columns
        self._follow, self._zero = follow, zero
        self._join = TickJoin(len(placements), longest=_KEPT)
        self._recent: deque[tuple[int, list[Array]]] = deque()

    def process(self, placement: str, first_tick: int, rows: Array) -> list[tuple[int, Array]]:
        """Take the next rows of a sensor; return (first tick, values) of what is complete now."""
        if placement not in self._placements:
            return []
        run = GridRun(first_tick, rows[:, self._columns])
        joined = self._join.process(self._placements.index(placement), run)
        self._recent += joined
        while self._recent and self._recent[0][0] < first_tick - _KEPT:
            self._recent.popleft()
        return [(tick, self._follow(*together)) for tick, together in joined]

    def take_pose(self, tick: int) -> None:
        """Count from the pose of a tick of the last seconds; without samples there, nothing changes."""
        for first, rows in self._recent:
            if first <= tick < first + len(rows[0]):
                pose = [row[tick - first] for row in rows]
                if not np.isnan(np.concatenate(pose)).any():
                    self._count_from(pose)

    def _count_from(self, pose: list[Array]) -> None:
        if self._zero is not None:
            self._zero(*(row[QUATERNION] for row in pose))


class JointSignal(MotionSignal):
    """The angle of a hinge joint between two segments, counted from ``rest_angle``, in degrees."""

    def __init__(self, placements: Sequence[str], rest_angle: float, *, flexion_first: bool) -> None:
        self._rest_rad, self._flexion_first = math.radians(rest_angle), flexion_first
        self._hinge, self._pose = self._new_hinge(), list[Array]()
        super().__init__(placements, lambda *rows: np.degrees(self._hinge.process(*rows)))

    def _new_hinge(self) -> HingeAngle:
        return HingeAngle(GRID_HZ, self._rest_rad, flexion_first=self._flexion_first)

    def _count_from(self, pose: list[Array]) -> None:
        self._pose = pose
        self._hinge.zero(pose[0], pose[1], self._rest_rad)

    def forget_movement(self) -> None:
        """Find the hinge from what moves from now on, not from how the sensors were put on."""
        self._hinge = self._new_hinge()
        if self._pose:
            self._count_from(self._pose)

    def take_movement(self, from_tick: int, to_tick: int) -> bool:
        """Find the hinge from the movement between two ticks; if too much of it was lost, go on learning as before.

        Returns whether it was found.
        """
        within = [(max(from_tick - first, 0), max(to_tick + 1 - first, 0), rows) for first, rows in self._recent]
        pairs = [np.hstack([row[begin:end] for row in rows]) for begin, end, rows in within]
        both = np.concatenate([np.zeros((0, 2 * N_COLUMNS)), *pairs])
        if to_tick + 1 - from_tick - np.count_nonzero(np.isfinite(both).all(axis=1)) > _LONGEST_LOSS:
            return False
        self._hinge.calibrate(both[:, :N_COLUMNS], both[:, N_COLUMNS:])
        return True


def motion_signal(signal: Signal, exercise: Exercise) -> MotionSignal:
    """Return what follows a signal of an exercise that is told by motion sensors."""
    match signal.kind:
        case "hinge_angle":
            flexion_first = exercise.repetition.peak_at == "high"
            return JointSignal(signal.placements, signal.rest_angle, flexion_first=flexion_first)
        case "turn":
            turn = RelativeTurn()
            return MotionSignal(signal.placements, _degrees(turn.process), turn.zero)
        case "travel":
            travel = Travel(GRID_HZ)
            return MotionSignal(signal.placements, lambda rows: 100.0 * travel.process(rows), columns=DISPLACEMENT)
        case "tilt":
            tilt, direction = Tilt(GRID_HZ, signal.ahead), _DIRECTIONS.index(signal.direction)
            return MotionSignal(signal.placements, _degrees(lambda rows: tilt.process(rows)[:, direction]))
        case "inwards":
            worn = next(placement for placement in exercise.placements if placement.id == signal.placements[0])
            segment = Inwards(GRID_HZ, -1 if (worn.side or exercise.side) == "left" else 1)
        case "inclination":
            segment = Inclination(GRID_HZ)
        case _:
            segment = Rotation(GRID_HZ)
    return MotionSignal(signal.placements, _degrees(segment.process), segment.zero)


def _degrees(process: Follow) -> Follow:
    return lambda *rows: np.degrees(process(*rows))
