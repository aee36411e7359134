"""How fast the picture may change, and what it shows."""

import itertools
import math
import random
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter

from biofeedback.exercises.views import VIEWS
from biofeedback.session.view import STATES
from biofeedback.ui.patient.composer import Composer
from biofeedback.ui.patient.frame import make_frame
from biofeedback.ui.patient.muscles import marker_way, said_of
from biofeedback.ui.patient.pacing import BAND_EASE_S, Pacer, Picture
from biofeedback.ui.showcase import patient as showcase


def _most_in_a_second(times):
    return max((sum(1 for t in times if start <= t < start + 1.0) for start in times), default=0)


def _changes(values):
    return [t for (_, before), (t, now) in itertools.pairwise(values) if now != before]


@pytest.mark.parametrize("worst", ["alternating", "random", "cue"])
def test_the_state_changes_less_than_three_times_a_second(page, tick, worst):
    rng, pacer, shown = random.Random(1), Pacer(), []
    for step in range(600):
        state = rng.choice(STATES) if worst == "random" else ("in", "above")[step % 2]
        picture = pacer.picture(page(), tick(state, 0.74, cue=worst != "cue" or step % 3 > 0), step / 100)
        shown.append((step / 100, picture.shown))
    changes = _changes(shown)
    assert len(changes) >= 10  # it does follow
    assert min(np.diff(changes)) >= 0.35 - 1e-9
    assert _most_in_a_second(changes) <= 3


def test_screens_change_no_faster_but_pausing_is_at_once(page, tick):
    pacer, shown = Pacer(), []
    for step in range(300):
        picture = pacer.picture(page(screen=("live", "probe")[step % 2]), tick("in", 0.6), step / 100)
        shown.append((step / 100, picture.view.screen))
    assert _most_in_a_second(_changes(shown)) <= 3
    for screen in ("paused", "live", "blank", "live", "sensor"):
        picture = pacer.picture(page(screen=screen), tick("in", 0.6), 3.0)
        assert (picture.view.screen == screen) == (screen != "live")


_LINEAR = np.array([share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in
                    np.arange(256) / 255])  # fmt: skip


def _luminance(frame, theme, pictures, pixels):
    """Return the relative luminance of each picture; one that looks like the last is painted once."""
    composer, image, last, found = Composer(theme), QImage(192, 108, QImage.Format.Format_RGB32), None, []
    for picture in pictures:
        if picture != last:
            last = picture
            composer.show(frame, picture)
            painter = QPainter(image)
            composer.paint(painter)
            painter.end()
            found.append(_LINEAR[pixels(image)] @ [0.2126, 0.7152, 0.0722])
        else:
            found.append(found[-1])
    return np.array(found)


@pytest.mark.parametrize("theme", ["light", "dark", "patient_contrast"])
@pytest.mark.parametrize("view", VIEWS)
def test_no_pixel_flashes_more_than_three_times_a_second(qapp, pixels, theme, view):
    """A flash is a pair of opposing changes of relative luminance by 0.1 or more (WCAG 2.2, 2.3.1)."""
    rng, pacer, pictures, at = random.Random(f"{view}{theme}"), Pacer(), [], showcase.page(view)
    for step in range(110):
        lean = (rng.choice((-8.0, 8.0)), 0.0)
        row = showcase.tick(
            ("in", "above", "below", "hold")[step % 4], 0.73, 5.0, hold_left_s=step % 5, cue=step % 7 > 0,
            left_s=rng.uniform(0, 20), other_level=(0.3, np.nan), other_state=(rng.randrange(5), 0),
            agreement=rng.randrange(4), pace=(0.4, 0.42), other_value=lean if step < 55 else (0.1, 0.2), time_s=0.0,
        )  # fmt: skip
        pictures.append(replace(pacer.picture(at, row, step / 50), now_s=5.0, trail=(), leans=(1.0, 1.0), sway=0.0))
    luminance = _luminance(make_frame(192, 108, goal=at.goal, preview=True), theme, pictures, pixels)
    steps = np.diff(luminance, axis=0)
    moved = np.abs(steps) >= 0.1
    assert moved.any() or view in ("order", "gait")  # those two change once a repetition or step
    for start in range(0, len(steps) - 50, 5):
        assert moved[start : start + 50].sum(axis=0).max() <= 6  # six opposing changes are three flashes


def test_the_number_changes_at_most_twice_a_second(page, tick):
    rng, pacer, numbers = random.Random(2), Pacer(), []
    for step in range(600):
        row = tick(rng.choice(["hold", "in"]), 0.65, hold_left_s=rng.uniform(0, 9))
        numbers.append((step / 100, pacer.picture(page(), row, step / 100).number))
    changes = _changes(numbers)
    assert len(changes) >= 5
    assert min(np.diff(changes)) >= 0.5 - 1e-9


