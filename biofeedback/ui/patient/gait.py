"""Gait: a bar for the last step of each foot, thin ones for the steps before, and one corridor for both."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF

from biofeedback.session.view import StepView
from biofeedback.ui.language import tr
from biofeedback.ui.patient.column import Layer
from biofeedback.ui.patient.draw import Draw, Shown, edge_role
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.frame import Frame
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.panel import Says
from biofeedback.ui.patient.stage import paint_card, stage_elements
from biofeedback.ui.patient.symbols import footprint

Side = Literal["left", "right"]
_SIDES: tuple[Side, Side] = ("left", "right")
_BEFORE = 3


class GaitScene:
    """The steps of one frame, theme and corridor."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        self._frame, self._stage = frame, frame.stage
        self._low, self._high = picture.view.low, picture.view.high
        self._top, self._foot = frame.stage.top() + 40, frame.stage.bottom() - 215

    def _y(self, level: float) -> float:
        return self._foot - min(1.0, max(0.01, level)) * (self._foot - self._top)

    def paint_background(self, draw: Draw) -> None:
        """Draw card, ground, corridor and the feet with their letters."""
        stage = self._stage
        paint_card(draw, stage)
        draw.line([QPointF(stage.left() + 40, self._foot), QPointF(stage.right() - 40, self._foot)], "ink_soft", 10)
        corridor = QRectF(stage.left() + 40, self._y(self._high), stage.width() - 80, 0)
        corridor.setBottom(self._y(self._low))
        draw.rect(corridor, min(18.0, corridor.height() / 2), "target_band", "band_edge", 12)
        for side, letter in (("left", tr("L")), ("right", tr("R"))):
            x = self._last_x("left" if side == "left" else "right")
            footprint(draw, QPointF(x, stage.bottom() - 102), 0.98, "left" if side == "left" else "right", "ink")
            draw.text(QPointF(x - 130, stage.bottom() - 62), letter, 110, weight=700, align="centre")

    def _middle(self, side: Side) -> float:
        return self._stage.left() + (0.26 if side == "left" else 0.74) * self._stage.width()

    @property
    def _scale(self) -> float:
        return min(1.0, self._stage.width() / 1058)

    def _last_x(self, side: Side) -> float:
        return self._middle(side) + 96 * self._scale

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return the steps, and what stands around the stage."""
        steps = picture.view.steps
        box = QRectF(self._stage.left() + 20, self._top - 24, self._stage.width() - 40, self._foot - self._top + 34)
        parts = {"steps": Element((steps, picture.view.screen), box, lambda draw: self._paint(draw, steps))}
        return parts | stage_elements(self._frame, picture, self._said(steps), judging=True)

    def _state(self, level: float) -> Shown:
        return "below" if level < self._low else "above" if level > self._high else "in"

    def _said(self, steps: tuple[StepView, ...]) -> Says:
        """Return what to say of the last two steps: of the foot further from the corridor, or that they are even."""
        last = {side: levels[-1] for side in _SIDES if (levels := _levels(steps, side))}
        if not last:
            return Says()
        off = {side: max(self._low - level, level - self._high) for side, level in last.items()}
        worst = max(off, key=lambda side: off[side])
        if off[worst] <= 0:
            return Says("in", tr("Even")) if len(last) == 2 else Says()
        words = {
            ("left", "below"): tr("Left longer"),
            ("right", "below"): tr("Right longer"),
            ("left", "above"): tr("Left shorter"),
            ("right", "above"): tr("Right shorter"),
        }
        state = "below" if self._state(last[worst]) == "below" else "above"
        return Says(state, words[worst, state], "left foot" if worst == "left" else "right foot")

    def _paint(self, draw: Draw, steps: tuple[StepView, ...]) -> None:
        for side in _SIDES:
            levels = _levels(steps, side)
            for i, level in enumerate(levels[-_BEFORE - 1 : -1]):
                place = i + _BEFORE + 1 - min(len(levels), _BEFORE + 1)
                x = self._middle(side) + (-200 + 62 * place) * self._scale
                self._bar(draw, x, 42 * self._scale, level, None)
            if levels:
                x, shown = self._last_x(side), self._state(levels[-1])
                self._bar(draw, x, 184 * self._scale, levels[-1], shown)
                wide = 220 * self._scale
                y = self._y(levels[-1])
                draw.rect(QRectF(x - wide / 2, y - 13, wide, 26), 6, "ink", "surface", 5)

    def _bar(self, draw: Draw, x: float, wide: float, level: float, shown: Shown | None) -> None:
        y = self._y(level)
        bar = QRectF(x - wide / 2, y, wide, self._foot - y)
        if shown is None:
            draw.rect(bar, 8, "quiet", "surface", 9)
            return
        draw.rect(bar, 18, "surface", "surface", 18)
        draw.rect(bar, 18, draw.fill(shown, bar.bottomLeft()), edge_role(shown), 8)


def _levels(steps: tuple[StepView, ...], side: Side) -> list[float]:
    return [step.level for step in steps if step.side == side]
