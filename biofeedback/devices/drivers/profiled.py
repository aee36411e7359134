"""Decode the bytes of any firmware that a profile describes. No I/O: bytes go in, batches of samples come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.drivers.counted import CountedGroupTimeline
from biofeedback.devices.drivers.fields import NumberFields
from biofeedback.devices.drivers.framing import Framer, Frames, LineHealth
from biofeedback.devices.drivers.lines import StuffedFramer, TextFramer
from biofeedback.devices.drivers.packets import PacketFramer
from biofeedback.devices.drivers.steady import AlignedFramer, SteadyFramer
from biofeedback.devices.drivers.tables import Batch, Rows, StreamTable
from biofeedback.devices.frame_layout import Field, Message, factor
from biofeedback.devices.profiles import Profile


class _Unwrapper:
    """Makes a number that wraps around go on for ever."""

    def __init__(self, field: Field) -> None:
        self._field = NumberFields([field])
        self._modulus = 1 << min(field.n_bits, 62)
        self._last: int | None = None
        self._total = 0

    def forget(self) -> None:
        self._last = None
        self._total = 0

    def read(self, frames: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return the unwrapped numbers of frames, shape (n_frames,), from 0; a repeated number is a whole turn."""
        raw = self._field.read(frames)[:, 0].astype(np.int64)
        before = raw[0] - 1 if self._last is None else self._last
        steps = _differences(raw, before) % self._modulus
        steps[steps == 0] = self._modulus
        if self._last is None:
            steps[0] = 0
        numbers = self._total + np.cumsum(steps)
        self._last, self._total = int(raw[-1]), int(numbers[-1])
        return numbers


def _differences(values: NDArray[Any], before: float) -> NDArray[Any]:
    """Return how much each value is above the one in front of it: `numpy.diff` with less ado."""
    steps = np.empty_like(values)
    steps[0] = values[0] - before
    np.subtract(values[1:], values[:-1], out=steps[1:])
    return steps


