"""The side panel: what the patient sees, how they are answered, how hard it is, what happened."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLayout, QSizePolicy, QVBoxLayout, QWidget

from biofeedback.session import commands
from biofeedback.session.commands import Command
from biofeedback.session.view import EventView, FeedbackView, PatientView, SessionView
from biofeedback.ui.console.controls import Button, KeyCap, Segmented, Slider, Switch
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.labels import ElidedText, Text, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.viewbox import ViewBox
from biofeedback.ui.console.words import THIN, figure
from biofeedback.ui.language import tr
from biofeedback.ui.patient import PatientDisplay


def _header(look: Look, title: str, note: QWidget | None = None, height: int = 40) -> QWidget:
    head = QWidget()
    head.setFixedHeight(look.px(height))
    items: list[QWidget | QLayout | int] = [Text(look, "strong", title), -1]
    if note is not None:
        items.append(note)
    head.setLayout(row(*items, spacing=look.px(8), margins=(look.px(16), 0, look.px(16), 0)))
    return head


class Preview(QFrame):
    """The patient's display, painted small from the same state ten times a second.

    ``low`` puts it beside its controls, where there is little height.
    """

    command = Signal(object)

    def __init__(self, look: Look, low: bool = False) -> None:
        super().__init__()
        self._look, self._low = look, low
        self.setObjectName("card")
        self.display = PatientDisplay(theme=look.theme, preview=True)
        self._frame = _Wide(look, self.display)
        self._note = ElidedText(look, "caption", role="ink_soft", align=Qt.AlignmentFlag.AlignRight)
        self._views = ViewBox(look, tr("What the patient sees"))
        self._views.addItem(tr("Column with band"), "column")
        self._views.addItem(tr("Moving limb"), "limb")
        self._views.activated.connect(self._chosen)
        self.blank_button = Button(look, tr("Blank"), key="B")
        self.blank_button.clicked.connect(self.toggle_blank)
        self._patient: PatientView | None = None
        self.setLayout(self._beside() if low else self._below())

    def _below(self) -> QVBoxLayout:
        look, pad = self._look, self._look.px(16)
        controls = row(self._views, self.blank_button, spacing=look.px(8))
        controls.setStretch(0, 1)
        head = _header(look, tr("Patient sees"), self._note)
        body = column(self._frame, controls, spacing=look.px(8), margins=(pad, 0, pad, look.px(8)))
        body.setStretch(0, 1)
        return column(head, body)

    def _beside(self) -> QVBoxLayout:
        look, pad = self._look, self._look.px(12)
        controls = column(self._views, self.blank_button, self._note, -1, spacing=look.px(8))
        self._frame.setFixedSize(look.px(162), look.px(92))
        body = row(self._frame, controls, spacing=look.px(12), margins=(pad, 0, pad, look.px(10)))
        body.setStretch(1, 1)
        return column(_header(look, tr("Patient sees"), height=32), body, -1)

    def show_page(self, view: SessionView) -> None:
        """Take a newer page."""
        self._patient = view.patient
        blank = view.patient.screen == "blank"
        self.blank_button.relabel(tr("Show") if blank else tr("Blank"))
        if not self._views.view().isVisible():
            self._views.setCurrentIndex(self._views.findData(view.patient.view))
        self._note.say(tr("The display is blank") if blank else tr("mirrored") if view.patient.mirror else "")

    def advance(self, tick: np.void | None, now_s: float) -> None:
        """Paint the newest state; called ten times a second."""
        if self._patient is not None and self.display.isVisible():
            self.display.advance(self._patient, tick, now_s)

    def toggle_blank(self) -> None:
        """Blank the patient's display, or show it again."""
        if self._patient is not None:
            self.command.emit(commands.Blank(self._patient.screen != "blank"))

    def next_view(self) -> None:
        """Show the other view."""
        self._views.setCurrentIndex((self._views.currentIndex() + 1) % self._views.count())
        self._chosen(self._views.currentIndex())

    def _chosen(self, index: int) -> None:
        self.command.emit(commands.SetView(self._views.itemData(index)))


class _Wide(QWidget):
    """Keeps its child at 16:9, in the middle, with a line around it."""

    def __init__(self, look: Look, child: QWidget) -> None:
        super().__init__()
        self._look, self._child = look, child
        child.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setObjectName("preview")

    def hasHeightForWidth(self) -> bool:
        """Let the height follow the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return nine sixteenths."""
        return round((width - 2) * 9 / 16) + 2

    def sizeHint(self) -> QSize:
        """Return a small picture."""
        return QSize(318, self.heightForWidth(318))

    def minimumSizeHint(self) -> QSize:
        """Return the smallest picture that can be read."""
        return QSize(162, self.heightForWidth(162))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line around the picture."""
        painter = QPainter(self)
        painter.setPen(self._look.colour("line_strong"))
        painter.drawRect(self._child.geometry().adjusted(-1, -1, 0, 0))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture in."""
        width = min(self.width(), round((self.height() - 2) * 16 / 9) + 2)
        height = self.heightForWidth(width)
        self._child.setGeometry(
            (self.width() - width) // 2 + 1, (self.height() - height) // 2 + 1, width - 2, height - 2
        )


