"""The sensor room: it lives before, during and between sessions, and lends its sensors to each of them.

One asyncio loop, that of the sessions. Whatever takes time, looking for sensors, connecting, beginning a session, is a
task; the room goes on meanwhile. Commands may come from any thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
from collections.abc import Awaitable, Callable, Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from biofeedback.devices.base import Device, DeviceError
from biofeedback.devices.profile_file import ProfileError
from biofeedback.exercises.model import Exercise, ExerciseError, find
from biofeedback.session.again import THEIR_OWN, AsLeft, dosed, in_their_way, their_own
from biofeedback.session.known import Electrodes, Known, Reference, still_holds
from biofeedback.session.placing import PlacementError
from biofeedback.session.room import commands as ask
from biofeedback.session.room.fitting import Spot, fitted
from biofeedback.session.room.page import RoomPageMaker, found_view, place_views
from biofeedback.session.room.places import Memories, Places, Seat
from biofeedback.session.room.sensors import Sensors
from biofeedback.session.room.view import FinishedView, Light, RoomView, SessionState
from biofeedback.storage.errors import FileError, RecordingError
from biofeedback.stream import host_time_s

if TYPE_CHECKING:
    from biofeedback.session.companion import Companion
    from biofeedback.session.engine import Engine, SessionPlan

_log = logging.getLogger(__name__)
_PAGE_S, _PAGE_IN_SESSION_S = 0.1, 0.4
_SENTENCES = (DeviceError, ProfileError, ExerciseError, PlacementError, RecordingError, FileError)


class Run(Protocol):
    """A session that was made: its engine, and how it is run to its end."""

    @property
    def engine(self) -> Engine:
        """The engine of the session."""
        ...

    async def run(self) -> object:
        """Run the engine to its end and close what belongs to it."""
        ...


Begin = Callable[["SessionPlan", Sequence[Device], "Companion | None"], Awaitable[Run]]


class Board(Protocol):
    """Where the room shows itself to windows."""

    def room(self, view: RoomView) -> None:
        """Publish the room's page."""
        ...

    def beat(self) -> None:
        """Give a sign of life."""
        ...


