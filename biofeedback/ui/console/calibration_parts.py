"""The small parts of the calibration's page: a step, the seconds left, a trial, a check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from biofeedback.session.calibration_view import CalibrationView, CheckView, StepView, TrialView
from biofeedback.ui.console import calibration_words as words
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.labels import ElidedText, Text, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.words import figure
from biofeedback.ui.language import tr

Item = TypeVar("Item", bound=QWidget)
_SHAPES = {"todo": "todo", "now": "now", "good": "good", "weak": "weak", "skipped": "off"}


class StepRow(QFrame):
    """One step of the list; a done one can be done again: ``redo`` has its place, from 0."""

    redo = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look, self._number = look, 1
        self.setObjectName("step")
        self._glyph, self._title = Glyph(look, 20, "todo"), ElidedText(look, "strong")
        self._note = ElidedText(look, "caption", role="ink_soft")
        self.button = Button(look, tr("Redo"), "quiet")
        self.button.clicked.connect(lambda: self.redo.emit(self._number - 1))
        names = QWidget()
        names.setLayout(column(-1, self._title, self._note, -1))
        names.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        pad = look.px(16)
        layout = row(self._glyph, names, self.button, spacing=look.px(12), margins=(pad, 0, look.px(8), 0))
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.setMinimumHeight(look.px(64))
        self._dress(now=False)

    def _dress(self, now: bool) -> None:
        fill, line = self._look.colour("accent_soft" if now else "surface"), self._look.colour("line")
        self.setStyleSheet(f"#step {{ background: {fill.name()}; border-bottom: 1px solid {line.name()}; }}")

    def show_step(self, number: int, step: StepView, view: CalibrationView, now: bool) -> None:
        """Take a newer state."""
        self._number = number
        self._glyph.show_state(_SHAPES[step.state])
        self._title.say(f"{number} {words.step_title(step)}")
        self._note.say(words.step_note(step, view))
        self.button.setVisible(step.state in ("good", "weak", "skipped"))
        self.button.setAccessibleName(tr("Redo {step}").format(step=words.step_title(step)))
        self.setAccessibleName(f"{words.step_title(step)}: {words.step_note(step, view)}")
        if self.property("now") != now:
            self.setProperty("now", now)
            self._dress(now)
            self._glyph.stand_on("accent_soft" if now else "surface")


class CountBox(QWidget):
    """The seconds left, large."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look, self._text = look, ""
        self.setFixedSize(look.px(88), look.px(88))

    def say(self, text: str) -> None:
        """Show a figure."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the figure on the accent's colour."""
        look = self._look
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("accent"))
            painter.drawRoundedRect(QRectF(self.rect()), look.px(8), look.px(8))
            painter.setPen(look.colour("on_accent"))
            painter.setFont(look.font("countdown"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)


class TrialCell(QWidget):
    """One contraction: its number, what it gave, how steady it was."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._glyph, self._title = Glyph(look, 16, "todo"), Text(look, "strong")
        self._value, self._note = Text(look, "strong"), Text(look, "caption", soft=True)
        pad = look.px(12)
        head = row(self._glyph, self._title, -1, self._value, spacing=look.px(8))
        self._line = rule(upright=True)
        cell = column(head, self._note, spacing=look.px(4), margins=(pad, pad, pad, pad))
        self.setLayout(row(self._line, cell))

    def show_trial(self, trial: TrialView, holding: bool) -> None:
        """Take a newer state."""
        self._glyph.show_state(_SHAPES[trial.state])
        self._line.setVisible(trial.number > 1)
        self._title.say(tr("Trial {number}").format(number=trial.number))
        value = "–" if trial.value_uv is None else f"{figure(trial.value_uv)} µV"
        self._value.say(tr("holding") if trial.state == "now" and holding else value)
        notes = {"good": tr("Steady. Counts."), "weak": tr("Weak or unsteady.")}
        self._note.say(notes.get(trial.state, ""))


class CheckLine(QWidget):
    """One check: its shape, its name, its figures."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._glyph, self._title = Glyph(look, 16, "todo"), Text(look, "strong")
        self._note = Text(look, "caption", soft=True)
        self._note.setWordWrap(True)
        layout = row(self._glyph, column(self._title, self._note), spacing=look.px(8))
        layout.setAlignment(self._glyph, Qt.AlignmentFlag.AlignTop)
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def show_check(self, check: CheckView) -> None:
        """Take a newer state."""
        self._glyph.show_state(_SHAPES[check.state])
        self._title.say(words.check_title(check))
        self._note.say(words.check_note(check))


class Rows(QWidget, Generic[Item]):
    """Widgets of one kind, as many as are needed, one below the other or side by side."""

    def __init__(self, make: Callable[[], Item], spacing: int = 0, *, upright: bool = True) -> None:
        super().__init__()
        self._make, self._items = make, list[Item]()
        self._layout = column(spacing=spacing) if upright else row(spacing=spacing)
        self.setLayout(self._layout)

    def fit(self, count: int) -> list[Item]:
        """Return as many widgets as asked for."""
        while len(self._items) > count:
            gone = self._items.pop()
            self._layout.removeWidget(gone)
            gone.deleteLater()
        while len(self._items) < count:
            self._items.append(self._make())
            self._layout.addWidget(self._items[-1])
        return self._items
