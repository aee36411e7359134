"""Qt's application, for a screen or off it."""

from __future__ import annotations

import logging
import os
import sys

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

_log = logging.getLogger(__name__)


def application(offscreen: bool) -> QApplication:
    """Return Qt's application."""
    os.environ.setdefault("QT_QPA_UPDATE_IDLE_TIME", "0")  # paint when asked to, not 5 ms later
    # Fill areas on the thread that paints. Helpers save little on areas this small, and a frame waits for the last of
    # them while the engine has its processor.
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
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
