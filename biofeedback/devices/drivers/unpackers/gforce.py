"""OYMotion gForce: sixteen samples of eight channels a packet, behind a byte that tells the kind of packet.

Layout: oymotion/gForceSDKPython, gforce.py; the maker's page on gForce EMG raw data.
"""

from __future__ import annotations

from collections.abc import Iterable

from biofeedback.devices.drivers.packets import Packer as _Packer
from biofeedback.devices.drivers.packets import Unpacker
from biofeedback.devices.links import BleLink
from biofeedback.devices.profiles import Profile

_EMG = 0x08
_SAMPLES, _CHANNELS = 16, 8


class Driver(Unpacker):
    """Cuts a packet into samples."""

    def unpack(self, origin: str, packet: bytes) -> list[tuple[str, bytes]] | None:
        """Return sixteen EMG frames; nothing of an answer to a command."""
        if origin == "command":
            return []
        if len(packet) != 1 + _SAMPLES * _CHANNELS or packet[0] != _EMG:
            return None
        return [("emg", packet[at : at + _CHANNELS]) for at in range(1, len(packet), _CHANNELS)]


class Packer(_Packer):
    """Sends EMG by sixteen samples."""

    def __init__(self, profile: Profile, link: BleLink) -> None:
        super().__init__(profile, link)
        self._samples: list[bytes] = []

    def pack(self, frames: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """Return a notification for each sixteen samples."""
        packets: list[tuple[str, bytes]] = []
        for _, frame in frames:
            self._samples.append(frame)
            if len(self._samples) == _SAMPLES:
                packets.append(("data", bytes([_EMG]) + b"".join(self._samples)))
                self._samples.clear()
        return packets
