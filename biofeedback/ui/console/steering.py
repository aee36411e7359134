"""What the therapist asks for, by button or key, and what is sent for it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from biofeedback.session import commands
from biofeedback.session.commands import SessionClient
from biofeedback.session.view import SessionView
from biofeedback.ui.console.keys import Key
from biofeedback.ui.console.pages import FullPage, TabPage
from biofeedback.ui.console.transport import primary_of
from biofeedback.ui.language import tr

_REOPEN_S = 10.0
_IN_SET = ("live", "countdown", "paused")


def leave_field() -> None:
    """Take the focus out of a text field."""
    if isinstance(field := QApplication.focusWidget(), QLineEdit):
        field.clearFocus()


class Steering:
    """Turns what is asked for into commands, as the session stands. ``page`` and ``view`` are kept up to date."""

    page: FullPage | TabPage

    def __init__(self, client: SessionClient, clock: Callable[[], float], window: QWidget) -> None:
        self._client, self._clock, self._window = client, clock, window
        self._reopen_until_s = float("-inf")
        self.view: SessionView | None = None

    def primary(self) -> None:
        """Start, pause, go on; at the end: close the session."""
        if self.view is None:
            return
        doing = primary_of(self.view)
        if doing == "close":
            self._window.close()
        else:
            kinds = {"start": commands.Start, "pause": commands.Pause, "finish": commands.Finish}
            self._client.send(kinds[doing]())

    def _space(self) -> None:
        """Start, pause, go on from everywhere; never end the session."""
        if self.view is not None and primary_of(self.view) in ("start", "pause"):
            self.primary()

    def stop(self) -> None:
        """Stop the set that goes on; for ten seconds it can be taken up again."""
        if self.view is not None and self.view.phase in _IN_SET:
            self._client.send(commands.StopSet())
            self._reopen_until_s = self._clock() + _REOPEN_S

    def reopens(self, local_s: float) -> bool:
        """Return whether a set has just been stopped and can be taken up again."""
        return local_s < self._reopen_until_s and self.view is not None and self.view.phase not in _IN_SET

    def reopen(self) -> None:
        """Take the stopped set up again."""
        self._reopen_until_s = float("-inf")
        self._client.send(commands.ReopenSet())

    def undo(self) -> None:
        """Take up a set that has just been stopped, else undo the last repetition."""
        if self.reopens(self._clock()):
            self.reopen()
        else:
            self._client.send(commands.UndoRepetition())

    def mark(self) -> None:
        """Keep the note that stands in the field, or give the field the focus for one."""
        if self.page.transport.note.text().strip():
            self.keep_mark()
        else:
            self.page.transport.open_note()

    def keep_mark(self) -> None:
        """Send the mark with its note."""
        note = self.page.transport.close_note()
        self._client.send(commands.Mark(note))
        words = tr("Marked: {note}").format(note=note) if note else tr("Marked.")
        self.page.status.say(words, self._clock())
        leave_field()

    def move_target(self, lane: str, edge: str, value: float) -> None:
        """Move an edge of a band."""
        self._client.send(commands.MoveTarget(lane, "low" if edge == "low" else "high", value))

    def edit_target(self) -> None:
        """Go to the next handle."""
        self.page.show_lanes()
        self.page.charts.focus_handle()

    def next_set(self) -> None:
        """Go to the next set."""
        if self.view is not None and self.view.phase != "finished":
            self._client.send(commands.NextSet())

    def _choose_lane(self, place: int) -> None:
        self.page.show_lanes()
        self.page.charts.choose(place)

    def keys(self, escape: Callable[[], None], show_keys: Callable[[], None]) -> list[Key]:
        """Return the keys of the console. Those without words are not listed on the page of keys."""
        send = self._client.send
        lanes = [Key((str(n),), str(n), "", lambda n=n: self._choose_lane(n - 1)) for n in range(2, 9)]
        return [
            Key(("Space",), tr("Space"), tr("Start, pause, go on"), self._space),
            Key(("Esc",), tr("Esc"), tr("Stop the set"), escape),
            Key(("M",), "M", tr("Mark this moment"), self.mark),
            Key(("Ctrl+Z",), tr("Ctrl Z"), tr("Undo the last repetition"), self.undo),
            Key(("Ctrl+Shift+Z",), tr("Ctrl Shift Z"), tr("Take it back in"), lambda: send(commands.RedoRepetition())),
            Key(("T",), "T", tr("Edit the target: next handle"), self.edit_target),
            Key(("1",), "1 … 8", tr("Choose a signal"), lambda: self._choose_lane(0)),
            Key(("N",), "N", tr("Next set"), self.next_set),
            Key(("C",), "C", tr("Cues on or off"), lambda: self.page.feedback.toggle_cues()),
            Key(("S",), "S", tr("Sound on or off"), lambda: self.page.feedback.toggle_sound()),
            Key(("V",), "V", tr("Vibration on or off"), lambda: self.page.feedback.toggle_vibration()),
            Key(("Shift+V",), tr("Shift V"), tr("Next patient view"), lambda: self.page.preview.next_view()),
            Key(("B",), "B", tr("Blank the patient's display"), lambda: self.page.preview.toggle_blank()),
            Key(("+", "="), "+", tr("Harder"), lambda: send(commands.Harder()), repeats=True),
            Key(("-",), "−", tr("Easier"), lambda: send(commands.Easier()), repeats=True),
            Key(("F1",), "F1", tr("These keys"), show_keys),
            *lanes,
        ]
