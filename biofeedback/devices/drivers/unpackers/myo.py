"""Thalmic Myo: the order in which its four EMG characteristics take turns is its only counter.

Layout: thalmiclabs/myo-bluetooth, myohw.h; little-endian, as every working client has it.
"""

from __future__ import annotations

from biofeedback.devices.drivers.packets import Unpacker

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
