"""The handles of a target band: dragged, turned by the wheel, moved by keys, or told a number."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QLineEdit, QWidget

from biofeedback.session.view import LaneView
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.targets import Edge
from biofeedback.ui.console.words import edges, with_unit
from biofeedback.ui.language import tr

_FAST = 5


class TargetHandle(QAbstractSlider):
    """One edge of one lane's band.

    ``moved`` carries the edge and its new value as soon as it changes, ``both`` whether the other edge goes along.
    The slider's value counts the lane's steps, so that screen readers can read and move it.
    """

    asked = Signal(str, float, bool)  # edge, wanted value, the other edge too
    focused = Signal()

    def __init__(self, parent: QWidget, look: Look, lane: LaneView, edge: Edge) -> None:
        super().__init__(parent)
        self._look, self._lane, self.edge = look, lane, edge
        self._grip: tuple[float, float] | None = None
        self._editor: QLineEdit | None = None
        self._stopped: str = ""
        self._wheel = 0
        self.setFixedSize(look.px(60), look.px(28))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.setOrientation(Qt.Orientation.Vertical)
        self.setTracking(True)
        self.pixels_per_unit = 1.0
        self.setToolTip(
            tr("Drag or turn the wheel. Up and down: one step, Shift: five, Alt: both edges. Double click: number.")
        )
        self.follow(lane, lane.band)
        self.valueChanged.connect(self._moved_by_reader)

    def follow(self, lane: LaneView, band: tuple[float | None, float | None]) -> None:
        """Show the edge where the session has it."""
        self._lane = lane
        names = {"low": tr("lower edge of the target"), "high": tr("upper edge of the target")}
        at = band[0] if self.edge == "low" else band[1]
        self._at = 0.0 if at is None else at
        self.blockSignals(True)
        self.setRange(round(lane.display[0] / lane.step), round(lane.display[1] / lane.step))
        self.setValue(round(self._at / lane.step))
        self.blockSignals(False)
        self.setAccessibleName(f"{lane.name}, {names[self.edge]}")
        self.setAccessibleDescription(self.text)
        self.update()

    @property
    def text(self) -> str:
        """The value with its unit."""
        return with_unit(self._at, self._lane.unit, 0 if self._lane.step >= 1 else 1)

    @property
    def at(self) -> float:
        """The value shown."""
        return self._at

    @property
    def dragged(self) -> bool:
        """Whether a hand is on it."""
        return self._grip is not None

    @property
    def active(self) -> bool:
        """Whether it is dragged or has the focus."""
        return self.hasFocus() or self.dragged

    def show_stopped(self, reason: str) -> None:
        """Show a bar on the side it cannot go further to; an empty reason takes it away."""
        if reason != self._stopped:
            self._stopped = reason
            self.update()

    def _ask(self, steps: float, both: bool) -> None:
        self.asked.emit(self.edge, self._at + steps * self._lane.step, both)

    def _moved_by_reader(self, steps: int) -> None:
        self.asked.emit(self.edge, steps * self._lane.step, False)

    @property
    def _up(self) -> int:
        """Steps that move the handle up on the screen."""
        return -1 if self._lane.inverted else 1

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down move the handle the way of the arrow; Enter takes a number."""
        directions = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: _FAST, Qt.Key.Key_PageDown: -_FAST}
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit()
        elif event.key() in directions:
            fast = _FAST if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            both = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            self._ask(directions[Qt.Key(event.key())] * self._up * fast, both)
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """One notch is one step. Alt turns the wheel sideways on most systems, so both directions count."""
        delta = event.angleDelta()
        self._wheel += delta.y() or delta.x()
        notches = int(self._wheel / 120)
        self._wheel -= notches * 120
        if notches:
            fast = _FAST if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self._ask(notches * self._up * fast, bool(event.modifiers() & Qt.KeyboardModifier.AltModifier))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._grip = (event.globalPosition().y(), self._at)
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        if self._grip is not None:
            start_y, start_value = self._grip
            moved = (start_y - event.globalPosition().y()) * self._up / self.pixels_per_unit
            wanted = round((start_value + moved) / self._lane.step) * self._lane.step
            if wanted != self._at:
                self.asked.emit(self.edge, wanted, bool(event.modifiers() & Qt.KeyboardModifier.AltModifier))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._grip = None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take a number."""
        self._grip = None
        self.edit()

    def edit(self) -> None:
        """Open a field for the number over the handle: Enter keeps it, Esc leaves it."""
        editor = _NumberField(self, self._look, f"{self._at:g}")
        editor.setAccessibleName(self.accessibleName())
        editor.kept.connect(self._typed)
        editor.show()
        editor.setFocus(Qt.FocusReason.OtherFocusReason)
        editor.selectAll()
        self._editor = editor

    def _typed(self, text: str) -> None:
        try:
            value = float(text.rstrip("°% \u2009").replace(",", ".").replace("\u2212", "-"))
        except ValueError:
            return
        self.asked.emit(self.edge, value, False)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Say which handle the keys move."""
        super().focusInEvent(event)
        self.focused.emit()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Rest."""
        super().focusOutEvent(event)
        self.focused.emit()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the handle: two bars to grip, and the value."""
        look, on = self._look, self.active
        with QPainter(self) as painter:
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(self.rect(), look.colour("surface"))
            painter.setPen(QPen(look.colour("in_target"), look.px(2) if on else 1.4))
            painter.setBrush(look.colour("accent" if on else "raised"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), look.px(6), look.px(6))
            ink = look.colour("on_accent" if on else "ink")
            painter.setPen(QPen(ink, 1.6 * look.scale))
            middle = self.height() / 2
            font = look.font_px(13, bold=True)
            wide = QFontMetricsF(font).horizontalAdvance(self.text) > self.width() - look.px(7 + 17)
            for y in () if wide else (middle - look.px(3), middle + look.px(3)):  # a longer unit takes their place
                painter.drawLine(QPointF(look.px(8), y), QPointF(look.px(15), y))
            if self._stopped:
                top = (self.edge == "high") == self._lane.inverted
                y = look.px(4) if top else self.height() - look.px(4)
                painter.setPen(QPen(ink, 2.4 * look.scale))
                painter.drawLine(QPointF(look.px(8), y), QPointF(self.width() - look.px(8), y))
            painter.setPen(ink)
            painter.setFont(font)
            box = self.rect().adjusted(0, 0, -look.px(7), 0)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.text)


class _NumberField(QLineEdit):
    """The field over a handle."""

    kept = Signal(str)

    def __init__(self, handle: QWidget, look: Look, text: str) -> None:
        super().__init__(text, handle)
        self._handle = handle
        self.setGeometry(handle.rect())
        self.setFont(look.font_px(13, bold=True))
        self.setStyleSheet("padding: 0 4px;")

    def event(self, event: QEvent) -> bool:
        """Keep Esc to the field."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep or leave."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.kept.emit(self.text())
            self._close()
        elif event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)

    def _close(self) -> None:
        self._handle.setFocus(Qt.FocusReason.OtherFocusReason)
        self.hide()
        self.deleteLater()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leave when something else takes the focus."""
        super().focusOutEvent(event)
        self.hide()
        self.deleteLater()


def handled_edges(lane: LaneView) -> list[Edge]:
    """Return the edges a lane has handles for."""
    low, high = edges(lane)
    return [edge for edge, value in (("low", low), ("high", high)) if value is not None]  # type: ignore[misc]
