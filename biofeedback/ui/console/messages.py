"""The banners the window makes itself; all others come from the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from biofeedback.exercises.model import ExerciseError, find
from biofeedback.session.view import Banner, BannerAction
from biofeedback.ui.console.words import clock
from biofeedback.ui.language import tr

if TYPE_CHECKING:
    from biofeedback.session.unfinished import Unfinished


def set_stopped() -> Banner:
    """Say that a set was stopped and can be taken up again."""
    return Banner(
        kind="info",
        title=tr("Set stopped."),
        detail=tr("Everything is kept. The recording goes on."),
        actions=(BannerAction(command="ReopenSet", label=tr("Go on with it"), key=tr("Ctrl Z")),),
    )


def came_back() -> Banner:
    """Say that the window closed and came back."""
    return Banner(
        kind="info",
        title=tr("This window closed and came back. Nothing was lost."),
        detail=tr("The recording never stopped. Repetitions were counted meanwhile."),
        actions=(BannerAction(command="Read", label=tr("Close"), key="Enter"),),
    )


def paused(lasts_s: float) -> Banner:
    """Say what a pause means, and how long it lasts."""
    return Banner(
        kind="info",
        title=tr("Paused. Cues and sound are off."),
        detail=tr("The recording goes on. This time does not count as active. Paused for {time}.").format(
            time=clock(lasts_s)
        ),
    )


def silent_engine(others: int) -> Banner:
    """Say that the session gives no sign of life, and what happens."""
    return Banner(
        kind="fault",
        title=tr("The session does not answer. Feedback to the patient has stopped."),
        detail=tr(
            "It goes on here as soon as it answers. If not, close this window: the next start offers the recording."
        ),
        actions=(BannerAction(command="Close", label=tr("Close window")),),
        others=others,
    )


def keeping() -> Banner:
    """Say that a session broke off, and that what was recorded is being kept."""
    return Banner(
        kind="info",
        title=tr("The session broke off. What was recorded is being kept…"),
        detail=tr("The sensors are connected again meanwhile."),
    )


def kept(left: Unfinished) -> Banner:
    """Say that what was recorded of a session that broke off is kept, and with what it goes on."""
    return Banner(kind="info", title=tr("The session broke off. What was recorded is kept."), detail=goes_on_with(left))


def goes_on_with(left: Unfinished) -> str:
    """Say with what a session that broke off goes on."""
    if not left.to_come:
        return tr("All sets were done.")
    name = _name(left.to_come[0].exercise)
    if left.sets_over >= left.sets:
        return tr("It goes on with the next exercise: {exercise}.").format(exercise=name)
    number = left.sets_over + 1
    return tr("{exercise} goes on with set {number} of {count}.").format(exercise=name, number=number, count=left.sets)


def nothing_recorded() -> Banner:
    """Say that a session broke off before anything was recorded."""
    return Banner(
        kind="info",
        title=tr("The session broke off before anything was recorded."),
        detail=tr("It begins anew, with the sensors as they sit."),
    )


def not_kept(why: str) -> Banner:
    """Say that what was recorded could not be kept now."""
    return Banner(
        kind="fault",
        title=tr("The session broke off. Its recording is there; Home offers to keep it."),
        detail=why,
    )


def _name(exercise: str) -> str:
    try:
        return tr(find(exercise).name)
    except ExerciseError:
        return exercise
