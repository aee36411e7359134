"""The top row of Home: who is next, each with one button, and the ways to begin without a person."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QSizePolicy

from biofeedback.ui.console import home_words
from biofeedback.ui.console.controls import Button, draw_key, key_width
from biofeedback.ui.console.glyphs import draw_icon
from biofeedback.ui.console.home_words import Next
from biofeedback.ui.console.labels import ElidedText, Text, column, row
from biofeedback.ui.console.look import Look
from biofeedback.ui.language import tr

TILE_HEIGHT, TILE_LEAST = 141, 276


class PersonTile(QFrame):
    """One who may come next. The first is marked and its button is the page's filled one."""

    pressed = Signal(object)

    def __init__(self, look: Look, one: Next, first: bool) -> None:
        super().__init__()
        person = one.overview.person
        self.overview = one.overview
        self.setObjectName("card")
        self.setProperty("first", first)
        self.setFixedHeight(look.px(TILE_HEIGHT))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        words = tr("Start") if one.overview.last is None else tr("Repeat last session")
        icon = "play" if one.overview.last is None else "repeat"
        kind = "primary" if first else "normal"
        self.button = Button(look, words, kind, icon=icon, key=tr("Enter") if first else "")
        self.button.setFixedHeight(look.px(40))
        self.button.setAccessibleName(", ".join(part for part in (words, person.code, person.about) if part))
        self.button.clicked.connect(lambda: self.pressed.emit(self.overview))
        name = self._name = ElidedText(look, "title", person.code)
        name.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._look, self._about = look, ElidedText(look, "body", person.about, role="ink_soft")
        head = row(name, self._about, -1, Text(look, "caption", one.caption, soft=True), spacing=look.px(8))
        head.setStretch(1, 1)
        head.setStretch(2, 0)
        pad = look.px(16)
        middle = ElidedText(look, "caption", home_words.tile_words(one.overview), role="ink_soft")
        self.setLayout(column(head, middle, -1, self.button, spacing=look.px(8), margins=(pad, pad, pad, pad)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out a description of which next to nothing would be seen."""
        super().resizeEvent(event)
        room = self.width() - self._name.sizeHint().width() - self._look.px(32 + 80)
        self._about.setVisible(room >= self._look.px(48))


class BigButton(QAbstractButton):
    """A way to begin: icon, two lines, key."""

    def __init__(self, look: Look, title: str, note: str, icon: str, key: str) -> None:
        super().__init__()
        self._look, self._note, self._icon, self._key = look, note, icon, key
        self.setText(title)
        self.setAccessibleName(f"{title}, {note}")
        self.setAccessibleDescription(tr("Key {key}").format(key=key))
        self.setMinimumHeight(look.px(64))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Return the room of both lines."""
        look = self._look
        title = QFontMetrics(look.font("strong")).horizontalAdvance(self.text())
        note = QFontMetrics(look.font("caption")).horizontalAdvance(self._note)
        return QSize(max(title, note) + look.px(36 + 12 + 12) + key_width(look, self._key), look.px(64))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button; Space belongs to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button; in a language from right to left the other way round."""
        look, ink = self._look, self._look.colour("ink")
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        width, middle, side = self.width(), self.height() / 2, look.px(16)
        key = key_width(look, self._key)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(look.colour("line_strong"), 1))
            painter.setBrush(look.colour("accent_soft" if self.underMouse() else "surface"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), look.px(8), look.px(8))
            icon_left = width - look.px(12) - side if mirrored else look.px(12)
            draw_icon(painter, self._icon, QRectF(icon_left, middle - side / 2, side, side), ink)
            draw_key(painter, look.px(12) if mirrored else width - look.px(12) - key, middle, self._key, look, ink)
            left, right = (key + look.px(20), look.px(36)) if mirrored else (look.px(36), key + look.px(20))
            box = QRectF(left, 0, width - left - right, self.height())
            flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading)
            if mirrored:
                flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
            painter.setPen(ink)
            painter.setFont(look.font("strong"))
            painter.drawText(box.adjusted(0, 0, 0, -look.px(18)), flags, self.text())
            painter.setPen(look.colour("ink_soft"))
            painter.setFont(look.font("caption"))
            painter.drawText(box.adjusted(0, look.px(18), 0, 0), flags, self._note)

    def enterEvent(self, event: object) -> None:
        """Show that it can be pressed."""
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Rest again."""
        self.update()
