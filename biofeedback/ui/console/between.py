"""Between two sets: brings the set's summary when a set is over, and the live page when the next one begins."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from biofeedback.session import commands as ask
from biofeedback.session.room.commands import RoomClient
from biofeedback.session.view import SessionView
from biofeedback.ui.console.home_words import exercise_name
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.set_facts import SetLog
from biofeedback.ui.console.set_summary import SetSummary
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.console.spoken import spoken

_WATCH_MS = 200
_AT_WORK = ("countdown", "live", "paused")
_OVER = ("rest", "finished")


class Between(QObject):
    """Adds the page ``set-summary`` to the shell, and goes there and back with the session.

    ``go_live`` brings the live page into sight.
    """

    def __init__(self, shell: Shell, client: RoomClient, go_live: Callable[[], None]) -> None:
        super().__init__(shell)
        self._shell, self._client, self._go_live = shell, client, go_live
        self._log = SetLog()
        self._phase = ""
        shell.add("set-summary", self._make)
        self._timer = QTimer(self, interval=_WATCH_MS)
        self._timer.timeout.connect(self.watch)
        self._timer.start()

    def watch(self) -> None:
        """Follow the session."""
        room, view = self._client.room(), self._client.view()
        if room is None or room.session != "running" or view is None:
            self._phase = ""
            return
        self._log.take(view)
        before, self._phase = self._phase, view.phase
        if self._shell.here == "live" and before in _AT_WORK and view.phase in _OVER:
            self._shell.go("set-summary")
        elif self._shell.here == "set-summary" and view.phase in _AT_WORK:
            self._go_live()
        if self._shell.here == "set-summary":
            self._show(view)

    def _show(self, view: SessionView) -> None:
        page = self._shell.page
        if isinstance(page, SetSummary):
            page.show_view(spoken(view), self._after())

    def _after(self) -> str:
        """Say which exercise is next and its dose; "" after the last."""
        room = self._client.room()
        if room is None or room.prepared is None or not room.prepared.then:
            return ""
        after = room.prepared.then[0]
        name, left = exercise_name(after.exercise), after.again
        return name if left is None or not left.sets else f"{name}, {left.sets} × {left.repetitions}"

    def _make(self, look: Look) -> SetSummary:
        page = SetSummary(look, self._log)
        page.command.connect(self._client.send)
        page.end_exercise.connect(lambda: self._client.send(ask.Finish()))
        view = self._client.view()
        if view is not None:
            page.show_view(spoken(view), self._after())
        return page
