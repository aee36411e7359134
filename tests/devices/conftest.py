from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from biofeedback.devices.base import Device, DeviceStatus
from biofeedback.devices.drivers.encoder import ProfiledEncoder
from biofeedback.devices.drivers.profiled import Batch
from biofeedback.devices.drivers.speech import Piece
from biofeedback.devices.drivers.speech import Speech as SpeechOf
from biofeedback.devices.links import Step
from biofeedback.devices.profile_file import load
from biofeedback.devices.profiles import Profile, Stream
from biofeedback.stream import Chunk, Event, host_time_s

GENERIC = """
id = "generic"
version = 1
name = "Everything a frame can have"
serial = { baudrate = 115200 }
sources = [{ facts = "made for tests", confidence = "inferred", reference = "nobody" }]

[[messages]]
id = "data"
length = 21
sync = [0xAA, 0x55]
counter = { at = 2, bits = [4, 4] }
timestamp = { at = 3, type = "u24le", tick_s = "1 / 32768" }
checksum = { kind = "crc", at = 19, type = "u16le", first = 0, last = 18, polynomial = 0x1021, initial = 0xB0CA }

[[streams]]
id = "mixed"
message = "data"
rate_hz = 128
channels = [
    { name = "big", quantity = "emg", at = 6, type = "i24be", scale = "1e-6 / 2" },
    { name = "ten_bits", quantity = "other", at = 9, type = "u16le", bits = [2, 10] },
    { name = "single", quantity = "other", at = 11, type = "f32le", scale = 0.5, offset = 1 },
    { name = "single_be", quantity = "other", at = 15, type = "f32be" },
]
"""


@pytest.fixture
def generic(tmp_path: Path) -> Profile:
    path = tmp_path / "generic.toml"
    path.write_text(GENERIC)
    return load(path)


@dataclass
class Gathered:
    """All batches of a decoder put together, by stream."""

    ticks: dict[str, NDArray[np.int64]]
    counts: dict[str, NDArray[Any]]

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, Gathered)
        mine, theirs = {**self.ticks, **_tagged(self.counts)}, {**other.ticks, **_tagged(other.counts)}
        return mine.keys() == theirs.keys() and all(
            np.array_equal(mine[name], theirs[name], equal_nan=True) for name in mine
        )


