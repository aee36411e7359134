"""The patient's display in all its views and states: pages and ticks as an engine would give them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PySide6.QtGui import QImage, QPainter

from biofeedback.appearance.tokens import ThemeName
from biofeedback.exercises.model import PathShape
from biofeedback.exercises.views import GOALS, PRAISE, View
from biofeedback.feedback import paths
from biofeedback.feedback.cues import CueRule, State
from biofeedback.feedback.pace import AGREEMENTS
from biofeedback.session.view import STATES, TICK, OrderView, PathView, PatientView, StepView
from biofeedback.ui.language import tr
from biofeedback.ui.patient.composer import Composer
from biofeedback.ui.patient.frame import make_frame
from biofeedback.ui.patient.pacing import Pacer

_FRAME_S = 1 / 60
_LEAD_IN_S = 2.4  # long enough for the longest trail

_STEPS = (("left", 0.40), ("right", 0.72), ("left", 0.46), ("right", 0.69), ("left", 0.45), ("right", 0.74),
          ("left", 0.53), ("right", 0.73))  # fmt: skip
LIMBS: dict[str, tuple[tuple[float, float], float, float]] = {
    "leg": ((4.0, 14.0), 90.0, 0.0),
    "arm": ((80.0, 100.0), 0.0, 110.0),
    "trunk": ((25.0, 40.0), 0.0, 45.0),
}
"""Each limb's target band, and its angle at level 0 and level 1, in degrees."""

TickAt = Callable[[float], np.void]


def page(view: View = "column", **changes: Any) -> PatientView:
    """Return the page of a live set in a view, with whatever is to be different."""
    steps = tuple(StepView(side="left" if side == "left" else "right", level=level) for side, level in _STEPS)
    made = PatientView(
        screen="live",
        view=view,
        limb="leg",
        mirror=False,
        side="right",
        goal=GOALS[view],
        praise=PRAISE[view],
        low=0.56,
        high=0.74,
        band=LIMBS["leg"][0],
        done=3,
        of=8,
        results=(True, False, True),
        levels=(0.6, 0.5, 0.66),
        countdown_end_s=2.0,
        rest_end_s=45.0,
        rest_total_s=60.0,
        set_number=1,
        set_count=3,
        probe_done=1,
        probe_of=3,
        others=((0.04, 0.24),),
        tempo=(3.0, 2.0, 4.0),
        lead_ms=(20.0, 150.0),
    )
    match view:
        case "path":
            way = PathView(shape="ramp", period_s=10.0, rise=0.5, start_s=0.0)
            made = replace(made, low=0.06, high=0.27, path=way)
        case "balance":
            made = replace(made, band=(0.0, 3.0), radius=9.0, others=((0.0, 1.0), (0.0, 1.0)))
        case "columns" | "plane":
            made = replace(made, low=0.60, high=0.84)
        case "order":
            made = replace(made, order=OrderView(lead_ms=92.0, lasted_ms=2400.0))
        case "gait":
            made = replace(made, low=0.64, high=0.84, steps=steps, steps_done=18, done=9, of=25)
        case _:
            pass
    return replace(made, **changes)


def tick(state: State = "idle", level: float = 0.1, value: float = 80.0, **fields: Any) -> np.void:
    """Return one row of `TICK`; fields by their names."""
    row = np.zeros(1, TICK)
    row["state"], row["level"], row["goal_value"], row["cue"] = STATES.index(state), level, value, True
    row["other_level"], row["other_value"] = np.nan, np.nan
    for name, content in fields.items():
        row[name] = content
    return row[0]


