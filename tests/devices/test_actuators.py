"""A virtual board hears what the device is told; the simulated sensor keeps it."""

from __future__ import annotations

import asyncio
import sys

import numpy as np
import pytest

from biofeedback.devices.base import Actuator
from biofeedback.devices.registry import load_profile, make_device
from biofeedback.devices.simulated import SimulatedPerson, simulated_devices
from biofeedback.devices.virtual import VirtualDevice
from biofeedback.exercises import model


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals on Windows")
@pytest.mark.parametrize(
    ("name", "told"), [("reference-imu-emg", [b"v", b"V", b"i"]), ("x-imu3", [b'{"strobe":null}\n'])]
)
def test_a_board_hears_it_while_it_streams(name, told, sink):
    profile = load_profile(name)

    def still(_: float, n_ticks: int):
        return {stream.id: np.zeros((n_ticks, len(stream.channels))) for stream in profile.streams}

    async def check(virtual: VirtualDevice) -> None:
        device = make_device(profile, virtual.port, "leg")
        assert isinstance(device, Actuator)
        await device.open()
        task = asyncio.create_task(device.run(sink))
        await asyncio.sleep(0.3)
        if "vibrate" in device.abilities:
            await device.vibrate(0.1)
            await device.vibrate(2.0)
        await device.identify()
        n_before = len(sink.chunks)
        await asyncio.sleep(0.3)
        assert len(sink.chunks) > n_before
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await device.close()

    with VirtualDevice(profile, still) as virtual:
        asyncio.run(check(virtual))
    heard = [one for one in virtual.obeyed if one in told]
    assert heard == told


def test_a_simulated_sensor_keeps_what_it_was_told():
    person = SimulatedPerson(model.find("knee-extension-seated"))
    device = simulated_devices(person, speed=None)[0]
    assert isinstance(device, Actuator)
    asyncio.run(device.vibrate(0.25))
    asyncio.run(device.identify())
    assert [(what, seconds) for what, _, seconds in device.told] == [("vibrate", 0.25), ("identify", 0.0)]
