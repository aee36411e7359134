"""What painting costs, and that it draws what it should."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from biofeedback.ui.console.look import Look
from biofeedback.ui.console.stills import Overlay
from biofeedback.ui.console.window import ConsoleWindow


def test_a_moved_picture_is_the_picture_drawn_anew(console, pass_time):
    window, session = console()
    window._timer.stop()  # frames come from the test alone
    for _ in range(25):
        pass_time(window, session, 0.033)
    moved = window.page.charts.grab().toImage()
    window.page.charts._arrange()
    assert window.page.charts.grab().toImage() == moved


@pytest.mark.parametrize(("left", "right", "named"), [(200, 230, (112, 192)), (100, 300, (160, 240)), (20, 50, None)])
def test_a_gap_is_named_within_it_or_before_it_and_never_over_the_signal_after_it(qapp, left, right, named):
    look, image = Look(theme="light"), QImage(600, 60, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    with QPainter(image) as painter:
        Overlay(look).paint_gap_label(painter, QRect(0, 0, 600, 60), left, right)
    painted = [x for x in range(600) if any(image.pixelColor(x, y) != QColor("white") for y in range(60))]
    ends = None if not painted else (painted[0], painted[-1])
    assert ends == (None if named is None else pytest.approx(named, abs=1))


def test_paint_stats_tell_frames_and_delays(console, pass_time):
    window, session = console()
    window.reset_paint_stats()
    for _ in range(10):
        pass_time(window, session, 0.033)
    stats = window.paint_stats()
    assert stats.frames == 10
    assert stats.interval_p50 > 0
    assert stats.paint_p95 >= stats.paint_p50 > 0
    assert 0 <= stats.arrived_to_painted_p50 < stats.taken_to_painted_p50 < 60


def test_paint_stats_are_reported_where_asked_for(console, pass_time):
    window, session = console(report_paint=True)
    pass_time(window, session, 2.5)
    pass_time(window, session, 0.033)
    pass_time(window, session, 2.5)
    assert [type(command).__name__ for command in session.sent] == ["Painted", "Painted"]


def test_without_ticks_the_picture_comes_to_rest(console, pass_time):
    window, session = console()
    session.rows = session.rows[: window._next_tick]
    pass_time(window, session, 3.0)
    edge = window.page.charts._scene.edge
    pass_time(window, session, 3.0)
    assert window.page.charts._scene.edge == edge


def test_a_lost_signal_is_hatched_and_has_no_dot(console):
    window, _ = console("lost")
    charts = window.page.charts
    plot, image = charts.lane_plot("biceps_femoris"), charts.grab().toImage()
    tints = {image.pixelColor(plot.right() - 20, y).name() for y in range(plot.top(), plot.bottom())}
    assert Look().colour("fault_soft").name() in tints
    window, _ = console("live")
    image = window.page.charts.grab().toImage()
    tints = {image.pixelColor(plot.right() - 20, y).name() for y in range(plot.top(), plot.bottom())}
    assert Look().colour("fault_soft").name() not in tints


def test_a_pause_lies_under_a_veil(console, pass_time):
    window, session = console("paused")
    pass_time(window, session, 2.0)
    charts = window.page.charts
    plot, image = charts.lane_plot("knee_angle"), charts.grab().toImage()
    inside = image.pixelColor(plot.right() - 40, plot.center().y() + 20)
    outside = image.pixelColor(plot.left() + 40, plot.center().y() + 20)
    assert inside != outside


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_a_frame_costs(console, theme, capsys):
    window, session = console(size=(1920, 1080), theme=theme, count=8)
    assert window.page.charts.hidden_below == 0
    costs, paints = [], []
    for _ in range(40):
        session.now_s += 1 / 30
        started = time.thread_time()
        window.pull()
        pulled = time.thread_time()
        QApplication.processEvents()
        ended = time.thread_time()
        costs.append(1000 * (ended - started))
        paints.append(1000 * (ended - pulled))
    with capsys.disabled():
        print(
            f"\nconsole, 8 lanes, 1920 x 1080, {theme}: {np.mean(costs):.1f} ms a frame "
            f"(p95 {np.percentile(costs, 95):.1f}), painting {np.mean(paints):.1f} ms"
        )
    assert window.paint_stats().frames >= 40


def test_a_page_before_the_first_tick_is_painted(qtbot, scripted):
    session = scripted.ScriptedSession()
    session.rows = session.rows[:0]
    window = ConsoleWindow(session, theme="light", clock=session.clock)
    window._timer.stop()
    qtbot.addWidget(window)
    window.show()
    window.pull()
    QApplication.processEvents()
    window.grab()
    assert window.page.charts.lane("knee_angle").shown
    assert window.paint_stats().arrived_to_painted_p50 is None
