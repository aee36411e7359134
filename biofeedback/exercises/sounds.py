"""What the person may hear while moving, and which of it an exercise has signals for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from biofeedback.exercises.model import Exercise, Signal

SoundMode = Literal["follow", "steps", "guide", "quiet", "side", "off"]
SOUNDS: tuple[SoundMode, ...] = ("follow", "steps", "guide", "quiet", "side", "off")


def sounds_of(exercise: Exercise) -> tuple[SoundMode, ...]:
    """Return the sounds that an exercise can be heard in."""
    return tuple(mode for mode in SOUNDS if mode != "side" or sideways(exercise) is not None)


def sideways(exercise: Exercise) -> Signal | None:
    """Return the signal that says how far the person has gone to the right; None where there is none."""
    shown = [exercise.goal_signal, *(exercise.signal(name) for name in exercise.feedback.others)]
    return next((signal for signal in shown if signal.direction == "right"), None)