_SETTLE_S = 0.4
_SCHEDULES = ("each", "half", "third", "every5", "none")


class FeedbackCard(QFrame):
    """How the person is answered. Everything acts at once; the page that comes back confirms it."""

    command = Signal(object)

    def __init__(self, look: Look, low: bool = False, notes: bool = False) -> None:
        super().__init__()
        self._look, self._low, self._with_notes = look, low, notes
        self.setObjectName("card")
        self._cues = Switch(look, tr("Cues"))
        self._sound = Switch(look, tr("Sound"))
        self._vibration = Switch(look, tr("Vibration"))
        self._volume = Slider(look, tr("Volume"), 10)
        self._bandwidth = ElidedText(look, "body", role="ink_soft")
        self._volume_words = Text(look, "body", "", soft=True)
        self._sound_words = ElidedText(look, "body", role="ink_soft")
        self._vibration_words = ElidedText(look, "body", role="ink_soft")
        self._next = ElidedText(look, "caption", role="ink_soft", align=Qt.AlignmentFlag.AlignRight)
        self._probes = ElidedText(look, "caption", role="ink_soft")
        self._counts = ElidedText(look, "caption", role="ink_soft", align=Qt.AlignmentFlag.AlignRight)
        self._note = Text(look, "caption", "", soft=True)
        self._note.setWordWrap(True)
        names = (tr("Each"), f"50{THIN}%", f"33{THIN}%", tr("Every 5"), tr("None"))
        self._schedule = Segmented(look, tr("Shown on"), dict(zip(_SCHEDULES, names, strict=True)))
        self._difficulty = Segmented(look, tr("Difficulty"), {"rule": tr("Rule"), "fixed": tr("Fixed")})
        self.easier = Button(look, tr("Easier"), key="−")
        self.harder = Button(look, tr("Harder"), key="+")
        for button in (self.easier, self.harder):
            button.pad(8)
        self._touched_s = -_SETTLE_S
        self._connect()
        self.setLayout(self._build())

    def _connect(self) -> None:
        self._cues.toggled.connect(lambda on: self._send(commands.SetCues(on)))
        self._sound.toggled.connect(lambda on: self._send(commands.SetSound(on)))
        self._volume.valueChanged.connect(lambda volume: self._send(commands.SetVolume(volume)))
        self._schedule.chosen.connect(lambda choice: self._send(commands.SetSchedule(choice)))
        self._difficulty.chosen.connect(lambda mode: self._send(commands.SetDifficulty(mode)))
        self.easier.clicked.connect(lambda: self._send(commands.Easier()))
        self.harder.clicked.connect(lambda: self._send(commands.Harder()))

    def _send(self, command: Command) -> None:
        self._touched_s = time.monotonic()
        self.command.emit(command)

    def _line(self, key: str, name: str, *items: QWidget) -> QWidget:
        look = self._look
        label = Text(look, "strong", name)
        label.setFixedWidth(look.px(72))
        body = row(KeyCap(look, key), label, *items, spacing=look.px(12), margins=(look.px(16), 0, look.px(16), 0))
        body.setStretch(3, 1)
        line = QWidget()
        line.setFixedHeight(look.px(36 if self._low else 40))
        line.setLayout(body)
        return line

    def _build(self) -> QVBoxLayout:
        look, pad = self._look, self._look.px(16)
        acts = Text(look, "caption", tr("acts at once"), soft=True)
        sound = QWidget()
        sound_row = row(self._volume, self._volume_words, self._sound_words, spacing=look.px(12))
        sound_row.setStretch(0, 1)
        sound_row.setStretch(2, 1)
        sound.setLayout(sound_row)
        shown = row(Text(look, "strong", tr("Shown on")), self._next, spacing=look.px(8))
        shown.setStretch(1, 1)
        eye = row(Glyph(look, 16, "probe"), self._probes, spacing=look.px(8))
        eye.setStretch(1, 1)
        hard = row(Text(look, "strong", tr("Difficulty")), self._counts, spacing=look.px(8))
        hard.setStretch(1, 1)
        rules = row(self._difficulty, self.easier, self.harder, spacing=look.px(8))
        rules.setStretch(0, 1)
        gap = look.px(4 if self._low else 8)
        schedule = column(shown, self._schedule, eye, spacing=look.px(6), margins=(pad, gap, pad, gap))
        difficulty = column(hard, rules, spacing=look.px(6), margins=(pad, gap, pad, gap))
        if self._with_notes:
            difficulty.addWidget(self._note)
        return column(
            _header(look, tr("Feedback"), acts, 32 if self._low else 40), rule(),
            self._line("C", tr("Cues"), self._cues, self._bandwidth),
            self._line("S", tr("Sound"), self._sound, sound),
            self._line("V", tr("Vibration"), self._vibration, self._vibration_words),
            rule(), schedule, rule(), difficulty, -1,
        )  # fmt: skip

    def show_page(self, view: SessionView) -> None:
        """Take a newer page. One that may be older than the last touch of a control is passed over."""
        if time.monotonic() - self._touched_s < _SETTLE_S:
            return
        feedback = view.feedback
        self._cues.show_on(feedback.cues)
        self._bandwidth.say(
            tr("only outside ± {percent}").format(percent=f"{figure(feedback.bandwidth_percent)}{THIN}%")
        )
        self._show_sound(feedback)
        self._vibration.setEnabled(feedback.vibration is not None)
        self._vibration.show_on(bool(feedback.vibration))
        self._vibration_words.say(tr("no device") if feedback.vibration is None else "")
        self._schedule.show_choice(feedback.schedule)
        self._difficulty.show_choice(feedback.difficulty)
        self._next.say(_next_words(view))
        self._probes.say(_probe_words(view))
        met, of = feedback.in_target
        self._counts.say(tr("{met} of {of} in target").format(met=met, of=of) if of else "")
        if feedback.difficulty_note != self._note.text():
            self._note.say(feedback.difficulty_note)
        self.setToolTip("" if self._with_notes else feedback.difficulty_note)

    def _show_sound(self, feedback: FeedbackView) -> None:
        there = bool(feedback.sound_device)
        self._sound.setEnabled(there)
        self._sound.show_on(feedback.sound and there)
        self._volume.setVisible(there)
        self._volume_words.setVisible(there)
        self._sound_words.setVisible(not there)
        self._sound_words.say("" if there else tr("no sound device"))
        self._volume.show_value(feedback.volume)
        self._volume_words.say(str(feedback.volume))
        self._sound.setToolTip(feedback.sound_device)

    def toggle_cues(self) -> None:
        """Turn the cues on or off."""
        self._cues.click()

    def toggle_sound(self) -> None:
        """Turn the sound on or off."""
        self._sound.click()

    def toggle_vibration(self) -> None:
        """Turn vibration on or off."""
        self._vibration.click()


