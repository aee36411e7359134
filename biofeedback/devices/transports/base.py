"""What moves bytes: the little a device needs to know of a serial line, a radio link or a socket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class LinkLostError(Exception):
    """The link broke while it was in use: pulled out, switched off, out of range."""


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes as they came in one piece, and the host time at which they were in the program."""

    data: bytes
    arrived_s: float


class Transport(Protocol):
    """Moves bytes and knows no meaning. May be opened again after `close`."""

    @property
    def name(self) -> str:
        """What a person calls this link: the port's name."""
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

    async def write(self, data: bytes) -> None:
        """Send bytes.

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
