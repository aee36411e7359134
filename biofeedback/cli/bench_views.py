"""How each view of the patient's display is painted while the therapist's window is painted too."""

from __future__ import annotations

from dataclasses import dataclass

from biofeedback.exercises.views import VIEWS, View

_PATIENT, _CONSOLE = (1920, 1080), (1440, 900)


@dataclass(frozen=True, slots=True)
class ViewPainting:
    """What the patient's display costs in a view: processor time of a frame, and from one frame to the next.

    ``frame_p95_ms`` is None for a view that is painted once a repetition or step.
    """

    view: View
    cost_p95_ms: float | None
    frame_p95_ms: float | None


def measure(seconds: float, offscreen: bool) -> list[ViewPainting]:
    """Show both windows in each view for so long; return what they cost."""
    from biofeedback.cli.qt_application import application

    qt = application(offscreen)
    assert qt is not None
    return [_measure(view, seconds) for view in VIEWS]


def _measure(view: View, seconds: float) -> ViewPainting:
    from PySide6.QtCore import QEventLoop, QTimer

    from biofeedback.ui.console.window import ConsoleWindow
    from biofeedback.ui.patient import PatientWindow
    from biofeedback.ui.showcase.playing import PlayingSession

    client = PlayingSession(view)
    console, patient = ConsoleWindow(client), PatientWindow(client)
    console.follow(patient.begins)
    console.resize(*_CONSOLE)
    patient.resize(*_PATIENT)
    for window in (console, patient):
        window.show()
    loop = QEventLoop()
    QTimer.singleShot(500, patient.forget_paint_stats)
    QTimer.singleShot(round(1000 * seconds) + 500, loop.quit)
    loop.exec()
    stats = patient.paint_stats()
    console.stop()
    patient.close()
    for window in (patient, console):
        window.hide()
        window.deleteLater()
    return ViewPainting(view, stats.paint_p95_ms, stats.frame_p95_ms)
