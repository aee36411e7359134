"""Home as a therapist meets it: what has the focus, what Enter does, how a list of people is searched."""

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from biofeedback.ui.console.home import Home, HomeState, LeftOpen
from biofeedback.ui.console.labels import ElidedText
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.people_table import ACT, RESULT, button_rect
from biofeedback.ui.console.shell import Shell


@pytest.fixture
def home(qtbot, people_scripted):
    def open_home(people=None, size=(1440, 900), scale=1.0, **state):
        shell = Shell(theme="light", text_scale=scale)
        qtbot.addWidget(shell)
        people = people_scripted.clinic() if people is None else people
        shell.add("home", Home)
        shell.resize(*size)
        page = shell.go("home")
        assert isinstance(page, Home)
        page.show_state(HomeState(people=people, now=people_scripted.NOW, **state))
        shell.show()
        qtbot.waitUntil(shell.isActiveWindow)
        page.enter()
        QApplication.processEvents()
        return page

    return open_home


def texts(page):
    shown = [label.text() for label in page.findChildren(QLabel) if label.isVisible()]
    return shown + [line.text for line in page.findChildren(ElidedText) if line.isVisible()]


def test_a_message_of_one_line_stands_in_the_middle_of_its_banner(home):
    banner = home(message="records.db: the disk is full").banner
    title = next(line for line in banner.findChildren(ElidedText) if line.text == "records.db: the disk is full")
    assert abs(title.mapTo(banner, title.rect().center()).y() - banner.rect().center().y()) <= 2


def test_enter_repeats_the_first_person_at_once(home, qtbot):
    page = home()
    with qtbot.waitSignal(page.begin) as asked:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert asked.args[0].person.code == "P-014"


def test_those_of_today_come_first_by_their_time(home):
    page = home()
    assert [tile.overview.person.code for tile in page.tiles] == ["P-014", "P-022", "P-007"]
    assert [one.person.code for one in page.table.shown] == [
        "P-014", "P-022", "P-007", "P-031", "P-019", "P-028", "P-003", "P-011", "P-035",
    ]  # fmt: skip


def test_without_a_plan_for_today_those_seen_last_stand_on_top(home, people_scripted):
    page = home([one for one in people_scripted.clinic() if one.person.next_visit is None])
    assert [tile.overview.person.code for tile in page.tiles] == ["P-031", "P-019", "P-028"]


def test_typing_filters_enter_takes_the_first_hit_and_down_enters_the_list(home, qtbot):
    page = home()
    qtbot.keyClick(page, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.search.hasFocus()
    qtbot.keyClicks(page.search, "knee week")
    assert [one.person.code for one in page.table.shown] == ["P-014", "P-028"]
    with qtbot.waitSignal(page.begin) as asked:
        qtbot.keyClick(page.search, Qt.Key.Key_Return)
    assert asked.args[0].person.code == "P-014"
    qtbot.keyClick(page.search, Qt.Key.Key_Down)
    assert page.table.hasFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Down)
    with qtbot.waitSignal(page.begin) as asked:
        qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert asked.args[0].person.code == "P-028"
    qtbot.keyClick(page.table, Qt.Key.Key_Up)
    qtbot.keyClick(page.table, Qt.Key.Key_Up)
    assert page.search.hasFocus()
    qtbot.keyClick(page.search, Qt.Key.Key_Escape)
    assert len(page.table.shown) == 9


def test_nobody_fits_says_so(home, qtbot):
    page = home()
    qtbot.keyClicks(page.search, "zzz")
    assert page.table.shown == []
    assert not page.card.isVisible()
    with qtbot.assertNotEmitted(page.begin):
        qtbot.keyClick(page.search, Qt.Key.Key_Return)


def test_the_card_follows_the_row(home):
    page = home()
    assert "Start step down with the hand rail. Ask about stairs at home." in texts(page.card)
    assert "3, 2 of 10" in texts(page.card)
    page.table.choose(page.table.shown[8].person.id)
    assert "No session yet" in texts(page.card)
    assert not page.card.start_button.isVisible()


