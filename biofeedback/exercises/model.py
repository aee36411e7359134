"""An exercise: which sensors, which signals, what counts as a repetition, what the target is, how it is scored.

Every exercise is one TOML file; `load` reads and checks it. Angles are degrees, muscle activity is percent of the
person's own reference, times are seconds: an exercise file is written and read by people.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

import msgspec
import msgspec.inspect

from biofeedback.exercises.sounds import SoundMode, sounds_of
from biofeedback.exercises.views import View, unseen, views_of

Positive = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
Domain = Literal["range", "control", "timing", "symmetry", "muscle"]
DOMAINS: tuple[Domain, ...] = ("range", "control", "timing", "symmetry", "muscle")
Schedule = Literal["each", "half", "third", "every5", "none"]
PathShape = Literal["ramp", "sine", "multisine"]
Ecg = Literal["none", "highpass", "gate", "template"]

COMPENSATIONS: dict[str, tuple[str, ...]] = {
    "lean": ("tilt",),
    "pelvic_obliquity": ("tilt",),
    "trunk_rotation": ("turn",),
    "knee_valgus": ("inwards",),
    "shoulder_shrug": ("envelope", "tilt", "inclination"),
}
"""Measures of what is done beside the movement, and the kinds of signal that each can be told from."""

_LARGEST = 1e6
_EDGE_NEEDED = {"activity_short": 0, "time_above": 1}  # without it the measure would give full marks
_EDGE_NAMES = ("a lower", "an upper")


class ExerciseError(ValueError):
    """An exercise file cannot be used. The message names the file, the field and what is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a sensor sits. ``place`` is a segment (``thigh``) or a muscle (``vastus_medialis``).

    ``side`` is only given where it is not the exercise's own: an exercise of both feet.
    """

    id: Slug
    kind: Literal["imu", "emg"]
    place: Slug
    name: str
    hint: str = ""
    side: Literal["left", "right"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A processed stream.

    ``hinge_angle`` needs two IMU placements, proximal first; ``inclination`` and ``rotation`` need one IMU:
    the angle between where the segment points and where it points at rest, or the angle turned about the movement's
    own axis since rest; ``tilt``, from one IMU on the trunk, is how far it leans since rest in a ``direction``, where
    the sensor's axis ``ahead`` points ahead of the person; ``turn``, from one on the pelvis and one on the thorax, is
    how far the thorax turns against it about the vertical, to the left; ``inwards``, from one on the thigh, is how far
    the knee goes inwards in a movement that bends the hip; ``travel``, from one IMU, is how far it is carried along the
    movement's own direction, in cm about the middle of the movement, for what hardly turns and takes no more than some
    6 s; ``envelope`` needs one EMG placement and is percent of the
    reference. Against the heart in a muscle of the trunk or shoulder, ``ecg`` is how it is taken out: ``gate`` blanks
    each beat, ``template`` takes the usual beat off, ``highpass`` is at 30 Hz; for reference and task alike.
    ``band`` is the wanted range for signals beside the goal signal (None = open); ``rest_angle`` is the joint's angle
    in the still pose at the start.
    """

    id: Slug
    name: str
    kind: Literal["hinge_angle", "inclination", "rotation", "tilt", "turn", "inwards", "travel", "envelope"]
    placements: Annotated[list[Slug], msgspec.Meta(min_length=1, max_length=2)]
    display: tuple[float, float]
    note: str = ""
    word: str = ""
    inverted: bool = False
    rest_angle: float = 0.0
    ticks: list[float] = field(default_factory=list[float])
    band: tuple[float | None, float | None] = (None, None)
    step: Positive = 1.0
    minimal_change: Positive = 5.0
    direction: Literal["any", "forward", "right"] = "any"
    ahead: Literal["x", "-x", "y", "-y", "z", "-z"] = "x"
    ecg: Ecg = "none"

    @property
    def unit(self) -> str:
        """The unit people read: degrees, centimetres, or percent of the reference."""
        return {"envelope": "%", "travel": "cm"}.get(self.kind, "°")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionRule:
    """What counts as one repetition of ``signal``: away from rest towards ``peak_at``, and back.

    ``expected_range`` is the range of a whole movement before anything is known of this person, in the signal's unit.
    With ``every_s`` a repetition is a stretch of that many seconds instead: once along a path, one spell of standing.
    """

    signal: Slug
    peak_at: Literal["high", "low"] = "high"
    expected_range: Positive
    smallest_range: Positive
    shortest_s: Positive = 0.6
    longest_s: Positive = 20.0
    every_s: Positive | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """How the target moves in a repetition: the whole band rises by ``rise`` (may be negative) and comes back."""

    shape: PathShape
    rise: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The band the goal signal should reach and stay in; with a ``path``, where it is before it sets out."""

    signal: Slug
    low: float
    high: float
    path: Path | None = None
    hold_s: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    narrowest: Positive = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """Wanted seconds of going, holding and coming back."""

    out_s: Positive
    hold_s: Annotated[float, msgspec.Meta(ge=0)]
    back_s: Positive


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePart:
    """One measure in the score: full marks up to ``target`` ± ``mdc``, none from ``limit`` on.

    ``mdc`` is the minimal detectable change of the measure: noise costs nothing.
    """

    measure: Slug
    domain: Domain
    target: float
    limit: float
    mdc: Annotated[float, msgspec.Meta(ge=0)]
    signal: Slug | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """How much: sets, repetitions a set of which the last ``probes`` go without feedback, rest between sets."""

    sets: Annotated[int, msgspec.Meta(ge=1, le=20)]
    repetitions: Annotated[int, msgspec.Meta(ge=1, le=100)]
    probes: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0
    rest_s: Annotated[float, msgspec.Meta(ge=0, le=900)] = 60.0
    active_minutes: Positive = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """How the person is answered at first; the therapist changes it while it runs.

    ``others`` are the signals a view shows beside the goal signal: the second muscle (whose sticker is a square), the
    other foot, or, for balance, the lean to the right and the lean ahead. ``lead_ms`` is how long after the goal
    signal's onset the other one should come, at least and at most. ``game_s`` is the time in the band that a game
    takes; without it, it takes a set in which most repetitions are held.
    """

    goal: Annotated[str, msgspec.Meta(max_length=42)]
    view: View = "column"
    limb: Literal["leg", "arm", "trunk"] = "leg"
    mirror: bool = False
    sound: SoundMode = "follow"
    schedule: Schedule = "each"
    bandwidth_percent: Annotated[float, msgspec.Meta(ge=0, le=50)] = 12.0
    praise: str = "The bar reached the band"
    others: Annotated[list[Slug], msgspec.Meta(max_length=2)] = field(default_factory=list[str])
    lead_ms: tuple[float, float] = (0.0, 150.0)
    game_s: Positive | None = None
    estimate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """The rule that proposes a narrower or wider band: ``successes`` of the last ``window`` repetitions in target."""

    window: Annotated[int, msgspec.Meta(ge=3, le=30)] = 5
    successes: Annotated[int, msgspec.Meta(ge=1, le=30)] = 4
    step: Positive = 2.0
    narrowest: Positive = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """What the therapist prepares and what the person is told, in plain words."""

    setup: str
    person: str
    watch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One exercise, as its file has it."""

    id: Slug
    version: Annotated[int, msgspec.Meta(ge=1)]
    name: str
    side: Literal["left", "right", "both", "none"] = "right"
    tags: list[Slug] = field(default_factory=list[str])
    instructions: Instructions
    placements: Annotated[list[Placement], msgspec.Meta(min_length=1)]
    signals: Annotated[list[Signal], msgspec.Meta(min_length=1, max_length=8)]
    repetition: RepetitionRule
    target: Target
    tempo: Tempo | None = None
    weights: dict[Domain, Annotated[float, msgspec.Meta(ge=0)]]
    score: list[ScorePart]
    dose: Dose
    feedback: Feedback
    difficulty: Difficulty = field(default_factory=Difficulty)

    def signal(self, signal_id: str) -> Signal:
        """Return the signal of that id."""
        return next(signal for signal in self.signals if signal.id == signal_id)

    @property
    def goal_signal(self) -> Signal:
        """The signal the target is on."""
        return self.signal(self.target.signal)

    @property
    def views(self) -> tuple[View, ...]:
        """The views this exercise can be shown in, the one it begins with first."""
        return views_of(self)

    @property
    def sounds(self) -> tuple[SoundMode, ...]:
        """The sounds this exercise can be heard in."""
        return sounds_of(self)