def _next_words(view: SessionView) -> str:
    number, shown = view.repetition, view.feedback.next_shown
    if view.repetition >= view.repetition_count:
        return ""
    on, off = tr("on"), tr("off")
    return tr("next: rep {first} {first_is}, {second} {second_is}").format(
        first=number,
        first_is=on if shown[0] else off,
        second=number + 1,
        second_is=on if shown[1] else off,
    )


def _probe_words(view: SessionView) -> str:
    count, probes = view.repetition_count, view.probes
    if not probes:
        return tr("All repetitions with feedback")
    if probes == 1:
        return tr("Repetition {number}: on their own, no feedback").format(number=count)
    between = tr("and") if probes == 2 else tr("to")
    return tr("Repetitions {first} {between} {last}: on their own, no feedback").format(
        first=count - probes + 1, between=between, last=count
    )


class EventsCard(QFrame):
    """Marks and events, newest first."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setObjectName("card")
        self._shown: tuple[EventView, ...] | None = None
        self._lines = QVBoxLayout()
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(0)
        self.setLayout(column(_header(look, tr("Marks and events")), rule(), self._lines, -1))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self._events: tuple[EventView, ...] = ()

    def show_events(self, events: tuple[EventView, ...]) -> None:
        """Take the events of a newer page; as many lines as fit."""
        self._events = events
        rows = max(1, (self.height() - self._look.px(44)) // self._look.px(32))
        newest = tuple(sorted(events, key=lambda event: event.clock, reverse=True)[:rows])
        if newest == self._shown:
            return
        self._shown = newest
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for event in newest:
            self._lines.addWidget(self._line(event.clock, event.text))
        if not newest:
            self._lines.addWidget(self._line("", tr("Press M to mark a moment.")))

    def _line(self, clock: str, text: str) -> QWidget:
        look = self._look
        words = ElidedText(look, "body", text)
        line = QWidget()
        line.setFixedHeight(look.px(32))
        items: list[Any] = ([Text(look, "caption", clock, soft=True)] if clock else []) + [words]
        layout = row(*items, spacing=look.px(16), margins=(look.px(16), 0, look.px(16), 0))
        layout.setStretch(len(items) - 1, 1)
        line.setLayout(layout)
        return line

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many lines as fit."""
        self.show_events(self._events)
