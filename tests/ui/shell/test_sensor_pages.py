"""The pages of sensors and signal check on rooms as plain values: what they say and ask for, by mouse and keys."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from biofeedback.exercises.sites import SITES
from biofeedback.session.room.commands import Assign, Blink, LetGo, Move, Scan, Use, UseSimulated
from biofeedback.ui.console.body import WIDTH, spots, where
from biofeedback.ui.console.check_row import half_height
from biofeedback.ui.console.sensor_row import bars_of
from biofeedback.ui.console.sensor_side import steps_of
from biofeedback.ui.console.sensors_page import SensorsPage
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.console.signal_check import SignalCheckPage
from biofeedback.ui.showcase.rooms import ROOMS


@pytest.fixture
def opened(qtbot):
    """Open a page in the shell on a room; return both and what is asked for."""

    def open_page(kind, name, size=(1440, 900)):
        asked = []
        window = Shell(theme="light")
        qtbot.addWidget(window)
        window.add("page", kind)
        window.resize(*size)
        window.show()
        qtbot.waitUntil(window.isActiveWindow)
        page = window.go("page")
        for signal in ("ask", "on", "skip", "back", "show_place", "end_session"):
            if hasattr(page, signal):
                one = getattr(page, signal)
                one.connect(lambda *what, signal=signal: asked.append(what[0] if what else signal))
        page.show_room(ROOMS[name])
        settle()
        return window, page, asked

    return open_page


def settle():
    for _ in range(4):
        QApplication.processEvents()


def key(window, which, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(QApplication.focusWidget() or window, which, modifier)
    settle()


# sensors --------------------------------------------------------------------------------------------------------------


def test_the_list_says_what_each_sensor_is_and_does(opened):
    _, page, _ = opened(SensorsPage, "placed")
    rows = page.found.rows
    assert rows["bluetooth:71C4"].text == "1 Thigh, right: Motion 71C4"
    assert rows["bluetooth:5D80"].text == "4 Biceps femoris, right: Weak. Move it closer."
    assert rows["bluetooth:9A7C"].button.text() == "Why"
    assert rows["bluetooth:44E0"].button.text() == "Use"
    assert "All 4 are here, as last time" in page._lead.text


@pytest.mark.parametrize(
    ("sensor", "button", "command"),
    [
        ("bluetooth:44E0", "button", Use("bluetooth:44E0")),
        ("bluetooth:71C4", "button", Blink("bluetooth:71C4")),
        ("bluetooth:71C4", "stop", LetGo("bluetooth:71C4")),
    ],
)
def test_a_rows_buttons_ask_for_what_they_say(opened, qtbot, sensor, button, command):
    _, page, asked = opened(SensorsPage, "placed")
    qtbot.mouseClick(getattr(page.found.rows[sensor], button), Qt.MouseButton.LeftButton)
    assert asked == [command]


def test_an_unknown_device_says_why_and_can_be_tried_as_something(opened, qtbot):
    _, page, asked = opened(SensorsPage, "placed")
    qtbot.mouseClick(page.found.rows["bluetooth:9A7C"].button, Qt.MouseButton.LeftButton)
    settle()
    side = page.sensor_side
    assert side.isVisible()
    assert "phone" in side._why.text()
    assert [side._profile.itemData(i) for i in range(side._profile.count())] == ["witmotion-ble"]  # what is by radio
    qtbot.mouseClick(side.attempt, Qt.MouseButton.LeftButton)
    assert asked == [Use("bluetooth:9A7C", "witmotion-ble")]


def test_a_sensor_that_failed_says_so_where_it_stands(opened):
    _, page, _ = opened(SensorsPage, "failed")
    assert "is not heard" in page.found.rows["bluetooth:44E0"].text


def test_one_that_is_not_in_the_list_is_named_by_hand(opened, qtbot):
    window, page, asked = opened(SensorsPage, "placed")
    qtbot.mouseClick(page.found.add_button, Qt.MouseButton.LeftButton)
    side = page.add_side
    assert not side.connect_it.isEnabled()
    side._profile.setCurrentIndex(side._profile.findData("delsys-trigno"))
    QTest.keyClicks(side.address, " trigno.local ")
    key(window, Qt.Key.Key_Return)
    assert asked == [Use("network:trigno.local", "delsys-trigno")]


def test_keys_scan_blink_choose_and_go_on(opened):
    window, page, asked = opened(SensorsPage, "placed")
    for which in (Qt.Key.Key_R, Qt.Key.Key_B, Qt.Key.Key_3, Qt.Key.Key_I, Qt.Key.Key_Delete, Qt.Key.Key_Return):
        key(window, which)
    assert page.place_side._title.text == "3 Vastus medialis"
    assert asked == [Scan(), Blink(), Blink("bluetooth:3F2A"), Assign("vastus_medialis"), "on"]
    key(window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert asked[-1] == "back"


def test_a_number_is_dragged_to_another_muscle(opened):
    _, page, asked = opened(SensorsPage, "placed")
    marker = page.picture._markers["vastus_medialis"]
    frame = page.picture._frame()
    goal = frame.at(where("rectus_femoris", "left")).toPoint()
    away = goal - marker.geometry().center()
    start = marker.rect().center()
    QTest.mousePress(marker, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(marker, start + away)
    assert marker.geometry().center() == goal
    QTest.mouseRelease(marker, Qt.MouseButton.LeftButton, pos=start)
    assert Move("vastus_medialis", "rectus_femoris", "left") in asked
    assert page._chosen == "vastus_medialis"


def test_a_number_that_falls_beside_the_body_goes_back(opened):
    _, page, asked = opened(SensorsPage, "placed")
    marker = page.picture._markers["thigh"]
    before = marker.pos()
    marker.move(2, 2)
    marker.dropped.emit(marker.geometry().center())
    assert asked == []
    assert marker.pos() == before


def test_arrows_push_a_number_to_the_next_place(opened):
    window, page, asked = opened(SensorsPage, "placed")
    page.picture._markers["thigh"].setFocus(Qt.FocusReason.TabFocusReason)
    key(window, Qt.Key.Key_Down)
    key(window, Qt.Key.Key_Right)
    assert asked[0] == Move("thigh", "shank", "right")
    assert asked[1] == Move("thigh", "thigh", "left")


def test_the_other_side_is_asked_for_every_place(opened, qtbot):
    _, page, asked = opened(SensorsPage, "placed")
    qtbot.mouseClick(page._side.segment("left"), Qt.MouseButton.LeftButton)
    assert [(one.placement, one.side) for one in asked] == [
        ("thigh", "left"), ("shank", "left"), ("vastus_medialis", "left"), ("biceps_femoris", "left"),
    ]  # fmt: skip


def test_another_sensor_for_the_chosen_place(opened):
    _, page, asked = opened(SensorsPage, "placed")
    box = page.place_side._sensor
    words = [box.itemText(i) for i in range(box.count())]
    assert words == ["No sensor", "Motion 71C4", "Motion 0B19"]  # only what measures movement
    box.activated.emit(2)
    box.activated.emit(0)
    assert asked == [Assign("thigh", "bluetooth:0B19", "bluetooth:0B19/imu", 0), Assign("thigh")]


def test_the_foot_says_what_going_on_would_cost(opened):
    window, page, asked = opened(SensorsPage, "missing")
    assert "Vastus medialis would be left out" in window._foot._note.text()
    key(window, Qt.Key.Key_U)
    assert asked == [UseSimulated()]
    page.show_room(ROOMS["needed-missing"])
    assert "Shank is needed" in window._foot._note.text()


def test_without_any_sensor_nothing_can_begin_but_simulated_ones_can_be_taken(opened):
    window, page, asked = opened(SensorsPage, "none-found")
    key(window, Qt.Key.Key_Return)
    assert asked == []
    assert not window._foot.primary.isEnabled()
    assert "Switch it on" in page.found.note.text()


def test_while_a_session_goes_on_places_stand_still_and_the_way_leads_back(opened):
    window, page, asked = opened(SensorsPage, "running")
    page.picture._markers["thigh"].pushed.emit(0, 1)
    assert asked == []
    assert window._foot.primary.text() == "Back to the session"
    assert not page.place_side._sensor.isEnabled()


def test_which_one_moves_is_said(opened):
    _, page, _ = opened(SensorsPage, "moving")
    assert page.found.rows["bluetooth:0B19"].text.endswith("This one moves.")


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720), (1000, 700), (800, 500)])
@pytest.mark.parametrize("name", ["placed", "many-long"])
def test_nothing_is_wider_than_the_window(opened, name, size):
    window, page, _ = opened(SensorsPage, name, size)
    assert window.width() == size[0]
    for row in page.found.rows.values():
        if row.isVisible():
            assert row.button.isHidden() or row.button.mapTo(window, row.button.rect().topRight()).x() < size[0]


def test_every_site_has_its_place_on_the_right_side_of_the_picture():
    for kind in ("imu", "emg"):
        for name, side, point in spots(kind):
            assert SITES[name].kind == kind
            mirror = where(name, "left" if side == "right" else "right")
            assert mirror.x in (point.x, WIDTH - point.x)
            if mirror.x != point.x:  # seen from the back, a person's right is right
                assert (point.x < WIDTH / 2) == ((side == "right") == (point.view == "front"))
    assert {name for kind in ("imu", "emg") for name, _, _ in spots(kind)} == set(SITES)


def test_how_to_place_is_told_in_sentences():
    muscle = steps_of(ROOMS["placed"].places[2])
    assert muscle[0].startswith("Clean the skin")
    assert all(step.endswith(".") for step in muscle)
    assert len(steps_of(replace(ROOMS["placed"].places[0], hint=""))) == 1


def test_bars_follow_the_signal():
    assert [bars_of(dbm) for dbm in (-100, -85, -70, -60, -40)] == [0, 1, 2, 3, 4]


# signal check ---------------------------------------------------------------------------------------------------------


def test_a_good_row_is_quiet_and_a_bad_one_says_what_to_do(opened):
    window, page, _ = opened(SignalCheckPage, "weak")
    good, bad = page.rows["thigh"], page.rows["biceps_femoris"]
    assert not good._action.isVisible()
    assert not good.place_button.isVisible()
    assert bad._action.text() == "Move away from the charger."
    assert bad._word.text() == "Hum"
    assert page._lead.text == "3 of 4 good"
    assert window._foot.primary.text() == "Go on with 3 good"
    assert window._foot._note.text() == "Biceps femoris would get a remark in every score."


def test_nothing_heard_yet_is_not_called_good(opened):
    _, page, _ = opened(SignalCheckPage, "listening")
    assert page.rows["thigh"]._word.text() == "Listening"
    assert page._lead.text == "3 of 4 good"


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("placed", ""),
        ("lost", "Biceps femoris would get no score until it is back."),
        ("missing", "Vastus medialis would be left out."),
    ],
)
def test_it_never_blocks_but_says_the_cost(opened, name, note):
    window, _, asked = opened(SignalCheckPage, name)
    assert window._foot._note.text() == note
    key(window, Qt.Key.Key_Return)
    assert asked == ["on"]


def test_without_what_the_goal_is_counted_from_there_is_no_session(opened):
    window, _, asked = opened(SignalCheckPage, "needed-missing")
    key(window, Qt.Key.Key_Return)
    assert asked == []
    assert "Shank is needed" in window._foot._note.text()


def test_show_place_and_next_sentence(opened, qtbot):
    window, page, asked = opened(SignalCheckPage, "lost")
    qtbot.mouseClick(page.rows["biceps_femoris"].place_button, Qt.MouseButton.LeftButton)
    assert asked == ["biceps_femoris"]
    assert [glyph.state for glyph, _ in page.sayings._lines] == ["now", "todo", "todo"]
    key(window, Qt.Key.Key_N)
    assert [glyph.state for glyph, _ in page.sayings._lines] == ["good", "now", "todo"]


@pytest.mark.parametrize(
    ("most", "half"), [(3.0, 50.0), (51.0, 100.0), (130.0, 200.0), (420.0, 500.0), (501.0, 1000.0)]
)
def test_a_trace_keeps_to_round_scales(most, half):
    assert half_height((-most, 0.0), (0.0, 1.0), 50.0) == half


def test_in_a_session_a_good_sensor_is_not_said_to_have_no_signal_yet(opened):
    """The session has the samples: its lanes show them, and this page only the lights."""
    _, page, _ = opened(SignalCheckPage, "running")
    assert {row.trace.nothing for row in page.rows.values()} == {"Its signal is on the live page"}
    _, page, _ = opened(SignalCheckPage, "listening")
    assert {row.trace.nothing for row in page.rows.values()} == {"No signal yet"}
