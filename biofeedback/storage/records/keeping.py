"""Take in what a session was: called by the side that ran it, so that it is kept when the window is gone.

The document is what `biofeedback.session.summary` makes. Keeping the same recording again changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from biofeedback.storage.records.store import Records
from biofeedback.storage.records.tables import BoutRow, NoteRow, PersonRow, RepetitionRow, SessionRow, SetRow

SAME_VISIT = timedelta(hours=2)
_HEARD = ("headphones", "sound_range", "families", "touch_strength")


def arrive(records: Records, code: str = "", visit: uuid.UUID | None = None, at: datetime | None = None) -> uuid.UUID:
    """Return the visit that `keep` will put what is done now into, so that what the person says first has a place."""
    with records.writing() as session:
        return _visit(session, visit, code, at or datetime.now(UTC)).id


def keep(
    records: Records,
    document: Mapping[str, Any],
    *,
    started: datetime,
    recording: str | None,
    visit: uuid.UUID | None = None,
    recovered: bool = False,
) -> uuid.UUID:
    """Keep one exercise that was done, and return its session.

    Parameters
    ----------
    document
        The session in plain JSON values.
    started
        Wall clock, with a zone.
    recording
        The name of its file in the folder of recordings.
    visit
        The session it belongs to, if its note is not signed. None: the person's last one if that ended less than two
        hours before and its note is not signed, else a new one.
    recovered
        Whether the document was made from a recording whose process had ended.

    Raises
    ------
    RecordsError
        If it cannot be stored; nothing is changed then, and the recording still has everything.
    """
    with records.writing() as session:
        if recording is not None:
            known = session.scalar(select(BoutRow.session_id).where(BoutRow.recording == recording))
            if known is not None:
                return known
        row = _visit(session, visit, str(document.get("person") or ""), started)
        bout = _bout(document, started, recording, recovered)
        row.bouts.append(bout)
        row.started = min(row.started, started) if len(row.bouts) > 1 else started
        row.ended = max(row.ended, started + timedelta(seconds=bout.duration_s))
        if not recovered:
            _remember(session, row.person_id, bout.settings)
        return row.id


def _remember(session: Session, person_id: uuid.UUID | None, settings: Mapping[str, Any]) -> None:
    """Keep how the person heard and felt it: the next exercise begins so, whichever it is."""
    person = None if person_id is None else session.get(PersonRow, person_id)
    if person is None:
        return
    heard = {name: settings[name] for name in _HEARD if name in settings}
    display = {**person.display}
    if heard:
        display["heard"] = {**person.display.get("heard", {}), **heard}
    if isinstance(volume := settings.get("volume"), int):
        display["volume"] = volume
    if display != person.display:
        person.display = display


def _visit(session: Session, visit: uuid.UUID | None, code: str, started: datetime) -> SessionRow:
    row = session.get(SessionRow, visit) if visit is not None else _last_visit(session, code, started)
    if row is None:
        return _new_visit(session, visit or uuid.uuid4(), code, started)
    if session.scalar(select(NoteRow.signed).where(NoteRow.session_id == row.id)) is not None:
        return _new_visit(session, uuid.uuid4(), code, started)
    return row


def _last_visit(session: Session, code: str, started: datetime) -> SessionRow | None:
    last = session.scalar(
        select(SessionRow)
        .join(PersonRow)
        .where(PersonRow.code == code, SessionRow.started <= started)
        .order_by(SessionRow.started.desc())
        .limit(1)
    )
    return last if last is not None and started - last.ended < SAME_VISIT else None


def _new_visit(session: Session, visit: uuid.UUID, code: str, at: datetime) -> SessionRow:
    person = session.scalar(select(PersonRow.id).where(PersonRow.code == code)) if code else None
    row = SessionRow(id=visit, person_id=person, label=code[:40], started=at, ended=at, bouts=[])
    session.add(row)
    session.flush()
    return row


def _bout(document: Mapping[str, Any], started: datetime, recording: str | None, recovered: bool) -> BoutRow:
    exercise = document["exercise"]
    by_set: dict[int, list[Mapping[str, Any]]] = {}
    for repetition in document["repetitions"]:
        by_set.setdefault(int(repetition["set"]), []).append(repetition)
    estimates = document.get("estimates") or {}
    return BoutRow(
        recording=recording,
        recovered=recovered,
        exercise=exercise["id"],
        exercise_version=exercise["version"],
        exercise_name=exercise["name"][:120],
        side=document.get("side") or "none",
        started=started,
        duration_s=float(document.get("duration_s") or 0.0),
        active_s=float(document.get("active_s") or 0.0),
        dose=document.get("dose") or {},
        settings=document.get("settings") or {},
        targets=document.get("targets") or {},
        placements=document.get("placements") or {},
        quality={
            name: document[name]
            for name in ("latency_ms", "samples", "methods", "failure", "movement")
            if document.get(name)
        },
        program=str(document.get("program") or "")[:80],
        sets=[_set(number, rows, estimates.get(str(number))) for number, rows in sorted(by_set.items())],
    )


def _set(number: int, repetitions: list[Mapping[str, Any]], estimate: int | None) -> SetRow:
    standing = [one for one in repetitions if not one["undone"]]
    practice = [one["score"] for one in standing if not one["probe"] and one["score"] is not None]
    probes = [one["score"] for one in standing if one["probe"] and one["score"] is not None]
    return SetRow(
        number=number,
        done=len(standing),
        reached=sum(one["reached"] for one in standing),
        below=sum(one["result"] == "below" for one in standing),
        above=sum(one["result"] == "above" for one in standing),
        without_score=sum(one["score"] is None for one in standing),
        estimate=estimate,
        scored=len(practice),
        score=_mean(practice),
        probes_scored=len(probes),
        probe_score=_mean(probes),
        repetitions=[_repetition(one) for one in repetitions],
    )


def _mean(scores: list[float]) -> float | None:
    return sum(scores) / len(scores) if scores else None


def _repetition(one: Mapping[str, Any]) -> RepetitionRow:
    measures = {
        (measure["name"] if measure["signal"] is None else f"{measure['name']}:{measure['signal']}"): measure["value"]
        for measure in one["measures"]
    }
    same = ("number", "start_s", "end_s", "peak", "range", "reached", "result", "score", "error", "feedback", "probe")
    return RepetitionRow(
        **{name: one[name] for name in same},
        undone=one["undone"],
        reason=one["reason"][:300],
        parts=one["parts"],
        measures=measures,
    )
