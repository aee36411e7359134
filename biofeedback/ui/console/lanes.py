"""The strip charts: every signal in its lane, moving at display rate, with the target's handles at the right."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from biofeedback.session.view import LaneView, RepetitionView, SessionView
from biofeedback.stream import host_time_s
from biofeedback.ui.console.gutter import GUTTER, paint_gutter
from biofeedback.ui.console.handles import Edge, TargetHandle, move_edge
from biofeedback.ui.console.history import TICK_S, Pauses, TickHistory
from biofeedback.ui.console.lane import HANDLE_ZONE, Lane, lane_order
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.ring import reach_s
from biofeedback.ui.console.ruler import AXIS, RULER, paint_axis, paint_ruler
from biofeedback.ui.console.scale import TimeScale, runs
from biofeedback.ui.console.slices import Slicer
from biofeedback.ui.console.stats import PaintMeter
from biofeedback.ui.console.stills import Overlay
from biofeedback.ui.console.words import with_unit
from biofeedback.ui.language import tr

MAIN, OTHER = 178, 96
_SMALLEST = 0.7  # lanes give up three tenths of their height before one leaves the screen
_FRAME = 2 + RULER + 1 + AXIS
_LAG_S = 0.5  # without ticks for longer, the picture stands still
_HOLD_S = 1.0  # how long a moved edge waits for the session to follow


def natural_height(count: int, look: Look) -> int:
    """Return the height of ``count`` lanes at their full size."""
    return look.px(_FRAME + MAIN + OTHER * (count - 1))


class StripCharts(QWidget):
    """All lanes in one widget.

    ``target_moved`` carries lane, edge and value; ``said`` a sentence for the status line.
    """

    target_moved = Signal(str, str, float)
    said = Signal(str)

    def __init__(
        self,
        look: Look,
        history: TickHistory,
        seconds: float = 15.0,
        clock: Callable[[], float] = host_time_s,
        meter: PaintMeter | None = None,
        pauses: Pauses | None = None,
        ruler: bool = True,
    ) -> None:
        super().__init__()
        self._look, self._history, self._seconds, self._clock = look, history, seconds, clock
        self.meter = meter or PaintMeter()
        self._overlay = Overlay(look)
        self._lanes: list[Lane] = []
        self._order: list[int] = []
        self._first = 0
        self._chosen, self._chosen_by_hand = 0, False
        self._edge: int | None = None
        self._now_s = 0.0
        self._repetitions: tuple[RepetitionView, ...] = ()
        self._pauses = pauses or Pauses(seconds)
        self._ruler = look.px(RULER) + 1 if ruler else 0
        self._held: dict[str, tuple[tuple[float | None, float | None], float]] = {}
        self._plot, self._live, self._time = QRect(), QRect(), TimeScale(1, seconds)
        self._painted_total = -1
        self._hint = ""
        self._paused = False
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Signals"))

    # the page

    def show_page(self, view: SessionView) -> None:
        """Take a newer page of the session."""
        if [lane.view.id for lane in self._lanes] != [lane.id for lane in view.lanes]:
            self._make_lanes(view.lanes)
        dirty = False
        for lane, page in zip(self._lanes, view.lanes, strict=True):
            dirty |= lane.follow(page, self._band_of(page))
        self._repetitions = view.repetitions
        self._paused = view.phase == "paused"
        if dirty:
            self._fill()
            self.update()

    def _band_of(self, page: LaneView) -> tuple[float | None, float | None]:
        """Return the session's band, or the one just asked for while the session has not answered yet."""
        band, until_s = self._held.get(page.id, (page.band, 0.0))
        if band == page.band or self._clock() > until_s:
            self._held.pop(page.id, None)
            return page.band
        return band

    def _make_lanes(self, pages: tuple[LaneView, ...]) -> None:
        for lane in self._lanes:
            for handle in lane.handles.values():
                handle.deleteLater()
        self._lanes = [Lane(self, self._look, number, page) for number, page in enumerate(pages)]
        self._order = lane_order(pages)
        self._first, self._chosen = 0, self._order[0] if pages else 0
        for lane in self._lanes:
            for handle in lane.handles.values():
                handle.asked.connect(partial(self._asked, lane))
                handle.focused.connect(partial(self._focused, lane, handle))
        for before, after in zip(self._handles(), self._handles()[1:], strict=False):
            QWidget.setTabOrder(before, after)
        self._arrange()

    def _handles(self) -> list[TargetHandle]:
        return [handle for number in self._order for handle in self._lanes[number].handles.values()]

    # places

    def _arrange(self) -> None:
        """Give each lane its plot; lanes that do not fit wait below."""
        look = self._look
        room = self.height() - 2 - look.px(AXIS) - self._ruler
        heights = lane_heights(len(self._lanes) - self._first, room, look, self._first == 0)
        top = 1 + self._ruler
        left, width = 1 + look.px(GUTTER), self.width() - 2 - look.px(GUTTER) - look.px(HANDLE_ZONE)
        for place, number in enumerate(self._order):
            at = place - self._first
            if 0 <= at < len(heights) and width > 8:
                self._lanes[number].place(QRect(left, top, width, heights[at] - 1))
                top += heights[at]
            else:
                self._lanes[number].place(QRect())
        self._bottom = top
        self._measure_plots()
        self._edge = None
        self._fill()
        self.update()

    @property
    def hidden_below(self) -> int:
        """How many lanes wait below."""
        return max(0, len(self._lanes) - self._first - sum(lane.shown for lane in self._lanes))

    def _measure_plots(self) -> None:
        """Note where everything is that moves: the plots and the ruler, and the strip the newest dots reach into."""
        shown = [lane.plot for lane in self._lanes if lane.shown]
        self._plot = QRect(shown[0].left(), 1, shown[0].width(), self._bottom - 1) if shown else QRect()
        self._live = self._plot.adjusted(0, 0, self._look.px(6), 0) if shown else QRect()
        columns = max(1, round(self._plot.width() * self.devicePixelRatioF()))
        self._time = TimeScale(columns, self._seconds)

    def lane_plot(self, lane_id: str) -> QRect:
        """Return where a lane's plot is; empty while it is scrolled away."""
        return next(lane.plot for lane in self._lanes if lane.view.id == lane_id)

    def lane(self, lane_id: str) -> Lane:
        """Return one lane."""
        return next(lane for lane in self._lanes if lane.view.id == lane_id)

    def minimumSizeHint(self) -> QSize:
        """Return room for the main lane."""
        return QSize(self._look.px(GUTTER + HANDLE_ZONE + 160), self._look.px(_FRAME + MAIN * _SMALLEST))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange anew."""
        self._arrange()

    def event(self, event: QEvent) -> bool:
        """Draw anew when the window comes to a screen of another resolution."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._arrange()
        return super().event(event)

    # the moving picture

    def advance(self, now_s: float) -> None:
        """Move the picture to ``now_s`` on the host's clock, and draw what has come since."""
        newest = self._history.newest_s
        if newest is None or not self._lanes:
            return
        self._now_s = min(max(now_s, newest), newest + _LAG_S)
        edge = self._time.column(self._now_s) + 1
        if edge != self._edge or self._painted_total != self._history.total:
            self._edge = edge if self._edge is None else max(edge, self._edge)
            self._fill()
            self.update(self._live)

    def _fill(self) -> None:
        if self._edge is None:
            if self._history.newest_s is None:
                return
            self._now_s = max(self._now_s, self._history.newest_s)
            self._edge = self._time.column(self._now_s) + 1
        ratio, times = self.devicePixelRatioF(), self._time
        slicer = Slicer(self._history.rows, times, reach_s(times, 2 * ratio * self._look.scale))
        for lane in self._lanes:
            if lane.shown:
                lane.fill(slicer, self._edge, ratio, self._seconds)

    def read_figures(self) -> None:
        """Renew the figures of the gutters; called at most five times a second."""
        rows = self._history.rows
        row = rows[-1] if len(rows) else None
        for lane in self._lanes:
            if lane.read(row, self._paused) and lane.shown:
                self.update(self._gutter_of(lane))
        self.setAccessibleDescription(". ".join(lane.figures.spoken() for lane in self._lanes))

    def _gutter_of(self, lane: Lane) -> QRect:
        return QRect(1, lane.plot.top(), self._look.px(GUTTER), lane.plot.height())

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what has to be drawn: mostly the plots alone."""
        began = time.perf_counter()
        painter = QPainter(self)
        live = self._live
        moving_only = live.contains(event.rect())
        if not moving_only:
            self._paint_still(painter)
        if live.isEmpty():
            self._overlay.paint_waiting(painter, self.rect())
        if not live.isEmpty() and event.region().intersects(live):
            painter.setClipRect(live)
            self._paint_moving(painter, self._plot)
            painter.setClipping(False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for lane in self._lanes:
            if lane.shown:
                lane.paint_connectors(painter)
                self._paint_dot(painter, lane)
        painter.end()
        if event.region().intersects(live):
            self._measure(began)

    def _measure(self, began: float) -> None:
        self.meter.painted(time.perf_counter() - began)
        if self._painted_total != self._history.total:
            self._painted_total = self._history.total
            newest, now = self._history.rows[-1], self._clock()
            self.meter.delay(now - float(newest["time_s"]), now - float(newest["arrived_s"]))

    def _paint_still(self, painter: QPainter) -> None:
        look = self._look
        painter.fillRect(self.rect(), look.colour("window"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.colour("line"), 1))
        painter.setBrush(look.colour("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), look.px(8), look.px(8))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(look.colour("ink_soft"))
        painter.setFont(look.font("caption"))
        if self._ruler:
            title = QRectF(look.px(16), 1, look.px(GUTTER) - look.px(16), self._ruler - 1)
            words = tr("Last {seconds} seconds").format(seconds=int(self._seconds))
            painter.drawText(title, int(Qt.AlignmentFlag.AlignVCenter), words)
        if self._ruler:
            painter.fillRect(1, self._ruler, self.width() - 2, 1, look.colour("line"))
        for lane in self._lanes:
            if lane.shown:
                chosen = lane.number == self._chosen and self._chosen_by_hand
                paint_gutter(painter, self._gutter_of(lane), lane.figures, lane.number, look, chosen)
                painter.fillRect(1, lane.plot.bottom() + 1, self.width() - 2, 1, look.colour("line"))
        self._paint_axis(painter)

    def _paint_axis(self, painter: QPainter) -> None:
        look, plot = self._look, self._plot
        if plot.isEmpty():
            return
        axis = QRect(plot.left(), self._bottom, self.width() - plot.left(), look.px(AXIS))
        paint_axis(painter, axis, plot.width(), self._seconds, self._hint, look)
        if self.hidden_below or self._first:
            painter.setPen(look.colour("ink_soft"))
            painter.setFont(look.font("caption"))
            box = QRectF(look.px(16), axis.top(), look.px(GUTTER), axis.height())
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), self._hidden_words())

    def _hidden_words(self) -> str:
        if self.hidden_below == 1:
            return tr("1 more signal below")
        if self.hidden_below:
            return tr("{count} more signals below").format(count=self.hidden_below)
        return tr("{count} more above").format(count=self._first)

    def _x(self, time_s: float) -> float:
        """Return where a time stands, in the widget's pixels."""
        assert self._edge is not None
        return self._plot.left() + self._time.position(time_s, self._edge) / self.devicePixelRatioF()

    def _paint_moving(self, painter: QPainter, plot: QRect) -> None:
        look = self._look
        ruler = QRect(plot.left(), 1, plot.width(), max(0, self._ruler - 1))
        if self._edge is None:
            painter.fillRect(plot, look.colour("surface"))
            self._overlay.paint_waiting(painter, plot)
        else:
            now = self._now_s
            seen = [r for r in self._repetitions if r.end_s is None or r.end_s > now - self._seconds]
            if self._ruler:
                paint_ruler(painter, ruler, seen, self._x, now, look)
            for lane in self._lanes:
                if lane.ring is not None and lane.shown:
                    lane.ring.blit(painter, lane.plot)
            self._paint_times(painter, plot, seen)
            self._paint_labels(painter)
        if self._ruler:
            painter.fillRect(plot.left(), self._ruler, plot.width(), 1, look.colour("line"))
        for lane in self._lanes:
            if lane.shown:
                painter.fillRect(plot.left(), lane.plot.bottom() + 1, plot.width(), 1, look.colour("line"))
        top = 1 + self._ruler
        painter.fillRect(plot.right() + 1, top, self._look.px(6), self._bottom - top, look.colour("surface"))
        for lane in self._lanes:
            if lane.shown:
                painter.fillRect(plot.right() + 1, lane.plot.bottom() + 1, look.px(6), 1, look.colour("line"))
        painter.fillRect(plot.right(), top, 1, self._bottom - top, look.colour("line_strong"))

    def _paint_times(self, painter: QPainter, plot: QRect, repetitions: list[RepetitionView]) -> None:
        """Draw what stands at a time through all lanes: seconds, repetitions, pauses."""
        area = QRect(plot.left(), 1 + self._ruler, plot.width(), self._bottom - 1 - self._ruler)
        for before in range(5, int(self._seconds), 5):
            self._overlay.paint_second(painter, area, plot.right() + 1 - plot.width() * before / self._seconds)
        for repetition in repetitions:
            for border in (repetition.start_s, repetition.end_s):
                if border is not None and self._x(border) > plot.left():
                    self._overlay.paint_border(painter, area, self._x(border))
        for start, end in self._pauses.spans:
            right = plot.right() + 1 if end is None else self._x(end)
            self._overlay.paint_veil(painter, area, self._x(start), right)

    def _paint_labels(self, painter: QPainter) -> None:
        """Draw what lies over the lanes: tick labels, and the words of the gaps."""
        for lane in self._lanes:
            if lane.shown:
                for at, picture in lane.labels:
                    painter.drawPixmap(QPointF(lane.plot.topLeft()) + at, picture)
        rows = self._history.between(self._now_s - self._seconds, self._now_s + TICK_S)
        missing = np.isnan(rows["value"][:, : len(self._lanes)])
        if missing.any():
            for lane in self._lanes:
                if lane.shown:
                    self._paint_gap_labels(painter, lane, rows["time_s"], missing[:, lane.number])

    def _paint_gap_labels(
        self, painter: QPainter, lane: Lane, times: NDArray[np.float64], missing: NDArray[np.bool_]
    ) -> None:
        for start, end in runs(np.ascontiguousarray(missing)):
            right = float(times[end]) if end < len(times) else self._now_s
            self._overlay.paint_gap_label(painter, lane.plot, self._x(float(times[start])), self._x(right))

    def _paint_dot(self, painter: QPainter, lane: Lane) -> None:
        rows = self._history.rows
        if self._edge is None or not len(rows):
            return
        value = float(rows["value"][-1, lane.number])
        if np.isfinite(value):
            y = lane.plot.top() + float(lane.scale.y(min(max(value, lane.view.display[0]), lane.view.display[1])))
            self._overlay.paint_dot(painter, QPointF(self._x(float(rows["time_s"][-1])), y), lane.number)

    # hands and keys

    def choose(self, place: int) -> None:
        """Choose the lane at a place of the order (0 = the first) and bring it into sight."""
        if not 0 <= place < len(self._order):
            return
        self._chosen, self._chosen_by_hand = self._order[place], True
        if not self._lanes[self._chosen].shown:
            self.scroll_to(place)
        self.said.emit(tr("{name} is chosen. T goes to its target.").format(name=self._lanes[self._chosen].view.name))
        self.update()

    def scroll_to(self, place: int) -> None:
        """Let the lanes begin at a place of the order, as far as there are lanes below to fill the room."""
        shown = max(1, sum(lane.shown for lane in self._lanes))
        self._first = min(max(place, 0), max(0, len(self._order) - 1))
        if place <= len(self._order) - shown or place == 0:
            self._first = max(0, place)
        self._arrange()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the lanes where not all fit."""
        down = event.angleDelta().y() < 0
        if down and self.hidden_below:
            self.scroll_to(self._first + 1)
        elif not down and self._first:
            self.scroll_to(self._first - 1)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the lane under the pointer."""
        for place, number in enumerate(self._order):
            lane = self._lanes[number]
            if lane.shown and lane.plot.top() <= event.position().y() <= lane.plot.bottom():
                self.choose(place)

    def focus_handle(self) -> None:
        """Give the focus to the next handle of the chosen lane; from its last one on to the next lane."""
        lanes = [self._lanes[n] for n in self._order if self._lanes[n].shown and self._lanes[n].handles]
        if not lanes:
            return
        own = [lane for lane in lanes if lane.number == self._chosen] or lanes[:1]
        ring = [h for lane in own + [other for other in lanes if other not in own] for h in lane.handles.values()]
        current = next((i for i, handle in enumerate(ring) if handle.hasFocus()), -1)
        ring[(current + 1) % len(ring)].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _focused(self, lane: Lane, handle: TargetHandle) -> None:
        self._hint = tr("↑ ↓ move {value}").format(value=handle.text) if handle.active else ""
        self.update(QRect(0, self._bottom, self.width(), self.height() - self._bottom))

    def _asked(self, lane: Lane, edge: Edge, wanted: float, both: bool) -> None:
        """Move an edge, or both, as far as it may go, and tell the session."""
        handle = lane.handles[edge]
        low, high = lane.band
        moves: dict[Edge, float]
        if both and low is not None and high is not None and len(lane.handles) == 2:
            shift = wanted - handle.at
            shift = min(max(shift, lane.view.display[0] - low), lane.view.display[1] - high)
            moves = {"low": low + shift, "high": high + shift}
            stopped = "" if shift == wanted - handle.at else "scale"
        else:
            move = move_edge(lane.view, lane.band, edge, wanted)
            moves = {edge: move.value}
            stopped = move.stopped
        handle.show_stopped(stopped)
        if stopped:
            self._say_stopped(lane, stopped)
        self._apply(lane, moves)
        self._focused(lane, handle)

    def _say_stopped(self, lane: Lane, stopped: str) -> None:
        view = lane.view
        if stopped == "narrowest":
            text = tr("{name}: the band is {value} wide. Narrower could be chance.")
            self.said.emit(text.format(name=view.name, value=with_unit(view.narrowest, view.unit)))
        else:
            self.said.emit(tr("{name}: the scale ends here.").format(name=view.name))

    def _apply(self, lane: Lane, moves: dict[Edge, float]) -> None:
        low, high = lane.band
        band = (moves.get("low", low), moves.get("high", high))
        if band == lane.band:
            for handle in lane.handles.values():
                handle.follow(lane.view, lane.band)
            return
        self._held[lane.view.id] = (band, self._clock() + _HOLD_S)
        changed: list[Edge] = [edge for edge, value in moves.items() if value != (low if edge == "low" else high)]
        lane.follow(lane.view, band)
        self._fill()
        self.update()
        for edge in changed:
            self.target_moved.emit(lane.view.id, edge, float(moves[edge]))


def lane_heights(count: int, room: int, look: Look, with_main: bool = True) -> list[int]:
    """Share ``room`` among lanes: the first is larger; as many as fit at seven tenths of their full height."""
    wanted = [look.px(MAIN if place == 0 and with_main else OTHER) for place in range(count)]
    while wanted and round(sum(wanted) * _SMALLEST) > room and len(wanted) > 1:
        wanted.pop()
    whole = sum(wanted)
    if not whole:
        return []
    factor = room / whole
    heights = [int(height * factor) for height in wanted]
    if heights:
        heights[0] += room - sum(heights)
    return heights
