"""The design tokens as Qt knows them: colours by role, and the bundled fonts by pixel size and weight."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QColor, QFont, QFontDatabase

from biofeedback.appearance import FONT_FAMILY, font_files
from biofeedback.appearance import theme as tokens
from biofeedback.appearance.tokens import ThemeName

_WEIGHTS = {400: QFont.Weight.Normal, 600: QFont.Weight.DemiBold, 700: QFont.Weight.Bold}


@cache
def _loaded() -> bool:
    for path in font_files():
        if QFontDatabase.addApplicationFont(str(path)) < 0:
            raise RuntimeError(f"the font {path.name} cannot be read; install the program again")
    return True


def load_fonts() -> None:
    """Make the bundled fonts known to Qt; only the first call does anything. Needs a `QGuiApplication`."""
    _loaded()


def colour(theme_name: ThemeName, role: str) -> QColor:
    """Return the colour of a role of the tokens: ``colour("dark", "ink")``."""
    return QColor(tokens(theme_name)[role])


def signal_colour(theme_name: ThemeName, number: int) -> QColor:
    """Return the colour of the signal given out as ``number`` (from 0, round and round)."""
    signals = tokens(theme_name).signals
    return QColor(signals[number % len(signals)])


def font(pixels: float, weight: int = 400) -> QFont:
    """Return the program's face in a size in pixels and a weight of 400, 600 or 700."""
    load_fonts()
    made = QFont(FONT_FAMILY)
    made.setPixelSize(max(1, round(pixels)))
    made.setWeight(_WEIGHTS[weight])
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return made
