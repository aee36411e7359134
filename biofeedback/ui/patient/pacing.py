"""What the display shows at a moment, and how fast it may change.

The person's marker is never held back. State, number and band are: a picture that flickers cannot be read, pulls
attention into the body, and above three flashes a second it is a danger.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np

from biofeedback.exercises.views import View
from biofeedback.feedback.pace import AGREEMENTS
from biofeedback.session.view import STATES, PatientView, Screen
from biofeedback.ui.patient.draw import Shown
from biofeedback.ui.patient.following import Point, Spokesman, Subject, Trail, off_band, way_to_middle

HOLD_STATE_S = 0.35
HOLD_NUMBER_S = 0.5
BAND_EASE_S = 0.4
DOT_FILL_S = 0.16
FADE_S = 0.24
SWAY, SWAY_HZ = 10.0, 0.25
COUNTDOWN_S = 3.0

_EDGE = 0.02  # of the display: so far beyond a path's edge the word changes
_BACK_S, _BACK = 1.2, 0.5  # after the band, below half of the way to it: the person goes back to rest

_AT_ONCE: frozenset[Screen] = frozenset({"paused", "blank", "sensor", "waiting"})
_DOT_STEPS = 8
_FADE_STEPS = 12
_AGREED: dict[str, Shown] = {"none": "idle", "together": "in", "ahead": "slower", "behind": "faster"}

T = TypeVar("T")
Number = tuple[int, bool]
"""Repetitions or steps, or seconds where the second is true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Everything that can be seen, and nothing else: two equal pictures look the same.

    ``seconds`` is what is left of a countdown or rest; ``value`` the goal signal in its own unit. None: not shown.
    ``others`` are the levels of the exercise's other signals, ``leans`` their values, ``other_shown`` the state of the
    first of them, ``subject`` whom the panel speaks of. ``trail`` is the person's line, or dots that lead to the marker
    (x, y); ``now_s`` moves a path, ``pace`` ball and person on a tempo's ring, ``gained`` and ``sway`` a game. ``fade``
    is how far a view has come in over the one before, 1 when it is there.
    """

    view: PatientView
    shown: Shown = "idle"
    level: float | None = None
    value: float | None = None
    number: Number | None = None
    dot: float = 1.0
    seconds: float = 0.0
    others: tuple[float | None, ...] = ()
    leans: tuple[float, float] | None = None
    other_shown: Shown = "idle"
    subject: Subject = "goal"
    trail: tuple[Point, ...] | tuple[tuple[float, float], ...] = ()
    now_s: float = 0.0
    pace: tuple[float, float] = (0.0, 0.0)
    gained: float = 0.0
    sway: float = 0.0
    fade: float = 1.0

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
        self._said = Gate[tuple[Shown, Shown, Number | None]](HOLD_NUMBER_S)
        self._states = Gate[tuple[Shown, Shown]](HOLD_STATE_S)
        self._number = Gate[Number](HOLD_NUMBER_S)
        self._inside_s = -math.inf
        self._spokesman = Spokesman()
        self._trail, self._trail_of = Trail(), ""
        self._band = Band()
        self._level: float | None = None
        self._value: float | None = None
        self._alone = Gate[bool](HOLD_STATE_S)
        self._answered = False
        self._done: int | None = None
        self._filled_s = -math.inf
        self._shown_view: View | None = None
        self._faded_s = -math.inf

    def picture(self, view: PatientView, tick: np.void | None, now_s: float) -> Picture:
        """Return what to show at ``now_s``."""
        self._follow(tick)
        screen = self._screen.pass_on(view.screen, now_s, at_once=view.screen in _AT_ONCE)
        picture = Picture(view=replace(view, screen=screen))
        if screen in ("idle", "ready", "live", "rep_done"):
            picture = replace(self._staged(picture, tick, now_s), fade=self._fade(view.view, now_s))
        else:
            self._shown_view = None
        ends_s = {"ready": view.countdown_end_s, "rest": view.rest_end_s, "calibration": view.rest_end_s}.get(screen)
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
        visible = view.screen != "idle" and not self._alone.pass_on(self._on_their_own(view, tick), now_s)
        shown, other_shown, number = self._say(view, tick, now_s)
        low, high = self._band.at(now_s, view.low, view.high, self._level if view.screen == "live" else None)
        picture = replace(
            picture,
            view=replace(view, low=low, high=high),
            shown=shown,
            other_shown=other_shown,
            level=self._level if visible else None,
            value=self._value if visible else None,
            number=number,
            dot=self._dot(view.done, now_s),
        )
        return picture if tick is None or not visible else self._beside(picture, tick, now_s)

    def _on_their_own(self, view: PatientView, tick: np.void | None) -> bool:
        """Whether the person is not answered any more. When a set begins, the newest tick may be from before it."""
        if view.screen != "live" or tick is None:
            self._answered = False
            return False
        self._answered = self._answered or bool(tick["cue"])
        return self._answered and not tick["cue"]

    def _beside(self, picture: Picture, tick: np.void, now_s: float) -> Picture:
        """Add what only this view shows."""
        view = picture.view
        if view.view != self._trail_of:
            self._trail, self._trail_of = Trail(), view.view
        time_s, level = float(tick["time_s"]), float(tick["level"])
        right, ahead = (float(value) for value in tick["other_value"])
        match view.view:
            case "path":
                self._trail.add(time_s, level, 0.0)
                return replace(picture, trail=self._trail.line(), now_s=now_s)
            case "columns" | "plane" | "order":
                self._trail.add(time_s, float(tick["other_level"][0]), level)
                dots = self._trail.dots(0.8, 4) if view.view == "plane" else ()
                return replace(self._with_other(picture, tick, now_s), trail=dots)
            case "balance":
                self._trail.add(time_s, right, ahead)
                leans = (right, ahead) if math.isfinite(right) and math.isfinite(ahead) else None
                return replace(picture, leans=leans, trail=self._trail.dots(2.0, 7))
            case "tempo":
                return replace(picture, pace=(float(tick["pace"][0]), float(tick["pace"][1])))
            case "kite" | "sluice":
                return replace(picture, gained=float(tick["gained"]), sway=self._sway(picture, now_s))
            case _:
                return picture

    def _with_other(self, picture: Picture, tick: np.void, now_s: float) -> Picture:
        level, view, off = float(tick["other_level"][0]), picture.view, (0.0, 0.0)
        if view.others and picture.level is not None:
            off = off_band(picture.level, (view.low, view.high)), off_band(level, view.others[0])
        return replace(
            picture,
            others=(level if math.isfinite(level) else None,),
            subject=self._spokesman.choose(*off, now_s),
        )

    def _sway(self, picture: Picture, now_s: float) -> float:
        """Return how far a waiting figure has swayed, thousandths: it waits, and never falls."""
        if self._reduced_motion or picture.shown in ("in", "hold") or picture.view.screen != "live":
            return 0.0
        return SWAY * math.sin(2 * math.pi * SWAY_HZ * now_s)

    def _say(self, view: PatientView, tick: np.void | None, now_s: float) -> tuple[Shown, Shown, Number | None]:
        """Return the states and the number, which change together: no seconds beside another word than to hold.

        Where the number runs by itself the word does not wait for it.
        """
        shown, other = _state(view, tick), _other_state(view, tick)
        shown = self._unless_back(view, shown, now_s) if view.path is None else self._on_path(view, shown, tick)
        counting = view.screen == "rep_done" or (view.screen == "live" and self._answered)
        if view.view not in ("balance", "gait"):
            return self._said.pass_on((shown, other, self._counted(view, shown, tick) if counting else None), now_s)
        states = self._states.pass_on((shown, other), now_s)
        number = _running(view, tick) if counting else None
        return *states, None if number is None else self._number.pass_on(number, now_s)

    def _unless_back(self, view: PatientView, shown: Shown, now_s: float) -> Shown:
        """Ask for no more on the way back to rest: it would stand there until the repetition is praised."""
        if shown in ("in", "hold"):
            self._inside_s = now_s
        deep = self._level is not None and self._level < _BACK * view.low
        back = shown == "below" and deep and now_s - self._inside_s < _BACK_S
        return "idle" if back else shown

    def _on_path(self, view: PatientView, shown: Shown, tick: np.void | None) -> Shown:
        """Let the word be of where the marker is drawn: a muscle's swings leave the path while the marker is inside."""
        if shown not in ("below", "in", "above") or tick is None or self._level is None:
            return shown
        within = self._said.value is not None and self._said.value[0] == "in"
        edge, rise = _EDGE if within else 0.0, float(tick["rise"])
        if self._level < view.low + rise - edge:
            return "below"
        return "above" if self._level > view.high + rise + edge else "in"

    def _counted(self, view: PatientView, shown: Shown, tick: np.void | None) -> Number:
        """Return the repetition, or the seconds left to hold."""
        left_s = 0.0 if tick is None or shown != "hold" else float(tick["hold_left_s"])
        if left_s > 0:
            return math.ceil(left_s - 1e-6), True
        before = self._said.value
        if shown == "hold" and before is not None and before[2] is not None and before[2][1]:
            return before[2]
        return _repetition(view)

    def _fade(self, view: View, now_s: float) -> float:
        """Return how far the view has come in over another that stood on the stage before it."""
        if self._shown_view not in (None, view) and not self._reduced_motion:
            self._faded_s = now_s
        self._shown_view = view
        return int(_share(now_s - self._faded_s, FADE_S) * _FADE_STEPS) / _FADE_STEPS

    def _dot(self, done: int, now_s: float) -> float:
        if self._done is not None and done == self._done + 1 and not self._reduced_motion:
            self._filled_s = now_s
        self._done = done
        return round(_share(now_s - self._filled_s, DOT_FILL_S) * _DOT_STEPS) / _DOT_STEPS


