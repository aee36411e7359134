"""Bluetooth Low Energy: connect, subscribe, write, and know at once when a sensor has gone.

Every connection has a client of its own, and every client is told to disconnect when its connection is over, even if
the sensor went first: BlueZ would otherwise deliver each notification twice after a reconnect (hbldh/bleak#2002).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.uuids import normalize_uuid_str

from biofeedback.devices.base import DeviceError
from biofeedback.devices.links import BleLink, Characteristic
from biofeedback.devices.transports.base import LinkCondition, LinkLostError, Received
from biofeedback.devices.transports.ble_errors import BLUETOOTH_ERRORS, advice
from biofeedback.devices.transports.ble_scan import SYSTEM, Backend, find
from biofeedback.stream import host_time_s

_FOUND_WITHIN_S = 8.0
_CONNECTED_WITHIN_S = 12.0
_ANSWERED_WITHIN_S = 3.0
_CHARGE_EVERY_S = 60.0
_PATIENCE_S = 2.2  # a body between sensor and adapter silences a link for a second; connecting anew takes longer
_SHORTEST_PACKET_BYTES = 20  # what every link carries (Bluetooth Core Specification, ATT_MTU 23)
# Device Information Service, Bluetooth SIG assigned numbers
_INFORMATION = {
    "2a29": "maker", "2a24": "model", "2a25": "serial", "2a26": "firmware", "2a27": "hardware", "2a28": "software",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class _Connection:
    """One connection from its beginning to its end: what came, whether it still stands, and why not."""

    client: BleakClient | None = None
    pieces: deque[Received] = field(default_factory=deque[Received])
    news: asyncio.Event = field(default_factory=asyncio.Event)
    over: str = ""
    asking: asyncio.Task[None] | None = None

    def end(self, reason: str) -> None:
        """Take nothing more; the first reason stands, so that our own goodbye is not mistaken for a drop."""
        self.over = self.over or reason
        if self.asking is not None:
            self.asking.cancel()
        self.news.set()

    def taker(self, origin: str) -> Callable[[BleakGATTCharacteristic, bytearray], None]:
        """Return what a characteristic's notifications are given to."""

        def take(_: BleakGATTCharacteristic, data: bytearray) -> None:
            if not self.over:
                self.pieces.append(Received(bytes(data), host_time_s(), origin))
                self.news.set()

        return take


