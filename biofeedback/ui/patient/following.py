"""What the display remembers from tick to tick: the person's own line, and which of two muscles it speaks of."""

from __future__ import annotations

import math
from collections import deque
from typing import Literal

Subject = Literal["goal", "other"]

_KEPT_S = 2.2
_STEP_S = 1 / 60
_HOLD_SUBJECT_S = 0.7

Point = tuple[float, float, float]


class Trail:
    """The last two seconds of where the person was: time, and two coordinates."""

    def __init__(self) -> None:
        self._points: deque[Point] = deque()

    def add(self, time_s: float, x: float, y: float) -> None:
        """Take the newest point; one that is not a number begins a new trail."""
        if not (math.isfinite(x) and math.isfinite(y)):
            self._points.clear()
            return
        if self._points and time_s < self._points[-1][0]:
            self._points.clear()
        if not self._points or time_s - self._points[-1][0] >= _STEP_S - 1e-6:
            self._points.append((time_s, x, y))
        while time_s - self._points[0][0] > _KEPT_S:
            self._points.popleft()

    def line(self) -> tuple[Point, ...]:
        """Return all points, the oldest first."""
        return tuple(self._points)

    def dots(self, seconds: float, count: int) -> tuple[tuple[float, float], ...]:
        """Return up to ``count`` points evenly spaced over the last ``seconds``, without the newest; oldest first."""
        if not self._points:
            return ()
        newest_s, step_s = self._points[-1][0], seconds / count
        grid = [math.floor(newest_s / step_s) * step_s - i * step_s for i in range(count)]  # they do not crawl
        found: list[tuple[float, float]] = []
        for wanted_s in reversed(grid):
            near = min(self._points, key=lambda point: abs(point[0] - wanted_s))
            if abs(near[0] - wanted_s) <= step_s / 2:
                found.append((near[1], near[2]))
        return tuple(found)


class Spokesman:
    """Decides of which of two muscles the panel speaks: the one further from its goal, and not another at once."""

    def __init__(self) -> None:
        self._subject: Subject = "goal"
        self._since_s = -math.inf

    def choose(self, goal_off: float, other_off: float, now_s: float) -> Subject:
        """Take how far each is from its band, 0 inside it; return the one to speak of."""
        wanted: Subject = "other" if other_off > goal_off else "goal"
        if wanted != self._subject and now_s - self._since_s >= _HOLD_SUBJECT_S:
            self._subject, self._since_s = wanted, now_s
        return self._subject


def off_band(level: float, band: tuple[float, float]) -> float:
    """Return how far a level is from a band, 0 inside it."""
    return max(0.0, band[0] - level, level - band[1]) if math.isfinite(level) else 0.0


def way_to_middle(right: float, ahead: float) -> Literal["left", "right", "fore", "back"]:
    """Return where to move from a place beside the middle: along the longer way."""
    if abs(right) > abs(ahead):
        return "left" if right > 0 else "right"
    return "back" if ahead > 0 else "fore"
