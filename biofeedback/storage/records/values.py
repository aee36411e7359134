"""What the records hold, as frozen values: safe to hand to any thread, and nothing of a database in them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Side = Literal["left", "right", "both", "none"]
RatingKind = Literal["pain", "effort"]
Moment = Literal["before", "after"]
Edges = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One exercise of a plan: its id, its dose, and targets that differ from the exercise's own, by signal."""

    exercise: str
    sets: int
    repetitions: int
    targets: dict[str, Edges] = field(default_factory=dict[str, Edges])


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """How the person is shown and told things. ``theme`` empty follows the system.

    ``volume`` is 0 to 10, as it was in the last session; None before the first. ``heard`` has what else of that
    session's settings goes with the person into any exercise: headphones, families of sounds, range, strength of touch.
    """

    text_scale: float = 1.0
    theme: Literal["", "light", "dark", "contrast"] = ""
    volume: int | None = None
    heard: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person. ``code`` stands for the name, ``note`` is for the next visit, ``changes`` tells versions apart."""

    id: uuid.UUID
    code: str
    about: str = ""
    note: str = ""
    side: Side = "none"
    birth_year: int | None = None
    pain_limit: int = 5
    display: Display = field(default_factory=Display)
    next_visit: datetime | None = None
    added: datetime
    plan_name: str = ""
    plan: tuple[Planned, ...] = ()
    changes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SetResult:
    """One set. ``done`` counts what stands.

    Scores are means of ``scored`` practice repetitions and of ``probes_scored`` probes; None where there is none.
    """

    number: int
    done: int
    reached: int
    below: int
    above: int
    without_score: int
    scored: int
    score: float | None
    probes_scored: int
    probe_score: float | None
    estimate: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bout:
    """One exercise done in a session. ``recording`` is a file name in the folder of recordings."""

    id: uuid.UUID
    exercise: str
    exercise_name: str
    side: str
    recording: str | None
    recovered: bool
    started: datetime
    duration_s: float
    active_s: float
    sets: tuple[SetResult, ...]
    quality: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def done(self) -> int:
        """Repetitions that stand."""
        return sum(one.done for one in self.sets)

    @property
    def reached(self) -> int:
        """Repetitions that reached the target."""
        return sum(one.reached for one in self.sets)

    @property
    def scored(self) -> int:
        """Repetitions with a score."""
        return self.done - sum(one.without_score for one in self.sets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The note of a session: subjective, objective, assessment, plan. A draft until ``signed``."""

    subjective: str = ""
    objective: str = ""
    assessment: str = ""
    plan: str = ""
    signed: datetime | None = None
    changes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One visit. ``label`` is the person's code at the time; ``ratings`` has what was said, by kind and moment."""

    id: uuid.UUID
    person_id: uuid.UUID | None = None
    label: str
    started: datetime
    ended: datetime
    bouts: tuple[Bout, ...]
    ratings: dict[tuple[RatingKind, Moment], int] = field(default_factory=dict[tuple[RatingKind, Moment], int])
    note: Note | None = None

    @property
    def active_s(self) -> float:
        """Seconds at work, over all bouts."""
        return sum(bout.active_s for bout in self.bouts)

    @property
    def lasted_s(self) -> float:
        """Seconds from the first bout's beginning to the last one's end."""
        return max(0.0, (self.ended - self.started).total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A person with what a list shows of them: visits so far, and the last one."""

    person: Person
    visits: int = 0
    last: Session | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """All that is needed to begin an exercise as it was left: settings, target bands, what sat where, and the dose.

    ``sets`` and ``repetitions`` are 0 where the exercise's own dose holds. ``movement`` is how the person moved then,
    as the session kept it; ``started`` is when that was.
    """

    exercise: str
    exercise_name: str
    side: str
    settings: dict[str, Any]
    targets: dict[str, Edges]
    placements: dict[str, dict[str, Any]]
    sets: int
    repetitions: int
    movement: dict[str, Any] | None = None
    started: datetime | None = None
