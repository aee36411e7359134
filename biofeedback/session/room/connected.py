"""One sensor that is connected, or on its way: it streams into the room, and through it into a session."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from biofeedback.devices.base import Actuator, Device, DeviceError, DeviceSink, DeviceStatus
from biofeedback.session.placing import candidates
from biofeedback.session.room.view import FoundState, Kind
from biofeedback.session.room.watching import ChannelWatch
from biofeedback.stream import Chunk, Event, host_time_s

_log = logging.getLogger(__name__)
_KINDS: tuple[Kind, ...] = ("imu", "emg")
_LOSS_OVER_S = 10.0
_BUZZ_S = 0.5


class Connected:
    """Opens a device, keeps it streaming and listens to its channels, unless a session has borrowed it."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.state: FoundState = "connecting"
        self.detail = ""
        self.last: DeviceStatus | None = None
        self.watches: dict[tuple[str, int], ChannelWatch] = {}
        self._settled = asyncio.Event()
        self._borrower: DeviceSink | None = None
        self._counts: deque[tuple[float, int, int]] = deque()
        self._task = asyncio.create_task(self._keep(), name=f"keep {device.name}")

    async def _keep(self) -> None:
        try:
            await self.device.open()
            for kind in _KINDS:
                for source in candidates(kind, self.device.streams):
                    self.watches[source.stream.id, source.columns[0]] = ChannelWatch(kind, source)
            self._turn("streaming", "")
            self._settled.set()
            await self.device.run(self)
            self._turn("failed", "It has stopped sending.")
        except DeviceError as error:
            self._turn("failed", str(error))
        except Exception as error:  # noqa: BLE001 (one driver's fault must not take the other sensors with it)
            _log.exception("%s failed", self.device.name)
            self._turn("failed", f"This program could not read it ({type(error).__name__}).")
        finally:
            self._settled.set()
            await self.device.close()

    def _turn(self, state: FoundState, detail: str) -> None:
        self.state, self.detail = state, detail

    async def opened(self) -> bool:
        """Wait until it is open, or cannot be opened; return whether it is."""
        await self._settled.wait()
        return self.state != "failed"

    async def close(self) -> None:
        """Let go of the device."""
        self._task.cancel()
        await asyncio.wait([self._task])

    def channels(self) -> list[tuple[Kind, str, int]]:
        """Return what placements could take: kind, stream id and first column of each."""
        return [(watch.kind, stream, column) for (stream, column), watch in self.watches.items()]

    def lend(self, borrower: DeviceSink | None) -> None:
        """Give everything to a session from now on, or take it back."""
        self._borrower = borrower
        if borrower is not None and self.last is not None:
            borrower.status(self.last)

    @property
    def blinks(self) -> bool:
        """Whether it can show itself, by a light or by vibrating."""
        return self.state == "streaming" and isinstance(self.device, Actuator) and bool(self.device.abilities)

    async def blink(self) -> None:
        """Let it show itself.

        Raises
        ------
        DeviceError
            If it is out of reach.
        """
        if isinstance(self.device, Actuator):
            if "identify" in self.device.abilities:
                await self.device.identify()
            else:
                await self.device.vibrate(_BUZZ_S)

    @property
    def loss_percent(self) -> float | None:
        """How much was lost of what was sent in the last ten seconds; None before anything came."""
        if not self._counts:
            return None
        (_, received_before, lost_before), (_, received, lost) = self._counts[0], self._counts[-1]
        came, went = received - received_before, lost - lost_before
        return 100.0 * went / (came + went) if came + went else 0.0

    # what the device brings -----------------------------------------------------------------------------------------

    def chunk(self, chunk: Chunk) -> None:
        """Pass the samples on to the session, or listen to them."""
        if self._borrower is not None:
            self._borrower.chunk(chunk)
            return
        for (stream, _), watch in self.watches.items():
            if stream == chunk.stream:
                watch.hear(chunk)

    def status(self, status: DeviceStatus) -> None:
        """Note how the device is doing, and pass it on."""
        self.last = status
        now_s = host_time_s()
        self._counts.append((now_s, status.received_samples, status.lost_samples))
        while self._counts[0][0] < now_s - _LOSS_OVER_S:
            self._counts.popleft()
        self._turn("lost" if status.state == "lost" else "streaming", status.detail if status.state == "lost" else "")
        if self._borrower is not None:
            self._borrower.status(status)

    def event(self, event: Event) -> None:
        """Pass on what the device tells apart from samples."""
        if self._borrower is not None:
            self._borrower.event(event)
