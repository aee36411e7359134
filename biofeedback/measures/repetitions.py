"""Online repetition counting on one signal, whatever its rest level: a movement is away and back.

A Schmitt trigger whose two levels follow the person (published counters of this kind are within ±1 in nine sets of
ten: Morris 2014, Soro 2019). Turning points of the signal are kept; a repetition is a way out and a way back that
both cover a share of the person's own range, which is the middle of the latest swings, the larger ones counting for
more. When the range becomes clearer, the last repetitions are looked at again: a count can be taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from biofeedback.measures.extent import RecentSamples
from biofeedback.measures.phases import Phase, PhaseFollower
from biofeedback.measures.turning_points import Lap, Turn, TurnFinder, laps, swings, turning_points, usual_swing
from biofeedback.measures.unseen import Holes, peaks_between, peaks_until, usual_interval

Array = NDArray[np.float64]
EventKind = Literal["phase", "peak", "counted", "finished", "retracted", "partial"]

_REMEMBERED_SWINGS = 12
_WHOLE_WAY = 0.7  # of the usual range: a way that counts although the other one was cut off
_UNDER_WAY_S = 1.0
_SMOOTHED_S = 0.25  # at most; half the shortest repetition if that is less


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionSettings:
    """What a repetition is before anything is known of the person; values in the signal's unit.

    Attributes
    ----------
    expected_range
        Range of a whole movement.
    smallest_range
        Excursions below this are not looked at.
    peak_at
        Where the movement goes from rest.
    shortest_s, longest_s
        A repetition takes no less and no more than this.
    share
        The part of the person's range that the way out and the way back must each cover.
    fades
        Whether the signal forgets slowly where it was, as a travel does: what begins from rest then shows its way back
        only, and after the last movement the signal swings out once more by itself. So a first movement counts on its
        way back alone, and a last one never on its way out alone.
    """

    expected_range: float
    smallest_range: float
    peak_at: Literal["high", "low"] = "high"
    shortest_s: float = 0.6
    longest_s: float = 20.0
    share: float = 0.4
    fades: bool = False


@dataclass(frozen=True, slots=True)
class Repetition:
    """One movement away from rest and back; times on the host clock, values in the signal's unit.

    ``complete`` is False for a partial movement, and for one cut off before the way back was done. ``seen`` is False
    for one that fell into a loss of signal and is told from the rhythm; its values are NaN.
    """

    number: int
    start_s: float
    peak_s: float
    end_s: float
    start_value: float
    peak_value: float
    end_value: float
    complete: bool = True
    seen: bool = True


@dataclass(frozen=True, slots=True)
class RepetitionEvent:
    """What the counter found at ``time_s``.

    ``counted`` comes on the way back, as soon as it is certain; ``finished`` when the movement is over, with start,
    peak and end as they will be kept; ``retracted`` takes a counted one back; ``partial`` tells of an excursion too
    small to count. ``count`` is the number of repetitions that count now.
    """

    kind: EventKind
    time_s: float
    count: int
    phase: Phase
    repetition: Repetition | None = None


class RepetitionCounter:
    """Counts the repetitions of one signal while they happen.

    Count ``settings.share`` of the range into the way back; finished when the signal comes to rest or sets out again.
    The result does not depend on how the samples are cut into chunks. Missing values (NaN) are passed over; what must
    have happened in a loss of up to 4 s, going by the rhythm, is counted with the next repetition. What is shorter
    than half the shortest repetition is smoothed away first; the times given are corrected for it.

    ``usual_range`` is this person's range as known now; ``repetitions`` what counts; ``partials`` what does not.
    """

    def __init__(self, settings: RepetitionSettings) -> None:
        self._settings = settings
        self._sign = -1.0 if settings.peak_at == "low" else 1.0
        self._begin()

    def _begin(self) -> None:
        settings = self._settings
        self._finder = TurnFinder(settings.smallest_range / 2.0)
        self._phases = PhaseFollower()
        self._samples = RecentSamples(settings.longest_s + 10.0, min(settings.shortest_s / 2.0, _SMOOTHED_S))
        self._first: Turn | None = None
        self._turns: list[Turn] = []
        self._settled: list[Repetition] = []
        self._recent: list[Repetition] = []
        self._finished: set[float] = set()
        self._partials: dict[float, Repetition] = {}
        self._refined: dict[Lap, Repetition | None] = {}
        self._holes = Holes()
        self._direction = 0
        self._best = self._threshold = 0.0
        self._peak_told = False
        self._over = False
        self.usual_range = settings.expected_range

    def restart(self) -> None:
        """Begin a new set: count from nothing, and expect the range this person has shown."""
        self._settings = replace(self._settings, expected_range=self.usual_range)
        self._begin()

    @property
    def repetitions(self) -> list[Repetition]:
        """The repetitions that count now, in order."""
        return [self._restored(rep) for rep in self._settled + self._recent]

    @property
    def partials(self) -> list[Repetition]:
        """The excursions that were large enough to see and too small to count, in order."""
        taken = self._settled + self._recent
        free = [p for p in self._partials.values() if not any(r.start_s <= p.peak_s <= r.end_s for r in taken)]
        return [self._restored(rep) for rep in free]

    @property
    def count(self) -> int:
        """How many repetitions count now."""
        return len(self._settled) + len(self._recent)

    @property
    def phase(self) -> Phase:
        """What the movement does now."""
        return self._phases.phase

    def process(self, times_s: Array, values: Array) -> list[RepetitionEvent]:
        """Take the next samples, both of shape (n_samples,), and tell what they settle."""
        ticks = zip(times_s.tolist(), values.tolist(), strict=True)
        return [event for time_s, value in ticks for event in self.take(time_s, value)]

    def take(self, time_s: float, value: float) -> Sequence[RepetitionEvent]:
        """Take one sample, and tell what it settles."""
        if value != value:  # NaN
            return ()
        self._holes.update(time_s)
        return tuple(self._step(self._samples.smoothed(time_s, value * self._sign)))

    def finish(self) -> list[RepetitionEvent]:
        """Close the count at the end of a set: a last movement whose way out was whole counts, marked incomplete."""
        if not self._turns:
            return []
        self._over = True
        now = self._samples.last
        points = self._points(now)
        way_out = points[-1].value - points[-2].value if len(points) > 1 else 0.0
        if way_out >= _WHOLE_WAY * self.usual_range and not self._settings.fades:
            points.append(now)
        events = list(self._compare(points, now.time_s))
        return events + [event for rep in self._recent for event in self._finish(rep, now.time_s)]

    def _step(self, now: Turn) -> Iterator[RepetitionEvent]:
        self._first = self._first or now
        turn = self._finder.update(now)
        if turn is not None:
            self._turns.append(turn)
        if turn is not None or self._crossed(now.value):
            yield from self._compare(self._points(now), now.time_s)
        before = self._phases.phase
        if self._phases.update(now.time_s, now.value, self.usual_range):
            yield from self._phase_changed(before, now)

    def _crossed(self, value: float) -> bool:
        """Tell whether the signal has just come far enough from its last extreme to count as a way."""
        if self._direction * (value - self._best) > 0.0:
            self._best = value
        return self._direction * (self._best - value) >= self._threshold > 0.0

    def _points(self, now: Turn) -> list[Turn]:
        """Update the person's range, and return the turning points at the share of it."""
        turns = [*self._turns, self._finder.open, now]
        points = turning_points(turns, self._settings.smallest_range)
        for _ in range(3):
            sizes = swings(points[:-1])[-_REMEMBERED_SWINGS:]
            self.usual_range = usual_swing(sizes, self._settings.expected_range)
            points = turning_points(turns, self._threshold_now)
        if len(points) > 1:
            self._direction = 1 if points[-1].value > points[-2].value else -1
            self._best, self._threshold = points[-1].value, self._threshold_now
        return self._with_beginning(points)

    @property
    def _threshold_now(self) -> float:
        return max(self._settings.share * self.usual_range, self._settings.smallest_range)

    def _with_beginning(self, points: list[Turn]) -> list[Turn]:
        """Let a movement that was under way when the samples began count if its way back was whole."""
        if len(points) < 2 or self._first is None:
            return points
        if points[0].time_s - self._first.time_s > _UNDER_WAY_S and not self._settings.fades:
            return points
        whole = points[0].value - points[1].value >= _WHOLE_WAY * self.usual_range
        return [self._first, *points] if whole else points

    def _compare(self, points: list[Turn], now_s: float) -> Iterator[RepetitionEvent]:
        """Hold what the turning points say now against what was said before."""
        old = self._recent
        found = self._with_unseen([rep for lap in laps(points) if (rep := self._repetition(lap)) is not None])
        pairs = [(rep, next((o for o in old if rep.start_s <= o.peak_s <= rep.end_s), None)) for rep in found]
        kept = [rep if match is None or match.peak_s not in self._finished else match for rep, match in pairs]
        self._recent = [replace(rep, number=len(self._settled) + i) for i, rep in enumerate(kept, 1)]
        matched = [match for _, match in pairs]
        for rep in old:
            if rep not in matched:
                yield self._event("retracted", now_s, rep)
        for rep, match in zip(self._recent, matched, strict=True):
            if match is None:
                self._peak_told = False
                yield self._event("counted", now_s, rep)
        for rep in self._recent[:-1]:
            yield from self._finish(rep, now_s)
        yield from self._small_ones(now_s)
        self._settle(points)

    def _with_unseen(self, found: list[Repetition]) -> list[Repetition]:
        """Hold the repetitions around losses against the rhythm: put in the hidden ones, take out the false."""
        before = self._settled[-_REMEMBERED_SWINGS:]
        interval_s = usual_interval([rep.peak_s for rep in before + found], self._holes) if self._holes else None
        if interval_s is None:
            return found
        whole, doubtful = before[-1:], list[Repetition]()
        for rep in found:
            if self._holes.touch(rep.start_s, rep.end_s):
                doubtful.append(rep)
                continue
            if whole and self._holes.within(whole[-1].peak_s, rep.peak_s):
                peaks_s = peaks_between(whole[-1].peak_s, rep.peak_s, interval_s)
                told = [_unseen_repetition(peak_s, interval_s) for peak_s in peaks_s]
                doubtful = doubtful if len(doubtful) == len(told) else told
            elif doubtful and not whole:
                doubtful = self._first_ones(rep, doubtful, interval_s)
            whole += [*doubtful, rep]
            doubtful = []
        if self._over and whole:
            doubtful = self._last_ones(whole[-1], doubtful, interval_s)
        return [*whole[len(before[-1:]) :], *doubtful]

    def _first_ones(self, rep: Repetition, doubtful: list[Repetition], interval_s: float) -> list[Repetition]:
        """Fill up a loss near the beginning that set in when the movement was under way."""
        since_s = doubtful[0].start_s + interval_s / 2.0
        peaks_s = [-peak_s for peak_s in reversed(peaks_until(-rep.peak_s, -since_s, interval_s))]
        told = [_unseen_repetition(peak_s, interval_s) for peak_s in peaks_s]
        return told if len(told) > len(doubtful) else doubtful

    def _last_ones(self, last: Repetition, doubtful: list[Repetition], interval_s: float) -> list[Repetition]:
        """Fill up a loss near the end that set in while the movement went on."""
        until_s = self._holes.last_after(last.peak_s, 1.5 * interval_s)
        if until_s is None:
            return doubtful
        told = [_unseen_repetition(peak_s, interval_s) for peak_s in peaks_until(last.peak_s, until_s, interval_s)]
        inside = [rep for rep in doubtful if rep.peak_s <= until_s]
        return [*(told if len(told) > len(inside) else inside), *doubtful[len(inside) :]]

    def _finish(self, rep: Repetition, now_s: float) -> Iterator[RepetitionEvent]:
        """Say once that a repetition is over."""
        if rep.peak_s not in self._finished:
            self._finished.add(rep.peak_s)
            yield self._event("finished", now_s, rep)

    def _small_ones(self, now_s: float) -> Iterator[RepetitionEvent]:
        """Tell of excursions that are over and did not count."""
        points = turning_points(self._turns, self._settings.smallest_range)
        for lap in laps(points[:-1]):
            known = any(rep.start_s <= lap.peak.time_s <= rep.end_s for rep in self._recent)
            if known or lap.peak.time_s in self._partials:
                continue
            rep = self._refine(lap)
            self._partials[lap.peak.time_s] = rep = replace(rep, complete=False)
            yield self._event("partial", now_s, rep)

    def _repetition(self, lap: Lap) -> Repetition | None:
        """Find where a lap begins and ends; None if it is too short or too long to be a repetition."""
        if lap not in self._refined:
            rep = self._refine(lap)
            fits = self._settings.shortest_s <= rep.end_s - rep.start_s <= self._settings.longest_s
            shorter_way = lap.peak.value - max(lap.start.value, lap.end.value)
            self._refined[lap] = replace(rep, complete=shorter_way >= self._threshold_now) if fits else None
        return self._refined[lap]

    def _refine(self, lap: Lap) -> Repetition:
        start, top, end = self._samples.extent(lap)
        return Repetition(0, start.time_s, lap.peak.time_s, end.time_s, start.value, top, end.value)

    def _settle(self, points: list[Turn]) -> None:
        """Let go of what is too old to be looked at again."""
        spare = len(points) - _REMEMBERED_SWINGS - 3
        if spare < 1:
            return
        cut = points[spare] if points[spare].value < points[spare + 1].value else points[spare + 1]
        self._settled += [rep for rep in self._recent if rep.peak_s < cut.time_s]
        self._recent = [rep for rep in self._recent if rep.peak_s > cut.time_s]
        self._turns = [turn for turn in self._turns if turn.time_s >= cut.time_s]
        if len(self._settled) > _REMEMBERED_SWINGS:
            self._holes.forget(self._settled[-_REMEMBERED_SWINGS].peak_s)
        self._refined = {lap: rep for lap, rep in self._refined.items() if lap.start.time_s >= cut.time_s}

    def _phase_changed(self, before: Phase, now: Turn) -> Iterator[RepetitionEvent]:
        """Tell of the new phase, of a peak that was reached, and of a repetition that is over."""
        phase = self._phases.phase
        yield self._event("phase", now.time_s)
        far = self._phases.risen >= self._settings.share * self.usual_range
        if before == "out" and phase in ("hold", "back") and far and not self._peak_told:
            self._peak_told = True
            yield self._event("peak", now.time_s)
        if phase in ("rest", "out") and self._recent and self._recent[-1].peak_s not in self._finished:
            yield from self._compare(self._points(now), now.time_s)
            if self._recent:
                yield from self._finish(self._recent[-1], now.time_s)

    def _event(self, kind: EventKind, time_s: float, rep: Repetition | None = None) -> RepetitionEvent:
        return RepetitionEvent(kind, time_s, self.count, self.phase, rep and self._restored(rep))

    def _restored(self, rep: Repetition) -> Repetition:
        """Give the values back the sign they came with."""
        return replace(
            rep,
            start_value=rep.start_value * self._sign,
            peak_value=rep.peak_value * self._sign,
            end_value=rep.end_value * self._sign,
        )


def _unseen_repetition(peak_s: float, interval_s: float) -> Repetition:
    nan = float("nan")
    start_s, end_s = peak_s - interval_s / 2.0, peak_s + interval_s / 2.0
    return Repetition(0, start_s, peak_s, end_s, nan, nan, nan, complete=False, seen=False)
