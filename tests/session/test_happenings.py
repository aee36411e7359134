"""What time brings: the end of a set."""

from types import SimpleNamespace

import pytest

from biofeedback.exercises import model
from biofeedback.session.course import Course
from biofeedback.session.happenings import Happenings
from biofeedback.stream import Event


@pytest.mark.parametrize(("movement", "ended"), [("back", False), ("hold", False), ("rest", True), ("out", True)])
def test_a_set_ends_with_its_last_repetition_even_if_the_person_is_off_again(movement, ended):
    exercise = model.find("biceps-contraction")
    course, events = Course(exercise.dose), []
    for kind in ("countdown", "live"):
        course.apply(Event(10.0, kind, {"set": 1}))
    pipeline = SimpleNamespace(
        exercise=exercise, learning=None, done_in_set=exercise.dose.repetitions, movement=movement
    )
    happenings = Happenings(pipeline, course, events.append)
    happenings.watch(60.0)
    assert [event.kind for event in events] == (["set_ended"] if ended else [])
