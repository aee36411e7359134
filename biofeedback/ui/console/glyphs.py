"""Signs drawn as paths on a grid of 20 × 20: one shape for each state, and the icons of buttons."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from biofeedback.ui.console.look import Look

# state: (role of its colour, width of its line; 0 = filled)
_STATES: dict[str, tuple[str, float]] = {
    "good": ("in_target", 0.0),
    "hold": ("in_target", 0.0),
    "below": ("out_of_target", 2.4),
    "above": ("out_of_target", 2.4),
    "rest": ("ink_soft", 0.0),
    "lost": ("fault", 2.4),
    "weak": ("warning", 2.2),
    "probe": ("ink_soft", 2.0),
    "off": ("quiet", 2.2),
    "todo": ("line_strong", 2.0),
    "now": ("accent", 2.4),
    "rec": ("fault", 0.0),
}
GLYPHS = tuple(_STATES)
ICONS = (
    "play",
    "pause",
    "stop",
    "flag",
    "undo",
    "right",
    "left",
    "down",
    "close",
    "up",
    "next",
    "people",
    "list",
    "wave",
    "file",
    "lock",
    "search",
    "plus",
    "minus",
    "bolt",
    "repeat",
    "edit",
    "print",
    "tick",
    "sliders",
)


def _polygon(*points: tuple[float, float], closed: bool = True) -> QPainterPath:
    path = QPainterPath(QPointF(*points[0]))
    for point in points[1:]:
        path.lineTo(QPointF(*point))
    if closed:
        path.closeSubpath()
    return path


def _rings(*radii: float) -> QPainterPath:
    path = QPainterPath()
    for radius in radii:
        path.addEllipse(QPointF(10, 10), radius, radius)
    return path


def _bars() -> QPainterPath:
    path = QPainterPath()
    path.addRect(QRectF(4, 3, 4.5, 14))
    path.addRect(QRectF(11.5, 3, 4.5, 14))
    return path


def _square(inset: float) -> QPainterPath:
    path = QPainterPath()
    path.addRect(QRectF(inset, inset, 20 - 2 * inset, 20 - 2 * inset))
    return path


def _with_line(path: QPainterPath, *points: tuple[float, float]) -> QPainterPath:
    path.addPath(_polygon(*points, closed=False))
    return path


def _closed_eye() -> QPainterPath:
    path = QPainterPath(QPointF(2, 8))
    path.quadTo(QPointF(10, 16), QPointF(18, 8))
    for start, end in (((4.4, 11.6), (2.4, 14.2)), ((10, 12.6), (10, 16.4)), ((15.6, 11.6), (17.6, 14.2))):
        _with_line(path, start, end)
    return path


def _dashed_ring() -> QPainterPath:
    path = QPainterPath()
    box = QRectF(2.2, 2.2, 15.6, 15.6)
    for part in range(8):
        path.arcMoveTo(box, part * 45)
        path.arcTo(box, part * 45, 24)
    return path


def _flag() -> QPainterPath:
    return _polygon((4, 18), (4, 3), (15, 3), (12.5, 7), (15, 11), (4, 11), closed=False)


def _undo() -> QPainterPath:
    path = _polygon((7, 3), (3, 7), (7, 11), closed=False)
    path.moveTo(3.5, 7)
    path.lineTo(12, 7)
    path.arcTo(QRectF(7, 7, 10, 10), 90, -180)
    path.lineTo(8, 17)
    return path


def _lines(*lines: tuple[tuple[float, float], ...]) -> QPainterPath:
    path = QPainterPath()
    for line in lines:
        _with_line(path, *line)
    return path


def _person() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(10, 6.5), 3.5, 3.5)
    path.moveTo(3, 17.5)
    path.cubicTo(QPointF(3.5, 10.5), QPointF(16.5, 10.5), QPointF(17, 17.5))
    return path


def _lock() -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(QRectF(4, 9, 12, 8), 1.5, 1.5)
    path.moveTo(6.5, 9)
    path.lineTo(6.5, 6)
    path.arcTo(QRectF(6.5, 2.5, 7, 7), 180, -180)
    path.lineTo(13.5, 9)
    return path


def _search() -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(8.5, 8.5), 5.5, 5.5)
    return _with_line(path, (12.8, 12.8), (17.5, 17.5))


def _repeat() -> QPainterPath:
    path = _lines(((13.5, 1.5), (16.5, 4.5), (13.5, 7.5)), ((6.5, 12.5), (3.5, 15.5), (6.5, 18.5)))
    path.addPath(_lines(((16, 4.5), (6, 4.5), (3.5, 7), (3.5, 9.5)), ((4, 15.5), (14, 15.5), (16.5, 13), (16.5, 10.5))))
    return path


def _print() -> QPainterPath:
    path = _lines(((5.5, 7), (5.5, 2.5), (14.5, 2.5), (14.5, 7)))
    path.addPath(_lines(((5.5, 14.5), (2.5, 14.5), (2.5, 7), (17.5, 7), (17.5, 14.5), (14.5, 14.5))))
    path.addRect(QRectF(5.5, 12, 9, 5.5))
    return path


def _sliders() -> QPainterPath:
    path = _lines(((2, 5), (9, 5)), ((14, 5), (18, 5)), ((2, 15), (5, 15)), ((10, 15), (18, 15)))
    path.addEllipse(QPointF(11.5, 5), 2.5, 2.5)
    path.addEllipse(QPointF(7.5, 15), 2.5, 2.5)
    return path


@cache
def shape(name: str) -> QPainterPath:
    """Return the path of a sign on the grid of 20 × 20."""
    shapes = {
        "good": lambda: _rings(9),
        "hold": lambda: _square(3),
        "below": lambda: _polygon((10, 3.2), (17.8, 17), (2.2, 17)),
        "above": lambda: _polygon((10, 16.8), (2.2, 3), (17.8, 3)),
        "rest": _bars,
        "lost": lambda: _with_line(_rings(7.8), (4.5, 15.5), (15.5, 4.5)),
        "weak": lambda: _with_line(_polygon((10, 1.8), (18.2, 10), (10, 18.2), (1.8, 10)), (6.5, 10), (13.5, 10)),
        "probe": _closed_eye,
        "off": _dashed_ring,
        "todo": lambda: _rings(7.8),
        "now": lambda: _rings(7.8, 2.8),
        "rec": lambda: _rings(6),
        "play": lambda: _polygon((5, 3), (17, 10), (5, 17)),
        "pause": _bars,
        "stop": lambda: _square(4),
        "flag": _flag,
        "undo": _undo,
        "right": lambda: _polygon((7.5, 4), (13.5, 10), (7.5, 16), closed=False),
        "left": lambda: _polygon((12.5, 4), (6.5, 10), (12.5, 16), closed=False),
        "down": lambda: _polygon((4, 7), (10, 13), (16, 7), closed=False),
        "up": lambda: _polygon((4, 13), (10, 7), (16, 13), closed=False),
        "close": lambda: _with_line(_polygon((5, 5), (15, 15), closed=False), (15, 5), (5, 15)),
        "next": lambda: _polygon((7.5, 4), (13.5, 10), (7.5, 16), closed=False),
        "people": _person,
        "sliders": _sliders,
        "list": lambda: _lines(*(((x, y), (x + w, y)) for y in (5, 10, 15) for x, w in ((2.5, 0.5), (6.5, 11)))),
        "wave": lambda: _lines(((1.5, 11), (5, 11), (7.5, 4), (12, 16.5), (14.5, 9.5), (18.5, 9.5))),
        "file": lambda: _lines(
            ((12, 2.5), (4.5, 2.5), (4.5, 17.5), (15.5, 17.5), (15.5, 6), (12, 2.5), (12, 6), (15.5, 6))
        ),
        "lock": _lock,
        "search": _search,
        "plus": lambda: _lines(((10, 3.5), (10, 16.5)), ((3.5, 10), (16.5, 10))),
        "minus": lambda: _lines(((3.5, 10), (16.5, 10))),
        "bolt": lambda: _polygon((11.5, 2), (4.5, 11.5), (9.5, 11.5), (8.5, 18), (15.5, 8.5), (10.5, 8.5)),
        "repeat": _repeat,
        "edit": lambda: _lines(((3.5, 16.5), (4.5, 12.5), (14, 3), (17, 6), (7.5, 15.5), (3.5, 16.5))),
        "print": _print,
        "tick": lambda: _lines(((4, 10.5), (8.5, 15), (16.5, 5.5))),
    }
    return shapes[name]()


_TICK = ((5.5, 10.3), (8.5, 13.3), (14.5, 6.9))


def draw_glyph(
    painter: QPainter, name: str, box: QRectF, look: Look, colour: QColor | None = None, ground: str = "surface"
) -> None:
    """Draw a state's sign into ``box``. ``ground`` is the role of the colour behind it: the tick is cut out in it."""
    role, width = _STATES[name]
    tint = colour or look.colour(role)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(box.topLeft())
    painter.scale(box.width() / 20, box.height() / 20)
    if width:
        painter.setPen(QPen(tint, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(tint))
    painter.drawPath(shape(name))
    if name == "good":
        painter.setPen(QPen(look.colour(ground), 2.4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(_polygon(*_TICK, closed=False))
    if name == "now":
        painter.setBrush(QBrush(tint))
        painter.drawEllipse(QPointF(10, 10), 2.8, 2.8)
    painter.restore()


def draw_icon(painter: QPainter, name: str, box: QRectF, colour: QColor) -> None:
    """Draw a button's icon into ``box``."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(box.topLeft())
    painter.scale(box.width() / 20, box.height() / 20)
    if name in ("play", "pause", "stop"):
        painter.fillPath(shape(name), QBrush(colour))
    else:
        painter.setPen(QPen(colour, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.drawPath(shape(name))
    painter.restore()


def draw_battery(painter: QPainter, box: QRectF, percent: float, colour: QColor) -> None:
    """Draw a battery, 28 × 14 on its own grid, filled to ``percent``."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(box.topLeft())
    painter.scale(box.width() / 28, box.height() / 14)
    painter.setPen(QPen(colour, 1.6))
    painter.drawRoundedRect(QRectF(1, 1, 22, 12), 2, 2)
    painter.fillRect(QRectF(24.5, 4.5, 2.5, 5), colour)
    painter.fillRect(QRectF(3.2, 3.2, 17.6 * min(max(percent, 0), 100) / 100, 7.6), colour)
    painter.restore()


class Glyph(QWidget):
    """A state's sign on its own. Its word stands beside it, so a screen reader passes it over."""

    def __init__(self, look: Look, size: int = 16, name: str = "off", ground: str = "surface") -> None:
        super().__init__()
        self._look, self._name, self._ground = look, name, ground
        self._tint: QColor | None = None
        self.setFixedSize(look.px(size), look.px(size))

    def show_state(self, name: str, tint: QColor | None = None) -> None:
        """Show another state."""
        if (name, tint) != (self._name, self._tint):
            self._name, self._tint = name, tint
            self.update()

    def stand_on(self, ground: str) -> None:
        """Tell the role of the colour behind the sign."""
        self._ground = ground
        self.update()

    @property
    def state(self) -> str:
        """The state shown."""
        return self._name

    def sizeHint(self) -> QSize:
        """Return the fixed size."""
        return self.size()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the sign."""
        with QPainter(self) as painter:
            draw_glyph(painter, self._name, QRectF(self.rect()), self._look, self._tint, self._ground)
