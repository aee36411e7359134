"""What the channels of a Lab Streaming Layer stream are, read leniently from the sender's own description.

Conventions: the EEG and MoCap meta-data pages of sccn/xdf; nobody has to keep them, and a description may be missing.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from xml.etree import ElementTree

from biofeedback.stream import Channel, Quantity
from biofeedback.units import quantity_of, unit_factor, volts_from_power

_LONGEST_XML = 4_000_000
_LONGEST_NAME = 40
_MOTION: dict[Quantity, str] = {"acceleration": "acc", "angular_velocity": "gyr", "magnetic_field": "mag"}
# in this order: an "emg envelope" is no raw EMG
_KINDS: tuple[tuple[str, Quantity], ...] = (
    (
        r"eeg|ecg|ekg|eog|ppg|gsr|\beda|respir|temperat|position|confid|gaze|audio|marker|stim|trigger|batt|accuracy",
        "other",
    ),
    (r"envelope|\benv\b", "emg_envelope"),
    (r"emg|exg|myo", "emg"),
    (r"acc", "acceleration"),
    (r"gyr|angular[ _-]?(vel|rate)|rotation[ _-]?rate", "angular_velocity"),
    (r"mag(?!nus)", "magnetic_field"),  # adductor magnus is a muscle
    (r"quat|^orientation ?[abcd]$|^q[ _-]?[wxyz0-3]$", "orientation"),
    (r"euler|roll|pitch|yaw|heading|angle|^orientation ?[phr]$", "angle"),
    (r"force", "force"),
)
_AXIS_BEHIND = re.compile(r"(acc[a-z]*|gyr[a-z]*|mag[a-z]*|vel[a-z]*|rate|(^|_)[agmw])[xyz]$")


@dataclass(frozen=True, slots=True)
class Described:
    """The channels of a stream, and in words what the description leaves open."""

    channels: tuple[Channel, ...]
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """What the sender says of one channel."""

    label: str = ""
    kind: str = ""
    unit: str = ""


def described(xml: str, stream_type: str, n_channels: int) -> Described:
    """Return ``n_channels`` channels: SI where the unit is known, else counts as sent.

    Parameters
    ----------
    xml
        The stream's description as the sender gives it, ``<info>…</info>``; anything at all.
    stream_type
        The stream's type, such as ``EMG``; where no channel says what it is, it does.
    """
    said = [*_said(xml), *[_Said()] * n_channels][:n_channels]
    quantities: list[Quantity] = [_quantity(one, stream_type) for one in said]
    names = _names(said, quantities)
    channels, unknown = [], dict[str, list[str]]()
    for one, quantity, name in zip(said, quantities, names, strict=True):
        channel = _channel(one, quantity, name)
        if channel.quantity != quantity:
            unknown.setdefault(one.unit.strip()[:_LONGEST_NAME], []).append(name)
        channels.append(channel)
    doubts = [f"{_listed(those)}: {_about(unit)}, kept as counts" for unit, those in unknown.items()]
    return Described(tuple(channels), tuple(doubts))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def _about(unit: str) -> str:
    shown = "".join(sign if sign.isprintable() else "?" for sign in unit)
    return f"the unit {shown!r} is unknown or does not fit" if shown else "no unit is given"


def _said(xml: str) -> list[_Said]:
    """Read the list of channels; nothing if there is none, or it cannot be read."""
    if len(xml) > _LONGEST_XML or "<!" in xml.replace("<![CDATA[", ""):  # no description needs entities of its own
        return []
    try:
        root = ElementTree.fromstring(xml)
    except (ElementTree.ParseError, ValueError):
        return []
    return [
        _Said(*(found.text or "" if (found := one.find(tag)) is not None else "" for tag in ("label", "type", "unit")))
        for one in root.findall("./desc/channels/channel")
    ]


def _quantity(said: _Said, stream_type: str) -> Quantity:
    """Return what a channel measures: its own type says it, else its label, the stream's type, or the unit."""
    for text in (said.kind, said.label, stream_type):
        for pattern, quantity in _KINDS:
            if re.search(pattern, text.strip().lower()):
                return quantity
    return quantity_of(volts_from_power(said.unit)) or "other"


def _channel(said: _Said, quantity: Quantity, name: str) -> Channel:
    """Return the channel in the program's unit, or as counts where the sender's unit is not known."""
    if quantity in ("other", "orientation"):
        return Channel(name, quantity)
    factor = unit_factor(quantity, volts_from_power(said.unit))
    if factor is not None:
        return Channel(name, quantity, scale=factor)
    if quantity == "emg_envelope":
        return Channel(name, quantity)
    return Channel(name, "emg_counts" if quantity == "emg" else "other")


def _names(said: list[_Said], quantities: list[Quantity]) -> list[str]:
    """Return a name for each channel, none twice; the name of a motion channel ends with its axis."""
    names: list[str] = []
    for number, (one, quantity) in enumerate(zip(said, quantities, strict=True)):
        name = _slug(one.label)
        if quantity in _MOTION:
            name = _with_axis(one, name, quantity, quantities[:number].count(quantity) % 3)
        names.append(_unlike(name or f"ch{number + 1}", names))
    return names


def _unlike(name: str, taken: list[str]) -> str:
    """Return the name, with a number before its axis if it is taken."""
    stem, axis = (name[:-2], name[-2:]) if name.endswith(("_x", "_y", "_z")) else (name, "")
    others = (f"{stem}_{number}{axis}" for number in itertools.count(2))
    return next(one for one in itertools.chain([name], others) if one not in taken)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:_LONGEST_NAME].strip("_")


def _with_axis(said: _Said, name: str, quantity: Quantity, place: int) -> str:
    """Put the axis behind a name: found in the label, else in the channel's type, else taken from the order."""
    stem, axis = name, "xyz"[place]
    if alone := re.search(r"(?:^|_)([xyz])(?:_|$)", name):
        stem, axis = f"{name[: alone.start()]}_{name[alone.end() :]}".strip("_"), alone[1]
    elif re.search(r"[a-z0-9][XYZ]\W*$", said.label) or _AXIS_BEHIND.search(name):  # accX, gyrox, az; but not "six"
        stem, axis = name[:-1].strip("_"), name[-1]
    elif (last := said.kind.strip().lower()[-1:]) in ("x", "y", "z"):
        axis = last
    return f"{stem or _MOTION[quantity]}_{axis}"
