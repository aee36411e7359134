"""What a channel of an EDF, BDF or XDF file is, from its label, unit and type, however people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from biofeedback.storage.columns import Mapping, factor, found_in
from biofeedback.storage.errors import FileError
from biofeedback.stream import Channel, Quantity, StreamInfo
from biofeedback.units import quantity_of, unit_factor

_SPELLINGS: dict[Quantity, str] = {
    "emg": "emg semg electromyography",
    "acceleration": "acc accel acceleration accelerometer accelerometers",
    "angular_velocity": "gyr gyro gyroscope gyroscopes angvel angular velocity",
    "magnetic_field": "mag magn magnetometer magnetometers",
    "orientation": "quat quaternion orientation ori",
    "angle": "angle goniometer gonio",
    "force": "force load",
}
_KINDS: dict[str, Quantity] = {word: quantity for quantity, words in _SPELLINGS.items() for word in words.split()}
_SHORT: dict[Quantity, str] = {
    "acceleration": "acc",
    "angular_velocity": "gyr",
    "magnetic_field": "mag",
    "orientation": "quat",
}
_NOT_MUSCLE = {"eeg", "ecg", "ekg", "eog", "ppg", "eda", "gsr", "resp", "temp", "battery", "trigger", "status"}
_WORD = re.compile(r"[agm][XYZ](?![A-Za-z])|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|µ")
_GLUED = re.compile(r"(acc|accel|gyr|gyro|mag|quat|accelerometer|gyroscope|magnetometer|[agm](?!w))([wxyz])")
_PIECES = re.compile(r"[\s_\[\]()]+")
_BRIEF = {"a": "acc", "g": "gyr", "m": "mag"}


@dataclass(frozen=True, slots=True)
class Label:
    """What a file says of one channel: its own words, and ``stream``, the name of its stream if there are several.

    Channels of another ``source`` or rate are never joined to one stream.
    """

    text: str
    unit: str = ""
    kind: str = ""
    stream: str = ""
    rate_hz: float = 0.0
    scale: float = 1.0
    offset: float = 0.0
    source: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A stream, and which of the file's channels are its columns."""

    info: StreamInfo
    places: tuple[int, ...]


def parts(path: Path, labels: Sequence[Label], mapping: Mapping | None = None, integers: bool = False) -> list[Part]:
    """Group the channels of a file into streams: one a muscle, one an inertial sensor; channels by name or mapping.

    Raises
    ------
    FileError
        If the mapping asks for a channel that is not there, or gives a unit that is none.
    """
    meanings = _understood(labels) if mapping is None else _mapped(path, labels, mapping)
    grouped: dict[str, list[tuple[int, Channel]]] = {}
    for place, (stream, channel) in meanings.items():
        name = stream if mapping is not None else _free(stream, channel.name, place, grouped, labels)
        grouped.setdefault(name, []).append((place, channel))
    return [
        Part(
            StreamInfo(
                stream, path.name, tuple(channel for _, channel in found), labels[found[0][0]].rate_hz, integers
            ),
            tuple(place for place, _ in found),
        )
        for stream, found in grouped.items()
    ]


def _free(
    stream: str, name: str, channel: int, grouped: dict[str, list[tuple[int, Channel]]], labels: Sequence[Label]
) -> str:
    """Return the stream's name, numbered if the one there has this channel already, or is another's."""
    place, sign, kind = stream.rpartition("/")
    own = (labels[channel].source, labels[channel].rate_hz)
    for number in range(1, len(labels) + 2):
        again = stream if number == 1 else f"{place or kind}_{number}{sign}{kind if place else ''}"
        there = grouped.get(again, [])
        if all(one.name != name and (labels[at].source, labels[at].rate_hz) == own for at, one in there):
            return again
    raise AssertionError("one number more than there are channels is always free")


def _mapped(path: Path, labels: Sequence[Label], mapping: Mapping) -> dict[int, tuple[str, Channel]]:
    names = [label.text for label in labels]
    full = [f"{label.stream}/{label.text}" for label in labels]
    meanings: dict[int, tuple[str, Channel]] = {}
    for key, meaning in mapping.columns.items():
        place = found_in(path, full if key.strip() in full else names, key)
        label = labels[place]
        unit = meaning.unit or label.unit
        scale = factor(f"{path}: channel {key!r}", meaning.quantity, unit)
        meanings[place] = (meaning.stream, _channel(label, meaning.name, meaning.quantity, scale))
    return meanings


