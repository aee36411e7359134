"""What a table's columns are, from their own names: in our words, or in any that say kind, axis and unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from biofeedback.storage.columns import Column, Layout, checked, factor
from biofeedback.storage.errors import FileError
from biofeedback.storage.labels import Label, names_kind, parts, words_of
from biofeedback.stream import Channel, Quantity
from biofeedback.units import quantity_of

_TIME_NAME = re.compile(r"time_(s|ms|us)", re.IGNORECASE)
_EMG_NAME = re.compile(r"emg_(?P<place>.+)_(?P<unit>[^_]+)", re.IGNORECASE)
_MOTION_NAME = re.compile(r"(?P<kind>acc|gyr|mag)_(?P<axis>[^_]+)_(?P<unit>[^_]+)(_(?P<place>.+))?", re.IGNORECASE)
_QUATERNION_NAME = re.compile(r"quat_(?P<axis>[wxyz])(_(?P<place>.+))?", re.IGNORECASE)
_SINGLE_NAME = re.compile(r"(?P<kind>angle|force)_(?P<place>.+)_(?P<unit>[^_]+)", re.IGNORECASE)
_BRACKETS = re.compile(r"(.*?)\s*[\[(](.+)[\])]\s*")
_OURS = re.compile(r"(emg|acc|gyr|mag|quat|angle|force)_", re.IGNORECASE)
_KINDS: dict[str, Quantity] = {"acc": "acceleration", "gyr": "angular_velocity", "mag": "magnetic_field"}
_SINGLES: dict[str, Quantity] = {"angle": "angle", "force": "force"}
_EXPECTED = (
    "emg_<muscle>_<unit>, acc_<axis>_<unit>[_<segment>], gyr_…, mag_…, quat_…, angle_… or force_…, "
    "or a mapping file (--map)"
)
_TIME_WORDS = {"time", "timestamp", "timestamps", "elapsed", "epoch"}
_CLOCKS = {"millis": 1e-3, "micros": 1e-6, "seconds": 1.0, "milliseconds": 1e-3, "microseconds": 1e-6}
_TIME_UNITS = {"s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "ms": 1e-3, "msec": 1e-3, "us": 1e-6, "ns": 1e-9}
_LEAST_HZ = 2.0  # slower is hardly a sensor: more likely the time is not in seconds


def self_named(path: Path, names: Sequence[str], rate_hz: float | None = None) -> Layout:
    """Understand a table whose columns name themselves. Other columns are left alone.

    Parameters
    ----------
    rate_hz
        Rows are so many a second, and no time column is read.

    Raises
    ------
    FileError
        If there is no time column and no rate, no channel, or a column that begins like ours has no known unit.
    """
    columns = _columns(path, names)
    if not columns:
        found = ", ".join(name.strip()[:30] for name in names[:6])
        if 2 * sum(_is_number(name) for name in names) > len(names):
            raise FileError(
                f"{path}: has no header (its first row: {found}); say what the columns are in a mapping file (--map) "
                "with header_rows = 0"
            )
        raise FileError(f"{path}: no column says what it is and its unit (found: {found}); expected {_EXPECTED}")
    layout = checked(path, Layout(tuple(columns), len(names), None, rate_hz=rate_hz))
    return layout if rate_hz is not None else _timed(path, names, layout)


def _columns(path: Path, names: Sequence[str]) -> list[Column]:
    """Read names as ours, and the others in any words: beside ours only those that name their kind."""
    ours: dict[int, Column] = {}
    faults: dict[int, FileError] = {}
    for index, name in enumerate(names):
        try:
            if column := _understand(path, index, name.strip()):
                ours[index] = column
        except FileError as error:
            faults[index] = error
    others = [i for i, name in enumerate(names) if name.strip() and i not in ours and not _is_time(name)]
    found = _in_any_words(path, names, [i for i in others if not ours or i in faults or names_kind(names[i])])
    for column in found:
        faults.pop(column.index, None)
    if faults:
        raise faults[min(faults)]
    return sorted([*ours.values(), *found], key=lambda column: column.index)


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


def _in_any_words(path: Path, names: Sequence[str], places: Sequence[int]) -> list[Column]:
    """Read names as the labels of an EDF or XDF file are read; a column without a unit is none."""
    return [
        Column(places[place], part.info.id, channel)
        for part in parts(path, [_label(names[i]) for i in places])
        for place, channel in zip(part.places, part.info.channels, strict=True)
        if channel.quantity not in ("other", "emg_counts")
    ]


def _label(name: str) -> Label:
    """Take the unit out of its brackets, if it is one."""
    found = _BRACKETS.fullmatch(name)
    return Label(found[1], found[2]) if found and quantity_of(found[2]) else Label(name)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?[0-9.]+(e[-+]?[0-9]+)?|nan|", text.strip().lower()) is not None


def _is_time(name: str) -> bool:
    words = words_of(name)
    alone = len(words) == 1 and words[0] in _CLOCKS
    unit = _BRACKETS.fullmatch(name)
    if unit is not None and unit[2].strip() in _TIME_UNITS:
        return True
    return bool(_TIME_WORDS & set(words)) or alone or (words[:1] == ["t"] and unit is None)  # T (°C) is none


def _timed(path: Path, names: Sequence[str], layout: Layout) -> Layout:
    """Find the time column: ours, or else the first that says its unit, or else the first, in seconds."""
    ours = [(i, found[1].lower()) for i, name in enumerate(names) if (found := _TIME_NAME.fullmatch(name.strip()))]
    if ours:
        return replace(layout, time=ours[0][0], time_factor=_TIME_UNITS[ours[0][1]])
    taken = {column.index for column in layout.columns}
    there = [i for i, name in enumerate(names) if _is_time(name) and i not in taken]
    for index in there:
        words = words_of(re.sub("[µμ]", "u", names[index]))
        known = next(({**_CLOCKS, **_TIME_UNITS}[w] for w in words if w in _CLOCKS or w in _TIME_UNITS), None)
        if known is not None:
            return replace(layout, time=index, time_factor=known)
    if there:
        return replace(layout, time=there[0], least_hz=_LEAST_HZ)
    raise FileError(f"{path}: has no column time_s; add one, or say how many rows a second there are with --rate")
