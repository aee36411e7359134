"""What goes with a person from one exercise to another, and what stays with the exercise."""

import pytest

from biofeedback.exercises import model
from biofeedback.session.again import AsLeft, first_events, in_their_way, their_own
from biofeedback.session.settings import Settings

LEFT = {
    "volume": 7, "headphones": True, "sound_range": "narrow", "touch_strength": "gentle", "sound_mode": "steps",
    "schedule": "half", "families": {"own movement": -3.0, "metronome": 0.0, "speech": 3.0},
}  # fmt: skip


def begun(exercise, settings):
    """Settings as a session that begins so has them."""
    exercise = model.find(exercise)
    now = Settings(exercise)
    for event in first_events(exercise, {}, AsLeft(settings=settings), 0.0):
        now.apply(event)
    return now


def test_how_a_person_hears_goes_into_any_exercise_and_the_rest_stays():
    own = their_own(LEFT)
    assert own.keys() == {"volume", "headphones", "sound_range", "touch_strength", "families"}
    now = begun("standing-balance", in_their_way({"families": {"signals": None, "speech": None}}, own))
    assert (now.volume, now.headphones, now.sound_range, now.touch_strength) == (7, True, "narrow", "gentle")
    assert now.families == {"own movement": -3.0, "guide": 0.0, "signals": None, "metronome": None, "speech": 3.0}
    assert now.sound_mode == "guide"  # the exercise's own
    assert now.schedule == "each"


def test_the_beat_and_the_mode_come_back_with_their_exercise():
    now = begun("shoulder-abduction", LEFT)
    assert (now.sound_mode, now.families["metronome"]) == ("steps", 0.0)


@pytest.mark.parametrize("mode", ["side", "louder", 3])
def test_a_mode_the_exercise_cannot_be_heard_in_is_passed_over(mode):
    assert begun("shoulder-abduction", {"sound_mode": mode}).sound_mode == "follow"


def test_nothing_known_changes_nothing():
    assert in_their_way({"schedule": "half"}, their_own({})) == {"schedule": "half"}
