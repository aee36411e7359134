"""The settings of measures in words: what there is, what a value may be, and what was wrong with one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec

_INDENT = 4
_Settings = TypeVar("_Settings", bound=msgspec.Struct)


def settings_from(
    name: str, settings: type[_Settings], values: Mapping[str, Any], roles: Sequence[str] = ()
) -> _Settings:
    """Make the settings of a measure from plain values; text is read as a number where one is needed.

    Raises
    ------
    ValueError
        If a setting is unknown or a value cannot be; one line that says what may be.
    """
    known = {one["name"]: one for one in settings_described(settings)}
    unknown = next((key for key in values if key not in known), None)
    if unknown is not None:
        there = ", ".join(f"{key} ({one['values']})" for key, one in known.items()) or "none"
        cast = f", and the roles {', '.join(roles)}" if roles else ""
        raise ValueError(f"{name} has no setting {unknown!r}; it has {there}{cast}")
    try:
        return msgspec.convert(dict(values), settings, strict=False)
    except msgspec.ValidationError as error:
        wrong = re.search(r"`\$\.(\w+)", str(error))
        if wrong is None or wrong[1] not in known:  # the settings' own rule says what is wrong
            raise ValueError(f"{name}: {' '.join(str(error).split())}") from error
        one = known[wrong[1]]
        value = values[wrong[1]]
        raise ValueError(f"{name}: {wrong[1]} may be {one['values']}, not {value!r}. {one['definition']}") from error


def settings_described(settings: type[msgspec.Struct]) -> list[dict[str, Any]]:
    """Return name, default, allowed values and meaning of each setting; the meaning stands in its class."""
    meanings = _attributes(inspect.getdoc(settings) or "")
    return [
        {
            "name": setting.name,
            "default": None if setting.default is msgspec.NODEFAULT else setting.default,
            "values": _values(setting.type),
            "definition": meanings.get(setting.name, ""),
        }
        for setting in msgspec.structs.fields(settings)
    ]


def _attributes(doc: str) -> dict[str, str]:
    """Read the section ``Attributes`` of a numpy docstring."""
    _, _, section = doc.partition("\nAttributes\n")
    meanings: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines()[1:]:
        if re.fullmatch(r"\w+(, \w+)*", line):
            names = line.split(", ")
        elif line.startswith(" " * _INDENT):
            for name in names:
                meanings[name] = f"{meanings.get(name, '')} {line.strip()}".strip()
    return meanings


def _values(kind: Any) -> str:
    """Return what a setting may be, in words."""
    if get_origin(kind) is Annotated:
        plain, *limits = get_args(kind)
        return _values(plain) + "".join(_limits(one) for one in limits if isinstance(one, msgspec.Meta))
    if get_origin(kind) is Literal:
        return " or ".join(str(choice) or "empty" for choice in get_args(kind))
    words: dict[Any, str] = {
        float: "number",
        int: "whole number",
        bool: "true or false",
        str: "text",
        type(None): "none",
    }
    if kind in words:
        return words[kind]
    parts = get_args(kind)
    return " or ".join(_values(part) for part in parts) if parts else str(kind)


def _limits(meta: msgspec.Meta) -> str:
    named = ((meta.gt, "above"), (meta.ge, "from"), (meta.lt, "below"), (meta.le, "to"))
    return "".join(f" {word} {limit:g}" for limit, word in named if limit is not None)
