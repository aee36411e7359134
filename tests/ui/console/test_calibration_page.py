"""The calibration page on scripted states: what is offered from before, and what becomes of it."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from biofeedback.session import commands as ask
from biofeedback.ui.console.calibration_page import CalibrationPage
from biofeedback.ui.console.calibration_parts import StepRow
from biofeedback.ui.console.labels import ElidedText
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.showcase import calibration


@pytest.fixture
def opened(qtbot):
    def open_page(state, size=(1280, 720)):
        shell = Shell(theme="light")
        qtbot.addWidget(shell)
        shell.resize(*size)
        shell.add("calibration", CalibrationPage)
        page = shell.go("calibration")
        shell.show()
        page.show_calibration(calibration.STATES[state](), calibration.NOW)
        QApplication.processEvents()
        asked = []
        page.ask.connect(asked.append)
        return shell, page, asked

    return open_page


def lines(page):
    return [[text.text for text in row.findChildren(ElidedText)] for row in page.findChildren(StepRow)]


def test_what_is_known_is_offered_with_its_reason_and_taken_with_one_press(opened):
    shell, page, asked = opened("known")
    assert page.use_last.text() == "Use last movement"
    assert page._known.text().startswith("Known from 3 days ago: how this person moves.")
    page.use_last.click()
    QTest.keyClick(shell, Qt.Key.Key_L)
    assert asked == [ask.UseLast(), ask.UseLast()]


def test_in_a_narrow_window_the_foot_offers_it(opened):
    _, page, asked = opened("known", (840, 600))
    assert not page.use_last.isVisible()
    (button,) = [one for one in page.foot().others if one.text == "Use last movement"]
    button.act()
    assert asked == [ask.UseLast()]


def test_what_was_taken_says_where_it_is_from(opened):
    _, page, _ = opened("reused")
    assert not page.use_last.isVisible()
    assert lines(page)[1:] == [
        ["2 Vastus medialis", "412 µV as before"],
        ["3 Biceps femoris", "265 µV as before"],
        ["4 Still pose", "taken with the rest"],
        ["5 Two good repetitions", "as last time"],
    ]


def test_a_rest_of_muscles_alone_speaks_of_muscles_and_not_of_angles(opened):
    _, page, _ = opened("rest", (1440, 900))
    assert "Angles" in page._out_words.text()
    muscles = replace(calibration.rest(), curve_unit="µV", curve=(4.0,) * 160)
    page.show_calibration(muscles, calibration.NOW)
    assert "Angles" not in page._out_words.text()
    assert page.curve.accessibleName() == "Signal: 4 µV"


def test_with_large_text_the_curve_does_not_run_into_the_trials(opened):
    shell, _, _ = opened("maximal", (1440, 900))
    shell.set_look(text_scale=2.0)
    page = shell.page
    page.show_calibration(calibration.STATES["maximal"](), calibration.NOW)
    for _ in range(4):
        QApplication.processEvents()
    assert page.curve.isVisible()
    bottom = page.curve.mapTo(page, page.curve.rect().bottomLeft()).y()
    assert bottom < page.trials.mapTo(page, page.trials.rect().topLeft()).y()


def test_nothing_is_offered_of_a_new_person(opened):
    _, page, _ = opened("rest")
    assert not page.use_last.isVisible()
    assert page._known.text().startswith("Electrodes move")


def test_a_step_that_is_done_is_done_again_with_one_press(opened):
    _, page, asked = opened("pose")
    page.show_calibration(calibration.STATES["pose"](), calibration.NOW + 0.1)
    second = page.findChildren(StepRow)[1]
    second.button.click()
    assert asked == [ask.RedoStep(1)]
