"""One sensor in the list: what it is, where it sits, how well it is heard, and the one thing to do with it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from biofeedback.session.room.view import FoundView, PlaceView
from biofeedback.ui.console.body_picture import side_words
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.glyphs import Glyph, draw_battery
from biofeedback.ui.console.labels import ElidedText, column, row
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.status import LOW_BATTERY
from biofeedback.ui.console.words import THIN, figure
from biofeedback.ui.language import tr

_TALL, _LOW = 84, 56
_DBM_OF_BARS = (-90, -80, -67, -57)
_LOSS_SHOWN_BOLD = 1.0


def bars_of(rssi_dbm: int) -> int:
    """Return how many of four bars a signal strength is worth."""
    return sum(rssi_dbm >= least for least in _DBM_OF_BARS)


def place_words(place: PlaceView) -> str:
    """Return ``3 Vastus medialis, right``."""
    return ", ".join(part for part in (f"{place.number} {tr(place.name)}", side_words(place.side)) if part)


class _Drawn(QWidget):
    """A figure above a line of small print: bars and dBm, battery and per cent."""

    DRAWN = 28

    def __init__(self, look: Look, width: int) -> None:
        super().__init__()
        self._look = look
        self._value: float | None = None
        self.setFixedWidth(look.px(width))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_value(self, value: float | None) -> None:
        """Take a newer value."""
        if value != self._value:
            self._value = value
            self.setAccessibleName("" if value is None else self.words(value))
            self.update()

    def words(self, value: float) -> str:
        """Return the small print."""
        raise NotImplementedError

    def draw(self, painter: QPainter, value: float) -> QColor:
        """Draw the figure; return the colour of the small print."""
        raise NotImplementedError

    def sizeHint(self) -> QSize:
        """Return figure and line."""
        return QSize(self.width(), self._look.px(38))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw figure and small print."""
        if self._value is None:
            return
        look = self._look
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.save()
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                painter.translate(self.width() - look.px(self.DRAWN), 0)
            ink = self.draw(painter, self._value)
            painter.restore()
            painter.setPen(ink)
            painter.setFont(look.font("caption"))
            line = QRectF(0, look.px(20), self.width(), look.px(18))
            align = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(line, align, self.words(self._value))


class SignalBars(_Drawn):
    """Signal strength as bars and in dBm."""

    DRAWN = 22

    def words(self, value: float) -> str:
        """Return the strength in dBm."""
        return f"{figure(value)} dBm"

    def draw(self, painter: QPainter, value: float) -> QColor:
        """Draw four bars."""
        look, ink = self._look, self._look.colour("ink_soft")
        for place in range(4):
            on = place < bars_of(round(value))
            height = look.px(3.4 + 3.6 * place)
            box = QRectF(look.px(5.5 * place) + 0.5, look.px(16) - height, look.px(4), height)
            painter.setPen(QPen(ink if on else look.colour("line_strong"), 1))
            painter.setBrush(ink if on else Qt.BrushStyle.NoBrush)
            painter.drawRect(box)
        return ink


class BatteryFigure(_Drawn):
    """Charge as a picture and in per cent."""

    def words(self, value: float) -> str:
        """Return the charge; low says what to do."""
        return f"{figure(value)}{THIN}%"

    def draw(self, painter: QPainter, value: float) -> QColor:
        """Draw a battery."""
        look = self._look
        low = value < LOW_BATTERY
        box = QRectF(0, look.px(2), look.px(28), look.px(14))
        draw_battery(painter, box, value, look.colour("warning" if low else "ink_soft"))
        return look.colour("ink" if low else "ink_soft")


