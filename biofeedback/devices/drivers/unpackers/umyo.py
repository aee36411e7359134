"""uMyo over GATT: 24 EMG samples a packet under the index of the first, and packets of motion told by their length.

Layout: ultimaterobotics/uMyo, firmware of 2026 (main.c); a single source that still moves.
"""

from __future__ import annotations

import struct

from biofeedback.devices.drivers.packets import Unpacker

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
