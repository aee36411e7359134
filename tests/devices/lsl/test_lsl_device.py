"""Real outlets of liblsl, read by the real inlet: what was sent is what comes, on the host clock."""

from __future__ import annotations

import asyncio
import sys
import threading

import numpy as np
import pytest

from biofeedback.devices import lsl as device
from biofeedback.devices import virtual_lsl
from biofeedback.devices.base import DeviceError
from biofeedback.devices.lsl import LslDevice
from biofeedback.devices.registry import find_device, load_profile, profiles
from biofeedback.devices.transports import lsl_streams
from biofeedback.devices.transports.lsl import LslLink
from biofeedback.devices.transports.lsl_streams import library
from biofeedback.devices.virtual_lsl import VirtualLslDevice
from biofeedback.stream import host_time_s

IMU = [(f"{kind}_{axis}", "", unit) for kind, unit in (("acc", "g"), ("gyr", "deg/s")) for axis in "xyz"]


def waves(profile):
    """Sines a channel; the numbers of a sample are never those of another."""
    rate_hz = max(stream.rate_hz * stream.every for stream in profile.streams)

    def source(from_s: float, n_ticks: int):
        times_s = from_s + np.arange(n_ticks) / rate_hz
        made = {}
        for stream in profile.streams:
            channels = [channel.channel() for channel in stream.channels]
            scale, offset = np.array([one.scale for one in channels]), np.array([one.offset for one in channels])
            swing = np.sin(6.1 * times_s[:, None] + np.arange(len(scale))) + 0.1 * times_s[:, None]
            made[stream.id] = 100 * scale * swing + offset
        return made

    return source


class Sender:
    """Pushes rows into an outlet at a rate, stamped as they are due, until it is stopped."""

    def __init__(self, outlet, n_channels: int, rate_hz: float, clock, stamp=lambda taken: taken) -> None:
        self._outlet, self._rate_hz, self._clock, self._stamp = outlet, rate_hz, clock, stamp
        self._n_channels = n_channels
        self._stopping = threading.Event()
        self.skip: set[int] = set()
        self.sent: dict[int, float] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Sender:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._outlet = None

    def _run(self) -> None:
        began = self._clock()
        number = 0
        while not self._stopping.wait(0.004):
            while number < (self._clock() - began) * self._rate_hz:
                if number not in self.skip:
                    taken = began + number / self._rate_hz
                    self.sent[number] = taken
                    self._outlet.push_sample([number, *[0.5] * (self._n_channels - 1)], self._stamp(taken))
                number += 1


@pytest.mark.parametrize("name", ["openbci-cyton", "movella-dot"])
def test_what_a_simulated_device_says_is_understood(name, pylsl, sink, until, running):
    profile = load_profile(name)
    device = LslDevice("limb 'of' a <person>", "limb")

    async def check() -> None:
        async with running(device, sink):
            await until(lambda: min(len(sink.of(info.id)) for info in device.streams) > 10)
            await asyncio.sleep(0.3)

    with VirtualLslDevice(profile, waves(profile), "limb 'of' a <person>", remember=True) as virtual:
        asyncio.run(check())
    offset_s = host_time_s() - pylsl.local_clock()
    ready = profile.configured()
    spoken = {frozenset(c.name for c in stream.channels): stream for stream in ready.streams}
    heard = {frozenset(c.name for c in info.channels): info for info in device.streams}
    assert heard.keys() == spoken.keys()
    for names, stream in spoken.items():
        info, truth = heard[names], ready.stream_infos("x")[ready.streams.index(stream)]
        chunks = sink.of(info.id)
        assert [c.quantity for c in info.channels] == [c.quantity for c in truth.channels]
        assert info.sampling_rate_hz == stream.rate_hz
        assert sum(chunk.lost_before for chunk in chunks) == 0
        ticks = np.array(list(virtual.sent.counts[stream.id]))
        counts = np.array(list(virtual.sent.counts[stream.id].values()))
        data, times_s = np.vstack([c.data for c in chunks]), np.concatenate([c.times_s for c in chunks])
        error = np.abs(truth.to_si(counts)[:, None, :] - data[None, :1]).max(axis=(1, 2))
        begin = int(np.argmin(error))
        np.testing.assert_allclose(data, truth.to_si(counts)[begin : begin + len(data)], rtol=1e-12, atol=1e-15)
        fastest_hz = max(one.rate_hz * one.every for one in ready.streams)
        taken_s = virtual.began_s + ticks[begin : begin + len(data)] / fastest_hz + offset_s
        np.testing.assert_allclose(times_s, taken_s, rtol=0, atol=0.002)