@pytest.mark.parametrize(("key", "signal"), [("q", "quick"), ("d", "demo")])
def test_letters_begin_without_a_person(home, qtbot, key, signal):
    page = home()
    with qtbot.waitSignal(getattr(page, signal)):
        qtbot.keyClicks(QApplication.focusWidget(), key)


def test_letters_do_nothing_while_a_name_is_typed(home, qtbot):
    page = home()
    page.search.setFocus()
    with qtbot.assertNotEmitted(page.quick), qtbot.assertNotEmitted(page.demo):
        qtbot.keyClicks(page.search, "qd")
    assert page.search.text() == "qd"


def test_ctrl_n_adds_a_person(home, qtbot):
    page = home()
    with qtbot.waitSignal(page.add):
        qtbot.keyClick(page, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)


def test_the_button_of_a_row_is_where_it_is_painted(home, qtbot):
    page = home()
    table = page.table
    cell = table.visualRect(table.model().index(3, ACT))
    with qtbot.waitSignal(page.begin) as asked:
        qtbot.mouseClick(
            table.viewport(), Qt.MouseButton.LeftButton, pos=button_rect(cell, Look("light", 1.0)).center()
        )
    assert asked.args[0].person.code == "P-031"
    with qtbot.assertNotEmitted(page.begin):
        qtbot.mouseClick(
            table.viewport(),
            Qt.MouseButton.LeftButton,
            pos=table.visualRect(table.model().index(4, RESULT)).center(),
        )
    assert page.card.shown.person.code == "P-019"


def test_the_first_run_offers_one_button(home, qtbot):
    page = home(people=())
    assert "Nobody is here yet. A code is enough to add the first person." in texts(page)
    assert page.empty_button.hasFocus()
    with qtbot.waitSignal(page.add):
        qtbot.keyClick(page.empty_button, Qt.Key.Key_Return)


def test_a_recording_that_was_not_closed_is_offered_and_not_closed_silently(home, qtbot):
    left = (LeftOpen(name="a.recording", who="P-022", when="yesterday 15:41"),)
    page = home(left_open=left)
    assert "One recording was not closed: P-022, yesterday 15:41." in texts(page)
    with qtbot.waitSignal(page.recover):
        qtbot.mouseClick(page.banner.button("Close it and keep it"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(page.later):
        qtbot.mouseClick(page.banner.button("Later"), Qt.MouseButton.LeftButton)


def test_chips_list_those_of_today_and_of_this_week(home, people_scripted):
    page = home()
    page.chips.segment("today").click()
    assert [one.person.code for one in page.table.shown] == ["P-014", "P-022", "P-007"]
    page.chips.segment("week").click()
    assert {one.person.code for one in page.table.shown} == {"P-014", "P-022", "P-007", "P-031", "P-019", "P-028"}
    page.show_state(HomeState(people=people_scripted.clinic()[:5], now=people_scripted.NOW))
    assert page.chips.choice == "week"
    assert page.chips.segment("all").text() == "All 5"


def test_a_newer_list_keeps_who_is_chosen(home, people_scripted):
    page = home()
    page.table.choose(page.table.shown[4].person.id)
    page.show_state(HomeState(people=people_scripted.clinic()[2:], now=people_scripted.NOW))
    assert page.table.current.person.code == "P-019"


def test_five_hundred_people_are_filtered_while_one_types(home, qtbot, people_scripted):
    page = home(people=people_scripted.crowd(500))
    before = time.process_time()
    qtbot.keyClicks(page.search, "person 49")
    fits = [number for number in range(500) if "49" in f"{number:03d}"]
    assert len(page.table.shown) == len(fits) == 15
    assert time.process_time() - before < 3.0  # nine letters


@pytest.mark.parametrize("size", [(800, 500), (1280, 720), (1440, 900), (2560, 1440)])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_everything_stays_inside_at_every_size(home, people_scripted, size, scale):
    page = home(people=people_scripted.long_names(), size=size, scale=scale)
    shown = [tile for tile in page.tiles if tile.isVisible()]
    assert shown
    for widget in [*(tile.button for tile in shown), page.quick_button, page.demo_button, page.add_button, page.search]:
        left = widget.mapTo(page, widget.rect().topLeft()).x()
        assert left >= 0
        assert left + widget.width() <= page.width(), widget
