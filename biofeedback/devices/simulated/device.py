"""The sensors on a simulated person, as devices: one device with one stream for each placement, as real sensors are."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.base import Ability, DeviceSink, DeviceStatus, LinkState
from biofeedback.devices.counting import Tally
from biofeedback.devices.simulated.faults import EVERYWHERE, FAULTS, Fault, SpoiledDelivery, SpoiledSignal, faulty_clock
from biofeedback.devices.simulated.noise import named_generator
from biofeedback.devices.simulated.person import SimulatedPerson, block_samples
from biofeedback.devices.simulated.sampling import SampleClock
from biofeedback.devices.simulated.strokes import Array
from biofeedback.devices.simulated.ticking import ScriptClock
from biofeedback.exercises.model import Exercise, Placement
from biofeedback.stream import Channel, Chunk, StreamInfo

IMU_RATE_HZ = 100.0
EMG_RATE_HZ = 2000.0

_IMU_PACKET_S = 0.010
_EMG_PACKET_S = 0.020
_RAILS = (-32768, 32767)
_ACCELERATION_SCALE = 8 * 9.80665 / 32768
_ANGULAR_VELOCITY_SCALE = math.radians(1000) / 32768
_EMG_SCALE = 168e-9
_SUPERVISION_S = 0.5
_LATE_S = 1.0
_BEHIND_S = 2.0  # of samples wait for a machine that is too busy; older ones are lost
_AT_ONCE = 25  # packets
_BATTERY_PERCENT_PER_HOUR = 6.0
_REFERENCE_LOAD = {"emg": 8, "imu": 6}


class SimulatedDevice:
    """One sensor on a simulated person; stream ``<placement>/imu`` or ``<placement>/emg``, 16-bit counts with rails.

    Parameters
    ----------
    person, placement, clock
        Who wears it, where it sits, and the script's clock it shares with the person's other sensors.
    rate_hz
        Nominal sampling rate.
    packet_samples
        Samples a packet; the samples themselves do not depend on it.
    faults
        Those of this placement; others are ignored.
    skew_ppm
        By how much the sensor's own clock is fast; drawn from the person's seed if None. Sample times are those on
        the host clock, so that a skew shows in their spacing.
    """

    def __init__(
        self,
        person: SimulatedPerson,
        placement: Placement,
        clock: ScriptClock,
        *,
        rate_hz: float | None = None,
        packet_samples: int | None = None,
        faults: Iterable[Fault] = (),
        skew_ppm: float | None = None,
    ) -> None:
        is_emg = placement.kind == "emg"
        rate_hz = rate_hz or (EMG_RATE_HZ if is_emg else IMU_RATE_HZ)
        mine = [fault for fault in faults if fault.on(placement.id) and (is_emg or not FAULTS[fault.kind].emg_only)]
        own = named_generator(person.seed, f"device {placement.id}")
        skew_ppm = float(own.normal(0.0, 15.0)) if skew_ppm is None else skew_ppm
        self.clock = clock
        self._person, self._placement = person, placement
        self._battery_percent = float(own.uniform(70, 100))
        self._packet_samples = packet_samples or max(1, round(rate_hz * (_EMG_PACKET_S if is_emg else _IMU_PACKET_S)))
        steady = SampleClock(rate_hz, ((0, 0.0, rate_hz * (1 + skew_ppm * 1e-6)),))
        self._sampling = faulty_clock(steady, mine)
        self._signal = SpoiledSignal(mine, is_emg, person.mains_hz, person.seed, placement.id)
        self._delivery = SpoiledDelivery(mine, person.seed, placement.id)
        channels = _EMG_CHANNELS if is_emg else _IMU_CHANNELS
        self._info = StreamInfo(
            f"{placement.id}/{placement.kind}", placement.id, channels, rate_hz, integer_counts=True
        )
        self._scale = np.array([channel.scale for channel in channels])
        self._block_samples = block_samples(rate_hz)
        self._ready: _Readings | None = None
        self._under_way: deque[tuple[float, int, int]] = deque()
        self._next_packet, self._next_sample = 0, 0
        self._next_sent_s = self._sent_s(0)
        self._received, self._lost, self._reconnects = 0, 0, 0
        self._tally = Tally(counts=True)
        self.passed_over = 0  # samples that nobody took in time
        self.told: list[tuple[Ability, float, float]] = []
        self.strengths: list[float] = []
        self._told: tuple[LinkState, float, int] = ("closed", -math.inf, 0)

    @property
    def name(self) -> str:
        """The placement it sits on."""
        return self._placement.id

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        """Its one stream."""
        return (self._info,)

    async def open(self) -> None:
        """Connect; a simulated sensor is always there."""

    async def close(self) -> None:
        """Let go; there is nothing to let go of."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """It can do everything."""
        return frozenset(("vibrate", "soften", "identify"))

    async def vibrate(self, seconds: float, strength: float = 1.0) -> float:
        """Vibrate: what it was told, and when in the script, is kept in ``told``; how strong, in ``strengths``."""
        self.strengths.append(strength)
        self.told.append(("vibrate", self.clock.script_s(), seconds))
        return seconds

    async def identify(self) -> None:
        """Blink: that it was told, and when in the script, is kept in ``told``."""
        self.told.append(("identify", self.clock.script_s(), 0.0))

    async def run(self, sink: DeviceSink) -> None:
        """Stream into the sink in step with the script until cancelled; the script begins with the first device."""
        self.clock.begin()
        self._join(self.clock.script_s())
        sink.status(self._status("connecting", 0.0, "Connecting."))
        try:
            while True:
                now_s = self.clock.script_s()
                if self.clock.speed == 1.0:
                    self._pass_over(now_s, _BEHIND_S)
                for number, chunk in enumerate(self.chunks_until(now_s, together=True), 1):
                    sink.chunk(chunk)
                    if number % _AT_ONCE == 0:
                        await asyncio.sleep(0)  # on a busy machine the windows are answered all the same
                if (status := self.status_at(now_s)) is not None:
                    sink.status(status)
                if self.clock.speed == 1.0 and not self._under_way:
                    await asyncio.sleep(0)  # what was handed over is answered first
                    self._readings(self._next_packet * self._packet_samples, self._packet_samples)
                await self.clock.tick()
        finally:
            sink.status(self._status("closed", self.clock.script_s(), "Stopped."))

    def _join(self, now_s: float) -> None:
        """Begin with what is sent from now on if the person has been wearing other sensors for a while."""
        if self._pass_over(now_s, _LATE_S * (self.clock.speed or 1.0)):
            self._next_sample, self.passed_over = self._next_packet * self._packet_samples, 0

    def _pass_over(self, now_s: float, late_s: float) -> bool:
        """Leave out what nobody has taken for so long, as a radio does whose buffer is full; return whether it did."""
        late = now_s - self._next_sent_s > late_s
        first = self._next_packet
        while late and self._next_sent_s <= now_s:
            self._next_packet += 1
            self._next_sent_s = self._sent_s(self._next_packet)
        self.passed_over += (self._next_packet - first) * self._packet_samples
        return late

    def chunks_until(self, now_s: float, *, together: bool = False) -> list[Chunk]:
        """Return what arrives from the last call up to a time of the script, in order of arrival.

        A chunk is one packet; or, ``together``, all that follow each other, as when they have waited to be read.
        """
        if together and self._delivery.perfect:
            return self._sent_until(now_s)
        while (sent_s := self._next_sent_s) <= now_s:
            packet, self._next_packet = self._next_packet, self._next_packet + 1
            self._next_sent_s = self._sent_s(self._next_packet)
            if not self._delivery.lost(packet, sent_s):
                copies = 2 if self._delivery.doubled(packet, sent_s) else 1
                self._under_way.append((self._delivery.arrival_s(sent_s), packet, copies))
        arrived: list[list[int]] = []  # first packet, how many, how often
        while self._under_way and self._under_way[0][0] <= now_s:
            _, packet, copies = self._under_way.popleft()
            last = arrived[-1] if together and arrived else [-1, 0, 0]
            if packet == last[0] + last[1] and copies == last[2] == 1:
                last[1] += 1
            else:
                arrived.append([packet, 1, copies])
        return [chunk for first, n, copies in arrived for chunk in [self._chunk(first, n, now_s)] * copies]

    def _sent_until(self, now_s: float) -> list[Chunk]:
        """Return what a radio without a fault has sent since the last call, in one chunk."""
        first = self._next_packet
        while self._next_sent_s <= now_s:
            due = max(1, int((now_s - self._next_sent_s) * self._info.sampling_rate_hz / self._packet_samples))
            slower = self._sent_s(self._next_packet + due - 1) > now_s  # the sensor's clock, than the nominal one
            self._next_packet += 1 if slower else due
            self._next_sent_s = self._sent_s(self._next_packet)
        n = self._next_packet - first
        return [self._chunk(first, n, now_s)] if n else []

    def status_at(self, now_s: float) -> DeviceStatus | None:
        """Return how the device is doing if a second has passed or its state has changed; None otherwise."""
        state, told_s, _ = self._told
        away = self._delivery.away(now_s)
        lost = away is not None and now_s >= away.start_s + min(_SUPERVISION_S, away.length_s / 2)
        new: LinkState = "lost" if lost else "streaming" if self._received else "connecting"
        if new == state and now_s < told_s + min(1.0, self.clock.speed or 1.0):
            return None
        detail = {"lost": "The sensor does not answer. Trying again.", "connecting": "Connecting."}.get(new, "")
        return self._status(new, now_s, detail)

    def _status(self, state: LinkState, now_s: float, detail: str) -> DeviceStatus:
        _, told_s, received = self._told
        span_s = now_s - told_s
        rate_hz = (self._received - received) / span_s if math.isfinite(span_s) and span_s > 0.2 else None
        self._told = (state, now_s, self._received)
        battery = max(0.0, self._battery_percent - _BATTERY_PERCENT_PER_HOUR * now_s / 3600)
        reconnects = self._delivery.returns(now_s)
        ratio = self._tally.rate_ratio(self._info.sampling_rate_hz) if state == "streaming" else None
        return DeviceStatus(self.name, state, detail, battery, rate_hz, self._received, self._lost, reconnects, ratio)

    def _sent_s(self, packet: int) -> float:
        """Return when a packet's last sample has been taken."""
        return self._sampling.time_s((packet + 1) * self._packet_samples - 1)

    def _chunk(self, packet: int, n_packets: int, now_s: float) -> Chunk:
        first, n = packet * self._packet_samples, n_packets * self._packet_samples
        lost_before, self._next_sample = first - self._next_sample, first + n
        self._received += n
        self._lost += lost_before
        counts, data, times_s = self._readings(first, n)
        chunk = Chunk(self._info.id, counts, data, times_s, first, lost_before, now_s + self._person.start_s)
        self._tally.add(chunk)
        return chunk

    def _readings(self, first: int, n: int) -> tuple[NDArray[np.int32], Array, Array]:
        """Return counts, SI values and session times; whole blocks are made at once, packets are cut out of them."""
        size = self._block_samples
        ready = self._ready
        if ready is None or not ready.first <= first <= ready.end:
            ready = self._made(first // size * size, size)
        if first + n > ready.end:
            ready = ready.followed_by(self._made(ready.end, -(-(first + n - ready.end) // size) * size), first)
        self._ready = ready
        cut = slice(first - ready.first, first - ready.first + n)
        return ready.counts[cut], ready.data[cut], ready.times_s[cut]

    def _made(self, first: int, n: int) -> _Readings:
        times_s = self._sampling.times_s(first, n)
        data = self._person.sampled(self.name, self._sampling, first, n)
        data = self._signal.spoiled(data, first, times_s)
        counts = np.rint(data / self._scale).clip(*_RAILS).astype(np.int32)
        return _Readings(first, counts, counts.astype(np.float64) * self._scale, times_s + self._person.start_s)


@dataclass(frozen=True, slots=True)
class _Readings:
    """What a sensor read from a sample on, some of which may not have been sent yet."""

    first: int
    counts: NDArray[np.int32]
    data: Array
    times_s: Array

    @property
    def end(self) -> int:
        return self.first + len(self.times_s)

    def followed_by(self, later: _Readings, first: int) -> _Readings:
        """Return both in one, from sample ``first`` on."""
        kept = slice(first - self.first, None)
        counts, data = np.concatenate([self.counts[kept], later.counts]), np.concatenate([self.data[kept], later.data])
        return _Readings(first, counts, data, np.concatenate([self.times_s[kept], later.times_s]))


def simulated_devices(
    person: SimulatedPerson,
    exercise: Exercise | None = None,
    *,
    speed: float | None = 1.0,
    faults: Iterable[Fault] = (),
    emg_rate_hz: float = EMG_RATE_HZ,
    imu_rate_hz: float = IMU_RATE_HZ,
    load: bool = False,
) -> list[SimulatedDevice]:
    """Return a device for each placement of the exercise, on one clock.

    Parameters
    ----------
    person
        Who wears them.
    exercise
        Whose placements to use; the person's own if None.
    speed
        1 is real time, None as fast as it goes; see `ScriptClock`.
    faults
        Each on the placement it names.
    emg_rate_hz, imu_rate_hz
        Nominal sampling rates.
    load
        Add idle sensors, ``idle_1_emg`` and so on, up to 8 EMG and 6 IMU.

    Raises
    ------
    ValueError
        If a fault names a placement that is not there, or one its kind does not exist on.
    """
    placements = list((exercise or person.exercise).placements)
    if load:
        placements += _idle_placements(placements)
    faults = list(faults)
    for fault in faults:
        _check_fault(fault, placements)
    clock = ScriptClock(person, speed)
    rates_hz = {"emg": emg_rate_hz, "imu": imu_rate_hz}
    return [
        SimulatedDevice(person, placement, clock, rate_hz=rates_hz[placement.kind], faults=faults)
        for placement in placements
    ]


def _idle_placements(placements: list[Placement]) -> list[Placement]:
    idle: list[Placement] = []
    kinds: tuple[Literal["emg", "imu"], ...] = ("emg", "imu")
    for kind in kinds:
        present = sum(placement.kind == kind for placement in placements)
        for number in range(1, _REFERENCE_LOAD[kind] - present + 1):
            idle.append(Placement(id=f"idle_{number}_{kind}", kind=kind, place="idle", name=f"Idle {number}"))
    return idle


def _check_fault(fault: Fault, placements: list[Placement]) -> None:
    if fault.placement == EVERYWHERE:
        return
    kinds = {placement.id: placement.kind for placement in placements}
    if fault.placement not in kinds:
        raise ValueError(f"fault {fault.kind}: no sensor on {fault.placement!r}; there are {', '.join(kinds)}")
    if FAULTS[fault.kind].emg_only and kinds[fault.placement] != "emg":
        raise ValueError(f"fault {fault.kind}: {fault.placement!r} is not a muscle sensor")


_IMU_CHANNELS = (
    *(Channel(f"acc_{axis}", "acceleration", _ACCELERATION_SCALE, 0.0, *_RAILS) for axis in "xyz"),
    *(Channel(f"gyr_{axis}", "angular_velocity", _ANGULAR_VELOCITY_SCALE, 0.0, *_RAILS) for axis in "xyz"),
)
_EMG_CHANNELS = (Channel("emg", "emg", _EMG_SCALE, 0.0, *_RAILS),)
