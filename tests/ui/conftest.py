"""Windows are tested without a screen, with the fonts the program ships."""

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="session")
def qapp(qapp):
    """Return pytest-qt's application with the bundled fonts loaded."""
    from biofeedback.ui.theme import load_fonts

    load_fonts()
    return qapp


def pytest_collection_modifyitems(items):
    """Let the platform without a screen say that it cannot limit window sizes; any other Qt warning fails the test."""
    for item in items:
        if "tests/ui" in item.path.as_posix():
            item.add_marker(pytest.mark.qt_log_ignore("propagateSizeHints", extend=True))
