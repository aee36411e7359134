"""A connected sensor as a session sees it: a device that is open already and stays open afterwards.

Its samples are counted from the moment it is lent, and its streams are named after where they sit, so that a recording
says by itself, to a replay or a spreadsheet, what belongs where.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from biofeedback.devices.base import Ability, Actuator, DeviceError, DeviceSink, DeviceStatus
from biofeedback.session.room.connected import Connected
from biofeedback.stream import Chunk, Event, StreamInfo


def _renamed(stream: StreamInfo, sits: Mapping[tuple[str, int], str]) -> StreamInfo:
    """Name a stream after its only placement, or its muscle channels where it carries several.

    Channels of motion keep their names: their last letter is the axis.
    """
    own = {column: placement for (of, column), placement in sits.items() if of == stream.id}
    if not own:
        return stream
    if len(own) == 1:
        return replace(stream, id=f"{next(iter(own.values()))}/{stream.id.rpartition('/')[2]}")
    muscles = {
        column: placement for column, placement in own.items() if stream.channels[column].quantity.startswith("emg")
    }
    channels = [replace(c, name=muscles.get(column, c.name)) for column, c in enumerate(stream.channels)]
    return replace(stream, channels=tuple(channels))


class Lent:
    """The `Device` of a session that a `Connected` stands behind.

    ``sits`` has, for each stream id and first column in use, the placement it sits on.
    """

    def __init__(self, connected: Connected, sits: Mapping[tuple[str, int], str]) -> None:
        self._connected = connected
        streams = connected.device.streams
        self._infos = {stream.id: _renamed(stream, sits) for stream in streams}
        if len({info.id for info in self._infos.values()}) < len(streams):
            self._infos = {stream.id: stream for stream in streams}
        self._base: dict[str, int] = {}
        self._before: DeviceStatus | None = None
        self._sink: DeviceSink | None = None

    @property
    def name(self) -> str:
        """The sensor's own name."""
        return self._connected.device.name

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        """The sensor's streams under their names in the session."""
        return tuple(self._infos.values())

    def wanted(self, stream: str, column: int) -> tuple[str, int]:
        """Return what the session calls a stream and column of the sensor."""
        return self._infos[stream].id, column

    async def open(self) -> None:
        """Do nothing: it is open."""

    async def run(self, sink: DeviceSink) -> None:
        """Stream into the session until cancelled."""
        self._sink, self._before = sink, self._connected.last
        self._connected.lend(self)
        try:
            await asyncio.Event().wait()
        finally:
            self._connected.lend(None)

    async def close(self) -> None:
        """Do nothing: the room keeps it."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What the sensor can be told to do."""
        device = self._connected.device
        return device.abilities if isinstance(device, Actuator) else frozenset()

    async def vibrate(self, seconds: float, strength: float = 1.0) -> float:
        """Vibrate for about that long; return how long in fact.

        Raises
        ------
        DeviceError
            If the sensor cannot, or is out of reach.
        """
        return await self._actuator().vibrate(seconds, strength)

    async def identify(self) -> None:
        """Blink.

        Raises
        ------
        DeviceError
            If the sensor cannot, or is out of reach.
        """
        await self._actuator().identify()

    def _actuator(self) -> Actuator:
        device = self._connected.device
        if not isinstance(device, Actuator):
            raise DeviceError(f"{self.name} can neither vibrate nor blink.")
        return device

    def chunk(self, chunk: Chunk) -> None:
        """Pass samples on under their name in the session, counted from its start."""
        assert self._sink is not None
        first = chunk.stream not in self._base
        base = self._base.setdefault(chunk.stream, chunk.first_sample)
        if chunk.first_sample < base:
            return  # sent again from before the session
        self._sink.chunk(
            replace(
                chunk,
                stream=self._infos[chunk.stream].id,
                first_sample=chunk.first_sample - base,
                lost_before=0 if first else chunk.lost_before,
            )
        )

    def status(self, status: DeviceStatus) -> None:
        """Pass a status on with the counts of this session."""
        assert self._sink is not None
        if (before := self._before) is not None:
            status = replace(
                status,
                received_samples=status.received_samples - before.received_samples,
                lost_samples=status.lost_samples - before.lost_samples,
                reconnects=status.reconnects - before.reconnects,
            )
        self._sink.status(status)

    def event(self, event: Event) -> None:
        """Pass an event on."""
        assert self._sink is not None
        self._sink.event(event)
