"""Any device that a firmware profile describes: a transport, a decoder and a clock, as a session sees them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from biofeedback.devices.base import Ability, DeviceError, DeviceSink, DeviceStatus, LinkState
from biofeedback.devices.clock import Timeline
from biofeedback.devices.counting import Numbering, Tally, pauses
from biofeedback.devices.dialogue import hold
from biofeedback.devices.doubt import Doubt
from biofeedback.devices.drivers.framing import LineHealth
from biofeedback.devices.drivers.profiled import Batch, ProfiledDecoder
from biofeedback.devices.links import BatteryQuery, Step
from biofeedback.devices.profiles import Profile
from biofeedback.devices.transports.base import LinkLostError, Received, Transport
from biofeedback.stream import StreamInfo, host_time_s

_FIRST_FRAMES_WITHIN_S = 3.0
_FRAMES_TO_BELIEVE = 3
_SILENCE_S = 0.8
_IN_FLIGHT_S = 0.1  # frames sent before the device heard that it should stop
_SECOND_LOOK_S = 0.05
_STATUS_EVERY_S = 0.5
_CHARGE_EVERY_S = 60.0


class ProfiledDevice:
    """A device of a firmware profile behind a transport.

    Parameters
    ----------
    profile
        As its file has it; ``settings`` chooses among its options.
    name
        Unique within a session; streams are called ``name/stream``. The profile's id if not given.

    Raises
    ------
    ValueError
        If a setting or its value does not exist.
    """

    def __init__(
        self,
        profile: Profile,
        transport: Transport,
        name: str | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._profile = profile.configured(settings)
        self._transport = transport
        self._name = name or profile.id
        self._infos = self._profile.stream_infos(self._name)
        self._decoder = ProfiledDecoder(self._profile)
        self._timelines = {timeline: _timeline(self._profile, timeline) for timeline in self._decoder.timelines}
        self._doubts = {name: Doubt(timeline) for name, timeline in self._timelines.items()}
        pairs = zip(self._profile.streams, self._infos, strict=True)
        self._numbering = {stream.id: Numbering(info, stream.every) for stream, info in pairs}
        fastest = max(self._infos, key=lambda info: info.sampling_rate_hz)
        self._fastest, self._nominal_hz = fastest.id, fastest.sampling_rate_hz
        self._state: LinkState = "closed"
        self._detail = ""
        carrier = next(stream for stream in self._profile.streams if fastest.id.endswith(f"/{stream.id}")).messages[0]
        self._tally = Tally(counts=self._profile.message(carrier).counter is not None)
        self._reconnects = 0
        self._charge_percent: float | None = None

    @property
    def name(self) -> str:
        """Unique within a session."""
        return self._name

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        """All streams of the profile, whether or not the device sends each."""
        return self._infos

    @property
    def information(self) -> Mapping[str, str]:
        """What the device says of itself, such as ``maker`` and ``firmware``; empty where it says nothing."""
        return self._transport.condition.information

    @property
    def health(self) -> LineHealth:
        """Bytes discarded, checksums that failed, frames that came twice."""
        return self._decoder.health

    @property
    def skew(self) -> float:
        """How wrong the device's sampling rate is, from its fastest stream: 0.0002 means 200 ppm too slow."""
        return max(self._timelines.values(), key=lambda timeline: timeline.rate_hz).skew

    async def open(self) -> None:
        """Connect, talk to the device, and see that its frames are what the profile says.

        Raises
        ------
        DeviceError
            If the port cannot be used, the device does not answer, or sends no frames of this profile.
        """
        self._state = "connecting"
        try:
            await self._connect()
            if self._profile.dialogue.stop:
                await hold(self._transport, self._profile.dialogue.stop)
                await asyncio.sleep(_IN_FLIGHT_S)
        except LinkLostError as error:
            await self.close()
            raise DeviceError(f"{self._name}: {error}") from error
        except BaseException:
            await self.close()
            raise

    async def run(self, sink: DeviceSink) -> None:
        """Stream into the sink until cancelled; reconnect for as long as it takes."""
        tasks = [asyncio.create_task(self._report_regularly(sink))]
        if self._profile.battery:
            tasks.append(asyncio.create_task(self._ask_for_charge(self._profile.battery)))
        try:
            with contextlib.suppress(LinkLostError, DeviceError):  # what is wrong shows in the stream at once
                self._transport.discard_input()
                await hold(self._transport, self._profile.dialogue.start, self._hear)
            while True:
                reason = await self._stream(sink)
                self._change(sink, "lost", reason)
                await self._reconnect(sink)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Stop the device and let go of the port."""
        if self._state != "closed":
            with contextlib.suppress(LinkLostError, DeviceError):
                await hold(self._transport, self._profile.dialogue.stop)
        self._state = "closed"
        await self._transport.close()

    @property
    def abilities(self) -> frozenset[Ability]:
        """What the firmware can be told to do while it streams."""
        can: dict[Ability, bool] = {
            "vibrate": bool(self._profile.vibrations),
            "soften": len({one.strength for one in self._profile.vibrations}) > 1,
            "identify": bool(self._profile.dialogue.identify),
        }
        return frozenset(ability for ability, there in can.items() if there)

    async def vibrate(self, seconds: float, strength: float = 1.0) -> float:
        """Vibrate for about that long and that strong: the nearest the firmware knows; return how long that is.

        Raises
        ------
        DeviceError
            If it cannot, or is out of reach.
        """
        known = self._profile.vibrations
        nearest = min(known, key=lambda one: (abs(one.strength - strength), abs(one.seconds - seconds)), default=None)
        await self._tell(nearest.steps if nearest else (), "vibrate")
        return nearest.seconds if nearest else 0.0

    async def identify(self) -> None:
        """Blink.

        Raises
        ------
        DeviceError
            If the firmware cannot, or the device is out of reach.
        """
        await self._tell(self._profile.dialogue.identify, "blink")

    async def _tell(self, steps: tuple[Step, ...], what: str) -> None:
        if not steps:
            raise DeviceError(f"{self._name}: {self._profile.name} cannot {what}.")
        try:
            await hold(self._transport, steps)
        except LinkLostError as error:
            raise DeviceError(f"{self._name}: {error}") from error

    async def _connect(self) -> None:
        """Open the port, hold the dialogue, start, and wait for frames; the device is streaming when this returns."""
        await self._transport.open()
        await hold(self._transport, self._profile.dialogue.open)
        self._transport.discard_input()
        await hold(self._transport, self._profile.dialogue.start, self._hear)
        trial = ProfiledDecoder(self._profile)
        for decoder in (trial, self._decoder):
            decoder.learn(self.information)
        try:
            async with asyncio.timeout(_FIRST_FRAMES_WITHIN_S):
                while trial.health.frames < _FRAMES_TO_BELIEVE:
                    piece = await self._transport.read()
                    trial.feed(piece.data, piece.arrived_s, piece.origin)
        except TimeoutError as error:
            came = "nothing" if not trial.health.discarded_bytes else "only bytes of another kind"
            hint = " ".join(filter(None, (self._profile.if_silent, self._transport.condition.warning)))
            source = f"{self._transport.name} as {self._profile.name}"
            raise DeviceError(f"{self._name}: {came} came from {source}. {hint}") from error

    async def _stream(self, sink: DeviceSink) -> str:
        """Pass on samples until the link is lost or silent; return why, as a sentence."""
        slowest_s = 5 / min(info.sampling_rate_hz for info in self._infos)
        usual_s = max(_SILENCE_S, min(slowest_s, 10.0))
        until_s = host_time_s() + (usual_s if self._tally.received else _FIRST_FRAMES_WITHIN_S)
        looks = 0
        while True:
            try:
                async with asyncio.timeout(until_s - host_time_s()):
                    piece = await self._transport.read()
            except LinkLostError as error:
                return str(error)
            except TimeoutError:
                reason = f"No data from {self._transport.name}: out of range, switched off or unplugged."
                patience_s = self._transport.condition.patience_s
                if looks == 1 and patience_s:
                    self._change(sink, "lost", reason)
                elif looks:
                    return reason
                # If the loop was held up, what came meanwhile is only now being handed over.
                until_s = host_time_s() + (patience_s if looks else _SECOND_LOOK_S)
                looks += 1
                continue
            if self._profile.battery:
                charge = self._profile.battery.percent(piece.origin, piece.data)
                self._charge_percent = self._charge_percent if charge is None else charge
            if batches := self._decoder.feed(piece.data, piece.arrived_s, piece.origin):
                looks, until_s = 0, host_time_s() + usual_s
            for batch in batches:
                self._pass_on(sink, batch)

    def _hear(self, piece: Received) -> None:
        """Let the decoder know what a Bluetooth sensor answered: a scale may depend on it."""
        if self._profile.ble:
            self._decoder.feed(piece.data, piece.arrived_s, piece.origin)

    def _pass_on(self, sink: DeviceSink, batch: Batch) -> None:
        if self._state != "streaming":
            self._tally.start_again()
            self._change(sink, "streaming", f"Receiving from {self._transport.name}.")
        if (settled := self._doubts[batch.timeline].settle(batch)) is not None:
            self._place(sink, settled)

    def _place(self, sink: DeviceSink, batch: Batch) -> None:
        placed = self._timelines[batch.timeline].place(batch.ticks, batch.device_s, batch.arrived_s)
        arrived_s = float(batch.arrived_s[-1])
        for stream, rows in batch.streams.items():
            ticks, times_s = placed.ticks[rows.at], placed.times_s[rows.at]
            for chunk in self._numbering[stream].chunks(rows.counts, ticks, times_s, arrived_s):
                if chunk.stream == self._fastest:
                    self._tally.add(chunk)
                sink.chunk(chunk)

    async def _reconnect(self, sink: DeviceSink) -> None:
        """Try again until it works, at growing intervals."""
        for doubt in self._doubts.values():
            if (settled := doubt.release()) is not None:
                self._place(sink, settled)
        self._decoder.reset()
        for timeline in self._timelines.values():
            timeline.break_off()
        for pause_s in pauses():
            await self._transport.close()
            await asyncio.sleep(pause_s)
            try:
                await self._connect()
            except (DeviceError, LinkLostError) as error:
                self._change(sink, "lost", str(error))
            else:
                self._transport.discard_input()  # the trial may have read half a frame
                self._reconnects += 1
                return

    def _change(self, sink: DeviceSink, state: LinkState, detail: str) -> None:
        self._state, self._detail = state, detail
        sink.status(self._status())

    def _status(self) -> DeviceStatus:
        return DeviceStatus(
            device=self._name,
            state=self._state,
            detail=self._detail,
            battery_percent=self._transport.condition.battery_percent
            if self._charge_percent is None
            else self._charge_percent,
            rate_hz=self._tally.rate_hz() if self._state == "streaming" else None,
            received_samples=self._tally.received,
            lost_samples=self._tally.lost,
            reconnects=self._reconnects,
            rate_ratio=self._tally.rate_ratio(self._nominal_hz) if self._state == "streaming" else None,
        )

    async def _ask_for_charge(self, query: BatteryQuery) -> None:
        """Ask now and then; the answer comes among the samples."""
        while True:
            with contextlib.suppress(LinkLostError, DeviceError):
                await hold(self._transport, (query.ask,))
            await asyncio.sleep(_CHARGE_EVERY_S)

    async def _report_regularly(self, sink: DeviceSink) -> None:
        while True:
            sink.status(self._status())
            await asyncio.sleep(_STATUS_EVERY_S)


def _timeline(profile: Profile, name: str) -> Timeline:
    """Make the timeline that begins with the message of that name."""
    names = profile.tick.messages if profile.tick and name in profile.tick.messages else (name,)
    streams = [stream for stream in profile.streams if stream.messages[0] in names]
    counter = profile.message(name).counter
    modulus = (1 << counter.n_bits) // len(names) if counter else None  # one counter may run through all of a tick
    return Timeline(max(stream.rate_hz * stream.every for stream in streams), modulus)
