"""The menus behind the feedback card's lines: families of sounds, headphones, speech; which sensor is felt when."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction, QActionGroup, QPalette
from PySide6.QtWidgets import QMenu, QWidget

from biofeedback.session import commands
from biofeedback.session.commands import Command
from biofeedback.session.view import Family, FeedbackView, TouchStrength
from biofeedback.ui.console.look import Look
from biofeedback.ui.language import tr

_GAINS_DB: tuple[float | None, ...] = (None, -6.0, -3.0, 0.0, 3.0, 6.0)


class SoundMenu(QMenu):
    """What is heard beside the one volume. It shows a `FeedbackView` and sends commands."""

    def __init__(self, parent: QWidget, look: Look, send: Callable[[Command], None]) -> None:
        super().__init__(tr("Sounds"), parent)
        self._send = send
        self._sample = self.addAction(tr("Play a chime: loud enough?"))
        self._sample.triggered.connect(lambda: send(commands.PlaySample()))
        self._headphones = self.addAction(tr("Headphones"))
        self._headphones.setCheckable(True)
        self._headphones.triggered.connect(lambda on: send(commands.SetHeadphones(on)))
        self._speech = self.addAction(tr("Spoken prompts"))
        self._speech.setCheckable(True)
        self._speech.triggered.connect(lambda on: send(commands.SetFamily("speech", 0.0 if on else None)))
        self.addSeparator()
        names: dict[Family, str] = {
            "own movement": tr("Own movement"),
            "guide": tr("Guide"),
            "signals": tr("Signals"),
            "metronome": tr("Metronome"),
        }
        self._gains: dict[Family, dict[float | None, QAction]] = {
            family: self._family(family, name) for family, name in names.items()
        }
        _dress(self, look)

    def _family(self, family: Family, name: str) -> dict[float | None, QAction]:
        menu = self.addMenu(name)
        group = QActionGroup(menu)
        actions: dict[float | None, QAction] = {}
        for gain_db in _GAINS_DB:
            action = menu.addAction(_gain_words(gain_db))
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, g=gain_db: self._send(commands.SetFamily(family, g)))
            group.addAction(action)
            actions[gain_db] = action
        return actions

    def show_feedback(self, feedback: FeedbackView) -> None:
        """Take a newer page."""
        self._headphones.setChecked(feedback.headphones)
        self._speech.setEnabled(feedback.voice)
        self._speech.setText(tr("Spoken prompts") if feedback.voice else tr("Spoken prompts: this system has no voice"))
        self._speech.setChecked(feedback.voice and feedback.families.get("speech") is not None)
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
        "raised": (role.Window, role.Base, role.Button),
        "ink": (role.WindowText, role.Text, role.ButtonText, role.HighlightedText),
        "accent_soft": (role.Highlight,),
    }
    for name, roles in colours.items():
        for one in roles:
            palette.setColor(one, look.colour(name))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Text, look.colour("quiet"))
    palette.setColor(QPalette.ColorGroup.Disabled, role.WindowText, look.colour("quiet"))
    for one in (menu, *menu.findChildren(QMenu)):
        one.setPalette(palette)
        one.setFont(look.font("body"))
