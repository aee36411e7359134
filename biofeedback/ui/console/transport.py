"""Start, pause, stop, mark, undo, edit, next: always in the same place."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from biofeedback.session.view import SessionView
from biofeedback.ui.console.controls import Button, NoteField, fit
from biofeedback.ui.console.labels import row
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.strip import last_counted
from biofeedback.ui.language import tr

Primary = Literal["start", "pause", "finish", "close"]


def primary_of(view: SessionView) -> Primary:
    """Return what the one filled button does in this phase."""
    if view.phase in ("live", "countdown"):
        return "pause"
    if view.phase == "finished":
        return "close" if view.recording_since_s is None else "finish"
    return "start"


def _primary_words(view: SessionView) -> tuple[str, str, str]:
    """Return words, icon and key of the filled button."""
    doing = primary_of(view)
    if doing == "pause":
        return tr("Pause"), "pause", tr("Space")
    if doing == "finish":
        return tr("End session"), "stop", ""
    if doing == "close":
        return tr("Close"), "", ""
    if view.phase == "paused":
        return tr("Go on"), "play", tr("Space")
    if view.phase == "rest":
        return tr("Start next set"), "play", tr("Space")
    if view.repetitions and view.set_number < view.set_count:
        return tr("Start next set"), "play", tr("Space")
    return tr("Start set {number}").format(number=view.set_number), "play", tr("Space")


class Transport(QWidget):
    """The row of large buttons. ``small`` leaves out what the tab layout has no room for."""

    primary = Signal()
    stop = Signal()
    mark = Signal()
    undo = Signal()
    edit = Signal()
    next = Signal()

    def __init__(self, look: Look, small: bool = False, right_width: int = 0, narrow: bool = False) -> None:
        super().__init__()
        self._look, self._small, self._narrow = look, small, narrow
        self.setFixedHeight(look.px(44 if small else 48))
        self.primary_button = Button(look, tr("Pause"), "primary", icon="pause", key=tr("Space"), large=True)
        self.stop_button = Button(look, tr("Stop set"), "stop", icon="stop", key=tr("Esc"), large=True)
        self.mark_button = Button(look, tr("Mark"), icon="flag", key="M", large=True)
        self.note = NoteField(look)
        self.undo_button = Button(look, tr("Undo"), icon="undo", key=tr("Ctrl Z"), large=True)
        self.edit_button = Button(look, tr("Edit target"), key="T", large=True)
        self.next_button = Button(look, tr("Next set"), icon="next", key="N", large=True)
        pairs = (
            (self.primary_button, self.primary), (self.stop_button, self.stop), (self.mark_button, self.mark),
            (self.undo_button, self.undo), (self.edit_button, self.edit), (self.next_button, self.next),
        )  # fmt: skip
        for button, signal in pairs:
            button.clicked.connect(signal)
        if small:
            for child in (*(button for button, _ in pairs), self.note):
                child.setFixedHeight(look.px(44))
        elif not narrow:
            self.primary_button.pad(24)
            self.stop_button.pad(24)
        self.setLayout(self._small_row() if small else self._wide_row(right_width))

    def _small_row(self) -> QHBoxLayout:
        look = self._look
        for button in (self.edit_button, self.next_button):
            button.hide()
        layout = row(
            self.primary_button, self.stop_button, self.mark_button, self.note, self.undo_button, spacing=look.px(8)
        )
        layout.setStretch(0, 1)
        self.note.hide()
        return layout

    def _wide_row(self, right_width: int) -> QHBoxLayout:
        look = self._look
        right = QWidget()
        right.setFixedWidth(right_width)
        pair = row(self.edit_button, self.next_button, spacing=look.px(8))
        pair.setStretch(1, 1)
        right.setLayout(pair)
        layout = row(
            self.primary_button, self.stop_button, look.px(12), self.mark_button, self.note, self.undo_button, right,
            spacing=look.px(12),
        )  # fmt: skip
        layout.setStretch(4, 1)
        return layout

    def show_page(self, view: SessionView, reopen: bool) -> None:
        """Take a newer page; ``reopen``: the set has just been stopped and can be taken up again."""
        self.primary_button.relabel(*_primary_words(view))
        self.stop_button.setEnabled(view.phase in ("live", "countdown", "paused"))
        last = last_counted(view.repetitions)
        if reopen:
            self.undo_button.relabel(tr("Go on with set {number}").format(number=view.set_number))
        elif self._small or self._narrow or last is None:
            self.undo_button.relabel(tr("Undo"))
        else:
            self.undo_button.relabel(tr("Undo repetition {number}").format(number=last.number))
        self.undo_button.setEnabled(reopen or last is not None)
        more = view.set_number < view.set_count
        words = tr("Next: set {number}").format(number=view.set_number + 1) if more else tr("End of sets")
        self.next_button.relabel(words)
        self.next_button.setEnabled(view.phase in ("live", "countdown", "paused", "rest"))

        self._fit()

    def _fit(self) -> None:
        """Leave out keys and icons in the tab layout where the buttons would be cut, those of pause last."""
        if self._small:
            buttons = [self.undo_button, self.mark_button, self.stop_button, self.primary_button]
            shown = [button for button in buttons if not button.isHidden()]
            note = 0 if self.note.isHidden() else self.note.minimumWidth() + self._look.px(8)
            fit(shown, self.width() - note - (len(shown) - 1) * self._look.px(8))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the buttons into the new width."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Return the room of the height alone in the tab layout: there buttons give up what is beside their words."""
        hint = super().minimumSizeHint()
        return QSize(0, hint.height()) if self._small else hint

    def open_note(self) -> None:
        """Give the focus to the note of a mark, and show its field where it hides."""
        if self._small:
            self.undo_button.hide()
            self.note.show()
            self._fit()
        self.note.setFocus()

    def close_note(self) -> str:
        """Empty the field and return what stood in it."""
        text = self.note.text().strip()
        self.note.clear()
        if self._small:
            self.note.hide()
            self.undo_button.show()
            self._fit()
        return text
