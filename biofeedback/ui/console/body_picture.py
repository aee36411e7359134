"""The body with the placements on it: numbers to choose, and to drag or push with the arrows to another place."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from biofeedback.exercises.sites import site
from biofeedback.session.room.view import PlaceView, Side
from biofeedback.ui.console.body import HEIGHT, WIDTH, Point, View, paint_body, paint_marker, spots, where
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.words import check_word
from biofeedback.ui.language import tr, within

_SIGN = {"imu": (28, 22), "emg": (26, 26)}
_HEAD, _FOOT = 36, 8
_SECOND, _EDGE, _BOTH = 170.0, 16.0, 338.0  # where the back's grid begins, what is empty beside a body, both together
_DROP = 60  # pixels from a place within which a number snaps to it
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


def side_words(side: Side | None) -> str:
    """Return the word of a side."""
    return {"left": tr("left"), "right": tr("right")}.get(side or "", "")


class _Marker(QAbstractButton):
    """One placement's number. It is dragged with the mouse, or moved with the arrows; Enter chooses it."""

    dropped = Signal(QPoint)
    pushed = Signal(int, int)

    def __init__(self, look: Look, picture: QWidget) -> None:
        super().__init__(picture)
        self._look = look
        self.place: PlaceView | None = None
        self.chosen = False
        self._grip: QPoint | None = None
        self._dragged = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def show_place(self, place: PlaceView, chosen: bool) -> None:
        """Take a newer state."""
        if (place.number, place.kind, place.light, place.sensor, place.name, place.side, chosen) == self._key():
            return
        self.place, self.chosen = place, chosen
        self.setFixedSize(*(self._look.px(length) for length in _SIGN[place.kind]))
        name = f"{place.number} {place.name}"
        parts = (name, side_words(place.side), check_word(place))
        self.setAccessibleName(", ".join(part for part in parts if part))
        self.setAccessibleDescription(tr("Arrows move it to another place"))
        self.setToolTip(self.accessibleName())
        self.update()

    def _key(self) -> tuple[object, ...] | None:
        place = self.place
        if place is None:
            return None
        return place.number, place.kind, place.light, place.sensor, place.name, place.side, self.chosen

    @property
    def held(self) -> bool:
        """Whether it is being dragged."""
        return self._dragged

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of it."""
        self._grip, self._dragged = event.position().toPoint(), False
        self.raise_()
        self.clicked.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag it."""
        if self._grip is not None:
            moved = event.position().toPoint() - self._grip
            if self._dragged or moved.manhattanLength() > 6:
                self._dragged = True
                self.move(self.pos() + moved)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let it go."""
        dragged, self._grip, self._dragged = self._dragged, None, False
        if dragged:
            self.dropped.emit(self.geometry().center())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move to the next place in the arrow's direction; Enter chooses."""
        if event.key() in _ARROWS:
            self.pushed.emit(*_ARROWS[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.clicked.emit()
        elif event.key() != Qt.Key.Key_Space:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Choose what the keyboard comes to."""
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.clicked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the sign."""
        if self.place is None:
            return
        lost = self.place.light == "lost" and bool(self.place.sensor)
        edge = "accent" if self.chosen else "fault" if lost else "ink" if self.place.sensor else "quiet"
        fill = "accent" if self.chosen else "fault_soft" if lost else "surface"
        ink = "on_accent" if self.chosen else "ink" if self.place.sensor else "ink_soft"
        with QPainter(self) as painter:
            paint_marker(
                painter, QRectF(self.rect()), self.place.kind, str(self.place.number), self._look, fill, edge, ink
            )


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the two figures stand in the widget."""

    scale: float
    left: dict[View, float]
    top: float

    def at(self, point: Point) -> QPointF:
        return QPointF(self.left[point.view] + point.x * self.scale, self.top + point.y * self.scale)


class BodyPicture(QWidget):
    """Front and back, and the numbers on them."""

    chosen = Signal(str)
    moved = Signal(str, str, str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._places: tuple[PlaceView, ...] = ()
        self._markers: dict[str, _Marker] = {}
        self._chosen = ""
        self.movable = True
        self.setMinimumSize(look.px(320), look.px(360))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Where the sensors sit"))

    def show_places(self, places: tuple[PlaceView, ...], chosen: str) -> None:
        """Take a newer state."""
        for gone in self._markers.keys() - {place.id for place in places}:
            self._markers.pop(gone).deleteLater()
        for place in places:
            if place.id not in self._markers:
                self._markers[place.id] = self._marker(place.id)
            self._markers[place.id].show_place(place, place.id == chosen)
        before, self._places, self._chosen = self._places, places, chosen
        if [(p.id, p.place, p.side) for p in before] != [(p.id, p.place, p.side) for p in places]:
            self._arrange()
            self.update()

    def _marker(self, placement: str) -> _Marker:
        marker = _Marker(self._look, self)
        marker.clicked.connect(lambda: self.chosen.emit(placement))
        marker.dropped.connect(lambda at: self._drop(placement, at))
        marker.pushed.connect(lambda dx, dy: self._push(placement, dx, dy))
        marker.show()
        return marker

    def sizeHint(self) -> QSize:
        """Return the design's size."""
        return QSize(self._look.px(416), self._look.px(522))

    def _frame(self) -> _Frame:
        head, foot = self._look.px(_HEAD), self._look.px(_FOOT)
        scale = min((self.height() - head - foot) / HEIGHT, self.width() / _BOTH)
        left = (self.width() - _BOTH * scale) / 2 - _EDGE * scale
        top = head + max(0.0, (self.height() - head - foot - HEIGHT * scale) / 2)
        return _Frame(scale, {"front": left, "back": left + _SECOND * scale}, top)

    def _spots(self) -> dict[str, QPointF]:
        """Return where the numbers stand: at their places, pushed apart where they would cover each other."""
        frame = self._frame()
        at = {place.id: frame.at(where(place.place, place.side)) for place in self._places}
        least = float(self._look.px(28))
        for _ in range(12):
            for first in at:
                for second in at:
                    if first < second:
                        _push_apart(at, first, second, least)
        return at

    def _arrange(self) -> None:
        for placement, spot in self._spots().items():
            marker = self._markers[placement]
            if not marker.held:
                marker.move((spot - QPointF(marker.width() / 2, marker.height() / 2)).toPoint())

    def _drop(self, placement: str, at: QPoint) -> None:
        """Snap to the nearest place that takes this kind of sensor, or go back."""
        frame, place = self._frame(), self._place(placement)
        near = [
            (math.dist(frame.at(point).toTuple(), at.toTuple()), name, side) for name, side, point in spots(place.kind)
        ]
        distance, name, side = min(near)
        if self.movable and distance <= self._look.px(_DROP) and (name, side) != (place.place, place.side):
            self.moved.emit(placement, name, side)
        self._arrange()

    def _push(self, placement: str, dx: int, dy: int) -> None:
        """Move to the nearest place in a direction."""
        frame, place = self._frame(), self._place(placement)
        here = frame.at(where(place.place, place.side))
        best: tuple[float, str, Side] | None = None
        for name, side, point in spots(place.kind):
            away = frame.at(point) - here
            along, across = away.x() * dx + away.y() * dy, abs(away.x() * dy) + abs(away.y() * dx)
            if along > 2 and across <= 2 * along and (best is None or along + 2 * across < best[0]):
                best = (along + 2 * across, name, side)
        if self.movable and best is not None:
            self.moved.emit(placement, best[1], best[2])

    def _place(self, placement: str) -> PlaceView:
        return next(place for place in self._places if place.id == placement)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand anew."""
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw both figures, their names and sides, and lines from numbers that had to move aside."""
        look, frame = self._look, self._frame()
        titles = {"front": tr("Front", "body"), "back": tr("Back", "body")}
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for view, left in frame.left.items():
                painter.save()
                painter.translate(left, frame.top)
                painter.scale(frame.scale, frame.scale)
                paint_body(painter, view, look, frame.scale)
                painter.restore()
                self._words(painter, left, frame, titles[view], view)
            painter.setPen(QPen(look.colour("line_strong"), 1))
            for placement, spot in self._spots().items():
                place = self._place(placement)
                painter.drawLine(frame.at(where(place.place, place.side)), spot)

    def _words(self, painter: QPainter, left: float, frame: _Frame, title: str, view: View) -> None:
        look, width = self._look, WIDTH * frame.scale
        painter.setPen(look.colour("ink"))
        painter.setFont(look.font("strong"))
        head = QRectF(left, frame.top - look.px(26), width, look.px(20))
        painter.drawText(head, Qt.AlignmentFlag.AlignCenter, title)
        painter.setPen(look.colour("ink_soft"))
        painter.setFont(look.font("caption"))
        right_first = view == "front"
        for x, word in (
            (36, tr("right") if right_first else tr("left")),
            (164, tr("left") if right_first else tr("right")),
        ):
            box = QRectF(left + (x - 22) * frame.scale, frame.top + 240 * frame.scale, 44 * frame.scale, look.px(18))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, word)


def _push_apart(at: dict[str, QPointF], first: str, second: str, least: float) -> None:
    away = at[second] - at[first]
    distance = math.hypot(away.x(), away.y())
    if distance >= least:
        return
    direction = away / distance if distance > 1e-6 else QPointF(0.0, 1.0)
    shift = direction * ((least - distance) / 2)
    at[first], at[second] = at[first] - shift, at[second] + shift


class PlacePicture(QWidget):
    """The place of one sensor from near: where on the body, and how it lies there."""

    _SCALE = 1.6

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._place: PlaceView | None = None
        self.setFixedHeight(look.px(176))

    def show_place(self, place: PlaceView) -> None:
        """Show a placement."""
        if self._place is None or (place.place, place.side) != (self._place.place, self._place.side):
            self._place = place
            self.setAccessibleName(self._caption())
            self.update()

    def _caption(self) -> str:
        assert self._place is not None
        there = where(self._place.place, self._place.side)
        view = tr("front", "body") if there.view == "front" else tr("back", "body")
        name = within(tr(site(self._place.place, self._place.kind).name))
        side = side_words(self._place.side)
        sided = tr("{side} {name}").format(side=side, name=name) if side else name
        return ", ".join(part for part in (sided, view) if part)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the body around the place."""
        if self._place is None:
            return
        look, place = self._look, self._place
        there, scale = where(place.place, place.side), self._SCALE * self._look.scale
        middle = QPointF(self.width() / 2, self.height() / 2 + look.px(8))
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setClipRect(self.rect())
            painter.fillRect(self.rect(), look.colour("window"))
            painter.save()
            painter.translate(middle)
            painter.scale(scale, scale)
            painter.translate(-there.x, -there.y)
            paint_body(painter, there.view, look, scale, "surface")
            painter.restore()
            self._sensor(painter, middle)
            painter.setFont(look.font("caption"))
            room = QRectF(look.px(6), look.px(4), self.width() - look.px(12), look.px(20))
            words = painter.boundingRect(room, int(Qt.AlignmentFlag.AlignVCenter), self._caption())
            painter.fillRect(words.adjusted(-look.px(4), 0, look.px(4), 0), look.colour("window"))
            painter.setPen(look.colour("ink"))
            painter.drawText(
                QRectF(look.px(8), look.px(6), self.width() - look.px(16), look.px(18)), 0, self._caption()
            )

    def _sensor(self, painter: QPainter, at: QPointF) -> None:
        """Draw two electrodes along the muscle, or a box with its arrow."""
        assert self._place is not None
        look = self._look
        painter.setPen(QPen(look.colour("accent"), look.px(3)))
        painter.setBrush(look.colour("surface"))
        if self._place.kind == "emg":
            for offset in (-look.px(12), look.px(12)):
                painter.drawEllipse(at + QPointF(0, offset), look.px(9), look.px(9))
            painter.setFont(look.font("caption"))
            room = QRectF(look.px(6), look.px(4), self.width() - look.px(12), look.px(20))
            words = painter.boundingRect(room, int(Qt.AlignmentFlag.AlignVCenter), self._caption())
            painter.fillRect(words.adjusted(-look.px(4), 0, look.px(4), 0), look.colour("window"))
            painter.setPen(look.colour("ink"))
            painter.drawText(at + QPointF(look.px(20), look.px(4)), tr("2 cm"))
        else:
            box = QRectF(at.x() - look.px(12), at.y() - look.px(16), look.px(24), look.px(32))
            painter.drawRoundedRect(box, look.px(4), look.px(4))
            top = QPointF(at.x(), at.y() - look.px(8))
            painter.setPen(QPen(look.colour("accent"), look.px(2)))
            painter.drawLine(QPointF(at.x(), at.y() + look.px(8)), top)
            for sign in (-1, 1):
                painter.drawLine(top, top + QPointF(sign * look.px(5), look.px(5)))


class Sign(QWidget):
    """The sign of a kind of placement, for a legend."""

    def __init__(self, look: Look, kind: str) -> None:
        super().__init__()
        self._look, self._kind = look, kind
        self.setFixedSize(look.px(18 if kind == "imu" else 16), look.px(14 if kind == "imu" else 16))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        with QPainter(self) as painter:
            paint_marker(painter, QRectF(self.rect()), self._kind, "", self._look, "surface", "ink", "ink")
