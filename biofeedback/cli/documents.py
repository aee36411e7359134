"""What `score --json` and `measures run --json` print, as types; the JSON schemas in docs/schema are made of them."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Document(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A part of a document; what is not named here may not be in it."""


class Exercise(Document):
    """The exercise that was scored."""

    id: str
    version: int
    name: str


class RepetitionMeasure(Document):
    """A measure of one repetition; ``missing`` says why there is no value, ``share`` what it adds to the score."""

    name: str
    signal: str | None
    domain: str
    value: float | None
    unit: str
    share: float | None
    missing: str | None


class Repetition(Document):
    """One repetition; times in s since the first sample, values in the unit of the goal signal."""

    number: int
    set: int
    start_s: float
    peak_s: float
    end_s: float
    peak: float | None
    range: float | None
    band: tuple[float | None, float | None]
    reached: bool
    result: Literal["in", "below", "above", "no_score"]
    score: float | None
    error: float | None
    coverage: float | None
    reason: str
    parts: dict[str, float | None]
    measures: list[RepetitionMeasure]
    feedback: bool
    probe: bool
    undone: bool


class ScoreSummary(Document):
    """The mean score of several repetitions and how sure it is."""

    mean: float | None
    band95: tuple[float | None, float | None]
    sem: float | None
    detectable: float | None
    noise: float | None
    scored: int
    unscored: int
    coverage: float | None
    words: str


class Scores(Document):
    """Repetitions with feedback, and probes without, apart."""

    practice: ScoreSummary | None
    probes: ScoreSummary | None


class SetScores(Scores):
    """The same of one set."""

    set: int


class ScoredSensor(Document):
    """Which stream of the file was taken for which placement of the exercise."""

    placement: str
    stream: str
    rate_hz: float


class ScoreDocument(Document):
    """What `biofeedback score FILE --exercise ID --json` prints."""

    schema: Literal["biofeedback.session"]
    version: int
    program: str
    not_a_medical_device: Literal[True]
    file: str
    exercise: Exercise
    count: int
    reached: int
    score: float | None
    probe_score: float | None
    scores: Scores
    sets: list[SetScores]
    repetitions: list[Repetition]
    duration_s: float
    sensors: list[ScoredSensor]
    methods: dict[str, str]
    speed: float | None


class MeasuredSensor(Document):
    """Which sensor of the file played which role."""

    role: str
    name: str
    stream: str
    rate_hz: float


class Value(Document):
    """A named value; null with a ``reason`` where it could not be computed; ``name`` is ``gives`` and ``of``."""

    name: str
    value: float | None
    unit: str
    n: int
    quality: Literal["ok", "weak", "bad"]
    reason: str
    gives: str
    of: str


class Occurrence(Document):
    """Something that happened, at ``time_s`` of the file's own clock, corrected for the measure's delay."""

    kind: str
    time_s: float
    of: str
    end_s: float | None
    values: dict[str, float | None]


class DerivedSignal(Document):
    """A derived signal: how many samples of it `--signals` writes, and in which column."""

    name: str
    unit: str
    n: int
    column: str


class MeasuresDocument(Document):
    """What `biofeedback measures run NAME FILE --json` prints."""

    schema: Literal["biofeedback.measures"]
    version: int
    program: str
    not_a_medical_device: Literal[True]
    file: str
    measure: str
    domain: str
    group_delay_s: float
    warm_up_s: float
    settings: dict[str, Any]
    sensors: list[MeasuredSensor]
    first_s: float | None
    last_s: float
    speed: float | None
    values: list[Value]
    occurrences: list[Occurrence]
    signals: list[DerivedSignal]
