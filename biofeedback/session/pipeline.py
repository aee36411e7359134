"""The whole path from a chunk to a cue and a score, in one place: `Pipeline.process`.

A pipeline is fed chunks and events in the order in which they are recorded, and nothing else: no clock, no screen, no
device. So a replay gives the repetitions and scores the live session gave, and any chunking gives the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import Exercise
from biofeedback.feedback import schedule, targets
from biofeedback.feedback.cues import STATES, Cue, CueRule
from biofeedback.feedback.rating import Span
from biofeedback.feedback.results import RepetitionResult
from biofeedback.feedback.steadying import drawing
from biofeedback.measures.repetitions import Repetition, RepetitionCounter, RepetitionEvent
from biofeedback.session.beside import Beside, counter_of, level_band
from biofeedback.session.goal import Goal
from biofeedback.session.history import tick_of
from biofeedback.session.lanes import Lanes
from biofeedback.session.learning import Learning
from biofeedback.session.placing import Source
from biofeedback.session.scores import Scores
from biofeedback.session.set_count import SetCount
from biofeedback.session.settings import Settings
from biofeedback.session.signals import GridBlock, Signals
from biofeedback.session.timed import TimedCounter
from biofeedback.session.view import PathView
from biofeedback.stream import Chunk, Event

Array = NDArray[np.float64]
Light = Literal["good", "weak", "lost"]


@dataclass(slots=True)
class Update:
    """What one chunk brought: a row and a cue a tick of the goal signal, and repetitions counted or changed."""

    rows: list[NDArray[np.void]] = field(default_factory=list[NDArray[np.void]])
    cues: list[Cue] = field(default_factory=list[Cue])
    counted: int = 0
    finished: list[RepetitionResult] = field(default_factory=list[RepetitionResult])
    retracted: int = 0


class Pipeline:
    """Chunks and events in; cues, repetitions and scores out."""

    def __init__(
        self,
        exercise: Exercise,
        sources: Mapping[str, Source],
        on_signal: Callable[[GridBlock], None] | None = None,
        *,
        answering: bool = True,
    ) -> None:
        """Make a pipeline; ``on_signal`` hears every block, and without ``answering`` no cues and rows are made."""
        rule, goal = exercise.repetition, exercise.goal_signal
        self.exercise, self.sources = exercise, sources
        self.settings = Settings(exercise)
        self.bands = {s.id: targets.side_band(s) for s in exercise.signals}
        self.bands[goal.id] = targets.goal_band(exercise.target)
        self.movement: Literal["rest", "out", "hold", "back"] = "rest"
        self.moving_since_s: float | None = None
        self._on_signal, self._answering = on_signal, answering
        self._live = False
        self._signals = Signals(exercise, sources)
        self._scores = Scores(exercise, self._signals)
        self._set = SetCount(self._scores)
        self._lanes = Lanes(exercise, self.bands)
        self._timed = None if rule.every_s is None else TimedCounter(rule.every_s)
        self._counter = self._timed or counter_of(exercise)
        self._goal = Goal(exercise, self.bands, self._timed)
        self.learning = Learning(exercise, self._signals, self._scores, self._counter, self._goal, self.bands)
        self._cue = CueRule(*self.level_band, exercise.target.hold_s, once=rule.every_s is None)
        self._drawn = drawing(goal)
        self.beside = Beside(exercise, sources)
        self.beside.set_bands(self.bands)

    def process(self, chunk: Chunk) -> Update:
        """Take the next samples of one stream, all the way through."""
        update = Update()
        self.beside.listen(chunk)
        for block in self._signals.process(chunk):  # chunk → signal
            self._scores.hear(block)
            if self._on_signal is not None:
                self._on_signal(block)
            self._lanes.take(block)
            self.beside.other_moved(block.signal, block.times_s, block.values, self._live)
            if self._answering and block.signal == self.exercise.target.signal:
                self._answer(block, chunk.arrived_s, update)  # signal → repetition and cue, tick by tick
            elif self._counts(block):
                for event in self._counter.process(block.times_s, block.values):  # signal → repetition
                    self._moved(event, update)
        self._rate(update)  # measures → score
        return update

    def apply(self, event: Event) -> Update:
        """Take an event of the session: it opens and closes sets, moves bands, changes settings, calibrates."""
        self.settings.apply(event)
        update = Update()
        match event.kind:
            case "live":
                self._live = True
                self._begin(event.time_s)
            case "paused" | "set_ended" | "finished":
                self._close(update)
            case "countdown":
                self._set.turn_to(int(event.values.get("set", self._set.set_number)))
            case "target":
                self._move_band(event)
            case "undone" | "redone":
                self._strike(int(event.values["set"]), int(event.values["number"]), event.kind == "undone")
            case "calibrating" | "calibrated" | "reused" | "calibration_left":
                self.learning.follow(event)
                self._cue.set_band(*self.level_band)
            case "sensor_lost":
                self._scores.sensor_lost(str(event.values["placement"]))
                self._rate(update)
            case "sensor_back":
                self._scores.sensor_back(str(event.values["placement"]))
            case "rate_wrong" | "rate_right":
                words = str(event.values.get("words", ""))
                self._signals.doubt_rate(str(event.values["placement"]), words, event.time_s)
            case "buzz":
                self.beside.buzzed(event.time_s, event.time_s + float(event.values["lasts_s"]))
            case _:
                pass
        return update

    def finish(self) -> Update:
        """Score what is left at the end of a recording."""
        update = Update()
        self._close(update)
        return update

    # the path, step by step -----------------------------------------------------------------------------------------

    def _counts(self, block: GridBlock) -> bool:
        return block.signal == self.exercise.repetition.signal and (self._live or self.learning.shown)

    def _answer(self, block: GridBlock, arrived_s: float, update: Update) -> None:
        """Decide a cue at each tick, from the movement as it was known by then: any chunking gives the same."""
        trusted, times_s = self._signals.trusted(block).values, block.times_s
        rows = self._lanes.rows(block.signal, times_s, trusted)
        rises = self._goal.rises(times_s)
        rows["arrived_s"], rows["rise"] = arrived_s, rises
        low, high = self.level_band
        counts, cued = self._counts(block), self._live and self.settings.cues
        moves = self.exercise.target.path is not None
        ticks = zip(rows, times_s.tolist(), block.values.tolist(), trusted.tolist(), rises.tolist(), strict=True)
        for row, time_s, value, known, rise in ticks:
            if counts:
                for event in self._counter.take(time_s, value):
                    self._moved(event, update)
            if moves:
                self._cue.set_band(low + rise, high + rise)
            cue = self._cue.decide(time_s, self.level(known), self.movement)
            row["level"] = self._drawn(cue.level)
            row["state"], row["hold_left_s"] = STATES.index(cue.state), cue.hold_left_s
            row["cue"] = cued and self.shown
            row["left_s"] = 0.0 if self._timed is None else self._timed.left_s(time_s)
            self.beside.fill(row, cue, self.movement, low, live=self._live)
            update.rows.append(row)
            update.cues.append(cue)

    def _moved(self, event: RepetitionEvent, update: Update) -> None:
        if self.learning.shown:
            self.learning.take(event)
            return
        self.beside.goal_moved(event)
        if event.kind == "phase":
            if event.phase == "out" and self.movement in ("rest", "back"):
                self._cue.begin_repetition()
                self.moving_since_s = event.time_s
            if event.phase == "rest":
                self.moving_since_s = None
            self.movement = event.phase
        elif event.kind == "counted":
            self._set.done += 1
            update.counted += 1
        elif event.kind == "finished" and event.repetition is not None:
            self._scores.add(self._span(event.repetition))
        elif event.kind == "retracted" and event.repetition is not None:
            update.retracted += self._set.take_back(event.repetition)

    def _span(self, repetition: Repetition) -> Span:
        number, place = self._set.number(repetition)
        return Span(
            number=number,
            set_number=self._set.set_number,
            start_tick=tick_of(repetition.start_s),
            peak_tick=tick_of(repetition.peak_s),
            end_tick=tick_of(repetition.end_s),
            bands=dict(self.bands),
            without=frozenset(self.settings.without),
            feedback=self.settings.cues and self.shows(place),
            probe=self.is_probe(place),
            path=self._goal.way(tick_of(repetition.start_s), tick_of(repetition.end_s)),
            complete=repetition.complete,
        )

    def _rate(self, update: Update, at_the_end: bool = False) -> None:
        rated, invented = self._scores.rate(at_the_end)
        self._set.done -= invented
        for result in rated:
            self.beside.rated(result.start_s, result.peak_s, result.end_s)
        update.finished += rated

    # what events change ---------------------------------------------------------------------------------------------

    def _restart(self, time_s: float) -> None:
        if self._timed is not None:
            self._timed.restart(time_s, max(0, self.exercise.dose.repetitions - self._set.done))
        elif isinstance(self._counter, RepetitionCounter):
            self._counter.restart()

    def _begin(self, time_s: float) -> None:
        self.learning.end()
        self._restart(time_s)
        self._set.begin()
        self.beside.begin(self._set.set_number)
        self.movement, self.moving_since_s = "rest", None
        self._cue.begin_repetition()

    def _close(self, update: Update) -> None:
        if self._live:
            for event in self._counter.finish():
                self._moved(event, update)
            self._rate(update, at_the_end=True)
        self._live = False
        self.movement, self.moving_since_s = "rest", None

    def _move_band(self, event: Event) -> None:
        lane = str(event.values["lane"])
        if lane in self.bands:
            low, high = event.values["low"], event.values["high"]
            self.bands[lane] = replace(self.bands[lane], low=low, high=high)
            self._cue.set_band(*self.level_band)
            self.beside.set_bands(self.bands)

    def _strike(self, set_number: int, number: int, undone: bool) -> None:
        more = self._set.strike(set_number, number, undone)
        if self._timed is not None:
            self._timed.allow(-more)

    # what others ask ------------------------------------------------------------------------------------------------

    @property
    def repetitions(self) -> list[RepetitionResult]:
        """All repetitions that were scored, struck ones included, in order."""
        return self._scores.results

    @property
    def level_band(self) -> tuple[float, float]:
        """The target band on the display's scale."""
        return self._goal.band

    @property
    def other_bands(self) -> tuple[tuple[float, float], ...]:
        """The bands of the exercise's other signals, each on its own display scale."""
        names = self.exercise.feedback.others
        return tuple(level_band(self.exercise.signal(name), self.bands[name]) for name in names)

    @property
    def path(self) -> PathView | None:
        """The way the target takes in this set, on the display's scale; None where it stands still."""
        return self._goal.path

    def level(self, value: float) -> float:
        """Put a value of the goal signal on the display's scale, 0 at rest, 1 at the top."""
        return self._goal.level(value)

    def drawn_height(self, repetition: RepetitionResult) -> float:
        """Return how high a repetition was drawn, on the display's scale."""
        goal, peak = self.exercise.goal_signal, self.level(repetition.peak)
        if goal.kind != "envelope":
            return peak
        draw, track = drawing(goal), self._scores.track(goal.id)
        values = track.between(tick_of(repetition.start_s), tick_of(repetition.end_s))
        drawn = np.array([draw(self.level(value)) for value in values.tolist()])
        highest = float(np.nanmax(drawn)) if np.isfinite(drawn).any() else peak
        return max(highest, min(peak, self.level_band[0])) if repetition.reached else highest

    @property
    def goal_reached(self) -> bool:
        """Whether the goal was reached in the repetition going on, or just counted."""
        return self._cue.goal_reached

    @property
    def live(self) -> bool:
        """Whether repetitions count now."""
        return self._live

    @property
    def done_in_set(self) -> int:
        """Repetitions counted in this set, those struck out left out."""
        return self._set.done

    @property
    def next_number(self) -> int:
        """The number of the repetition that goes on, or comes next."""
        return self._set.next_number

    def in_set(self, set_number: int) -> list[RepetitionResult]:
        """Return the repetitions of a set in order, struck ones included."""
        return self._scores.in_set(set_number)

    def standing_in(self, set_number: int) -> list[RepetitionResult]:
        """Return the repetitions of a set that stand."""
        return self._scores.standing_in(set_number)

    def standing(self) -> list[RepetitionResult]:
        """Return all repetitions that stand."""
        return [r for r in self.repetitions if not r.undone]

    def shows(self, repetition: int) -> bool:
        """Whether feedback is shown on a repetition of the set."""
        dose = self.exercise.dose
        return schedule.is_shown(repetition, self.settings.schedule, dose.repetitions, dose.probes)

    @property
    def shown(self) -> bool:
        """Whether feedback is shown on the repetition going on."""
        return self.shows(self._going_on)

    @property
    def probe(self) -> bool:
        """Whether the repetition going on is a probe."""
        return self.is_probe(self._going_on)

    @property
    def _going_on(self) -> int:
        """The repetition that goes on; the last one of the set does so until the set has ended."""
        return min(self.done_in_set + 1, self.exercise.dose.repetitions)

    def is_probe(self, repetition: int) -> bool:
        """Whether a repetition of the set is a probe."""
        return schedule.is_probe(repetition, self.exercise.dose.repetitions, self.exercise.dose.probes)

    def methods(self) -> dict[str, str]:
        """Return, for each muscle, how percent is defined."""
        return self._signals.methods()

    def light(self, signal_id: str) -> tuple[Light, str]:
        """Return the light of a signal and one plain action, empty when it is good."""
        lights = [self.placement_light(p) for p in self.exercise.signal(signal_id).placements]
        return max(lights, key=lambda light: ("good", "weak", "lost").index(light[0]))

    def placement_light(self, placement: str) -> tuple[Light, str]:
        """Return the light of a placement's samples and one plain action."""
        return self._signals.light(placement)
