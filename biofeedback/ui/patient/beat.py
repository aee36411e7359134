"""An even beat for frames. The event loop's own timers are late by up to a millisecond, each time by another one."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal

FRAME_S = 0.015  # 67 frames a second: one that is 1.5 ms late still comes within a sixtieth
_EARLY_S = 0.001  # the event loop rounds up to whole milliseconds


class Beat(QTimer):
    """Says ``due`` every ``period_s``: the event loop wakes it a little early, and it sleeps the rest of the way.

    Beats that could not be kept are left out, and the ones after them come when they would have come.
    """

    due = Signal()

    def __init__(self, parent: QObject, period_s: float) -> None:
        super().__init__(parent, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._period_s = period_s
        self._due_s = time.perf_counter()
        self.timeout.connect(self._wake)

    def next_in(self, seconds: float) -> None:
        """Let the next beat come so long from now, and the others after it."""
        self._due_s = time.perf_counter() + seconds
        self._set_out()

    def _set_out(self) -> None:
        early_s = self._due_s - time.perf_counter() - _EARLY_S
        self.start(max(0, int(1000 * early_s)))

    def _wake(self) -> None:
        late_s = time.perf_counter() - self._due_s
        if late_s < 0:
            time.sleep(-late_s)
        self._due_s += self._period_s * max(1, math.ceil(late_s / self._period_s))
        self._set_out()  # before it is said: who hears of it may move the next one, or stop
        self.due.emit()
