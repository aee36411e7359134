"""The keys of the live console, and the page that shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QWidget

from biofeedback.ui.console.controls import Button, KeyCap
from biofeedback.ui.console.labels import Text, column, row
from biofeedback.ui.console.look import Look, style_sheet
from biofeedback.ui.language import tr


@dataclass(frozen=True, slots=True)
class Key:
    """A key: what Qt listens to, how it is written, what it does, and whether holding it down repeats."""

    sequences: tuple[str, ...]
    written: str
    does: str
    act: Callable[[], None]
    repeats: bool = False


def install(window: QWidget, keys: list[Key]) -> list[QAction]:
    """Let a window listen to keys. Text fields keep what they need of them for themselves."""
    actions = []
    for key in keys:
        action = QAction(key.does, window)
        action.setShortcuts([QKeySequence(sequence) for sequence in key.sequences])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setAutoRepeat(key.repeats)
        action.triggered.connect(lambda _=False, act=key.act: act())
        window.addAction(action)
        actions.append(action)
    return actions


class KeysDialog(QDialog):
    """Help on a page: what to know, and its keys. It does not hold up the session; Esc or F1 closes it."""

    def __init__(self, parent: QWidget, look: Look, keys: list[Key], about: tuple[str, ...] = ()) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Help"))
        self.setModal(False)
        self.setStyleSheet(style_sheet(look))
        grid = QGridLayout()
        grid.setHorizontalSpacing(look.px(12))
        grid.setVerticalSpacing(look.px(8))
        keys = [key for key in keys if key.does]  # the others are told with one of these
        half = (len(keys) + 1) // 2
        for number, key in enumerate(keys):
            place, side = number % half, 2 * (number // half)
            grid.addWidget(KeyCap(look, key.written), place, side, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(Text(look, "body", key.does), place, side + 1)
            grid.setColumnMinimumWidth(side + 1, look.px(220))
        close = Button(look, tr("Close"), "primary", key=tr("Esc"))
        close.clicked.connect(self.close)
        pad = look.px(24)
        note = Text(look, "caption", tr("Letters act only while no text field has the focus."), soft=True)
        sentences = [Text(look, "body", sentence) for sentence in about]
        for sentence in sentences:
            sentence.setWordWrap(True)
        head = [Text(look, "title", tr("Help")), *sentences] if about else []
        self.setLayout(column(
            *head, Text(look, "title", tr("Keys")), grid, note, row(-1, close), spacing=look.px(16),
            margins=(pad, pad, pad, pad)))  # fmt: skip
        closer = QAction(self)
        closer.setShortcut(QKeySequence("F1"))
        closer.triggered.connect(self.close)
        self.addAction(closer)
