"""The picture of the strip charts: what is still, and what moves with time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from biofeedback.session.view import RepetitionView
from biofeedback.ui.console.gutter import GUTTER, paint_gutter
from biofeedback.ui.console.history import TICK_S, Pauses, TickHistory
from biofeedback.ui.console.lane import Lane
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.ring import reach_s
from biofeedback.ui.console.ruler import AXIS, RULER, paint_axis, paint_ruler
from biofeedback.ui.console.scale import TimeScale, runs
from biofeedback.ui.console.slices import Slicer
from biofeedback.ui.console.stills import Overlay
from biofeedback.ui.language import tr


class Scene:
    """Where everything stands at one moment, and how it is drawn. `StripCharts` keeps it up to date."""

    def __init__(self, look: Look, history: TickHistory, pauses: Pauses, seconds: float, ruler: bool) -> None:
        self.look, self._history, self._pauses, self.seconds = look, history, pauses, seconds
        self.ruler = look.px(RULER) + 1 if ruler else 0
        self._overlay = Overlay(look)
        self.lanes: list[Lane] = []
        self.repetitions: tuple[RepetitionView, ...] = ()
        self.first = 0
        self.chosen: int | None = None
        self.hint = ""
        self.box, self.plot, self.live = QRect(), QRect(), QRect()
        self.bottom, self.ratio = 0, 1.0
        self.time = TimeScale(1, seconds)
        self.edge: int | None = None
        self.now_s = 0.0

    @property
    def hidden_below(self) -> int:
        """How many lanes wait below."""
        return max(0, len(self.lanes) - self.first - sum(lane.shown for lane in self.lanes))

    def measure(self, box: QRect, bottom: int, ratio: float) -> None:
        """Note where everything is that moves: the plots and the ruler, and the strip the newest dots reach into."""
        self.box, self.bottom, self.ratio = box, bottom, ratio
        shown = [lane.plot for lane in self.lanes if lane.shown]
        self.plot = QRect(shown[0].left(), 1, shown[0].width(), bottom - 1) if shown else QRect()
        self.live = self.plot.adjusted(0, 0, self.look.px(6), 0) if shown else QRect()
        self.time = TimeScale(max(1, round(self.plot.width() * ratio)), self.seconds)
        self.edge = None

    def fill(self) -> None:
        """Bring every lane's ring up to now."""
        if self.edge is None:
            if self._history.newest_s is None:
                return
            self.now_s = max(self.now_s, self._history.newest_s)
            self.edge = self.time.column(self.now_s) + 1
        reach = reach_s(self.time, 2 * self.ratio * self.look.scale)
        slicer = Slicer(self._history.rows, self.time, reach)
        for lane in self.lanes:
            if lane.shown:
                lane.fill(slicer, self.edge, self.ratio, self.seconds)

    def gutter_of(self, lane: Lane) -> QRect:
        """Return where a lane's gutter is."""
        return QRect(1, lane.plot.top(), self.look.px(GUTTER), lane.plot.height())

    def paint(self, painter: QPainter, whole: bool, moving: bool) -> None:
        """Draw the moving part, and with ``whole`` everything around it."""
        if whole:
            self.paint_still(painter)
        if self.live.isEmpty():
            self._overlay.paint_waiting(painter, self.box)
        elif moving:
            painter.setClipRect(self.live)
            self._paint_moving(painter, self.plot)
            painter.setClipping(False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for lane in self.lanes:
            if lane.shown:
                lane.paint_connectors(painter)
                self._paint_dot(painter, lane)

    def paint_still(self, painter: QPainter) -> None:
        """Draw the card, the gutters and the axis."""
        look = self.look
        painter.fillRect(self.box, look.colour("window"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.colour("line"), 1))
        painter.setBrush(look.colour("surface"))
        painter.drawRoundedRect(QRectF(self.box).adjusted(0.5, 0.5, -0.5, -0.5), look.px(8), look.px(8))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(look.colour("ink_soft"))
        painter.setFont(look.font("caption"))
        if self.ruler:
            title = QRectF(look.px(16), 1, look.px(GUTTER) - look.px(16), self.ruler - 1)
            words = tr("Last {seconds} seconds").format(seconds=int(self.seconds))
            painter.drawText(title, int(Qt.AlignmentFlag.AlignVCenter), words)
        if self.ruler:
            painter.fillRect(1, self.ruler, self.box.width() - 2, 1, look.colour("line"))
        for lane in self.lanes:
            if lane.shown:
                chosen = lane.number == self.chosen
                paint_gutter(painter, self.gutter_of(lane), lane.figures, lane.number, look, chosen)
                painter.fillRect(1, lane.plot.bottom() + 1, self.box.width() - 2, 1, look.colour("line"))
        self._paint_axis(painter)

    def _paint_axis(self, painter: QPainter) -> None:
        look, plot = self.look, self.plot
        if plot.isEmpty():
            return
        axis = QRect(plot.left(), self.bottom, self.box.width() - plot.left(), look.px(AXIS))
        paint_axis(painter, axis, plot.width(), self.seconds, self.hint, look)
        if self.hidden_below or self.first:
            painter.setPen(look.colour("ink_soft"))
            painter.setFont(look.font("caption"))
            box = QRectF(look.px(16), axis.top(), look.px(GUTTER), axis.height())
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), self._hidden_words())

    def _hidden_words(self) -> str:
        if self.hidden_below == 1:
            return tr("1 more signal below")
        if self.hidden_below:
            return tr("{count} more signals below").format(count=self.hidden_below)
        return tr("{count} more above").format(count=self.first)

    def x(self, time_s: float) -> float:
        """Return where a time stands, in the widget's pixels."""
        assert self.edge is not None
        return self.plot.left() + self.time.position(time_s, self.edge) / self.ratio

    def _paint_moving(self, painter: QPainter, plot: QRect) -> None:
        look = self.look
        ruler = QRect(plot.left(), 1, plot.width(), max(0, self.ruler - 1))
        if self.edge is None:
            painter.fillRect(plot, look.colour("surface"))
            self._overlay.paint_waiting(painter, plot)
        else:
            now = self.now_s
            seen = [r for r in self.repetitions if r.end_s is None or r.end_s > now - self.seconds]
            if self.ruler:
                paint_ruler(painter, ruler, seen, self.x, now, look)
            for lane in self.lanes:
                if lane.ring is not None and lane.shown:
                    lane.ring.blit(painter, lane.plot)
            self._paint_times(painter, plot, seen)
            self._paint_labels(painter)
        if self.ruler:
            painter.fillRect(plot.left(), self.ruler, plot.width(), 1, look.colour("line"))
        for lane in self.lanes:
            if lane.shown:
                painter.fillRect(plot.left(), lane.plot.bottom() + 1, plot.width(), 1, look.colour("line"))
        top = 1 + self.ruler
        painter.fillRect(plot.right() + 1, top, self.look.px(6), self.bottom - top, look.colour("surface"))
        for lane in self.lanes:
            if lane.shown:
                painter.fillRect(plot.right() + 1, lane.plot.bottom() + 1, look.px(6), 1, look.colour("line"))
        painter.fillRect(plot.right(), top, 1, self.bottom - top, look.colour("line_strong"))

    def _paint_times(self, painter: QPainter, plot: QRect, repetitions: list[RepetitionView]) -> None:
        """Draw what stands at a time through all lanes: seconds, repetitions, pauses."""
        area = QRect(plot.left(), 1 + self.ruler, plot.width(), self.bottom - 1 - self.ruler)
        for before in range(5, int(self.seconds), 5):
            self._overlay.paint_second(painter, area, plot.right() + 1 - plot.width() * before / self.seconds)
        for repetition in repetitions:
            for border in (repetition.start_s, repetition.end_s):
                if border is not None and self.x(border) > plot.left():
                    self._overlay.paint_border(painter, area, self.x(border))
        for start, end in self._pauses.spans:
            right = plot.right() + 1 if end is None else self.x(end)
            self._overlay.paint_veil(painter, area, self.x(start), right)

    def _paint_labels(self, painter: QPainter) -> None:
        """Draw what lies over the lanes: tick labels, and the words of the gaps."""
        for lane in self.lanes:
            if lane.shown:
                for at, picture in lane.labels:
                    painter.drawPixmap(QPointF(lane.plot.topLeft()) + at, picture)
        rows = self._history.between(self.now_s - self.seconds, self.now_s + TICK_S)
        missing = np.isnan(rows["value"][:, : len(self.lanes)])
        if missing.any():
            for lane in self.lanes:
                if lane.shown:
                    self._paint_gap_labels(painter, lane, rows["time_s"], missing[:, lane.number])

    def _paint_gap_labels(
        self, painter: QPainter, lane: Lane, times: NDArray[np.float64], missing: NDArray[np.bool_]
    ) -> None:
        for start, end in runs(np.ascontiguousarray(missing)):
            right = float(times[end]) if end < len(times) else self.now_s
            self._overlay.paint_gap_label(painter, lane.plot, self.x(float(times[start])), self.x(right))

    def _paint_dot(self, painter: QPainter, lane: Lane) -> None:
        rows = self._history.rows
        if self.edge is None or not len(rows):
            return
        value = float(rows["value"][-1, lane.number])
        if np.isfinite(value):
            y = lane.plot.top() + float(lane.scale.y(min(max(value, lane.view.display[0]), lane.view.display[1])))
            self._overlay.paint_dot(painter, QPointF(self.x(float(rows["time_s"][-1])), y), lane.number)
