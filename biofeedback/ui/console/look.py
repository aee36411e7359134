"""How the console looks at one moment: a theme and a text scale, and what Qt needs to follow them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette

from biofeedback.appearance import theme as tokens
from biofeedback.appearance.tokens import ThemeName, sizes
from biofeedback.ui import theme

ConsoleTheme = ThemeName
TextSize = Literal["caption", "body", "strong", "title", "headline", "figure", "countdown"]

_PIXELS: dict[str, int] = sizes()["type"]["console_px"]
_BOLD = {"strong", "title", "headline", "figure", "countdown"}

# Every pair of text and ground the console uses: (text role, ground role). A test holds each to 4.5:1.
TEXT_PAIRS = (
    ("ink", "window"),
    ("ink", "surface"),
    ("ink", "raised"),
    ("ink", "accent_soft"),
    ("ink", "fault_soft"),
    ("ink", "warning_soft"),
    ("ink_soft", "window"),
    ("ink_soft", "surface"),
    ("ink_soft", "accent_soft"),
    ("ink_soft", "fault_soft"),
    ("ink_soft", "warning_soft"),
    ("on_accent", "accent"),
    ("accent", "surface"),
    ("fault", "surface"),
    ("fault", "fault_soft"),
    ("out_of_target", "surface"),
    ("warning", "surface"),
)


# Asked for thousands of times a second; nobody changes what comes back.
_font = cache(theme.font)


@cache
def _colour(name: ConsoleTheme, role: str, alpha: float) -> QColor:
    made = theme.colour(name, role)
    made.setAlphaF(alpha)
    return made


@cache
def _signal(name: ConsoleTheme, number: int, alpha: float) -> QColor:
    made = theme.signal_colour(name, number)
    made.setAlphaF(alpha)
    return made


@dataclass(frozen=True, slots=True)
class Look:
    """A theme, a text scale (1.0 = 100 %), whether buttons show their keys. Every widget is made for one look."""

    theme: ConsoleTheme = "light"
    scale: float = 1.0
    keys: bool = True

    def px(self, pixels: float) -> int:
        """Return a length of the 100 % design in logical pixels at this scale."""
        return round(pixels * self.scale)

    def colour(self, role: str, alpha: float = 1.0) -> QColor:
        """Return a token's colour, made transparent where ``alpha`` is below 1."""
        return _colour(self.theme, role, alpha)

    def signal(self, number: int, alpha: float = 1.0) -> QColor:
        """Return the colour of a lane's signal."""
        return _signal(self.theme, number, alpha)

    def font(self, size: TextSize, bold: bool | None = None) -> QFont:
        """Return the face in one of the sizes of the tokens; headings and figures are semibold by themselves."""
        heavy = size in _BOLD if bold is None else bold
        return _font(_PIXELS[size] * self.scale, 600 if heavy else 400)

    def font_px(self, pixels: float, bold: bool = False) -> QFont:
        """Return the face in a size of the 100 % design that has no name."""
        return _font(pixels * self.scale, 600 if bold else 400)


def system_theme() -> ConsoleTheme:
    """Return the theme of the system."""
    hints = QGuiApplication.styleHints()
    if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
        return "patient_contrast"
    return "dark" if hints.colorScheme() == Qt.ColorScheme.Dark else "light"


def palette(look: Look) -> QPalette:
    """Return the palette of a look."""
    roles = {
        QPalette.ColorRole.Window: "window",
        QPalette.ColorRole.WindowText: "ink",
        QPalette.ColorRole.Base: "surface",
        QPalette.ColorRole.AlternateBase: "surface",
        QPalette.ColorRole.Text: "ink",
        QPalette.ColorRole.Button: "surface",
        QPalette.ColorRole.ButtonText: "ink",
        QPalette.ColorRole.Highlight: "accent_soft",
        QPalette.ColorRole.HighlightedText: "ink",
        QPalette.ColorRole.PlaceholderText: "ink_soft",
        QPalette.ColorRole.ToolTipBase: "raised",
        QPalette.ColorRole.ToolTipText: "ink",
        QPalette.ColorRole.Link: "accent",
    }
    made = QPalette()
    for role, token in roles.items():
        made.setColor(role, look.colour(token))
    return made


