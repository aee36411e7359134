"""The store as the window reaches it: opened at the first need, on the work thread, one thing at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from biofeedback.ui.console.tasks import Tasks

if TYPE_CHECKING:
    from biofeedback.ui.console.store_work import Opened

T = TypeVar("T")


class StoreAccess(QObject):
    """Does work with the open store off the GUI thread.

    Parameters
    ----------
    after
        The window that is painted before the store is opened: what is loaded for that takes half a second, and the
        painting would get its turns between.
    """

    def __init__(self, folder: Path, parent: QObject | None = None, *, after: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self._opened: Opened | None = None
        self._waiting: list[Callable[[], None]] | None = None
        self.tasks = Tasks(self)
        if after is not None:
            self._waiting = []
            after.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Begin once the window was painted."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self._begin)
        return False

    def _begin(self) -> None:
        waiting, self._waiting = self._waiting or [], None
        for run in waiting:
            run()

    def do(self, work: Callable[[Opened], T], done: Callable[[T], None], failed: Callable[[str], None]) -> None:
        """Do ``work`` with the store; then ``done`` with its result, or ``failed`` with one line."""

        def run() -> None:
            self.tasks.run(lambda: work(self._open()), done, failed)

        if self._waiting is None:
            run()
        else:
            self._waiting.append(run)

    def _open(self) -> Opened:
        from biofeedback.ui.console import store_work

        if self._opened is None:
            self._opened = store_work.open_store(self._folder)
        return self._opened

    def close(self) -> None:
        """Finish what was asked for and let go of the store."""
        self.tasks.close()
        if self._opened is not None:
            self._opened.records.close()
            self._opened = None