def moving(view: PatientView, period_s: float = 5.0) -> TickAt:
    """Return the ticks of a person who moves to and fro through every state of a view, as a function of time."""
    rule, other_rule = CueRule(view.low, view.high, 0.0), CueRule(*(view.others or ((0.0, 1.0),))[0], 0.0)
    rest, top = LIMBS[view.limb][1:]

    def at(time_s: float) -> np.void:
        phase = 2 * math.pi * time_s / period_s
        level = 0.5 - 0.45 * math.cos(phase)
        rise = 0.0
        if view.path is not None:
            share = np.array([(time_s - view.path.start_s) / view.path.period_s])
            rise = view.path.rise * float(paths.rise(view.path.shape, share)[0])
            level = (view.low + view.high) / 2 + rise + 0.16 * math.sin(phase)
            rule.set_band(view.low + rise, view.high + rise)
        lean = 6.0 * math.sin(0.7 * phase), 4.0 * math.cos(1.3 * phase)
        if view.view == "balance":
            level = min(1.0, math.hypot(*lean) / view.radius)
            rule.set_band(0.0, view.band[1] / view.radius)
        cue = rule.decide(time_s, level, "out")
        other = other_rule.decide(time_s, 0.35 - 0.3 * math.cos(0.8 * phase), "out")
        ball = time_s / 9.0 % 1.0
        ahead = 0.06 * math.sin(phase)
        agreement = "together" if abs(ahead) < 0.03 else "ahead" if ahead > 0 else "behind"
        return tick(
            cue.state,
            level,
            rest + (top - rest) * level,
            time_s=time_s,
            arrived_s=time_s,
            rise=rise,
            left_s=12.0 - time_s % 12.0,
            other_level=(other.level, np.nan),
            other_value=lean,
            other_state=(STATES.index(other.state), 0),
            pace=(ball, min(1.0, max(0.0, ball + ahead))),
            agreement=AGREEMENTS.index(agreement),
            gained=time_s / 30.0 % 1.0,
        )

    return at


