"""The right side of the sensors page: how to place the chosen one, why one cannot be used, one that is not found."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from biofeedback.exercises.sites import SITES, site
from biofeedback.session.room.commands import Assign, Blink, Move, Use
from biofeedback.session.room.view import ChannelView, FoundView, PlaceView, RoomView
from biofeedback.ui.console.body_picture import PlacePicture
from biofeedback.ui.console.choices import Segmented
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.labels import ElidedText, Text, card_header, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.viewbox import ViewBox
from biofeedback.ui.language import tr

_LABEL = 64


def channel_words(found: FoundView, channel: ChannelView) -> str:
    """Return ``EMG 3F2A, ch 1``."""
    return ", ".join(part for part in (tr(found.name), channel.name) if part)


def _wrapped(look: Look, text: str = "", *, soft: bool = False) -> Text:
    words = Text(look, "body", text, soft=soft)
    words.setWordWrap(True)
    return words


class _Steps(QWidget):
    """Numbered sentences."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(look.px(8))
        self._shown: tuple[str, ...] = ()

    def show_steps(self, steps: tuple[str, ...]) -> None:
        """Show sentences, each with its number."""
        if steps == self._shown:
            return
        self._shown = steps
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for number, step in enumerate(steps, 1):
            line = QWidget()
            numbered = Text(self._look, "strong", str(number))
            numbered.setAlignment(Qt.AlignmentFlag.AlignTop)
            layout = row(numbered, _wrapped(self._look, step), spacing=self._look.px(8))
            layout.setStretch(1, 1)
            line.setLayout(layout)
            self._column.addWidget(line)


def steps_of(place: PlaceView) -> tuple[str, ...]:
    """Return how to put a sensor on a place, in plain sentences."""
    own = tuple(f"{part.strip().rstrip('.')}." for part in tr(place.hint).split(". ") if part.strip())
    if place.kind == "emg":
        return (tr("Clean the skin. Let it dry."), *own, tr("Two electrodes along the muscle, 2 cm apart."))
    return (*own, tr("Strap it snug, so that it does not slide."))


class PlaceSide(QWidget):
    """How to place the chosen one; muscle, side and sensor can be changed."""

    ask = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._place: PlaceView | None = None
        self._channels: list[tuple[str, str, int]] = []
        self._title = ElidedText(look, "strong")
        self._light, self._word = Glyph(look, 14), Text(look, "body")
        self._picture, self._steps = PlacePicture(look), _Steps(look)
        self._what = Text(look, "body", "", soft=True)
        self._site = ViewBox(look, tr("Where it sits"), shrinks=True)
        self._side = Segmented(look, tr("Side"), {"right": tr("Right"), "left": tr("Left")})
        self._sensor = ViewBox(look, tr("Sensor"), shrinks=True)
        self.blink = Button(look, tr("Blink this sensor"), key="I")
        self._site.activated.connect(lambda _: self._moved())
        self._side.chosen.connect(lambda _: self._moved())
        self._sensor.activated.connect(self._assigned)
        self.blink.clicked.connect(self.blink_it)
        self._build()

    def _build(self) -> None:
        look, pad, gap = self._look, self._look.px(16), self._look.px(12)
        self._what.setFixedWidth(look.px(_LABEL))
        side_words, sensor_words = (
            Text(look, "body", tr("Side"), soft=True),
            Text(look, "body", tr("Sensor"), soft=True),
        )
        for words in (side_words, sensor_words):
            words.setFixedWidth(look.px(_LABEL))
        lines: list[QVBoxLayout] = []
        for words, control in ((self._what, self._site), (side_words, self._side), (sensor_words, self._sensor)):
            line = row(words, control, spacing=look.px(8))
            line.setStretch(1, 1)
            lines.append(column(line))
        head = QWidget()
        head.setFixedHeight(look.px(48))
        layout = row(self._title, self._light, self._word, spacing=look.px(8), margins=(pad, 0, pad, 0))
        layout.setStretch(0, 1)
        head.setLayout(layout)
        inside = QWidget()
        inside.setLayout(column(
            self._picture, self._steps, rule(), *lines, self.blink, -1, spacing=gap, margins=(pad, pad, pad, pad)
        ))  # fmt: skip
        body = column(head, rule(), _scrolled(inside))
        body.setStretch(2, 1)
        self.setLayout(body)

    def show_place(self, place: PlaceView, room: RoomView) -> None:
        """Take a newer state of a placement."""
        old, self._place = self._place, place
        self._title.say(f"{place.number} {tr(place.name)}")
        state = "off" if not place.sensor else "now" if place.light == "off" else place.light
        self._light.show_state(state)
        words = {
            "good": tr("Good"),
            "weak": tr("Weak"),
            "lost": tr("Check sensor"),
            "off": tr("No sensor"),
            "now": tr("Listening"),
        }
        self._word.say(words[state])
        self._picture.show_place(place)
        self._steps.show_steps(steps_of(place))
        self._what.say(tr("Muscle") if place.kind == "emg" else tr("Place"))
        if old is None or old.kind != place.kind or self._site.findData(place.place) < 0:
            self._fill_sites(place)
        if not self._site.view().isVisible():
            self._site.setCurrentIndex(self._site.findData(place.place))
        self._side.show_choice(place.side or "right")
        self._side.setEnabled(place.side is not None)
        self._fill_sensors(place, room)
        found = next((one for one in room.found if one.id == place.sensor), None)
        self.blink.setVisible(found is not None and found.blinks)
        free = room.session == "none"
        for control in (self._site, self._sensor):
            control.setEnabled(free)
        self._side.setEnabled(free and place.side is not None)

    def _fill_sites(self, place: PlaceView) -> None:
        self._site.clear()
        own = site(place.place, place.kind)
        for there in sorted(
            {s.id: s for s in (*SITES.values(), own) if s.kind == place.kind}.values(), key=lambda s: s.name
        ):
            self._site.addItem(tr(there.name), there.id)

    def _fill_sensors(self, place: PlaceView, room: RoomView) -> None:
        offered = [(tr("No sensor"), ("", "", 0))]
        for found in room.found:
            for channel in found.channels:
                if channel.kind == place.kind:
                    offered.append((channel_words(found, channel), (found.id, channel.stream, channel.column)))
        here = (place.sensor, place.stream, place.column) if place.sensor else ("", "", 0)
        if here not in [key for _, key in offered]:
            name = next((found.name for found in room.found if found.id == place.sensor), place.sensor)
            offered.append((tr(name), here))
        if [key for _, key in offered] != self._channels:
            self._channels = [key for _, key in offered]
            self._sensor.clear()
            self._sensor.addItems([words for words, _ in offered])
        if not self._sensor.view().isVisible():
            self._sensor.setCurrentIndex(self._channels.index(here))

    def _moved(self) -> None:
        if self._place is not None:
            side = "left" if self._side.choice == "left" else "right"
            self.ask.emit(Move(self._place.id, self._site.currentData(), side))

    def _assigned(self, index: int) -> None:
        if self._place is not None:
            self.ask.emit(Assign(self._place.id, *self._channels[index]))

    def blink_it(self) -> None:
        """Let the sensor of this place show itself."""
        if self._place is not None and self._place.sensor and not self.blink.isHidden():
            self.ask.emit(Blink(self._place.sensor))


