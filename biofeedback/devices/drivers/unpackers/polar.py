"""Polar measurement data (PMD): plain and compressed frames of many samples, with the time of the last one.

Layout: polarofficial/polar-ble-sdk, technical_documentation/online_measurement.pdf 1.0, and the SDK's unit tests.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from itertools import pairwise

from biofeedback.devices.drivers.packets import Packer as _Packer
from biofeedback.devices.drivers.packets import Unpacker
from biofeedback.devices.links import BleLink
from biofeedback.devices.profiles import Profile

_KINDS = {2: "acc", 5: "gyr"}
_HEAD_BYTES = 10
_CHANNELS = 3
_SETTING_BYTES = {0: 2, 1: 2, 2: 2, 3: 2, 4: 1, 5: 4}
_FACTOR = 5
_LARGEST_FACTOR = 1000.0
_START, _ANSWER = 2, 0xF0
_COMPRESSED = 0x80
_G_TO_MG = 1000.0
_PACKED_SAMPLES = 12


class Driver(Unpacker):
    """Gives each sample its own time: spread evenly from one frame to the next."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self._steps_ns = {stream.id: 1e9 / stream.rate_hz for stream in profile.streams}
        self.factors: dict[str, float] = {}
        self.reset()

    def reset(self) -> None:
        """Forget when the last frame was; scales stay until a new start says them anew."""
        self._ends_ns: dict[str, int] = {}

    def unpack(self, origin: str, packet: bytes) -> list[tuple[str, bytes]] | None:
        """Return one frame a sample: u64 nanoseconds, three f32."""
        if origin == "control":
            self._hear(packet)
            return []
        if len(packet) < _HEAD_BYTES:
            return None
        name = _KINDS.get(packet[0] & 0x3F)
        samples = self._samples(name, packet[9], packet[_HEAD_BYTES:]) if name else None
        if name is None or name not in self._steps_ns or not samples:
            return None
        end_ns = int.from_bytes(packet[1:9], "little")
        times_ns = self._times(name, end_ns, len(samples))
        return [
            (name, struct.pack("<Q3f", time_ns, *sample)) for time_ns, sample in zip(times_ns, samples, strict=True)
        ]

    def _times(self, name: str, end_ns: int, n_samples: int) -> list[int]:
        """Return the time of each sample; after a gap, or in the first frame, the nominal rate says how far apart."""
        step_ns = self._steps_ns[name]
        since_ns = end_ns - self._ends_ns.get(name, end_ns)
        if 0 < since_ns < 1.5 * n_samples * step_ns:
            step_ns = since_ns / n_samples
        self._ends_ns[name] = end_ns
        return [max(end_ns - round(step_ns * back), 0) for back in range(n_samples - 1, -1, -1)]

    def _hear(self, packet: bytes) -> None:
        """Take the scale out of the answer to a start."""
        if len(packet) < 5 or packet[0] != _ANSWER or packet[1] != _START or packet[3] != 0:
            return
        at = 5
        while at + 2 <= len(packet):
            setting, n_values = packet[at], packet[at + 1]
            if setting == _FACTOR and at + 6 <= len(packet):
                scale = struct.unpack_from("<f", packet, at + 2)[0]
                if 0 < scale < _LARGEST_FACTOR:
                    self.factors[_KINDS.get(packet[2], "")] = scale
            at += 2 + n_values * _SETTING_BYTES.get(setting, len(packet))

    def _samples(self, name: str, layout: int, payload: bytes) -> list[tuple[float, ...]] | None:
        """Return samples in mg or degrees a second."""
        factor = self.factors.get(name, 1.0)
        if layout == 1 and name == "acc":
            return [tuple(map(float, one)) for one in struct.iter_unpack("<3h", payload[: len(payload) // 6 * 6])]
        if layout not in (_COMPRESSED, _COMPRESSED | 1) or (layout & 1 and name == "gyr"):
            return None
        scale = factor * _G_TO_MG if layout == _COMPRESSED and name == "acc" else factor
        whole = list(_decompressed(payload)) if len(payload) >= 2 * _CHANNELS else []
        return [tuple(scale * value for value in one) for one in whole]


def _decompressed(payload: bytes) -> Iterator[tuple[int, ...]]:
    """Yield a reference sample, then one for each difference; numbers are packed from the lowest bit on."""
    sample = struct.unpack_from("<3h", payload)
    yield sample
    at = 2 * _CHANNELS
    while at + 2 <= len(payload):
        bits, n_samples = payload[at], payload[at + 1]
        n_bytes = -(-bits * n_samples * _CHANNELS // 8)
        block = payload[at + 2 : at + 2 + n_bytes]
        if len(block) < n_bytes:
            return
        packed = int.from_bytes(block, "little")
        for number in range(n_samples):
            steps = (_taken(packed, bits, number * _CHANNELS + channel) for channel in range(_CHANNELS))
            sample = tuple(value + step for value, step in zip(sample, steps, strict=True))
            yield sample
        at += 2 + n_bytes


def _taken(packed: int, bits: int, place: int) -> int:
    """Return the signed number of that width at that place."""
    value = (packed >> (bits * place)) & ((1 << bits) - 1)
    return value - (1 << bits) if bits and value >> (bits - 1) else value


class Packer(_Packer):
    """Sends twelve samples a notification: plain where the sensor says no scale when it starts, else compressed."""

    def __init__(self, profile: Profile, link: BleLink) -> None:
        super().__init__(profile, link)
        told = Driver(profile)
        for step in profile.dialogue.start:
            told.unpack(step.answer_from, step.example.encode("latin-1"))
        self.steps = {
            name: told.factors.get(name, 1e-3 if name == "acc" else 1.0) * (_G_TO_MG if name == "acc" else 1.0)
            for name in _KINDS.values()
        }
        self._compresses = set(told.factors)
        self._samples: dict[str, list[bytes]] = {}

    def pack(self, frames: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """Return a notification for each twelve samples of a kind."""
        packets: list[tuple[str, bytes]] = []
        for name, frame in frames:
            samples = self._samples.setdefault(name, [])
            samples.append(frame)
            if len(samples) == _PACKED_SAMPLES:
                packets.append(("data", self._packet(name, samples)))
                samples.clear()
        return packets

    def _packet(self, name: str, samples: list[bytes]) -> bytes:
        kind = next(number for number, known in _KINDS.items() if known == name)
        counts = [
            [min(max(round(value / self.steps[name]), -32768), 32767) for value in struct.unpack_from("<3f", one, 8)]
            for one in samples
        ]
        head = bytes([kind]) + samples[-1][:8]
        if name in self._compresses:
            return head + bytes([_COMPRESSED]) + _compressed(counts)
        return head + b"\x01" + b"".join(struct.pack("<3h", *one) for one in counts)


def _compressed(counts: list[list[int]]) -> bytes:
    """Return the first sample, and the steps from each to the next in as many bits as they need."""
    steps = [now - before for last, one in pairwise(counts) for before, now in zip(last, one, strict=True)]
    bits = 1 + max(max(step, ~step).bit_length() for step in steps)
    packed = sum((step & ((1 << bits) - 1)) << (bits * place) for place, step in enumerate(steps))
    block = packed.to_bytes(-(-bits * len(steps) // 8), "little")
    return struct.pack("<3h", *counts[0]) + bytes([bits, len(counts) - 1]) + block