def _tagged(counts: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {f"counts of {name}": values for name, values in counts.items()}


@pytest.fixture(scope="session")
def gather() -> Callable[[list[Batch]], Gathered]:
    def together(batches: list[Batch]) -> Gathered:
        names = dict.fromkeys(name for batch in batches for name, rows in batch.streams.items() if len(rows.at))
        having = {name: [batch for batch in batches if name in batch.streams] for name in names}
        return Gathered(
            {name: np.concatenate([one.ticks[one.streams[name].at] for one in having[name]]) for name in names},
            {name: np.concatenate([one.streams[name].counts for one in having[name]]) for name in names},
        )

    return together


def random_si(stream: Stream, n_samples: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Return SI samples anywhere between the rails of each channel, shape (n_samples, n_channels)."""
    columns = []
    for channel in stream.channels:
        low, high = np.clip(channel.reach, -20_000, 20_000)
        made = channel.channel()
        columns.append(random.uniform(low, high, n_samples) * made.scale + made.offset)
    return np.stack(columns, axis=1)


@dataclass
class Speech:
    """Ticks of random samples as the bytes of a firmware, and the counts that they carry."""

    frames: list[bytes]
    counts: dict[str, NDArray[Any]]


@pytest.fixture(scope="session", name="random_si")
def _random_si() -> Callable[..., NDArray[np.float64]]:
    return random_si


@pytest.fixture(scope="session")
def speak() -> Callable[..., Speech]:
    def said(profile: Profile, n_ticks: int, seed: int = 0) -> Speech:
        encoder = ProfiledEncoder(profile)
        random = np.random.default_rng(seed)
        counts = {}
        for stream in profile.streams:
            due = encoder.due(stream, 0, n_ticks)
            counts[stream.id] = encoder.counts(stream, random_si(stream, len(due), random))
        return Speech(encoder.frames(counts, 0, n_ticks), counts)

    return said


GOLDEN = (5**0.5 - 1) / 2
MOST_COUNTS = 15_000
MOST_FLOAT = 1_500


@dataclass
class Truth:
    """What a device of a profile measures: at every tick other numbers, known beforehand."""

    profile: Profile
    speech: SpeechOf = field(init=False)

    def __post_init__(self) -> None:
        self.speech = SpeechOf(self.profile)

    def samples(self, stream: Stream, ticks: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return SI samples, shape (n_ticks, n_channels); all orientations have length 1."""
        channels = np.arange(len(stream.channels))
        share = np.abs(np.sin(ticks[:, None] * 12.9898 + channels * 78.233) * 43758.5453) % 1
        share[:, 0] = ticks * GOLDEN % 1  # no two ticks alike, also of one channel
        low = [-MOST_FLOAT if one.is_float else max(one.reach[0], -MOST_COUNTS) for one in stream.channels]
        high = [MOST_FLOAT if one.is_float else min(one.reach[1], MOST_COUNTS) for one in stream.channels]
        scale, offset = self.scale(stream), np.array([one.channel().offset for one in stream.channels])
        samples = (low + share * np.subtract(high, low)) * scale + offset
        if all(one.quantity == "orientation" for one in stream.channels):
            samples = share - 0.5
            samples[:, 0] = np.sqrt(1 - np.sum(samples[:, 1:] ** 2, axis=1))
        return samples

    def scale(self, stream: Stream) -> NDArray[np.float64]:
        return np.array([one.channel().scale for one in stream.channels])

    def step(self, stream: Stream) -> float:
        """Return the smallest difference that the device can send, in counts."""
        if stream.channels[0].is_float:  # of 24 bits, unless it says so
            largest = 1.0 if stream.channels[0].quantity == "orientation" else MOST_FLOAT
            return self.speech.steps.get(stream.id, 0.01 if stream.channels[0].type == "text" else largest / 2**23)
        return self.speech.steps.get(stream.id, 1.0)

    def source(self, from_s: float, n_ticks: int) -> dict[str, NDArray[np.float64]]:
        """Return samples as a virtual device wants them."""
        ticks = round(from_s * self.speech.encoder.rate_hz) + np.arange(n_ticks)
        return {stream.id: self.samples(stream, ticks) for stream in self.profile.streams}

    def due(self, stream: Stream, first_tick: int, n_ticks: int) -> NDArray[np.int64]:
        return self.speech.encoder.due(stream, first_tick, n_ticks)

    def counts(self, first_tick: int, n_ticks: int) -> dict[str, NDArray[Any]]:
        """Return what the device sends: rounded to its counts, at the ticks that are due."""
        made = {}
        for stream in self.profile.streams:
            samples = self.samples(stream, self.due(stream, first_tick, n_ticks))
            made[stream.id] = self.speech.encoder.counts(stream, samples)
        return made

    def pieces(self, first_tick: int, n_ticks: int) -> list[Piece]:
        return self.speech.pieces(self.counts(first_tick, n_ticks), first_tick, n_ticks)

    def ticks_of(self, stream: Stream, chunks: list[Chunk], first_tick: int, n_ticks: int) -> NDArray[np.int64]:
        """Return the tick at which each received sample was taken; -1 for one that no tick has within a count."""
        due = self.due(stream, first_tick, n_ticks)
        truth = self.samples(stream, due)
        size = np.abs(self.scale(stream)) * self.step(stream)
        received = np.concatenate([chunk.data for chunk in chunks])
        whole = np.isfinite(received).all(axis=1)
        apart, at = cKDTree(truth / size).query(np.where(whole[:, None], received, 0.0) / size, p=np.inf)
        return np.where(whole & (apart <= 1.0), due[at], -1)


@pytest.fixture(scope="session", name="known")
def _known() -> type[Truth]:
    return Truth


@dataclass
class ListSink:
    """Keeps what a device gives, and when."""

    chunks: list[Chunk] = field(default_factory=list)
    statuses: list[tuple[float, DeviceStatus]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    took_s: float = 0.0

    def chunk(self, chunk: Chunk) -> None:
        self.chunks.append(chunk)

    def status(self, status: DeviceStatus) -> None:
        self.statuses.append((host_time_s(), status))

    def event(self, event: Event) -> None:
        self.events.append(event)

    def of(self, stream: str) -> list[Chunk]:
        return [chunk for chunk in self.chunks if chunk.stream == stream]


@pytest.fixture
def sink() -> ListSink:
    return ListSink()


@pytest.fixture(scope="session")
def hurried() -> Callable[[Profile], Profile]:
    """Shorten the pauses that real boards need."""

    def quick(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(replace(step, wait_s=min(step.wait_s, 0.02)) for step in steps)

    def of(profile: Profile) -> Profile:
        said = profile.dialogue
        dialogue = replace(said, open=quick(said.open), start=quick(said.start), stop=quick(said.stop))
        settings = tuple(
            replace(setting, options=tuple(replace(option, steps=quick(option.steps)) for option in setting.options))
            for setting in profile.settings
        )
        return replace(profile, dialogue=dialogue, settings=settings)

    return of


def least(rate_hz: float, seconds: float) -> float:
    """Return how many samples must have come in a while: some may still be on their way, but not all."""
    return max(2.0, seconds * rate_hz - 13)


@pytest.fixture(scope="session")
def listen() -> Callable[..., Awaitable[list[ListSink]]]:
    """Open all devices, then let them stream until each has sent what it should in a while."""

    async def until_over(devices: list[Device], seconds: float) -> list[ListSink]:
        sinks = [ListSink() for _ in devices]

        def missing() -> bool:
            return any(
                sum(len(chunk) for chunk in sink.of(info.id)) < least(info.sampling_rate_hz, seconds)
                for device, sink in zip(devices, sinks, strict=True)
                for info in device.streams
            )

        try:
            await asyncio.gather(*(device.open() for device in devices))
            tasks = [asyncio.create_task(device.run(sink)) for device, sink in zip(devices, sinks, strict=True)]
            began_s = host_time_s()
            while missing() and host_time_s() < began_s + 60:  # long for a busy machine
                await asyncio.sleep(0.1)
            for sink in sinks:
                sink.took_s = host_time_s() - began_s
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            for device in devices:
                await device.close()
        return sinks

    return until_over


@pytest.fixture(scope="session")
def assert_understood() -> Callable[[Truth, ListSink, float], None]:
    """Check that what came in a while is what was said: in full, within one count, in step with the device's rate."""

    def check(truth: Truth, sink: ListSink, seconds: float) -> None:
        assert {chunk.stream for chunk in sink.chunks} == {f"limb/{stream.id}" for stream in truth.profile.streams}
        for stream in truth.profile.streams:
            chunks = sink.of(f"limb/{stream.id}")
            n_ticks = int(max(10, sink.took_s + 5) * truth.speech.encoder.rate_hz)
            ticks = truth.ticks_of(stream, chunks, 0, n_ticks)
            assert (ticks >= 0).all()
            assert np.unique(np.diff(ticks)).tolist() in ([], [np.diff(truth.due(stream, 0, n_ticks))[0]])
            assert len(ticks) >= least(stream.rate_hz, seconds)
            times_s = np.concatenate([chunk.times_s for chunk in chunks])
            assert (np.diff(times_s) > 0).all()
            if sink.took_s < 1.3 * seconds:  # else this machine is too busy for a firmware that keeps its pace
                assert sum(chunk.lost_before for chunk in chunks) == 0
                assert np.ptp(times_s) == pytest.approx((len(times_s) - 1) / stream.rate_hz, rel=0.1, abs=0.05)

    return check
