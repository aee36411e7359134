"""Every profile on a link that misbehaves, in simulated time: bytes with faults → device → chunks → the truth.

What a fault may cost follows from what the firmware sends. A loss is exact where frames are numbered (by a counter, or
by the device's time) and is told by the arrivals elsewhere; a damaged value is refused where there is a check.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pytest

from biofeedback.devices.frame_layout import factor
from biofeedback.devices.links import Dialogue
from biofeedback.devices.profiled import ProfiledDevice
from biofeedback.devices.registry import profile_folders, profiles
from biofeedback.devices.transports.base import LinkCondition, Received

SECONDS = 2.2
READ_EVERY_S = 0.02
BEGAN_S = 1000.0
PROFILES = {name: one.configured() for name, one in profiles((profile_folders()[0],)).items()}
EVERY_PROFILE = pytest.mark.parametrize("name", list(PROFILES))


class Script:
    """A transport whose pieces are written down beforehand, with the times at which they arrive."""

    name = "a script"
    condition = LinkCondition()

    def __init__(self, pieces: list[Received]) -> None:
        self._pieces = iter(pieces)
        self.over = asyncio.Event()

    async def read(self) -> Received:
        if (piece := next(self._pieces, None)) is not None:
            return piece
        self.over.set()
        return await asyncio.Event().wait()  # pyright: ignore[reportReturnType]

    async def open(self) -> None: ...

    async def write(self, data: bytes, to: str = "") -> None: ...

    def discard_input(self) -> None: ...

    async def close(self) -> None: ...


@dataclass
class Link:
    """What goes wrong on the way, and what was sent, as (tick, origin, bytes)."""

    rate_error: float = 0.0
    silence_s: tuple[float, float] = (0.0, 0.0)
    held_back_s: tuple[float, float] = (0.0, 0.0)
    dropped: float = 0.0
    duplicated: float = 0.0
    damaged: float = 0.0
    garbage: float = 0.0
    n_faults: int = field(default=0, init=False)

    def taken_s(self, ticks, rate_hz: float):
        """Return when ticks, counted from the first, were sampled."""
        return BEGAN_S + np.asarray(ticks) / (rate_hz * (1 + self.rate_error))

    def carry(self, pieces, first_tick: int, rate_hz: float, in_packets: bool, random) -> list[Received]:
        taken_s = self.taken_s([piece.tick - first_tick for piece in pieces], rate_hz)
        ready_s = (taken_s + random.exponential(0.001, len(pieces))).tolist()
        took = random.random((len(pieces), 4)) < [self.dropped, self.duplicated, self.damaged, self.garbage]
        arrived: list[Received] = []
        last_s = 0.0
        for piece, at_s, (dropped, duplicated, damaged, garbage) in zip(pieces, ready_s, took.tolist(), strict=True):
            if dropped or self.silence_s[0] <= at_s - BEGAN_S < self.silence_s[1]:
                self.n_faults += 1
                continue
            if 0 < (waits_s := self.held_back_s[1] - (at_s - BEGAN_S)) < self.held_back_s[1] - self.held_back_s[0]:
                at_s += 0.7 * waits_s  # what waited comes in a rush, but not at once
            last_s = max(last_s, at_s)
            data = bytearray(piece.data)
            if damaged:
                data[int(random.integers(len(data)))] ^= 1 << int(random.integers(8))
            self.n_faults += duplicated + damaged + garbage
            rubbish = random.bytes(int(random.integers(1, 60))) if garbage else b""
            arrived += [Received(rubbish + bytes(data), last_s, piece.origin)] * (1 + duplicated)
        return arrived if in_packets else _joined(arrived)


def _joined(pieces: list[Received]) -> list[Received]:
    """Return what a port gives that is read now and then."""
    reads: dict[tuple[int, str], list[Received]] = {}
    for piece in pieces:
        reads.setdefault((int(piece.arrived_s / READ_EVERY_S), piece.origin), []).append(piece)
    return [
        Received(b"".join(one.data for one in read), read[-1].arrived_s, origin) for (_, origin), read in reads.items()
    ]


@cache
def spoken(known, name: str, first_tick: int):
    truth = known(PROFILES[name])
    n_ticks = int(SECONDS * truth.speech.encoder.rate_hz)
    return truth, truth.speech.greeting(), truth.pieces(first_tick, n_ticks), n_ticks


@dataclass
class Heard:
    """What a device made of it: for each stream the chunks, and the tick that each sample was taken at."""

    profile: object
    truth: object
    link: Link
    first_tick: int
    chunks: dict
    ticks: dict
    n_sent: dict

    def errors_s(self, stream):
        """Return how wrong the times are, shape (n_samples,), but for the shortest delay of the link."""
        given_s = np.concatenate([chunk.times_s for chunk in self.chunks[stream.id]])
        rate_hz = self.truth.speech.encoder.rate_hz
        wrong_s = given_s - self.link.taken_s(self.ticks[stream.id] - self.first_tick, rate_hz)
        return wrong_s - np.median(wrong_s)

    def numbers(self, stream):
        """Return the index of each sample, and the index it should have, both from the first one on."""
        given = np.concatenate([chunk.first_sample + np.arange(len(chunk)) for chunk in self.chunks[stream.id]])
        every = round(self.truth.speech.encoder.rate_hz / stream.rate_hz)
        return given - given[0], (self.ticks[stream.id] - self.ticks[stream.id][0]) // every


def hear(known, sink, name: str, link: Link, first_tick: int = 0, seed: int = 1) -> Heard:
    truth, greeting, pieces, n_ticks = spoken(known, name, first_tick)
    profile = truth.profile
    random = np.random.default_rng(seed)
    first = [Received(piece.data, BEGAN_S, piece.origin) for piece in greeting]
    script = link.carry(pieces, first_tick, truth.speech.encoder.rate_hz, profile.ble is not None, random)

    async def run() -> None:
        transport = Script([*first, *script])
        task = asyncio.create_task(ProfiledDevice(replace(profile, dialogue=Dialogue()), transport, "x").run(sink))
        await transport.over.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(run())
    chunks = {stream.id: sink.of(f"x/{stream.id}") for stream in profile.streams}
    ticks = {s.id: truth.ticks_of(s, chunks[s.id], first_tick, n_ticks) for s in profile.streams}
    n_sent = {stream.id: len(truth.due(stream, first_tick, n_ticks)) for stream in profile.streams}
    for parts in chunks.values():
        assert_continuous(parts)
    return Heard(profile, truth, link, first_tick, chunks, ticks, n_sent)


def assert_continuous(chunks) -> None:
    """Indices and times go on from chunk to chunk, lost samples counted."""
    expected = 0
    for chunk in chunks:
        assert chunk.first_sample == expected + chunk.lost_before
        expected = chunk.first_sample + len(chunk)
    assert (np.diff(np.concatenate([chunk.times_s for chunk in chunks])) > 0).all()


def is_numbered(profile, stream) -> bool:
    messages = [profile.message(name) for name in stream.messages]
    return all(message.counter is not None or message.timestamp is not None for message in messages)


def longest_packet(heard: Heard, stream) -> int:
    """Return how many samples one notification carries at most."""
    return max(len(chunk) for chunk in heard.chunks[stream.id]) if heard.profile.ble else 2


@EVERY_PROFILE
def test_rate_that_is_wrong_puts_no_sample_elsewhere(known, sink, name):
    heard = hear(known, sink, name, Link(rate_error=0.02))
    for stream in heard.profile.streams:
        given, true = heard.numbers(stream)
        np.testing.assert_array_equal(given, true)
        assert heard.n_sent[stream.id] - len(true) <= max(13, 0.02 * stream.rate_hz)  # at both ends
        assert np.abs(heard.errors_s(stream)).max() < 0.040


@EVERY_PROFILE
def test_held_back_samples_are_put_where_they_belong(known, sink, name):
    heard = hear(known, sink, name, Link(rate_error=200e-6, held_back_s=(1.0, 1.5)))
    for stream in heard.profile.streams:
        given, true = heard.numbers(stream)
        np.testing.assert_array_equal(given, true)
        assert np.abs(heard.errors_s(stream)).max() < READ_EVERY_S


@EVERY_PROFILE
def test_silence_is_counted(known, sink, name):
    heard = hear(known, sink, name, Link(rate_error=-200e-6, silence_s=(1.0, 1.7)))
    for stream in heard.profile.streams:
        given, true = heard.numbers(stream)
        assert (np.diff(true) > 0).all()
        assert np.diff(true).max() > 0.6 * stream.rate_hz
        slack = 0 if is_numbered(heard.profile, stream) else 1 + 0.01 * stream.rate_hz
        assert np.abs(given - true).max() <= slack
        assert np.abs(heard.errors_s(stream)).max() < READ_EVERY_S


@EVERY_PROFILE
def test_lost_pieces_cost_only_themselves(known, sink, name):
    heard = hear(known, sink, name, Link(dropped=0.03))
    for stream in heard.profile.streams:
        given, true = heard.numbers(stream)
        assert (heard.ticks[stream.id] >= 0).all()
        assert (np.diff(true) > 0).all()
        most = 2 * heard.link.n_faults * longest_packet(heard, stream)
        assert heard.n_sent[stream.id] - len(true) <= most + 13
        if is_numbered(heard.profile, stream):
            np.testing.assert_array_equal(given, true)


@EVERY_PROFILE
def test_repeated_pieces_are_seen_where_frames_are_numbered(known, sink, name):
    heard = hear(known, sink, name, Link(duplicated=0.05, rate_error=-0.02))
    for stream in heard.profile.streams:
        given, true = heard.numbers(stream)
        assert (heard.ticks[stream.id] >= 0).all()
        if is_numbered(heard.profile, stream):
            np.testing.assert_array_equal(given, true)
            assert np.abs(heard.errors_s(stream)).max() < 0.040
        else:
            assert np.count_nonzero(np.diff(true) <= 0) <= heard.link.n_faults


@EVERY_PROFILE
def test_damage_is_refused_where_there_is_a_check(known, sink, name):
    on_a_wire = PROFILES[name].serial is not None  # a network or a radio adds no bytes of its own
    heard = hear(known, sink, name, Link(damaged=0.02, garbage=0.02 if on_a_wire else 0.0))
    for stream in heard.profile.streams:
        ticks = heard.ticks[stream.id]
        checks = [heard.profile.message(message).checksum for message in stream.messages]
        let_through = max(2.0 ** -(check.n_bits if check else 0) for check in checks)
        n_wrong = np.count_nonzero(ticks < 0)
        assert n_wrong <= int(2 * let_through * heard.link.n_faults * longest_packet(heard, stream))
        assert (np.diff(ticks[ticks >= 0]) > 0).all()
        most = 5 * heard.link.n_faults * longest_packet(heard, stream)
        assert heard.n_sent[stream.id] - len(ticks) <= most + 13
        given, true = heard.numbers(stream)
        if n_wrong == 0 and all(checks) and is_numbered(heard.profile, stream):
            np.testing.assert_array_equal(given, true)


def wraps(profile, rate_hz: float) -> list[int]:
    """Return the ticks at which a counter or a time of the profile begins anew."""
    found = []
    for message in profile.messages:
        if message.counter:
            found.append(1 << message.counter.n_bits)
        if message.timestamp and message.timestamp.n_bits < 60:
            found.append(int((1 << message.timestamp.n_bits) * factor(message.timestamp.tick_s) * rate_hz))
    return found


NUMBERED = [name for name, one in PROFILES.items() if wraps(one, 1.0)]


@pytest.mark.parametrize("name", NUMBERED)
def test_counters_and_times_begin_anew(known, sink, name):
    rate_hz = known(PROFILES[name]).speech.encoder.rate_hz
    for wrap in wraps(PROFILES[name], rate_hz):
        period = 240
        first_tick = max(wrap - int(SECONDS * rate_hz / 2), 0) // period * period
        sink.chunks.clear()
        heard = hear(known, sink, name, Link(), first_tick)
        for stream in heard.profile.streams:
            given, true = heard.numbers(stream)
            np.testing.assert_array_equal(given, true)
            assert np.abs(heard.errors_s(stream)).max() < READ_EVERY_S
