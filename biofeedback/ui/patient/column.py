"""The column: the person's bar rises and falls on a track, and the band to reach lies across it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from biofeedback.ui.patient.draw import Draw, Shown, edge_role
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.frame import Frame
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.stage import chevrons, paint_card, reached, stage_elements
from biofeedback.ui.patient.symbols import symbol

Layer = Callable[[QRectF, Callable[[Draw], None]], QPixmap]

_WIDTH = 260.0
_REACH = 170.0  # how far the band goes beyond the column, on each side
_INSET = 50.0
_RADIUS = 28.0
_BAR = 26.0
_STEP = 78.0  # from chevron to chevron


@dataclass(frozen=True, slots=True)
class Track:
    """Where a column and its band stand; ``pointer`` is the size of the pointers beside the bar."""

    column: QRectF
    band: QRectF
    low_y: float
    high_y: float
    pointer: QPointF

    @staticmethod
    def in_stage(stage: QRectF, low: float, high: float) -> Track:
        """Place the column in the middle of the stage."""
        width = min(_WIDTH, stage.width() - 180)
        reach = min(_REACH, (stage.width() - width) / 2 - 24)
        return Track.at(stage.center().x(), stage.adjusted(0, _INSET, 0, -_INSET), low, high, width, reach)

    @staticmethod
    def at(centre: float, room: QRectF, low: float, high: float, width: float, reach: float) -> Track:
        """Place a column as high as ``room``, ``centre`` from the left; its band goes ``reach`` beyond it."""
        top, span = room.top(), room.height()
        low_y, high_y = (top + span * (1 - min(1.0, max(0.0, share))) for share in (low, high))
        band = QRectF(centre - width / 2 - reach, high_y, width + 2 * reach, low_y - high_y)
        size = min(1.0, 0.3 + width / 350)
        return Track(QRectF(centre - width / 2, top, width, span), band, low_y, high_y, QPointF(54, 36) * size)

    def y(self, level: float) -> float:
        """Return the height of a level on the screen."""
        return self.column.bottom() - level * self.column.height()

    @property
    def moving_box(self) -> QRectF:
        """The box of everything that moves with the level."""
        side = _BAR / 2 + 12 + self.pointer.x() + 4
        return self.column.adjusted(-side, -self.pointer.y() - 4, side, self.pointer.y() + 4)


class Bar(Element):
    """The person's bar at a height; when it moves, only the strip it went through is painted again."""

    def __init__(self, shown: Shown, y: float, reach: float, box: QRectF, paint: Callable[[Draw], None]) -> None:
        super().__init__((shown, y), box, paint)
        object.__setattr__(self, "shown", shown)
        object.__setattr__(self, "y", y)
        object.__setattr__(self, "reach", reach)

    shown: Shown
    y: float
    reach: float

    def changed(self, before: Element) -> Sequence[QRectF]:
        """Return the strip between the old place and the new one, or all of it when the state changed."""
        if not isinstance(before, Bar) or before.shown != self.shown:
            return (self.box,)
        if before.y == self.y:
            return ()
        top, bottom = min(self.y, before.y) - self.reach, max(self.y, before.y) + self.reach
        return (QRectF(self.box.left(), top, self.box.width(), bottom - top),)


