"""Build the page a window sees from where the session stands. Reads everything, changes nothing."""

from __future__ import annotations

import math
import time
from dataclasses import replace

from biofeedback.devices.base import DeviceStatus
from biofeedback.exercises.model import Exercise, Signal
from biofeedback.exercises.views import GOALS, praise_in, said_in
from biofeedback.feedback.rating import MOST
from biofeedback.feedback.results import Reason, RepetitionResult
from biofeedback.session.calibration_view import CalibrationView
from biofeedback.session.course import Course
from biofeedback.session.notices import Notices
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.settings import Settings
from biofeedback.session.view import (
    EventView,
    FeedbackView,
    LaneView,
    LatencyView,
    PathView,
    PatientView,
    RepetitionView,
    Screen,
    SensorView,
    SessionView,
)
from biofeedback.stream import Event, host_time_s

_PRAISE_S = 1.6
_SET_DONE_S, _ESTIMATE_S, _CHOSEN_S = 8.0, 8.0, 1.2
_EVENTS_SHOWN = 40
_SIDES = {"left": "left", "right": "right", "both": "both sides", "none": ""}


def lane_views(exercise: Exercise, pipeline: Pipeline, without: set[str]) -> tuple[LaneView, ...]:
    """Return one lane a signal, in the exercise's order."""
    return tuple(_lane(exercise, signal, pipeline, without) for signal in exercise.signals)


def _lane(exercise: Exercise, signal: Signal, pipeline: Pipeline, without: set[str]) -> LaneView:
    band = pipeline.bands[signal.id]
    light, advice = pipeline.light(signal.id)
    side = _SIDES[exercise.side]
    return LaneView(
        id=signal.id,
        name=signal.name,
        note=", ".join(text for text in (side, signal.note) if text),
        unit=signal.unit,
        word=signal.word or ("of ref." if signal.kind == "envelope" else ""),
        display=signal.display,
        inverted=signal.inverted,
        ticks=tuple(signal.ticks),
        band=(band.low, band.high),
        step=signal.step,
        narrowest=band.narrowest,
        raw=signal.kind == "envelope",
        goal=signal.id == exercise.target.signal,
        light="off" if without.intersection(signal.placements) else light,
        advice=advice,
    )


def repetition_view(repetition: RepetitionResult, pipeline: Pipeline) -> RepetitionView:
    """Return a counted repetition as the table shows it."""
    return RepetitionView(
        number=repetition.number,
        start_s=repetition.start_s,
        end_s=repetition.end_s,
        result=repetition.result,
        score=repetition.score,
        score_error=repetition.error,
        reason=repetition.reason,
        parts={name: None if part is None else 100 * part for name, part in repetition.parts.items()},
        measures={_measure_name(m.name, m.signal): (m.value, m.unit) for m in repetition.measures},
        feedback=repetition.feedback,
        probe=repetition.probe,
        undone=repetition.undone,
        reached=repetition.reached,
        level=pipeline.level(repetition.peak),
    )


def _measure_name(name: str, signal: str | None) -> str:
    return name if signal is None else f"{name}:{signal}"


def _moving_view(pipeline: Pipeline) -> list[RepetitionView]:
    if pipeline.moving_since_s is None:
        return []
    words = {"out": "On the way", "hold": "Holding now", "back": "On the way back", "rest": "At rest"}
    return [
        RepetitionView(
            number=pipeline.next_number,
            start_s=pipeline.moving_since_s,
            end_s=None,
            result="now",
            score=None,
            score_error=None,
            reason=Reason(words[pipeline.movement]),
            parts={},
            measures={},
            feedback=pipeline.shown,
            probe=pipeline.probe,
        )
    ]


