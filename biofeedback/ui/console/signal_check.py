"""Is every sensor heard well enough: one light, four seconds of signal and one action each. It never blocks the way."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from biofeedback.session.room.view import PlaceView, RoomView
from biofeedback.ui.console.check_row import CheckRow
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.keys import Key
from biofeedback.ui.console.labels import ElidedText, Text, card, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.page_protocol import Foot, FootButton, Page
from biofeedback.ui.console.rating import HIGHEST, Scale11
from biofeedback.ui.console.sensors_page import cost_of_missing
from biofeedback.ui.language import tr, within

_NAMED = 2
_SIDE, _SIDE_FROM, _NARROW, _LOW, _LOWEST = 304, 1100, 760, 700, 460
_WORDS_FROM = 640


def good(places: tuple[PlaceView, ...]) -> int:
    """Return how many sensors are heard well."""
    return sum(place.light == "good" and bool(place.sensor) for place in places)


def cost_of(places: tuple[PlaceView, ...]) -> str:
    """Say what going on would cost, the worst first."""
    if missing := cost_of_missing(places):
        return missing
    lost = sorted((place for place in places if place.light == "lost"), key=lambda place: not place.needed)
    if lost:
        name = tr(lost[0].name)
        if lost[0].needed:
            return tr("No cues and no score while {place} is not heard.").format(place=name)
        return tr("{place} would get no score until it is back.").format(place=name)
    weak = [tr(place.name) for place in places if place.light == "weak"]
    return tr("{place} would get a remark in every score.").format(place=weak[0]) if weak else ""


class _Sayings(QWidget):
    """What to say to the person, one sentence after the other."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._lines: list[tuple[Glyph, Text]] = []
        self._shown: tuple[str, ...] = ()
        self._at = 0
        self._column = QVBoxLayout()
        self._column.setSpacing(look.px(12))
        self.next_button = Button(look, tr("Next"), key="N")
        self.next_button.clicked.connect(self.next)
        pad = look.px(16)
        self.setLayout(column(self._column, self.next_button, spacing=look.px(12), margins=(pad, pad, pad, pad)))

    def show_sayings(self, sayings: tuple[str, ...]) -> None:
        """Begin with the first of these sentences, if they are other ones."""
        if sayings == self._shown:
            return
        self._shown, self._at = sayings, 0
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._lines = []
        for saying in sayings:
            glyph, words = Glyph(self._look, 16, "todo"), Text(self._look, "body", saying)
            words.setWordWrap(True)
            line = QWidget()
            layout = row(glyph, words, spacing=self._look.px(8))
            layout.setAlignment(glyph, Qt.AlignmentFlag.AlignTop)
            layout.setStretch(1, 1)
            line.setLayout(layout)
            self._lines.append((glyph, words))
            self._column.addWidget(line)
        self._mark()

    def next(self) -> None:
        """Go to the next sentence; after the last one begin again."""
        self._at = (self._at + 1) % max(1, len(self._lines))
        self._mark()

    def _mark(self) -> None:
        for number, (glyph, words) in enumerate(self._lines):
            glyph.show_state("good" if number < self._at else "now" if number == self._at else "todo")
            words.setFont(self._look.font("body", bold=number == self._at))


