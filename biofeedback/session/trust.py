"""When a sensor could not be trusted: what it gave then is no ground for a score."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.signal_quality import Quality

_TILE_S = 0.5
KNOWN_LATER_S = _TILE_S / 2  # a verdict decides on the half second in the middle of its second
_KEPT_S = 180.0
_UNUSABLE = {
    "saturation": "signal at its limit",
    "flatline": "a flat line",
    "lift-off": "electrode off",
    "loss": "too many samples lost",
    "hum": "mains hum",
    "rate": "another rate than its profile says",
}
_DECEIVING = ("flatline", "lift-off", "hum")  # what is lost or at its limit is taken out sample by sample
_HOLDS_S = 1.0


class Spells:
    """The half seconds in which a placement's signal was unusable, as the verdicts on its quality come in."""

    def __init__(self) -> None:
        self._tiles: deque[tuple[float, str]] = deque()
        self.known_until_s = -math.inf
        self.newest: Quality | None = None
        self.wrong_rate = ""  # in words, while it sends at another rate than its profile says
        self._wrong: list[tuple[float, float]] = []  # from when until when it did
        self._judged: deque[tuple[float, bool]] = deque()  # when, and whether not to be trusted from then on

    def add(self, verdict: Quality, end_s: float) -> None:
        """Take a verdict on the second before ``end_s``; it decides on the half second in its middle."""
        self.newest = verdict
        self._judged.append((end_s, verdict.state == "bad" and verdict.index in _DECEIVING))
        self.known_until_s = end_s - KNOWN_LATER_S
        if verdict.state == "bad" and verdict.index in _UNUSABLE:
            self._tiles.append((end_s - 1.5 * _TILE_S, verdict.index))
        while self._judged[0][0] < end_s - _KEPT_S:
            self._judged.popleft()
        while self._tiles and self._tiles[0][0] < end_s - _KEPT_S:
            self._tiles.popleft()

    def mark(self, index: str, end_s: float) -> None:
        """Note that the half second in the middle of the second before ``end_s`` is unusable for one more reason."""
        if index in _DECEIVING:
            at = next((place for place, (when_s, _) in enumerate(self._judged) if when_s == end_s), None)
            if at is None:
                self._judged.append((end_s, True))
            else:
                self._judged[at] = (end_s, True)
        begin_s = end_s - 1.5 * _TILE_S
        if not any(known_s == begin_s for known_s, _ in self._tiles):
            self._tiles.append((begin_s, index))

    def doubt_rate(self, words: str, time_s: float) -> None:
        """Note that from now on it sends at another rate than its profile says, or no more (``words`` "")."""
        if words and not self.wrong_rate:
            self._wrong.append((time_s, math.inf))
        elif self.wrong_rate and not words:
            self._wrong[-1] = (self._wrong[-1][0], time_s)
        self.wrong_rate = words

    def deceived_s(self, from_s: float, to_s: float) -> float:
        """Return for how many seconds between two times the signal came from no body."""
        tiles = [begin_s for begin_s, index in self._tiles if index in _DECEIVING]
        return sum(max(min(to_s, begin_s + _TILE_S) - max(from_s, begin_s), 0.0) for begin_s in tiles)

    def deceived(self, times_s: NDArray[np.float64], before_s: float) -> NDArray[np.bool_]:
        """Return at which times, shape (n,), increasing, the signal came from no body within ``before_s`` before."""
        begins_s = np.array([begin_s for begin_s, index in self._tiles if index in _DECEIVING])[:, None]
        return np.logical_or.reduce((times_s > begins_s) & (times_s < begins_s + _TILE_S + before_s), axis=0)

    @property
    def deceives(self) -> bool:
        """Whether the sensor is not to be trusted now."""
        return bool(self.wrong_rate) or (bool(self._judged) and self._judged[-1][1])

    def distrusted(self, times_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return at which times, shape (n,), increasing, it was known by then that the sensor is not to be trusted.

        A sensor that is only weak still is.
        """
        found = np.zeros(len(times_s), dtype=np.bool_)
        for from_s, to_s in self._wrong:
            found |= (times_s >= from_s) & (times_s < to_s)
        until_s = math.inf
        for end_s, bad in reversed(self._judged):
            if len(times_s) == 0 or min(until_s, end_s + _HOLDS_S) < times_s[0]:
                break
            if bad:
                found |= (times_s >= end_s) & (times_s < min(until_s, end_s + _HOLDS_S))
            until_s = end_s
        return found

    def between(self, from_s: float, to_s: float) -> tuple[float, str]:
        """Return how many seconds between two times were unusable, and why, in words."""
        wrong_s = sum(max(min(to_s, end_s) - max(from_s, begin_s), 0.0) for begin_s, end_s in self._wrong)
        if wrong_s > 0:
            return wrong_s, _UNUSABLE["rate"]
        inside = [
            (min(to_s, begin_s + _TILE_S) - max(from_s, begin_s), index)
            for begin_s, index in self._tiles
            if begin_s < to_s and begin_s + _TILE_S > from_s
        ]
        total_s = sum(seconds for seconds, _ in inside)
        return total_s, _UNUSABLE[max(inside)[1]] if inside else ""
