"""A scale from 0 to 10: chosen is filled, the value before is dashed."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from biofeedback.ui.console.look import Look
from biofeedback.ui.language import tr

HIGHEST = 10


class _Step(QAbstractButton):
    """One value of the scale."""

    def __init__(self, look: Look, scale: Scale11, value: int) -> None:
        super().__init__()
        self._look, self._scale, self.before = look, scale, False
        self.setText(str(value))
        self.setCheckable(True)
        self.setAutoExclusive(True)  # heard as one of several; the group sees to it that only one holds
        self.setFixedHeight(look.px(32))
        self.setMinimumWidth(look.px(24))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(look.px(36))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Return the room of one value."""
        return QSize(self._look.px(32), self._look.px(32))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits choose, X is ten; Space belongs to the window."""
        text = event.text().casefold()
        if text.isdigit() and text.isascii():
            self._scale.choose(int(text))
        elif text == "x":
            self._scale.choose(HIGHEST)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            event.ignore()  # nobody says how much it hurts by pressing the key that means "go on"
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the value."""
        look, on = self._look, self.isChecked()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = QPen(look.colour("accent" if on else "line_strong"), 1)
            if self.before:
                pen = QPen(look.colour("on_accent" if on else "ink"), 2, Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.setBrush(look.colour("accent" if on else "accent_soft" if self.underMouse() else "surface"))
            inset = 2.0 if self.before and on else pen.widthF() / 2
            box = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
            if self.before and on:
                painter.save()
                painter.setPen(Qt.PenStyle.NoPen)
                painter.drawRoundedRect(QRectF(self.rect()), look.px(8), look.px(8))
                painter.restore()
            painter.drawRoundedRect(box, look.px(8), look.px(8))
            painter.setPen(look.colour("on_accent" if on else "ink"))
            painter.setFont(look.font("strong"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


class Scale11(QWidget):
    """The scale. ``chosen`` carries a value as soon as it is taken."""

    chosen = Signal(int)

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._name = name
        self._group = QButtonGroup(self)
        self.steps = [_Step(look, self, value) for value in range(HIGHEST + 1)]
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.px(4))
        for value, step in enumerate(self.steps):
            self._group.addButton(step, value)
            layout.addWidget(step)
        layout.addStretch(1)
        self._group.idClicked.connect(self.chosen)
        self.setAccessibleName(name)
        self.show_values(None, None)

    def choose(self, value: int) -> None:
        """Choose a value, as a press does."""
        self.steps[value].click()
        self.steps[value].setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def value(self) -> int | None:
        """The value chosen; None before the first."""
        return self._group.checkedId() if self._group.checkedId() >= 0 else None

    def show_values(self, value: int | None, before: int | None) -> None:
        """Show what was said, and what was said before."""
        self._group.setExclusive(False)
        for number, step in enumerate(self.steps):
            step.setChecked(number == value)
            step.before = number == before
            words = tr("{name}: {value} of 10").format(name=self._name, value=number)
            step.setAccessibleName(words + (", " + tr("the value before") if step.before else ""))
            step.update()
            step.setFocusPolicy(Qt.FocusPolicy.TabFocus if number == (value or 0) else Qt.FocusPolicy.NoFocus)
        self._group.setExclusive(True)
