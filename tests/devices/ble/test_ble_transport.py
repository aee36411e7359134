"""The real transport and bleak's real client against virtual sensors: connect, listen, write, drop, come back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from biofeedback.devices.base import DeviceError
from biofeedback.devices.links import BleLink, Characteristic
from biofeedback.devices.transports import ble
from biofeedback.devices.transports.base import LinkLostError
from biofeedback.devices.transports.ble import BleTransport
from biofeedback.devices.transports.ble_scan import scan

SERVICE = "12345678-0001-4000-8000-00805f9b34fb"
DATA = "12345678-0002-4000-8000-00805f9b34fb"
EVENTS = "12345678-0003-4000-8000-00805f9b34fb"
COMMAND = "12345678-0004-4000-8000-00805f9b34fb"
QUICK = "12345678-0005-4000-8000-00805f9b34fb"
LINK = BleLink(
    service=SERVICE,
    names=("Band*",),
    characteristics=(
        Characteristic(id="data", uuid=DATA, notify=True),
        Characteristic(id="events", uuid=EVENTS, notify=True),
        Characteristic(id="command", uuid=COMMAND),
        Characteristic(id="quick", uuid=QUICK, acknowledged=False),
    ),
)
OFFER = {
    SERVICE: {
        DATA: "notify",
        EVENTS: "indicate",
        COMMAND: "write",
        QUICK: "write-without-response",
    }
}


async def heard_by(sensor, n_writes):
    async with asyncio.timeout(2):
        while len(sensor.heard) < n_writes:
            await asyncio.sleep(0.005)
    return sensor.heard


def test_notifications_come_tagged_and_in_order(on_air):
    async def check(radio):
        sensor = await radio.sensor("Band", OFFER)
        transport = BleTransport(sensor.address, LINK, radio.backend)
        await transport.open()
        await sensor.notify(DATA, b"one")
        await sensor.notify(EVENTS, b"two")
        await sensor.notify(DATA, b"three")
        pieces = [await transport.read() for _ in range(3)]
        assert [(piece.origin, piece.data) for piece in pieces] == [
            ("data", b"one"), ("events", b"two"), ("data", b"three"),
        ]  # fmt: skip
        assert sorted(piece.arrived_s for piece in pieces) == [piece.arrived_s for piece in pieces]
        await transport.close()
        await transport.close()

    on_air(check)


def test_cancelled_read_loses_nothing_and_discarding_forgets(on_air):
    async def check(radio):
        sensor = await radio.sensor("Band", OFFER)
        transport = BleTransport(sensor.address, LINK, radio.backend)
        await transport.open()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await transport.read()
        await sensor.notify(DATA, b"late")
        assert (await transport.read()).data == b"late"
        await sensor.notify(DATA, b"old")
        await asyncio.sleep(0.05)
        transport.discard_input()
        await sensor.notify(DATA, b"new")
        assert (await transport.read()).data == b"new"
        await transport.close()

    on_air(check)


def test_writes_reach_their_characteristic_each_in_its_way(on_air):
    async def check(radio):
        sensor = await radio.sensor("Band", OFFER)
        radio.mtu = 23
        transport = BleTransport(sensor.address, LINK, radio.backend)
        await transport.open()
        await transport.write(b"go", "command")
        assert sensor.heard == [(COMMAND, b"go")]  # acknowledged: the sensor has it when the write returns
        await transport.write(b"now", "quick")
        assert (await heard_by(sensor, 2))[1] == (QUICK, b"now")
        with pytest.raises(DeviceError, match="a command of 21 bytes does not fit the link's 20"):
            await transport.write(bytes(21), "quick")
        with pytest.raises(DeviceError, match="no characteristic 'unheard-of'"):
            await transport.write(b"x", "unheard-of")
        await transport.close()
        with pytest.raises(LinkLostError, match="is closed"):
            await transport.write(b"go", "command")
        with pytest.raises(LinkLostError, match="is closed"):
            await transport.read()

    on_air(check)


def test_long_write_without_response_waits_where_it_can(on_air):
    async def check(radio):
        radio.mtu = 23
        both = {SERVICE: OFFER[SERVICE] | {QUICK: "write write-without-response"}}
        sensor = await radio.sensor("Band", both)
        transport = BleTransport(sensor.address, LINK, radio.backend)
        await transport.open()
        client = radio.clients[0]
        ways: list[bool] = []
        real_write = client.write_gatt_char

        async def noted(characteristic, data, response):
            ways.append(response)
            if len(data) <= 20:  # Bumble's server knows no long writes
                await real_write(characteristic, data, response)

        client.write_gatt_char = noted
        await transport.write(bytes(20), "quick")
        await transport.write(bytes(21), "quick")
        assert ways == [False, True]
        await transport.close()

    on_air(check)


def test_drop_is_told_at_once_after_what_came_before(on_air):
    async def check(radio):
        sensor = await radio.sensor("Band", OFFER)
        transport = BleTransport(sensor.address, LINK, radio.backend)
        await transport.open()
        await sensor.notify(DATA, b"last words")
        await asyncio.sleep(0.05)
        sensor.drop()
        assert (await transport.read()).data == b"last words"
        with pytest.raises(LinkLostError, match="out of range, switched off or out of charge"):
            async with asyncio.timeout(0.5):
                await transport.read()
        with pytest.raises(LinkLostError, match="out of range"):
            await transport.write(b"go", "command")
        await transport.close()

    on_air(check)


def test_drop_during_a_write(on_air):
    async def check(radio):
        sensor = await radio.sensor("Band", OFFER)
        transport = BleTransport(sensor.address, LINK, radio.backend)
        await transport.open()
        writing = asyncio.create_task(transport.write(b"go", "command"))
        await asyncio.sleep(0)
        sensor.drop()
        with pytest.raises(LinkLostError, match="takes no commands"):
            await writing
        await transport.close()

    on_air(check)


def test_every_connection_has_its_own_client_which_is_disconnected(on_air):
    async def check(radio):
        sensor = await radio.sensor("Band", OFFER)
        transport = BleTransport(sensor.address, LINK, radio.backend)
        for number in range(3):
            await transport.open()
            assert len(radio.clients) == number + 1
            sensor.drop()
            with pytest.raises(LinkLostError):
                await transport.read()
            await transport.close()
        await transport.open()
        await sensor.notify(DATA, b"once")
        assert (await transport.read()).data == b"once"
        with pytest.raises(TimeoutError):  # not a second time, by way of an old subscription
            async with asyncio.timeout(0.1):
                await transport.read()
        await transport.close()
        assert [client.connects for client in radio.clients] == [1, 1, 1, 1]
        assert all(client.disconnects >= 1 for client in radio.clients)

    on_air(check)


def test_own_goodbye_is_not_a_drop(on_air):
    async def check(radio):
        sensor = await radio.sensor("Band", OFFER)
        transport = BleTransport(sensor.address, LINK, radio.backend)
        await transport.open()
        reading = asyncio.create_task(transport.read())
        await asyncio.sleep(0.02)
        connection = transport._connection
        await transport.close()
        with pytest.raises(LinkLostError, match="is closed"):
            await reading
        assert connection.over.endswith("is closed.")
        assert radio.clients[0].told_of_disconnects == 1  # bleak calls back on our own disconnect, too

    on_air(check)


def test_absent_sensor(on_air, monkeypatch):
    monkeypatch.setattr(ble, "_FOUND_WITHIN_S", 0.3)

    async def check(radio):
        transport = BleTransport("F0:00:00:00:BB:01", LINK, radio.backend)
        with pytest.raises(DeviceError, match=r"F0:00:00:00:BB:01 was not found\. Switch it on") as caught:
            await transport.open()
        assert "\n" not in str(caught.value)
        assert not radio.central.scanning
        sensor = await radio.sensor("Band", OFFER)  # the radio is not stuck in the attempt
        there = BleTransport(sensor.address, LINK, radio.backend)
        await there.open()
        await there.close()

    on_air(check)


def test_sensor_that_goes_between_scan_and_connect(on_air, monkeypatch):
    monkeypatch.setattr(ble, "_CONNECTED_WITHIN_S", 0.3)

    async def check(radio):
        sensor = await radio.sensor("Band", OFFER)
        transport = BleTransport(sensor.address, LINK, radio.backend)
        real_find = ble.find

        async def find_and_lose(*args):
            found = await real_find(*args)
            sensor.switch_off()
            return found

        monkeypatch.setattr(ble, "find", find_and_lose)
        with pytest.raises(DeviceError, match="was not found"):
            await transport.open()
        monkeypatch.setattr(ble, "find", real_find)
        monkeypatch.setattr(ble, "_CONNECTED_WITHIN_S", 5.0)
        await sensor.switch_on()
        await transport.open()
        await transport.close()

    on_air(check)


def test_another_kind_of_sensor(on_air):
    async def check(radio):
        other = await radio.sensor("Band", {SERVICE: {DATA: "notify"}})
        with pytest.raises(DeviceError, match=r"it lacks events, command, quick\. Choose another profile"):
            await BleTransport(other.address, LINK, radio.backend).open()
        assert radio.clients[0].disconnects == 1

    on_air(check)


def test_two_sensors_are_found_by_one_scan(on_air):
    async def check(radio):
        first, second = await radio.sensor("Band", OFFER), await radio.sensor("Band", OFFER)
        transports = [BleTransport(one.address, LINK, radio.backend) for one in (first, second)]
        await asyncio.gather(*(transport.open() for transport in transports))
        await first.notify(DATA, b"from the first")
        await second.notify(DATA, b"from the second")
        assert (await transports[0].read()).data == b"from the first"
        assert (await transports[1].read()).data == b"from the second"
        for transport in transports:
            await transport.close()

    on_air(check)


def test_battery_and_device_information(on_air):
    told = {"2a29": ("read", b"Maker\0\0"), "2a26": ("read", b"1.4"), "2a24": ("read", b"")}

    async def check(radio):
        sensor = await radio.sensor("Band", OFFER | {"180f": {"2a19": ("read notify", b"\x64")}, "180a": told})
        transport = BleTransport(sensor.address, LINK, radio.backend)
        assert transport.condition.battery_percent is None
        await transport.open()
        assert transport.condition.battery_percent == 100
        assert transport.condition.information == {"maker": "Maker", "firmware": "1.4"}
        await sensor.notify("2a19", b"\x2a")
        await asyncio.sleep(0.05)
        assert transport.condition.battery_percent == 42
        await sensor.notify("2a19", b"\x65")  # out of specification: unknown
        await asyncio.sleep(0.05)
        assert transport.condition.battery_percent is None
        await transport.close()

    on_air(check)


def test_two_battery_services(on_air):
    async def check(radio):
        other = "12345678-0006-4000-8000-00805f9b34fb"
        batteries = {"180f": {"2a19": ("read", b"\x07")}, other: {"2a19": ("read", b"\x08")}}
        sensor = await radio.sensor("Band", OFFER | batteries)
        transport = BleTransport(sensor.address, LINK, radio.backend)
        await transport.open()
        assert transport.condition.battery_percent == 7
        await transport.close()

    on_air(check)


def test_sensor_without_battery_service(on_air):
    async def check(radio):
        sensor = await radio.sensor("Band", OFFER)
        transport = BleTransport(sensor.address, LINK, radio.backend)
        await transport.open()
        assert transport.condition.battery_percent is None
        assert transport.condition.information == {}
        assert transport.condition.warning == ""
        await transport.close()

    on_air(check)


@pytest.mark.parametrize(("mtu", "expected"), [(23, "packets of 20 bytes and this sensor needs 70"), (247, "")])
def test_link_that_is_too_narrow_is_told(on_air, mtu, expected):
    async def check(radio):
        radio.mtu = mtu
        sensor = await radio.sensor("Band", OFFER)
        transport = BleTransport(sensor.address, replace(LINK, packet_bytes=70), radio.backend)
        await transport.open()
        assert expected in transport.condition.warning
        assert bool(transport.condition.warning) == bool(expected)
        await transport.close()

    on_air(check)


def test_scan_hears_names_addresses_and_services(on_air):
    async def check(radio):
        band = await radio.sensor("Band", OFFER)
        lamp = await radio.sensor("Lamp in the living room", {SERVICE: {}})
        seen = {one.address: one for one in await scan(0.4, radio.backend)}
        assert seen[band.address].name == "Band"
        assert seen[band.address].services == (SERVICE,)
        assert seen[band.address].rssi_dbm < 0
        assert seen[lamp.address].name == lamp.name
        assert seen[lamp.address].services == ()

    on_air(check)