class SensorRow(QFrame):
    """One line of the list of sensors. ``act`` is what its button does: use, blink, let_go, why."""

    chosen = Signal()
    act = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setObjectName("line")
        self.found: FoundView | None = None
        self._places: tuple[PlaceView, ...] = ()
        self._doing = "use"
        self._selected = False
        self._glyph = Glyph(look, 24, "off")
        self._title = ElidedText(look, "strong")
        self._name = ElidedText(look, "body", role="ink_soft")
        self._detail = ElidedText(look, "caption")
        self._bars, self._battery = SignalBars(look, 58), BatteryFigure(look, 40)
        self._rate, self._rate_words = ElidedText(look, "body"), ElidedText(look, "caption", role="ink_soft")
        self._loss, self._loss_words = ElidedText(look, "body"), ElidedText(look, "caption", role="ink_soft")
        self._rate_room, self._loss_room = QWidget(), QWidget()
        self._rate_room.setLayout(column(-1, self._rate, self._rate_words, -1))
        self._loss_room.setLayout(column(-1, self._loss, self._loss_words, -1))
        self._rate_room.setFixedWidth(look.px(96))
        self._loss_room.setFixedWidth(look.px(46))
        self.button = Button(look, tr("Use"))
        self.button.clicked.connect(lambda: self.act.emit(self._doing))
        self.stop = Button(look, "", "plain", icon="close")
        self.stop.setFixedWidth(look.px(28))
        self.stop.setToolTip(tr("Let go of this sensor"))
        self.stop.setAccessibleName(tr("Let go of this sensor"))
        self.stop.clicked.connect(lambda: self.act.emit("let_go"))
        words = column(-1, self._title, self._name, self._detail, -1)
        layout = row(
            self._glyph, words, self._bars, self._battery, self._rate_room, self._loss_room, self.button, self.stop,
            spacing=look.px(8), margins=(look.px(16), 0, look.px(8), 0),
        )  # fmt: skip
        layout.insertSpacing(1, look.px(4))
        layout.setStretch(2, 1)
        self.setLayout(layout)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_sensor(self, found: FoundView, places: tuple[PlaceView, ...], selected: bool, narrow: bool) -> None:
        """Take a newer state; ``narrow`` leaves out the rate, which the tooltip has."""
        placed = bool(places)
        self.setFixedHeight(self._look.px(_TALL if placed or found.state == "streaming" else _LOW))
        self.found, self._places = found, places
        self._glyph.show_state(self._light())
        self._title.say("; ".join(place_words(place) for place in places) or tr(found.name))
        self._name.say(tr(found.name) if placed else self._kind_words())
        self._name.setVisible(placed or not self._says())
        self._detail.say(self._says())
        self._detail.setVisible(bool(self._says()))
        self._show_figures(found, narrow)
        self._show_button(found)
        self._select(selected)
        self.setAccessibleName(f"{self._title.text}: {self._says() or self._name.text}")

    def _light(self) -> str:
        assert self.found is not None
        state = self.found.state
        if state in ("found", "unknown"):
            return "off"
        if state == "connecting":
            return "now"
        if state in ("lost", "failed"):
            return "lost"
        lights = {place.light for place in self._places}
        if "lost" in lights:
            return "lost"
        if self.found.detail or "weak" in lights:
            return "weak"
        return "off" if not self._places else "now" if "off" in lights else "good"

    def _kind_words(self) -> str:
        assert self.found is not None
        kinds = {"imu": tr("motion"), "emg": tr("muscle")}
        return ", ".join(kinds[kind] for kind in self.found.kinds)

    def _says(self) -> str:
        """Return the one sentence under the name."""
        assert self.found is not None
        found = self.found
        moving = [channel for channel in found.channels if channel.moving]
        if found.state == "connecting":
            return tr("Connecting.")
        if found.detail:
            return tr(found.detail)
        if found.state == "lost":
            return tr("No signal. Trying again.")
        if found.state == "unknown":
            return tr("No profile fits what it says of itself.")
        if moving and found.state == "streaming":
            return tr("This one moves.") if moving[0].kind == "imu" else tr("This one works.")
        if found.state == "found":
            return tr("Found, not used.")
        if doing := next((place.action for place in self._places if place.action), ""):
            return tr(doing)
        return "" if self._places else tr("Connected, not placed.")

    def _show_figures(self, found: FoundView, narrow: bool) -> None:
        self._bars.show_value(found.rssi_dbm)
        self._battery.show_value(found.battery_percent)
        self._bars.setVisible(found.rssi_dbm is not None)
        self._battery.setVisible(found.battery_percent is not None)
        rated = found.nominal_rate_hz is not None
        self._rate_room.setVisible(rated and not narrow)
        self._loss_room.setVisible(rated)
        if found.nominal_rate_hz is None:
            return
        nominal = figure(found.nominal_rate_hz)
        if found.rate_hz is None:
            self._rate.say(tr("– of {nominal}").format(nominal=nominal))
        else:
            rate = figure(found.rate_hz, 1 if found.nominal_rate_hz < 1000 else 0)
            self._rate.say(tr("{rate} of {nominal}").format(rate=rate, nominal=nominal))
        self._rate_words.say(tr("Hz, real rate"))
        self.setToolTip(f"{self._rate.text} Hz" if narrow else "")
        loss = found.loss_percent
        self._loss.say("–" if loss is None else f"{figure(loss, 1)}{THIN}%")
        self._loss.setFont(self._look.font("body", bold=loss is not None and loss > _LOSS_SHOWN_BOLD))
        self._loss_words.say(tr("lost"))

    def _show_button(self, found: FoundView) -> None:
        if found.state == "streaming":
            self._doing = "blink" if self._places else "use"
        else:
            self._doing = {"unknown": "why", "failed": "why", "connecting": "let_go"}.get(found.state, "use")
        words = {"use": tr("Use"), "blink": tr("Blink"), "why": tr("Why"), "let_go": tr("Cancel")}
        self.button.relabel(words[self._doing])
        self.button.setVisible(found.state != "lost" and (self._doing != "blink" or found.blinks))
        self.button.setAccessibleName(f"{words[self._doing]}: {tr(found.name)}")
        self.stop.setVisible(found.state in ("streaming", "lost", "failed"))

    def _select(self, selected: bool) -> None:
        if selected != self._selected:
            self._selected = selected
            self.setProperty("selected", selected)
            self._glyph.stand_on("accent_soft" if selected else "surface")
            self.style().unpolish(self)
            self.style().polish(self)

    @property
    def text(self) -> str:
        """Everything the row says, for a screen reader."""
        return self.accessibleName()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the row."""
        self.chosen.emit()
