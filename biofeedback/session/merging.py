"""Join the small chunks of a recording into larger ones, so that scoring is not spent on call overhead.

Allowed because any chunking gives the same result; events keep their place among the samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from biofeedback.session.repeats import Repeats
from biofeedback.stream import Chunk, Event

_LONGEST_S = 10.0


def merged(items: Iterable[Chunk | Event], longest_s: float = _LONGEST_S) -> Iterator[Chunk | Event]:
    """Yield the same samples and events in the same order, chunks of up to about ``longest_s`` seconds.

    A chunk that came a second time is left out: joined to the next it would pass for new.
    """
    waiting: dict[str, list[Chunk]] = {}
    repeats = Repeats()
    for item in items:
        if isinstance(item, Event):
            yield from _flush(waiting)
            yield item
            continue
        if repeats.has(item):
            continue
        parts = waiting.setdefault(item.stream, [])
        if parts and not _follows(parts[-1], item):
            yield _joined(waiting.pop(item.stream))
            parts = waiting.setdefault(item.stream, [])
        parts.append(item)
        if len(item) and float(item.times_s[-1] - parts[0].times_s[0]) >= longest_s:
            yield from _flush(waiting)
    yield from _flush(waiting)


def _follows(last: Chunk, item: Chunk) -> bool:
    return item.lost_before == 0 and len(last) > 0 and item.first_sample == last.first_sample + len(last)


def _flush(waiting: dict[str, list[Chunk]]) -> Iterator[Chunk]:
    for parts in waiting.values():
        yield _joined(parts)
    waiting.clear()


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
