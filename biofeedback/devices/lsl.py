"""Lab Streaming Layer streams as a device: what they are is learnt from their own description."""

from __future__ import annotations

import asyncio
import contextlib
import re
from dataclasses import dataclass, field

import numpy as np

from biofeedback.devices.base import DeviceError, DeviceSink, DeviceStatus, LinkState
from biofeedback.devices.counting import Numbering, Tally, pauses
from biofeedback.devices.drivers.lsl_channels import described
from biofeedback.devices.drivers.stamps import StampedTimeline
from biofeedback.devices.transports.base import LinkLostError
from biofeedback.devices.transports.lsl import LslLink, Samples
from biofeedback.devices.transports.lsl_streams import LslStream
from biofeedback.stream import StreamInfo, host_time_s

_FIRST_SAMPLES_WITHIN_S = 3.0
_LOOK_AT = 25  # samples whose stamps tell the rate of a stream that names none
_SILENCE_S = 0.8
_STATUS_EVERY_S = 0.5
_WHOLE = {"int8", "int16", "int32"}


@dataclass(slots=True)
class _Received:
    """One stream: what it is, and where it stands."""

    info: StreamInfo
    timeline: StampedTimeline
    numbering: Numbering = field(init=False)

    def __post_init__(self) -> None:
        self.numbering = Numbering(self.info)


