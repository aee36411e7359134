"""What the patient's display shows beside the goal signal: other signals, pace, game, order of onsets, steps."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import Exercise, Signal
from biofeedback.feedback import targets
from biofeedback.feedback.cues import STATES, Cue, CueRule
from biofeedback.feedback.pace import AGREEMENTS, Movement, Pace
from biofeedback.feedback.steadying import drawing
from biofeedback.feedback.targets import Band
from biofeedback.measures.repetitions import RepetitionCounter, RepetitionEvent, RepetitionSettings
from biofeedback.session.onsets import Onsets
from biofeedback.session.placing import Source
from biofeedback.session.view import GRID_HZ, OrderView, StepView
from biofeedback.stream import Chunk

Array = NDArray[np.float64]

_STEPS_KEPT = 8
_HELD = ("in", "hold")


class Beside:
    """Follows an exercise's other signals tick by tick; a function of what came in, like the pipeline it serves."""

    def __init__(self, exercise: Exercise, sources: Mapping[str, Source]) -> None:
        self._exercise = exercise
        self._onsets: Onsets | None = None
        if "order" in exercise.views:
            muscles = (exercise.target.signal, exercise.feedback.others[0])
            self._onsets = Onsets(*(sources[exercise.signal(name).placements[0]] for name in muscles))
        self._signals = [exercise.signal(name) for name in exercise.feedback.others]
        self._lanes = [exercise.signals.index(signal) for signal in self._signals]
        self._rules = [CueRule(0.0, 1.0, 0.0) for _ in self._signals]
        self._drawn = [drawing(signal) for signal in self._signals]
        self._pace = Pace(exercise.tempo) if exercise.tempo is not None else None
        self._game_s = exercise.feedback.game_s or _game_s(exercise)
        self._held_s = 0.0
        self._set_number = 0
        self._stepping = counter_of(exercise) if exercise.feedback.view == "gait" else None
        self._steps: deque[StepView] = deque(maxlen=_STEPS_KEPT)
        self.steps_done = 0
        self.order: OrderView | None = None

    @property
    def steps(self) -> tuple[StepView, ...]:
        """The last steps of both feet, in their order."""
        return tuple(self._steps)

    def begin(self, set_number: int) -> None:
        """Begin a set, or go on with it: the game goes on within a set, the other foot is counted anew."""
        if set_number != self._set_number:
            self._set_number, self._held_s, self.steps_done, self.order = set_number, 0.0, 0, None
            self._steps.clear()
        if self._stepping is not None:
            self._stepping.restart()

    # tick by tick ---------------------------------------------------------------------------------------------------

    def fill(self, row: NDArray[np.void], cue: Cue, movement: Movement, low: float, *, live: bool) -> None:
        """Write into a row what goes with the cue of its tick; ``low`` is where the target begins on the display."""
        for place, (signal, lane, rule) in enumerate(zip(self._signals, self._lanes, self._rules, strict=True)):
            value = float(row["value"][lane])
            other = rule.decide(cue.time_s, level_of(signal, value), movement)
            row["other_value"][place], row["other_level"][place] = value, self._drawn[place](other.level)
            row["other_state"][place] = STATES.index(other.state)
        if live and cue.state in _HELD:
            self._held_s += 1.0 / GRID_HZ
        row["gained"] = min(1.0, self._held_s / self._game_s)
        if self._pace is not None:
            place = self._pace.at(cue.time_s, cue.level, low, movement)
            row["pace"] = place.ball, place.person
            row["agreement"] = AGREEMENTS.index(place.agreement)

    def set_bands(self, bands: Mapping[str, Band]) -> None:
        """Take over the bands of the other signals."""
        for signal, rule in zip(self._signals, self._rules, strict=True):
            rule.set_band(*level_band(signal, bands[signal.id]))

    # once a repetition ----------------------------------------------------------------------------------------------

    def other_moved(self, signal: str, times_s: Array, values: Array, live: bool) -> None:
        """Take the next samples of a signal; where it is the other foot's, its steps are counted."""
        if live and self._stepping is not None and signal == self._signals[0].id:
            for event in self._stepping.process(times_s, values):
                self._stepped(event, "right", self._signals[0])

    def goal_moved(self, event: RepetitionEvent) -> None:
        """Take what the counter of the repetitions found; where it counts steps, they are the left foot's."""
        if self._stepping is not None:
            self._stepped(event, "left", self._exercise.goal_signal)

    def _stepped(self, event: RepetitionEvent, side: str, signal: Signal) -> None:
        if event.kind == "finished" and event.repetition is not None:
            level = level_of(signal, event.repetition.peak_value)
            self._steps.append(StepView(side="left" if side == "left" else "right", level=level))
            self.steps_done += 1
        elif event.kind == "retracted":
            self.steps_done = max(0, self.steps_done - 1)

    def listen(self, chunk: Chunk) -> None:
        """Take a chunk as it came, for the onsets of muscles."""
        if self._onsets is not None:
            self._onsets.process(chunk)

    def buzzed(self, from_s: float, to_s: float) -> None:
        """Take when a motor vibrated: no onset is believed then."""
        if self._onsets is not None:
            self._onsets.buzzed(from_s, to_s)

    def rated(self, start_s: float, peak_s: float, end_s: float) -> None:
        """Look back at a repetition: which muscle came first, and by how much."""
        if self._onsets is not None:
            lead_ms = self._onsets.lead_ms(start_s, peak_s)
            self.order = OrderView(lead_ms=lead_ms, lasted_ms=1000.0 * (end_s - start_s))


def counter_of(exercise: Exercise) -> RepetitionCounter:
    """Return a counter of what an exercise has for a repetition."""
    rule = exercise.repetition
    return RepetitionCounter(
        RepetitionSettings(
            expected_range=rule.expected_range,
            smallest_range=rule.smallest_range,
            peak_at=rule.peak_at,
            shortest_s=rule.shortest_s,
            longest_s=rule.longest_s,
            fades=exercise.signal(rule.signal).kind == "travel",
        )
    )


def level_of(signal: Signal, value: float) -> float:
    """Put a value on its signal's own display scale: 0 at one end, 1 at the other, turned round if inverted."""
    low, high = signal.display
    return targets.level(value, high, low) if signal.inverted else targets.level(value, low, high)


def level_band(signal: Signal, band: Band) -> tuple[float, float]:
    """Return a signal's band on its own display scale; an open side reaches the end of the display."""
    edges = sorted(
        level_of(signal, end if edge is None else edge)
        for edge, end in zip((band.low, band.high), signal.display, strict=True)
    )
    return edges[0], edges[1]


def _game_s(exercise: Exercise) -> float:
    """Return the time in the band of a set in which four of five repetitions are held as long as asked for."""
    timed = exercise.repetition.every_s
    each_s = timed if timed is not None else max(exercise.target.hold_s, 1.0)
    return max(5.0, 0.8 * exercise.dose.repetitions * each_s)


def nothing_beside(row: NDArray[np.void]) -> None:
    """Mark in a row that nothing is known beside the goal signal."""
    for field in ("other_level", "other_value"):
        row[field] = math.nan
    row["other_state"] = STATES.index("idle")
