"""A sheet of A4 to draw on, in millimetres: as a PDF whose text stays text, or as a picture for the screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMarginsF, QPointF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
)

from biofeedback.appearance import FONT_FAMILY, Theme, font_files, theme
from biofeedback.reports.content import ReportError

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 16.0
RIGHT = WIDTH - MARGIN
_DPI = 600
_MM_PER_POINT = 25.4 / 72

Draw = Callable[[QPainter], None]


def application() -> QGuiApplication:
    """Return Qt's application; a page needs fonts but no screen."""
    existing = QGuiApplication.instance()
    if isinstance(existing, QGuiApplication):
        return existing
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QGuiApplication([])


def load_fonts() -> None:
    """Give Qt the fonts of the program."""
    for file in font_files():
        QFontDatabase.addApplicationFont(str(file))


def write(draw: Draw, path: Path, *, title: str, creator: str) -> None:
    """Write what ``draw`` paints as a PDF of one page.

    Raises
    ------
    ReportError
        If the file cannot be written.
    """
    if not path.parent.is_dir():
        raise ReportError(f"{path}: cannot be written; there is no such folder")
    running = application()
    load_fonts()
    draft = path.with_name(f".{path.name}.draft")
    writer = QPdfWriter(str(draft))
    writer.setResolution(_DPI)
    writer.setTitle(title)
    writer.setCreator(creator)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QSizeF(WIDTH, HEIGHT), QPageSize.Unit.Millimeter), QPageLayout.Orientation.Portrait, QMarginsF()
        )
    )
    painter = QPainter()
    if not painter.begin(writer):
        raise ReportError(f"{path}: cannot be written; is the folder there, and is there room on the disk?")
    painter.scale(_DPI / 25.4, _DPI / 25.4)
    draw(painter)
    painter.end()
    del writer, running
    try:
        draft.replace(path)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written ({error.strerror})") from error


def picture(draw: Draw, width_px: int) -> QImage:
    """Return what ``draw`` paints as a picture ``width_px`` wide. Any thread may ask for it."""
    scale = width_px / WIDTH
    image = QImage(width_px, round(HEIGHT * scale), QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(scale, scale)
    draw(painter)
    painter.end()
    return image


class Sheet:
    """What every page is drawn with: text and rules, from the top down. ``y`` is where the next thing begins."""

    def __init__(self, painter: QPainter) -> None:
        self.painter = painter
        self.theme: Theme = theme("light")
        self.y = MARGIN

    def _font(self, weight: QFont.Weight) -> QFont:
        font = QFont(FONT_FAMILY)
        font.setWeight(weight)
        font.setPixelSize(1000)  # drawn in a frame of its own, so that hinting never meets millimetres
        return font

    def text(
        self,
        x: float,
        baseline: float,
        text: str,
        points: float = 9.0,
        *,
        colour: str = "ink",
        bold: bool = False,
        align: str = "left",
        width: float | None = None,
    ) -> float:
        """Draw one line of text; return its width. Longer than ``width``: elided at its end."""
        font = self._font(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        metrics = QFontMetricsF(font)
        size = points * _MM_PER_POINT / 1000
        if width is not None:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width / size)
        advance = metrics.horizontalAdvance(text) * size
        left = x - advance if align == "right" else x - advance / 2 if align == "centre" else x
        self.painter.save()
        self.painter.translate(left, baseline)
        self.painter.scale(size, size)
        self.painter.setFont(font)
        self.painter.setPen(QColor(self.theme[colour]))
        self.painter.drawText(QPointF(0, 0), text)
        self.painter.restore()
        return advance

    def paragraph(self, text: str, points: float = 10.0, *, colour: str = "ink", bold: bool = False) -> None:
        """Draw text in as many lines as it needs, from ``y`` on, and go on below it."""
        metrics = QFontMetricsF(self._font(QFont.Weight.DemiBold if bold else QFont.Weight.Normal))
        room = (RIGHT - MARGIN) * 1000 / (points * _MM_PER_POINT)
        line = ""
        for word in [*text.split(), None]:
            longer = line if word is None else f"{line} {word}".strip()
            if word is None or (line and metrics.horizontalAdvance(longer) > room):
                self.y += 1.45 * points * _MM_PER_POINT
                self.text(MARGIN, self.y, line, points, colour=colour, bold=bold, width=RIGHT - MARGIN)
                line = word or ""
            else:
                line = longer
        self.y += 0.5 * points * _MM_PER_POINT

    def rule(self, y: float, colour: str = "line", width: float = 0.2) -> None:
        """Draw a line across the page."""
        self.painter.setPen(QPen(QColor(self.theme[colour]), width))
        self.painter.drawLine(QPointF(MARGIN, y), QPointF(RIGHT, y))
