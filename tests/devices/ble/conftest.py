"""A Bluetooth radio of software: bleak's real client talks to virtual sensors over Bumble's host, ATT and link layers.

What it does not model: timing of a radio, and the system's own Bluetooth stacks.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError
from bleak.uuids import normalize_uuid_str
from bumble import core, hci
from bumble.att import ATT_Error, Attribute, AttributeValue
from bumble.controller import Controller
from bumble.device import Connection, Device, DeviceConfiguration, Peer
from bumble.gatt import Characteristic, Service
from bumble.gatt_client import CharacteristicProxy
from bumble.link import LocalLink

from biofeedback.devices.profiles import Profile
from biofeedback.devices.transports.ble_scan import Backend

_LINK_TIMEOUT = 0x08
_PROPERTIES = {
    "read": Characteristic.Properties.READ,
    "write": Characteristic.Properties.WRITE,
    "write-without-response": Characteristic.Properties.WRITE_WITHOUT_RESPONSE,
    "notify": Characteristic.Properties.NOTIFY,
    "indicate": Characteristic.Properties.INDICATE,
}


class _Controller(Controller):
    """Bumble's controller, and what it leaves out: a cancelled connect ends, and a switched-off radio is silent."""

    reachable = True

    def send_advertising_pdu(self, packet: Any) -> None:
        if self.reachable:
            super().send_advertising_pdu(packet)

    def on_hci_le_create_connection_cancel_command(self, command: Any) -> Any:
        if self.pending_le_connection is not None:
            peer = self.pending_le_connection.peer_address
            self.pending_le_connection = None
            self.send_hci_packet(
                hci.HCI_LE_Connection_Complete_Event(
                    status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                    connection_handle=0, role=hci.Role.CENTRAL, peer_address_type=peer.address_type,
                    peer_address=peer, connection_interval=0, peripheral_latency=0, supervision_timeout=0,
                    central_clock_accuracy=0,
                )
            )  # fmt: skip
        return super().on_hci_le_create_connection_cancel_command(command)


def _unreadable(_: Connection) -> bytes:
    raise ATT_Error(0x02)  # read not permitted; without this a read would hang


class Sensor:
    """A virtual sensor: what it offers, what it was told, and what goes wrong with it."""

    def __init__(self, radio: Radio, name: str, address: str, services: Mapping[str, Mapping[str, Any]]) -> None:
        self.name = name
        self.address = address
        self.heard: list[tuple[str, bytes]] = []
        self.answers: dict[bytes, tuple[str, bytes]] = {}
        self.listeners = 0
        self._radio = radio
        self.characteristics: dict[str, Characteristic[Any]] = {}
        self._controller = _Controller(f"of {name}", link=radio.link)
        config = DeviceConfiguration(
            name=name, address=hci.Address(address), advertising_interval_min=20, advertising_interval_max=20
        )
        uuids = b"".join(
            bytes([17, 0x07]) + bytes.fromhex(uuid.replace("-", ""))[::-1] for uuid in services if len(uuid) > 4
        )
        short = bytes([2, 0x01, 0x06, len(name) + 1, 0x09]) + name.encode()
        config.advertising_data = short + uuids if len(short + uuids) <= 31 else short
        self.device = Device.from_config_with_hci(config, self._controller, self._controller)
        for uuid, offered in services.items():
            made = [self._characteristic(one, about) for one, about in offered.items()]
            self.device.add_service(Service(core.UUID(uuid), made))
        self.device.on(Device.EVENT_CONNECTION, self._on_connection)

    def _characteristic(self, uuid: str, about: tuple[str, bytes] | str) -> Characteristic[Any]:
        words, value = (about, b"") if isinstance(about, str) else about
        properties = Characteristic.Properties(0)
        for word in words.split():
            properties |= _PROPERTIES[word]
        read = (lambda _: value) if "read" in words else _unreadable
        permissions = Attribute.Permissions.READABLE | Attribute.Permissions.WRITEABLE

        def write(_: Connection, data: bytes) -> None:
            self.heard.append((uuid, bytes(data)))
            if answer := self.answers.get(bytes(data)):
                asyncio.get_running_loop().call_later(0.01, lambda: asyncio.ensure_future(self.notify(*answer)))

        made = Characteristic(core.UUID(uuid), properties, permissions, AttributeValue(read=read, write=write))
        self.characteristics[uuid] = made
        return made

    def _on_connection(self, _: Connection) -> None:
        self.listeners += 1

    async def switch_on(self) -> Sensor:
        """Appear and wait to be connected."""
        if not self.device.powered_on:
            await self.device.power_on()
            await self.device.start_advertising(auto_restart=True)
        self._controller.reachable = True
        return self

    def switch_off(self) -> None:
        """Go without a goodbye, and stay away."""
        self._controller.reachable = False
        self.drop()

    def drop(self) -> None:
        """Lose the link; both ends notice at the same moment, as there is no supervision timeout here."""
        for mine in list(self._controller.le_connections.values()):
            theirs = self._radio.controller.le_connections[mine.self_address]
            self._controller.on_le_disconnected(mine, _LINK_TIMEOUT)
            self._radio.controller.on_le_disconnected(theirs, _LINK_TIMEOUT)

    async def notify(self, uuid: str, data: bytes) -> None:
        """Send a notification, or an indication, to whoever has subscribed."""
        one = self.characteristics[uuid]
        if one.properties & Characteristic.Properties.NOTIFY:
            await self.device.notify_subscribers(one, data)
        else:
            await self.device.indicate_subscribers(one, data)


