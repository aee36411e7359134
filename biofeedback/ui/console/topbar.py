"""The bar on top: the person, the seven steps of a session, the recording light, help."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from biofeedback.session.view import SessionView
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.glyphs import Glyph, draw_glyph
from biofeedback.ui.console.labels import ElidedText, Text, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.words import clock
from biofeedback.ui.language import tr

_LIVE = 4
_WIDE, _CLOSE = 44, 26  # between two steps
_NAME_LEFT = 10  # characters of the person at least


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

    def __init__(self, look: Look, current: int = _LIVE) -> None:
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


class RecordingLight(QWidget):
    """A dot and "Recording" while it does; a dashed ring and "Not recording" while it does not."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._glyph = Glyph(look, 14, "off")
        self._word = Text(look, "strong", tr("Not recording"))
        self._time = Text(look, "body", "", soft=True)
        self.setLayout(row(self._glyph, self._word, self._time, spacing=look.px(8)))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def show_since(self, since_s: float | None, now_s: float) -> None:
        """Show how long it has been recording; None = it does not."""
        self._glyph.show_state("off" if since_s is None else "rec")
        self._word.say(tr("Not recording") if since_s is None else tr("Recording"))
        self._time.say("" if since_s is None else clock(now_s - since_s))
        self.setAccessibleName(f"{self._word.text()} {self._time.text()}".strip())


def _settings_button(look: Look) -> Button:
    """Return the way to the settings; a console that is a window of its own has none."""
    button = Button(look, "", "plain", icon="sliders")
    button.setAccessibleName(tr("Settings"))
    button.setToolTip(tr("Settings"))
    button.hide()
    return button


class TopBar(QFrame):
    """The bar of a session in full width."""

    leave = Signal()
    help = Signal()
    settings = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setFixedHeight(look.px(48))
        self._back = Button(look, "", "plain", icon="left")
        self._back.setFixedWidth(look.px(28))
        self._back.setToolTip(tr("Close this window. A set that is going on is paused, the recording goes on."))
        self._back.clicked.connect(self.leave)
        self._person = ElidedText(look, "strong", shrinks=True)
        self._note = ElidedText(look, "body", role="ink_soft")
        self._stepper = Stepper(look)
        self._light = RecordingLight(look)
        self._exercise = Text(look, "body", "", soft=True)
        help_button = Button(look, tr("Help"), "plain", key="F1")
        help_button.pad(4)
        help_button.clicked.connect(self.help)
        self.settings_button = _settings_button(look)
        self.settings_button.clicked.connect(self.settings)
        lines = [rule(upright=True) for _ in range(2)]
        for line in lines:
            line.setFixedHeight(look.px(24))
        self._line = lines[0]
        left = row(self._back, self._person, 4, self._line, 4, self._note, spacing=look.px(8))
        right = row(self._light, lines[1], self._exercise, row(self.settings_button, help_button), spacing=look.px(16))
        layout = row(left, self._stepper, right, spacing=look.px(16), margins=(look.px(12), 0, look.px(12), 0))
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def show_page(self, view: SessionView, now_s: float) -> None:
        """Take a newer page."""
        self._person.say(view.person)
        self._note.say(view.person_note)
        for part in (self._line, self._note):
            part.setVisible(bool(view.person_note))
        self._back.setAccessibleName(tr("Back from {person}").format(person=view.person))
        self._exercise.say(
            tr("Exercise {number} of {count}").format(number=view.exercise_number, count=view.exercise_count)
        )
        self.show_time(view, now_s)
        favour(self._stepper, self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divide the new width."""
        super().resizeEvent(event)
        favour(self._stepper, self)

    def show_time(self, view: SessionView, now_s: float) -> None:
        """Move the time of the recording on."""
        self._light.show_since(view.recording_since_s, now_s)


class SmallTopBar(QFrame):
    """The bar where there is little room: person, set, repetition, recording light, active time."""

    leave = Signal()
    help = Signal()
    settings = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setFixedHeight(look.px(40))
        self._back = Button(look, "", "plain", icon="left")
        self._back.setFixedWidth(look.px(28))
        self._back.clicked.connect(self.leave)
        self._person = ElidedText(look, "strong")
        self._set = Text(look, "strong", "")
        self._repetition = ElidedText(look, "body")
        self._light = RecordingLight(look)
        self._active = Text(look, "strong", "")
        self.settings_button = _settings_button(look)
        self.settings_button.clicked.connect(self.settings)
        help_button = Button(look, "?", "plain")
        help_button.setAccessibleName(tr("Help"))
        help_button.setToolTip(tr("Help"))
        help_button.pad(4)
        help_button.clicked.connect(self.help)
        line = rule(upright=True)
        line.setFixedHeight(look.px(24))
        self.setLayout(row(
            self._back, self._person, line, self._set, self._repetition, -1, self._light, self._active,
            row(self.settings_button, help_button),
            spacing=look.px(12), margins=(look.px(4), 0, look.px(8), 0)))  # fmt: skip

    def show_page(self, view: SessionView, now_s: float) -> None:
        """Take a newer page."""
        self._person.say(view.person)
        self._back.setAccessibleName(tr("Back from {person}").format(person=view.person))
        self._set.say(tr("Set {number} of {count}").format(number=view.set_number, count=view.set_count))
        self._repetition.say(
            tr("Repetition {number} of {count}").format(number=view.repetition, count=view.repetition_count)
        )
        self.show_time(view, now_s)

    def show_time(self, view: SessionView, now_s: float) -> None:
        """Move the times on."""
        self._light.show_since(view.recording_since_s, now_s)
        active = view.active_s + (0.0 if view.active_since_s is None else max(0.0, now_s - view.active_since_s))
        self._active.say(tr("{time} active").format(time=clock(active)))
