"""The widget, the picture function, and the window that pulls."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from biofeedback.session.commands import Estimate, Painted
from biofeedback.session.view import TICK
from biofeedback.ui.patient import PatientDisplay, PatientWindow, render
from biofeedback.ui.patient.estimate import tiles
from biofeedback.ui.patient.figure import FIGURES
from biofeedback.ui.patient.frame import make_frame


@pytest.mark.parametrize("preview", [False, True])
def test_the_widget_shows_the_picture(qtbot, page, tick, pixels, preview):
    size = (316, 178) if preview else (960, 540)
    display = PatientDisplay(preview=preview, theme="dark")
    qtbot.addWidget(display)
    display.resize(*size)
    for step, level in enumerate((0.1, 0.5, 0.3)):
        display.advance(page(), tick("below", level), step / 10)
    grabbed = pixels(display.grab().toImage())
    assert np.array_equal(grabbed, pixels(render(page(), tick("below", 0.3), size, "dark", preview=preview)))


def test_the_widget_works_inside_another(qtbot, page, tick, pixels):
    outer = QWidget()
    qtbot.addWidget(outer)
    inside = PatientDisplay(preview=True)
    layout = QVBoxLayout(outer)
    layout.setContentsMargins(21, 13, 0, 0)
    layout.addWidget(inside)
    outer.resize(337, 191)
    outer.show()
    inside.advance(page(), tick("above", 0.9), 0.0)
    grabbed = pixels(outer.grab().toImage())[13:191, 21:337]
    assert np.array_equal(grabbed, pixels(render(page(), tick("above", 0.9), (316, 178), preview=True)))


def test_the_widget_asks_for_paint_only_when_something_changed(qtbot, page, tick):
    display = PatientDisplay()
    qtbot.addWidget(display)
    display.resize(960, 540)
    assert display.advance(page(), tick("below", 0.3), 0.0)
    assert not display.advance(page(), tick("below", 0.3), 0.1)
    assert display.advance(page(), tick("below", 0.31), 0.2)


def test_what_changed_is_painted_without_being_asked_again(qtbot, page, tick):
    display, paints = PatientDisplay(), []
    qtbot.addWidget(display)
    display.resize(960, 540)
    display.show()
    display.advance(page(), tick("below", 0.3), 0.0)
    qtbot.wait(50)
    display.painted = paints.append
    display.advance(page(), tick("below", 0.3), 0.1)
    qtbot.wait(50)
    assert not paints
    display.advance(page(), tick("below", 0.5), 0.2)
    qtbot.waitUntil(lambda: len(paints) == 1)


def test_theme_and_text_scale_change_at_once(qtbot, page, tick, pixels):
    display = PatientDisplay()
    qtbot.addWidget(display)
    display.resize(960, 540)
    display.advance(page(), tick("below", 0.3), 0.0)
    display.set_theme("patient_contrast")
    display.set_text_scale(1.5)
    expected = render(page(), tick("below", 0.3), (960, 540), "patient_contrast", 1.5)
    assert np.array_equal(pixels(display.grab().toImage()), pixels(expected))


def test_a_display_that_was_told_nothing_is_empty(qtbot, pixels):
    display = PatientDisplay(theme="dark")
    qtbot.addWidget(display)
    display.resize(320, 180)
    assert len(np.unique(pixels(display.grab().toImage()).reshape(-1, 3), axis=0)) == 1


def test_a_change_of_view_fades_in_within_240_ms_and_ends_in_the_new_one(qtbot, page, tick, pixels):
    size, at = (640, 360), {view: page(view=view) for view in ("column", "limb")}
    display = PatientDisplay()
    qtbot.addWidget(display)
    display.resize(*size)
    seen = []
    for view, now_s in (("column", 1.0), ("limb", 2.0), ("limb", 2.12), ("limb", 2.25)):
        display.advance(at[view], tick("below", 0.3), now_s)
        seen.append(pixels(display.grab().toImage()).astype(float))
    old, start, half, new = seen
    stage = np.s_[70:330, 40:380]
    assert np.array_equal(new, pixels(render(at["limb"], tick("below", 0.3), size)))
    assert np.array_equal(start[stage], old[stage])
    assert not np.array_equal(old[stage], new[stage])
    assert np.abs(half[stage] - (old[stage] + new[stage]) / 2).max() <= 2
    assert not display.advance(at["limb"], tick("below", 0.3), 2.4)


def test_with_reduced_motion_a_view_is_cut(qtbot, page, tick, pixels):
    display = PatientDisplay(reduced_motion=True)
    qtbot.addWidget(display)
    display.resize(640, 360)
    for view, now_s in (("column", 1.0), ("limb", 2.0)):
        display.advance(page(view=view), tick("below", 0.3), now_s)
    expected = render(page(view="limb"), tick("below", 0.3), (640, 360))
    assert np.array_equal(pixels(display.grab().toImage()), pixels(expected))


def test_a_mirrored_limb_turns_the_stage_and_not_the_words(page, tick, pixels):
    size, row = (960, 540), tick("in", 0.6, 9.0)
    plain, mirrored = (
        pixels(render(page(view="limb", mirror=mirror, goal="Reach the ring"), row, size)) for mirror in (False, True)
    )
    assert np.array_equal(plain[:, 640:], mirrored[:, 640:])
    assert not np.array_equal(plain[100:480, 40:600], mirrored[100:480, 40:600])


@pytest.mark.parametrize(
    ("limb", "angle", "way"),
    [
        ("leg", 0, (1, 0)),
        ("leg", 90, (0, 1)),
        ("arm", 0, (0, 1)),
        ("arm", 90, (1, 0)),
        ("trunk", 0, (0, -1)),
        ("trunk", 90, (1, 0)),
    ],
)
def test_a_limb_points_where_its_angle_says(limb, angle, way):
    points = FIGURES[limb].pose(angle).parts[0 if limb != "leg" else 1].points
    x, y = points[1][0] - points[0][0], points[1][1] - points[0][1]
    length = np.hypot(x, y)
    assert (x / length, y / length) == pytest.approx(way, abs=1e-9)


class Client:
    """A session as a window sees it."""

    def __init__(self, session):
        self.session, self.rows, self.sent, self.living = session, np.zeros(0, TICK), [], True

    def view(self):
        return self.session

    def ticks(self, since):
        return self.rows[since:], len(self.rows)

    def send(self, command):
        self.sent.append(command)

    def alive(self):
        return self.living


class Session:
    def __init__(self, patient, phase="live"):
        self.patient, self.phase = patient, phase


@pytest.fixture
def window(qtbot, page):
    """Return a window that is pulled by hand, its client, and its clock."""
    now = [10.0]
    client = Client(Session(page()))
    made = PatientWindow(client, clock=lambda: now[0])
    made._timer.stop()
    qtbot.addWidget(made)
    made.resize(640, 360)
    made.show()
    return made, client, now


def test_the_window_shows_the_newest_tick_and_drops_the_rest(window, tick, pixels, page):
    made, client, _now = window
    client.rows = np.array([tick("below", level, time_s=level) for level in (0.1, 0.2, 0.3)], TICK)
    made.pull()
    shown = pixels(made.display.grab().toImage())
    assert np.array_equal(
        shown, pixels(render(page(), tick("below", 0.3), (made.display.width(), made.display.height())))
    )


def test_the_window_measures_from_arrival_to_the_end_of_painting(window, tick):
    made, client, now = window
    assert made.paint_stats().latency_p50_ms is None
    for step in range(6):
        now[0] = 10.0 + step * 0.25
        row = tick("below", 0.1 * step, time_s=now[0] - 0.03, arrived_s=now[0] - 0.02)
        client.rows = np.append(client.rows, np.array([row], TICK))
        made.pull()
        made.display.repaint()
    stats = made.paint_stats()
    assert stats.latency_p50_ms == pytest.approx(20, abs=0.01)
    assert stats.latency_p95_ms == pytest.approx(20, abs=0.01)
    assert stats.frame_p50_ms == pytest.approx(250, abs=0.01)
    assert stats.frames >= 6
    assert stats.paint_p95_ms >= stats.paint_p50_ms > 0
    assert [command for command in client.sent if isinstance(command, Painted)]


def test_a_window_without_an_engine_says_one_moment(window, page, tick, pixels):
    made, client, _now = window
    client.living = False
    made.pull()
    size = (made.display.width(), made.display.height())
    assert np.array_equal(pixels(made.display.grab().toImage()), pixels(render(page(screen="sensor"), None, size)))


@pytest.mark.parametrize("screen", ["finished", "set_done", "estimate"])
def test_a_session_that_has_ended_says_so_when_the_engine_is_gone(window, page, pixels, screen):
    made, client, _now = window
    client.session, client.living = Session(page(screen=screen), "finished"), False
    made.pull()
    size = (made.display.width(), made.display.height())
    assert np.array_equal(pixels(made.display.grab().toImage()), pixels(render(page(screen="finished"), None, size)))


def test_without_a_session_there_is_nothing_to_do(window, page, pixels):
    made, client, _now = window
    client.session = Session(page(screen="set_done"))
    made.pull()
    client.session = None
    made.pull()
    size = (made.display.width(), made.display.height())
    assert np.array_equal(pixels(made.display.grab().toImage()), pixels(render(page(screen="waiting"), None, size)))


def test_the_window_fills_the_named_screen_and_survives_its_unplugging(window, qapp, qtbot, monkeypatch):
    made, _client, _now = window
    monkeypatch.setattr(made, "_wanted_screen", qapp.primaryScreen)
    made.place()
    assert made.isFullScreen()
    monkeypatch.setattr(made, "_wanted_screen", lambda: None)
    qapp.screenRemoved.emit(qapp.primaryScreen())
    qtbot.waitUntil(lambda: not made.isFullScreen())
    assert made.isVisible()
    assert made.width() / made.height() == pytest.approx(16 / 9, rel=0.01)


def test_without_a_second_screen_the_window_is_normal(window):
    made, _client, _now = window
    made.place()
    assert not made.isFullScreen()
    made.toggle_full_screen()
    assert made.isFullScreen()
    made.leave_full_screen()
    assert not made.isFullScreen()


def test_closing_stops_pulling_and_tells(window, qtbot):
    made, _client, _now = window
    made._timer.start()
    with qtbot.waitSignal(made.closed):
        made.close()
    assert not made._timer.isActive()


@pytest.mark.parametrize("by", ["touch", "key"])
def test_an_estimate_is_given_once_by_touch_or_by_key(window, page, qtbot, by):
    made, client, _now = window
    client.session = Session(page(screen="estimate"))
    made.pull()
    display = made.display
    if by == "touch":
        frame = make_frame(display.width(), display.height(), goal=page().goal)
        at = tiles(frame)[3].center() * frame.scale
        qtbot.mouseClick(display, Qt.MouseButton.LeftButton, pos=at.toPoint())
    else:
        qtbot.keyClick(display, Qt.Key.Key_4)
    assert [command for command in client.sent if isinstance(command, Estimate)] == [Estimate(4)]
    client.session = Session(page(screen="estimate", estimate=4))
    made._clock = lambda: 11.0
    made.pull()
    qtbot.keyClick(display, Qt.Key.Key_1)
    assert len([command for command in client.sent if isinstance(command, Estimate)]) == 1


SCREENS = """
import json, sys
import numpy as np
from PySide6.QtWidgets import QApplication
from biofeedback.ui.patient.window import PatientWindow


