"""Sets, pauses and rests, in the order in which they may come."""

import pytest

from biofeedback.exercises.model import Dose
from biofeedback.session.course import COUNTDOWN_S, Course
from biofeedback.stream import Event


def run(course, *kinds, every_s=10.0):
    for i, kind in enumerate(kinds):
        course.apply(Event(every_s * i, kind))
    return course


@pytest.fixture
def course():
    return Course(Dose(sets=2, repetitions=5, rest_s=30.0))


def test_a_set_starts_with_a_countdown(course):
    course.apply(Event(100.0, "countdown"))
    assert course.phase == "countdown"
    assert course.due(100.0 + COUNTDOWN_S - 0.1) == []
    assert course.due(100.0 + COUNTDOWN_S) == [Event(103.0, "live")]


def test_active_time_is_time_at_work(course):
    run(course, "live", "paused", "live", "set_ended")
    assert course.active_s(1000.0) == 20.0
    assert course.phase == "rest"


def test_the_rest_ends_by_itself_and_the_next_set_waits(course):
    run(course, "live", "set_ended")
    assert course.due(39.9) == []
    assert course.due(40.0) == [Event(40.0, "rest_over")]
    course.apply(Event(40.0, "rest_over"))
    assert course.phase == "ready"
    course.apply(Event(41.0, "countdown"))
    assert course.set_number == 2


def test_a_rest_can_be_made_longer_while_it_goes_on(course):
    course.apply(Event(0.0, "rest_longer", {"seconds": 30.0}))
    run(course, "live", "set_ended")
    course.apply(Event(20.0, "rest_longer", {"seconds": 30.0}))
    assert course.due(69.9) == []
    assert course.due(70.0) == [Event(70.0, "rest_over")]


def test_after_the_last_set_it_is_finished(course):
    run(course, "live", "set_ended", "countdown", "live", "set_ended")
    assert course.phase == "finished"


def test_a_stopped_set_can_be_taken_up_again(course):
    run(course, "live", "set_ended", "set_reopened", "countdown")
    assert course.set_number == 1
    assert not course.set_done


def test_events_of_another_sort_change_nothing(course):
    run(course, "live", "mark", "target", "apply", "__init__")
    assert course.phase == "live"
