"""The limb: a grey body from the side, the target as a pale limb with a ring at its end, and the person's own limb."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainterPath, QPainterPathStroker, QPolygonF

from biofeedback.ui.patient.column import Layer
from biofeedback.ui.patient.draw import Draw, Shown, edge_role
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.figure import FIGURE_HEIGHT, FIGURE_WIDTH, FIGURES, Figure, Part, Point, Pose
from biofeedback.ui.patient.frame import Frame, around
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.stage import bounds, chevrons, paint_card, reached, stage_elements
from biofeedback.ui.patient.symbols import marker, symbol

_STEPS_PER_DEGREE = 20
_OUTLINE = 8.0
_MARKER = 46.0
_SMALLEST_SCALE = 0.66
_CROP = 200.0  # how far the figures go on below their stage
_RING_EDGE, _RING_GAP = 12.0, 5.0
_RIM = 1.25  # a ring around the narrowest band is so much larger than what has to be in it


@dataclass(frozen=True, slots=True)
class Placing:
    """From the figure's own lengths to the stage; mirrored when the person faces the screen as a mirror."""

    centre_x: float
    middle: float
    bottom: float
    scale: float
    mirrored: bool

    @staticmethod
    def in_stage(stage: QRectF, figure: Figure, furthest: float, *, mirrored: bool) -> Placing:
        """Make the figure as large as the stage allows, with a ring at the ``furthest`` angle inside it."""
        ends = [figure.pose(figure.rest + (furthest - figure.rest) * i / 6).end for i in range(7)]
        highest = min(20.0, min(end[1] for end in ends) - figure.ring - 24)
        tall = FIGURE_HEIGHT - highest + 20
        scale, middle = min(stage.width() / FIGURE_WIDTH, stage.height() / tall), FIGURE_WIDTH / 2
        if scale < _SMALLEST_SCALE:  # what moves is the subject: the rest of the body may leave the stage
            left = min(end[0] for end in ends) - figure.ring - 24
            right = max(end[0] for end in ends) + figure.ring + 24
            scale = min(_SMALLEST_SCALE, stage.width() / (right - left), stage.height() / tall)
            middle = (left + right) / 2
        raised = min(0.4 * (stage.height() - tall * scale), _CROP * scale)
        return Placing(stage.center().x(), middle, stage.bottom() - raised, scale, mirrored)

    def point(self, point: Point) -> QPointF:
        """Return where a point of the figure stands."""
        x = (point[0] - self.middle) * self.scale * (-1 if self.mirrored else 1)
        return QPointF(self.centre_x + x, self.bottom - (FIGURE_HEIGHT - point[1]) * self.scale)

    def points(self, part: Part) -> list[QPointF]:
        """Return where the points of a part stand."""
        return [self.point(point) for point in part.points]


