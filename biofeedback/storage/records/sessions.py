"""Sessions that are kept: reading them back, beginning again, and what is said and written about them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from biofeedback.storage.records import reading
from biofeedback.storage.records.listing import SOMETHING_DONE
from biofeedback.storage.records.people import WITH_SETS
from biofeedback.storage.records.store import Records, RecordsError
from biofeedback.storage.records.tables import BoutRow, NoteRow, RatingRow, SessionRow
from biofeedback.storage.records.values import Again, Moment, Note, RatingKind, Session


def of_person(records: Records, person_id: uuid.UUID, most: int | None = None) -> tuple[Session, ...]:
    """Return a person's sessions in which something was done, newest first."""
    wanted = select(SessionRow).where(SessionRow.person_id == person_id, SOMETHING_DONE)
    with records.reading() as session:
        rows = session.scalars(wanted.order_by(SessionRow.started.desc()).limit(most).options(*WITH_SETS))
        return tuple(reading.session(row) for row in rows)


def find(records: Records, session_id: uuid.UUID) -> Session | None:
    """Return one session; None if there is none."""
    with records.reading() as session:
        row = session.get(SessionRow, session_id, options=WITH_SETS)
        return None if row is None else reading.session(row)


def of_recording(records: Records, recording: str) -> Session | None:
    """Return the session a recording belongs to, by the name of its file; None if it was not kept."""
    with records.reading() as session:
        row = session.scalar(select(SessionRow).join(BoutRow).where(BoutRow.recording == recording).options(*WITH_SETS))
        return None if row is None else reading.session(row)


def again(records: Records, person_id: uuid.UUID) -> tuple[Again, ...]:
    """Return the exercises of a person's last session, each as it was left; empty if there was none."""
    last = (
        select(SessionRow)
        .where(SessionRow.person_id == person_id, SOMETHING_DONE)
        .order_by(SessionRow.started.desc())
        .limit(1)
        .options(selectinload(SessionRow.bouts).selectinload(BoutRow.sets))
    )
    with records.reading() as session:
        row = session.scalar(last)
        bouts = [] if row is None else row.bouts
        latest = {
            bout.exercise: bout for bout in bouts if bout.sets
        }  # done twice in a visit: once again, as it was left
        return tuple(
            Again(
                exercise=bout.exercise,
                exercise_name=bout.exercise_name,
                side=bout.side,
                settings=bout.settings,
                targets=reading.edges(bout.targets),
                placements=bout.placements,
                sets=int(bout.dose.get("sets", 0)),
                repetitions=int(bout.dose.get("repetitions", 0)),
                movement=bout.quality.get("movement"),
                started=bout.started,
            )
            for bout in latest.values()
        )


def rate(records: Records, session_id: uuid.UUID, kind: RatingKind, moment: Moment, value: int | None) -> None:
    """Store what the person said, in place of what they said before; None takes it back.

    Raises
    ------
    RecordsError
        If it is not 0 to 10, or cannot be stored.
    """
    if value is not None and not 0 <= value <= 10:
        raise RecordsError(f"{kind} is a number from 0 to 10, not {value}")
    with records.writing() as session:
        wanted = select(RatingRow).where(
            RatingRow.session_id == session_id, RatingRow.kind == kind, RatingRow.moment == moment
        )
        row = session.scalar(wanted)
        if value is None:
            if row is not None:
                session.delete(row)
        elif row is not None:
            row.value, row.said = value, datetime.now(UTC)
        else:
            session.add(RatingRow(session_id=session_id, kind=kind, moment=moment, value=value, said=datetime.now(UTC)))


def write_note(records: Records, session_id: uuid.UUID, note: Note, *, sign: bool = False) -> Note:
    """Store a session's note; signed it is no draft any more and stays as it is.

    Raises
    ------
    RecordsError
        If it is signed already, was changed elsewhere meanwhile, or cannot be stored.
    """
    with records.writing() as session:
        row = session.scalar(select(NoteRow).where(NoteRow.session_id == session_id))
        if row is None:
            row = NoteRow(id=uuid.uuid4(), session_id=session_id)
            session.add(row)
        elif row.signed is not None:
            raise RecordsError("This note is signed and cannot be changed.")
        elif row.changes != note.changes:
            raise RecordsError("This note was changed elsewhere meanwhile; look at it again, then change it.")
        for name in ("subjective", "objective", "assessment", "plan"):
            setattr(row, name, getattr(note, name))
        row.signed = datetime.now(UTC) if sign else None
        session.flush()
        return reading.note(row)
