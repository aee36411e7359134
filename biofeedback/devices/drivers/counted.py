"""Sampling instants that several frames of one running counter make together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.drivers.fields import IntegerFields
from biofeedback.devices.drivers.framing import Frames, LineHealth
from biofeedback.devices.drivers.tables import Batch, Rows, StreamTable
from biofeedback.devices.profiles import Profile, Tick


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Frames of one message: which tick each belongs to, when it came, and its bytes, shape (n_frames, length)."""

    ticks: NDArray[np.int64]
    arrived_s: NDArray[np.float64]
    frames: NDArray[np.uint8]

    def chosen(self, which: NDArray[np.bool_]) -> _Parts:
        if which.all():
            return self
        return _Parts(self.ticks[which], self.arrived_s[which], self.frames[which])

    def with_more(self, more: _Parts) -> _Parts:
        if not len(self.ticks):
            return more
        return _Parts(
            np.concatenate([self.ticks, more.ticks]),
            np.concatenate([self.arrived_s, more.arrived_s]),
            np.concatenate([self.frames, more.frames]),
        )


class CountedGroupTimeline:
    """Ticks of messages that take turns under one counter: each frame's counter tells tick and place in it.

    A stream whose messages are not all there has lost its sample of that tick.
    """

    def __init__(self, profile: Profile, tick: Tick, health: LineHealth) -> None:
        self.name = tick.messages[0]
        self._names = tick.messages
        ids = [message.id for message in profile.messages]
        self._kinds = [ids.index(name) for name in tick.messages]
        self._order = np.full(len(ids), -1, np.int64)
        self._order[self._kinds] = np.arange(len(self._kinds))
        self._lengths = [profile.message(name).frame_length for name in tick.messages]
        counter = profile.message(self.name).counter
        assert counter is not None
        self._modulus = 1 << counter.n_bits
        self._counters = IntegerFields([counter])
        self._first_count = tick.first_count or 0
        self._health = health
        self._tables = [StreamTable(profile, stream) for stream in profile.streams if stream.messages[0] in self._names]
        self.forget()

    def forget(self) -> None:
        """Begin anew after a break."""
        self._number = -1  # of the frame before, on a count that does not wrap
        self._last_counter: int | None = None
        self._waiting = [
            _Parts(np.empty(0, np.int64), np.empty(0), np.empty((0, length), np.uint8)) for length in self._lengths
        ]

    def take(self, found: Frames) -> Batch | None:
        """Return the ticks that the frames complete."""
        mine = self._order[found.kinds] >= 0
        orders = self._order[found.kinds[mine]]
        counters = np.empty(len(orders), np.int64)
        frames: list[NDArray[np.uint8]] = []
        for order, (kind, length) in enumerate(zip(self._kinds, self._lengths, strict=True)):
            frames.append(found.of_kind(kind, length))
            counters[orders == order] = self._counters.read(frames[order])[:, 0]
        numbers, fresh = self._numbers(counters, orders)
        if not fresh.any():
            return None
        arrived_s = found.arrived_s[mine]
        for order in range(len(self._names)):
            of_order = orders == order
            parts = _Parts(numbers[of_order] // len(self._names), arrived_s[of_order], frames[order])
            self._waiting[order] = self._waiting[order].with_more(parts.chosen(fresh[of_order]))
        return self._batch()

    def _numbers(
        self, counters: NDArray[np.int64], orders: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return each frame's number on a count that goes on for ever, and whether it is to be used."""
        n_messages = len(self._names)
        fits = (counters - self._first_count) % n_messages == orders
        if self._last_counter is None:  # joined in the middle of a tick: wait for the next
            fits &= np.cumsum(fits & (orders == 0)) > 0
        numbers = np.zeros(len(counters), np.int64)
        used = np.flatnonzero(fits)
        if not len(used):
            return numbers, fits
        before = int(counters[used[0]]) - 1 if self._last_counter is None else self._last_counter
        steps = np.diff(counters[used], prepend=before) % self._modulus
        self._health.duplicates += int(np.count_nonzero(steps == 0))
        numbers[used] = self._number + np.cumsum(steps)
        fits[used[steps == 0]] = False
        self._number, self._last_counter = int(numbers[used[-1]]), int(counters[used[-1]])
        return numbers, fits

    def _batch(self) -> Batch | None:
        """Give out the ticks that are over; the last one stays while frames of it may come."""
        last_tick, place = divmod(self._number, len(self._names))
        end = last_tick + (place == len(self._names) - 1)
        over = [parts.chosen(parts.ticks < end) for parts in self._waiting]
        self._waiting = [parts.chosen(parts.ticks >= end) for parts in self._waiting]
        ticks = over[0].ticks
        if any(not np.array_equal(parts.ticks, ticks) for parts in over[1:]):
            ticks = np.unique(np.concatenate([parts.ticks for parts in over]))
        if not len(ticks):
            return None
        arrived_s = np.full(len(ticks), -np.inf)
        for parts in over:
            at = np.searchsorted(ticks, parts.ticks)
            arrived_s[at] = np.maximum(arrived_s[at], parts.arrived_s)
        by_name = dict(zip(self._names, over, strict=True))
        streams = {table.stream.id: _rows(table, ticks, by_name) for table in self._tables}
        return Batch(self.name, ticks, None, arrived_s, streams)


def _rows(table: StreamTable, ticks: NDArray[np.int64], parts: dict[str, _Parts]) -> Rows:
    whole = ticks
    for name in table.messages:
        if len(parts[name].ticks) < len(ticks):
            whole = np.intersect1d(whole, parts[name].ticks, assume_unique=True)
    frames = {name: parts[name].frames[np.searchsorted(parts[name].ticks, whole)] for name in table.messages}
    at = np.searchsorted(ticks, whole)
    if len(frames) > 1:
        return Rows(at, table.read(frames))
    rows = table.rows(frames[table.messages[0]])
    return Rows(at[rows.at], rows.counts)
