"""Read the design tokens. No Qt here: reports, windows and tests share them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import msgspec

ThemeName = Literal["light", "dark", "patient_contrast"]
FONT_FAMILY = "Noto Sans"
_FOLDER = files("biofeedback.appearance")


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one theme, ``#rrggbb`` by role, and the colours of signals in the order they are given out."""

    name: ThemeName
    colours: dict[str, str]
    signals: tuple[str, ...]

    def __getitem__(self, role: str) -> str:
        return self.colours[role]


@cache
def _tokens() -> dict[str, Any]:
    return msgspec.json.decode(_FOLDER.joinpath("tokens.json").read_bytes())


@cache
def theme(name: ThemeName) -> Theme:
    """Return one theme. The high-contrast theme of the patient display fills its missing roles from the dark one."""
    tokens = _tokens()
    colours = tokens["dark"] | tokens[name] if name == "patient_contrast" else tokens[name]
    return Theme(name, colours, tuple(tokens["signals" if name == "light" else "signals_dark"]))


def sizes() -> dict[str, Any]:
    """Return type sizes, spacing and motion as they stand in the tokens."""
    return {key: _tokens()[key] for key in ("type", "space_px", "radius_px", "touch_target_px", "motion")}


def font_files() -> list[Path]:
    """Return the font files the program ships."""
    return sorted(Path(str(entry)) for entry in _FOLDER.joinpath("fonts").iterdir() if entry.name.endswith(".ttf"))
