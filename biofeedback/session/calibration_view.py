"""What a window may know of the calibration: steps, the trial that goes on, how good it is. Words are the window's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["rest", "reference", "pose", "movement"]
Method = Literal["mvc", "submaximal"]
Part = Literal["count", "hold", "pause", "settled"]
Done = Literal["todo", "now", "good", "weak", "skipped"]
CurveUnit = Literal["µV", "°/s"]
CheckName = Literal["quiet", "still", "stronger", "steady", "whole", "repeatable", "repetitions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One thing that makes a trial good: its value (µV, °/s, dB, %, a count) and the limit it is held against."""

    name: CheckName
    state: Done
    value: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialView:
    """One contraction: its reference in µV once it is over."""

    number: int
    state: Done
    value_uv: float | None = None
    steady_percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step; ``placement`` and ``name`` are those of the muscle, ``value`` is in µV or °/s.

    ``known``: what was measured before is offered in its place, or was taken. ``with_rest``: a rest that goes on or is
    to come will do for it if it is still enough.
    """

    kind: Kind
    state: Done
    seconds: float
    placement: str = ""
    name: str = ""
    value: float | None = None
    known: Literal["", "offered", "taken"] = ""
    with_rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationView:
    """The calibration as it stands; times are host clock seconds.

    ``part_end_s`` is when the countdown, the hold or the pause ends. ``curve`` is what the muscle (µV; at rest
    without motion sensors the loudest) or the fastest sensor (°/s) did since ``curve_start_s``, a value every
    ``curve_step_s``; None where there is none. ``left_s`` is how long all that is left will take. ``known_since`` is
    when the movement was seen that is offered, ISO with a zone.
    """

    steps: tuple[StepView, ...]
    at: int
    part: Part
    part_start_s: float
    part_end_s: float
    paused: bool
    method: Method
    trials: tuple[TrialView, ...]
    checks: tuple[CheckView, ...]
    moved: bool
    learned: int
    left_s: float
    best_uv: float | None = None
    curve: tuple[float | None, ...] = ()
    curve_start_s: float = 0.0
    curve_step_s: float = 0.05
    curve_unit: CurveUnit = "°/s"
    known_since: str = ""
