"""A firmware profile: what a device sends and understands, as data.

One TOML file describes one firmware: its link, the words it is started and stopped with, its frames byte by byte and
the streams that come out of them. `biofeedback.devices.profile_file` reads and checks such files; the decoder and the
encoder in `biofeedback.devices.drivers` work from the same description.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

import msgspec

from biofeedback.devices.frame_layout import Factor, Field, Mark, Message, Slug, Stuffing, factor
from biofeedback.devices.links import BatteryQuery, BleLink, Dialogue, SerialLink, Step, TcpLink, Vibration
from biofeedback.stream import Channel, Quantity, StreamInfo

Positive = Annotated[float, msgspec.Meta(gt=0)]


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
class Calibration:
    """How three axes that are not quite at right angles become ones that are: ``matrix @ (counts - bias)``.

    The results take the place of the counts, so that scale and offset of the channels go on from there. ``columns``
    are places among the stream's channels; the matrix is given row by row.
    """

    columns: tuple[int, int, int]
    matrix: Annotated[tuple[float, ...], msgspec.Meta(min_length=9, max_length=9)]
    bias: tuple[float, float, float] = (0.0, 0.0, 0.0)


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
    calibration: tuple[Calibration, ...] = ()
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
        return not self.calibration and not any(
            channel.is_float or channel.limits[1] >= 1 << 31 for channel in self.channels
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Messages that together are one sampling instant, in the order in which they are sent.

    Where one counter runs on from message to message, ``first_count`` is its value in the first message of a tick.
    """

    messages: Annotated[tuple[Slug, ...], msgspec.Meta(min_length=1)]
    first_count: Annotated[int, msgspec.Meta(ge=0)] | None = None


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
class Layout:
    """A device that tells when it is asked what its frames hold: questions, and the code that reads the answers.

    ``driver`` names a file in `biofeedback.devices.drivers.layouts`. What the profile itself describes is the layout
    that the examples of the questions tell of: the virtual device speaks it.
    """

    driver: Slug
    questions: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1)]


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
    vibrations: tuple[Vibration, ...] = ()
    battery: BatteryQuery | None = None
    settings: tuple[Setting, ...] = ()
    messages: Annotated[tuple[Message, ...], msgspec.Meta(min_length=1, max_length=64)]
    tick: Tick | None = None
    layout: Layout | None = None
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
