"""A console on a session that only plays."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtWidgets import QApplication

from biofeedback.ui.console.window import ConsoleWindow


def _beside(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"console_{name}", Path(__file__).parent / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def scripted() -> ModuleType:
    return _beside("scripted")


@pytest.fixture(scope="session")
def people_scripted() -> ModuleType:
    return _beside("people_scripted")


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
