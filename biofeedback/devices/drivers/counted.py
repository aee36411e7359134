"""Sampling instants that several frames of one running counter make together."""

from __future__ import annotations

import numpy as np

from biofeedback.devices.drivers.fields import reader
from biofeedback.devices.drivers.framing import Frames, LineHealth
from biofeedback.devices.drivers.tables import Batch, GroupedTables
from biofeedback.devices.profiles import Profile, Tick


class CountedGroupTimeline:
    """Ticks of messages that take turns under one counter: each frame's counter tells tick and place in it.

    A stream whose messages are not all there has lost its sample of that tick.
    """

    def __init__(self, profile: Profile, tick: Tick, health: LineHealth) -> None:
        self.name = tick.messages[0]
        ids = [message.id for message in profile.messages]
        self._order = {ids.index(name): order for order, name in enumerate(tick.messages)}
        counter = profile.message(self.name).counter
        assert counter is not None
        self._modulus = 1 << counter.n_bits
        self._counter = reader(counter)
        self._first_count = tick.first_count or 0
        self._health = health
        self._grouped = GroupedTables(profile, tick.messages)
        self.forget()

    def forget(self) -> None:
        """Begin anew after a break."""
        self._number = -1  # of the frame before, on a count that does not wrap
        self._last_counter: int | None = None
        self._open: dict[int, bytes] = {}
        self._open_tick = 0
        self._open_arrived_s = 0.0

    def take(self, found: Frames) -> Batch | None:
        """Return the ticks that the frames complete."""
        n_messages = len(self._order)
        numbers: list[int] = []
        ticks: list[dict[int, bytes]] = []
        arrived_s: list[float] = []

        def finish(tick: int) -> None:
            if self._open:
                numbers.append(tick)
                ticks.append(self._open)
                arrived_s.append(self._open_arrived_s)
            self._open = {}

        for kind, frame, time_s in zip(found.kinds, found.frames, found.arrived_s, strict=True):
            order = self._order.get(kind)
            if order is None or not self._is_next(frame, order):
                continue
            tick = self._number // n_messages
            if self._open and tick != self._open_tick:
                finish(self._open_tick)
            self._open[order] = frame
            self._open_tick, self._open_arrived_s = tick, time_s
            if order == n_messages - 1:
                finish(tick)
        if not ticks:
            return None
        return Batch(self.name, np.array(numbers), None, np.array(arrived_s), self._grouped.streams(ticks))

    def _is_next(self, frame: bytes, order: int) -> bool:
        """Give a frame its number; tell whether it is new and its counter belongs to its message."""
        counter = self._counter(frame)
        if (counter - self._first_count) % len(self._order) != order:
            return False
        if self._last_counter is None:
            if order:
                return False  # joined in the middle of a tick
            step = 1
        else:
            step = (counter - self._last_counter) % self._modulus
        if step == 0:
            self._health.duplicates += 1
            return False
        self._number += step
        self._last_counter = counter
        return True
