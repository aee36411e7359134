"""Drawing in thousandths of the window's shorter side, with colours by role and the three fills of the states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QRegion,
    QTransform,
)

from biofeedback.appearance.tokens import ThemeName
from biofeedback.ui.patient.frame import Frame
from biofeedback.ui.patient.text import SMALLEST, TextBlock, elided, fitted_size, text_width
from biofeedback.ui.theme import colour, font

Shown = Literal["idle", "below", "in", "above", "hold", "left", "right", "fore", "back", "slower", "faster"]
Align = Literal["left", "centre", "right"]

PITCH = 40.0
STRIPE = 22.0
HOLE = 21.0

_FILL_ROLE: dict[Shown, str] = {"in": "in_target", "hold": "in_target", "idle": "quiet"}


def edge_role(shown: Shown) -> str:
    """Return the role of the outline of a column or limb in that state."""
    return _FILL_ROLE.get(shown, "out_of_target")


@lru_cache(maxsize=16)
def pattern(shown: Literal["below", "above"], theme: ThemeName, device_scale: float) -> QImage:
    """Return the tile of a state's fill: stripes for too little, a lattice for too much; whole pixels, seamless."""
    side = max(4, 2 * round(PITCH * math.sqrt(2) * device_scale / 2))
    ground, figure = ("surface", "out_of_target") if shown == "below" else ("out_of_target", "surface")
    tile = QImage(side, side, QImage.Format.Format_RGB32)
    tile.fill(colour(theme, ground))
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(theme, figure))
    for points in _stripes(side) if shown == "below" else _holes(side):
        painter.drawPolygon(QPolygonF(points))
    painter.end()
    return tile


def _stripes(side: float) -> list[list[QPointF]]:
    thick = side * STRIPE / PITCH
    starts = (0.0, side)
    return [
        [QPointF(s, 0), QPointF(s + thick, 0), QPointF(s + thick - 2 * side, 2 * side), QPointF(s - 2 * side, 2 * side)]
        for s in starts
    ]


def _holes(side: float) -> list[list[QPointF]]:
    half = side * HOLE / PITCH / 2
    centres = [(0, 0), (side, 0), (0, side), (side, side), (side / 2, side / 2)]
    return [
        [QPointF(x - half, y), QPointF(x, y - half), QPointF(x + half, y), QPointF(x, y + half)] for x, y in centres
    ]