class SensorRoom:
    """Places the sensors of an exercise and begins sessions with them.

    Parameters
    ----------
    sensors
        Finds and connects them.
    begin
        Makes a session of a plan and devices that are open.
    board
        Where the page goes.
    folder
        The user's folder: what sat where is remembered there.
    """

    def __init__(self, sensors: Sensors, begin: Begin, board: Board, folder: Path) -> None:
        self.sensors = sensors
        self._begin, self._board = begin, board
        self._memories = Memories(folder / "placements.json")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._places: Places | None = None
        self._prepared = ask.Prepare(exercise="")
        self._problem = ""
        self._warm = False
        self._state: SessionState = "none"
        self._run: Run | None = None
        self._session: asyncio.Task[None] | None = None
        self._finished: FinishedView | None = None
        self._maker = RoomPageMaker()
        self._electrodes = Electrodes()
        self._own: tuple[tuple[str, str], dict[str, Any]] = (
            ("", ""),
            {},
        )  # whose visit, and how they had sound and touch
        self._closing = asyncio.Event()

    # running --------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live until told to close; a session that goes on is then ended in order."""
        self._loop = asyncio.get_running_loop()
        self.sensors.start(self._seat)
        warming = asyncio.create_task(self._warm_up())
        try:
            while not self._closing.is_set():
                self._board.beat()
                self.sensors.look(idle=self._state == "none")
                self._publish()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), _PAGE_S if self.idle else _PAGE_IN_SESSION_S)
        finally:
            if self._run is not None:
                self._run.engine.stop()
            if self._session is not None:
                await self._session
            await self.sensors.close()
            await warming

    async def _warm_up(self) -> None:
        """Load what takes long and is needed later."""
        await asyncio.to_thread(importlib.import_module, "biofeedback.session.engine")
        self._warm = True
        self._judge()

    def stop(self) -> None:
        """Close the room; call on the loop's thread."""
        self._closing.set()

    @property
    def idle(self) -> bool:
        """Whether no session is going on."""
        return self._state == "none"

    # commands -------------------------------------------------------------------------------------------------------

    def command(self, command: ask.AnyCommand) -> None:
        """Take a command of a window; may be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._obey, command)

    def _obey(self, command: ask.AnyCommand) -> None:
        if not isinstance(command, ask.RoomCommand):
            if self._run is not None:
                self._run.engine.command(command)
            return
        self._problem = ""
        try:
            self._obey_here(command)
        except _SENTENCES as error:
            self._problem = str(error)
        self._publish()

    def _obey_here(self, command: ask.RoomCommand) -> None:
        match command:
            case ask.Prepare():
                self._prepare(command)
            case ask.Scan():
                self.sensors.scan()
            case ask.Use(sensor=sensor, profile=profile):
                self.sensors.use(sensor, profile)
            case ask.UseSimulated():
                self._use_simulated()
            case ask.LetGo(sensor=sensor):
                self._let_go(sensor)
            case ask.Blink(sensor=sensor):
                self.sensors.blink(sensor)
            case ask.Assign():
                self._assign(command)
            case ask.Move(placement=placement, place=place, side=side):
                self._at(placement).move(placement, Spot(place, side))
            case ask.Begin():
                self._start_session()
            case ask.CloseRoom():
                self.stop()

    def _prepare(self, command: ask.Prepare) -> None:
        if self._state != "none":
            raise PlacementError("A session is going on: end it before another one is prepared.")
        exercise = find(command.exercise)
        again = self._places is not None and self._prepared.exercise == command.exercise
        self._prepared = command
        self._electrodes.belong_to(command.person or command.visit)
        if again:
            return
        self._places = Places(exercise, self._memories.of(exercise.id) | command.seats)
        self.sensors.prepare(exercise, self._places.wanted_sensors())
        for sensor in list(self.sensors.connected):
            self._seat(sensor)

    def _seat(self, sensor: str) -> None:
        """Put a sensor that has just been connected where it belongs."""
        connected = self.sensors.connected.get(sensor)
        if self._places is None or connected is None or self._state != "none":
            return
        self._places.fill(sensor, connected.channels(), self.sensors.expected() - {sensor})
        self._judge()

    def _judge(self) -> None:
        """Listen closely to what sits somewhere; not before the filters for it are loaded, which takes a second."""
        if self._places is None or not self._warm:
            return
        for seat in self._places.seats.values():
            connected = self.sensors.connected.get(seat.sensor)
            if connected is not None and (watch := connected.watches.get((seat.stream, seat.column))):
                watch.judge()

    def _at(self, placement: str) -> Places:
        if self._places is None or placement not in self._places.spots:
            raise PlacementError(f"There is no placement {placement!r} in this exercise.")
        if self._state != "none":
            raise PlacementError("A session is going on: sensors stay where they are until it has ended.")
        return self._places

    def _use_simulated(self) -> None:
        if self._places is None:
            raise PlacementError("Choose an exercise first.")
        for placement in self._places.missing:
            self.sensors.use(f"simulated:{placement}", "")

    def _let_go(self, sensor: str) -> None:
        if self._places is not None and self._state == "none":
            self._places.remove(sensor)
        self.sensors.let_go(sensor)

    def _assign(self, command: ask.Assign) -> None:
        places = self._at(command.placement)
        if not command.sensor:
            places.assign(command.placement, None)
            return
        connected = self.sensors.connected.get(command.sensor)
        watch = None if connected is None else connected.watches.get((command.stream, command.column))
        if watch is None or watch.kind != places.kind(command.placement):
            raise PlacementError("This sensor does not give what the place needs: choose another one.")
        places.assign(command.placement, Seat(command.sensor, command.stream, command.column))
        self._judge()

    # sessions -------------------------------------------------------------------------------------------------------

    def _start_session(self) -> None:
        if self._state != "none":
            return
        if self._places is None:
            raise PlacementError("Choose an exercise first.")
        plan, devices, companion = self._planned(self._places)
        self._state = "opening"
        self._session = asyncio.create_task(self._hold(plan, devices, companion), name="session")

    def _planned(self, places: Places) -> tuple[SessionPlan, list[Device], Companion | None]:
        from biofeedback.session.engine import SessionPlan

        exercise = dosed(fitted(places.exercise, places.spots, places.missing), self._prepared.again)
        lent = self.sensors.lend(places.seats)
        seats = {p: s for p, s in places.seats.items() if s.sensor in lent}
        plan = SessionPlan(
            exercise=exercise,
            person=self._prepared.person,
            person_note=self._prepared.person_note,
            number=self._prepared.number,
            count=self._prepared.count,
            again=self._as_left(),
            known=self._known(exercise, places),
            wanted={p: lent[seat.sensor].wanted(seat.stream, seat.column) for p, seat in seats.items()},
            about={
                "placements": self._told(places),
                "visit": self._prepared.visit,
                "today": msgspec.to_builtins(self._prepared),
            },
        )
        return plan, list(lent.values()), self.sensors.companion(places.seats)

    def _as_left(self) -> AsLeft | None:
        """Return how the session begins: as the person has had sound and touch in the exercise just before."""
        whose, own = self._own
        if whose != (self._prepared.person, self._prepared.visit) or not own:
            return self._prepared.again
        left = self._prepared.again or AsLeft()
        return msgspec.structs.replace(left, settings=in_their_way(left.settings, own))

    def _known(self, exercise: Exercise, places: Places) -> Known:
        """Return what need not be measured again: the muscles whose electrodes stayed on, and how the person moves."""
        left = self._prepared.again
        movement = left.movement if left is not None and still_holds(left.movement, exercise) else None
        found = {
            placement: self._electrodes.known(where, sensor, host_time_s()) or self._measured_before(placement, places)
            for placement, where, sensor in self._muscles(exercise, places)
        }
        return Known(references={p: one for p, one in found.items() if one is not None}, movement=movement)

    def _measured_before(self, placement: str, places: Places) -> Reference | None:
        """Return what an engine that died had measured of a muscle, if its sensor sits as it sat there."""
        return self._prepared.references.get(placement) if places.sits_as_remembered(placement) else None

    def _keep_references(self, exercise: Exercise, run: Run) -> None:
        if self._places is None or not hasattr(run.engine, "pipeline"):
            return
        references = run.engine.pipeline.learning.references
        for placement, where, sensor in self._muscles(exercise, self._places):
            if placement in references:
                self._electrodes.keep(where, sensor, references[placement], host_time_s())

    def _muscles(self, exercise: Exercise, places: Places) -> list[tuple[str, Hashable, object]]:
        """Return each muscle's placement, what tells its electrodes and their filters apart, and their sensor."""
        return [
            (name, (places.seats[name], places.spots[name], signal.ecg), self.sensors.connected.get(seat.sensor))
            for signal in exercise.signals
            if signal.kind == "envelope" and (seat := places.seats.get(name := signal.placements[0])) is not None
        ]

    def _told(self, places: Places) -> dict[str, Any]:
        """Return where everything sits, for the recording."""
        return {
            placement: {
                "sensor": places.seats[placement].sensor if placement in places.seats else "",
                "profile": self.sensors.profiles.get(places.seats[placement].sensor, "")
                if placement in places.seats
                else "",
                "place": spot.place,
                "side": spot.side or "",
            }
            for placement, spot in places.spots.items()
        }

    async def _hold(self, plan: SessionPlan, devices: list[Device], companion: Companion | None) -> None:
        failure, path = "", ""
        try:
            assert self._places is not None
            self._memories.keep(plan.exercise.id, self._places.memories(self.sensors.names(), self.sensors.profiles))
            self._run = await self._begin(plan, devices, companion)
            recorder = self._run.engine.recorder
            self._state = "running"
            try:
                await self._run.run()
            finally:
                self._keep_references(plan.exercise, self._run)
                if hasattr(self._run.engine, "pipeline"):
                    settings = self._run.engine.pipeline.settings
                    own = their_own({name: getattr(settings, name) for name in THEIR_OWN})
                    self._own = (plan.person, self._prepared.visit), own
                if recorder is not None and hasattr(self._run.engine, "pipeline"):  # else it never began
                    path = str(recorder.path)
            failure = self._run.engine.failure or ""
        except _SENTENCES as error:
            failure = str(error)
        except Exception:  # noqa: BLE001 (the room and its sensors outlive a session that failed)
            _log.exception("the session failed")
            failure = "The session stopped by a fault of this program. What was recorded is kept."
        finally:
            number = 1 if self._finished is None else self._finished.number + 1
            self._finished = FinishedView(
                number=number,
                exercise_id=plan.exercise.id,
                exercise_name=plan.exercise.name,
                recording_path=path,
                failure=failure,
            )
            self._problem = failure
            self._state, self._run = "none", None
            self._publish()

    # the page -------------------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        self._board.room(self._maker.made(self.view()))

    def _lights(self) -> dict[str, tuple[Light, str]] | None:
        """Return the lights of the session that has the sensors, if one has."""
        if self._run is None or not hasattr(self._run.engine, "pipeline"):
            return None if self._state == "none" else {}
        pipeline = self._run.engine.pipeline
        return {placement: pipeline.placement_light(placement) for placement in pipeline.sources}

    def view(self) -> RoomView:
        """Return the room as it stands; its version is counted by the page maker."""
        prepared, places, sensors = self._prepared, self._places, self.sensors
        found = tuple(
            found_view(finding, sensors.connected.get(finding.id), sensors.known, sensors.profiles.get(finding.id, ""))
            for finding in sensors.found.values()
        )
        return RoomView(
            version=0,
            person=prepared.person,
            person_note=prepared.person_note,
            exercise_id="" if places is None else places.exercise.id,
            exercise_name="" if places is None else places.exercise.name,
            exercise_number=prepared.number,
            exercise_count=prepared.count,
            setup="" if places is None else places.exercise.instructions.setup,
            scanning=sensors.scanning,
            notes=sensors.notes,
            problem=self._problem,
            found=found,
            profiles=sensors.offered,
            places=() if places is None else place_views(places, sensors.connected, self._lights()),
            as_last_time=places is not None and places.as_last_time,
            session=self._state,
            finished=self._finished,
            prepared=prepared if prepared.exercise else None,
        )
