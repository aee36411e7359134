"""Acceleration and angular velocity that a device sends apart, put together into one motion stream.

Each of both keeps its own samples and times; beside them stands a stream of six channels on a uniform grid, because
orientation needs both at the same moments.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.base import Device, DeviceSink, DeviceStatus
from biofeedback.devices.counting import Numbering
from biofeedback.devices.wrapped import WrappedDevice
from biofeedback.stream import Channel, Chunk, Event, Quantity, StreamInfo

_LONGEST_HOLE = 2.5  # intervals of the slower stream; between samples further apart nothing is made up
_KINDS: tuple[Quantity, Quantity] = ("acceleration", "angular_velocity")


@dataclass(slots=True)
class _Half:
    """Three axes of one stream: the samples that are still needed, times first."""

    stream: str
    columns: list[int]
    times_s: NDArray[np.float64]
    values: NDArray[np.float64]

    def add(self, chunk: Chunk) -> None:
        later = chunk.times_s > (self.times_s[-1] if len(self.times_s) else -math.inf)
        self.times_s = np.concatenate([self.times_s, chunk.times_s[later]])
        self.values = np.vstack([self.values, chunk.data[later][:, self.columns]])

    def at(self, moments_s: NDArray[np.float64], longest_s: float) -> NDArray[np.float64]:
        """Return the values at moments between the samples by straight lines, NaN in holes."""
        right = np.clip(np.searchsorted(self.times_s, moments_s), 1, len(self.times_s) - 1)
        hole = self.times_s[right] - self.times_s[right - 1] > longest_s
        columns = [np.interp(moments_s, self.times_s, column) for column in self.values.T]
        return np.where(hole[:, None], np.nan, np.stack(columns, axis=1))

    def forget_before(self, moment_s: float) -> None:
        keep = max(int(np.searchsorted(self.times_s, moment_s, side="right")) - 1, 0)
        self.times_s, self.values = self.times_s[keep:], self.values[keep:]


class MotionJoin:
    """Makes one stream of two: a moment of the grid comes out as soon as both have a sample behind it.

    Any chunking of either stream gives the same samples, as long as each stream's own order is kept.
    """

    def __init__(self, name: str, acceleration: StreamInfo, angular_velocity: StreamInfo) -> None:
        rate_hz = min(acceleration.sampling_rate_hz, angular_velocity.sampling_rate_hz)
        self._halves: list[_Half] = []
        channels: list[Channel] = []
        for info, word, kind in zip((acceleration, angular_velocity), ("acc", "gyr"), _KINDS, strict=True):
            columns = _axes(info, kind)
            assert columns is not None
            self._halves.append(_Half(info.id, columns, np.empty(0), np.empty((0, 3))))
            channels += [_in_si(info.channels[at], f"{word}_{axis}") for at, axis in zip(columns, "xyz", strict=True)]
        self.info = StreamInfo(name, acceleration.device, tuple(channels), rate_hz)
        self._numbering = Numbering(self.info)
        self._next: int | None = None
        self._origin: int | None = None

    def take(self, chunk: Chunk) -> list[Chunk]:
        """Take samples of either stream; return the samples of both together that they settle."""
        mine = next((half for half in self._halves if half.stream == chunk.stream), None)
        if mine is None or not len(chunk):
            return []
        mine.add(chunk)
        if any(len(half.times_s) < 2 for half in self._halves):
            return []
        rate_hz = self.info.sampling_rate_hz
        begin_s, end_s = max(h.times_s[0] for h in self._halves), min(h.times_s[-1] for h in self._halves)
        first = math.ceil(begin_s * rate_hz) if self._next is None else max(self._next, math.ceil(begin_s * rate_hz))
        ticks = np.arange(first, math.floor(end_s * rate_hz) + 1)
        if not len(ticks):
            return []
        self._next = int(ticks[-1]) + 1
        return self._settled(ticks, chunk.arrived_s)

    def _settled(self, ticks: NDArray[np.int64], arrived_s: float) -> list[Chunk]:
        moments_s = ticks / self.info.sampling_rate_hz
        longest_s = _LONGEST_HOLE / self.info.sampling_rate_hz
        values = np.hstack([half.at(moments_s, longest_s) for half in self._halves])
        for half in self._halves:
            half.forget_before(float(moments_s[-1]))
        there = ~np.isnan(values).any(axis=1)
        if not there.any():
            return []
        if self._origin is None:
            self._origin = int(ticks[there][0])
        return self._numbering.chunks(values[there], ticks[there] - self._origin, moments_s[there], arrived_s)


class JoinedDevice(WrappedDevice):
    """A device, and one more stream where its acceleration and angular velocity come apart."""

    def __init__(self, device: Device) -> None:
        super().__init__(device)
        self._joins: tuple[MotionJoin, ...] = tuple(joins_of(device.name, device.streams))

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        """The device's own, then the joined one."""
        return (*self._device.streams, *(join.info for join in self._joins))

    async def open(self) -> None:
        """Open the device.

        Raises
        ------
        DeviceError
            If it cannot be used.
        """
        await super().open()
        self._joins = tuple(joins_of(self._device.name, self._device.streams))

    async def run(self, sink: DeviceSink) -> None:
        """Stream into the sink until cancelled."""
        await self._device.run(_JoiningSink(sink, self._joins))


