"""Join small chunks into larger ones: most of what a chunk costs on its way is a call, not a sample.

Allowed because any chunking gives the same result; events keep their place among the samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from biofeedback.session.repeats import Repeats
from biofeedback.stream import Chunk, Event

_LONGEST_S = 10.0


class Waiting:
    """Chunks that are to be taken together; ``longest_s`` is how long the longest run of them is.

    A chunk that came a second time is left out: joined to the next it would pass for new.
    """

    def __init__(self) -> None:
        self._runs: dict[str, list[list[Chunk]]] = {}
        self._repeats = Repeats()
        self.longest_s = 0.0

    def add(self, chunk: Chunk) -> None:
        """Let the next chunk wait."""
        if not len(chunk) or self._repeats.has(chunk):
            return
        runs = self._runs.setdefault(chunk.stream, [])
        if runs and _follows(runs[-1][-1], chunk):
            runs[-1].append(chunk)
        else:
            runs.append([chunk])
        self.longest_s = max(self.longest_s, float(chunk.times_s[-1] - runs[-1][0].times_s[0]))

    def take(self) -> list[Chunk]:
        """Return what waits, stream by stream: one chunk for all that follow each other without a gap."""
        taken = [_joined(run) for runs in self._runs.values() for run in runs]
        self._runs.clear()
        self.longest_s = 0.0
        return taken


def merged(items: Iterable[Chunk | Event], longest_s: float = _LONGEST_S) -> Iterator[Chunk | Event]:
    """Yield the same samples and events in the same order, chunks of up to about ``longest_s`` seconds."""
    waiting = Waiting()
    for item in items:
        if isinstance(item, Event):
            yield from waiting.take()
            yield item
            continue
        waiting.add(item)
        if waiting.longest_s >= longest_s:
            yield from waiting.take()
    yield from waiting.take()


def _follows(last: Chunk, item: Chunk) -> bool:
    return item.lost_before == 0 and item.first_sample == last.first_sample + len(last)


def _joined(parts: list[Chunk]) -> Chunk:
    if len(parts) == 1:
        return parts[0]
    first, last = parts[0], parts[-1]
    return Chunk(
        first.stream,
        np.concatenate([part.counts for part in parts]),
        np.concatenate([part.data for part in parts]),
        np.concatenate([part.times_s for part in parts]),
        first.first_sample,
        first.lost_before,
        last.arrived_s,
    )
