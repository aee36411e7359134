"""When a sensor could not be trusted: what it gave then is no ground for a score."""

from __future__ import annotations

import math
from collections import deque

from biofeedback.measures.signal_quality import Quality

_TILE_S = 0.5
_KEPT_S = 180.0
_UNUSABLE = {
    "saturation": "signal at its limit",
    "flatline": "a flat line",
    "lift-off": "electrode off",
    "loss": "too many samples lost",
    "hum": "mains hum",
}


class Spells:
    """The half seconds in which a placement's signal was unusable, as the verdicts on its quality come in."""

    def __init__(self) -> None:
        self._tiles: deque[tuple[float, str]] = deque()
        self.known_until_s = -math.inf
        self.newest: Quality | None = None

    def add(self, verdict: Quality, end_s: float) -> None:
        """Take a verdict on the second before ``end_s``; it decides on the half second in its middle."""
        self.newest = verdict
        self.known_until_s = end_s - _TILE_S / 2
        if verdict.state == "bad" and verdict.index in _UNUSABLE:
            self._tiles.append((end_s - 1.5 * _TILE_S, verdict.index))
        while self._tiles and self._tiles[0][0] < end_s - _KEPT_S:
            self._tiles.popleft()

    def mark(self, index: str, end_s: float) -> None:
        """Note that the half second in the middle of the second before ``end_s`` is unusable for one more reason."""
        begin_s = end_s - 1.5 * _TILE_S
        if not any(known_s == begin_s for known_s, _ in self._tiles):
            self._tiles.append((begin_s, index))

    def between(self, from_s: float, to_s: float) -> tuple[float, str]:
        """Return how many seconds between two times were unusable, and why, in words."""
        inside = [
            (min(to_s, begin_s + _TILE_S) - max(from_s, begin_s), index)
            for begin_s, index in self._tiles
            if begin_s < to_s and begin_s + _TILE_S > from_s
        ]
        total_s = sum(seconds for seconds, _ in inside)
        return total_s, _UNUSABLE[max(inside)[1]] if inside else ""
