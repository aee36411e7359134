"""Check what a profile says about its link: exactly one, and one that its messages and dialogue fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from biofeedback.devices.frame_layout import Message
from biofeedback.devices.links import BleLink, Step, TcpLink
from biofeedback.devices.profiles import Layout, Profile

UNPACKERS = "biofeedback.devices.drivers.unpackers"
LAYOUTS = "biofeedback.devices.drivers.layouts"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where: ``streams[0].rate_hz``."""

    place: str
    expected: str


def link_problems(profile: Profile) -> Iterator[Problem]:
    """Yield what is wrong with the link of a profile."""
    if profile.ble and profile.serial:
        yield Problem("ble", "a profile has one link: serial or ble")
    elif profile.ble:
        yield from _ble_problems(profile, profile.ble)
    elif profile.serial is None and profile.tcp is None:
        yield Problem("serial", "is missing")
    else:
        yield from _byte_stream_problems(profile)
    if profile.tcp:
        yield from _tcp_problems(profile, profile.tcp)
    if profile.layout:
        yield from _layout_problems(profile, profile.layout)


def _byte_stream_problems(profile: Profile) -> Iterator[Problem]:
    for index, message in enumerate(profile.messages):
        alone = message.text is not None or message.in_a_row > 1 or message.aligned
        if message.aligned and profile.serial:
            yield Problem(f"messages[{index}].aligned", "only a tcp link keeps frames aligned")
        if not message.sync and not alone:
            yield Problem(f"messages[{index}].sync", "is missing")
        if profile.stuffing and (alone or message.confirm_next):
            yield Problem("stuffing", "says where frames end: without text, in_a_row and confirm_next")
        if alone and len(profile.messages) > 1 and not _has_its_own_connection(profile, message):
            yield Problem(
                f"messages[{index}]", "lines of text, frames in_a_row and aligned ones can be the only message"
            )
        if message.connection and profile.tcp is None:
            yield Problem(f"messages[{index}].connection", "belongs to a tcp link")
        if message.characteristic or message.padded:
            yield Problem(f"messages[{index}]", "characteristic and padded belong to a ble link")
    for place, step in _steps(profile):
        if step.to or step.answer_from not in ("", "control"):
            yield Problem(place, "to and answer_from belong to a ble link")
        if step.answer_from == "control" and (profile.tcp is None or profile.tcp.command_port is None):
            yield Problem(place, "answers come from control only where tcp has a command_port")


def _has_its_own_connection(profile: Profile, message: Message) -> bool:
    connections = [one.connection for one in profile.messages]
    return message.aligned and connections.count(message.connection) == 1


def _layout_problems(profile: Profile, layout: Layout) -> Iterator[Problem]:
    if find_spec(f"{LAYOUTS}.{layout.driver.replace('-', '_')}") is None:
        yield Problem("layout.driver", "there is no such driver")
    elif profile.ble:
        yield Problem("layout", "belongs to a serial or tcp link")


def _tcp_problems(profile: Profile, link: TcpLink) -> Iterator[Problem]:
    for index, message in enumerate(profile.messages):
        if message.connection and not (message.aligned and message.connection in link.more_ports):
            known = ", ".join(link.more_ports) or "none"
            yield Problem(f"messages[{index}].connection", f"must be one of more_ports ({known}), of aligned frames")
    if profile.ble:
        yield Problem("tcp", "a profile has one link: ble or tcp")
    streams = [stream.id for stream in profile.streams]
    for index, query in enumerate(link.rates):
        if query.stream not in streams:
            yield Problem(f"tcp.rates[{index}].stream", f"must be one of the streams {', '.join(streams)}")
        for name in ("samples", "interval"):
            if not getattr(query, name).expect:
                yield Problem(f"tcp.rates[{index}].{name}.expect", "is missing")


def _ble_problems(profile: Profile, link: BleLink) -> Iterator[Problem]:
    known = [one.id for one in link.characteristics]
    for index, name in enumerate(known):
        if name in known[:index]:
            yield Problem(f"ble.characteristics[{index}].id", f"{name!r} is there twice; each needs an id of its own")
    if link.driver and find_spec(f"{UNPACKERS}.{link.driver.replace('-', '_')}") is None:
        yield Problem("ble.driver", "there is no such driver")
    heard = [one.id for one in link.characteristics if one.notify]
    if not heard:
        yield Problem("ble.characteristics", "one of them must notify")
    if not link.driver:
        yield from _origin_problems(profile, link, heard)
    for place, step in _steps(profile):
        if step.command and step.to not in known:
            yield Problem(f"{place}.to", f"must be one of the characteristics {', '.join(known)}")
        if step.answer_from and step.answer_from not in heard:
            yield Problem(f"{place}.answer_from", f"must be one of the notifying characteristics {', '.join(heard)}")


def _origin_problems(profile: Profile, link: BleLink, heard: list[str]) -> Iterator[Problem]:
    for index, message in enumerate(profile.messages):
        origin = link.characteristic(message.characteristic or "")
        if origin is None or not origin.notify:
            place = f"messages[{index}].characteristic"
            yield Problem(place, f"must be one of the notifying characteristics {', '.join(heard)}")
        elif origin.split and not message.sync:
            yield Problem(f"messages[{index}].sync", "is missing")
        elif not origin.split and message.length > link.packet_bytes:
            yield Problem("ble.packet_bytes", f"{message.id!r} alone has {message.length} bytes")


def _steps(profile: Profile) -> Iterator[tuple[str, Step]]:
    """Yield every step of the dialogue and of the settings, with its place."""
    for name in ("open", "start", "stop", "identify"):
        for index, step in enumerate(getattr(profile.dialogue, name)):
            yield f"dialogue.{name}[{index}]", step
    for number, vibration in enumerate(profile.vibrations):
        for index, step in enumerate(vibration.steps):
            yield f"vibrations[{number}].steps[{index}]", step
    if profile.battery:
        yield "battery.ask", profile.battery.ask
    for at, setting in enumerate(profile.settings):
        for number, option in enumerate(setting.options):
            for index, step in enumerate(option.steps):
                yield f"settings[{at}].options[{number}].steps[{index}]", step
