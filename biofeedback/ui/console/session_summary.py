"""The end of a session: what was done, what the person says, how good the data are, the note, the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

from PySide6.QtCore import QSize, QStandardPaths, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import (
    QBoxLayout,
    QFileDialog,
    QFrame,
    QGridLayout,
    QLayout,
    QPlainTextEdit,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from biofeedback.storage.records.values import Moment, Note
from biofeedback.ui.console.choices import Segmented
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.draft_note import whole
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.home_words import done_words, mean
from biofeedback.ui.console.keys import Key
from biofeedback.ui.console.labels import ElidedText, Text, card, card_header, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.page_protocol import Foot, FootButton, Page
from biofeedback.ui.console.rating import Scale11
from biofeedback.ui.console.report_preview import ReportPreview
from biofeedback.ui.console.session_facts import SummaryState, pain_words, quality, totals
from biofeedback.ui.console.words import clock
from biofeedback.ui.language import day, tr

_BESIDE = 1180
_PARTS = ("subjective", "objective", "assessment", "plan")


class SessionSummary(Page):
    """The page.

    ``rated`` carries kind, moment and value of what the person said; ``signed`` and ``finished`` carry the note, which
    is a draft with ``finished``; ``report_wanted`` and ``pdf_wanted`` carry for whom the report is: person or chart.
    """

    step = "report"
    rated = Signal(str, str, int)
    signed = Signal(object)
    finished = Signal(object)
    report_wanted = Signal(str)
    pdf_wanted = Signal(str)
    back = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.title = tr("Session summary")
        self._state: SummaryState | None = None
        self._message = ""
        self._drafted: Note | None = None
        self._subtitle = ElidedText(look, "body", role="ink_soft")
        self._totals = Text(look, "caption", "", soft=True)
        self._done = QWidget()
        self._times = QWidget()
        self.pain, self.effort = Scale11(look, tr("Pain")), Scale11(look, tr("Effort"))
        self.moment = Segmented(look, tr("When"), {"before": tr("Before"), "after": tr("Now")})
        self.moment.show_choice("after")
        self._dashed = Text(look, "caption", "", soft=True)
        self._pain_sign, self._pain_words = Glyph(look, 16, "off"), Text(look, "body", "", soft=True)
        self._quality = QWidget()
        self.fields = {name: self._field(name) for name in _PARTS}
        self.copy_button = Button(look, tr("Copy"), key=tr("Ctrl Shift C"))
        self.report = ReportPreview(look)
        self._connect()
        self._build()

    def _field(self, name: str) -> QPlainTextEdit:
        names = {
            "subjective": tr("S: what the person said"),
            "objective": tr("O: what was measured"),
            "assessment": tr("A: assessment"),
            "plan": tr("P: plan"),
        }
        field = QPlainTextEdit()
        field.setFont(self.look.font("body"))
        field.setTabChangesFocus(True)
        field.setAccessibleName(names[name])
        field.setPlaceholderText(tr("For you to write.") if name in ("assessment", "plan") else "")
        field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        field.setMinimumHeight(self.look.px(120 if name == "objective" else 60))
        field.textChanged.connect(lambda: self._written(field))
        self._written(field)
        return field

    def _written(self, field: QPlainTextEdit) -> None:
        """Dash the edge of a field in which nothing stands."""
        empty = not field.toPlainText().strip()
        if field.property("empty") != empty:
            field.setProperty("empty", empty)
            field.style().unpolish(field)
            field.style().polish(field)
            self.changed.emit()

    def _connect(self) -> None:
        self.pain.chosen.connect(lambda value: self.rated.emit("pain", self.moment.choice, value))
        self.effort.chosen.connect(lambda value: self.rated.emit("effort", "after", value))
        self.moment.chosen.connect(lambda _: self._show_said())
        self.copy_button.clicked.connect(self._copy)
        self.report.wanted.connect(self.report_wanted)
        self.report.pdf_wanted.connect(self.pdf_wanted)

    # layout ---------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        look, gap, margin = self.look, self.look.px(16), self.look.px(24)
        head = row(Text(look, "title", self.title), self._subtitle, spacing=gap)
        head.setStretch(1, 1)
        self._left = QWidget()
        left = column(self._done_card(), self._said_card(), self._quality_card(), spacing=gap)
        left.setStretch(2, 1)
        self._left.setLayout(left)
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(gap)
        self._body.addWidget(self._left, 8)
        self._body.addWidget(self._note_card(), 8)
        self._body.addWidget(self.report, 8)
        layout = column(head, self._body, spacing=gap, margins=(margin, margin, margin, margin))
        layout.setStretch(1, 1)
        inner = QWidget()
        inner.setLayout(layout)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setLayout(column(area))

    def _done_card(self) -> QFrame:
        frame = card()
        frame.setLayout(column(
            card_header(self.look, tr("Done today"), self._totals), rule(), self._done, rule(), self._times,
            margins=(1, 1, 1, 1)))  # fmt: skip
        return frame

    def _said_card(self) -> QFrame:
        look, frame, pad = self.look, card(), self.look.px(16)
        pain = row(Text(look, "strong", tr("Pain")), self.moment, -1, self._dashed, spacing=look.px(12))
        effort = row(
            Text(look, "strong", tr("Effort")), -1,
            Text(look, "caption", tr("0 none, 10 as hard as I can"), soft=True),
        )  # fmt: skip
        limit = row(self._pain_sign, self._pain_words, spacing=look.px(8))
        limit.setStretch(1, 1)
        frame.setLayout(
            column(pain, self.pain, effort, self.effort, limit, spacing=look.px(8), margins=(pad, pad, pad, pad))
        )
        return frame

    def _quality_card(self) -> QFrame:
        look, frame = self.look, card()
        frame.setLayout(
            column(card_header(look, tr("Quality of the data")), self._quality, -1, margins=(1, 1, 1, look.px(8)))
        )
        return frame

    def _note_card(self) -> QFrame:
        look, frame, grid = self.look, card(), QGridLayout()
        grid.setHorizontalSpacing(look.px(12))
        grid.setVerticalSpacing(look.px(12))
        grid.setContentsMargins(look.px(16), look.px(16), look.px(16), look.px(16))
        for line, (letter, name) in enumerate(zip("SOAP", _PARTS, strict=True)):
            grid.addWidget(Text(look, "strong", letter), line, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(self.fields[name], line, 1)
        for line, share in enumerate((2, 5, 2, 2)):
            grid.setRowStretch(line, share)
        sign = Glyph(look, 16, "off")
        words = tr("Only facts measured or entered today. It is a draft until you sign it.")
        self._standing = Text(look, "caption", words, soft=True)
        self._standing.setWordWrap(True)
        foot = row(
            sign, self._standing, spacing=look.px(8), margins=(look.px(16), look.px(12), look.px(16), look.px(12))
        )
        foot.setStretch(1, 1)
        self._note_sign = sign
        self._note_head = card_header(look, tr("Draft note"), self.copy_button, height=48)
        frame.setLayout(column(self._note_head, rule(), grid, rule(), foot, margins=(1, 1, 1, 1)))
        frame.setMinimumWidth(look.px(300))
        return frame

    def resizeEvent(self, event: object) -> None:
        """Stack the columns where there is little room."""
        beside = self.width() >= self.look.px(_BESIDE)
        ways = QBoxLayout.Direction
        self._body.setDirection(ways.LeftToRight if beside else ways.TopToBottom)
        self.report.setMinimumHeight(0 if beside else self.look.px(480))

    def minimumSizeHint(self) -> QSize:
        """Return a size in which everything can still be reached."""
        return QSize(self.look.px(400), self.look.px(240))

    # what it shows --------------------------------------------------------------------------------------------------

    def show_state(self, state: SummaryState) -> None:
        """Show a session. What is being written in the note stays; a draft nobody touched follows the facts."""
        old, self._state = self._state, state
        first = old is None or old.session.id != state.session.id
        number = tr("Visit {number}, everything is saved").format(number=state.number)
        self._subtitle.say(number if state.person is not None else tr("Everything is saved"))
        self._totals.say(totals(state.session))
        if old is None or replace(old.session, ratings={}, note=None) != replace(state.session, ratings={}, note=None):
            _put(self._done, self._done_table(state))  # else they would flicker at each rating
            _put(self._times, self._time_cells(state))
            _put(self._quality, self._quality_lines(state))
        self._show_said()
        if first or self._drafted == self.note:
            self._show_note(state.note)
        self.changed.emit()

    def _show_note(self, note: Note) -> None:
        for name, field in self.fields.items():
            field.setPlainText(getattr(note, name))
            field.setReadOnly(note.signed is not None)
        self._drafted = self.note
        if note.signed is not None:
            when = f"{day(note.signed)} {note.signed.astimezone():%H:%M}"
            self._note_sign.show_state("good")
            self._standing.say(tr("Signed {when}. It cannot be changed any more.").format(when=when))

    @property
    def note(self) -> Note:
        """The note as it stands on the page."""
        subjective, objective, assessment, plan = (self._text(name) for name in _PARTS)
        kept = None if self._state is None else self._state.session.note
        changes = 0 if kept is None else kept.changes
        return Note(subjective=subjective, objective=objective, assessment=assessment, plan=plan, changes=changes)

    def _done_table(self, state: SummaryState) -> QLayout:
        look, grid = self.look, QGridLayout()
        grid.setContentsMargins(look.px(16), look.px(8), look.px(16), look.px(8))
        grid.setHorizontalSpacing(look.px(16))
        grid.setVerticalSpacing(look.px(8))
        grid.setColumnStretch(0, 1)
        end = Qt.AlignmentFlag.AlignRight
        for place, title in enumerate((tr("Exercise"), tr("Sets"), tr("Active"), tr("Practice"), tr("On own"))):
            text = Text(look, "caption", title, soft=True)
            grid.addWidget(text, 0, place, end if place else Qt.AlignmentFlag.AlignLeft)
        for line, bout in enumerate(state.session.bouts, start=1):
            grid.addWidget(ElidedText(look, "body", tr(bout.exercise_name)), line, 0)
            cells = (done_words(bout), clock(round(bout.active_s)), mean(bout, probe=False), mean(bout, probe=True))
            for place, words in enumerate(cells, start=1):
                grid.addWidget(Text(look, "strong" if place == 3 else "body", words), line, place, end)
        if not state.session.bouts:
            grid.addWidget(Text(look, "body", tr("Nothing was done."), soft=True), 1, 0)
        return grid

    def _time_cells(self, state: SummaryState) -> QLayout:
        look, session = self.look, state.session
        cells: list[QWidget | QLayout | int] = []
        for name, seconds in ((tr("Active"), session.active_s), (tr("Whole session"), session.lasted_s)):
            cell = column(Text(look, "caption", name, soft=True), Text(look, "title", clock(round(seconds))))
            cell.setContentsMargins(look.px(16), look.px(8), look.px(16), look.px(12))
            if cells:
                cells.append(rule(upright=True))
            cells.append(cell)
        made = row(*cells)
        for place in range(0, made.count(), 2):
            made.setStretch(place, 1)
        return made

    def _quality_lines(self, state: SummaryState) -> QLayout:
        look = self.look
        lines: list[QWidget | QLayout | int] = []
        for one in quality(state.session):
            words = ElidedText(look, "body", one.words, role="ink_soft", align=Qt.AlignmentFlag.AlignRight)
            line = row(Glyph(look, 16, one.sign), ElidedText(look, "body", one.name), words, spacing=look.px(8))
            line.setStretch(1, 1)
            lines.append(line)
        if not lines:
            lines.append(Text(look, "body", tr("Nothing was recorded."), soft=True))
        return column(*lines, spacing=look.px(8), margins=(look.px(16), 0, look.px(16), 0))

    def _show_said(self) -> None:
        if self._state is None:
            return
        ratings = self._state.session.ratings
        moment = cast("Moment", self.moment.choice)
        before = ratings.get(("pain", "before"))
        self.pain.show_values(ratings.get(("pain", moment)), before if moment == "after" else None)
        self.effort.show_values(ratings.get(("effort", "after")), None)
        said = tr("dashed: before the session, {value}").format(value=before) if before is not None else ""
        self._dashed.say(said if moment == "after" else "")
        sign, words = pain_words(self._state)
        self._pain_sign.show_state(sign)
        self._pain_sign.setVisible(bool(words))
        self._pain_words.say(words)

    def show_report(self, kind: str, image: QImage) -> None:
        """Show the report's picture."""
        self.report.show_page(kind, image)

    def ask_for_file(self, name: str) -> Path | None:
        """Ask where a file should go; None if it should not."""
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        chosen, _ = QFileDialog.getSaveFileName(self, tr("Save the report"), str(Path(folder) / name), "PDF (*.pdf)")
        return Path(chosen) if chosen else None

    def show_message(self, text: str) -> None:
        """Say in the foot what came of something."""
        self._message = text
        self.changed.emit()

    # doing ----------------------------------------------------------------------------------------------------------

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(whole(self.note))
        self.show_message(tr("The note is in the clipboard."))

    @property
    def _is_signed(self) -> bool:
        kept = None if self._state is None else self._state.session.note
        return kept is not None and kept.signed is not None

    def foot(self) -> Foot:
        """Return the foot: sign and finish, or finish with the draft."""
        back = FootButton(tr("Back to exercises"), self.back.emit, "left")
        if self._state is None or self._is_signed:
            done = FootButton(tr("Finish"), lambda: self.finished.emit(self.note), "tick", key=tr("Ctrl Enter"))
            return Foot(done, back=back, note=self._message)
        empty = [letter for letter, name in (("A", "assessment"), ("P", "plan")) if not self._text(name)]
        note = tr("{parts} of the note is empty.") if len(empty) == 1 else tr("{parts} of the note are empty.")
        words = note.format(
            parts=tr("{first} and {second}").format(first="A", second="P") if len(empty) == 2 else "".join(empty)
        )
        return Foot(
            FootButton(tr("Sign note and finish"), lambda: self.signed.emit(self.note), "tick", key=tr("Ctrl Enter")),
            (FootButton(tr("Finish without signing"), lambda: self.finished.emit(self.note)),),
            back,
            self._message or (words if empty else ""),
        )

    def _text(self, name: str) -> str:
        return self.fields[name].toPlainText().strip()

    def keys(self) -> list[Key]:
        """Return what keys do here."""
        return [
            Key(("Ctrl+Return", "Ctrl+Enter"), tr("Ctrl Enter"), tr("Sign the note and finish"), self._sign),
            Key(("Ctrl+Shift+C",), tr("Ctrl Shift C"), tr("Copy the note"), self._copy),
            Key(("Ctrl+S",), tr("Ctrl S"), tr("Save the report as PDF"), self.report.save),
        ]

    def _sign(self) -> None:
        primary = self.foot().primary
        if primary is not None:
            primary.act()

    def enter(self) -> None:
        """Begin with what the person says."""
        self.pain.steps[0].setFocus(Qt.FocusReason.OtherFocusReason)
        self.report.ask()


def _put(holder: QWidget, layout: QLayout) -> None:
    """Give a widget another layout with other things in it."""
    old = holder.layout()
    if old is not None:
        QWidget().setLayout(old)  # takes the old layout and what is in it along
    holder.setLayout(layout)
