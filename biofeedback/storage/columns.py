"""What the columns of a table mean, and the mapping file that can say it."""

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
LONGEST_GAP_S = 12 * 3600.0  # a longer jump is a damaged clock, or the next day's recording, and no pause
_TIME = {"s": 1.0, "ms": 1e-3, "us": 1e-6}


@dataclass(frozen=True, slots=True)
class Column:
    """One column that is read: its place in the table from 0, the stream it goes to, and its channel."""

    index: int
    stream: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is read. Either ``time`` is the place of the time column, or ``rate_hz`` is known.

    Times that make fewer than ``least_hz`` samples a second are refused.
    """

    columns: tuple[Column, ...]
    width: int
    time: int | None
    time_factor: float = 1.0
    rate_hz: float | None = None
    least_hz: float = 1e-3


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
    return checked(path, Layout(tuple(columns), len(names), time, seconds, mapping.rate_hz))


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


def checked(path: Path, layout: Layout) -> Layout:
    """Refuse too many columns, and two of the same name in a stream; else return the layout."""
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
