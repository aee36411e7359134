"""People and their plans: listing, adding, changing, deleting."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import flag_modified

from biofeedback.storage.records import reading
from biofeedback.storage.records.listing import overviews
from biofeedback.storage.records.store import Records, RecordsError
from biofeedback.storage.records.tables import BoutRow, PersonRow, PlannedRow, PlanRow, SessionRow
from biofeedback.storage.records.values import Overview, Person, Planned
from biofeedback.storage.recovery import delete as delete_recording

CODE_LENGTH = 40
_WITH_PLAN = selectinload(PersonRow.plan).selectinload(PlanRow.exercises)
WITH_SETS = (
    selectinload(SessionRow.bouts).selectinload(BoutRow.sets),
    selectinload(SessionRow.ratings),
    selectinload(SessionRow.note),
)


def listed(records: Records) -> tuple[Overview, ...]:
    """Return everybody with their last session, by code. Visits in which nothing was done do not count."""
    with records.reading() as session:
        return overviews(session)


def find(records: Records, code: str) -> Person | None:
    """Return the person of that code; None if there is none."""
    with records.reading() as session:
        row = session.scalar(select(PersonRow).where(PersonRow.code == code).options(_WITH_PLAN))
        return None if row is None else reading.person(row)


def get(records: Records, person_id: uuid.UUID) -> Person | None:
    """Return a person; None if they were deleted."""
    with records.reading() as session:
        row = session.get(PersonRow, person_id, options=[_WITH_PLAN])
        return None if row is None else reading.person(row)


def add(records: Records, code: str, about: str = "") -> Person:
    """Add a person; a code is enough.

    Raises
    ------
    RecordsError
        If the code is empty, too long, or somebody has it.
    """
    code = " ".join(code.split())
    with records.writing() as session:
        _check_code(session, code, None)
        row = PersonRow(id=uuid.uuid4(), code=code, about=about, added=datetime.now(UTC), display={}, plan=None)
        session.add(row)
        session.flush()
        return reading.person(row)


def change(records: Records, person: Person) -> Person:
    """Store a person as changed, plan included; return them as stored.

    Raises
    ------
    RecordsError
        If they were changed elsewhere or deleted meanwhile, or the code is somebody else's.
    """
    with records.writing() as session:
        row = session.get(PersonRow, person.id, options=[_WITH_PLAN])
        if row is None:
            raise RecordsError(f"{person.code}: was deleted meanwhile")
        if row.changes != person.changes:
            raise RecordsError(f"{person.code}: was changed elsewhere meanwhile; look again, then change it")
        _check_code(session, person.code, person.id)
        for name in ("code", "about", "note", "side", "birth_year", "pain_limit", "next_visit"):
            setattr(row, name, getattr(person, name))
        row.display = asdict(person.display)
        _put_plan(row, person.plan_name, person.plan)
        flag_modified(row, "display")  # the person counts as changed also where only the plan did
        session.flush()
        return reading.person(row)


def delete(records: Records, person_id: uuid.UUID, recordings: Path) -> None:
    """Delete a person with all sessions and recordings. Without its key no copy of a recording can be read.

    Raises
    ------
    RecordsError, RecordingError
        If a recording of them is running, or the records cannot be changed; then nothing is deleted from the records.
    """
    with records.writing() as session:
        row = session.get(PersonRow, person_id)
        if row is None:
            return
        names = [bout.recording for visit in row.sessions for bout in visit.bouts if bout.recording is not None]
        for name in names:
            delete_recording(recordings / Path(name).name)
        session.delete(row)


def _check_code(session: Session, code: str, own: uuid.UUID | None) -> None:
    if not code:
        raise RecordsError("A person needs a code, such as P-014.")
    if len(code) > CODE_LENGTH:
        raise RecordsError(f"A code has at most {CODE_LENGTH} characters.")
    other = session.scalar(select(PersonRow.id).where(PersonRow.code == code))
    if other not in (None, own):
        raise RecordsError(f"{code}: somebody has this code; choose another")


def _put_plan(row: PersonRow, name: str, planned: tuple[Planned, ...]) -> None:
    if not name and not planned:
        row.plan = None
        return
    if row.plan is None:
        row.plan = PlanRow(id=uuid.uuid4(), exercises=[])
    row.plan.name = name
    row.plan.exercises = [
        PlannedRow(
            place=place,
            exercise=one.exercise,
            sets=one.sets,
            repetitions=one.repetitions,
            targets={signal: list(edges) for signal, edges in one.targets.items()},
        )
        for place, one in enumerate(planned)
    ]