def _values(raw: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Yield everything in a document with the name of its field, ``score[2].limit``."""
    yield place, raw
    match raw:
        case dict():
            for key, value in raw.items():
                yield from _values(value, f"{place}.{key}" if place else str(key))
        case list() | tuple():
            for index, value in enumerate(raw):
                yield from _values(value, f"{place}[{index}]")
        case _:
            pass


def _oddity(document: dict[str, object], exercise: Exercise) -> str | None:
    """Name the first field that no exercise has, or number that is none, as ``field: what is expected``."""
    known = {place for place, _ in _values(msgspec.to_builtins(exercise))}
    for place, value in _values(document):
        if place not in known:
            return f"{place}: there is no such field; look for its name in an exercise of the library"
        if isinstance(value, (int, float)) and not abs(value) <= _LARGEST:
            return f"{place}: expected a number between {-_LARGEST:g} and {_LARGEST:g}, found {value:g}"
    return None


def _contradictions(exercise: Exercise) -> str | None:  # noqa: C901 (a list of independent checks)
    """Name the first thing the types cannot express, as ``field: what is expected``."""
    placements = {placement.id: placement.kind for placement in exercise.placements}
    signals = [signal.id for signal in exercise.signals]
    if len(placements) < len(exercise.placements):
        return "placements: each needs an id of its own"
    if len(set(signals)) < len(signals):
        return "signals: each needs an id of its own"
    for signal in exercise.signals:
        wanted = 2 if signal.kind in ("hinge_angle", "turn") else 1
        kind = "emg" if signal.kind == "envelope" else "imu"
        if len(signal.placements) != wanted:
            return f"signals.{signal.id}.placements: {signal.kind} needs {wanted}"
        for placement in signal.placements:
            if placements.get(placement) != kind:
                return f"signals.{signal.id}.placements: {placement!r} is not a placement of kind {kind!r}"
        if signal.ecg != "none" and kind != "emg":
            return f"signals.{signal.id}.ecg: only an envelope has a heart to take out"
        if signal.display[0] >= signal.display[1]:
            return f"signals.{signal.id}.display: the first number must be the smaller one"
        low, high = signal.band
        if low is not None and high is not None and low >= high:
            return f"signals.{signal.id}.band: the first number must be the smaller one"
    named = [("repetition.signal", exercise.repetition.signal), ("target.signal", exercise.target.signal)]
    named += [(f"score.{part.measure}.signal", part.signal) for part in exercise.score if part.signal is not None]
    for where, name in named:
        if name not in signals:
            return f"{where}: {name!r} is not one of the signals {', '.join(signals)}"
    if exercise.repetition.smallest_range > exercise.repetition.expected_range:
        return "repetition.smallest_range: must not be above repetition.expected_range"
    if exercise.repetition.shortest_s >= exercise.repetition.longest_s:
        return "repetition.shortest_s: must be below repetition.longest_s"
    if exercise.target.high - exercise.target.low < exercise.target.narrowest:
        return f"target: high must be at least {exercise.target.narrowest:g} above low"
    for part in exercise.score:
        if abs(part.limit - part.target) <= part.mdc:
            return f"score.{part.measure}.limit: must be further from target than mdc"
        if wrong := _wrong_signal(part, exercise):
            return wrong
        edge = None if part.signal in (None, exercise.target.signal) else _EDGE_NEEDED.get(part.measure)
        if edge is not None and exercise.signal(str(part.signal)).band[edge] is None:
            return f"signals.{part.signal}.band: score.{part.measure} needs it to have {_EDGE_NAMES[edge]} edge"
    if sum(exercise.weights.values()) <= 0:
        return "weights: at least one must be above 0"
    if wrong := unseen(exercise):
        return wrong
    if exercise.feedback.sound not in exercise.sounds:
        return (
            f"feedback.sound: 'side' needs a signal with direction 'right'; possible are {', '.join(exercise.sounds)}"
        )
    if exercise.dose.probes >= exercise.dose.repetitions:
        return "dose.probes: must be fewer than dose.repetitions"
    if exercise.difficulty.successes > exercise.difficulty.window:
        return "difficulty.successes: must not be more than difficulty.window"
    return None


def _wrong_signal(part: ScorePart, exercise: Exercise) -> str | None:
    """Say what signal a compensation needs, if it has another one."""
    kinds = COMPENSATIONS.get(part.measure)
    if kinds is None:
        return None
    if part.signal is not None and exercise.signal(part.signal).kind in kinds:
        if part.measure == "pelvic_obliquity" and exercise.signal(part.signal).direction != "right":
            return f"signals.{part.signal}.direction: score.pelvic_obliquity needs 'right'"
        return None
    return f"score.{part.measure}.signal: the id of a signal of kind {' or '.join(kinds)}"


def _words(place: str) -> list[str]:
    """Return what the field ``signals[0].kind`` may be; nothing for one that is not one of a few words."""
    found: Any = msgspec.inspect.type_info(Exercise)
    for name in re.findall("[a-z_]+", place):
        inside = [getattr(kind, "item_type", kind) for kind in getattr(found, "types", (found,))]
        found = next((one.type for kind in inside for one in getattr(kind, "fields", ()) if one.name == name), None)
    return [str(word) for kind in getattr(found, "types", (found,)) for word in getattr(kind, "values", ())]


def load(path: FilePath) -> Exercise:
    """Read one exercise file.

    Raises
    ------
    ExerciseError
        One line naming the file, the field and what is expected.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
        exercise = msgspec.convert(document, Exercise)
    except OSError as error:
        raise ExerciseError(f"{path.name}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ExerciseError(f"{path.name}: not a TOML file: {error}") from error
    except msgspec.ValidationError as error:
        expected, _, place = str(error).partition(" - at `")
        place = place.rstrip("`").removeprefix("$.")
        if words := _words(place):
            expected = f"{expected}; it may be {', '.join(words)}"
        raise ExerciseError(f"{path.name}: {place or 'the file'}: {expected}") from error
    if wrong := _oddity(document, exercise) or _contradictions(exercise):
        raise ExerciseError(f"{path.name}: {wrong}")
    return exercise


@cache
def library() -> dict[str, Exercise]:
    """Return the exercises the program ships, by id."""
    folder = files("biofeedback.exercises").joinpath("library")
    exercises = [load(FilePath(str(entry))) for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return {exercise.id: exercise for exercise in sorted(exercises, key=lambda exercise: exercise.id)}


def find(name: str) -> Exercise:
    """Return the exercise of that id from the library, or from a file if ``name`` is a path to one.

    Raises
    ------
    ExerciseError
        If there is no such exercise.
    """
    if name in library():
        return library()[name]
    if name.endswith(".toml"):
        return load(FilePath(name))
    raise ExerciseError(f"{name}: no such exercise; known are {', '.join(library())}, or give a .toml file")
