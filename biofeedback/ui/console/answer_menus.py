"""The menus behind the feedback card's lines: families of sounds, headphones, speech; which sensor is felt when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from PySide6.QtGui import QAction, QActionGroup, QPalette
from PySide6.QtWidgets import QMenu, QWidget

from biofeedback.exercises.sounds import SoundMode
from biofeedback.session import commands
from biofeedback.session.commands import Command
from biofeedback.session.view import Family, FeedbackView, SoundRange, TouchStrength
from biofeedback.ui.console.look import Look
from biofeedback.ui.language import tr

_T = TypeVar("_T")
_GAINS_DB: tuple[float | None, ...] = (None, -6.0, -3.0, 0.0, 3.0, 6.0)


class SoundMenu(QMenu):
    """What is heard beside the one volume. It shows a `FeedbackView` and sends commands."""

    def __init__(self, parent: QWidget, look: Look, send: Callable[[Command], None]) -> None:
        super().__init__(tr("Sounds"), parent)
        self._send = send
        self._sample = self.addAction(tr("Play a chime: loud enough?"))
        self._sample.triggered.connect(lambda: send(commands.PlaySample()))
        self._delay = self.addAction(tr("Measure how late the sound is heard"))
        self._delay.triggered.connect(lambda: send(commands.MeasureSound()))
        self._headphones = self.addAction(tr("Headphones"))
        self._headphones.setCheckable(True)
        self._headphones.triggered.connect(lambda on: send(commands.SetHeadphones(on)))
        self.addSeparator()
        modes: dict[SoundMode, str] = {
            "follow": tr("Pitch goes with the movement"),
            "steps": tr("Pitch goes with it, in steps"),
            "guide": tr("Glides towards the band"),
            "quiet": tr("Softer towards the band"),
            "side": tr("On the side leaned to"),
            "off": tr("Nothing"),
        }
        self._modes = self._one_of(tr("While moving"), modes, lambda mode: send(commands.SetSound(True, mode)))
        ranges: dict[SoundRange, str] = {"wide": tr("Wide: up to 785 Hz"), "narrow": tr("Narrow: up to 523 Hz")}
        self._ranges = self._one_of(
            tr("Range of the pitch"), ranges, lambda chosen: send(commands.SetSoundRange(chosen))
        )
        self.addSeparator()
        names: dict[Family, str] = {
            "own movement": tr("Own movement"),
            "guide": tr("Guide"),
            "signals": tr("Signals"),
            "metronome": tr("Metronome"),
            "speech": tr("Spoken prompts"),
        }
        self._gains: dict[Family, dict[float | None, QAction]] = {
            family: self._family(family, name) for family, name in names.items()
        }
        self._speech = self.actions()[-1]
        _dress(self, look)

    def _family(self, family: Family, name: str) -> dict[float | None, QAction]:
        gains = {gain_db: _gain_words(gain_db) for gain_db in _GAINS_DB}
        return self._one_of(name, gains, lambda gain_db: self._send(commands.SetFamily(family, gain_db)))

    def _one_of(self, name: str, words: Mapping[_T, str], chosen: Callable[[_T], None]) -> dict[_T, QAction]:
        """Add a menu of which one thing is chosen."""
        menu = self.addMenu(name)
        group = QActionGroup(menu)
        actions: dict[_T, QAction] = {}
        for value, text in words.items():
            action = menu.addAction(text)
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, v=value: chosen(v))
            group.addAction(action)
            actions[value] = action
        return actions

    def show_feedback(self, feedback: FeedbackView, in_set: bool) -> None:
        """Take a newer page; ``in_set``, nothing can be tried out."""
        self._sample.setEnabled(not in_set)
        self._delay.setEnabled(not in_set)
        self._headphones.setChecked(feedback.headphones)
        for mode, action in self._modes.items():
            action.setVisible(mode in feedback.sound_modes)
            action.setChecked(mode == feedback.sound_mode)
        self._ranges[feedback.sound_range].setChecked(True)
        self._speech.setEnabled(feedback.voice)
        self._speech.setText(tr("Spoken prompts") if feedback.voice else tr("Spoken prompts: this system has no voice"))
        for family, actions in self._gains.items():
            action = actions.get(feedback.families.get(family, 0.0))
            if action is not None:
                action.setChecked(True)


class TouchMenu(QMenu):
    """How strong vibration is, and which sensor is felt where. It shows a `FeedbackView`."""

    def __init__(self, parent: QWidget, look: Look, send: Callable[[Command], None]) -> None:
        super().__init__(tr("Vibration"), parent)
        self._send = send
        self._low, self._high = self.addMenu(tr("Felt when too low")), self.addMenu(tr("Felt when too high"))
        self._motors: tuple[str, ...] = ()
        self.addSeparator()
        strengths: dict[TouchStrength, str] = {"gentle": tr("Gentle"), "full": tr("Full strength")}
        group = QActionGroup(self)
        self._strengths = {strength: self._strength(strength, name, group) for strength, name in strengths.items()}
        _dress(self, look)

    def _strength(self, strength: TouchStrength, name: str, group: QActionGroup) -> QAction:
        action = self.addAction(name)
        action.setCheckable(True)
        action.triggered.connect(lambda _=False: self._send(commands.SetTouchStrength(strength)))
        group.addAction(action)
        return action

    def show_feedback(self, feedback: FeedbackView) -> None:
        """Take a newer page; the lists are made anew only when other sensors are there."""
        for strength, action in self._strengths.items():
            action.setVisible(feedback.touch_strength is not None)
            action.setChecked(strength == feedback.touch_strength)
        for menu in (self._low, self._high):
            menu.menuAction().setVisible(len(feedback.motors) > 1)
        if feedback.motors != self._motors:
            self._motors = feedback.motors
            for menu in (self._low, self._high):
                menu.clear()
                group = QActionGroup(menu)
                for sensor in self._motors:
                    action = menu.addAction(sensor)
                    action.setCheckable(True)
                    group.addAction(action)
                    action.triggered.connect(lambda _=False, m=menu, s=sensor: self._chosen(m, s))
        for menu, chosen in ((self._low, feedback.motor_below), (self._high, feedback.motor_above)):
            for action in menu.actions():
                action.setChecked(action.text() == chosen)

    def _chosen(self, menu: QMenu, sensor: str) -> None:
        self._send(commands.SetTouchPlace("below" if menu is self._low else "above", sensor))


def _gain_words(gain_db: float | None) -> str:
    if gain_db is None:
        return tr("Off")
    if gain_db == 0.0:
        return tr("As it is")
    words = tr("Louder by {gain} dB") if gain_db > 0 else tr("Softer by {gain} dB")
    return words.format(gain=f"{abs(gain_db):.0f}")


def _dress(menu: QMenu, look: Look) -> None:
    """Give a menu, and those that open from it, the console's colours and the size of its text."""
    role, palette = QPalette.ColorRole, QPalette(look.colour("raised"))
    colours = {
        "raised": (role.Base, role.Button),
        "ink": (role.WindowText, role.Text, role.ButtonText, role.HighlightedText),
        "accent_soft": (role.Highlight,),
    }
    for name, roles in colours.items():
        for one in roles:
            palette.setColor(one, look.colour(name))
    palette.setColor(role.Window, look.colour("ink_soft").lighter(140))  # Fusion draws a box's edge as this, darker
    palette.setColor(QPalette.ColorGroup.Disabled, role.Text, look.colour("quiet"))
    palette.setColor(QPalette.ColorGroup.Disabled, role.WindowText, look.colour("quiet"))
    for one in (menu, *menu.findChildren(QMenu)):
        one.setPalette(palette)
        one.setFont(look.font("body"))
