"""What the windows' lanes show at a tick: the newest value of each signal, and where it stands in its band."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import Exercise, Signal
from biofeedback.feedback.cues import STATES
from biofeedback.feedback.targets import Band
from biofeedback.session.beside import nothing_beside
from biofeedback.session.signals import GridBlock
from biofeedback.session.view import GRID_HZ, MAX_LANES, TICK

Array = NDArray[np.float64]
_STALE_TICKS = 40  # a lane whose newest value is older shows none; without its heart a muscle comes 0.3 s late


class Lanes:
    """Keeps the newest value of each signal; ``bands`` are those that stand at the time."""

    def __init__(self, exercise: Exercise, bands: Mapping[str, Band]) -> None:
        self._exercise, self._bands = exercise, bands
        self._shown_tick = np.zeros(MAX_LANES, dtype=np.int64)
        self._row = np.zeros((), TICK)
        self._row["value"], self._row["raw_low"], self._row["raw_high"] = np.nan, np.nan, np.nan
        nothing_beside(self._row)

    def take(self, block: GridBlock) -> None:
        """Take the next ticks of a signal."""
        lane = self.lane(block.signal)
        if lane < MAX_LANES and len(block.values):
            self._row["value"][lane] = block.values[-1]
            self._shown_tick[lane] = block.first_tick + len(block.values)
            if block.raw_high is not None:
                self._row["raw_low"][lane], self._row["raw_high"][lane] = 0.0, block.raw_high

    def lane(self, signal_id: str) -> int:
        """Return a signal's lane."""
        return next(i for i, signal in enumerate(self._exercise.signals) if signal.id == signal_id)

    def rows(self, signal_id: str, times_s: Array, values: Array) -> NDArray[np.void]:
        """Return the rows, shape (n_ticks,), of ticks at which the goal signal has the values."""
        rows = np.repeat(self._row, len(values))
        lane = self.lane(signal_id)
        silent = np.rint(times_s * GRID_HZ)[:, None] - self._shown_tick > _STALE_TICKS
        rows["value"][silent], rows["raw_high"][silent] = np.nan, np.nan
        rows["time_s"], rows["value"][:, lane], rows["goal_value"] = times_s, values, values
        for place, signal in enumerate(self._exercise.signals[:MAX_LANES]):
            rows["lane_state"][:, place] = self._states(signal, rows["value"][:, place].astype(np.float64))
        return rows

    def _states(self, signal: Signal, values: Array) -> NDArray[np.int8]:
        band = self._bands[signal.id]
        high, low = (band.low, band.high) if signal.inverted else (band.high, band.low)
        sign = -1.0 if signal.inverted else 1.0
        beyond = False if high is None else sign * values > sign * high
        short = False if low is None else sign * values < sign * low
        states = np.where(beyond, STATES.index("above"), np.where(short, STATES.index("below"), STATES.index("in")))
        return np.where(np.isnan(values), -1, states).astype(np.int8)
