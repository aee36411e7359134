"""The objects of a session, made from its plan."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from biofeedback import __version__
from biofeedback.cli import folders
from biofeedback.cli.errors import UserError
from biofeedback.cli.plan import EnginePlan, Ports, Replayed, Simulated
from biofeedback.devices.base import Device
from biofeedback.exercises import model
from biofeedback.exercises.model import Exercise
from biofeedback.outputs.sound import Sound
from biofeedback.session.calibration import Step, steps_of
from biofeedback.session.companion import Companion
from biofeedback.session.engine import Engine, Publisher, SessionPlan, age_s
from biofeedback.session.salvage import Salvage
from biofeedback.session.summary import as_one_set
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingWriter
from biofeedback.stream import host_time_s

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Composed:
    """An engine with what was made for it."""

    engine: Engine
    exercise: Exercise
    recorder: RecordingWriter | None
    sound: Sound | None
    truth: Callable[[], dict[str, Any]] | None
    devices: list[Device] = field(default_factory=list[Device])


@dataclass(slots=True)
class _Source:
    devices: list[Device]
    clock: Callable[[], float] = host_time_s
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    age_s: Callable[[float], float] = age_s
    companion: Companion | None = None
    truth: Callable[[], dict[str, Any]] | None = None
    calibration: tuple[Step, ...] = ()
    replayed: bool = False


def _simulated(source: Simulated, exercise: Exercise) -> _Source:
    from biofeedback.devices.simulated import SimulatedPerson, parse_fault, simulated_devices

    try:
        person = SimulatedPerson(
            exercise,
            source.condition,
            source.seed,
            rest_s=0.5,
            reference_s=0.0,
            pause_s=0.5,
            going=False,
        )
        faults = [parse_fault(text) for text in source.faults]
        devices = simulated_devices(person, speed=source.speed, faults=faults, load=source.load)
    except ValueError as error:
        raise UserError(str(error)) from error
    clock = devices[0].clock

    def truth() -> dict[str, Any]:
        return person.truth() | {"passed_over": {device.name: device.passed_over for device in devices}}

    return _Source(
        list(devices), clock.session_s, clock.sleep, clock.age_s, person, truth, calibration=steps_of(exercise)
    )


def _replayed(source: Replayed, for_windows: bool) -> _Source:
    from biofeedback.cli.sources import open_file
    from biofeedback.devices.replay import Replay

    opened = open_file(Path(source.path), source.mapping)
    device = Replay(Path(source.path).name, opened.streams, opened.items, source.speed, shifted=for_windows)
    return _Source([device], host_time_s if for_windows else device.session_s, replayed=opened.session)


def _ports(source: Ports) -> _Source:
    from biofeedback.devices.registry import find_device

    return _Source([find_device(profile, port, name) for profile, port, name in source.devices])


def compose(
    plan: EnginePlan, publisher: Publisher | None = None, on_open: Callable[[], None] | None = None
) -> Composed:
    """Make the engine of a plan; ``on_open`` is called once its devices are open."""
    exercise = model.find(plan.exercise)
    match plan.source:
        case Simulated():
            source = _simulated(plan.source, exercise)
        case Replayed():
            source = _replayed(plan.source, for_windows=publisher is not None)
            exercise = exercise if source.replayed else as_one_set(exercise)
        case Ports():
            source = _ports(plan.source)
    about = _about(exercise, plan.person)
    recorder, salvage = _recorder(plan.recording, about, offering=not plan.auto)
    sound = _sound() if plan.sound else None
    session = SessionPlan(
        exercise=exercise,
        person=plan.person,
        person_note=plan.person_note,
        calibration=source.calibration,
        auto=plan.auto,
        replayed=source.replayed,
        seconds=plan.seconds,
        about={"program": about["program"]},
    )
    engine = Engine(
        session,
        source.devices,
        recorder=recorder,
        sound=sound,
        publisher=publisher,
        clock=source.clock,
        sleep=source.sleep,
        companion=source.companion,
        on_open=on_open,
        salvage=salvage,
        age_s=source.age_s,
    )
    return Composed(engine, exercise, recorder, sound, source.truth, source.devices)


def compose_in_room(
    plan: SessionPlan,
    devices: Sequence[Device],
    companion: Companion | None,
    publisher: Publisher,
    path: str,
    sound: bool,
) -> Composed:
    """Make a session of devices that are open; before its first set come rest, reference and movement."""
    about = _about(plan.exercise, plan.person) | plan.about | {"wanted": plan.wanted or {}}
    recorder, salvage = _recorder(path, about, offering=True)
    told = {name: value for name, value in plan.about.items() if name != "today"}  # that is no event of the session
    plan = replace(plan, calibration=steps_of(plan.exercise), about=told | {"program": about["program"]})
    speaker = _sound() if sound else None
    engine = Engine(
        plan, devices, recorder=recorder, sound=speaker, publisher=publisher, companion=companion, salvage=salvage
    )
    truth = getattr(companion, "truth", None)
    return Composed(engine, plan.exercise, recorder, speaker, truth, list(devices))


def _sound() -> Sound:
    return Sound(measured_ms=folders.sound_delays(), remember=_keep_delay)


def _keep_delay(device: str, delay_ms: float) -> None:
    try:
        folders.keep_sound_delay(device, delay_ms)
    except OSError as error:
        _log.warning("the delay of %s is not kept: %s", device, error)


def _about(exercise: Exercise, person: str) -> dict[str, Any]:
    about = {"exercise": exercise.id, "exercise_version": exercise.version, "person": person}
    about["exercise_file"] = msgspec.to_builtins(exercise)  # as it was fitted and dosed, for whoever reads it back
    return about | {"program": f"biofeedback {__version__}", "python": sys.version.split()[0]}


def _recorder(
    path: str | None, about: dict[str, Any], *, offering: bool
) -> tuple[RecordingWriter | None, Salvage | None]:
    """Make the recording, and the offer to close recordings that were left open."""
    if path is None:
        return None, None
    key = StoreKey.load_or_create(folders.home())
    recorder = RecordingWriter(Path(path), (), about, key)
    return recorder, Salvage(folders.home(), key) if offering else None
