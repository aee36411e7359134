"""Frames of sensors that send notifications: the packet's borders, not marks in a stream, say where a frame begins."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from biofeedback.devices.drivers.framing import Framer, Frames, LineHealth
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

    def unpack(self, origin: str, packet: bytes) -> list[tuple[str, bytes]] | None:
        """Return the frames of the first message that the whole notification fits."""
        for message in self._profile.messages:
            if message.characteristic == origin and (frames := _cut(message, packet)):
                return [(message.id, frame) for frame in frames]
        return None


def _cut(message: Message, packet: bytes) -> list[bytes]:
    """Cut a notification into frames of a message; none if it is not made of them."""
    length = message.length
    end = length if message.padded else len(packet)
    if len(packet) < length or end % length:
        return []
    frames = [packet[at : at + length] for at in range(0, end, length)]
    marks = message.all_marks
    return frames if all(frame[mark.at] & mark.mask in mark.values for frame in frames for mark in marks) else []


class PacketFramer:
    """Finds the frames in a sensor's notifications; characteristics that split frames go through a `Framer`."""

    def __init__(self, profile: Profile, link: BleLink) -> None:
        self.health = LineHealth()
        self._kinds = {message.id: kind for kind, message in enumerate(profile.messages)}
        self._unpacker = _unpacker(link.driver, profile) if link.driver else WholeFrames(profile)
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


def _unpacker(driver: str, profile: Profile) -> Unpacker:
    """Load the driver of that name; its file has one class called ``Driver``."""
    return import_module(f"{_UNPACKERS}.{driver.replace('-', '_')}").Driver(profile)
