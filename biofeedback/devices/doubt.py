"""Late or lost? Where only arrivals place samples, what comes late is held back until those behind it tell."""

from __future__ import annotations

import numpy as np

from biofeedback.devices.clock import Timeline
from biofeedback.devices.drivers.tables import Batch, Rows

_STANDING_S = 0.1
_CAUGHT_UP_S = 0.01


class Doubt:
    """Lets the batches of one timeline through, and holds back those behind a silence until it is clear what it was.

    While they catch up, the sensor or the radio was only held up, and none is missing. Once they are as late as a tenth
    of a second before, what is missing is lost.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._held: list[Batch] = []
        self._least_s = 0.0
        self._since_s = 0.0

    def settle(self, batch: Batch) -> Batch | None:
        """Return what can be placed now: this batch with all that was held back, or None while it is in doubt."""
        arrived_s = float(batch.arrived_s[-1])
        late_s = self._timeline.doubtful_s(batch.ticks, arrived_s) if batch.device_s is None else 0.0
        if not late_s and not self._held:
            return batch
        if not self._held or late_s < self._least_s - _CAUGHT_UP_S:
            self._least_s, self._since_s = late_s, arrived_s
        self._held.append(batch)
        return None if late_s and arrived_s - self._since_s < _STANDING_S else self.release()

    def release(self) -> Batch | None:
        """Return what is held back, as one batch."""
        held, self._held = self._held, []
        return _joined(held) if held else None


def _joined(batches: list[Batch]) -> Batch:
    """Put batches of one timeline, none with device time, together."""
    begins = np.cumsum([0, *(len(batch.ticks) for batch in batches)])
    names = dict.fromkeys(name for batch in batches for name in batch.streams)
    streams = {}
    for name in names:
        parts = [
            (batch.streams[name], begin) for batch, begin in zip(batches, begins, strict=False) if name in batch.streams
        ]
        at = np.concatenate([rows.at + begin for rows, begin in parts])
        streams[name] = Rows(at, np.concatenate([rows.counts for rows, _ in parts]))
    ticks = np.concatenate([batch.ticks for batch in batches])
    arrived_s = np.concatenate([batch.arrived_s for batch in batches])
    return Batch(batches[0].timeline, ticks, None, arrived_s, streams)
