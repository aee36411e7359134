"""The two windows of one session."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from biofeedback.session.commands import SetLanguage
from biofeedback.session.link import WindowSide
from biofeedback.session.promptness import settle
from biofeedback.ui.console.window import ConsoleWindow
from biofeedback.ui.language import language
from biofeedback.ui.patient.window import PatientWindow
from biofeedback.ui.settings import Settings

_WATCH_MS = 200
_PICTURE_EVERY_S = 2.0
_PATIENT_SIZE, _CONSOLE_SIZE = (1920, 1080), (1440, 900)


class SessionWindows(QObject):
    """The two windows of one session; says when it is over."""

    over = Signal()

    def __init__(
        self,
        client: WindowSide,
        *,
        pictures: Path | None = None,
        until_over: bool = False,
        offscreen: bool,
        came_back: bool,
        settings: Settings | None = None,
    ) -> None:
        super().__init__()
        settings = settings or Settings()
        self._client, self._pictures, self._until_over = client, pictures, until_over
        self.console = ConsoleWindow(
            client,
            theme=settings.theme or None,
            text_scale=settings.text_scale,
            keys_shown=settings.keys_shown,
            came_back=came_back,
        )
        client.send(SetLanguage(language().code))
        self.patient = PatientWindow(client, screen_name=settings.screen)
        self.console.follow(self.patient.begins)
        self._pictured_s = 0.0
        self._live = False
        self._best = -1
        if offscreen:
            self.console.resize(*_CONSOLE_SIZE)
            self.patient.resize(*_PATIENT_SIZE)
            self.patient.show()
        else:
            self.patient.place()
        self.console.show()
        settle()
        self._timer = QTimer(self, interval=_WATCH_MS)
        self._timer.timeout.connect(self._watch)
        self._timer.start()

    def _watch(self) -> None:
        view = self._client.view()
        if view is not None and view.phase == "live" and not self._live:
            self._live = True
            self.console.reset_paint_stats()
            self.patient.forget_paint_stats()
        if self._pictures is not None and view is not None:
            self._picture()
        over = self._client.ended() if self._until_over else not self.console.isVisible()
        if over:
            self._timer.stop()
            self.over.emit()

    def close(self) -> None:
        """Pull no more, and take the windows away: their session is left, and nothing may be asked of it."""
        self._timer.stop()
        self.console.stop()
        self.patient.close()
        for window in (self.console, self.patient):
            window.hide()
            window.deleteLater()  # and with it what it still meant to do

    def paint_figures(self) -> dict[str, float | None]:
        """Return how painting went since the first set began, in ms, and the patient display's frames a second."""
        patient, console = self.patient.paint_stats(), self.console.paint_stats()
        return {
            "patient_frame_p95": patient.frame_p95_ms,
            "patient_paint_p95": patient.paint_p95_ms,
            "patient_fps": None if patient.frame_p50_ms is None else 1000.0 / patient.frame_p50_ms,
            "console_frame_p95": console.interval_p95,
            "console_paint_p95": console.paint_p95,
        }

    def _picture(self) -> None:
        """Keep the picture that tells most: repetitions done, and the person in the band."""
        view = self._client.view()
        if view is None or self._pictures is None or time.monotonic() - self._pictured_s < _PICTURE_EVERY_S:
            return
        worth = len([r for r in view.repetitions if r.end_s is not None])
        worth = 10 * min(worth, 5) + (5 if view.movement == "hold" else 0) if view.patient.screen == "live" else 0
        if worth < self._best:
            return
        self._best, self._pictured_s = worth, time.monotonic()
        self.console.grab().save(str(self._pictures / "console.png"))
        self.patient.grab().save(str(self._pictures / "patient.png"))
