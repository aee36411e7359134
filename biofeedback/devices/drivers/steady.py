"""Frames without sync bytes: believed when several follow each other, or where nothing else can come. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from biofeedback.devices.drivers.fields import reader
from biofeedback.devices.drivers.framing import Frames, LineHealth, Pattern
from biofeedback.devices.frame_layout import Field, Message


class SteadyFramer:
    """Cuts a stream of one kind of frame that only its check and its counter give away.

    A search looks for ``in_a_row`` frames that follow each other, each checked and counting on by one; from then on
    each frame must be the next one. At one that is not, the search begins anew, one byte further every time: a short
    check is passed by chance too often to be believed alone.
    """

    def __init__(self, message: Message, counter: Field) -> None:
        self._pattern = Pattern(message)
        self._length = message.length
        self._n_frames = message.in_a_row
        self._counter = reader(counter)
        self._modulus = 1 << counter.n_bits
        self._rest = b""
        self._arrivals: deque[tuple[int, float]] = deque()  # places count from the begin of what is waiting
        self._next: int | None = None  # counter of the next frame, while the frames are found
        self.health = LineHealth()

    @property
    def waiting_bytes(self) -> int:
        """Bytes kept because it is not known yet what they are."""
        return len(self._rest)

    def forget(self) -> None:
        """Drop what is waiting: the line was interrupted."""
        self.health.discarded_bytes += len(self._rest)
        self._rest, self._next = b"", None
        self._arrivals.clear()

    def feed(self, data: bytes, arrived_s: float) -> Frames:
        """Take the next bytes and return the frames they complete."""
        data = self._rest + data
        self._arrivals.append((len(data), arrived_s))
        found = Frames()
        at = 0
        while at + self._length <= len(data):
            if self._next is not None and self._is_frame(data, at, self._next):
                end = at + self._length
                found.kinds.append(0)
                found.frames.append(data[at:end])
                while self._arrivals[0][0] < end:
                    self._arrivals.popleft()
                found.arrived_s.append(self._arrivals[0][1])
                self._next = (self._next + 1) % self._modulus
                at = end
                continue
            first = self._counter(data[at : at + self._length])
            verdict = self._is_row(data, at, first)
            self._next = first if verdict else None
            if verdict is None:
                break
            if not verdict:
                self.health.discarded_bytes += 1
                at += 1
        self._rest = data[at:]
        self._arrivals = deque((mark - at, time_s) for mark, time_s in self._arrivals if mark > at)
        self.health.frames += len(found.kinds)
        return found

    def _is_frame(self, data: bytes, at: int, counter: int) -> bool:
        """Tell whether the whole frame with that counter begins here."""
        frame = data[at : at + self._length]
        return self._counter(frame) == counter and self._pattern.holds(frame) and self._pattern.fits(frame, 0)

    def _is_row(self, data: bytes, at: int, counter: int) -> bool | None:
        """Tell whether enough frames in a row begin here; None if that many bytes have not come yet."""
        for number in range(self._n_frames):
            begin = at + number * self._length
            if begin + self._length > len(data):
                return None
            if not self._is_frame(data, begin, (counter + number) % self._modulus):
                return False
        return True


class AlignedFramer:
    """Cuts streams of one kind of frame each that follow each other from the first byte on: there is nothing to find.

    Each connection carries one kind.
    """

    def __init__(self, messages: Sequence[Message]) -> None:
        self._kinds = {message.connection or "": (kind, message.length) for kind, message in enumerate(messages)}
        self._rests = dict.fromkeys(self._kinds, b"")
        self.health = LineHealth()

    @property
    def waiting_bytes(self) -> int:
        """Bytes kept because their frame is not complete."""
        return sum(map(len, self._rests.values()))

    def forget(self) -> None:
        """Drop what is waiting: the connection was interrupted."""
        self.health.discarded_bytes += self.waiting_bytes
        self._rests = dict.fromkeys(self._kinds, b"")

    def feed(self, data: bytes, arrived_s: float, origin: str) -> Frames:
        """Take the next bytes of a connection and return the frames they complete; none of one without frames."""
        if origin not in self._kinds:
            return Frames([], [], [])
        kind, length = self._kinds[origin]
        data = self._rests[origin] + data
        end = len(data) // length * length
        self._rests[origin] = data[end:]
        frames = [data[at : at + length] for at in range(0, end, length)]
        self.health.frames += len(frames)
        return Frames([kind] * len(frames), frames, [arrived_s] * len(frames))
