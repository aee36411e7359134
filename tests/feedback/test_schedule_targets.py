"""When feedback is shown, and how a band may move."""

import pytest

from biofeedback.exercises.model import Difficulty
from biofeedback.feedback.schedule import is_probe, is_shown
from biofeedback.feedback.targets import Band, level, proposal, stepped


@pytest.mark.parametrize(
    ("schedule", "shown"),
    [
        ("each", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("half", [1, 3, 5, 7]),
        ("third", [1, 4, 7]),
        ("every5", [5]),
        ("none", []),
    ],
)
def test_schedules_leave_the_probes_alone(schedule, shown):
    assert [n for n in range(1, 11) if is_shown(n, schedule, 10, 2)] == shown
    assert [n for n in range(1, 11) if is_probe(n, 10, 2)] == [9, 10]


def test_a_band_is_never_narrower_than_what_can_be_measured():
    band = Band(0.0, 12.0, 5.0)
    assert band.moved("high", 3.0, (-8, 98)).high == 5.0
    assert band.moved("low", 11.0, (-8, 98)).low == 7.0
    assert band.moved("high", 500.0, (-8, 98)).high == 98


def test_an_open_band_has_one_edge():
    assert Band(None, 20.0, 10.0).moved("high", 5.0, (0, 60)) == Band(None, 5.0, 10.0)


def test_difficulty_moves_the_easy_edge():
    rule = Difficulty(window=5, successes=4, step=2.0, narrowest=8.0)
    assert stepped(Band(0.0, 12.0, 5.0), "harder", rule, "high") == Band(0.0, 10.0, 5.0)
    assert stepped(Band(0.0, 9.0, 5.0), "harder", rule, "high") == Band(0.0, 8.0, 5.0)
    assert stepped(Band(50.0, 90.0, 5.0), "easier", rule, "low") == Band(48.0, 90.0, 5.0)


@pytest.mark.parametrize(
    ("reached", "expected"),
    [([True] * 4, None), ([True] * 5, "harder"), ([False] * 5, "easier"), ([True, False, True, False, True], None)],
)
def test_the_rule_proposes_from_the_last_repetitions(reached, expected):
    assert proposal(reached, Difficulty(window=5, successes=4)) == expected


def test_level_is_zero_at_rest_and_one_at_the_top():
    assert level(90, 90, -8) == 0
    assert level(-8, 90, -8) == 1
    assert level(41, 90, -8) == pytest.approx(0.5)
    assert level(200, 90, -8) == 0
