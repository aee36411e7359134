"""Which Bluetooth sensors are near, and which profiles may be theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from biofeedback.devices.links import BleLink
from biofeedback.devices.profiles import Profile
from biofeedback.devices.registry import profiles

if TYPE_CHECKING:
    from biofeedback.devices.transports.ble_scan import Backend

_SIG_BASE = "0000{}-0000-1000-8000-00805f9b34fb"  # Bluetooth SIG: what a short UUID stands for


@dataclass(frozen=True, slots=True)
class NearbySensor:
    """A Bluetooth Low Energy device that a scan has heard; ``profiles`` are those that may fit, often none."""

    name: str
    address: str
    rssi_dbm: int
    profiles: tuple[str, ...]


async def sensors_nearby(seconds: float, backend: Backend | None = None) -> list[NearbySensor]:
    """Listen for that long; return sensors with a profile first, the strongest first.

    Raises
    ------
    DeviceError
        If Bluetooth is missing, switched off or not permitted; one line that says what to do.
    """
    from biofeedback.devices.transports.ble_scan import SYSTEM, scan

    heard = await scan(seconds, backend or SYSTEM)
    known = profiles()
    sensors = [
        NearbySensor(shown(one.name), one.address, one.rssi_dbm, fitting(known, one.name, one.services))
        for one in heard
    ]
    return sorted(sensors, key=lambda one: (not one.profiles, -one.rssi_dbm))


def fitting(known: Mapping[str, Profile], name: str, services: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of the profiles whose name pattern, and announced service if they ask for one, fit."""
    return tuple(profile.id for profile in known.values() if profile.ble and _fits(profile.ble, name, services))


def _fits(link: BleLink, name: str, services: tuple[str, ...]) -> bool:
    announced = link.advertised
    if announced and (announced if len(announced) > 4 else _SIG_BASE.format(announced)) not in services:
        return False
    return any(fnmatchcase(name, pattern) for pattern in link.names)


def shown(name: str) -> str:
    """Return a name without control characters: anybody near can send any."""
    return "".join(one if one.isprintable() else "?" for one in name).strip()
