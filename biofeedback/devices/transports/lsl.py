"""Lab Streaming Layer: take the samples of streams, with times on the host clock.

A thread for each stream waits in ``pull_chunk``.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.base import DeviceError
from biofeedback.devices.transports.base import LinkLostError
from biofeedback.devices.transports.lsl_streams import LslStream, library, offered, resolved
from biofeedback.stream import host_time_s

_ANSWERED_WITHIN_S = 5.0
_PULL_S = 0.1
_MOST_SAMPLES = 1024
_MOST_CHANNELS = 1024
_BUFFERED_S = 30
_CLOCK_EVERY_S = 1.0
_PLAUSIBLE_S = 5.0  # a corrected stamp that lies further from its arrival is not of the sender's LSL clock
_STEP_S = 0.05
_SLEW = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Samples of one stream as they came in one piece.

    Attributes
    ----------
    origin
        Number of the stream in `LslLink.streams`.
    values
        Shape (n_samples, n_channels), as sent.
    stamps_s
        Shape (n_samples,): the sender's stamps, put onto the host clock.
    is_synchronised
        Whether the sender's clock is known; without it only arrivals tell where its stamps lie on the host clock.
    """

    origin: int
    values: NDArray[Any]
    stamps_s: NDArray[np.float64]
    arrived_s: float
    is_synchronised: bool


class LslLink:
    """All streams of numbers that have one name: EMG and motion of the same sensors are often sent apart.

    Parameters
    ----------
    wanted
        Name of the streams, or the source id of one of them.
    """

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted
        self._inlets: list[_Inlet] = []
        self._pieces: deque[Samples] = deque()
        self._news = asyncio.Event()
        self.streams: tuple[LslStream, ...] = ()

    @property
    def name(self) -> str:
        """What a person calls this link."""
        return f"lsl:{self._wanted}"

    async def open(self) -> None:
        """Find the streams, connect to each, and begin to read.

        Raises
        ------
        DeviceError
            If they are not there, or it is not clear which are meant.
        """
        await self.close()
        loop = asyncio.get_running_loop()
        self._pieces, self._news = deque(), asyncio.Event()
        self._inlets, streams = await loop.run_in_executor(None, self._connected)
        self.streams = tuple(streams)
        for number, inlet in enumerate(self._inlets):
            inlet.start(number, self._take, loop)

    async def read(self) -> Samples:
        """Wait for the next samples. Cancelling loses nothing.

        Raises
        ------
        LinkLostError
            If a stream is gone; samples that came before have been given out.
        """
        while not self._pieces:
            if not self._inlets or any(one.is_over for one in self._inlets):
                raise LinkLostError(f"{self.name} is gone: its program has ended, or the network is down.")
            self._news.clear()
            await self._news.wait()
        return self._pieces.popleft()

    def discard_input(self) -> None:
        """Forget the samples that have not been read."""
        self._pieces.clear()

    async def close(self) -> None:
        """Disconnect. Safe to call twice."""
        inlets, self._inlets = self._inlets, []
        for inlet in inlets:
            await asyncio.get_running_loop().run_in_executor(None, inlet.stop)

    def _take(self, samples: Samples | None) -> None:
        if samples is not None:
            self._pieces.append(samples)
        self._news.set()

    def _connected(self) -> tuple[list[_Inlet], list[LslStream]]:
        """Return an inlet for each stream, with its whole description."""
        pylsl = library()
        streams = self._chosen(resolved(pylsl, self._wanted))
        inlets = [_Inlet(pylsl, stream) for stream in streams]
        try:
            with ThreadPoolExecutor(len(inlets)) as together:  # the sender's clock takes more than half a second each
                described = list(together.map(_Inlet.opened, inlets))
        except (pylsl.util.TimeoutError, pylsl.util.LostError) as error:
            raise DeviceError(
                f"{self.name} was found on {streams[0].host} but does not answer. Let both programs through the "
                "firewall, and start the sender again."
            ) from error
        return inlets, described

    def _chosen(self, found: list[LslStream]) -> list[LslStream]:
        streams = [one for one in found if one.format]
        if not streams:
            has = "has only text, no samples" if found else "was not found on the network"
            raise DeviceError(
                f"No stream called {self._wanted!r}: it {has}. Start the program that sends it; "
                "devices scan lists the streams that are there."
            )
        types = [one.type for one in streams]
        if len(set(types)) < len(types):
            ids = ", ".join(f"lsl:{one.source_id} ({one.host})" for one in streams)
            raise DeviceError(f"{len(streams)} streams are called {self._wanted!r}. Choose one of them: {ids}")
        if (most := max(one.n_channels for one in streams)) > _MOST_CHANNELS:
            raise DeviceError(f"{self.name} has {most} channels; {_MOST_CHANNELS} can be read.")
        return streams


