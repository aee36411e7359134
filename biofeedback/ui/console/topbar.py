"""The bar on top: the person, the seven steps of a session, the recording light, help."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from biofeedback.session.view import SessionView
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.labels import ElidedText, Text, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.page_protocol import STEPS
from biofeedback.ui.console.steps import StepChooser, favour
from biofeedback.ui.console.words import clock
from biofeedback.ui.language import tr


class RecordingLight(QWidget):
    """A dot and "Recording" while it does; a dashed ring and "Not recording" while it does not."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._glyph = Glyph(look, 14, "off")
        self._word = Text(look, "strong", tr("Not recording"))
        self._time = Text(look, "body", "", soft=True)
        self.setLayout(row(self._glyph, self._word, self._time, spacing=look.px(8)))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    def show_since(self, since_s: float | None, now_s: float) -> None:
        """Show how long it has been recording; None = it does not."""
        self._glyph.show_state("off" if since_s is None else "rec")
        self._word.say(tr("Not recording") if since_s is None else tr("Recording"))
        self._time.say("" if since_s is None else clock(now_s - since_s))
        self.setAccessibleName(f"{self._word.text()} {self._time.text()}".strip())


def _settings_button(look: Look) -> Button:
    """Return the way to the settings; a console that is a window of its own has none."""
    button = Button(look, "", "plain", icon="sliders")
    button.setAccessibleName(tr("Settings"))
    button.setToolTip(tr("Settings"))
    button.hide()
    return button


class TopBar(QFrame):
    """The bar of a session in full width."""

    leave = Signal()
    help = Signal()
    settings = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setFixedHeight(look.px(48))
        self._back = Button(look, "", "plain", icon="left")
        self._back.setFixedWidth(look.px(28))
        self._back.setToolTip(tr("Close this window. A set that is going on is paused, the recording goes on."))
        self._back.clicked.connect(self.leave)
        self._person = ElidedText(look, "strong", shrinks=True)
        self._note = ElidedText(look, "body", role="ink_soft")
        self.steps = StepChooser(look)
        self._light = RecordingLight(look)
        self._exercise = Text(look, "body", "", soft=True)
        help_button = Button(look, tr("Help"), "plain", key="F1")
        help_button.pad(4)
        help_button.clicked.connect(self.help)
        self.settings_button = _settings_button(look)
        self.settings_button.clicked.connect(self.settings)
        lines = [rule(upright=True) for _ in range(2)]
        for line in lines:
            line.setFixedHeight(look.px(24))
        self._line = lines[0]
        left = row(self._back, self._person, 4, self._line, 4, self._note, spacing=look.px(8))
        right = row(self._light, lines[1], self._exercise, row(self.settings_button, help_button), spacing=look.px(16))
        layout = row(left, self.steps, right, spacing=look.px(16), margins=(look.px(12), 0, look.px(12), 0))
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def stand_inside(self, inside: bool) -> None:
        """Offer the settings and the steps that are done, where there is a window around this one."""
        self.settings_button.setVisible(inside)
        self.steps.show_steps("live", STEPS[: STEPS.index("live")], leads=inside)

    def show_page(self, view: SessionView, now_s: float) -> None:
        """Take a newer page."""
        self._person.say(view.person)
        self._note.say(view.person_note)
        for part in (self._line, self._note):
            part.setVisible(bool(view.person_note))
        self._back.setAccessibleName(tr("Back from {person}").format(person=view.person))
        self._exercise.say(
            tr("Exercise {number} of {count}").format(number=view.exercise_number, count=view.exercise_count)
        )
        self.show_time(view, now_s)
        favour(self.steps, self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divide the new width."""
        super().resizeEvent(event)
        favour(self.steps, self)

    def show_time(self, view: SessionView, now_s: float) -> None:
        """Move the time of the recording on."""
        self._light.show_since(view.recording_since_s, now_s)


class SmallTopBar(QFrame):
    """The bar where there is little room: person, set, repetition, recording light, active time."""

    leave = Signal()
    help = Signal()
    settings = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setFixedHeight(look.px(40))
        self._back = Button(look, "", "plain", icon="left")
        self._back.setFixedWidth(look.px(28))
        self._back.clicked.connect(self.leave)
        self._person = ElidedText(look, "strong")
        self._set = Text(look, "strong", "")
        self._repetition = ElidedText(look, "body")
        self._light = RecordingLight(look)
        self._active = Text(look, "strong", "")
        self.settings_button = _settings_button(look)
        self.settings_button.clicked.connect(self.settings)
        help_button = Button(look, "?", "plain")
        help_button.setAccessibleName(tr("Help"))
        help_button.setToolTip(tr("Help"))
        help_button.pad(4)
        help_button.clicked.connect(self.help)
        line = rule(upright=True)
        line.setFixedHeight(look.px(24))
        self.setLayout(row(
            self._back, self._person, line, self._set, self._repetition, -1, self._light, self._active,
            row(self.settings_button, help_button),
            spacing=look.px(12), margins=(look.px(4), 0, look.px(8), 0)))  # fmt: skip

    def stand_inside(self, inside: bool) -> None:
        """Offer the settings, where there is a window around this one."""
        self.settings_button.setVisible(inside)

    def show_page(self, view: SessionView, now_s: float) -> None:
        """Take a newer page."""
        self._person.say(view.person)
        self._back.setAccessibleName(tr("Back from {person}").format(person=view.person))
        self._set.say(tr("Set {number} of {count}").format(number=view.set_number, count=view.set_count))
        self._repetition.say(
            tr("Repetition {number} of {count}").format(number=view.repetition, count=view.repetition_count)
        )
        self.show_time(view, now_s)

    def show_time(self, view: SessionView, now_s: float) -> None:
        """Move the times on."""
        self._light.show_since(view.recording_since_s, now_s)
        active = view.active_s + (0.0 if view.active_since_s is None else max(0.0, now_s - view.active_since_s))
        self._active.say(tr("{time} active").format(time=clock(active)))
