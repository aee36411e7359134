"""What the person is asked to do before the first set: one sentence, and the seconds it lasts."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF

from biofeedback.ui.language import tr
from biofeedback.ui.patient.column import Layer
from biofeedback.ui.patient.draw import Draw
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.frame import FIGURE, MARGIN, Frame
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.pages import baselines, paint_track, time_bar
from biofeedback.ui.patient.text import SMALLEST, set_text

_BAR_STEP_S = 0.05
_GAP = 60.0


class CalibrationScene:
    """A sentence over the seconds left and a bar that shortens with them; without an end only the sentence."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        self._frame = frame
        self._counts = picture.view.rest_total_s > 0.0
        width = min(1300.0, frame.width - 2 * MARGIN)
        below = FIGURE + 100.0 + 2 * _GAP if self._counts else 0.0
        for share in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5):
            size = max(SMALLEST, 130 * frame.text_scale * share)
            self._words = set_text(tr(picture.view.goal), size, frame.width - 2 * MARGIN, lines=3, weight=700)
            if self._words.height + below <= frame.height - 2 * MARGIN:
                break
        self._top = (frame.height - self._words.height - below) / 2
        foot = self._top + self._words.height + _GAP
        self._time = QRectF((frame.width - width) / 2, foot, width, FIGURE)
        self._bar = QRectF((frame.width - width) / 2, foot + FIGURE + _GAP, width, 100)

    def paint_background(self, draw: Draw) -> None:
        """Draw the sentence and the bar's track."""
        draw.block(self._frame.width / 2, baselines(self._words, self._top), self._words, "ink", "centre")
        if self._counts:
            paint_track(draw, self._bar)

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return the seconds left, as a figure and as the bar's length."""
        if not self._counts:
            return {}
        seconds = str(math.ceil(picture.seconds - 1e-6))
        share = min(1.0, round(picture.seconds / _BAR_STEP_S) * _BAR_STEP_S / picture.view.rest_total_s)
        return {
            "time": Element(seconds, self._time.adjusted(-20, 0, 20, 0), lambda draw: self._paint_time(draw, seconds)),
            "bar": time_bar(self._bar, share, mirrored=self._frame.mirrored),
        }

    def _paint_time(self, draw: Draw, seconds: str) -> None:
        at = QPointF(self._time.center().x(), self._time.top() + 0.85 * FIGURE)
        draw.text(at, seconds, FIGURE, weight=700, align="centre", width=self._time.width())
