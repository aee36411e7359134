"""The bar on top of a page and the foot below it: the same on every page of a session."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from biofeedback.ui.console.controls import Button, fit
from biofeedback.ui.console.labels import ElidedText, Text, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.page_protocol import Foot, FootButton
from biofeedback.ui.console.steps import StepChooser, favour
from biofeedback.ui.console.topbar import RecordingLight
from biofeedback.ui.language import tr

TOP, FOOT = 48, 64
_Of = Callable[[Foot], FootButton | None]


class ShellBar(QFrame):
    """The bar on top: back, person, steps, recording light, help."""

    back = Signal()
    help = Signal()
    settings = Signal()
    step = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("bar")
        self.setFixedHeight(look.px(TOP))
        self._back = Button(look, "", "plain", icon="left")
        self._back.setFixedWidth(look.px(28))
        self._back.clicked.connect(self.back)
        self._person = ElidedText(look, "strong")
        self._note = ElidedText(look, "body", role="ink_soft")
        self.steps = StepChooser(look)
        self.steps.chosen.connect(self.step)
        keeps = self.steps.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)
        self.steps.setSizePolicy(keeps)
        self._light = RecordingLight(look)
        help_button = Button(look, tr("Help"), "plain", key="F1")
        help_button.pad(4)
        help_button.clicked.connect(self.help)
        settings_button = Button(look, "", "plain", icon="sliders")
        settings_button.setAccessibleName(tr("Settings"))
        settings_button.setToolTip(tr("Settings"))
        settings_button.clicked.connect(self.settings)
        lines = [rule(upright=True) for _ in range(2)]
        for line in lines:
            line.setFixedHeight(look.px(24))
        self._line = lines[0]
        self._side = lines[1]
        left = row(self._back, self._person, 4, self._line, 4, self._note, spacing=look.px(8))
        right = row(self._light, lines[1], row(settings_button, help_button), spacing=look.px(16))
        layout = row(left, self.steps, right, spacing=look.px(16), margins=(look.px(12), 0, look.px(12), 0))
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def show_person(self, person: str, note: str) -> None:
        """Show who the session is for; without a person it says so."""
        self._person.say(person or tr("No person"))
        self._note.say(note)
        self._line.setVisible(bool(note))
        self._note.setVisible(bool(note))
        self._back.setAccessibleName(tr("Back"))
        self._back.setToolTip(tr("Back"))

    def show_session(self, there: bool) -> None:
        """Leave out back, person and recording light on a page outside of any session, such as the very first."""
        for part in (self._back, self._person, self._light, self._side):
            part.setVisible(there)
        for part in (self._line, self._note):
            part.setVisible(there and bool(self._note.text))
        favour(self.steps, self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Divide the new width."""
        super().resizeEvent(event)
        favour(self.steps, self)

    def show_recording(self, since_s: float | None, now_s: float) -> None:
        """Show how long it has been recording; None = it does not."""
        self._light.show_since(since_s, now_s)


class FootBar(QFrame):
    """The foot of a page: back at the left; a note, other ways and the one primary button at the right."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setObjectName("status")
        self.setFixedHeight(look.px(FOOT))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(look.px(24), 0, look.px(24), 0)
        self._row.setSpacing(look.px(12))
        self._note = Text(look, "body", soft=True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignTrailing)
        self._note.setWordWrap(True)
        self._note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._row.addWidget(self._note, 1)
        self._shown = Foot()
        self._buttons: list[tuple[Button, _Of]] = []
        self.primary: Button | None = None
        self.back: Button | None = None

    def show_foot(self, foot: Foot) -> None:
        """Show a foot; buttons are made anew only when their words change, so that the focus stays."""
        old, self._shown = self._shown, foot
        if _shape(old) != _shape(foot):
            self._make(foot)
        self._note.say(foot.note)
        for button, of in self._buttons:
            button.setEnabled((shown := of(foot)) is not None and shown.enabled)
        self._fit()

    def _fit(self) -> None:
        """Leave out icons and keys where the buttons would not stand side by side, and a note that finds no room."""
        buttons = [button for button, _ in self._buttons]
        margins, between = self._row.contentsMargins(), len(buttons) * self._row.spacing()
        room = self.width() - margins.left() - margins.right() - between
        fit(buttons, room)
        left = room - sum(one.sizeHint().width() for one in buttons)
        words = self._note.fontMetrics().boundingRect(0, 0, left, 0, Qt.TextFlag.TextWordWrap, self._note.text())
        self._note.setVisible(words.width() <= left and words.height() <= self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the buttons into the new width."""
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Return the room of the height alone: buttons give up what is beside their words."""
        return QSize(0, super().minimumSizeHint().height())

    def _make(self, foot: Foot) -> None:
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None and widget is not self._note:
                widget.hide()
                widget.deleteLater()
        self._buttons = []
        self.primary = self.back = None
        if foot.back is not None:
            self.back = self._button(lambda f: f.back, tr("Alt ←"))
        self._row.addWidget(self._note, 1)
        for place in range(len(foot.others)):
            self._button(lambda f, place=place: f.others[place])
        if foot.primary is not None:
            self.primary = self._button(lambda f: f.primary, tr("Enter"), primary=True)
        self._fit()

    def _button(self, of: _Of, key: str = "", *, primary: bool = False) -> Button:
        shown = of(self._shown)
        assert shown is not None
        button = Button(
            self._look, shown.text, "primary" if primary else "normal", icon=shown.icon, key=shown.key or key
        )
        button.setFont(self._look.font_px(14, bold=True))
        button.setFixedHeight(self._look.px(40))
        button.clicked.connect(lambda: self._press(of))
        self._row.addWidget(button)
        self._buttons.append((button, of))
        return button

    def _press(self, of: _Of) -> None:
        if (shown := of(self._shown)) is not None and shown.enabled:
            shown.act()


def _shape(foot: Foot) -> tuple[object, ...]:
    buttons = (foot.back, *foot.others, foot.primary)
    return tuple(None if one is None else (one.text, one.icon, one.key) for one in buttons), len(foot.others)
