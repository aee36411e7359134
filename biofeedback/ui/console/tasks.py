"""Slow work off the GUI thread: a piece of work, and what to do with its result or with the one line it failed with."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from biofeedback.reports.content import ReportError
from biofeedback.storage.errors import StorageError
from biofeedback.ui.language import tr

_log = logging.getLogger(__name__)
T = TypeVar("T")


class _Outcome(QObject):
    done = Signal(object)
    failed = Signal(str)


class _Work(QRunnable):
    def __init__(self, work: Callable[[], Any], outcome: _Outcome) -> None:
        super().__init__()
        self._work, self._outcome = work, outcome

    def run(self) -> None:
        """Do the work on a thread of the pool. What nobody foresaw goes to the log, and in short to the person."""
        try:
            result = self._work()
        except (StorageError, ReportError) as error:
            self._outcome.failed.emit(str(error))
        except Exception as error:  # noqa: BLE001 (the border of a thread: nothing may be lost here)
            _log.exception("a piece of work failed")
            self._outcome.failed.emit(tr("This did not work: {why}").format(why=error or type(error).__name__))
        else:
            self._outcome.done.emit(result)


class Tasks(QObject):
    """Does pieces of work one after the other, in the order in which they were asked for; ``busy`` tells of it."""

    busy = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._open: set[_Outcome] = set()

    def run(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None]) -> None:
        """Do ``work`` on another thread; ``done`` or ``failed`` is called on this one. ``work`` touches no widget."""
        outcome = _Outcome(self)
        outcome.done.connect(lambda result: self._over(outcome, done, result))
        outcome.failed.connect(lambda why: self._over(outcome, failed, why))
        self._open.add(outcome)
        if len(self._open) == 1:
            self.busy.emit(True)
        self._pool.start(_Work(work, outcome))

    def _over(self, outcome: _Outcome, then: Callable[[Any], None], value: Any) -> None:
        self._open.discard(outcome)
        outcome.deleteLater()
        if not self._open:
            self.busy.emit(False)
        then(value)

    def wait(self, seconds: float = 30.0) -> bool:
        """Wait until everything that was asked for is done: before the program ends."""
        return self._pool.waitForDone(round(1000 * seconds))
