"""The two drawings of a set: a bar for each repetition, and the parts of the score against the set before."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from biofeedback.session.view import RepetitionView
from biofeedback.ui.console.columns import columns
from biofeedback.ui.console.glyphs import draw_glyph
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.set_facts import PartFacts
from biofeedback.ui.console.words import DASH, RESULT_GLYPHS, figure, result_word
from biofeedback.ui.language import tr

_LINES = (0, 50, 75, 100)
# Axes and figures run from left to right in every language.
_START = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
_END = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute)
_NONE_AT = 60.0  # how high an empty bar stands


class RepetitionBars(QWidget):
    """Filled: practice. Hatched: on their own. Dashed: no score. Struck out repetitions are left out."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._shown: tuple[RepetitionView, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(look.px(280), look.px(130))

    def sizeHint(self) -> QSize:
        """Return the size of the design."""
        return QSize(self._look.px(576), self._look.px(150))

    def show_repetitions(self, repetitions: tuple[RepetitionView, ...]) -> None:
        """Show a set."""
        self._shown = tuple(one for one in repetitions if not one.undone)
        words = [
            f"{one.number}: {tr('no score') if one.score is None else figure(one.score)}, {result_word(one)}"
            for one in self._shown
        ]
        self.setAccessibleName(tr("Scores of the repetitions"))
        self.setAccessibleDescription("; ".join(words))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw scale, bars, signs and numbers. Numbers run from left to right in every language."""
        look = self._look
        top, bottom = look.px(36), self.height() - look.px(36)
        left, right = look.px(36), self.width() - look.px(8)
        with QPainter(self) as painter:
            self._paint_scale(painter, left, right, top, bottom)
            if not self._shown:
                return
            step = min(look.px(96), (right - left) / len(self._shown))
            first_probe = next((i for i, one in enumerate(self._shown) if one.probe), None)
            for place, one in enumerate(self._shown):
                at = QRectF(left + place * step + 0.17 * step, top, 0.66 * step, bottom - top)
                self._paint_bar(painter, one, at, step)
            if first_probe is not None:
                self._paint_border(painter, left + first_probe * step, right, top, bottom)

    def _paint_scale(self, painter: QPainter, left: int, right: int, top: int, bottom: int) -> None:
        look = self._look
        painter.setFont(look.font("caption"))
        for value in _LINES:
            y = bottom - (bottom - top) * value / 100
            painter.setPen(look.colour("line_strong" if value == 0 else "line"))
            painter.drawLine(QPointF(left, y), QPointF(right, y))
            painter.setPen(look.colour("ink_soft"))
            box = QRectF(0, y - look.px(10), left - look.px(8), look.px(20))
            painter.drawText(box, _END, str(value))

    def _paint_bar(self, painter: QPainter, one: RepetitionView, at: QRectF, step: float) -> None:
        look = self._look
        value = _NONE_AT if one.score is None else min(max(one.score, 0.0), 100.0)
        bar = QRectF(at.x(), at.bottom() - at.height() * value / 100, at.width(), at.height() * value / 100)
        colour = look.colour("in_target" if one.result == "in" else "out_of_target")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if one.score is None:
            self._paint_empty(painter, bar)
        elif one.probe:
            painter.setPen(QPen(colour, 2))
            painter.setBrush(QBrush(colour, Qt.BrushStyle.BDiagPattern))
            painter.drawRect(bar.adjusted(1, 1, -1, 0))
        else:
            painter.fillRect(bar, colour)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if one.score is not None and step >= look.px(22):
            self._paint_score(painter, bar, figure(one.score))
        side = look.px(14)
        number = str(one.number)
        if one.number % max(1, round(look.px(22) / step)):
            return  # not every number fits
        words = QFontMetrics(look.font("caption")).horizontalAdvance(number)
        with_sign = side + look.px(4) + words <= step
        start = at.center().x() - ((side + look.px(4) if with_sign else 0) + words) / 2
        middle = at.bottom() + look.px(18)
        if with_sign:
            draw_glyph(painter, RESULT_GLYPHS[one.result], QRectF(start, middle - side / 2, side, side), look)
            start += side + look.px(4)
        self._text(
            painter, QRectF(start, middle - look.px(10), words + 2, look.px(20)), number, look.colour("ink_soft")
        )

    def _paint_score(self, painter: QPainter, bar: QRectF, words: str) -> None:
        """Draw a score above its bar; no line of the scale runs through it."""
        look = self._look
        half = QFontMetrics(look.font("caption", bold=True)).horizontalAdvance(words) / 2 + look.px(2)
        box = QRectF(bar.center().x() - half, bar.top() - look.px(19), 2 * half, look.px(17))
        painter.fillRect(box, look.colour("surface"))
        self._text(painter, box, words, look.colour("ink"), bold=True)

    def _paint_empty(self, painter: QPainter, bar: QRectF) -> None:
        look = self._look
        painter.setPen(QPen(look.colour("line_strong"), 1, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
        words = tr("none")
        if QFontMetrics(look.font("caption")).horizontalAdvance(words) < bar.width():
            self._text(painter, bar, words, look.colour("ink_soft"))

    def _paint_border(self, painter: QPainter, x: float, right: float, top: int, bottom: int) -> None:
        look = self._look
        painter.setPen(QPen(look.colour("line_strong"), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, look.px(4)), QPointF(x, bottom + look.px(28)))
        words = tr("on their own")
        width = QFontMetrics(look.font("caption")).horizontalAdvance(words) + 2
        side = look.px(16)
        start = min(x + look.px(8), right - width - side - look.px(4))
        draw_glyph(painter, "probe", QRectF(start, look.px(2), side, side), look)
        self._text(painter, QRectF(start + side + look.px(4), 0, width, look.px(20)), words, look.colour("ink_soft"))

    def _text(self, painter: QPainter, box: QRectF, text: str, colour: QColor, bold: bool = False) -> None:
        painter.setFont(self._look.font("caption", bold=bold))
        painter.setPen(colour)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


class PartLine(QWidget):
    """One part of the score: the zone of chance around the set before, its line, and this set's dot."""

    def __init__(self, look: Look, part: PartFacts) -> None:
        super().__init__()
        self._look, self._part = look, part
        self._title = next(column.title for column in columns() if column.name == part.domain)
        self.setFixedHeight(look.px(44))
        self.setMinimumWidth(look.px(300))
        said = f"{self._title}: {self._figure}"
        self.setAccessibleName(f"{said}, {self.words}" if self.words else said)

    @property
    def _figure(self) -> str:
        return DASH if self._part.mean is None else figure(self._part.mean)

    @property
    def words(self) -> str:
        """What became of it."""
        part = self._part
        if part.mean is None:
            return tr("not measured")
        if part.before is None:
            return ""
        if part.chance is None:
            return tr("too few to tell")
        if not part.real:
            return tr("could be chance")
        change = figure(abs(part.mean - part.before))
        return (tr("up {points}") if part.mean > part.before else tr("down {points}")).format(points=change)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line."""
        look, part = self._look, self._part
        names, values = look.px(72), look.px(148)
        left, right, middle = names + look.px(8), self.width() - values - look.px(8), self.height() / 2

        def x(value: float) -> float:
            return left + (right - left) * min(max(value, 0.0), 100.0) / 100

        with QPainter(self) as painter:
            painter.setPen(look.colour("ink"))
            painter.setFont(look.font("strong"))
            painter.drawText(QRectF(0, 0, names, self.height()), _START, self._title)
            painter.drawText(QRectF(right, 0, look.px(40), self.height()), _END, self._figure)
            painter.setPen(look.colour("ink_soft"))
            painter.setFont(look.font("caption"))
            painter.drawText(QRectF(right + look.px(48), 0, values, self.height()), _START, self.words)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(QRectF(left, middle - 1, right - left, 2), look.colour("line"))
            if part.before is not None:
                if part.chance is not None:
                    low, high = x(part.before - part.chance), x(part.before + part.chance)
                    painter.fillRect(QRectF(low, middle - look.px(8), high - low, look.px(16)), look.colour("line"))
                line = QRectF(x(part.before) - 1, middle - look.px(10), 2, look.px(20))
                painter.fillRect(line, look.colour("ink_soft"))
            if part.mean is not None:
                painter.setPen(QPen(look.colour("surface"), 2))
                painter.setBrush(look.colour("in_target"))
                painter.drawEllipse(QPointF(x(part.mean), middle), look.px(7), look.px(7))
