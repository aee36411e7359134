"""The guided calibration before the first set: rest, a reference of each muscle, a still pose, the movement itself.

It runs by itself: a countdown, a hold, and on to the next step when the hold was good; a step that was not is counted
down again. What it takes is an event, so that a replay calibrates itself in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import Exercise
from biofeedback.feedback.rating import OWN_REPETITIONS
from biofeedback.session import commands as ask
from biofeedback.session.calibration_checks import Judge, Sensed, Trial, best_first, repeatable
from biofeedback.session.calibration_steps import (
    BETWEEN_S,
    COUNT_S,
    SETTLED_S,
    TRIALS,
    Record,
    Step,
    is_with_rest,
    left_s,
    steps_of,
    trial_views,
)
from biofeedback.session.calibration_view import (
    CalibrationView,
    CheckView,
    CurveUnit,
    Done,
    Kind,
    Method,
    Part,
    StepView,
)
from biofeedback.session.known import Known
from biofeedback.session.view import GRID_HZ
from biofeedback.stream import Event

__all__ = ["Body", "Calibration", "Step", "steps_of"]

_COUNT_ALONE_S = 0.5
_LATE_S = 0.4  # until the samples of a hold are through the filters
_RETRIES = 2
_ALONE = 0.6
_CURVE_S, _CURVE_STEP = 8.0, 5  # ticks


class Body(Sensed, Protocol):
    """What the calibration looks at: the pipeline."""

    @property
    def learned(self) -> int:
        """Repetitions made so far in the movement step."""
        ...


class Calibration:
    """Leads through the steps. ``alone``: nobody watches, so nothing is counted down for long or done again.

    ``known`` is what `UseLast` puts in place of steps; rest and pose are always taken anew.
    """

    def __init__(
        self,
        exercise: Exercise,
        steps: Sequence[Step],
        body: Body,
        happen: Callable[[Event], None],
        *,
        alone: bool = False,
        known: Known | None = None,
    ) -> None:
        self._known = known or Known()
        self._names = {placement.id: placement.name for placement in exercise.placements}
        self._muscles = [step.placement for step in steps if step.kind == "reference"]
        self._body, self._happen, self._alone = body, happen, alone
        brief = [replace(s, seconds=_ALONE * s.seconds) if alone and s.kind in ("rest", "pose") else s for s in steps]
        self._records = [Record(step) for step in brief]
        self._at: int | None = None
        self._part: Part = "count"
        self._start_s = self._end_s = 0.0
        self._paused_left_s: float | None = None
        self._moved = False
        self._judge = Judge(body)
        self.method: Method = "submaximal"

    @property
    def running(self) -> bool:
        """Whether a step is going on."""
        return self._at is not None

    @property
    def now(self) -> tuple[Kind, Part] | None:
        """The kind of the step that goes on, and its part."""
        return None if self._at is None else (self._records[self._at].step.kind, self._part)

    # what drives it -------------------------------------------------------------------------------------------------

    def begin(self, now_s: float) -> None:
        """Begin with the first step; without steps there is nothing to do."""
        if self._records:
            self._go(0, now_s)

    def watch(self, now_s: float) -> None:
        """Bring what time alone brings."""
        if self._at is None or self._paused_left_s is not None:
            return
        record = self._records[self._at]
        if self._part == "hold":
            self._watch_hold(record, now_s)
        elif now_s >= self._end_s:
            if self._part == "settled":
                self._go(self._next(), now_s)
            else:
                self._hold(record, now_s) if self._part == "count" else self._count(now_s)

    def obey(self, command: ask.CalibrationCommand, now_s: float) -> None:
        """Take a command of the therapist."""
        match command:
            case ask.RedoStep(step=step) if 0 <= step < len(self._records):
                self._redo(step, now_s)
            case ask.RedoTrial() if self._at is not None:
                self._again(self._records[self._at], now_s)
            case ask.SkipStep() if self._at is not None:
                self._skip(now_s)
            case ask.SkipCalibration():
                self.end(now_s)
            case ask.UseLast() if self._at is not None:
                self._use_last(now_s)
            case ask.PauseCalibration(on=on):
                self._pause(on, now_s)
            case ask.SetReference(method=method) if method != self.method:
                self._change_method(method, now_s)
            case ask.GoOn() if self._at is not None and self._part in ("pause", "settled"):
                self._end_s = now_s
            case _:
                pass

    def end(self, now_s: float) -> None:
        """Leave out what is left."""
        if self._at is not None:
            self._break_off(now_s)
        for record in self._records:
            if record.state in ("todo", "now"):
                record.state = "skipped"
        self._go(None, now_s)

    # steps ----------------------------------------------------------------------------------------------------------

    def _next(self) -> int | None:
        return next((i for i, record in enumerate(self._records) if record.state == "todo"), None)

    def _go(self, at: int | None, now_s: float) -> None:
        self._at = at
        if at is None:
            self._paused_left_s = None
        else:
            self._records[at] = Record(self._records[at].step, "now")
            self._count(now_s)

    def _count(self, now_s: float) -> None:
        assert self._at is not None
        waits = 0.0 if self._records[self._at].step.kind == "movement" else COUNT_S
        self._turn("count", now_s, min(waits, _COUNT_ALONE_S) if self._alone else waits)

    def _turn(self, part: Part, now_s: float, seconds: float) -> None:
        self._part, self._start_s, self._end_s, self._moved = part, now_s, now_s + seconds, False

    def _hold(self, record: Record, now_s: float) -> None:
        step = record.step
        self._turn("hold", now_s, step.seconds)
        self._tell("calibrating", now_s, record, step.seconds)
        record.checks = ()

    def _watch_hold(self, record: Record, now_s: float) -> None:
        step = record.step
        if step.kind == "movement":
            if self._body.learned >= OWN_REPETITIONS or now_s >= self._end_s:
                self._take(record, now_s, min(now_s, self._end_s))
            else:
                record.checks = (self._repetitions("now"),)
            return
        held = step.kind in ("rest", "pose") and not self._alone and now_s < self._end_s
        if held and self._judge.moves(step.kind, max(self._start_s + 0.3, now_s - 0.3), now_s):
            self._start_s, self._end_s, self._moved = now_s, now_s + step.seconds, True
        if now_s >= self._end_s + _LATE_S:
            self._take(record, now_s, self._end_s)

    def _take(self, record: Record, now_s: float, end_s: float) -> None:
        """Take what the hold has brought, and go on."""
        step = record.step
        good = self._is_good(record, self._start_s, end_s)
        self._tell("calibrated", now_s, record, end_s - self._start_s, now_s - end_s)
        wanted, most = (1, 1) if self._alone else TRIALS[self.method]
        if step.kind == "reference":
            if len(record.trials) < wanted or (not good and len(record.trials) < most):
                self._turn("pause", now_s, BETWEEN_S[self.method])
                return
        elif not good and not self._alone and record.retries < _RETRIES:
            record.retries += 1
            self._count(now_s)
            return
        if step.kind == "rest":
            self._take_pose_too(now_s, end_s)
        record.state = "good" if good else "weak"
        self._turn("settled", now_s, 0.0 if self._alone else SETTLED_S)

    def _take_pose_too(self, now_s: float, end_s: float) -> None:
        """Take the still pose from the rest, if that was still enough: a person rests where the movement starts."""
        still = self._judge.still("pose", self._start_s, end_s)
        for record in self._records:
            wanted = record.state != "skipped" and is_with_rest(record, self._records, self.method)
            if wanted and still.checks and all(check.state == "good" for check in still.checks):
                record.state, record.value, record.checks = "good", still.value, still.checks
                self._tell("calibrated", now_s, record, end_s - self._start_s, now_s - end_s)

    def _tell(self, kind: str, now_s: float, record: Record, seconds: float, ended_ago_s: float = 0.0) -> None:
        step, trial = record.step, max(1, len(record.trials) + (kind == "calibrating"))
        values = {"step": step.kind, "placement": step.placement, "trial": trial, "method": self.method}
        self._happen(Event(now_s, kind, values | {"seconds": seconds, "ended_ago_s": ended_ago_s}))

    def _redo(self, at: int, now_s: float) -> None:
        if self._at is not None and self._at != at:
            self._break_off(now_s)
            if self._records[self._at].state == "now":
                self._records[self._at].state = "todo"
        self._go(at, now_s)

    def _again(self, record: Record, now_s: float) -> None:
        """Do the trial that goes on, or the last one, again."""
        if self._part in ("pause", "settled") and record.trials:
            record.trials.pop()
        self._break_off(now_s)
        record.state = "now"
        self._count(now_s)

    def _skip(self, now_s: float) -> None:
        assert self._at is not None
        self._break_off(now_s)
        record = self._records[self._at]
        record.state = "weak" if record.trials else "skipped"
        self._go(self._next(), now_s)

    def _break_off(self, now_s: float) -> None:
        """End a hold without taking anything of it."""
        if self._at is not None and self._part == "hold":
            self._happen(Event(now_s, "calibration_left", {"step": self._records[self._at].step.kind}))

    def _pause(self, on: bool, now_s: float) -> None:
        if on and self._paused_left_s is None and self._at is not None:
            self._break_off(now_s)
            self._paused_left_s = self._end_s - now_s if self._part in ("pause", "settled") else 0.0
        elif not on and self._paused_left_s is not None:
            left_s, self._paused_left_s = self._paused_left_s, None
            if self._part in ("pause", "settled"):
                self._end_s = now_s + left_s
            else:
                self._count(now_s)

    def _use_last(self, now_s: float) -> None:
        """Put what is known in place of the steps that would measure it; go on with what is left."""
        at = self._at
        offered = [record for record in self._records if self._offers(record)]
        if at is not None and self._records[at] in offered:
            self._break_off(now_s)
        for record in offered:
            values: dict[str, object] = {"step": record.step.kind, "placement": record.step.placement}
            reference = self._known.references.get(record.step.placement)
            if record.step.kind == "movement" and self._known.movement is not None:
                values |= msgspec.to_builtins(self._known.movement)
            elif reference is not None:
                values |= msgspec.to_builtins(reference)
                record.value, self.method = 1e6 * reference.value_v, reference.method
            record.state, record.from_last, record.checks, record.trials = "good", True, (), []
            self._happen(Event(now_s, "reused", values))
        if at is not None and self._records[at] in offered:
            self._go(self._next(), now_s)

    def _offers(self, record: Record) -> bool:
        """Whether something known can stand in for a step; one kind of reference is kept to."""
        if record.state not in ("todo", "now", "skipped"):
            return False
        if record.step.kind == "movement":
            return self._known.movement is not None
        reference = self._known.references.get(record.step.placement)
        kinds = {one.method for one in self._known.references.values()}
        measured = any(r.step.kind == "reference" and r.trials for r in self._records)
        return reference is not None and (reference.method == self.method or (len(kinds) == 1 and not measured))

    def _change_method(self, method: Method, now_s: float) -> None:
        """Use the other kind of reference from now on; both kinds in one session could not be compared.

        Minutes lie between a rest and the movement where it is a maximal one: then the pose comes after it.
        """
        self.method = method
        stale = ("reference", "pose") if method == "mvc" else ("reference",)
        for index, record in enumerate(self._records):
            if record.step.kind in stale and record.state not in ("todo", "skipped") and index != self._at:
                self._records[index] = Record(record.step)
        if self._at is not None and self._records[self._at].step.kind == "reference":
            self._break_off(now_s)
            self._go(self._at, now_s)

    # how good it was ------------------------------------------------------------------------------------------------

    def _is_good(self, record: Record, from_s: float, to_s: float) -> bool:
        match record.step.kind:
            case "rest":
                judged = self._judge.rest(self._muscles, from_s, to_s)
                record.value, record.checks = judged.value, judged.checks
            case "pose":
                judged = self._judge.still("pose", from_s, to_s)
                record.value, record.checks = judged.value, judged.checks
            case "reference":
                self._add_trial(record, self._judge.trial(record.step.placement, from_s, to_s))
            case "movement":
                record.checks = (self._repetitions("good" if self._body.learned >= OWN_REPETITIONS else "weak"),)
        return all(check.state == "good" for check in record.checks)

    def _add_trial(self, record: Record, trial: Trial) -> None:
        record.trials.append(trial)
        values = best_first(record.trials)
        record.value, record.checks = 1e6 * values[0] if values else None, trial.checks
        if self.method == "mvc" and not self._alone:
            record.checks += (repeatable(values),)

    def _repetitions(self, state: Done) -> CheckView:
        return CheckView(name="repetitions", state=state, value=float(self._body.learned), limit=float(OWN_REPETITIONS))

    # what a window sees ---------------------------------------------------------------------------------------------

    def view(self, now_s: float) -> CalibrationView | None:
        """Return the calibration as it stands; None when none is going on."""
        if self._at is None:
            return None
        record = self._records[self._at]
        held = None if self._paused_left_s is None else now_s + self._paused_left_s
        curve_s = math.floor((now_s - _CURVE_S) * GRID_HZ / _CURVE_STEP) * _CURVE_STEP / GRID_HZ
        values, unit = self._curve(record.step, curve_s, now_s)
        return CalibrationView(
            steps=tuple(self._step_view(one) for one in self._records),
            at=self._at,
            part=self._part,
            part_start_s=self._start_s,
            part_end_s=self._end_s if held is None else held,
            paused=held is not None,
            method=self.method,
            trials=trial_views(record, self._part, self.method),
            checks=record.checks,
            moved=self._moved,
            learned=self._body.learned,
            left_s=left_s(self._records, self._at, max(0.0, self._end_s - now_s), self.method),
            best_uv=record.value if record.step.kind == "reference" and record.trials else None,
            known_since=self._known_since,
            curve=tuple(None if math.isnan(v) else round(v, 1) for v in values[::_CURVE_STEP].tolist()),
            curve_start_s=curve_s,
            curve_step_s=_CURVE_STEP / GRID_HZ,
            curve_unit=unit,
        )

    def _step_view(self, record: Record) -> StepView:
        step = record.step
        return StepView(
            kind=step.kind,
            state=record.state,
            seconds=step.seconds,
            placement=step.placement,
            name=self._names.get(step.placement, ""),
            value=record.value,
            known="taken" if record.from_last else "offered" if self._offers(record) else "",
            with_rest=record.state == "todo" and is_with_rest(record, self._records, self.method),
        )

    @property
    def _known_since(self) -> str:
        return "" if self._known.movement is None else self._known.movement.measured

    def _curve(self, step: Step, from_s: float, now_s: float) -> tuple[NDArray[np.float64], CurveUnit]:
        """Return what the step is about, one value a tick: a muscle, the fastest sensor, or all muscles at rest."""
        turning = self._body.turning_degs(from_s, now_s)
        muscles = [step.placement] if step.kind == "reference" else [] if len(turning) else self._muscles
        if not muscles:
            return turning, "°/s"
        return 1e6 * np.fmax.reduce([self._body.envelope_v(muscle, from_s, now_s) for muscle in muscles]), "µV"
