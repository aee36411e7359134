"""Every text is large enough, inside its window and clear of the others, in any window and at any text scale."""

import itertools

import pytest
from PySide6.QtCore import QPointF, QRectF

from biofeedback.ui.patient import render
from biofeedback.ui.patient.draw import Draw
from biofeedback.ui.patient.frame import make_frame
from biofeedback.ui.patient.text import SMALLEST, set_text, text_width

SCREENS = ("idle", "ready", "live", "rep_done", "rest", "set_done")
SIZES = ((1280, 720), (720, 1280), (900, 720), (800, 900), (700, 700), (900, 600), (1680, 720))
SCALES = (1.0, 1.0, 2.0, 1.5, 2.0, 1.5, 2.0)
LONG = "Bring the long blue bar up into the wide band"


@pytest.fixture
def written(monkeypatch):
    """Return the texts as they are drawn: text, size, and the box from cap height to the foot of a g."""
    texts = []
    draw_text = Draw.text

    def spy(self, at, text, size, *, weight=400, ink="ink", align="left", width=0.0, smallest=SMALLEST):
        if width:
            size = max(smallest, min(size, size * width / text_width(text, size, weight)))
        wide = text_width(text, size, weight)
        left = at.x() - {"left": 0, "centre": wide / 2, "right": wide}[align]
        descends = 0.23 if set(text) & set("gjpqy,") else 0.0
        texts.append((text, size, QRectF(left, at.y() - 0.72 * size, wide, (0.72 + descends) * size)))
        draw_text(self, at, text, size, weight=weight, ink=ink, align=align, width=0.0)

    monkeypatch.setattr(Draw, "text", spy)
    return texts


@pytest.mark.parametrize(("size", "text_scale"), [*zip(SIZES, SCALES, strict=True), (SIZES[0], 2.0)], ids=str)
def test_a_long_goal_and_a_hundred_repetitions_are_large_inside_and_apart(page, tick, written, size, text_scale):
    """What the samples of `test_every_view` do not have: the longest texts and figures."""
    states = [("in", 1.0, True), ("hold", 12.0, True), ("below", 0.0, False)]
    for screen in SCREENS:
        for state, hold_left_s, cue in states if screen == "live" else states[:1]:
            written.clear()
            done = 100 if screen == "rep_done" else 99
            view = page(
                screen=screen, goal=LONG, of=100, done=done, results=(True,) * done, rest_end_s=754.0, sound=False
            )
            render(view, tick(state, 0.6, hold_left_s=hold_left_s, cue=cue), size, text_scale=text_scale)
            assert written or (min(size) < 640 and (screen == "idle" or not cue))
            frame = make_frame(*size, silent=True)
            _check(written, frame.whole, (screen, state))
            assert frame.sound_off is not None
            signed = screen in ("idle", "ready", "live", "rep_done")
            assert not signed or not any(box.intersects(frame.sound_off) for _text, _size, box in written)


def _check(written, window, where):
    for text, size, box in written:
        assert size >= SMALLEST - 0.01, (where, text, size)
        assert window.adjusted(10, 10, -10, -10).contains(box), (where, text, box)
    for (one, _, a), (two, _, b) in itertools.combinations(written, 2):
        assert not a.intersects(b), (where, one, two, a, b)


@pytest.mark.parametrize(
    ("size", "mirrored"), [((1280, 720), False), ((720, 1280), True), ((900, 600), False)], ids=str
)
def test_that_nothing_can_be_heard_is_shown_while_the_person_works(page, tick, pixels, size, mirrored):
    sign = make_frame(*size, silent=True, mirrored=mirrored).sound_off
    assert sign is not None
    box = make_frame(*size).pixels(sign)
    for screen, shown in (("live", True), ("ready", True), ("blank", False), ("rest", False)):
        with_sound, without = (
            pixels(render(page(screen=screen, sound=sound), tick("in", 0.66), size, mirrored=mirrored))
            for sound in (True, False)
        )
        rows, columns = (with_sound != without).any(axis=2).nonzero()
        assert (len(rows) > 0) is shown, screen
        if shown:
            assert box.contains(columns.min(), rows.min())
            assert box.contains(columns.max(), rows.max())
            assert len(rows) > 0.15 * box.width() * box.height()


def test_a_text_too_small_is_refused(page, qapp):
    from PySide6.QtGui import QImage, QPainter

    image = QImage(100, 100, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    draw = Draw(painter, make_frame(100, 100), "light")
    try:
        with pytest.raises(ValueError, match="smaller than a patient can read"):
            draw.text(QPointF(0, 50), "Good", 60)
    finally:
        painter.end()


def test_a_text_shrinks_then_breaks_then_is_cut(qapp):
    wide = text_width(LONG, 72)
    assert set_text(LONG, 72, wide + 1).size == 72
    assert set_text(LONG, 72, wide * 0.95).lines == (LONG,)
    assert len(set_text(LONG, 72, wide * 0.7).lines) == 2
    assert set_text(LONG, 72, wide * 0.7).size == 72
    cut = set_text(LONG, 72, wide * 0.3)
    assert cut.size == SMALLEST
    assert any(line.endswith("…") for line in cut.lines)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_stage_and_panel_stand_apart_inside_the_window(qapp, size):
    frame = make_frame(*size, goal="Bring the bar into the band", text_scale=2.0)
    assert frame.whole.contains(frame.stage)
    assert frame.whole.contains(frame.panel)
    assert not frame.stage.intersects(frame.panel)
    assert not frame.goal_box.intersects(frame.stage)
    assert min(frame.stage.width(), frame.stage.height()) >= 380


def test_right_to_left_languages_mirror_the_panel_and_keep_the_stage_whole(qapp):
    left, right = (make_frame(1920, 1080, goal="Reach the ring", mirrored=mirrored) for mirrored in (False, True))
    assert left.panel.left() > left.stage.right()
    assert right.panel.right() < right.stage.left()
    assert right.stage.size() == left.stage.size()


def test_the_goal_line_goes_in_a_low_window_but_not_in_a_preview(qapp):
    assert make_frame(900, 600, goal="Reach the ring").goal is None
    assert make_frame(316, 178, goal="Reach the ring", preview=True).goal is not None
