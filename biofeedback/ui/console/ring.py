"""A lane's picture kept as a ring of pixel columns: only new columns are drawn, the rest is moved.

One column is one device pixel. Column ``c`` of time stands at ``c % width``, so a picture of the last seconds is two
blits. Whatever is drawn depends on the ticks near a column alone: a ring filled step by step and one drawn at once are
the same to the pixel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLine, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from biofeedback.session.view import LaneView
from biofeedback.ui.console.history import TICK_S
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.scale import TimeScale, ValueScale, runs
from biofeedback.ui.console.slices import BLOCK, Slice, Slicer
from biofeedback.ui.console.words import edges

_HATCH = 10


def reach_s(time: TimeScale, pen: float) -> float:
    """Return how far a tick changes the picture to both sides, in seconds."""
    return float(np.ceil(pen) + 2) / time.per_second + 3 * TICK_S


@dataclass(frozen=True, slots=True)
class RingStyle:
    """Everything the pixels of a ring depend on beside the ticks. Another style means drawing anew."""

    look: Look
    number: int
    width: int
    height: int
    ratio: float
    seconds: float
    display: tuple[float, float]
    inverted: bool
    band: tuple[float | None, float | None]
    edges: tuple[float | None, float | None]
    ticks: tuple[float, ...]
    raw: bool

    @classmethod
    def of(cls, lane: LaneView, look: Look, number: int, size: QRect, ratio: float, seconds: float) -> RingStyle:
        """Return the style of a lane in a plot of ``size`` logical pixels."""
        return cls(
            look, number, max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio)), ratio, seconds,
            lane.display, lane.inverted, lane.band, edges(lane), lane.ticks, lane.raw,
        )  # fmt: skip

    @property
    def time(self) -> TimeScale:
        """Times against columns."""
        return TimeScale(self.width, self.seconds)

    @property
    def pen(self) -> float:
        """The width of the signal's line in device pixels."""
        return 2 * self.ratio * self.look.scale

    def stripes(self) -> Iterator[tuple[int, int, QColor]]:
        """Yield top, height and colour of what lies behind the signal: ground, band, ticks, the band's edges."""
        look = self.look
        yield 0, self.height, look.colour("surface")
        low, high = (self.display[end] if self.band[end] is None else self.band[end] for end in (0, 1))
        if self.edges != (None, None) and low is not None and high is not None:
            top, bottom = sorted((round(self.values.y(low)), round(self.values.y(high))))
            yield top, bottom - top, look.colour("target_band")
        thin, thick = max(1, round(self.ratio)), max(2, round(2 * self.ratio * look.scale))
        for tick in self.ticks:
            yield round(self.values.y(tick)), thin, look.colour("line")
        for edge in self.edges:
            if edge is not None:
                yield round(self.values.y(edge)) - thick // 2, thick, look.colour("in_target")

    @property
    def ring_width(self) -> int:
        """Columns of the ring: whole blocks, and one to spare for the oldest that is shown in part."""
        return (-(-self.width // BLOCK) + 2) * BLOCK

    @property
    def values(self) -> ValueScale:
        """Values against device pixels."""
        return ValueScale(*self.display, self.inverted, self.height, 4 * self.ratio * self.look.scale)


def _ground(style: RingStyle) -> QPixmap:
    """Return what lies behind the signal, one block wide."""
    made = QPixmap(BLOCK, style.height)
    with QPainter(made) as painter:
        for top, height, colour in style.stripes():
            painter.fillRect(0, top, BLOCK, height, colour)
    return made


class LaneRing:
    """The picture of one lane."""

    def __init__(self, style: RingStyle) -> None:
        self.style = style
        self._pixmap = QPixmap(style.ring_width, style.height)
        self._pixmap.fill(style.look.colour("surface"))
        self._dirty: int | None = None
        self._edge = 0
        self.columns_drawn = 0
        # Bevels: round joins of many short lines overlap, and their edges add up to beads.
        self._line = QPen(
            style.look.signal(style.number), style.pen, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap,
            Qt.PenJoinStyle.BevelJoin,
        )  # fmt: skip
        self._raw_pen = QPen(style.look.signal(style.number, 0.28), 1)
        self._ground = _ground(style)

    @property
    def edge(self) -> int:
        """The first column that is not drawn yet."""
        return self._edge

    def advance(self, slicer: Slicer, lane: int, edge: int) -> None:
        """Draw what is new up to column ``edge``, and whatever a new tick may have changed: whole blocks."""
        first = edge - self.style.width
        first -= first % BLOCK
        if self._dirty is not None:
            first = max(first, self._dirty)
        if edge > first:
            self._draw(slicer, lane, first, edge)
        self._edge = edge
        settled = slicer.settled_column
        dirty = edge if settled is None else min(settled, edge)
        self._dirty = dirty - dirty % BLOCK

    def _draw(self, slicer: Slicer, lane: int, first: int, last: int) -> None:
        width = self._pixmap.width()
        self.columns_drawn += last - first
        with QPainter(self._pixmap) as painter:
            while first < last:
                end = min(last, first + BLOCK)
                page = first - first % width
                painter.setClipRect(first - page, 0, end - first, self.style.height)
                painter.drawPixmap(first - page, 0, self._ground, 0, 0, end - first, self.style.height)
                part = slicer.cut(first, end)
                if part is not None:
                    self._draw_slice(painter, part, lane, page)
                first = end

    def _draw_slice(self, painter: QPainter, part: Slice, lane: int, page: int) -> None:
        if self.style.raw:
            self._draw_raw(painter, part, lane, page)
        self._draw_signal(painter, part, lane, page)
        missing = part.missing[:, lane]
        if missing.any():
            self._draw_gaps(painter, missing, part.first - page, page)

    def _draw_raw(self, painter: QPainter, part: Slice, lane: int, page: int) -> None:
        """One line a column from the smallest to the greatest value within it."""
        style = self.style
        low, high = part.low[:, lane], part.high[:, lane]
        known = np.flatnonzero(np.isfinite(low) & np.isfinite(high))
        if not len(known):
            return
        ends = np.stack((low[known], high[known]))
        ys = np.rint(np.clip(style.values.y(np.clip(ends, *style.display)), 0, style.height - 1)).astype(int)
        xs = (known + (part.first - page)).tolist()
        painter.setPen(self._raw_pen)
        painter.drawLines([QLine(x, y1, x, y0) for x, y0, y1 in zip(xs, *ys.tolist(), strict=True)])

    def _draw_signal(self, painter: QPainter, part: Slice, lane: int, page: int) -> None:
        style, values = self.style, part.values[:, lane]
        room = style.display[1] - style.display[0]
        ys = style.values.y(np.clip(values, style.display[0] - 0.1 * room, style.display[1] + 0.1 * room)).tolist()
        finite = np.isfinite(values)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._line)
        for start, end in [(0, len(ys))] if finite.all() else runs(finite):
            points = [QPointF(x - page, y) for x, y in zip(part.at[start:end], ys[start:end], strict=True)]
            painter.drawPolyline(points)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_gaps(self, painter: QPainter, missing: NDArray[np.bool_], first: int, page: int) -> None:
        """Hatch the columns that have no value."""
        style, height = self.style, self.style.height
        step = round(_HATCH * style.ratio)
        for start, end in runs(missing):
            left, width = first + start, end - start
            painter.setClipRect(left, 0, width, height)
            painter.fillRect(left, 0, width, height, style.look.colour("fault_soft"))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(style.look.colour("fault", 0.6), style.ratio))
            for x in range(left - height - (left - height + page) % step, left + width, step):
                painter.drawLine(x, height, x + height, 0)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def blit(self, painter: QPainter, target: QRect) -> None:
        """Draw the last columns into ``target`` (logical pixels), the newest at its right end."""
        style = self.style
        ring = self._pixmap.width()
        start = (self._edge - style.width) % ring
        older = min(style.width, ring - start)
        for x, source, width in ((0, start, older), (older, 0, style.width - older)):
            if not width:
                continue
            if style.ratio == 1.0:
                corner = QPoint(target.x() + x, target.y())
                painter.drawPixmap(corner, self._pixmap, QRect(source, 0, width, style.height))
            else:
                ratio, height = style.ratio, style.height
                box = QRectF(target.x() + x / ratio, target.y(), width / ratio, height / ratio)
                painter.drawPixmap(box, self._pixmap, QRectF(source, 0, width, height))

    def picture(self) -> QPixmap:
        """Return the ring as it lies in memory."""
        return self._pixmap
