"""What devices there are: profiles on disk, ports on this machine, and how to make a device of both."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from biofeedback.devices.base import Device, DeviceError
from biofeedback.devices.profile_file import ProfileError, load
from biofeedback.devices.profiles import Profile

if TYPE_CHECKING:
    from biofeedback.devices.transports.base import Transport

_PACKAGE = Path(__file__).parent.parent
_BLUETOOTH_PORT = re.compile(r"ble:.*|([0-9a-f]{2}[:-]){5}[0-9a-f]{2}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_OTHER_PORT = re.compile(r"/dev/.*|com[0-9]+|tcp:.*", re.I)


@dataclass(frozen=True, slots=True)
class ProfileFile:
    """A profile on disk, or why it cannot be used."""

    path: Path
    profile: Profile | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A serial port of this machine; ``profiles`` are those whose USB numbers fit, often more than one or none."""

    name: str
    description: str
    vendor: int | None
    product: int | None
    serial_number: str | None
    profiles: tuple[str, ...]


def profile_folders() -> tuple[Path, ...]:
    """Return where profiles are looked for: those of the program, then the user's own, which may not be there."""
    inside = _PACKAGE / "firmware_profiles"
    shipped = inside if inside.is_dir() else _PACKAGE.parent / "firmware_profiles"
    home = os.environ.get("BIOFEEDBACK_HOME") or platformdirs.user_data_dir("biofeedback", appauthor=False)
    return shipped, Path(home) / "profiles"


def profile_files(folders: tuple[Path, ...] | None = None) -> list[ProfileFile]:
    """Read every profile; one that cannot be used is listed with its error and hides no other."""
    paths = [path for folder in folders or profile_folders() for path in sorted(folder.glob("*.toml"))]
    return [_read(path) for path in paths]


def _read(path: Path) -> ProfileFile:
    try:
        return ProfileFile(path, load(path))
    except ProfileError as error:
        return ProfileFile(path, None, str(error))


def profiles(folders: tuple[Path, ...] | None = None) -> dict[str, Profile]:
    """Return the usable profiles by id; the user's own replaces a shipped one of the same id."""
    return {file.profile.id: file.profile for file in profile_files(folders) if file.profile is not None}


def load_profile(name: str | Path) -> Profile:
    """Return the profile of that id, or from a file if ``name`` is a path to one.

    Raises
    ------
    ProfileError
        If there is no such profile, or its file is wrong; one line.
    """
    if isinstance(name, Path) or name.endswith(".toml"):
        return load(Path(name))
    known = profiles()
    if name not in known:
        raise ProfileError(f"{name}: no such profile; known are {', '.join(known)}, or give a .toml file")
    return known[name]


def chosen(text: str) -> tuple[Profile, dict[str, str]]:
    """Return the profile and the settings that a person names: ``ID`` or a file, and ``,SETTING=VALUE`` any times.

    Raises
    ------
    ProfileError
        If there is no such profile, or its file is wrong; one line.
    """
    name, *pairs = re.split(r",(?=[^,=/]+=)", text)
    settings = dict(pair.split("=", 1) for pair in pairs)
    return load_profile(name), settings


def variants(profile: Profile) -> dict[str, Profile]:
    """Return a profile as it is, and with each other option of its settings made its default, by what is `chosen`."""
    made = {profile.id: profile}
    for at, setting in enumerate(profile.settings):
        for option in setting.options:
            if option.value != setting.default:
                settings = (*profile.settings[:at], replace(setting, default=option.value), *profile.settings[at + 1 :])
                name = f"{profile.name} · {setting.id} {option.value}"
                made[f"{profile.id},{setting.id}={option.value}"] = replace(profile, name=name, settings=settings)
    return made


def serial_ports(known: Mapping[str, Profile] | None = None) -> list[SerialPort]:
    """List the serial ports of this machine, and which of the ``known`` profiles (all if None) may fit each."""
    from serial.tools import list_ports

    known = profiles() if known is None else known
    return [
        SerialPort(
            name=port.device,
            description=port.description or "",
            vendor=port.vid,
            product=port.pid,
            serial_number=port.serial_number,
            profiles=_fitting(known, port.vid, port.pid),
        )
        for port in sorted(list_ports.comports(), key=lambda port: port.device)
    ]


