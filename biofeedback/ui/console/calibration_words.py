"""What the calibration page says, in words."""

from __future__ import annotations

from datetime import datetime
from math import ceil

from biofeedback.session.calibration_view import CalibrationView, CheckView, Kind, StepView
from biofeedback.ui.console.home_words import ago, minutes
from biofeedback.ui.console.words import THIN, figure
from biofeedback.ui.language import tr


def step_title(step: StepView) -> str:
    """Return the name of a step; that of a reference is its muscle."""
    names: dict[Kind, str] = {
        "rest": tr("Rest"),
        "reference": tr(step.name),
        "pose": tr("Still pose"),
        "movement": tr("Two good repetitions"),
    }
    return names[step.kind]


def step_note(step: StepView, view: CalibrationView) -> str:
    """Return the line under the name of a step: what it asks for, or what was found."""
    if step.state == "skipped":
        return tr("skipped")
    if step.kind == "reference":
        return _reference_note(step)
    if step.kind == "movement" and step.known == "taken":
        return tr("as last time")
    if step.kind == "movement":
        return tr("shows this person's own way") if step.state in ("todo", "now") else tr("learned")
    if step.with_rest:
        return tr("taken with the rest")
    if step.state in ("todo", "now"):
        return tr("{seconds} s still").format(seconds=figure(step.seconds))
    unit = "µV" if step.kind == "rest" and _has_muscles(view) else "°/s"
    found = "" if step.value is None else f"{figure(step.value, 0 if unit == 'µV' else 1)} {unit}, "
    return found + (tr("still") if step.state == "good" else tr("not still"))


def _has_muscles(view: CalibrationView) -> bool:
    return any(step.kind == "reference" for step in view.steps)


def _reference_note(step: StepView) -> str:
    if step.value is None:
        return tr("reference contraction")
    if step.known == "taken":
        return tr("{value} µV as before").format(value=figure(step.value))
    best = tr("best {value} µV").format(value=figure(step.value))
    return best if step.state != "weak" else tr("{best}, weak").format(best=best)


def known(view: CalibrationView, now: datetime) -> tuple[str, str]:
    """Return what is known from before and what is measured all the same, and the button that uses it; "" without."""
    offered = {step.kind for step in view.steps if step.known == "offered"}
    if not offered:
        words = tr(
            "Electrodes move: muscles are measured anew each time. Without it, percent means the highest so far."
        )
        return (words if _has_muscles(view) else ""), ""
    since = ago(datetime.fromisoformat(view.known_since), now) if view.known_since else ""
    if offered == {"reference"}:
        words = tr("Known from before: the references, as long as the electrodes stayed on. Rest is measured again.")
        return words, tr("Use last references")
    if offered == {"movement"}:
        words = tr("Known from {when}: how this person moves. Rest and pose are measured again, as sensors move.")
        if _has_muscles(view):
            words = tr(
                "Known from {when}: how this person moves. Muscles, rest and pose are measured again, as sensors move."
            )
        return words.format(when=since), tr("Use last movement")
    words = tr(
        "Known from {when}: how this person moves. From before: the references, as long as the electrodes stayed on."
    )
    return words.format(when=since), tr("Use last measurements")


def left(view: CalibrationView) -> str:
    """Say about how long all that is left will take."""
    time = minutes(view.left_s) if view.left_s >= 60 else tr("{seconds} s").format(seconds=5 * ceil(view.left_s / 5))
    return tr("about {time} left").format(time=time)


def stage_title(view: CalibrationView) -> str:
    """Return the heading of the step that goes on."""
    return step_title(view.steps[view.at])


