"""Decode the bytes of any firmware that a profile describes. No I/O: bytes go in, batches of samples come out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from biofeedback.devices.drivers.counted import CountedGroupTimeline
from biofeedback.devices.drivers.fields import reader
from biofeedback.devices.drivers.framing import Framer, Frames, LineHealth
from biofeedback.devices.drivers.lines import StuffedFramer, TextFramer
from biofeedback.devices.drivers.packets import PacketFramer
from biofeedback.devices.drivers.steady import AlignedFramer, SteadyFramer
from biofeedback.devices.drivers.tables import Batch, GroupedTables, StreamTable, as_table
from biofeedback.devices.frame_layout import Field, Message, factor
from biofeedback.devices.profiles import Profile

_LONGEST_SILENCE_S = 60.0


class _Unwrapper:
    """Makes a number that wraps around go on for ever."""

    def __init__(self, field: Field) -> None:
        self._field = reader(field)
        self._modulus = 1 << field.n_bits
        self.forget()

    def forget(self) -> None:
        self._last: int | None = None

    def step(self, frame: bytes) -> int | None:
        """Return how far the number went on since the frame before; None for the first one."""
        number, last = self._field(frame), self._last
        self._last = number
        return None if last is None else (number - last) % self._modulus


class _FrameTicks:
    """Numbers the frames of one message by their counter, or by the device's time, and makes that go on for ever."""

    def __init__(self, message: Message, rate_hz: float) -> None:
        self._counter = _Unwrapper(message.counter) if message.counter else None
        self._turn = 1 << message.counter.n_bits if message.counter else 0
        self._stamp = _Unwrapper(message.timestamp) if message.timestamp else None
        self._tick_s = factor(message.timestamp.tick_s) if message.timestamp else 0.0
        self._period_s = 1 / rate_hz
        self.has_time = self._stamp is not None
        self.forget()

    def forget(self) -> None:
        for unwrapper in (self._counter, self._stamp):
            if unwrapper:
                unwrapper.forget()
        self._tick = -1
        self._device_s = 0.0

    def number(self, frame: bytes) -> tuple[int, float]:
        """Return tick and device time of the next frame.

        How often a counter went round, the device's time tells; without one, a counter that stands still went once.
        """
        passed_s = self._passed_s(frame) if self._stamp else None
        if passed_s is not None:
            self._device_s += passed_s
        step: int | None = 1
        if self._counter:
            step = self._counter.step(frame)
            if step is not None and passed_s is not None:
                step += max(round((passed_s / self._period_s - step) / self._turn), 0) * self._turn
            elif step == 0:
                step = self._turn
        elif passed_s is not None:
            step = round(passed_s / self._period_s)
        self._tick += 1 if step is None else max(step, 1)
        return self._tick, self._device_s

    def _passed_s(self, frame: bytes) -> float | None:
        """Return the device's time since the frame before.

        A silence of a minute ends the link before it ends itself: a clock that says so was damaged or set anew.
        """
        assert self._stamp
        step = self._stamp.step(frame)
        if step is None:
            return None
        return step * self._tick_s if 0 < step * self._tick_s < _LONGEST_SILENCE_S else self._period_s


class _MessageTimeline:
    """Ticks of one message, counted by its counter or its time stamp, or else one by one."""

    def __init__(self, profile: Profile, message: Message, health: LineHealth) -> None:
        self.name = message.id
        self._length = message.frame_length
        self._kind = profile.messages.index(message)
        self._health = health
        self._tables = [StreamTable(profile, stream) for stream in profile.streams if message.id in stream.messages]
        self._ticks = _FrameTicks(message, max(table.stream.rate_hz * table.stream.every for table in self._tables))
        self._is_numbered = message.counter is not None or message.timestamp is not None
        self._last_frame = b""

    def forget(self) -> None:
        self._last_frame = b""
        self._ticks.forget()

    def take(self, found: Frames) -> Batch | None:
        frames, arrived_s = found.of_kind(self._kind)
        if self._is_numbered:
            frames, arrived_s = self._without_repeats(frames, arrived_s)
        if not frames:
            return None
        numbers = [self._ticks.number(frame) for frame in frames]
        device_s = np.array([time_s for _, time_s in numbers]) if self._ticks.has_time else None
        table = as_table(frames, self._length)
        streams = {one.stream.id: one.rows(table) for one in self._tables}
        return Batch(self.name, np.array([tick for tick, _ in numbers]), device_s, np.array(arrived_s), streams)

    def _without_repeats(self, frames: list[bytes], arrived_s: list[float]) -> tuple[list[bytes], list[float]]:
        """Leave out frames that are the one before once more: with a counter in them, equal frames are one frame."""
        fresh = [at for at, frame in enumerate(frames) if frame != (frames[at - 1] if at else self._last_frame)]
        self._last_frame = frames[-1] if frames else self._last_frame
        if len(fresh) == len(frames):
            return frames, arrived_s
        self._health.duplicates += len(frames) - len(fresh)
        return [frames[at] for at in fresh], [arrived_s[at] for at in fresh]


