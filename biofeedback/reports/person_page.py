"""The page a person takes home: few words, one picture, no score that judges. Units are millimetres of A4."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from biofeedback.appearance.language import day
from biofeedback.reports import sheet
from biofeedback.reports.content import PersonPage
from biofeedback.reports.sheet import HEIGHT, MARGIN, RIGHT, Sheet

_TREND_HEIGHT = 62.0


def drawing(page: PersonPage) -> sheet.Draw:
    """Return what draws the page."""
    return lambda painter: _Drawing(painter, page).draw()


class _Drawing(Sheet):
    """One page being drawn, from the top down."""

    def __init__(self, painter: QPainter, page: PersonPage) -> None:
        super().__init__(painter)
        self._page = page

    def draw(self) -> None:
        """Draw it all."""
        page = self._page
        self.text(MARGIN, self.y + 8, page.heading, 20, bold=True, width=120)
        self.text(RIGHT, self.y + 8, page.person, 10, colour="ink_soft", align="right", width=56)
        self.y += 13
        self.rule(self.y)
        self.y += 3
        for sentence in page.sentences:
            self.paragraph(sentence, 12)
        if len(page.trend) > 1:
            self._trend()
        self.y += 4
        self._figures()
        if page.next_time:
            self.paragraph(page.next_heading, 12, bold=True)
            for line in page.next_time.splitlines():
                self.paragraph(line, 12)
        y = HEIGHT - MARGIN - 10
        self.rule(y)
        self.y = y
        self.paragraph(page.foot, 8, colour="ink_soft")

    def _trend(self) -> None:
        page, painter = self._page, self.painter
        self.y += 3
        self.paragraph(page.trend_title, 12, bold=True)
        left, top, width = MARGIN + 14, self.y + 2, RIGHT - MARGIN - 14
        frame = QRectF(left, top, width, _TREND_HEIGHT - 16)
        painter.fillRect(frame, QColor(self.theme["window"]))
        for share in (0.0, 0.5, 1.0):
            y = frame.bottom() - frame.height() * share
            painter.setPen(QPen(QColor(self.theme["line"]), 0.2))
            painter.drawLine(QPointF(left, y), QPointF(RIGHT, y))
            self.text(left - 2, y + 1.2, f"{10 * share:.0f}", 9, colour="ink_soft", align="right")
        step = width / max(1, len(page.trend) - 1)
        inset = 3.0
        points = [
            QPointF(left + inset + i * step * (1 - 2 * inset / width), frame.bottom() - frame.height() * visit.share)
            for i, visit in enumerate(page.trend)
        ]
        painter.setPen(QPen(QColor(self.theme["ink"]), 0.5))
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme["in_target"]))
        for point in points:
            painter.drawEllipse(point, 1.3, 1.3)
        for visit, x, align in ((page.trend[0], left, "left"), (page.trend[-1], RIGHT, "right")):
            self.text(x, frame.bottom() + 5, day(visit.when), 9, colour="ink_soft", align=align)
        self.y = frame.bottom() + 6
        self.paragraph(page.trend_note, 9, colour="ink_soft")

    def _figures(self) -> None:
        self.rule(self.y)
        self.y += 2
        step = (RIGHT - MARGIN) / max(1, len(self._page.figures))
        for i, (value, name) in enumerate(self._page.figures):
            x = MARGIN + i * step
            self.text(x, self.y + 9, value, 20, bold=True, width=step - 3)
            self.text(x, self.y + 15, name, 10, colour="ink_soft", width=step - 3)
        self.y += 19
        self.rule(self.y)
        self.y += 3
