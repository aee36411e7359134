"""From what was queued to rows of a recording, and back."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from biofeedback.storage.coding import Coder, Packed, Placed
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
        self._streams = {info.id: info for info in get_streams(database).values()}

    def save(self, queued: Sequence[Queued]) -> None:
        """Write a batch in one transaction: all of it is on the disk afterwards, or none."""
        placed: dict[str, list[Placed]] = {}
        events: list[tuple[int, str]] = []
        added: list[StreamInfo] = []
        for sequence, _, item in queued:
            if isinstance(item, Chunk):
                placed.setdefault(item.stream, []).append(Placed(sequence, item))
            elif isinstance(item, str):
                events.append((sequence, item))
            else:
                added.append(item)
                self._streams[item.id] = item
        numbers = {stream: number for number, stream in enumerate(self._streams)}
        packed = [self._coder.pack(numbers[stream], self._streams[stream], one) for stream, one in placed.items()]
        self._database.execute("BEGIN IMMEDIATE")
        for info in added:
            put_stream(self._database, numbers[info.id], info)
        if packed:
            self._database.execute("INSERT INTO batch (body) VALUES (?)", (msgspec.msgpack.encode(packed),))
        self._database.executemany("INSERT INTO event VALUES (?, ?)", events)
        self._database.execute("COMMIT")


class RowReader:
    """Reads a recording back, a batch at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._coder = Coder()
        self.streams = get_streams(database)

    def placed(self) -> Iterator[Placed | PlacedEvent]:
        """Give everything in the order in which it was written."""
        return heapq.merge(self._chunks(), self._events(), key=lambda one: one.sequence)

    def of_stream(self, number: int) -> Iterator[Placed]:
        """Give the chunks of one stream, in order."""
        for batch in self._batches():
            for packed in batch:
                if packed.stream == number:
                    yield from self._coder.unpack(self.streams[number], packed)

    def _batches(self) -> Iterator[list[Packed]]:
        for (body,) in self._database.execute("SELECT body FROM batch ORDER BY number"):
            yield msgspec.msgpack.decode(body, type=list[Packed])

    def _chunks(self) -> Iterator[Placed]:
        """Give chunks in order: batches follow each other, and within a batch each stream is in order."""
        for batch in self._batches():
            streams = [self._coder.unpack(self.streams[packed.stream], packed) for packed in batch]
            yield from heapq.merge(*streams, key=lambda one: one.sequence)

    def _events(self) -> Iterator[PlacedEvent]:
        for sequence, body in self._database.execute("SELECT sequence, body FROM event ORDER BY sequence"):
            yield PlacedEvent(sequence, text_to_event(body))
