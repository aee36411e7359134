"""Buttons, switches and the like, drawn from the tokens. They take the focus by keyboard, not by a click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QLineEdit,
    QPushButton,
    QWidget,
)

from biofeedback.ui.console.glyphs import draw_icon
from biofeedback.ui.console.look import Look
from biofeedback.ui.language import tr

ButtonKind = Literal["normal", "primary", "stop", "quiet", "plain"]
_MIRRORED = {"left": "right", "right": "left", "next": "left"}  # where it is read from right to left


def key_width(look: Look, key: str) -> int:
    """Return the width of a key cap."""
    return max(look.px(20), QFontMetrics(look.font("caption")).horizontalAdvance(key) + look.px(10))


def draw_key(painter: QPainter, left: float, middle: float, key: str, look: Look, colour: QColor) -> None:
    """Draw a key cap whose left edge and middle line are given."""
    height = look.px(20)
    box = QRectF(left + 0.5, middle - height / 2 + 0.5, key_width(look, key) - 1, height - 1)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box, look.px(4), look.px(4))
    painter.setFont(look.font("caption"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, key)


class KeyCap(QWidget):
    """A key beside the control it works."""

    def __init__(self, look: Look, key: str) -> None:
        super().__init__()
        self._look, self._key = look, key
        self.setFixedSize(key_width(look, key), look.px(20))
        self.setAccessibleName(tr("Key {key}").format(key=key))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cap."""
        with QPainter(self) as painter:
            draw_key(painter, 0, self.height() / 2, self._key, self._look, self._look.colour("ink_soft"))


