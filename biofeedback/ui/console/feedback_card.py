"""How the person is answered, and how hard it is: shown, and changed at once."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from biofeedback.session import commands
from biofeedback.session.commands import Command
from biofeedback.session.view import FeedbackView, SessionView
from biofeedback.ui.console.answer_menus import SoundMenu, TouchMenu
from biofeedback.ui.console.choices import Segmented, Slider, Switch
from biofeedback.ui.console.controls import Button, KeyCap
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.labels import ElidedText, Text, card_header, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.touch_check import TouchCheck
from biofeedback.ui.console.words import THIN, figure
from biofeedback.ui.language import tr

_SETTLE_S = 0.4
_IN_SET = ("countdown", "live")
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
            button.setMinimumWidth(look.px(64))  # long words give up the key beside them
        self._sounds, self._places = Button(look, "…", "plain"), Button(look, "…", "plain")
        self._sound_menu, self._touch_menu = SoundMenu(self, look, self._send), TouchMenu(self, look, self._send)
        self._touched_s = -_SETTLE_S
        self._touch_allowed = False
        self._view: SessionView | None = None
        self._check: TouchCheck | None = None
        self._connect()
        self.setLayout(self._build())

    def _connect(self) -> None:
        self._cues.toggled.connect(lambda on: self._send(commands.SetCues(on)))
        self._sound.toggled.connect(lambda on: self._send(commands.SetSound(on)))
        self._vibration.toggled.connect(self._switch_vibration)
        self._volume.valueChanged.connect(lambda volume: self._send(commands.SetVolume(volume)))
        self._schedule.chosen.connect(lambda choice: self._send(commands.SetSchedule(choice)))
        for button, menu in ((self._sounds, self._sound_menu), (self._places, self._touch_menu)):
            button.setAccessibleName(menu.title())
            button.setToolTip(menu.title())
            button.pad(4)
            button.clicked.connect(lambda _=False, b=button, m=menu: m.popup(b.mapToGlobal(b.rect().bottomLeft())))
        self._difficulty.chosen.connect(lambda mode: self._send(commands.SetDifficulty(mode)))
        self.easier.clicked.connect(lambda: self._send(commands.Easier()))
        self.harder.clicked.connect(lambda: self._send(commands.Harder()))

    def _switch_vibration(self, on: bool) -> None:
        """Switch vibration; the first time in a session only after skin and implants were asked about."""
        if not on or self._touch_allowed:
            self._send(commands.SetTouch(on))
            return
        self._vibration.show_on(False)
        if self._check is not None and self._check.isVisible():
            self._check.raise_()
            return
        self._check = TouchCheck(self, self._look, self._send)
        self._check.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._check.destroyed.connect(self._check_closed)
        if self._view is not None:
            self._check.show_feedback(self._view.feedback, self._view.phase in _IN_SET)
        self._check.show()

    def _check_closed(self) -> None:
        self._check = None

    def _send(self, command: Command) -> None:
        self._touched_s = time.monotonic()
        self.command.emit(command)

    def _line(self, key: str, name: str, *items: QWidget) -> QWidget:
        look = self._look
        label = Text(look, "strong", name)
        label.setFixedWidth(look.px(72))
        caps = (KeyCap(look, key),) if look.keys else ()
        body = row(*caps, label, *items, spacing=look.px(12), margins=(look.px(16), 0, look.px(16), 0))
        body.setStretch(len(caps) + 2, 1)
        line = QWidget()
        line.setFixedHeight(look.px(36 if self._low else 40))
        line.setLayout(body)
        return line

    def _build(self) -> QVBoxLayout:
        look, pad = self._look, self._look.px(16)
        acts = Text(look, "caption", tr("acts at once"), soft=True)
        sound = QWidget()
        sound_row = row(self._volume, self._volume_words, self._sound_words, self._sounds, spacing=look.px(12))
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
            card_header(look, tr("Feedback"), acts, 32 if self._low else 40), rule(),
            self._line("C", tr("Cues"), self._cues, self._bandwidth),
            self._line("S", tr("Sound"), self._sound, sound),
            self._line("V", tr("Vibration"), self._vibration, self._vibration_words, self._places),
            rule(), schedule, rule(), difficulty, -1,
        )  # fmt: skip

    def show_page(self, view: SessionView) -> None:
        """Take a newer page. One that may be older than the last touch of a control is passed over."""
        feedback = view.feedback
        self._view, self._touch_allowed = view, feedback.touch_allowed
        if self._check is not None:
            self._check.show_feedback(feedback, view.phase in _IN_SET)
        if time.monotonic() - self._touched_s < _SETTLE_S:
            return
        self._cues.show_on(feedback.cues)
        self._bandwidth.say(
            tr("only outside ± {percent}").format(percent=f"{figure(feedback.bandwidth_percent)}{THIN}%")
        )
        self._show_sound(feedback, view.phase in _IN_SET)
        self._vibration.setEnabled(feedback.vibration is not None)
        self._vibration.show_on(bool(feedback.vibration))
        self._places.setVisible(len(feedback.motors) > 1 or feedback.touch_strength is not None)
        self._touch_menu.show_feedback(feedback)
        self._vibration_words.tint("accent" if feedback.buzzes else "ink_soft")
        self._vibration_words.say(_now_felt(feedback))
        self._vibration.setToolTip(_vibration_words(feedback))
        self._schedule.show_choice(feedback.schedule)
        self._difficulty.show_choice(feedback.difficulty)
        self._next.say(_next_words(view))
        self._probes.say(_probe_words(view))
        met, of = feedback.in_target
        self._counts.say(tr("{met} of {of} in target").format(met=met, of=of) if of else "")
        if feedback.difficulty_note != self._note.text():
            self._note.say(feedback.difficulty_note)
        self.setToolTip("" if self._with_notes else feedback.difficulty_note)

    def _show_sound(self, feedback: FeedbackView, in_set: bool) -> None:
        there = bool(feedback.sound_device)
        self._sound.setEnabled(there)
        self._sound.show_on(feedback.sound and there)
        self._volume.setVisible(there)
        self._volume_words.setVisible(there)
        self._sound_words.setVisible(not there)
        self._sound_words.say("" if there else tr("no sound device"))
        self._volume.show_value(feedback.volume)
        self._volume_words.say(str(feedback.volume))
        self._sounds.setVisible(there)
        self._sound_menu.show_feedback(feedback, in_set)
        self._sound.setToolTip(feedback.sound_note or feedback.sound_device)

    def toggle_cues(self) -> None:
        """Turn the cues on or off."""
        self._cues.click()

    def toggle_sound(self) -> None:
        """Turn the sound on or off."""
        self._sound.click()

    def toggle_vibration(self) -> None:
        """Turn vibration on or off."""
        self._vibration.click()


def _now_felt(feedback: FeedbackView) -> str:
    if feedback.buzzes:
        return tr("{sensor} buzzes").format(sensor=feedback.buzzes)
    if feedback.buzz_missing:
        return tr("{sensor}: no answer").format(sensor=feedback.buzz_missing)
    return tr("no device") if feedback.vibration is None else tr("move away")


def _vibration_words(feedback: FeedbackView) -> str:
    if feedback.vibration is None:
        return ""
    sensors = dict.fromkeys((feedback.motor_below, feedback.motor_above))
    return tr("{sensors}: move away from the buzz").format(sensors=", ".join(sensors))


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
