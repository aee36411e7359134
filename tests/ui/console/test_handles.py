"""The target's handles: every way to move them, and what stops them."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit

from biofeedback.session import commands as ask
from biofeedback.ui.console.handles import TargetHandle
from biofeedback.ui.console.targets import move_edge

SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


def handle_of(window, name, edge):
    return next(h for h in window.findChildren(TargetHandle) if h.accessibleName().startswith(name) and h.edge == edge)


def turn(handle, notches, modifier=Qt.KeyboardModifier.NoModifier):
    middle = QPointF(handle.rect().center())
    delta = QPoint(120 * notches, 0) if modifier == ALT else QPoint(0, 120 * notches)
    event = QWheelEvent(
        middle, handle.mapToGlobal(middle), QPoint(), delta, Qt.MouseButton.NoButton, modifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(handle, event)


@pytest.mark.parametrize(
    ("key", "modifier", "values"),
    [
        (Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier, [("high", 66)]),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier, [("high", 64)]),
        (Qt.Key.Key_Up, SHIFT, [("high", 70)]),
        (Qt.Key.Key_Down, ALT, [("low", 39), ("high", 64)]),
        (Qt.Key.Key_Up, SHIFT | ALT, [("low", 45), ("high", 70)]),
    ],
)
def test_arrows_move_steps(qtbot, console, key, modifier, values):
    window, session = console()
    handle = handle_of(window, "Vastus", "high")
    qtbot.keyClick(handle, key, modifier)
    assert session.sent == [ask.MoveTarget("vastus_medialis", edge, value) for edge, value in values]
    assert handle.text.startswith(str(values[-1][1]))


def test_up_is_up_where_small_values_are_on_top(qtbot, console):
    window, session = console()
    handle = handle_of(window, "Knee", "high")
    before = handle.y()
    for _ in range(4):
        qtbot.keyClick(handle, Qt.Key.Key_Down, SHIFT)
    assert session.sent[-1] == ask.MoveTarget("knee_angle", "high", 32)
    assert handle.y() > before


def test_the_wheel_moves_only_the_handle_under_it(console):
    window, session = console()
    turn(handle_of(window, "Biceps", "high"), 2)
    assert session.sent == [ask.MoveTarget("biceps_femoris", "high", 22)]
    turn(handle_of(window, "Vastus", "low"), -1, SHIFT)
    assert session.sent[1:] == [ask.MoveTarget("vastus_medialis", "low", 35)]
    turn(handle_of(window, "Vastus", "high"), 1, ALT)
    assert session.sent[2:] == [
        ask.MoveTarget("vastus_medialis", "low", 36),
        ask.MoveTarget("vastus_medialis", "high", 66),
    ]


def test_a_wheel_in_small_turns_adds_up(console):
    window, session = console()
    handle = handle_of(window, "Biceps", "high")
    for _ in range(4):
        event = QWheelEvent(
            QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, 30), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(handle, event)
    assert session.sent == [ask.MoveTarget("biceps_femoris", "high", 21)]


def test_a_drag_follows_the_hand(qtbot, console):
    window, session = console()
    handle = handle_of(window, "Biceps", "high")
    start = handle.rect().center()
    qtbot.mousePress(handle, Qt.MouseButton.LeftButton, pos=start)
    assert handle.dragged
    moved = round(10 * handle.pixels_per_unit)
    qtbot.mouseMove(handle, start - QPoint(0, moved))
    qtbot.mouseRelease(handle, Qt.MouseButton.LeftButton)
    assert session.sent
    assert session.sent[-1] == ask.MoveTarget("biceps_femoris", "high", 30)
    assert not handle.dragged


def test_a_double_click_takes_a_number(qtbot, console):
    window, session = console()
    handle = handle_of(window, "Vastus", "high")
    qtbot.mouseDClick(handle, Qt.MouseButton.LeftButton)
    field = handle.findChild(QLineEdit)
    assert field.hasFocus()
    field.selectAll()
    qtbot.keyClicks(field, "72,4 %")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert session.sent == [ask.MoveTarget("vastus_medialis", "high", 72)]


def test_escape_leaves_the_number_and_nothing_else(qtbot, console):
    window, session = console()
    handle = handle_of(window, "Vastus", "high")
    qtbot.mouseDClick(handle, Qt.MouseButton.LeftButton)
    field = handle.findChild(QLineEdit)
    qtbot.keyClicks(field, "9")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert session.sent == []
    assert handle.hasFocus()


@pytest.mark.parametrize("typed", ["", "far", "1 2"])
def test_what_is_no_number_moves_nothing(qtbot, console, typed):
    window, session = console()
    handle = handle_of(window, "Vastus", "high")
    handle._typed(typed)
    assert session.sent == []


def test_the_narrowest_band_stops_the_handle_and_says_why(qtbot, console):
    window, session = console()
    handle = handle_of(window, "Knee", "high")
    for _ in range(3):
        qtbot.keyClick(handle, Qt.Key.Key_Up, SHIFT)
    assert session.sent[-1] == ask.MoveTarget("knee_angle", "high", 5)
    assert len(session.sent) == 2
    assert "5° wide" in window.page.status.message
    assert handle._stopped == "narrowest"
    qtbot.keyClick(handle, Qt.Key.Key_Down)
    assert handle._stopped == ""


def test_the_scale_ends(qtbot, console):
    window, session = console()
    handle = handle_of(window, "Vastus", "high")
    handle._typed("500")
    assert session.sent == [ask.MoveTarget("vastus_medialis", "high", 100)]
    assert "scale ends" in window.page.status.message


def test_both_edges_stop_together(qtbot, console):
    window, session = console()
    handle = handle_of(window, "Vastus", "high")
    for _ in range(10):
        qtbot.keyClick(handle, Qt.Key.Key_Up, SHIFT | ALT)
    assert session.sent[-2:] == [
        ask.MoveTarget("vastus_medialis", "low", 75),
        ask.MoveTarget("vastus_medialis", "high", 100),
    ]


def test_near_handles_are_spread(console):
    window, _ = console()
    low, high = handle_of(window, "Knee", "low"), handle_of(window, "Knee", "high")
    assert abs(high.y() - low.y()) >= 32
    assert low.geometry().intersected(high.geometry()).isEmpty()


def test_a_page_from_before_the_move_does_not_move_it_back(qtbot, console, pass_time):
    window, session = console()
    handle = handle_of(window, "Biceps", "high")
    qtbot.keyClick(handle, Qt.Key.Key_Up)
    session.change(loss_percent=0.2)
    pass_time(window, session, 0.3)
    assert handle.at == 21
    pass_time(window, session, 1.0)
    session.change(loss_percent=0.3)
    pass_time(window, session, 0.3)
    assert handle.at == 20


def test_the_rule_moves_the_handle(console, pass_time):
    window, session = console()
    lanes = session.page.lanes
    session.change(lanes=(replace(lanes[0], band=(0.0, 10.0)), *lanes[1:]))
    pass_time(window, session)
    assert handle_of(window, "Knee", "high").text == "10°"


def test_screen_readers_read_and_move_the_value(console):
    window, session = console()
    handle = handle_of(window, "Knee", "high")
    interface = QAccessible.queryAccessibleInterface(handle)
    values = interface.valueInterface()
    assert values.currentValue() == 12
    values.setCurrentValue(14)
    assert session.sent == [ask.MoveTarget("knee_angle", "high", 14)]


def test_an_edge_at_the_end_of_the_scale_has_no_handle(console):
    window, _ = console()
    edges = [h.edge for h in window.findChildren(TargetHandle) if h.accessibleName().startswith("Biceps")]
    assert edges == ["high"]


def test_moves_keep_to_the_step(scripted):
    lane = replace(scripted.lanes()[1], step=5.0)
    assert move_edge(lane, lane.band, "high", 71.9).value == 70
    assert move_edge(lane, lane.band, "low", 64.0).stopped == "narrowest"
    assert move_edge(lane, lane.band, "low", -20.0).stopped == "scale"
