"""A choice from a list, drawn like the other controls."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QComboBox, QListView

from biofeedback.ui.console.glyphs import draw_icon
from biofeedback.ui.console.look import Look


class ViewBox(QComboBox):
    """A combo box of the console; Space and the wheel are not its own. ``shrinks``: long choices may be cut."""

    def __init__(self, look: Look, name: str, *, shrinks: bool = False) -> None:
        super().__init__()
        self._look, self._shrinks = look, shrinks
        self.setFont(look.font("body"))
        self.setFixedHeight(look.px(32))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)
        choices = QListView()
        choices.setFont(look.font("body"))
        self.setView(choices)

    def sizeHint(self) -> QSize:
        """Return the room of the longest choice."""
        longest = max((self.fontMetrics().horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=0)
        return QSize(longest + self._look.px(36) + 2, self.height())

    def minimumSizeHint(self) -> QSize:
        """Return the same unless a choice may be cut."""
        hint = self.sizeHint()
        return QSize(min(hint.width(), self._look.px(96)), hint.height()) if self._shrinks else hint

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the list, the arrows move in it; letters and Space are the window's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.showPopup()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            super().keyPressEvent(event)
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel alone: what the patient sees must not change by a slip."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the field with its arrow."""
        look = self._look
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(look.colour("line_strong"), 1))
            painter.setBrush(look.colour("surface"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), look.px(8), look.px(8))
            painter.setPen(look.colour("ink" if self.isEnabled() else "quiet"))
            painter.setFont(self.font())
            box = self.rect().adjusted(look.px(10), 0, -look.px(26), 0)
            said = self.currentText() or self.placeholderText()
            text = self.fontMetrics().elidedText(said, Qt.TextElideMode.ElideMiddle, box.width())
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), text)
            size = look.px(14)
            arrow = QRectF(self.width() - size - look.px(9), (self.height() - size) / 2, size, size)
            draw_icon(painter, "down", arrow, look.colour("ink_soft"))
