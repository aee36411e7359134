"""The scenery of the two games. Its colours mean nothing; only kite, boat and flag have the colour of success."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from biofeedback.appearance.tokens import ThemeName
from biofeedback.ui.patient.draw import Draw
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.game import GameScene, Scenery
from biofeedback.ui.patient.stage import bounds

_PURPLE, _WOOD, _WHITE = "#6B4FA3", "#6B6156", "#FFFFFF"
_COLOURS: dict[ThemeName, dict[str, str]] = {
    "light": {
        "sky": "#E1EEF8", "far": "#BCD6C8", "near": "#97BDA9", "cloud": "#FFFFFF", "water": "#A5D0E8",
        "deep": "#6FB1D6", "bed": "#B9A98C", "field": "#CFE0D4", "kite": "#56B4E9", "wood": _WOOD, "bow": _PURPLE,
    },
    "dark": {
        "sky": "#16283A", "far": "#22463F", "near": "#1A362F", "cloud": "#24394C", "water": "#1D4A66",
        "deep": "#12344A", "bed": "#4A4335", "field": "#22463F", "kite": "#9AD0F5", "wood": "#8C8172", "bow": "#B39DE0",
    },
    "patient_contrast": {
        "sky": "#000000", "far": "#202020", "near": "#303030", "cloud": "#181818", "water": "#00304D",
        "deep": "#00507F", "bed": "#3A3A3A", "field": "#202020", "kite": "#B5E5FF", "wood": "#A0A0A0", "bow": "#D0B8FF",
    },
}  # fmt: skip


def _tone(draw: Draw, name: str) -> str:
    return _COLOURS[draw.theme][name]


class Kite:
    """A kite climbs; while it waits it sways a little, and it never sinks."""

    def __init__(self, place: Scenery) -> None:
        self._place = place
        stage, free, scale = place.stage, place.free, place.scale
        self._x = min(free.left() + 0.52 * free.width(), place.sky_right - 140 * scale)
        self._top, self._foot = stage.top() + 40 + 150 * scale, stage.bottom() - 330 * scale
        feet_x = min(free.left() + 0.13 * free.width(), self._x - 130 * scale)
        self._feet = QPointF(max(feet_x, free.left() + 40), stage.bottom() - 150)

    def paint_scenery(self, draw: Draw) -> None:
        """Draw sky, clouds, hills and the child that holds the string."""
        stage = self._place.stage
        x, y, w, h = stage.x(), stage.y(), stage.width(), stage.height()
        draw.rect(stage, 0, _tone(draw, "sky"))
        for share_x, share_y, size in ((0.36, 0.23, 1.0), (0.58, 0.62, 0.66), (0.93, 0.57, 0.8)):
            at = QPointF(x + share_x * w, y + share_y * h)
            for dx, dy, radius in ((-90, 0, 50), (-20, -34, 74), (70, -6, 58), (0, 18, 52)):
                draw.disc(at + QPointF(dx, dy) * size, radius * size, _tone(draw, "cloud"))
        for name, heights in (("far", (190, 330, 90, 190, 300, 210)), ("near", (70, 190, 30, 80, 60, 130))):
            hill = QPainterPath(QPointF(x, y + h - heights[0]))
            middle = QPointF(x + 0.69 * w, y + h - heights[3])
            hill.cubicTo(QPointF(x + 0.25 * w, y + h - heights[1]), QPointF(x + 0.48 * w, y + h - heights[2]), middle)
            bend = QPointF(x + 0.94 * w, y + h - heights[4])
            hill.cubicTo(
                middle * 2 - QPointF(x + 0.48 * w, y + h - heights[2]), bend, QPointF(x + w, y + h - heights[5])
            )
            hill.lineTo(x + w, y + h)
            hill.lineTo(x, y + h)
            draw.shape(hill, _tone(draw, name))
        feet = self._feet
        draw.disc(feet - QPointF(0, 118), 27, "ink")
        draw.line([feet - QPointF(0, 70), feet - QPointF(0, 12)], "ink", 42)
        for side in (-9, 9):
            draw.line([feet + QPointF(side, -12), feet + QPointF(1.6 * side, 58)], "ink", 21)
        draw.line([feet + QPointF(6, -76), self._hand], "ink", 17)

    @property
    def _hand(self) -> QPointF:
        return self._feet + QPointF(32, -66)

    def figure(self, gained: float, sway: float) -> Element:
        """Return kite, tail and string."""
        snap = self._place.snap
        at = QPointF(snap(self._x + sway), snap(self._foot - gained * (self._foot - self._top)))
        scale = self._place.scale
        corners = [self._hand, at + QPointF(140, -160) * scale, at + QPointF(-110, 430) * scale]
        return Element((at.x(), at.y()), bounds(corners, 14), lambda draw: self._paint(draw, at))

    def _paint(self, draw: Draw, at: QPointF) -> None:
        scale = self._place.scale
        top, foot, left, right, cross = (
            at + QPointF(x, y) * scale for x, y in ((54, -150), (-46, 122), (-95, -87), (127, -6), (16, -47))
        )
        string = QPainterPath(self._hand)
        string.quadTo(QPointF((self._hand.x() + 2 * cross.x()) / 3, self._hand.y()), cross)
        draw.curve(string, "ink_soft", 7)
        tail = QPainterPath(foot)
        bends = [
            foot + QPointF(x, y) * scale for x, y in ((-60, 60), (10, 110), (70, 156), (4, 214), (-46, 254), (-6, 298))
        ]
        for i in (0, 2, 4):
            tail.quadTo(bends[i], bends[i + 1])
        draw.curve(tail, "ink", 9)
        for x, y in ((-14, 76), (34, 146), (-4, 222)):
            knot = foot + QPointF(x, y) * scale
            for side in (-38, 38):
                wing = [knot + QPointF(side, -22) * scale, knot + QPointF(side, 22) * scale, knot]
                draw.polygon(wing, _tone(draw, "bow"))
        light = _tone(draw, "kite")
        for one, other, role in (
            (top, right, "in_target"),
            (right, foot, light),
            (foot, left, "in_target"),
            (left, top, light),
        ):
            draw.polygon([one, other, cross], role, "surface", 7)


class Sluice:
    """A gate opens, and a boat sails to its flag."""

    def __init__(self, place: Scenery) -> None:
        self._place = place
        stage, free, scale = place.stage, place.free, place.scale
        self._gate_x = free.left() + 0.25 * free.width()
        self._gate = 80.0 * scale
        self._low = stage.bottom() - 250
        self._bed = stage.bottom() - 56
        self._open = 230.0
        self._dock = stage.right() - 230 * scale
        start = self._gate_x + self._gate + 36 * scale + 150 * scale
        self._boat_scale = min(scale, (self._low - place.sky_top - 12) / 210)
        self._pole = min(172.0, self._low - 36 - place.sky_top)
        self._boat = (start, max(start, self._dock - 150 * scale))

    def paint_scenery(self, draw: Draw) -> None:
        """Draw both waters, the field, the dock with its flag, and the posts of the gate."""
        stage, scale = self._place.stage, self._place.scale
        x, y, w, h = stage.x(), stage.y(), stage.width(), stage.height()
        beyond = self._gate_x + self._gate / 2
        draw.rect(stage, 0, _tone(draw, "sky"))
        field = QPainterPath(QPointF(x, y + h - 330))
        field.cubicTo(
            QPointF(x + 0.3 * w, y + h - 400), QPointF(x + 0.66 * w, y + h - 430), QPointF(x + w, y + h - 330)
        )
        field.lineTo(x + w, y + h)
        field.lineTo(x, y + h)
        draw.shape(field, _tone(draw, "field"))
        for left, right, top in ((x, beyond, y + 290), (beyond, x + w, self._low)):
            draw.rect(QRectF(left, top, right - left, y + h - top), 0, _tone(draw, "water"))
            draw.rect(QRectF(left, top, right - left, 14), 0, _tone(draw, "deep"))
        draw.rect(QRectF(x, self._bed, w, 80), 0, _tone(draw, "bed"))
        draw.rect(QRectF(self._dock, self._low - 18, 400, 200), 0, _tone(draw, "wood"))
        flag = QPointF(self._dock + 60 * scale, self._low - 18)
        pole = self._pole
        draw.line([flag, flag - QPointF(0, pole)], _tone(draw, "wood"), 14)
        edge = [flag - QPointF(-6, pole), flag - QPointF(-6, 0.45 * pole)]
        draw.polygon([*edge, flag + QPointF(116 * scale, -0.72 * pole)], "in_target")

    def figure(self, gained: float, sway: float) -> Element:
        """Return gate, stream and boat."""
        snap, (start, end) = self._place.snap, self._boat
        lift = snap(min(1.0, 2.0 * gained) * self._open)
        boat = QPointF(snap(start + gained * (end - start)), self._low + snap(0.3 * sway))
        stage, scale = self._place.stage, self._place.scale
        left = self._gate_x - 70 * scale
        box = QRectF(left, stage.top() + 40, self._boat[1] + 150 * scale - left, stage.height() - 40)
        return Element((lift, boat.x(), boat.y()), box, lambda draw: self._paint(draw, lift, boat))

    def _paint(self, draw: Draw, lift: float, boat: QPointF) -> None:
        x, wide, scale, top = self._gate_x, self._gate, self._place.scale, self._place.stage.top()
        foot = self._bed - lift
        if lift > 2:
            deep = _tone(draw, "deep")
            draw.rect(QRectF(x, foot, wide, lift), 0, deep)
            out = QPainterPath(QPointF(x + wide, foot))
            reach, end = 300 * scale, self._bed - 54
            out.cubicTo(QPointF(x + wide + 0.36 * reach, foot), QPointF(x + wide + 0.6 * reach, end - 60),
                        QPointF(x + wide + reach, end))  # fmt: skip
            out.lineTo(x + wide + reach, end + 26)
            out.cubicTo(QPointF(x + wide + 0.6 * reach, end + 40), QPointF(x + wide + 0.3 * reach, end + 40),
                        QPointF(x + wide, end + 40))  # fmt: skip
            draw.shape(out, deep)
            for i in range(3):
                y = foot + lift * (0.24 + 0.24 * i)
                draw.line(
                    [QPointF(x + wide + 20 + 20 * i, y), QPointF(x + wide + 90 * scale + 40 * i, y + 4)], _WHITE, 9
                )
        panel = QRectF(x, top + 110 - 0.2 * lift, wide, foot - top - 110 + 0.2 * lift)
        draw.rect(panel, 8, "ink")
        for i in range(1, 5):
            y = panel.top() + panel.height() * i / 5
            draw.line([QPointF(x + 8, y), QPointF(x + wide - 8, y)], "surface", 7)
        wood = _tone(draw, "wood")
        for post in (x - 36 * scale, x + wide):
            draw.rect(QRectF(post, top + 76, 36 * scale, self._bed - top - 60), 10, wood)
        draw.rect(QRectF(x - 62 * scale, top + 56, wide + 124 * scale, 46), 14, wood)
        self._paint_boat(draw, boat)

    def _paint_boat(self, draw: Draw, at: QPointF) -> None:
        scale = self._boat_scale
        spot = lambda x, y: at + QPointF(x, y) * scale  # noqa: E731
        draw.line([spot(0, -30), spot(0, -205)], _tone(draw, "wood"), 14 * scale)
        draw.polygon([spot(14, -200), spot(14, -56), spot(108, -56)], _tone(draw, "bow"))
        draw.polygon([spot(-14, -176), spot(-14, -56), spot(-88, -56)], "surface", "ink_soft", 5)
        hull = QPainterPath(spot(-120, -30))
        hull.lineTo(spot(126, -30))
        hull.quadTo(spot(110, 50), spot(56, 50))
        hull.lineTo(spot(-62, 50))
        hull.quadTo(spot(-112, 44), spot(-120, -30))
        draw.shape(hull, "in_target", "surface", 6)


class KiteScene(GameScene):
    """The kite beside the column."""

    game = Kite


class SluiceScene(GameScene):
    """The sluice beside the column."""

    game = Sluice
