"""A recording as a live source: the same chunks and events, at any speed."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from dataclasses import replace

from biofeedback.devices.base import DeviceSink, DeviceStatus, LinkState
from biofeedback.stream import Chunk, Event, StreamInfo, host_time_s

_STATUS_EVERY_S = 0.5
_LONGEST_TURN_S = 0.005


class Replay:
    """Plays what was recorded, in the order given.

    Parameters
    ----------
    shifted
        Move times by whole seconds so that the recording begins when `run` does: for windows. Without, they stay as
        they were recorded, to the last bit, and so does everything computed from them.
    items
        Chunks and events in arrival order; read as they are needed.
    speed
        1 is real time, 2 twice as fast; None is as fast as possible.
    """

    def __init__(
        self,
        name: str,
        streams: tuple[StreamInfo, ...],
        items: Iterable[Chunk | Event],
        speed: float | None = 1.0,
        *,
        shifted: bool = True,
    ) -> None:
        if speed is not None and speed <= 0:
            raise ValueError(f"speed must be above 0 or None, not {speed}")
        self._name = name
        self._streams = streams
        self._items = items
        self._speed = speed
        self._shifted = shifted
        self._shift_s = 0
        self._newest_s = 0.0
        rates = {info.id: info.sampling_rate_hz for info in streams}
        self._fastest = max(rates, key=rates.__getitem__) if rates else ""
        self._rate_hz = rates.get(self._fastest)
        self._received = 0
        self._lost = 0

    @property
    def name(self) -> str:
        """Unique within a session."""
        return self._name

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        """The streams of the recording."""
        return self._streams

    def session_s(self) -> float:
        """Return how far the recording has been played, in its own (moved) times."""
        return self._newest_s

    async def open(self) -> None:
        """Do nothing: the recording is there."""

    async def close(self) -> None:
        """Do nothing: the recording belongs to who opened it."""

    async def run(self, sink: DeviceSink) -> None:
        """Play to the end."""
        self._report(sink, "streaming")
        began_s = turn_s = reported_s = host_time_s()
        first_s: float | None = None
        for item in self._items:
            end_s = float(item.times_s[-1]) if isinstance(item, Chunk) else item.time_s
            if first_s is None:
                first_s = float(item.times_s[0]) if isinstance(item, Chunk) else item.time_s
                if self._shifted:
                    self._shift_s = math.ceil(began_s - first_s)
                    began_s = first_s + self._shift_s if self._speed is not None else began_s
            if self._shift_s:
                item = _moved(item, self._shift_s)
            reported_s = await self._wait_until_due(sink, end_s - first_s, began_s, reported_s)
            self._newest_s = max(self._newest_s, end_s + self._shift_s)
            if host_time_s() - turn_s > _LONGEST_TURN_S:
                await asyncio.sleep(0)
                turn_s = host_time_s()
            self._give(sink, item)
        self._report(sink, "closed", "The recording is over.")

    async def _wait_until_due(self, sink: DeviceSink, played_s: float, began_s: float, reported_s: float) -> float:
        """Sleep until a moment of the recording; report now and then. Returns when it was last reported."""
        while True:
            now_s = host_time_s()
            if now_s - reported_s >= _STATUS_EVERY_S:
                self._report(sink, "streaming")
                reported_s = now_s
            left_s = 0.0 if self._speed is None else began_s + played_s / self._speed - now_s
            if left_s <= 0:
                return reported_s
            await asyncio.sleep(min(left_s, _STATUS_EVERY_S))

    def _give(self, sink: DeviceSink, item: Chunk | Event) -> None:
        if isinstance(item, Event):
            sink.event(item)
            return
        if item.stream == self._fastest:
            self._received += len(item)
            self._lost += item.lost_before
        sink.chunk(replace(item, arrived_s=host_time_s()))

    def _report(self, sink: DeviceSink, state: LinkState, detail: str = "Playing a recording.") -> None:
        sink.status(
            DeviceStatus(
                device=self._name,
                state=state,
                detail=detail,
                rate_hz=self._rate_hz if state == "streaming" else None,
                received_samples=self._received,
                lost_samples=self._lost,
            )
        )


def _moved(item: Chunk | Event, shift_s: int) -> Chunk | Event:
    if isinstance(item, Chunk):
        return replace(item, times_s=item.times_s + shift_s)
    return replace(item, time_s=item.time_s + shift_s)