def test_stamps_of_another_computers_clock_are_put_on_the_host_clock(pylsl, outlet, sink, until, running):
    """A sender whose clock is not its LSL clock: only arrivals tell, and it is said."""
    sender = Sender(outlet("Elsewhere", "IMU", IMU), 6, 100.0, pylsl.local_clock, stamp=lambda taken: taken + 1e6)

    async def check() -> None:
        async with running(LslDevice("Elsewhere", "limb"), sink):
            await until(lambda: len(sink.chunks) > 40)
            await until(lambda: "the sender's clock is not known" in sink.statuses[-1][1].detail)

    with sender:
        asyncio.run(check())
    offset_s = host_time_s() - pylsl.local_clock()
    for chunk in sink.chunks[20:]:
        for number, time_s in zip(chunk.counts[:, 0], chunk.times_s, strict=True):
            assert sender.sent[int(number)] + offset_s - 0.002 < time_s < sender.sent[int(number)] + offset_s + 0.05


def test_samples_that_the_sender_left_out_are_counted(pylsl, outlet, sink, until, running):
    sender = Sender(outlet("Gaps", "IMU", IMU, 400.0), 6, 400.0, pylsl.local_clock)

    async def check() -> None:
        async with running(LslDevice("Gaps"), sink):
            await until(lambda: sum(map(len, sink.chunks)) > 90)
            numbers = {max(sender.sent) + ahead for ahead in (50, 51, 52, 80)}
            sender.skip = numbers
            await until(lambda: max(sender.sent) > max(numbers) + 20)

    with sender:
        asyncio.run(check())
    assert [chunk.lost_before for chunk in sink.chunks if chunk.lost_before] == [3, 1]
    first = sink.chunks[0].counts[0, 0] - sink.chunks[0].first_sample
    assert all(chunk.counts[0, 0] - chunk.first_sample == first for chunk in sink.chunks)


def test_outlet_that_goes_and_comes_back_is_one_run(outlet, pylsl, sink, until, running):
    async def check() -> None:
        with Sender(outlet("Away", "EMG", [("biceps", "", "uV")], 500.0), 1, 500.0, pylsl.local_clock):
            device = LslDevice("Away", "arm")
            await device.open()
            task = asyncio.create_task(device.run(sink))
            await until(lambda: len(sink.chunks) > 20)
        gone_s = host_time_s()
        await until(lambda: sink.statuses[-1][1].state == "lost")
        assert sink.statuses[-1][0] - gone_s < 1.0
        n_before = len(sink.chunks)
        with Sender(outlet("Away", "EMG", [("biceps", "", "uV")], 500.0), 1, 500.0, pylsl.local_clock):
            await until(lambda: len(sink.chunks) > n_before + 20)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await device.close()

    asyncio.run(check())
    (gap,) = [chunk for chunk in sink.chunks if chunk.lost_before]
    before = sink.chunks[sink.chunks.index(gap) - 1]
    assert gap.lost_before / 500 == pytest.approx(gap.times_s[0] - before.times_s[-1], abs=0.02)
    assert (np.diff(np.concatenate([chunk.times_s for chunk in sink.chunks])) > 0).all()
    assert sink.statuses[-1][1].reconnects == 1


def test_outlet_that_comes_back_as_something_else_is_not_taken(outlet, pylsl, sink, until, running):
    async def check() -> None:
        with Sender(outlet("Other", "EMG", [("biceps", "", "uV")]), 1, 100.0, pylsl.local_clock):
            device = LslDevice("Other", "arm")
            await device.open()
            task = asyncio.create_task(device.run(sink))
            await until(lambda: len(sink.chunks) > 5)
        with Sender(outlet("Other", "EMG", [("triceps", "", "mV")]), 1, 100.0, pylsl.local_clock):
            await until(lambda: "now sends other streams" in sink.statuses[-1][1].detail)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await device.close()

    asyncio.run(check())
    assert sink.statuses[-1][1].state == "lost"


