"""OpenBCI Ganglion: numbers of 18 or 19 bits, as differences (firmware 2) or absolute (firmware 3).

Layout: OpenBCI/OpenBCI_Ganglion_Library 2.0.1 and 3.0.2, brainflow-dev/brainflow. The lowest bit of every number is a
copy of its sign.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from biofeedback.devices.drivers.packets import Packer as _Packer
from biofeedback.devices.drivers.packets import Unpacker
from biofeedback.devices.links import BleLink
from biofeedback.devices.profiles import Profile

_PACKET_BYTES = 20
_CHANNELS = 4
_BELOW_RANGE = (99, 255)  # the first packet behind a start of firmware 3 is damaged, and numbered one below its range
_CYCLE_2 = 201  # samples from one whole-valued packet of firmware 2 to the next


class Driver(Unpacker):
    """Gives each sample a counter that goes on over the packets' short numbers.

    A packet number that comes again is a packet that came twice. After a loss, firmware 2 tells nothing until its
    next whole values; those samples are left out.
    """

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self._absolute = True
        self.reset()

    def learn(self, information: Mapping[str, str]) -> None:
        """Choose the layout by the software revision: firmware 3 says so, older ones say something else."""
        if software := information.get("software"):
            self._absolute = software.startswith("3")

    def reset(self) -> None:
        """Begin again."""
        self._place: int | None = None
        self._bits = 0
        self._counter = 0
        self._values: tuple[int, ...] | None = None
        self._first = True
        self._axes: dict[int, int] = {}

    def unpack(self, origin: str, packet: bytes) -> list[tuple[str, bytes]] | None:
        """Return one or two samples, and the acceleration once its three axes are there."""
        if len(packet) != _PACKET_BYTES:
            return [] if packet and 201 <= packet[0] <= 207 else None  # impedance and text
        if 201 <= packet[0] <= 207:
            return []
        found = self._absolute_samples(packet) if self._absolute else self._differences(packet)
        if found is None:
            return None
        return found + self._acceleration(packet)

    def _absolute_samples(self, packet: bytes) -> list[tuple[str, bytes]] | None:
        number = packet[0]
        first, self._first = self._first, False
        if first and number in _BELOW_RANGE:
            return []
        if number > 199:
            return None
        bits = 18 if number < 100 else 19
        if bits != self._bits:
            self._bits, self._place = bits, None
        if not self._advance(2 * (number % 100), 200):
            return []
        shift = 6 if bits == 18 else 5
        values = [(value & ~1) << shift for value in _signed(packet, bits)]
        return [self._frame(values[:_CHANNELS], 0), self._frame(values[_CHANNELS:], 1)]

    def _differences(self, packet: bytes) -> list[tuple[str, bytes]] | None:
        number = packet[0]
        if number > 200:
            return None
        self._bits = 18 if number <= 100 else 19
        place = 0 if number == 0 else 1 + 2 * ((number - 1) % 100)
        before = self._place
        if not self._advance(place, _CYCLE_2):
            return []
        if number == 0:
            self._values = tuple(
                int.from_bytes(packet[at : at + 3], "big", signed=True) for at in range(1, 1 + 3 * _CHANNELS, 3)
            )
            return [self._frame(self._values, 0)]
        if before is None or (place - before) % _CYCLE_2 != (1 if before == 0 else 2):
            self._values = None
        if self._values is None:
            return []
        steps = _signed(packet, self._bits)
        first = tuple(value - step for value, step in zip(self._values, steps[:_CHANNELS], strict=True))
        self._values = tuple(value - step for value, step in zip(first, steps[_CHANNELS:], strict=True))
        return [self._frame(first, 0), self._frame(self._values, 1)]

    def _advance(self, place: int, cycle: int) -> bool:
        """Move the counter on to a place in the cycle; tell whether that is a new one."""
        if self._place is not None:
            if place == self._place:
                return False
            self._counter += (place - self._place) % cycle
        self._place = place
        return True

    def _frame(self, values: list[int] | tuple[int, ...], behind: int) -> tuple[str, bytes]:
        return "exg", struct.pack("<H4i", (self._counter + behind) & 0xFFFF, *values)

    def _acceleration(self, packet: bytes) -> list[tuple[str, bytes]]:
        """Collect the axes: numbers ending in 1, 2 and 3 carry x, y and z; on all others the byte is an old one."""
        axis = packet[0] % 10
        if self._bits != 18 or packet[0] == 0 or axis not in (1, 2, 3):
            return []
        self._axes[axis] = packet[19]
        if axis < 3:
            return []
        axes, self._axes = self._axes, {}
        return [("acc", bytes(axes[one] for one in (1, 2, 3)))] if len(axes) == 3 else []


def _signed(packet: bytes, bits: int) -> list[int]:
    """Return the eight numbers of a packet; an odd one is negative."""
    whole = int.from_bytes(packet[1:], "big") >> (8 * (_PACKET_BYTES - 1) - 8 * bits)
    fields = [(whole >> (bits * (7 - place))) & ((1 << bits) - 1) for place in range(8)]
    return [field - (1 << bits) if field & 1 else field for field in fields]


class Packer(_Packer):
    """Sends as firmware 3 does: absolute numbers, two samples a notification."""

    steps = MappingProxyType({"exg": 128.0})

    def __init__(self, profile: Profile, link: BleLink) -> None:
        super().__init__(profile, link)
        with_axes = all(step.command != b"N" for step in profile.dialogue.open)
        self._bits, self._lowest = (18, 0) if with_axes else (19, 100)
        self._number: int | None = None
        self._first: tuple[int, ...] = ()
        self._axes = bytes(3)

    def pack(self, frames: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """Return a notification for each two samples; the axes of the acceleration take turns in the last byte."""
        packets: list[bytes] = []
        for name, frame in frames:
            if name == "acc":
                self._axes = frame
                continue
            values = struct.unpack_from("<4i", frame, 2)
            if self._first:
                packets += self._packets((*self._first, *values))
                values = ()
            self._first = values
        return [("data", packet) for packet in packets]

    def _packets(self, values: tuple[int, ...]) -> list[bytes]:
        packed, most = 0, (1 << (self._bits - 2)) - 1
        for value in values:
            number = min(round(value / (1 << (25 - self._bits))), most) << 1  # the lowest bit is the sign again
            packed = packed << self._bits | (number & ((1 << self._bits) - 1)) | (number < 0)
        body = packed.to_bytes(self._bits, "big").ljust(_PACKET_BYTES - 1, b"\0")
        if self._number is None:  # the first packet behind a start is damaged
            self._number = 0
            return [bytes([_BELOW_RANGE[self._bits == 18]]) + body, self._packet(body)]
        return [self._packet(body)]

    def _packet(self, body: bytes) -> bytes:
        number = self._number or 0
        self._number = (number + 1) % 100
        axis = number % 10
        if self._bits == 18 and axis in (1, 2, 3):
            body = body[:-1] + self._axes[axis - 1 : axis]
        return bytes([self._lowest + number]) + body