def sentence(view: CalibrationView, left_s: float) -> str:
    """Return the one sentence in large letters."""
    kind = view.steps[view.at].kind
    seconds = max(1, round(left_s + 0.4))
    if view.paused:
        return tr("Paused.")
    if view.part == "settled":
        return tr("Taken.") if view.steps[view.at].state == "good" else tr("Taken, but weak.")
    if view.part == "pause":
        return tr("Let go. Rest.")
    if view.part == "count":
        return {
            "rest": tr("Keep still and let go."),
            "reference": tr("Get ready to press."),
            "pose": tr("Get into the pose."),
            "movement": tr("Get ready to move."),
        }[kind]
    more = tr("1 more second.") if seconds == 1 else tr("{count} more seconds.").format(count=seconds)
    return {
        "rest": tr("Keep still. {more}"),
        "reference": tr("Hold. {more}"),
        "pose": tr("Keep still. {more}"),
        "movement": tr("Move there and back, twice."),
    }[kind].format(more=more)


def note(view: CalibrationView) -> str:
    """Return the line under the progress."""
    step = view.steps[view.at]
    if view.paused:
        return tr("The trial begins again when you go on.")
    if view.moved:
        return tr("That was a movement: the count has started again.")
    if step.kind == "reference" and view.part == "pause":
        return tr("Muscles need the pause. Next trial: Enter.")
    if step.kind == "reference" and view.trials:
        now = next((t.number for t in view.trials if t.state == "now"), len(view.trials))
        return tr("Trial {number} of {count}. The person sees the same countdown.").format(
            number=now, count=len(view.trials)
        )
    if step.kind in ("rest", "pose"):
        return tr("If the person moves, the count starts again by itself.")
    return tr("{done} of 2 seen. It goes on by itself.").format(done=min(view.learned, 2))


def say(view: CalibrationView) -> str:
    """Return what to say to the person."""
    step = view.steps[view.at]
    if step.kind == "reference":
        if view.method == "mvc":
            return tr("“Press as hard as you can. Harder. Keep it. And let go.”")
        return tr("“Press as hard as is comfortable. Keep it. And let go.”")
    return {
        "rest": tr("“Let everything go. Stay like this.”"),
        "pose": tr("“Stay as you are. Look at the wall.”"),
        "movement": tr("“Do the movement twice, calmly, as well as you can.”"),
    }[step.kind]


def way_out(view: CalibrationView) -> tuple[str, str, str]:
    """Return heading, words and button of what else can be done here; no button where there is none."""
    if view.steps[view.at].kind != "reference":
        words = tr("Skip this step. Angles then count from how the limb stands at the start.")
        if view.curve_unit == "µV":
            words = tr("Skip this step. Contractions are then not compared with rest.")
        return tr("Not possible?"), words, ""
    if view.method == "mvc":
        return (
            tr("Pain or fresh surgery?"),
            tr("Use the submaximal reference. Results of the two kinds are never compared."),
            tr("Change to submaximal"),
        )
    return (
        tr("Full strength allowed?"),
        tr("A maximal contraction can be repeated better. It takes three trials with 60 s of rest between."),
        tr("Change to maximal"),
    )


def check_title(check: CheckView) -> str:
    """Return what a check looks at."""
    return {
        "quiet": tr("Muscles quiet"),
        "still": tr("Still"),
        "stronger": tr("Stronger than rest"),
        "steady": tr("Steady hold"),
        "whole": tr("Nothing lost"),
        "repeatable": tr("Repeatable"),
        "repetitions": tr("Repetitions"),
    }[check.name]


def check_note(check: CheckView) -> str:
    """Return what a check found, or what it wants."""
    if check.name == "repeatable" and check.state == "now":
        return tr("wants two trials within 10") + f"{THIN}%"
    if check.value is None:
        return tr("no signal")
    limit = 0.0 if check.limit is None else check.limit
    value = figure(check.value, 1 if check.name == "still" else 0)
    words = {
        "quiet": tr("{value} µV, limit {limit}"),
        "still": tr("{value} °/s, limit {limit}"),
        "stronger": tr("{value} dB, at least {limit}"),
        "steady": tr("changes by {value}") + f"{THIN}%" + tr(", limit {limit}"),
        "whole": tr("{value}") + f"{THIN}%" + tr(" missing"),
        "repeatable": tr("the two best agree to {value}") + f"{THIN}%",
        "repetitions": tr("{value} of {limit}"),
    }
    return words[check.name].format(value=value, limit=figure(limit))
