"""People and plans, as a therapist uses them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingError, RecordingWriter
from biofeedback.storage.records import keeping, listing, people, sessions
from biofeedback.storage.records.store import RecordsError
from biofeedback.storage.records.values import Display, Note, Planned

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
KNEE = Planned(exercise="knee-extension-seated", sets=3, repetitions=10, targets={"knee_angle": (0.0, 8.0)})


def test_a_code_is_enough(records):
    person = people.add(records, "  P-014 ")
    assert (person.code, person.pain_limit, person.plan, person.side) == ("P-014", 5, (), "none")
    assert people.find(records, "P-014") == person


@pytest.mark.parametrize(("code", "why"), [("  ", "needs a code"), ("P-1", "somebody has"), ("x" * 41, "at most 40")])
def test_a_code_that_cannot_be(records, code, why):
    people.add(records, "P-1")
    with pytest.raises(RecordsError, match=why):
        people.add(records, code)
    assert len(people.listed(records)) == 1


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_is_a_code_or_one_line(records, code):
    try:
        person = people.add(records, code)
    except RecordsError:
        assert not 0 < len(" ".join(code.split())) <= 40
    else:
        assert people.find(records, person.code) == person
        assert person.code == " ".join(code.split())
        people.delete(records, person.id, Path("nowhere"))


def test_everything_of_a_person_comes_back(records):
    person = people.add(records, "P-014")
    wanted = replace(
        person, code="P-015", about="Right knee, week 6", note="Ask about stairs.", side="right", birth_year=1961,
        pain_limit=4, display=Display(text_scale=1.5, theme="contrast", volume=3), next_visit=AT, plan_name="Knee B",
        plan=(KNEE, replace(KNEE, exercise="biceps-contraction", targets={"a": (None, 4.0)})),
    )  # fmt: skip
    stored = people.change(records, wanted)
    assert stored == replace(wanted, changes=2)
    assert people.find(records, "P-015") == stored
    emptied = people.change(records, replace(stored, plan=(), plan_name=""))
    assert emptied.plan == ()
    assert emptied.changes == 3


def test_the_list_says_of_everybody_what_is_known_of_each(records, document, monkeypatch):
    monkeypatch.setattr(listing, "_AT_ONCE", 2)  # as for thousands
    plan = (KNEE, replace(KNEE, exercise="biceps-contraction"))
    for number in range(1, 6):
        person = people.add(records, f"P-{number}")
        people.change(records, replace(person, plan=plan[: number % 3], next_visit=AT, display=Display(volume=number)))
        for visit in range(number):
            done = document(person.code, exercise=f"exercise {visit}")
            kept = keeping.keep(records, done, started=AT + timedelta(days=visit), recording=f"{number}-{visit}")
            sessions.rate(records, kept, "pain", "after", visit)
            sessions.write_note(records, kept, Note(plan=f"visit {visit}"))
        keeping.arrive(records, person.code, at=AT + timedelta(days=20))  # nothing was done: no visit
    people.add(records, "P-6")
    listed = people.listed(records)
    assert [one.person for one in listed] == [people.find(records, f"P-{number}") for number in range(1, 7)]
    assert [one.visits for one in listed] == [1, 2, 3, 4, 5, 0]
    newest = [sessions.of_person(records, one.person.id, most=1) for one in listed]
    assert [one.last for one in listed] == [found[0] if found else None for found in newest]


def test_the_second_of_two_changes_is_told(records):
    person = people.add(records, "P-014")
    people.change(records, replace(person, plan=(KNEE,)))
    with pytest.raises(RecordsError, match="changed elsewhere"):
        people.change(records, replace(person, note="mine"))
    stored = people.find(records, "P-014")
    assert stored is not None
    assert (stored.note, stored.plan) == ("", (KNEE,))


def test_the_tables_themselves_tell_the_second_of_two(records):
    from sqlalchemy.orm import Session

    from biofeedback.storage.records.store import explained
    from biofeedback.storage.records.tables import PersonRow

    person = people.add(records, "P-014")
    with Session(records._writer, expire_on_commit=False) as slow:
        row = slow.get(PersonRow, person.id)
        assert row is not None
        slow.commit()
        people.change(records, replace(person, note="first"))
        row.note = "second"
        with pytest.raises(RecordsError, match="changed this meanwhile"), explained(records.path):
            slow.flush()


def test_nobody_takes_a_code_that_is_taken(records):
    people.add(records, "P-1")
    person = people.add(records, "P-2")
    with pytest.raises(RecordsError, match="somebody has"):
        people.change(records, replace(person, code="P-1"))


def test_the_list_has_the_last_visit_of_each(records, document):
    for code in ("P-2", "P-1", "P-3"):
        people.add(records, code)
    for day, code in ((0, "P-1"), (3, "P-1"), (1, "P-2")):
        started = AT + timedelta(days=day)
        keeping.keep(records, document(code), started=started, recording=f"{code}-{day}.recording")
    keeping.arrive(records, "P-3", at=AT)
    listed = people.listed(records)
    assert [(one.person.code, one.visits) for one in listed] == [("P-1", 2), ("P-2", 1), ("P-3", 0)]
    assert listed[0].last is not None
    assert listed[0].last.started == AT + timedelta(days=3)
    assert listed[2].last is None


def test_deleting_a_person_deletes_all_of_them_and_nobody_else(tmp_path, records, store_key: StoreKey, document):
    for code in ("P-1", "P-2"):
        people.add(records, code)
        RecordingWriter(tmp_path / f"{code}.recording", [], {}, store_key).close({})
        visit = keeping.keep(records, document(code), started=AT, recording=f"{code}.recording")
        sessions.rate(records, visit, "pain", "before", 3)
    person = people.find(records, "P-1")
    assert person is not None
    people.delete(records, person.id, tmp_path)
    assert [one.person.code for one in people.listed(records)] == ["P-2"]
    assert sorted(file.name for file in tmp_path.glob("*.recording*")) == ["P-2.recording", "P-2.recording.key"]
    with records.reading() as session:
        from sqlalchemy import func, select

        from biofeedback.storage.records.tables import Base

        counts = {
            table.name: session.scalar(select(func.count()).select_from(table))
            for table in Base.metadata.tables.values()
        }
    assert (counts["session"], counts["bout"], counts["set_result"], counts["rating"]) == (1, 1, 2, 1)
    assert counts["repetition"] == 6


def test_a_person_who_is_being_recorded_stays(tmp_path, records, store_key: StoreKey, document):
    person = people.add(records, "P-1")
    writer = RecordingWriter(tmp_path / "a.recording", [], {}, store_key)
    keeping.keep(records, document("P-1"), started=AT, recording="a.recording")
    with pytest.raises(RecordingError, match="being recorded right now"):
        people.delete(records, person.id, tmp_path)
    assert people.find(records, "P-1") is not None
    writer.close({})


def test_five_hundred_people_are_listed_at_once(records, document):
    import time

    from biofeedback.storage.records.tables import PersonRow

    with records.writing() as session:
        for number in range(500):
            session.add(PersonRow(code=f"P-{number:03d}", added=AT, display={}))
    for number in range(0, 500, 25):
        keeping.keep(records, document(f"P-{number:03d}"), started=AT, recording=f"{number}.recording")
    before = time.process_time()
    assert len(people.listed(records)) == 500
    assert time.process_time() - before < 2.0  # a query a person would take longer by far


def test_the_volume_of_a_persons_last_session_is_kept_with_the_person(records, document):
    person = people.add(records, "P-014")
    assert person.display.volume is None  # nobody has heard yet
    heard = {"headphones": True, "sound_range": "narrow", "families": {"speech": 3.0}}
    settings = {"volume": 3, "sound_mode": "guide", **heard}
    keeping.keep(records, document(settings=settings), started=AT, recording="a.recording")
    keeping.keep(
        records,
        document(settings={"volume": 9, "headphones": False}),
        started=AT,
        recording="b.recording",
        recovered=True,
    )
    keeping.keep(records, document(person="P-015", settings={"volume": 8}), started=AT, recording="c.recording")
    kept = people.find(records, "P-014")
    assert kept is not None
    assert kept.display == Display(volume=3, heard=heard)