_SHEET = """
QMainWindow, QWidget#page, QDialog {{ background: {window}; }}
QFrame#card {{ background: {surface}; border: 1px solid {line}; border-radius: {radius}px; }}
QFrame#bar {{ background: {surface}; border: none; border-bottom: 1px solid {line}; }}
QFrame#status {{ background: {surface}; border: none; border-top: 1px solid {line}; }}
QFrame#card[first="true"] {{ border: 2px solid {accent}; }}
QFrame#rail {{ background: {surface}; border: none; border-right: 1px solid {line}; }}
QFrame#line {{ background: {surface}; border: none; border-bottom: 1px solid {line}; }}
QFrame#line[selected="true"] {{ background: {accent_soft}; }}
QFrame#check {{ background: {surface}; border: none; border-bottom: 1px solid {line}; }}
QFrame#check[ground="warn"] {{ background: {warning_soft}; }}
QFrame#check[ground="fault"] {{ background: {fault_soft}; }}
QFrame#rule {{ background: {line}; border: none; }}
QFrame#banner[kind="info"] {{ background: {accent_soft}; border: 2px solid {accent}; border-radius: {radius}px; }}
QFrame#banner[kind="warn"] {{ background: {warning_soft}; border: 2px solid {warning}; border-radius: {radius}px; }}
QFrame#banner[kind="fault"] {{ background: {fault_soft}; border: 2px solid {fault}; border-radius: {radius}px; }}
QLabel {{ background: transparent; color: {ink}; }}
QLabel[soft="true"] {{ color: {ink_soft}; }}
QLineEdit {{ background: {surface}; color: {ink}; border: 1px solid {line_strong}; border-radius: {radius}px;
             padding: 0 {pad}px; selection-background-color: {accent}; selection-color: {on_accent}; }}
QLineEdit:focus {{ border: 2px solid {accent}; padding: 0 {pad_focus}px; }}
QPlainTextEdit {{ background: {surface}; color: {ink}; border: 1px solid {line_strong}; border-radius: {radius}px;
                  padding: {cell}px; selection-background-color: {accent}; selection-color: {on_accent}; }}
QPlainTextEdit:focus {{ border: 2px solid {accent}; }}
QPlainTextEdit[empty="true"] {{ border: 1px dashed {line_strong}; }}
QTableView {{ background: transparent; color: {ink}; border: none; gridline-color: {line}; outline: 0; }}
QHeaderView {{ background: transparent; border: none; }}
QHeaderView::section {{ background: transparent; color: {ink_soft}; border: none; border-bottom: 1px solid {line};
                        padding: 0 {cell}px; }}
QHeaderView::section:first {{ padding: 0 {first_cell}px 0 0; }}
#people QHeaderView::section:first {{ padding: 0 {first_cell}px; }}
QListView {{ background: {raised}; color: {ink}; border: 1px solid {line_strong}; outline: 0; }}
QListView::item {{ min-height: {row}px; padding: 0 {cell}px; }}
QListView::item:selected {{ background: {accent_soft}; color: {ink}; }}
QTabBar {{ background: {surface}; }}
QTabBar::tab {{ background: {surface}; color: {ink_soft}; border: none; border-bottom: {tab}px solid {surface};
                padding: 0 {pad}px; height: {tab_height}px; }}
QTabBar::tab:selected {{ color: {ink}; font-weight: 600; border-bottom: {tab}px solid {accent}; }}
QTabBar::tab:focus {{ background: {accent_soft}; }}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: {bar}px; margin: 0; }}
QScrollBar::handle:vertical {{ background: {line_strong}; border-radius: {bar_radius}px; min-height: {row}px; }}
QProgressBar {{ background: {line}; border: none; border-radius: {bar_radius}px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: {bar_radius}px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QToolTip {{ background: {raised}; color: {ink}; border: 1px solid {line_strong}; padding: 4px; }}
"""


def style_sheet(look: Look) -> str:
    """Return the one style sheet of the console, generated from the tokens."""
    lengths = {
        "radius": look.px(8),
        "pad": look.px(12),
        "pad_focus": look.px(12) - 1,
        "cell": look.px(8),
        "first_cell": look.px(16),
        "row": look.px(32),
        "tab": look.px(3),
        "tab_height": look.px(30),
        "bar": look.px(8),
        "bar_radius": look.px(8) // 2,
    }
    return _SHEET.format(**tokens(look.theme).colours, **lengths)
