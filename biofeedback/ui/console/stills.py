"""What is painted over the lanes at each frame: lines at a time, veils, gap labels, the newest value's dot."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from biofeedback.ui.console.look import Look
from biofeedback.ui.language import tr


class Overlay:
    """Draws over the lanes in one look."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._dots: QPixmap | None = None

    def paint_second(self, painter: QPainter, area: QRect, x: float) -> None:
        """Draw the line of a full five seconds."""
        painter.fillRect(round(x), area.top(), 1, area.height(), self._look.colour("line_strong", 0.3))

    def paint_border(self, painter: QPainter, area: QRect, x: float) -> None:
        """Draw where a repetition begins or ends: a dotted line."""
        dots = self._dotted(area.height())
        painter.drawPixmap(round(x), area.top(), dots, 0, 0, 1, area.height())

    def _dotted(self, height: int) -> QPixmap:
        if self._dots is None or self._dots.height() < height:
            self._dots = QPixmap(1, height)
            self._dots.fill(Qt.GlobalColor.transparent)
            with QPainter(self._dots) as painter:
                for y in range(0, height, 6):
                    painter.fillRect(0, y, 1, 2, self._look.colour("line_strong"))
        return self._dots

    def paint_veil(self, painter: QPainter, area: QRect, left: float, right: float) -> None:
        """Draw the veil of a pause, and the dashed line where it began."""
        start = max(round(left), area.left())
        painter.fillRect(start, area.top(), round(right) - start, area.height(), self._look.colour("window", 0.55))
        if left > area.left():
            painter.setPen(QPen(self._look.colour("ink_soft"), 2, Qt.PenStyle.CustomDashLine))
            pen = painter.pen()
            pen.setDashPattern([3, 2])
            painter.setPen(pen)
            painter.drawLine(start, area.top(), start, area.bottom())

    def paint_gap_label(self, painter: QPainter, plot: QRect, left: float, right: float) -> None:
        """Name a gap: within it where there is room, else before it."""
        look = self._look
        width, height = look.px(80), look.px(24)
        left = max(left, plot.left())
        if right - left < look.px(4):
            return
        fits = right - left >= look.px(96)
        x = (left + right - width) / 2 if fits else left - width - look.px(8)
        if x < plot.left():
            return  # right of it there is a signal again
        box = QRectF(x, plot.center().y() - height / 2, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("fault_soft"))
        painter.drawRoundedRect(box, look.px(4), look.px(4))
        painter.setPen(look.colour("fault"))
        painter.setFont(look.font("caption", bold=True))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), tr("No signal"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def paint_dot(self, painter: QPainter, at: QPointF, number: int) -> None:
        """Draw the dot of the newest value."""
        look = self._look
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.colour("surface"), 2))
        painter.setBrush(look.signal(number))
        painter.drawEllipse(at, look.px(5), look.px(5))

    def paint_waiting(self, painter: QPainter, plot: QRect) -> None:
        """Say that nothing has come yet."""
        painter.setPen(self._look.colour("ink_soft"))
        painter.setFont(self._look.font("body"))
        painter.drawText(plot, int(Qt.AlignmentFlag.AlignCenter), tr("Waiting for the first signal"))
