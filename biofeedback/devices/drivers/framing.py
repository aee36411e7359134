"""Find frames in a stream of bytes: marks, checksums, and what to do about rubbish. No I/O."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.drivers.checksums import check_values
from biofeedback.devices.drivers.fields import IntegerFields
from biofeedback.devices.frame_layout import Message
from biofeedback.devices.profiles import Profile

_PIECE_BYTES = 16384
_NOTHING = -1


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Frames found in one piece of a stream, in order.

    Attributes
    ----------
    kinds
        Shape (n_frames,): index of the message in the profile.
    starts
        Shape (n_frames,): where each begins in ``data``.
    arrived_s
        Shape (n_frames,): host time at which the frame's last byte was in the program.
    """

    data: NDArray[np.uint8]
    kinds: NDArray[np.int64]
    starts: NDArray[np.int64]
    arrived_s: NDArray[np.float64]

    def of_kind(self, kind: int, length: int) -> NDArray[np.uint8]:
        """Return the frames of one message, shape (n_frames_of_kind, length)."""
        starts = self.starts[self.kinds == kind]
        return self.data[starts[:, None] + np.arange(length)]


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
        self.message = message
        self.length = message.length
        self.places = [(mark.at, _allowed(mark.values, mark.mask)) for mark in message.all_marks]
        self.needed = max([self.length, *(at + 1 for at, _ in self.places)])
        self._check = IntegerFields([message.checksum]) if message.checksum else None

    def fits(self, data: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Tell for each position whether a frame may begin there; bytes that have not come yet fit anything."""
        fits = np.ones(len(data), bool)
        for at, allowed in self.places:
            fits[: max(len(data) - at, 0)] &= allowed[data[at:]]
        return fits

    def checked(self, data: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell for each start whether the whole frame there passes its checksum."""
        if self._check is None or self.message.checksum is None:
            return np.ones(len(starts), bool)
        frames = data[starts[:, None] + np.arange(self.length)]
        return check_values(self.message.checksum, frames) == self._check.read(frames)[:, 0]


def _allowed(values: tuple[int, ...], mask: int) -> NDArray[np.bool_]:
    return np.isin(np.arange(256) & mask, values)


class Framer:
    """Cuts a stream of bytes into frames; any split of the bytes gives the same frames.

    On a mismatch one byte is dropped and the search goes on, so that a header inside a payload cannot hide the frame
    that begins behind it. At most one frame's worth of bytes is kept between calls.
    """

    def __init__(self, profile: Profile) -> None:
        self._patterns = [Pattern(message) for message in profile.messages]
        self._lengths = np.array([pattern.length for pattern in self._patterns])
        self._rest = np.empty(0, np.uint8)
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
        self._rest = np.empty(0, np.uint8)

    def feed(self, data: bytes, arrived_s: float) -> list[Frames]:
        """Take the next bytes and return the frames they complete."""
        pieces = (data[at : at + _PIECE_BYTES] for at in range(0, len(data), _PIECE_BYTES))
        found = (self._feed_piece(piece, arrived_s) for piece in pieces)
        return [frames for frames in found if len(frames.starts)]

    def _feed_piece(self, piece: bytes, arrived_s: float) -> Frames:
        data = np.concatenate([self._rest, np.frombuffer(piece, np.uint8)])
        self._arrivals.append((self._rest_begins + len(data), arrived_s))
        kinds, undecided, bad = self._classify(data)
        starts, end = self._walk(kinds, undecided, bad)
        arrived = self._arrival_times(starts + self._lengths[kinds[starts]])
        self._rest = data[end:].copy()
        self._rest_begins += end
        while self._arrivals and self._arrivals[0][0] <= self._rest_begins:
            self._arrivals.popleft()
        self.health.frames += len(starts)
        return Frames(data, kinds[starts], starts, arrived)

    def _classify(self, data: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell for each position which message begins there, where that is still open, and where a check failed."""
        kinds = np.full(len(data), _NOTHING, np.int64)
        undecided = np.zeros(len(data), bool)
        bad = np.zeros(len(data), bool)
        for kind in range(len(self._patterns) - 1, -1, -1):
            pattern = self._patterns[kind]
            fits = pattern.fits(data)
            first_open = max(len(data) - pattern.needed + 1, 0)
            undecided[first_open:] |= fits[first_open:]
            starts = fits[:first_open].nonzero()[0]
            if not len(starts):
                continue
            good = pattern.checked(data, starts)
            kinds[starts[good]] = kind
            bad[starts[~good]] = True
        return kinds, undecided, bad & (kinds == _NOTHING)

    def _walk(
        self, kinds: NDArray[np.int64], undecided: NDArray[np.bool_], bad: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], int]:
        """Step from frame to frame, over rubbish, up to the first position that is still open."""
        stops = np.flatnonzero((kinds != _NOTHING) | undecided)
        runs: list[NDArray[np.int64]] = []
        at = 0
        while at < len(kinds):
            if kinds[at] == _NOTHING and not undecided[at]:
                behind = np.searchsorted(stops, at)
                target = int(stops[behind]) if behind < len(stops) else len(kinds)
                self.health.discarded_bytes += target - at
                self.health.bad_checksums += int(np.count_nonzero(bad[at:target]))
                at = target
            elif undecided[at]:
                break
            else:
                run = self._run(kinds, undecided, at)
                runs.append(run)
                at = int(run[-1] + self._lengths[kinds[run[-1]]])
        return (np.concatenate(runs) if runs else np.empty(0, np.int64)), at

    def _run(self, kinds: NDArray[np.int64], undecided: NDArray[np.bool_], at: int) -> NDArray[np.int64]:
        """Return the starts of the frames of equal length that follow each other without a break from ``at``."""
        length = int(self._lengths[kinds[at]])
        starts = np.arange(at, len(kinds), length)
        there = kinds[starts]
        fits = (there != _NOTHING) & (self._lengths[there] == length) & ~undecided[starts]
        n_frames = len(starts) if fits.all() else int(np.argmin(fits))
        return starts[:n_frames]

    def _arrival_times(self, ends: NDArray[np.int64]) -> NDArray[np.float64]:
        marks = np.array([mark for mark, _ in self._arrivals])
        times = np.array([time for _, time in self._arrivals])
        return times[np.searchsorted(marks, ends + self._rest_begins)]
