"""The strip charts: every signal in its lane, moving at display rate, with the target's handles at the right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from biofeedback.session.view import LaneView, SessionView
from biofeedback.stream import host_time_s
from biofeedback.ui.console.gutter import GUTTER
from biofeedback.ui.console.handles import TargetHandle
from biofeedback.ui.console.history import Pauses, TickHistory
from biofeedback.ui.console.lane import HANDLE_ZONE, Lane, lane_order
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.ruler import AXIS, RULER
from biofeedback.ui.console.scene import Scene
from biofeedback.ui.console.stats import PaintMeter
from biofeedback.ui.console.targets import Edge, HeldBands, move_both, move_edge, stopped_words
from biofeedback.ui.language import tr

MAIN, OTHER = 178, 96
_SMALLEST = 0.7  # lanes give up three tenths of their height before one leaves the screen
_FRAME = 2 + RULER + 1 + AXIS
_SPEAK_S = 1.0
_LAG_S = 0.5  # without ticks for longer, the picture stands still


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
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # time runs to the right in every language
        self._look, self._history, self._clock = look, history, clock
        self.meter = meter or PaintMeter()
        self._scene = Scene(look, history, pauses or Pauses(seconds), seconds, ruler)
        self._held = HeldBands(clock)
        self._order: list[int] = []
        self._painted_total = 0
        self._spoken_s = -_SPEAK_S
        self._instead = ""
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
            dirty |= lane.follow(page, self._held.band_of(page))
        self._scene.repetitions = view.repetitions
        self._instead = "" if view.phase == "live" else "paused" if view.phase == "paused" else "idle"
        if dirty:
            self._scene.fill()
            self.update()

    def _make_lanes(self, pages: tuple[LaneView, ...]) -> None:
        for lane in self._lanes:
            for handle in lane.handles.values():
                handle.deleteLater()
        self._scene.lanes = [Lane(self, self._look, number, page) for number, page in enumerate(pages)]
        self._order = lane_order(pages)
        self._scene.first, self._scene.chosen = 0, None
        for lane in self._lanes:
            for handle in lane.handles.values():
                handle.asked.connect(partial(self._asked, lane))
                handle.focused.connect(partial(self._focused, lane, handle))
        for before, after in zip(self._handles(), self._handles()[1:], strict=False):
            QWidget.setTabOrder(before, after)
        self._arrange()

    @property
    def _lanes(self) -> list[Lane]:
        return self._scene.lanes

    def _handles(self) -> list[TargetHandle]:
        return [handle for number in self._order for handle in self._lanes[number].handles.values()]

    # places

    def _arrange(self) -> None:
        """Give each lane its plot; lanes that do not fit wait below."""
        look = self._look
        room = self.height() - 2 - look.px(AXIS) - self._scene.ruler
        heights = lane_heights(len(self._lanes) - self._scene.first, room, look, self._scene.first == 0)
        top = 1 + self._scene.ruler
        left, width = 1 + look.px(GUTTER), self.width() - 2 - look.px(GUTTER) - look.px(HANDLE_ZONE)
        for place, number in enumerate(self._order):
            at = place - self._scene.first
            if 0 <= at < len(heights) and width > 8:
                self._lanes[number].place(QRect(left, top, width, heights[at] - 1))
                top += heights[at]
            else:
                self._lanes[number].place(QRect())
        self._scene.measure(self.rect(), top, self.devicePixelRatioF())
        self._scene.fill()
        self.update()

    @property
    def hidden_below(self) -> int:
        """How many lanes wait below."""
        return self._scene.hidden_below

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

    # the moving picture

    def advance(self, now_s: float) -> None:
        """Move the picture to ``now_s`` on the host's clock, and draw what has come since."""
        newest = self._history.newest_s
        if newest is None or not self._lanes:
            return
        self.meter.begin()
        scene = self._scene
        if scene.ratio != self.devicePixelRatioF():  # the window came to a screen of another resolution
            self._arrange()
        scene.now_s = min(max(now_s, newest), newest + _LAG_S)
        edge = scene.time.column(scene.now_s) + 1
        if edge != scene.edge or self._painted_total != self._history.total:
            scene.edge = edge if scene.edge is None else max(edge, scene.edge)
            scene.fill()
            self.update(scene.live)

    def read_figures(self) -> None:
        """Renew the figures of the gutters; called at most five times a second."""
        rows = self._history.rows
        row = rows[-1] if len(rows) else None
        for lane in self._lanes:
            if lane.read(row, self._instead) and lane.shown:
                self.update(self._scene.gutter_of(lane))
        if self._clock() - self._spoken_s >= _SPEAK_S:
            self._spoken_s = self._clock()
            self.setAccessibleDescription(". ".join(lane.figures.spoken() for lane in self._lanes))

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what has to be drawn: mostly the plots alone."""
        live, region = self._scene.live, event.region()
        with QPainter(self) as painter:
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            self._scene.paint(painter, whole=not live.contains(event.rect()), moving=region.intersects(live))
        if region.intersects(live):
            self._measure()

    def _measure(self) -> None:
        self.meter.painted()
        if self._painted_total != self._history.total:
            self._painted_total = self._history.total
            newest, now = self._history.rows[-1], self._clock()
            self.meter.delay(now - float(newest["time_s"]), now - float(newest["arrived_s"]))

    # hands and keys

    def choose(self, place: int) -> None:
        """Choose the lane at a place of the order (0 = the first) and bring it into sight."""
        if not 0 <= place < len(self._order):
            return
        lane = self._lanes[self._order[place]]
        self._scene.chosen = lane.number
        if place < self._scene.first:
            self.scroll_to(place)
        while not lane.shown and self._scene.first < place:
            self.scroll_to(self._scene.first + 1)
        self.said.emit(tr("{name} is chosen. T goes to its target.").format(name=lane.view.name))
        self.update()

    def scroll_to(self, place: int) -> None:
        """Let the lanes begin at a place of the order."""
        self._scene.first = min(max(place, 0), max(0, len(self._order) - 1))
        self._arrange()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the lanes where not all fit."""
        down = event.angleDelta().y() < 0
        if down and self.hidden_below:
            self.scroll_to(self._scene.first + 1)
        elif not down and self._scene.first:
            self.scroll_to(self._scene.first - 1)
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
        own = [lane for lane in lanes if lane.number == self._scene.chosen] or lanes[:1]
        ring = [h for lane in own + [other for other in lanes if other not in own] for h in lane.handles.values()]
        current = next((i for i, handle in enumerate(ring) if handle.hasFocus()), -1)
        ring[(current + 1) % len(ring)].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _focused(self, lane: Lane, handle: TargetHandle) -> None:
        self._scene.hint = tr("↑ ↓ move {value}").format(value=handle.text) if handle.active else ""
        self.update(QRect(0, self._scene.bottom, self.width(), self.height() - self._scene.bottom))

    def _asked(self, lane: Lane, edge: Edge, wanted: float, both: bool) -> None:
        """Move an edge, or both, as far as it may go, and tell the session."""
        handle = lane.handles[edge]
        low, high = lane.band
        moves: dict[Edge, float]
        if both and low is not None and high is not None and len(lane.handles) == 2:
            moves, stopped = move_both(lane.view, (low, high), wanted - handle.at)
        else:
            move = move_edge(lane.view, lane.band, edge, wanted)
            moves = {edge: move.value}
            stopped = move.stopped
        handle.show_stopped(stopped)
        if stopped:
            self.said.emit(stopped_words(lane.view, stopped))
        self._apply(lane, moves)
        self._focused(lane, handle)

    def _apply(self, lane: Lane, moves: dict[Edge, float]) -> None:
        low, high = lane.band
        band = (moves.get("low", low), moves.get("high", high))
        if band == lane.band:
            for handle in lane.handles.values():
                handle.follow(lane.view, lane.band)
            return
        self._held.hold(lane.view.id, band)
        lane.follow(lane.view, band)
        self._scene.fill()
        self.update()
        for edge, value in moves.items():
            if value != (low if edge == "low" else high):
                self.target_moved.emit(lane.view.id, edge, float(value))


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
