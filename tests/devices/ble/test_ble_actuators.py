"""What a Bluetooth sensor is told while it streams: vibrate, blink, say the charge; and sensors found by their name."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from bumble.att import AttributeValue

from biofeedback.devices import profiled
from biofeedback.devices.base import Actuator, DeviceError
from biofeedback.devices.links import BleLink, Characteristic
from biofeedback.devices.profiled import ProfiledDevice
from biofeedback.devices.registry import load_profile, make_device
from biofeedback.devices.transports import ble
from biofeedback.devices.transports.ble import BleTransport

MYO_EMG = bytes.fromhex("01fe03fc05fa07f87f80000af614ec1e")


async def until(condition, within_s: float = 6.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def streaming(radio, profile, packets, sink, name):
    """Yield a virtual sensor that repeats its packets, and the device that listens to it."""
    sensor = await radio.sensor_of(profile, name)
    uuids = {one.id: one.uuid for one in profile.ble.characteristics}
    for step in profile.dialogue.open:
        if step.expect:
            sensor.answers[step.command] = (uuids[step.answer_from], step.example.encode("latin-1"))

    async def send() -> None:
        while True:
            for origin, data in packets:
                await sensor.notify(uuids[origin], data)
            await asyncio.sleep(0.01)

    sending = asyncio.create_task(send())
    device = ProfiledDevice(profile, BleTransport(sensor.address, profile.ble, radio.backend), "arm")
    await device.open()
    running = asyncio.create_task(device.run(sink))
    try:
        yield sensor, device
    finally:
        running.cancel()
        sending.cancel()
        await asyncio.gather(running, sending, return_exceptions=True)
        await device.close()


@pytest.mark.parametrize(("seconds", "command"), [(0.05, "03 01 01"), (0.7, "03 01 02"), (5.0, "03 01 03")])
def test_a_band_vibrates_for_about_as_long_as_it_is_told(on_air, sink, seconds, command):
    profile = load_profile("thalmic-myo").configured()
    packets = [(f"emg{turn}", MYO_EMG) for turn in range(4)]

    async def check(radio):
        async with streaming(radio, profile, packets, sink, "Myo") as (sensor, device):
            await until(lambda: len(sink.chunks) > 5)
            await device.vibrate(seconds)
            assert sensor.heard[-1][1] == bytes.fromhex(command)
            n_before = len(sink.chunks)
            await until(lambda: len(sink.chunks) > n_before + 5)
            assert device.abilities == {"vibrate"}
            with pytest.raises(DeviceError, match="Myo armband cannot blink"):
                await device.identify()

    on_air(check)
    assert "lost" not in {status.state for _, status in sink.statuses}


def test_a_sensor_blinks_and_tells_its_charge_again_and_again(on_air, sink, monkeypatch):
    monkeypatch.setattr(profiled, "_CHARGE_EVERY_S", 0.05)
    profile = load_profile("metamotion-s").configured()
    packets = [
        ("answer", bytes.fromhex("1904203e53c50cfe79460cfe79c600")),
        ("answer", bytes.fromhex("19057a569142b46260c27334044400")),
        ("answer", bytes.fromhex("19071b9b703f8c5e4dbd077f1dbe78029abe")),
    ]
    answer = next(one.uuid for one in profile.ble.characteristics if one.id == "answer")

    async def check(radio):
        async with streaming(radio, profile, packets, sink, "MetaWear") as (sensor, device):
            sensor.answers[bytes.fromhex("118C")] = (answer, bytes.fromhex("118C633410"))  # the maker's own vector
            await until(lambda: sink.statuses and sink.statuses[-1][1].battery_percent == 99)
            sensor.answers[bytes.fromhex("118C")] = (answer, bytes.fromhex("118C003410"))
            await until(lambda: sink.statuses[-1][1].battery_percent == 0)
            sensor.answers[bytes.fromhex("118C")] = (answer, bytes.fromhex("118CFF3410"))  # not a charge
            await device.identify()
            blink = [data.hex() for _, data in sensor.heard if data[0] == 2]
            assert blink == ["020201", "020300021f00000032000000f40100000a", "020101"]  # the maker's tests
            await device.vibrate(0.3)
            assert bytes.fromhex("08 01 F8 2C 01 00") in [data for _, data in sensor.heard]
            await device.vibrate(0.3, 0.5)
            assert bytes.fromhex("08 01 7C 2C 01 00") in [data for _, data in sensor.heard]
            assert device.abilities == {"vibrate", "soften", "identify"}
            n_before = len(sink.statuses)
            await until(lambda: len(sink.statuses) > n_before + 1)
            assert sink.statuses[-1][1].battery_percent == 0
            sensor.switch_off()
            await until(lambda: sink.statuses[-1][1].state == "lost")
            with pytest.raises(DeviceError, match=r"closed|gone"):
                await device.vibrate(0.1)

    on_air(check)


def test_a_charge_that_is_not_told_is_read_again(on_air, monkeypatch):
    monkeypatch.setattr(ble, "_CHARGE_EVERY_S", 0.05)
    link = BleLink(
        service="12345678-0001-4000-8000-00805f9b34fb", names=("Band*",),
        characteristics=(Characteristic(id="data", uuid="12345678-0002-4000-8000-00805f9b34fb", notify=True),),
    )  # fmt: skip

    async def check(radio):
        offer = {link.service: {link.characteristics[0].uuid: "notify"}, "180f": {"2a19": ("read", b"\x50")}}
        sensor = await radio.sensor("Band", offer)
        charge = [80]
        sensor.characteristics["2a19"].value = AttributeValue(read=lambda _: bytes(charge))
        transport = BleTransport(sensor.address, link, radio.backend)
        await transport.open()
        assert transport.condition.battery_percent == 80
        charge[0] = 79
        await until(lambda: transport.condition.battery_percent == 79)
        await transport.close()
        await asyncio.sleep(0)
        waiting = [repr(task.get_coro()) for task in asyncio.all_tasks()]
        assert not any("charge" in one for one in waiting)  # nobody asks a sensor that was let go of

    on_air(check)


def test_a_sensor_is_found_by_its_name_and_stays_the_same_one(on_air, monkeypatch):
    monkeypatch.setattr(ble, "_FOUND_WITHIN_S", 1.0)
    profile = load_profile("witmotion-ble")

    async def check(radio):
        other = await radio.sensor_of(profile, "WT901BLE67")
        right = await radio.sensor_of(profile, "WT901 left")
        transport = BleTransport("ble:wt901 LEFT", profile.ble, radio.backend)
        await transport.open()
        assert (right.listeners, other.listeners) == (1, 0)
        right.switch_off()
        twin = await radio.sensor_of(profile, "WT901 left")
        with pytest.raises(DeviceError, match="was not found"):
            await transport.open()
        await right.switch_on()
        await transport.open()
        assert (right.listeners, twin.listeners) == (2, 0)
        await transport.close()

    on_air(check)


def test_a_name_that_nobody_has_is_one_line(on_air, monkeypatch):
    monkeypatch.setattr(ble, "_FOUND_WITHIN_S", 0.3)
    profile = load_profile("witmotion-ble")

    async def check(radio):
        with pytest.raises(DeviceError, match="ble:nobody was not found"):
            await BleTransport("ble:nobody", profile.ble, radio.backend).open()

    on_air(check)


def test_devices_around_others_hand_on_what_they_are_told():
    verity = make_device(load_profile("polar-verity-sense"), "A0:9E:1A:00:00:01")
    assert isinstance(verity, Actuator)
    assert verity.abilities == frozenset()

    async def check() -> None:
        with pytest.raises(DeviceError, match=r"Polar Verity Sense .* cannot vibrate"):
            await verity.vibrate(0.1)

    asyncio.run(check())
