"""The rail at the left of the pages outside a session: where one can go, and what the program is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QSizePolicy

from biofeedback.ui.console.glyphs import draw_icon
from biofeedback.ui.console.labels import Text, column
from biofeedback.ui.console.look import Look
from biofeedback.ui.language import tr

WIDTH = 184


class _Entry(QAbstractButton):
    """One place to go to; the one where one is stands out."""

    def __init__(self, look: Look, text: str, icon: str, here: bool) -> None:
        super().__init__()
        self._look, self._icon, self._here = look, icon, here
        self.setText(text)
        self.setAccessibleName(text)
        self.setFixedHeight(look.px(40))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor if here else Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """Return the room of icon and word."""
        words = QFontMetrics(self._look.font("strong")).horizontalAdvance(self.text())
        return QSize(words + self._look.px(52), self.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses; Space belongs to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)

    def enterEvent(self, event: object) -> None:
        """Show that it can be pressed."""
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Rest again."""
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw icon and word."""
        look, side = self._look, self._look.px(16)
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        ink = look.colour("ink")
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._here or self.underMouse():
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(look.colour("accent_soft" if self._here else "window"))
                painter.drawRoundedRect(QRectF(self.rect()), look.px(8), look.px(8))
            left = self.width() - look.px(12) - side if mirrored else look.px(12)
            draw_icon(painter, self._icon, QRectF(left, (self.height() - side) / 2, side, side), ink)
            painter.setPen(ink)
            painter.setFont(look.font("body", bold=self._here))
            box = self.rect().adjusted(look.px(12 if mirrored else 40), 0, -look.px(40 if mirrored else 12), 0)
            side_of_text = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter | side_of_text), self.text())


class Rail(QFrame):
    """The rail. ``chosen`` carries the name of a place that was pressed.

    ``places`` are name, words and icon of each; ``here`` is the name of the one where one is.
    """

    chosen = Signal(str)

    def __init__(self, look: Look, places: Sequence[tuple[str, str, str]], here: str) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(look.px(WIDTH))
        self.entries = {name: _Entry(look, text, icon, name == here) for name, text, icon in places}
        for name, entry in self.entries.items():
            entry.clicked.connect(lambda _=False, name=name: self.chosen.emit(name))
        head = Text(look, "strong", "Biofeedback")
        head.setContentsMargins(look.px(12), 0, 0, look.px(16))
        safe = Text(look, "caption", tr("All records are encrypted on this computer."), soft=True)
        what = Text(look, "caption", tr("Research and education tool. Not a cleared medical device."), soft=True)
        for text in (safe, what):
            text.setWordWrap(True)
            text.setContentsMargins(look.px(12), look.px(8), look.px(12), look.px(8))
        layout = column(head, *self.entries.values(), -1, safe, what, spacing=look.px(4))
        layout.setContentsMargins(look.px(12), look.px(16), look.px(12), look.px(8))
        self.setLayout(layout)
