"""The settings: language, colours, text size, keys on buttons, the patient's monitor. Each acts at once."""

from __future__ import annotations

from typing import Any

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from biofeedback.appearance import language
from biofeedback.ui.console.choices import Segmented, Switch
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.labels import Text, column, row
from biofeedback.ui.console.look import Look, style_sheet
from biofeedback.ui.console.words import THIN
from biofeedback.ui.language import tr
from biofeedback.ui.settings import TEXT_SCALES, Settings

_LONGEST_NAME = 18


class SettingsDialog(QDialog):
    """Shows the settings; ``changed`` carries them when one is set. It does not hold up the session.

    The window makes itself anew for new settings and the dialog with it: ``part`` is which choice has the focus.
    """

    changed = Signal(object, str)

    def __init__(self, parent: QWidget, look: Look, settings: Settings) -> None:
        super().__init__(parent)
        self._look, self._settings = look, settings
        self.setWindowTitle(tr("Settings"))
        self.setModal(False)
        self.setStyleSheet(style_sheet(look))
        self.parts: dict[str, Segmented | Switch] = {}
        self._choice("language", tr("Language"), self._languages(), settings.language)
        themes = {
            "": tr("System"), "light": tr("Light"), "dark": tr("Dark"), "patient_contrast": tr("High contrast"),
        }  # fmt: skip
        self._choice("theme", tr("Colours"), themes, settings.theme)
        sizes = {str(scale): f"{100 * scale:.0f}{THIN}%" for scale in TEXT_SCALES}
        self._choice("text_scale", tr("Text size"), sizes, str(settings.text_scale))
        self._switch("keys_shown", tr("Keys on buttons"), settings.keys_shown)
        self._choice("screen", tr("Patient’s monitor"), self._screens(), settings.screen)
        self._build()

    @staticmethod
    def _languages() -> dict[str, str]:
        return {"": tr("System")} | {code: language.catalogue(code).name for code in language.languages()}

    def _screens(self) -> dict[str, str]:
        names = [screen.name() for screen in QGuiApplication.screens() if screen.name()]
        if self._settings.screen and self._settings.screen not in names:
            names.append(self._settings.screen)  # unplugged just now; it is taken again when it comes back
        return {"": tr("The other one")} | {
            name: name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…" for name in names
        }

    def _choice(self, part: str, name: str, choices: dict[str, str], chosen: str) -> None:
        made = Segmented(self._look, name, choices)
        made.show_choice(chosen)
        made.chosen.connect(lambda value: self._set(part, float(value) if part == "text_scale" else value))
        self.parts[part] = made

    def _switch(self, part: str, name: str, on: bool) -> None:
        made = Switch(self._look, name)
        made.show_on(on)
        made.toggled.connect(lambda on: self._set(part, on))
        self.parts[part] = made

    def _set(self, part: str, value: Any) -> None:
        self._settings = msgspec.structs.replace(self._settings, **{part: value})
        self.changed.emit(self._settings, part)

    def _build(self) -> None:
        look = self._look
        grid = QGridLayout()
        grid.setHorizontalSpacing(look.px(24))
        grid.setVerticalSpacing(look.px(16))
        for number, made in enumerate(self.parts.values()):
            grid.addWidget(Text(look, "body", made.accessibleName(), soft=True), number, 0)
            grid.addWidget(made, number, 1, Qt.AlignmentFlag.AlignLeading)
        close = Button(look, tr("Close"), "primary", key=tr("Esc"))
        close.clicked.connect(self.close)
        pad = look.px(24)
        note = Text(look, "caption", tr("Everything acts at once and is kept for the next start."), soft=True)
        self.setLayout(column(
            Text(look, "title", tr("Settings")), grid, note, row(-1, close), spacing=look.px(16),
            margins=(pad, pad, pad, pad)))  # fmt: skip
        closer = QAction(self)
        closer.setShortcut(QKeySequence("Ctrl+,"))
        closer.triggered.connect(self.close)
        self.addAction(closer)

    def focus_part(self, part: str) -> None:
        """Give the focus to the choice that was just set."""
        made = self.parts[part]
        target = made.segment(made.choice) if isinstance(made, Segmented) else made
        target.setFocus(Qt.FocusReason.TabFocusReason)
