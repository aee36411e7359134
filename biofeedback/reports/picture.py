"""A scored file as one picture: the signals with their bands, the repetitions in them, and why each has its score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from biofeedback.feedback.results import RepetitionResult, mean_score
from biofeedback.reports.content import ReportError, SessionPage, Trace
from biofeedback.reports.sheet import MARGIN, Sheet, application, load_fonts
from biofeedback.reports.traces import (
    Scale,
    band_words,
    clock_words,
    paint_band,
    paint_lines,
    score_words,
    unit_words,
)

_WIDTH, _LEFT = 320.0, MARGIN + 40.0
_RIGHT = _WIDTH - MARGIN
_PIXELS = 2240
_GOAL, _OTHER, _SPACE = 62.0, 24.0, 4.0
_ROW, _COLUMNS = 5.6, 3
_HEAD, _AXIS, _FOOT = 20.0, 8.0, 12.0


def write(page: SessionPage, path: Path) -> None:
    """Write the picture as a PNG.

    Raises
    ------
    ReportError
        If the file cannot be written.
    """
    if path.suffix.lower() != ".png":
        raise ReportError(f"{path}: is no name of a picture; expected one that ends in .png")
    running = application()
    load_fonts()
    scale = _PIXELS / _WIDTH
    image = QImage(_PIXELS, round(_height(page) * scale), QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(scale, scale)
    _Picture(painter, page).draw()
    painter.end()
    if not image.save(str(path)):
        raise ReportError(f"{path}: cannot be written; is the folder there, and is there room on the disk?")
    del running


def _height(page: SessionPage) -> float:
    lanes = _GOAL + _SPACE + (len(page.traces) - 1) * (_OTHER + _SPACE)
    rows = -(-len(page.repetitions) // _COLUMNS) + 1
    return MARGIN + _HEAD + lanes + _AXIS + rows * _ROW + _FOOT + MARGIN / 2


class _Picture(Sheet):
    def __init__(self, painter: QPainter, page: SessionPage) -> None:
        super().__init__(painter)
        self._page = page

    def draw(self) -> None:
        self._head()
        for number, trace in enumerate(self._page.traces):
            self._lane(trace, self.theme.signals[number % len(self.theme.signals)], goal=number == 0)
        self._time_axis()
        self._reasons()
        self._foot()

    def _head(self) -> None:
        page = self._page
        standing = [r for r in page.repetitions if not r.undone]
        score = mean_score(list(page.repetitions), probe=False)
        self.text(MARGIN, self.y + 5, page.exercise, 18, bold=True, width=150)
        self.text(MARGIN, self.y + 11, page.person, 9, colour="ink_soft", width=150)
        reached = sum(r.reached for r in standing)
        figures = (
            ("–" if score is None else f"{score:.0f}", "mean score"),
            (str(reached), "in the target"),
            (str(len(standing)), "repetitions"),
        )
        for i, (value, name) in enumerate(figures):
            self.text(_RIGHT - 34.0 * i, self.y + 6, value, 20, bold=True, align="right")
            self.text(_RIGHT - 34.0 * i, self.y + 11, name, 9, colour="ink_soft", align="right")
        self.y += _HEAD

    def _lane(self, trace: Trace, colour: str, goal: bool) -> None:
        height = _GOAL if goal else _OTHER
        frame = QRectF(_LEFT, self.y, _RIGHT - _LEFT, height)
        painter = self.painter
        self.text(MARGIN, self.y + 4, trace.name, 10, bold=True, width=_LEFT - MARGIN - 12)
        self.text(MARGIN, self.y + 8.5, band_words(trace), 8, colour="ink_soft", width=_LEFT - MARGIN - 12)
        painter.fillRect(frame, QColor(self.theme["window"]))
        scale = Scale(_roomy(trace), frame, self._page.duration_s)
        paint_band(painter, self.theme, trace, scale)
        painter.save()
        painter.setClipRect(frame)
        for repetition in self._page.repetitions:
            self._mark(repetition, scale, labelled=goal)
        paint_lines(painter, scale, colour)
        painter.restore()
        for value in trace.display:
            y = min(max(scale.y(value) + 1.2, frame.top() + 3.0), frame.bottom())
            self.text(_LEFT - 1.5, y, f"{value:.0f}{unit_words(trace.unit)}", 8, colour="ink_soft", align="right")
        self.y += height + _SPACE

    def _mark(self, repetition: RepetitionResult, scale: Scale, labelled: bool) -> None:
        start, end = (scale.x(t - self._page.start_s) for t in (repetition.start_s, repetition.end_s))
        frame = scale.frame
        self.painter.setPen(QPen(QColor(self.theme["line_strong"]), 0.15))
        for x in (start, end):
            self.painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
        if not labelled:
            return
        colour = "ink_soft" if repetition.undone else "ink"
        middle, room = (start + end) / 2, end - start
        if room > 3.5:
            self.text(middle, frame.top() + 3.6, str(repetition.number), 8, colour="ink_soft", align="centre")
        if room > 8.0:
            text = "–" if repetition.score is None else f"{repetition.score:.0f}"
            self.text(middle, frame.top() + 8.6, text, 11, bold=True, colour=colour, align="centre")

    def _time_axis(self) -> None:
        duration_s = self._page.duration_s
        step = next((s for s in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600) if duration_s / s <= 14), 36000)
        for seconds in np.arange(0, duration_s + 0.1, step):
            x = _LEFT + (_RIGHT - _LEFT) * seconds / max(duration_s, 1.0)
            self.text(x, self.y + 1.0, clock_words(float(seconds)), 8, colour="ink_soft", align="centre")
        self.y += _AXIS

    def _reasons(self) -> None:
        repetitions = self._page.repetitions
        if not repetitions:
            self.text(MARGIN, self.y + 4, "No repetition was counted.", 10, colour="ink_soft")
        rows = max(-(-len(repetitions) // _COLUMNS), 1)
        width = (_RIGHT - MARGIN) / _COLUMNS
        for place, repetition in enumerate(repetitions):
            x, y = MARGIN + width * (place // rows), self.y + _ROW * (place % rows) + 4.0
            colour = "ink_soft" if repetition.undone else "ink"
            self.text(x + 5, y, str(repetition.number), 8.5, colour="ink_soft", align="right")
            self.text(x + 24, y, score_words(repetition), 9, bold=True, colour=colour, align="right")
            reason = f"{repetition.reason} (struck out)" if repetition.undone else str(repetition.reason)
            self.text(x + 27, y, reason, 9, colour=colour, width=width - 30)
        self.y += _ROW * (rows + 1)

    def _foot(self) -> None:
        words = (*self._page.method, "Scores 0 to 100 ± standard error.", self._page.program, "Not a medical device.")
        self.text(MARGIN, self.y + 5, "  ·  ".join(words), 8, colour="ink_soft", width=_RIGHT - MARGIN)


def _roomy(trace: Trace) -> Trace:
    """Return the trace with a scale that holds all of it, and room for what is written above."""
    known = trace.values[np.isfinite(trace.values)]
    low, high = trace.display
    if len(known):
        low, high = min(low, float(known.min())), max(high, float(known.max()))
    room = 0.2 * (high - low)
    low, high = (low - room, high) if trace.inverted else (low, high + room)
    return Trace(
        name=trace.name,
        unit=trace.unit,
        times_s=trace.times_s,
        values=trace.values,
        display=(low, high),
        inverted=trace.inverted,
        band=trace.band,
    )
