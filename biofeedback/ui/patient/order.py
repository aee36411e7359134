"""Order: after each repetition, when the second muscle set in after the first. Not live: onsets need a look back."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPen

from biofeedback.ui.patient.column import Layer
from biofeedback.ui.patient.draw import Draw, edge_role
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.frame import Frame
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.panel import Says, word_of
from biofeedback.ui.patient.stage import paint_card, stage_elements
from biofeedback.ui.patient.symbols import sticker

_PER_MS = 1.75
_BAND_SHARE = 0.62  # of the room after the line, for the latest wanted onset
_TALL = 190.0


class OrderScene:
    """The two lanes of one frame, theme and wanted lead."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        stage = frame.stage
        self._frame, self._stage = frame, stage
        self._lead = picture.view.lead_ms
        self._start = stage.left() + 0.38 * stage.width()
        self._end = stage.right() - 50
        self._per_ms = min(_PER_MS, _BAND_SHARE * (self._end - self._start) / max(1.0, self._lead[1]))
        self._tall = min(_TALL, 0.24 * stage.height())
        self._lanes = (stage.top() + 0.15 * stage.height(), stage.top() + 0.61 * stage.height())

    def paint_background(self, draw: Draw) -> None:
        """Draw card, stickers, the line where the first muscle sets in, and where the second one should."""
        stage, tall = self._stage, self._tall
        paint_card(draw, stage)
        draw.rect(self._band, min(18.0, self._band.width() / 2), "target_band", "band_edge", 12)
        for lane, kind in zip(self._lanes, ("circle", "square"), strict=True):
            sticker(draw, "circle" if kind == "circle" else "square", QPointF(stage.left() + 130, lane + tall / 2), 150)
        dashes = QPen(draw.ink("ink"), 8)
        dashes.setDashPattern([26 / 8, 20 / 8])
        dashes.setCapStyle(Qt.PenCapStyle.FlatCap)
        draw.painter.setPen(dashes)
        draw.painter.drawLine(QPointF(self._start, stage.top() + 60), QPointF(self._start, stage.bottom() - 60))

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return the bars of the last repetition, and what stands around the stage."""
        parts: dict[str, Element] = {}
        order = picture.view.order
        if order is not None and order.lead_ms is not None:
            lead_ms = order.lead_ms
            parts["onsets"] = Element(lead_ms, self._stage, lambda draw: self._paint(draw, lead_ms))
        parts |= stage_elements(self._frame, picture, self._said(picture), judging=True)
        return parts

    @property
    def _band(self) -> QRectF:
        left, right = (self._start + ms * self._per_ms for ms in self._lead)
        return QRectF(left, self._lanes[1] - 26, right - left, self._tall + 52)

    def _verdict(self, lead_ms: float) -> Literal["early", "in", "late"]:
        return "early" if lead_ms < self._lead[0] else "late" if lead_ms > self._lead[1] else "in"

    def _said(self, picture: Picture) -> Says:
        order = picture.view.order
        if order is None or order.lead_ms is None:
            return Says()
        verdict = self._verdict(order.lead_ms)
        if verdict == "in":
            return Says("in", word_of("in"))
        kind = "circle_first" if verdict == "early" else "square_sooner"
        return Says(kind, word_of(kind))

    def _paint(self, draw: Draw, lead_ms: float) -> None:
        shown = "in" if self._verdict(lead_ms) == "in" else "below"
        first, second = self._lanes
        draw.rect(QRectF(self._start, first, self._end - self._start, self._tall), 24, "ink_soft")
        onset = self._start + lead_ms * self._per_ms
        onset = min(max(onset, self._stage.left() + 235), self._end - 40)
        bar = QRectF(onset, second, self._end - onset, self._tall)
        draw.rect(bar, 24, "surface")
        draw.rect(bar, 24, draw.fill(shown, bar.bottomLeft()), edge_role(shown), 8)
        for x in (self._band.left(), self._band.right()):
            if x > onset:
                draw.line([QPointF(x, second - 20), QPointF(x, second + self._tall + 20)], "surface", 22, flat=True)
                draw.line([QPointF(x, second - 26), QPointF(x, second + self._tall + 26)], "band_edge", 12, flat=True)
        draw.rect(QRectF(onset - 13, second - 40, 26, self._tall + 80), 13, "ink", "surface", 5)
