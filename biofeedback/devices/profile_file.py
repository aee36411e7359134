"""Read a firmware profile from its file, and say in one line, with the line number, what is wrong with it."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from biofeedback.devices.frame_layout import Field, Message
from biofeedback.devices.profile_links import Problem, link_problems
from biofeedback.devices.profiles import Profile, Stream, Tick
from biofeedback.devices.toml_lines import line_of

_SENT = ("send", "expect", "contains", "refuse", "example")  # bytes for the device, written as characters


class ProfileError(ValueError):
    """A profile cannot be used. The message names the file, the line, the field and what is expected."""


def load(path: Path) -> Profile:
    """Read and check one profile.

    Raises
    ------
    ProfileError
        One line: file, line number, field, what is expected.
    """
    try:
        text = path.read_text("utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise ProfileError(f"{path.name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ProfileError(f"{path.name}: must be text in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")
        line = re.search(r"line (\d+)", place)
        where = f", line {line[1]}" if line else ""
        raise ProfileError(f"{path.name}{where}: not TOML: {reason}") from error
    except RecursionError as error:
        raise ProfileError(f"{path.name}: not a profile: lists in lists without end") from error
    made = _converted(table)
    if isinstance(made, Problem):
        raise ProfileError(f"{path.name}, line {line_of(text, made.place)}: {made.place}: {made.expected}")
    return made


def _converted(table: dict[str, Any]) -> Profile | Problem:
    """Return the profile, or the first thing that is wrong with it."""
    try:
        profile = msgspec.convert(table, Profile)
    except msgspec.ValidationError as error:
        return _problem_of(error)
    return next(_problems(table, profile), profile)


def _problem_of(error: msgspec.ValidationError) -> Problem:
    """Turn msgspec's message into place and expectation; a missing field is named as the place."""
    expected, _, place = str(error).partition(" - at `")
    place = place.rstrip("`").removeprefix("$").lstrip(".")
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", expected):
        return Problem(f"{place}.{missing[1]}".lstrip("."), "is missing")
    return Problem(place, expected[0].lower() + expected[1:])


