"""The desk: brings people from the store to Home and to the choice of exercises, and back what is decided there."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from biofeedback.exercises.model import library
from biofeedback.storage.records.values import Again, Overview, Person, Planned
from biofeedback.ui.console.exercise_choice import Choice, ExerciseChoice
from biofeedback.ui.console.home import Home, HomeState, LeftOpen
from biofeedback.ui.console.home_words import free_code
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.person_form import AddPerson, EditPerson
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.console.store_access import StoreAccess
from biofeedback.ui.console.welcome import Welcome
from biofeedback.ui.language import tr

if TYPE_CHECKING:
    from biofeedback.session.salvage import Rescued
    from biofeedback.session.unfinished import Unfinished
    from biofeedback.ui.console.store_work import Loaded, Opened

T = TypeVar("T")
_DESK = ("home", "welcome", "exercises", "plan")


@dataclass(frozen=True, slots=True)
class Beginning:
    """A session to begin: for whom, and the exercises in their order, each as it was left or as it is planned.

    ``visit`` is what a session without a person belongs to; with a person "", their last visit tells.
    """

    person: Person | None
    exercises: tuple[Again, ...]
    repeated: bool = False
    visit: str = ""


class Desk(QObject):
    """Adds the pages ``home``, ``welcome``, ``exercises`` and ``plan`` to the shell, and acts on what is chosen there.

    ``begin`` carries a `Beginning`, ``resume`` a session that broke off and goes on (`Unfinished`), ``go`` the name of
    another place of the rail. ``places`` are those places: name,
    words and icon.
    """

    begin = Signal(object)
    resume = Signal(object)
    demo = Signal()
    go = Signal(str)

    def __init__(self, shell: Shell, store: StoreAccess, places: tuple[tuple[str, str, str], ...] = ()) -> None:
        super().__init__(shell)
        self._shell, self._store, self._places = shell, store, places
        self._home = HomeState(now=_now())
        self._later = False
        self._left: Unfinished | None = None
        self._choice = Choice(library=())
        self._person: Person | None = None
        self._visit = ""
        self._form: AddPerson | EditPerson | None = None
        shell.add("home", self._make_home)
        shell.add("exercises", self._make_choice)
        shell.add("plan", self._make_choice)
        shell.add("welcome", self._make_welcome)

    def _do(self, work: Callable[[Opened], T], done: Callable[[T], None]) -> None:
        self._store.do(work, done, self._failed)

    def _failed(self, why: str) -> None:
        """Say why something did not work: in the form that is open, else on Home, but take nobody out of a session."""
        if self._form is not None:
            self._form.say_wrong(why)
        else:
            if self._shell.here in _DESK:
                self._shell.go("home")
            self._show_home(message=why, working="", shut=self._home.people is None)

    # Home -----------------------------------------------------------------------------------------------------------

    def show_home(self, message: str = "") -> None:
        """Go to Home; on the very first start, unless there is something to say, to what the program is."""
        self._shell.begin_again()
        self._shell.show_person("")
        self._shell.go("home")
        self._show_home(message=message, shut=False)
        self._load(first=not message)

    def offer_again(self) -> None:
        """Let Home offer what was left open, also where that was put off."""
        self._later = False

    def _load(self, first: bool = False) -> None:
        def loaded(found: Loaded) -> None:
            self._show_home(shut=False, people=found.people, left_open=() if self._later else found.left_open)
            if first and found.first and not found.left_open and isinstance(self._shell.page, Home):
                self._shell.go("welcome")

        self._do(lambda store: _work().load(store), loaded)

    def _show_home(
        self,
        *,
        people: tuple[Overview, ...] | None = None,
        left_open: tuple[LeftOpen, ...] | None = None,
        message: str | None = None,
        working: str | None = None,
        shut: bool | None = None,
    ) -> None:
        """Change what is given of Home's state; all else stays."""
        old = self._home
        self._home = HomeState(
            people=old.people if people is None else people,
            left_open=old.left_open if left_open is None else left_open,
            left=self._left,
            now=_now(),
            message=old.message if message is None else message,
            working=old.working if working is None else working,
            shut=old.shut if shut is None else shut,
        )
        if isinstance(self._shell.page, Home):
            self._shell.page.show_state(self._home)

    def _make_home(self, look: Look) -> Home:
        page = Home(look, self._places)
        page.begin.connect(self._repeat)
        page.start_plan.connect(lambda one: self._begin_planned(one.person, one.person.plan))
        page.choose_exercises.connect(lambda one: self._choose(one.person, one.person.plan))
        page.edit_plan.connect(lambda one: self._choose(one.person, one.person.plan, planning=True))
        page.edit.connect(self._edit)
        page.add.connect(self._add)
        page.quick.connect(self._quick)
        page.demo.connect(self._demonstrate)
        page.recover.connect(self._recover)
        page.resume.connect(self._resume)
        page.again.connect(self.show_home)
        page.later.connect(self._put_off)
        page.go.connect(self.go)
        page.help.connect(self._shell.show_keys)
        page.settings.connect(self._shell.show_settings)
        page.show_state(self._home)
        return page

    def _make_welcome(self, look: Look) -> Welcome:
        page = Welcome(look)

        def seen(then: Callable[[], object]) -> None:
            self._do(lambda store: _work().remember_welcome(store), lambda _: None)
            then()

        page.begin.connect(lambda: seen(lambda: self._shell.go("home")))
        page.demo.connect(lambda: seen(self._demonstrate))
        return page

    # beginning ------------------------------------------------------------------------------------------------------

    def _repeat(self, one: Overview) -> None:
        """Begin a person's last session again; without one their plan, without a plan the choice of exercises."""
        person = one.person
        if one.last is None:
            self._begin_planned(person, person.plan)
            return

        def found(exercises: tuple[Again, ...]) -> None:
            known = tuple(again for again in exercises if again.exercise in library())
            if known:
                self._start(person, known, repeated=True)
            else:
                self._choose(person, person.plan)

        self._do(lambda store: _work().sessions.again(store.records, person.id), found)

    def _begin_planned(self, person: Person | None, planned: tuple[Planned, ...]) -> None:
        """Begin with planned exercises, each as it was left in the last session where it was done."""
        known = tuple(one for one in planned if one.exercise in library())
        if not known:
            self._choose(person, ())
            return

        def found(exercises: tuple[Again, ...]) -> None:
            left = {one.exercise: one for one in exercises}
            self._start(person, tuple(_as_planned(one, left.get(one.exercise)) for one in known))

        if person is None:
            found(())
        else:
            self._do(lambda store: _work().sessions.again(store.records, person.id), found)

    def take_up(self, person: Person | None, visit: str) -> None:
        """Know for whom the session is that another window has begun."""
        self._person, self._visit = person, visit

    def choose_more(self) -> None:
        """Go to the choice of exercises for whom the last session was."""
        self._choose(self._person, ())

    def _start(self, person: Person | None, exercises: tuple[Again, ...], repeated: bool = False) -> None:
        self._person, self._left = person, None
        self.begin.emit(Beginning(person, exercises, repeated, "" if person is not None else self._visit))

    def _quick(self) -> None:
        self._visit = str(uuid.uuid4())
        self._choose(None, ())

    def _demonstrate(self) -> None:
        self._person, self._visit = None, str(uuid.uuid4())
        self.demo.emit()

    def _choose(self, person: Person | None, chosen: tuple[Planned, ...], planning: bool = False) -> None:
        exercises = tuple(library().values())
        self._choice = Choice(library=exercises, person=person, chosen=chosen, planning=planning)
        name = "plan" if planning else "exercises"
        self._shell.add(name, self._make_choice)
        self._shell.show_person("" if person is None else person.code, "" if person is None else person.about)
        self._shell.go(name)

    def _make_choice(self, look: Look) -> ExerciseChoice:
        page = ExerciseChoice(look, self._choice)
        page.changed.connect(lambda: self._remember_choice(page))
        page.back.connect(self.show_home)
        page.go_on.connect(lambda chosen: self._begin_planned(self._choice.person, chosen))
        page.keep_plan.connect(self._keep_plan)
        return page

    def _remember_choice(self, page: ExerciseChoice) -> None:
        self._choice = replace(self._choice, chosen=tuple(page.chosen))

    def _keep_plan(self, chosen: tuple[Planned, ...]) -> None:
        person, planning = self._choice.person, self._choice.planning
        if person is None:
            return

        def kept(stored: Person) -> None:
            self._choice = replace(self._choice, person=stored, chosen=chosen)
            if planning:
                self.show_home()

        self._do(lambda store: _work().people.change(store.records, replace(person, plan=chosen)), kept)

    # people ---------------------------------------------------------------------------------------------------------

    def _add(self) -> None:
        codes = [one.person.code for one in self._home.people or ()]
        form = AddPerson(self._shell, self._shell.look, free_code(codes))
        form.wanted.connect(lambda code: self._do(lambda store: _work().people.add(store.records, code), self._changed))
        self._show_form(form)

    def _edit(self, one: Overview) -> None:
        form = EditPerson(self._shell, self._shell.look, one.person, _now())
        form.wanted.connect(
            lambda person: self._do(lambda store: _work().people.change(store.records, person), self._changed)
        )
        form.delete.connect(
            lambda person: self._do(
                lambda store: _work().people.delete(store.records, person.id, store.recordings), self._changed
            )
        )
        self._show_form(form)

    def _show_form(self, form: AddPerson | EditPerson) -> None:
        self._form = form
        form.finished.connect(self._form_left)
        form.open()

    def _form_left(self) -> None:
        if self._form is not None:
            self._form.deleteLater()
            self._form = None
            self._shell.activateWindow()

    def _changed(self, person: Person | None) -> None:
        """Close the form, and show everybody anew with the one who was changed chosen."""
        if self._form is not None:
            self._form.accept()
        if person is not None and isinstance(self._shell.page, Home):
            self._shell.page.choose_when_shown(person.id)
        self._load()

    # recordings that were not closed --------------------------------------------------------------------------------

    def _recover(self) -> None:
        self._show_home(working=tr("Closing what was left open…"))

        def over(rescued: list[Rescued]) -> None:
            failed = [one.failure for one in rescued if one.failure]
            self._left = next((one.unfinished for one in reversed(rescued) if one.unfinished), None)
            if self._left is not None and not self._left.to_come:
                self._left = None
            self._show_home(left_open=(), message=failed[0] if failed else "", working="")
            self._load()

        self._do(lambda store: _work().recover_all(store), over)

    def _resume(self) -> None:
        left, self._left = self._left, None
        if left is not None:
            self.resume.emit(left)

    def _put_off(self) -> None:
        """Close the message, or else put off what was left open until the next start."""
        if self._home.message:
            self._show_home(message="")
        elif self._left is not None:
            self._left = None
            self._show_home()
        else:
            self._later = True
            self._show_home(left_open=())


def _work():
    """Return the functions that work with the store; imported on the thread that calls them first."""
    from biofeedback.ui.console import store_work

    return store_work


def _as_planned(planned: Planned, left: Again | None) -> Again:
    """Return a planned exercise, with settings and placements as they were left; the plan's targets and dose count."""
    exercise = library()[planned.exercise]
    return Again(
        exercise=planned.exercise,
        exercise_name=exercise.name,
        side=exercise.side,
        settings={} if left is None else left.settings,
        targets=planned.targets or ({} if left is None else left.targets),
        placements={} if left is None else left.placements,
        sets=planned.sets,
        repetitions=planned.repetitions,
        movement=None if left is None else left.movement,
        started=None if left is None else left.started,
    )


def _now() -> datetime:
    return datetime.now().astimezone()
