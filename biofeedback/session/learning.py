"""What a session learns of a person before its first set: what 100 % is, how the sensors sit, how the person moves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import Exercise
from biofeedback.feedback.rating import OWN_REPETITIONS
from biofeedback.feedback.targets import Band
from biofeedback.measures.emg import Method
from biofeedback.measures.repetitions import RepetitionCounter, RepetitionEvent
from biofeedback.session.goal import Goal
from biofeedback.session.history import tick_of
from biofeedback.session.known import Movement, Reference
from biofeedback.session.scores import Scores
from biofeedback.session.signals import Signals
from biofeedback.session.timed import TimedCounter
from biofeedback.stream import Event

Array = NDArray[np.float64]


class Learning:
    """Follows the events of the calibration; what it finds goes to where it is used.

    ``shown`` is whether the person shows the movement now: what ``counter`` finds then is for `take`.
    """

    def __init__(
        self,
        exercise: Exercise,
        signals: Signals,
        scores: Scores,
        counter: RepetitionCounter | TimedCounter,
        goal: Goal,
        bands: Mapping[str, Band],
    ) -> None:
        self._exercise, self._signals, self._scores = exercise, signals, scores
        self._counter, self._goal, self._bands = counter, goal, bands
        self.shown = False
        self._hinge_unseen = True  # in a movement that was asked for
        self._measured = ""  # when the movement was seen that the repetitions are compared with; "" = now

    def follow(self, event: Event) -> None:
        """Take an event of the calibration."""
        match event.kind:
            case "calibrating" if event.values["step"] == "movement":
                self.shown, self._measured = True, ""
                self._scores.forget()
                if isinstance(self._counter, RepetitionCounter):
                    self._counter.restart()
            case "calibrated":
                to_s = event.time_s - float(event.values["ended_ago_s"])
                self._measure(event, to_s - float(event.values["seconds"]), to_s)
            case "reused":
                self._recall(event)
            case "calibration_left":
                self.shown = False
            case _:
                pass

    def take(self, event: RepetitionEvent) -> None:
        """Take what was counted while the movement is shown."""
        if event.kind == "finished" and event.repetition is not None and event.repetition.complete:
            self._scores.learn(event.repetition, self._bands[self._exercise.target.signal])

    def end(self) -> None:
        """Begin the set: what moved before it may have been how the sensors were put on."""
        self.shown = False
        if self._hinge_unseen:
            self._signals.forget_movement()
            self._hinge_unseen = False

    def _measure(self, event: Event, from_s: float, to_s: float) -> None:
        """Take what a step has brought between two moments."""
        match event.values["step"]:
            case "movement":
                for found in self._counter.finish():
                    self.take(found)
                self.shown = False
                self._hinge_unseen = not self._signals.take_movement(from_s, to_s)
            case "reference":
                placement, trial = str(event.values["placement"]), int(event.values["trial"])
                self._signals.take_reference(placement, from_s, to_s, trial, _method(event))
            case "pose":
                self._signals.take_pose(to_s)
                goal = self._exercise.goal_signal
                if goal.kind in ("hinge_angle", "inclination", "rotation"):
                    self._goal.rest = goal.rest_angle
            case "rest":
                self._take_rest(from_s, to_s)
            case _:
                pass

    def _take_rest(self, from_s: float, to_s: float) -> None:
        """Let the goal signal's level between two moments be the foot of the patient's display."""
        level = self._scores.track(self._exercise.target.signal).between(tick_of(from_s), tick_of(to_s))
        if not np.isnan(level).all():
            self._goal.rest = float(np.nanmedian(level))

    def _recall(self, event: Event) -> None:
        """Take what was measured before in place of measuring it now."""
        if event.values["step"] == "reference":
            placement, value_v = str(event.values["placement"]), float(event.values["value_v"])
            self._signals.set_reference(placement, value_v, _method(event))
            return
        self.shown = False
        curves = [np.asarray(curve, dtype=np.float64) for curve in event.values["own"]]
        self._scores.recall(curves, event.values.get("compensations", {}))
        if isinstance(self._counter, RepetitionCounter):
            self._counter.usual_range = float(event.values["usual_range"])
        self._measured = str(event.values["measured"])

    # what is known now ----------------------------------------------------------------------------------------------

    @property
    def learned(self) -> int:
        """Repetitions made before the first set, from which this person's own movement is learned."""
        return self._scores.learned

    @property
    def references(self) -> dict[str, Reference]:
        """The references of the muscles that were calibrated, by placement."""
        found = self._signals.references()
        return {p: Reference(value, method) for p, (value, method) in found.items() if method != "peak-dynamic"}

    @property
    def own_movement(self) -> Movement | None:
        """How the person moves in this exercise; None before two good repetitions."""
        own, exercise = self._scores.own, self._exercise
        if len(own) < OWN_REPETITIONS or not isinstance(self._counter, RepetitionCounter):
            return None
        return Movement(
            own=[np.round(curve, 2).tolist() for curve in own],
            usual_range=self._counter.usual_range,
            compensations={
                name: [round(amount, 2) for amount in amounts]
                for name, amounts in self._scores.own_compensations.items()
            },
            version=exercise.version,
            side=exercise.side,
            measured=self._measured,
        )

    def envelope_v(self, placement: str, from_s: float, to_s: float) -> Array:
        """Return a muscle's envelope in V, one value a tick; NaN where there is none."""
        return self._signals.envelope_v(placement, from_s, to_s)

    def turning_degs(self, from_s: float, to_s: float) -> Array:
        """Return how fast the fastest motion sensor turned, °/s, one value a tick; empty without motion sensors."""
        return self._signals.turning_degs(from_s, to_s)


def _method(event: Event) -> Method:
    return "mvc" if event.values["method"] == "mvc" else "submaximal"
