"""The tables. Only types and constraints that SQLite and PostgreSQL share; every key is random, so rows can be merged.

One session is one visit. It has bouts, an exercise done once with one recording; a bout has sets and repetitions.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, DateTime, Dialect, ForeignKey, String, TypeDecorator, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

SCHEMA = 1

Document = dict[str, Any]


class UtcTime(TypeDecorator[datetime]):
    """A moment. SQLite gives back times without a zone, PostgreSQL with one: here it is always UTC, said or refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; a time without a zone is a mistake."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back UTC."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What all tables share."""

    type_annotation_map = {datetime: UtcTime, Document: JSON}  # noqa: RUF012 (SQLAlchemy's own way)


class _Editable:
    """A row that people change: the second of two who change it at once is told, and nothing is overwritten."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    changes: Mapped[int] = mapped_column(default=1)


class About(Base):
    """What holds for the whole database: the version of its tables."""

    __tablename__ = "about"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class PersonRow(_Editable, Base):
    """One person, known by a code and never by a name."""

    __tablename__ = "person"
    __mapper_args__ = {"version_id_col": _Editable.changes}  # noqa: RUF012
    code: Mapped[str] = mapped_column(String(40), unique=True)
    about: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(String(2000), default="")
    side: Mapped[str] = mapped_column(String(8), default="none")
    birth_year: Mapped[int | None]
    pain_limit: Mapped[int] = mapped_column(CheckConstraint("pain_limit BETWEEN 0 AND 10"), default=5)
    display: Mapped[Document] = mapped_column(default=dict)
    next_visit: Mapped[datetime | None]
    added: Mapped[datetime]
    plan: Mapped[PlanRow | None] = relationship(back_populates="person", cascade="all, delete-orphan", uselist=False)
    sessions: Mapped[list[SessionRow]] = relationship(back_populates="person", cascade="all, delete-orphan")


class PlanRow(_Editable, Base):
    """What a person does at each visit."""

    __tablename__ = "plan"
    __mapper_args__ = {"version_id_col": _Editable.changes}  # noqa: RUF012
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    person: Mapped[PersonRow] = relationship(back_populates="plan")
    exercises: Mapped[list[PlannedRow]] = relationship(cascade="all, delete-orphan", order_by="PlannedRow.place")


class PlannedRow(Base):
    """One exercise of a plan with its dose and targets."""

    __tablename__ = "planned_exercise"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"), index=True)
    place: Mapped[int]
    exercise: Mapped[str] = mapped_column(String(64))
    sets: Mapped[int]
    repetitions: Mapped[int]
    targets: Mapped[Document] = mapped_column(default=dict)


class SessionRow(Base):
    """One visit. ``label`` is the person's code at the time, or what a session without a person is called."""

    __tablename__ = "session"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(40), default="")
    started: Mapped[datetime] = mapped_column(index=True)
    ended: Mapped[datetime]
    person: Mapped[PersonRow | None] = relationship(back_populates="sessions")
    bouts: Mapped[list[BoutRow]] = relationship(cascade="all, delete-orphan", order_by="BoutRow.started")
    ratings: Mapped[list[RatingRow]] = relationship(cascade="all, delete-orphan")
    note: Mapped[NoteRow | None] = relationship(cascade="all, delete-orphan", uselist=False)


class BoutRow(Base):
    """One exercise done in a session, with its recording and all that is needed to begin it the same way again."""

    __tablename__ = "bout"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    recording: Mapped[str | None] = mapped_column(String(200), unique=True)
    recovered: Mapped[bool] = mapped_column(default=False)
    exercise: Mapped[str] = mapped_column(String(64))
    exercise_version: Mapped[int]
    exercise_name: Mapped[str] = mapped_column(String(120))
    side: Mapped[str] = mapped_column(String(8), default="none")
    started: Mapped[datetime]
    duration_s: Mapped[float]
    active_s: Mapped[float]
    dose: Mapped[Document] = mapped_column(default=dict)
    settings: Mapped[Document] = mapped_column(default=dict)
    targets: Mapped[Document] = mapped_column(default=dict)
    placements: Mapped[Document] = mapped_column(default=dict)
    quality: Mapped[Document] = mapped_column(default=dict)
    program: Mapped[str] = mapped_column(String(80), default="")
    sets: Mapped[list[SetRow]] = relationship(cascade="all, delete-orphan", order_by="SetRow.number")


class SetRow(Base):
    """One set: counts and means of what stands, probes apart; ``estimate`` is how many the person thinks reached it."""

    __tablename__ = "set_result"
    __table_args__ = (UniqueConstraint("bout_id", "number"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    bout_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bout.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    done: Mapped[int]
    reached: Mapped[int]
    below: Mapped[int]
    above: Mapped[int]
    without_score: Mapped[int]
    estimate: Mapped[int | None]
    scored: Mapped[int]
    score: Mapped[float | None]
    probes_scored: Mapped[int]
    probe_score: Mapped[float | None]
    repetitions: Mapped[list[RepetitionRow]] = relationship(
        cascade="all, delete-orphan", order_by="RepetitionRow.number"
    )


class RepetitionRow(Base):
    """One repetition in short; ``start_s`` and the like count from the beginning of the recording's session."""

    __tablename__ = "repetition"
    __table_args__ = (UniqueConstraint("set_id", "number"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    set_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("set_result.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    start_s: Mapped[float]
    end_s: Mapped[float]
    peak: Mapped[float | None]
    range: Mapped[float | None]
    reached: Mapped[bool]
    result: Mapped[str] = mapped_column(String(16))
    score: Mapped[float | None]
    error: Mapped[float | None]
    reason: Mapped[str] = mapped_column(String(300))
    feedback: Mapped[bool]
    probe: Mapped[bool]
    undone: Mapped[bool]
    parts: Mapped[Document] = mapped_column(default=dict)
    measures: Mapped[Document] = mapped_column(default=dict)


class RatingRow(Base):
    """What the person said: pain or effort, 0 to 10, before or after the session."""

    __tablename__ = "rating"
    __table_args__ = (UniqueConstraint("session_id", "kind", "moment"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    moment: Mapped[str] = mapped_column(String(16))
    value: Mapped[int] = mapped_column(CheckConstraint("value BETWEEN 0 AND 100"))
    said: Mapped[datetime]


class NoteRow(_Editable, Base):
    """The therapist's note of a session: S, O, A and P. It is a draft until it is signed."""

    __tablename__ = "note"
    __mapper_args__ = {"version_id_col": _Editable.changes}  # noqa: RUF012
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), unique=True)
    subjective: Mapped[str] = mapped_column(String(8000), default="")
    objective: Mapped[str] = mapped_column(String(8000), default="")
    assessment: Mapped[str] = mapped_column(String(8000), default="")
    plan: Mapped[str] = mapped_column(String(8000), default="")
    signed: Mapped[datetime | None]
