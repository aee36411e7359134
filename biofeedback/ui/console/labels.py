"""Texts, cards and rules: the still parts of the page."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QSizePolicy, QVBoxLayout, QWidget

from biofeedback.ui.console.look import Look, TextSize


class Text(QLabel):
    """A line of text in one of the sizes of the tokens. Set to the same text it does nothing."""

    def __init__(
        self, look: Look, size: TextSize = "body", text: str = "", *, soft: bool = False, bold: bool | None = None
    ) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(look.font(size, bold))
        self.setProperty("soft", soft)

    def say(self, text: str) -> None:
        """Show ``text``."""
        if text != self.text():
            self.setText(text)


class ElidedText(QWidget):
    """A line that gives up its middle where there is no room; the tooltip and screen readers have it all."""

    def __init__(
        self,
        look: Look,
        size: TextSize = "body",
        text: str = "",
        *,
        role: str = "ink",
        bold: bool | None = None,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        shrinks: bool = True,
    ) -> None:
        super().__init__()
        self._look, self._role, self._align, self._shrinks = look, role, align, shrinks
        self._text = ""
        self.setFont(look.font(size, bold))
        self.setSizePolicy(
            QSizePolicy.Policy.Preferred if shrinks else QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed
        )
        self.say(text)

    def say(self, text: str) -> None:
        """Show ``text``."""
        if text == self._text:
            return
        self._text = text
        self.setAccessibleName(text)
        self._elide()
        self.updateGeometry()

    def tint(self, role: str) -> None:
        """Change the colour."""
        if role != self._role:
            self._role = role
            self.update()

    @property
    def text(self) -> str:
        """The whole text."""
        return self._text

    @property
    def cut(self) -> bool:
        """Whether the line shows less than the whole."""
        return self._shown != self._text

    def _elide(self) -> None:
        self._shown = self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideMiddle, self.width())
        self.setToolTip(self._text if self.cut else "")
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room of the whole text."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Return the least room: that of the whole text if the line must not shrink."""
        hint = self.sizeHint()
        return QSize(min(hint.width(), self._look.px(40)), hint.height()) if self._shrinks else hint

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the text anew."""
        self._elide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line."""
        with QPainter(self) as painter:
            painter.setPen(self._look.colour(self._role))
            painter.drawText(self.rect(), self._align | Qt.AlignmentFlag.AlignVCenter, self._shown)


def card() -> QFrame:
    """Return an empty card: a surface with a line around it."""
    frame = QFrame()
    frame.setObjectName("card")
    return frame


def rule(upright: bool = False) -> QFrame:
    """Return a line of one pixel."""
    frame = QFrame()
    frame.setObjectName("rule")
    if upright:
        frame.setFixedWidth(1)
    else:
        frame.setFixedHeight(1)
    return frame


def row(
    *items: QWidget | QLayout | int, spacing: int = 0, margins: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> QHBoxLayout:
    """Return a layout of items side by side; a number is empty room, −1 all the room that is left."""
    layout = QHBoxLayout()
    _fill(layout, items, spacing, margins)
    return layout


def column(
    *items: QWidget | QLayout | int, spacing: int = 0, margins: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> QVBoxLayout:
    """Return a layout of items one below the other; a number is empty room, −1 all the room that is left."""
    layout = QVBoxLayout()
    _fill(layout, items, spacing, margins)
    return layout


def _fill(
    layout: QHBoxLayout | QVBoxLayout,
    items: tuple[QWidget | QLayout | int, ...],
    spacing: int,
    margins: tuple[int, int, int, int],
) -> None:
    layout.setSpacing(spacing)
    layout.setContentsMargins(*margins)
    for item in items:
        if isinstance(item, QWidget):
            layout.addWidget(item)
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        elif item < 0:
            layout.addStretch(1)
        else:
            layout.addSpacing(item)


def card_header(look: Look, title: str, note: QWidget | None = None, height: int = 40) -> QWidget:
    """Return the head of a card: its title, and a note at the right."""
    head = QWidget()
    head.setFixedHeight(look.px(height))
    items: list[QWidget | QLayout | int] = [Text(look, "strong", title), -1]
    if note is not None:
        items.append(note)
    head.setLayout(row(*items, spacing=look.px(8), margins=(look.px(16), 0, look.px(16), 0)))
    return head
