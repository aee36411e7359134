"""Real outlets of Lab Streaming Layer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import pytest

from biofeedback.devices.base import DeviceError
from biofeedback.devices.transports import lsl_streams


@pytest.fixture
def pylsl():
    """Lab Streaming Layer itself; on a system for which no wheel brings liblsl there is nothing to test."""
    try:
        return lsl_streams.library()
    except DeviceError as error:
        pytest.skip(str(error))


@pytest.fixture
def outlet(pylsl) -> Callable[..., object]:
    """Return a maker of real outlets; ``channels`` are (label, type, unit)."""

    def make(
        name: str,
        kind: str,
        channels: Sequence[tuple[str, str, str]],
        rate_hz: float = 100.0,
        number="float32",
        id=None,
    ):
        info = pylsl.StreamInfo(name, kind, len(channels), rate_hz, number, id or f"{name} {kind}")
        listed = info.desc().append_child("channels")
        for channel in channels:
            one = listed.append_child("channel")
            for tag, text in zip(("label", "type", "unit"), channel, strict=True):
                one.append_child_value(tag, text)
        return pylsl.StreamOutlet(info)

    return make


@pytest.fixture(scope="session")
def until():
    async def wait(condition: Callable[[], object], within_s: float = 8.0) -> None:
        async with asyncio.timeout(within_s):
            while not condition():
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture(scope="session")
def running():
    @contextlib.asynccontextmanager
    async def streaming(device, sink):
        await device.open()
        task = asyncio.create_task(device.run(sink))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await device.close()

    return streaming
