"""Each key sends what it says; text fields keep theirs; Space belongs to the window."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from biofeedback.session import commands as ask
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.handles import TargetHandle

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


KEYS = [
    (Qt.Key.Key_Space, NONE, ask.Pause()),
    (Qt.Key.Key_Z, CTRL, ask.UndoRepetition()),
    (Qt.Key.Key_Z, CTRL | SHIFT, ask.RedoRepetition()),
    (Qt.Key.Key_C, NONE, ask.SetCues(False)),
    (Qt.Key.Key_S, NONE, ask.SetSound(False)),
    (Qt.Key.Key_B, NONE, ask.Blank(True)),
    (Qt.Key.Key_V, SHIFT, ask.SetView("limb", False)),
    (Qt.Key.Key_N, NONE, ask.NextSet()),
    (Qt.Key.Key_Plus, NONE, ask.Harder()),
    (Qt.Key.Key_Minus, NONE, ask.Easier()),
    (Qt.Key.Key_Escape, NONE, ask.StopSet()),
]


@pytest.mark.parametrize("text_scale", [1.0, 2.0])
def test_each_key_sends_its_command(qtbot, console, text_scale):
    window, session = console(text_scale=text_scale)
    for key, modifier, command in KEYS:
        session.sent.clear()
        qtbot.keyClick(window, key, modifier)
        assert session.sent == [command], key


@pytest.mark.parametrize(
    ("state", "command"),
    [("ready", ask.Start()), ("countdown", ask.Pause()), ("paused", ask.Start()), ("rest", ask.Start())],
)
def test_space_starts_pauses_and_goes_on(qtbot, console, state, command):
    window, session = console(state)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert session.sent == [command]


def test_space_never_ends_the_session_but_its_button_does(qtbot, console):
    window, session = console("finished")
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert session.sent == []
    qtbot.mouseClick(window.page.transport.primary_button, Qt.MouseButton.LeftButton)
    assert session.sent == [ask.Finish()]


def test_space_pauses_whatever_control_has_the_focus(qtbot, console):
    window, session = console()
    controls = [
        window.page.transport.stop_button,
        window.page.feedback._cues,
        window.page.feedback._schedule.segment("each"),
        window.page.feedback._volume,
        window.page.preview._views,
        window.page.table.view,
        window.findChildren(TargetHandle)[0],
    ]
    for control in controls:
        control.setFocus(Qt.FocusReason.TabFocusReason)
        assert control.hasFocus(), control
        session.sent.clear()
        qtbot.keyClick(control, Qt.Key.Key_Space)
        assert session.sent == [ask.Pause()], control


def test_enter_presses_the_focused_button(qtbot, console):
    window, session = console()
    window.page.transport.stop_button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(window.page.transport.stop_button, Qt.Key.Key_Return)
    assert session.sent == [ask.StopSet()]


@pytest.mark.parametrize("text_scale", [1.0, 2.0])
def test_the_note_field_keeps_space_letters_and_escape(qtbot, console, text_scale):
    window, session = console(text_scale=text_scale)
    qtbot.keyClick(window, Qt.Key.Key_M)
    note = window.page.transport.note
    assert note.hasFocus()
    qtbot.keyClicks(note, "no pain c+")
    assert note.text() == "no pain c+"
    assert session.sent == []
    qtbot.keyClick(note, Qt.Key.Key_Escape)
    assert session.sent == []
    assert not note.hasFocus()
    assert note.text() == ""


def test_enter_keeps_the_note_as_a_mark(qtbot, console):
    window, session = console()
    qtbot.keyClick(window, Qt.Key.Key_M)
    qtbot.keyClicks(window.page.transport.note, "grimace")
    qtbot.keyClick(window.page.transport.note, Qt.Key.Key_Return)
    assert session.sent == [ask.Mark("grimace")]
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert session.sent[1:] == [ask.Pause()]


def test_escape_does_nothing_where_no_set_goes_on(qtbot, console):
    window, session = console("ready")
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert session.sent == []


def test_a_stopped_set_can_be_taken_up_for_ten_seconds(qtbot, console, scripted, pass_time):
    window, session = console()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    session.page = scripted.page_of("rest")
    pass_time(window, session, 9.0)
    assert window.page.transport.undo_button.text() == "Go on with set 2"
    assert window.page.banner.shown.title == "Set stopped."
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert session.sent == [ask.StopSet(), ask.ReopenSet()]


def test_after_ten_seconds_undo_undoes_a_repetition_again(qtbot, console, scripted, pass_time):
    window, session = console()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    session.page = scripted.page_of("rest")
    pass_time(window, session)
    pass_time(window, session, 10.0)
    assert window.page.banner.isHidden()
    assert window.page.transport.undo_button.text() == "Undo repetition 6"
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert session.sent[1:] == [ask.UndoRepetition()]


def test_t_goes_from_handle_to_handle(qtbot, console):
    window, _ = console()
    seen = []
    for _ in range(5):
        qtbot.keyClick(window, Qt.Key.Key_T)
        seen.append(QApplication.focusWidget().accessibleName())
    assert seen == [
        "Knee angle, lower edge of the target",
        "Knee angle, upper edge of the target",
        "Vastus medialis, lower edge of the target",
        "Vastus medialis, upper edge of the target",
        "Biceps femoris, upper edge of the target",
    ]


def test_a_number_chooses_a_lane_and_t_its_handle(qtbot, console):
    window, _ = console()
    qtbot.keyClick(window, Qt.Key.Key_3)
    assert "Biceps femoris" in window.page.status.message
    qtbot.keyClick(window, Qt.Key.Key_T)
    assert QApplication.focusWidget().accessibleName().startswith("Biceps femoris")


def test_a_number_brings_a_hidden_lane_into_sight(qtbot, console):
    window, _ = console(text_scale=2.0)
    charts = window.page.charts
    assert charts.hidden_below == 1
    assert charts.lane_plot("biceps_femoris").isEmpty()
    qtbot.keyClick(window, Qt.Key.Key_3)
    assert not charts.lane_plot("biceps_femoris").isEmpty()
    assert charts.hidden_below == 0
    qtbot.keyClick(window, Qt.Key.Key_1)
    assert not charts.lane_plot("knee_angle").isEmpty()


def test_f1_shows_the_keys_and_the_session_goes_on(qtbot, console):
    window, session = console()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window._help.isVisible()
    assert not window._help.isModal()
    written = {
        label.accessibleName() for label in window._help.findChildren(object) if hasattr(label, "accessibleName")
    }
    assert {"Key Space", "Key Esc", "Key M", "Key T"} <= written
    qtbot.keyClick(window._help, Qt.Key.Key_Escape)
    assert not window._help.isVisible()
    assert session.sent == []


def test_a_banners_letter_presses_its_button(qtbot, console):
    window, session = console("lost")
    qtbot.keyClick(window, Qt.Key.Key_W)
    assert session.sent == [ask.GoOnWithout("biceps")]


def test_a_banners_letter_works_from_the_table_too_and_ends_with_it(qtbot, console, pass_time):
    window, session = console("lost")
    window.page.table.view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(window.page.table.view, Qt.Key.Key_W)
    assert session.sent == [ask.GoOnWithout("biceps")]
    session.change(banner=None)
    pass_time(window, session)
    qtbot.keyClick(window, Qt.Key.Key_W)
    assert len(session.sent) == 1


def test_enter_in_the_table_tells_a_repetition_in_words(qtbot, console):
    window, _ = console()
    view = window.page.table.view
    view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert window.page.status.message.startswith("Repetition 6, 72")


def test_enter_closes_a_banner_that_asks_for_it(qtbot, console):
    window, session = console("recovered")
    window.page.setFocus()
    qtbot.keyClick(window.page, Qt.Key.Key_Return)
    assert session.sent == [ask.DismissBanner()]


def test_everything_can_be_reached_with_tab(qtbot, console):
    window, _ = console()
    reached, widget = set(), window.page
    for _ in range(1000):
        widget = widget.nextInFocusChain()
        if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            reached.add(widget)
    buttons = [b for b in window.page.findChildren(Button) if b.isVisible() and b.isEnabled()]
    assert set(buttons) <= reached
    assert set(window.findChildren(TargetHandle)) <= reached
    assert window.page.table.view in reached


def test_the_ring_stands_around_the_focus(qtbot, console):
    window, _ = console()
    button = window.page.transport.mark_button
    assert window._ring.isHidden()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert window._ring.isVisible()
    corner = button.mapTo(window.page, button.rect().topLeft())
    assert window._ring.geometry().topLeft() == corner - window._ring.rect().topLeft() - type(corner)(4, 4)
    window.page.setFocus()
    assert window._ring.isHidden()
