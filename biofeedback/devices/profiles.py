"""A firmware profile: what a device sends and understands, as data.

One TOML file describes one firmware: its link, the words it is started and stopped with, its frames byte by byte and
the streams that come out of them. `biofeedback.devices.profile_file` reads and checks such files; the decoder and the
encoder in `biofeedback.devices.drivers` work from the same description.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import msgspec

from biofeedback.stream import Channel, Quantity, StreamInfo

Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
Byte = Annotated[int, msgspec.Meta(ge=0, le=255)]
Position = Annotated[int, msgspec.Meta(ge=0, le=4095)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=60)]
Factor = float | Annotated[str, msgspec.Meta(pattern=r"^-?\d[\d.eE+-]*( [*/] -?\d[\d.eE+-]*)*$")]
HexBytes = Annotated[str, msgspec.Meta(pattern=r"^([0-9A-Fa-f]{2} ?)+$")]
Uuid = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{4}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
FieldType = Literal[
    "u8", "i8", "u16le", "u16be", "i16le", "i16be", "u24le", "u24be", "i24le", "i24be",
    "u32le", "u32be", "i32le", "i32be", "u64le", "u64be", "f32le", "f32be", "f64le", "f64be",
    "text",
]  # fmt: skip


def factor(text: Factor) -> float:
    """Return the number that ``"16 * 9.80665 / 32768"`` stands for; the signs act from left to right."""
    if not isinstance(text, str):
        return float(text)
    first, *rest = text.split(" ")
    value = float(first)
    for sign, number in zip(rest[::2], rest[1::2], strict=True):
        value = value * float(number) if sign == "*" else value / float(number)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A number inside a frame: where it begins, how it is stored, and which bits of it count.

    ``bits`` is (lowest bit, number of bits) for numbers that are not whole bytes. In a line of text ``type`` is
    "text" and ``at`` counts the columns; the reader of lines makes each a number of 8 bytes.
    """

    at: Position
    type: FieldType = "u8"
    bits: tuple[Position, Annotated[int, msgspec.Meta(ge=1, le=64)]] | None = None

    @property
    def width(self) -> int:
        """Number of bytes the number is read from."""
        return 8 if self.type == "text" else int(re.sub(r"\D", "", self.type)) // 8

    @property
    def place(self) -> int:
        """The byte at which the number begins."""
        return self.at * self.width if self.type == "text" else self.at

    @property
    def is_float(self) -> bool:
        """Whether the number is an IEEE floating point number."""
        return self.type.startswith(("f", "t"))

    @property
    def is_signed(self) -> bool:
        """Whether the number is in two's complement."""
        return self.type.startswith("i")

    @property
    def is_big_endian(self) -> bool:
        """Whether the most significant byte comes first."""
        return self.type.endswith("be")

    @property
    def n_bits(self) -> int:
        """Number of bits the number has."""
        return self.bits[1] if self.bits else 8 * self.width

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest integer the field can hold."""
        if self.is_signed:
            return -(1 << (self.n_bits - 1)), (1 << (self.n_bits - 1)) - 1
        return 0, (1 << self.n_bits) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A byte that must hold one of some values after masking: a sync byte, a footer, a message type."""

    at: Position
    values: Annotated[tuple[Byte, ...], msgspec.Meta(min_length=1)]
    mask: Byte = 0xFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Timestamp(Field):
    """The device's own time in a frame, counted in ticks of ``tick_s`` seconds; it may wrap."""

    tick_s: Factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksum(Field):
    """A check over the bytes ``first`` to ``last``, both included.

    ``sum`` keeps the low bits of the sum, ``xor`` works byte by byte, ``crc`` is described in the usual way by its
    polynomial, initial value, reflection and final exclusive-or. A crc of four bits goes by half bytes, the high one
    first, and leaves out the one it stands in. ``pad_even`` adds a zero byte to an odd number of bytes.
    """

    kind: Literal["sum", "xor", "crc"]
    first: Position
    last: Position
    polynomial: int = 0
    initial: int = 0
    reflected: bool = False
    final_xor: int = 0
    pad_even: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """A message that is a line of text: numbers between commas, semicolons, spaces or tabs.

    A field ``label:value`` goes to the column of that label if there are ``labels``, else to the next column.
    """

    columns: Annotated[int, msgspec.Meta(ge=1, le=64)]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuffing:
    """Messages that end with a byte which stands nowhere else: ``escape`` and a second byte replace what may not stand.

    ``escaped`` lists pairs of the byte that is meant and the second byte.
    """

    terminator: Byte
    escape: Byte
    escaped: Annotated[tuple[tuple[Byte, Byte], ...], msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One kind of frame of fixed length.

    ``confirm_next`` asks for the sync bytes of the frame behind before this one is believed: for firmware without a
    checksum. On Bluetooth Low Energy ``characteristic`` says where the frame comes from, and ``padded`` that a
    notification holds one frame with unused bytes behind it. ``in_a_row`` frames must follow each other, checked and
    counting on, before any is believed: for firmware without sync bytes. ``aligned`` frames follow each other from the
    first byte of the connection on, for servers that say nothing else. A ``text`` message is a line of at most
    ``length`` bytes.
    """

    id: Slug
    length: Annotated[int, msgspec.Meta(ge=2, le=4096)]
    sync: Annotated[tuple[Byte, ...], msgspec.Meta(max_length=8)] = ()
    characteristic: Slug | None = None
    padded: bool = False
    marks: tuple[Mark, ...] = ()
    counter: Field | None = None
    timestamp: Timestamp | None = None
    checksum: Checksum | None = None
    confirm_next: bool = False
    in_a_row: Annotated[int, msgspec.Meta(ge=1, le=16)] = 1
    aligned: bool = False
    text: TextLine | None = None

    @property
    def frame_length(self) -> int:
        """Number of bytes of a frame as fields see it: of a line of text, 8 for each column."""
        return 8 * self.text.columns if self.text else self.length

    @property
    def all_marks(self) -> tuple[Mark, ...]:
        """Sync bytes and marks in one list, positions beyond ``length`` lying in the frame behind."""
        sync = tuple(Mark(at=at, values=(value,)) for at, value in enumerate(self.sync))
        behind = tuple(replace(mark, at=mark.at + self.length) for mark in sync) if self.confirm_next else ()
        return (*sync, *self.marks, *behind)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelField(Field):
    """One channel: its place in a frame and ``SI value = count * scale + offset``."""

    name: Slug
    quantity: Quantity
    message: Slug | None = None
    scale: Factor = 1.0
    offset: Factor = 0.0
    rails: tuple[float, float] | None = None

    @property
    def reach(self) -> tuple[float, float]:
        """Smallest and largest count the device can send."""
        return self.rails or self.limits

    def channel(self) -> Channel:
        """Return the channel as the other rooms know it."""
        low, high = self.rails or (None, None)
        return Channel(self.name, self.quantity, factor(self.scale), factor(self.offset), low, high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Channels that are sampled together.

    ``every`` is the number of frames from one sample to the next; ``zeros_mean_none`` says that a frame with only
    zeros in these channels carries no sample; ``when`` names bytes that must hold for the channels to be there.
    """

    id: Slug
    rate_hz: Positive
    channels: Annotated[tuple[ChannelField, ...], msgspec.Meta(min_length=1)]
    message: Slug | None = None
    every: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    zeros_mean_none: bool = False
    when: tuple[Mark, ...] = ()
    note: str = ""

    def message_of(self, channel: ChannelField) -> str:
        """Return the id of the message that carries a channel of this stream ("" if nobody says)."""
        return channel.message or self.message or ""

    @property
    def messages(self) -> tuple[str, ...]:
        """Ids of the messages this stream needs, without repeats, in the order of the channels."""
        return tuple(dict.fromkeys(self.message_of(channel) for channel in self.channels))

    @property
    def integer_counts(self) -> bool:
        """Whether every channel is an integer that fits 32 bits."""
        return not any(channel.is_float or channel.limits[1] >= 1 << 31 for channel in self.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Messages that together are one sampling instant, in the order in which they are sent.

    Where one counter runs on from message to message, ``first_count`` is its value in the first message of a tick.
    """

    messages: Annotated[tuple[Slug, ...], msgspec.Meta(min_length=1)]
    first_count: Annotated[int, msgspec.Meta(ge=0)] | None = None


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
    wait_s: Seconds = 0.0
    to: str = ""
    answer_from: str = ""

    @property
    def command(self) -> bytes:
        """The bytes to send."""
        return bytes.fromhex(self.send_hex) if self.send_hex else self.send.encode("latin-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """What is said when the device is opened, started and stopped."""

    open: tuple[Step, ...] = ()
    start: tuple[Step, ...] = ()
    stop: tuple[Step, ...] = ()


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

    What comes from the second has the origin "control". ``rates`` are asked when the device is opened.
    """

    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    command_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    rates: tuple[RateQuery, ...] = ()
    if_silent: str = "Check that the server is running, and that a firewall lets this program through."

    def ports(self, chosen: int | None) -> tuple[int, int | None]:
        """Return data and command port where the person chose another first port; both move by as much."""
        first = self.command_port or self.port
        moved = 0 if chosen is None else chosen - first
        return self.port + moved, None if self.command_port is None else self.command_port + moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a setting: what to send, and what it changes.

    ``scale`` multiplies the scale of all channels of a stream, ``rate_hz`` replaces its rate; both by stream id.
    """

    value: str
    steps: tuple[Step, ...] = ()
    scale: Mapping[Slug, Factor] = field(default_factory=dict)
    rate_hz: Mapping[Slug, Positive] = field(default_factory=dict)
    baudrate: Annotated[int, msgspec.Meta(ge=300, le=4_000_000)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Something the user may choose before the device is opened; the steps follow those of ``dialogue.open``."""

    id: Slug
    name: str
    default: str
    options: Annotated[tuple[Option, ...], msgspec.Meta(min_length=1)]

    def option(self, value: str) -> Option | None:
        """Return the option of that value, or None."""
        return next((option for option in self.options if option.value == value), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where facts come from and how sure they are."""

    facts: str
    confidence: Literal["measured", "confirmed", "single", "inferred"]
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One firmware, as its file has it."""

    id: Slug
    version: Annotated[int, msgspec.Meta(ge=1)]
    name: str
    note: str = ""
    serial: SerialLink | None = None
    ble: BleLink | None = None
    tcp: TcpLink | None = None
    dialogue: Dialogue = field(default_factory=Dialogue)
    settings: tuple[Setting, ...] = ()
    messages: Annotated[tuple[Message, ...], msgspec.Meta(min_length=1, max_length=64)]
    tick: Tick | None = None
    stuffing: Stuffing | None = None
    streams: Annotated[tuple[Stream, ...], msgspec.Meta(min_length=1)]
    sources: Annotated[tuple[Source, ...], msgspec.Meta(min_length=1)]

    def message(self, message_id: str) -> Message:
        """Return the message of that id."""
        return next(message for message in self.messages if message.id == message_id)

    def stream(self, stream_id: str) -> Stream:
        """Return the stream of that id."""
        return next(stream for stream in self.streams if stream.id == stream_id)

    @property
    def if_silent(self) -> str:
        """What the person should try when nothing comes."""
        link = self.serial or self.ble or self.tcp
        return link.if_silent if link else ""

    @property
    def bytes_per_second(self) -> float:
        """How many bytes a second the line must carry for the messages that streams are made of."""
        needed = {message: stream.rate_hz * stream.every for stream in self.streams for message in stream.messages}
        frames = {message.id: message.frame_length for message in self.messages}
        return sum(frames[message] * rate_hz for message, rate_hz in needed.items())

    def stream_infos(self, device: str) -> tuple[StreamInfo, ...]:
        """Describe the streams of a device of that name."""
        return tuple(
            StreamInfo(
                id=f"{device}/{stream.id}",
                device=device,
                channels=tuple(channel.channel() for channel in stream.channels),
                sampling_rate_hz=stream.rate_hz,
                integer_counts=stream.integer_counts,
            )
            for stream in self.streams
        )

    def configured(self, chosen: Mapping[str, str] | None = None) -> Profile:
        """Return the profile with its settings made: scales, rates and baud rate follow, steps join the dialogue.

        Raises
        ------
        ValueError
            If there is no such setting or option; one line that names those there are.
        """
        chosen = dict(chosen or {})
        known = {setting.id: setting for setting in self.settings}
        for setting_id in chosen:
            if setting_id not in known:
                raise ValueError(f"{self.id}: no setting {setting_id!r}; known are {', '.join(known) or 'none'}")
        profile = replace(self, settings=())
        for setting in self.settings:
            value = chosen.get(setting.id, setting.default)
            option = setting.option(value)
            if option is None:
                values = ", ".join(option.value for option in setting.options)
                raise ValueError(f"{self.id}: {setting.id} cannot be {value!r}; choose one of {values}")
            profile = _with_option(profile, option)
        return profile


def _with_option(profile: Profile, option: Option) -> Profile:
    """Apply one option to a profile."""
    serial = profile.serial
    return replace(
        profile,
        serial=replace(serial, baudrate=option.baudrate or serial.baudrate) if serial else None,
        dialogue=replace(profile.dialogue, open=(*profile.dialogue.open, *option.steps)),
        streams=tuple(_stream_with_option(stream, option) for stream in profile.streams),
    )


def _stream_with_option(stream: Stream, option: Option) -> Stream:
    gain = factor(option.scale.get(stream.id, 1.0))
    channels = tuple(replace(channel, scale=factor(channel.scale) * gain) for channel in stream.channels)
    return replace(stream, channels=channels, rate_hz=option.rate_hz.get(stream.id, stream.rate_hz))
