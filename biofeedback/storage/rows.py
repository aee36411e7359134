"""From what was queued to rows of a recording, and back."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from biofeedback.storage.coding import Coder, Placed
from biofeedback.storage.container import Database, as_json, get_streams, put_stream
from biofeedback.stream import Chunk, Event, StreamInfo


class Queued(NamedTuple):
    """Something to save, its place in the order, and when it was handed over (host clock). A text is an event."""

    sequence: int
    handed_s: float
    item: Chunk | StreamInfo | str


class PlacedEvent(NamedTuple):
    """An event and its place in the order of everything recorded."""

    sequence: int
    event: Event


def event_to_text(event: Event) -> str:
    """Write an event as JSON; numbers come back bit by bit, NaN and infinities too."""
    return json.dumps([event.time_s, event.kind, event.values], default=as_json)


def text_to_event(text: str) -> Event:
    """Read what `event_to_text` wrote."""
    time_s, kind, values = json.loads(text)
    return Event(time_s, kind, values)


class RowWriter:
    """Saves batches in the order they were queued. Streams are numbered from 0 in the order they come by."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._coder = Coder()
        self._streams = get_streams(database)
        self._numbers = {info.id: number for number, info in self._streams.items()}

    def save(self, queued: Sequence[Queued]) -> None:
        """Write a batch in one transaction: all of it is on the disk afterwards, or none; it may be tried again."""
        placed: dict[int, list[Placed]] = {}
        events: list[tuple[int, str]] = []
        added: list[int] = []
        for sequence, _, item in queued:
            if isinstance(item, Chunk):
                placed.setdefault(self._numbers[item.stream], []).append(Placed(sequence, item))
            elif isinstance(item, str):
                events.append((sequence, item))
            else:
                added.append(self._add(item))
        body = self._coder.pack(self._streams, placed) if placed else None
        self._database.execute("BEGIN IMMEDIATE")
        for number in added:
            put_stream(self._database, number, self._streams[number])
        if body is not None:
            self._database.execute("INSERT INTO batch (body) VALUES (?)", (body,))
        self._database.executemany("INSERT INTO event VALUES (?, ?)", events)
        self._database.execute("COMMIT")

    def _add(self, info: StreamInfo) -> int:
        number = self._numbers.setdefault(info.id, len(self._numbers))
        self._streams[number] = info
        return number


class RowReader:
    """Reads a recording back, a batch at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._coder = Coder()
        self.streams = get_streams(database)

    def placed(self) -> Iterator[Placed | PlacedEvent]:
        """Give everything in the order in which it was written."""
        chunks = (one for body in self._bodies() for one in self._coder.unpack(self.streams, body))
        return heapq.merge(chunks, self._events(), key=lambda one: one.sequence)

    def of_stream(self, number: int) -> Iterator[Placed]:
        """Give the chunks of one stream, in order."""
        for body in self._bodies():
            yield from self._coder.unpack(self.streams, body, only=number)

    def _bodies(self) -> Iterator[bytes]:
        for (body,) in self._database.execute("SELECT body FROM batch ORDER BY number"):
            yield body

    def _events(self) -> Iterator[PlacedEvent]:
        for sequence, body in self._database.execute("SELECT sequence, body FROM event ORDER BY sequence"):
            yield PlacedEvent(sequence, text_to_event(body))
