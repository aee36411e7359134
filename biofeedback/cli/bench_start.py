"""How long the program takes to open: started again and again, each time a process of its own.

``python -m biofeedback.cli.bench_start SECONDS`` is such a process: the moment it was started is its argument.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from biofeedback.cli.program import Program

_CODE = "A-01"
_LOOK_MS = 5
_LONGEST_S = 120.0


@dataclass(frozen=True, slots=True)
class Opening:
    """Milliseconds from the start of the process: until the window was painted, and until it could be used."""

    painted_ms: float
    usable_ms: float


def measure(seconds: float, offscreen: bool) -> list[Opening]:
    """Open the program for so long again and again, three times at least; the first time makes things, and is left out.

    Raises
    ------
    RuntimeError
        If it does not open.
    """
    with tempfile.TemporaryDirectory() as home:
        _add_person(Path(home))
        places = os.environ | {"BIOFEEDBACK_HOME": home}
        if offscreen:
            places["QT_QPA_PLATFORM"] = "offscreen"
        _open(places)
        began_s, openings = time.monotonic(), list[Opening]()
        while len(openings) < 3 or time.monotonic() - began_s < seconds:
            openings.append(_open(places))
    return openings


def _add_person(home: Path) -> None:
    from biofeedback.storage.keys import StoreKey
    from biofeedback.storage.records import people
    from biofeedback.storage.records.store import Records

    with Records.open(home, StoreKey.load_or_create(home)) as records:
        people.add(records, _CODE)


def _open(places: dict[str, str]) -> Opening:
    command = [sys.executable, "-m", "biofeedback.cli.bench_start", str(time.perf_counter())]
    ran = subprocess.run(command, env=places, capture_output=True, text=True, timeout=_LONGEST_S)
    if ran.returncode:
        raise RuntimeError(f"the program did not open: {ran.stderr.strip()}")
    return Opening(**json.loads(ran.stdout))


def _watch(program: Program, began_s: float) -> None:
    """Print when the window was painted and could be used, then close it.

    It can be used once it has the people and does what is typed.
    """
    from PySide6.QtCore import QEvent, Qt, QTimer
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QApplication

    from biofeedback.ui.console.home import Home

    page = program.shell.page
    assert isinstance(page, Home)
    found: dict[str, float] = {}

    def note(what: str) -> None:
        found.setdefault(what, round(1000 * (time.perf_counter() - began_s), 1))

    def look() -> None:
        if program.shell.windowHandle().isExposed():  # and so painted: that is done in one go
            note("painted_ms")
        if page.search.text():
            note("usable_ms")
            timer.stop()
            sys.stdout.write(json.dumps(found))
            program.shell.close()
        elif page.table.shown and found:
            key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, _CODE[0])
            QApplication.postEvent(page.search, key)

    timer = QTimer(program.shell, interval=_LOOK_MS)
    timer.timeout.connect(look)
    timer.start()


def main() -> int:
    """Open the program as the command does, and close it once it can be used."""
    began_s = float(sys.argv.pop())
    from biofeedback.cli import parser_of

    parser_of([]).parse_args([])
    from biofeedback.cli.plan import RoomPlan
    from biofeedback.cli.program import open_program

    return open_program(RoomPlan(listening=False), opened=lambda program: _watch(program, began_s))


if __name__ == "__main__":
    sys.exit(main())