def _unprintable(value: object, place: str) -> Iterator[Problem]:
    """Yield texts that would change the terminal or the window they are shown in."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key not in _SENT:
                yield from _unprintable(one, f"{place}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _unprintable(one, f"{place}[{index}]")
    elif isinstance(value, str) and not all(sign.isprintable() or sign == "\n" for sign in value):
        yield Problem(place, "has a character that cannot be shown")


def _problems(table: dict[str, Any], profile: Profile) -> Iterator[Problem]:
    """Yield everything the types cannot express."""
    yield from _unknown_keys(table, profile, "")
    yield from _unprintable(table, "")
    yield from _repeated_ids(profile)
    yield from link_problems(profile)
    for index, message in enumerate(profile.messages):
        yield from _message_problems(message, f"messages[{index}]")
    for index, stream in enumerate(profile.streams):
        yield from _stream_problems(profile, stream, f"streams[{index}]")
    yield from _tick_problems(profile)
    yield from _setting_problems(profile)
    yield from _load_problems(profile)


def _unknown_keys(raw: object, made: object, place: str) -> Iterator[Problem]:
    """Yield keys of the file that no field of the profile answers to."""
    if dataclasses.is_dataclass(made) and isinstance(raw, dict):
        known = [one.name for one in dataclasses.fields(made)]
        for key, value in raw.items():
            inside = f"{place}.{key}".lstrip(".")
            if key not in known:
                yield Problem(inside, f"there is no such field; known are {', '.join(known)}")
            else:
                yield from _unknown_keys(value, getattr(made, key), inside)
    elif isinstance(made, tuple) and isinstance(raw, list):
        for index, (value, one) in enumerate(zip(raw, made, strict=True)):
            yield from _unknown_keys(value, one, f"{place}[{index}]")


def _repeated_ids(profile: Profile) -> Iterator[Problem]:
    for kind in ("messages", "streams", "settings"):
        yield from _repeats([one.id for one in getattr(profile, kind)], kind, "id")
    for index, stream in enumerate(profile.streams):
        yield from _repeats([channel.name for channel in stream.channels], f"streams[{index}].channels", "name")


def _repeats(names: list[str], place: str, key: str) -> Iterator[Problem]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Problem(f"{place}[{index}].{key}", f"{name!r} is there twice; each needs a {key} of its own")


def _field_problems(field: Field, message: Message, place: str) -> Iterator[Problem]:
    if bool(message.text) != (field.type == "text"):
        yield Problem(f"{place}.type", "must be text in a line of text, and nowhere else")
    elif message.text and field.at >= message.text.columns:
        yield Problem(
            f"{place}.at", f"there is no column {field.at}: {message.id!r} has {message.text.columns}, from 0"
        )
    elif field.at + field.width > message.length:
        room = f"{message.id!r} has {message.length} bytes"
        yield Problem(f"{place}.at", f"{field.type} at {field.at} does not fit: {room}")
    if field.bits and not message.text and (field.is_float or sum(field.bits) > 8 * field.width):
        yield Problem(f"{place}.bits", f"must be [lowest bit, number of bits] inside the {8 * field.width} bits")


def _message_problems(message: Message, place: str) -> Iterator[Problem]:
    for name in ("counter", "timestamp", "checksum"):
        if field := getattr(message, name):
            yield from _field_problems(field, message, f"{place}.{name}")
            if (field.is_float and not message.text) or field.is_signed:
                yield Problem(f"{place}.{name}.type", "must be an unsigned integer")
    for index, mark in enumerate(message.marks):
        if mark.at >= message.length:
            yield Problem(f"{place}.marks[{index}].at", f"must be below the length {message.length}")
    if check := message.checksum:
        halves = check.kind == "crc" and check.bits in ((0, 4), (4, 4))
        if not check.first <= check.last < message.length or (check.first <= check.at <= check.last and not halves):
            yield Problem(f"{place}.checksum.last", "first to last must lie in the frame and leave the check out")
        if check.kind == "crc" and (check.polynomial <= 0 or (check.bits and not halves)):
            yield Problem(f"{place}.checksum.polynomial", "a crc needs its polynomial, and whole bytes or one half")
    if message.text and (message.counter or message.checksum or message.marks or message.sync):
        yield Problem(f"{place}.text", "a line of text has no counter, checksum, marks or sync")
    if message.text and len(message.text.labels) not in (0, message.text.columns):
        yield Problem(f"{place}.text.labels", f"must be none or {message.text.columns}, one for each column")
    if message.in_a_row > 1 and not (message.counter and message.checksum):
        yield Problem(f"{place}.in_a_row", "needs a counter and a checksum")


def _stream_problems(profile: Profile, stream: Stream, place: str) -> Iterator[Problem]:
    known = [message.id for message in profile.messages]
    for index, channel in enumerate(stream.channels):
        inside = f"{place}.channels[{index}]"
        name = stream.message_of(channel)
        if name not in known:
            at = f"{inside}.message" if channel.message else f"{place}.message"
            yield Problem(at, f"must be one of the messages {', '.join(known)}")
        else:
            yield from _field_problems(channel, profile.message(name), inside)
        if channel.rails and channel.rails[0] >= channel.rails[1]:
            yield Problem(f"{inside}.rails", "the first number must be the smaller one")
    if len(stream.messages) > 1 and (profile.tick is None or not set(stream.messages) <= set(profile.tick.messages)):
        yield Problem(f"{place}.channels", "channels of several messages need a tick that lists these messages")
    if len(stream.messages) > 1 and (stream.when or stream.zeros_mean_none):
        yield Problem(place, "when and zeros_mean_none need all channels in one message")
    for index, one in enumerate(stream.calibration):
        inside = f"{place}.calibration[{index}]"
        if sorted(set(one.columns)) != sorted(one.columns) or not 0 <= min(one.columns) <= max(one.columns) < len(
            stream.channels
        ):
            yield Problem(
                f"{inside}.columns", f"must be three different places among the {len(stream.channels)} channels"
            )
        if abs(np.linalg.det(np.reshape(one.matrix, (3, 3)))) < 1e-9:
            yield Problem(f"{inside}.matrix", "cannot be undone: two of its axes are the same")


def _tick_problems(profile: Profile) -> Iterator[Problem]:
    if profile.tick is None:
        return
    known = [message.id for message in profile.messages]
    for index, name in enumerate(profile.tick.messages):
        if name not in known or name in profile.tick.messages[:index]:
            yield Problem(f"tick.messages[{index}]", f"must be one of {', '.join(known)}, each once")
        elif profile.message(name).timestamp or (profile.message(name).counter and profile.tick.first_count is None):
            yield Problem(f"tick.messages[{index}]", "messages of a tick have no counter and no time of their own")
    if profile.tick.first_count is not None:
        yield from _running_counter_problems(profile, profile.tick)


def _running_counter_problems(profile: Profile, tick: Tick) -> Iterator[Problem]:
    counters = [message.counter for message in profile.messages if message.id in tick.messages]
    n_messages, first = len(tick.messages), counters[0] if counters else None
    if first is None or any(counter != first for counter in counters) or (1 << first.n_bits) % n_messages:
        yield Problem("tick.first_count", "needs the same counter in each of the messages, and whole ticks in its turn")


def _setting_problems(profile: Profile) -> Iterator[Problem]:
    streams = {stream.id for stream in profile.streams}
    for index, setting in enumerate(profile.settings):
        place = f"settings[{index}]"
        if setting.option(setting.default) is None:
            yield Problem(f"{place}.default", "must be the value of one of the options")
        for number, option in enumerate(setting.options):
            if not {*option.scale, *option.rate_hz} <= streams:
                yield Problem(f"{place}.options[{number}]", f"streams are {', '.join(sorted(streams))}")


def _load_problems(profile: Profile) -> Iterator[Problem]:
    """Find settings whose bytes do not fit the line: 10 bits travel for every byte."""
    ready = profile.configured()
    if ready.serial and ready.bytes_per_second > ready.serial.baudrate / 10:
        needed = f"the streams need {ready.bytes_per_second:.0f} bytes/s"
        yield Problem("serial.baudrate", f"{needed}, {ready.serial.baudrate} baud carry {ready.serial.baudrate // 10}")
