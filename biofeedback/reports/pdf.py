"""Draw a session's page with Qt's PDF writer: text stays text, curves stay curves. Units are millimetres of A4."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMarginsF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QGuiApplication,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QPen,
    QPolygonF,
)

from biofeedback.appearance import FONT_FAMILY, Theme, font_files, theme
from biofeedback.exercises.model import DOMAINS
from biofeedback.feedback.results import RepetitionResult, mean_score
from biofeedback.reports.content import ReportError, SessionPage, Trace

_WIDTH, _HEIGHT, _MARGIN = 210.0, 297.0, 16.0
_RIGHT = _WIDTH - _MARGIN
_DPI = 600
_MM_PER_POINT = 25.4 / 72
_DOMAIN_WORDS = {
    "range": "Range",
    "control": "Control",
    "timing": "Timing",
    "symmetry": "Even",
    "muscle": "Muscle",
}
_FEW, _MOST_TRACES = 14, 3
_SCORE_WORDS = (
    "Score: weighted geometric mean of the five parts, 0 to 100; ± is the standard error from the measures’ own. "
    "Cues “own”: on their own, without feedback."
)
NOT_A_DEVICE = (
    "Made by a research and education toolkit, not a medical device: for the judgement of a qualified person, "
    "not for diagnosis."
)


def _application() -> QGuiApplication:
    """Return Qt's application; a page needs fonts but no screen."""
    existing = QGuiApplication.instance()
    if isinstance(existing, QGuiApplication):
        return existing
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QGuiApplication([])


def write(page: SessionPage, path: Path) -> None:
    """Write the page as a PDF.

    Raises
    ------
    ReportError
        If the file cannot be written.
    """
    application = _application()
    for file in font_files():
        QFontDatabase.addApplicationFont(str(file))
    draft = path.with_name(f".{path.name}.draft")
    writer = QPdfWriter(str(draft))
    writer.setResolution(_DPI)
    writer.setTitle(f"{page.exercise}, {page.started:%Y-%m-%d}")
    writer.setCreator(page.program)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QSizeF(_WIDTH, _HEIGHT), QPageSize.Unit.Millimeter), QPageLayout.Orientation.Portrait, QMarginsF()
        )
    )
    painter = QPainter()
    if not painter.begin(writer):
        raise ReportError(f"{path}: cannot be written; is the folder there, and is there room on the disk?")
    painter.scale(_DPI / 25.4, _DPI / 25.4)
    _Drawing(painter, page).draw()
    painter.end()
    del writer, application
    try:
        draft.replace(path)
    except OSError as error:
        raise ReportError(f"{path}: cannot be written ({error.strerror})") from error