class _Inlet:
    """One stream and the thread that reads it."""

    def __init__(self, pylsl: ModuleType, stream: LslStream) -> None:
        self._pylsl = pylsl
        self._inlet = pylsl.StreamInlet(stream.handle, max_buflen=_BUFFERED_S, recover=False)
        self._clock = _SenderClock(pylsl, self._inlet)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.is_over = False

    def opened(self) -> LslStream:
        """Connect; return the stream with its description."""
        info = self._inlet.info(_ANSWERED_WITHIN_S)
        self._inlet.open_stream(_ANSWERED_WITHIN_S)
        self._clock.ask(_ANSWERED_WITHIN_S)
        return offered(info, info.as_xml())

    def start(self, number: int, take: Any, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to hand over samples, and None at the end."""
        self._thread = threading.Thread(target=self._run, args=(number, take, loop), name="read lsl", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Wait for the thread, and disconnect."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=2.0)
        self._inlet.close_stream()

    def _run(self, number: int, take: Any, loop: asyncio.AbstractEventLoop) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            try:
                while not self._stopping.is_set():
                    values, stamps = self._inlet.pull_chunk(_PULL_S, _MOST_SAMPLES, min_samples=1, as_numpy=True)
                    if len(stamps):
                        arrived_s = host_time_s()
                        times_s, known = self._clock.on_host(np.array(stamps, np.float64), arrived_s)
                        piece = Samples(number, np.array(values), times_s, arrived_s, known)
                        loop.call_soon_threadsafe(take, piece)
            except self._pylsl.util.LostError:
                pass
            self.is_over = True
            loop.call_soon_threadsafe(take, None)


class _SenderClock:
    """Puts a sender's stamps onto the host clock.

    liblsl measures the sender's clock over and over, as NTP does. Where that cannot be (its UDP port is closed, or a
    sender stamps with another clock), the earliest arrivals tell. What is learnt is followed slowly: a step would look
    like a gap.
    """

    def __init__(self, pylsl: ModuleType, inlet: Any) -> None:
        self._pylsl, self._inlet = pylsl, inlet
        self._measured_s: float | None = None
        self._by_arrival_s = np.inf
        self._offset_s: float | None = None
        self._last_stamp = 0.0
        self._ask_at_s = 0.0

    def ask(self, within_s: float) -> None:
        """Learn the offset anew; afterwards liblsl has it at hand."""
        self._ask_at_s = host_time_s() + _CLOCK_EVERY_S
        with contextlib.suppress(self._pylsl.util.TimeoutError):
            # both clocks of this computer are steady, their zeros may differ
            local_s = max(host_time_s() - self._pylsl.local_clock() for _ in range(5))
            self._measured_s = self._inlet.time_correction(within_s) + local_s

    def on_host(self, stamps: NDArray[np.float64], arrived_s: float) -> tuple[NDArray[np.float64], bool]:
        """Return the stamps on the host clock, and whether the sender's clock is known."""
        if arrived_s > self._ask_at_s:
            self.ask(0.0)
        stamps = np.where(np.isfinite(stamps), stamps, 0.0)
        late_s = arrived_s - float(stamps[-1])
        self._by_arrival_s = min(self._by_arrival_s, late_s)
        known = self._measured_s is not None and abs(late_s - self._measured_s) < _PLAUSIBLE_S
        target_s = self._measured_s if known and self._measured_s is not None else self._by_arrival_s
        if self._offset_s is None or abs(target_s - self._offset_s) > _STEP_S:
            self._offset_s, self._last_stamp = target_s, float(stamps[0])
        room_s = _SLEW * np.maximum(stamps - self._last_stamp, 0.0)
        offsets_s = self._offset_s + np.clip(target_s - self._offset_s, -room_s, room_s)
        self._offset_s, self._last_stamp = float(offsets_s[-1]), float(stamps[-1])
        return stamps + offsets_s, known
