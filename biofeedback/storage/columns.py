"""What the columns of a table mean: from their own names, or from a mapping file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from biofeedback.storage.errors import FileError
from biofeedback.stream import Channel, Quantity
from biofeedback.units import unit_factor, usual_units

Positive = Annotated[float, msgspec.Meta(gt=0)]

MOST_COLUMNS = 1000
_TIME = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
_TIME_NAME = re.compile(r"time_(s|ms|us)", re.IGNORECASE)
_EMG_NAME = re.compile(r"emg_(?P<place>.+)_(?P<unit>[^_]+)", re.IGNORECASE)
_MOTION_NAME = re.compile(r"(?P<kind>acc|gyr|mag)_(?P<axis>[^_]+)_(?P<unit>[^_]+)(_(?P<place>.+))?", re.IGNORECASE)
_QUATERNION_NAME = re.compile(r"quat_(?P<axis>[wxyz])(_(?P<place>.+))?", re.IGNORECASE)
_SINGLE_NAME = re.compile(r"(?P<kind>angle|force)_(?P<place>.+)_(?P<unit>[^_]+)", re.IGNORECASE)
_OURS = re.compile(r"(emg|acc|gyr|mag|quat|angle|force)_", re.IGNORECASE)
_KINDS: dict[str, Quantity] = {"acc": "acceleration", "gyr": "angular_velocity", "mag": "magnetic_field"}
_SINGLES: dict[str, Quantity] = {"angle": "angle", "force": "force"}
_EXPECTED = "emg_<muscle>_<unit>, acc_<axis>_<unit>[_<segment>], gyr_…, mag_…, quat_…, angle_… or force_…"


@dataclass(frozen=True, slots=True)
class Column:
    """One column that is read: its place in the table from 0, the stream it goes to, and its channel."""

    index: int
    stream: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is read. Either ``time`` is the place of the time column, or ``rate_hz`` is known."""

    columns: tuple[Column, ...]
    width: int
    time: int | None
    time_factor: float = 1.0
    rate_hz: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeColumn:
    """Where a mapping file finds the time."""

    column: str
    unit: Literal["s", "ms", "us"] = "s"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMeaning:
    """What a mapping file says of one column."""

    stream: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    quantity: Quantity
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A mapping file: which columns or channels are read, and as what; a unit left out is the file's own."""

    columns: Annotated[dict[str, ColumnMeaning], msgspec.Meta(min_length=1)]
    time: TimeColumn | None = None
    rate_hz: Positive | None = None
    header_rows: Annotated[int, msgspec.Meta(ge=0, le=100)] = 1


def load_mapping(path: Path, *, timed: bool = False) -> Mapping:
    """Read a mapping file; ``timed`` for files that know their times and units themselves.

    Raises
    ------
    FileError
        If it is not TOML, or a field is missing, unknown or not one of its values.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        mapping = msgspec.convert(document, Mapping)
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); check the name") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path}: {_one_line(error)}; expected is described in docs/recordings.md") from error
    unknown = document.keys() - set(Mapping.__slots__)
    if unknown:
        raise FileError(f"{path}: knows no {min(unknown)!r}; expected: {', '.join(Mapping.__slots__)}")
    if timed and (mapping.time is not None or mapping.rate_hz is not None):
        raise FileError(f"{path}: has a time or rate_hz; this kind of file knows its own, leave it out")
    if not timed and (mapping.time is None) == (mapping.rate_hz is None):
        raise FileError(f"{path}: expected either a [time] column or rate_hz, and not both")
    for key, meaning in mapping.columns.items():
        if meaning.unit or not timed:
            factor(f"{path}: column {key!r}", meaning.quantity, meaning.unit)
    return mapping


def mapped(path: Path, names: Sequence[str], mapping: Mapping) -> Layout:
    """Find the columns of a mapping in a table with these column names; ``#3`` is the third column."""
    columns: list[Column] = []
    for key, meaning in mapping.columns.items():
        scale = factor(f"{path}: column {key!r}", meaning.quantity, meaning.unit)
        channel = Channel(meaning.name, meaning.quantity, scale)
        columns.append(Column(found_in(path, names, key), meaning.stream, channel))
    time = None if mapping.time is None else found_in(path, names, mapping.time.column)
    seconds = 1.0 if mapping.time is None else _TIME[mapping.time.unit]
    return _checked(path, Layout(tuple(columns), len(names), time, seconds, mapping.rate_hz))


