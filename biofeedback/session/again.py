"""Begin where the last session was left, or where the plan says: dose, targets and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec

from biofeedback.exercises.model import Exercise, Schedule, View
from biofeedback.exercises.sounds import SoundMode
from biofeedback.feedback.targets import Band
from biofeedback.session.known import Movement
from biofeedback.session.settings import Settings
from biofeedback.session.view import Family, SoundRange, TouchStrength
from biofeedback.stream import Event

# Each setting that is taken over, and what it may be.
SETTINGS: dict[str, Any] = {
    "cues": bool,
    "sound": bool,
    "sound_mode": SoundMode,
    "sound_range": SoundRange,
    "volume": Annotated[int, msgspec.Meta(ge=0, le=10)],
    "headphones": bool,
    "families": dict[Family, Annotated[float, msgspec.Meta(ge=-6, le=6)] | None],
    "touch": bool,
    "touch_strength": TouchStrength,
    "schedule": Schedule,
    "difficulty": Literal["rule", "fixed"],
    "view": View,
    "mirror": bool,
}

# What is a person's and not an exercise's: how loud and how high they hear, and how strong they feel.
THEIR_OWN = ("volume", "headphones", "sound_range", "families", "touch_strength")


def their_own(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a session's settings those that go with the person into any exercise."""
    own = {name: settings[name] for name in THEIR_OWN if name in settings}
    if isinstance(families := own.get("families"), Mapping):
        own["families"] = {family: gain for family, gain in families.items() if family != "metronome"}
    return own


def in_their_way(settings: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings an exercise was left with, as the person has had it since, whatever the exercise was."""
    joined = {**settings, **own}
    if "families" in own:
        joined["families"] = {**settings.get("families", {}), **own["families"]}
    return joined


class AsLeft(msgspec.Struct, frozen=True, kw_only=True):
    """How a session begins, where that differs from the exercise: 0 sets or repetitions keep its own dose.

    ``movement`` is how the person moved the last time. ``sets_done`` were done before a session broke off.
    """

    sets: int = 0
    repetitions: int = 0
    sets_done: int = 0
    targets: dict[str, tuple[float | None, float | None]] = {}
    settings: dict[str, Any] = {}
    movement: Movement | None = None


def dosed(exercise: Exercise, left: AsLeft | None) -> Exercise:
    """Return the exercise with the wanted dose; at least one repetition of a set is with feedback."""
    if left is None:
        return exercise
    sets = min(max(left.sets or exercise.dose.sets, 1), 20)
    repetitions = min(max(left.repetitions or exercise.dose.repetitions, 1), 100)
    probes = min(exercise.dose.probes, repetitions - 1)
    return replace(exercise, dose=replace(exercise.dose, sets=sets, repetitions=repetitions, probes=probes))


def first_events(exercise: Exercise, bands: dict[str, Band], left: AsLeft | None, time_s: float) -> list[Event]:
    """Return the events that bring targets and settings to where they were left.

    What the exercise does not have any more, and bands narrower than can be measured, are passed over.
    """
    if left is None:
        return []
    usual, events = Settings(exercise), list[Event]()
    possible = {"view": exercise.views, "sound_mode": exercise.sounds}
    if left.sets_done > 0:
        events.append(Event(time_s, "sets_before", {"sets": min(left.sets_done, exercise.dose.sets - 1)}))
    for name, kind in SETTINGS.items():
        value = left.settings.get(name)
        if _fits(value, kind) and value != getattr(usual, name) and value in possible.get(name, (value,)):
            events.append(Event(time_s, "setting", {"name": name, "value": value}))
    for lane, (low, high) in left.targets.items():
        band = bands.get(lane)
        wide = low is None or high is None or (band is not None and high - low >= band.narrowest)
        if band is not None and wide and (low, high) != (band.low, band.high):
            values = {"lane": lane, "low": low, "high": high, "by": "last time"}
            events.append(Event(time_s, "target", values | {"old_low": band.low, "old_high": band.high}))
    return events


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True
