"""The status line: sensors, losses, delays, and that everything is saved. It also says why something did not go."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from biofeedback.session.view import SensorView, SessionView
from biofeedback.ui.console.glyphs import Glyph, draw_battery, draw_glyph
from biofeedback.ui.console.labels import ElidedText, Text, row
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.words import THIN, figure, light_word
from biofeedback.ui.language import tr

LOW_BATTERY = 25
MESSAGE_S = 6.0
_WORST = {"lost": 0, "weak": 1, "off": 2, "good": 3}


class SensorChip(QWidget):
    """Light, name and battery of one placement."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._sensor: SensorView | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_sensor(self, sensor: SensorView) -> None:
        """Take a newer state."""
        if sensor != self._sensor:
            self._sensor = sensor
            spoken = f"{sensor.name}: {light_word(sensor.light)}{self._battery_words(sensor)}"
            self.setAccessibleName(spoken)
            rate = "" if sensor.rate_hz is None else tr("{rate} of {nominal} Hz").format(
                rate=figure(sensor.rate_hz), nominal=figure(sensor.nominal_rate_hz))  # fmt: skip
            loss = tr("loss {percent}").format(percent=f"{figure(sensor.loss_percent, 1)}{THIN}%")
            self.setToolTip(", ".join(part for part in (spoken, sensor.detail, rate, loss) if part))
            self.updateGeometry()
            self.update()

    def _battery_words(self, sensor: SensorView) -> str:
        if sensor.battery_percent is None:
            return ""
        words = tr("battery {percent}").format(percent=f"{figure(sensor.battery_percent)}{THIN}%")
        return f", {words}" + (f", {tr('charge')}" if sensor.battery_percent < LOW_BATTERY else "")

    def _parts(self) -> tuple[str, str]:
        sensor = self._sensor
        if sensor is None or sensor.battery_percent is None:
            return ("" if sensor is None else sensor.name), ""
        charge = f" {tr('charge')}" if sensor.battery_percent < LOW_BATTERY else ""
        return sensor.name, f"{figure(sensor.battery_percent)}{THIN}%{charge}"

    def sizeHint(self) -> QSize:
        """Return the room of light, name and battery."""
        look = self._look
        name, battery = self._parts()
        width = look.px(20) + QFontMetrics(look.font("caption", bold=True)).horizontalAdvance(name)
        if battery:
            width += look.px(40) + QFontMetrics(look.font("caption")).horizontalAdvance(battery)
        return QSize(width + 2, look.px(30))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the chip."""
        if self._sensor is None:
            return
        look, sensor = self._look, self._sensor
        with QPainter(self) as painter:
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # each part has its own place
            middle = self.height() / 2
            name, battery = self._parts()
            size = look.px(14)
            draw_glyph(painter, sensor.light, QRectF(0, middle - size / 2, size, size), look)
            left = look.px(18)
            font = look.font("caption", bold=True)
            painter.setFont(font)
            painter.setPen(look.colour("ink"))
            align = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
            painter.drawText(QRectF(left, 0, self.width(), self.height()), align, name)
            left += QFontMetrics(font).horizontalAdvance(name) + look.px(6)
            if battery and sensor.battery_percent is not None:
                low = sensor.battery_percent < LOW_BATTERY
                tint = look.colour("warning" if low else "ink_soft")
                box = QRectF(left, middle - look.px(7), look.px(28), look.px(14))
                draw_battery(painter, box, sensor.battery_percent, tint)
                painter.setPen(tint)
                painter.setFont(look.font("caption"))
                painter.drawText(QRectF(left + look.px(33), 0, self.width(), self.height()), align, battery)


class StatusLine(QFrame):
    """The line at the foot of the page. ``small`` keeps the worst of the sensors only."""

    def __init__(self, look: Look, small: bool = False) -> None:
        super().__init__()
        self._look, self._small = look, small
        self.setObjectName("status")
        self.setFixedHeight(look.px(28 if small else 32))
        self._chips: list[SensorChip] = []
        self._chip_row = QHBoxLayout()
        self._chip_row.setContentsMargins(0, 0, 0, 0)
        self._chip_row.setSpacing(look.px(20))
        self._worst = Glyph(look, 14, "good")
        self._worst_words = ElidedText(look, "caption", bold=True, shrinks=False)
        self._battery = ElidedText(look, "caption", role="ink_soft")
        self._message = ElidedText(look, "caption", bold=True, align=Qt.AlignmentFlag.AlignRight)
        self._loss = Text(look, "caption", "", soft=True)
        self._screen, self._screen_ms = Text(look, "caption", "", soft=True), Text(look, "caption", "", bold=True)
        self._sound, self._sound_ms = Text(look, "caption", "", soft=True), Text(look, "caption", "", bold=True)
        self._saved_glyph = Glyph(look, 14, "off")
        self._saved, self._saved_ago = Text(look, "caption", "", bold=True), Text(look, "caption", "", soft=True)
        self._until_s = 0.0
        self._build()

    def _build(self) -> None:
        look, gap = self._look, self._look.px(20)
        inner = look.px(4)
        saved = row(self._saved_glyph, self._saved, self._saved_ago, spacing=inner)
        if self._small:
            worst = row(self._worst, self._worst_words, spacing=inner)
            layout = row(worst, self._battery, -1, self._message, self._screen_ms, saved, spacing=gap)
        else:
            screen = row(self._screen, self._screen_ms, spacing=inner)
            sound = row(self._sound, self._sound_ms, spacing=inner)
            layout = row(self._chip_row, -1, self._message, self._loss, screen, sound, saved, spacing=gap)
        layout.setContentsMargins(look.px(16), 1, look.px(16), 0)
        self._message.hide()
        self.setLayout(layout)

    def say(self, text: str, now_s: float) -> None:
        """Show a sentence for some seconds in place of the delays."""
        self._until_s = now_s + MESSAGE_S
        self._message.say(text)
        self._show_message(True)

    @property
    def message(self) -> str:
        """The sentence that is shown, if any."""
        return "" if self._message.isHidden() else self._message.text

    def _show_message(self, on: bool) -> None:
        self._message.setVisible(on)
        for figure_text in (self._loss, self._screen, self._screen_ms, self._sound, self._sound_ms):
            if figure_text.parent() is not None:
                figure_text.setVisible(not on)

    def show_page(self, view: SessionView, own_delay_ms: float | None, local_s: float, now_s: float) -> None:
        """Take a newer page, and the delay this window measured itself."""
        if not self._message.isHidden() and local_s >= self._until_s:
            self._show_message(False)
        self._show_sensors(view.sensors)
        loss = f"{figure(view.loss_percent, 1 if view.loss_percent < 10 else 0)}{THIN}%"
        name = f"{tr('Loss')}, {view.loss_name}" if view.loss_name and view.loss_percent >= 1 else tr("Loss")
        self._loss.say(f"{name} {loss}")
        delay = view.latency.painted_p50 if view.latency.painted_p50 is not None else own_delay_ms
        milliseconds = "–" if delay is None else f"{figure(delay)} ms"
        if self._small:
            self._screen_ms.say(tr("{time} to screen").format(time=milliseconds))
        else:
            self._screen.say(tr("Sensor to screen"))
            self._screen_ms.say(milliseconds)
            self._show_sound(view)
        self._show_saved(view, now_s)

    def _show_sound(self, view: SessionView) -> None:
        if not view.feedback.sound_device:
            self._sound.say("")
            self._sound_ms.say(tr("Sound off: no device"))
        else:
            self._sound.say(tr("Cue to sound"))
            late = view.latency.sound_p95
            self._sound_ms.say("–" if late is None else f"{figure(late)} ms")

    def _show_saved(self, view: SessionView, now_s: float) -> None:
        if view.saved_s is None:
            self._saved_glyph.show_state("off")
            self._saved.say(tr("Not saved yet"))
            self._saved_ago.say("")
            return
        ago = max(0.0, now_s - view.saved_s)
        self._saved_glyph.show_state("good" if ago < 3 else "weak")
        self._saved.say(tr("Saved"))
        self._saved_ago.say("" if self._small and ago < 3 else tr("{time} s ago").format(time=figure(ago, 1)))

    def _show_sensors(self, sensors: tuple[SensorView, ...]) -> None:
        if self._small:
            self._show_worst(sensors)
            return
        while len(self._chips) < len(sensors):
            chip = SensorChip(self._look)
            self._chips.append(chip)
            self._chip_row.addWidget(chip)
        for number, chip in enumerate(self._chips):
            chip.setVisible(number < len(sensors))
            if number < len(sensors):
                chip.show_sensor(sensors[number])

    def _show_worst(self, sensors: tuple[SensorView, ...]) -> None:
        if not sensors:
            return
        worst = min(sensors, key=lambda sensor: _WORST[sensor.light])
        self._worst.show_state(worst.light)
        if worst.light == "good":
            self._worst_words.say(tr("{count} sensors good").format(count=len(sensors)))
        else:
            self._worst_words.say(f"{worst.name}: {light_word(worst.light)}")
        batteries = [sensor.battery_percent for sensor in sensors if sensor.battery_percent is not None]
        words = tr("lowest battery {percent}").format(percent=f"{figure(min(batteries))}{THIN}%") if batteries else ""
        self._battery.say(words)


class SensorList(QFrame):
    """The sensors one below the other, for the tab layout."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setObjectName("card")
        self._chips: list[tuple[SensorChip, ElidedText]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(look.px(16), look.px(8), look.px(16), look.px(8))
        self._column.setSpacing(look.px(8))
        self._column.addStretch(1)

    def show_sensors(self, sensors: tuple[SensorView, ...]) -> None:
        """Take a newer state."""
        while len(self._chips) < len(sensors):
            chip, words = SensorChip(self._look), ElidedText(self._look, "body", role="ink_soft")
            self._chips.append((chip, words))
            line = row(chip, words, spacing=self._look.px(16))
            line.setStretch(1, 1)
            self._column.insertLayout(self._column.count() - 1, line)
        for (chip, words), sensor in zip(self._chips, sensors, strict=False):
            chip.show_sensor(sensor)
            rate = "" if sensor.rate_hz is None else f"{figure(sensor.rate_hz)} Hz"
            loss = tr("loss {percent}").format(percent=f"{figure(sensor.loss_percent, 1)}{THIN}%")
            words.say(", ".join(part for part in (light_word(sensor.light), sensor.detail, rate, loss) if part))
