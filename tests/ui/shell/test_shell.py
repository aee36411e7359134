"""The window around the pages: which page, which foot, which keys; by mouse and by keyboard."""

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QScrollArea, QVBoxLayout

from biofeedback.session.view import Banner
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.keys import Key
from biofeedback.ui.console.labels import ElidedText
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.page_protocol import Foot, FootButton, Page
from biofeedback.ui.console.rating import Scale11
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.console.welcome import Welcome
from biofeedback.ui.showcase.therapist import SHOTS


class Plain(Page):
    """A page that tells what happened to it."""

    told = Signal(str)

    def __init__(self, look, name, step, log, back=True):
        super().__init__(look)
        self.step, self.title, self._log, self.name = step, name, log, name
        self.back, self.ready = back, True
        self.field = QLineEdit()
        layout = QVBoxLayout(self)
        layout.addWidget(self.field)

    def foot(self):
        back = FootButton("Back", lambda: self._log.append(f"{self.name} back"), icon="left") if self.back else None
        on = FootButton("Go on", lambda: self._log.append(f"{self.name} on"), icon="right", enabled=self.ready)
        return Foot(on, back=back, note=f"note of {self.name}")

    def keys(self):
        return [Key(("R",), "R", "Say it", lambda: self._log.append(f"{self.name} R"))]

    def enter(self):
        self._log.append(f"{self.name} entered")

    def leave(self):
        self._log.append(f"{self.name} left")


@pytest.fixture
def shell(qtbot):
    log = []
    window = Shell(theme="light")
    qtbot.addWidget(window)
    window.add("sensors", lambda look: Plain(look, "Sensors", "sensors", log))
    window.add("check", lambda look: Plain(look, "Check", "check", log))
    window.show()
    qtbot.waitUntil(window.isActiveWindow)
    window.go("sensors")
    return window, log


def press(window, key, modifier=Qt.KeyboardModifier.NoModifier):
    from PySide6.QtTest import QTest

    QTest.keyClick(QApplication.focusWidget() or window, key, modifier)


def test_pages_come_and_go(shell):
    window, log = shell
    window.go("check")
    assert log == ["Sensors entered", "Sensors left", "Check entered"]
    assert window.windowTitle().startswith("Check")
    assert window.page.isVisible()


def test_a_page_in_sight_that_is_replaced_is_left(shell):
    window, log = shell
    window.add("sensors", lambda look: Plain(look, "New", "sensors", log))
    assert log == ["Sensors entered", "Sensors left", "New entered"]
    assert window.page.isVisible()


def test_enter_presses_the_primary_button_and_alt_left_goes_back(shell):
    window, log = shell
    log.clear()
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert log == ["Sensors on", "Sensors back"]


def test_enter_in_a_text_field_belongs_to_the_field(shell):
    window, log = shell
    log.clear()
    window.page.field.setFocus()
    press(window, Qt.Key.Key_Return)
    press(window, Qt.Key.Key_R)
    assert log == []
    assert window.page.field.text().lower() == "r"


def test_enter_on_a_choice_is_the_primary_buttons(shell):
    """A digit said the pain and left the focus on it: Enter then has to go on, as the button says."""
    window, log = shell
    scale = Scale11(window.look, "Pain")
    window.page.layout().addWidget(scale)
    scale.show()
    scale.choose(3)
    assert QApplication.focusWidget() is scale.steps[3]
    log.clear()
    press(window, Qt.Key.Key_Return)
    assert (log, scale.value) == (["Sensors on"], 3)


def test_a_primary_button_with_a_key_of_its_own_is_not_pressed_by_enter(shell, qtbot):
    window, log = shell
    page = window.page
    page.foot = lambda: Foot(FootButton("Sign", lambda: log.append("signed"), key="Ctrl Enter"))
    page.changed.emit()
    log.clear()
    press(window, Qt.Key.Key_Return)
    assert log == []
    assert window._foot.primary.key == "Ctrl Enter"
    window.show_keys()
    assert "Sign" not in [label.text() for label in window._help.findChildren(QLabel)]


def test_esc_closes_the_help_from_the_window_too(shell):
    window, _ = shell
    window.show_keys()
    window.activateWindow()
    window.page.setFocus()
    press(window, Qt.Key.Key_Escape)
    assert window._help is None


def test_a_long_name_gives_way_to_the_names_of_the_steps(shell):
    window, _ = shell
    window.resize(1440, 900)
    window.show_person("P-2048 Andersson-Bergström-von-Hohenzollern", "Right knee after reconstruction, week 6")
    window.go("check")
    QApplication.processEvents()
    steps = window._top.steps
    assert all(box.width() > 20 for box in steps.boxes())
    assert steps.width() >= steps.least_full
    window.resize(800, 600)
    QApplication.processEvents()
    assert window.width() == 800
    assert steps.width() < steps.least_full


def test_a_primary_button_that_is_off_cannot_be_pressed_in_any_way(shell):
    window, log = shell
    window.page.ready = False
    window.page.changed.emit()
    log.clear()
    press(window, Qt.Key.Key_Return)
    window._foot.primary.click()
    assert log == []
    window.page.ready = True
    window.page.changed.emit()
    window._foot.primary.click()
    assert log == ["Sensors on"]


