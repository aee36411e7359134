"""Draw a session's page with Qt's PDF writer: text stays text, curves stay curves. Units are millimetres of A4."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from biofeedback.appearance.language import day, filled, tr
from biofeedback.exercises.model import DOMAINS
from biofeedback.feedback.results import RepetitionResult, mean_score
from biofeedback.reports import sheet
from biofeedback.reports.content import SessionPage, Trace
from biofeedback.reports.sheet import HEIGHT, MARGIN, RIGHT, Sheet
from biofeedback.reports.traces import (
    Scale,
    band_words,
    clock_words,
    paint_band,
    paint_lines,
    score_words,
    unit_words,
)

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


def write(page: SessionPage, path: Path) -> None:
    """Write the page as a PDF.

    Raises
    ------
    ReportError
        If the file cannot be written.
    """
    title = f"{page.exercise}, {page.started:%Y-%m-%d}"
    sheet.write(drawing(page), path, title=title, creator=page.program)


def drawing(page: SessionPage) -> sheet.Draw:
    """Return what draws the page."""
    return lambda painter: _Drawing(painter, page).draw()


class _Drawing(Sheet):
    """One page being drawn, from the top down."""

    def __init__(self, painter: QPainter, page: SessionPage) -> None:
        super().__init__(painter)
        self._page = page

    def draw(self) -> None:
        self._head()
        self._figures()
        tall = len(self._page.repetitions) <= _FEW
        for number, trace in enumerate(self._page.traces[:_MOST_TRACES]):
            height = (48.0 if tall else 34.0) if number == 0 else (22.0 if tall else 16.0)
            self._trace(trace, self.theme.signals[number], height, with_marks=number == 0)
        self._time_axis()
        self._table()
        self._foot()

    # parts ----------------------------------------------------------------------------------------------------------

    def _head(self) -> None:
        page = self._page
        self.text(MARGIN, self.y + 6, tr(page.exercise), 17, bold=True, width=130)
        self.text(RIGHT, self.y + 2.5, page.person or tr("No person"), 9, bold=True, align="right", width=60)
        when = f"{day(page.started)}, {page.started.astimezone():%H:%M}"
        self.text(RIGHT, self.y + 7.5, when, 9, colour="ink_soft", align="right")
        self.y += 11
        self.rule(self.y)
        self.y += 4

    def _figures(self) -> None:
        page = self._page
        standing = [r for r in page.repetitions if not r.undone]
        practice = mean_score(list(page.repetitions), probe=False)
        probes = mean_score(list(page.repetitions), probe=True)
        reached = sum(r.reached for r in standing)
        figures = [
            (str(len(standing)), tr("repetitions"), tr("{count} reached the target").format(count=reached)),
            (_figure(practice), tr("score with feedback"), tr("mean of 0 to 100")),
            (
                _figure(probes),
                tr("score on their own"),
                tr("no feedback given") if probes is not None else tr("none done"),
            ),
            (
                clock_words(page.active_s),
                tr("active"),
                tr("of {time} recorded").format(time=clock_words(page.duration_s)),
            ),
        ]
        step = (RIGHT - MARGIN) / len(figures)
        for i, (value, name, note) in enumerate(figures):
            x = MARGIN + i * step
            self.text(x, self.y + 9, value, 24, bold=True)
            self.text(x, self.y + 14, name, 9)
            self.text(x, self.y + 18, note, 8, colour="ink_soft", width=step - 3)
        self.y += 25

    def _trace(self, trace: Trace, colour: str, height: float, with_marks: bool) -> None:
        top, painter = self.y, self.painter
        left, width = MARGIN + 26, RIGHT - MARGIN - 26
        self.text(MARGIN, top + 4, tr(trace.name), 9, bold=True, width=25)
        self.text(MARGIN, top + 8, band_words(trace), 7.5, colour="ink_soft", width=25)
        frame = QRectF(left, top, width, height)
        painter.fillRect(frame, QColor(self.theme["window"]))
        scale = Scale(trace, frame, self._page.duration_s)
        paint_band(painter, self.theme, trace, scale)
        painter.save()
        painter.setClipRect(frame)
        if with_marks:
            self._marks(scale, frame)
        paint_lines(painter, scale, colour)
        painter.restore()
        for value in trace.display:
            y = min(max(scale.y(value), top + 3.0), top + height - 1.0)
            self.text(left + 1, y, f"{value:.0f}{unit_words(trace.unit)}", 7, colour="ink_soft")
        self.y += height + 2.5

    def _marks(self, scale: Scale, frame: QRectF) -> None:
        pen = QPen(QColor(self.theme["line_strong"]), 0.12, Qt.PenStyle.DotLine)
        for repetition in self._page.repetitions:
            start, end = (scale.x(t - self._page.start_s) for t in (repetition.start_s, repetition.end_s))
            self.painter.setPen(pen)
            for x in (start, end):
                self.painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
            self.text(
                (start + end) / 2, frame.bottom() - 0.8, str(repetition.number), 6.5, colour="ink_soft", align="centre"
            )

    def _time_axis(self) -> None:
        left, width = MARGIN + 26, RIGHT - MARGIN - 26
        step = next(s for s in (5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600, 36000) if self._page.duration_s / s <= 12)
        for seconds in np.arange(0, self._page.duration_s + 0.1, step):
            x = left + width * seconds / max(self._page.duration_s, 1.0)
            self.text(x, self.y + 1.5, clock_words(float(seconds)), 7, colour="ink_soft", align="centre")
        self.y += 7

    def _table(self) -> None:
        rows = self._page.repetitions
        room = HEIGHT - MARGIN - 36 - self.y
        height = 5.2
        shown = rows if len(rows) * height + 8 <= room else rows[: int((room - 13) / height)]
        columns = [(tr(_DOMAIN_WORDS[domain]), 126.0 + 13.0 * i) for i, domain in enumerate(DOMAINS)]
        self.text(MARGIN + 7, self.y + 3, tr("Rep"), 7.5, colour="ink_soft", align="right")
        self.text(MARGIN + 24, self.y + 3, tr("Score"), 7.5, colour="ink_soft", align="right")
        self.text(MARGIN + 28, self.y + 3, tr("Why"), 7.5, colour="ink_soft")
        for word, x in columns:
            self.text(x, self.y + 3, word, 7.5, colour="ink_soft", align="right")
        self.text(RIGHT, self.y + 3, tr("Cues"), 7.5, colour="ink_soft", align="right")
        self.y += 4.6
        self.rule(self.y)
        for repetition in shown:
            self._row(repetition, height, [x for _, x in columns])
        if len(shown) < len(rows):
            self.y += height
            self.text(
                MARGIN,
                self.y - 1.4,
                tr("and {count} more in the recording").format(count=len(rows) - len(shown)),
                8,
                colour="ink_soft",
            )
        if not rows:
            self.text(MARGIN, self.y + 5, tr("No repetition was counted."), 9, colour="ink_soft")

    def _row(self, repetition: RepetitionResult, height: float, columns: list[float]) -> None:
        baseline = self.y + height - 1.5
        soft = "ink_soft" if repetition.undone else "ink"
        label = f"{repetition.set_number}·{repetition.number}"
        self.text(MARGIN + 7, baseline, label, 8, colour=soft, align="right")
        self.text(MARGIN + 24, baseline, score_words(repetition), 8.5, bold=True, colour=soft, align="right")
        reason = filled(repetition.reason.text, repetition.reason.values)
        reason = tr("{reason} (struck out)").format(reason=reason) if repetition.undone else reason
        self.text(MARGIN + 28, baseline, reason, 8.5, colour=soft, width=74)
        values = [repetition.parts.get(domain) for domain in DOMAINS]
        lowest = min((v for v in values if v is not None), default=1.0)
        for value, x in zip(values, columns, strict=True):
            weak = value is not None and value == lowest and value < 0.7
            text = "–" if value is None else f"{100 * value:.0f}"
            self.text(x, baseline, text, 8, bold=weak, colour="out_of_target" if weak else soft, align="right")
        cues = tr("own") if repetition.probe else tr("on") if repetition.feedback else tr("off")
        self.text(RIGHT, baseline, cues, 8, colour="ink_soft", align="right")
        self.y += height
        self.rule(self.y, width=0.1)

    def _foot(self) -> None:
        y = HEIGHT - MARGIN - 24
        self.rule(y)
        step = (RIGHT - MARGIN) / 4
        for i, (label, value) in enumerate(self._page.quality[:4]):
            x = MARGIN + i * step
            self.text(x, y + 4.5, tr(label), 7, colour="ink_soft", width=step - 2)
            self.text(x, y + 8.0, tr(value), 8, width=step - 2)
        by = tr("{program}, exercise file version {version}.").format(
            program=self._page.program, version=self._page.exercise_version
        )
        for line, text in enumerate((tr(_SCORE_WORDS), *(tr(one) for one in self._page.method), by, tr(NOT_A_DEVICE))):
            self.text(MARGIN, y + 12.0 + 3.0 * line, text, 7, colour="ink_soft", width=RIGHT - MARGIN)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"