class Radio:
    """This computer's virtual Bluetooth adapter, and the air around it."""

    def __init__(self) -> None:
        self.link = LocalLink()
        self.controller = _Controller("of the computer", link=self.link)
        self.central = Device.with_hci("computer", hci.Address("F0:00:00:00:00:01"), self.controller, self.controller)
        self.mtu = 247
        self.clients: list[VirtualClient] = []
        self.connecting = asyncio.Lock()
        self._numbers = itertools.count(1)
        scanner = type("Scanner", (VirtualScanner,), {"radio": self})
        self.backend = Backend(scanner, type("Client", (VirtualClient,), {"radio": self}))

    async def sensor(self, name: str, services: Mapping[str, Mapping[str, Any]]) -> Sensor:
        """Make a sensor and switch it on."""
        return await Sensor(self, name, f"F0:00:00:00:AA:{next(self._numbers):02X}", services).switch_on()

    async def sensor_of(self, profile: Profile, name: str = "", **extra: Mapping[str, Any]) -> Sensor:
        """Make a sensor that offers what a profile wants."""
        assert profile.ble is not None
        offered = {
            one.uuid: ("notify" if one.notify else "") + " write write-without-response"
            for one in profile.ble.characteristics
        }
        return await self.sensor(name or profile.ble.names[0].strip("*"), {profile.ble.service: offered, **extra})


class VirtualScanner(BaseBleakScanner):
    """bleak's scanner on a virtual radio."""

    radio: Radio

    def __init__(self, detection_callback: Any, service_uuids: Any, scanning_mode: str, **_: Any) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        self.seen_devices = {}
        self.radio.central.on("advertisement", self._on_advertisement)
        if not self.radio.central.scanning:
            await self.radio.central.start_scanning(filter_duplicates=False)

    async def stop(self) -> None:
        self.radio.central.remove_listener("advertisement", self._on_advertisement)
        if not self.radio.central.listeners("advertisement"):
            await self.radio.central.stop_scanning()

    def _on_advertisement(self, heard: Any) -> None:
        name = heard.data.get(core.AdvertisingData.COMPLETE_LOCAL_NAME)
        uuids = heard.data.get(core.AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS) or []
        said = AdvertisementData(name, {}, {}, [str(uuid).lower() for uuid in uuids], None, heard.rssi, ())
        address = heard.address.to_string(with_type_qualifier=False)
        device = self.create_or_update_device(address, address, name, None, said)
        self.call_detection_callbacks(device, said)


