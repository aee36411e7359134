"""What a session was, kept and read back."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from biofeedback.storage.records import keeping, people, sessions
from biofeedback.storage.records.store import RecordsError
from biofeedback.storage.records.values import Note

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def test_sets_are_counted_from_what_stands_and_probes_apart(records, document):
    people.add(records, "P-014")
    visit = keeping.keep(records, document(), started=AT, recording="a.recording")
    stored = sessions.find(records, visit)
    assert stored is not None
    (bout,) = stored.bouts
    first, second = bout.sets
    assert (first.done, first.reached, first.without_score, first.below) == (4, 3, 1, 0)
    assert (first.score, first.probe_score) == (80.0, 66.0)
    assert (first.scored, first.probes_scored) == (2, 1)
    assert (second.done, second.above, second.score, second.probe_score) == (1, 1, 50.0, None)
    assert (bout.done, bout.reached, bout.scored, bout.side) == (5, 3, 4, "right")
    assert stored.ended == AT + timedelta(seconds=300)
    assert stored.active_s == 180.0
    assert bout.quality["latency_ms"] == {"cue_p50": 3.0}


def test_each_repetition_is_kept_with_its_reason_and_measures(records, document):
    from sqlalchemy import select

    from biofeedback.storage.records.tables import RepetitionRow

    keeping.keep(records, document(), started=AT, recording=None)
    with records.reading() as session:
        rows = session.scalars(select(RepetitionRow)).all()
    assert len(rows) == 6
    assert sum(row.undone for row in rows) == 1
    assert rows[0].measures == {"hold": 1.2, "time_above:biceps_femoris": None}
    assert rows[0].parts == {"range": 0.9, "control": None}


def test_keeping_the_same_recording_again_changes_nothing(records, document):
    people.add(records, "P-014")
    first = keeping.keep(records, document(), started=AT, recording="a.recording")
    second = keeping.keep(records, document(), started=AT, recording="a.recording", recovered=True)
    assert first == second
    stored = sessions.find(records, first)
    assert stored is not None
    assert [bout.recovered for bout in stored.bouts] == [False]


def test_exercises_of_one_visit_come_together(records, document):
    person = people.add(records, "P-014")
    visit = keeping.arrive(records, "P-014", at=AT)
    for minutes, exercise in ((2, "one"), (12, "two")):
        started = AT + timedelta(minutes=minutes)
        kept = keeping.keep(
            records, document(exercise=exercise), started=started, recording=f"{exercise}.recording", visit=visit
        )
        assert kept == visit
    later = keeping.keep(
        records, document(exercise="three"), started=AT + timedelta(minutes=90), recording="3.recording"
    )
    next_day = keeping.keep(records, document(), started=AT + timedelta(days=1), recording="4.recording")
    assert later == visit
    assert next_day != visit
    stored = sessions.of_person(records, person.id)
    assert [len(one.bouts) for one in stored] == [1, 3]
    assert [bout.exercise for bout in stored[1].bouts] == ["one", "two", "three"]
    assert stored[1].started == AT + timedelta(minutes=2) or stored[1].started == AT
    assert sessions.of_person(records, person.id, most=1) == stored[:1]


def test_a_visit_that_is_signed_is_over(records, document):
    people.add(records, "P-014")
    visit = keeping.keep(records, document(), started=AT, recording="a.recording")
    sessions.write_note(records, visit, Note(plan="go on"), sign=True)
    other = keeping.keep(records, document(), started=AT + timedelta(minutes=10), recording="b.recording")
    assert other != visit


def test_a_session_without_a_person_stands_alone(records, document):
    first = keeping.keep(records, document(""), started=AT, recording="a.recording")
    second = keeping.keep(records, document(""), started=AT + timedelta(minutes=1), recording="b.recording")
    unknown = keeping.keep(records, document("Demo"), started=AT, recording="c.recording")
    assert len({first, second, unknown}) == 3
    stored = sessions.find(records, unknown)
    assert stored is not None
    assert stored.label == "Demo"
    assert people.listed(records) == ()


def test_a_visit_that_was_never_begun_here_gets_its_own_id(records, document):
    visit = uuid.uuid4()
    assert keeping.keep(records, document(), started=AT, recording="a.recording", visit=visit) == visit


def test_an_exercise_without_a_repetition_is_kept_but_is_no_visit(records, document):
    person = people.add(records, "P-014")
    keeping.keep(records, document(), started=AT - timedelta(days=1), recording="0.recording")
    visit = keeping.keep(records, document(repetitions=[]), started=AT, recording="a.recording")
    assert people.listed(records)[0].visits == 1
    assert len(sessions.of_person(records, person.id)) == 1
    assert [one.exercise for one in sessions.again(records, person.id)] == ["knee-extension-seated"]
    stored = sessions.find(records, visit)
    assert stored is not None
    assert stored.bouts[0].sets == ()
    assert stored.bouts[0].done == 0


def test_all_that_is_needed_to_begin_again(records, document):
    person = people.add(records, "P-014")
    assert sessions.again(records, person.id) == ()
    keeping.keep(records, document(exercise="old"), started=AT - timedelta(days=3), recording="0.recording")
    moved = {"own": [[90.0] * 101] * 2, "usual_range": 85.0, "version": 1, "side": "right", "measured": ""}
    keeping.keep(records, document(exercise="one", movement=moved), started=AT, recording="1.recording")
    keeping.keep(records, document(exercise="two"), started=AT + timedelta(minutes=9), recording="2.recording")
    one, two = sessions.again(records, person.id)
    assert (one.movement, one.started, two.movement) == (moved, AT, None)
    assert (one.exercise, two.exercise) == ("one", "two")
    assert one.settings == {"volume": 4, "schedule": "half"}
    assert one.targets == {"knee_angle": (0.0, 10.0), "vastus": (40.0, None)}
    assert one.placements["thigh"]["device"] == "WT901 A"
    assert (one.sets, one.repetitions, one.side) == (3, 10, "right")


def test_what_was_said_replaces_what_was_said_before(records, document):
    visit = keeping.keep(records, document(), started=AT, recording="a.recording")
    sessions.rate(records, visit, "pain", "before", 3)
    sessions.rate(records, visit, "pain", "after", 2)
    sessions.rate(records, visit, "pain", "after", 0)
    sessions.rate(records, visit, "effort", "after", 10)
    stored = sessions.find(records, visit)
    assert stored is not None
    assert stored.ratings == {("pain", "before"): 3, ("pain", "after"): 0, ("effort", "after"): 10}
    sessions.rate(records, visit, "pain", "before", None)
    stored = sessions.find(records, visit)
    assert stored is not None
    assert ("pain", "before") not in stored.ratings
    with pytest.raises(RecordsError, match="0 to 10"):
        sessions.rate(records, visit, "pain", "after", 11)


def test_a_note_is_a_draft_until_it_is_signed(records, document):
    visit = keeping.keep(records, document(), started=AT, recording="a.recording")
    draft = sessions.write_note(records, visit, Note(subjective="Pain 3", objective="3 × 8"))
    assert draft.signed is None
    with pytest.raises(RecordsError, match="changed elsewhere"):
        sessions.write_note(records, visit, Note(plan="from an old page", changes=draft.changes + 4))
    signed = sessions.write_note(records, visit, Note(assessment="A", changes=draft.changes), sign=True)
    assert signed.signed is not None
    with pytest.raises(RecordsError, match="is signed"):
        sessions.write_note(records, visit, signed)
    stored = sessions.find(records, visit)
    assert stored is not None
    assert stored.note == signed


def test_a_session_that_is_not_there(records):
    assert sessions.find(records, uuid.uuid4()) is None
    with pytest.raises(RecordsError):
        sessions.rate(records, uuid.uuid4(), "pain", "after", 3)