def _repetition(view: PatientView) -> Number:
    return view.done if view.screen == "rep_done" else min(view.done + 1, view.of), False


def _running(view: PatientView, tick: np.void | None) -> Number | None:
    """Return the steps done, or the seconds left of what the clock counts; None while that is not known."""
    if view.view == "gait":
        return view.steps_done, False
    if tick is None or float(tick["time_s"]) < view.countdown_end_s:
        return None  # when a set begins, the newest tick is from before it
    left_s = float(tick["left_s"])
    return (math.ceil(left_s - 1e-6), True) if left_s > 0 else _repetition(view)


def _share(since_s: float, whole_s: float) -> float:
    return min(1.0, max(0.0, since_s / whole_s))


def _state(view: PatientView, tick: np.void | None) -> Shown:
    if view.screen != "live" or tick is None or not tick["cue"]:
        return "idle"
    if view.view == "tempo":
        return _AGREED[AGREEMENTS[int(tick["agreement"])]]
    number = int(tick["state"])
    state = STATES[number] if 0 <= number < len(STATES) else "idle"
    if view.view == "balance" and state in ("below", "above"):
        return way_to_middle(float(tick["other_value"][0]), float(tick["other_value"][1]))
    return state


def _other_state(view: PatientView, tick: np.void | None) -> Shown:
    if view.view not in ("columns", "plane", "order") or view.screen != "live" or tick is None or not tick["cue"]:
        return "idle"
    return STATES[int(tick["other_state"][0])]


def _seconds_left(ends_s: float, now_s: float, screen: Screen) -> float:
    left = max(0.0, ends_s - now_s)
    return min(left, COUNTDOWN_S) if screen == "ready" else left
