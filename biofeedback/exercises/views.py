"""What the person may be shown: the views of the patient's display, and which of them an exercise has signals for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from biofeedback.exercises.model import Exercise

View = Literal["column", "limb", "path", "columns", "plane", "balance", "tempo", "kite", "sluice", "order", "gait"]
VIEWS: tuple[View, ...] = (
    "column",
    "limb",
    "path",
    "columns",
    "plane",
    "balance",
    "tempo",
    "kite",
    "sluice",
    "order",
    "gait",
)

GOALS: dict[View, str] = {
    "column": "Bring the bar into the band",
    "limb": "Reach the ring",
    "path": "Stay inside the path",
    "columns": "This one up, that one down",
    "plane": "Move the dot into the corner",
    "balance": "Keep the dot in the middle",
    "tempo": "Move with the ball",
    "kite": "Keep the bar in the band: the kite climbs",
    "sluice": "Keep the bar in the band: the gate opens",
    "order": "First the circle, then the square",
    "gait": "Both steps into the band",
}
"""What is asked for in each view: an effect on the picture, never a part of the body."""

PRAISE: dict[View, str] = {
    "column": "The bar reached the band",
    "limb": "You reached the ring",
    "path": "Mostly inside the path",
    "columns": "The circle reached its band",
    "plane": "The dot went high enough",
    "balance": "The dot reached the middle",
    "tempo": "All the way round",
    "kite": "The bar reached the band",
    "sluice": "The bar reached the band",
    "order": "First the circle, then the square",
    "gait": "Both steps were even",
}
"""What is said of a repetition that reached its goal: no more than was seen of it."""

HELD: dict[View, str] = dict.fromkeys(("column", "kite", "sluice"), "The bar stayed in the band")
"""What is said instead where it was held there as long as asked for."""

MOSTLY: dict[View, str] = {
    **dict.fromkeys(("column", "kite", "sluice"), "The bar was mostly in the band"),
    "balance": "The dot was mostly in the middle",
}
"""What is said instead where the clock counts, and most of the time was spent there."""

PRAISES = frozenset({*PRAISE.values(), *HELD.values(), *MOSTLY.values()})


def praise_in(view: View, own: str, *, held: bool, timed: bool) -> str:
    """Return an exercise's praise as it is true in a view: words of its own stay, a view's usual words follow."""
    if own not in PRAISES:
        return own
    return (HELD if held else MOSTLY if timed else PRAISE).get(view, PRAISE[view])


def said_in(view: View, own: str, usual: dict[View, str]) -> str:
    """Return an exercise's goal as it fits a view: words of its own stay, a view's usual words follow."""
    return usual[view] if own in usual.values() else own


def views_of(exercise: Exercise) -> tuple[View, ...]:
    """Return the views that an exercise can be shown in, the one it begins with first."""
    possible: list[View] = [view for view in VIEWS if _shows(view, exercise)]
    first: list[View] = [view for view in possible if view == exercise.feedback.view]
    return (*first, *(view for view in possible if view not in first))


def _shows(view: View, exercise: Exercise) -> bool:
    others, timed = exercise.feedback.others, exercise.repetition.every_s is not None
    goal = exercise.goal_signal
    shown = [goal, *(signal for signal in exercise.signals if signal.id in others)]
    if exercise.target.path is not None or view == "path":  # the band of the other views stands still
        return view == "path" and exercise.target.path is not None and timed
    if exercise.feedback.view == "gait" or view == "gait":
        return view == "gait" and exercise.feedback.view == "gait" and len(others) == 1 and not timed
    match view:
        case "limb":
            return goal.kind in ("hinge_angle", "inclination", "rotation")
        case "balance":
            return len(others) == 2
        case "columns" | "plane":
            return len(others) == 1
        case "order":
            return len(others) == 1 and not timed and all(signal.kind == "envelope" for signal in shown)
        case "tempo":
            return exercise.tempo is not None and not timed
        case _:
            return True


def unseen(exercise: Exercise) -> str | None:
    """Name the first thing that is missing for the view an exercise begins with, as ``field: what is expected``."""
    feedback = exercise.feedback
    names = [signal.id for signal in exercise.signals if signal.id != exercise.target.signal]
    for name in feedback.others:
        if name not in names:
            return f"feedback.others: {name!r} is not one of the signals beside the goal, {', '.join(names) or 'none'}"
    if exercise.target.path is not None and exercise.repetition.every_s is None:
        return "target.path: repetition.every_s must say how many seconds once along the path takes"
    if feedback.lead_ms[0] >= feedback.lead_ms[1]:
        return "feedback.lead_ms: the first number must be the smaller one"
    views = views_of(exercise)
    if feedback.view not in views:
        return f"feedback.view: {feedback.view!r} needs other signals or times; possible are {', '.join(views)}"
    return None