class LimbScene:
    """The body of one frame, theme and target."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        view = picture.view
        self._frame = frame
        self._figure = FIGURES[view.limb]
        low, high = self._figure.limits
        edges = sorted((min(high, max(low, edge)) for edge in view.band), key=lambda at: abs(at - self._figure.rest))
        self._placing = Placing.in_stage(frame.stage, self._figure, edges[1], mirrored=view.mirror)
        self._aim, self._goal = _ring(self._figure, edges[0], edges[1], self._placing.scale)
        self._ring = self._placing.point(self._figure.pose(self._aim).end)
        self._ring_radius = self._goal.radius * self._placing.scale
        self._edge = _outline(self._placing.points(self._goal), self._ring_radius)

    def paint_background(self, draw: Draw) -> None:
        """Draw card, body, the target pose and its ring."""
        paint_card(draw, self._frame.stage)
        draw.painter.save()
        self._clip(draw)
        for part in self._figure.body:
            self._capsule(draw, part, part.role)
        ghost = self._figure.pose(self._aim)
        for part in ghost.parts:
            self._capsule(draw, part, "band_edge", _OUTLINE)
            self._capsule(draw, part, "target_band")
        self._capsule(draw, self._goal, "target_band")
        draw.painter.restore()

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return the moving limb and what stands around the stage."""
        angle = self._drawn(picture.value)
        parts = {"limb": self._limb(picture.shown, angle), "ring": self._ring_over(picture.shown, angle)}
        if picture.value is not None:
            parts["marker"] = self._marker(picture.shown, angle)
        screen = picture.view.screen
        if screen == "ready" and picture.value is not None:
            parts |= self._way(angle)
        if screen == "rep_done" and reached(picture):
            size = 1.1 * self._ring_radius
            parts["held"] = Element(True, around(self._ring, size), lambda draw: symbol(draw, "in", self._ring, size))
        return parts | stage_elements(self._frame, picture)

    def _drawn(self, value: float | None) -> float:
        low, high = self._figure.limits
        angle = self._figure.rest if value is None else min(high, max(low, value))
        return round(angle * _STEPS_PER_DEGREE) / _STEPS_PER_DEGREE

    def _limb(self, shown: Shown, angle: float) -> Element:
        pose, place = self._figure.pose(angle), self._placing
        boxes = [bounds(place.points(part), part.radius * place.scale + _OUTLINE + 4) for part in pose.parts]
        box = boxes[0]
        for other in boxes[1:]:
            box = box.united(other)
        return Element(
            (shown, angle), box.intersected(self._frame.stage), lambda draw: self._paint_limb(draw, shown, pose)
        )

    def _marker(self, shown: Shown, angle: float) -> Element:
        at, ahead = (
            self._placing.point(self._figure.pose(one).end)
            for one in (angle, angle + math.copysign(1, self._aim - angle))
        )
        box = around(at, _MARKER + 14).intersected(self._frame.stage)

        def paint(draw: Draw) -> None:
            draw.painter.save()
            self._clip(draw)
            marker(draw, shown, at, _MARKER, math.degrees(_direction(at, ahead)))
            draw.painter.restore()

        return Element((shown, angle), box, paint)

    def _ring_over(self, shown: Shown, angle: float) -> Element:
        """Return the ring over the limb: its edge tells how far the end is within; once there, a head alone is seen."""
        inside = shown in ("in", "hold")
        pose = self._figure.pose(angle)
        heads = [part for part in pose.parts if part.points == (pose.end,)] if inside else []
        margin = _RING_EDGE / 2 + _RING_GAP + 2
        box = self._edge.boundingRect().adjusted(-margin, -margin, margin, margin).intersected(self._frame.stage)

        def paint(draw: Draw) -> None:
            draw.painter.save()
            self._clip(draw)
            draw.curve(self._edge, "surface", _RING_EDGE + 2 * _RING_GAP)
            if inside:
                draw.shape(self._edge, "target_band")
            draw.curve(self._edge, "band_edge", _RING_EDGE)
            for head in heads:
                self._capsule(draw, head, "surface", 3)
                self._capsule(draw, head, edge_role(shown))
            draw.painter.restore()

        return Element((inside, angle if heads else None), box, paint)

    def _paint_limb(self, draw: Draw, shown: Shown, pose: Pose) -> None:
        anchor = self._placing.point(self._figure.pose(self._figure.rest).parts[-1].points[0])
        fill = draw.fill(shown, anchor, mirrored=self._placing.mirrored)  # so that stripes cross the limb either way
        draw.painter.save()
        self._clip(draw)
        for part in pose.parts:
            self._capsule(draw, part, "surface", _OUTLINE + 3)
            self._capsule(draw, part, edge_role(shown), _OUTLINE)
            self._capsule(draw, part, fill)
        for joint in pose.joints:
            draw.disc(self._placing.point(joint), 25 * self._placing.scale, "surface", edge_role(shown), _OUTLINE)
        draw.painter.restore()

    def _capsule(self, draw: Draw, part: Part, ink: str | QBrush, outline: float = 0.0) -> None:
        points = self._placing.points(part)
        radius = part.radius * self._placing.scale + outline
        if len(points) == 1:
            draw.disc(points[0], radius, ink)
        else:
            draw.line(points, ink, 2 * radius)

    def _clip(self, draw: Draw) -> None:
        draw.painter.setClipRect(self._frame.stage.adjusted(3, 3, -3, -3), Qt.ClipOperation.IntersectClip)

    def _way(self, angle: float) -> dict[str, Element]:
        """Return chevrons along the way of the limb's end to the ring, at most three."""
        angles = [angle + (self._aim - angle) * i / 24 for i in range(25)]
        path = [self._placing.point(self._figure.pose(a).end) for a in angles]
        free = [
            i
            for i in range(1, 24)
            if _distance(path[i], path[0]) > 100 and _distance(path[i], self._ring) > self._ring_radius + 45
        ]
        chosen = _spread(free, path)
        if not chosen:
            return {}
        signs = [(path[i], _direction(path[i - 1], path[i + 1])) for i in chosen]
        return {"way": chevrons(signs, 0.7)}


def _ring(figure: Figure, near: float, far: float, scale: float) -> tuple[float, Part]:
    """Return the angle to reach, and the ring there: the limb's end is within it where its angle is in the band.

    Where the band is wider than a ring can be large, the ring goes on along the way, to the band's far edge.
    """
    middle, half = figure.pose((near + far) / 2), abs(far - near) / 2
    per_degree = math.dist(figure.pose(near).end, figure.pose(near + 1).end)
    inside = max([_MARKER / scale, *(p.radius + _OUTLINE / scale for p in middle.parts if p.points[-1] == middle.end)])
    radius = min(figure.ring, max(inside + half * per_degree, _RIM * inside))
    inset = min(half, (radius - inside) / per_degree)
    first, last = near + math.copysign(inset, far - near), far - math.copysign(inset, far - near)
    if abs(last - first) < 1.0:
        return (first + last) / 2, Part((figure.pose((first + last) / 2).end,), radius)
    way = (first + (last - first) * i / 24 for i in range(25))
    return first, Part(tuple(figure.pose(angle).end for angle in way), radius)


def _outline(points: Sequence[QPointF], radius: float) -> QPainterPath:
    """Return the edge of a ring, or of one that goes on along ``points``."""
    path = QPainterPath()
    if len(points) == 1:
        path.addEllipse(points[0], radius, radius)
        return path
    path.addPolygon(QPolygonF(points))
    stroker = QPainterPathStroker()
    stroker.setWidth(2 * radius)
    stroker.setCapStyle(Qt.PenCapStyle.RoundCap)
    stroker.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return stroker.createStroke(path).simplified()


def _distance(a: QPointF, b: QPointF) -> float:
    return math.hypot(a.x() - b.x(), a.y() - b.y())


def _direction(a: QPointF, b: QPointF) -> float:
    return math.atan2(b.y() - a.y(), b.x() - a.x())


def _spread(free: Sequence[int], path: Sequence[QPointF]) -> list[int]:
    """Choose up to three of ``free`` that stand at least a chevron apart."""
    for count in (3, 2, 1):
        if len(free) < count:
            continue
        chosen = [free[round((len(free) - 1) * (i + 0.5) / count)] for i in range(count)]
        if all(_distance(path[a], path[b]) >= 56 for a, b in itertools.pairwise(chosen)):
            return chosen
    return []
