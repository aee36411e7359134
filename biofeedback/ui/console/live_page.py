"""The live console as a page of the shell. It brings its own bars, its own keys, and the patient's window."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QVBoxLayout

from biofeedback.session.commands import SessionClient
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.page_protocol import Page
from biofeedback.ui.console.window import ConsoleWindow
from biofeedback.ui.language import tr


class LivePage(Page):
    """One session, live. ``left``, ``check``: the therapist wants out; a set that was going on is paused by then."""

    step = "live"
    framed = False
    left = Signal()
    check = Signal()
    settings = Signal()

    def __init__(
        self, look: Look, client: SessionClient, *, pulse: SignalInstance | None = None, came_back: bool = False
    ) -> None:
        super().__init__(look)
        self.title = tr("Live session")
        self.console = ConsoleWindow(
            client, theme=look.theme, text_scale=look.scale, came_back=came_back, inside=True, keys_shown=look.keys
        )
        self.console.setWindowFlags(Qt.WindowType.Widget)
        self.console.left.connect(self.left)
        self.console.check.connect(self.check)
        self.console.settings.connect(self.settings)
        if pulse is not None:
            self.console.follow(pulse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.console)
        self.setFocusProxy(self.console.page)

    def leave(self) -> None:
        """Stop pulling."""
        self.console.stop()
