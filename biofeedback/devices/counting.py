"""What every device that streams has to count: indices and lost samples, rate, and pauses between attempts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofeedback.stream import Chunk, StreamInfo, host_time_s

_RATE_OVER_S = 2.0
# A rate is wrong that is further off than clocks follow it (`clock`), told over so long that bursts do not matter.
_TOLD_OVER_S, _TOLD_AFTER_S, _TOLD_SAMPLES, _TOLD_POINTS = 30.0, 5.0, 50, 9
_FOLLOWED, _LONGEST_BURST_S = 0.05, 0.5
_MOST_LOST = 0.3  # where nothing is counted, what is missing may be lost as well as not sent
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 4.0


@dataclass(slots=True)
class Numbering:
    """Gives the samples of one stream their indices, and finds where some are missing.

    ``every`` is the number of ticks from one sample to the next.
    """

    info: StreamInfo
    every: int = 1
    last_tick: int | None = None
    last_index: int = -1

    def indices(self, ticks: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the index of each sample, shape (n_samples,), lost samples counted."""
        before = int(ticks[0]) - self.every if self.last_tick is None else self.last_tick
        steps = np.rint(np.diff(ticks, prepend=before) / self.every).astype(np.int64)
        if self.last_tick is None and self.every == 1:
            steps[0] = int(ticks[0]) + 1  # a stream that begins later than its timeline has lost something
        indices = self.last_index + np.cumsum(np.maximum(steps, 1))
        self.last_tick = int(ticks[-1])
        return indices

    def chunks(
        self, counts: NDArray[Any], ticks: NDArray[np.int64], times_s: NDArray[np.float64], arrived_s: float
    ) -> list[Chunk]:
        """Make chunks of counts, shape (n_samples, n_channels), with a cut wherever samples are missing."""
        if not len(ticks):
            return []
        if self.every == 1 and self.last_tick is not None and int(ticks[-1]) - self.last_tick == len(ticks):
            first_index = self.last_index + 1  # nothing is missing, as nearly always
            self.last_tick, self.last_index = int(ticks[-1]), self.last_index + len(ticks)
            return [self.info.chunk(counts, times_s, first_index, 0, arrived_s)]
        indices = self.indices(ticks)
        lost = np.diff(indices, prepend=self.last_index) - 1
        begins = np.union1d(np.flatnonzero(lost), [0])
        self.last_index = int(indices[-1])
        made: list[Chunk] = []
        for begin, end in zip(begins, [*begins[1:], len(indices)], strict=True):
            first, lost_before = int(indices[begin]), int(lost[begin])
            made.append(self.info.chunk(counts[begin:end], times_s[begin:end], first, lost_before, arrived_s))
        return made


@dataclass(slots=True)
class Tally:
    """What the status of a device is made of. ``counts``: the device counts its samples, so losses are known."""

    counts: bool = False
    received: int = 0
    lost: int = 0
    recent: deque[tuple[float, int]] = field(default_factory=lambda: deque([(host_time_s(), 0)]))
    sent: deque[tuple[float, int]] = field(default_factory=deque[tuple[float, int]])
    sent_from_s: float = float("-inf")
    told_ratio: float | None = None

    def add(self, chunk: Chunk) -> None:
        """Count a chunk."""
        self.received += len(chunk)
        self.lost += chunk.lost_before
        self.recent.append((chunk.arrived_s, self.received))
        while len(self.recent) > 2 and self.recent[1][0] < chunk.arrived_s - _RATE_OVER_S:
            self.recent.popleft()
        sent = self.received + (self.lost if self.counts else 0)
        last_s = self.sent[-1][0] + _LONGEST_BURST_S if self.sent else self.sent_from_s
        if chunk.arrived_s >= last_s:
            self.sent.append((chunk.arrived_s, sent))
        while self.sent and self.sent[0][0] < chunk.arrived_s - _TOLD_OVER_S:
            self.sent.popleft()

    def rate_ratio(self, nominal_hz: float) -> float | None:
        """Return how many samples the device sends for each that it should, if that is beyond doubt not one.

        After a pause what was known holds until there is enough to tell anew.
        """
        points = list(self.sent)
        over_s, sent = (points[-1][0] - points[0][0], points[-1][1] - points[0][1]) if points else (0.0, 0)
        if len(points) < _TOLD_POINTS or over_s < _TOLD_AFTER_S or sent < _TOLD_SAMPLES or nominal_hz <= 0:
            return self.told_ratio
        some = len(points) // 3
        ratios = [
            (after - before) / (ended_s - began_s) / nominal_hz
            for began_s, before in points[:some]
            for ended_s, after in points[-some:]
        ]  # where this program was held up, only some of these are wrong
        ratio = min(ratios, key=lambda one: abs(one - 1))
        lost = not self.counts and 1 - _MOST_LOST < ratio < 1
        wrong = not lost and abs(ratio - 1) > _FOLLOWED + _LONGEST_BURST_S / over_s
        self.told_ratio = ratio if wrong else None
        return self.told_ratio

    def rate_hz(self) -> float | None:
        """Return the samples a second of the last two seconds."""
        (began_s, before), (ended_s, after) = self.recent[0], self.recent[-1]
        return (after - before) / (ended_s - began_s) if ended_s - began_s > _RATE_OVER_S / 4 else None

    def start_again(self) -> None:
        """Leave a pause out of the rate."""
        self.sent.clear()
        self.sent_from_s = host_time_s() + _LONGEST_BURST_S  # what had piled up comes at once
        self.recent.clear()
        self.recent.append((host_time_s(), self.received))


def pauses() -> Iterator[float]:
    """Yield seconds to wait before each attempt to connect again: longer and longer, up to a limit."""
    pause_s = _FIRST_PAUSE_S
    while True:
        yield pause_s
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