class VirtualClient(BaseBleakClient):
    """bleak's client on a virtual radio."""

    radio: Radio

    def __init__(self, address_or_ble_device: BLEDevice | str, **kwargs: Any) -> None:
        kwargs.pop("services", None)
        super().__init__(address_or_ble_device, **kwargs)
        self.connects = self.disconnects = self.told_of_disconnects = 0
        self._connection: Connection | None = None
        self._mtu = 23
        self.radio.clients.append(self)

    @property
    def name(self) -> str:
        return self.address

    @property
    def mtu_size(self) -> int:
        return 23  # as BlueZ has it, whatever was negotiated

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        async with self.radio.connecting:
            try:
                made = await self.radio.central.connect(self.address, timeout=self._timeout)
            except asyncio.CancelledError:
                await self.radio.central.send_command(hci.HCI_LE_Create_Connection_Cancel_Command())
                raise
            except (core.ConnectionError, core.TimeoutError) as error:
                raise TimeoutError from error
        self.connects += 1
        self._connection = made
        made.on("disconnection", self._on_disconnection)
        peer = Peer(made)
        self._mtu = await self._asked(peer.request_mtu(self.radio.mtu)) if self.radio.mtu > 23 else 23
        self.services = await self._asked(self._discover(peer))

    async def _discover(self, peer: Peer) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        for service in await peer.discover_services():
            found.add_service(BleakGATTService(service, service.handle, _long(service.uuid)))
            for one in await peer.discover_characteristics(service=service):
                words = [word for word, flag in _PROPERTIES.items() if one.properties & flag]
                owner = found.services[service.handle]
                made = BleakGATTCharacteristic(one, one.handle, _long(one.uuid), words, lambda: self._mtu - 3, owner)
                found.add_characteristic(made)
                await peer.discover_descriptors(one)
        return found

    async def _asked(self, request: Awaitable[Any]) -> Any:
        """Wait for an answer; Bumble cancels what is pending when the link is lost."""
        try:
            return await request
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise BleakError("the link was lost") from error
        except (ATT_Error, core.ProtocolError, core.InvalidStateError) as error:
            raise BleakError(str(error)) from error

    def _on_disconnection(self, _: int) -> None:
        self._connection = None
        self.told_of_disconnects += 1
        if self._disconnected_callback:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        self.disconnects += 1
        if self._connection is not None:
            with contextlib.suppress(core.BaseBumbleError, hci.HCI_Error):
                await self._connection.disconnect()

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError

    async def unpair(self) -> None:
        raise NotImplementedError

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **kwargs: Any) -> bytearray:
        return bytearray(await self._asked(self._proxy(characteristic).read_value()))

    async def read_gatt_descriptor(self, descriptor: BleakGATTDescriptor, **kwargs: Any) -> bytearray:
        raise NotImplementedError

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: Any, response: bool) -> None:
        await self._asked(self._proxy(characteristic).write_value(bytes(data), with_response=response))

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: Any) -> None:
        raise NotImplementedError

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: Callable[[bytearray], None], **kwargs: Any
    ) -> None:
        await self._asked(self._proxy(characteristic).subscribe(lambda data: callback(bytearray(data))))

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        await self._asked(self._proxy(characteristic).unsubscribe())

    def _proxy(self, characteristic: BleakGATTCharacteristic) -> CharacteristicProxy[bytes]:
        if self._connection is None:
            raise BleakError("not connected")
        return characteristic.obj


def _long(uuid: core.UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-"))


@pytest.fixture(scope="session")
def on_air() -> Callable[[Callable[[Radio], Awaitable[None]]], None]:
    """Run a test's coroutine with a radio that is switched on."""

    def run(check: Callable[[Radio], Awaitable[None]]) -> None:
        async def with_radio() -> None:
            radio = Radio()
            await radio.central.power_on()
            await check(radio)

        asyncio.run(with_radio())

    return run


@pytest.fixture
def new_radio() -> Callable[[Callable[[Radio], Awaitable[None]]], Backend]:
    """Make a backend that builds and furnishes its radio when a scan begins: for commands with a loop of their own."""

    def make(furnish: Callable[[Radio], Awaitable[None]]) -> Backend:
        class Scanner(VirtualScanner):
            async def start(self) -> None:
                Client.radio = self.radio = Radio()
                await self.radio.central.power_on()
                await furnish(self.radio)
                await super().start()

        class Client(VirtualClient):
            pass

        return Backend(Scanner, Client)

    return make
