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
