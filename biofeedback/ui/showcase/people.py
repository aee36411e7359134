"""People as a small clinic has them, for tests and pictures of the pages around a session."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from biofeedback.session.room.today import Prepare
from biofeedback.session.unfinished import Unfinished
from biofeedback.storage.records.values import Bout, Note, Overview, Person, Planned, Session, SetResult
from biofeedback.ui.console.session_facts import SummaryState

NOW = datetime(2026, 11, 23, 9, 12, tzinfo=UTC)
_LONG = "Right knee after reconstruction of the anterior cruciate ligament, week 6, with a very long remark"


def _id(number: int) -> uuid.UUID:
    return uuid.UUID(int=number + 1)


def set_result(number: int, done: int = 10, reached: int = 8, score: float | None = 78.0, **other: Any) -> SetResult:
    """Return a set that is done."""
    made: dict[str, Any] = {
        "scored": done - 2,
        "probes_scored": 2,
        "below": done - reached,
        "above": 0,
        "without_score": 0,
        "probe_score": 71.0,
    } | other
    return SetResult(number=number, done=done, reached=reached, score=score, **made)


def bout(name: str, sets: tuple[SetResult, ...], started: datetime, number: int = 0) -> Bout:
    """Return one exercise of a visit."""
    return Bout(
        id=_id(1000 + number), exercise="knee-extension-seated", exercise_name=name, side="right", recording=None,
        recovered=False, started=started, duration_s=480.0, active_s=360.0, sets=sets,
    )  # fmt: skip


def session(days: int, bouts: tuple[tuple[str, tuple[SetResult, ...]], ...], number: int = 0, **other: Any) -> Session:
    """Return a visit so many days ago."""
    started = NOW - timedelta(days=days)
    made = tuple(
        bout(name, sets, started + timedelta(minutes=8 * i), 10 * number + i) for i, (name, sets) in enumerate(bouts)
    )
    ended = started + timedelta(minutes=8 * len(bouts))
    return Session(id=_id(500 + number), label="", started=started, ended=ended, bouts=made, **other)


def overview(number: int, code: str, about: str, plan: str, days: int | None, visits: int, **other: Any) -> Overview:
    """Return a person with the last visit."""
    bouts = other.pop("bouts", (("Knee extension, seated", (set_result(1), set_result(2))),))
    ratings = {("pain", "before"): 3, ("pain", "after"): 2, ("effort", "after"): 5}
    last = None if days is None else session(days, bouts, number, ratings=ratings)
    planned = (Planned(exercise="knee-extension-seated", sets=3, repetitions=10),) if plan else ()
    person = Person(id=_id(number), code=code, about=about, added=NOW, plan_name=plan, plan=planned, **other)
    return Overview(person=person, visits=visits, last=last)


def clinic() -> tuple[Overview, ...]:
    """Return the people of a small clinic, three of them due today."""
    three = (
        ("Knee extension, seated", (set_result(1), set_result(2), set_result(3))),
        ("Sit to stand", (set_result(1, 8, 7, 74.0), set_result(2, 8, 7, 74.0))),
        (
            "Step down, 15 cm",
            (set_result(1, 8, 7, 66.0, probe_score=None), set_result(2, 8, 7, 66.0, probe_score=None)),
        ),
    )
    low = (("Reach", (set_result(1, 10, 5),)),)
    high = (("Reach", (set_result(1, 10, 4, below=1, above=5),)),)
    none = (("Grip", (set_result(1, 4, 0, None, without_score=4),)),)
    nine = NOW.replace(hour=9, minute=30)
    return (
        overview(0, "P-014", "Right knee, week 6", "Knee control B", 3, 11, bouts=three, next_visit=nine,
                 note="Start step down with the hand rail. Ask about stairs at home."),
        overview(1, "P-022", "Left arm reach, month 4", "Reach and place", 1, 23, bouts=low,
                 next_visit=nine + timedelta(minutes=30)),
        overview(2, "P-007", "Both ankles, steps", "Foot lift", 7, 8, next_visit=nine + timedelta(minutes=60)),
        overview(3, "P-031", "Lower back, guarded", "Bend and lift", 2, 3),
        overview(4, "P-003", "Left shoulder, overhead", "Shoulder rhythm", 12, 16, bouts=high),
        overview(5, "P-019", "Balance, standing", "Steady stance", 5, 6),
        overview(6, "P-028", "Right knee, week 2", "Knee control A", 6, 2, bouts=low),
        overview(7, "P-011", "Right hand, grip", "", 21, 19, bouts=none),
        overview(8, "P-035", "First visit", "", None, 0),
    )  # fmt: skip


def crowd(count: int = 500) -> tuple[Overview, ...]:
    """Return many people."""
    return tuple(
        overview(i, f"P-{i:03d}", f"Person {i}", "Plan" if i % 2 else "", i % 90, i % 40) for i in range(count)
    )


def long_names() -> tuple[Overview, ...]:
    """Return people whose names and notes are very long."""
    plan = "Knee control with step down, sit to stand and balance, version of November"
    bouts = (
        ("Knee extension in sitting with the foot free and a hold of two seconds", (set_result(1), set_result(2))),
    )
    return tuple(
        overview(i, f"Rehabilitation-centre-{i:03d}-2026", _LONG, plan, i, 100 + i, bouts=bouts, note=_LONG * 3)
        for i in range(4)
    )


PLANNED = (
    Planned(exercise="biceps-contraction", sets=2, repetitions=8),
    Planned(exercise="no-longer-there", sets=2, repetitions=8),
)
_QUALITY = {
    "samples": {
        "thigh/imu": {"received": 9990, "lost": 10},
        "vastus_medialis/emg": {"received": 9990, "lost": 0},
        "biceps_femoris/emg": {"received": 970, "lost": 30},
    },
    "latency_ms": {"painted_p50": 27.0, "painted_p95": 34.2},
    "methods": {"vastus_medialis": "submaximal"},
}


def _summary(one: Overview, **changed: Any) -> SummaryState:
    assert one.last is not None
    bouts = tuple(replace(bout, quality=_QUALITY) for bout in one.last.bouts)
    exercise = (("Knee extension, seated", (set_result(1, 10, 5),)),)
    earlier = tuple(session(3 * visit, exercise, visit) for visit in range(2, 9))
    now = replace(one.last, bouts=bouts, **changed)
    return SummaryState(session=now, person=one.person, earlier=earlier)


SUMMARIES = {
    "summary": _summary(clinic()[0]),
    "signed": _summary(clinic()[0], note=Note(subjective="Pain 3 of 10.", plan="Go on.", signed=NOW, changes=2)),
    "pain": _summary(clinic()[0], ratings={("pain", "before"): 3, ("pain", "after"): 7}),
    "long-names": _summary(long_names()[0]),
    "nothing": SummaryState(session=replace(session(0, ()), label="")),
}


def unfinished() -> Unfinished:
    """Return a session that broke off in its second set."""
    prepared = Prepare(exercise="knee-extension-seated", person="P-014")
    return Unfinished(prepared, (prepared,), sets_over=1, sets=3)
