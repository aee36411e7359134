"""Adding a person with one field, and everything that can be said of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QLayout, QLineEdit, QPlainTextEdit, QScrollArea, QWidget

from biofeedback.session.settings import VOLUME_AT_FIRST
from biofeedback.storage.records import values
from biofeedback.storage.records.values import Person
from biofeedback.ui.console.choices import Segmented, Slider
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.count import Count
from biofeedback.ui.console.keys import Key, install
from biofeedback.ui.console.labels import Text, column, row
from biofeedback.ui.console.look import Look, palette, style_sheet
from biofeedback.ui.language import tr

_SCALES = (1.0, 1.25, 1.5, 2.0)
_FORM = "%Y-%m-%d %H:%M"
_CODE_LENGTH = 40


class _Form(QDialog):
    """A dialog in the look of the console, with a line for what is wrong."""

    def __init__(self, parent: QWidget | None, look: Look, title: str) -> None:
        super().__init__(parent)
        self.look = look
        self.setWindowTitle(title)
        self.setModal(True)
        self.setPalette(palette(look))
        self.setStyleSheet(style_sheet(look))
        self.heading = Text(look, "title", title)
        self.wrong = Text(look, "body")
        self.wrong.setStyleSheet(f"color: {look.colour('fault').name()}")
        self.wrong.setWordWrap(True)
        self.wrong.hide()

    def say_wrong(self, text: str, field: QWidget | None = None) -> None:
        """Say what is wrong, and go to the field it is about."""
        self.wrong.say(text)
        self.wrong.setVisible(bool(text))
        if field is not None:
            field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _field(self, name: str, length: int, text: str = "", hint: str = "") -> QLineEdit:
        field = QLineEdit(text)
        field.setFont(self.look.font("body"))
        field.setFixedHeight(self.look.px(40))
        field.setMinimumWidth(self.look.px(120))
        field.setMaxLength(length)
        field.setPlaceholderText(hint)
        field.setAccessibleName(name)
        return field

    def _cancel(self) -> Button:
        button = Button(self.look, tr("Cancel"), key=tr("Esc"))
        button.clicked.connect(self.reject)
        button.setAutoDefault(False)
        return button

    def _primary(self, text: str, act: Callable[[], None], key: str) -> Button:
        button = Button(self.look, text, "primary", key=key)
        button.clicked.connect(act)
        button.setDefault(True)
        return button


class AddPerson(_Form):
    """One field: the code. ``wanted`` carries it."""

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None, look: Look, proposed: str) -> None:
        super().__init__(parent, look, tr("Add a person"))
        self.code = self._field(tr("Code"), _CODE_LENGTH, proposed)
        self.code.selectAll()
        note = Text(look, "caption", tr("Use a code, not the name. Everything else can be added later."), soft=True)
        note.setWordWrap(True)
        self.button = self._primary(tr("Add"), self._add, tr("Enter"))
        pad = look.px(24)
        label = Text(look, "strong", tr("Code"))
        self.setLayout(column(
            self.heading, label, self.code, note, self.wrong, row(-1, self._cancel(), self.button, spacing=look.px(8)),
            spacing=look.px(12), margins=(pad, pad, pad, pad)))  # fmt: skip
        self.setMinimumWidth(look.px(400))

    def _add(self) -> None:
        if self.code.text().strip():
            self.wanted.emit(self.code.text())
        else:
            self.say_wrong(tr("A person needs a code, such as P-014."), self.code)


class EditPerson(_Form):
    """Everything of a person but the plan. ``wanted`` carries the person as changed."""

    wanted = Signal(object)
    delete = Signal(object)

    def __init__(self, parent: QWidget | None, look: Look, person: Person, now: datetime) -> None:
        super().__init__(parent, look, tr("Edit {code}").format(code=person.code))
        self._person, self._now = person, now
        self.code = self._field(tr("Code"), _CODE_LENGTH, person.code)
        self.about = self._field(tr("About"), 200, person.about, tr("Region, side, week"))
        self.note = QPlainTextEdit(person.note)
        self.note.setFont(look.font("body"))
        self.note.setFixedHeight(look.px(88))
        self.note.setTabChangesFocus(True)
        self.note.setAccessibleName(tr("Note for the next visit"))
        visit = "" if person.next_visit is None else f"{person.next_visit.astimezone():{_FORM}}"
        self.visit = self._field(tr("Next visit"), 16, visit, f"{now + timedelta(days=1):%Y-%m-%d} 09:30")
        self.year = self._field(tr("Year of birth"), 4, str(person.birth_year or ""), tr("optional"))
        sides = {"left": tr("Left"), "right": tr("Right"), "both": tr("Both"), "none": tr("None")}
        self.side = self._choice(tr("Side"), sides, person.side)
        self.pain_limit = Count(look, tr("Pain limit"), 0, 10, person.pain_limit)
        scales = {str(scale): f"{scale * 100:.0f} %" for scale in _SCALES}
        nearest = min(_SCALES, key=lambda scale: abs(scale - person.display.text_scale))
        self.scale = self._choice(tr("Text size"), scales, str(nearest))
        themes = {"": tr("System"), "light": tr("Light"), "dark": tr("Dark"), "contrast": tr("High contrast")}
        self.theme = self._choice(tr("Colours"), themes, person.display.theme)
        self.volume = Slider(look, tr("Volume"), 10)
        self.volume.setValue(VOLUME_AT_FIRST if person.display.volume is None else person.display.volume)
        self._volume = person.display.volume  # None, until somebody moves it
        self.volume.valueChanged.connect(self._volume_chosen)
        self.save_button = self._primary(tr("Save"), self._save, tr("Ctrl Enter"))
        install(self, [Key(("Ctrl+Return", "Ctrl+Enter"), tr("Ctrl Enter"), tr("Save"), self._save)])
        self.delete_button = Button(look, tr("Delete this person"), "stop")
        self.delete_button.setAutoDefault(False)
        self.delete_button.clicked.connect(self._ask)
        self._sure = Button(look, tr("Delete everything"), "stop")
        self._sure.setAutoDefault(False)
        self._sure.clicked.connect(lambda: self.delete.emit(self._person))
        self._sure.hide()
        self._build()

    def _volume_chosen(self, volume: int) -> None:
        self._volume = volume

    def _choice(self, name: str, choices: dict[str, str], value: str) -> Segmented:
        made = Segmented(self.look, name, choices)
        made.show_choice(value)
        return made

    def _build(self) -> None:
        look, grid = self.look, QGridLayout()
        grid.setHorizontalSpacing(look.px(16))
        grid.setVerticalSpacing(look.px(12))
        grid.setColumnStretch(1, 1)
        days = [Button(look, text) for text in (tr("Today"), tr("Tomorrow"), tr("In a week"))]
        for button, ahead in zip(days, (0, 1, 7), strict=True):
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, ahead=ahead: self._visit_in(ahead))
        lines: list[tuple[str, QWidget | QLayout, str]] = [
            (tr("Code"), self.code, ""),
            (tr("About"), self.about, ""),
            (tr("Note for the next visit"), self.note, ""),
            (tr("Next visit"), row(self.visit, *days, spacing=look.px(8)), ""),
            (tr("Side"), row(self.side, -1), ""),
            (tr("Year of birth"), row(self.year, -1), ""),
            (tr("Pain limit"), row(self.pain_limit, -1), tr("The session’s summary tells when it was passed.")),
            (tr("Text size"), row(self.scale, -1), tr("On the person’s screen.")),
            (tr("Colours"), row(self.theme, -1), ""),
            (tr("Volume"), row(self.volume, -1), ""),
        ]
        self.volume.setFixedWidth(look.px(200))
        self.year.setFixedWidth(look.px(120))
        for number, (name, item, note) in enumerate(lines):
            grid.addWidget(Text(look, "body", name, soft=True), number, 0, Qt.AlignmentFlag.AlignVCenter)
            if isinstance(item, QWidget):
                grid.addWidget(item, number, 1)
                continue
            if note:
                item.addWidget(Text(look, "caption", note, soft=True))
            grid.addLayout(item, number, 1)
        inner = QWidget()
        inner.setLayout(column(grid, -1, margins=(look.px(4), look.px(4), look.px(12), look.px(4))))
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        foot = row(self.delete_button, self._sure, -1, self._cancel(), self.save_button, spacing=look.px(8))
        pad = look.px(24)
        layout = column(self.heading, scroll, self.wrong, foot, spacing=look.px(16), margins=(pad, pad, pad, pad))
        layout.setStretch(1, 1)
        self.setLayout(layout)
        self.resize(look.px(720), look.px(700))

    def _visit_in(self, days: int) -> None:
        time = self.visit.text()[11:] or f"{self._now:%H:%M}"
        self.visit.setText(f"{self._now + timedelta(days=days):%Y-%m-%d} {time}")

    def _ask(self) -> None:
        self.say_wrong(
            tr("This deletes {code} with all sessions and recordings. It cannot be undone.").format(
                code=self._person.code
            )
        )
        self.delete_button.hide()
        self._sure.show()

    def _save(self) -> None:
        try:
            visit = _moment(self.visit.text())
        except ValueError:
            example = f"{self._now + timedelta(days=1):%Y-%m-%d} 09:30"
            self.say_wrong(
                tr("Next visit: write it as {example}, or leave it empty.").format(example=example), self.visit
            )
            return
        year = self.year.text().strip()
        if year and not (year.isascii() and year.isdecimal() and 1900 <= int(year) <= self._now.year):
            self.say_wrong(tr("Year of birth: four figures, such as 1961, or leave it empty."), self.year)
            return
        if not self.code.text().strip():
            self.say_wrong(tr("A person needs a code, such as P-014."), self.code)
            return
        shown = replace(
            self._person.display,
            text_scale=float(self.scale.choice),
            theme=self.theme.choice,  # pyright: ignore[reportArgumentType] (one of the choices given above)
            volume=self._volume,
        )
        self.wanted.emit(
            replace(
                self._person,
                code=" ".join(self.code.text().split()),
                about=self.about.text().strip(),
                note=self.note.toPlainText().strip()[:2000],
                next_visit=visit,
                side=cast("values.Side", self.side.choice),
                birth_year=int(year) if year else None,
                pain_limit=self.pain_limit.value,
                display=shown,
            )
        )


def _moment(text: str) -> datetime | None:
    """Read local date and time; None if there is none."""
    text = " ".join(text.split())
    return datetime.strptime(text, _FORM).astimezone() if text else None
