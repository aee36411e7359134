"""One sensor in the signal check: a light with its word, four seconds of signal, one thing to do."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from biofeedback.session.room.view import PlaceView
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.labels import ElidedText, Text, column, row
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.sensor_row import place_words
from biofeedback.ui.console.words import THIN, check_word, figure
from biofeedback.ui.language import tr

_TALL, _LOW = (176, 136), (128, 76)  # of a bad row and a good one; in a high window, in a low one
_LEAST = {"emg": 50.0, "imu": 2.0}  # half the height of a trace is at least this: µV, m/s²


def check_action(place: PlaceView) -> str:
    """Return the one thing to do."""
    if not place.sensor:
        return tr("Put a sensor here.")
    if place.action:
        return tr(place.action)
    if place.light == "good":
        return tr("Nothing to do.")
    return tr("Wait a moment.")


def figures_of(place: PlaceView) -> str:
    """Return the small print: ``rest 4 µV · mains 1 % · tensed 26 dB``; no figure is parted from its unit."""
    known = place.figures
    parts = [
        (known.get("noise_ms2"), tr("noise {value} m/s²"), 2),
        (known.get("rest_uv"), tr("rest {value} µV"), 0),
        (known.get("mains_percent"), tr("mains {value}") + f"{THIN}%", 0),
        (known.get("tensed_db"), tr("tensed {value} dB"), 0),
        (known.get("loss_percent"), tr("lost {value}") + f"{THIN}%", 1),
    ]
    said = [words.format(value=figure(value, digits)) for value, words, digits in parts if value is not None]
    return " · ".join(one.replace(" ", "\u00a0").replace(THIN, "\u202f") for one in said)


def half_height(low: tuple[float, ...], high: tuple[float, ...], least: float) -> float:
    """Return the value at the edge of a trace: 1, 2 or 5 times a power of ten, so that it changes seldom."""
    most = max((abs(value) for value in (*low, *high)), default=0.0)
    if most <= least:
        return least
    power = 10 ** math.floor(math.log10(most))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= most)


class Trace(QWidget):
    """Four seconds of one signal, the newest at the right."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._place: PlaceView | None = None
        self.nothing = tr("No signal yet")
        self.setMinimumWidth(look.px(160))
        self.setFixedHeight(look.px(72))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_place(self, place: PlaceView, nothing: str) -> None:
        """Take newer samples; ``nothing`` is what stands there without any."""
        self._place, self.nothing = place, nothing
        self.update()

    def sizeHint(self) -> QSize:
        """Return the design's size."""
        return QSize(self._look.px(400), self.height())

    def _path(self, place: PlaceView, half: float) -> QPainterPath:
        """Return the trace: an upright line a bin, from its lowest to its highest value, joined to the next."""
        path, count = QPainterPath(), len(place.low)
        middle, room = self.height() / 2, self.height() / 2 - 3
        for place_at, (low, high) in enumerate(zip(place.low, place.high, strict=True)):
            x = self.width() * (place_at + 0.5) / count
            down = middle - room * min(max(low / half, -1.0), 1.0)
            up = middle - room * min(max(high / half, -1.0), 1.0)
            path.lineTo(x, down) if place_at else path.moveTo(x, down)
            path.lineTo(x, up)
        return path

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, middle line and trace."""
        look = self._look
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("window"))
            painter.drawRoundedRect(QRectF(self.rect()), look.px(4), look.px(4))
            painter.setPen(QPen(look.colour("line"), 1))
            painter.drawLine(QPointF(0, self.height() / 2), QPointF(self.width(), self.height() / 2))
            place = self._place
            if place is None or not place.low:
                self._nothing(painter)
                return
            half = half_height(place.low, place.high, _LEAST[place.kind])
            tint = look.colour("warning") if place.light == "weak" else look.signal(1 if place.kind == "emg" else 0)
            painter.setPen(QPen(look.colour("fault") if place.light == "lost" else tint, 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(self._path(place, half))
            unit = "µV" if place.kind == "emg" else "m/s²"
            painter.setPen(look.colour("ink_soft"))
            painter.setFont(look.font("caption"))
            box = QRectF(self.rect()).adjusted(look.px(6), look.px(2), -look.px(6), 0)
            align = int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            words = f"± {figure(half, 0 if half >= 1 else 1)} {unit}"
            painter.fillRect(painter.boundingRect(box, align, words).adjusted(-2, 0, 2, 0), look.colour("window"))
            painter.drawText(box, align, words)

    def _nothing(self, painter: QPainter) -> None:
        painter.setPen(self._look.colour("ink_soft"))
        painter.setFont(self._look.font("caption"))
        words = painter.boundingRect(self.rect(), Qt.AlignmentFlag.AlignCenter, self.nothing)
        painter.fillRect(words.adjusted(-self._look.px(8), 0, self._look.px(8), 0), self._look.colour("window"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.nothing)


class CheckRow(QFrame):
    """One row; a good one is quiet, a bad one says in large letters what to do. ``show_it``: to see its place."""

    show_it = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setObjectName("check")
        self._glyph, self._word = Glyph(look, 40, "good"), Text(look, "strong")
        self._word.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._word.setWordWrap(True)
        self._title, self._sensor = ElidedText(look, "strong"), ElidedText(look, "body", role="ink_soft")
        self.trace = Trace(look)
        self._action, self._quiet = Text(look, "title"), Text(look, "body", soft=True)
        for words in (self._action, self._quiet):
            words.setWordWrap(True)
        self._figures = Text(look, "caption", soft=True)
        self._figures.setWordWrap(True)
        self.place_button = Button(look, tr("Show place"))
        self.place_button.clicked.connect(self.show_it)
        self._names = QWidget()
        self._build()

    def _build(self) -> None:
        look = self._look
        light = QWidget()
        light.setFixedWidth(look.px(72))
        light.setLayout(column(-1, row(-1, self._glyph, -1), self._word, -1, spacing=look.px(4)))
        self._names.setLayout(column(-1, self._title, self._sensor, -1))
        self._names.setFixedWidth(look.px(192))
        button = row(self.place_button, -1, margins=(0, look.px(8), 0, 0))
        edge = look.px(8)
        doing = column(
            -1, self._action, self._quiet, self._figures, button, -1, spacing=look.px(4), margins=(0, edge, 0, edge)
        )
        layout = row(
            light, self._names, self.trace, doing, spacing=look.px(24), margins=(look.px(24), 0, look.px(24), 0)
        )  # fmt: skip
        self._columns = layout
        self.setLayout(layout)

    def show_place(self, place: PlaceView, sensor: str, narrow: bool, low: bool, *, in_session: bool) -> None:
        """Take a newer state; ``sensor`` is the name of what sits there, whose samples a session may have."""
        bad = place.light in ("weak", "lost") or not place.sensor
        state = "off" if not place.sensor else "now" if place.light == "off" else place.light
        self.setMinimumHeight(self._look.px((_TALL if bad else _LOW)[low]))
        self.trace.setFixedHeight(self._look.px(56 if low else 72))
        self._glyph.show_state(state)
        self._word.say(check_word(place))
        self._title.say(place_words(place))
        self._sensor.say(sensor)
        self._names.setFixedWidth(self._look.px(168 if narrow else 192))
        self.trace.setMinimumWidth(self._look.px(96 if narrow else 160))
        self._columns.setStretch(2, 2 if narrow else 4)
        self._columns.setStretch(3, 3)
        self._action.setFont(self._look.font("strong" if narrow else "title"))
        self.trace.show_place(place, tr("Its signal is on the live page") if in_session else tr("No signal yet"))
        action = check_action(place)
        self._action.say(action if bad else "")
        self._quiet.say("" if bad else action)
        self._action.setVisible(bad)
        self._quiet.setVisible(not bad)
        self._figures.say(figures_of(place) if place.sensor else "")
        self.place_button.setVisible(bad)
        ground = {"weak": "warn", "lost": "fault"}.get(state, "")
        if self.property("ground") != ground:
            self.setProperty("ground", ground)
            self._glyph.stand_on({"warn": "warning_soft", "fault": "fault_soft"}.get(ground, "surface"))
            self.style().unpolish(self)
            self.style().polish(self)
        self.setAccessibleName(f"{self._title.text}: {check_word(place)}. {action}")
