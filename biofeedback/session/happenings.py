"""What happens in a session: commands and time become events, and events become words for the list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from biofeedback.feedback import targets
from biofeedback.feedback.results import RepetitionResult
from biofeedback.session import commands as ask
from biofeedback.session.calibration import Calibration, Step
from biofeedback.session.calibration_view import Kind, Part
from biofeedback.session.course import Course
from biofeedback.session.known import Known
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.settings import events_of
from biofeedback.stream import Event

_GOALS: dict[tuple[Kind, Part], str] = {
    ("rest", "count"): "Keep still. Let go.",
    ("rest", "hold"): "Keep still. Let go.",
    ("reference", "count"): "Get ready to press",
    ("reference", "hold"): "Press now, as hard as is comfortable",
    ("reference", "pause"): "Let go. Rest.",
    ("pose", "count"): "Keep still",
    ("pose", "hold"): "Keep still",
    ("movement", "hold"): "Move there and back, twice",
}
_AGAIN = {"sensor": "Counting down again after the loss", "view": "Counting down again: another view"}
_HARD = "Press now, as hard as you can"
_AUTO_REST_S = 4.0
_LONGEST_REST_S = 600.0


class Happenings:
    """The only maker of session events, except for sensors (`SensorWatch`) and replays."""

    def __init__(
        self,
        pipeline: Pipeline,
        course: Course,
        happen: Callable[[Event], None],
        *,
        calibration: tuple[Step, ...] = (),
        auto: bool = False,
        known: Known | None = None,
    ) -> None:
        self._pipeline, self._course, self._happen = pipeline, course, happen
        self.calibration = Calibration(
            pipeline.exercise, calibration, pipeline.learning, happen, alone=auto, known=known
        )
        self._auto = auto
        self._undone: list[tuple[int, int]] = []
        self._goal_lost = False
        self.proposal = ""

    def begin(self, now_s: float) -> None:
        """Start with the first step of the calibration, or at once."""
        self.calibration.begin(now_s)
        if self._auto and not self.calibration.running:
            self._start(now_s)

    def watch(self, now_s: float, *, goal_lost: bool = False) -> None:
        """Bring what time alone brings; ``goal_lost`` is whether the sensor the person follows is silent."""
        if self.calibration.running:
            self.calibration.watch(now_s)
            if self._auto and not self.calibration.running:
                self._start(now_s)
        for event in self._course.due(now_s):
            self._happen(event)
        if self._goal_lost and not goal_lost and self._course.phase == "live":
            self._count_down_again("sensor", now_s)  # the person rested
        self._goal_lost = goal_lost
        done = self._pipeline.done_in_set >= self._course.dose.repetitions
        back_at_rest = self._pipeline.movement in ("rest", "out")  # or off again already: the last one is over
        if self._course.phase == "live" and done and back_at_rest:
            self._end_set(now_s, "done")
        if self._auto and self._course.phase == "rest" and now_s - self._course.rest_start_s > _AUTO_REST_S:
            self._start(now_s)

    # commands -------------------------------------------------------------------------------------------------------

    def obey(self, command: ask.Command, now_s: float) -> None:
        """Turn a command into events; one that does not fit the moment does nothing."""
        if isinstance(command, ask.CalibrationCommand):
            self.calibration.obey(command, now_s)
            return
        if isinstance(command, ask.SetView) and command.view not in self._pipeline.exercise.views:
            return
        old_view = self._pipeline.settings.view
        for event in events_of(command, now_s):
            self._happen(event)
        if self._course.phase == "live" and self._pipeline.settings.view != old_view:
            self._count_down_again("view", now_s)  # the person has to find their way in another picture
        self._steer(command, now_s)
        self._touch_up(command, now_s)

    def _steer(self, command: ask.Command, now_s: float) -> None:
        """Take a command that moves the session on."""
        match command:
            case ask.Start():
                self._start(now_s)
            case ask.Pause() if self._course.phase in ("live", "countdown"):
                self._happen(Event(now_s, "paused"))
            case ask.StopSet() if self._course.phase in ("live", "paused", "countdown"):
                self._end_set(now_s, "stopped")
            case ask.ReopenSet() if self._course.set_done:
                self._happen(Event(now_s, "set_reopened", {"set": self._course.set_number}))
            case ask.NextSet() | ask.LongerRest():
                self._change_rest(command, now_s)
            case _:
                pass

    def _touch_up(self, command: ask.Command, now_s: float) -> None:
        """Take a command that changes something on the way."""
        match command:
            case ask.Mark(note=note):
                self._happen(Event(now_s, "mark", {"note": note[:500]}))
            case ask.Estimate(choice=choice) if self._course.set_done and self._course.estimate is None:
                self._happen(Event(now_s, "estimated", {"set": self._course.set_number, "choice": choice}))
            case ask.UndoRepetition() | ask.RedoRepetition():
                self._undo(command, now_s)
            case ask.MoveTarget() | ask.Easier() | ask.Harder():
                self._move_target(command, now_s)
            case _:
                pass

    def _start(self, now_s: float) -> None:
        if self._course.phase not in ("ready", "rest", "paused"):
            return
        self.calibration.end(now_s)
        following = self._course.set_done and not self._course.last_set
        number = self._course.set_number + (1 if following else 0)
        self._happen(Event(now_s, "countdown", {"set": number}))

    def _count_down_again(self, why: str, now_s: float) -> None:
        """Count 3-2-1 in mid-set before it counts again."""
        self._happen(Event(now_s, "paused", {"why": why}))
        self._start(now_s)

    def _end_set(self, now_s: float, why: str) -> None:
        self._happen(Event(now_s, "set_ended", {"set": self._course.set_number, "why": why}))

    def _change_rest(self, command: ask.NextSet | ask.LongerRest, now_s: float) -> None:
        if isinstance(command, ask.LongerRest):
            if self._course.phase == "rest" and 0 < command.seconds <= _LONGEST_REST_S:
                self._happen(Event(now_s, "rest_longer", {"seconds": command.seconds}))
            return
        if self._course.phase in ("live", "paused", "countdown"):
            self._end_set(now_s, "next")
        if self._course.phase == "rest":
            self._happen(Event(now_s, "rest_over"))

    def _undo(self, command: ask.UndoRepetition | ask.RedoRepetition, now_s: float) -> None:
        if isinstance(command, ask.UndoRepetition):
            standing = self._pipeline.standing_in(self._course.set_number)
            if not standing:
                return
            struck, kind = (standing[-1].set_number, standing[-1].number), "undone"
            self._undone.append(struck)
        elif self._undone:
            struck, kind = self._undone.pop(), "redone"
        else:
            return
        self._happen(Event(now_s, kind, {"set": struck[0], "number": struck[1]}))

    def _move_target(self, command: ask.MoveTarget | ask.Easier | ask.Harder, now_s: float, by: str = "hand") -> None:
        exercise = self._pipeline.exercise
        lane = command.lane if isinstance(command, ask.MoveTarget) else exercise.target.signal
        if lane not in self._pipeline.bands:
            return
        band = self._pipeline.bands[lane]
        if isinstance(command, ask.MoveTarget):
            new = band.moved(command.edge, command.value, exercise.signal(lane).display)
        else:
            direction = "easier" if isinstance(command, ask.Easier) else "harder"
            easy_edge = "high" if exercise.repetition.peak_at == "low" else "low"
            new = targets.stepped(band, direction, exercise.difficulty, easy_edge)
        if new != band:
            values: dict[str, Any] = {"lane": lane, "low": new.low, "high": new.high, "by": by}
            self._happen(Event(now_s, "target", values | {"old_low": band.low, "old_high": band.high}))

    def rated(self, repetition: RepetitionResult, now_s: float) -> None:
        """Let the difficulty rule act on, or speak of, the repetitions so far."""
        rule = self._pipeline.exercise.difficulty
        since = [r for r in self._pipeline.standing() if r.band == repetition.band]
        wish = targets.proposal([r.reached for r in since], rule)
        if wish is None:
            self.proposal = ""
            return
        reached = sum(r.reached for r in since[-rule.window :])
        self.proposal = f"{reached} of {rule.window} in target: {wish}?"
        if self._pipeline.settings.difficulty == "rule":
            self._move_target(ask.Harder() if wish == "harder" else ask.Easier(), now_s, by="rule")

    @property
    def goal_text(self) -> str | None:
        """What the patient is asked to do by the calibration; None while there is none."""
        now = self.calibration.now
        if now is None:
            return None
        hard = now == ("reference", "hold") and self.calibration.method == "mvc"
        return _HARD if hard else _GOALS.get(now)

    # words ----------------------------------------------------------------------------------------------------------

    def words(self, event: Event) -> str:
        """Return the line of the event list for an event; empty for those that are not listed."""
        values = event.values
        names = {placement.id: placement.name for placement in self._pipeline.exercise.placements}
        match event.kind:
            case "live":
                return f"Set {self._course.set_number} started"
            case "set_ended":
                return f"Set {values.get('set')} ended"
            case "paused":
                return _AGAIN.get(str(values.get("why")), "Paused")
            case "mark":
                return f"Mark: {values['note']}" if values.get("note") else "Mark"
            case "target":
                return self._band_words(values)
            case "estimated":
                words = ("much less", "a bit less", "just right", "a bit more", "much more")
                return f"Own estimate: {words[min(max(int(values['choice']), 1), 5) - 1]}"
            case "slept":
                return f"Slept or stood still for {values['seconds']:.0f} s"
            case "undone" | "redone":
                return f"Repetition {values['number']} {'struck out' if event.kind == 'undone' else 'taken back in'}"
            case "sensor_lost" | "sensor_back" | "rate_wrong" | "rate_right":
                return self._sensor_words(event, names)
            case "calibrated" | "reused":
                return self._calibrated_words(event, names)
            case _:
                return ""

    @staticmethod
    def _sensor_words(event: Event, names: dict[str, str]) -> str:
        name = names.get(event.values["placement"], event.values["placement"])
        match event.kind:
            case "sensor_lost":
                return f"{name} lost"
            case "sensor_back":
                return f"{name} back, gap of {event.values['gap_s']:.1f} s"
            case "rate_wrong":
                return f"{name}: wrong rate"
            case _:
                return f"{name}: right rate again"

    @staticmethod
    def _calibrated_words(event: Event, names: dict[str, str]) -> str:
        values = event.values
        muscle = names.get(values["placement"], values["placement"])
        if event.kind == "reused":
            return f"{muscle}: reference of before" if muscle else "Movement as last time"
        words = {"rest": "Rest taken", "pose": "Pose taken", "movement": "Movement learned"}
        return words.get(values["step"], f"{muscle}: reference taken, trial {values['trial']}")

    def _band_words(self, values: dict[str, Any]) -> str:
        signal = self._pipeline.exercise.signal(values["lane"])
        unit = signal.unit if signal.unit == "°" else f" {signal.unit}"
        edges = [
            f"{values[f'old_{edge}']:.0f}{unit} to {values[edge]:.0f}{unit}"
            for edge in ("low", "high")
            if values.get(edge) is not None and values.get(f"old_{edge}") != values[edge]
        ]
        return f"{signal.name}: {', '.join(edges)}, by {values.get('by', 'hand')}"

    def counted_words(self, repetition: RepetitionResult) -> str:
        """Return the line of the event list for a repetition."""
        total = "no score" if repetition.score is None else f"{repetition.score:.0f}"
        return f"Repetition {repetition.number} counted, {total}"
