"""Walk the whole way through the real program, by mouse or by keyboard, and count what it costs.

A new person, then the same one again in a program opened anew: presses and seconds from Home to live feedback, and on
to the report. The sensors are the simulated person's, the engine is a process of its own, as ever::

    python benchmarks/way.py --by mouse
    xvfb-run -s "-screen 0 1920x1080x24" python benchmarks/way.py --by keys --pictures DIR
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication

from biofeedback.cli import folders
from biofeedback.cli.plan import RoomPlan
from biofeedback.cli.program import Program
from biofeedback.cli.qt_application import application
from biofeedback.session.late import LateClient
from biofeedback.session.room.commands import CloseRoom
from biofeedback.session.room.view import PlaceView
from biofeedback.session.view import SessionView
from biofeedback.ui.settings import Settings

_NONE = Qt.KeyboardModifier.NoModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier


class NotReachedError(AssertionError):
    """What was waited for did not come."""


class Therapist:
    """The hands and eyes of a therapist in front of an opened program; counts presses."""

    def __init__(
        self, *, by: str, pictures: Path | None = None, condition: str = "healthy", sound: bool = False
    ) -> None:
        plan = RoomPlan(condition=condition, listening=False, sound=sound)
        self.client = LateClient(folders.home(), ["--room", msgspec.json.encode(plan).decode()])
        self.program = Program(self.client, Settings(language="en"))
        self.by, self._pictures = by, pictures
        self.presses = 0
        self.program.begin()
        self.program.shell.activateWindow()  # no window manager does it on a bare display
        if not QTest.qWaitForWindowActive(self.program.shell, 20_000):
            raise NotReachedError("the window does not get the keys")

    # eyes

    @property
    def here(self) -> str:
        """The name of the page in sight."""
        return self.program.shell.here

    @property
    def page(self) -> Any:
        """The page in sight."""
        return self.program.shell.page

    @property
    def places(self) -> tuple[PlaceView, ...]:
        """The exercise's placements."""
        room = self.program.way.room
        return () if room is None else room.places

    @property
    def session(self) -> SessionView | None:
        """The session as it stands."""
        return self.client.view()

    def until(self, what: Callable[[], object], words: str, seconds: float = 60.0) -> None:
        """Wait until something is so."""
        end_s = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end_s:
                raise NotReachedError(f"not reached in {seconds:g} s: {words}; it shows {self.here}")
            QTest.qWait(20)

    def until_here(self, page: str, seconds: float = 60.0) -> None:
        """Wait until a page is in sight."""
        self.until(lambda: self.here == page, f"the page {page}", seconds)

    def picture(self, name: str) -> None:
        """Keep what is seen now."""
        if self._pictures is not None:
            self._pictures.mkdir(parents=True, exist_ok=True)
            QTest.qWait(400)
            for number, window in enumerate(w for w in QApplication.topLevelWidgets() if w.isVisible()):
                which = "" if window is self.program.shell else f"-{type(window).__name__.lower()}{number}"
                window.grab().save(str(self._pictures / f"{self.by}-{name}{which}.png"))

    # hands

    def press(self, text: str, key: Qt.Key = Qt.Key.Key_Return, modifier: Qt.KeyboardModifier = _NONE) -> None:
        """Press a button: with the mouse where it says ``text``, or with its key."""
        self.presses += 1
        if self.by == "mouse":
            QTest.mouseClick(self._button(text), Qt.MouseButton.LeftButton)
        else:
            self.key(key, modifier)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = _NONE) -> None:
        """Press a key where the focus is."""
        if QApplication.activeWindow() is None:  # off the screen nothing takes a closed window's place
            self.program.shell.activateWindow()
            QTest.qWaitForWindowActive(self.program.shell)
        window = QApplication.activeWindow() or self.program.shell
        focus = QApplication.focusWidget()
        QTest.keyClick(focus if focus is not None and focus.window() is window else window, key, modifier)

    def write(self, text: str) -> None:
        """Type where the focus is."""
        QTest.keyClicks(QApplication.focusWidget() or self.program.shell, text)

    def _button(self, text: str) -> QAbstractButton:
        end_s = time.monotonic() + 10.0
        while True:
            for window in (QApplication.activeModalWidget(), QApplication.activeWindow(), self.program.shell):
                for one in [] if window is None else window.findChildren(QAbstractButton):
                    if one.isVisible() and one.isEnabled() and text in (one.text(), one.accessibleName()):
                        return one
            if time.monotonic() > end_s:
                raise NotReachedError(f"no button says {text!r} on {self.here}")
            QTest.qWait(20)

    def close(self) -> None:
        """Close the window; the engine ends with it."""
        self.program.shell.close()
        self.program.close()
        self.client.send(CloseRoom())
        ended = self.client.wait_for_end(60.0)
        self.client.close()
        self.program.shell.deleteLater()
        if not ended:
            raise NotReachedError("the engine did not end")


# the way ------------------------------------------------------------------------------------------------------------


def _form_has_the_keys() -> bool:
    form, focus = QApplication.activeModalWidget(), QApplication.focusWidget()
    return form is not None and form.isActiveWindow() and focus is not None and form.isAncestorOf(focus)


