"""Devices on the network against a virtual server: real sockets, one connection or two, rates that are asked for."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from biofeedback.devices.asked import AskedDevice
from biofeedback.devices.base import DeviceError
from biofeedback.devices.profiles import Profile
from biofeedback.devices.registry import load_profile, make_device
from biofeedback.devices.transports.base import LinkLostError
from biofeedback.devices.transports.tcp import TcpTransport
from biofeedback.devices.virtual_tcp import VirtualTcpDevice

TRIGNO = load_profile("delsys-trigno")


def hurried(profile: Profile) -> Profile:
    said = profile.dialogue
    steps = {name: tuple(replace(step, wait_s=min(step.wait_s, 0.05)) for step in getattr(said, name))
             for name in ("open", "start", "stop")}  # fmt: skip
    return replace(profile, dialogue=replace(said, **steps), settings=())


def telling(profile: Profile, samples: str, interval: str = "0.0135\r\n\r\n") -> Profile:
    """Return the profile of a server that answers the questions for its rate so."""
    assert profile.tcp is not None
    query = profile.tcp.rates[0]
    query = replace(query, samples=replace(query.samples, example=samples))
    query = replace(query, interval=replace(query.interval, example=interval))
    return replace(profile, tcp=replace(profile.tcp, rates=(query, *profile.tcp.rates[1:])))


def waves(profile: Profile):
    """Sines a channel; the numbers of a sample are never those of another."""
    rate_hz = max(stream.rate_hz for stream in profile.streams)

    def source(from_s: float, n_ticks: int):
        times_s = from_s + np.arange(n_ticks) / rate_hz
        made = {}
        for stream in profile.streams:
            scale = np.array([channel.channel().scale for channel in stream.channels])
            made[stream.id] = 0.01 * scale * np.sin(6.1 * times_s[:, None] + np.arange(len(scale)))
        return made

    return source


async def until(condition: Callable[[], object], within_s: float = 8.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running(device, sink):
    await device.open()
    task = asyncio.create_task(device.run(sink))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await device.close()


def assert_is_what_was_sent(virtual: VirtualTcpDevice, stream: str, chunks) -> None:
    received = np.concatenate([chunk.counts for chunk in chunks])
    sent = np.array(list(virtual.sent.counts[stream].values()))
    (begin,) = np.flatnonzero((sent == received[0]).all(axis=1))
    np.testing.assert_array_equal(received, sent[begin : begin + len(received)])


def test_rate_is_the_one_the_server_tells():
    profile = hurried(TRIGNO)
    spoken = telling(profile, "MAX SAMPLES EMG 27\r\n\r\n")

    async def check(port: str) -> float:
        device = make_device(profile, port)
        assert isinstance(device, AskedDevice)
        assert device.streams[0].sampling_rate_hz == pytest.approx(1925.93, abs=0.01)
        await device.open()
        await device.close()
        return device.streams[0].sampling_rate_hz

    with VirtualTcpDevice(spoken, waves(profile)) as virtual:
        assert asyncio.run(check(virtual.port)) == pytest.approx(2000, abs=0.01)


@pytest.mark.parametrize("answer", ["CANNOT COMPLETE\r\n\r\n", "0\r\n\r\n"])
def test_server_that_tells_no_rate_is_refused(answer):
    profile = hurried(TRIGNO)

    async def check(port: str) -> None:
        device = make_device(profile, port)
        with pytest.raises(DeviceError, match="to 'MAX SAMPLES EMG': a rate was asked for"):
            await device.open()
        await device.close()

    with VirtualTcpDevice(telling(profile, answer), waves(profile)) as virtual:
        asyncio.run(check(virtual.port))


def test_server_that_goes_and_comes_back_goes_on_aligned(sink):
    profile = hurried(TRIGNO)

    async def check(virtual: VirtualTcpDevice) -> None:
        async with running(make_device(profile, virtual.port, "limb"), sink):
            await until(lambda: len(sink.chunks) > 5)
            virtual.unplug()
            await until(lambda: sink.statuses[-1][1].state == "lost")
            n_before = len(sink.chunks)
            virtual.plug()
            await until(lambda: len(sink.chunks) > n_before + 20)

    with VirtualTcpDevice(profile, waves(profile), remember=True) as virtual:
        asyncio.run(check(virtual))
    chunks = sink.of("limb/emg")
    (gap,) = [chunk for chunk in chunks if chunk.lost_before]
    assert_is_what_was_sent(virtual, "emg", chunks[chunks.index(gap) :])
    assert sink.statuses[-1][1].reconnects == 1


def test_discarded_input_leaves_whole_units():
    async def check(listener: socket.socket) -> list[bytes]:
        transport = TcpTransport("127.0.0.1", {"": listener.getsockname()[1]}, {"": 4})
        await transport.open()
        server, _ = listener.accept()
        heard: list[bytes] = []
        with server:
            server.sendall(b"abcdefg")  # one unit, and three bytes of the next
            heard.append((await transport.read()).data)
            transport.discard_input()
            server.sendall(b"h0123")
            heard.append((await transport.read()).data)
            server.sendall(b"456789")
            await asyncio.sleep(0.05)
            transport.discard_input()
            server.sendall(b"A")
            await asyncio.sleep(0.05)
            server.sendall(b"B")
            await asyncio.sleep(0.05)
            server.sendall(b"CDEF")
            heard.append((await transport.read()).data)
        with pytest.raises(LinkLostError, match="has closed the connection"):
            await transport.read()
        await transport.close()
        with pytest.raises(LinkLostError):
            await transport.write(b"x")
        return heard

    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert asyncio.run(check(listener)) == [b"abcdefg", b"0123", b"CDEF"]


def test_servers_that_cannot_be_reached_are_named():
    async def opening(port: str) -> str:
        with pytest.raises(DeviceError) as caught:
            await make_device(hurried(TRIGNO), port).open()
        return str(caught.value)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    assert "Nobody answers on 127.0.0.1" in asyncio.run(opening(f"tcp:127.0.0.1:{free}"))
    assert "is no known computer" in asyncio.run(opening("tcp:no.such.computer.invalid"))


@pytest.mark.parametrize(
    ("name", "port", "problem"),
    [
        ("openbci-cyton", "tcp:10.0.0.1", "does not speak over TCP"),
        ("delsys-trigno", "tcp:", "is no address"),
        ("delsys-trigno", "tcp:host:many", "is no address"),
    ],
)
def test_address_that_does_not_fit(name, port, problem):
    with pytest.raises(DeviceError, match=problem):
        make_device(load_profile(name), port)


def test_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(DeviceError, match=f"Port {number} is taken"):
            VirtualTcpDevice(TRIGNO, waves(TRIGNO), number).plug()
    with pytest.raises(DeviceError, match="does not speak over TCP"):
        VirtualTcpDevice(load_profile("bno08x-rvc"), waves(TRIGNO))
