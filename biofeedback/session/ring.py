"""The page of memory a session shares with its windows: one writer, readers that never block it.

A plain file mapped into memory (in the machine's memory file system where there is one), readable by its owner only.
Unlike `multiprocessing.shared_memory` it has a name that both sides know, so nothing leaks when a process is killed:
the next engine writes over it. Layout: a head of counters, `TICK` rows in a ring, and two slots each for the page of
the session and that of the sensor room, of which the older one is always the one written.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.session.room.view import RoomView
from biofeedback.session.view import GRID_HZ, TICK, SessionView
from biofeedback.stream import host_time_s

_MAGIC = 0x42464232
# The head is read and written as elements of an array, each in one piece. `struct` clears a field and then fills it
# byte by byte: the other process would now and then read a 0.
_HEAD = np.dtype(
    [("magic", "<u4"), ("tick_size", "<u4"), ("ticks", "<u8"), ("pages", "<u8"), ("beat_s", "<f8"), ("rooms", "<u8")]
)
_PAGE_LENGTH = struct.Struct("<Q")
ROWS = int(60 * GRID_HZ)
_PAGE_BYTES = 1 << 20
_ROWS_AT = 64
_PAGES_AT = _ROWS_AT + ROWS * TICK.itemsize
_ROOMS_AT = _PAGES_AT + 2 * _PAGE_BYTES
SIZE = _ROOMS_AT + 2 * _PAGE_BYTES

_TRIES = 8  # a page older by a frame is better than a frame late

_V = TypeVar("_V")


class _PageWriter:
    """Two slots for one kind of page, and the counter that says how many were written."""

    def __init__(self, memory: mmap.mmap, counter: NDArray[np.uint64], at: int) -> None:
        self._memory, self._counter, self._at = memory, counter, at
        self._written = 0

    def write(self, view: object) -> None:
        text = msgspec.json.encode(view)
        if len(text) + _PAGE_LENGTH.size > _PAGE_BYTES:
            raise ValueError(f"the page is {len(text)} bytes long, more than fits")
        at = self._at + (self._written % 2) * _PAGE_BYTES
        _PAGE_LENGTH.pack_into(self._memory, at, len(text))
        self._memory[at + _PAGE_LENGTH.size : at + _PAGE_LENGTH.size + len(text)] = text
        self._written += 1
        self._counter[0] = self._written


class _PageReader(Generic[_V]):
    """The newest page of one kind; the same object while nothing changed, None before the first or if taken away."""

    def __init__(self, memory: mmap.mmap, counter: NDArray[np.uint64], at: int, kind: type[_V]) -> None:
        self._memory, self._counter, self._at = memory, counter, at
        self._decoder = msgspec.json.Decoder(kind | None)
        self._pages = 0
        self._view: _V | None = None

    def read(self) -> _V | None:
        for _ in range(_TRIES):
            pages = int(self._counter[0])
            if pages == self._pages:
                break
            at = self._at + ((pages - 1) % 2) * _PAGE_BYTES
            length = _PAGE_LENGTH.unpack_from(self._memory, at)[0]
            text = bytes(self._memory[at + _PAGE_LENGTH.size : at + _PAGE_LENGTH.size + min(length, _PAGE_BYTES)])
            if self._counter[0] == pages:  # else the slot may have been rewritten
                self._pages, self._view = pages, self._decoder.decode(text)
        return self._view


class RingWriter:
    """The engine's side. Writes go to the slot first and to the counter after, so a reader sees whole values."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.ftruncate(descriptor, SIZE)
            self._memory = mmap.mmap(descriptor, SIZE)
        finally:
            os.close(descriptor)
        self.path = path
        self._rows: NDArray[np.void] = np.frombuffer(self._memory, TICK, ROWS, _ROWS_AT)
        self._head: NDArray[np.void] = np.frombuffer(self._memory, _HEAD, 1)
        self._ticks = 0
        self._session = _PageWriter(self._memory, self._head["pages"], _PAGES_AT)
        self._room = _PageWriter(self._memory, self._head["rooms"], _ROOMS_AT)
        self._head[0] = (_MAGIC, TICK.itemsize, 0, 0, host_time_s(), 0)

    def tick(self, row: NDArray[np.void]) -> None:
        """Add one row."""
        self._rows[self._ticks % ROWS] = row
        self._ticks += 1
        self._head["ticks"][0] = self._ticks

    def page(self, view: SessionView | None) -> None:
        """Replace the session page; None takes the one of the last session away.

        Raises
        ------
        ValueError
            If the page does not fit.
        """
        self._session.write(view)

    def room(self, view: RoomView) -> None:
        """Replace the page of the sensor room; as `page` does."""
        self._room.write(view)

    def beat(self) -> None:
        """Give a sign of life."""
        self._head["beat_s"][0] = host_time_s()

    def close(self) -> None:
        """Let go of the memory and remove the file."""
        del self._rows, self._head, self._session, self._room  # they hold the memory open
        self._memory.close()
        self.path.unlink(missing_ok=True)


class RingReader:
    """A window's side: pulls the newest page and the rows it has not seen."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._memory = mmap.mmap(file.fileno(), SIZE, access=mmap.ACCESS_READ)
        self._head: NDArray[np.void] = np.frombuffer(self._memory, _HEAD, 1)
        if self._head["magic"][0] != _MAGIC or self._head["tick_size"][0] != TICK.itemsize:
            raise ValueError(f"{path}: not a session page of this version")
        self._rows: NDArray[np.void] = np.frombuffer(self._memory, TICK, ROWS, _ROWS_AT)
        self._session = _PageReader(self._memory, self._head["pages"], _PAGES_AT, SessionView)
        self._room = _PageReader(self._memory, self._head["rooms"], _ROOMS_AT, RoomView)

    def ticks(self, since: int) -> tuple[NDArray[np.void], int]:
        """Return the rows from index ``since`` on that are still kept, and the index after the last.

        A quarter of the ring is kept away from the writer, so that no row is overwritten while it is copied.
        """
        head = int(self._head["ticks"][0])
        first = max(since, head - ROWS * 3 // 4, 0)
        if first >= head:
            return self._rows[:0].copy(), head
        return self._rows[np.arange(first, head) % ROWS], head

    def view(self) -> SessionView | None:
        """Return the newest page; the same object while nothing changed."""
        return self._session.read()

    def room(self) -> RoomView | None:
        """Return the newest page of the sensor room; the same object while nothing changed."""
        return self._room.read()

    def age_s(self) -> float:
        """Return the seconds since the engine's last sign of life."""
        return host_time_s() - float(self._head["beat_s"][0])

    def close(self) -> None:
        """Let go of the memory."""
        del self._rows, self._head, self._session, self._room  # they hold the memory open
        self._memory.close()