class Draw:
    """A painter on one frame. ``region`` (logical pixels) is what will be seen of it; None is all."""

    def __init__(self, painter: QPainter, frame: Frame, theme: ThemeName, region: QRegion | None = None) -> None:
        self.painter = painter
        self.frame = frame
        self.theme: ThemeName = theme
        self._region = region
        self._inks: dict[str, QColor] = {}
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(frame.scale, frame.scale)

    @staticmethod
    def ground(theme: ThemeName) -> QColor:
        """Return the colour of the empty window."""
        return colour(theme, "window")

    def touches(self, box: QRectF) -> bool:
        """Whether anything in ``box`` has to be painted."""
        return self._region is None or self._region.intersects(self.frame.pixels(box))

    def ink(self, role: str) -> QColor:
        """Return the colour of a role in this theme; scenery gives its own as ``#rrggbb``."""
        if role not in self._inks:
            self._inks[role] = QColor(role) if role.startswith("#") else colour(self.theme, role)
        return self._inks[role]

    def fill(self, shown: Shown, anchor: QPointF, *, mirrored: bool = False) -> QBrush:
        """Return the fill of a state, its pattern standing still at ``anchor``."""
        if shown not in ("below", "above"):
            return QBrush(self.ink(_FILL_ROLE[shown]))
        tile = pattern(shown, self.theme, self.frame.device_scale)
        to_device = self.painter.deviceTransform()
        corner = to_device.map(anchor)
        brush = QBrush(tile.flipped(Qt.Orientation.Horizontal) if mirrored else tile)
        brush.setTransform(QTransform.fromTranslate(round(corner.x()), round(corner.y())) * to_device.inverted()[0])
        return brush

    def _prepare(self, fill: str | QBrush | None, stroke: str | None, width: float) -> None:
        painter = self.painter
        if stroke:
            pen = QPen(self.ink(stroke), width)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
        if fill is None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            painter.setBrush(fill if isinstance(fill, QBrush) else self.ink(fill))

    def rect(
        self,
        box: QRectF,
        radius: float = 0.0,
        fill: str | QBrush | None = None,
        stroke: str | None = None,
        width: float = 0.0,
    ) -> None:
        """Draw a box with round corners."""
        self._prepare(fill, stroke, width)
        self.painter.drawRoundedRect(box, radius, radius)

    def disc(
        self,
        centre: QPointF,
        radius: float,
        fill: str | QBrush | None = None,
        stroke: str | None = None,
        width: float = 0.0,
    ) -> None:
        """Draw a disc or a ring."""
        self._prepare(fill, stroke, width)
        self.painter.drawEllipse(centre, radius, radius)

    def polygon(
        self, points: Sequence[QPointF], fill: str | QBrush, stroke: str | None = None, width: float = 0.0
    ) -> None:
        """Draw a filled shape with round corners."""
        self._prepare(fill, stroke, width)
        self.painter.drawPolygon(QPolygonF(points))

    def ellipse(self, centre: QPointF, across: float, along: float, degrees: float, fill: str) -> None:
        """Draw an ellipse turned clockwise."""
        self._prepare(fill, None, 0.0)
        self.painter.save()
        self.painter.translate(centre)
        self.painter.rotate(degrees)
        self.painter.drawEllipse(QPointF(0, 0), across, along)
        self.painter.restore()

    def shape(self, path: QPainterPath, fill: str | QBrush, stroke: str | None = None, width: float = 0.0) -> None:
        """Draw an area with curved edges."""
        self._prepare(fill, stroke, width)
        self.painter.drawPath(path)

    def mixed(self, role: str, into: str, share: float) -> QBrush:
        """Return a role's colour with ``share`` of another one in it."""
        a, b = self.ink(role), self.ink(into)
        pairs = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
        return QBrush(QColor(*(round(x + share * (y - x)) for x, y in pairs)))

    def line(self, points: Sequence[QPointF], ink: str | QBrush, width: float, *, flat: bool = False) -> None:
        """Draw a line through ``points``, with round ends unless ``flat``."""
        pen = QPen(ink if isinstance(ink, QBrush) else QBrush(self.ink(ink)), width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap if flat else Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        self.painter.strokePath(_path(points), pen)

    def curve(self, path: QPainterPath, ink: str, width: float, *, flat: bool = False) -> None:
        """Draw a curved line."""
        pen = QPen(QBrush(self.ink(ink)), width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap if flat else Qt.PenCapStyle.RoundCap)
        self.painter.strokePath(path, pen)

    def text(
        self,
        at: QPointF,
        text: str,
        size: float,
        *,
        weight: int = 400,
        ink: str = "ink",
        align: Align = "left",
        width: float = 0.0,
        smallest: float = SMALLEST,
    ) -> None:
        """Write one line on the baseline ``at``, smaller where it is wider than ``width`` and cut at ``smallest``."""
        if width:
            size = fitted_size(text, size, weight, width, smallest)
            text = elided(text, size, weight, width)
        if size < SMALLEST - 0.01:
            raise ValueError(f"“{text}” at {size:.0f} is smaller than a patient can read ({SMALLEST:.0f})")
        advance = text_width(text, size, weight)
        left = at.x() - {"left": 0.0, "centre": advance / 2, "right": advance}[align]
        self.painter.setPen(self.ink(ink))
        self.painter.save()
        self.painter.translate(left, at.y())
        self.painter.scale(size / 1000, size / 1000)
        self.painter.setFont(font(1000, weight))
        self.painter.drawText(QPointF(0, 0), text)
        self.painter.restore()

    def block(
        self, x: float, baselines: Sequence[float], block: TextBlock, ink: str = "ink", align: Align = "left"
    ) -> None:
        """Write a block of lines on its baselines."""
        for line, y in zip(block.lines, baselines, strict=True):
            self.text(QPointF(x, y), line, block.size, weight=block.weight, ink=ink, align=align)


def _path(points: Sequence[QPointF]) -> QPainterPath:
    path = QPainterPath(points[0])
    for point in points[1:]:
        path.lineTo(point)
    return path
