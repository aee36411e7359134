"""The repetitions of a session: scored once every signal has passed their end, struck out, taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import Exercise
from biofeedback.feedback.rating import OWN_REPETITIONS, RepetitionRater, Span
from biofeedback.feedback.results import RepetitionResult
from biofeedback.feedback.targets import Band
from biofeedback.measures.repetitions import Repetition
from biofeedback.session.history import Track, tick_of
from biofeedback.session.signals import GridBlock, Signals
from biofeedback.session.view import GRID_HZ


class Scores:
    """Keeps what was scored, and what waits for it; ``signals`` tell how far they can be trusted."""

    def __init__(self, exercise: Exercise, signals: Signals) -> None:
        self._exercise, self._signals = exercise, signals
        self._tracks = {s.id: Track() for s in exercise.signals}
        self._rater = RepetitionRater(exercise)
        self._waiting: list[Span] = []
        self._lost: set[str] = set()
        self._invented: set[tuple[int, int]] = set()  # counted, and taken back: set and number
        self.results: list[RepetitionResult] = []
        self.learned = 0  # repetitions made before the first set

    def hear(self, block: GridBlock) -> None:
        """Take the next ticks of a signal."""
        self._tracks[block.signal].add(block.first_tick, block.values)

    def track(self, signal_id: str) -> Track:
        """Return the last minutes of a signal."""
        return self._tracks[signal_id]

    def sensor_lost(self, placement: str) -> None:
        """Wait for nothing of a placement any more."""
        self._lost.add(placement)

    def sensor_back(self, placement: str) -> None:
        """Wait for a placement's samples again."""
        self._lost.discard(placement)

    # the person's own movement --------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Let the person's own movement be learned anew."""
        self.learned = 0
        self._rater.forget()

    def learn(self, repetition: Repetition, band: Band) -> None:
        """Take a repetition made before the first set; ``band`` is the goal's."""
        ticks = tick_of(repetition.start_s), tick_of(repetition.end_s)
        signals = {name: track.between(*ticks) for name, track in self._tracks.items()}
        self._rater.learn(signals, band, self._unreferenced())
        self.learned += 1

    @property
    def own(self) -> list[NDArray[np.float64]]:
        """The curves of the person's own good repetitions, as far as they are known."""
        return self._rater.own

    @property
    def own_compensations(self) -> dict[str, list[float]]:
        """What these repetitions do beside the movement, in degrees, by measure and signal."""
        return self._rater.own_compensations

    def recall(self, curves: Sequence[NDArray[np.float64]], compensations: Mapping[str, Sequence[float]]) -> None:
        """Take the person's own movement from an earlier session."""
        self._rater.recall(curves, compensations)
        self.learned = len(curves)

    # repetitions ----------------------------------------------------------------------------------------------------

    def add(self, span: Span) -> None:
        """Take a repetition that is over; it is scored when every signal has passed its end."""
        self._waiting.append(span)

    def rate(self, at_the_end: bool = False) -> tuple[list[RepetitionResult], int]:
        """Score what is complete; return it, and how many of what was counted came from no body and are not scored."""
        rated: list[RepetitionResult] = []
        invented = 0
        while self._waiting and (at_the_end or self._is_complete(self._waiting[0])):
            span = self._with_trust(self._waiting.pop(0))
            if self._is_invented(span):
                self._invented.add((span.set_number, span.number))
                invented += 1
                continue
            result = self._rater.rate(span, {name: track.between for name, track in self._tracks.items()})
            self.results.append(result)
            rated.append(result)
        return rated, invented

    def counts(self, set_number: int, number: int) -> bool:
        """Tell whether a repetition that was counted still does: it was not struck out, and came from a body."""
        struck = any(r.undone and r.number == number for r in self.in_set(set_number))
        return not struck and (set_number, number) not in self._invented

    def retract(self, set_number: int, number: int) -> int:
        """Drop a repetition that the counter takes back; return how many were scored already."""
        self._waiting = [span for span in self._waiting if span.number != number]
        self._invented.discard((set_number, number))
        self._rater.retract(set_number, number)
        kept = [r for r in self.results if (r.set_number, r.number) != (set_number, number)]
        dropped, self.results = len(self.results) - len(kept), kept
        return dropped

    def strike(self, set_number: int, number: int, undone: bool) -> None:
        """Strike a repetition out, or take it back in."""
        self.results = [
            r.struck(undone) if (r.set_number, r.number) == (set_number, number) else r for r in self.results
        ]

    def in_set(self, set_number: int) -> list[RepetitionResult]:
        """Return the repetitions of a set in order, struck ones included."""
        return [r for r in self.results if r.set_number == set_number]

    def standing_in(self, set_number: int) -> list[RepetitionResult]:
        """Return the repetitions of a set that stand."""
        return [r for r in self.in_set(set_number) if not r.undone]

    # when, and how far to trust -------------------------------------------------------------------------------------

    def _is_invented(self, span: Span) -> bool:
        """Whether most of what was counted came from no body: hum, a loose electrode, a flat line."""
        if self._exercise.repetition.every_s is not None:
            return False
        begin_s, end_s = span.start_tick / GRID_HZ, span.end_tick / GRID_HZ
        counted_on = self._signals.spells(self._exercise.repetition.signal)
        deceived_s = max((spells.deceived_s(begin_s, end_s) for spells in counted_on), default=0.0)
        return deceived_s > (end_s - begin_s) / 2

    def _is_complete(self, span: Span) -> bool:
        """Whether every signal has passed the end of the repetition, those of lost sensors left out."""
        return all(
            (self._tracks[signal.id].frontier or 0) > span.end_tick
            and all(spells.known_until_s >= span.end_tick / GRID_HZ for spells in self._signals.spells(signal.id))
            for signal in self._exercise.signals
            if not self._lost.intersection(signal.placements)
        )

    def _with_trust(self, span: Span) -> Span:
        """Return the span with what is known by now of the sensors' quality in it."""
        begin_s, end_s = span.start_tick / GRID_HZ, span.end_tick / GRID_HZ
        unusable = {
            signal.id: max(spells.between(begin_s, end_s) for spells in self._signals.spells(signal.id))
            for signal in self._exercise.signals
        }
        return replace(span, unusable=unusable, unreferenced=self._unreferenced())

    def _unreferenced(self) -> frozenset[str]:
        """Return the signals whose 100 % is only the highest so far, while so little was seen that it still moves."""
        if self.learned + len(self.results) >= OWN_REPETITIONS:
            return frozenset()
        methods = self._signals.methods()
        return frozenset(s.id for s in self._exercise.signals if methods.get(s.placements[0]) == "peak-dynamic")