class SensorSide(QWidget):
    """Why a sensor cannot be used, or what it may be; a profile can be chosen and tried."""

    ask = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._found: FoundView | None = None
        self._title = ElidedText(look, "strong")
        self._says, self._why = _wrapped(look), _wrapped(look, soft=True)
        self._profile = ViewBox(look, tr("What it is"), shrinks=True)
        self.attempt = Button(look, tr("Try it"))
        self.attempt.clicked.connect(self._try)
        pad = look.px(16)
        head = QWidget()
        head.setFixedHeight(look.px(48))
        head.setLayout(row(self._title, margins=(pad, 0, pad, 0)))
        inside = QWidget()
        inside.setLayout(column(
            self._says, self._why, rule(), Text(look, "body", tr("What it is"), soft=True), self._profile, self.attempt,
            -1, spacing=look.px(12), margins=(pad, pad, pad, pad),
        ))  # fmt: skip
        body = column(head, rule(), _scrolled(inside))
        body.setStretch(2, 1)
        self.setLayout(body)

    def show_sensor(self, found: FoundView, profiles: tuple[tuple[str, str], ...]) -> None:
        """Take a newer state; ``profiles`` are all that its kind of link knows, (id, name)."""
        other = self._found is None or self._found.id != found.id
        self._found = found
        self._title.say(tr(found.name))
        says = found.detail or (tr("No profile fits it.") if found.state == "unknown" else "")
        self._says.say(tr(says))
        self._says.setVisible(bool(says))
        self._why.say(tr(found.why) if found.why else tr("Choose what it is, and try again."))
        offered = [*found.profiles, *(one for one in profiles if one not in found.profiles)]
        if other or self._profile.count() != len(offered):
            self._profile.clear()
            for name, words in offered:
                self._profile.addItem(words, name)
            self._profile.setCurrentIndex(max(0, self._profile.findData(found.profile)))
        self.attempt.setEnabled(found.state != "connecting" and bool(offered))

    def _try(self) -> None:
        if self._found is not None:
            self.ask.emit(Use(self._found.id, self._profile.currentData() or ""))


class AddSide(QWidget):
    """A sensor that was not found: what it is, and where."""

    ask = Signal(object)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._profile = ViewBox(look, tr("What it is"), shrinks=True)
        self._links: dict[str, str] = {}
        self.address = QLineEdit()
        self.address.setFont(look.font("body"))
        self.address.setFixedHeight(look.px(32))
        self.address.setMaxLength(200)
        self.address.setAccessibleName(tr("Port or address"))
        self.address.setPlaceholderText(tr("Port or address"))
        self.connect_it = Button(look, tr("Connect"))
        self.connect_it.clicked.connect(self._connect)
        self.address.returnPressed.connect(self._connect)
        self.address.textChanged.connect(lambda text: self.connect_it.setEnabled(bool(text.strip())))
        self.connect_it.setEnabled(False)
        pad = look.px(16)
        words = tr(
            "For a sensor that is not in the list: the serial port, the Bluetooth address, or the computer’s name for "
            "one on the network."
        )
        body = column(
            _wrapped(look, words, soft=True), Text(look, "body", tr("What it is"), soft=True), self._profile,
            self.address, self.connect_it, -1, spacing=look.px(12), margins=(pad, pad, pad, pad),
        )  # fmt: skip
        self.setLayout(column(card_header(look, tr("Not in the list"), height=48), rule(), body))

    def offer(self, profiles: tuple[tuple[str, str, str], ...]) -> None:
        """Offer profiles: id, name, and the kind of link an address is for."""
        if self._profile.count() != len(profiles):
            self._links = {name: link for name, _, link in profiles}
            self._profile.clear()
            for name, words, _ in profiles:
                self._profile.addItem(words, name)

    def _connect(self) -> None:
        profile, address = self._profile.currentData(), self.address.text().strip()
        if profile and address:
            self.ask.emit(Use(f"{self._links[profile]}:{address}", profile))
            self.address.clear()


def _scrolled(inside: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(inside)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
