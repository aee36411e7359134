"""Frames without sync bytes: believed when several follow each other, or where nothing else can come. No I/O."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.drivers.fields import IntegerFields
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
        self._counter = IntegerFields([counter])
        self._modulus = 1 << counter.n_bits
        self._rest = np.empty(0, np.uint8)
        self._arrivals: list[tuple[int, float]] = []
        self._last: int | None = None  # counter of the frame before, while the frames are found
        self.health = LineHealth()

    @property
    def waiting_bytes(self) -> int:
        """Bytes kept because it is not known yet what they are."""
        return len(self._rest)

    def forget(self) -> None:
        """Drop what is waiting: the line was interrupted."""
        self.health.discarded_bytes += len(self._rest)
        self._rest, self._arrivals, self._last = np.empty(0, np.uint8), [], None

    def feed(self, data: bytes, arrived_s: float) -> list[Frames]:
        """Take the next bytes and return the frames they complete."""
        joined = np.concatenate([self._rest, np.frombuffer(data, np.uint8)])
        self._arrivals.append((len(joined), arrived_s))
        starts, end = self._walk(*self._believable(joined))
        times = self._arrival_times(np.array(starts, np.int64) + self._length)
        self._rest = joined[end:].copy()
        self._arrivals = [(mark - end, time_s) for mark, time_s in self._arrivals if mark > end]
        self.health.frames += len(starts)
        return [Frames(joined, np.zeros(len(starts), np.int64), np.array(starts, np.int64), times)] if starts else []

    def _believable(self, data: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Tell for each place with a whole frame behind it whether check and marks hold, and what the counter is."""
        starts = np.arange(max(len(data) - self._length + 1, 0))
        if not len(starts):
            return np.zeros(0, bool), starts
        good = self._pattern.fits(data)[: len(starts)] & self._pattern.checked(data, starts)
        return good, self._counter.read(data[starts[:, None] + np.arange(self._length)])[:, 0]

    def _walk(self, good: NDArray[np.bool_], counters: NDArray[np.int64]) -> tuple[list[int], int]:
        """Return where frames begin, and where the bytes begin that must wait for more."""
        follows = np.zeros(len(good), bool)  # the frame one length further on is the next one
        n_pairs = max(len(good) - self._length, 0)
        if n_pairs:
            next_counter = (counters[:n_pairs] + 1) % self._modulus
            follows[:n_pairs] = good[:n_pairs] & good[self._length :] & (counters[self._length :] == next_counter)
        stops = np.flatnonzero(follows)
        starts: list[int] = []
        at = 0
        while at < len(good):
            if self._last is not None:
                if good[at] and counters[at] == (self._last + 1) % self._modulus:
                    starts.append(at)
                    self._last = int(counters[at])
                    at += self._length
                else:
                    self._last = None
                continue
            behind = np.searchsorted(stops, at)
            candidate = int(stops[behind]) if behind < len(stops) else max(n_pairs, at)
            self.health.discarded_bytes += candidate - at
            at = candidate
            verdict = self._is_row(follows, at)
            if verdict is None:
                break
            if verdict:
                self._last = int(counters[at] - 1) % self._modulus
            else:
                self.health.discarded_bytes += 1
                at += 1
        return starts, at

    def _is_row(self, follows: NDArray[np.bool_], at: int) -> bool | None:
        """Tell whether enough frames in a row begin here; None if that many bytes have not come yet."""
        places = range(at, at + (self._n_frames - 1) * self._length, self._length)
        for place in places:
            if place + self._length >= len(follows):
                return None
            if not follows[place]:
                return False
        return True

    def _arrival_times(self, ends: NDArray[np.int64]) -> NDArray[np.float64]:
        marks = np.array([mark for mark, _ in self._arrivals])
        times = np.array([time_s for _, time_s in self._arrivals])
        return times[np.searchsorted(marks, ends)]


class AlignedFramer:
    """Cuts a stream of one kind of frame that follow each other from the first byte on: there is nothing to find."""

    def __init__(self, message: Message) -> None:
        self._length = message.length
        self._rest = b""
        self.health = LineHealth()

    @property
    def waiting_bytes(self) -> int:
        """Bytes kept because their frame is not complete."""
        return len(self._rest)

    def forget(self) -> None:
        """Drop what is waiting: the connection was interrupted."""
        self.health.discarded_bytes += len(self._rest)
        self._rest = b""

    def feed(self, data: bytes, arrived_s: float) -> list[Frames]:
        """Take the next bytes and return the frames they complete."""
        data = self._rest + data
        n_frames = len(data) // self._length
        self._rest = data[n_frames * self._length :]
        self.health.frames += n_frames
        starts = np.arange(n_frames, dtype=np.int64) * self._length
        whole = np.frombuffer(data, np.uint8)[: n_frames * self._length]
        return [Frames(whole, np.zeros(n_frames, np.int64), starts, np.full(n_frames, arrived_s))] if n_frames else []
