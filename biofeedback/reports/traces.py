"""Signals drawn over time: what the page of a session and the picture of a scored file have in common."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from biofeedback.appearance import Theme
from biofeedback.appearance.language import tr
from biofeedback.feedback.results import RepetitionResult
from biofeedback.reports.content import Trace


class Scale:
    """From time and value to the page; long traces keep their extremes, two points a tenth of a millimetre."""

    def __init__(self, trace: Trace, frame: QRectF, duration_s: float) -> None:
        self._trace, self.frame, self._duration_s = trace, frame, max(duration_s, 1.0)

    def x(self, time_s: float) -> float:
        """Return where a time of the page lies."""
        return self.frame.left() + self.frame.width() * time_s / self._duration_s

    def y(self, value: float) -> float:
        """Return where a value lies."""
        low, high = self._trace.display
        share = (value - low) / (high - low)
        return self.frame.top() + self.frame.height() * (share if self._trace.inverted else 1 - share)

    def lines(self) -> list[QPolygonF]:
        """Return the trace, a line for each stretch without a hole."""
        times, values = _thinned(self._trace.times_s, self._trace.values, int(self.frame.width() * 10))
        known = ~np.isnan(values)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
        return [
            QPolygonF(
                [QPointF(self.x(t), self.y(v)) for t, v in zip(times[a:b].tolist(), values[a:b].tolist(), strict=True)]
            )
            for a, b in zip(edges[::2], edges[1::2], strict=True)
        ]


def _thinned(times: np.ndarray, values: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    if len(values) <= 2 * bins:
        return times, values
    size = -(-len(values) // bins)
    padded = np.concatenate([values, np.full(-len(values) % size, np.nan)]).reshape(-1, size)
    empty = np.isnan(padded).all(axis=1)
    low = np.where(empty, np.nan, np.min(np.where(np.isnan(padded), np.inf, padded), axis=1))
    high = np.where(empty, np.nan, np.max(np.where(np.isnan(padded), -np.inf, padded), axis=1))
    return np.repeat(times[::size][: len(padded)], 2), np.column_stack([low, high]).ravel()


def paint_band(painter: QPainter, theme: Theme, trace: Trace, scale: Scale) -> None:
    """Paint the target band behind a trace."""
    if trace.band == (None, None):
        return
    frame = scale.frame
    low, high = (edge if edge is not None else trace.display[i] for i, edge in enumerate(trace.band))
    ys = sorted((scale.y(low), scale.y(high)))
    painter.fillRect(QRectF(frame.left(), ys[0], frame.width(), ys[1] - ys[0]), QColor(theme["target_band"]))
    painter.setPen(QPen(QColor(theme["band_edge"]), 0.2))
    for edge in trace.band:
        if edge is not None:
            painter.drawLine(QPointF(frame.left(), scale.y(edge)), QPointF(frame.right(), scale.y(edge)))


def paint_lines(painter: QPainter, scale: Scale, colour: str) -> None:
    """Paint a trace."""
    round_ends = (Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(QPen(QColor(colour), 0.3, *round_ends))
    for line in scale.lines():
        painter.drawPolyline(line)


def score_words(repetition: RepetitionResult) -> str:
    """Return the score with its error."""
    return tr("No score") if repetition.score is None else f"{repetition.score:.0f} ± {repetition.error or 0:.0f}"


def clock_words(seconds: float) -> str:
    """Return minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def unit_words(unit: str) -> str:
    """Return the unit as it stands behind a number."""
    return unit if unit == "°" else f" {unit}"


def band_words(trace: Trace) -> str:
    """Say what the target band is."""
    low, high = trace.band
    unit = unit_words(trace.unit)
    if low is None and high is None:
        return ""
    if high is None:
        return tr("target above {low}").format(low=f"{low:.0f}{unit}")
    if low is None or low == trace.display[0]:
        return tr("target under {high}").format(high=f"{high:.0f}{unit}")
    return tr("target {low} to {high}").format(low=f"{low:.0f}", high=f"{high:.0f}{unit}")
