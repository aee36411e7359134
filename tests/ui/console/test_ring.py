"""A ring filled step by step is the picture drawn at once, to the pixel."""

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from biofeedback.session.view import TICK
from biofeedback.ui.console.history import HostClock, Pauses, TickHistory
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.ring import LaneRing, RingStyle, reach_s
from biofeedback.ui.console.scale import TimeScale, ValueScale, runs, spread
from biofeedback.ui.console.slices import BLOCK, Slicer


def random_ticks(rng, count, start_s):
    rows = np.zeros(count, dtype=TICK)
    rows["time_s"] = start_s + np.arange(count) / 100
    rows["value"][:, 0] = np.cumsum(rng.normal(0, 6, count)) % 100
    rows["raw_high"][:, 0] = rng.uniform(0, 120, count)
    rows["raw_low"][:, 0] = rows["raw_high"][:, 0] * 0.1
    for _ in range(6):
        gap = rng.integers(0, count)
        for field in ("value", "raw_low", "raw_high"):
            rows[field][gap : gap + rng.integers(1, 80), 0] = np.nan
    return rows


def style(scripted, width=520, height=90, ratio=1.0, seconds=5.0, lane=1):
    return RingStyle.of(scripted.lanes()[lane], Look(), 1, QRect(0, 0, width, height), ratio, seconds)


def slicer(rows, wanted):
    return Slicer(rows, wanted.time, reach_s(wanted.time, wanted.pen))


def shown(ring):
    wanted = ring.style
    image = QImage(wanted.width, wanted.height, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(wanted.ratio)
    painter = QPainter(image)
    ring.blit(painter, QRect(0, 0, round(wanted.width / wanted.ratio), round(wanted.height / wanted.ratio)))
    painter.end()
    return image


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("ratio", [1.0, 1.25, 2.0])
def test_step_by_step_is_at_once(qapp, scripted, seed, ratio):
    rng = np.random.default_rng(seed)
    wanted = style(scripted, ratio=ratio)
    rows = random_ticks(rng, 1100, start_s=70_000 + rng.uniform(0, 9))
    history, stepped = TickHistory(7.0), LaneRing(wanted)
    at, edge = 0, 0
    while at < len(rows):
        step = int(rng.integers(0, 12))
        history.extend(rows[at : at + step])
        at += step
        if len(history):
            late = rng.uniform(0, 0.03)
            edge = max(edge, wanted.time.column(history.newest_s + late) + 1)
            stepped.advance(slicer(history.rows, wanted), 0, edge)
    whole = LaneRing(wanted)
    whole.advance(slicer(history.rows, wanted), 0, edge)
    assert shown(stepped) == shown(whole)


def test_only_new_columns_are_drawn(qapp, scripted):
    wanted = style(scripted)
    history, ring = TickHistory(7.0), LaneRing(wanted)
    history.extend(random_ticks(np.random.default_rng(1), 600, 100.0))
    ring.advance(slicer(history.rows, wanted), 0, wanted.time.column(history.newest_s) + 1)
    before = ring.columns_drawn
    history.extend(random_ticks(np.random.default_rng(2), 3, 106.0))
    ring.advance(slicer(history.rows, wanted), 0, wanted.time.column(history.newest_s) + 1)
    assert 520 <= before < 520 + BLOCK
    assert 3 <= ring.columns_drawn - before <= 3 * BLOCK


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_two_blits_show_the_newest_at_the_right(qapp, scripted, ratio):
    wanted = style(scripted, ratio=ratio)
    rows = random_ticks(np.random.default_rng(3), 700, 50.0)
    rows["value"][-10:, 0] = np.nan
    rows["value"][:-10, 0] = 50.0
    ring = LaneRing(wanted)
    ring.advance(slicer(rows, wanted), 0, wanted.time.column(float(rows["time_s"][-1])) + 1)
    image = shown(ring)
    right, left = image.pixelColor(image.width() - 2, 3), image.pixelColor(image.width() // 2, 3)
    assert right != left, "the gap of the last ticks is hatched at the right end"


def test_a_gap_is_hatched_and_missing_ticks_are_a_gap(qapp, scripted):
    wanted, look = style(scripted), Look()
    rows = random_ticks(np.random.default_rng(4), 500, 20.0)
    rows["value"][:, 0], rows["raw_low"], rows["raw_high"] = 2.0, np.nan, np.nan
    missing = np.concatenate((rows[:200], rows[260:]))
    ring = LaneRing(wanted)
    ring.advance(slicer(missing, wanted), 0, wanted.time.column(float(rows["time_s"][-1])) + 1)
    image = shown(ring)
    column = wanted.time.column(22.3) - (ring.edge - wanted.width)
    tints = {image.pixelColor(x, 2).name() for x in range(column, column + 12)}
    assert look.colour("fault_soft").name() in tints
    elsewhere = {image.pixelColor(column + 100 + x, 2).name() for x in range(12)}
    assert look.colour("fault_soft").name() not in elsewhere


def test_the_history_keeps_the_newest_in_one_piece():
    history = TickHistory(2.0)
    rows = np.zeros(5000, dtype=TICK)
    rows["time_s"] = np.arange(5000) / 100
    for start in range(0, 5000, 37):
        history.extend(rows[start : start + 37])
        assert len(history) == min(200, history.total)
        assert np.array_equal(history.rows["time_s"], rows["time_s"][max(0, history.total - 200) : history.total])
    assert list(history.between(49.0, 49.03)["time_s"]) == [49.0, 49.01, 49.02]


def test_the_clock_runs_evenly_while_ticks_come_in_bursts():
    clock, rng = HostClock(), np.random.default_rng(5)
    newest, shown = 0.0, []
    for frame in range(300):
        local = 1000 + frame / 30
        if rng.random() < 0.6:
            newest = local - 1000 - rng.uniform(0.01, 0.06)
            clock.tick(local, newest)
        if frame > 60:
            shown.append(clock.now_s(local))
    steps = np.diff(shown)
    assert np.all(steps > 0)
    assert np.max(np.abs(steps - 1 / 30)) < 0.012


def test_pauses_are_kept_as_long_as_they_show():
    pauses = Pauses(15.0)
    for at in range(100):
        pauses.note(20 <= at < 24 or at >= 95, float(at))
    assert pauses.spans == [(95.0, None)]
    assert pauses.lasting(99.0) == 4.0


def test_scales():
    values = ValueScale(0, 100, False, 108)
    assert values.y(0) == 104
    assert values.y(100) == 4
    assert ValueScale(0, 100, True, 108).y(0) == 4
    assert values.value(values.y(37.0)) == pytest.approx(37.0)
    times = TimeScale(600, 15.0)
    assert times.column(10.0) == 400
    assert times.position(10.0, 1000) == 0


def test_spread_moves_as_little_as_possible():
    assert spread([10, 100], 32, 0, 200) == [10, 100]
    assert spread([50, 60], 32, 0, 200) == [39, 71]
    assert spread([0, 5], 32, 16, 200) == [16, 48]
    assert spread([195, 199], 32, 16, 180) == [148, 180]


def test_runs():
    assert runs(np.array([], dtype=bool)) == []
    assert runs(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
