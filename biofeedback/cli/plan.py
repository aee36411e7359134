"""What an engine process is told to run: plain values, cheap to import."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from biofeedback.cli import folders


class Simulated(msgspec.Struct, frozen=True, tag=True):
    """A simulated person wears the sensors."""

    condition: str = "healthy"
    seed: int = 1
    speed: float | None = 1.0
    faults: tuple[str, ...] = ()
    load: bool = False


class Ports(msgspec.Struct, frozen=True, tag=True):
    """Real devices: profile, port and name of each; the name of a placement puts it there."""

    devices: tuple[tuple[str, str, str], ...]


class Replayed(msgspec.Struct, frozen=True, tag=True):
    """A recording, or a file of columns, plays the devices."""

    path: str
    speed: float | None = 1.0
    mapping: str | None = None


class EnginePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an engine needs to know; crosses to its process as JSON."""

    exercise: str
    source: Simulated | Ports | Replayed
    person: str = ""
    person_note: str = ""
    seconds: float | None = None
    auto: bool = False
    sound: bool = True
    recording: str | None = None


class RoomPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine that begins as a sensor room needs to know: who the simulated person is, what goes wrong."""

    condition: str = "weak-quadriceps"
    seed: int = 1
    faults: tuple[str, ...] = ()
    listening: bool = True
    sound: bool = True


def new_recording_path(exercise: str) -> Path:
    """Return a name for a new recording in the user's folder."""
    from biofeedback.storage.container import SUFFIX

    return folders.recordings() / f"{time.strftime('%Y%m%d-%H%M%S')}-{exercise}{SUFFIX}"
