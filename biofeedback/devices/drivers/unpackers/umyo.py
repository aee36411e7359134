"""uMyo over GATT: 24 EMG samples a packet under the index of the first, and packets of motion told by their length.

Layout: ultimaterobotics/uMyo, firmware of 2026 (main.c); a single source that still moves.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from biofeedback.devices.drivers.packets import Packer as _Packer
from biofeedback.devices.drivers.packets import Unpacker
from biofeedback.devices.links import BleLink
from biofeedback.devices.profiles import Profile

_EMG_SAMPLES = 24
_EMG_BYTES = (52, 60)  # without and with orientation behind the samples
_MOTION_BYTES = 26


class Driver(Unpacker):
    """Gives each EMG sample its own index."""

    def unpack(self, origin: str, packet: bytes) -> list[tuple[str, bytes]] | None:
        """Return 24 EMG frames (u32 index, i16 counts), or one of motion."""
        if len(packet) == _MOTION_BYTES:
            return [("motion", packet)]
        if len(packet) not in _EMG_BYTES:
            return None
        first = int.from_bytes(packet[:4], "little")
        samples = packet[4 : 4 + 2 * _EMG_SAMPLES]
        return [
            ("emg", struct.pack("<I", (first + number) & 0xFFFFFFFF) + samples[2 * number : 2 * number + 2])
            for number in range(_EMG_SAMPLES)
        ]


class Packer(_Packer):
    """Sends EMG by 24 samples."""

    def __init__(self, profile: Profile, link: BleLink) -> None:
        super().__init__(profile, link)
        self._samples: list[bytes] = []

    def pack(self, frames: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """Return a notification for each 24 samples, and for each frame of motion."""
        packets: list[tuple[str, bytes]] = []
        for name, frame in frames:
            if name == "motion":
                packets.append(("telemetry", frame))
                continue
            self._samples.append(frame)
            if len(self._samples) == _EMG_SAMPLES:
                packets.append(("telemetry", self._samples[0][:4] + b"".join(one[4:] for one in self._samples)))
                self._samples.clear()
        return packets