class LslDevice:
    """All streams that have one name on the network, as one device.

    Parameters
    ----------
    wanted
        Name of the streams, or the source id of one of them.
    name
        Unique within a session; streams are called ``name/type``. The streams' name if not given.
    """

    def __init__(self, wanted: str, name: str | None = None) -> None:
        self._link = LslLink(wanted)
        self._name = name or _slug(wanted) or "lsl"
        self._offered: tuple[LslStream, ...] = ()
        self._received: list[_Received] = []
        self._doubts: tuple[str, ...] = ()
        self._is_synchronised = True
        self._longest_wait_s = 0.0
        self._state: LinkState = "closed"
        self._detail = ""
        self._tally = Tally(counts=True)  # by the stamps
        self._reconnects = 0

    @property
    def name(self) -> str:
        """Unique within a session."""
        return self._name

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        """What the sender offers; known once `open` has returned."""
        return tuple(one.info for one in self._received)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What the sender's description leaves open, in words."""
        return self._doubts

    async def open(self) -> None:
        """Find the streams, read their descriptions, and see that samples come.

        Raises
        ------
        DeviceError
            If they are not there, cannot be read, or send nothing.
        """
        self._state = "connecting"
        try:
            await self._link.open()
            self._offered = self._link.streams
            self._describe(await self._first_samples())
        except LinkLostError as error:
            await self.close()
            raise DeviceError(f"{self._name}: {error}") from error
        except BaseException:
            await self.close()
            raise

    async def run(self, sink: DeviceSink) -> None:
        """Stream into the sink until cancelled; connect again for as long as it takes."""
        reporter = asyncio.create_task(self._report_regularly(sink))
        self._link.discard_input()
        try:
            while True:
                reason = await self._stream(sink)
                self._change(sink, "lost", reason)
                await self._reconnect(sink)
        finally:
            reporter.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reporter

    async def close(self) -> None:
        """Let go of the streams."""
        self._state = "closed"
        await self._link.close()

    def _describe(self, came: list[Samples]) -> None:
        """Learn what the streams are, from what they say and what came first."""
        taken: list[str] = []
        doubts: list[str] = []
        for number, stream in enumerate(self._offered):
            found = described(stream.xml, stream.type, stream.n_channels)
            word = _slug(stream.type) or "stream"
            taken.append(word if word not in taken else f"{word}_{number + 1}")
            rate_hz = stream.rate_hz or _measured_rate_hz([one for one in came if one.origin == number])
            info = StreamInfo(
                id=f"{self._name}/{taken[-1]}",
                device=self._name,
                channels=found.channels,
                sampling_rate_hz=rate_hz,
                integer_counts=stream.format in _WHOLE,
            )
            self._received.append(_Received(info, StampedTimeline(stream.rate_hz)))
            doubts += [f"{taken[-1]}: {doubt}" for doubt in found.doubts]
            if not stream.rate_hz:
                doubts.append(f"{taken[-1]}: irregular samples, about {rate_hz:g} a second; a loss cannot be seen")
        self._doubts = tuple(doubts)

    async def _first_samples(self) -> list[Samples]:
        """Wait until every stream has shown samples enough to know it; irregular ones may take their time."""
        came: list[Samples] = []
        missing = {number: 1 if one.rate_hz else _LOOK_AT for number, one in enumerate(self._offered)}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_SAMPLES_WITHIN_S):
                while any(left > 0 for left in missing.values()):
                    came.append(await self._link.read())
                    missing[came[-1].origin] -= len(came[-1].stamps_s)
        heard = {one.origin for one in came}
        if silent := [one.type or "no type" for number, one in enumerate(self._offered) if number not in heard]:
            raise DeviceError(
                f"{self._link.name} is there, but sends no samples ({', '.join(silent)}). "
                "Start the measurement in its program."
            )
        return came

    async def _stream(self, sink: DeviceSink) -> str:
        """Pass on samples until the streams are gone or silent; return why, as a sentence."""
        last_s, self._longest_wait_s = host_time_s(), 0.0
        limit_s = _FIRST_SAMPLES_WITHIN_S
        while True:
            try:
                async with asyncio.timeout(limit_s):
                    samples = await self._link.read()
            except LinkLostError as error:
                return str(error)
            except TimeoutError:
                return f"No samples from {self._link.name}: its program has stopped, or the network is down."
            self._pass_on(sink, samples)
            self._longest_wait_s = max(self._longest_wait_s, samples.arrived_s - last_s)
            last_s = samples.arrived_s
            slowest_s = 5 / max(info.sampling_rate_hz for info in self.streams)
            limit_s = max(_SILENCE_S, slowest_s, 3 * self._longest_wait_s)  # some send once a second

    def _pass_on(self, sink: DeviceSink, samples: Samples) -> None:
        self._is_synchronised = samples.is_synchronised
        if self._state != "streaming":
            self._tally.start_again()
            self._change(sink, "streaming", "")
        stream = self._received[samples.origin]
        placed = stream.timeline.place(samples.stamps_s)
        values = samples.values if stream.info.integer_counts else _finite(samples.values)
        for chunk in stream.numbering.chunks(values, placed.ticks, placed.times_s, samples.arrived_s):
            if stream.info is max(self.streams, key=lambda info: info.sampling_rate_hz):
                self._tally.add(chunk)
            sink.chunk(chunk)

    async def _reconnect(self, sink: DeviceSink) -> None:
        """Try again until the same streams are back, at growing intervals."""
        for stream in self._received:
            stream.timeline.break_off()
        for pause_s in pauses():
            await self._link.close()
            await asyncio.sleep(pause_s)
            try:
                await self._link.open()
                self._see_that_it_is_the_same()
                await self._first_samples()
            except (DeviceError, LinkLostError) as error:
                self._change(sink, "lost", str(error))
            else:
                self._reconnects += 1
                return

    def _see_that_it_is_the_same(self) -> None:
        """Refuse streams that mean something else than those of the beginning."""
        shapes = [
            [(one.type, one.n_channels, one.rate_hz, described(one.xml, one.type, one.n_channels)) for one in streams]
            for streams in (self._offered, self._link.streams)
        ]
        if shapes[0] != shapes[1]:
            raise DeviceError(f"{self._link.name} now sends other streams or channels. Start a new session with it.")

    def _change(self, sink: DeviceSink, state: LinkState, detail: str) -> None:
        self._state, self._detail = state, detail
        sink.status(self._status())

    def _status(self) -> DeviceStatus:
        streaming = self._state == "streaming"
        return DeviceStatus(
            device=self._name,
            state=self._state,
            detail=self._said() if streaming else self._detail,
            rate_hz=self._tally.rate_hz() if streaming else None,
            received_samples=self._tally.received,
            lost_samples=self._tally.lost,
            reconnects=self._reconnects,
            rate_ratio=self._tally.rate_ratio(self._nominal_hz) if streaming else None,
        )

    @property
    def _nominal_hz(self) -> float:
        return max(info.sampling_rate_hz for info in self.streams)

    def _said(self) -> str:
        """Say where the samples come from, and what is not known of them."""
        hosts = ", ".join(dict.fromkeys(one.host for one in self._offered))
        clock = () if self._is_synchronised else ("the sender's clock is not known: times follow the arrivals",)
        return ". ".join([f"Receiving {self._link.name} from {hosts}", *self._doubts, *clock]) + "."

    async def _report_regularly(self, sink: DeviceSink) -> None:
        while True:
            sink.status(self._status())
            await asyncio.sleep(_STATUS_EVERY_S)


def _measured_rate_hz(came: list[Samples]) -> float:
    """Return the rate of a stream that names none, to two digits."""
    stamps_s = np.concatenate([one.stamps_s for one in came])
    span_s = float(stamps_s.max() - stamps_s.min())
    return float(f"{(len(stamps_s) - 1) / span_s:.2g}") if span_s > 0 else 1.0


def _finite(values: np.ndarray) -> np.ndarray:
    """Return floats in which whatever is no number is NaN: the sender had no value."""
    values = values.astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-")
