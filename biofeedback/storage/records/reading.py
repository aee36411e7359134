"""From rows to values."""

from __future__ import annotations

from typing import Any, cast

from biofeedback.storage.records import values
from biofeedback.storage.records.tables import BoutRow, NoteRow, PersonRow, SessionRow, SetRow


def person(row: PersonRow) -> values.Person:
    """Return a person with their plan."""
    return values.Person(
        id=row.id,
        code=row.code,
        about=row.about,
        note=row.note,
        side=cast("values.Side", row.side),
        birth_year=row.birth_year,
        pain_limit=row.pain_limit,
        display=values.Display(**row.display),
        next_visit=row.next_visit,
        added=row.added,
        plan_name="" if row.plan is None else row.plan.name,
        plan=() if row.plan is None else tuple(
            values.Planned(
                exercise=one.exercise, sets=one.sets, repetitions=one.repetitions, targets=edges(one.targets)
            )
            for one in row.plan.exercises
        ),
        changes=row.changes,
    )  # fmt: skip


def session(row: SessionRow) -> values.Session:
    """Return a session with its bouts, ratings and note."""
    return values.Session(
        id=row.id,
        person_id=row.person_id,
        label=row.label,
        started=row.started,
        ended=row.ended,
        bouts=tuple(bout(one) for one in row.bouts),
        ratings={
            (cast("values.RatingKind", one.kind), cast("values.Moment", one.moment)): one.value for one in row.ratings
        },
        note=None if row.note is None else note(row.note),
    )


def bout(row: BoutRow) -> values.Bout:
    """Return a bout with its sets."""
    return values.Bout(
        id=row.id,
        exercise=row.exercise,
        exercise_name=row.exercise_name,
        side=row.side,
        recording=row.recording,
        recovered=row.recovered,
        started=row.started,
        duration_s=row.duration_s,
        active_s=row.active_s,
        sets=tuple(set_result(one) for one in row.sets),
        quality=row.quality,
    )


def set_result(row: SetRow) -> values.SetResult:
    """Return one set without its repetitions."""
    names = values.SetResult.__dataclass_fields__
    return values.SetResult(**{name: getattr(row, name) for name in names})


def note(row: NoteRow) -> values.Note:
    """Return a session's note."""
    names = values.Note.__dataclass_fields__
    return values.Note(**{name: getattr(row, name) for name in names})


def edges(stored: dict[str, Any]) -> dict[str, values.Edges]:
    """Return bands by signal; JSON has no tuples."""
    return {signal: (low, high) for signal, (low, high) in stored.items()}
