"""The shape of each state, and the person's own marker. A shape alone tells the state: no colour, no word needed."""

from __future__ import annotations

import math
from typing import Literal

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from biofeedback.ui.patient.draw import Draw, Shown
from biofeedback.ui.patient.frame import around

Symbol = Literal[
    "below",
    "in",
    "above",
    "hold",
    "rest",
    "paused",
    "sensor",
    "alone",
    "left",
    "right",
    "fore",
    "back",
    "slower",
    "faster",
    "circle_first",
    "square_sooner",
]
Sticker = Literal["circle", "square", "left foot", "right foot"]

# where each sign of "go there" points, in degrees clockwise from the right
_WAYS: dict[str, float] = {
    "below": -90.0,
    "above": 90.0,
    "fore": -90.0,
    "back": 90.0,
    "left": 180.0,
    "slower": 180.0,
    "right": 0.0,
    "faster": 0.0,
}


def symbol(draw: Draw, kind: Symbol, centre: QPointF, size: float) -> None:
    """Draw the symbol of a state in a square of ``size``."""
    radius = size / 2
    if kind == "in":
        draw.disc(centre, radius, "in_target")
        _tick(draw, centre, radius, 0.22 * radius)
    elif kind in _WAYS:
        _triangle(draw, centre, radius, _WAYS[kind])
    elif kind == "hold":
        draw.rect(around(centre, 0.82 * radius), 0.16 * size, "in_target")
    elif kind in ("rest", "paused"):
        _bars(draw, centre, size, ringed=kind == "paused")
    elif kind in ("circle_first", "square_sooner"):
        _circle_then_square(draw, centre, size)
    elif kind == "sensor":
        draw.disc(centre, 0.9 * radius, None, "ink_soft", 0.104 * size)
        slash = QPointF(0.62 * radius, -0.62 * radius)
        draw.line([centre - slash, centre + slash], "ink_soft", 0.104 * size)
    else:
        _closed_eye(draw, centre, radius)


def marker(draw: Draw, shown: Shown, centre: QPointF, radius: float = 46.0, way: float | None = None) -> None:
    """Draw the person's point: a tick inside the target, outside a ring with the way to go, else a plain disc.

    ``way`` is where to go in degrees clockwise from the right, where it is not the state's own.
    """
    if shown in ("in", "hold"):
        draw.disc(centre, radius, "in_target", "surface", 9)
        _tick(draw, centre, 0.9 * radius, 0.2 * radius)
    elif shown in _WAYS:
        draw.disc(centre, radius, "surface", "surface", 24)
        draw.disc(centre, radius, "surface", "out_of_target", 13)
        if way is None:
            corners = _three_corners(centre, 0.5 * radius, _WAYS[shown])
        else:  # slender, so that it points one way when it is turned
            corners = _three_corners(centre, 0.62 * radius, way, opening=36.0)
        draw.polygon(corners, "out_of_target", "out_of_target", 5)
    else:
        draw.disc(centre, 0.6 * radius, "ink", "surface", 9)


def sticker(draw: Draw, kind: Sticker, centre: QPointF, size: float) -> None:
    """Draw what names a sensor: the same shape stands on it. For feet it is a print."""
    if kind == "circle":
        draw.disc(centre, size / 2, "ink")
    elif kind == "square":
        draw.rect(around(centre, 0.46 * size), 0.12 * size, "ink")
    else:
        footprint(draw, centre, size / 190, "left" if kind == "left foot" else "right", "ink")


def footprint(draw: Draw, centre: QPointF, scale: float, side: Literal["left", "right"], ink: str) -> None:
    """Draw the print of a shoe, 185 high at scale 1."""
    way = -1 if side == "left" else 1
    for x, y, across, along in ((4, -36, 36, 56), (-2, 58, 26, 30)):
        at = centre + QPointF(way * x * scale, y * scale)
        draw.ellipse(at, across * scale, along * scale, 9.0 * way, ink)


def arrow(draw: Draw, tail: QPointF, by: QPointF, width: float, head: float) -> None:
    """Draw an arrow from ``tail`` along ``by``."""
    length = math.hypot(by.x(), by.y())
    ahead = by / length
    across = QPointF(-ahead.y(), ahead.x())
    tip = tail + by
    draw.line([tail, tip - ahead * head], "ink", width)
    foot = tip - ahead * 1.3 * head
    draw.polygon([tip, foot + across * 0.8 * head, foot - across * 0.8 * head], "ink", "ink", 4)


def loudspeaker_off(draw: Draw, box: QRectF) -> None:
    """Draw a loudspeaker with a cross beside it: nothing can be heard."""
    unit, middle = box.width() / 80, box.center()

    def at(x: float, y: float) -> QPointF:
        return middle + QPointF(x, y) * unit

    corners = [(-34, -11), (-18, -11), (2, -30), (2, 30), (-18, 11), (-34, 11)]
    draw.polygon([at(x, y) for x, y in corners], "ink_soft", "ink_soft", 5 * unit)
    for one, other in (((14, -12), (34, 12)), ((14, 12), (34, -12))):
        draw.line([at(*one), at(*other)], "ink_soft", 8 * unit)


def marker_box(centre: QPointF, radius: float = 46.0) -> QRectF:
    """Return the box a marker may fill."""
    return around(centre, radius + 14)


def _circle_then_square(draw: Draw, centre: QPointF, size: float) -> None:
    each = 0.62 * size
    sticker(draw, "circle", centre - QPointF(0.68 * size, 0), each)
    arrow(draw, centre - QPointF(0.22 * size, 0), QPointF(0.42 * size, 0), 0.09 * size, 0.2 * size)
    sticker(draw, "square", centre + QPointF(0.6 * size, 0), each)


def _tick(draw: Draw, centre: QPointF, radius: float, width: float) -> None:
    points = ((-0.45, 0.05), (-0.1, 0.4), (0.5, -0.35))
    draw.line([centre + QPointF(x * radius, y * radius) for x, y in points], "surface", width)


def _three_corners(
    centre: QPointF, radius: float, direction: float, spread: float = 1.0, opening: float = 50.0
) -> list[QPointF]:
    corners: list[QPointF] = []
    for turn in (0, 180 - opening, 180 + opening):
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
