"""What is known of a measure as plain values: for the list of measures, the page about them, and other programs."""

from __future__ import annotations

import inspect
import re
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

from biofeedback.measures.catalogue import StreamingMeasure

_INDENT = 4


def described(measure: type[StreamingMeasure]) -> dict[str, Any]:
    """Return everything that is known of a measure."""
    definition = measure.definition
    return {
        "name": definition.name,
        "title": definition.title,
        "domain": definition.domain,
        "definition": definition.definition,
        "source": definition.source,
        "group_delay_s": definition.group_delay_s,
        "warm_up_s": definition.warm_up_s,
        "reliability": definition.reliability,
        "needs": [
            {"role": role.name, "kind": role.kind, "several": role.several, "optional": role.optional}
            for role in definition.roles
        ],
        "gives": [{"name": o.name, "unit": o.unit, "definition": o.definition} for o in definition.outputs],
        "settings": settings_described(measure),
    }


def settings_described(measure: type[StreamingMeasure]) -> list[dict[str, Any]]:
    """Return name, default, allowed values and meaning of each setting; the meaning stands in its class."""
    meanings = _attributes(inspect.getdoc(measure.Settings) or "")
    return [
        {
            "name": setting.name,
            "default": None if setting.default is msgspec.NODEFAULT else setting.default,
            "values": _values(setting.type),
            "definition": meanings.get(setting.name, ""),
        }
        for setting in msgspec.structs.fields(measure.Settings)
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
        return " or ".join(str(choice) for choice in get_args(kind))
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