class _GroupTimeline:
    """Ticks that several messages make together.

    A tick begins when a message comes that is not later in the order than the one before, and is complete with the
    last message of the order. A stream whose messages are not all there has lost its sample of that tick.
    """

    def __init__(self, profile: Profile, names: tuple[str, ...], health: LineHealth) -> None:
        self.name = names[0]
        ids = [message.id for message in profile.messages]
        self._order = {ids.index(name): order for order, name in enumerate(names)}
        self._health = health
        self._grouped = GroupedTables(profile, names)
        self.forget()

    def forget(self) -> None:
        self._open: dict[int, bytes] = {}
        self._last = -1
        self._before = (-1, b"")
        self._arrived_s = 0.0
        self._begun = False
        self._next_tick = 0

    def take(self, found: Frames) -> Batch | None:
        ticks: list[dict[int, bytes]] = []
        arrived_s: list[float] = []

        def finish() -> None:
            if self._open:
                ticks.append(self._open)
                arrived_s.append(self._arrived_s)
            self._open, self._last = {}, -1

        for kind, frame, time_s in zip(found.kinds, found.frames, found.arrived_s, strict=True):
            order = self._order.get(kind)
            if order is None:
                continue
            if (order, frame) == self._before:
                self._health.duplicates += 1
                continue
            self._before = (order, frame)
            if order <= self._last:
                finish()
            if not self._begun and order > 0:
                continue  # joined in the middle of a tick
            self._begun = True
            self._open[order] = frame
            self._last, self._arrived_s = order, time_s
            if order == len(self._order) - 1:
                finish()
        if not ticks:
            return None
        numbers = self._next_tick + np.arange(len(ticks))
        self._next_tick += len(ticks)
        return Batch(self.name, numbers, None, np.array(arrived_s), self._grouped.streams(ticks))


class ProfiledDecoder:
    """Turns bytes into batches of counts, as a profile says.

    Any split of the bytes gives the same samples. Rubbish is stepped over and counted in ``health``; no bytes raise
    an error, and no more than a frame of them is kept.
    """

    def __init__(self, profile: Profile) -> None:
        self._framer = _framer(profile)
        health = self._framer.health
        grouped = profile.tick.messages if profile.tick else ()
        used = {name for stream in profile.streams for name in stream.messages}
        self._timelines: list[_MessageTimeline | _GroupTimeline | CountedGroupTimeline] = [
            _MessageTimeline(profile, message, health)
            for message in profile.messages
            if message.id in used and message.id not in grouped
        ]
        if profile.tick and profile.tick.first_count is not None:
            self._timelines.append(CountedGroupTimeline(profile, profile.tick, health))
        elif grouped:
            self._timelines.append(_GroupTimeline(profile, grouped, health))

    @property
    def health(self) -> LineHealth:
        """What went wrong on the line so far."""
        return self._framer.health

    @property
    def timelines(self) -> tuple[str, ...]:
        """Names of the timelines that batches belong to."""
        return tuple(timeline.name for timeline in self._timelines)

    @property
    def waiting_bytes(self) -> int:
        """Bytes kept because their frame is not complete."""
        return self._framer.waiting_bytes

    def feed(self, data: bytes, arrived_s: float, origin: str = "") -> list[Batch]:
        """Return the samples that the next bytes complete, in order for each timeline.

        Bytes from a characteristic, its id in ``origin``, are one whole notification. What comes from anywhere else
        than the stream of bytes, such as a port for commands, is none of its samples.
        """
        framer = self._framer
        if isinstance(framer, PacketFramer | AlignedFramer):
            found = framer.feed(data, arrived_s, origin)
        elif origin:
            return []
        else:
            found = framer.feed(data, arrived_s)
        return [batch for timeline in self._timelines if (batch := timeline.take(found))] if found.kinds else []

    def learn(self, information: Mapping[str, str]) -> None:
        """Take what the device says of itself, such as its ``software``: a layout may depend on it."""
        if isinstance(self._framer, PacketFramer):
            self._framer.learn(information)

    def reset(self) -> None:
        """Begin again after a break: what is waiting is dropped, counters and ticks start anew."""
        self._framer.forget()
        for timeline in self._timelines:
            timeline.forget()


def _framer(profile: Profile) -> PacketFramer | StuffedFramer | TextFramer | SteadyFramer | AlignedFramer | Framer:
    """Return what finds the frames of a profile."""
    first = profile.messages[0]
    if profile.ble:
        return PacketFramer(profile, profile.ble)
    if profile.stuffing:
        return StuffedFramer(profile, profile.stuffing)
    if first.text:
        return TextFramer(first, first.text)
    if first.in_a_row > 1 and first.counter:
        return SteadyFramer(first, first.counter)
    return AlignedFramer(profile.messages) if first.aligned else Framer(profile.messages)
