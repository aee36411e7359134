"""What the muscle or the sensors do during a trial, with the wanted window in it."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from biofeedback.session.calibration_view import CalibrationView
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.words import figure
from biofeedback.ui.language import tr

_AHEAD_S, _BEHIND_S = 2.0, 6.0
_LEAST = {"rest": 20.0, "reference": 50.0, "pose": 10.0, "movement": 100.0}


def round_up(value: float) -> float:
    """Return 1, 2 or 5 times a power of ten, at least the value."""
    if value <= 0.0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= value * 0.999)


class CalibrationCurve(QWidget):
    """The last seconds of the trial; time runs to the right and the window scrolls."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._view: CalibrationView | None = None
        self._now_s = 0.0
        self._top = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(look.px(64))

    def sizeHint(self) -> QSize:
        """Return the design's size."""
        return QSize(self._look.px(640), self._look.px(320))

    def show_view(self, view: CalibrationView, now_s: float) -> None:
        """Take a newer state."""
        if self._view is None or self._view.at != view.at or self._view.method != view.method:
            self._top = 0.0
        self._view, self._now_s = view, now_s
        kind = view.steps[view.at].kind
        known = [value for value in view.curve if value is not None]
        best = 0.0 if view.best_uv is None else view.best_uv
        self._top = max(self._top, round_up(max([_LEAST[kind], 1.15 * best, *known])))
        newest = f"{figure(known[-1])} {view.curve_unit}" if known else tr("no signal")
        self.setAccessibleName(tr("Signal: {value}").format(value=newest))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the window, the scale, the curve and its newest point."""
        view, look = self._view, self._look
        if view is None:
            return
        foot = look.px(20)
        box = QRectF(0, 0, self.width(), self.height() - foot)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw_window(painter, view, box)
            self._draw_scale(painter, view, box)
            self._draw_curve(painter, view, box)

    def _x(self, time_s: float, box: QRectF) -> float:
        share = (time_s - (self._now_s - _BEHIND_S)) / (_AHEAD_S + _BEHIND_S)
        return box.left() + share * box.width()

    def _y(self, value: float, box: QRectF) -> float:
        return box.bottom() - min(max(value / self._top, 0.0), 1.05) * (box.height() - 4)

    def _draw_window(self, painter: QPainter, view: CalibrationView, box: QRectF) -> None:
        """Draw when the hold is wanted."""
        look = self._look
        if view.part not in ("count", "hold") or view.paused or view.steps[view.at].kind == "movement":
            return
        start_s, end_s = view.part_start_s, view.part_end_s
        if view.part == "count":
            start_s, end_s = view.part_end_s, view.part_end_s + view.steps[view.at].seconds
        left, right = max(self._x(start_s, box), box.left()), min(self._x(end_s, box), box.right())
        if right <= left:
            return
        painter.fillRect(QRectF(left, box.top(), right - left, box.height()), look.colour("target_band"))
        painter.setPen(QPen(look.colour("band_edge"), 2))
        for x, shown in ((left, start_s), (right, end_s)):
            if box.left() < self._x(shown, box) < box.right():
                painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
        painter.setPen(look.colour("ink_soft"))
        painter.setFont(look.font("caption"))
        words = tr("hold {seconds} s").format(seconds=figure(view.steps[view.at].seconds))
        painter.drawText(
            QRectF(left + 4, box.bottom(), look.px(160), look.px(20)), Qt.AlignmentFlag.AlignVCenter, words
        )

    def _draw_scale(self, painter: QPainter, view: CalibrationView, box: QRectF) -> None:
        """Draw the lines, then the words over them."""
        look = self._look
        painter.setPen(QPen(look.colour("line"), 1))
        heights = {share: self._y(share * self._top, box) for share in (0.5, 1.0)}
        for y in heights.values():
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
        if view.best_uv is not None:
            self._draw_best(painter, view.best_uv, box)
        if box.height() <= 4 * look.px(20):  # the labels would run into one another
            heights = {} if view.best_uv is not None else {1.0: heights[1.0]}
        for share, y in heights.items():
            baseline = y + (look.px(14) if share == 1.0 else -look.px(6))
            self._write(painter, box.left() + 4, baseline, f"{figure(share * self._top)} {view.curve_unit}", "ink_soft")

    def _draw_best(self, painter: QPainter, best_uv: float, box: QRectF) -> None:
        look, y = self._look, self._y(best_uv, box)
        painter.setPen(QPen(look.colour("ink"), 2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
        words = tr("best so far {value} µV").format(value=figure(best_uv))
        left = box.right() - look.px(4) - QFontMetricsF(look.font("caption")).horizontalAdvance(words)
        self._write(painter, left, y - look.px(6) if y > look.px(20) else y + look.px(16), words, "ink")

    def _write(self, painter: QPainter, left: float, baseline: float, words: str, role: str) -> None:
        """Write on a halo of the ground: lines run behind the words, and not through them."""
        path = QPainterPath()
        path.addText(QPointF(left, baseline), self._look.font("caption"), words)
        halo = QPen(self._look.colour("surface", 0.9), self._look.px(3), j=Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(path, halo)
        painter.fillPath(path, self._look.colour(role))

    def _draw_curve(self, painter: QPainter, view: CalibrationView, box: QRectF) -> None:
        look = self._look
        path, going, last = QPainterPath(), False, None
        for place, value in enumerate(view.curve):
            if value is None:
                going = False
                continue
            last = QPointF(self._x(view.curve_start_s + place * view.curve_step_s, box), self._y(value, box))
            if last.x() < box.left():
                continue
            path.lineTo(last) if going else path.moveTo(last)
            going = True
        painter.setPen(QPen(look.signal(1), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        if last is None:
            painter.setPen(look.colour("ink_soft"))
            painter.setFont(look.font("body"))
            words = tr("No signal yet")
            room = QRectF(painter.boundingRect(box, Qt.AlignmentFlag.AlignCenter, words))
            painter.fillRect(room.adjusted(-look.px(8), 0, look.px(8), 0), look.colour("surface"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
        else:
            painter.setPen(QPen(look.colour("surface"), 2))
            painter.setBrush(look.signal(1))
            painter.drawEllipse(last, look.px(5), look.px(5))
