"""The exercises of today, or of a plan: the library with what each needs, and the chosen ones with their dose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QVBoxLayout, QWidget

from biofeedback.exercises.model import Exercise
from biofeedback.storage.records.values import Person, Planned
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.count import Count
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.home import SearchField
from biofeedback.ui.console.keys import Key
from biofeedback.ui.console.labels import ElidedText, Text, card, card_header, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.page_protocol import Foot, FootButton, Page
from biofeedback.ui.language import tr

_MOST = 12
_BESIDE = 1180


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is chosen from. ``planning``: the plan of a person is changed, and no session is begun."""

    library: tuple[Exercise, ...]
    person: Person | None = None
    chosen: tuple[Planned, ...] = ()
    planning: bool = False


def needs(exercise: Exercise) -> str:
    """Say what an exercise needs: ``2 motion sensors, 1 muscle sensor``."""
    motion = sum(placement.kind == "imu" for placement in exercise.placements)
    muscle = len(exercise.placements) - motion
    words = []
    if motion:
        words.append(tr("1 motion sensor") if motion == 1 else tr("{count} motion sensors").format(count=motion))
    if muscle:
        words.append(tr("1 muscle sensor") if muscle == 1 else tr("{count} muscle sensors").format(count=muscle))
    return ", ".join(words)


def planned(exercise: Exercise) -> Planned:
    """Return an exercise with its own dose."""
    return Planned(exercise=exercise.id, sets=exercise.dose.sets, repetitions=exercise.dose.repetitions)


class _Offer(QWidget):
    """One exercise of the library."""

    def __init__(self, look: Look, exercise: Exercise) -> None:
        super().__init__()
        self.exercise = exercise
        name = tr(exercise.name)
        self.button = Button(look, tr("Add"), icon="plus")
        self.button.setAccessibleName(tr("Add {name}").format(name=name))
        self.button.setAccessibleDescription(needs(exercise))
        tags = ", ".join(tr(tag.replace("-", " ")) for tag in exercise.tags)
        places = ", ".join(tr(placement.name) for placement in exercise.placements)
        words = column(
            ElidedText(look, "strong", name),
            ElidedText(look, "caption", f"{needs(exercise)}: {places}", role="ink_soft"),
            ElidedText(look, "caption", tags, role="ink_soft"),
        )
        layout = row(
            words, self.button, spacing=look.px(12), margins=(look.px(16), look.px(8), look.px(16), look.px(8))
        )
        layout.setStretch(0, 1)
        self.setLayout(layout)
        self.text = f"{name} {tags} {places} {exercise.id}".casefold()


class _Chosen(QWidget):
    """One chosen exercise: its dose, its place in the order, and a way out."""

    def __init__(self, look: Look, number: int, name: str, one: Planned, last: bool) -> None:
        super().__init__()
        self.sets = Count(look, tr("Sets of {name}").format(name=name), 1, 20, one.sets)
        self.repetitions = Count(look, tr("Repetitions of {name}").format(name=name), 1, 100, one.repetitions)
        self.up = _icon(look, "up", tr("{name}: earlier").format(name=name), number > 1)
        self.down = _icon(look, "down", tr("{name}: later").format(name=name), not last)
        self.out = _icon(look, "close", tr("Take {name} out").format(name=name), enabled=True)
        title = row(
            Text(look, "strong", str(number)), ElidedText(look, "strong", name), self.up, self.down, self.out,
            spacing=look.px(8),
        )  # fmt: skip
        title.setStretch(1, 1)
        dose = row(
            Text(look, "body", tr("Sets"), soft=True), self.sets, look.px(8),
            Text(look, "body", tr("Repetitions"), soft=True), self.repetitions, -1, spacing=look.px(8),
        )  # fmt: skip
        pad = look.px(16)
        self.setLayout(column(title, dose, spacing=look.px(8), margins=(pad, look.px(12), pad, look.px(12))))


def _icon(look: Look, icon: str, name: str, enabled: bool) -> Button:
    button = Button(look, "", "quiet", icon=icon)
    button.setFixedWidth(look.px(32))
    button.setAccessibleName(name)
    button.setToolTip(name)
    keeps_room = button.sizePolicy()
    keeps_room.setRetainSizeWhenHidden(True)
    button.setSizePolicy(keeps_room)
    button.setVisible(enabled)
    return button


