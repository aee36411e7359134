"""The page of memory a session shares with its windows: one writer, readers that never block it.

A plain file mapped into memory (in the machine's memory file system where there is one), readable by its owner only.
Unlike `multiprocessing.shared_memory` it has a name that both sides know, so nothing leaks when a process is killed:
the next engine writes over it. Layout: a head of counters, `TICK` rows in a ring, and two slots for the session page,
of which the older one is always the one written.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from biofeedback.session.view import GRID_HZ, TICK, SessionView
from biofeedback.stream import host_time_s

_MAGIC = 0x42464231
_HEAD = struct.Struct("<IIQQd")  # magic, tick size, ticks written, pages written, heartbeat
_TICKS_WRITTEN, _PAGES_WRITTEN, _HEARTBEAT = 8, 16, 24
_PAGE_LENGTH = struct.Struct("<Q")
ROWS = int(60 * GRID_HZ)
_PAGE_BYTES = 1 << 20
_ROWS_AT = 64
_PAGES_AT = _ROWS_AT + ROWS * TICK.itemsize
SIZE = _PAGES_AT + 2 * _PAGE_BYTES

_TRIES = 8  # a page older by a frame is better than a frame late

_U64, _F64 = struct.Struct("<Q"), struct.Struct("<d")


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
        self._ticks = self._pages = 0
        _HEAD.pack_into(self._memory, 0, _MAGIC, TICK.itemsize, 0, 0, host_time_s())

    def tick(self, row: NDArray[np.void]) -> None:
        """Add one row."""
        self._rows[self._ticks % ROWS] = row
        self._ticks += 1
        _U64.pack_into(self._memory, _TICKS_WRITTEN, self._ticks)

    def page(self, view: SessionView) -> None:
        """Replace the session page.

        Raises
        ------
        ValueError
            If the page does not fit.
        """
        text = msgspec.json.encode(view)
        if len(text) + _PAGE_LENGTH.size > _PAGE_BYTES:
            raise ValueError(f"the session page is {len(text)} bytes long, more than fits")
        at = _PAGES_AT + (self._pages % 2) * _PAGE_BYTES
        _PAGE_LENGTH.pack_into(self._memory, at, len(text))
        self._memory[at + _PAGE_LENGTH.size : at + _PAGE_LENGTH.size + len(text)] = text
        self._pages += 1
        _U64.pack_into(self._memory, _PAGES_WRITTEN, self._pages)

    def beat(self) -> None:
        """Give a sign of life."""
        _F64.pack_into(self._memory, _HEARTBEAT, host_time_s())

    def close(self) -> None:
        """Let go of the memory and remove the file."""
        del self._rows
        self._memory.close()
        self.path.unlink(missing_ok=True)


class RingReader:
    """A window's side: pulls the newest page and the rows it has not seen."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._memory = mmap.mmap(file.fileno(), SIZE, access=mmap.ACCESS_READ)
        magic, tick_size, *_ = _HEAD.unpack_from(self._memory, 0)
        if magic != _MAGIC or tick_size != TICK.itemsize:
            raise ValueError(f"{path}: not a session page of this version")
        self._rows: NDArray[np.void] = np.frombuffer(self._memory, TICK, ROWS, _ROWS_AT)
        self._decoder = msgspec.json.Decoder(SessionView)
        self._pages = 0
        self._view: SessionView | None = None

    def ticks(self, since: int) -> tuple[NDArray[np.void], int]:
        """Return the rows from index ``since`` on that are still kept, and the index after the last.

        A quarter of the ring is kept away from the writer, so that no row is overwritten while it is copied.
        """
        head: int = _U64.unpack_from(self._memory, _TICKS_WRITTEN)[0]
        first = max(since, head - ROWS * 3 // 4, 0)
        if first >= head:
            return self._rows[:0].copy(), head
        return self._rows[np.arange(first, head) % ROWS], head

    def view(self) -> SessionView | None:
        """Return the newest page; the same object while nothing changed."""
        for _ in range(_TRIES):
            pages: int = _U64.unpack_from(self._memory, _PAGES_WRITTEN)[0]
            if pages == self._pages:
                break
            at = _PAGES_AT + ((pages - 1) % 2) * _PAGE_BYTES
            length = _PAGE_LENGTH.unpack_from(self._memory, at)[0]
            text = bytes(self._memory[at + _PAGE_LENGTH.size : at + _PAGE_LENGTH.size + min(length, _PAGE_BYTES)])
            if _U64.unpack_from(self._memory, _PAGES_WRITTEN)[0] == pages:  # else the slot may have been rewritten
                self._pages, self._view = pages, self._decoder.decode(text)
        return self._view

    def age_s(self) -> float:
        """Return the seconds since the engine's last sign of life."""
        return host_time_s() - _F64.unpack_from(self._memory, _HEARTBEAT)[0]

    def close(self) -> None:
        """Let go of the memory."""
        del self._rows
        self._memory.close()
