"""Look for Bluetooth Low Energy sensors: all that are near, or one of a known address."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from bleak import BleakScanner
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner

from biofeedback.devices.base import DeviceError
from biofeedback.devices.transports.ble_errors import BLUETOOTH_ERRORS, advice


@dataclass(frozen=True, slots=True)
class Backend:
    """What bleak uses underneath: the system's Bluetooth, or another radio such as a virtual one."""

    scanner: type[BaseBleakScanner] | None = None
    client: type[BaseBleakClient] | None = None


SYSTEM = Backend()
BY_NAME = "ble:"


@dataclass(frozen=True, slots=True)
class Seen:
    """A sensor that a scan has heard: what it calls itself, signal strength in dBm, services it announces."""

    name: str
    address: str
    rssi_dbm: int
    services: tuple[str, ...]


async def scan(seconds: float, backend: Backend = SYSTEM) -> list[Seen]:
    """Listen for that long and return what was heard, the strongest first.

    Raises
    ------
    DeviceError
        If Bluetooth is missing, switched off or not permitted.
    """
    try:
        async with BleakScanner(backend=backend.scanner) as scanner:
            await asyncio.sleep(seconds)
        heard = scanner.discovered_devices_and_advertisement_data
    except BLUETOOTH_ERRORS as error:
        raise DeviceError(advice(error)) from error
    seen = [
        Seen(said.local_name or device.name or "", device.address, said.rssi, tuple(said.service_uuids))
        for device, said in heard.values()
    ]
    return sorted(seen, key=lambda one: -one.rssi_dbm)


async def find(address: str, within_s: float, backend: Backend = SYSTEM) -> BLEDevice:
    """Wait until the sensor of that address is heard; ``ble:NAME`` is the first one of that name.

    Raises
    ------
    TimeoutError
        If it is not heard in time.
    BleakError, OSError
        If Bluetooth cannot be used.
    """
    finders = _finders.setdefault(asyncio.get_running_loop(), {})
    return await finders.setdefault(backend, _Finder(backend)).find(address, within_s)


class _Finder:
    """One scan for everybody who looks for a sensor: the system allows a program only one at a time."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._wanted: dict[str, list[asyncio.Future[BLEDevice]]] = {}
        self._scanner: BleakScanner | None = None
        self._changing = asyncio.Lock()

    async def find(self, address: str, within_s: float) -> BLEDevice:
        found: asyncio.Future[BLEDevice] = asyncio.get_running_loop().create_future()
        waiting = self._wanted.setdefault(address.upper(), [])
        waiting.append(found)
        try:
            async with asyncio.timeout(within_s):
                await self._start_or_stop()
                return await found
        finally:
            waiting.remove(found)
            if not waiting:
                del self._wanted[address.upper()]
            await self._start_or_stop()

    async def _start_or_stop(self) -> None:
        """Scan while somebody waits, and only then."""
        async with self._changing:
            if self._wanted and self._scanner is None:
                scanner = BleakScanner(self._hear, backend=self._backend.scanner)
                await scanner.start()
                self._scanner = scanner
            elif not self._wanted and self._scanner is not None:
                scanner, self._scanner = self._scanner, None
                await scanner.stop()

    def _hear(self, device: BLEDevice, said: AdvertisementData) -> None:
        names = {f"{BY_NAME}{name}".upper() for name in (said.local_name, device.name) if name}
        for key in (device.address.upper(), *names):
            for found in self._wanted.get(key, []):
                if not found.done():
                    found.set_result(device)


_finders: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Backend, _Finder]] = WeakKeyDictionary()
