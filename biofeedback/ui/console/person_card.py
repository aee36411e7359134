"""The chosen person: the last session, what was said, the note for this visit, and how to go on."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLayout, QScrollArea, QWidget

from biofeedback.storage.records.values import Overview, RatingKind, Session
from biofeedback.ui.console import home_words
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.labels import ElidedText, Text, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.words import DASH
from biofeedback.ui.language import tr

WIDTH = 344


class PersonCard(QFrame):
    """One person. Its signals carry the person they are about."""

    edit = Signal(object)
    plan = Signal(object)
    choose = Signal(object)
    start = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._shown: Overview | None = None
        self.setObjectName("card")
        self.setMinimumWidth(look.px(WIDTH))
        self._code = ElidedText(look, "title")
        self.edit_button = Button(look, tr("Edit"), "quiet", icon="edit")
        self.edit_button.clicked.connect(lambda: self.edit.emit(self._shown))
        self._about = Text(look, "body", soft=True)
        self._about.setWordWrap(True)
        self._body = QWidget()
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.start_button = Button(look, tr("Start today’s plan"), icon="play")
        self.start_button.setFixedHeight(look.px(40))
        self.start_button.clicked.connect(lambda: self.start.emit(self._shown))
        self.choose_button = Button(look, tr("Choose exercises"))
        self.choose_button.clicked.connect(lambda: self.choose.emit(self._shown))
        self.plan_button = Button(look, tr("Plan"), icon="list")
        self.plan_button.clicked.connect(lambda: self.plan.emit(self._shown))
        head = row(self._code, self.edit_button, spacing=look.px(8))
        head.setStretch(0, 1)
        ways = row(self.choose_button, self.plan_button, spacing=look.px(8))
        ways.setStretch(0, 1)
        layout = column(head, self._about, self._scroll, self.start_button, ways, spacing=look.px(8))
        layout.setContentsMargins(*(look.px(16),) * 4)
        layout.setStretch(2, 1)
        self.setLayout(layout)

    @property
    def shown(self) -> Overview | None:
        """Whom it shows."""
        return self._shown

    def show_person(self, one: Overview | None, now: datetime) -> None:
        """Show a person, or say that none is chosen."""
        self._shown = one
        self.setVisible(one is not None)
        if one is None:
            return
        self._code.say(one.person.code)
        self._about.say(one.person.about)
        self._about.setVisible(bool(one.person.about))
        self.start_button.setVisible(bool(one.person.plan))
        body = QWidget()
        body.setLayout(self._fill(one, now))
        self._scroll.setWidget(body)

    def _fill(self, one: Overview, now: datetime) -> QLayout:
        look = self._look
        last = Text(look, "body", home_words.last_words(one, now), soft=True)
        last.setWordWrap(True)
        items: list[QWidget | QLayout | int] = [last, rule()]
        if one.last is not None:
            items += [self._exercises(one.last), rule(), self._said(one.last), rule()]
        items.append(Text(look, "caption", tr("Note for this visit"), soft=True))
        note = Text(look, "body", one.person.note or tr("None. Write one with Edit."), soft=not one.person.note)
        note.setWordWrap(True)
        note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return column(*items, note, -1, spacing=look.px(8), margins=(0, 0, look.px(4), 0))

    def _exercises(self, last: Session) -> QGridLayout:
        look, grid = self._look, QGridLayout()
        grid.setHorizontalSpacing(look.px(8))
        grid.setVerticalSpacing(look.px(8))
        grid.setColumnStretch(0, 1)
        titles = (tr("Exercise"), tr("Done"), tr("Practice"), tr("On own"))
        for place, title in enumerate(titles):
            side = Qt.AlignmentFlag.AlignLeft if place == 0 else Qt.AlignmentFlag.AlignRight
            grid.addWidget(Text(look, "caption", title, soft=True), 0, place, side)
        for line, bout in enumerate(last.bouts, start=1):
            grid.addWidget(ElidedText(look, "body", tr(bout.exercise_name)), line, 0)
            cells = (
                Text(look, "body", home_words.done_words(bout), soft=True),
                Text(look, "strong", home_words.mean(bout, probe=False)),
                Text(look, "body", home_words.mean(bout, probe=True)),
            )
            for place, cell in enumerate(cells, start=1):
                grid.addWidget(cell, line, place, Qt.AlignmentFlag.AlignRight)
        return grid

    def _said(self, last: Session) -> QLayout:
        look = self._look
        lines = [
            (tr("Pain before, after"), _before_after(last, "pain")),
            (tr("Effort"), _after(last, "effort")),
        ]
        rows = [row(Text(look, "body", name, soft=True), -1, Text(look, "strong", value)) for name, value in lines]
        return column(*rows, spacing=look.px(8))


def _before_after(session: Session, kind: RatingKind) -> str:
    before, after = session.ratings.get((kind, "before")), session.ratings.get((kind, "after"))
    if before is None and after is None:
        return tr("not asked")
    words = [DASH if value is None else str(value) for value in (before, after)]
    return tr("{before}, {after} of 10").format(before=words[0], after=words[1])


def _after(session: Session, kind: RatingKind) -> str:
    value = session.ratings.get((kind, "after"))
    return tr("not asked") if value is None else tr("{value} of 10").format(value=value)