def self_named(path: Path, names: Sequence[str]) -> Layout:
    """Understand a table whose columns name themselves. Other columns are left alone.

    Raises
    ------
    FileError
        If there is no time column, no channel, or a column that begins like ours has no known unit.
    """
    columns = [column for index, name in enumerate(names) if (column := _understand(path, index, name.strip()))]
    if not columns:
        found = ", ".join(name.strip()[:30] for name in names[:6])
        raise FileError(f"{path}: no column says what it is (found: {found}); expected {_EXPECTED}, or a mapping file")
    for index, name in enumerate(names):
        if found := _TIME_NAME.fullmatch(name.strip()):
            return _checked(path, Layout(tuple(columns), len(names), index, _TIME[found[1].lower()]))
    raise FileError(f"{path}: has no column time_s; add one, or say the rate in a mapping file")


def _understand(path: Path, index: int, name: str) -> Column | None:
    where = f"{path}: column {index + 1} ({name[:60]!r})"
    if found := _EMG_NAME.fullmatch(name):
        return Column(index, f"{found['place']}/emg", Channel("emg", "emg", factor(where, "emg", found["unit"])))
    if found := _MOTION_NAME.fullmatch(name):
        kind = found["kind"].lower()
        channel = Channel(f"{kind}_{found['axis'].lower()}", _KINDS[kind], factor(where, _KINDS[kind], found["unit"]))
        return Column(index, f"{found['place']}/imu" if found["place"] else "imu", channel)
    if found := _QUATERNION_NAME.fullmatch(name):
        channel = Channel(f"quat_{found['axis'].lower()}", "orientation")
        return Column(index, f"{found['place']}/imu" if found["place"] else "imu", channel)
    if found := _SINGLE_NAME.fullmatch(name):
        kind = _SINGLES[found["kind"].lower()]
        channel = Channel(kind, kind, factor(where, kind, found["unit"]))
        return Column(index, f"{found['place']}/{kind}", channel)
    if _OURS.match(name):
        raise FileError(f"{where} is incomplete; expected {_EXPECTED}")
    return None


def found_in(path: Path, names: Sequence[str], key: str) -> int:
    """Return the place of a column by its name, or by its number from 1 such as ``#3``.

    Raises
    ------
    FileError
        If there is none, or several have the name.
    """
    if re.fullmatch(r"#[0-9]{1,5}", key):
        number = int(key[1:])
        if 1 <= number <= len(names):
            return number - 1
        raise FileError(f"{path}: has {len(names)} columns; the mapping asks for {key}")
    places = [index for index, name in enumerate(names) if name.strip() == key.strip()]
    if len(places) == 1:
        return places[0]
    have = ", ".join(name.strip()[:40] for name in names[:8])
    why = "has no column" if not places else f"has {len(places)} columns"
    raise FileError(f"{path}: {why} {key!r}; it begins with: {have}; a number such as '#3' works too")


def _checked(path: Path, layout: Layout) -> Layout:
    if len(layout.columns) > MOST_COLUMNS:
        raise FileError(f"{path}: has {len(layout.columns)} columns of samples; expected {MOST_COLUMNS} at most")
    seen: set[tuple[str, str]] = set()
    for column in layout.columns:
        place = (column.stream, column.channel.name)
        if place in seen:
            raise FileError(f"{path}: two columns are {column.channel.name!r} of {column.stream!r}; expected one")
        seen.add(place)
    return layout


def factor(where: str, quantity: Quantity, unit: str) -> float:
    """Return what a value in this unit is multiplied with to be SI.

    Raises
    ------
    FileError
        If it is no unit of the quantity; the line begins with ``where``.
    """
    found = unit_factor(quantity, unit)
    if found is None:
        raise FileError(f"{where}: {unit[:30]!r} is no unit of {quantity}; expected {', '.join(usual_units(quantity))}")
    return found


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