class Column:
    """One column on a stage: what stands still of it, and its bar at a height."""

    def __init__(self, frame: Frame, track: Track, layer: Layer) -> None:
        self.track = track
        self._frame, self._layer = frame, layer
        self._fills: dict[Shown, QPixmap] = {}

    def paint_background(self, draw: Draw) -> None:
        """Draw track and band."""
        track = self.track
        draw.rect(track.column, _RADIUS, "track", "quiet", 4)
        draw.rect(track.band, min(18.0, track.band.height() / 2), "target_band", "band_edge", 12)

    def bar(self, shown: Shown, level: float) -> Bar:
        """Return the person's bar."""
        y = self._frame.snap(self.track.y(min(1.0, max(0.0, level))))
        reach = self.track.pointer.y() + 4
        return Bar(shown, y, reach, self.track.moving_box, lambda draw: self._paint_bar(draw, shown, y))

    def _paint_bar(self, draw: Draw, shown: Shown, y: float) -> None:
        self._paint_fill(draw, shown, y)
        column, pointer = self.track.column, self.track.pointer
        half = column.width() / 2 + 12
        centre = QPointF(column.center().x(), y)
        draw.rect(QRectF(centre.x() - half, y - _BAR / 2, 2 * half, _BAR), 6, "ink", "surface", 5)
        for side in (-1, 1):
            tip = centre + QPointF(side * (half + 12), 0)
            base = tip.x() + side * pointer.x()
            draw.polygon([tip, QPointF(base, y - pointer.y()), QPointF(base, y + pointer.y())], "ink")

    def _paint_fill(self, draw: Draw, shown: Shown, y: float) -> None:
        """Show the filled column below the bar: it is drawn once a state, then only uncovered."""
        if shown not in self._fills:
            self._fills[shown] = self._layer(self._fill_box, lambda inner: self._paint_filled(inner, shown))
        pixels = self._frame.pixels(self._fill_box)
        top = round(y * self._frame.scale)
        painter = draw.painter
        painter.save()
        painter.scale(1 / self._frame.scale, 1 / self._frame.scale)
        clip = QRectF(pixels.left(), top, pixels.width(), pixels.bottom() + 1 - top)
        painter.setClipRect(clip, Qt.ClipOperation.IntersectClip)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
        painter.drawPixmap(pixels.topLeft(), self._fills[shown])
        painter.restore()

    @property
    def _fill_box(self) -> QRectF:
        return self.track.column.adjusted(-5, -5, 5, 5)

    def _paint_filled(self, draw: Draw, shown: Shown) -> None:
        column = self.track.column
        draw.rect(column, _RADIUS, draw.fill(shown, column.bottomLeft()), edge_role(shown), 8)
        left, right = column.left(), column.right()
        for ink, width in (("surface", 22.0), ("band_edge", 12.0)):
            for y in (self.track.low_y, self.track.high_y):
                draw.line([QPointF(left, y), QPointF(right, y)], ink, width, flat=True)


class ColumnScene:
    """The column of one frame, theme and band."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        self._frame = frame
        self._track = Track.in_stage(frame.stage, picture.view.low, picture.view.high)
        self._column = Column(frame, self._track, layer)

    def paint_background(self, draw: Draw) -> None:
        """Draw card, track and band."""
        paint_card(draw, self._frame.stage)
        self._column.paint_background(draw)

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return the bar at its height and what stands around the stage."""
        parts: dict[str, Element] = {}
        if picture.level is not None:
            bar = self._column.bar(picture.shown, picture.level)
            parts["bar"] = bar
            if picture.view.screen == "ready":
                parts |= self._way(bar.y)
        if picture.view.screen == "rep_done" and picture.view.levels and picture.view.levels[-1] is not None:
            parts["held"] = self._held(picture, picture.view.levels[-1])
        return parts | stage_elements(self._frame, picture)

    def _way(self, y: float) -> dict[str, Element]:
        """Return chevrons from the bar to the band, at most three."""
        track = self._track
        upwards = y > track.low_y
        room = y - track.low_y - 80 if upwards else track.high_y - y - 80
        count = min(3, int((room + 20) // _STEP))
        if count < 1:
            return {}
        sign = -1 if upwards else 1
        first = y + sign * (68 + max(0.0, room - _STEP * count) / 2 if count < 3 else 68)
        x = track.column.center().x()
        return {"way": chevrons([(QPointF(x, first + sign * _STEP * i), sign * math.pi / 2) for i in range(count)])}

    def _held(self, picture: Picture, level: float) -> Element:
        """Return the place the last repetition reached, still standing there."""
        x, y = self._track.column.center().x(), self._frame.snap(self._track.y(min(1.0, max(0.0, level))))
        good, half = reached(picture), self._track.column.width() / 2

        def paint(draw: Draw) -> None:
            draw.rect(QRectF(x - half, y - 26, 2 * half, 52), 10, "in_target" if good else "quiet", "surface", 8)
            if good and self._track.band.width() > 500:
                for side in (-215, 215):
                    symbol(draw, "in", QPointF(x + side, y), 84)

        return Element((y, good), QRectF(x - 265, y - 46, 530, 92), paint)
