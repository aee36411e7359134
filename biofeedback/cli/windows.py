"""Open the windows on a session: take up the one that is running, or start an engine for a new one."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QLockFile

from biofeedback.cli import folders
from biofeedback.cli.errors import UserError
from biofeedback.cli.plan import EnginePlan
from biofeedback.session import commands as ask
from biofeedback.session.link import Launch, WindowSide, attach
from biofeedback.session.room.commands import CloseRoom

END_S = 30.0


def window_lock() -> QLockFile:
    """Take the lock that lets one program be open at a time.

    Raises
    ------
    UserError
        If another one has it, or it cannot be written.
    """
    folder = folders.home()
    lock = QLockFile(str(folder / "window.lock"))
    lock.setStaleLockTime(0)
    if not lock.tryLock(100):
        if lock.error() == QLockFile.LockError.LockFailedError:
            raise UserError("the program is open already; use the window that is there")
        raise UserError(f"{folder}: nothing can be written there; make room on the disk, or look whose folder it is")
    return lock


def _launched(plan: EnginePlan) -> Launch:
    return Launch(folders.home(), ["--plan", msgspec.json.encode(plan).decode()])


def _session_running() -> WindowSide | None:
    """Return the session that is going on, if any; an engine without one, left by another window, is ended."""
    client = attach(folders.home())
    if client is None:
        return None
    room = client.room()
    if room is None or room.session != "none":
        return client
    client.send(CloseRoom())
    client.wait_for_end(END_S)
    client.close()
    return None


def show(
    plan: EnginePlan,
    pictures: Path | None = None,
    until_over: bool = False,
    offscreen: bool = False,
    paint: dict[str, Any] | None = None,
    language: str = "",
) -> int:
    """Show the windows until they are closed or, with ``until_over``, until the session is over.

    ``pictures`` is a folder for ``console.png`` and ``patient.png``, taken while it goes on; ``paint`` is filled with
    how painting went, ``language`` the one to speak instead of the one that was chosen.
    """
    lock = window_lock()
    client: WindowSide | None = None
    try:
        client = _session_running()
        if client is not None and until_over:
            raise UserError("a session is running; open it with: biofeedback")
        came_back = client is not None
        launch = None if client is not None else _launched(plan)
        from biofeedback.cli.qt_application import application
        from biofeedback.cli.session_windows import SessionWindows  # while the engine starts
        from biofeedback.cli.speaking import speaking

        qt = application(offscreen)
        settings = speaking(language)
        if client is None and launch is not None:
            client = launch.connect()
        assert client is not None
        windows = SessionWindows(
            client,
            pictures=pictures,
            until_over=until_over,
            offscreen=offscreen,
            came_back=came_back,
            settings=settings,
        )
        windows.over.connect(lambda: qt.exit(0))
        for number in (signal.SIGINT, signal.SIGTERM):  # either ends the session in order
            signal.signal(number, lambda number, _: qt.exit(128 + number))
        code = qt.exec()
        if paint is not None:
            paint.update(windows.paint_figures())
        windows.close()
        client.send(ask.Finish() if client.room() is None else CloseRoom())
        if not client.wait_for_end(END_S):
            raise UserError("the session does not end; its recording can be closed later with: biofeedback recover")
        return code
    finally:
        if client is not None:
            client.close()
        lock.unlock()
