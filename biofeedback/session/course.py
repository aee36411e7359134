"""The course of a session: sets, pauses, rests. A state machine fed by events, with no clock of its own.

Everything that changes it is an `Event` of the recording, so a replay runs the same course. `due` names the events
that time alone brings: the end of a countdown or of a rest.
"""

from __future__ import annotations

from biofeedback.exercises.model import Dose
from biofeedback.session.view import Phase
from biofeedback.stream import Event

COUNTDOWN_S = 3.0


class Course:
    """Where the session stands. ``sets`` lists when repetitions counted, from and to."""

    def __init__(self, dose: Dose) -> None:
        self.dose = dose
        self.phase: Phase = "ready"
        self.set_number = 1
        self.countdown_end_s = 0.0
        self.rest_start_s = self.rest_end_s = 0.0
        self.ended_s = 0.0
        self.estimate: int | None = None
        self.estimate_s: float | None = None
        self.live_since_s: float | None = None
        self.sets: list[tuple[float, float]] = []
        self._active_s = 0.0
        self._set_done = False

    def apply(self, event: Event) -> None:
        """Take one event; kinds that do not concern the course are passed over."""
        handler = getattr(self, f"_on_{event.kind}", None)
        if handler is not None:
            handler(event)

    def due(self, now_s: float) -> list[Event]:
        """Return the events that are due by now."""
        if self.phase == "countdown" and now_s >= self.countdown_end_s:
            return [Event(self.countdown_end_s, "live")]
        if self.phase == "rest" and now_s >= self.rest_end_s:
            return [Event(self.rest_end_s, "rest_over")]
        return []

    def active_s(self, now_s: float) -> float:
        """Return the seconds in which the person was at work."""
        running = 0.0 if self.live_since_s is None else max(0.0, now_s - self.live_since_s)
        return self._active_s + running

    @property
    def set_done(self) -> bool:
        """Whether the current set has ended, so that starting means the next one."""
        return self._set_done

    @property
    def last_set(self) -> bool:
        """Whether no set comes after the current one."""
        return self.set_number >= self.dose.sets

    def _leave_live(self, time_s: float) -> None:
        self._active_s = self.active_s(time_s)
        if self.live_since_s is not None:
            self.sets.append((self.live_since_s, time_s))
        self.live_since_s = None

    def _on_sets_before(self, event: Event) -> None:
        """Begin behind the sets of a session that broke off."""
        self.set_number = 1 + int(event.values["sets"])

    def _on_countdown(self, event: Event) -> None:
        if self._set_done and not self.last_set:
            self.set_number += 1
        self._set_done = False
        self.phase = "countdown"
        self.countdown_end_s = event.time_s + COUNTDOWN_S

    def _on_live(self, event: Event) -> None:
        self.phase, self.live_since_s = "live", event.time_s

    def _on_paused(self, event: Event) -> None:
        self._leave_live(event.time_s)
        self.phase = "paused"

    def _on_set_ended(self, event: Event) -> None:
        self._leave_live(event.time_s)
        self._set_done = True
        self.ended_s, self.estimate, self.estimate_s = event.time_s, None, None
        if self.last_set:
            self.phase = "finished"
        else:
            self.phase = "rest"
            self.rest_start_s, self.rest_end_s = event.time_s, event.time_s + self.dose.rest_s

    def _on_estimated(self, event: Event) -> None:
        self.estimate, self.estimate_s = int(event.values["choice"]), event.time_s

    def _on_set_reopened(self, event: Event) -> None:
        self._set_done, self.phase = False, "paused"

    def _on_rest_longer(self, event: Event) -> None:
        if self.phase == "rest":
            self.rest_end_s += float(event.values["seconds"])

    def _on_rest_over(self, event: Event) -> None:
        self.phase = "ready"
