"""The steps of a calibration: what an exercise needs, what has come of each, and how long the rest of them takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from biofeedback.exercises.model import Exercise
from biofeedback.session.calibration_checks import Trial, finite
from biofeedback.session.calibration_view import CheckView, Done, Kind, Method, Part, TrialView

COUNT_S, SETTLED_S = 3.0, 0.5
BETWEEN_S: dict[Method, float] = {"mvc": 60.0, "submaximal": 5.0}
TRIALS: dict[Method, tuple[int, int]] = {"mvc": (3, 5), "submaximal": (1, 3)}
_REST_S, _HOLD_S, _POSE_S, _MOVEMENT_S = 4.0, 3.0, 3.0, 25.0
_USUALLY_MOVES_S = 10.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step and how long its hold lasts; ``placement`` is the muscle of a reference."""

    kind: Kind
    seconds: float
    placement: str = ""


def steps_of(exercise: Exercise) -> tuple[Step, ...]:
    """Return what an exercise needs before its first set."""
    used = {placement for signal in exercise.signals for placement in signal.placements}
    muscles = [p.id for p in exercise.placements if p.kind == "emg" and p.id in used]
    turning = [s for s in exercise.signals if s.kind not in ("tilt", "envelope")]
    counted = exercise.signal(exercise.repetition.signal)
    steps = [Step("rest", _REST_S)]
    steps += [Step("reference", _HOLD_S, muscle) for muscle in muscles]
    if turning:
        steps.append(Step("pose", _POSE_S))
    if counted in turning and exercise.repetition.every_s is None:
        steps.append(Step("movement", _MOVEMENT_S))
    return tuple(steps)


@dataclass(slots=True)
class Record:
    """What has come of a step. ``from_last``: it was known before, and not measured again."""

    step: Step
    state: Done = "todo"
    trials: list[Trial] = field(default_factory=list[Trial])
    value: float | None = None
    checks: tuple[CheckView, ...] = ()
    retries: int = 0
    from_last: bool = False


def trial_views(record: Record, part: Part, method: Method) -> tuple[TrialView, ...]:
    """Return the trials of a reference that were made, and those to come."""
    if record.step.kind != "reference":
        return ()
    done = [
        TrialView(
            number=number,
            state="good" if trial.good else "weak",
            value_uv=finite(1e6 * trial.value_v),
            steady_percent=finite(trial.steady_percent),
        )
        for number, trial in enumerate(record.trials, 1)
    ]
    over = part == "settled"
    wanted = len(done) if over else max(TRIALS[method][0], len(done) + 1)
    to_come = [TrialView(number=n, state="todo") for n in range(len(done) + 1, wanted + 1)]
    if to_come and part in ("count", "hold"):
        to_come[0] = replace(to_come[0], state="now")
    return (*done, *to_come)


def is_with_rest(record: Record, records: Sequence[Record], method: Method) -> bool:
    """Tell whether a rest may do for a step: for a pose, if no minutes of maximal contractions come between them."""
    to_come = {one.step.kind for one in records if one.state in ("todo", "now")}
    return record.step.kind == "pose" and "rest" in to_come and not (method == "mvc" and "reference" in to_come)


def left_s(records: Sequence[Record], at: int, part_left_s: float, method: Method) -> float:
    """Return how long what is left will take, the part that goes on included, s."""
    trials, total = TRIALS[method][0], part_left_s
    for index, record in enumerate(records):
        if record.state not in ("todo", "now") or is_with_rest(record, records, method):
            continue
        each = record.step.seconds + COUNT_S + SETTLED_S
        if record.step.kind == "movement":
            each = _USUALLY_MOVES_S
        if record.step.kind == "reference":
            rest = trials - len(record.trials) if index == at else trials
            each = each * max(rest, 0) + BETWEEN_S[method] * max(rest - 1, 0)
        total += 0.0 if index == at and record.step.kind != "reference" else each
    return total
