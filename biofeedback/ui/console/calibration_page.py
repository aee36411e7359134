"""Lead through the calibration: steps at the left, what to do in the middle, how good it is at the right."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QProgressBar, QScrollArea, QSizePolicy, QWidget

from biofeedback.session import commands as ask
from biofeedback.session.calibration_view import CalibrationView
from biofeedback.ui.console import calibration_words as words
from biofeedback.ui.console.calibration_curve import CalibrationCurve
from biofeedback.ui.console.calibration_parts import CheckLine, CountBox, Rows, StepRow, TrialCell
from biofeedback.ui.console.choices import Segmented
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.keys import Key
from biofeedback.ui.console.labels import ElidedText, Text, card, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.page_protocol import Foot, FootButton, Page
from biofeedback.ui.language import tr

_LEFT, _RIGHT = 320, 272
_RIGHT_FROM, _LEFT_FROM, _LOW, _LOWEST = 1180, 860, 620, 330


class CalibrationPage(Page):
    """The page "Calibration". ``ask`` sends a command; ``back`` leaves the session and goes to the sensors."""

    step = "calibration"
    ask = Signal(object)
    back = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.title = tr("Calibration")
        self._view: CalibrationView | None = None
        self._lead = ElidedText(look, "body", role="ink_soft")
        self._left_words = Text(look, "caption", soft=True)
        self.steps = Rows(self._step_row)
        self.method = Segmented(look, tr("Kind"), {"mvc": tr("Maximal"), "submaximal": tr("Submaximal")})
        self.method.chosen.connect(lambda method: self.ask.emit(ask.SetReference(method)))
        self._kind_label = Text(look, "body", tr("Kind"), soft=True)
        self._heading = ElidedText(look, "title")
        self.count = CountBox(look)
        self.sentence = Text(look, "headline")
        self.sentence.setWordWrap(True)
        self._note = Text(look, "body", soft=True)
        self._note.setWordWrap(True)
        self._progress = QProgressBar()
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(look.px(12))
        self._progress.setAccessibleName(tr("Progress of the trial"))
        self.curve = CalibrationCurve(look)
        self.trials = Rows(lambda: TrialCell(look), upright=False)
        self.checks = Rows(lambda: CheckLine(look), look.px(12))
        self._say = Text(look, "body")
        self._out_title, self._out_words = Text(look, "strong"), Text(look, "body", soft=True)
        for text in (self._say, self._out_words):
            text.setWordWrap(True)
        self.out_button = Button(look, "")
        self.out_button.clicked.connect(self._change_method)
        self._steps_card, self._side_card = self._left(), self._right()
        head = row(Text(look, "title", self.title), self._lead, spacing=look.px(16))
        head.setStretch(1, 1)
        self._head = QWidget()
        self._head.setLayout(head)
        middle = row(self._steps_card, self._middle(), self._side_card, spacing=look.px(16))
        middle.setStretch(1, 1)
        self._body = column(self._head, middle, spacing=look.px(16))
        self._body.setStretch(1, 1)
        self.setLayout(self._body)

    # parts

    def _step_row(self) -> StepRow:
        line = StepRow(self.look)
        line.redo.connect(lambda at: self.ask.emit(ask.RedoStep(at)))
        return line

    def _left(self) -> QFrame:
        look, pad = self.look, self.look.px(16)
        frame = card()
        frame.setFixedWidth(look.px(_LEFT))
        head = row(Text(look, "strong", tr("Steps")), -1, self._left_words, margins=(pad, pad, pad, pad))
        self.skip_all = Button(look, tr("Skip the calibration"))
        self.skip_all.clicked.connect(lambda: self.ask.emit(ask.SkipCalibration()))
        self._known = Text(look, "caption", soft=True)
        self._known.setWordWrap(True)
        self.use_last = Button(look, "", key="L")
        self.use_last.clicked.connect(self._use_last)
        foot = column(self._known, self.use_last, self.skip_all, spacing=look.px(8), margins=(pad, pad, pad, pad))
        scroll = QScrollArea()
        scroll.setWidget(self.steps)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.steps.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        body = column(head, rule(), scroll, rule(), foot, margins=(1, 1, 1, 1))
        body.setStretch(2, 1)
        frame.setLayout(body)
        return frame

    def _middle(self) -> QFrame:
        look, pad = self.look, self.look.px(24)
        frame = card()
        head = row(
            self._heading,
            self._kind_label,
            self.method,
            spacing=look.px(12),
            margins=(pad, look.px(12), pad, look.px(12)),
        )
        head.setStretch(0, 1)
        telling = QWidget()
        telling.setLayout(column(self.sentence, self._progress, self._note, spacing=look.px(8)))
        top = row(self.count, telling, spacing=look.px(24))
        top.setAlignment(self.count, Qt.AlignmentFlag.AlignTop)
        top.setStretch(1, 1)
        inside = column(top, self.curve, spacing=look.px(16), margins=(pad, look.px(16), pad, look.px(8)))
        inside.setStretch(1, 1)
        self._above_trials = rule()
        body = column(head, rule(), inside, self._above_trials, self.trials, margins=(1, 1, 1, 1))
        body.setStretch(2, 1)
        frame.setLayout(body)
        return frame

    def _right(self) -> QFrame:
        look, pad = self.look, self.look.px(16)
        frame = card()
        frame.setFixedWidth(look.px(_RIGHT))

        def part(*items: QWidget) -> QWidget:
            holder = QWidget()
            holder.setLayout(column(*items, spacing=look.px(8), margins=(pad, pad, pad, pad)))
            return holder

        said = part(Text(look, "strong", tr("Say")), self._say)
        out = part(self._out_title, self._out_words, self.out_button)
        self._unchecked = Text(look, "caption", tr("Judged at the end of the hold."), soft=True)
        self._unchecked.setWordWrap(True)
        quality = part(Text(look, "strong", tr("Quality")), self.checks, self._unchecked)
        frame.setLayout(column(quality, rule(), said, rule(), out, -1, margins=(1, 1, 1, 1)))
        return frame

    # what it shows

    def show_calibration(self, view: CalibrationView, now_s: float) -> None:
        """Take a newer state; ``now_s`` is the host clock."""
        old, self._view = self._view, view
        step = view.steps[view.at]
        left_s = max(0.0, view.part_end_s - now_s)
        self._lead.say(tr("{number} of {count}").format(number=view.at + 1, count=len(view.steps)))
        self._left_words.say(words.left(view))
        for number, (line, one) in enumerate(zip(self.steps.fit(len(view.steps)), view.steps, strict=True), 1):
            line.show_step(number, one, view, number == view.at + 1)
        known, button = words.known(view, datetime.now().astimezone())
        self._known.say(known)
        self._known.setVisible(bool(known))
        self.use_last.setVisible(bool(button))
        self.use_last.relabel(button)
        self._heading.say(words.stage_title(view))
        for widget in (self.method, self._kind_label):
            widget.setVisible(step.kind == "reference")
        self.method.show_choice(view.method)
        self.count.say(self._figure(view, left_s))
        self.sentence.say(words.sentence(view, left_s))
        total = max(view.part_end_s - view.part_start_s, 1e-3)
        share = 0.0 if view.part in ("count", "pause") else 1.0 - left_s / total
        if step.kind == "movement":
            share = min(view.learned / 2.0, 1.0)
        self._progress.setValue(round(1000 * min(max(share, 0.0), 1.0)))
        self._note.say(words.note(view))
        self.curve.show_view(view, now_s)
        for part in (self.trials, self._above_trials):
            part.setVisible(bool(view.trials))
        for cell, trial in zip(self.trials.fit(len(view.trials)), view.trials, strict=True):
            cell.show_trial(trial, view.part == "hold")
        for line, check in zip(self.checks.fit(len(view.checks)), view.checks, strict=True):
            line.show_check(check)
        self._unchecked.setVisible(not view.checks)
        self._say.say(words.say(view))
        title, text, button = words.way_out(view)
        self._out_title.say(title)
        self._out_words.say(text)
        self.out_button.setVisible(bool(button))
        self.out_button.relabel(button)
        if old is None or _foot_key(old) != _foot_key(view):
            self.changed.emit()

    @staticmethod
    def _figure(view: CalibrationView, left_s: float) -> str:
        if view.paused:
            return "–"
        if view.steps[view.at].kind == "movement":
            return str(min(view.learned, 2))
        return "✓" if view.part == "settled" else str(max(1, round(left_s + 0.4)))

    def _use_last(self) -> None:
        self.ask.emit(ask.UseLast())

    def _change_method(self) -> None:
        if self._view is not None:
            self.ask.emit(ask.SetReference("submaximal" if self._view.method == "mvc" else "mvc"))

    # the page

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the sides out where there is no room for them."""
        super().resizeEvent(event)
        self._side_card.setVisible(self.width() >= self.look.px(_RIGHT_FROM))
        self._steps_card.setVisible(self.width() >= self.look.px(_LEFT_FROM))
        low = self.height() < self.look.px(_LOW)
        self._head.setVisible(not low)
        self.curve.setVisible(self.height() >= self.look.px(_LOWEST))  # lower, it could not be read
        margin = self.look.px(12 if low else 24)
        self._body.setContentsMargins(margin, margin, margin, margin)

    def minimumSizeHint(self) -> QSize:
        """Return no least size."""
        return QSize(0, 0)

    def foot(self) -> Foot:
        """Return pause, redo, skip and, in a pause between trials, the next one."""
        view = self._view
        if view is None:
            return Foot(back=FootButton(tr("Back"), self.back.emit, icon="left"))
        pause = FootButton(
            tr("Go on") if view.paused else tr("Pause"),
            lambda: self.ask.emit(ask.PauseCalibration(not view.paused)),
            icon="play" if view.paused else "pause",
            key=tr("Space"),
        )
        redo = FootButton(tr("Redo this trial"), lambda: self.ask.emit(ask.RedoTrial()), icon="undo", key="R")
        skip = FootButton(tr("Skip this step"), lambda: self.ask.emit(ask.SkipStep()), key="K")
        last = words.known(view, datetime.now().astimezone())[1]
        use_last = (FootButton(last, self._use_last, key="L"),) if last and self._steps_card.isHidden() else ()
        waits = view.part in ("pause", "settled") and not view.paused
        name = tr("Next trial") if view.part == "pause" else tr("Next")
        primary = FootButton(name, lambda: self.ask.emit(ask.GoOn()), icon="right", enabled=waits)
        return Foot(
            primary, others=(*use_last, pause, redo, skip), back=FootButton(tr("Back"), self.back.emit, icon="left")
        )

    def keys(self) -> list[Key]:
        """Return the keys of the page."""
        return [
            Key(("Space",), tr("Space"), tr("Pause, or go on"), self._pause),
            Key(("R",), "R", tr("Redo this trial"), lambda: self.ask.emit(ask.RedoTrial())),
            Key(("K",), "K", tr("Skip this step"), lambda: self.ask.emit(ask.SkipStep())),
            Key(("L",), "L", tr("Use what is known from last time"), self._use_last),
            Key(("Shift+K",), tr("Shift K"), tr("Skip the calibration"), lambda: self.ask.emit(ask.SkipCalibration())),
        ]

    def _pause(self) -> None:
        if self._view is not None:
            self.ask.emit(ask.PauseCalibration(not self._view.paused))


def _foot_key(view: CalibrationView) -> tuple[object, ...]:
    return view.at, view.part, view.paused, [step.known for step in view.steps]
