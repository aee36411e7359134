"""A whole session without a window: devices in; recording, cues, sound and the windows' page out.

One asyncio loop carries everything. Samples are recorded before they are interpreted, in arrival order; what happens
(a command, a sensor lost, the end of a countdown) is an event in the same order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.base import Device, DeviceError, DeviceStatus
from biofeedback.exercises.model import Exercise
from biofeedback.outputs.sound import Sound
from biofeedback.session import commands as ask
from biofeedback.session import companion, latency, summary
from biofeedback.session.again import AsLeft, first_events
from biofeedback.session.calibration import Step
from biofeedback.session.companion import Companion
from biofeedback.session.course import Course
from biofeedback.session.happenings import Happenings
from biofeedback.session.keepsake import Keepsake
from biofeedback.session.known import Known
from biofeedback.session.latency import Percentiles
from biofeedback.session.merging import Waiting
from biofeedback.session.notices import Notices
from biofeedback.session.page import PageMaker
from biofeedback.session.pipeline import Pipeline, Update
from biofeedback.session.placing import place
from biofeedback.session.repeats import SampleCount
from biofeedback.session.salvage import Salvage
from biofeedback.session.sensors import SensorWatch
from biofeedback.session.sounding import Sounding
from biofeedback.session.touching import Touching
from biofeedback.session.view import LatencyView, SessionView
from biofeedback.session.waking import Waking, tell
from biofeedback.storage.recording import RecordingWriter
from biofeedback.stream import Chunk, Event, host_time_s

_log = logging.getLogger(__name__)
_BEAT_S = 0.05
_PAGE_S = 0.1
_LATENCY_S = 1.0
_LAST_REST_S, _LONGEST_WAIT_S = 0.8, 8.0
_LONGEST_RUN_S = 2.0  # of samples wait for a device that does not let the others have their turn


def age_s(arrived_s: float) -> float:
    """Return how long ago a chunk arrived whose times are those of the host clock."""
    return host_time_s() - arrived_s


class Publisher(Protocol):
    """Where an engine shows itself to windows."""

    def tick(self, row: NDArray[np.void]) -> None:
        """Publish one row of numbers."""
        ...

    def page(self, view: SessionView) -> None:
        """Publish the session page."""
        ...

    def beat(self) -> None:
        """Give a sign of life."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPlan:
    """What a session is to do.

    Attributes
    ----------
    calibration
        Steps before the first set, in order; see `calibration.steps_of`.
    auto
        Start sets without anybody pressing a key: the demonstration, a replay of a bare recording.
    replayed
        The devices bring the session's events too; nothing is started or ended here.
    seconds
        End by itself after this time; None = when told.
    wanted
        Placement → stream id and first column, where the choice is not left to the names.
    again
        Targets and settings to begin with; its dose is in the exercise already (`again.dosed`).
    known
        What may stand in for steps of the calibration.
    number, count
        Which of today's exercises this is.
    """

    exercise: Exercise
    person: str = ""
    person_note: str = ""
    calibration: tuple[Step, ...] = ()
    auto: bool = False
    replayed: bool = False
    seconds: float | None = None
    wanted: dict[str, tuple[str, int]] | None = None
    again: AsLeft | None = None
    known: Known | None = None
    number: int = 1
    count: int = 1
    about: dict[str, Any] = field(default_factory=dict[str, Any])


