"""Switch, segmented choice and slider: what is set, in one look. Each acts at once; Space belongs to the window."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QCheckBox, QHBoxLayout, QSlider, QWidget

from biofeedback.ui.console.look import Look


class Switch(QCheckBox):
    """On: filled, knob right. Off: hollow, knob left."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look = look
        self.setFixedSize(look.px(40), look.px(32))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)

    def show_on(self, on: bool) -> None:
        """Follow the session without asking anything of it."""
        if on != self.isChecked():
            self.blockSignals(True)
            self.setChecked(on)
            self.blockSignals(False)

    def hitButton(self, pos: object) -> bool:
        """Let the whole field be the button."""
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter turns the switch; Space belongs to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw track and knob."""
        look, on = self._look, self.isChecked()
        edge = "accent" if on else "line_strong" if self.isEnabled() else "line"
        height = look.px(24)
        track = QRectF(0.5, (self.height() - height) / 2 + 0.5, self.width() - 1, height - 1)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(look.colour(edge), 1))
            painter.setBrush(look.colour("accent" if on else "surface"))
            painter.drawRoundedRect(track, height / 2, height / 2)
            knob, gap = look.px(16), look.px(4)
            left = self.width() - knob - gap if on else gap
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("on_accent" if on else edge))
            painter.drawEllipse(QRectF(left, (self.height() - knob) / 2, knob, knob))


class _Segment(QAbstractButton):
    """One choice of a `Segmented`."""

    def __init__(self, look: Look, text: str, first: bool, last: bool) -> None:
        super().__init__()
        self._look, self._first, self._last = look, first, last
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setAutoExclusive(True)  # heard as one of several; the group sees to it that only one holds
        self.setFixedHeight(look.px(32))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _face(self) -> QFont:
        return self._look.font("body", bold=self.isChecked())

    def sizeHint(self) -> QSize:
        """Return the room of the word when it is chosen."""
        words = QFontMetrics(self._look.font("strong")).horizontalAdvance(self.text())
        return QSize(words + self._look.px(16), self.height())

    def minimumSizeHint(self) -> QSize:
        """Return the room of the word with a narrow margin."""
        return QSize(self.sizeHint().width() - self._look.px(8), self.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave Space to the window; the arrows move in the group."""
        if event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the segment; the outer ones are round outside."""
        look, on = self._look, self.isChecked()
        radius = look.px(8)
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        left_end, right_end = (self._last, self._first) if mirrored else (self._first, self._last)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5 if right_end else 0.5, -0.5)
        outer = box.adjusted(0 if left_end else -2 * radius, 0, 0 if right_end else 2 * radius, 0)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(look.colour("line_strong" if not on else "accent"), 1))
            painter.setBrush(look.colour("accent" if on else "surface"))
            painter.drawRoundedRect(outer, radius, radius)
            if not left_end:
                painter.setPen(QPen(look.colour("line_strong"), 1))
                painter.drawLine(0, 1, 0, self.height() - 2)
            painter.setPen(look.colour("on_accent" if on else "ink"))
            painter.setFont(self._face())
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


class Segmented(QWidget):
    """A few choices of which one holds; ``chosen`` carries its value as soon as another is taken."""

    chosen = Signal(str)

    def __init__(self, look: Look, name: str, choices: dict[str, str]) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, _Segment] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for place, (value, text) in enumerate(choices.items()):
            button = _Segment(look, text, place == 0, place == len(choices) - 1)
            button.setAccessibleDescription(name)
            self._buttons[value] = button
            self._group.addButton(button)
            layout.addWidget(button, max(1, button.sizeHint().width()))
            button.toggled.connect(lambda on, value=value: self._toggled(value, on))

    def _toggled(self, value: str, on: bool) -> None:
        if on:
            self.chosen.emit(value)

    def show_choice(self, value: str) -> None:
        """Follow the session without asking anything of it."""
        if value in self._buttons and not self._buttons[value].isChecked():
            self.blockSignals(True)
            self._buttons[value].setChecked(True)
            self.blockSignals(False)
            for button in self._buttons.values():  # Tab comes to the one that holds, arrows to the others
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus if button.isChecked() else Qt.FocusPolicy.NoFocus)

    @property
    def choice(self) -> str:
        """The value that holds."""
        return next((value for value, button in self._buttons.items() if button.isChecked()), "")

    def segment(self, value: str) -> QAbstractButton:
        """Return the button of a value."""
        return self._buttons[value]


class Slider(QSlider):
    """A level from 0 to 10; the wheel moves it only while it has the focus."""

    def __init__(self, look: Look, name: str, highest: int) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._look = look
        self.setRange(0, highest)
        self.setPageStep(2)
        self.setFixedHeight(look.px(32))
        self.setMinimumWidth(look.px(64))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)

    def show_value(self, value: int) -> None:
        """Follow the session without asking anything of it."""
        if not self.isSliderDown() and value != self.value():
            self.blockSignals(True)
            self.setValue(value)
            self.blockSignals(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Move only with the focus."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw groove and knob."""
        look, knob = self._look, self._look.px(16)
        span = self.width() - knob - 2
        at = knob / 2 + 1 + span * (self.value() - self.minimum()) / max(1, self.maximum() - self.minimum())
        middle = self.height() / 2
        on = "accent" if self.isEnabled() else "line_strong"
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for start, end, role in ((knob / 2, self.width() - knob / 2, "line_strong"), (knob / 2, at, on)):
                painter.setPen(QPen(look.colour(role), look.px(4), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawLine(round(start), round(middle), round(end), round(middle))
            painter.setPen(QPen(look.colour(on), look.px(3)))
            painter.setBrush(look.colour("surface"))
            inset = look.px(3) / 2
            painter.drawEllipse(
                QRectF(at - knob / 2, middle - knob / 2, knob, knob).adjusted(inset, inset, -inset, -inset)
            )
