"""Find frames in a stream of bytes: marks, checksums, and what to do about rubbish. No I/O."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from biofeedback.devices.drivers.checksums import Check
from biofeedback.devices.frame_layout import Message

_NOTHING = -1


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames found in one piece of a stream, in order, as three lists of equal length.

    Attributes
    ----------
    kinds
        Index of the message in the profile.
    frames
        Its bytes.
    arrived_s
        Host time at which the frame's last byte was in the program.
    """

    kinds: list[int] = field(default_factory=list[int])
    frames: list[bytes] = field(default_factory=list[bytes])
    arrived_s: list[float] = field(default_factory=list[float])

    def of_kind(self, kind: int) -> tuple[list[bytes], list[float]]:
        """Return the frames of one message, and when each was there."""
        mine = [at for at, one in enumerate(self.kinds) if one == kind]
        if len(mine) == len(self.kinds):
            return self.frames, self.arrived_s
        return [self.frames[at] for at in mine], [self.arrived_s[at] for at in mine]


@dataclass(slots=True)
class LineHealth:
    """What went wrong on the line since the decoder was made."""

    frames: int = 0
    discarded_bytes: int = 0
    bad_checksums: int = 0
    duplicates: int = 0


class Pattern:
    """One message made ready for searching."""

    def __init__(self, message: Message) -> None:
        self.length = message.length
        self.places = [(mark.at, _allowed(mark.values, mark.mask)) for mark in message.all_marks]
        self.needed = max([self.length, *(at + 1 for at, _ in self.places)])
        self._check = Check(message.checksum) if message.checksum else None

    def fits(self, data: bytes, at: int) -> bool:
        """Tell whether a frame may begin there; bytes that have not come yet fit anything."""
        n_there = len(data) - at
        for place, allowed in self.places:  # noqa: SIM110 (this runs for every frame)
            if place < n_there and data[at + place] not in allowed:
                return False
        return True

    def holds(self, frame: bytes) -> bool:
        """Tell whether a whole frame passes its checksum."""
        return self._check is None or self._check.holds(frame)


def _allowed(values: Iterable[int], mask: int) -> frozenset[int]:
    values = set(values)
    return frozenset(byte for byte in range(256) if byte & mask in values)


class Framer:
    """Cuts a stream of bytes into frames; any split of the bytes gives the same frames.

    On a mismatch one byte is dropped and the search goes on, so that a header inside a payload cannot hide the frame
    that begins behind it. At most one frame's worth of bytes is kept between calls. It goes from frame to frame: live
    pieces hold so few of them that arrays cost more than they save.
    """

    def __init__(self, messages: Iterable[Message]) -> None:
        self._patterns = [Pattern(message) for message in messages]
        self._beginning = [
            [(kind, pattern) for kind, pattern in enumerate(self._patterns) if pattern.fits(bytes([first]), 0)]
            for first in range(256)
        ]
        firsts = bytes(first for first in range(256) if self._beginning[first])
        self._any_first = re.compile(b"[" + re.escape(firsts) + b"]", re.DOTALL)
        self._rest = b""
        self._rest_begins = 0
        self._arrivals: deque[tuple[int, float]] = deque()
        self.health = LineHealth()

    @property
    def waiting_bytes(self) -> int:
        """Bytes kept because their frame is not complete."""
        return len(self._rest)

    def forget(self) -> None:
        """Drop what is waiting: the line was interrupted."""
        self.health.discarded_bytes += len(self._rest)
        self._rest_begins += len(self._rest)
        self._rest = b""

    def feed(self, data: bytes, arrived_s: float) -> Frames:
        """Take the next bytes and return the frames they complete."""
        data = self._rest + data
        self._arrivals.append((self._rest_begins + len(data), arrived_s))
        found = Frames()
        at = 0
        while (at := self._next_first(data, at)) < len(data):
            kind = self._kind_at(data, at)
            if kind is None:
                break
            if kind == _NOTHING:
                self.health.discarded_bytes += 1
                at += 1
                continue
            end = at + self._patterns[kind].length
            found.kinds.append(kind)
            found.frames.append(data[at:end])
            found.arrived_s.append(self._arrival(self._rest_begins + end))
            at = end
        self._rest = data[at:]
        self._rest_begins += at
        while self._arrivals and self._arrivals[0][0] <= self._rest_begins:
            self._arrivals.popleft()
        self.health.frames += len(found.kinds)
        return found

    def _next_first(self, data: bytes, at: int) -> int:
        """Step over bytes with which no message begins."""
        begin = self._any_first.search(data, at)
        target = begin.start() if begin else len(data)
        self.health.discarded_bytes += target - at
        return target

    def _kind_at(self, data: bytes, at: int) -> int | None:
        """Tell which message begins here, or `_NOTHING`; None while that is open."""
        found, bad = _NOTHING, False
        for kind, pattern in self._beginning[data[at]]:
            if not pattern.fits(data, at):
                continue
            if at + pattern.needed > len(data):
                return None
            if found == _NOTHING:
                good = pattern.holds(data[at : at + pattern.length])
                found, bad = (kind, bad) if good else (found, True)
        if found == _NOTHING and bad:
            self.health.bad_checksums += 1
        return found

    def _arrival(self, end: int) -> float:
        """Return when the byte before an absolute place was there; places come in order."""
        while self._arrivals[0][0] < end:
            self._arrivals.popleft()
        return self._arrivals[0][1]
