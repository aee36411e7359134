"""One lane of the strip charts: its place, its ring, its handles, and the figures of its gutter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from biofeedback.session.view import STATES, LaneView
from biofeedback.ui.console.gutter import GutterFigures
from biofeedback.ui.console.handles import TargetHandle, handled_edges
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.ring import LaneRing, RingStyle
from biofeedback.ui.console.scale import ValueScale, spread
from biofeedback.ui.console.slices import Slicer
from biofeedback.ui.console.targets import Edge
from biofeedback.ui.console.words import STATE_GLYPHS, figure, state_word, target_words, unit_words, with_unit

HANDLE_ZONE = 92


class Lane:
    """What the strip charts keep of one signal."""

    def __init__(self, parent: QWidget, look: Look, number: int, view: LaneView) -> None:
        self.look, self.number, self.view = look, number, view
        self.band = view.band
        self.plot = QRect()
        self.ring: LaneRing | None = None
        self.labels: list[tuple[QPointF, QPixmap]] = []
        self.figures = GutterFigures()
        self.handles: dict[Edge, TargetHandle] = {
            edge: TargetHandle(parent, look, view, edge) for edge in handled_edges(view)
        }
        self.handle_middles: dict[Edge, float] = {}

    @property
    def shown(self) -> bool:
        """Whether the lane has a place on the screen."""
        return not self.plot.isEmpty()

    @property
    def scale(self) -> ValueScale:
        """Values against logical pixels of the plot."""
        return ValueScale(*self.view.display, self.view.inverted, self.plot.height(), 4 * self.look.scale)

    def place(self, plot: QRect) -> None:
        """Give the lane its plot; an empty one hides it."""
        self.plot = plot
        self.ring = None
        for handle in self.handles.values():
            handle.setVisible(self.shown)
        if self.shown:
            self._place_handles()

    def _place_handles(self) -> None:
        """Put the handles beside their edges, at least 32 px apart."""
        look, scale = self.look, self.scale
        half = look.px(14)
        shown: list[tuple[float, Edge]] = []
        for edge, handle in self.handles.items():
            shown.append((float(scale.y(handle.at)), edge))
        shown.sort()
        room = (half + 2, self.plot.height() - half - 2)
        middles = spread([y for y, _ in shown], look.px(32), *room)
        self.handle_middles = {edge: middle for (_, edge), middle in zip(shown, middles, strict=True)}
        per_unit = (self.plot.height() - 8 * look.scale) / (self.view.display[1] - self.view.display[0])
        for edge, middle in self.handle_middles.items():
            handle = self.handles[edge]
            handle.pixels_per_unit = per_unit
            handle.move(self.plot.right() + 1 + look.px(26), round(self.plot.top() + middle - half))

    def follow(self, view: LaneView, band: tuple[float | None, float | None]) -> bool:
        """Take a newer page; return whether the picture must be drawn anew."""
        changed = (view.band, view.ticks, view.display) != (self.view.band, self.view.ticks, self.view.display)
        changed |= band != self.band
        self.view, self.band = view, band
        if changed:
            for handle in self.handles.values():
                handle.follow(view, band)
            self.ring = None
            if self.shown:
                self._place_handles()
        return changed

    def fill(self, slicer: Slicer, edge: int, ratio: float, seconds: float) -> None:
        """Bring the ring up to column ``edge``."""
        if self.ring is None:
            style = RingStyle.of(self._banded(), self.look, self.number, self.plot, ratio, seconds)
            self.ring = LaneRing(style)
            self.labels = _tick_labels(self.view, self.look, self.scale, ratio)
        self.ring.advance(slicer, self.number, edge)

    def _banded(self) -> LaneView:
        return self.view if self.band == self.view.band else replace(self.view, band=self.band)

    def read(self, row: np.void | None, instead: str) -> bool:
        """Take the figures of the newest tick; return whether what is read changed.

        ``instead`` is the state while nothing is asked of the person, ``paused`` or ``idle``; "" in a set.
        """
        view = self.view
        value = float(row["value"][self.number]) if row is not None else np.nan
        state = int(row["lane_state"][self.number]) if row is not None else -1
        lost = state < 0 or not np.isfinite(value)
        key = "off" if view.light == "off" else "lost" if lost else STATES[state]
        glyph, word = (key, state_word(key)) if lost else (STATE_GLYPHS[key], state_word(key))
        if instead and not lost:
            glyph, word = "rest", state_word(instead)
        degrees = view.unit == "°"
        shown = "–" if lost else with_unit(value, "°") if degrees else figure(value)
        figures = GutterFigures(
            light="lost" if lost and view.light != "off" else view.light,
            name=view.name,
            note=view.advice or view.note,
            value=shown,
            unit=unit_words(view),
            glyph=glyph,
            word=word,
            target="" if lost else target_words(self._banded()),
            dim=lost,
        )
        changed = figures != self.figures
        self.figures = figures
        return changed

    def paint_connectors(self, painter: QPainter) -> None:
        """Join each handle to its edge."""
        look, scale, right = self.look, self.scale, self.plot.right() + 1
        painter.setPen(QPen(look.colour("in_target"), look.px(2)))
        for edge, middle in self.handle_middles.items():
            y = self.plot.top() + float(scale.y(self.handles[edge].at))
            bend = QPointF(right + look.px(20), self.plot.top() + middle)
            painter.drawLine(QLineF(QPointF(right, y), bend))
            painter.drawLine(QLineF(bend, QPointF(right + look.px(28), bend.y())))


def _tick_labels(view: LaneView, look: Look, scale: ValueScale, ratio: float) -> list[tuple[QPointF, QPixmap]]:
    """Return the labels of a lane's ticks as small pictures: text over a halo of the ground."""
    labels: list[tuple[QPointF, QPixmap]] = []
    for place, tick in enumerate(view.ticks):
        text = with_unit(tick, view.unit)
        if place == 0 and view.word and view.unit == "°":
            text = f"{text} {view.word}"
        y = float(scale.y(tick))
        above = y > look.px(18)
        baseline = y - look.px(4) if above else y + look.px(14)
        picture = _haloed(text, look, ratio)
        labels.append((QPointF(look.px(6), baseline - look.px(15)), picture))
    return labels


def _haloed(text: str, look: Look, ratio: float) -> QPixmap:
    font = look.font("caption")
    path = QPainterPath()
    path.addText(QPointF(look.px(2), look.px(15)), font, text)
    box: QRectF = path.boundingRect()
    picture = QPixmap(round((box.right() + look.px(4)) * ratio), round(look.px(22) * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.strokePath(path, QPen(look.colour("surface", 0.9), look.px(3), j=Qt.PenJoinStyle.RoundJoin))
        painter.fillPath(path, look.colour("ink_soft"))
    return picture


def lane_order(lanes: tuple[LaneView, ...]) -> list[int]:
    """Return the lanes in the order they are shown: the goal signal first."""
    return sorted(range(len(lanes)), key=lambda number: not lanes[number].goal)
