"""A calibration at its moments, with numbers as a person gives them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from biofeedback.session.calibration_view import CalibrationView, CheckView, Part, StepView, TrialView

NOW = 1000.0
_NAMES = ("Vastus medialis", "Biceps femoris")


def _steps(at: int, names: tuple[str, str] = _NAMES) -> tuple[StepView, ...]:
    found = (4.0, 412.0, 265.0, 0.4, None)
    kinds = ("rest", "reference", "reference", "pose", "movement")
    seconds = (4.0, 3.0, 3.0, 3.0, 25.0)
    steps = []
    for number, (kind, value, lasts) in enumerate(zip(kinds, found, seconds, strict=True)):
        name = names[number - 1] if kind == "reference" else ""
        state = "good" if number < at else "now" if number == at else "todo"
        steps.append(
            StepView(
                kind=kind,
                state=state,
                seconds=lasts,
                name=name,
                placement=name,
                value=value if number < at else None,
                with_rest=kind == "pose" and at == 0,
            )
        )
    return tuple(steps)


def _curve(pressed_s: float, level: float, rest: float, seed: int = 0) -> tuple[float | None, ...]:
    times = np.arange(-8.0, 0.0, 0.05)
    rng = np.random.default_rng(seed)
    rising = 1.0 / (1.0 + np.exp(-(times + pressed_s) / 0.08))
    return tuple(float(v) for v in rest + level * rising * (1.0 + 0.03 * rng.normal(size=len(times))))


def _view(at: int, part: Part, start_s: float, end_s: float, **known: object) -> CalibrationView:
    shown = {
        "steps": _steps(at), "at": at, "part": part, "part_start_s": NOW + start_s, "part_end_s": NOW + end_s,
        "paused": False, "method": "submaximal", "trials": (), "checks": (), "moved": False, "learned": 0,
        "left_s": 64.0, "curve_start_s": NOW - 8.0, "curve_unit": "µV" if at in (1, 2) else "°/s",
    }  # fmt: skip
    return CalibrationView(**(shown | known))  # type: ignore[arg-type]


def rest() -> CalibrationView:
    """Return the first step in its hold."""
    return _view(0, "hold", -1.6, 2.4, curve=_curve(20.0, 0.3, 0.5))


def maximal(names: tuple[str, str] = _NAMES) -> CalibrationView:
    """Return the second of three maximal trials."""
    trials = (
        TrialView(number=1, state="good", value_uv=412.0, steady_percent=6.0),
        TrialView(number=2, state="now"),
        TrialView(number=3, state="todo"),
    )
    checks = (
        CheckView(name="stronger", state="good", value=38.0, limit=10.0),
        CheckView(name="steady", state="good", value=6.0, limit=25.0),
        CheckView(name="whole", state="good", value=0.0, limit=5.0),
        CheckView(name="repeatable", state="now", limit=90.0),
    )
    return _view(
        1, "hold", -1.4, 1.6, method="mvc", trials=trials, checks=checks, best_uv=412.0, left_s=241.0,
        curve=_curve(1.5, 396.0, 4.0), steps=_steps(1, names),
    )  # fmt: skip


def pause() -> CalibrationView:
    """Return the minute of rest after a weak maximal trial."""
    trials = (
        TrialView(number=1, state="good", value_uv=412.0, steady_percent=6.0),
        TrialView(number=2, state="weak", value_uv=331.0, steady_percent=31.0),
        TrialView(number=3, state="todo"),
    )
    checks = (
        CheckView(name="steady", state="weak", value=31.0, limit=25.0),
        CheckView(name="whole", state="good", value=0.0, limit=5.0),
        CheckView(name="repeatable", state="weak", value=80.0, limit=90.0),
    )
    return _view(
        1, "pause", -18.0, 42.0, method="mvc", trials=trials, checks=checks, best_uv=412.0, left_s=160.0,
        curve=_curve(20.0, 0.0, 4.0),
    )  # fmt: skip


def submaximal() -> CalibrationView:
    """Return the countdown before a submaximal trial."""
    return _view(2, "count", -1.0, 2.0, trials=(TrialView(number=1, state="now"),), curve=_curve(20.0, 0.0, 5.0))


def pose() -> CalibrationView:
    """Return the still pose just after a movement."""
    checks = (CheckView(name="still", state="good", value=0.4, limit=5.0),)
    return _view(3, "hold", -0.5, 2.5, checks=checks, moved=True, left_s=21.0, curve=_curve(20.0, 0.2, 0.5))


def movement() -> CalibrationView:
    """Return the movement with one of two repetitions seen."""
    wave = tuple(float(abs(60 * np.sin(2 * np.pi * t / 4.0))) for t in np.arange(-8.0, 0.0, 0.05))
    checks = (CheckView(name="repetitions", state="now", value=1.0, limit=2.0),)
    return _view(4, "hold", -6.0, 19.0, checks=checks, learned=1, left_s=10.0, curve=wave)


def paused() -> CalibrationView:
    """Return a pause in a countdown."""
    return _view(1, "count", 0.0, 3.0, paused=True, trials=(TrialView(number=1, state="todo"),), curve=(None,) * 160)


def known() -> CalibrationView:
    """Return the rest of a person whose movement is known from three days ago."""
    steps = (*_steps(0)[:4], replace(_steps(0)[4], known="offered"))
    since = (datetime.now().astimezone() - timedelta(days=3)).isoformat()
    return _view(0, "hold", -1.6, 2.4, curve=_curve(20.0, 0.3, 0.5), steps=steps, known_since=since, left_s=34.0)


def reused() -> CalibrationView:
    """Return the rest after the references of before and the last movement were taken."""
    one, first, second, three, four = _steps(0)
    taken = (
        replace(first, state="good", known="taken", value=412.0),
        replace(second, state="good", known="taken", value=265.0),
    )
    steps = (one, *taken, three, replace(four, state="good", known="taken"))
    return _view(0, "hold", -1.6, 2.4, curve=_curve(20.0, 0.3, 0.5), steps=steps, left_s=4.0)


STATES = {
    "rest": rest, "known": known, "reused": reused, "maximal": maximal, "pause": pause, "submaximal": submaximal,
    "pose": pose, "movement": movement, "paused": paused,
}  # fmt: skip
