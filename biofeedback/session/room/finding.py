"""Look for sensors: serial ports, Bluetooth. Nothing here holds up the loop; what cannot be looked at says why."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from biofeedback.devices import registry
from biofeedback.devices.base import DeviceError
from biofeedback.devices.profiles import Profile
from biofeedback.session.room.view import LinkKind

if TYPE_CHECKING:
    from biofeedback.devices.transports.lsl_streams import LslStream

LSL = "lsl"
_LISTEN_S, _ON_NET_S = 5.0, 2.0
_NO_PROFILE_USB = (
    "No profile fits the numbers of its USB plug. If you know what it is, choose it below and try. A new kind of "
    "sensor needs a profile: see “Add a device” in the documentation."
)
_NO_PROFILE_RADIO = (
    "No profile fits the name and the services it announces. It may be another kind of device, such as a phone. If you "
    "know what it is, choose it below and try."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A sensor that was found, or named by hand.

    ``id`` is ``usb:PORT``, ``bluetooth:ADDRESS``, ``network:ADDRESS`` or, for the Lab Streaming Layer, ``lsl:NAME``.

    ``profiles`` are those that may fit; ``why`` says at length why there is none.
    """

    id: str
    name: str
    link: LinkKind
    profiles: tuple[str, ...] = ()
    rssi_dbm: int | None = None
    why: str = ""

    @property
    def address(self) -> str:
        """What the device is made with."""
        kind, _, address = self.id.partition(":")
        return f"tcp:{address}" if kind == "network" else address

    @property
    def describes_itself(self) -> bool:
        """Whether it needs no profile: streams of the Lab Streaming Layer tell what they carry."""
        return self.id.startswith(f"{LSL}:")


def link_of(profile: Profile) -> LinkKind:
    """Return what a sensor of a profile is connected by."""
    return "bluetooth" if profile.ble else "usb" if profile.serial else "network"


def by_hand(sensor: str) -> Finding | None:
    """Return the finding that an id stands for by itself; None if it names none."""
    kinds: dict[str, LinkKind] = {"usb": "usb", "bluetooth": "bluetooth", "network": "network", LSL: "network"}
    kind, _, address = sensor.partition(":")
    if kind not in kinds or not address or not address.isprintable():
        return None
    return Finding(sensor, address, kinds[kind])


def may_be_there(here: Finding) -> bool:
    """Whether it is worth the attempt to connect what was not found by looking."""
    return here.link != "usb" or sys.platform == "win32" or Path(here.address).exists()


async def on_serial_ports(known: Mapping[str, Profile]) -> list[Finding]:
    """Return what is plugged in."""
    ports = await asyncio.to_thread(registry.serial_ports, known)
    found: list[Finding] = []
    for port in ports:
        what = known[port.profiles[0]].name if len(port.profiles) == 1 else port.description.replace("n/a", "")
        name = f"{what or 'Serial port'}, {PurePath(port.name).name}"
        why = "" if port.profiles else _NO_PROFILE_USB
        found.append(Finding(f"usb:{port.name}", name, "usb", port.profiles, why=why))
    return found


async def on_bluetooth() -> list[Finding]:
    """Listen for some seconds.

    Raises
    ------
    DeviceError
        If Bluetooth is missing, switched off or not permitted.
    """
    nearby = await asyncio.to_thread(importlib.import_module, "biofeedback.devices.nearby")
    try:
        heard = await nearby.sensors_nearby(_LISTEN_S)
    except OSError as error:
        raise DeviceError(f"Bluetooth cannot be used ({error.strerror or error}).") from error
    return [
        Finding(
            f"bluetooth:{one.address}",
            one.name or f"Unknown device {one.address[-5:]}",
            "bluetooth",
            one.profiles,
            one.rssi_dbm,
            "" if one.profiles else _NO_PROFILE_RADIO,
        )
        for one in heard
    ]


async def on_network() -> list[Finding]:
    """Listen for streams of the Lab Streaming Layer; those of one name are one sensor. Without its library: none."""
    try:
        streams = await asyncio.to_thread(_streams)
    except DeviceError:
        return []  # an extra that was not installed is nothing to be told of each time
    hosts = {stream.name: stream.host for stream in streams}
    return [Finding(f"{LSL}:{name}", f"{name}, {host}" if host else name, "network") for name, host in hosts.items()]


def _streams() -> list[LslStream]:
    from biofeedback.devices.transports.lsl_streams import found_within

    return found_within(_ON_NET_S)
