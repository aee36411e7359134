"""Open the program: the shell with its pages, and the engine that lives behind them."""

from __future__ import annotations

import signal
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QTimer

from biofeedback.appearance.tokens import ThemeName
from biofeedback.cli import folders
from biofeedback.cli.errors import UserError
from biofeedback.cli.plan import EnginePlan, RoomPlan, Simulated
from biofeedback.cli.windows import END_S, show, window_lock
from biofeedback.session.again import AsLeft, in_their_way, their_own
from biofeedback.session.known import movement_of
from biofeedback.session.late import LateClient
from biofeedback.session.link import attach
from biofeedback.session.promptness import settle
from biofeedback.session.room.commands import CloseRoom, Prepare, UseSimulated
from biofeedback.session.room.view import FinishedView
from biofeedback.storage.records.values import Display, Person
from biofeedback.ui.language import tr

if TYPE_CHECKING:
    from biofeedback.reports.sheet import Draw
    from biofeedback.session.salvage import Rescued
    from biofeedback.session.unfinished import Unfinished
    from biofeedback.ui.console.desk import Beginning
    from biofeedback.ui.console.session_facts import SummaryState
    from biofeedback.ui.console.store_work import Opened
    from biofeedback.ui.patient.window import PatientWindow
    from biofeedback.ui.settings import Settings

_FIRST_PAGE_S = 1.0
_LET_PYTHON_MS = 200
_DEMONSTRATED = "knee-extension-seated"
_THEMES: dict[str, ThemeName] = {
    "": "light",
    "light": "light",
    "dark": "dark",
    "contrast": "patient_contrast",
}


def open_program(plan: RoomPlan, language: str = "", opened: Callable[[Program], object] = lambda program: None) -> int:
    """Show the program until it is closed: take up the session that is going on, or begin at Home.

    ``opened`` is given the program once its window is there.
    """
    if _other_session():
        return show(EnginePlan(exercise="", source=Simulated()))
    lock = window_lock()
    client = LateClient(folders.home(), ["--room", msgspec.json.encode(plan).decode()])  # starts while Qt is loaded
    try:
        from biofeedback.cli.qt_application import application
        from biofeedback.cli.speaking import speaking

        qt = application(offscreen=False)
        settings = speaking(language)
        program = Program(client, settings)
        program.shell.closed.connect(lambda: qt.exit(0))
        for number in (signal.SIGINT, signal.SIGTERM):  # either ends the session in order
            signal.signal(number, lambda number, _: qt.exit(128 + number))
        program.begin()
        opened(program)
        code = qt.exec()
        program.close()
        client.send(CloseRoom())
        if not client.wait_for_end(END_S):
            raise UserError("the session does not end; its recording can be closed later with: biofeedback recover")
        if client.problem:
            raise UserError(client.problem)
        return code
    finally:
        client.close()
        lock.unlock()


