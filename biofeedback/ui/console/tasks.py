"""Slow work off the GUI thread: a piece of work, and what to do with its result or with the one line it failed with."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from biofeedback.reports.content import ReportError
from biofeedback.storage.errors import StorageError
from biofeedback.ui.language import tr

_log = logging.getLogger(__name__)
T = TypeVar("T")


class _Outcome(QObject):
    """Carries what came of a piece of work from its thread to that of the GUI."""

    done = Signal(object)
    failed = Signal(str)


class Tasks(QObject):
    """Does pieces of work one after the other, in the order in which they were asked for; ``busy`` tells of it.

    While one is under way Python collects no garbage: it might find widgets in it, and only their own thread may
    delete those.
    """

    busy = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(1, "store")
        self._open: set[_Outcome] = set()

    def run(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None]) -> None:
        """Do ``work`` on another thread; ``done`` or ``failed`` is called on this one. ``work`` touches no widget."""
        outcome = _Outcome(self)
        outcome.done.connect(lambda result: self._over(outcome, done, result))
        outcome.failed.connect(lambda why: self._over(outcome, failed, why))
        self._open.add(outcome)
        if len(self._open) == 1:
            gc.disable()
            self.busy.emit(True)
        self._thread.submit(_do, work, outcome)

    def _over(self, outcome: _Outcome, then: Callable[[Any], None], value: Any) -> None:
        self._open.discard(outcome)
        outcome.deleteLater()
        if not self._open:
            gc.enable()
            self.busy.emit(False)
        then(value)

    def close(self) -> None:
        """Wait until everything that was asked for is done: before the program ends."""
        self._thread.shutdown()
        if self._open:
            gc.enable()


def _do(work: Callable[[], Any], outcome: _Outcome) -> None:
    """Do the work on its thread. What nobody foresaw goes to the log, and in short to the person."""
    try:
        result = work()
    except (StorageError, ReportError) as error:
        outcome.failed.emit(tr(str(error)))
    except Exception as error:  # noqa: BLE001 (the border of a thread: nothing may be lost here)
        _log.exception("a piece of work failed")
        outcome.failed.emit(tr("This did not work: {why}").format(why=error or type(error).__name__))
    else:
        outcome.done.emit(result)
