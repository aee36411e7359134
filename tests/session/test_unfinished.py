"""What a session that broke off leaves to do: the sets that were not over, and the exercises that follow."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biofeedback.exercises.model import find
from biofeedback.session.again import AsLeft, dosed, first_events
from biofeedback.session.course import Course
from biofeedback.session.known import Reference
from biofeedback.session.room.today import Prepare
from biofeedback.session.unfinished import unfinished
from biofeedback.stream import Event

ENDED = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)
NEXT = Prepare(exercise="biceps-contraction", person="P-1", number=2, count=2)
TODAY = Prepare(
    exercise="knee-extension-seated", person="P-1", count=2, then=(NEXT,), again=AsLeft(sets=3, repetitions=5)
)
REFERENCE = {"vastus_medialis": {"value_v": 3e-4, "method": "mvc"}}


def document(over, **other):
    return {
        "sets_over": over, "dose": {"sets": 3, "repetitions": 5}, "settings": {"volume": 2},
        "targets": {"knee_angle": [40.0, None]}, "references": REFERENCE, "movement": None,
    } | other  # fmt: skip


def left(over, after=timedelta(minutes=1), **other):
    about = {"today": msgspec.to_builtins(TODAY)}
    return unfinished(about, document(over, **other), ENDED, ENDED + after)


def test_it_goes_on_behind_the_sets_that_were_over_as_it_was_left():
    found = left(1)
    assert found.prepared == TODAY
    rest, following = found.to_come
    assert following == NEXT
    assert (rest.person, rest.number, rest.count) == ("P-1", 1, 2)
    assert rest.again == AsLeft(
        sets=3, repetitions=5, sets_done=1, settings={"volume": 2}, targets={"knee_angle": (40.0, None)}
    )
    assert rest.references == {"vastus_medialis": Reference(3e-4, "mvc")}


def test_an_exercise_whose_sets_were_all_over_is_not_done_again():
    assert left(3).to_come == (NEXT,)


def test_electrodes_are_believed_for_ten_minutes_and_a_visit_lasts_two_hours():
    assert left(1, timedelta(minutes=9)).to_come[0].references
    assert not left(1, timedelta(minutes=11)).to_come[0].references
    assert left(1, timedelta(minutes=119)).to_come
    assert left(1, timedelta(minutes=121)).to_come == ()


def test_what_cannot_be_read_is_left_out():
    rest = left(1, references={"a": "b"}, targets={"knee_angle": "high"}).to_come[0]
    assert not rest.references
    assert rest.again.targets == {}
    assert rest.again.sets_done == 1


@given(st.recursive(st.none() | st.booleans() | st.text() | st.integers(), lambda x: st.dictionaries(st.text(), x)))
def test_a_recording_that_does_not_tell_leaves_nothing(told):
    assert unfinished({"today": told}, document(1), ENDED, ENDED) is None
    assert unfinished({}, document(1), ENDED, ENDED) is None


@pytest.mark.parametrize(("over", "number"), [(0, 1), (1, 2), (2, 3), (7, 3)])
def test_the_resumed_session_counts_its_sets_on(over, number):
    again = AsLeft(sets=3, repetitions=5, sets_done=over)
    exercise = dosed(find("knee-extension-seated"), again)
    course = Course(exercise.dose)
    for event in first_events(exercise, {}, again, 0.0):
        course.apply(event)
    assert course.set_number == number
    course.apply(Event(1.0, "countdown"))
    course.apply(Event(4.0, "live"))
    course.apply(Event(9.0, "set_ended"))
    assert (course.set_number, course.phase) == (number, "finished" if number == 3 else "rest")
