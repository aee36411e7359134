"""The path of a target, and the pace of a movement."""

import numpy as np
import pytest

from biofeedback.exercises.model import Tempo
from biofeedback.feedback import paths
from biofeedback.feedback.pace import Pace

SHAPES = ("ramp", "sine", "multisine")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_path_rises_from_0_to_1_and_comes_round_without_a_step(shape):
    share = np.linspace(0.0, 2.0, 4001)
    rise = paths.rise(shape, share)
    assert rise.min() == pytest.approx(0.0, abs=1e-3)
    assert rise.max() == pytest.approx(1.0, abs=1e-3)
    assert np.allclose(rise[:2000], rise[2000:4000], atol=1e-9)
    assert np.abs(np.diff(rise)).max() < 0.004  # no faster than eight heights a repetition


@pytest.mark.parametrize("shape", SHAPES)
def test_before_it_sets_out_a_path_stands_where_it_begins(shape):
    before = paths.rise(shape, np.array([-3.0, -0.4, 0.0]))
    assert np.all(before == before[0])
    assert paths.rise(shape, np.array([1e-6]))[0] == pytest.approx(before[-1], abs=1e-4)


def test_a_sum_of_sines_turns_more_often_than_one():
    turns = {}
    for shape in ("sine", "multisine"):
        steps = np.diff(paths.rise(shape, np.linspace(1e-6, 1.0, 1001)))
        turns[shape] = np.count_nonzero(np.diff(np.sign(steps)) != 0)
    assert turns["sine"] == 1
    assert turns["multisine"] >= 3


def moved(out_s, hold_s, back_s, low=0.8):
    """Return the places of a movement with these times under a tempo of 2, 1 and 2 seconds."""
    pace, places = Pace(Tempo(out_s=2.0, hold_s=1.0, back_s=2.0)), []
    for step in range(round((out_s + hold_s + back_s) * 100) + 50):
        at = step / 100
        if at < out_s:
            level, movement = low * at / out_s, "out"
        elif at < out_s + hold_s:
            level, movement = low, "hold"
        elif at < out_s + hold_s + back_s:
            level, movement = low * (1 - (at - out_s - hold_s) / back_s), "back"
        else:
            level, movement = 0.0, "rest"
        places.append(pace.at(at, level, low, movement))
    return places


def test_a_movement_at_the_wanted_tempo_stays_with_the_ball():
    places = moved(2.0, 1.0, 2.0)
    assert {place.agreement for place in places[:500]} == {"together"}
    assert max(abs(place.ball - place.person) for place in places[:499]) < 0.01
    assert places[250].ball == pytest.approx(0.5, abs=0.01)
    assert places[-1].agreement == "none"


def test_who_is_early_is_ahead_and_who_is_late_behind_by_15_percent_of_a_part():
    fast, slow = moved(1.0, 1.0, 2.0), moved(3.0, 1.0, 2.0)
    assert fast[90].agreement == "ahead"
    assert slow[150].agreement == "behind"
    # at 2.6 s out instead of 2.0 the person loses 0.23 s a second: 0.3 s behind after 1.3 s
    at = next(i for i, place in enumerate(moved(2.6, 1.0, 2.0)) if place.agreement == "behind") / 100
    assert at == pytest.approx(0.3 / (1 - 2.0 / 2.6), abs=0.02)


def test_the_person_on_the_ring_never_goes_back():
    pace, persons = Pace(Tempo(out_s=2.0, hold_s=0.0, back_s=2.0)), []
    for step in range(200):
        level = 0.4 + 0.2 * np.sin(step / 10)
        persons.append(pace.at(step / 100, level, 0.8, "out").person)
    assert np.all(np.diff(persons) >= 0)
