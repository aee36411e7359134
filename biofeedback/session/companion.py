"""A person who takes part in the session by program: what they are told, and what they see and hear."""

from __future__ import annotations

from typing import Literal, Protocol

from biofeedback.feedback.cues import Cue
from biofeedback.stream import Event

Direction = Literal["below", "in", "above"]
_DIRECTIONS: dict[str, Direction | None] = {"idle": None, "below": "below", "in": "in", "hold": "in", "above": "above"}


class Companion(Protocol):
    """A person who can be told and who sees and hears: the simulated one."""

    def perceive(self, direction: Direction | None, strength: float, time_s: float) -> None:
        """Take a cue."""
        ...

    def go(self, time_s: float) -> None:
        """Begin, or go on."""
        ...

    def stop(self, time_s: float) -> None:
        """Come to rest."""
        ...

    def contract(self, placement: str, time_s: float) -> None:
        """Tense the muscle under an electrode once."""
        ...


def show(companion: Companion, cue: Cue) -> None:
    """Let them perceive a cue."""
    companion.perceive(_DIRECTIONS[cue.state], min(1.0, abs(cue.error)), cue.time_s)


def tell(companion: Companion, event: Event) -> None:
    """Tell them what an event of the session asks of them."""
    moving = event.values.get("step") == "movement"
    if event.kind == "calibrating" and event.values["step"] == "reference":
        companion.contract(str(event.values["placement"]), event.time_s)
    elif event.kind == "live" or (event.kind == "calibrating" and moving):
        companion.go(event.time_s)
    elif event.kind in ("paused", "set_ended") or (event.kind.startswith("calibrat") and moving):
        companion.stop(event.time_s)