def test_the_number_is_the_repetition_or_seconds_of_holding_rounded_up(page, tick):
    at = page(done=3, of=8)
    assert Pacer().picture(at, tick("in", 0.65), 0.0).number == (4, False)
    assert Pacer().picture(page(done=8, of=8), tick("in", 0.65), 0.0).number == (8, False)
    assert Pacer().picture(at, tick("hold", 0.65, hold_left_s=2.01), 0.0).number == (3, True)
    assert Pacer().picture(at, tick("hold", 0.65, hold_left_s=2.0), 0.0).number == (2, True)
    assert Pacer().picture(page(screen="rep_done", done=4), tick(), 0.0).number == (4, False)
    assert Pacer().picture(page(screen="ready"), tick(), 0.0).number is None


@pytest.mark.parametrize("view", ["column", "columns", "kite"])
def test_seconds_stand_beside_no_word_but_hold_and_hold_beside_no_repetition(page, tick, view):
    rng, pacer, seen = random.Random(5), Pacer(), set()
    for step in range(800):
        state = ("below", "hold", "in", "idle")[step // 25 % 4] if step < 400 else rng.choice(STATES)
        row = tick(state, 0.65, hold_left_s=rng.choice([2.4, 0.0]) if step >= 400 else 1.5 * (state == "hold"))
        picture = pacer.picture(page(view=view), row, step / 50)
        assert picture.number is not None
        seen.add((picture.shown == "hold", picture.holding))
        assert picture.shown == "hold" or not picture.holding
    assert {(True, True), (False, False)} <= seen
    waited = Pacer()
    waited.picture(page(view=view), tick("hold", 0.65, hold_left_s=1.2), 0.0)
    let_go = waited.picture(page(view=view), tick("hold", 0.65, hold_left_s=0.0), 1.0)
    assert (let_go.shown, let_go.number) == ("hold", (2, True))


@pytest.mark.parametrize(("level", "said"), [(0.1, "idle"), (0.5, "below")])
def test_more_is_not_asked_for_on_the_way_back_to_rest(page, tick, level, said):
    pacer = Pacer()
    pacer.picture(page(), tick("hold", 0.65, hold_left_s=0.5), 0.0)
    pacer.picture(page(), tick("hold", 0.65, hold_left_s=0.5), 1.0)
    assert pacer.picture(page(), tick("below", level), 1.6).shown == said
    assert pacer.picture(page(), tick("below", level), 2.3).shown == "below"


def test_the_word_of_a_path_is_of_where_the_marker_is_drawn(tick):
    at, pacer, said = showcase.page("path"), Pacer(), []
    for second, (level, state) in enumerate([(0.2, "below"), (0.28, "above"), (0.3, "in"), (0.04, "in"), (0.2, "in")]):
        said.append(pacer.picture(at, tick(state, level), float(second)).shown)
    assert (at.low, at.high) == (0.06, 0.27)
    assert said == ["in", "in", "above", "below", "in"]
    risen = tick("in", 0.2)
    risen["rise"] = 0.3
    assert pacer.picture(at, risen, 6.0).shown == "below"


def test_a_spell_the_clock_counts_begins_without_the_seconds_of_the_one_before(page, tick):
    pacer, at = Pacer(), page(view="balance", countdown_end_s=10.0, radius=9.0)
    old, new = tick("in", 0.1, time_s=9.99), tick("in", 0.1, time_s=10.0)
    old["left_s"], new["left_s"] = 15.2, 20.0
    assert pacer.picture(at, old, 10.0).number is None
    assert pacer.picture(at, new, 10.02).number == (20, True)


@pytest.mark.parametrize(
    ("goal", "other", "said"),
    [
        ("hold", "idle", ("hold", None)), ("in", "in", ("in", None)), ("in", "above", ("above", "square")),
        ("below", "in", ("below", "circle")), ("idle", "in", (None, None)), ("idle", "above", ("above", "square")),
    ],
)  # fmt: skip
def test_the_panel_speaks_of_a_muscle_only_where_it_is_outside_its_band(page, goal, other, said):
    spoken = said_of(Picture(view=page(view="columns"), shown=goal, other_shown=other))
    assert (spoken.symbol, spoken.sticker) == said


def test_the_marker_is_never_held_back(page, tick):
    pacer = Pacer()
    levels = [
        pacer.picture(page(), tick("below", level), step / 100).level for step, level in enumerate((0.1, 0.4, 0.2))
    ]
    assert levels == pytest.approx([0.1, 0.4, 0.2], abs=1e-6)


def test_the_marker_stays_on_the_track_and_where_it_was_without_a_signal(page, tick):
    pacer = Pacer()
    assert pacer.picture(page(), tick("above", 1.4), 0.0).level == 1.0
    assert pacer.picture(page(), tick("below", -0.4), 0.1).level == 0.0
    assert pacer.picture(page(), tick("below", math.nan, math.nan), 0.2).level == 0.0
    assert pacer.picture(page(), None, 0.3).level == 0.0


def test_without_feedback_neither_marker_nor_state_is_shown(page, tick, pixels):
    shown = []
    for state, level, value in (("below", 0.2, 70), ("above", 0.9, 5)):
        pacer = Pacer()
        pacer.picture(page(), tick("in", 0.6), 0.0)
        hidden = pacer.picture(page(), tick(state, level, value, cue=False), 1.0)
        assert (hidden.shown, hidden.level, hidden.value) == ("idle", None, None)
        composer, image = Composer("light"), QImage(640, 360, QImage.Format.Format_RGB32)
        composer.show(make_frame(640, 360), hidden)
        with QPainter(image) as painter:
            composer.paint(painter)
        shown.append(pixels(image))
    assert np.array_equal(*shown)


@pytest.mark.parametrize("view", ["column", "limb", "path"])
def test_a_set_begins_with_the_marker_and_without_a_word_while_the_newest_tick_is_from_before_it(page, tick, view):
    pacer = Pacer()
    before = pacer.picture(page(screen="ready", view=view), tick("below", 0.3, cue=False), 0.0)
    early = pacer.picture(page(view=view), tick("below", 0.3, cue=False), 1.0)
    assert (early.shown, early.level, early.value) == ("idle", before.level, before.value)
    assert pacer.picture(page(view=view), tick("below", 0.3), 1.02).shown == "below"


def test_the_band_glides_to_its_new_place_but_not_while_the_person_is_in_it(page, tick):
    pacer = Pacer()
    old, new = page(low=0.5, high=0.6), page(low=0.7, high=0.8)
    band = lambda at, level, now_s: (lambda p: (p.view.low, p.view.high))(pacer.picture(at, tick("in", level), now_s))  # noqa: E731
    assert band(old, 0.55, 0.0) == (0.5, 0.6)
    assert band(new, 0.55, 1.0) == (0.5, 0.6)
    assert band(new, 0.2, 2.0) == (0.5, 0.6)
    half = band(new, 0.2, 2.0 + BAND_EASE_S / 2)
    assert half == pytest.approx((0.6, 0.7))
    assert band(new, 0.2, 2.0 + BAND_EASE_S) == (0.7, 0.8)


def test_the_dot_of_a_repetition_fills_within_160_ms_unless_motion_is_reduced(page, tick):
    pacer = Pacer()
    pacer.picture(page(done=3), tick(), 0.0)
    fills = [pacer.picture(page(done=4), tick(), 1.0 + t).dot for t in (0.0, 0.08, 0.16)]
    assert fills == pytest.approx([0.0, 0.5, 1.0])
    calm = Pacer(reduced_motion=True)
    calm.picture(page(done=3), tick(), 0.0)
    assert calm.picture(page(done=4), tick(), 1.0).dot == 1.0


def test_countdown_and_rest_run_to_their_end(page, tick):
    pacer = Pacer()
    assert pacer.picture(page(screen="ready", countdown_end_s=2.5), tick(), 0.0).seconds == 2.5
    assert pacer.picture(page(screen="ready", countdown_end_s=2.5), tick(), 9.0).seconds == 0.0
    assert pacer.picture(page(screen="rest", rest_end_s=60.0), tick(), 18.0).seconds == 42.0


@pytest.mark.parametrize(
    ("right", "ahead", "shown"), [(4, 1, "left"), (-4, 1, "right"), (1, 4, "back"), (-1, -4, "fore")]
)
def test_the_arrow_of_balance_says_where_to_go_and_not_where_one_is(qapp, right, ahead, shown):
    row = showcase.tick("above", 0.5, other_value=(right, ahead))
    assert Pacer().picture(showcase.page("balance"), row, 0.0).shown == shown
    assert Pacer().picture(showcase.page("balance"), showcase.tick("in", 0.1, other_value=(0, 0)), 0.0).shown == "in"


@pytest.mark.parametrize(
    ("goal", "other", "level", "other_level", "way"),
    [
        ("in", "above", 0.7, 0.5, "left"), ("in", "below", 0.7, 0.01, "right"),
        ("below", "in", 0.3, 0.1, "below"), ("above", "in", 0.95, 0.1, "above"), ("in", "in", 0.7, 0.1, "in"),
    ],
)  # fmt: skip
def test_the_marker_of_the_plane_points_into_the_goal(qapp, goal, other, level, other_level, way):
    row = showcase.tick(goal, level, other_level=(other_level, np.nan), other_state=(STATES.index(other), 0))
    assert marker_way(Pacer().picture(showcase.page("plane"), row, 1.0)) == way


def test_the_panel_speaks_of_the_muscle_further_off_and_changes_after_0_7_s(qapp):
    pacer, at, heard = Pacer(), showcase.page("columns"), []
    for step in range(200):
        far = step % 20 < 10  # they take turns ten times a second
        row = showcase.tick("below", 0.2 if far else 0.55, other_level=(0.3 if far else 0.9, np.nan),
                            other_state=(STATES.index("above"), 0))  # fmt: skip
        heard.append((step / 100, pacer.picture(at, row, step / 100).subject))
    changes = _changes(heard)
    assert len(changes) >= 1
    assert all(b - a >= 0.7 - 1e-9 for a, b in itertools.pairwise(changes))