def test_irregular_streams_have_the_rate_that_is_seen(pylsl, outlet, sink, until, running):
    device = LslDevice("Phone")
    made = outlet("Phone", "Accelerometer", [(axis, "", "m/s^2") for axis in "xyz"], 0.0, "double64")

    async def check() -> None:
        async with running(device, sink):
            await until(lambda: len(sink.chunks) > 10)
            await until(lambda: sink.statuses[-1][1].detail.startswith("Receiving"))

    with Sender(made, 3, 60.0, pylsl.local_clock):
        del made
        asyncio.run(check())
    (info,) = device.streams
    assert info.id == "phone/accelerometer"
    assert info.sampling_rate_hz == pytest.approx(60, rel=0.1)
    assert "irregular samples" in sink.statuses[-1][1].detail
    assert sum(chunk.lost_before for chunk in sink.chunks) == 0


def test_whole_numbers_stay_counts_and_what_is_no_number_is_missing(pylsl, outlet, sink, until, running):
    whole = outlet("Mixed", "EMG", [("a", "", "uV"), ("b", "", "")], 100.0, "int16")
    broken = outlet("Mixed", "Force", [("a", "", "N"), ("b", "", "N")], 100.0)

    async def check() -> None:
        async with running(LslDevice("Mixed"), sink):
            broken.push_sample([float("inf"), float("nan")])
            await until(lambda: sink.of("mixed/force") and len(sink.of("mixed/emg")) > 3)

    async def late() -> None:
        task = asyncio.create_task(check())
        while not task.done():
            whole.push_sample([7, -7])
            broken.push_sample([1.0, 2.0])
            await asyncio.sleep(0.01)
        await task

    asyncio.run(late())
    emg = sink.of("mixed/emg")[0]
    assert emg.counts.dtype == np.int32
    assert emg.data[0] == pytest.approx([7e-6, -7.0])
    force = np.vstack([chunk.data for chunk in sink.of("mixed/force")])
    assert np.isnan(force).all(axis=1).any()
    assert not np.isinf(force).any()


def test_mistakes_are_one_line_that_says_what_to_do(outlet, pylsl, monkeypatch):
    monkeypatch.setattr(lsl_streams, "_FOUND_WITHIN_S", 1.5)
    monkeypatch.setattr(device, "_FIRST_SAMPLES_WITHIN_S", 0.5)
    kept = [
        outlet("Twice", "EMG", [("a", "", "uV")], id="left arm"),
        outlet("Twice", "EMG", [("a", "", "uV")], id="right arm"),
        outlet("Words", "Markers", [("a", "", "")], 0.0, "string"),
        outlet("Mute", "EMG", [("a", "", "uV")]),
        outlet("Crowd", "EMG", [("a", "", "uV")] * 1025),
    ]

    async def opening(port: str) -> str:
        opened = find_device("", port)
        with pytest.raises(DeviceError) as caught:
            await opened.open()
        await opened.close()
        return str(caught.value)

    async def check() -> list[str]:
        return await asyncio.gather(*map(opening, ["lsl:Twice", "lsl:Words", "lsl:Mute", "lsl:Crowd", "lsl:Nobody"]))

    twice, words, mute, crowd, nobody = asyncio.run(check())
    assert "lsl:left arm" in twice
    assert "lsl:right arm" in twice
    assert "only text" in words
    assert "sends no samples (EMG)" in mute
    assert "1025 channels" in crowd
    assert "was not found" in nobody
    assert all("\n" not in line for line in (twice, words, mute, crowd, nobody))
    with pytest.raises(DeviceError, match="names no stream"):
        find_device("", "lsl:")
    del kept


def test_source_id_chooses_one_of_two(outlet, pylsl, until):
    left, right = (outlet("Both", "EMG", [("a", "", "uV")], id=side) for side in ("both, left", "both, right"))

    async def check() -> float:
        link = LslLink("both, right")
        await link.open()
        left.push_sample([1.0])
        right.push_sample([2.0])
        value = (await link.read()).values[0, 0]
        await link.close()
        return value

    assert asyncio.run(check()) == 2.0


def test_without_the_library_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pylsl", None)
    with pytest.raises(DeviceError, match="pip install pylsl"):
        library()


def test_every_profile_can_stand_on_the_network():
    """Each stream of a device has a type of its own under the one name: otherwise it could not be told apart."""
    for name, profile in profiles().items():
        types: list[str] = []
        for info in profile.stream_infos(name):
            types.append(virtual_lsl._type_of(info, types))
        assert len(types) == len(set(types)), name
