"""The banner: the one thing to read now, with its buttons. It takes its room from the table; nothing else moves."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from biofeedback.session import commands
from biofeedback.session.commands import Command
from biofeedback.session.view import Banner, BannerAction
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.labels import ElidedText, column
from biofeedback.ui.console.look import Look
from biofeedback.ui.language import tr

BANNER = 48
_GLYPHS = {"warn": "weak", "fault": "lost"}
_GROUNDS = {"info": "accent_soft", "warn": "warning_soft", "fault": "fault_soft"}


def command_of(action: BannerAction) -> Command | None:
    """Return the command a banner's button sends; None where this window does not know it."""
    kind = getattr(commands, action.command, None)
    if kind is None or not hasattr(kind, "__struct_fields__"):
        return None
    fields = kind.__struct_fields__
    return kind(*([action.argument] if fields and action.argument else []))


class BannerFrame(QFrame):
    """Shows one `Banner`. ``pressed`` carries the action of the button."""

    pressed = Signal(object)

    def __init__(self, look: Look, small: bool = False) -> None:
        super().__init__()
        self._look, self._small = look, small
        self.setObjectName("banner")
        self.setFixedHeight(look.px(40 if small else BANNER))
        self._shown: Banner | None = None
        self._glyph = Glyph(look, 24, "now")
        self._title = ElidedText(look, "strong")
        self._detail = ElidedText(look, "caption", role="ink_soft")
        self._buttons = QWidget()
        self._row = QHBoxLayout(self._buttons)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(look.px(8))
        words = column(-1, self._title, *([] if small else [self._detail]), -1)
        layout = QHBoxLayout(self)
        pad = look.px(8 if small else 16)
        layout.setContentsMargins(pad, 2, pad, 2)
        layout.setSpacing(look.px(8 if small else 16))
        layout.addWidget(self._glyph)
        layout.addLayout(words, 1)
        layout.addWidget(self._buttons)

    @property
    def shown(self) -> Banner | None:
        """What stands there."""
        return self._shown

    def show_banner(self, banner: Banner, paused: bool = False) -> None:
        """Show a banner; buttons are made anew only when they change, so that the focus stays."""
        old, self._shown = self._shown, banner
        if banner == old:
            return
        self._title.say(banner.title)
        detail = banner.detail + self._others(banner)
        self._detail.say(detail)
        if not self._small:
            self._detail.setVisible(bool(detail))  # one line stands in the middle
        self.setAccessibleName(f"{banner.title} {detail}".strip())
        self.setToolTip(banner.detail if self._small else "")
        info = "rest" if paused else "good"
        glyph = info if banner.kind == "info" else _GLYPHS[banner.kind]
        self._glyph.show_state(glyph, self._look.colour("accent") if banner.kind == "info" else None)
        if old is None or old.kind != banner.kind:
            self.setProperty("kind", banner.kind)
            self._glyph.stand_on(_GROUNDS[banner.kind])
            self.style().unpolish(self)
            self.style().polish(self)
        if old is None or old.actions != banner.actions:
            self._make_buttons(banner.actions)

    def _others(self, banner: Banner) -> str:
        if not banner.others:
            return ""
        if banner.others == 1:
            return " " + tr("One more message after this.")
        return " " + tr("{count} more messages after this.").format(count=banner.others)

    def _make_buttons(self, actions: tuple[BannerAction, ...]) -> None:
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for action in actions:
            button = Button(self._look, action.label, key=action.key)
            button.clicked.connect(lambda _=False, action=action: self.pressed.emit(action))
            self._row.addWidget(button)

    def button(self, label: str) -> Button | None:
        """Return the button of that label."""
        return next((b for b in self._buttons.findChildren(Button) if b.text() == label and not b.isHidden()), None)