class BleTransport:
    """A sensor on Bluetooth Low Energy, by its address or name.

    Parameters
    ----------
    address
        As a scan shows it; on macOS an identifier that differs from computer to computer. ``ble:NAME`` takes the first
        sensor heard of that name, and the same one after a drop.
    link
        What the sensor's profile says: services, characteristics, longest notification.
    backend
        The radio; the system's own if not given.
    """

    def __init__(self, address: str, link: BleLink, backend: Backend = SYSTEM) -> None:
        self._address = address
        self._link = link
        self._backend = backend
        self._found = ""
        self._connection: _Connection | None = None
        self._condition = LinkCondition(patience_s=_PATIENCE_S)

    @property
    def name(self) -> str:
        """The sensor's address."""
        return self._address

    @property
    def condition(self) -> LinkCondition:
        """Charge, device information, and whether the link's packets are long enough; kept after a drop."""
        return self._condition

    async def open(self) -> None:
        """Find the sensor, connect, and subscribe to all that the profile listens to.

        Raises
        ------
        DeviceError
            If Bluetooth cannot be used, the sensor is out of reach, held by someone else, or another kind of sensor.
        """
        await self.close()
        connection = self._connection = _Connection()
        try:
            client = await self._connect(connection)
            async with asyncio.timeout(_CONNECTED_WITHIN_S):
                await self._prepare(client, connection)
        except BLUETOOTH_ERRORS as error:
            await self.close()
            raise DeviceError(advice(error, self._address)) from error
        except BaseException:
            await self.close()
            raise

    async def read(self) -> Received:
        """Wait for the next notification.

        Raises
        ------
        LinkLostError
            If the connection is over; notifications that came before have been given out.
        """
        connection = self._connection
        if connection is None:
            raise LinkLostError(f"{self._address} is closed.")
        while not connection.pieces:
            if connection.over:
                raise LinkLostError(connection.over)
            connection.news.clear()
            await connection.news.wait()
        return connection.pieces.popleft()

    async def write(self, data: bytes, to: str = "") -> None:
        """Write to a characteristic, and wait for the sensor's confirmation where it gives one.

        Raises
        ------
        LinkLostError
            If the connection is over, or the sensor does not confirm in time.
        DeviceError
            If the sensor cannot take the command: too long for the link, or refused.
        """
        connection = self._connection
        client = connection.client if connection else None
        one = self._link.characteristic(to)
        if connection is None or client is None or connection.over:
            raise LinkLostError(connection.over if connection and connection.over else f"{self._address} is closed.")
        if one is None:
            raise DeviceError(f"{self._address}: the profile has no characteristic {to!r}.")
        try:
            known = self._known(client, one)
            async with asyncio.timeout(_ANSWERED_WITHIN_S):
                await client.write_gatt_char(known, data, response=self._response(known, one, data))
        except BLUETOOTH_ERRORS as error:
            if client.is_connected and not connection.over and not isinstance(error, TimeoutError):
                raise DeviceError(f"{self._address} refuses a command: {' '.join(str(error).split())}") from error
            raise LinkLostError(f"{self._address} takes no commands: out of range or switched off.") from error

    def discard_input(self) -> None:
        """Forget the notifications that have not been read."""
        if self._connection:
            self._connection.pieces.clear()

    async def close(self) -> None:
        """Disconnect, whether or not the sensor is still there. Safe to call twice."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        connection.end(f"{self._address} is closed.")
        if connection.client is not None:
            with contextlib.suppress(*BLUETOOTH_ERRORS):
                async with asyncio.timeout(_ANSWERED_WITHIN_S):
                    await connection.client.disconnect()

    async def _connect(self, connection: _Connection) -> BleakClient:
        device = await find(self._found or self._address, _FOUND_WITHIN_S, self._backend)
        gone = f"{device.name or self._address} is gone: out of range, switched off or out of charge."
        client = BleakClient(
            device, lambda _: connection.end(gone), timeout=_CONNECTED_WITHIN_S, backend=self._backend.client
        )
        connection.client = client
        async with asyncio.timeout(_CONNECTED_WITHIN_S):
            await client.connect()
        self._found = device.address
        return client

    async def _prepare(self, client: BleakClient, connection: _Connection) -> None:
        """See that it is the right kind of sensor, and subscribe."""
        self._check(client)
        self._judge_packets(client)
        if not self._condition.information:
            await self._read_information(client)
        await self._watch_battery(client, connection)
        for one in self._link.characteristics:
            if one.notify:
                await client.start_notify(self._known(client, one), connection.taker(one.id))

    def _check(self, client: BleakClient) -> None:
        """See that this is the kind of sensor that the profile is about."""
        wanted = [one for one in self._link.characteristics if _offered(client, one.uuid) is None]
        service = normalize_uuid_str(self._link.service)
        if wanted or all(one.uuid != service for one in client.services):
            missing = ", ".join(one.id for one in wanted) or "the service"
            raise DeviceError(
                f"{self._address} is another kind of sensor, or has other firmware: it lacks {missing}. "
                "Choose another profile."
            )

    def _known(self, client: BleakClient, one: Characteristic) -> BleakGATTCharacteristic:
        known = _offered(client, one.uuid)
        if known is None:
            raise LinkLostError(f"{self._address} no longer offers {one.id}.")
        return known

    def _judge_packets(self, client: BleakClient) -> None:
        """Note whether the link carries the profile's longest notification; its size is negotiated by the system."""
        listened = [self._known(client, one) for one in self._link.characteristics if one.notify]
        # The client's own mtu_size stays at 23 on BlueZ, whatever was negotiated.
        longest = max([_SHORTEST_PACKET_BYTES, *(one.max_write_without_response_size for one in listened)])
        warning = ""
        if longest < self._link.packet_bytes:
            warning = (
                f"The link carries packets of {longest} bytes and this sensor needs {self._link.packet_bytes}: "
                "try another Bluetooth adapter or a newer system."
            )
        self._condition = replace(self._condition, warning=warning)

    def _response(self, known: BleakGATTCharacteristic, one: Characteristic, data: bytes) -> bool:
        """Choose whether a write waits for the sensor's confirmation; a long one must."""
        if "write" not in known.properties:
            room = known.max_write_without_response_size
            if len(data) > room:
                raise DeviceError(f"{self._address}: a command of {len(data)} bytes does not fit the link's {room}.")
            return False
        return (
            one.acknowledged
            or "write-without-response" not in known.properties
            or len(data) > known.max_write_without_response_size
        )

    async def _read_information(self, client: BleakClient) -> None:
        """Ask for the standard device information; whatever is not offered is left out."""
        told: dict[str, str] = {}
        for uuid, word in _INFORMATION.items():
            if data := await self._value(client, uuid):
                told[word] = data.decode("utf-8", "replace").split("\0")[0].strip()
        self._condition = replace(self._condition, information={word: text for word, text in told.items() if text})

    async def _watch_battery(self, client: BleakClient, connection: _Connection) -> None:
        """Take the charge now, and whenever the sensor tells it."""
        known = _offered(client, self._link.battery)
        if known is None:
            return
        self._note_battery(known, await self._value(client, self._link.battery))
        if "notify" in known.properties:
            with contextlib.suppress(*BLUETOOTH_ERRORS):
                await client.start_notify(known, self._note_battery)
                return
        connection.asking = asyncio.create_task(self._ask_for_charge(client, known))

    async def _ask_for_charge(self, client: BleakClient, known: BleakGATTCharacteristic) -> None:
        """Read the charge now and then, where the sensor does not tell it by itself."""
        while True:
            await asyncio.sleep(_CHARGE_EVERY_S)
            self._note_battery(known, await self._value(client, self._link.battery))

    def _note_battery(self, _: BleakGATTCharacteristic, data: bytes | bytearray) -> None:
        """Keep the charge; more than 100 % is outside the Battery Service's specification and means unknown."""
        if data:
            percent = float(data[0]) if data[0] <= 100 else None
            self._condition = replace(self._condition, battery_percent=percent)

    async def _value(self, client: BleakClient, uuid: str) -> bytes:
        """Read a characteristic that may be missing; nothing if it is, or does not answer."""
        known = _offered(client, uuid)
        if known is None or "read" not in known.properties:
            return b""
        with contextlib.suppress(*BLUETOOTH_ERRORS):
            async with asyncio.timeout(_ANSWERED_WITHIN_S):
                return bytes(await client.read_gatt_char(known))
        return b""


def _offered(client: BleakClient, uuid: str) -> BleakGATTCharacteristic | None:
    """Return the first characteristic of that UUID; some sensors offer the standard ones more than once."""
    wanted = normalize_uuid_str(uuid)
    return next((one for service in client.services for one in service.characteristics if one.uuid == wanted), None)
