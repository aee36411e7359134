"""The shape of each state, and the person's own marker. A shape alone tells the state: no colour, no word needed."""

from __future__ import annotations

import math
from typing import Literal

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from biofeedback.ui.patient.draw import Draw, Shown
from biofeedback.ui.patient.frame import around

Symbol = Literal["below", "in", "above", "hold", "rest", "paused", "sensor", "alone"]

_UP = -90.0
_DOWN = 90.0


def symbol(draw: Draw, kind: Symbol, centre: QPointF, size: float) -> None:
    """Draw the symbol of a state in a square of ``size``."""
    radius = size / 2
    if kind == "in":
        draw.disc(centre, radius, "in_target")
        _tick(draw, centre, radius, 0.22 * radius)
    elif kind in ("below", "above"):
        _triangle(draw, centre, radius, _UP if kind == "below" else _DOWN)
    elif kind == "hold":
        draw.rect(around(centre, 0.82 * radius), 0.16 * size, "in_target")
    elif kind in ("rest", "paused"):
        _bars(draw, centre, size, ringed=kind == "paused")
    elif kind == "sensor":
        draw.disc(centre, 0.9 * radius, None, "ink_soft", 0.104 * size)
        slash = QPointF(0.62 * radius, -0.62 * radius)
        draw.line([centre - slash, centre + slash], "ink_soft", 0.104 * size)
    else:
        _closed_eye(draw, centre, radius)


def marker(draw: Draw, shown: Shown, centre: QPointF, radius: float = 46.0) -> None:
    """Draw the person's point: a tick inside the target, outside a ring with the way to go, else a plain disc."""
    if shown in ("in", "hold"):
        draw.disc(centre, radius, "in_target", "surface", 9)
        _tick(draw, centre, 0.9 * radius, 0.2 * radius)
    elif shown in ("below", "above"):
        draw.disc(centre, radius, "surface", "surface", 24)
        draw.disc(centre, radius, "surface", "out_of_target", 13)
        draw.polygon(
            _three_corners(centre, 0.5 * radius, _UP if shown == "below" else _DOWN),
            "out_of_target",
            "out_of_target",
            5,
        )
    else:
        draw.disc(centre, 0.6 * radius, "ink", "surface", 9)


def marker_box(centre: QPointF, radius: float = 46.0) -> QRectF:
    """Return the box a marker may fill."""
    return around(centre, radius + 14)


def _tick(draw: Draw, centre: QPointF, radius: float, width: float) -> None:
    points = ((-0.45, 0.05), (-0.1, 0.4), (0.5, -0.35))
    draw.line([centre + QPointF(x * radius, y * radius) for x, y in points], "surface", width)


def _three_corners(centre: QPointF, radius: float, direction: float, spread: float = 1.0) -> list[QPointF]:
    corners: list[QPointF] = []
    for turn in (0, 130, 230):
        angle = math.radians(direction + turn)
        reach = radius if turn == 0 else radius * spread
        corners.append(centre + QPointF(reach * math.cos(angle), reach * math.sin(angle)))
    return corners


def _triangle(draw: Draw, centre: QPointF, radius: float, direction: float) -> None:
    draw.polygon(_three_corners(centre, 0.86 * radius, direction, 1.12), "surface", "out_of_target", 0.26 * radius)


def _bars(draw: Draw, centre: QPointF, size: float, *, ringed: bool) -> None:
    radius = size / 2 * (0.55 if ringed else 1.0)
    if ringed:
        draw.disc(centre, 0.465 * size, None, "in_target", 0.07 * size)
    for side in (-0.45, 0.45):
        left = centre.x() + (side - 0.22) * radius
        draw.rect(QRectF(left, centre.y() - 0.85 * radius, 0.44 * radius, 1.7 * radius), 0.05 * size, "in_target")


def _closed_eye(draw: Draw, centre: QPointF, radius: float) -> None:
    x, y, width = centre.x(), centre.y() - 0.15 * radius, 0.234 * radius
    lid = QPainterPath(QPointF(x - 0.9 * radius, y - 0.1 * radius))
    lid.quadTo(QPointF(x, y + 0.85 * radius), QPointF(x + 0.9 * radius, y - 0.1 * radius))
    draw.curve(lid, "ink_soft", width)
    for lash in (-0.62, 0.0, 0.62):
        start, end = (0.46, 0.86) if lash == 0 else (0.3, 0.66)
        draw.line(
            [QPointF(x + lash * radius, y + start * radius), QPointF(x + 1.3 * lash * radius, y + end * radius)],
            "ink_soft",
            width,
        )
