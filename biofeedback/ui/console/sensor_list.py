"""The sensors that were found, those in use first; and what could not be looked at."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from biofeedback.session.room.commands import Blink, LetGo, Scan, Use
from biofeedback.session.room.view import FoundView, PlaceView, RoomView
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.labels import ElidedText, Text, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.sensor_row import SensorRow
from biofeedback.ui.language import tr

_STATES = {"streaming": 1, "connecting": 1, "lost": 1, "failed": 2, "found": 3, "unknown": 4}


def placed(room: RoomView) -> dict[str, tuple[PlaceView, ...]]:
    """Return the placements each sensor is on."""
    on: dict[str, tuple[PlaceView, ...]] = {}
    for place in room.places:
        if place.sensor:
            on[place.sensor] = (*on.get(place.sensor, ()), place)
    return on


def _rank(found: FoundView, places: tuple[PlaceView, ...]) -> tuple[int, int, str]:
    """Order: placed by number, other connected ones, found ones, unknown ones, simulated ones last."""
    if places:
        return 0, places[0].number, ""
    return (_STATES[found.state] if found.link != "simulated" else 5), 0, found.name


class FoundCard(QFrame):
    """The list. ``ask`` carries a command of the room; ``why`` asks for the reason, ``add`` for one not in the list."""

    ask = Signal(object)
    chosen = Signal(str)
    why = Signal(str)
    add = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setObjectName("card")
        self.rows: dict[str, SensorRow] = {}
        self._words = ElidedText(look, "body", role="ink_soft")
        self._list = QVBoxLayout()
        self._empty = Text(look, "body", "", soft=True)
        self.scan_button = Button(look, tr("Scan again"), key="R")
        self.blink_button = Button(look, tr("All blink"), key="B")
        self.add_button = Button(look, tr("Not in the list"), "quiet")
        self._note_glyph, self.note = Glyph(look, 16, "weak"), Text(look, "caption")
        self.scan_button.clicked.connect(lambda: self.ask.emit(Scan()))
        self.blink_button.clicked.connect(lambda: self.ask.emit(Blink()))
        self.add_button.clicked.connect(self.add)
        self._foot = QWidget()
        self._folded = False
        self._build()

    def fold(self, folded: bool) -> None:
        """Keep only notes that matter, where there is little room."""
        self._folded = folded

    def _build(self) -> None:
        look, pad = self._look, self._look.px(16)
        head = QWidget()
        head.setFixedHeight(look.px(48))
        layout = row(
            Text(look, "strong", tr("Found")), self._words, self.scan_button, self.blink_button,
            spacing=look.px(8), margins=(pad, 0, pad, 0),
        )  # fmt: skip
        layout.setStretch(1, 1)
        head.setLayout(layout)
        inside = QWidget()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._empty.setWordWrap(True)
        self._empty.setContentsMargins(pad, pad, pad, pad)
        self._list.addWidget(self._empty)
        self._list.addLayout(row(self.add_button, -1, margins=(look.px(8), look.px(8), pad, look.px(8))))
        self._list.addStretch(1)
        inside.setLayout(self._list)
        scroll = QScrollArea()
        scroll.setWidget(inside)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.note.setWordWrap(True)
        foot = row(self._note_glyph, self.note, spacing=look.px(8), margins=(pad, look.px(10), pad, look.px(10)))
        foot.setStretch(1, 1)
        under = column(rule(), foot)
        self._foot.setLayout(under)
        body = column(head, rule(), scroll, self._foot, margins=(1, 1, 1, 1))
        body.setStretch(2, 1)
        self.setLayout(body)

    def show_room(self, room: RoomView, placement: str, sensor: str, narrow: bool) -> None:
        """Take a newer page; the row of a chosen placement or sensor stands out, ``narrow`` leaves figures out."""
        on = placed(room)
        order = sorted(room.found, key=lambda one: _rank(one, on.get(one.id, ())))
        for gone in self.rows.keys() - {one.id for one in order}:
            line = self.rows.pop(gone)
            self._list.removeWidget(line)
            line.deleteLater()
        for number, found in enumerate(order):
            line = self.rows.get(found.id) or self._new_row(found.id)
            if self._list.indexOf(line) != number:
                self._list.removeWidget(line)
                self._list.insertWidget(number, line)
            places = on.get(found.id, ())
            selected = found.id == sensor or placement in {place.id for place in places}
            line.show_sensor(found, places, selected, narrow)
        self._say(room, len(order), sum(one.id in on for one in order))

    def _say(self, room: RoomView, count: int, used: int) -> None:
        others = tr("1 other") if count - used == 1 else tr("{count} others").format(count=count - used)
        words = tr("{count} in use, {others}").format(count=used, others=others) if count else ""
        looking = tr("Looking for sensors…")
        self._words.say(looking if room.scanning else words)
        self.scan_button.setEnabled(not room.scanning)
        self.blink_button.setVisible(any(one.blinks for one in room.found))
        self._empty.setVisible(not count)
        nothing = tr("No sensor was found. Switch one on or plug it in, and scan again.")
        self._empty.say(looking if room.scanning else nothing)
        problem = room.problem or (room.notes[0] if room.notes else "")
        quiet = tr("A sensor that is lost gives “no score”, never a wrong one.")
        if not any(place.needed and not place.sensor for place in room.places):
            quiet = tr("Nothing here stops you. {fact}").format(fact=quiet)
        self._note_glyph.show_state("lost" if room.problem else "weak")
        self.note.say(tr(problem) if problem else quiet)
        self._foot.setVisible(bool(problem) or not self._folded)

    def _new_row(self, sensor: str) -> SensorRow:
        line = SensorRow(self._look)
        line.chosen.connect(lambda: self.chosen.emit(sensor))
        line.act.connect(lambda what: self._act(sensor, what))
        self.rows[sensor] = line
        return line

    def _act(self, sensor: str, what: str) -> None:
        if what == "why":
            self.why.emit(sensor)
        else:
            self.ask.emit({"use": Use(sensor), "blink": Blink(sensor), "let_go": LetGo(sensor)}[what])
