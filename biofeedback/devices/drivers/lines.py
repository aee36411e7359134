"""Frames that end with a byte which stands nowhere else: stuffed messages, and lines of text. No I/O.

The best known stuffing is that of the Serial Line Internet Protocol (RFC 1055); x-IMU3 uses its escapes before a line
feed. Lines of text follow the Arduino Serial Plotter (arduino/Arduino, ArduinoSerialPlotterProtocol.md).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.drivers.framing import Frames, LineHealth, Pattern
from biofeedback.devices.frame_layout import Message, Stuffing, TextLine
from biofeedback.devices.profiles import Profile

_SEPARATORS = re.compile(r"[,;\s]+")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|nan", re.IGNORECASE)
_NOT_A_NUMBER = float("nan")

Found = tuple[int, bytes]


class _EndedFramer(ABC):
    """Cuts a stream of bytes at its end bytes. What is longer than ``longest`` is dropped up to its end."""

    def __init__(self, end: int, longest: int, begin_whole: bool) -> None:
        self._end = bytes([end])
        self._longest = longest
        self._begin_whole = begin_whole
        self._rest = b""
        self._overlong = not begin_whole
        self.health = LineHealth()

    @property
    def waiting_bytes(self) -> int:
        """Bytes kept because their end has not come."""
        return len(self._rest)

    def forget(self) -> None:
        """Drop what is waiting: the line was interrupted."""
        self.health.discarded_bytes += len(self._rest)
        self._rest = b""
        self._overlong = not self._begin_whole

    def feed(self, data: bytes, arrived_s: float) -> Frames:
        """Take the next bytes and return the frames they complete."""
        *lines, self._rest = (self._rest + data).split(self._end)
        found = [one for line in lines if (one := self._judge(line)) is not None]
        if len(self._rest) > self._longest:
            self.health.discarded_bytes += len(self._rest)
            self._rest, self._overlong = b"", True
        self.health.frames += len(found)
        return Frames([kind for kind, _ in found], [frame for _, frame in found], [arrived_s] * len(found))

    def _judge(self, line: bytes) -> Found | None:
        """Return the frame that ended, or None if it is none of the profile's."""
        found = None if self._overlong or len(line) > self._longest else self._frame(line)
        self._overlong = False
        if found is None:
            self.health.discarded_bytes += len(line) + 1
        return found

    @abstractmethod
    def _frame(self, line: bytes) -> Found | None: ...


class StuffedFramer(_EndedFramer):
    """Messages whose end byte is escaped inside them; which one it is, length and marks tell."""

    def __init__(self, profile: Profile, stuffing: Stuffing) -> None:
        longest = 2 * max(message.length for message in profile.messages)
        super().__init__(stuffing.terminator, longest, begin_whole=True)
        self._patterns = [Pattern(message) for message in profile.messages]
        self._escape_byte = stuffing.escape
        self._meant = {bytes([stuffing.escape, second]): bytes([meant]) for meant, second in stuffing.escaped}
        self._escape = re.compile(b"|".join(re.escape(pair) for pair in self._meant), re.DOTALL)

    def _frame(self, line: bytes) -> Found | None:
        whole = line + self._end
        if self._escape_byte in line:
            whole = self._escape.sub(lambda pair: self._meant[pair[0]], whole)
        for kind, pattern in enumerate(self._patterns):
            if pattern.length != len(whole) or not pattern.fits(whole, 0):
                continue
            if pattern.holds(whole):
                return kind, whole
            self.health.bad_checksums += 1
        return None


class TextFramer(_EndedFramer):
    """Lines of numbers. The first line is dropped: the port may have been opened in the middle of it.

    A frame has a number of 8 bytes for each column: NaN where a field is missing or no number. A line without any
    number, and one whose time is missing, is stepped over.
    """

    def __init__(self, message: Message, line: TextLine) -> None:
        super().__init__(ord("\n"), message.length, begin_whole=False)
        self._n_columns = line.columns
        self._labels: Mapping[str, int] = {label: column for column, label in enumerate(line.labels)}
        self._time = message.timestamp.at if message.timestamp else None

    def _frame(self, line: bytes) -> Found | None:
        values = self._values(line.decode("latin-1"))
        if values is None or (self._time is not None and not np.isfinite(values[self._time])):
            return None
        return 0, values.tobytes()

    def _values(self, line: str) -> NDArray[np.float64] | None:
        values = np.full(self._n_columns, _NOT_A_NUMBER)
        n_numbers = 0
        for place, text in enumerate(_SEPARATORS.split(line.strip(" \t\r\v\f,;"))):
            label, colon, number = text.rpartition(":")
            column = self._labels.get(label) if colon and self._labels else place
            if column is not None and column < self._n_columns and _NUMBER.fullmatch(number):
                values[column] = float(number)
                n_numbers += 1
        return values if n_numbers else None


def stuffed(frames: NDArray[np.uint8], stuffing: Stuffing) -> list[bytes]:
    """Return frames, shape (n_frames, length), as they go over the line; their last byte is the end byte."""
    second = {bytes([meant]): bytes([stuffing.escape, second]) for meant, second in stuffing.escaped}
    special = re.compile(b"|".join(re.escape(meant) for meant in second), re.DOTALL)
    end = bytes([stuffing.terminator])
    return [special.sub(lambda found: second[found[0]], row[:-1].tobytes()) + end for row in frames]


def written(frames: NDArray[np.uint8], line: TextLine, decimals: int) -> list[bytes]:
    """Return frames, shape (n_frames, 8 * n_columns), as lines of text."""
    values = np.ascontiguousarray(frames).view("<f8").tolist()
    names = [f"{label}:" for label in line.labels] or [""] * line.columns
    return [
        ",".join(f"{n}{v:.{decimals}f}" for n, v in zip(names, row, strict=True)).encode() + b"\r\n" for row in values
    ]
