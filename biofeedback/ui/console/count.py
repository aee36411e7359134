"""A small number with a button less and a button more."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.labels import row
from biofeedback.ui.console.look import Look
from biofeedback.ui.language import tr


class _Figure(QAbstractSlider):
    """The number itself: arrows and the wheel change it while it has the focus, and screen readers read it."""

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look = look
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedSize(look.px(40), look.px(32))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.valueChanged.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return the fixed size."""
        return self.size()

    def wheelEvent(self, event: QEvent) -> None:
        """Change only with the focus, so that a page can be scrolled over it."""
        if self.hasFocus():
            super().wheelEvent(event)  # type: ignore[arg-type]
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave Space to the window."""
        if event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the number, with a ring while it has the focus."""
        look = self._look
        with QPainter(self) as painter:
            if self.hasFocus():
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(look.colour("accent"), 2))
                painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), look.px(8), look.px(8))
            painter.setPen(look.colour("ink" if self.isEnabled() else "ink_soft"))
            painter.setFont(look.font("strong"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(self.value()))


class Count(QWidget):
    """A whole number between two others; ``changed`` carries it."""

    changed = Signal(int)

    def __init__(self, look: Look, name: str, low: int, high: int, value: int) -> None:
        super().__init__()
        self.figure = _Figure(look, name)
        self.figure.setRange(low, high)
        self.figure.setValue(value)
        self.less = self._button(look, "minus", tr("{name}: one less").format(name=name), -1)
        self.more = self._button(look, "plus", tr("{name}: one more").format(name=name), +1)
        self.setLayout(row(self.less, self.figure, self.more))
        self.figure.valueChanged.connect(self._changed)
        self.figure.installEventFilter(self)
        self._show_ends()

    def _button(self, look: Look, icon: str, name: str, step: int) -> Button:
        button = Button(look, "", icon=icon)
        button.setFixedWidth(look.px(32))
        button.setAccessibleName(name)
        button.setToolTip(name)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrows do the same on the number
        button.setAutoRepeat(True)
        button.clicked.connect(lambda: self.figure.setValue(self.figure.value() + step))
        return button

    @property
    def value(self) -> int:
        """The number."""
        return self.figure.value()

    def _changed(self, value: int) -> None:
        self._show_ends()
        self.changed.emit(value)

    def _show_ends(self) -> None:
        self.less.setEnabled(self.figure.value() > self.figure.minimum())
        self.more.setEnabled(self.figure.value() < self.figure.maximum())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Draw the ring as soon as the focus comes or goes."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.figure.update()
        return False
