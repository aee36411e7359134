"""How a device is reached and spoken to: serial line, Bluetooth Low Energy or network, and the dialogue on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from biofeedback.devices.frame_layout import Slug

Seconds = Annotated[float, msgspec.Meta(ge=0, le=60)]
HexBytes = Annotated[str, msgspec.Meta(pattern=r"^([0-9A-Fa-f]{2}[ \n]?)+$")]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
CONTROL = "control"
"""Origin of what comes from the port for commands."""
Uuid = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{4}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a dialogue: send something, wait for an answer, or only wait.

    The answer is read up to and including ``expect``; it is an error if it begins with ``refuse`` or lacks
    ``contains``. ``example`` is a whole answer of the device: the virtual device gives it. On Bluetooth Low Energy
    ``to`` is the characteristic that is written, and ``answer_from`` the only one that is listened to.
    """

    send: str = ""
    send_hex: HexBytes | None = None
    expect: str = ""
    within_s: Seconds = 2.0
    contains: str = ""
    refuse: str = ""
    example: str = ""
    example_hex: HexBytes | None = None
    wait_s: Seconds = 0.0
    to: str = ""
    answer_from: str = ""

    @property
    def command(self) -> bytes:
        """The bytes to send."""
        return bytes.fromhex(self.send_hex) if self.send_hex else self.send.encode("latin-1")

    @property
    def answer(self) -> bytes:
        """The bytes of the example."""
        return bytes.fromhex(self.example_hex) if self.example_hex else self.example.encode("latin-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """What is said when the device is opened, started and stopped; ``identify`` makes it blink while it streams."""

    open: tuple[Step, ...] = ()
    start: tuple[Step, ...] = ()
    stop: tuple[Step, ...] = ()
    identify: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vibration:
    """A vibration of that length and strength that the device knows, and what makes it while the device streams."""

    seconds: Annotated[float, msgspec.Meta(gt=0, le=10)]
    steps: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1)]
    strength: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryQuery:
    """What asks for the charge now and then; the answer begins with ``answer_hex`` and has percent in byte ``at``."""

    ask: Step
    answer_hex: HexBytes
    at: Annotated[int, msgspec.Meta(ge=0, le=63)]

    def percent(self, origin: str, data: bytes) -> float | None:
        """Return the charge if these bytes are the answer, else None; more than 100 means unknown."""
        start = bytes.fromhex(self.answer_hex)
        mine = origin == self.ask.answer_from and data.startswith(start) and len(data) > self.at
        return float(data[self.at]) if mine and data[self.at] <= 100 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsbId:
    """Numbers by which the operating system knows the adapter. Many devices share an adapter chip."""

    vendor: Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
    product: Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialLink:
    """The serial line: speed (8 data bits, no parity, 1 stop bit), adapter, and what to try when nothing comes."""

    baudrate: Annotated[int, msgspec.Meta(ge=300, le=4_000_000)]
    usb: tuple[UsbId, ...] = ()
    if_silent: str = "Check that the sensor is switched on and that the right port is chosen."


@dataclass(frozen=True, slots=True, kw_only=True)
class Characteristic:
    """One data point of a Bluetooth Low Energy sensor.

    ``notify`` subscribes to it. Its notifications are whole frames, one or several of a kind; with ``split`` they are
    a stream of bytes in which frames may be cut. A write waits for the sensor's answer unless ``acknowledged`` is
    false or the characteristic does not offer it.
    """

    id: Slug
    uuid: Uuid
    notify: bool = False
    split: bool = False
    acknowledged: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BleLink:
    """A Bluetooth Low Energy sensor: how to recognise it, and where its data points are.

    ``names`` are patterns such as ``"WT*"``; a scan suggests this profile where one fits, and the service
    ``advertised``, if given, is announced as well. ``driver`` names code in `biofeedback.devices.drivers.unpackers`
    that turns notifications into the frames of the profile. ``packet_bytes`` is the longest notification;
    ``battery`` a characteristic with the charge in percent, where it is not the standard one.
    """

    service: Uuid
    advertised: Uuid | None = None
    names: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    characteristics: Annotated[tuple[Characteristic, ...], msgspec.Meta(min_length=1)]
    driver: Slug | None = None
    packet_bytes: Annotated[int, msgspec.Meta(ge=1, le=512)] = 20
    battery: Uuid = "2a19"
    if_silent: str = "Check that the sensor is switched on and charged, and that the right profile is chosen."

    def characteristic(self, characteristic_id: str) -> Characteristic | None:
        """Return the characteristic of that id, or None."""
        return next((one for one in self.characteristics if one.id == characteristic_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateQuery:
    """A rate the device tells: the number in the answer to ``samples`` over the seconds in that to ``interval``."""

    stream: Slug
    samples: Step
    interval: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpLink:
    """A server on the network: its port, and a second one for the dialogue if it has one.

    What comes from the second has the origin "control". ``more_ports`` has further ports for data, by the name that
    messages give as their ``connection``. ``rates`` are asked when the device is opened.
    """

    port: Port
    command_port: Port | None = None
    more_ports: Mapping[Slug, Port] = field(default_factory=dict)
    rates: tuple[RateQuery, ...] = ()
    if_silent: str = "Check that the server is running, and that a firewall lets this program through."

    def ports(self, chosen: int | None) -> dict[str, int]:
        """Return all ports by origin, the one for commands first; they move by as much as the first one is moved."""
        commands = {} if self.command_port is None else {CONTROL: self.command_port}
        ports = {**commands, "": self.port, **self.more_ports}
        moved = 0 if chosen is None else chosen - next(iter(ports.values()))
        return {origin: port + moved for origin, port in ports.items()}
