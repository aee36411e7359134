"""A session that plays in real time for both windows, in any view of the patient's display: to measure the painting."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.views import View
from biofeedback.session.commands import Command
from biofeedback.session.view import GRID_HZ, TICK, OrderView, SessionView, StepView
from biofeedback.stream import host_time_s
from biofeedback.ui.showcase import patient, session

_LANE_FIELDS = ("value", "raw_low", "raw_high", "lane_state")
_STEP_S = 0.6


class PlayingSession:
    """A `SessionClient` whose person moves through every state of a view; lanes as in a real set, 100 rows a second."""

    def __init__(self, view: View) -> None:
        self._began_s = host_time_s()
        self._lanes = session.play(lanes=4)
        page = patient.page(view)
        if page.path is not None:
            page = replace(page, path=replace(page.path, start_s=self._began_s))
        self._page = replace(session.page(4), patient=replace(page, views=(view,)))
        self._ticks = patient.moving(page)
        self._rows = np.zeros(0, TICK)

    def view(self) -> SessionView | None:
        """Return the page; a new one with each step of a walk, or each repetition of which an order is shown."""
        done = int((host_time_s() - self._began_s) / _STEP_S)
        if self._page.patient.view in ("gait", "order") and done != self._page.patient.steps_done:
            self._page = replace(self._page, version=self._page.version + 1, patient=self._stepped(done))
        return self._page

    def _stepped(self, done: int) -> patient.PatientView:
        steps = [StepView(side=("left", "right")[i % 2], level=0.5 + 0.05 * (i % 7)) for i in range(done - 8, done)]
        order = OrderView(lead_ms=60.0 * (done % 4) - 40.0, lasted_ms=2000.0)
        return replace(self._page.patient, steps=tuple(steps), steps_done=done, order=order)

    def ticks(self, since: int) -> tuple[NDArray[np.void], int]:
        """Return what has happened by now."""
        due = int((host_time_s() - self._began_s) * GRID_HZ)
        if due > len(self._rows):
            made = np.array([self._row(number) for number in range(len(self._rows), due)], TICK)
            self._rows = np.concatenate([self._rows, made])
        return self._rows[since:], max(since, len(self._rows))

    def _row(self, number: int) -> np.void:
        time_s = self._began_s + number / GRID_HZ
        row = self._ticks(time_s)
        lanes = self._lanes[number % len(self._lanes)]
        for field in _LANE_FIELDS:
            row[field] = lanes[field]
        row["arrived_s"] = row["decided_s"] = time_s
        return row

    def send(self, command: Command) -> None:
        """Take a command and do nothing."""

    def alive(self) -> bool:
        """Whether there is an engine: it plays."""
        return True