class Program:
    """The window with all its pages, and what leads from one to the other."""

    def __init__(self, client: LateClient, settings: Settings) -> None:
        from biofeedback.ui.console.between import Between
        from biofeedback.ui.console.desk import Desk
        from biofeedback.ui.console.shell import Shell
        from biofeedback.ui.console.store_access import StoreAccess
        from biofeedback.ui.console.summary_desk import SummaryDesk
        from biofeedback.ui.console.way import Way

        self._client = client
        self.shell = Shell(settings=settings)
        self.shell.settings_changed.connect(self._settings_changed)
        self.way = Way(self.shell, client, patient=self._make_patient, revive=client.revive)
        self._store = StoreAccess(folders.home(), self.shell, after=self.shell)
        self.desk = Desk(self.shell, self._store)
        self.summary = SummaryDesk(self.shell, self._store, _chart)
        self.between = Between(self.shell, client, self.way.go_live)
        self._display = Display()
        self._visitor = ("", "")
        self._screen = settings.screen
        self.desk.begin.connect(self._begin)
        self.desk.demo.connect(self._demonstrate)
        self.way.left.connect(self.desk.show_home)
        self.way.ended.connect(self._ended)
        self.way.broken.connect(self._keep_broken)
        self.desk.resume.connect(self._resume)
        self.way.pain.connect(self._keep_pain)
        self.way.taken_up.connect(self._take_up)
        self.summary.done.connect(self.desk.show_home)
        self.summary.back.connect(self.desk.choose_more)
        self.summary.missing.connect(self.desk.show_home)
        self._awake = QTimer(interval=_LET_PYTHON_MS)  # Python sees signals only between its own steps
        self._awake.timeout.connect(lambda: None)
        self._awake.start()

    def begin(self) -> None:
        """Show the window: Home, or the session that is going on."""
        room = self._client.room()
        if room is not None and room.exercise_id:
            self.shell.go("sensors")
            self.way.pull()
        else:
            self.desk.show_home()
        self.shell.show()

    def _make_patient(self) -> PatientWindow:
        from biofeedback.ui.patient.window import PatientWindow

        window = PatientWindow(self._client, screen_name=self.shell.settings.screen)
        self._suit(window)
        window.place()
        self.shell.activateWindow()  # the keys stay the therapist's
        settle()  # before anything moves on it
        return window

    def _suit(self, window: PatientWindow) -> None:
        """Show the patient's display as the person needs it."""
        window.display.set_theme(_THEMES[self._display.theme])
        window.display.set_text_scale(self._display.text_scale)

    def _settings_changed(self, settings: Settings) -> None:
        """Keep what was chosen; the patient's window speaks the same language, on the monitor that was chosen."""
        from biofeedback.ui.settings import keep

        keep(folders.home(), settings)
        if self.way.patient is not None:
            self._suit(self.way.patient)
            if settings.screen != self._screen:
                self.way.patient.place(settings.screen)
        self._screen = settings.screen

    def _begin(self, beginning: Beginning) -> None:
        person, count = beginning.person, len(beginning.exercises)
        self._visitor = ("" if person is None else person.code, beginning.visit)
        self._display = Display() if person is None else person.display
        if self.way.patient is not None:
            self._suit(self.way.patient)
        self.way.begin(
            [
                Prepare(
                    exercise=one.exercise,
                    person="" if person is None else person.code,
                    person_note="" if person is None else person.about,
                    number=number,
                    count=count,
                    again=AsLeft(
                        sets=one.sets,
                        repetitions=one.repetitions,
                        targets=one.targets,
                        settings=_heard_as(self._display, one.settings),
                        movement=movement_of(one.movement, one.started),
                    ),
                    visit=beginning.visit,
                )
                for number, one in enumerate(beginning.exercises, 1)
            ]
        )

    def _take_up(self, prepared: Prepare) -> None:
        """Know again for whom the session is that goes on, and show them their display as they need it."""
        self._visitor = (prepared.person, prepared.visit)

        def work(store: Opened) -> Person | None:
            from biofeedback.storage.records import people

            return people.find(store.records, prepared.person)

        def found(person: Person | None) -> None:
            if self._visitor != (prepared.person, prepared.visit):
                return  # another session was begun meanwhile
            self.desk.take_up(person, prepared.visit)
            if person is not None:
                self._display = person.display
                if self.way.patient is not None:
                    self._suit(self.way.patient)

        self._store.do(work, found, lambda why: None)  # Home says it; the display stays as it is

    def _keep_broken(self, prepared: Prepare | None) -> None:
        """Keep what was recorded of a session whose engine died, and offer to go on with what it left to do."""
        from biofeedback.ui.console import messages

        def work(store: Opened) -> list[Rescued]:
            from biofeedback.ui.console.store_work import recover_all

            return recover_all(store)

        def rescued(all_of_them: list[Rescued]) -> None:
            one = next((r for r in reversed(all_of_them) if r.unfinished and r.unfinished.prepared == prepared), None)
            failed = next((r.failure for r in all_of_them if r.failure), "")
            if one is not None and one.unfinished is not None and not one.unfinished.to_come:
                self.way.resume_no_more()
                self.summary.show_summary(one.path.name, tr("The session broke off. What was recorded is kept."))
            elif one is not None and one.unfinished is not None:
                self.way.resume(one.unfinished.to_come, messages.kept(one.unfinished))
            elif prepared is not None:
                said = messages.not_kept(tr(failed)) if failed else messages.nothing_recorded()
                self.way.resume([prepared, *prepared.then], said)

        def failed(why: str) -> None:
            if prepared is not None:
                self.way.resume([prepared, *prepared.then], messages.not_kept(why))

        self.desk.offer_again()
        self._store.do(work, rescued, failed)

    def _resume(self, left: Unfinished) -> None:
        """Go on with a session that a power cut ended."""
        from biofeedback.ui.console import messages

        self._take_up(left.to_come[0])
        self.way.resume(left.to_come, messages.kept(left))

    def _demonstrate(self) -> None:
        visit = str(uuid.uuid4())
        self._visitor = ("Demo", visit)
        self.way.begin([Prepare(exercise=_DEMONSTRATED, person="Demo", person_note="Simulated person", visit=visit)])
        self.way.send(UseSimulated())

    def _keep_pain(self, value: int) -> None:
        """Keep what the person said of the pain before the session; the first of it begins the visit."""
        code, visit = self._visitor

        def work(store: Opened) -> None:
            from biofeedback.storage.records import keeping, sessions

            arrived = keeping.arrive(store.records, code, uuid.UUID(visit) if visit else None)
            sessions.rate(store.records, arrived, "pain", "before", value)

        self._store.do(work, lambda _: None, self.way.forget_pain)

    def _ended(self, finished: FinishedView) -> None:
        """Go on to the next exercise of today; after the last one, or a failure, to the summary of all of them."""
        if finished.failure or not self.way.next():
            self.summary.show_summary(Path(finished.recording_path).name, tr(finished.failure))

    def close(self) -> None:
        """Close what the window opened."""
        if self.way.patient is not None:
            self.way.patient.close()
        self._store.close()


def _heard_as(display: Display, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the settings an exercise was left with, heard and felt as the person had it last."""
    volume = {} if display.volume is None else {"volume": display.volume}
    return in_their_way(settings, their_own(display.heard | volume))


def _chart(state: SummaryState) -> Draw:
    """Return what draws the chart's page: the first exercise of the session, from its recording."""
    from biofeedback.cli.scored import page_of, scored
    from biofeedback.cli.sources import open_file
    from biofeedback.reports import pdf
    from biofeedback.session.keepsake import exercise_of
    from biofeedback.storage.errors import RecordingError

    bout = next((one for one in state.session.bouts if one.recording is not None), None)
    if bout is None or bout.recording is None:
        raise RecordingError("There is no recording of this session to draw.")
    path = folders.recordings() / bout.recording
    if not path.is_file():
        raise RecordingError("The recording of this session is not there any more, so there is nothing to draw.")
    opened = open_file(path)
    exercise = exercise_of(path, opened.about)
    subject = state.session.label if state.person is None else state.person.code
    return pdf.drawing(page_of(scored(opened, exercise), opened, exercise, subject))


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
