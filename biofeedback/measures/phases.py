"""What a movement does now: resting, going out, holding, coming back."""

from __future__ import annotations

from typing import Literal

Phase = Literal["rest", "out", "hold", "back"]

_STEP = 0.1  # of the usual range: a way begins when the signal has gone this far
_CREEP = 0.02  # of the usual range: less progress than this is standing still
_STILL_S = 0.25


class PhaseFollower:
    """Follows one signal from sample to sample; the peak is towards larger values.

    A new way is seen after a tenth of the usual range, standing still after 0.25 s.
    """

    def __init__(self) -> None:
        self.phase: Phase = "rest"
        self._floor = float("inf")
        self._extreme = 0.0
        self._progress = (0.0, 0.0)
        self.risen = 0.0
        """How far the signal went the last time it went out."""

    def update(self, time_s: float, value: float, usual_range: float) -> bool:
        """Take the next sample; tell whether the phase has changed."""
        before = self.phase
        if self.phase in ("rest", "back"):
            self._below(time_s, value, usual_range)
        else:
            self._above(time_s, value, usual_range)
        return self.phase != before

    def _below(self, time_s: float, value: float, usual_range: float) -> None:
        self._floor = min(self._floor, value)
        if value - self._floor >= _STEP * usual_range:
            self.phase, self._extreme = "out", value
            self._progress = (time_s, value)
        elif self.phase == "back" and self._stands_still(time_s, -value, usual_range):
            self.phase = "rest"

    def _above(self, time_s: float, value: float, usual_range: float) -> None:
        self._extreme = max(self._extreme, value)
        self.risen = self._extreme - self._floor
        if self._extreme - value >= _STEP * usual_range:
            self.phase, self._floor = "back", value
            self._progress = (time_s, -value)
        elif self.phase == "out" and self._stands_still(time_s, value, usual_range):
            if value - self._floor >= 0.5 * usual_range:
                self.phase = "hold"
            elif value - self._floor < 0.2 * usual_range:
                self.phase, self._floor = "rest", value

    def _stands_still(self, time_s: float, progress: float, usual_range: float) -> bool:
        """Tell whether nothing has been gained for a while."""
        since_s, reached = self._progress
        if progress - reached > _CREEP * usual_range:
            self._progress = (time_s, progress)
            return False
        return time_s - since_s >= _STILL_S