def _channel(label: Label, name: str, quantity: Quantity, si: float) -> Channel:
    return Channel(name, quantity, label.scale * si, label.offset * si)


def _understood(labels: Sequence[Label]) -> dict[int, tuple[str, Channel]]:
    return {place: _meaning(label) for place, label in enumerate(labels)}


def _meaning(label: Label) -> tuple[str, Channel]:
    """Return the stream a channel belongs to, and what it is."""
    words = words_of(label.text, label.unit)
    quantity: Quantity | None = next((_KINDS[word] for word in words if word in _KINDS), None)
    quantity = quantity if quantity is not None else _by_unit(label, words)
    axis = next((word for word in reversed(words) if word in ("w", "x", "y", "z")), "")
    unit, rest = _unit(label, quantity, words)
    si = None if quantity is None else unit_factor(quantity, unit)
    if quantity == "emg":
        if si is None:
            return f"{_place(rest, label) or 'emg'}/emg", _channel(label, "emg", "emg_counts", 1.0)
        return f"{_place(rest, label) or 'emg'}/emg", _channel(label, "emg", "emg", si)
    if quantity is None or si is None or (quantity in _SHORT and not axis):
        name = "_".join(words) or "channel"
        return f"{_stream(label)}{name}/other", _channel(label, name, "other", 1.0)
    if quantity in _SHORT:
        place = _place([word for word in rest if word not in (axis, "axis")], label)
        return f"{place}/imu" if place else "imu", _channel(label, f"{_SHORT[quantity]}_{axis}", quantity, si)
    return f"{_place(rest, label) or quantity}/{quantity}", _channel(label, quantity, quantity, si)


def words_of(text: str, unit: str = "") -> list[str]:
    """Return the words of a label in small letters: ``AccX_thigh`` is acc, x, thigh; ``gx`` in °/s is gyr, x."""
    words: list[str] = []
    for word in _WORD.findall(text):
        glued = _GLUED.fullmatch(word.lower())
        kind = "" if glued is None else _BRIEF.get(glued[1], glued[1])
        if glued is None or (glued[1] in _BRIEF and not _is_in(_KINDS[kind], text, unit)):
            words.append(word.lower())
        else:
            words += [kind, glued[2]]
    return words


def _is_in(quantity: Quantity, text: str, unit: str) -> bool:
    """Tell whether a label gives a unit of that quantity: ``my biceps`` in mV is no magnetic field."""
    return any(unit_factor(quantity, piece) is not None for piece in (unit, *_PIECES.split(text)))


def names_kind(text: str) -> bool:
    """Tell whether a label names what it measures, and not only where or in which unit."""
    return any(word in _KINDS for word in words_of(text))


def _by_unit(label: Label, words: list[str]) -> Quantity | None:
    """Guess from the unit, or the type of the stream; a voltage is a muscle unless it says that it is not."""
    named = {*words, *words_of(label.kind)}
    if label.kind.lower() in _KINDS:
        return _KINDS[label.kind.lower()]
    if named & _NOT_MUSCLE:
        return None
    return quantity_of(label.unit)


def _unit(label: Label, quantity: Quantity | None, words: list[str]) -> tuple[str, list[str]]:
    """Return the unit, the file's or else the one in the label's own words, and the words that say something else."""
    rest = [word for word in words if word not in _KINDS]
    if quantity is None or quantity == "orientation":
        return "1", rest
    factor = unit_factor(quantity, label.unit)
    for piece in _PIECES.split(label.text):
        found = unit_factor(quantity, piece)
        if found is not None and factor in (None, found):
            unit = piece if factor is None else label.unit
            return unit, [word for word in rest if word not in words_of(piece)]
    return label.unit, rest


def _place(words: list[str], label: Label) -> str:
    """Return where the sensor sits: what the label says beside kind, axis and unit, or else the stream's name."""
    if words and not all(word.isdecimal() for word in words):
        return "_".join(words)
    stream = "_".join(word for word in words_of(label.stream) if word not in ("imu", "emg", *_KINDS))
    numbers = "_".join(words)
    if stream:
        return f"{stream}_{numbers}" if numbers else stream
    return f"emg_{numbers}" if numbers else ""


def _stream(label: Label) -> str:
    name = "_".join(words_of(label.stream))
    return f"{name}/" if name else ""


def none_of(path: Path) -> FileError:
    """Say that a file has no channel of samples."""
    return FileError(f"{path}: has no channel of samples; expected EMG or motion signals")
