"""A body from the front and the back, on a grid 200 wide and 440 high, and where on it each segment and muscle is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker, QPen

from biofeedback.exercises.sites import SITES
from biofeedback.session.room.view import Side
from biofeedback.ui.console.look import Look

WIDTH, HEIGHT = 200.0, 440.0
View = Literal["front", "back"]


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the grid of one view."""

    view: View
    x: float
    y: float


# As seen from the front, on the person's right side, which is the picture's left; the back is its mirror image.
_FRONT: dict[str, tuple[float, float]] = {
    "sternum": (100, 118), "trunk": (100, 118), "upper_arm": (46, 124), "thigh": (80, 256), "shank": (80, 362),
    "foot": (75, 416), "anterior_deltoid": (61, 100), "middle_deltoid": (50, 106), "pectoralis_major": (80, 114),
    "biceps_brachii": (49, 132), "wrist_flexors": (41, 176), "rectus_abdominis": (91, 166),
    "external_oblique": (76, 172), "rectus_femoris": (83, 262), "vastus_medialis": (92, 292),
    "vastus_lateralis": (73, 284), "adductors": (93, 248), "tibialis_anterior": (77, 346),
    "peroneus_longus": (70, 352),
}  # fmt: skip
_BACK: dict[str, tuple[float, float]] = {
    "head": (100, 30), "lower_back": (100, 192), "pelvis": (100, 212), "forearm": (41, 184), "wrist": (38, 204),
    "hand": (34, 222), "upper_trapezius": (79, 86), "lower_trapezius": (89, 132), "posterior_deltoid": (58, 102),
    "infraspinatus": (75, 114), "latissimus_dorsi": (74, 150), "triceps_brachii": (48, 128),
    "wrist_extensors": (42, 168), "erector_spinae": (91, 172), "gluteus_maximus": (84, 228),
    "gluteus_medius": (71, 208), "biceps_femoris": (76, 276), "semitendinosus": (90, 276), "gastrocnemius": (80, 344),
    "gastrocnemius_medialis": (87, 346), "soleus": (85, 376),
}  # fmt: skip
_MIDDLE = {"sternum", "trunk", "head", "lower_back", "pelvis"}
_UNKNOWN = Point("front", 100, 150)


def where(place: str, side: Side | None) -> Point:
    """Return the point of a place; one the picture does not know is in the middle of the trunk."""
    view: View = "front" if place in _FRONT else "back"
    spot = _FRONT.get(place) or _BACK.get(place)
    if spot is None:
        return _UNKNOWN
    x, y = spot
    mirrored = (side == "left") != (view == "back")
    return Point(view, WIDTH - x if mirrored and place not in _MIDDLE else x, y)


def spots(kind: Literal["imu", "emg"]) -> list[tuple[str, Side, Point]]:
    """Return every place a kind of sensor can be put, on both sides."""
    sides: tuple[Side, ...] = ("right", "left")
    return [
        (site.id, side, where(site.id, side))
        for site in SITES.values()
        if site.kind == kind and (site.id in _FRONT or site.id in _BACK)
        for side in (sides if site.id not in _MIDDLE else sides[:1])
    ]


def _limb(x1: float, y1: float, x2: float, y2: float, width: float) -> QPainterPath:
    line = QPainterPath(QPointF(x1, y1))
    line.lineTo(x2, y2)
    stroker = QPainterPathStroker()
    stroker.setWidth(width)
    stroker.setCapStyle(Qt.PenCapStyle.RoundCap)
    return stroker.createStroke(line)


@cache
def outline() -> QPainterPath:
    """Return the figure's outline; the same from the front and from the back."""
    body = QPainterPath()
    body.addEllipse(QPointF(100, 34), 19, 24)
    torso = QPainterPath(QPointF(64, 88))
    for x, y in ((136, 88), (128, 168), (134, 214), (66, 214), (72, 168)):
        torso.lineTo(x, y)
    torso.closeSubpath()
    stroker = QPainterPathStroker()
    stroker.setWidth(18)
    stroker.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    parts = [torso, stroker.createStroke(torso), _limb(100, 58, 100, 78, 18)]
    for mirrored in (False, True):
        for x1, y1, x2, y2, width in (
            (54, 96, 45, 150, 24), (44, 156, 37, 206, 19), (35, 216, 33, 228, 14), (83, 228, 81, 306, 38),
            (80, 322, 81, 400, 27), (79, 412, 72, 418, 16),
        ):  # fmt: skip
            parts.append(_limb(200 - x1 if mirrored else x1, y1, 200 - x2 if mirrored else x2, y2, width))
    for part in parts:
        body = body.united(part)
    return body.simplified()


@cache
def _landmarks(view: View) -> QPainterPath:
    """Return the few lines that tell front from back: chest and kneecaps, spine, buttocks and knee folds."""
    path = QPainterPath()
    if view == "front":
        path.moveTo(82, 100)
        path.quadTo(100, 108, 118, 100)
        path.addEllipse(QPointF(80, 315), 5.5, 7)
        path.addEllipse(QPointF(120, 315), 5.5, 7)
        return path
    path.moveTo(100, 92)
    path.lineTo(100, 206)
    for sign in (-1, 1):
        path.moveTo(100 + 12 * sign, 226)
        path.quadTo(100 + 18 * sign, 234, 100 + 28 * sign, 234)
        path.moveTo(100 + 10 * sign, 314)
        path.lineTo(100 + 30 * sign, 314)
    return path


def paint_body(painter: QPainter, view: View, look: Look, scale: float, fill: str = "window") -> None:
    """Draw the figure on the painter's grid; ``scale`` is pixels a unit, so that lines keep their width."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.colour("line_strong"), 1.5 / scale))
    painter.setBrush(look.colour(fill))
    painter.drawPath(outline())
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(look.colour("line_strong"), 1.2 / scale))
    painter.setOpacity(0.7)
    painter.drawPath(_landmarks(view))
    painter.setOpacity(1.0)


def paint_marker(
    painter: QPainter, box: QRectF, kind: str, text: str, look: Look, fill: str, edge: str, ink: str
) -> None:
    """Draw a placement's sign: a box for motion, a circle for a muscle, its number in it."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.colour(edge), 2))
    painter.setBrush(look.colour(fill))
    inner = box.adjusted(1, 1, -1, -1)
    if kind == "emg":
        painter.drawEllipse(inner)
    else:
        painter.drawRoundedRect(inner, look.px(4), look.px(4))
    painter.setPen(look.colour(ink))
    painter.setFont(look.font("strong"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
