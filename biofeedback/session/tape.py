"""Recording without interpreting: samples of a device straight to the disk."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from biofeedback.devices.base import Device, DeviceStatus
from biofeedback.session.repeats import Repeats
from biofeedback.storage.recording import RecordingWriter
from biofeedback.stream import Chunk, Event, StreamInfo, host_time_s


class Tape:
    """A device's sink that only records, and counts what came and what was lost."""

    def __init__(self, writer: RecordingWriter) -> None:
        self.writer = writer
        self._streams: tuple[StreamInfo, ...] = ()
        self._repeats = Repeats()
        self._received: dict[str, int] = {}
        self._lost: dict[str, int] = {}
        self._first_s: dict[str, float] = {}
        self._last_s: dict[str, float] = {}
        self.states: list[str] = []
        self._gone_since_s: float | None = None
        self._gone_at_end_s = 0.0

    def chunk(self, chunk: Chunk) -> None:
        """Record the next samples."""
        self.writer.chunk(chunk)
        if len(chunk) and not self._repeats.has(chunk):
            self._received[chunk.stream] = self._received.get(chunk.stream, 0) + len(chunk)
            self._lost[chunk.stream] = self._lost.get(chunk.stream, 0) + chunk.lost_before
            self._first_s.setdefault(chunk.stream, float(chunk.times_s[0]))
            self._last_s[chunk.stream] = float(chunk.times_s[-1])

    def status(self, status: DeviceStatus) -> None:
        """Record a change of state."""
        if not self.states or self.states[-1] != status.state:
            self.states.append(status.state)
            self.writer.event(Event(host_time_s(), "link", {"state": status.state, "detail": status.detail}))
        if status.state == "streaming":
            self._gone_since_s = None
        elif status.state == "lost" and self._gone_since_s is None:
            self._gone_since_s = host_time_s()

    def event(self, event: Event) -> None:
        """Record an event."""
        self.writer.event(event)

    async def run(self, device: Device, seconds: float | None) -> None:
        """Record until the time is over, the device ends, or the recording cannot go on."""
        self._streams = device.streams
        streaming = asyncio.create_task(device.run(self))
        until_s = float("inf") if seconds is None else host_time_s() + seconds
        try:
            while not streaming.done() and host_time_s() < until_s and self.writer.failure is None:
                await asyncio.sleep(min(0.05, max(0.0, until_s - host_time_s())))
        finally:
            if self._gone_since_s is not None:
                self._gone_at_end_s = host_time_s() - self._gone_since_s
            streaming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await streaming

    def summary(self) -> dict[str, Any]:
        """Return how many samples of each stream came and were lost, and at what rate."""
        streams: dict[str, Any] = {}
        for info in self._streams:
            received = self._received.get(info.id, 0)
            lasted_s = self._last_s.get(info.id, 0.0) - self._first_s.get(info.id, 0.0)
            measured_hz = (received + self._lost.get(info.id, 0) - 1) / lasted_s if lasted_s > 0 else None
            streams[info.id] = {
                "received": received,
                "lost": self._lost.get(info.id, 0),
                "rate_hz": None if measured_hz is None else round(measured_hz, 2),
                "nominal_rate_hz": info.sampling_rate_hz,
            }
        return {
            "streams": streams,
            "gone_at_end_s": round(self._gone_at_end_s, 2),  # no sample came after it that could tell of the loss
            "failure": self.writer.failure,
        }
