"""The choice of exercises by keyboard: Enter adds what was looked for, and goes on where nothing is typed."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from biofeedback.exercises.model import library
from biofeedback.ui.console.exercise_choice import Choice, ExerciseChoice
from biofeedback.ui.console.shell import Shell


@pytest.fixture
def choice(qtbot):
    shell = Shell(theme="light")
    qtbot.addWidget(shell)
    shell.add("exercises", lambda look: ExerciseChoice(look, Choice(library=tuple(library().values()))))
    shell.show()
    qtbot.waitUntil(shell.isActiveWindow)
    page = shell.go("exercises")
    gone_on = []
    page.go_on.connect(gone_on.append)
    return page, gone_on


def test_enter_adds_the_first_that_fits_and_goes_on_once_nothing_is_typed(choice, qtbot):
    page, gone_on = choice
    qtbot.keyClick(page.search, Qt.Key.Key_Return)
    assert (page.chosen, gone_on) == ([], [])  # nothing chosen, nothing asked for
    qtbot.keyClicks(page.search, "knee ext")
    qtbot.keyClick(page.search, Qt.Key.Key_Return)
    qtbot.keyClicks(page.search, "xyzzy")
    qtbot.keyClick(page.search, Qt.Key.Key_Return)
    assert [one.exercise for one in page.chosen] == ["knee-extension-seated"]
    qtbot.keyClick(page.search, Qt.Key.Key_Escape)
    qtbot.keyClick(page.search, Qt.Key.Key_Return)
    assert [[one.exercise for one in chosen] for chosen in gone_on] == [["knee-extension-seated"]]
    assert len(page.chosen) == 1


def test_down_enters_the_library_at_the_first_that_fits(choice, qtbot):
    page, _ = choice
    qtbot.keyClicks(page.search, "shoulder fl")
    qtbot.keyClick(page.search, Qt.Key.Key_Down)
    shown = [offer for offer in page.offers if offer.isVisible()]
    assert shown[0].button is QApplication.focusWidget()


def test_the_field_says_what_can_be_typed(choice):
    search = choice[0].search
    words = search.fontMetrics().horizontalAdvance(search.placeholderText())
    margins = search.textMargins()
    assert search.width() - margins.left() - margins.right() >= words
