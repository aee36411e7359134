"""A lane's picture kept as a ring of pixel columns: only new columns are drawn, the rest is moved.

One column is one device pixel. Column ``c`` of time stands at ``c % width``, so a picture of the last seconds is two
blits. Whatever is drawn depends on the ticks near a column alone: a ring filled step by step and one drawn at once are
the same to the pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLine, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap, QPolygonF

from biofeedback.session.view import LaneView
from biofeedback.ui.console.history import TICK_S
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.scale import TimeScale, ValueScale, runs
from biofeedback.ui.console.words import edges

_HATCH = 10


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
    def values(self) -> ValueScale:
        """Values against device pixels."""
        return ValueScale(*self.display, self.inverted, self.height, 4 * self.ratio * self.look.scale)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Columns that stand side by side in the pixmap: ``first`` to before ``last``, ``page`` columns from zero."""

    first: int
    last: int
    page: int

    @property
    def box(self) -> tuple[int, int]:
        return self.first - self.page, self.last - self.first


class LaneRing:
    """The picture of one lane."""

    def __init__(self, style: RingStyle) -> None:
        self.style = style
        self._pixmap = QPixmap(style.width, style.height)
        self._pixmap.fill(style.look.colour("surface"))
        self._dirty: int | None = None
        self._edge = 0
        self.columns_drawn = 0
        self._line = QPen(
            style.look.signal(style.number), 2 * style.ratio * style.look.scale, Qt.PenStyle.SolidLine,
            Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin,
        )  # fmt: skip
        self._raw_pen = QPen(style.look.signal(style.number, 0.28), 1)

    @property
    def edge(self) -> int:
        """The first column that is not drawn yet."""
        return self._edge

    def advance(self, rows: NDArray[np.void], lane: int, edge: int) -> None:
        """Draw what is new among the kept ticks, up to column ``edge``, and whatever a new tick may have changed."""
        style = self.style
        first = edge - style.width
        if self._dirty is not None:
            first = max(first, self._dirty)
        if edge > first:
            self._draw(rows, lane, first, edge)
        self._edge = edge
        newest = style.time.column(float(rows["time_s"][-1])) if len(rows) else edge
        self._dirty = min(newest - self._margin, edge)

    @property
    def _margin(self) -> int:
        """How far the pen reaches, in columns, plus one."""
        return int(np.ceil(self._line.widthF())) + 2

    def _draw(self, rows: NDArray[np.void], lane: int, first: int, last: int) -> None:
        width = self.style.width
        self.columns_drawn += last - first
        painter = QPainter(self._pixmap)
        while first < last:
            page = (first // width) * width
            piece = _Piece(first, min(last, page + width), page)
            self._draw_piece(painter, rows, lane, piece)
            first = piece.last
        painter.end()

    def _draw_piece(self, painter: QPainter, rows: NDArray[np.void], lane: int, piece: _Piece) -> None:
        left, width = piece.box
        painter.setClipRect(left, 0, width, self.style.height)
        self._draw_ground(painter, left, width)
        per_second = self.style.time.per_second
        reach = self._margin / per_second + 3 * TICK_S
        start, end = np.searchsorted(
            rows["time_s"], (piece.first / per_second - reach, piece.last / per_second + reach)
        )
        near = rows[start:end]
        if not len(near):
            return
        values = near["value"][:, lane].astype(np.float64)
        columns = near["time_s"] * per_second - piece.page
        cover = _Cover.of(columns, per_second, left, width)
        if self.style.raw:
            self._draw_raw(painter, near["raw_low"][:, lane], near["raw_high"][:, lane], cover)
        self._draw_signal(painter, columns, values)
        started = columns[0] if not start else -np.inf
        self._draw_gaps(painter, np.isfinite(values), cover, started, columns[-1], piece)

    def _draw_ground(self, painter: QPainter, left: int, width: int) -> None:
        style, look = self.style, self.style.look
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(left, 0, width, style.height, look.colour("surface"))
        low, high = (style.display[end] if style.band[end] is None else style.band[end] for end in (0, 1))
        if style.edges != (None, None) and low is not None and high is not None:
            top, bottom = sorted((round(style.values.y(low)), round(style.values.y(high))))
            painter.fillRect(left, top, width, bottom - top, look.colour("target_band"))
        thin, thick = max(1, round(style.ratio)), max(2, round(2 * style.ratio * look.scale))
        for tick in style.ticks:
            painter.fillRect(left, round(style.values.y(tick)), width, thin, look.colour("line"))
        for edge in style.edges:
            if edge is not None:
                painter.fillRect(left, round(style.values.y(edge)) - thick // 2, width, thick, look.colour("in_target"))

    def _draw_raw(self, painter: QPainter, low: NDArray[np.float32], high: NDArray[np.float32], cover: _Cover) -> None:
        """One line a column from the smallest to the greatest value within it."""
        style = self.style
        lowest, highest = cover.reduce(np.fmin, low), cover.reduce(np.fmax, high)
        bottom = np.clip(style.values.y(np.clip(lowest, *style.display)), 0, style.height - 1)
        top = np.clip(style.values.y(np.clip(highest, *style.display)), 0, style.height - 1)
        known = np.flatnonzero(np.isfinite(bottom) & np.isfinite(top))
        lines = [
            QLine(x, y0, x, y1)
            for x, y0, y1 in zip(
                (known + cover.left).tolist(),
                np.rint(top[known]).astype(int).tolist(),
                np.rint(bottom[known]).astype(int).tolist(),
                strict=True,
            )
        ]
        if lines:
            painter.setPen(self._raw_pen)
            painter.drawLines(lines)

    def _draw_signal(self, painter: QPainter, columns: NDArray[np.float64], values: NDArray[np.float64]) -> None:
        style = self.style
        room = style.display[1] - style.display[0]
        ys = style.values.y(np.clip(values, style.display[0] - 0.1 * room, style.display[1] + 0.1 * room))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._line)
        for start, end in runs(np.isfinite(values)):
            points = [QPointF(x, y) for x, y in zip(columns[start:end].tolist(), ys[start:end].tolist(), strict=True)]
            painter.drawPolyline(QPolygonF(points))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _draw_gaps(
        self, painter: QPainter, finite: NDArray[np.bool_], cover: _Cover, started: float, newest: float, piece: _Piece
    ) -> None:
        """Hatch the columns between the first and the newest tick that have no value."""
        style = self.style
        at = np.arange(cover.left, cover.left + cover.width)
        empty = np.logical_not(cover.reduce(np.logical_or, finite)) & (at + 1 > started) & (at <= newest)
        height = style.height
        for start, end in runs(empty):
            left, width = cover.left + start, end - start
            painter.setClipRect(left, 0, width, height)
            painter.fillRect(left, 0, width, height, style.look.colour("fault_soft"))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(style.look.colour("fault", 0.6), style.ratio))
            step = round(_HATCH * style.ratio)
            first = left - height - (left - height + piece.page) % step
            for x in range(first, left + width, step):
                painter.drawLine(x, height, x + height, 0)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def blit(self, painter: QPainter, target: QRect) -> None:
        """Draw the last columns into ``target`` (logical pixels), the newest at its right end."""
        style = self.style
        split = self._edge % style.width
        left = style.width - split
        if style.ratio == 1.0:
            painter.drawPixmap(QPoint(target.x(), target.y()), self._pixmap, QRect(split, 0, left, style.height))
            if split:
                painter.drawPixmap(
                    QPoint(target.x() + left, target.y()), self._pixmap, QRect(0, 0, split, style.height)
                )
            return
        ratio, height = style.ratio, style.height
        for x, source, width in ((0, split, left), (left, 0, split)):
            if width:
                box = QRectF(target.x() + x / ratio, target.y(), width / ratio, height / ratio)
                painter.drawPixmap(box, self._pixmap, QRectF(source, 0, width, height))

    def picture(self) -> QPixmap:
        """Return the ring as it lies in memory."""
        return self._pixmap


@dataclass(frozen=True, slots=True)
class _Cover:
    """Which ticks reach into each of ``width`` columns from ``left`` on; a tick lasts until the next one is due."""

    first: NDArray[np.intp]
    last: NDArray[np.intp]
    left: int
    width: int

    @classmethod
    def of(cls, columns: NDArray[np.float64], per_second: float, left: int, width: int) -> _Cover:
        at = np.arange(left, left + width)
        # A tick's time is rounded on its way: a twentieth of a tick keeps neighbours from leaving a slit.
        lasts = 1.05 * TICK_S * per_second
        return cls(np.searchsorted(columns, at - lasts, "right"), np.searchsorted(columns, at + 1, "left"), left, width)

    def reduce(self, ufunc: np.ufunc, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """Reduce the ticks of each column; NaN (or False) where there are none."""
        empty = False if values.dtype == np.bool_ else np.nan
        made = np.full(self.width, empty, dtype=values.dtype)
        some = np.flatnonzero(self.last > self.first)
        if not len(some):
            return made
        bounds = np.stack((self.first[some], np.minimum(self.last[some], len(values))), axis=1).ravel()
        padded = np.concatenate((values, values[-1:]))
        made[some] = ufunc.reduceat(padded, bounds)[::2]
        return made
