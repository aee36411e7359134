"""The therapist's pages in their states. A page is added by one line in `SHOTS`: a name, and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from biofeedback.exercises.model import library
from biofeedback.reports import person_page, sheet
from biofeedback.session.calibration_view import CalibrationView
from biofeedback.session.room.view import RoomView
from biofeedback.storage.records.values import Overview, Planned
from biofeedback.ui.console import messages, session_facts
from biofeedback.ui.console.calibration_page import CalibrationPage
from biofeedback.ui.console.exercise_choice import Choice, ExerciseChoice
from biofeedback.ui.console.focus import FocusRing
from biofeedback.ui.console.home import Home, HomeState, LeftOpen
from biofeedback.ui.console.live_page import LivePage
from biofeedback.ui.console.look import ConsoleTheme, Look
from biofeedback.ui.console.page_protocol import STEPS, Page, Step
from biofeedback.ui.console.sensors_page import SensorsPage
from biofeedback.ui.console.session_facts import SummaryState
from biofeedback.ui.console.session_summary import SessionSummary
from biofeedback.ui.console.set_facts import SetLog
from biofeedback.ui.console.set_summary import SetSummary
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.console.signal_check import SignalCheckPage
from biofeedback.ui.console.spoken import spoken
from biofeedback.ui.console.welcome import Welcome
from biofeedback.ui.showcase import calibration, people, rooms, session

SIZE = (1440, 900)
_RECORDED_S = 1085.0


@dataclass(frozen=True, slots=True)
class Shot:
    """One state of one page; ``after`` is called once it is in sight."""

    name: str
    make: Callable[[Look], Page]
    after: Callable[[Page], None] = lambda page: None


def _live(state: str, lanes: int = 3) -> Callable[[Look], Page]:
    def make(look: Look) -> Page:
        played = session.ScriptedSession(state, count=lanes)
        page = LivePage(look, played)
        for back_s in (0.7, 0.4, 0.05, 0.0):
            played.now_s = session.NOW - back_s
            page.console.pull()
        return page

    return make


def _seen(page: Page) -> None:
    """Let a live page that is in sight now take what is newest: the patient's display is painted only there."""
    assert isinstance(page, LivePage)
    page.console.pull()


def _home(found: tuple[Overview, ...] | None, **state: Any) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        assert isinstance(page, Home)
        page.show_state(HomeState(people=found, now=people.NOW, **state))

    return show


def _room(view: RoomView) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        assert isinstance(page, SensorsPage | SignalCheckPage)
        page.show_room(view)

    return show


def _resuming(page: Page) -> None:
    assert isinstance(page, SensorsPage)
    page.show_room(rooms.ROOMS["placed"])
    page.show_resuming(True, True)
    if isinstance(shell := page.window(), Shell):
        shell.show_banner(messages.kept(people.unfinished()))


def _why(page: Page) -> None:
    assert isinstance(page, SensorsPage)
    page.show_room(rooms.ROOMS["placed"])
    page.found.why.emit("bluetooth:9A7C")


def _calibration(view: Callable[[], CalibrationView]) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        assert isinstance(page, CalibrationPage)
        page.show_calibration(view(), calibration.NOW)

    return show


def _set_summary(look: Look) -> Page:
    page = SetSummary(look, SetLog(), now=lambda: session.NOW)
    page.show_view(spoken(session.page_of("rest")))
    return page


def _exercises(look: Look, planning: bool = False) -> Page:
    chosen = (Planned(exercise="knee-extension-seated", sets=3, repetitions=10), *people.PLANNED)
    exercises = tuple(library().values())
    person = people.clinic()[0].person
    return ExerciseChoice(look, Choice(library=exercises, person=person, chosen=chosen, planning=planning))


def _session_summary(state: SummaryState) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        assert isinstance(page, SessionSummary)
        page.show_state(state)
        drawn = person_page.drawing(session_facts.person_page(state, "Come down slowly. Count to three."))
        page.show_report("person", sheet.picture(drawn, 1000))

    return show


