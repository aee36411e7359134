"""What moves bytes: the little a device needs to know of a serial line, a radio link or a socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class LinkLostError(Exception):
    """The link broke while it was in use: pulled out, switched off, out of range."""


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes as they came in one piece, and the host time at which they were in the program.

    ``origin`` is the id of the characteristic they came from; a byte stream has only one origin, "".
    """

    data: bytes
    arrived_s: float
    origin: str = ""


@dataclass(frozen=True, slots=True)
class LinkCondition:
    """What a link knows of the sensor apart from its data; a byte stream knows nothing.

    ``information`` has the sensor's own words, by ``maker``, ``model``, ``serial``, ``firmware``, ``hardware`` and
    ``software``. ``warning`` is a sentence on what may keep data from coming. ``patience_s`` is how long a silent link
    that still stands may recover by itself before it is opened anew.
    """

    battery_percent: float | None = None
    information: Mapping[str, str] = field(default_factory=dict)
    warning: str = ""
    patience_s: float = 0.0


class Transport(Protocol):
    """Moves bytes and knows no meaning. May be opened again after `close`."""

    @property
    def name(self) -> str:
        """What a person calls this link: the port's name."""
        ...

    @property
    def condition(self) -> LinkCondition:
        """What the link knows of the sensor apart from its data."""
        ...

    async def open(self) -> None:
        """Open the link.

        Raises
        ------
        DeviceError
            One line that tells the person what to do.
        """
        ...

    async def read(self) -> Received:
        """Wait for the next piece. Cancelling loses nothing.

        Raises
        ------
        LinkLostError
            If the link is gone; pieces that came before have been given out.
        """
        ...

    async def write(self, data: bytes, to: str = "") -> None:
        """Send bytes; ``to`` is the id of a characteristic, which a byte stream has none of.

        Raises
        ------
        LinkLostError
            If the link is gone.
        """
        ...

    def discard_input(self) -> None:
        """Forget the pieces that have not been read."""
        ...

    async def close(self) -> None:
        """Let go of the link. Safe to call twice."""
        ...
