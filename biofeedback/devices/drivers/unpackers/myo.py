"""Thalmic Myo: the order in which its four EMG characteristics take turns is its only counter.

Layout: thalmiclabs/myo-bluetooth, myohw.h; little-endian, as every working client has it.
"""

from __future__ import annotations

from collections.abc import Iterable

from biofeedback.devices.drivers.packets import Packer as _Packer
from biofeedback.devices.drivers.packets import Unpacker
from biofeedback.devices.links import BleLink
from biofeedback.devices.profiles import Profile

_TURN = ("emg0", "emg1", "emg2", "emg3")
_CHANNELS = 8


class Driver(Unpacker):
    """Puts the place of each sample in the turn, 0 to 7, in front of its eight channels."""

    def unpack(self, origin: str, packet: bytes) -> list[tuple[str, bytes]] | None:
        """Return two EMG frames, or one of motion."""
        if origin == "motion" and len(packet) == 20:
            return [("motion", packet)]
        if origin not in _TURN or len(packet) != 2 * _CHANNELS:
            return None
        first = 2 * _TURN.index(origin)
        return [
            ("emg", bytes([first]) + packet[:_CHANNELS]),
            ("emg", bytes([first + 1]) + packet[_CHANNELS:]),
        ]


class Packer(_Packer):
    """Sends EMG by two samples, the characteristics taking turns."""

    def __init__(self, profile: Profile, link: BleLink) -> None:
        super().__init__(profile, link)
        self._first = b""

    def pack(self, frames: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """Return a notification for each two samples, and for each frame of motion."""
        packets: list[tuple[str, bytes]] = []
        for name, frame in frames:
            if name == "motion":
                packets.append(("motion", frame))
            elif frame[0] % 2 == 0:
                self._first = frame[1:]
            elif self._first:
                packets.append((_TURN[frame[0] // 2], self._first + frame[1:]))
        return packets
