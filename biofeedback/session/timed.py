"""Repetitions that the clock counts: once along a path, one spell of standing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.repetitions import Repetition, RepetitionEvent

Array = NDArray[np.float64]
_EDGE_S = 1e-9


class TimedCounter:
    """Counts stretches of ``every_s`` from `restart` on, up to a limit; events as `RepetitionCounter` gives them.

    ``origin_s`` is when the first of the stretches that followed each other without a break began. The signal's values
    play no part: they may be missing.
    """

    def __init__(self, every_s: float) -> None:
        self.every_s = every_s
        self.restart(0.0, 0)

    def restart(self, time_s: float, limit: int) -> None:
        """Begin at ``time_s``; stop after ``limit`` repetitions."""
        self.origin_s = self._began_s = time_s
        self._limit, self._count, self._moving = limit, 0, False

    def allow(self, more: int) -> None:
        """Allow so many more repetitions (or fewer)."""
        self._limit += more

    def left_s(self, time_s: float) -> float:
        """Return what is left of the stretch going on; 0 when none is."""
        return max(0.0, self._began_s + self.every_s - time_s) if self._moving else 0.0

    def process(self, times_s: Array, values: Array) -> list[RepetitionEvent]:
        """Take the next samples, both of shape (n_samples,), and tell what their times settle."""
        ticks = zip(times_s.tolist(), values.tolist(), strict=True)
        return [event for time_s, value in ticks for event in self.take(time_s, value)]

    def take(self, time_s: float, value: float) -> list[RepetitionEvent]:
        """Take one sample, and tell what its time settles."""
        events: list[RepetitionEvent] = []
        if time_s < self._began_s:
            return events
        if not self._moving and self._count < self._limit:
            if self._count:
                self.origin_s = self._began_s = time_s
            events.append(self._moves(time_s, True))
        if self._moving and time_s >= self._began_s + self.every_s - _EDGE_S:
            events += self._done(self._began_s + self.every_s, value)
        return events

    def finish(self) -> list[RepetitionEvent]:
        """End the set; a stretch that is cut off does not count."""
        return []

    def _moves(self, time_s: float, moving: bool) -> RepetitionEvent:
        self._moving = moving
        return RepetitionEvent("phase", time_s, self._count, "out" if moving else "rest")

    def _done(self, end_s: float, value: float) -> list[RepetitionEvent]:
        self._count += 1
        middle_s = self._began_s + self.every_s / 2
        whole = Repetition(self._count, self._began_s, middle_s, end_s, value, value, value)
        self._began_s = end_s
        events = [
            RepetitionEvent("counted", end_s, self._count, "out", whole),
            RepetitionEvent("finished", end_s, self._count, "out", whole),
        ]
        return [*events, self._moves(end_s, False)] if self._count >= self._limit else events
