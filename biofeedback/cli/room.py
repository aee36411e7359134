"""The engine process that lives before, during and between sessions: the sensor room, and the sessions in it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biofeedback.cli import folders
from biofeedback.cli.plan import RoomPlan, new_recording_path
from biofeedback.devices.base import Device
from biofeedback.session.link import EngineSide
from biofeedback.session.promptness import settle
from biofeedback.session.room.room import SensorRoom
from biofeedback.session.room.sensors import Sensors

if TYPE_CHECKING:
    from biofeedback.cli.compose import Composed
    from biofeedback.session.companion import Companion
    from biofeedback.session.engine import Engine, SessionPlan

_ALONE_S = 60.0
_FORGOTTEN_S = 1800.0  # a session that no window has looked at for so long is over
_LOOK_S = 1.0


@dataclass(slots=True)
class RoomRun:
    """A session in the room, which its windows see on ``side``."""

    composed: Composed
    side: EngineSide

    @property
    def engine(self) -> Engine:
        """The session's engine."""
        return self.composed.engine

    async def run(self) -> dict[str, Any]:
        """Run it to its end and keep what it was: here, where a killed window does not matter.

        Raises
        ------
        RecordingError
            If it cannot be kept now; its recording stays open and is offered at Home.
        """
        from biofeedback.cli.engine_process import run_session
        from biofeedback.session.salvage import keep
        from biofeedback.storage.errors import RecordingError, StorageError
        from biofeedback.storage.keys import StoreKey

        started, home = datetime.now(UTC), folders.home()

        def put(document: dict[str, Any], recording: Path) -> None:
            keep(home, StoreKey.load_or_create(home), document, started, recording.name)

        try:
            return await run_session(self.composed, put)
        except StorageError as error:
            why = self.engine.failure or f"Home offers to keep this session later: {error}"
            raise RecordingError(why) from error
        finally:
            self.side.page(None)  # it is over: the patient's display must not go on saying what was last


async def serve(plan: RoomPlan) -> int:
    """Run a sensor room for windows in other processes, until one closes it or none has been there for a minute."""
    from biofeedback.cli.engine_process import end_on_signals

    room: SensorRoom | None = None

    def command(value: Any) -> None:
        if room is not None:
            room.command(value)

    side = EngineSide(folders.home(), command)

    async def begin(session: SessionPlan, devices: Sequence[Device], companion: Companion | None) -> RoomRun:
        from biofeedback.cli.compose import compose_in_room

        path = str(new_recording_path(session.exercise.id))
        run = RoomRun(
            await asyncio.to_thread(compose_in_room, session, devices, companion, side, path, plan.sound), side
        )
        settle()
        return run

    sensors = Sensors(plan.condition, plan.seed, plan.faults, listening=plan.listening)
    try:
        room = SensorRoom(sensors, begin, side, folders.home())
        end_on_signals(room.stop)
        side.announce()
        watching = asyncio.create_task(_end_when_alone(room, side))
        await room.run()
        watching.cancel()
        await asyncio.sleep(0.3)  # let the windows see the last page
        return 0
    finally:
        side.close()


async def _end_when_alone(room: SensorRoom, side: EngineSide) -> None:
    """Stop a room nobody looks at; a session outlives its window for half an hour."""
    alone_s = 0.0
    while alone_s < (_ALONE_S if room.idle else _FORGOTTEN_S):
        await asyncio.sleep(_LOOK_S)
        alone_s = 0.0 if side.windows else alone_s + _LOOK_S
    room.stop()
