"""How many repetitions of a set count, and the number that each has."""

from __future__ import annotations

from biofeedback.feedback.results import RepetitionResult
from biofeedback.measures.repetitions import Repetition
from biofeedback.session.scores import Scores


class SetCount:
    """Counts what was scored and stands, and what was counted and waits for its score: ``done`` are both."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores
        self.set_number, self.done = 1, 0
        self._before = 0  # the highest number given before a pause
        self._numbers: dict[float, int] = {}  # of those made since, by the time of the peak

    @property
    def next_number(self) -> int:
        """The number of the repetition that goes on, or comes next."""
        return max(self._numbers.values(), default=self._before) + 1

    @property
    def standing(self) -> list[RepetitionResult]:
        """The repetitions of the set that were scored and stand."""
        return self._scores.standing_in(self.set_number)

    def turn_to(self, set_number: int) -> None:
        """Go on with a set from what stands of it; nothing waits for a score."""
        self.set_number = set_number
        self.done = len(self.standing)
        self.begin()

    def begin(self) -> None:
        """Begin to count anew in the same set, as after a pause."""
        self._before = max((r.number for r in self._scores.in_set(self.set_number)), default=0)
        self._numbers = {}

    def number(self, repetition: Repetition) -> tuple[int, int]:
        """Give a repetition its number, kept when one before it is taken back, and return it with its place."""
        number = self._numbers[repetition.peak_s] = self.next_number
        return number, self._before + repetition.number

    def take_back(self, repetition: Repetition) -> int:
        """Let a repetition not have been one; return how many were scored already."""
        number = self._numbers.pop(repetition.peak_s, None)
        if number is None:  # counted, and not over yet
            self.done -= 1
            return 0
        self.done -= self._scores.counts(self.set_number, number)
        return self._scores.retract(self.set_number, number)

    def strike(self, set_number: int, number: int, undone: bool) -> int:
        """Strike a repetition out, or take it back in; return how many more of this set stand than before."""
        stood = len(self.standing)
        self._scores.strike(set_number, number, undone)
        more = len(self.standing) - stood
        self.done += more
        return more