def test_keys_belong_to_the_page_in_sight(shell):
    window, log = shell
    window.go("check")
    log.clear()
    press(window, Qt.Key.Key_R)
    assert log == ["Check R"]


def test_only_visited_steps_can_be_gone_back_to(shell, qtbot):
    window, _ = shell
    window.go("check")
    steps = window._top.steps
    chosen = []
    window.step_chosen.connect(chosen.append)
    boxes = steps.boxes()
    for place in (4, 1):  # live, which nobody saw yet; sensors
        qtbot.mouseClick(steps, Qt.MouseButton.LeftButton, pos=QPoint(round(boxes[place].center().x()), 12))
    assert chosen == ["sensors"]
    steps.setFocus()
    press(window, Qt.Key.Key_Left)
    press(window, Qt.Key.Key_Return)
    assert chosen == ["sensors", "sensors"]


def test_another_look_makes_the_page_anew_and_stays_there(shell):
    window, _ = shell
    window.go("check")
    old = window.page
    window.set_look(theme="dark", text_scale=1.5)
    assert window.here == "check"
    assert window.page is not old
    assert (window.page.look.theme, window.page.look.scale) == ("dark", 1.5)


def test_a_banner_stands_above_the_foot(shell):
    window, _ = shell
    window.show_banner(Banner(kind="warn", title="A cable is loose.", detail="Push it in."))
    assert window._banner_frame.isVisible()
    window.show_banner(None)
    assert not window._banner_frame.isVisible()


def test_help_lists_the_keys_of_the_page(shell, qtbot):
    window, _ = shell
    press(window, Qt.Key.Key_F1)
    words = {label.text() for label in window._help.findChildren(QLabel)}
    assert {"Say it", "Back", "Go on"} <= words
    window.show_keys()
    assert window._help is None


def test_who_has_a_reason_keeps_the_window_open(shell):
    window, _ = shell
    window.may_close = lambda: False
    assert not window.close()
    window.may_close = lambda: True
    assert window.close()


def opened(qtbot, name, text_scale) -> tuple[Shell, Any]:
    """Show a page of the showcase in a window of 1280 × 800; return window and page."""
    shot = next(shot for shot in SHOTS if shot.name == name)
    window = Shell(theme="light", text_scale=text_scale)
    qtbot.addWidget(window)
    window.resize(1280, 800)
    window.add(shot.name, shot.make)
    page = window.go(shot.name)
    window.show()
    shot.after(page)
    QApplication.processEvents()
    return window, page


@pytest.mark.parametrize(("text_scale", "there"), [(1.0, True), (2.0, False)])
def test_a_foot_has_a_note_only_where_its_words_stand_side_by_side(qtbot, text_scale, there):
    window, _ = opened(qtbot, "session-summary", text_scale)
    assert window._foot._note.text() == "A and P of the note are empty."
    assert window._foot._note.isVisible() == there


@pytest.mark.parametrize("text_scale", [1.0, 2.0])
def test_the_figures_of_a_set_are_whole_words(qtbot, text_scale):
    _, page = opened(qtbot, "set-summary", text_scale)
    top = page._cells.parentWidget()
    cut = [text.text for text in top.findChildren(ElidedText) if text._shown != text.text]
    assert cut == []


def test_a_foot_without_buttons_opens_no_window_of_its_own(qtbot):
    window = Shell(theme="light")
    qtbot.addWidget(window)
    assert window._foot._note.window() is window


def test_a_foot_that_is_too_narrow_leaves_out_icons_and_keys_but_no_word(qtbot):
    window, _ = opened(qtbot, "calibration-pause", 2.0)
    buttons = {button.text(): button for button, _ in window._foot._buttons}
    assert [name for name, button in buttons.items() if button.width() < button._content_width()] == []
    assert buttons["Back"].shown == (False, False)
    assert buttons["Next trial"].shown == (True, True)


def test_a_page_outside_a_session_has_no_way_back_and_no_recording(qtbot):
    window = Shell(theme="light")
    qtbot.addWidget(window)
    window.add("welcome", Welcome)
    window.go("welcome")
    window.show()
    shown = {b.accessibleName() for b in window._top.findChildren(Button) if b.isVisible()}
    assert shown == {"Settings", "Help"}
    assert not window._top._light.isVisible()


def test_a_squeezed_button_gives_up_its_key_then_its_icon_and_never_its_words(qtbot):
    button = Button(Look("light"), "Repeat the last session", icon="left", key="Enter")
    qtbot.addWidget(button)
    seen = []
    for width in range(button.sizeHint().width(), 60, -1):
        button.resize(width, 32)
        if not seen or seen[-1] != button.shown:
            seen.append(button.shown)
            assert button._content_width(*button.shown) <= width or button.shown == (False, False)
    assert seen == [(True, True), (True, False), (False, False)]


def test_the_ring_leaves_what_was_scrolled_out_of_sight(qtbot):
    window, page = opened(qtbot, "session-summary", 2.0)
    qtbot.waitUntil(window.isActiveWindow)
    step = page.pain.steps[0]
    area = next(one for one in page.findChildren(QScrollArea) if one.isAncestorOf(step))
    step.setFocus()
    for shown in (True, False):
        area.ensureWidgetVisible(step) if shown else area.verticalScrollBar().setValue(0)
        window._ring.follow()
        assert window._ring.isVisible() == shown