class _JoiningSink:
    """Hands everything on, and behind each chunk what it settles of the joined stream."""

    def __init__(self, sink: DeviceSink, joins: tuple[MotionJoin, ...]) -> None:
        self._sink, self._joins = sink, joins

    def chunk(self, chunk: Chunk) -> None:
        self._sink.chunk(chunk)
        for join in self._joins:
            for joined in join.take(chunk):
                self._sink.chunk(joined)

    def status(self, status: DeviceStatus) -> None:
        self._sink.status(status)

    def event(self, event: Event) -> None:
        self._sink.event(event)


def joins_of(name: str, streams: tuple[StreamInfo, ...]) -> Iterator[MotionJoin]:
    """Yield a join where a device has one stream of acceleration, one of angular velocity, and none with both.

    Of several such streams those are joined that stand alone in having one place, as ``left/imu`` and ``left_2/imu``.
    """
    accelerations = [info for info in streams if _axes(info, _KINDS[0])]
    velocities = [info for info in streams if _axes(info, _KINDS[1])]
    if len(accelerations) == len(velocities) == 1:
        pairs = [(name, accelerations[0], velocities[0])]
    else:
        pairs = list(_by_place(accelerations, velocities))
    taken = {info.id for info in streams}
    for place, acceleration, velocity in pairs:
        if acceleration is not velocity:
            free = next(one for one in (f"{place}/imu", f"{place}/motion", f"{place}/joined") if one not in taken)
            yield MotionJoin(free, acceleration, velocity)


def _by_place(
    accelerations: list[StreamInfo], velocities: list[StreamInfo]
) -> Iterator[tuple[str, StreamInfo, StreamInfo]]:
    """Yield place, acceleration and angular velocity where each is the other's only partner."""
    for acceleration in accelerations:
        partners = [one for one in velocities if _same_place(acceleration, one)]
        if len(partners) == 1 and sum(_same_place(one, partners[0]) for one in accelerations) == 1:
            yield min(_place(acceleration), _place(partners[0]), key=len), acceleration, partners[0]


def _same_place(one: StreamInfo, other: StreamInfo) -> bool:
    short, long = sorted((_place(one), _place(other)), key=len)
    return bool(short) and re.fullmatch(re.escape(short) + r"(_\d+)?", long) is not None


def _place(info: StreamInfo) -> str:
    return info.id.rpartition("/")[0]


def _axes(info: StreamInfo, kind: Quantity) -> list[int] | None:
    """Return the columns of a stream's only x, y and z of a kind."""
    found = [
        [at for at, one in enumerate(info.channels) if one.quantity == kind and one.name[-1:].lower() == axis]
        for axis in "xyz"
    ]
    return [those[0] for those in found] if all(len(those) == 1 for those in found) else None


def _in_si(channel: Channel, name: str) -> Channel:
    """Return the channel of joined samples: they are in SI already, and so are its rails."""
    low, high = (
        None if rail is None else rail * channel.scale + channel.offset
        for rail in (channel.lowest_count, channel.highest_count)
    )
    low, high = (high, low) if channel.scale < 0 else (low, high)
    return Channel(name, channel.quantity, 1.0, 0.0, low, high)