class Button(QPushButton):
    """A button with an icon, a verb and the key that does the same."""

    def __init__(
        self, look: Look, text: str, kind: ButtonKind = "normal", *, icon: str = "", key: str = "", large: bool = False
    ) -> None:
        super().__init__()
        self._look, self._kind, self._icon, self._key, self._large = look, kind, icon, key, large
        self._pad = look.px(16 if large else 12)
        self._compact = False
        self.setFont(look.font_px(16 if large else 14, bold=True))
        self.setFixedHeight(look.px(48 if large else 32))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.relabel(text)

    def relabel(self, text: str, icon: str | None = None, key: str | None = None) -> None:
        """Give the button other words, another icon, another key."""
        icon, key = self._icon if icon is None else icon, self._key if key is None else key
        if (text, icon, key) == (self.text(), self._icon, self._key):
            return
        self._icon, self._key = icon, key
        self.setText(text)
        name = text.replace("&", "")
        self.setAccessibleName(name)
        self.setAccessibleDescription(tr("Key {key}").format(key=key) if key else "")
        self.updateGeometry()
        self.update()

    @property
    def key(self) -> str:
        """The key shown on the button."""
        return self._key

    def pad(self, pixels: int) -> None:
        """Set the room at both ends."""
        self._pad = self._look.px(pixels)
        self.updateGeometry()

    def compact(self, on: bool) -> None:
        """Leave out icon and key where there is no room for them beside the words."""
        if on != self._compact:
            self._compact = on
            self.updateGeometry()
            self.update()

    def _content_width(self, icon: bool = True, key: bool = True) -> int:
        gap = self._look.px(8) if self.text() else 0
        width = self.fontMetrics().horizontalAdvance(self.text())
        width += (self._look.px(16) + gap) if self._icon and icon and not self._wordy else 0
        return width + (key_width(self._look, self._key) + gap if self._has_key and key and not self._wordy else 0)

    @property
    def _wordy(self) -> bool:
        return self._compact and bool(self.text())

    @property
    def _has_key(self) -> bool:
        return bool(self._key) and self._look.keys

    @property
    def shown(self) -> tuple[bool, bool]:
        """Whether icon and key are there: in a button squeezed below its size first the key goes, then the icon."""
        room = self.width() - self._look.px(8)
        icon = bool(self._icon) and not self._wordy
        key = self._has_key and not self._wordy and self._content_width(icon) <= room
        return icon and (not self.text() or self._content_width(icon, key) <= room), key

    def sizeHint(self) -> QSize:
        """Return the room of icon, words and key."""
        return QSize(self._content_width() + 2 * self._pad, self.height())

    def minimumSizeHint(self) -> QSize:
        """Return the same: a button's words are never cut."""
        return QSize(self._content_width() + self._look.px(16), self.height())

    def _colours(self) -> tuple[QColor, QColor, QColor, float]:
        look = self._look
        if not self.isEnabled():
            return look.colour("surface"), look.colour("line"), look.colour("quiet"), 1.0
        fill = look.colour("accent_soft" if self.underMouse() and self._kind != "primary" else "surface")
        if self._kind == "primary":
            return look.colour("accent"), look.colour("accent"), look.colour("on_accent"), 1.0
        if self._kind == "stop":
            fill = look.colour("fault_soft" if self.underMouse() else "surface")
            return fill, look.colour("fault"), look.colour("fault"), 2.0
        if self._kind in ("quiet", "plain"):
            fill = fill if self.underMouse() else look.colour("surface", 0.0)
            return fill, fill, look.colour("accent" if self._kind == "quiet" else "ink_soft"), 1.0
        return fill, look.colour("line_strong"), look.colour("ink"), 1.0

    def enterEvent(self, event: QEvent) -> None:
        """Show that it can be pressed."""
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Rest again."""
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button; Space belongs to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button."""
        fill, edge, ink, width = self._colours()
        look = self._look
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(edge, width))
            painter.setBrush(fill)
            inset = width / 2
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), look.px(8), look.px(8))
            self._paint_content(painter, ink)

    def _paint_content(self, painter: QPainter, ink: QColor) -> None:
        """Draw icon, words and key one after the other, from the side where reading begins."""
        look, middle, size, gap = self._look, self.height() / 2, self._look.px(16), self._look.px(8)
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        icon_there, key_there = self.shown
        at = (self.width() - min(self._content_width(icon_there, key_there), self.width())) / 2

        def place(width: float) -> float:
            nonlocal at
            left, at = (self.width() - at - width if mirrored else at), at + width + gap
            return left

        if icon_there:
            icon = _MIRRORED.get(self._icon, self._icon) if mirrored else self._icon
            draw_icon(painter, icon, QRectF(place(size), middle - size / 2, size, size), ink)
        if self.text():
            words = self.fontMetrics().horizontalAdvance(self.text())
            painter.setPen(ink)
            painter.setFont(self.font())
            if words > self.width() - look.px(8):
                self._paint_two_lines(painter)
            else:
                box = QRectF(place(words) - gap, 0, words + 2 * gap, self.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.text())
        if key_there:
            draw_key(painter, place(key_width(look, self._key)), middle, self._key, look, ink)

    def _paint_two_lines(self, painter: QPainter) -> None:
        """Draw words that are too long for one line in two, smaller ones."""
        painter.setFont(self._look.font_px(12, bold=True))
        box = QRectF(self.rect()).adjusted(self._look.px(4), 0, -self._look.px(4), 0)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.text())


def fit(buttons: Sequence[Button], room: int) -> None:
    """Leave out icons and keys, of the first buttons first, until they stand side by side in ``room`` pixels."""
    for button in buttons:
        button.compact(False)
    for button in buttons:
        button.compact(sum(one.sizeHint().width() for one in buttons) > room)


class NoteField(QLineEdit):
    """The note of a mark: Enter keeps it, Esc leaves the field and nothing else."""

    left = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setFont(look.font("body"))
        self.setFixedHeight(look.px(48))
        self.setMinimumWidth(look.px(96))
        self.setPlaceholderText(tr("Note for the mark"))
        self.setAccessibleName(tr("Note for the mark"))
        self.setMaxLength(200)

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
        """Leave on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