def add_person(one: Therapist) -> None:
    """From the very first page to a person in the list."""
    one.until_here("welcome")
    one.picture("01-welcome")
    one.press("Begin")
    one.until_here("home")
    one.picture("02-home-empty")
    one.press("Add a person", Qt.Key.Key_N, _CONTROL)
    one.until(_form_has_the_keys, "the form")
    one.picture("03-form")
    one.press("Add")
    one.until(lambda: QApplication.activeModalWidget() is None and one.page.table.shown, "the person in the list")
    one.until(one.program.shell.isActiveWindow, "the keys back in the window")
    one.picture("04-home-person")


def choose_exercise(one: Therapist, name: str, repetitions: int) -> None:
    """Choose one exercise, of one short set."""
    one.press("Start")
    one.until_here("exercises")
    one.picture("05-exercises")
    one.write(name)
    one.press("Add")
    row = one.page.rows[0]
    for count, wanted in ((row.sets, 1), (row.repetitions, repetitions)):
        count.figure.setFocus()
        while count.value != wanted:
            one.key(Qt.Key.Key_Left if count.value > wanted else Qt.Key.Key_Right)
    one.picture("06-exercise-chosen")
    one.page.setFocus()
    one.press("Sensors")


def to_calibration(one: Therapist, *, known: bool) -> None:
    """From the sensors to the calibration; of a known person they are found and placed by themselves."""
    one.until_here("sensors")
    one.until(lambda: one.places, "the places")
    if not known:
        one.press("Use simulated sensors", Qt.Key.Key_U)
    one.until(lambda: all(place.sensor for place in one.places), "a sensor on every place")
    one.picture("07-sensors")
    one.press("Signal check")
    one.until_here("check")
    one.until(lambda: all(place.light == "good" for place in one.places), "good signals")
    one.picture("08-check")
    one.press("Go on")
    one.until_here("calibration")


def to_live(one: Therapist, *, skip: bool, known: bool = False) -> None:
    """Let the calibration run by itself, use what is known, or leave it out, and start the set."""
    one.until(lambda: one.session is not None and (one.here == "live" or one.session.calibration), "the calibration")
    one.picture("09-calibration")
    if known:
        one.press("Use last movement", Qt.Key.Key_L)
    if skip:
        one.press("Skip the calibration", Qt.Key.Key_K, _SHIFT)
    one.until_here("live", 180)
    one.until(lambda: one.session is not None and one.session.phase == "ready", "a set that is ready")
    one.until(lambda: one.page.console.page.isEnabled() and one.program.shell.isActiveWindow(), "the live page")
    one.picture("10-ready")
    one.press("Start set 1", Qt.Key.Key_Space)
    one.until(lambda: one.session is not None and one.session.phase == "live", "live feedback")


def to_report(one: Therapist, pdf: Path) -> None:
    """From the set's end to Home: both summaries, what the person says, and the report."""
    one.until(lambda: one.session is not None and one.session.repetitions, "a repetition", 120)
    one.picture("11-live")
    one.until_here("set-summary", 180)
    one.picture("12-set-summary")
    one.press("End exercise")
    one.until_here("session-summary")
    one.page.ask_for_file = lambda name: pdf  # the system's own window stands in nobody's way here
    one.write("2")
    one.page.effort.steps[0].setFocus()
    one.write("4")
    one.until(lambda: one.page.pain.value == 2 and one.page.effort.value == 4, "what the person says")
    one.picture("13-session-summary")
    one.press("Save PDF", Qt.Key.Key_S, _CONTROL)
    one.until(pdf.exists, "the report")
    one.press("Sign note and finish", Qt.Key.Key_Return, _CONTROL)
    one.until_here("home")
    one.picture("14-home")


def walk(by: str, folder: Path, pictures: Path | None, condition: str) -> None:
    """Walk both ways; print presses and seconds of each."""
    one, began_s = Therapist(by=by, pictures=pictures, condition=condition), time.monotonic()
    add_person(one)
    choose_exercise(one, "knee extension", 3)
    to_calibration(one, known=False)
    to_live(one, skip=False)
    print(f"new person, by {by}: {one.presses} presses, {time.monotonic() - began_s:.1f} s to live feedback")
    to_report(one, folder / "report.pdf")
    print(f"new person, by {by}: {one.presses} presses, {time.monotonic() - began_s:.1f} s to the report")
    one.close()
    one = Therapist(by=by, pictures=pictures and pictures / "known", condition=condition)
    one.until(lambda: one.here == "home" and one.page.tiles, "who is next")
    began_s = time.monotonic()
    one.picture("00-home")
    one.press("Repeat last session")
    to_calibration(one, known=True)
    to_live(one, skip=False, known=True)
    print(f"known person, by {by}: {one.presses} presses, {time.monotonic() - began_s:.1f} s to live feedback")
    one.close()


def main() -> None:
    """Walk, and print what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--by", choices=("mouse", "keys"), default="mouse")
    parser.add_argument("--condition", default="healthy", help="of the simulated person")
    parser.add_argument("--pictures", type=Path, help="folder for a picture of each step; they cost time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["BIOFEEDBACK_HOME"] = home
        qt = application(offscreen=False)
        walk(options.by, Path(home), options.pictures, options.condition)
        qt.processEvents()


if __name__ == "__main__":
    main()
