"""Open the windows on a session: take up the one that is running, or start an engine for a new one."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QLockFile, QMessageLogContext, QObject, QTimer, QtMsgType, Signal, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from biofeedback.cli import folders
from biofeedback.cli.errors import UserError
from biofeedback.cli.plan import EnginePlan
from biofeedback.session import commands as ask
from biofeedback.session.link import WindowSide, attach, start_engine
from biofeedback.ui.console.window import ConsoleWindow
from biofeedback.ui.patient.window import PatientWindow

_log = logging.getLogger(__name__)
_WATCH_MS, _END_S = 200, 30.0
_PICTURE_EVERY_S = 2.0
_PATIENT_SIZE, _CONSOLE_SIZE = (1920, 1080), (1440, 900)


class _Session(QObject):
    """The two windows of one session; says when it is over."""

    over = Signal()

    def __init__(self, client: WindowSide, *, pictures: Path | None, offscreen: bool, came_back: bool) -> None:
        super().__init__()
        self._client, self._pictures, self._offscreen = client, pictures, offscreen
        self.console = ConsoleWindow(client, came_back=came_back)
        self.patient = PatientWindow(client)
        self._pictured_s = 0.0
        self._best = -1
        if offscreen:
            self.console.resize(*_CONSOLE_SIZE)
            self.patient.resize(*_PATIENT_SIZE)
            self.patient.show()
        else:
            self.patient.place()
        self.console.show()
        self._timer = QTimer(self, interval=_WATCH_MS)
        self._timer.timeout.connect(self._watch)
        self._timer.start()

    def _watch(self) -> None:
        view = self._client.view()
        if self._pictures is not None and view is not None:
            self._picture()
        if self._pictures is not None and self._client.ended():
            self._timer.stop()
            self.over.emit()

    def paint_figures(self) -> dict[str, float | None]:
        """Return how painting went, in ms, and the patient display's frames a second."""
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


def _application(offscreen: bool) -> QApplication:
    if offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        qInstallMessageHandler(_without_known_noise)
    application = QApplication.instance() or QApplication([sys.argv[0]])
    assert isinstance(application, QApplication)
    application.setApplicationName("Biofeedback")
    return application


def _without_known_noise(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    """Pass Qt's messages on, but for what the off-screen platform says of every window with a least size."""
    if "propagateSizeHints" not in message:
        _log.warning("%s", message)


def _lock() -> QLockFile:
    lock = QLockFile(str(folders.home() / "window.lock"))
    lock.setStaleLockTime(0)
    if not lock.tryLock(100):
        raise UserError("the program is open already; use the window that is there")
    return lock


def _client(plan: EnginePlan, take_up: bool) -> tuple[WindowSide, bool]:
    """Return the session, and whether it ran already."""
    running = attach(folders.home())
    if running is None:
        return start_engine(folders.home(), ["--plan", msgspec.json.encode(plan).decode()]), False
    if take_up:
        return running, True
    running.close()
    raise UserError("a session is running; open it with: biofeedback")


def show(
    plan: EnginePlan, pictures: Path | None = None, offscreen: bool = False, paint: dict[str, Any] | None = None
) -> int:
    """Show the windows until they are closed or, with ``pictures``, until the session is over.

    ``pictures`` is the folder for ``console.png`` and ``patient.png``; ``paint`` is filled with how painting went.
    """
    lock = _lock()
    client = None
    try:
        application = _application(offscreen)
        client, came_back = _client(plan, take_up=pictures is None)
        session = _Session(client, pictures=pictures, offscreen=offscreen, came_back=came_back)
        session.over.connect(lambda: application.exit(0))
        signal.signal(signal.SIGINT, lambda *_: application.exit(130))
        code = application.exec()
        if paint is not None:
            paint.update(session.paint_figures())
        client.send(ask.Finish())
        if not client.wait_for_end(_END_S):
            raise UserError("the session does not end; its recording can be closed later with: biofeedback recover")
        return code
    finally:
        if client is not None:
            client.close()
        lock.unlock()
