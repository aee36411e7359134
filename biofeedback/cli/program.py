"""Open the program: the shell with its pages, and the engine that lives behind them."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QTimer

from biofeedback.cli import folders
from biofeedback.cli.errors import UserError
from biofeedback.cli.plan import EnginePlan, RoomPlan, Simulated
from biofeedback.cli.windows import END_S, show, window_lock
from biofeedback.session.late import LateClient
from biofeedback.session.link import attach
from biofeedback.session.room.commands import CloseRoom, Prepare

if TYPE_CHECKING:
    from biofeedback.ui.patient.window import PatientWindow

_FIRST_PAGE_S = 1.0


def open_program(plan: RoomPlan, exercise: str) -> int:
    """Show the program until it is closed: take up the session that is going on, or begin with the sensors."""
    if _other_session():
        return show(EnginePlan(exercise=exercise, source=Simulated()))
    lock = window_lock()
    client = LateClient(folders.home(), ["--room", msgspec.json.encode(plan).decode()])  # starts while Qt is loaded
    try:
        from biofeedback.cli.qt_application import application
        from biofeedback.ui.console.shell import Shell
        from biofeedback.ui.console.way import Way

        qt = application(offscreen=False)
        shell = Shell()
        way = Way(shell, client, patient=lambda: _patient(client))
        shell.closed.connect(lambda: qt.exit(0))
        for number in (signal.SIGINT, signal.SIGTERM):  # either ends the session in order
            signal.signal(number, lambda number, _: qt.exit(128 + number))
        awake = QTimer(interval=200)  # lets Python see signals
        awake.timeout.connect(lambda: None)
        awake.start()
        if client.came_back:
            shell.go("sensors")
            way.pull()
        else:
            way.prepare(Prepare(exercise=exercise))
        shell.show()
        code = qt.exec()
        if way.patient is not None:
            way.patient.close()
        client.send(CloseRoom())
        if not client.wait_for_end(END_S):
            raise UserError("the session does not end; its recording can be closed later with: biofeedback recover")
        if client.problem:
            raise UserError(client.problem)
        return code
    finally:
        client.close()
        lock.unlock()


def _other_session() -> bool:
    """Whether a session goes on that no sensor room holds, such as a replay whose window died."""
    client = attach(folders.home())
    if client is None:
        return False
    until_s = time.monotonic() + _FIRST_PAGE_S
    while client.room() is None and client.view() is None and time.monotonic() < until_s:
        time.sleep(0.02)
    other = client.room() is None
    client.close()
    return other


def _patient(client: LateClient) -> PatientWindow:
    from biofeedback.ui.patient.window import PatientWindow

    window = PatientWindow(client)
    window.place()
    return window
