"""The way through a session: which page follows which, as the sensor room and the session in it stand.

It pulls the room ten times a second and shows it to the page in sight, if that has ``show_room``. A session that begins
brings the live page; one that ends is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer, Signal

from biofeedback.session import commands
from biofeedback.session.room.commands import AnyCommand, Begin, Prepare, RoomClient
from biofeedback.session.room.today import Memory
from biofeedback.session.room.view import RoomView
from biofeedback.session.view import Banner, BannerAction
from biofeedback.stream import host_time_s
from biofeedback.ui.console import messages
from biofeedback.ui.console.calibration_page import CalibrationPage
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.sensors_page import SensorsPage
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.console.signal_check import SignalCheckPage
from biofeedback.ui.language import language, tr

if TYPE_CHECKING:  # loaded when they are needed, so that the program opens quickly
    from biofeedback.ui.console.live_page import LivePage
    from biofeedback.ui.patient.window import PatientWindow

_PULL_MS = 100
_LIVED_S = 10.0  # an engine that goes sooner would go again


@runtime_checkable
class ShowsRoom(Protocol):
    """A page that wants to see the room."""

    def show_room(self, room: RoomView) -> None:
        """Take a newer page of the room."""
        ...


class Way(QObject):
    """Adds the pages of a session to a shell and leads through them.

    Parameters
    ----------
    patient
        Makes the patient's window when the first session begins.
    revive
        Starts another engine in place of one that has gone; returns whether it did.

    ``ended`` carries what is known of a session that ended (`FinishedView`); whoever hears it brings the next page,
    else it is the sensors again. ``broken``: the engine has gone in mid-session, and carries what that was (`Prepare`);
    another engine is on its way up, and the sensors are shown: whoever hears it calls `resume`.
    ``left``: the therapist goes back from the sensors. ``pain``: what the person said of it before the session.
    ``taken_up`` carries what another window had made ready (`Prepare`).
    """

    ended = Signal(object)
    broken = Signal(object)
    left = Signal()
    pain = Signal(int)
    taken_up = Signal(object)

    def __init__(
        self,
        shell: Shell,
        client: RoomClient,
        *,
        patient: Callable[[], PatientWindow] | None = None,
        revive: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(shell)
        self._shell, self._client = shell, client
        self._make_patient, self._revive = patient, revive
        self._prepared: Prepare | None = None
        self._to_come: list[Prepare] = []
        self._said_pain: int | None = None
        self.patient: PatientWindow | None = None
        self._room: RoomView | None = None
        self._came_back = False
        self._arriving = False  # a session has begun, and its first page is not there yet
        self._anew_s = float("-inf")
        self._resuming: Banner | None = None  # a session that broke off can go on
        self._may_resume = False
        shell.add("sensors", self._sensors)
        shell.add("check", self._check)
        shell.add("calibration", self._calibration)
        shell.add("live", self._live)
        shell.step_chosen.connect(self._go_back_to)
        shell.banner_pressed.connect(self._press)
        shell.settings_changed.connect(lambda _: self._tell_language())
        self._timer = QTimer(self, interval=_PULL_MS)
        self._timer.timeout.connect(self.pull)
        self._timer.start()

    def begin(self, exercises: Sequence[Prepare]) -> None:
        """Begin with the first of today's exercises: go to its sensors."""
        self._to_come, self._said_pain = list(exercises), None
        self.next()

    def resume(self, exercises: Sequence[Prepare], said: Banner, *, ready: bool = True) -> None:
        """Make ready to go on with what a session that broke off left to do: one press begins, once it is ``ready``.

        Where another session goes on by now, that is left alone.
        """
        if self._room is not None and self._room.session != "none":
            return
        self._resuming, self._may_resume = said, ready
        self.begin(exercises)
        self._offer()

    def resume_no_more(self) -> None:
        """Offer no more to go on with what broke off."""
        self._resuming = None
        self._offer()

    def _offer(self) -> None:
        if self._shell.here == "sensors" and isinstance(page := self._shell.page, SensorsPage):
            page.show_resuming(self._resuming is not None, self._may_resume)

    def next(self) -> bool:
        """Make ready for the next exercise of today; return whether there was one."""
        if not self._to_come:
            return False
        prepared, *self._to_come = self._to_come
        self._shell.begin_again()  # none of its steps is done
        self._prepared = prepared = replace(prepared, then=tuple(self._to_come))
        self._shell.show_person(prepared.person, prepared.person_note)
        self.send(prepared)
        self._shell.go("sensors")
        return True

    def _take_up(self, prepared: Prepare) -> None:
        """Go on with what another window has begun: with what it made ready, and with what was to come after it."""
        self._prepared, self._to_come = prepared, list(prepared.then)
        self.taken_up.emit(prepared)

    def send(self, command: AnyCommand) -> None:
        """Ask the engine for something."""
        self._client.send(command)

    @property
    def room(self) -> RoomView | None:
        """The room as last seen."""
        return self._room

    # pulling

    def pull(self) -> None:
        """Take the room as it is now, and follow it."""
        self._watch_engine()
        self._follow_calibration()
        room = self._client.room()
        if room is None or room is self._room:
            return
        old, self._room = self._room, room
        if self._prepared is None and room.prepared is not None:
            self._take_up(room.prepared)
        if room.session == "running" and (old is None or old.session != "running"):
            self._came_back = old is None
            self._begun(room)
        elif old is not None and old.session != "none" and room.session == "none":
            self._ended(room)
        if old is None or (old.person, old.person_note) != (room.person, room.person_note):
            self._shell.show_person(room.person, room.person_note)
        session = self._client.view() if room.session == "running" else None
        self._shell.show_recording(None if session is None else session.recording_since_s, host_time_s())
        self._show()

    def _show(self) -> None:
        if self._shell.here and self._room is not None and isinstance(page := self._shell.page, ShowsRoom):
            page.show_room(self._room)

    def _watch_engine(self) -> None:
        if self._client.alive() or self._begin_anew():
            self._shell.show_banner(self._resuming)
            return
        again = BannerAction(command="Close", label=tr("Close window"))
        self._shell.show_banner(
            Banner(
                kind="fault",
                title=tr("The part of the program that hears the sensors does not answer."),
                detail=tr(
                    "It goes on here as soon as it answers. If not, close the window and open the program again."
                ),
                actions=(again,),
            )
        )

    def _begin_anew(self) -> bool:
        """Start another engine where one has gone; one that had a session left its recording open."""
        room = self._room
        if room is None or (room.session == "none" and host_time_s() - self._anew_s < _LIVED_S):
            return False
        if not self._revive():
            return False
        self._anew_s = host_time_s()
        self._room = None
        if room.session != "none":
            self._prepared, self._to_come = None, []
            self._shell.show_recording(None, host_time_s())
            if room.prepared is not None:
                sits = replace(room.prepared, seats=_seats(room))
                self.resume([sits, *sits.then], messages.keeping(), ready=False)
                if isinstance(page := self._shell.page, ShowsRoom):
                    page.show_room(RoomView(version=0))  # nothing of the old engine's room holds
            self.broken.emit(room.prepared)
        elif self._prepared is not None:
            self.send(replace(self._prepared, seats=_seats(room)))
        return True

    def _press(self, action: BannerAction) -> None:
        if action.command == "Close":
            self._shell.close()

    # the way

    def _begun(self, room: RoomView) -> None:
        self.resume_no_more()
        if self.patient is None and self._make_patient is not None:
            self.patient = self._make_patient()
        self._shell.add("live", self._live)
        self._arriving = True
        self._tell_language()

    def _tell_language(self) -> None:
        """Let what is spoken be in the language of the windows."""
        if self._room is not None and self._room.session == "running":
            self.send(commands.SetLanguage(language().code))

    def _follow_calibration(self) -> None:
        """Show the calibration while there is one, then the live page."""
        if self._room is None or self._room.session != "running" or (session := self._client.view()) is None:
            return
        if not self._arriving and self._shell.here not in ("calibration", "live"):
            return
        if session.calibration is not None:
            page = self._shell.page if self._shell.here == "calibration" else self._shell.go("calibration")
            assert isinstance(page, CalibrationPage)
            page.show_calibration(session.calibration, host_time_s())
        elif self._arriving or self._shell.here == "calibration":
            self._shell.go("live")
        self._arriving = False

    def _calibration(self, look: Look) -> CalibrationPage:
        page = CalibrationPage(look)
        page.ask.connect(self.send)
        page.back.connect(self._out_of_calibration)
        return page

    def _out_of_calibration(self) -> None:
        """Leave the calibration for the sensors: it waits."""
        self.send(commands.PauseCalibration(True))
        self._out_of_live()

    def _ended(self, room: RoomView) -> None:
        if self._shell.here in ("live", "check", "calibration"):
            self._shell.go("sensors")
        if room.finished is not None and (room.finished.recording_path or not room.finished.failure):
            self.ended.emit(room.finished)

    def _go_back_to(self, step: str) -> None:
        if step in ("sensors", "check"):
            self._shell.go(step)
            self._show()
        elif step == "live" and self._room is not None and self._room.session == "running":
            self.go_live()

    # pages

    def _sensors(self, look: Look) -> SensorsPage:
        page = SensorsPage(look)
        page.ask.connect(self.send)
        page.on.connect(self._from_sensors)
        page.skip.connect(lambda: self.send(Begin()))
        page.back.connect(self._leave)
        page.end_session.connect(lambda: self.send(commands.Finish()))
        if self._room is not None:
            page.show_room(self._room)
        page.show_resuming(self._resuming is not None, self._may_resume)
        return page

    def _leave(self) -> None:
        self.resume_no_more()
        self.left.emit()

    def _from_sensors(self) -> None:
        if self._room is not None and self._room.session != "none":
            self.go_live()
        else:
            self._shell.go("check")
            self._show()

    def go_live(self) -> None:
        """Bring the session that goes on into sight again."""
        self._came_back = False
        self._shell.add("live", self._live)
        self._shell.go("live")

    def _check(self, look: Look) -> SignalCheckPage:
        page = SignalCheckPage(look)
        page.on.connect(self._from_check)
        page.back.connect(lambda: self._shell.go("sensors"))
        page.show_place.connect(self._show_place)
        page.pain.connect(self._take_pain)
        page.show_pain(self._said_pain)
        if self._room is not None:
            page.show_room(self._room)
        return page

    def _take_pain(self, value: int) -> None:
        self._said_pain = value
        self.pain.emit(value)

    def forget_pain(self, why: str) -> None:
        """Show that nothing was said of the pain: it could not be kept, for this reason."""
        self._said_pain = None
        if isinstance(page := self._shell.page, SignalCheckPage):
            page.show_pain(None, why)

    def _from_check(self) -> None:
        if self._room is not None and self._room.session == "running":
            self.go_live()
        else:
            self.send(Begin())

    def _show_place(self, placement: str) -> None:
        page = self._shell.go("sensors")
        self._show()
        assert isinstance(page, SensorsPage)
        page.choose(placement)

    def _live(self, look: Look) -> LivePage:
        from biofeedback.ui.console.live_page import LivePage

        pulse = None if self.patient is None else self.patient.begins
        page = LivePage(look, self._client, pulse=pulse, came_back=self._came_back)
        page.left.connect(self._out_of_live)
        page.check.connect(lambda: self._go_back_to("check"))
        page.settings.connect(self._shell.show_settings)
        return page

    def _out_of_live(self) -> None:
        """Leave the live page: the session goes on, its set paused; one that is over was left already."""
        self._shell.go("sensors")
        self._show()


def _seats(room: RoomView) -> dict[str, Memory]:
    """Return what sits where, so that another engine can put it there again."""
    known = {one.id: one for one in room.found}
    return {
        place.id: Memory(
            place.sensor,
            known[place.sensor].name if place.sensor in known else "",
            known[place.sensor].profile if place.sensor in known else "",
            place.stream,
            place.column,
            place.place,
            place.side,
        )
        for place in room.places
    }
