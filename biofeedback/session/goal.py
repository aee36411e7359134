"""The goal signal on the patient's display: where its target stands, and the way a moving one takes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import Exercise
from biofeedback.feedback import paths, targets
from biofeedback.feedback.targets import Band
from biofeedback.session.timed import TimedCounter
from biofeedback.session.view import GRID_HZ, PathView

Array = NDArray[np.float64]


class Goal:
    """The display's scale is 0 at ``rest`` and 1 at the top; ``bands`` are those that stand, ``timed`` is its clock."""

    def __init__(self, exercise: Exercise, bands: Mapping[str, Band], timed: TimedCounter | None) -> None:
        goal = exercise.goal_signal
        self.rest, self._top = (goal.display[1], goal.display[0]) if goal.inverted else goal.display
        self._target, self._bands, self._timed = exercise.target, bands, timed

    def level(self, value: float) -> float:
        """Put a value of the signal on the display's scale."""
        return targets.level(value, self.rest, self._top)

    @property
    def band(self) -> tuple[float, float]:
        """The target band on the display's scale, at its first place."""
        band = self._bands[self._target.signal]
        edges = sorted(self.level(edge) for edge in (band.low, band.high) if edge is not None)
        return edges[0], edges[-1]

    @property
    def path(self) -> PathView | None:
        """The way the target takes in this set, on the display's scale; None where it stands still."""
        path = self._target.path
        if path is None or self._timed is None:
            return None
        return PathView(
            shape=path.shape,
            period_s=self._timed.every_s,
            rise=path.rise / (self._top - self.rest),
            start_s=self._timed.origin_s,
        )

    def rises(self, times_s: Array) -> Array:
        """Return how far the target stands above its first place at each time, on the display's scale."""
        path = self.path
        return np.zeros(len(times_s)) if path is None else path.rise * self._shares(path, times_s)

    def way(self, start_tick: int, end_tick: int) -> Array | None:
        """Return how far the band had moved at each tick, in the signal's unit; None where it stands still."""
        path = self.path
        if path is None or self._target.path is None:
            return None
        return self._target.path.rise * self._shares(path, np.arange(start_tick, end_tick + 1) / GRID_HZ)

    @staticmethod
    def _shares(path: PathView, times_s: Array) -> Array:
        return paths.rise(path.shape, (times_s - path.start_s) / path.period_s)