class ExerciseChoice(Page):
    """The page. ``go_on`` and ``keep_plan`` carry the chosen exercises in their order."""

    step = "exercises"
    go_on = Signal(object)
    keep_plan = Signal(object)
    back = Signal()

    def __init__(self, look: Look, choice: Choice) -> None:
        super().__init__(look)
        self._choice = choice
        self._names = {exercise.id: tr(exercise.name) for exercise in choice.library}
        self.chosen: list[Planned] = [one for one in choice.chosen if one.exercise in self._names]
        self._lost = [one.exercise for one in choice.chosen if one.exercise not in self._names]
        if choice.planning and choice.person is not None:
            self.step = None
            self.title = tr("Plan of {code}").format(code=choice.person.code)
        else:
            self.title = tr("Exercises of today")
        self.search = SearchField(look)
        self.search.setPlaceholderText(tr("Name, region or kind"))
        self.search.setAccessibleName(tr("Find an exercise"))
        self.search.textChanged.connect(self._filter)
        self.search.first.connect(self._enter)
        self.search.down.connect(self._into_library)
        self.offers = [_Offer(look, exercise) for exercise in choice.library]
        self._rules: list[QFrame] = []
        self.rows: list[_Chosen] = []
        self._list = QWidget()
        self._count = Text(look, "caption", "", soft=True)
        self._none = Text(look, "body", tr("No exercise fits what is typed."), soft=True)
        self._build()
        self._show_chosen()

    def _build(self) -> None:
        look = self.look
        subtitle = "" if self._choice.person is None else f"{self._choice.person.code} {self._choice.person.about}"
        head = row(
            Text(look, "title", self.title), ElidedText(look, "body", subtitle, role="ink_soft"), self.search,
            spacing=look.px(16),
        )  # fmt: skip
        head.setStretch(1, 1)
        offers = QWidget()
        stack = QVBoxLayout(offers)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(0)
        self._none.setContentsMargins(look.px(16), look.px(16), look.px(16), 0)
        self._none.hide()
        stack.addWidget(self._none)
        for offer in self.offers:
            offer.button.clicked.connect(lambda _=False, offer=offer: self.add(offer.exercise))
            stack.addWidget(offer)
            below = rule()
            self._rules.append(below)
            stack.addWidget(below)
        stack.addStretch(1)
        library = card()
        library.setLayout(column(card_header(look, tr("Library")), rule(), _scrolled(offers), margins=(1, 1, 1, 1)))
        today = card()
        title = tr("Plan") if self._choice.planning else tr("Today")
        today.setLayout(
            column(card_header(look, title, self._count), rule(), _scrolled(self._list), margins=(1, 1, 1, 1))
        )
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(look.px(16))
        self._body.addWidget(library, 3)
        self._body.addWidget(today, 2)
        margin = look.px(24)
        layout = column(head, self._body, spacing=look.px(16), margins=(margin, margin, margin, margin))
        layout.setStretch(1, 1)
        inner = QWidget()
        inner.setLayout(layout)
        library.setMinimumHeight(look.px(300))
        today.setMinimumHeight(look.px(300))
        self.setLayout(column(_scrolled(inner)))

    def minimumSizeHint(self) -> QSize:
        """Return a size in which everything can still be reached."""
        return QSize(self.look.px(360), self.look.px(240))

    def resizeEvent(self, event: object) -> None:
        """Stack the two lists where there is little room; the chosen ones first."""
        beside = self.width() >= self.look.px(_BESIDE)
        ways = QBoxLayout.Direction
        self._body.setDirection(ways.LeftToRight if beside else ways.BottomToTop)

    # choosing -------------------------------------------------------------------------------------------------------

    def add(self, exercise: Exercise) -> None:
        """Add an exercise with its own dose, at the end."""
        if len(self.chosen) < _MOST:
            self._change([*self.chosen, planned(exercise)])

    def _enter(self) -> None:
        """Add the first that fits what is typed; with nothing typed Enter is the foot's, as everywhere."""
        first = self._first_shown()
        if not self.search.text().strip():
            if (primary := self.foot().primary) is not None and primary.enabled:
                primary.act()
        elif first is not None:
            self.add(first.exercise)
            self.search.clear()

    def _first_shown(self) -> _Offer | None:
        return next((offer for offer in self.offers if not offer.isHidden()), None)

    def _into_library(self) -> None:
        if (first := self._first_shown()) is not None:
            first.button.setFocus(Qt.FocusReason.TabFocusReason)

    def _change(self, chosen: Sequence[Planned]) -> None:
        self.chosen = list(chosen)
        self._show_chosen()
        self.changed.emit()

    def _move(self, place: int, by: int) -> None:
        chosen = list(self.chosen)
        chosen.insert(place + by, chosen.pop(place))
        self._change(chosen)
        row = self.rows[place + by]
        target = (row.up if by < 0 else row.down) if not (row.up if by < 0 else row.down).isHidden() else row.out
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _dose(self, place: int, sets: int, repetitions: int) -> None:
        self.chosen[place] = replace(self.chosen[place], sets=sets, repetitions=repetitions)
        self._show_count()

    def _take_out(self, place: int) -> None:
        self._change([one for i, one in enumerate(self.chosen) if i != place])
        if self.rows:
            self.rows[min(place, len(self.rows) - 1)].out.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def _filter(self, typed: str) -> None:
        words = typed.casefold().split()
        for offer, below in zip(self.offers, self._rules, strict=True):
            offer.setVisible(all(word in offer.text for word in words))
            below.setVisible(not offer.isHidden())
        self._none.setVisible(all(offer.isHidden() for offer in self.offers))

    # showing --------------------------------------------------------------------------------------------------------

    def _show_chosen(self) -> None:
        look = self.look
        fresh = QWidget()
        stack = QVBoxLayout(fresh)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(0)
        self.rows = []
        for place, one in enumerate(self.chosen):
            line = _Chosen(look, place + 1, self._names[one.exercise], one, place == len(self.chosen) - 1)
            line.up.clicked.connect(lambda _=False, place=place: self._move(place, -1))
            line.down.clicked.connect(lambda _=False, place=place: self._move(place, 1))
            line.out.clicked.connect(lambda _=False, place=place: self._take_out(place))
            for count in (line.sets, line.repetitions):
                count.changed.connect(
                    lambda _, place=place, line=line: self._dose(place, line.sets.value, line.repetitions.value)
                )
            self.rows.append(line)
            stack.addWidget(line)
            stack.addWidget(rule())
        notes = [tr("{id} is not in the library any more and was left out.").format(id=lost) for lost in self._lost]
        if not self.chosen:
            notes.append(tr("Nothing is chosen yet. Add an exercise from the library."))
        for note in notes:
            text = Text(look, "body", note, soft=True)
            text.setWordWrap(True)
            line = row(*([Glyph(look, 16, "weak")] if note not in notes[len(self._lost) :] else []), text)
            line.setSpacing(look.px(8))
            line.setContentsMargins(look.px(16), look.px(16), look.px(16), 0)
            line.setStretch(line.count() - 1, 1)
            stack.addLayout(line)
        stack.addStretch(1)
        old = self._list.layout()
        if old is None:
            old = column()
            self._list.setLayout(old)
        while (item := old.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        old.addWidget(fresh)
        self._show_count()

    def _show_count(self) -> None:
        total = sum(one.sets * one.repetitions for one in self.chosen)
        self._count.say(tr("{count} repetitions").format(count=total) if total else "")

    # the shell ------------------------------------------------------------------------------------------------------

    def foot(self) -> Foot:
        """Return the foot: on to the sensors, or the plan kept."""
        chosen = bool(self.chosen)
        back = FootButton(tr("Back"), self.back.emit, "left")
        keep = FootButton(tr("Keep as plan"), self._keep, "tick", chosen)
        if self._choice.planning:
            return Foot(FootButton(tr("Keep plan"), self._keep, "tick"), back=back)
        others = (keep,) if self._choice.person is not None else ()
        note = "" if chosen else tr("Choose at least one exercise.")
        return Foot(FootButton(tr("Sensors"), self._go, "right", chosen), others, back, note)

    def _go(self) -> None:
        if self.chosen:
            self.go_on.emit(tuple(self.chosen))

    def _keep(self) -> None:
        self.keep_plan.emit(tuple(self.chosen))

    def keys(self) -> list[Key]:
        """Return what keys do here."""
        return [Key(("Ctrl+F",), tr("Ctrl F"), tr("Find an exercise"), self.search.setFocus)]

    def enter(self) -> None:
        """Begin in the field that finds an exercise."""
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)


def _scrolled(inner: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(inner)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