class _Drawing:
    """One page being drawn, from the top down."""

    def __init__(self, painter: QPainter, page: SessionPage) -> None:
        self._painter, self._page = painter, page
        self._theme: Theme = theme("light")
        self._y = _MARGIN

    def draw(self) -> None:
        self._head()
        self._figures()
        tall = len(self._page.repetitions) <= _FEW
        for number, trace in enumerate(self._page.traces[:_MOST_TRACES]):
            height = (48.0 if tall else 34.0) if number == 0 else (22.0 if tall else 16.0)
            self._trace(trace, self._theme.signals[number], height, with_marks=number == 0)
        self._time_axis()
        self._table()
        self._foot()

    # text -----------------------------------------------------------------------------------------------------------

    def _font(self, points: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        font = QFont(FONT_FAMILY)
        font.setWeight(weight)
        font.setPixelSize(1000)  # drawn in a frame of its own, so that hinting never meets millimetres
        return font

    def _text(
        self,
        x: float,
        baseline: float,
        text: str,
        points: float = 9.0,
        *,
        colour: str = "ink",
        bold: bool = False,
        align: str = "left",
        width: float | None = None,
    ) -> float:
        """Draw one line of text; return its width. Longer than ``width``: elided in the middle."""
        weight = QFont.Weight.DemiBold if bold else QFont.Weight.Normal
        font = self._font(points, weight)
        metrics = QFontMetricsF(font)
        size = points * _MM_PER_POINT / 1000
        if width is not None:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width / size)
        advance = metrics.horizontalAdvance(text) * size
        left = x - advance if align == "right" else x - advance / 2 if align == "centre" else x
        self._painter.save()
        self._painter.translate(left, baseline)
        self._painter.scale(size, size)
        self._painter.setFont(font)
        self._painter.setPen(QColor(self._theme[colour]))
        self._painter.drawText(QPointF(0, 0), text)
        self._painter.restore()
        return advance

    def _rule(self, y: float, colour: str = "line", width: float = 0.2) -> None:
        self._painter.setPen(QPen(QColor(self._theme[colour]), width))
        self._painter.drawLine(QPointF(_MARGIN, y), QPointF(_RIGHT, y))

    # parts ----------------------------------------------------------------------------------------------------------

    def _head(self) -> None:
        page = self._page
        self._text(_MARGIN, self._y + 6, page.exercise, 17, bold=True, width=130)
        self._text(_RIGHT, self._y + 2.5, page.person or "No person", 9, bold=True, align="right", width=60)
        when = f"{page.started.astimezone():%d %B %Y, %H:%M}"
        self._text(_RIGHT, self._y + 7.5, when, 9, colour="ink_soft", align="right")
        self._y += 11
        self._rule(self._y)
        self._y += 4

    def _figures(self) -> None:
        page = self._page
        standing = [r for r in page.repetitions if not r.undone]
        practice = mean_score(list(page.repetitions), probe=False)
        probes = mean_score(list(page.repetitions), probe=True)
        reached = sum(r.reached for r in standing)
        figures = [
            (str(len(standing)), "repetitions", f"{reached} reached the target"),
            (_figure(practice), "score with feedback", "mean of 0 to 100"),
            (_figure(probes), "score on their own", "no feedback given" if probes is not None else "none done"),
            (_clock(page.active_s), "active", f"of {_clock(page.duration_s)} recorded"),
        ]
        step = (_RIGHT - _MARGIN) / len(figures)
        for i, (value, name, note) in enumerate(figures):
            x = _MARGIN + i * step
            self._text(x, self._y + 9, value, 24, bold=True)
            self._text(x, self._y + 14, name, 9)
            self._text(x, self._y + 18, note, 8, colour="ink_soft", width=step - 3)
        self._y += 25

    def _trace(self, trace: Trace, colour: str, height: float, with_marks: bool) -> None:
        top, painter = self._y, self._painter
        left, width = _MARGIN + 26, _RIGHT - _MARGIN - 26
        self._text(_MARGIN, top + 4, trace.name, 9, bold=True, width=25)
        self._text(_MARGIN, top + 8, _band_words(trace), 7.5, colour="ink_soft", width=25)
        frame = QRectF(left, top, width, height)
        painter.fillRect(frame, QColor(self._theme["window"]))
        scale = _Scale(trace, frame, self._page.duration_s)
        self._band(trace, scale, frame)
        painter.save()
        painter.setClipRect(frame)
        if with_marks:
            self._marks(scale, frame)
        painter.setPen(
            QPen(QColor(colour), 0.3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        )
        for line in scale.lines():
            painter.drawPolyline(line)
        painter.restore()
        for value in trace.display:
            y = min(max(scale.y(value), top + 3.0), top + height - 1.0)
            self._text(left + 1, y, f"{value:.0f}{_unit(trace.unit)}", 7, colour="ink_soft")
        self._y += height + 2.5

    def _band(self, trace: Trace, scale: _Scale, frame: QRectF) -> None:
        if trace.band == (None, None):
            return
        low, high = (edge if edge is not None else trace.display[i] for i, edge in enumerate(trace.band))
        ys = sorted((scale.y(low), scale.y(high)))
        self._painter.fillRect(
            QRectF(frame.left(), ys[0], frame.width(), ys[1] - ys[0]), QColor(self._theme["target_band"])
        )
        self._painter.setPen(QPen(QColor(self._theme["band_edge"]), 0.2))
        for edge in trace.band:
            if edge is not None:
                self._painter.drawLine(QPointF(frame.left(), scale.y(edge)), QPointF(frame.right(), scale.y(edge)))

    def _marks(self, scale: _Scale, frame: QRectF) -> None:
        pen = QPen(QColor(self._theme["line_strong"]), 0.12, Qt.PenStyle.DotLine)
        for repetition in self._page.repetitions:
            start, end = (scale.x(t - self._page.start_s) for t in (repetition.start_s, repetition.end_s))
            self._painter.setPen(pen)
            for x in (start, end):
                self._painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            self._text(
                (start + end) / 2, frame.bottom() - 0.8, str(repetition.number), 6.5, colour="ink_soft", align="centre"
            )

    def _time_axis(self) -> None:
        left, width = _MARGIN + 26, _RIGHT - _MARGIN - 26
        step = next(s for s in (5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600, 36000) if self._page.duration_s / s <= 12)
        for seconds in np.arange(0, self._page.duration_s + 0.1, step):
            x = left + width * seconds / max(self._page.duration_s, 1.0)
            self._text(x, self._y + 1.5, _clock(float(seconds)), 7, colour="ink_soft", align="centre")
        self._y += 7

    def _table(self) -> None:
        rows = self._page.repetitions
        room = _HEIGHT - _MARGIN - 36 - self._y
        height = 5.2
        shown = rows if len(rows) * height + 8 <= room else rows[: int((room - 13) / height)]
        columns = [(_DOMAIN_WORDS[domain], 126.0 + 13.0 * i) for i, domain in enumerate(DOMAINS)]
        self._text(_MARGIN + 7, self._y + 3, "Rep", 7.5, colour="ink_soft", align="right")
        self._text(_MARGIN + 24, self._y + 3, "Score", 7.5, colour="ink_soft", align="right")
        self._text(_MARGIN + 28, self._y + 3, "Why", 7.5, colour="ink_soft")
        for word, x in columns:
            self._text(x, self._y + 3, word, 7.5, colour="ink_soft", align="right")
        self._text(_RIGHT, self._y + 3, "Cues", 7.5, colour="ink_soft", align="right")
        self._y += 4.6
        self._rule(self._y)
        for repetition in shown:
            self._row(repetition, height, [x for _, x in columns])
        if len(shown) < len(rows):
            self._y += height
            self._text(
                _MARGIN, self._y - 1.4, f"and {len(rows) - len(shown)} more in the recording", 8, colour="ink_soft"
            )
        if not rows:
            self._text(_MARGIN, self._y + 5, "No repetition was counted.", 9, colour="ink_soft")

    def _row(self, repetition: RepetitionResult, height: float, columns: list[float]) -> None:
        baseline = self._y + height - 1.5
        soft = "ink_soft" if repetition.undone else "ink"
        label = f"{repetition.set_number}·{repetition.number}"
        self._text(_MARGIN + 7, baseline, label, 8, colour=soft, align="right")
        self._text(_MARGIN + 24, baseline, _score(repetition), 8.5, bold=True, colour=soft, align="right")
        reason = f"{repetition.reason} (struck out)" if repetition.undone else str(repetition.reason)
        self._text(_MARGIN + 28, baseline, reason, 8.5, colour=soft, width=74)
        values = [repetition.parts.get(domain) for domain in DOMAINS]
        lowest = min((v for v in values if v is not None), default=1.0)
        for value, x in zip(values, columns, strict=True):
            weak = value is not None and value == lowest and value < 0.7
            text = "–" if value is None else f"{100 * value:.0f}"
            self._text(x, baseline, text, 8, bold=weak, colour="out_of_target" if weak else soft, align="right")
        cues = "own" if repetition.probe else "on" if repetition.feedback else "off"
        self._text(_RIGHT, baseline, cues, 8, colour="ink_soft", align="right")
        self._y += height
        self._rule(self._y, width=0.1)

    def _foot(self) -> None:
        y = _HEIGHT - _MARGIN - 24
        self._rule(y)
        step = (_RIGHT - _MARGIN) / 4
        for i, (label, value) in enumerate(self._page.quality[:4]):
            x = _MARGIN + i * step
            self._text(x, y + 4.5, label, 7, colour="ink_soft", width=step - 2)
            self._text(x, y + 8.0, value, 8, width=step - 2)
        by = f"{self._page.program}, exercise file version {self._page.exercise_version}."
        for line, text in enumerate((_SCORE_WORDS, *self._page.method, by, NOT_A_DEVICE)):
            self._text(_MARGIN, y + 12.0 + 3.0 * line, text, 7, colour="ink_soft", width=_RIGHT - _MARGIN)


class _Scale:
    """From time and value to the page; long traces keep their extremes, two points a tenth of a millimetre."""

    def __init__(self, trace: Trace, frame: QRectF, duration_s: float) -> None:
        self._trace, self._frame, self._duration_s = trace, frame, max(duration_s, 1.0)

    def x(self, time_s: float) -> float:
        return self._frame.left() + self._frame.width() * time_s / self._duration_s

    def y(self, value: float) -> float:
        low, high = self._trace.display
        share = (value - low) / (high - low)
        return self._frame.top() + self._frame.height() * (share if self._trace.inverted else 1 - share)

    def lines(self) -> list[QPolygonF]:
        times, values = _thinned(self._trace.times_s, self._trace.values, int(self._frame.width() * 10))
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


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


def _score(repetition: RepetitionResult) -> str:
    return "No score" if repetition.score is None else f"{repetition.score:.0f} ± {repetition.error or 0:.0f}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _unit(unit: str) -> str:
    return unit if unit == "°" else f" {unit}"


def _band_words(trace: Trace) -> str:
    low, high = trace.band
    unit = _unit(trace.unit)
    if low is None and high is None:
        return ""
    if high is None:
        return f"target above {low:.0f}{unit}"
    if low is None or low == trace.display[0]:
        return f"target under {high:.0f}{unit}"
    return f"target {low:.0f} to {high:.0f}{unit}"
