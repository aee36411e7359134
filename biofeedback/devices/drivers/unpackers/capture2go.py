"""Capture2Go: real-time frames in front of a slice of stored data in one notification, and a packed quaternion.

Layout: SensorStim, documentation of the package capture2go 1.0.1, "Communication Protocol".
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable
from types import MappingProxyType

from biofeedback.devices.drivers.packets import Packer as _Packer
from biofeedback.devices.drivers.packets import Unpacker

_SYNC = 2
_HEAD_BYTES = 8
_FULL = 0x0247
_FULL_BYTES = 37
_MOST_FRAMES = 3
_FIELD = 0xFFFFF


class Driver(Unpacker):
    """Unpacks the frames of all sensors and orientation; stored data and answers are stepped over."""

    def unpack(self, origin: str, packet: bytes) -> list[tuple[str, bytes]] | None:
        """Return frames of u64 nanoseconds, nine i16 and the quaternion as four f32; None where a check fails."""
        n_frames = 0xFF - packet[0] if packet else -1
        if not 0 <= n_frames <= _MOST_FRAMES:
            return None
        found: list[tuple[str, bytes]] = []
        at = 1
        for _ in range(n_frames):
            payload = _payload(packet[at:])
            if payload is None:
                return None
            kind, data = payload
            if kind == _FULL and len(data) == _FULL_BYTES:
                found.append(("full", data[:26] + struct.pack("<4f", *_quaternion(data[26:34]))))
            at += _HEAD_BYTES + len(data)
        return found


def _payload(frame: bytes) -> tuple[int, bytes] | None:
    """Return header id and payload of the frame that begins here; its check covers these two."""
    if len(frame) < _HEAD_BYTES or frame[0] != _SYNC:
        return None
    check, size = int.from_bytes(frame[1:5], "little"), frame[5]
    covered = frame[6 : _HEAD_BYTES + size]
    if len(covered) != 2 + size or zlib.crc32(covered) != check:
        return None
    return int.from_bytes(covered[:2], "little"), covered[2:]


def _quaternion(packed: bytes) -> tuple[float, ...]:
    """Return w, x, y, z: the largest component is left out and follows from the other three."""
    bits = int.from_bytes(packed, "little")
    omitted = bits >> 60 & 3
    parts = [0.0] * 4
    for place in (1, 2, 3):
        field = bits >> (20 * (3 - place)) & _FIELD
        parts[(omitted + place) % 4] = field * math.sqrt(2) / _FIELD - 1 / math.sqrt(2)
    parts[omitted] = math.sqrt(max(0.0, 1.0 - sum(part * part for part in parts)))
    return tuple(parts)


class Packer(_Packer):
    """Sends one frame a notification."""

    steps = MappingProxyType({"orientation": math.sqrt(2) / _FIELD})

    def pack(self, frames: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """Return a notification for each frame; its quaternion must have length 1."""
        return [("data", b"\xfe" + _framed(frame)) for _, frame in frames]


def _framed(frame: bytes) -> bytes:
    """Return a frame under its header, the quaternion packed."""
    quaternion = struct.unpack("<4f", frame[26:])
    payload = (frame[:26] + _packed(quaternion)).ljust(_FULL_BYTES, b"\0")
    covered = _FULL.to_bytes(2, "little") + payload
    return struct.pack("<BIB", _SYNC, zlib.crc32(covered), _FULL_BYTES) + covered


def _packed(parts: tuple[float, ...]) -> bytes:
    """Return the place of the largest component and the other three, the quaternion turned so that it is positive."""
    omitted = max(range(4), key=lambda place: abs(parts[place]))
    sign = math.copysign(1.0, parts[omitted])
    bits = omitted
    for place in (1, 2, 3):
        part = sign * parts[(omitted + place) % 4]
        bits = bits << 20 | min(max(round((part + 1 / math.sqrt(2)) * _FIELD / math.sqrt(2)), 0), _FIELD)
    return bits.to_bytes(8, "little")