def steady(row: np.void) -> TickAt:
    """Return ticks that all look the same."""

    def at(time_s: float) -> np.void:
        made = row.copy()
        made["time_s"] = time_s
        return made

    return at


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture of the display: its page, the ticks that led to it, and when it is taken."""

    name: str
    page: PatientView
    ticks: TickAt
    at_s: float = _LEAD_IN_S


def samples() -> Iterator[Sample]:
    """Yield every view in its states, then the screens between."""
    states: tuple[tuple[State, float], ...] = (("below", 0.34), ("in", 0.655), ("above", 0.86), ("idle", 0.1))
    for state, level in states:
        yield Sample(f"column-{state}", page(), steady(tick(state, level)))
    yield Sample("column-sound-off", page(sound=False), steady(tick("in", 0.655)))
    yield Sample("column-hold", page(), steady(tick("hold", 0.655, hold_left_s=2.4)))
    yield from _paths()
    other = {"other_level": (0.44, np.nan), "other_state": (STATES.index("above"), 0)}
    quiet = {"other_level": (0.14, np.nan), "other_state": (STATES.index("in"), 0)}
    for view in ("columns", "plane"):
        yield Sample(f"{view}-less", page(view), steady(tick("in", 0.70, **other)))
        yield Sample(f"{view}-more", page(view), steady(tick("below", 0.40, **quiet)))
        yield Sample(f"{view}-in", page(view), steady(tick("in", 0.72, **quiet)))
    yield Sample("plane-moving", page("plane"), moving(page("plane")), 3.6)
    yield from _limbs()
    for at_s, name in ((2.6, "away"), (4.1, "back"), (5.4, "near")):
        yield Sample(f"balance-{name}", page("balance"), moving(page("balance")), at_s)
    for place, agreement in (((0.74, 0.745), 1), ((0.24, 0.34), 2), ((0.46, 0.38), 3)):
        row = tick("in", 0.6, pace=place, agreement=agreement)
        yield Sample(f"tempo-{AGREEMENTS[agreement]}", page("tempo"), steady(row))
    yield Sample("tempo-waiting", page("tempo"), steady(tick("idle", 0.05)))
    for view in ("kite", "sluice"):
        for gained in (0.0, 0.5, 1.0):
            yield Sample(f"{view}-{gained:.0%}", page(view), steady(tick("in", 0.66, gained=gained)))
        yield Sample(f"{view}-waits", page(view), steady(tick("below", 0.4, gained=0.4)))
    for name, lead_ms in (("in", 92.0), ("early", -52.0), ("late", 240.0), ("unknown", None)):
        shown = page("order", order=OrderView(lead_ms=lead_ms, lasted_ms=2400.0))
        yield Sample(f"order-{name}", shown, steady(tick("idle", 0.05)))
    yield Sample("gait-left-longer", page("gait"), steady(tick("below", 0.5)))
    even = tuple(replace(step, level=0.7 + 0.02 * (i % 3)) for i, step in enumerate(page("gait").steps))
    yield Sample("gait-even", page("gait", steps=even), steady(tick("in", 0.7)))
    yield Sample("gait-first-step", page("gait", steps=even[:1], steps_done=1, done=1), steady(tick("in", 0.7)))
    yield from screens()


def _paths() -> Iterator[Sample]:
    shapes: tuple[tuple[PathShape, float], ...] = (("ramp", 2.6), ("sine", 4.6), ("multisine", 6.1))
    for shape, at_s in shapes:
        view = page("path", path=PathView(shape=shape, period_s=10.0, rise=0.6, start_s=0.0))
        yield Sample(f"path-{shape}", view, moving(view), at_s)


def _limbs() -> Iterator[Sample]:
    for limb, (band, rest, top) in LIMBS.items():
        view = page("limb", limb=limb, band=band)
        far = rest + 0.45 * (top - rest)
        yield Sample(f"limb-{limb}-more", view, steady(tick("below", 0.45, far)))
        yield Sample(f"limb-{limb}-in", view, steady(tick("in", 0.65, sum(band) / 2)))
        yield Sample(f"limb-{limb}-mirrored", replace(view, mirror=True), steady(tick("below", 0.45, far)))


def screens(view: View = "column") -> Iterator[Sample]:
    """Yield what stands between repetitions and sets."""
    still = steady(tick("idle", 0.1))
    results = (False, False, True, True, True, True, True, True)
    done = page(view, done=8, results=results, levels=(0.40, 0.47, 0.66, 0.63, 0.70, 0.68, 0.60, 0.72))
    yield Sample("ready", page(view, screen="ready", done=0, countdown_end_s=_LEAD_IN_S + 1.7), still)
    yield Sample("rep-done", page(view, screen="rep_done", done=4, results=(True,) * 4, levels=(0.66,) * 4), still)
    yield Sample("estimate", replace(done, screen="estimate"), still)
    yield Sample("estimate-given", replace(done, screen="estimate", estimate=2), still)
    yield Sample("set-done", replace(done, screen="set_done"), still)
    yield Sample("rest", replace(done, screen="rest"), still)
    press = page(view, screen="calibration", goal="Press now, as hard as is comfortable", rest_total_s=3.0)
    yield Sample("calibration", replace(press, rest_end_s=_LEAD_IN_S + 1.7), still)
    move = page(view, screen="calibration", goal="Move there and back, twice", rest_total_s=0.0)
    yield Sample("calibration-movement", move, still)
    for screen in ("idle", "probe", "sensor", "paused", "finished", "waiting", "blank"):
        yield Sample(screen, page(view, screen=screen), still)


def picture(
    sample: Sample,
    size: tuple[int, int] = (1920, 1080),
    theme: ThemeName = "light",
    text_scale: float = 1.0,
    *,
    ratio: float = 1.0,
    mirrored: bool = False,
    frames: int = round(_LEAD_IN_S / _FRAME_S),
) -> QImage:
    """Return the picture of a sample, after the ``frames`` that led to it."""
    pacer, composer = Pacer(), Composer(theme)
    times_s = [sample.at_s - (frames - i) * _FRAME_S for i in range(frames + 1)]
    shown = [pacer.picture(sample.page, sample.ticks(time_s), time_s) for time_s in times_s][-1]
    goal, silent = tr(sample.page.goal), not sample.page.sound
    frame = make_frame(*size, ratio=ratio, goal=goal, text_scale=text_scale, mirrored=mirrored, silent=silent)
    composer.show(frame, shown)
    image = QImage(round(size[0] * ratio), round(size[1] * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    composer.paint(painter)
    painter.end()
    return image
