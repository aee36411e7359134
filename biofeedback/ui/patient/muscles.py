"""Two muscles at once: as two columns, or as one dot on a plane. The sticker on the sensor is the muscle's name."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF

from biofeedback.ui.patient.column import Column, Layer, Track
from biofeedback.ui.patient.draw import Draw, Shown
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.frame import Frame, around
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.panel import Says, says, word_of
from biofeedback.ui.patient.stage import paint_card, stage_elements
from biofeedback.ui.patient.symbols import Sticker, arrow, marker, marker_box, sticker

_STICKERS: tuple[Sticker, Sticker] = ("circle", "square")
_INSIDE = ("in", "hold")
_STICKER_SIZE = 104.0
_DOT = 9.0


def said_of(picture: Picture) -> Says:
    """Return what the panel says of the muscle further from its goal; of both when none is outside its band."""
    states = (picture.shown, picture.other_shown)
    outside = [i for i, state in enumerate(states) if state in ("below", "above")]
    if not outside:
        return Says() if picture.shown == "idle" else says(picture.shown)
    about = 0 if picture.subject == "goal" else 1
    about = about if about in outside else outside[0]
    state = states[about]
    return Says() if state == "idle" else Says(state, word_of(state), _STICKERS[about])


def _other_band(picture: Picture) -> tuple[float, float]:
    return picture.view.others[0] if picture.view.others else (0.0, 1.0)


class ColumnsScene:
    """A column with a circle under it and one with a square."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        stage, view = frame.stage, picture.view
        self._frame = frame
        room = stage.adjusted(0, 50, 0, -160)
        width = min(210.0, 0.17 * stage.width())
        reach = min(105.0, 0.085 * stage.width() + 10)
        bands = ((view.low, view.high), _other_band(picture))
        self._columns = [
            Column(frame, Track.at(stage.left() + share * stage.width(), room, *band, width, reach), layer)
            for share, band in zip((0.28, 0.72), bands, strict=True)
        ]

    def paint_background(self, draw: Draw) -> None:
        """Draw card, tracks, bands and stickers."""
        paint_card(draw, self._frame.stage)
        for column, kind in zip(self._columns, _STICKERS, strict=True):
            column.paint_background(draw)
            at = QPointF(column.track.column.center().x(), self._frame.stage.bottom() - 78)
            sticker(draw, kind, at, _STICKER_SIZE)

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return both bars and what stands around the stage."""
        parts: dict[str, Element] = {}
        if picture.level is not None:
            parts["bar"] = self._columns[0].bar(picture.shown, picture.level)
        if picture.others and picture.others[0] is not None:
            parts["other bar"] = self._columns[1].bar(picture.other_shown, picture.others[0])
        return parts | stage_elements(self._frame, picture, said_of(picture))


class PlaneScene:
    """One dot: up is more of the circle's muscle, left is less of the square's."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        stage, view = frame.stage, picture.view
        self._frame = frame
        self._plane = QRectF(stage.left() + 190, stage.top() + 60, stage.width() - 250, stage.height() - 210)
        low, high = _other_band(picture)
        left_top = self._point(low, view.high)
        self._goal = QRectF(left_top, self._point(high, view.low)).adjusted(18, 18, 18, 18).intersected(
            self._plane.adjusted(18, 18, -18, -18)
        )  # fmt: skip

    def _point(self, other: float, level: float) -> QPointF:
        """Return where two levels stand; the outermost marker is still whole."""
        plane = self._plane.adjusted(0, 0, 0, 0)
        x, y = (min(1.0, max(0.0, share)) for share in (other, level))
        return QPointF(plane.left() + x * plane.width(), plane.bottom() - y * plane.height())

    def paint_background(self, draw: Draw) -> None:
        """Draw card, axes with their stickers and arrows, and the goal."""
        plane = self._plane
        paint_card(draw, self._frame.stage)
        draw.rect(plane, 20, "window", "line", 3)
        draw.line([plane.topLeft(), plane.bottomLeft(), plane.bottomRight()], "ink_soft", 8)
        draw.rect(self._goal, 18, "target_band", "band_edge", 12)
        upwards = QPointF(self._frame.stage.left() + 95, plane.bottom() - 150)
        sticker(draw, "circle", upwards, 96)
        arrow(draw, upwards - QPointF(0, 85), QPointF(0, -190), 20, 46)
        aside = QPointF(plane.right() - 90, plane.bottom() + 78)
        sticker(draw, "square", aside, 96)
        arrow(draw, aside - QPointF(85, 0), QPointF(-190, 0), 20, 46)

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return the dot, the dots behind it, and what stands around the stage."""
        parts: dict[str, Element] = {}
        other = picture.others[0] if picture.others else None
        if picture.level is not None and other is not None:
            points = [self._snapped(*point[:2]) for point in picture.trail]
            for i, at in enumerate(points):
                parts[f"trail {i}"] = dot_element(at, _DOT + 3.4 * (i + 4 - len(points)), "quiet")
            at, shown = self._snapped(other, picture.level), marker_way(picture)
            parts["marker"] = Element((shown, at.x(), at.y()), marker_box(at), lambda draw: marker(draw, shown, at))
        return parts | stage_elements(self._frame, picture, said_of(picture))

    def _snapped(self, other: float, level: float) -> QPointF:
        at = self._point(other, level)
        return QPointF(self._frame.snap(at.x()), self._frame.snap(at.y()))


def marker_way(picture: Picture) -> Shown:
    """Return the marker's sign: where to go on the plane, for the muscle the panel speaks of."""
    if picture.subject == "goal" or picture.other_shown in (*_INSIDE, "idle"):
        return picture.shown if picture.shown not in _INSIDE or picture.other_shown in _INSIDE else "in"
    return "left" if picture.other_shown == "above" else "right"


def dot_element(at: QPointF, radius: float, ink: str) -> Element:
    """Return one dot of a trail."""
    return Element((at.x(), at.y(), radius, ink), around(at, radius + 2), lambda draw: draw.disc(at, radius, ink))
