"""The seven steps of a session: where one stands, which are done, and the way back to some of them."""

from __future__ import annotations

from collections.abc import Collection
from math import ceil

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from biofeedback.ui.console.glyphs import draw_glyph
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.page_protocol import STEPS, Step
from biofeedback.ui.language import tr

_WIDE, _CLOSE = 44, 26  # between two steps
_NAME_LEFT = 10  # characters of the person at least
_WAYS: tuple[Step, ...] = ("sensors", "check", "live")  # pages that can be gone back to in a session


def _step_names() -> tuple[str, ...]:
    return (
        tr("Exercises"),
        tr("Sensors"),
        tr("Signal check"),
        tr("Calibration"),
        tr("Live"),
        tr("Summary"),
        tr("Report"),
    )


class Stepper(QWidget):
    """The steps of a session, each with its shape. Where there is little room only the current one keeps its name."""

    def __init__(self, look: Look, current: int = 0) -> None:
        super().__init__()
        self._look, self._current, self._names = look, current, _step_names()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._tell()
        self.setToolTip(", ".join(self._names))

    def _tell(self) -> None:
        words = tr("Step {number} of {count}: {name}")
        name = self._names[self._current]
        self.setAccessibleName(words.format(number=self._current + 1, count=len(self._names), name=name))

    def show_step(self, current: int) -> None:
        """Stand at another step."""
        if current != self._current:
            self._current = current
            self._tell()
            self.updateGeometry()
            self.update()

    def _label(self, step: int, full: bool) -> tuple[str, QFontMetrics]:
        now = step == self._current
        font = self._look.font("strong") if now else self._look.font("caption")
        return (self._names[step] if full or now else ""), QFontMetrics(font)

    def _widths(self, full: bool) -> list[float]:
        sign, gap = self._look.px(14), self._look.px(4)
        labels = [self._label(step, full) for step in range(len(self._names))]
        return [sign + (gap + metrics.horizontalAdvance(text) if text else 0) for text, metrics in labels]

    def _whole(self, full: bool, between: int) -> float:
        return sum(self._widths(full)) + (len(self._names) - 1) * self._look.px(between)

    def _between(self, full: bool) -> float:
        """Return the room between two steps: less of it before a name is left out."""
        spare = (self.width() - self._whole(full, 0)) / (len(self._names) - 1)
        return min(spare, self._look.px(_WIDE if full else _CLOSE))

    @property
    def _full(self) -> bool:
        return self._whole(True, _CLOSE) <= self.width()

    def minimumSizeHint(self) -> QSize:
        """Return the room of the shortest form: the current step alone."""
        return QSize(round(self._alone()), self._look.px(24))

    def _alone(self) -> float:
        return self._widths(full=False)[self._current]

    def sizeHint(self) -> QSize:
        """Return the room of the full form."""
        return QSize(round(self._whole(True, _WIDE)), self._look.px(24))

    @property
    def least_full(self) -> int:
        """The width from which every step has its name."""
        return ceil(self._whole(True, _CLOSE))

    def boxes(self) -> list[QRectF]:
        """Return where each step stands, its sign and name."""
        full = self._full
        if self._whole(False, _CLOSE) > self.width():
            here = QRectF((self.width() - self._alone()) / 2, 0, self._alone(), self.height())
            return [here if step == self._current else QRectF() for step in range(len(self._names))]
        between = self._between(full)
        left = (self.width() - sum(self._widths(full)) - (len(self._names) - 1) * between) / 2
        made: list[QRectF] = []
        for width in self._widths(full):
            made.append(QRectF(left, 0, width, self.height()))
            left += width + between
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            made = [QRectF(self.width() - box.right(), 0, box.width(), box.height()) for box in made]
        return made

    def state(self, step: int) -> str:
        """Return the sign of a step: those before the current one are done."""
        return "good" if step < self._current else "now" if step == self._current else "todo"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the steps, joined by short lines."""
        look = self._look
        full = self._full
        boxes, mirrored = self.boxes(), self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        with QPainter(self) as painter:
            middle, sign, gap = self.height() / 2, look.px(14), look.px(4)
            for step, box in enumerate(boxes):
                if box.isNull():
                    continue
                at = box.right() - sign if mirrored else box.left()
                draw_glyph(painter, self.state(step), QRectF(at, middle - sign / 2, sign, sign), look)
                text, _ = self._label(step, full)
                painter.setFont(look.font("strong" if step == self._current else "caption"))
                painter.setPen(look.colour("ink" if step == self._current else "ink_soft"))
                words = box.adjusted(0, 0, -sign - gap, 0) if mirrored else box.adjusted(sign + gap, 0, gap, 0)
                side = Qt.AlignmentFlag.AlignRight if mirrored else Qt.AlignmentFlag.AlignLeft
                painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter | side), text)
                if step < len(boxes) - 1 and not boxes[step + 1].isNull():
                    painter.setPen(look.colour("line_strong"))
                    after = boxes[step + 1]
                    between = (box.left() + after.right()) / 2 if mirrored else (box.right() + after.left()) / 2
                    half = look.px(6)
                    painter.drawLine(QPointF(between - half, middle), QPointF(between + half, middle))


def favour(steps: Stepper, bar: QFrame) -> None:
    """Let a long name of the person give way to the names of the steps, where enough of it is left."""
    steps.setMinimumWidth(0)
    layout = bar.layout()
    assert layout is not None
    others = layout.minimumSize().width() - steps.minimumSizeHint().width()
    whole = steps.least_full
    if others + whole + steps.fontMetrics().averageCharWidth() * _NAME_LEFT <= bar.width():
        steps.setMinimumWidth(whole)


class StepChooser(Stepper):
    """The steps of a session. A step that was visited can be gone back to: by a click, or by arrows and Enter."""

    chosen = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__(look, 0)
        self._done: set[int] = set()
        self._open: set[int] = set()
        self._pointed: int | None = None
        self.setMouseTracking(True)

    def show_steps(self, current: Step, visited: Collection[Step], *, leads: bool = True) -> None:
        """Stand at a step; those of ``visited`` that have a way back can be gone to, if this is where it ``leads``."""
        self._done = {STEPS.index(step) for step in visited}
        self._open = {STEPS.index(step) for step in visited if leads and step in _WAYS} - {STEPS.index(current)}
        self._pointed = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if self._open else Qt.FocusPolicy.NoFocus)
        self.show_step(STEPS.index(current))
        self.update()

    def state(self, step: int) -> str:
        """Return the sign of a step: done where it was visited; the choice of exercises always is by then."""
        if step == self._current:
            return "now"
        return "good" if step in self._done or step == 0 else "todo"

    def _at(self, event: QMouseEvent) -> int | None:
        boxes = self.boxes()
        return next((s for s in self._open if boxes[s].adjusted(-4, 0, 4, 0).contains(event.position())), None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what can be pressed."""
        there = self._at(event)
        self.setCursor(Qt.CursorShape.ArrowCursor if there is None else Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Go to the step that was pressed."""
        if (step := self._at(event)) is not None:
            self.chosen.emit(STEPS[step])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Point to a step with the arrows, go there with Enter."""
        steps = sorted(self._open)
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and steps:
            forward = event.key() == Qt.Key.Key_Right
            here = self._current if self._pointed is None else self._pointed
            after = [s for s in (steps if forward else reversed(steps)) if (s > here if forward else s < here)]
            self._pointed = after[0] if after else here
            self.setAccessibleDescription(tr("Enter goes back to: {step}").format(step=self._names[self._pointed]))
            self.setToolTip(self.accessibleDescription())
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._pointed in self._open:
            self.chosen.emit(STEPS[self._pointed])
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Point to nothing any more."""
        super().focusOutEvent(event)
        self._pointed = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the steps, and a ring around the one the arrows point to."""
        super().paintEvent(event)
        if self.hasFocus():
            pointed = self._current if self._pointed is None else self._pointed
            box = self.boxes()[pointed].adjusted(-6, 0, 6, 0)
            middle, half = self.height() / 2, self._look.px(12)
            with QPainter(self) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(self._look.colour("accent"), 2))
                ring = QRectF(box.left(), middle - half, box.width(), 2 * half)
                painter.drawRoundedRect(ring.adjusted(1, 1, -1, -1), self._look.px(6), self._look.px(6))
