"""What the display shows at a moment, and how fast it may change.

The person's marker is never held back. State, number and band are: a picture that flickers cannot be read, pulls
attention into the body, and above three flashes a second it is a danger.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from biofeedback.session.view import STATES, PatientView, Screen
from biofeedback.ui.patient.draw import Shown

HOLD_STATE_S = 0.35
HOLD_NUMBER_S = 0.5
BAND_EASE_S = 0.4
DOT_FILL_S = 0.16
COUNTDOWN_S = 3.0

_AT_ONCE: frozenset[Screen] = frozenset({"paused", "blank", "sensor"})
_DOT_STEPS = 8

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything that can be seen, and nothing else: two equal pictures look the same.

    ``seconds`` is what is left of a countdown or rest; ``value`` the goal signal in its own unit. None: not shown.
    """

    view: PatientView
    shown: Shown = "idle"
    level: float | None = None
    value: float | None = None
    number: tuple[int, bool] | None = None
    dot: float = 1.0
    seconds: float = 0.0

    @property
    def holding(self) -> bool:
        """Whether the number is seconds."""
        return self.number is not None and self.number[1]


class Gate(Generic[T]):
    """Let a value through at most once in ``hold_s``."""

    def __init__(self, hold_s: float) -> None:
        self._hold_s = hold_s
        self._since_s = -math.inf
        self.value: T | None = None

    def pass_on(self, value: T, now_s: float, *, at_once: bool = False) -> T:
        """Return ``value``, or the one before while that has not been there long enough."""
        if value != self.value and (at_once or self.value is None or now_s - self._since_s >= self._hold_s):
            self.value, self._since_s = value, now_s
        return value if self.value is None else self.value


class Band:
    """The band on the display's scale: it glides to a new place, and only while the person is not in it."""

    def __init__(self) -> None:
        self._start: tuple[float, float] | None = None
        self._goal = (0.0, 0.0)
        self._started_s = 0.0

    def at(self, now_s: float, low: float, high: float, level: float | None) -> tuple[float, float]:
        """Return where the band is shown now; ``level`` is the person's own, None outside a live set."""
        if self._start is None or level is None:
            self._start = self._goal = (low, high)
        current = self._eased(now_s)
        inside = level is not None and current[0] <= level <= current[1]
        if (low, high) != self._goal and not inside:
            self._start, self._goal, self._started_s = current, (low, high), now_s
            current = self._eased(now_s)
        return current

    def _eased(self, now_s: float) -> tuple[float, float]:
        start = self._start or self._goal
        done = min(1.0, max(0.0, (now_s - self._started_s) / BAND_EASE_S))
        if done >= 1.0 or start == self._goal:
            return self._goal
        share = done * done * (3 - 2 * done)
        return start[0] + share * (self._goal[0] - start[0]), start[1] + share * (self._goal[1] - start[1])


class Pacer:
    """Turn the page and the newest tick into the picture that may be shown now."""

    def __init__(self, *, reduced_motion: bool = False) -> None:
        self._reduced_motion = reduced_motion
        self._screen = Gate[Screen](HOLD_STATE_S)
        self._state = Gate[Shown](HOLD_STATE_S)
        self._number = Gate[tuple[int, bool]](HOLD_NUMBER_S)
        self._band = Band()
        self._level: float | None = None
        self._value: float | None = None
        self._done: int | None = None
        self._filled_s = -math.inf

    def picture(self, view: PatientView, tick: np.void | None, now_s: float) -> Picture:
        """Return what to show at ``now_s``."""
        self._follow(tick)
        screen = self._screen.pass_on(view.screen, now_s, at_once=view.screen in _AT_ONCE)
        picture = Picture(view=replace(view, screen=screen))
        if screen in ("idle", "ready", "live", "rep_done"):
            picture = self._staged(picture, tick, now_s)
        ends_s = {"ready": view.countdown_end_s, "rest": view.rest_end_s}.get(screen)
        return picture if ends_s is None else replace(picture, seconds=_seconds_left(ends_s, now_s, screen))

    def _follow(self, tick: np.void | None) -> None:
        if tick is None:
            return
        level, value = float(tick["level"]), float(tick["goal_value"])
        if math.isfinite(level):
            self._level = min(1.0, max(0.0, level))
        if math.isfinite(value):
            self._value = value

    def _staged(self, picture: Picture, tick: np.void | None, now_s: float) -> Picture:
        view = picture.view
        shown = self._state.pass_on(_state(view.screen, tick), now_s)
        visible = view.screen != "idle" and shown != "alone"
        low, high = self._band.at(now_s, view.low, view.high, self._level if view.screen == "live" else None)
        return replace(
            picture,
            view=replace(view, low=low, high=high),
            shown=shown,
            level=self._level if visible else None,
            value=self._value if visible else None,
            number=self._counted(view, shown, tick, now_s),
            dot=self._dot(view.done, now_s),
        )

    def _counted(self, view: PatientView, shown: Shown, tick: np.void | None, now_s: float) -> tuple[int, bool] | None:
        if view.screen not in ("live", "rep_done"):
            return None
        seconds_left = 0.0 if tick is None or shown != "hold" else float(tick["hold_left_s"])
        if seconds_left > 0:
            number = (math.ceil(seconds_left - 1e-6), True)
        else:
            number = (view.done if view.screen == "rep_done" else min(view.done + 1, view.of), False)
        return self._number.pass_on(number, now_s)

    def _dot(self, done: int, now_s: float) -> float:
        if self._done is not None and done == self._done + 1 and not self._reduced_motion:
            self._filled_s = now_s
        self._done = done
        share = min(1.0, max(0.0, (now_s - self._filled_s) / DOT_FILL_S))
        return round(share * _DOT_STEPS) / _DOT_STEPS


def _state(screen: Screen, tick: np.void | None) -> Shown:
    if screen != "live" or tick is None:
        return "idle"
    if not tick["cue"]:
        return "alone"
    number = int(tick["state"])
    return STATES[number] if 0 <= number < len(STATES) else "idle"


def _seconds_left(ends_s: float, now_s: float, screen: Screen) -> float:
    left = max(0.0, ends_s - now_s)
    return min(left, COUNTDOWN_S) if screen == "ready" else left
