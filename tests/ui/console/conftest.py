"""A console on a session that only plays."""

from types import ModuleType

import pytest
from PySide6.QtWidgets import QApplication

from biofeedback.ui.console.window import ConsoleWindow
from biofeedback.ui.showcase import people as showcase_people
from biofeedback.ui.showcase import session as showcase_session


@pytest.fixture(scope="session")
def scripted() -> ModuleType:
    return showcase_session


@pytest.fixture(scope="session")
def people_scripted() -> ModuleType:
    return showcase_people


@pytest.fixture
def console(qtbot, scripted):
    """Open a console: its timer stands still, `pull` makes a frame."""

    def open_console(state="live", size=(1440, 900), theme="light", text_scale=1.0, count=3, **options):
        session = scripted.ScriptedSession(state, count=count)
        window = ConsoleWindow(session, theme=theme, text_scale=text_scale, clock=session.clock, **options)
        window._timer.stop()
        qtbot.addWidget(window, before_close_func=lambda w: setattr(w, "_view", None))
        window.resize(*size)
        window.show()
        qtbot.waitUntil(window.isActiveWindow)
        window.pull()
        for _ in range(3):  # what is laid out asks its parent to be laid out again
            QApplication.processEvents()
        session.sent.clear()
        return window, session

    return open_console


@pytest.fixture
def pass_time():
    """Let time pass and show what it brings."""

    def pass_time(window, session, seconds=0.25):
        session.now_s += seconds
        window.pull()
        QApplication.processEvents()

    return pass_time
