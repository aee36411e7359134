"""Which chunks a sensor or a radio delivered a second time, and how many samples came."""

from __future__ import annotations

import math

from biofeedback.stream import Chunk


class Repeats:
    """Remembers how far each stream has come. A stream that counts from the start again is none: its times go on."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[int, float]] = {}

    def has(self, chunk: Chunk) -> bool:
        """Take the next chunk; return whether it brings nothing that was not there before."""
        if not len(chunk):
            return False
        following, last_s = self._heard.get(chunk.stream, (chunk.first_sample, -math.inf))
        newest = (chunk.first_sample + len(chunk), float(chunk.times_s[-1]))
        if newest[0] <= following and newest[1] <= last_s:
            return True
        self._heard[chunk.stream] = newest
        return False


class SampleCount:
    """Counts the samples of each stream that were received, lost, and delivered a second time."""

    def __init__(self) -> None:
        self._repeats = Repeats()
        self.of_stream: dict[str, dict[str, int]] = {}

    def add(self, chunk: Chunk) -> None:
        """Take the next chunk."""
        counts = self.of_stream.setdefault(chunk.stream, {"received": 0, "lost": 0, "repeated": 0})
        if self._repeats.has(chunk):
            counts["repeated"] += len(chunk)
        else:
            counts["received"] += len(chunk)
            counts["lost"] += chunk.lost_before
