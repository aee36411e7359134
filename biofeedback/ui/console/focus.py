"""The ring around what has the focus: two pixels, two pixels away."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QSlider, QTableView, QWidget

from biofeedback.ui.console.look import Look

_RINGED = (QAbstractButton, QComboBox, QSlider, QTableView)


def _scrolled_away(widget: QWidget) -> bool:
    """Whether a list or page it stands in shows less than half of its height."""
    seen, above = widget.rect(), widget
    while not above.isWindow() and (parent := above.parentWidget()) is not None:
        seen = seen.translated(above.pos()).intersected(parent.rect())
        above = parent
    return 2 * seen.height() < widget.height()


class FocusRing(QWidget):
    """Lies over a page and lets everything through but its ring."""

    def __init__(self, page: QWidget, look: Look) -> None:
        super().__init__(page)
        self._look, self._page = look, page
        self._on: QWidget | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._moved)

    def _moved(self, before: QWidget | None, now: QWidget | None) -> None:
        inside = isinstance(now, _RINGED) and self._page.isAncestorOf(now)
        self._on = now if inside else None
        self.follow()

    def follow(self) -> None:
        """Stand around the widget where it is now."""
        if self._on is None or not self._on.isVisible() or _scrolled_away(self._on):
            self.hide()
            return
        corner = self._on.mapTo(self._page, self._on.rect().topLeft())
        away = 4
        box = QRect(corner, self._on.size()).adjusted(-away, -away, away, away)
        if box != self.geometry() or self.isHidden():
            self.setGeometry(box)
            inner = self.rect().adjusted(3, 3, -3, -3)
            corners = QRegion(inner).subtracted(QRegion(inner.adjusted(3, 3, -3, -3)))
            self.setMask(QRegion(self.rect()).subtracted(QRegion(inner)).united(corners))
            self.raise_()
            self.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ring."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._look.colour("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), self._look.px(9), self._look.px(9))
