"""The ruler above the lanes, that ties each repetition to its score, and the axis of time below them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen

from biofeedback.session.view import RepetitionView
from biofeedback.ui.console.glyphs import draw_glyph
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.words import MINUS, RESULT_GLYPHS, figure
from biofeedback.ui.language import tr

RULER = 24
AXIS = 20


def paint_ruler(
    painter: QPainter,
    box: QRect,
    repetitions: Sequence[RepetitionView],
    x_of: Callable[[float], float],
    now_s: float,
    look: Look,
) -> None:
    """Draw a bracket with number, sign and score over each repetition that is in sight."""
    painter.fillRect(box, look.colour("surface"))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for repetition in repetitions:
        left = max(x_of(repetition.start_s), box.left())
        right = min(x_of(now_s if repetition.end_s is None else repetition.end_s), box.right() + 1)
        if right - left < look.px(12):
            continue
        painter.setPen(QPen(look.colour("line_strong"), 1))
        top, bottom = box.top() + look.px(18), box.bottom()
        start, end = round(left) + 2, round(right) - 3
        painter.drawLine(start, top, end, top)
        painter.drawLine(start, top, start, bottom)
        painter.drawLine(end, top, end, bottom)
        _paint_label(painter, QRectF(left, box.top(), right - left, look.px(18)), repetition, look)


def _paint_label(painter: QPainter, box: QRectF, repetition: RepetitionView, look: Look) -> None:
    label = tr("Rep {number}").format(number=repetition.number)
    score = "" if repetition.score is None else figure(repetition.score)
    plain, strong = look.font("caption"), look.font("caption", bold=True)
    sign, gap = look.px(13), look.px(6)
    label_width = QFontMetrics(plain).horizontalAdvance(label)
    score_width = QFontMetrics(strong).horizontalAdvance(score)
    whole = label_width + gap + sign + (gap + score_width if score else 0)
    if whole > box.width():
        label, label_width = str(repetition.number), QFontMetrics(plain).horizontalAdvance(str(repetition.number))
        whole = label_width + gap + sign + (gap + score_width if score else 0)
    if whole > box.width():
        return
    left = box.center().x() - whole / 2
    align = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
    painter.setPen(look.colour("ink_soft"))
    painter.setFont(plain)
    painter.drawText(QRectF(left, box.y(), label_width + 2, box.height()), align, label)
    left += label_width + gap
    glyph = QRectF(left, box.y() + (box.height() - sign) / 2, sign, sign)
    tint = look.colour("ink_soft") if repetition.undone else None
    draw_glyph(painter, RESULT_GLYPHS[repetition.result], glyph, look, tint)
    if score:
        painter.setPen(look.colour("ink_soft" if repetition.undone else "ink"))
        painter.setFont(strong)
        painter.drawText(QRectF(left + sign + gap, box.y(), score_width + 2, box.height()), align, score)


def paint_axis(painter: QPainter, box: QRect, plot_width: int, seconds: float, hint: str, look: Look) -> None:
    """Draw seconds before now every five seconds, and at the right what the arrow keys move."""
    painter.setFont(look.font("caption"))
    painter.setPen(look.colour("ink_soft"))
    middle = int(Qt.AlignmentFlag.AlignVCenter)
    for before in range(5, int(seconds), 5):
        x = box.x() + plot_width * (1 - before / seconds)
        label = QRectF(x - look.px(40), box.y(), look.px(80), box.height())
        painter.drawText(label, middle | int(Qt.AlignmentFlag.AlignHCenter), f"{MINUS}{before} s")
    words = QFontMetrics(look.font("caption", bold=True)).horizontalAdvance(hint) + look.px(18) if hint else 0.0
    end = min(box.x() + plot_width - look.px(4), box.right() - words)
    now = QRectF(box.x(), box.y(), end - box.x(), box.height())
    painter.drawText(now, middle | int(Qt.AlignmentFlag.AlignRight), tr("now"))
    if hint:
        painter.setFont(look.font("caption", bold=True))
        painter.setPen(look.colour("accent"))
        painter.drawText(QRectF(box).adjusted(0, 0, -look.px(6), 0), middle | int(Qt.AlignmentFlag.AlignRight), hint)
