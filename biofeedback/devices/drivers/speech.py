"""What a device of a profile sends over its link, tick by tick: bytes in a stream, or notifications. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from numpy.typing import NDArray

from biofeedback.devices.drivers.encoder import ProfiledEncoder
from biofeedback.devices.drivers.packets import packer
from biofeedback.devices.profiles import Profile


class Piece(NamedTuple):
    """What goes over the link at one tick; ``origin`` is the characteristic or the connection it comes from."""

    tick: int
    origin: str
    data: bytes


class Speech:
    """Speaks as the firmware of a profile does.

    ``steps`` has, by stream, the smallest difference its packets can carry, in counts, where that is not one count.
    """

    def __init__(self, profile: Profile) -> None:
        self.encoder = ProfiledEncoder(profile)
        self._packer = packer(profile, profile.ble) if profile.ble else None
        self._start = profile.dialogue.start
        self._connections = {message.id: message.connection or "" for message in profile.messages}
        self.steps: Mapping[str, float] = self._packer.steps if self._packer else {}

    def greeting(self) -> list[Piece]:
        """Return what comes first: answers to the start, which may tell a scale, or the end of a line."""
        if self._packer is None:
            return [Piece(-1, "", self.encoder.lead_in)]
        answers = [(step.answer_from, step.example.encode("latin-1")) for step in self._start if step.example]
        return [Piece(-1, origin, answer) for origin, answer in answers]

    def pieces(self, counts: Mapping[str, NDArray[Any]], first_tick: int, n_ticks: int) -> list[Piece]:
        """Return the pieces of the next ticks; ``counts`` has one row by stream for each tick that is due."""
        parts = enumerate(self.encoder.by_message(counts, first_tick, n_ticks), first_tick)
        if self._packer is None:
            return [Piece(tick, self._connections[message], frame) for tick, part in parts for message, frame in part]
        return [Piece(tick, *packet) for tick, part in parts for packet in self._packer.pack(part)]