class Engine:
    """Runs one session. Everything happens on the loop that `run` runs on; `command` may be called from any thread."""

    def __init__(
        self,
        plan: SessionPlan,
        devices: Sequence[Device],
        *,
        recorder: RecordingWriter | None = None,
        sound: Sound | None = None,
        publisher: Publisher | None = None,
        clock: Callable[[], float] = host_time_s,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        companion: Companion | None = None,
        on_open: Callable[[], None] | None = None,
        salvage: Salvage | None = None,
        waking: Waking | None = None,
        age_s: Callable[[float], float] = age_s,
    ) -> None:
        """Make an engine; ``age_s`` tells how long ago, by the host clock, a chunk arrived."""
        self.plan, self.devices = plan, devices
        self.recorder, self.sound, self._publisher = recorder, sound, publisher
        self._clock, self._sleep, self._companion, self._on_open = clock, sleep, companion, on_open
        self._salvage, self._age_s = salvage, age_s
        self._waking = waking or (Waking() if clock is host_time_s else None)
        self._salvaging: asyncio.Task[None] | None = None
        self.course = Course(plan.exercise.dose)
        self.notices = Notices()
        self.statuses: dict[str, DeviceStatus] = {}
        self.decided = Percentiles()
        self.painted: ask.Painted | None = None
        self.failure: str | None = None
        self.pipeline: Pipeline
        self._keepsake: Keepsake
        self._maker: PageMaker
        self._happenings: Happenings
        self._sensors: SensorWatch
        self._sounding: Sounding
        self._touching: Touching
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()
        self._latency = LatencyView()
        self._samples = SampleCount()
        self._waiting = Waiting()
        self._arrived_s: list[float] = []  # of what waits of the goal signal
        self._came = asyncio.Event()
        self._sound_device = ""
        self._told_of_disk = ""
        self._rested_since_s = 0.0
        self._happened = False  # since the last page
        self.started_s = 0.0

    # running --------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Open the devices and run until the session has ended.

        Raises
        ------
        DeviceError, PlacementError
            If a device cannot be used, or the devices do not give what the exercise needs.
        """
        try:
            await self._open()
            self._loop = asyncio.get_running_loop()  # commands are taken from now on
            if self._on_open is not None:
                self._on_open()
            await self._stream()
        finally:
            if self._salvaging is not None:
                await self._salvaging
            for device in self.devices:
                await device.close()
            if self.sound is not None:
                self.sound.stop()

    async def _open(self) -> None:
        await asyncio.gather(*(device.open() for device in self.devices))
        streams = [stream for device in self.devices for stream in device.streams]
        exercise = self.plan.exercise
        self.pipeline = Pipeline(exercise, place(exercise, streams, self.plan.wanted))
        self._goal_streams = {self.pipeline.sources[p].stream.id for p in exercise.goal_signal.placements}
        self._keepsake = Keepsake(self.pipeline, self.course)
        self._maker = PageMaker(exercise, self.pipeline, self.course, self.pipeline.settings)
        self._maker.person, self._maker.person_note = self.plan.person, self.plan.person_note
        self._maker.exercise_number, self._maker.exercise_count = self.plan.number, self.plan.count
        self._sounding = Sounding(self.sound, self.pipeline, self.course, self.plan.again)
        self._touching = Touching(self.devices, self.statuses, self.pipeline, self.notices, self.happen, self._clock)
        self._sensors = SensorWatch(exercise, self.pipeline, self.notices)
        self._happenings = Happenings(
            self.pipeline,
            self.course,
            self.happen,
            calibration=self.plan.calibration,
            auto=self.plan.auto,
            known=self.plan.known,
        )
        if self.sound is not None:
            self.sound.start()
        if self.recorder is not None:
            for stream in streams:
                self.recorder.add_stream(stream)
        if self._salvage is not None:
            self._salvage.offer(self.notices)
        self.started_s = self._clock()
        if not self.plan.replayed:
            self.happen(Event(self.started_s, "session", {"exercise": exercise.id, **self.plan.about}))
            for event in first_events(exercise, self.pipeline.bands, self.plan.again, self.started_s):
                self.happen(event)
            self._happenings.begin(self.started_s)
        if self.recorder is not None:
            self._maker.recording_since_s = self.started_s
            self._maker.recording_path = str(self.recorder.path)

    async def _stream(self) -> None:
        streaming = [asyncio.create_task(device.run(self), name=device.name) for device in self.devices]
        interpret = asyncio.create_task(self._interpret_what_came(), name="interpret")
        beat = asyncio.create_task(self._beat(), name="beat")
        end = asyncio.create_task(self._ended.wait(), name="end")
        everything: list[asyncio.Task[Any]] = [*streaming, interpret, beat, end]
        try:
            while not (end.done() or beat.done() or interpret.done() or all(task.done() for task in streaming)):
                running = [task for task in everything if not task.done()]
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                if any(not task.cancelled() and task.exception() for task in done):
                    break
        finally:
            for task in everything:
                task.cancel()
            await asyncio.wait(everything)
            await self._touching.close()
            self._end()
        for task in everything:
            error = None if task.cancelled() else task.exception()
            if isinstance(error, DeviceError):
                self.failure = str(error)
            elif error is not None:
                raise error

    def _end(self) -> None:
        self._interpret()
        now_s = self._clock()
        if not self.plan.replayed:
            if self.pipeline.live:
                self.happen(Event(now_s, "set_ended", {"set": self.course.set_number, "why": "ended"}))
            self.happen(Event(now_s, "finished"))
        self._finished(self.pipeline.finish())
        self._publish(now_s)

    def stop(self) -> None:
        """End the session; call on the loop's thread."""
        self._ended.set()

    async def _beat(self) -> None:
        next_page_s = next_latency_s = 0.0
        while True:
            host_s, now_s = host_time_s(), self._clock()
            if self._publisher is not None:
                self._publisher.beat()
            if not self.plan.replayed:
                self._wake(now_s)
                self._sensors.watch(now_s, self.statuses, self.happen)
                self._happenings.watch(now_s, goal_lost=self._sensors.goal_lost)
            self.notices.goal_lost = self._sensors.goal_lost
            self._sounding.watch(self.notices, now_s)
            self._sounding.prompt(self._happenings.goal_text)
            self._watch_recorder()
            self.notices.expire(now_s)
            if host_s >= next_latency_s:
                next_latency_s = host_s + _LATENCY_S
                self._latency = latency.view(self.decided, self.sound, self.painted)
            if self._happened or host_s >= next_page_s:
                next_page_s = host_s + _PAGE_S
                self._publish(now_s)
            if self._time_is_up(now_s):
                self._ended.set()
            await self._sleep(_BEAT_S)

    def _wake(self, now_s: float) -> None:
        """Pause a set in which the computer slept: nobody knows what the person did meanwhile."""
        slept_s = 0.0 if self._waking is None else self._waking.stood_still_s()
        if slept_s:
            at_work = self.course.phase in ("live", "countdown")
            self.happen(Event(now_s, "slept", {"seconds": round(slept_s, 1)}))
            if at_work:
                self.happen(Event(now_s, "paused", {"why": "slept"}))
            tell(self.notices, slept_s, at_work, now_s)

    def _time_is_up(self, now_s: float) -> bool:
        """Whether the planned time is over; a repetition that is going on may come to its end."""
        if self.plan.seconds is None:
            return False
        over_s = now_s - self.started_s - self.plan.seconds
        if not self.pipeline.live or self.pipeline.movement != "rest":
            self._rested_since_s = now_s
        rested = not self.pipeline.live or now_s - self._rested_since_s > _LAST_REST_S
        return over_s >= 0 and (rested or over_s > _LONGEST_WAIT_S)

    # what comes in --------------------------------------------------------------------------------------------------

    def chunk(self, chunk: Chunk) -> None:
        """Record the next samples of one stream; they are interpreted with what else is there at this moment."""
        if self.recorder is not None:
            self.recorder.chunk(chunk)
        self._sensors.heard(chunk, self._clock())
        self._samples.add(chunk)
        self._waiting.add(chunk)
        if chunk.stream in self._goal_streams:
            self._arrived_s.append(chunk.arrived_s)
        self._came.set()
        if self._waiting.longest_s > _LONGEST_RUN_S:
            self._interpret()

    async def _interpret_what_came(self) -> None:
        while True:
            await self._came.wait()
            self._interpret()

    def _interpret(self) -> None:
        """Send what came all the way through, once a stream.

        What is said of repetitions comes last: it may be an event, and the recording has all these samples before it.
        """
        self._came.clear()
        updates: list[Update] = []
        for chunk in self._waiting.take():
            updates.append(self.pipeline.process(chunk))
            self._answer(updates[-1])
        self._arrived_s.clear()
        for update in updates:
            if update.counted or update.finished or update.retracted:
                self._finished(update)
                self._publish(self._clock())

    def status(self, status: DeviceStatus) -> None:
        """Take a device's change of state."""
        self.statuses[status.device] = status

    def event(self, event: Event) -> None:
        """Take an event a replayed recording tells."""
        if event.kind == "session":
            self.started_s = event.time_s
        self.happen(event)

    def command(self, command: ask.Command) -> None:
        """Take a command of a window; may be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._obey, command)

    def _obey(self, command: ask.Command) -> None:
        match command:
            case ask.Painted():
                self.painted = command
            case ask.DismissBanner():
                self.notices.dismiss()
            case ask.PlaySample():
                self._sounding.sample()
            case ask.MeasureSound():
                self._sounding.measure(self.notices)
            case ask.SetLanguage(code=code):
                self._sounding.speak_language(code)
            case ask.PracticeBuzz(side=side):
                self._touching.practise(side)
            case ask.RecoverRecordings():
                if self._salvage is not None and self._salvaging is None:
                    self._salvaging = asyncio.create_task(self._salvage.run(self.notices))
            case ask.Finish():
                self._ended.set()
            case _:
                self._happenings.obey(command, self._clock())
        self._publish(self._clock())

    def happen(self, event: Event) -> None:
        """Let something happen: into the recording, then to everything that follows events."""
        self._interpret()  # what was recorded before it
        if self.recorder is not None:
            self.recorder.event(event)
        self.course.apply(event)
        self._keepsake.apply(event)
        self._finished(self.pipeline.apply(event))
        self._happened = True  # a page comes when all that belongs together has happened
        self._sounding.apply(event)
        if self._companion is not None:
            companion.tell(self._companion, event)
        text = self._happenings.words(event)
        if text:
            self._maker.note(event, text)

    # what goes out --------------------------------------------------------------------------------------------------

    def _answer(self, update: Update) -> None:
        decided_s = host_time_s()
        if update.rows:
            for arrived_s in self._arrived_s:
                self.decided.add(self._age_s(arrived_s), arrived_s)
            self._arrived_s.clear()
        for row, cue in zip(update.rows, update.cues, strict=True):
            row["decided_s"] = decided_s
            if self._publisher is not None:
                self._publisher.tick(row)
            if self._companion is not None and row["cue"]:
                companion.show(self._companion, cue)
            self._sounding.cue(cue, row, decided_s)
            self._touching.cue(cue, bool(row["cue"]))

    def _finished(self, update: Update) -> None:
        now_s = self._clock()
        for _ in range(update.counted):
            self._sounding.counted(host_time_s())
            self._touching.counted(self.pipeline.shows(self.pipeline.done_in_set), self.pipeline.goal_reached)
        for repetition in update.finished:
            self._maker.praised(repetition, now_s)
            self._maker.note(Event(repetition.end_s, "counted"), self._happenings.counted_words(repetition))
            self._happenings.rated(repetition, now_s)

    def _publish(self, now_s: float) -> None:
        self._happened = False
        self._sound_device = "" if self.sound is None else self.sound.device
        if self._publisher is None:
            return
        self._maker.sound_device = self._sound_device
        self._maker.sound_note, self._maker.voice = self._sounding.note, self._sounding.voice
        self._maker.motors = self._touching.motors
        self._maker.motor_below, self._maker.motor_above = self._touching.at("below"), self._touching.at("above")
        self._maker.softens = self._touching.softens
        self._maker.buzzes, self._maker.buzz_missing = self._touching.buzzes, self._touching.silent
        self._maker.proposal = self._happenings.proposal
        self._maker.calibration = self._happenings.calibration.view(now_s)
        self._maker.goal_text = self._happenings.goal_text
        saved_s = None if self.recorder is None else self.recorder.saved_s
        view = self._maker.make(now_s, self.statuses, self.notices, self._latency, saved_s)
        self._publisher.page(view)

    def document(self) -> dict[str, Any]:
        """Return the session so far in plain JSON values."""
        document = summary.session(self.plan.exercise, self.pipeline.repetitions, self.started_s)
        document["person"] = self.plan.person
        document["visit"] = self.plan.about.get("visit", "")
        document["duration_s"] = round(self._clock() - self.started_s, 2)
        document["active_s"] = round(self.course.active_s(self._clock()), 2)
        document["latency_ms"] = latency.document(self.decided, self._latency)
        document["samples"] = dict(self._samples.of_stream)
        document["methods"] = self.pipeline.methods()
        document["sound"] = "" if self.sound is None else self._sound_device
        document["failure"] = self.failure
        document |= self._keepsake.document()
        return document

    def during_sets(self, repetitions: list[dict[str, Any]]) -> int:
        """Count the true repetitions that fell into a set, from the middle of the way out to that of the way back."""
        return sum(
            any(
                begin_s <= (r["start_s"] + r["peak_s"]) / 2 and (r["back_s"] + r["end_s"]) / 2 <= end_s
                for begin_s, end_s in self.course.sets
            )
            for r in repetitions
        )

    def _watch_recorder(self) -> None:
        if self.recorder is None:
            return
        if self.recorder.failure is not None and self.failure is None:
            self.failure = self.recorder.failure
            self.notices.put("disk", "fault", "The recording has stopped.", self.recorder.failure)
            _log.error("recording stopped: %s", self.recorder.failure)
        elif self.recorder.failure is None:
            self._tell_of_disk(self.recorder.warning or "")

    def _tell_of_disk(self, warning: str) -> None:
        """Say what threatens the recording, once where it was read; and that it is over."""
        what, told = warning.partition(":")[0], self._told_of_disk
        self._told_of_disk = what
        if warning and (what != told or self.notices.stands("disk")):
            self.notices.put("disk", "warn", "The recording needs a look.", warning)
        elif told and not warning:
            self.notices.back("disk", "The disk takes the recording again.", "Nothing was lost.", self._clock())
