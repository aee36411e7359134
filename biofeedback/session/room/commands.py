"""What a window can ask of the sensor room. Nothing here waits; what came of it shows in the next `RoomView`."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from biofeedback.session.commands import Command, SessionClient
from biofeedback.session.room.today import Prepare
from biofeedback.session.room.view import RoomView


class Scan(msgspec.Struct, frozen=True, tag=True):
    """Look for sensors again."""


class Use(msgspec.Struct, frozen=True, tag=True):
    """Connect a sensor and put it on the first placement it fits.

    ``sensor`` is the id it was found under, or ``usb:PORT``, ``bluetooth:ADDRESS``, ``network:ADDRESS`` for one that
    was not found. ``profile`` says what it is, "" leaves it to the room.
    """

    sensor: str
    profile: str = ""


class UseSimulated(msgspec.Struct, frozen=True, tag=True):
    """Put a simulated sensor on every placement that has none."""


class LetGo(msgspec.Struct, frozen=True, tag=True):
    """Disconnect a sensor, or stop trying to connect it."""

    sensor: str


class Blink(msgspec.Struct, frozen=True, tag=True):
    """Let a sensor show itself; "" = each that can, one after the other."""

    sensor: str = ""


class Assign(msgspec.Struct, frozen=True, tag=True):
    """Put a sensor's channel on a placement; what sat there gets the place it had. ``sensor`` "" empties it."""

    placement: str
    sensor: str = ""
    stream: str = ""
    column: int = 0


class Move(msgspec.Struct, frozen=True, tag=True):
    """Say that a placement is on another muscle or segment, or on the other side."""

    placement: str
    place: str
    side: Literal["left", "right"]


class Begin(msgspec.Struct, frozen=True, tag=True):
    """Begin a session with the sensors as they sit; they stay connected."""


class CloseRoom(msgspec.Struct, frozen=True, tag=True):
    """End the session in order, let go of the sensors, and end the engine."""


RoomCommand = Prepare | Scan | Use | UseSimulated | LetGo | Blink | Assign | Move | Begin | CloseRoom
AnyCommand = Command | RoomCommand


class RoomClient(SessionClient, Protocol):
    """What a window holds of the room and the session in it. Nothing here blocks."""

    def send(self, command: AnyCommand) -> None:
        """Ask for something; what came of it shows in the next page."""
        ...

    def room(self) -> RoomView | None:
        """Return the newest page of the room; the same object while nothing changed; None before the first."""
        ...
