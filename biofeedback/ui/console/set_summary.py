"""Between two sets: what the set was, repetition by repetition and part by part, and what the next one will be."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from biofeedback.session import commands as ask
from biofeedback.session.commands import Command
from biofeedback.session.view import SessionView
from biofeedback.stream import host_time_s
from biofeedback.ui.console.choices import Segmented
from biofeedback.ui.console.controls import Button, NoteField
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.keys import Key
from biofeedback.ui.console.labels import ElidedText, Text, card, card_header, column, row, rule
from biofeedback.ui.console.look import Look, TextSize
from biofeedback.ui.console.page_protocol import Foot, FootButton, Page
from biofeedback.ui.console.preview import PatientPicture
from biofeedback.ui.console.set_charts import PartLine, RepetitionBars
from biofeedback.ui.console.set_facts import SetFacts, SetLog
from biofeedback.ui.console.words import DASH, RESULT_GLYPHS, THIN, clock, figure, sentence, target_words
from biofeedback.ui.language import tr

_MORE_REST_S = 30.0
_BESIDE, _HIGH, _CARD = 1100, 740, 304
_TOLD = 5
_TICK_MS = 250


class _Bar(QWidget):
    """How much of the rest is over."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look, self._share = look, 0.0
        self.setFixedHeight(look.px(8))

    def show_share(self, share: float) -> None:
        """Show a share from 0 to 1."""
        self._share = min(max(share, 0.0), 1.0)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw track and share."""
        look, radius = self._look, self.height() / 2
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("line"))
            painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
            if self._share > 0:
                painter.setBrush(look.colour("accent"))
                width = max(self.height(), self.width() * self._share)
                painter.drawRoundedRect(QRectF(0, 0, width, self.height()), radius, radius)


class SetSummary(Page):
    """The page. ``command`` carries commands for the session; ``end_exercise`` ends it; ``live`` goes to the lanes."""

    step = "summary"
    command = Signal(object)
    end_exercise = Signal()
    started = Signal()

    def __init__(self, look: Look, log: SetLog, now: Callable[[], float] = host_time_s) -> None:
        super().__init__(look)
        self.title = tr("Summary of the set")
        self._log, self._now = log, now
        self._view: SessionView | None = None
        self._facts: SetFacts | None = None
        self.bars = RepetitionBars(look)
        self._head, self._cells = QHBoxLayout(), QGridLayout()
        self._why, self._parts, self._seen = QVBoxLayout(), QVBoxLayout(), QVBoxLayout()
        for layout in (self._head, self._cells, self._why, self._parts, self._seen):
            layout.setSpacing(0)
            layout.setContentsMargins(0, 0, 0, 0)
        self._against = Text(look, "caption", "", soft=True)
        self.note = NoteField(look)
        self.note.setPlaceholderText(tr("A note on this set. Enter keeps it."))
        self.note.setFixedHeight(look.px(40))
        self.note.returnPressed.connect(self._keep_note)
        self.note.left.connect(lambda: self.setFocus(Qt.FocusReason.OtherFocusReason))
        self._kept = Text(look, "caption", "", soft=True)
        self.next = NextSet(look)
        self.next.command.connect(self.command)
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._build()

    def _build(self) -> None:
        look, pad, gap = self.look, self.look.px(16), self.look.px(16)
        top = card()
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight, top)
        self._top.setContentsMargins(0, look.px(8), 0, look.px(8))
        self._top.addLayout(self._head)
        self._top.addLayout(self._cells, 1)
        top.setMinimumHeight(look.px(106))
        top.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        repetitions = card()
        scale = Text(look, "caption", tr("score 0 to 100"), soft=True)
        bars = column(self.bars, margins=(look.px(8), look.px(8), look.px(8), 0))
        note = row(self.note, self._kept, spacing=look.px(12), margins=(pad, look.px(8), pad, look.px(12)))
        note.setStretch(0, 1)
        inside = column(card_header(look, tr("Repetitions"), scale), rule(), bars, rule(), self._why, rule(), note)
        inside.setStretch(2, 1)
        inside.setContentsMargins(1, 1, 1, 1)
        repetitions.setLayout(inside)
        parts = card()
        legend = Text(
            look, "caption", tr("Grey: could be chance. The line is the set before, the dot is this set."), soft=True
        )
        legend.setWordWrap(True)
        legend.setContentsMargins(pad, look.px(8), pad, look.px(8))
        self._legend = legend
        self._parts.setContentsMargins(pad, look.px(4), pad, look.px(4))
        self._seen.setContentsMargins(pad, look.px(12), pad, look.px(12))
        self._seen.setSpacing(look.px(8))
        head = card_header(look, tr("Parts of the score"), self._against)
        parts.setLayout(column(head, rule(), self._parts, rule(), legend, rule(), self._seen, -1, margins=(1, 1, 1, 1)))
        parts.setMinimumWidth(look.px(380))
        self._middle = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._middle.setSpacing(gap)
        self._middle.addWidget(repetitions, 4)
        self._middle.addWidget(parts, 3)
        left = column(top, self._middle, spacing=gap)
        left.setStretch(1, 1)
        self._whole = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._whole.setSpacing(gap)
        self._whole.addLayout(left, 1)
        self._whole.addWidget(self.next)
        inner = QWidget()
        inner.setLayout(self._whole)
        margin = look.px(24)
        self._whole.setContentsMargins(margin, margin, margin, margin)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setLayout(column(area))

    def resizeEvent(self, event: object) -> None:
        """Stack the cards where there is little room."""
        beside = self.width() >= self.look.px(_BESIDE)
        ways = QBoxLayout.Direction
        self._whole.setDirection(ways.LeftToRight if beside else ways.TopToBottom)
        self._middle.setDirection(ways.LeftToRight if beside else ways.TopToBottom)
        self._top.setDirection(ways.LeftToRight if beside else ways.TopToBottom)
        self.next.setMaximumWidth(self.look.px(_CARD) if beside else 16777215)
        self.next.seen.setVisible(beside and self.height() >= self.look.px(_HIGH))

    def minimumSizeHint(self) -> QSize:
        """Return a size in which everything can still be reached."""
        return QSize(self.look.px(420), self.look.px(240))

    # what it shows --------------------------------------------------------------------------------------------------

    def show_view(self, view: SessionView, after: str = "") -> None:
        """Take a newer page of the session; ``after`` is the exercise after this one, in words."""
        self._view = view
        facts = self._log.facts(view)
        if facts != self._facts:
            self._facts = facts
            self._show_facts(facts)
            self.changed.emit()
        self.next.show_view(view, after)
        self._tick()

    def _show_facts(self, facts: SetFacts) -> None:
        self._show_top(facts)
        self.bars.show_repetitions(facts.repetitions)
        self._show_why(facts)
        _empty(self._parts)
        for part in facts.parts:
            self._parts.addWidget(PartLine(self.look, part))
        compared = any(part.before is not None for part in facts.parts)
        self._against.say(tr("against set {number}").format(number=facts.number - 1) if compared else "")
        self._legend.setVisible(compared)
        _empty(self._seen)
        self._seen.addWidget(Text(self.look, "strong", tr("Seen more than once")))
        nothing = tr("Nothing went wrong twice in the same way.") if facts.repetitions else tr("Nothing was counted.")
        for line in facts.seen or (nothing,):
            text = Text(self.look, "body", line, soft=not facts.seen)
            text.setWordWrap(True)
            self._seen.addWidget(text)

    def _show_top(self, facts: SetFacts) -> None:
        look = self.look
        _empty(self._head)
        _empty(self._cells)
        sign = Glyph(look, 32, "good" if facts.repetitions else "off")
        title = Text(look, "title", tr("Set {number} done").format(number=facts.number))
        lasted = Text(look, "caption", tr("{time}, all saved").format(time=clock(facts.lasted_s)), soft=True)
        head = QWidget()
        pad = look.px(24)
        head.setLayout(row(sign, column(-1, title, lasted, -1), spacing=look.px(12), margins=(pad, 0, pad, 0)))
        self._head.addWidget(head)
        without = tr("{count} had no score").format(count=facts.without_score) if facts.without_score else ""
        asking = self._asking() if facts.estimate is None else ""
        cells: list[tuple[str, str, str | QWidget]] = [
            (tr("In target with feedback"), _share(facts.reached, facts.practised), without),
            (tr("Score with feedback"), _points(facts.score), self._before(facts.number, facts.score_before)),
            (tr("Score on their own"), _points(facts.own), self._before(facts.number, facts.own_before)),
            (tr("The person’s own opinion"), _opinion(facts.estimate), asking),
        ]
        self._cells.setHorizontalSpacing(look.px(14))
        self._cells.setRowStretch(3, 1)
        bottom = Qt.AlignmentFlag.AlignBottom
        for place, (caption, value, note) in enumerate(cells):
            above = Text(look, "caption", caption, soft=True)
            below = note if isinstance(note, QWidget) else Text(look, "body", note)
            for text in (above, below):
                if isinstance(text, Text):
                    text.setWordWrap(True)
                    text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            above.setAlignment(bottom)
            self._cells.addWidget(rule(upright=True), 0, 2 * place, 4, 1)
            self._cells.addWidget(above, 0, 2 * place + 1)
            self._cells.addWidget(ElidedText(look, _size(value), value), 1, 2 * place + 1)
            if isinstance(below, Text):
                self._cells.addWidget(below, 2, 2 * place + 1)
            else:  # a button keeps its width, and not its column's
                self._cells.addWidget(below, 2, 2 * place + 1, Qt.AlignmentFlag.AlignLeft)
            self._cells.setColumnStretch(2 * place + 1, 1)

    def _asking(self) -> QWidget:
        """Return a button that enters what the person says, where the display was not answered."""
        button = Button(self.look, tr("Enter it"))
        menu = QMenu(button)
        for choice, words in enumerate(_opinions(), 1):
            menu.addAction(f"{choice}  {words}", lambda choice=choice: self._estimate(choice))
        button.clicked.connect(lambda: menu.popup(button.mapToGlobal(button.rect().bottomLeft())))
        button.setAccessibleName(tr("Enter the person’s own opinion"))
        button.setToolTip(tr("Keys 1 to 5"))
        button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        return button

    def _before(self, number: int, value: float | None) -> str:
        return "" if value is None else tr("set {number}: {score}").format(number=number - 1, score=figure(value))

    def _show_why(self, facts: SetFacts) -> None:
        look = self.look
        _empty(self._why)
        missed = [one for one in facts.repetitions if not one.undone and one.result != "in"]
        told = sorted(missed, key=lambda one: (one.score is not None, one.score or 0.0))[:_TOLD]
        if not told:
            text = Text(look, "body", tr("Nothing to talk about: all reached the target."), soft=True)
            if not facts.repetitions:
                text.say(tr("No repetition was counted."))
            text.setContentsMargins(look.px(16), look.px(8), look.px(16), look.px(8))
            self._why.addWidget(text)
        else:
            words = (tr("Rep"), tr("What to talk about"), tr("Score"))
            number, why, score = (Text(look, "caption", text, soft=True) for text in words)
            self._why.addWidget(self._told(number, why, score))
        for one in sorted(told, key=lambda one: one.number):
            number = Text(look, "strong", str(one.number))
            why = row(
                Glyph(look, 14, RESULT_GLYPHS[one.result]), ElidedText(look, "body", sentence(one.reason)),
                spacing=look.px(8),
            )  # fmt: skip
            why.setStretch(1, 1)
            score = Text(look, "strong", DASH if one.score is None else figure(one.score))
            self._why.addWidget(self._told(number, why, score))

    def _told(self, number: Text, why: QWidget | QLayout, score: Text) -> QWidget:
        look = self.look
        number.setFixedWidth(look.px(28))
        number.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        line = row(number, why, score, spacing=look.px(12), margins=(look.px(16), look.px(3), look.px(16), look.px(3)))
        line.setStretch(1, 1)
        widget = QWidget()
        widget.setLayout(line)
        return widget

    # time -----------------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Let the rest be counted."""
        self._say_kept("")
        self._timer.start()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        """Stand still."""
        self._timer.stop()

    def _tick(self) -> None:
        if self._view is not None:
            self.next.show_time(self._view, self._now())

    # doing ----------------------------------------------------------------------------------------------------------

    def _keep_note(self) -> None:
        text = self.note.text().strip()
        if text:
            self._do(ask.Mark(text))
            self.note.clear()
            self._say_kept(tr("Kept: {note}").format(note=text if len(text) < 24 else f"{text[:22]}…"))

    def _say_kept(self, words: str) -> None:
        self._kept.say(words)
        self._kept.setVisible(bool(words))

    def _estimate(self, choice: int) -> None:
        for known in (1, 2, 3, 4, 5):
            if known == choice:
                self._do(ask.Estimate(known))

    def _do(self, command: Command) -> None:
        self.command.emit(command)

    def _start(self) -> None:
        self._do(ask.Start())
        self.started.emit()

    def _reopen(self) -> None:
        self._do(ask.ReopenSet())
        self.started.emit()

    @property
    def _last(self) -> bool:
        return self._view is None or self._view.set_number >= self._view.set_count

    def foot(self) -> Foot:
        """Return the foot: the next set, or the end of the exercise."""
        number = 0 if self._view is None else self._view.set_number
        again = FootButton(tr("Go on with set {number}").format(number=number), self._reopen, "undo")
        end = FootButton(tr("End exercise"), self.end_exercise.emit, "tick")
        if self._last:
            return Foot(end, back=again)
        start = FootButton(tr("Start set {number}").format(number=number + 1), self._start, "play")
        return Foot(start, (end,), back=again)

    def keys(self) -> list[Key]:
        """Return what keys do here."""
        return [
            Key(("Space",), tr("Space"), tr("Start the next set"), lambda: None if self._last else self._start()),
            Key(("E",), tr("E"), tr("End the exercise"), self.end_exercise.emit),
            Key(("M",), tr("M"), tr("Write a note"), self.note.setFocus),
            Key(("Ctrl+Z",), tr("Ctrl Z"), tr("Go on with the set"), self._reopen),
            Key(("-",), "−", tr("Easier"), lambda: self._do(ask.Easier())),
            Key(("+", "="), "+", tr("Harder"), lambda: self._do(ask.Harder())),
            Key(("1",), "1 … 5", tr("Enter the person’s own opinion"), lambda: self._estimate(1)),
            *(Key((str(n),), str(n), "", lambda n=n: self._estimate(n)) for n in (2, 3, 4, 5)),
        ]


