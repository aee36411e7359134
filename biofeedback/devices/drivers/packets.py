"""Frames of sensors that send notifications: the packet's borders, not marks in a stream, say where a frame begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

from biofeedback.devices.drivers.framing import Framer, Frames, LineHealth, Pattern
from biofeedback.devices.frame_layout import Message
from biofeedback.devices.links import BleLink
from biofeedback.devices.profiles import Profile

_UNPACKERS = "biofeedback.devices.drivers.unpackers"


class Unpacker:
    """Turns notifications into frames which the messages of a profile, its settings made, describe."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def unpack(self, origin: str, packet: bytes) -> list[tuple[str, bytes]] | None:
        """Return (message id, frame) for each frame in a notification, or None if it cannot be understood."""
        raise NotImplementedError

    def learn(self, information: Mapping[str, str]) -> None:
        """Take what the sensor says of itself, such as its ``software``."""

    def reset(self) -> None:
        """Begin again after a break."""


class WholeFrames(Unpacker):
    """Notifications that hold one frame, or several of a kind, as the profile's messages say."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self._known: dict[str | None, list[tuple[Message, Pattern]]] = {}
        for message in profile.messages:
            self._known.setdefault(message.characteristic, []).append((message, Pattern(message)))

    def unpack(self, origin: str, packet: bytes) -> list[tuple[str, bytes]] | None:
        """Return the frames of the first message that the whole notification fits."""
        for message, pattern in self._known.get(origin, ()):
            end = message.length if message.padded else len(packet)
            if len(packet) < message.length or end % message.length:
                continue
            frames = [packet[at : at + message.length] for at in range(0, end, message.length)]
            if all(pattern.fits(frame, 0) for frame in frames):
                return [(message.id, frame) for frame in frames]
        return None


class Packer:
    """Puts frames into the notifications a sensor would send, as many of a kind as one holds: the inverse of unpacking.

    ``steps`` has, by stream, the smallest difference that notifications can carry, in counts of the profile, where it
    is not one count.
    """

    steps: Mapping[str, float] = MappingProxyType({})

    def __init__(self, profile: Profile, link: BleLink) -> None:
        self._profile = profile
        self._packet_bytes = link.packet_bytes
        self._split = {one.id for one in link.characteristics if one.split}
        self._waiting: dict[tuple[str, str], bytes] = {}

    def pack(self, frames: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """Take the next (message id, frame) and return (characteristic, notification) for each that is full."""
        return [packet for name, frame in frames for packet in self._put(name, frame)]

    def _put(self, name: str, frame: bytes) -> list[tuple[str, bytes]]:
        message = self._profile.message(name)
        origin = message.characteristic or ""
        if message.padded:
            return [(origin, frame.ljust(self._packet_bytes, b"\0"))]
        key = (origin, "" if origin in self._split else name)
        waiting = self._waiting.get(key, b"") + frame
        room = self._packet_bytes if origin in self._split else self._packet_bytes // len(frame) * len(frame)
        full = len(waiting) // room * room
        self._waiting[key] = waiting[full:]
        return [(origin, waiting[at : at + room]) for at in range(0, full, room)]


def packer(profile: Profile, link: BleLink) -> Packer:
    """Return what puts the frames of a profile into notifications; a driver's file has a ``Packer`` of its own."""
    return _driver(link.driver).Packer(profile, link) if link.driver else Packer(profile, link)


class PacketFramer:
    """Finds the frames in a sensor's notifications; characteristics that split frames go through a `Framer`."""

    def __init__(self, profile: Profile, link: BleLink) -> None:
        self.health = LineHealth()
        self._kinds = {message.id: kind for kind, message in enumerate(profile.messages)}
        self._unpacker: Unpacker = _driver(link.driver).Driver(profile) if link.driver else WholeFrames(profile)
        self._numbered = {one.id for one in profile.messages if one.counter or one.timestamp}
        self._last = ("", b"")
        self._framers = {
            one.id: _SplitFramer(profile, one.id, self.health)
            for one in link.characteristics
            if one.notify and one.split
        }

    @property
    def waiting_bytes(self) -> int:
        """Bytes kept because their frame is not complete."""
        return sum(framer.waiting_bytes for framer in self._framers.values())

    def learn(self, information: Mapping[str, str]) -> None:
        """Take what the sensor says of itself: a layout may depend on it."""
        self._unpacker.learn(information)

    def forget(self) -> None:
        """Begin again: the link was interrupted."""
        self._unpacker.reset()
        self._last = ("", b"")
        for framer in self._framers.values():
            framer.forget()

    def feed(self, data: bytes, arrived_s: float, origin: str) -> Frames:
        """Take one notification and return its frames."""
        if origin in self._framers:
            return self._framers[origin].feed(data, arrived_s)
        found = self._unpacker.unpack(origin, data)
        if found is None:
            self.health.discarded_bytes += len(data)
            return Frames()
        last, self._last = self._last, (origin, data)
        if found and last == self._last and self._numbered.issuperset(message for message, _ in found):
            self.health.duplicates += len(found)  # the system gave the notification out twice
            return Frames()
        self.health.frames += len(found)
        kinds = [self._kinds[message] for message, _ in found]
        return Frames(kinds, [frame for _, frame in found], [arrived_s] * len(found))


class _SplitFramer:
    """A `Framer` for the messages of one characteristic; its frames carry the profile's numbers of the messages."""

    def __init__(self, profile: Profile, origin: str, health: LineHealth) -> None:
        mine = [(kind, one) for kind, one in enumerate(profile.messages) if one.characteristic == origin]
        self._kinds = [kind for kind, _ in mine]
        self._framer = Framer(one for _, one in mine)
        self._framer.health = health

    @property
    def waiting_bytes(self) -> int:
        return self._framer.waiting_bytes

    def forget(self) -> None:
        self._framer.forget()

    def feed(self, data: bytes, arrived_s: float) -> Frames:
        found = self._framer.feed(data, arrived_s)
        return Frames([self._kinds[kind] for kind in found.kinds], found.frames, found.arrived_s)


def _driver(name: str) -> Any:
    """Load the file of that driver: it has a ``Driver`` and a ``Packer``."""
    return import_module(f"{_UNPACKERS}.{name.replace('-', '_')}")
