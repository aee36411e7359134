"""The banners the window makes itself; all others come from the session."""

from __future__ import annotations

from biofeedback.session.view import Banner, BannerAction
from biofeedback.ui.console.words import clock
from biofeedback.ui.language import tr


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
