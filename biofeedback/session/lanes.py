"""What the windows' lanes show at a tick: the newest value of each signal, and where it stands in its band."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import Exercise
from biofeedback.feedback.cues import STATES
from biofeedback.feedback.targets import Band
from biofeedback.session.beside import nothing_beside
from biofeedback.session.history import tick_of
from biofeedback.session.signals import GridBlock
from biofeedback.session.view import MAX_LANES, TICK

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

    def row(self, time_s: float, lane: int, value: float) -> NDArray[np.void]:
        """Return the row of a tick at which the goal signal, in its lane, has the value."""
        row = self._row.copy()
        silent = tick_of(time_s) - self._shown_tick > _STALE_TICKS
        row["value"][silent], row["raw_high"][silent] = np.nan, np.nan
        row["time_s"], row["value"][lane], row["goal_value"] = time_s, value, value
        row["lane_state"] = self._states(row["value"])
        return row

    def _states(self, values: NDArray[np.float32]) -> NDArray[np.int8]:
        states = np.full(MAX_LANES, -1, dtype=np.int8)
        for lane, signal in enumerate(self._exercise.signals[:MAX_LANES]):
            band, value = self._bands[signal.id], float(values[lane])
            if math.isnan(value):
                continue
            high, low = (band.low, band.high) if signal.inverted else (band.high, band.low)
            beyond = high is not None and (value < high if signal.inverted else value > high)
            short = low is not None and (value > low if signal.inverted else value < low)
            states[lane] = STATES.index("above" if beyond else "below" if short else "in")
        return states