class Nothing:
    view = staticmethod(lambda: None)
    ticks = staticmethod(lambda since: (np.zeros(0), since))
    send = staticmethod(lambda command: None)
    alive = staticmethod(lambda: True)


application, found = QApplication([]), {}
for name in ("", "Wall", "Laptop", "Unplugged"):
    window = PatientWindow(Nothing(), screen_name=name)
    window.place()
    application.processEvents()
    found[name] = [window.screen().name(), window.isFullScreen(), window.geometry().getRect()]
print(json.dumps(found))
"""


def test_on_two_real_screens_it_fills_the_named_one_or_else_the_other(tmp_path):
    """Screens of Qt's own off-screen platform, which are there from the start of a program only."""
    screens = [
        {"name": "Laptop", "x": 0, "y": 0, "width": 1440, "height": 900},
        {"name": "Wall", "x": 1440, "y": 0, "width": 1920, "height": 1080},
    ]
    (tmp_path / "screens.json").write_text(json.dumps({"screens": screens}))
    environment = os.environ | {"QT_QPA_PLATFORM": f"offscreen:configfile={tmp_path / 'screens.json'}"}
    done = subprocess.run(
        [sys.executable, "-c", SCREENS], env=environment, capture_output=True, text=True, timeout=100, check=True
    )
    found = json.loads(done.stdout)
    wall = ["Wall", True, [1440, 0, 1920, 1080]]
    assert found[""] == wall
    assert found["Wall"] == wall
    assert found["Laptop"] == ["Laptop", True, [0, 0, 1440, 900]]
    assert found["Unplugged"][:2] == ["Laptop", False]
