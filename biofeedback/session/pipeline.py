"""The whole path from a chunk to a cue and a score, in one place: `Pipeline.process`.

A pipeline is fed chunks and events in the order in which they are recorded, and nothing else: no clock, no screen, no
device. So a replay gives the repetitions and scores the live session gave, and any chunking gives the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import Exercise, Path
from biofeedback.feedback import paths, schedule, targets
from biofeedback.feedback.cues import STATES, Cue, CueRule
from biofeedback.feedback.rating import OWN_REPETITIONS, RepetitionRater, Span
from biofeedback.feedback.results import RepetitionResult
from biofeedback.measures.repetitions import Repetition, RepetitionCounter, RepetitionEvent, RepetitionSettings
from biofeedback.session.beside import Beside, level_band, nothing_beside
from biofeedback.session.history import Track
from biofeedback.session.placing import Source
from biofeedback.session.settings import Settings
from biofeedback.session.signals import GridBlock, Signals
from biofeedback.session.timed import TimedCounter
from biofeedback.session.view import GRID_HZ, MAX_LANES, TICK, PathView
from biofeedback.stream import Chunk, Event

Light = Literal["good", "weak", "lost"]
_STALE_TICKS = 40  # a lane whose newest value is older shows none; without its heart a muscle comes 0.3 s late


@dataclass(slots=True)
class Update:
    """What one chunk brought: a row and a cue a tick of the goal signal, and repetitions counted or changed."""

    rows: list[NDArray[np.void]] = field(default_factory=list[NDArray[np.void]])
    cues: list[Cue] = field(default_factory=list[Cue])
    counted: int = 0
    finished: list[RepetitionResult] = field(default_factory=list[RepetitionResult])
    retracted: int = 0


@dataclass(slots=True)
class _Pending:
    repetition: Repetition
    span: Span


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
        self.repetitions: list[RepetitionResult] = []
        self.movement: Literal["rest", "out", "hold", "back"] = "rest"
        self.moving_since_s: float | None = None
        self.attempt = 1
        self._on_signal, self._answering = on_signal, answering
        self._set_number = 1
        self._live = self._learning = False
        self.learned = 0  # repetitions made before the first set
        self._counted_in_set = 0
        self._lost: set[str] = set()
        self._signals = Signals(exercise, sources)
        self._tracks = {s.id: Track() for s in exercise.signals}
        self._rest, self._top = (goal.display[1], goal.display[0]) if goal.inverted else goal.display
        self._settings_of_counter = RepetitionSettings(
            expected_range=rule.expected_range,
            smallest_range=rule.smallest_range,
            peak_at=rule.peak_at,
            shortest_s=rule.shortest_s,
            longest_s=rule.longest_s,
        )
        self._timed = None if rule.every_s is None else TimedCounter(rule.every_s)
        self._counter = self._timed or RepetitionCounter(self._settings_of_counter)
        self._numbers_before = 0  # repetitions of this set that were made before a pause
        self._cue = CueRule(*self.level_band, exercise.target.hold_s)
        self._rater = RepetitionRater(exercise)
        self._pending: list[_Pending] = []
        self._invented: set[tuple[int, int]] = set()  # counted, and taken back: set and number
        self._shown_tick = np.zeros(MAX_LANES, dtype=np.int64)
        self._row = np.zeros((), TICK)
        self._row["value"], self._row["raw_low"], self._row["raw_high"] = np.nan, np.nan, np.nan
        nothing_beside(self._row)
        self.beside = Beside(exercise, sources)
        self.beside.set_bands(self.bands)

    def process(self, chunk: Chunk) -> Update:
        """Take the next samples of one stream, all the way through."""
        update = Update()
        self.beside.listen(chunk)
        for block in self._signals.process(chunk):  # chunk → signal
            self._tracks[block.signal].add(block.first_tick, block.values)
            if self._on_signal is not None:
                self._on_signal(block)
            self._show(block)
            if block.signal == self.exercise.repetition.signal and (self._live or self._learning):
                for event in self._counter.process(block.times_s, block.values):  # signal → repetition
                    self._moved(event, update)
            self.beside.other_moved(block.signal, block.times_s, block.values, self._live)
            if self._answering and block.signal == self.exercise.target.signal:
                self._answer(self._signals.trusted(block), chunk.arrived_s, update)  # signal → cue
        self._rate_what_is_complete(update)  # measures → score
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
                self._set_number = int(event.values.get("set", self._set_number))
                self._counted_in_set = len(self.standing_in(self._set_number))
                self.attempt = len(self.in_set(self._set_number)) + 1
            case "target":
                self._move_band(event)
            case "undone" | "redone":
                self._strike(int(event.values["set"]), int(event.values["number"]), event.kind == "undone")
            case "calibrating" if event.values["step"] == "movement":
                self._learning, self.learned = True, 0
                self._rater.forget()
                self._restart(event.time_s)
            case "calibrated":
                self._calibrate(event)
            case "calibration_left":
                self._learning = False
            case "sensor_lost":
                self._lost.add(str(event.values["placement"]))
                self._rate_what_is_complete(update)
            case "sensor_back":
                self._lost.discard(str(event.values["placement"]))
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

    def _show(self, block: GridBlock) -> None:
        lane = self._lane(block.signal)
        if lane < MAX_LANES and len(block.values):
            self._row["value"][lane] = block.values[-1]
            self._shown_tick[lane] = block.first_tick + len(block.values)
            if block.raw_high is not None:
                self._row["raw_low"][lane], self._row["raw_high"][lane] = 0.0, block.raw_high

    def _lane(self, signal_id: str) -> int:
        return next(i for i, signal in enumerate(self.exercise.signals) if signal.id == signal_id)

    def _answer(self, block: GridBlock, arrived_s: float, update: Update) -> None:
        lane = self._lane(block.signal)
        low, high = self.level_band
        rises = self._rises(block.times_s)
        for time_s, value, rise in zip(block.times_s.tolist(), block.values.tolist(), rises.tolist(), strict=True):
            if self._path is not None:
                self._cue.set_band(low + rise, high + rise)
            cue = self._cue.decide(time_s, self.level(value), self.movement)
            row = self._row.copy()
            silent = _tick(time_s) - self._shown_tick > _STALE_TICKS
            row["value"][silent], row["raw_high"][silent] = np.nan, np.nan
            row["time_s"], row["arrived_s"] = time_s, arrived_s
            row["value"][lane], row["goal_value"], row["level"] = value, value, cue.level
            row["lane_state"] = self._lane_states(row["value"])
            row["state"], row["hold_left_s"] = STATES.index(cue.state), cue.hold_left_s
            row["cue"] = self._live and self.shown and self.settings.cues
            row["rise"], row["left_s"] = rise, 0.0 if self._timed is None else self._timed.left_s(time_s)
            self.beside.fill(row, cue, self.movement, low, live=self._live)
            update.rows.append(row)
            update.cues.append(cue)

    def _lane_states(self, values: NDArray[np.float32]) -> NDArray[np.int8]:
        states = np.full(MAX_LANES, -1, dtype=np.int8)
        for lane, signal in enumerate(self.exercise.signals[:MAX_LANES]):
            band, value = self.bands[signal.id], float(values[lane])
            if math.isnan(value):
                continue
            high, low = (band.low, band.high) if signal.inverted else (band.high, band.low)
            beyond = high is not None and (value < high if signal.inverted else value > high)
            short = low is not None and (value > low if signal.inverted else value < low)
            states[lane] = STATES.index("above" if beyond else "below" if short else "in")
        return states

    @property
    def _path(self) -> Path | None:
        return self.exercise.target.path

    def _rises(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far the target stands above its first place at each time, on the display's scale."""
        path = self.path
        if path is None:
            return np.zeros(len(times_s))
        return path.rise * paths.rise(path.shape, (times_s - path.start_s) / path.period_s)

    def _moved(self, event: RepetitionEvent, update: Update) -> None:
        if self._learning:
            if event.kind == "finished" and event.repetition is not None and event.repetition.complete:
                self._learn_from(event.repetition)
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
            self._counted_in_set += 1
            update.counted += 1
        elif event.kind == "finished" and event.repetition is not None:
            self._pending.append(_Pending(event.repetition, self._span(event.repetition)))
        elif event.kind == "retracted" and event.repetition is not None:
            self._retract(event.repetition.number, update)

    def _learn_from(self, repetition: Repetition) -> None:
        goal = self.exercise.target.signal
        ticks = _tick(repetition.start_s), _tick(repetition.end_s)
        counted = self._tracks[self.exercise.repetition.signal].between(*ticks)
        self._rater.learn(counted, self._tracks[goal].between(*ticks), self.bands[goal])
        self.learned += 1

    def _retract(self, counted: int, update: Update) -> None:
        number = self._numbers_before + counted
        if (self._set_number, number) in self._invented:
            return
        self._counted_in_set = max(0, self._counted_in_set - 1)
        self._pending = [p for p in self._pending if p.span.number != number]
        self._rater.retract(self._set_number, number)
        kept = [r for r in self.repetitions if not (r.set_number == self._set_number and r.number == number)]
        update.retracted += len(self.repetitions) - len(kept)
        self.repetitions = kept

    def _span(self, repetition: Repetition) -> Span:
        number = self._numbers_before + repetition.number
        return Span(
            number=number,
            set_number=self._set_number,
            start_tick=_tick(repetition.start_s),
            peak_tick=_tick(repetition.peak_s),
            end_tick=_tick(repetition.end_s),
            bands=dict(self.bands),
            without=frozenset(self.settings.without),
            feedback=self.settings.cues and self.shows(number),
            probe=self.is_probe(number),
            path=self._way(_tick(repetition.start_s), _tick(repetition.end_s)),
        )

    def _way(self, start_tick: int, end_tick: int) -> NDArray[np.float64] | None:
        """Return how far the band had moved at each tick, in the goal signal's unit; None where it stands still."""
        if self._path is None or self.path is None:
            return None
        shares = (np.arange(start_tick, end_tick + 1) / GRID_HZ - self.path.start_s) / self.path.period_s
        return self._path.rise * paths.rise(self._path.shape, shares)

    def _rate_what_is_complete(self, update: Update, at_the_end: bool = False) -> None:
        while self._pending and (at_the_end or self._is_complete(self._pending[0].span)):
            span = self._with_trust(self._pending.pop(0).span)
            if self._is_invented(span):
                self._invented.add((span.set_number, span.number))
                self._counted_in_set = max(0, self._counted_in_set - 1)
                continue
            result = self._rater.rate(span, {name: track.between for name, track in self._tracks.items()})
            self.repetitions.append(result)
            self.attempt = result.number + 1
            self.beside.rated(result.start_s, result.peak_s, result.end_s)
            update.finished.append(result)

    def _is_invented(self, span: Span) -> bool:
        """Whether most of what was counted came from no body: hum, a loose electrode, a flat line."""
        begin_s, end_s = span.start_tick / GRID_HZ, span.end_tick / GRID_HZ
        counted_on = self._signals.spells(self.exercise.repetition.signal)
        deceived_s = max((spells.deceived_s(begin_s, end_s) for spells in counted_on), default=0.0)
        return self._timed is None and deceived_s > (end_s - begin_s) / 2

    def _is_complete(self, span: Span) -> bool:
        """Whether every signal has passed the end of the repetition, those of lost sensors left out."""
        return all(
            (self._tracks[signal.id].frontier or 0) > span.end_tick
            and all(spells.known_until_s >= span.end_tick / GRID_HZ for spells in self._signals.spells(signal.id))
            for signal in self.exercise.signals
            if not self._lost.intersection(signal.placements)
        )

    def _with_trust(self, span: Span) -> Span:
        """Return the span with what is known by now of the sensors' quality in it."""
        begin_s, end_s = span.start_tick / GRID_HZ, span.end_tick / GRID_HZ
        unusable = {
            signal.id: max(spells.between(begin_s, end_s) for spells in self._signals.spells(signal.id))
            for signal in self.exercise.signals
        }
        return replace(span, unusable=unusable, unreferenced=self._unreferenced())

    def _unreferenced(self) -> frozenset[str]:
        """Return the signals whose 100 % is only the highest so far, while so little was seen that it still moves."""
        if self.learned + len(self.repetitions) >= OWN_REPETITIONS:
            return frozenset()
        methods = self._signals.methods()
        return frozenset(s.id for s in self.exercise.signals if methods.get(s.placements[0]) == "peak-dynamic")

    # what events change ---------------------------------------------------------------------------------------------

    def _restart(self, time_s: float) -> None:
        if self._timed is not None:
            self._timed.restart(time_s, max(0, self.exercise.dose.repetitions - self._counted_in_set))
        elif isinstance(self._counter, RepetitionCounter):
            self._counter.restart()

    def _begin(self, time_s: float) -> None:
        self._learning = False
        self._restart(time_s)
        self._numbers_before = max((r.number for r in self.in_set(self._set_number)), default=0)
        self.beside.begin(self._set_number)
        self.movement, self.moving_since_s = "rest", None
        self._cue.begin_repetition()

    def _close(self, update: Update) -> None:
        if self._live:
            for event in self._counter.finish():
                self._moved(event, update)
            self._rate_what_is_complete(update, at_the_end=True)
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
        self.repetitions = [
            r.struck(undone) if (r.set_number, r.number) == (set_number, number) else r for r in self.repetitions
        ]
        if self._timed is not None and set_number == self._set_number:
            self._timed.allow(1 if undone else -1)
        self._counted_in_set = len(self.standing_in(self._set_number))

    def _calibrate(self, event: Event) -> None:
        to_s = event.time_s - float(event.values["ended_ago_s"])
        from_s = to_s - float(event.values["seconds"])
        if event.values["step"] == "movement":
            for found in self._counter.finish():
                self._moved(found, Update())
            self._learning = False
            self._signals.take_movement(from_s, to_s)
        elif event.values["step"] == "reference":
            trial, method = int(event.values["trial"]), "mvc" if event.values["method"] == "mvc" else "submaximal"
            self._signals.take_reference(str(event.values["placement"]), from_s, to_s, trial, method)
        elif event.values["step"] == "pose":
            self._signals.take_pose(to_s)
            goal = self.exercise.goal_signal
            if goal.kind in ("hinge_angle", "inclination", "rotation"):
                self._rest = goal.rest_angle
                self._cue.set_band(*self.level_band)
        elif event.values["step"] == "rest":
            self._take_rest(from_s, to_s)

    def _take_rest(self, from_s: float, to_s: float) -> None:
        """Let the goal signal's level between two moments be the foot of the patient's display."""
        level = self._tracks[self.exercise.target.signal].between(_tick(from_s), _tick(to_s))
        if not np.isnan(level).all():
            self._rest = float(np.nanmedian(level))
            self._cue.set_band(*self.level_band)

    # what the calibration asks --------------------------------------------------------------------------------------

    def envelope_v(self, placement: str, from_s: float, to_s: float) -> NDArray[np.float64]:
        """Return a muscle's envelope in V, one value a tick; NaN where there is none."""
        return self._signals.envelope_v(placement, from_s, to_s)

    def turning_degs(self, from_s: float, to_s: float) -> NDArray[np.float64]:
        """Return how fast the fastest motion sensor turned, °/s, one value a tick; empty without motion sensors."""
        return self._signals.turning_degs(from_s, to_s)

    # what others ask ------------------------------------------------------------------------------------------------

    @property
    def level_band(self) -> tuple[float, float]:
        """The target band on the display's scale."""
        band = self.bands[self.exercise.target.signal]
        edges = sorted(self.level(edge) for edge in (band.low, band.high) if edge is not None)
        return edges[0], edges[-1]

    @property
    def other_bands(self) -> tuple[tuple[float, float], ...]:
        """The bands of the exercise's other signals, each on its own display scale."""
        names = self.exercise.feedback.others
        return tuple(level_band(self.exercise.signal(name), self.bands[name]) for name in names)

    @property
    def path(self) -> PathView | None:
        """The way the target takes in this set, on the display's scale; None where it stands still."""
        path = self.exercise.target.path
        if path is None or self._timed is None:
            return None
        return PathView(
            shape=path.shape,
            period_s=self._timed.every_s,
            rise=path.rise / (self._top - self._rest),
            start_s=self._timed.origin_s,
        )

    def level(self, value: float) -> float:
        """Put a value of the goal signal on the display's scale, 0 at rest, 1 at the top."""
        return targets.level(value, self._rest, self._top)

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
        return self._counted_in_set

    def in_set(self, set_number: int) -> list[RepetitionResult]:
        """Return the repetitions of a set in order, struck ones included."""
        return [r for r in self.repetitions if r.set_number == set_number]

    def standing_in(self, set_number: int) -> list[RepetitionResult]:
        """Return the repetitions of a set that stand."""
        return [r for r in self.in_set(set_number) if not r.undone]

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


def _tick(time_s: float) -> int:
    return round(time_s * GRID_HZ)