class SignalCheckPage(Page):
    """The page "Signal check". ``on`` begins, ``back`` goes to the sensors, ``show_place`` to one placement there.

    ``pain`` carries how much it hurts before the session, 0 to 10, if the person is asked.
    """

    step = "check"
    on = Signal()
    back = Signal()
    show_place = Signal(str)
    pain = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.title = tr("Signal check")
        self._room: RoomView | None = None
        self.rows: dict[str, CheckRow] = {}
        self._lead = ElidedText(look, "body", role="ink_soft")
        self._list, self._listening = QVBoxLayout(), QWidget()
        self.scale = Scale11(look, tr("Pain"))
        self.scale.chosen.connect(self.pain)
        self._asked = self._question()
        self.sayings = _Sayings(look)
        self._side = self._side_card()
        head = row(Text(look, "title", self.title), self._lead, spacing=look.px(16))
        head.setStretch(1, 1)
        self._head = QWidget()
        self._head.setLayout(head)
        middle = row(self._main_card(), self._side, spacing=look.px(16))
        middle.setStretch(0, 1)
        self._body = column(self._head, middle)
        self._body.setStretch(1, 1)
        self.setLayout(self._body)

    def _main_card(self) -> QFrame:
        look, pad = self.look, self.look.px(24)
        inside = QWidget()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._list.addStretch(1)
        inside.setLayout(self._list)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        words = tr("Listening. A light follows the last second; a cause must last two seconds to be named.")
        note = ElidedText(look, "body", words, role="ink_soft")
        foot = row(Glyph(look, 16, "now"), note, spacing=look.px(8), margins=(pad, look.px(12), pad, look.px(12)))
        foot.setStretch(1, 1)
        frame = card()
        self._listening.setLayout(foot)
        body = column(scroll, self._asked, self._listening, margins=(1, 1, 1, 1))
        body.setStretch(0, 1)
        frame.setLayout(body)
        return frame

    def _question(self) -> QWidget:
        look, pad = self.look, self.look.px(24)
        self._asking = ElidedText(look, "caption", tr("0 to 9, X is ten. It may be left out."), role="ink_soft")
        line = row(
            Text(look, "strong", tr("Pain now?")), self.scale, self._asking,
            spacing=look.px(16), margins=(pad, look.px(8), pad, look.px(8)),
        )  # fmt: skip
        line.setStretch(2, 1)
        asked = QWidget()
        asked.setLayout(column(rule(), line))
        return asked

    def show_pain(self, value: int | None, problem: str = "") -> None:
        """Show what the person said before the session, None: nothing; or why it could not be kept."""
        self.scale.show_values(value, None)
        self._asking.say(problem or tr("0 to 9, X is ten. It may be left out."))

    def _side_card(self) -> QFrame:
        look, pad = self.look, self.look.px(16)
        lights = (
            ("good", tr("Good"), tr("Counts and gives scores.")),
            ("weak", tr("Weak, hum, loose"), tr("Counts. Scores carry a remark.")),
            ("lost", tr("Check sensor"), tr("No score from it until it is back.")),
            ("off", tr("Not used"), tr("Left out of this exercise.")),
        )
        words = QWidget()
        lines = []
        for state, name, means in lights:
            text = Text(look, "caption", means, soft=True)
            text.setWordWrap(True)
            line = row(Glyph(look, 16, state), column(Text(look, "strong", name), text), spacing=look.px(8))
            line.setStretch(1, 1)
            lines.append(column(line))
        words.setLayout(column(*lines, spacing=look.px(12), margins=(pad, pad, pad, pad)))
        frame = card()
        frame.setFixedWidth(look.px(_SIDE))
        heads = [_head(look, tr("Say to the person")), _head(look, tr("Words used here"))]
        self._meanings = QWidget()
        self._meanings.setLayout(column(rule(), heads[1], rule(), words))
        frame.setLayout(column(heads[0], rule(), self.sayings, self._meanings, -1, margins=(1, 1, 1, 1)))
        return frame

    @property
    def _beside(self) -> bool:
        return self.width() >= self.look.px(_SIDE_FROM)

    def show_room(self, room: RoomView) -> None:
        """Take a newer page of the room."""
        old, self._room = self._room, room
        names = {found.id: tr(found.name) for found in room.found}
        for gone in self.rows.keys() - {place.id for place in room.places}:
            line = self.rows.pop(gone)
            self._list.removeWidget(line)
            line.deleteLater()
        beside = self.look.px(_SIDE) if self._beside else 0
        narrow, low = self.width() - beside < self.look.px(_NARROW), self.height() < self.look.px(_LOW)
        for number, place in enumerate(room.places):
            line = self.rows.get(place.id)
            if line is None:
                line = self.rows[place.id] = CheckRow(self.look)
                line.show_it.connect(lambda placement=place.id: self.show_place.emit(placement))
                self._list.insertWidget(number, line)
            line.show_place(place, names.get(place.sensor, ""), narrow, low, in_session=room.session == "running")
        words = tr("{good} of {count} good").format(good=good(room.places), count=len(room.places))
        self._lead.say(words if room.places else tr("Choose an exercise first."))
        self.sayings.show_sayings(self._sayings(room.places))
        self._ask()
        if old is None or _foot_key(old) != _foot_key(room):
            self.changed.emit()

    def _ask(self) -> None:
        """Ask for the pain where there is room for it, until the session has begun."""
        began = self._room is not None and self._room.session == "running"
        self._asked.setVisible(not began and self.height() >= self.look.px(_LOWEST))

    def _sayings(self, places: tuple[PlaceView, ...]) -> tuple[str, ...]:
        muscles = [within(tr(place.name)) for place in places if place.kind == "emg"]
        said = [tr("“Keep still and let go.”")]
        if len(muscles) > _NAMED:
            said.append(tr("“Tense one muscle after the other, then let go.”"))
        elif muscles:
            said.append(tr("“Tense once, then let go: {muscles}.”").format(muscles=tr(" and ").join(muscles)))
        said.append(tr("“Now do the movement once.”"))
        return tuple(said)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the words out where there is no room for them."""
        super().resizeEvent(event)
        self._side.setVisible(self._beside)
        self._meanings.setVisible(self.height() >= self.look.px(_WORDS_FROM))
        low = self.height() < self.look.px(_LOWEST)
        self._head.setVisible(not low)
        self._listening.setVisible(not low)
        self._ask()
        margin = self.look.px(12 if low else 24)
        self._body.setContentsMargins(margin, margin, margin, margin)
        self._body.setSpacing(self.look.px(16))

    def minimumSizeHint(self) -> QSize:
        """Return no least size: the rows scroll."""
        return QSize(0, 0)

    def foot(self) -> Foot:
        """Return what going on would cost, and the way on."""
        back = FootButton(tr("Back"), self.back.emit, icon="left")
        places = () if self._room is None else self._room.places
        if self._room is not None and self._room.session == "opening":
            return Foot(FootButton(tr("Starting…"), self.on.emit, enabled=False), back=back)
        if self._room is not None and self._room.session == "running":
            return Foot(FootButton(tr("Back to the session"), self.on.emit, icon="right"), note=tr(cost_of(places)))
        stops = not places or any(place.needed and not place.sensor for place in places)
        well = good(places)
        words = tr("Go on") if well == len(places) else tr("Go on with {count} good").format(count=well)
        note = self._room.problem if self._room is not None and self._room.problem else cost_of(places)
        return Foot(FootButton(words, self.on.emit, icon="right", enabled=not stops), back=back, note=tr(note))

    def keys(self) -> list[Key]:
        """Return the keys of the page."""
        return [
            Key(("N",), "N", tr("Next sentence to say"), self.sayings.next),
            Key(("0",), tr("0 to 9, X"), tr("Pain now, 0 to 10"), lambda: self._choose_pain(0)),
            *(Key((str(value),), "", "", lambda value=value: self._choose_pain(value)) for value in range(1, HIGHEST)),
            Key(("X",), "", "", lambda: self._choose_pain(HIGHEST)),
        ]

    def _choose_pain(self, value: int) -> None:
        if self._asked.isVisible():
            self.scale.choose(value)


def _head(look: Look, title: str) -> QWidget:
    pad = look.px(16)
    head = QWidget()
    head.setLayout(row(Text(look, "strong", title), -1, margins=(pad, pad, pad, pad)))
    return head


def _foot_key(room: RoomView) -> tuple[object, ...]:
    return room.session, room.problem, tuple((p.sensor, p.needed, p.name, p.light) for p in room.places)