def sensor_views(
    exercise: Exercise, pipeline: Pipeline, statuses: dict[str, DeviceStatus], without: set[str]
) -> tuple[SensorView, ...]:
    """Return one line a placement: its light, battery and loss."""
    sensors: list[SensorView] = []
    for placement in exercise.placements:
        source = pipeline.sources[placement.id]
        status = statuses.get(source.stream.device)
        lost = status is not None and status.state != "streaming"
        light, advice = pipeline.placement_light(placement.id)
        total = 0 if status is None else status.received_samples + status.lost_samples
        sensors.append(
            SensorView(
                id=placement.id,
                name=placement.name,
                kind=placement.kind,
                light="off" if placement.id in without else "lost" if lost else light,
                detail=status.detail if status is not None and lost else advice,
                battery_percent=None if status is None else status.battery_percent,
                loss_percent=100 * status.lost_samples / total if status is not None and total else 0.0,
                rate_hz=None if status is None else status.rate_hz,
                nominal_rate_hz=source.stream.sampling_rate_hz,
            )
        )
    return tuple(sensors)


class PageMaker:
    """Makes the page again and again, and gives it a new version only when something changed."""

    def __init__(self, exercise: Exercise, pipeline: Pipeline, course: Course, settings: Settings) -> None:
        self._exercise, self._pipeline, self._course, self._settings = exercise, pipeline, course, settings
        self._version = 0
        self._last: SessionView | None = None
        self._events: list[EventView] = []
        self._heights: dict[tuple[int, int, float], float] = {}  # where the display drew each, looked up once
        self._rows: dict[int, tuple[RepetitionResult, float, RepetitionView]] = {}  # of the set, made once each
        self.person = ""
        self.person_note = ""
        self.exercise_number = self.exercise_count = 1
        self.calibration: CalibrationView | None = None
        self.goal_text: str | None = None  # what the person is asked to do instead of the exercise's goal
        self.praise_until_s = 0.0
        self.rested_since_s = 0.0
        self.sound_device = self.sound_note = ""
        self.voice = False
        self.softens = False
        self.motors: tuple[str, ...] = ()
        self.buzzes = self.buzz_missing = ""
        self.motor_below = self.motor_above = ""
        self.recording_path = ""
        self.recording_since_s: float | None = None
        self.proposal = ""

    def note(self, event: Event, text: str) -> None:
        """Add a line to the list of events."""
        clock = time.strftime("%H:%M:%S", time.localtime(time.time() - (host_time_s() - event.time_s)))
        self._events = [EventView(clock=clock, text=text), *self._events][:_EVENTS_SHOWN]

    def make(
        self,
        now_s: float,
        statuses: dict[str, DeviceStatus],
        notices: Notices,
        latency: LatencyView,
        saved_s: float | None,
    ) -> SessionView:
        """Return the page as of now; the same object as before if nothing changed."""
        pipeline, course, settings = self._pipeline, self._course, self._settings
        sensors = sensor_views(self._exercise, pipeline, statuses, settings.without)
        worst = max(sensors, key=lambda sensor: sensor.loss_percent)
        live = course.phase == "live"
        view = SessionView(
            version=self._version,
            person=self.person,
            person_note=self.person_note,
            exercise_id=self._exercise.id,
            exercise_name=self._exercise.name,
            exercise_number=self.exercise_number,
            exercise_count=self.exercise_count,
            phase=course.phase,
            movement="paused" if course.phase == "paused" else pipeline.movement if live else "rest",
            set_number=course.set_number,
            set_count=course.dose.sets,
            repetition=min(len(pipeline.standing_in(course.set_number)) + 1, course.dose.repetitions),
            repetition_count=course.dose.repetitions,
            probes=course.dose.probes,
            active_s=course.active_s(now_s) if course.live_since_s is None else 0.0,
            active_since_s=None if course.live_since_s is None else now_s - course.active_s(now_s),
            active_goal_s=60 * course.dose.active_minutes,
            recording_since_s=self.recording_since_s,
            saved_s=saved_s,
            lanes=lane_views(self._exercise, pipeline, settings.without),
            repetitions=(
                *(_moving_view(pipeline) if live else []),
                *map(self._row, reversed(pipeline.in_set(course.set_number))),
            ),
            sensors=sensors,
            events=tuple(self._events),
            banner=notices.banner(),
            feedback=self._feedback(),
            latency=latency,
            loss_percent=worst.loss_percent,
            loss_name=worst.name,
            calibration=self.calibration,
            patient=self._patient(now_s, notices.goal_lost),
            recording_path=self.recording_path,
        )
        if self._last is None or replace(self._last, saved_s=saved_s, active_since_s=view.active_since_s) != view:
            self._version += 1
            self._last = replace(view, version=self._version)
        elif self._last.saved_s != saved_s:
            self._last = replace(self._last, saved_s=saved_s)
        return self._last

    def _row(self, repetition: RepetitionResult) -> RepetitionView:
        level = self._pipeline.level(repetition.peak)
        known = self._rows.get(repetition.number)
        if known is None or known[0] is not repetition or known[1] != level:
            known = repetition, level, repetition_view(repetition, self._pipeline)
            self._rows[repetition.number] = known
        return known[2]

    def _feedback(self) -> FeedbackView:
        settings, pipeline = self._settings, self._pipeline
        window = self._exercise.difficulty.window
        last = [r.reached for r in pipeline.standing()][-window:]
        return FeedbackView(
            cues=settings.cues,
            sound=settings.sound,
            volume=settings.volume,
            sound_mode=settings.sound_mode,
            sound_modes=self._exercise.sounds,
            sound_range=settings.sound_range,
            sound_device=self.sound_device,
            vibration=settings.touch and settings.touch_allowed if self.motors else None,
            touch_allowed=settings.touch_allowed,
            touch_strength=settings.touch_strength if self.softens else None,
            headphones=settings.headphones,
            families=dict(settings.families),
            sound_note=self.sound_note,
            voice=self.voice,
            motors=self.motors,
            buzzes=self.buzzes,
            buzz_missing=self.buzz_missing,
            motor_below=self.motor_below,
            motor_above=self.motor_above,
            schedule=settings.schedule,
            bandwidth_percent=settings.bandwidth_percent,
            next_shown=(pipeline.shows(pipeline.done_in_set + 1), pipeline.shows(pipeline.done_in_set + 2)),
            difficulty="rule" if settings.difficulty == "rule" else "fixed",
            in_target=(sum(last), len(last)),
            difficulty_note=self.proposal,
        )

    def _patient(self, now_s: float, goal_lost: bool) -> PatientView:
        exercise, pipeline, course, settings = self._exercise, self._pipeline, self._course, self._settings
        low, high = pipeline.level_band
        band = pipeline.bands[exercise.target.signal]
        in_set = pipeline.standing_in(course.set_number)
        probes_from = course.dose.repetitions - course.dose.probes
        rest_end_s, rest_total_s = self._lasting()
        return PatientView(
            screen=self._screen(now_s, goal_lost),
            view=settings.view,
            limb=exercise.feedback.limb,
            mirror=settings.mirror,
            side=exercise.side,
            goal=self.goal_text or said_in(settings.view, exercise.feedback.goal, GOALS),
            praise=self._praise(in_set[-1]) if in_set and in_set[-1].reached else "On the way",
            low=low,
            high=high,
            band=(band.low or 0.0, band.high or 0.0),
            done=len(in_set),
            of=course.dose.repetitions,
            results=tuple(r.reached for r in in_set),
            levels=tuple(self._height(r) for r in in_set),
            height_band=(low, high) if exercise.repetition.every_s is None else (MOST, 1.0),
            countdown_end_s=course.countdown_end_s,
            rest_end_s=rest_end_s,
            rest_total_s=rest_total_s,
            set_number=course.set_number,
            set_count=course.dose.sets,
            probe_done=max(0, len(in_set) - probes_from),
            probe_of=course.dose.probes,
            views=exercise.views,
            others=pipeline.other_bands,
            radius=exercise.goal_signal.display[1],
            path=self._path_view(),
            tempo=None
            if exercise.tempo is None
            else (exercise.tempo.out_s, exercise.tempo.hold_s, exercise.tempo.back_s),
            lead_ms=exercise.feedback.lead_ms,
            order=pipeline.beside.order,
            steps=pipeline.beside.steps,
            steps_done=pipeline.beside.steps_done,
            estimate=course.estimate,
            sound=settings.sound and bool(self.sound_device),
        )

    def _praise(self, repetition: RepetitionResult) -> str:
        missing = repetition.measure("hold_missing")
        return praise_in(
            self._settings.view,
            self._exercise.feedback.praise,
            held=missing is not None and missing.value == 0.0,
            timed=self._exercise.repetition.every_s is not None,
        )

    def _lasting(self) -> tuple[float, float]:
        """Return when the rest, or the calibration, ends and how long it lasts; 0 without an end."""
        course, calibration = self._course, self.calibration
        if course.phase != "ready" or calibration is None:
            return course.rest_end_s, course.rest_end_s - course.rest_start_s or course.dose.rest_s
        counted = calibration.steps[calibration.at].kind != "movement" and calibration.part != "settled"
        if not counted or calibration.paused:
            return 0.0, 0.0
        return calibration.part_end_s, calibration.part_end_s - calibration.part_start_s

    def _height(self, repetition: RepetitionResult) -> float | None:
        """Return how high a repetition stands on the display: its peak, or the share of its time in the band."""
        if self._exercise.repetition.every_s is None:
            level = self._pipeline.level(repetition.peak)
            if not math.isfinite(level):
                return None
            key = repetition.set_number, repetition.number, level
            if key not in self._heights:
                self._heights[key] = self._pipeline.drawn_height(repetition)
            return self._heights[key]
        off = repetition.measure("time_off_path")
        return None if off is None or off.value is None else 1.0 - off.value / 100.0

    def _path_view(self) -> PathView | None:
        """Return the path; during the countdown it is on its way already, so that it can be seen coming."""
        path = self._pipeline.path
        if path is None or self._course.phase == "live":
            return path
        return replace(path, start_s=self._course.countdown_end_s)

    def _screen(self, now_s: float, goal_lost: bool) -> Screen:
        course, settings = self._course, self._settings
        if settings.blank:
            return "blank"
        if course.phase == "live":
            return self._live_screen(now_s, goal_lost)
        if course.phase in ("rest", "finished") and course.set_done:
            return self._after_set(now_s)
        if course.phase == "ready" and self.calibration is not None:
            return "calibration"
        screens: dict[str, Screen] = {"countdown": "ready", "paused": "paused", "finished": "finished"}
        return screens.get(course.phase, "idle")

    def _after_set(self, now_s: float) -> Screen:
        """Ask for the person's own estimate first where that is wanted, then show the set, then let rest."""
        course = self._course
        since_s = course.ended_s
        if self._exercise.feedback.estimate:
            if course.estimate_s is None:
                if now_s - since_s < _ESTIMATE_S:
                    return "estimate"
                since_s += _ESTIMATE_S
            elif now_s - course.estimate_s < _CHOSEN_S:
                return "estimate"
            else:
                since_s = course.estimate_s + _CHOSEN_S
        if now_s - since_s < _SET_DONE_S:
            return "set_done"
        return "rest" if course.phase == "rest" else "finished"

    def _live_screen(self, now_s: float, goal_lost: bool) -> Screen:
        if goal_lost:
            return "sensor"
        if now_s < self.praise_until_s and self._pipeline.movement == "rest":
            return "rep_done"
        return "live" if self._pipeline.shown and self._settings.cues else "probe"

    def praised(self, repetition: RepetitionResult, now_s: float) -> None:
        """Keep the praise of a repetition on the patient's display for a moment, if it was answered."""
        if repetition.feedback:
            self.praise_until_s = now_s + _PRAISE_S