class _MessageTimeline:
    """Ticks of one message, counted by its counter or its time stamp, or else one by one."""

    def __init__(self, profile: Profile, message: Message, health: LineHealth) -> None:
        self.name = message.id
        self._message = message
        self._kind = profile.messages.index(message)
        self._health = health
        self._tables = [StreamTable(profile, stream) for stream in profile.streams if message.id in stream.messages]
        self._rate_hz = max(table.stream.rate_hz * table.stream.every for table in self._tables)
        self._counter = _Unwrapper(message.counter) if message.counter else None
        self._clock = _Unwrapper(message.timestamp) if message.timestamp else None
        self._tick_s = factor(message.timestamp.tick_s) if message.timestamp else 0.0
        self._last_frame = b""
        self._next_tick = 0
        self._last_device_s: float | None = None

    def forget(self) -> None:
        for unwrapper in (self._counter, self._clock):
            if unwrapper:
                unwrapper.forget()
        self._last_frame, self._next_tick, self._last_device_s = b"", 0, None

    def take(self, found: Frames) -> Batch | None:
        frames = found.of_kind(self._kind, self._message.frame_length)
        arrived_s = found.arrived_s[found.kinds == self._kind]
        if self._counter or self._clock:
            fresh = self._fresh(frames)
            frames, arrived_s = frames[fresh], arrived_s[fresh]
        if not len(frames):
            return None
        device_s = np.multiply(self._clock.read(frames), self._tick_s, dtype=np.float64) if self._clock else None
        ticks = self._ticks(frames, device_s)
        streams = {table.stream.id: table.rows(frames) for table in self._tables}
        return Batch(self.name, ticks, device_s, arrived_s, streams)

    def _fresh(self, frames: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Tell which frames are not the one before once more: with a counter in them, equal frames are one frame."""
        if not len(frames):
            return np.zeros(0, bool)
        fresh = np.ones(len(frames), bool)
        fresh[1:] = (frames[1:] != frames[:-1]).any(axis=1)
        fresh[0] = frames[0].tobytes() != self._last_frame
        self._last_frame = frames[-1].tobytes()
        self._health.duplicates += int(np.count_nonzero(~fresh))
        return fresh

    def _ticks(self, frames: NDArray[np.uint8], device_s: NDArray[np.float64] | None) -> NDArray[np.int64]:
        if self._counter:
            return self._counter.read(frames)
        if device_s is None:
            ticks = self._next_tick + np.arange(len(frames))
        else:
            before = device_s[0] - 1 / self._rate_hz if self._last_device_s is None else self._last_device_s
            steps = np.rint(_differences(device_s, before) * self._rate_hz).astype(np.int64)
            ticks = self._next_tick - 1 + np.cumsum(np.maximum(steps, 1))
            self._last_device_s = float(device_s[-1])
        self._next_tick = int(ticks[-1]) + 1
        return ticks


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One frame of a tick that is being put together: its place in the tick's order, its bytes, when it came."""

    order: int
    frame: NDArray[np.uint8]
    arrived_s: float


class _GroupTimeline:
    """Ticks that several messages make together.

    A tick begins when a message comes that is not later in the order than the one before, and is complete with the
    last message of the order. A stream whose messages are not all there has lost its sample of that tick.
    """

    def __init__(self, profile: Profile, names: tuple[str, ...], health: LineHealth) -> None:
        self.name = names[0]
        self._names = names
        ids = [message.id for message in profile.messages]
        self._order = {ids.index(name): order for order, name in enumerate(names)}
        self._lengths = [profile.message(name).frame_length for name in names]
        self._health = health
        self._tables = [StreamTable(profile, stream) for stream in profile.streams if stream.messages[0] in names]
        self.forget()

    def forget(self) -> None:
        self._open: list[_Part] = []
        self._begun = False
        self._next_tick = 0

    def take(self, found: Frames) -> Batch | None:
        ticks: list[list[_Part]] = []
        for kind, start, arrived_s in zip(
            found.kinds.tolist(), found.starts.tolist(), found.arrived_s.tolist(), strict=True
        ):
            if kind in self._order:
                order = self._order[kind]
                self._add(_Part(order, found.data[start : start + self._lengths[order]], arrived_s), ticks)
        self._open = [_Part(part.order, part.frame.copy(), part.arrived_s) for part in self._open]
        return self._batch(ticks) if ticks else None

    def _add(self, part: _Part, ticks: list[list[_Part]]) -> None:
        """Put one frame into the open tick; move ticks that are over to ``ticks``."""
        if self._open and part.order <= self._open[-1].order:
            if part.order == self._open[-1].order and np.array_equal(part.frame, self._open[-1].frame):
                self._health.duplicates += 1
                return
            ticks.append(self._open)
            self._open = []
        if not self._begun and part.order > 0:
            return  # joined in the middle of a tick
        self._begun = True
        self._open.append(part)
        if part.order == len(self._names) - 1:
            ticks.append(self._open)
            self._open = []

    def _batch(self, ticks: list[list[_Part]]) -> Batch:
        numbers = self._next_tick + np.arange(len(ticks))
        self._next_tick += len(ticks)
        arrived_s = np.array([parts[-1].arrived_s for parts in ticks])
        by_name = [{self._names[part.order]: part.frame for part in parts} for parts in ticks]
        streams = {table.stream.id: self._rows(table, by_name) for table in self._tables}
        return Batch(self.name, numbers, None, arrived_s, streams)

    @staticmethod
    def _rows(table: StreamTable, ticks: list[dict[str, NDArray[np.uint8]]]) -> Rows:
        needed = set(table.messages)
        whole = [at for at, parts in enumerate(ticks) if needed <= parts.keys()]
        if not whole:
            return Rows(np.empty(0, np.int64), np.empty((0, len(table.stream.channels)), np.int32))
        if len(needed) == 1:
            rows = table.rows(np.stack([ticks[at][table.messages[0]] for at in whole]))
            return Rows(np.array(whole)[rows.at], rows.counts)
        frames = {name: np.stack([ticks[at][name] for at in whole]) for name in table.messages}
        return Rows(np.array(whole), table.read(frames))


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
        batches: list[Batch] = []
        framer = self._framer
        packets = isinstance(framer, PacketFramer)
        if origin and not packets:
            return batches
        for frames in framer.feed(data, arrived_s, origin) if packets else framer.feed(data, arrived_s):
            batches += [batch for timeline in self._timelines if (batch := timeline.take(frames))]
        return batches

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
    return AlignedFramer(first) if first.aligned else Framer(profile)