SHOTS: tuple[Shot, ...] = (
    Shot("welcome", Welcome),
    Shot("home", Home, _home(people.clinic())),
    Shot(
        "home-recover",
        Home,
        _home(people.clinic(), left_open=(LeftOpen(name="one", who="P-014", when="today, 09:14"),)),
    ),
    Shot(
        "home-goes-on",
        Home,
        _home(people.clinic(), left=people.unfinished()),
    ),
    Shot("home-empty", Home, _home(())),
    Shot("home-500-people", Home, _home(people.crowd())),
    Shot("home-long-names", Home, _home(people.long_names())),
    Shot(
        "home-error",
        Home,
        _home(
            None, message="records.db: the disk is full, so nothing was changed; make room and do it again", shut=True
        ),
    ),
    Shot("exercises", lambda look: ExerciseChoice(look, Choice(library=tuple(library().values())))),
    Shot("exercises-chosen", _exercises),
    Shot("plan", lambda look: _exercises(look, planning=True)),
    Shot("sensors-looking", SensorsPage),
    *(Shot(f"sensors-{name}", SensorsPage, _room(view)) for name, view in rooms.ROOMS.items()),
    Shot("sensors-goes-on", SensorsPage, _resuming),
    Shot("sensors-why", SensorsPage, _why),
    *(Shot(f"check-{name}", SignalCheckPage, _room(view)) for name, view in rooms.ROOMS.items()),
    *(Shot(f"calibration-{name}", CalibrationPage, _calibration(view)) for name, view in calibration.STATES.items()),
    *(Shot(f"live-{state}", _live(state), _seen) for state in session.STATES),
    Shot("live-8-lanes", _live("live", 8), _seen),
    Shot("set-summary", _set_summary),
    *(Shot(f"session-{name}", SessionSummary, _session_summary(state)) for name, state in people.SUMMARIES.items()),
)


def picture(shot: Shot, size: tuple[int, int] = SIZE, theme: ConsoleTheme = "light", text_scale: float = 1.0) -> QImage:
    """Return the picture of a page in the program's window."""
    shell = Shell(theme=theme, text_scale=text_scale)
    shell.resize(*size)
    shell.add(shot.name, shot.make)
    page = shell.go(shot.name)
    if page.step is not None:
        _at_a_step(shell, page.step)
    shell.show()
    shot.after(page)
    for _ in range(4):  # what is laid out asks its parent to be laid out again
        QApplication.processEvents()
    for ring in shell.findChildren(FocusRing):
        ring.follow()
    image = shell.grab().toImage()
    page.leave()
    shell.hide()
    shell.deleteLater()
    QApplication.processEvents()
    return image


def _at_a_step(shell: Shell, step: Step) -> None:
    """Let the bar say what it says there in a session: who, which steps are done, since when it records."""
    before = STEPS[: STEPS.index(step)]
    shell.begin_again(before)
    shell.page.changed.emit()
    who = people.clinic()[0].person
    shell.show_person(who.code, who.about)
    records = "calibration" in before or step == "calibration"
    shell.show_recording(0.0 if records and step != "report" else None, _RECORDED_S)


def states() -> Iterator[tuple[str, Shot, ConsoleTheme, float, tuple[int, int]]]:
    """Yield every picture: each page light, dark, in high contrast and with text at 200 %, by its file name."""
    for shot in SHOTS:
        yield shot.name, shot, "light", 1.0, SIZE
    for shot in SHOTS:
        yield f"{shot.name}-dark", shot, "dark", 1.0, SIZE
        yield f"{shot.name}-contrast", shot, "patient_contrast", 1.0, SIZE
        yield f"{shot.name}-200", shot, "light", 2.0, SIZE
    for name in ("home", "live-live"):
        shot = next(shot for shot in SHOTS if shot.name == name)
        yield f"{name}-1920x1080", shot, "light", 1.0, (1920, 1080)
        yield f"{name}-1000x700", shot, "light", 1.0, (1000, 700)
        yield f"{name}-1024x640", shot, "light", 1.0, (1024, 640)
        yield f"{name}-3840x2160", shot, "light", 2.0, (3840, 2160)