class NextSet(QFrame):
    """The next set: rest clock, band, feedback, sensors. ``command`` carries what is changed."""

    command = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setObjectName("card")
        self.setMinimumWidth(look.px(_CARD))
        self._title = Text(look, "strong")
        self._rest = Text(look, "figure")
        self._bar = _Bar(look)
        self.longer = Button(look, tr("+ 30 s"))
        self.longer.clicked.connect(lambda: self.command.emit(ask.LongerRest(_MORE_REST_S)))
        self.none = Button(look, tr("No rest"))
        self.none.clicked.connect(lambda: self.command.emit(ask.NextSet()))
        self._band = Text(look, "strong")
        self._proposal = Text(look, "body", soft=True)
        self.easier, self.harder = Button(look, tr("Easier"), key="−"), Button(look, tr("Harder"), key="+")
        self.easier.clicked.connect(lambda: self.command.emit(ask.Easier()))
        self.harder.clicked.connect(lambda: self.command.emit(ask.Harder()))
        names = (tr("Each"), f"50{THIN}%", f"33{THIN}%", tr("Every 5"), tr("None"))
        keys = ("each", "half", "third", "every5", "none")
        self.schedule = Segmented(look, tr("Feedback is shown on"), dict(zip(keys, names, strict=True)))
        self.schedule.chosen.connect(lambda value: self.command.emit(ask.SetSchedule(value)))
        self._light, self._sensors = Glyph(look, 16, "good"), Text(look, "body")
        for text in (self._band, self._proposal, self._sensors):
            text.setWordWrap(True)
        self._after, self._picture = Text(look, "body"), PatientPicture(look)
        self._after.setWordWrap(True)
        self._build()

    def _build(self) -> None:
        look, pad = self._look, self._look.px(16)

        def part(*items: QWidget | QLayout) -> QVBoxLayout:
            return column(*items, spacing=look.px(8), margins=(pad, pad, pad, pad))

        self._rest_box = QWidget()
        self._rest_box.setLayout(
            column(part(
                row(Text(look, "body", tr("Rest", "pause"), soft=True), -1, self._rest), self._bar,
                row(self.longer, self.none, -1, spacing=look.px(8))), rule())
        )  # fmt: skip
        head = QWidget()
        head.setFixedHeight(look.px(40))
        self._acts = Text(look, "caption", tr("acts when it starts"), soft=True)
        head.setLayout(row(self._title, -1, self._acts, margins=(pad, 0, pad, 0)))
        sensors = row(self._light, self._sensors, spacing=look.px(8), margins=(pad, pad, pad, pad))
        sensors.setStretch(1, 1)
        self._coming = QWidget()
        self._coming.setLayout(column(
            part(self._band, self._proposal, row(self.easier, self.harder, -1, spacing=look.px(8))), rule(),
            part(Text(look, "strong", tr("Feedback is shown on")), self.schedule), rule()))  # fmt: skip
        self._after.setContentsMargins(pad, pad, pad, pad)
        self._after_rule, self.seen = rule(), QWidget()
        self._picture.setFixedHeight(self._picture.heightForWidth(look.px(_CARD) - 2 * pad))
        self.seen.setLayout(column(rule(), part(Text(look, "strong", tr("Patient sees")), self._picture)))
        self.setLayout(column(
            head, rule(), self._rest_box, self._coming, self._after, self._after_rule, sensors, self.seen, -1,
            margins=(1, 1, 1, 1)))  # fmt: skip

    def show_view(self, view: SessionView, after: str) -> None:
        """Take a newer page of the session; ``after`` is the exercise after this one, in words."""
        last = view.set_number >= view.set_count
        coming = tr("Set {number} of {count}").format(number=view.set_number + 1, count=view.set_count)
        self._title.say(tr("That was the last set") if last else coming)
        for part in (self._coming, self._acts):
            part.setVisible(not last)
        for part in (self._after, self._after_rule):
            part.setVisible(last)
        self._after.say(tr("Next: {exercise}").format(exercise=after) if after else tr("Next: the session summary"))
        goal = next((lane for lane in view.lanes if lane.goal), None)
        self._band.say(
            "" if goal is None else tr("Band: {name} {band}").format(name=goal.name, band=target_words(goal))
        )
        self._proposal.say(view.feedback.difficulty_note)
        self._proposal.setVisible(bool(view.feedback.difficulty_note))
        self.schedule.show_choice(view.feedback.schedule)
        bad = [sensor.name for sensor in view.sensors if sensor.light in ("weak", "lost")]
        self._light.show_state("weak" if bad else "good")
        good = tr("1 sensor good") if len(view.sensors) == 1 else tr("{count} sensors good")
        self._sensors.say(
            tr("Look at: {names}").format(names=", ".join(bad)) if bad else good.format(count=len(view.sensors))
        )

    def show_time(self, view: SessionView, now_s: float) -> None:
        """Let the rest go on, and the patient's display with it."""
        if self._picture.isVisible():
            self._picture.display.advance(view.patient, None, now_s)
        resting = view.phase == "rest"
        self._rest_box.setVisible(resting)
        if resting:
            left_s = max(0.0, view.patient.rest_end_s - now_s)
            self._rest.say(clock(left_s + 0.999))
            self._bar.show_share(1 - left_s / view.patient.rest_total_s if view.patient.rest_total_s > 0 else 1.0)


def _share(reached: int, of: int) -> str:
    return tr("{reached} of {of}").format(reached=reached, of=of) if of else DASH


def _points(score: float | None) -> str:
    return DASH if score is None else figure(score)


def _size(value: str) -> TextSize:
    return "figure" if value == DASH or any(sign.isdigit() for sign in value) else "title"


def _opinions() -> tuple[str, ...]:
    return tr("Much less"), tr("A bit less"), tr("Just right"), tr("A bit more"), tr("Much more")


def _opinion(estimate: int | None) -> str:
    return tr("not asked") if estimate is None else _opinions()[estimate - 1]


def _empty(layout: QLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
