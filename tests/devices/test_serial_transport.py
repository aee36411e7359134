"""The real serial transport on pseudo-terminals: at once, in order, and with plain words when something is wrong."""

from __future__ import annotations

import asyncio
import os
import sys
import time

import pytest

from biofeedback.devices.base import DeviceError
from biofeedback.devices.transports.base import LinkLostError
from biofeedback.devices.transports.serial import SerialTransport
from biofeedback.stream import host_time_s

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals need Linux or macOS")


@pytest.fixture
def ends():
    import tty

    master, slave = os.openpty()
    tty.setraw(slave)
    open_ends = {"master": master, "slave": slave}
    yield open_ends
    for end in open_ends.values():
        os.close(end)


async def read_all(transport: SerialTransport, n_bytes: int) -> bytes:
    data = b""
    async with asyncio.timeout(5):
        while len(data) < n_bytes:
            data += (await transport.read()).data
    return data


def test_bytes_go_both_ways(ends):
    async def check() -> None:
        transport = SerialTransport(os.ttyname(ends["slave"]), 115200)
        await transport.open()
        everything = bytes(range(256)) * 40
        writing = asyncio.get_running_loop().run_in_executor(None, os.write, ends["master"], everything)
        assert await read_all(transport, len(everything)) == everything
        await writing
        await transport.write(b"v\r\n")
        assert os.read(ends["master"], 10) == b"v\r\n"
        await transport.close()
        await transport.close()

    asyncio.run(check())


def test_pieces_are_stamped_when_they_come(ends):
    async def check() -> None:
        transport = SerialTransport(os.ttyname(ends["slave"]), 115200)
        await transport.open()
        os.write(ends["master"], b"x")
        sent_s = host_time_s()
        time.sleep(0.2)  # the loop is busy; the reading thread is not
        piece = await transport.read()
        assert piece.arrived_s - sent_s < 0.1
        await transport.close()

    asyncio.run(check())


def test_cancelled_read_loses_nothing(ends):
    async def check() -> None:
        transport = SerialTransport(os.ttyname(ends["slave"]), 9600)
        await transport.open()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await transport.read()
        os.write(ends["master"], b"late")
        assert await read_all(transport, 4) == b"late"
        os.write(ends["master"], b"old")
        await asyncio.sleep(0.05)
        transport.discard_input()
        os.write(ends["master"], b"new")
        assert await read_all(transport, 3) == b"new"
        await transport.close()

    asyncio.run(check())


def test_pulled_out_port_is_told_at_once_even_when_silent(ends):
    async def check() -> None:
        transport = SerialTransport(os.ttyname(ends["slave"]), 115200)
        await transport.open()
        reading = asyncio.create_task(transport.read())
        await asyncio.sleep(0.02)
        pulled_s = host_time_s()
        os.close(ends.pop("master"))
        with pytest.raises(LinkLostError, match="pulled out"):
            await reading
        assert host_time_s() - pulled_s < 0.5
        with pytest.raises(LinkLostError):
            await transport.write(b"b")
        await transport.close()

    asyncio.run(check())


def test_closing_wakes_who_waits(ends):
    async def check() -> None:
        transport = SerialTransport(os.ttyname(ends["slave"]), 115200)
        await transport.open()
        reading = asyncio.create_task(transport.read())
        await asyncio.sleep(0.02)
        await transport.close()
        with pytest.raises(LinkLostError, match="is closed"):
            await reading
        with pytest.raises(LinkLostError, match="is closed"):
            await transport.write(b"b")

    asyncio.run(check())


def open_and_close(port: str) -> None:
    async def check() -> None:
        transport = SerialTransport(port, 115200)
        await transport.open()
        await transport.close()

    asyncio.run(check())


def test_missing_port(tmp_path):
    with pytest.raises(DeviceError, match=r"is not there\. Plug the sensor in") as caught:
        open_and_close(str(tmp_path / "port"))
    assert "\n" not in str(caught.value)


def test_busy_port(ends):
    async def check() -> None:
        first = SerialTransport(os.ttyname(ends["slave"]), 115200)
        await first.open()
        try:
            with pytest.raises(DeviceError, match="used by another program"):
                await SerialTransport(first.name, 115200).open()
        finally:
            await first.close()

    asyncio.run(check())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may open everything")
def test_forbidden_port(tmp_path):
    port = tmp_path / "port"
    port.touch(mode=0)
    with pytest.raises(DeviceError, match="No permission"):
        open_and_close(str(port))


def test_file_that_is_no_port(tmp_path):
    port = tmp_path / "port"
    port.touch()
    with pytest.raises(DeviceError, match="Choose another port"):
        open_and_close(str(port))
