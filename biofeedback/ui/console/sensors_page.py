"""Connect and place: what was found at the left, the body in the middle, how to place the chosen one at the right."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QWidget

from biofeedback.session.room.commands import Assign, Blink, Move, Scan, UseSimulated
from biofeedback.session.room.view import PlaceView, RoomView
from biofeedback.ui.console.body_picture import BodyPicture, Sign
from biofeedback.ui.console.choices import Segmented
from biofeedback.ui.console.keys import Key
from biofeedback.ui.console.labels import ElidedText, Text, card, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.page_protocol import Foot, FootButton, Page
from biofeedback.ui.console.sensor_list import FoundCard, placed
from biofeedback.ui.console.sensor_side import AddSide, PlaceSide, SensorSide
from biofeedback.ui.console.tabs import Tabs
from biofeedback.ui.language import tr

_LEFT, _MIDDLE, _RIGHT, _NARROW, _TABS_BELOW = 632, 416, 300, 1400, 1120


class SensorsPage(Page):
    """The page "Sensors". ``ask`` carries a command of the room; ``on``, ``skip`` and ``back`` are the ways out."""

    step = "sensors"
    ask = Signal(object)
    on = Signal()
    skip = Signal()
    back = Signal()
    end_session = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.title = tr("Connect and place")
        self._room: RoomView | None = None
        self._chosen, self._shown_sensor, self._adding = "", "", False
        self._resuming = self._may_resume = False
        self._head = QWidget()
        self._heading = Text(look, "title", self.title)
        self._lead = ElidedText(look, "body", role="ink_soft")
        self.found = FoundCard(look)
        self.picture = BodyPicture(look)
        self._places_words = ElidedText(look, "body", role="ink_soft")
        self._side = Segmented(look, tr("Side of the exercise"), {"right": tr("Right"), "left": tr("Left")})
        self.place_side, self.sensor_side, self.add_side = PlaceSide(look), SensorSide(look), AddSide(look)
        self._sides = QStackedWidget()
        self._cards = (self.found, self._places_card(), self._side_card())
        self._tabs, self._tab_stack = Tabs(look), QStackedWidget()
        self._middle = QHBoxLayout()
        self._tabbed: bool | None = None
        self._connect()
        self._build()
        self.show_room(RoomView(version=0, scanning=True))

    # building

    def _connect(self) -> None:
        self.found.ask.connect(self.ask)
        self.found.add.connect(self.add)
        self.found.chosen.connect(self._choose_sensor)
        self.found.why.connect(self._why)
        self.picture.chosen.connect(self.choose)
        self.picture.moved.connect(lambda placement, place, side: self.ask.emit(Move(placement, place, side)))
        self._side.chosen.connect(self._all_to)
        for side in (self.place_side, self.sensor_side, self.add_side):
            side.ask.connect(self.ask)

    def _places_card(self) -> QFrame:
        look, pad = self.look, self.look.px(16)
        head = QWidget()
        head.setFixedHeight(look.px(48))
        layout = row(
            Text(look, "strong", tr("Places")), self._places_words, self._side,
            spacing=look.px(8), margins=(pad, 0, pad, 0),
        )  # fmt: skip
        layout.setStretch(1, 1)
        self._side.setFixedWidth(look.px(152))
        head.setLayout(layout)
        legend = row(
            Sign(look, "imu"), Text(look, "caption", tr("motion"), soft=True), 4,
            Sign(look, "emg"), Text(look, "caption", tr("muscle"), soft=True), -1,
            Text(look, "caption", tr("Drag a number to another place"), soft=True),
            spacing=look.px(8), margins=(pad, 0, pad, pad),
        )  # fmt: skip
        frame = card()
        body = column(head, rule(), self.picture, legend, margins=(1, 1, 1, 1))
        body.setStretch(2, 1)
        frame.setLayout(body)
        return frame

    def _side_card(self) -> QFrame:
        for side in (self.place_side, self.sensor_side, self.add_side):
            self._sides.addWidget(side)
        self._sides.addWidget(QWidget())
        self._sides.setCurrentIndex(3)
        frame = card()
        frame.setLayout(column(self._sides, margins=(1, 1, 1, 1)))
        return frame

    def _build(self) -> None:
        look = self.look
        head = row(self._heading, self._lead, spacing=look.px(16))
        head.setStretch(1, 1)
        self._head.setLayout(head)
        self._middle.setContentsMargins(0, 0, 0, 0)
        self._middle.setSpacing(look.px(16))
        for name in (tr("Sensors"), tr("Places"), tr("How to place")):
            self._tabs.addTab(name)
        self._tabs.currentChanged.connect(self._tab_stack.setCurrentIndex)
        self._body = column(self._head, self._tabs, self._middle)
        self._body.setStretch(2, 1)
        self.setLayout(self._body)
        self._arrange()

    def _arrange(self) -> None:
        """Put the three cards side by side, or behind tabs where there is no room for them."""
        tabbed = self.width() < self.look.px(_TABS_BELOW)
        left, middle, right = self._cards
        if tabbed != self._tabbed:
            self._tabbed = tabbed
            self._tabs.setVisible(tabbed)
            self._head.setVisible(not tabbed)
            self.found.fold(tabbed)
            margin, gap = self.look.px(12 if tabbed else 24), self.look.px(8 if tabbed else 16)
            self._body.setContentsMargins(margin, margin, margin, margin)
            self._body.setSpacing(gap)
            for part in self._cards:
                part.setParent(None)
            self._middle.removeWidget(self._tab_stack)
            self._tab_stack.setParent(None)
            if tabbed:
                right.setMinimumWidth(0)
                right.setMaximumWidth(16777215)
                for part in self._cards:
                    self._tab_stack.addWidget(part)
                self._tab_stack.setCurrentIndex(self._tabs.currentIndex())
                self._middle.addWidget(self._tab_stack)
                self._tab_stack.show()
            else:
                right.setFixedWidth(self.look.px(_RIGHT))
                self._middle.addWidget(left, _LEFT)
                self._middle.addWidget(middle, _MIDDLE)
                self._middle.addWidget(right)
            for part in self._cards:
                part.setVisible(True)
        if self._room is not None:
            self._show_found(self._room)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the form that suits the width."""
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """Return no least size: the page scrolls and folds."""
        return QSize(0, 0)

    # showing

    def show_room(self, room: RoomView) -> None:
        """Take a newer page of the room."""
        old, self._room = self._room, room
        self._lead.say(self._lead_words(room))
        if self._chosen not in {place.id for place in room.places}:
            self._chosen = room.places[0].id if room.places else ""
        self._show_found(room)
        self.picture.movable = room.session == "none"
        self.picture.show_places(room.places, self._chosen)
        self._places_words.say(tr("as last time") if room.as_last_time else "")
        sides = {place.side for place in room.places if place.side is not None}
        self._side.setVisible(bool(sides))
        self._side.setEnabled(room.session == "none")
        if len(sides) == 1:
            self._side.show_choice(next(iter(sides)))
        self._show_side(room)
        if old is None or _foot_key(old) != _foot_key(room):
            self.changed.emit()

    def show_resuming(self, resuming: bool, ready: bool) -> None:
        """Offer to go on with a session that broke off, or no more; ``ready``: all of it is kept."""
        self._resuming, self._may_resume = resuming, ready
        self.changed.emit()

    def _lead_words(self, room: RoomView) -> str:
        count = len(room.places)
        if not room.version:
            return ""
        if not count:
            return tr("Choose an exercise first.")
        missing = sum(not place.sensor for place in room.places)
        needs = tr("{exercise} needs 1 sensor.") if count == 1 else tr("{exercise} needs {count} sensors.")
        lead = needs.format(exercise=tr(room.exercise_name), count=count)
        if missing == 0:
            here = tr("It is here") if count == 1 else tr("All {count} are here").format(count=count)
            return f"{lead} {here}{tr(', as last time') if room.as_last_time else ''}."
        lacks = tr("1 is missing.") if missing == 1 else tr("{count} are missing.").format(count=missing)
        return f"{lead} {tr('It is missing.') if count == 1 else lacks}"

    def _show_found(self, room: RoomView) -> None:
        narrow = not self._tabbed and self.width() < self.look.px(_NARROW)
        chosen = "" if self._shown_sensor or self._adding else self._chosen
        self.found.show_room(room, chosen, self._shown_sensor, narrow)

    def _show_side(self, room: RoomView) -> None:
        found = next((one for one in room.found if one.id == self._shown_sensor), None)
        if self._adding:
            self.add_side.offer(room.profiles)
            self._sides.setCurrentWidget(self.add_side)
        elif found is not None:
            link = tuple((name, words) for name, words, kind in room.profiles if kind == found.link)
            self.sensor_side.show_sensor(found, link)
            self._sides.setCurrentWidget(self.sensor_side)
        elif place := next((one for one in room.places if one.id == self._chosen), None):
            self.place_side.show_place(place, room)
            self._sides.setCurrentWidget(self.place_side)
        else:
            self._sides.setCurrentIndex(3)

    # choosing

    def choose(self, placement: str) -> None:
        """Choose a placement."""
        self._chosen, self._shown_sensor, self._adding = placement, "", False
        self._again()

    def _choose_sensor(self, sensor: str) -> None:
        """Choose the placement a sensor is on, or the sensor itself where that says more."""
        assert self._room is not None
        places = placed(self._room).get(sensor, ())
        found = next(one for one in self._room.found if one.id == sensor)
        self._adding = False
        if places and found.state not in ("failed", "unknown"):
            self._chosen, self._shown_sensor = places[0].id, ""
        else:
            self._shown_sensor = "" if found.link == "simulated" else sensor
        self._again()

    def add(self) -> None:
        """Show how to name a sensor that is not in the list."""
        self._adding, self._shown_sensor = True, ""
        self._again()
        self._tabs.setCurrentIndex(2)
        self.add_side.address.setFocus()

    def _why(self, sensor: str) -> None:
        self._choose_sensor(sensor)
        self._tabs.setCurrentIndex(2)

    def _all_to(self, side: str) -> None:
        for place in self._room.places if self._room is not None else ():
            if place.side is not None and place.side != side:
                self.ask.emit(Move(place.id, place.place, "left" if side == "left" else "right"))

    def _again(self) -> None:
        if self._room is not None:
            self.show_room(self._room)

    def _unplace(self) -> None:
        if self._chosen:
            self.ask.emit(Assign(self._chosen))

    # the shell

    def foot(self) -> Foot:
        """Return what going on would cost, and the way on."""
        room = self._room
        back = FootButton(tr("Back"), self.back.emit, icon="left")
        if room is not None and room.session != "none":
            over = FootButton(tr("End session"), self.end_session.emit)
            return Foot(FootButton(tr("Back to the session"), self.on.emit, icon="right"), (over,), None)
        simulated = FootButton(tr("Use simulated sensors"), lambda: self.ask.emit(UseSimulated()))
        missing = room is None or not room.places or any(not place.sensor for place in room.places)
        ready = room is not None and bool(room.places) and any(place.sensor for place in room.places)
        check = FootButton(tr("Signal check"), self.on.emit, icon="right", enabled=ready)
        skip = FootButton(tr("Skip"), self.skip.emit, enabled=ready)
        if self._resuming:
            check, skip = (
                FootButton(tr("Go on"), self.skip.emit, icon="play", enabled=ready and self._may_resume),
                check,
            )
        cost = "" if room is None else cost_of_missing(room.places)
        return Foot(check, (simulated, skip) if missing else (skip,), back, cost)

    def keys(self) -> list[Key]:
        """Return the keys of the page."""
        return [
            Key(("R",), "R", tr("Scan again"), lambda: self.ask.emit(Scan())),
            Key(("B",), "B", tr("All blink"), lambda: self.ask.emit(Blink())),
            Key(("I",), "I", tr("Blink the sensor of the chosen place"), self.place_side.blink_it),
            Key(("U",), "U", tr("Use simulated sensors where there is none"), lambda: self.ask.emit(UseSimulated())),
            Key(("Delete",), tr("Del"), tr("Take the sensor off the chosen place"), self._unplace),
            *(
                Key(
                    (str(n),),
                    "1 … 9" if n == 1 else str(n),
                    tr("Choose a place") if n == 1 else "",
                    lambda n=n: self._nth(n),
                )
                for n in range(1, 10)
            ),
        ]

    def _nth(self, number: int) -> None:
        for place in self._room.places if self._room is not None else ():
            if place.number == number:
                self.choose(place.id)


def cost_of_missing(places: tuple[PlaceView, ...]) -> str:
    """Say what a session would lack without the sensors that are missing."""
    missing = [place for place in places if not place.sensor]
    stops = [tr(place.name) for place in missing if place.needed]
    if stops:
        return tr("{place} is needed: put a sensor there.").format(place=stops[0])
    if missing:
        return tr("{place} would be left out.").format(place=tr(missing[0].name))
    return ""


def _foot_key(room: RoomView) -> tuple[object, ...]:
    return room.session, tuple((place.sensor, place.needed, place.name) for place in room.places)
