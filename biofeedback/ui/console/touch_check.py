"""Before vibration is used: what to ask and look at, and practice, so that the person knows what a buzz asks for."""

from __future__ import annotations

import random
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLayout, QWidget

from biofeedback.session import commands
from biofeedback.session.commands import Command
from biofeedback.session.view import FeedbackView
from biofeedback.ui.console.choices import Switch
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.labels import Text, column, row, rule
from biofeedback.ui.console.look import Look, palette, style_sheet
from biofeedback.ui.language import tr

_BUZZES, _ENOUGH = 4, 3


class TouchCheck(QDialog):
    """Asks what must be asked; switches vibration on when all of it is answered. It does not hold up the session.

    The program hears of skin and implants first, so a practice buzz is possible only after the three questions.
    """

    def __init__(self, parent: QWidget, look: Look, send: Callable[[Command], None]) -> None:
        super().__init__(parent)
        self._look, self._send = look, send
        self._results: list[bool] = []
        self._sides: list[str] = []
        self._feedback: FeedbackView | None = None
        self._live = False
        self._waits = False
        self.setWindowTitle(tr("Before vibration is used"))
        self.setModal(False)
        self.setPalette(palette(look))
        self.setStyleSheet(style_sheet(look))
        self.questions = [Switch(look, words) for words in _questions()]
        for switch in self.questions:
            switch.toggled.connect(self._answered)
        self._say, self._where = Text(look, "body", ""), Text(look, "caption", "", soft=True)
        self._pips = [Glyph(look, 20, "todo") for _ in range(_BUZZES)]
        self._count = Text(look, "caption", "", soft=True)
        self.buzz, self.followed, self.not_followed, self.without, self.on = (
            Button(look, tr("Buzz")), Button(look, tr("Followed")), Button(look, tr("Not followed")),
            Button(look, tr("On without practice")), Button(look, tr("Switch on"), "primary"),
        )  # fmt: skip
        self.buzz.clicked.connect(self._practise)
        self.followed.clicked.connect(lambda: self._note(True))
        self.not_followed.clicked.connect(lambda: self._note(False))
        for button in (self.without, self.on):
            button.clicked.connect(self._switch_on)
        self._build()
        self._show()

    def _build(self) -> None:
        look, pad = self._look, self._look.px(24)
        lines: list[QWidget | QLayout | int] = []
        for switch, words in zip(self.questions, _questions(), strict=True):
            text = Text(look, "body", words)
            text.setWordWrap(True)
            line = row(switch, text, spacing=look.px(12))
            line.setStretch(1, 1)
            lines.append(line)
        cancel = Button(look, tr("Cancel"), key=tr("Esc"))
        cancel.clicked.connect(self.close)
        self._say.setWordWrap(True)
        self._where.setWordWrap(True)
        pips = row(*self._pips, self._count, -1, spacing=look.px(8))
        self.setLayout(column(
            Text(look, "title", tr("Before vibration is used")),
            Text(look, "body", tr("Ask the person, and look:"), soft=True), *lines, rule(),
            Text(look, "strong", tr("Practice buzzes")), self._say,
            row(self.buzz, self.followed, self.not_followed, -1, spacing=look.px(8)), pips, self._where, rule(),
            row(-1, cancel, self.without, self.on, spacing=look.px(8)),
            spacing=look.px(12), margins=(pad, pad, pad, pad)))  # fmt: skip
        width = look.px(520)
        self.setMinimumWidth(width)
        self.resize(width, self.heightForWidth(width))

    def show_feedback(self, feedback: FeedbackView, live: bool) -> None:
        """Take a newer page; while a set goes on nothing is practised."""
        self._feedback, self._live = feedback, live
        self._show()

    @property
    def _asked(self) -> bool:
        return all(switch.isChecked() for switch in self.questions)

    @property
    def _learned(self) -> bool:
        return sum(self._results[-_BUZZES:]) >= _ENOUGH

    def _answered(self) -> None:
        if self._asked:
            self._send(commands.AllowTouch())
        self._show()

    def _practise(self) -> None:
        if not self._sides:
            self._sides = ["below", "above"] * (_BUZZES // 2)
            random.shuffle(self._sides)
        self._send(commands.PracticeBuzz("below" if self._sides.pop() == "below" else "above"))
        self._waits = True
        self._show()
        self.followed.setFocus(Qt.FocusReason.OtherFocusReason)

    def _note(self, followed: bool) -> None:
        self._results.append(followed)
        self._waits = False
        self._show()
        (self.on if self._learned else self.buzz).setFocus(Qt.FocusReason.OtherFocusReason)

    def _switch_on(self) -> None:
        self._send(commands.SetTouch(True))
        self.close()

    def _show(self) -> None:
        feedback = self._feedback
        one = feedback is not None and feedback.motor_below == feedback.motor_above
        self._say.say(
            tr("Say: “A buzz means that you have left the band. Come back to it.”") if one
            else tr("Say: “Move away from the buzz.”")
        )  # fmt: skip
        self.buzz.setEnabled(self._asked and not self._live and not self._waits)
        self.followed.setEnabled(self._waits)
        self.not_followed.setEnabled(self._waits)
        self.without.setEnabled(self._asked)
        self.on.setEnabled(self._asked and self._learned)
        last = self._results[-_BUZZES:]
        for place, pip in enumerate(self._pips):
            pip.show_state("todo" if place >= len(last) else "good" if last[place] else "off")
        self._count.say(
            tr("{count} of the last {of} followed").format(count=sum(last), of=_BUZZES) if last
            else tr("3 of 4 buzzes followed are enough.")
        )  # fmt: skip
        self._where.say(self._place_words())

    def _place_words(self) -> str:
        feedback = self._feedback
        if self._live:
            return tr("A set goes on: practice is possible between sets.")
        if feedback is None or not feedback.motor_below:
            return ""
        return tr("Too low is felt at {low}, too high at {high}.").format(
            low=feedback.motor_below, high=feedback.motor_above
        )


def _questions() -> tuple[str, ...]:
    return (
        tr("The skin under the motors feels touch; it is neither broken nor painful."),
        tr("No implant lies near them: no pacemaker, no pump, no stimulator."),
        tr("Each motor is 5 cm or more away from every electrode."),
    )