def _fitting(known: Mapping[str, Profile], vendor: int | None, product: int | None) -> tuple[str, ...]:
    return tuple(
        profile.id
        for profile in known.values()
        if profile.serial and any((usb.vendor, usb.product) == (vendor, product) for usb in profile.serial.usb)
    )


def make_device(
    profile: Profile, port: str, name: str | None = None, settings: Mapping[str, str] | None = None
) -> Device:
    """Make the device of a profile; nothing is opened yet.

    ``port`` is a serial port; a Bluetooth address, or ``ble:NAME`` for the first sensor of that name; ``tcp:host`` or
    ``tcp:host:port`` for a server.

    Raises
    ------
    DeviceError
        If a setting does not exist or cannot have that value.
    """
    from biofeedback.devices.joined import JoinedDevice

    try:
        device = _device(profile, _transport(profile.configured(settings), port), name, settings)
    except ValueError as error:
        raise DeviceError(str(error)) from error
    joined = JoinedDevice(device)
    return joined if joined.streams != device.streams else device


def _device(profile: Profile, transport: Transport, name: str | None, settings: Mapping[str, str] | None) -> Device:
    """Make the device for a transport: one that is asked for more than its profile says, or one that is not."""
    from biofeedback.devices.profiled import ProfiledDevice

    if profile.layout:
        from biofeedback.devices.inquired import InquiredDevice

        return InquiredDevice(profile, profile.layout, transport, name, settings)
    if profile.tcp and profile.tcp.rates:
        from biofeedback.devices.asked import AskedDevice

        return AskedDevice(profile, transport, name, settings)
    return ProfiledDevice(profile, transport, name, settings)


def find_device(profile: str, port: str, name: str | None = None) -> Device:
    """Make the device that a person names; nothing is opened yet.

    ``profile`` is what `chosen` takes. ``port`` is what `make_device` takes, or ``lsl:NAME`` for Lab Streaming Layer
    streams: they describe themselves, and ``profile`` is of no meaning.

    Raises
    ------
    ProfileError
        If there is no such profile.
    DeviceError
        If a setting does not exist or cannot have that value.
    """
    if not port.startswith("lsl:"):
        known, settings = chosen(profile)
        return make_device(known, port, name, settings)
    from biofeedback.devices.lsl import LslDevice

    if not port.removeprefix("lsl:"):
        raise DeviceError("lsl: alone names no stream: write lsl:NAME; devices scan lists the streams that are there.")
    from biofeedback.devices.joined import JoinedDevice

    return JoinedDevice(LslDevice(port.removeprefix("lsl:"), name))


def _transport(profile: Profile, port: str) -> Transport:
    """Make the transport of a profile's link; the library behind it is loaded only now."""
    if profile.ble is not None:
        if _OTHER_PORT.fullmatch(port):
            raise ValueError(
                f"{profile.id} speaks over Bluetooth, {port} does not: give the sensor's address or ble:NAME; "
                "devices scan lists them"
            )
        from biofeedback.devices.transports.ble import BleTransport

        return BleTransport(port, profile.ble)
    if _BLUETOOTH_PORT.fullmatch(port):
        raise ValueError(
            f"{profile.id} does not speak over Bluetooth, and {port} is a Bluetooth sensor: choose another profile "
            "(devices scan shows which may fit), or give the sensor's port"
        )
    if port.startswith("tcp:") or profile.serial is None:
        return _tcp_transport(profile, port)
    from biofeedback.devices.transports.serial import SerialTransport

    return SerialTransport(port, profile.serial.baudrate)


def _tcp_transport(profile: Profile, port: str) -> Transport:
    from biofeedback.devices.transports.tcp import TcpTransport

    if profile.tcp is None:
        raise ValueError(f"{profile.id} does not speak over TCP: give the name of a serial port")
    host, _, number = port.removeprefix("tcp:").partition(":")
    if not host or (number and not number.isdecimal()):
        raise ValueError(f"{port!r} is no address: write tcp:host or tcp:host:port")
    units = {message.connection or "": message.length for message in profile.messages if message.aligned}
    return TcpTransport(host, profile.tcp.ports(int(number) if number else None), units)
