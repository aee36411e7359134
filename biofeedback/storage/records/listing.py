"""Everybody at once, as Home lists them: from plain rows, as thousands of mapped objects would take seconds."""

from __future__ import annotations

import uuid
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from biofeedback.storage.records import reading, values
from biofeedback.storage.records.tables import (
    Base,
    BoutRow,
    NoteRow,
    PersonRow,
    PlannedRow,
    PlanRow,
    RatingRow,
    SessionRow,
    SetRow,
)

SOMETHING_DONE = SessionRow.bouts.any(BoutRow.sets.any())
_AT_ONCE = 500
_UNREAD = frozenset({"dose", "settings", "placements"})  # documents that a list does not show


def overviews(session: Session) -> tuple[values.Overview, ...]:
    """Return everybody with their last session, by code."""
    counted = (
        select(SessionRow.person_id, func.count().label("visits"), func.max(SessionRow.started).label("started"))
        .where(SessionRow.person_id.is_not(None), SOMETHING_DONE)
        .group_by(SessionRow.person_id)
        .cte()
    )
    visits = {person_id: count for person_id, count, _ in session.execute(select(counted))}
    newest = select(SessionRow.id).join(
        counted, (SessionRow.person_id == counted.c.person_id) & (SessionRow.started == counted.c.started)
    )
    last = _sessions(session, list(session.scalars(newest.where(SOMETHING_DONE))))
    return tuple(
        values.Overview(person=person, visits=visits.get(person.id, 0), last=last.get(person.id))
        for person in _persons(session)
    )


def _persons(session: Session) -> list[values.Person]:
    planned = _rows(session, PlannedRow, true(), by="plan_id", order=PlannedRow.place)
    plans = _rows(session, PlanRow, true(), by="person_id")
    everybody = _rows(session, PersonRow, true(), order=PersonRow.code)[None]
    for (plan,) in plans.values():
        plan.exercises = planned[plan.id]
    for person in everybody:
        person.plan = plans[person.id][0] if person.id in plans else None
    return [reading.person(person) for person in everybody]


def _sessions(session: Session, ids: list[uuid.UUID]) -> dict[uuid.UUID, values.Session]:
    """Return these sessions by their person."""
    found: dict[uuid.UUID, values.Session] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        bouts = _rows(session, BoutRow, BoutRow.session_id.in_(some), by="session_id", order=BoutRow.started)
        ratings = _rows(session, RatingRow, RatingRow.session_id.in_(some), by="session_id")
        notes = _rows(session, NoteRow, NoteRow.session_id.in_(some), by="session_id")
        done = [bout.id for of_one in bouts.values() for bout in of_one]
        sets = _rows(session, SetRow, SetRow.bout_id.in_(done), by="bout_id", order=SetRow.number)
        for of_one in bouts.values():
            for bout in of_one:
                bout.sets = sets[bout.id]
        for visit in _rows(session, SessionRow, SessionRow.id.in_(some))[None]:
            visit.bouts, visit.ratings = bouts[visit.id], ratings[visit.id]
            visit.note = notes[visit.id][0] if visit.id in notes else None
            found[visit.person_id] = reading.session(visit)
    return found


def _rows(
    session: Session, kind: type[Base], which: ColumnElement[bool], by: str = "", order: Any = None
) -> defaultdict[Any, list[Any]]:
    """Return rows with the attributes of the mapped objects, by the column ``by``; all under None without one."""
    columns = [column for column in kind.__table__.columns if column.name not in _UNREAD]
    grouped: defaultdict[Any, list[Any]] = defaultdict(list)
    for row in session.execute(select(*columns).where(which).order_by(order)).mappings():
        grouped[row[by] if by else None].append(SimpleNamespace(**row))
    return grouped
