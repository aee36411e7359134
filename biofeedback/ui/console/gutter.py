"""What stands left of each lane: light, name, note, the value in large, state and target in words."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter

from biofeedback.ui.console.glyphs import draw_glyph
from biofeedback.ui.console.look import Look

GUTTER = 188
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class GutterFigures:
    """What is read at one moment."""

    light: str = "good"
    name: str = ""
    note: str = ""
    value: str = "–"
    unit: str = ""
    glyph: str = "rest"
    word: str = ""
    target: str = ""
    dim: bool = False

    def spoken(self) -> str:
        """Return the figures as one sentence for screen readers."""
        value = f"{self.value} {self.unit}".strip()
        return ", ".join(part for part in (self.name, value, self.word, self.target) if part)


def _text(painter: QPainter, box: QRectF, text: str, font: QFont, look: Look, role: str) -> float:
    """Draw a text, elided in its middle where it must be, and return the width it took."""
    metrics = QFontMetrics(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, int(box.width()))
    painter.setFont(font)
    painter.setPen(look.colour(role))
    painter.drawText(box, int(_MIDDLE | Qt.AlignmentFlag.AlignLeft), shown)
    return metrics.horizontalAdvance(shown)


def paint_gutter(painter: QPainter, box: QRect, figures: GutterFigures, number: int, look: Look, chosen: bool) -> None:
    """Draw one lane's gutter into ``box``."""
    ground = "accent_soft" if chosen else "surface"
    painter.fillRect(box, look.colour(ground))
    painter.fillRect(box.x(), box.y(), look.px(4), box.height(), look.signal(number))
    inner = QRectF(box).adjusted(look.px(16), 0, -look.px(6), 0)
    if box.height() < look.px(86):
        _paint_short(painter, inner, figures, look, ground)
        return
    tall = box.height() >= look.px(126)
    heights = [20, 16, 38, 20] if tall else [20, 0, 34, 20]
    gap = look.px(4) if tall else 0
    used = sum(look.px(h) for h in heights) + (3 * gap if tall else 0)
    top = box.y() + (look.px(12) if tall else (box.height() - used) / 2)
    _paint_name(painter, QRectF(inner.x(), top, inner.width(), look.px(20)), figures, look, ground)
    top += look.px(20) + gap
    if tall:
        note = QRectF(inner.x(), top, inner.width(), look.px(16))
        _text(painter, note, figures.note, look.font("caption"), look, "ink_soft")
        top += look.px(16) + gap
    _paint_value(painter, QRectF(inner.x(), top, inner.width(), look.px(heights[2])), figures, look, "figure")
    top += look.px(heights[2]) + gap
    _paint_state(painter, QRectF(inner.x(), top, inner.width(), look.px(20)), figures, look, ground)


def _paint_short(painter: QPainter, inner: QRectF, figures: GutterFigures, look: Look, ground: str) -> None:
    """Two rows where the lane is low: name; value beside state."""
    top = inner.y() + (inner.height() - look.px(50)) / 2
    _paint_name(painter, QRectF(inner.x(), top, inner.width(), look.px(20)), figures, look, ground)
    second = QRectF(inner.x(), top + look.px(21), inner.width(), look.px(28))
    font = look.font("title")
    left = _text(painter, second, figures.value, font, look, "ink_soft" if figures.dim else "ink")
    unit = figures.unit.split(" ")[0] if figures.value != "–" else ""
    if unit == "%":
        box = second.adjusted(left + look.px(4), look.px(2), 0, 0)
        left += look.px(4) + _text(painter, box, unit, look.font("body"), look, "ink_soft")
    state = second.adjusted(
        left + look.px(10) if figures.dim else max(left + look.px(10), look.px(66)), look.px(1), 0, 0
    )
    _paint_state(painter, state, figures, look, ground, target=False)


def _paint_name(painter: QPainter, box: QRectF, figures: GutterFigures, look: Look, ground: str) -> None:
    size = look.px(14)
    light = QRectF(box.x(), box.y() + (box.height() - size) / 2, size, size)
    draw_glyph(painter, figures.light, light, look, ground=ground)
    _text(painter, box.adjusted(look.px(22), 0, 0, 0), figures.name, look.font("strong"), look, "ink")


def _paint_value(painter: QPainter, box: QRectF, figures: GutterFigures, look: Look, size: str) -> None:
    font = look.font(size)  # type: ignore[arg-type]
    width = _text(painter, box, figures.value, font, look, "ink_soft" if figures.dim else "ink")
    metrics, small = QFontMetrics(font), QFontMetrics(look.font("body"))
    drop = (metrics.ascent() - metrics.descent() - small.ascent() + small.descent()) / 2
    _text(painter, box.adjusted(width + look.px(8), drop, 0, drop), figures.unit, look.font("body"), look, "ink_soft")


def _paint_state(
    painter: QPainter, box: QRectF, figures: GutterFigures, look: Look, ground: str, target: bool = True
) -> None:
    size = look.px(16)
    sign = QRectF(box.x(), box.y() + (box.height() - size) / 2, size, size)
    draw_glyph(painter, figures.glyph, sign, look, ground=ground)
    left = look.px(20)
    left += _text(painter, box.adjusted(left, 0, 0, 0), figures.word, look.font("strong"), look, "ink")
    if target:
        room = box.adjusted(left + look.px(8), 0, 0, 0)
        _text(painter, room, figures.target, look.font("caption"), look, "ink_soft")
