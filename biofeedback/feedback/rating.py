"""One repetition: what is measured of it, how it is scored, and the sentence that says why."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from biofeedback.exercises.model import COMPENSATIONS, Exercise, ExerciseError, ScorePart, Signal
from biofeedback.feedback import scoring
from biofeedback.feedback.compensation import Compensations
from biofeedback.feedback.results import MeasureResult, Reason, RepetitionResult, Result
from biofeedback.feedback.targets import Band
from biofeedback.measures import kinematics, smoothness, timing

Array = NDArray[np.float64]
Between = Callable[[int, int], Array]
GRID_HZ = 100.0

_LONGEST_GAP_S, _LONGEST_DOUBT_S = 0.1, 0.4
_SPOKEN_BELOW = 0.75
MOST = 0.7  # of a repetition that the clock counts: so much of it in the band is reaching it
OWN_REPETITIONS = 2
OWN_POINTS = 101  # of the curve of one, from its start to its end
_SIZE_OF_GOAL = frozenset({"shortfall", "hold_missing", "tracking_error", "time_off_path"})
_SIZE_OF_SIGNAL = frozenset({"activity_short", "time_above", "shoulder_shrug"})
_OWN = "no good repetitions to compare with yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a repetition lies on the session's grid, and what stood at that time.

    ``unusable`` says of each signal how many seconds of it could not be trusted, and why; ``unreferenced`` are the
    signals in percent of which 100 % is not known yet. ``path`` is how far the band
    of the goal had moved at each tick, in the goal signal's unit; None where it stands still. One that is not
    ``complete`` was counted although not all of it was seen.
    """

    number: int
    set_number: int
    start_tick: int
    peak_tick: int
    end_tick: int
    bands: Mapping[str, Band]
    without: frozenset[str]
    feedback: bool
    probe: bool
    unusable: Mapping[str, tuple[float, str]] = field(default_factory=dict[str, tuple[float, str]])
    unreferenced: frozenset[str] = frozenset()
    path: Array | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Measured:
    """A value, or why there is none; and the sentence to say if it costs points."""

    value: float | None
    unit: str = ""
    missing: str = ""
    reason: Reason | None = None
    result: Result = "below"


class RepetitionRater:
    """Measures and scores repetitions; learns this person's own movement from the first two good ones."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._own: list[tuple[tuple[int, int] | None, Array]] = []  # set and number of a rated one, and its curve
        self._compensations = Compensations(exercise, OWN_REPETITIONS)
        self._measures: dict[str, Callable[[ScorePart, Span, Mapping[str, Array]], _Measured]] = {
            "shortfall": self._shortfall,
            "smoothness": self._smoothness,
            "hold_missing": self._hold_missing,
            "tempo_error": self._tempo_error,
            "difference_from_own": self._difference_from_own,
            "time_above": self._time_above,
            "activity_short": self._activity_short,
            "steadiness": self._steadiness,
            "tracking_error": self._tracking_error,
            "time_off_path": self._time_off_path,
            **dict.fromkeys(COMPENSATIONS, self._compensation),
        }
        unknown = [part.measure for part in exercise.score if part.measure not in self._measures]
        if unknown:
            known = ", ".join(self._measures)
            raise ExerciseError(f"{exercise.id}: score.measure: {unknown[0]!r} is not known; known are {known}")

    def rate(self, span: Span, signals: Mapping[str, Between]) -> RepetitionResult:
        """Measure, score and explain one repetition. ``signals`` give values between two ticks, both included."""
        values = {name: between(span.start_tick, span.end_tick) for name, between in signals.items()}
        measured = [self._measure(part, span, values) for part in self._exercise.score]
        results = [self._result(part, m) for part, m in zip(self._exercise.score, measured, strict=True)]
        score = scoring.rate(results, self._exercise.score, self._exercise.weights)
        gap = self._gap(span, values)
        counted = values[self._exercise.repetition.signal]
        goal, band = values[self._exercise.target.signal], span.bands[self._exercise.target.signal]
        goal = goal if span.path is None else goal - span.path  # as seen from the moving band
        reached = self._reaches(goal, band) if self._exercise.repetition.every_s is None else self._stays(goal, band)
        if gap is None and reached and span.complete and self._exercise.repetition.signal not in span.unreferenced:
            self._learn(values, span.unreferenced, (span.set_number, span.number))
        reason, result = self._explain(measured, results, reached, gap, goal, band)
        if gap is None and score.total is None and self._exercise.target.signal in span.unreferenced:
            reason, result = Reason("No score yet: the first two contractions are the reference"), "no_score"
        return RepetitionResult(
            number=span.number,
            set_number=span.set_number,
            start_s=span.start_tick / GRID_HZ,
            peak_s=span.peak_tick / GRID_HZ,
            end_s=span.end_tick / GRID_HZ,
            peak=self._extreme(values[self._exercise.target.signal]),
            range=kinematics.span(counted),
            reached=reached,
            result=result,
            score=None if gap else score.total,
            error=None if gap else score.error,
            coverage=score.coverage,
            reason=reason,
            parts=score.domains,
            measures=tuple(results),
            band=(_open(band.low, -math.inf), _open(band.high, math.inf)),
            feedback=span.feedback,
            probe=span.probe,
        )

    # missing signals ------------------------------------------------------------------------------------------------

    def _gap(self, span: Span, values: Mapping[str, Array]) -> Reason | None:
        """Return the sentence for the longest hole in a signal that the score needs, if there is one to speak of."""
        holes = {
            signal.id: _longest_hole_s(values[signal.id])
            for signal in self._exercise.signals
            if signal.id in self._scored_signals() and not span.without.intersection(signal.placements)
        }
        worst = max(holes, key=lambda name: holes[name])
        if holes[worst] > _LONGEST_GAP_S:
            figures: dict[str, float | str] = {"name": self._name(worst), "seconds": holes[worst]}
            return Reason("{name}: no signal for {seconds:.1f} s", figures)
        for signal in holes:
            seconds, why = span.unusable.get(signal, (0.0, ""))
            if seconds >= _LONGEST_DOUBT_S:
                return Reason("{name}: {why}", {"name": self._name(signal), "why": why})
        return None

    def _scored_signals(self) -> set[str]:
        exercise = self._exercise
        named = {part.signal for part in exercise.score if part.signal is not None}
        return named | {exercise.repetition.signal, exercise.target.signal}

    def _name(self, signal_id: str) -> str:
        return self._exercise.signal(signal_id).name

    # measures -------------------------------------------------------------------------------------------------------

    def _measure(self, part: ScorePart, span: Span, values: Mapping[str, Array]) -> _Measured:
        signal = self._signal_of(part)
        if span.without.intersection(signal.placements):
            return _Measured(None, missing="left out")
        if _longest_hole_s(values[signal.id]) > _LONGEST_GAP_S:
            return _Measured(None, missing="no signal")
        if span.unusable.get(signal.id, (0.0, ""))[0] >= _LONGEST_DOUBT_S:
            return _Measured(None, missing="signal not usable")
        if signal.kind == "travel" and not span.complete:
            return _Measured(None, missing="begun from rest: a travel is seen in part")
        sized = self._exercise.target.signal if part.measure in _SIZE_OF_GOAL else signal.id
        if part.measure in _SIZE_OF_GOAL | _SIZE_OF_SIGNAL and sized in span.unreferenced:
            return _Measured(None, missing="no reference contraction yet")
        filled = {name: _filled(array) for name, array in values.items()}
        measured = self._measures[part.measure](part, span, filled)
        if measured.value is not None and math.isnan(measured.value):
            return _Measured(None, measured.unit, "too short to measure")
        return measured

    def _signal_of(self, part: ScorePart) -> Signal:
        return self._exercise.signal(part.signal or self._exercise.repetition.signal)

    def _result(self, part: ScorePart, measured: _Measured) -> MeasureResult:
        return MeasureResult(
            name=part.measure,
            signal=part.signal,
            domain=part.domain,
            value=measured.value,
            unit=measured.unit,
            share=None if measured.value is None else scoring.share(measured.value, part),
            missing=measured.missing,
        )

    def _goal(self, span: Span, values: Mapping[str, Array]) -> tuple[Array, float, float]:
        band = span.bands[self._exercise.target.signal]
        return values[self._exercise.target.signal], _open(band.low, -math.inf), _open(band.high, math.inf)

    def _shortfall(self, part: ScorePart, span: Span, values: Mapping[str, Array]) -> _Measured:
        goal, low, high = self._goal(span, values)
        extreme = self._extreme(goal)
        unit = self._exercise.goal_signal.unit
        near, far = (high, low) if self._exercise.repetition.peak_at == "low" else (low, high)
        towards = -1.0 if self._exercise.repetition.peak_at == "low" else 1.0
        short, beyond = towards * (near - extreme), towards * (extreme - far)
        if beyond > short:
            reason = Reason("{amount:.0f}{unit} beyond the target", _amount(beyond, unit))
            return _Measured(max(0.0, beyond), unit, reason=reason, result="above")
        return _Measured(
            max(0.0, short), unit, reason=Reason("{amount:.0f}{unit} short of the target", _amount(short, unit))
        )

    def _smoothness(self, part: ScorePart, span: Span, values: Mapping[str, Array]) -> _Measured:
        way_out = self._way_out(part, span, values)
        speed = np.abs(np.gradient(way_out, 1.0 / GRID_HZ)) if len(way_out) > 2 else way_out
        return _Measured(smoothness.sparc(speed, GRID_HZ), "", reason=Reason("Not smooth on the way"), result="below")

    def _way_out(self, part: ScorePart, span: Span, values: Mapping[str, Array]) -> Array:
        signal = values[self._signal_of(part).id]
        top = self._exercise.target.hold_s > 0
        out = signal[: span.peak_tick - span.start_tick + 1]
        if not top or len(out) < 3:
            return out
        reach = 0.95 * (self._extreme(out) - out[0])  # the hold at the top is no part of the way
        beyond = np.flatnonzero((out - out[0]) / reach >= 1.0) if reach else np.array([])
        return out[: int(beyond[0]) + 1] if len(beyond) else out

    def _hold_missing(self, part: ScorePart, span: Span, values: Mapping[str, Array]) -> _Measured:
        goal, low, high = self._goal(span, values)
        wanted = self._exercise.target.hold_s
        held = timing.longest_hold(goal, GRID_HZ, low, high)
        reason = Reason("Held {held:.1f} s of {wanted:.1f} s", {"held": held, "wanted": wanted})
        return _Measured(max(0.0, wanted - held), "s", reason=reason)

    def _tempo_error(self, part: ScorePart, span: Span, values: Mapping[str, Array]) -> _Measured:
        wanted = self._exercise.tempo
        if wanted is None:
            return _Measured(None, missing="no tempo in the exercise")
        took = timing.tempo(values[self._exercise.repetition.signal], GRID_HZ)
        errors = {
            "out": (took.out_s - wanted.out_s) / wanted.out_s,
            "back": (took.back_s - wanted.back_s) / wanted.back_s,
        }
        worst = max(errors, key=lambda phase: abs(errors[phase]))
        seconds = took.out_s if worst == "out" else took.back_s
        way = "on the way out" if worst == "out" else "on the way back"
        text = "Too fast " if errors[worst] < 0 else "Slow "
        reason = Reason(text + way + ": {seconds:.1f} s", {"seconds": seconds})
        return _Measured(abs(errors[worst]), "", reason=reason)

    def _difference_from_own(self, part: ScorePart, span: Span, values: Mapping[str, Array]) -> _Measured:
        if len(self._own) < OWN_REPETITIONS:
            return _Measured(None, "%", _OWN)
        template = np.mean([curve for _, curve in self._own], axis=0)
        curve = kinematics.time_normalised(values[self._exercise.repetition.signal], OWN_POINTS)
        return _Measured(
            kinematics.difference_from_own(curve, template), "%", reason=Reason("Unlike the first good repetitions")
        )

    def _compensation(self, part: ScorePart, span: Span, values: Mapping[str, Array]) -> _Measured:
        signal = self._signal_of(part)
        more = self._compensations.excess(part, values)
        if more is None:
            return _Measured(None, signal.unit, _OWN)
        figures: dict[str, float | str] = {"name": signal.name, **_amount(more, signal.unit)}
        return _Measured(
            more, signal.unit, reason=Reason("{name}: {amount:.0f}{unit} more than in the first good ones", figures)
        )

    def _time_above(self, part: ScorePart, span: Span, values: Mapping[str, Array]) -> _Measured:
        signal = self._signal_of(part)
        limit = _open(span.bands[signal.id].high, math.inf)
        seconds = timing.time_above(values[signal.id], GRID_HZ, limit)
        figures = {"name": signal.name, "limit": limit, "unit": _spaced(signal.unit), "seconds": seconds}
        reason = Reason("{name} above {limit:.0f}{unit} for {seconds:.1f} s", figures)
        return _Measured(seconds, "s", reason=reason, result="above")

    def _activity_short(self, part: ScorePart, span: Span, values: Mapping[str, Array]) -> _Measured:
        signal = self._signal_of(part)
        low = _open(span.bands[signal.id].low, 0.0)
        highest = float(np.percentile(values[signal.id], 90))
        short = max(0.0, low - highest)
        figures: dict[str, float | str] = {"name": signal.name, "highest": highest, "low": low}
        reason = Reason("{name} at {highest:.0f} %, wanted {low:.0f} %", figures)
        return _Measured(short, "%", reason=reason)

    def _steadiness(self, part: ScorePart, span: Span, values: Mapping[str, Array]) -> _Measured:
        """Coefficient of variation over the middle half of the repetition, in percent."""
        signal = values[self._signal_of(part).id]
        middle = signal[len(signal) // 4 : max(len(signal) // 4 + 1, 3 * len(signal) // 4)]
        mean = float(np.mean(middle))
        variation = 100 * float(np.std(middle)) / mean if mean > 0 else math.nan
        return _Measured(variation, "%", reason=Reason("Unsteady: {amount:.0f} % up and down", {"amount": variation}))

    def _tracking_error(self, part: ScorePart, span: Span, values: Mapping[str, Array]) -> _Measured:
        """Root mean square distance from the middle of the band, wherever that was."""
        goal, low, high = self._goal(span, values)
        unit = self._exercise.goal_signal.unit
        path = 0.0 if span.path is None else span.path
        error = float(np.sqrt(np.mean((goal - path - (low + high) / 2) ** 2)))
        return _Measured(error, unit, reason=Reason("{amount:.0f}{unit} off the path", _amount(error, unit)))

    def _time_off_path(self, part: ScorePart, span: Span, values: Mapping[str, Array]) -> _Measured:
        """Share of the repetition outside the band, wherever that was, in percent."""
        goal, low, high = self._goal(span, values)
        inside = self._inside(goal if span.path is None else goal - span.path, low, high)
        off = 100.0 * (1.0 - float(np.mean(inside)))
        return _Measured(off, "%", reason=Reason("Outside the band for {off:.0f} % of the time", {"off": off}))

    # words ----------------------------------------------------------------------------------------------------------

    def _explain(
        self,
        measured: list[_Measured],
        results: list[MeasureResult],
        reached: bool,
        gap: Reason | None,
        goal: Array,
        band: Band,
    ) -> tuple[Reason, Result]:
        if gap is not None:
            return gap, "no_score"
        known = [(r.share, m) for r, m in zip(results, measured, strict=True) if r.share is not None]
        if not known:
            return Reason("Nothing could be measured"), "no_score"
        share, worst = min(known, key=lambda pair: pair[0])
        if share < _SPOKEN_BELOW and worst.reason is not None:
            return worst.reason, worst.result if not reached or worst.result == "above" else "in"
        if not reached:
            return Reason("Just short of the target"), "below"
        if self._exercise.target.hold_s:
            held = timing.longest_hold(_filled(goal), GRID_HZ, _open(band.low, -math.inf), _open(band.high, math.inf))
            return Reason("In target, held {held:.1f} s", {"held": held}), "in"
        return Reason("In target"), "in"

    # the person's own movement --------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Forget the person's own movement: it is shown again."""
        self._own = []
        self._compensations.forget()

    @property
    def own(self) -> list[Array]:
        """The curves of the person's own good repetitions as far as they are known, shape (101,) each."""
        return [curve for _, curve in self._own]

    @property
    def own_compensations(self) -> dict[str, list[float]]:
        """What the person's own good repetitions do beside the movement, as far as it holds beyond a visit."""
        return self._compensations.kept

    def recall(self, curves: Iterable[Array], compensations: Mapping[str, Sequence[float]]) -> None:
        """Let what `own` and `own_compensations` gave in an earlier session be the person's own."""
        self._own = [(None, curve) for curve in curves]
        self._compensations.recall(compensations)

    def retract(self, set_number: int, number: int) -> None:
        """Take a repetition that was none out of the person's own, so that it is as if it had never been rated."""
        self._own = [(key, curve) for key, curve in self._own if key != (set_number, number)]
        self._compensations.retract((set_number, number))

    def learn(self, values: Mapping[str, Array], band: Band, unreferenced: frozenset[str]) -> None:
        """Take a repetition made before the first set, from its start to its end, as the person's own if it is good.

        ``values`` are all signals; good is one that reaches the target, whose ``band`` is the goal's. Two are enough;
        what is missing is taken from the first set. ``unreferenced`` is as in `Span`.
        """
        if self._reaches(values[self._exercise.target.signal], band):
            self._learn(values, unreferenced)

    def _learn(
        self, values: Mapping[str, Array], unreferenced: frozenset[str], key: tuple[int, int] | None = None
    ) -> None:
        whole = {n: _filled(v) for n, v in values.items() if _longest_hole_s(v) <= _LONGEST_GAP_S}
        self._compensations.learn({n: v for n, v in whole.items() if n not in unreferenced}, key)
        counted = values[self._exercise.repetition.signal]
        if len(self._own) < OWN_REPETITIONS and _longest_hole_s(counted) <= _LONGEST_GAP_S:
            self._own.append((key, kinematics.time_normalised(_filled(counted), OWN_POINTS)))

    def _extreme(self, values: Array) -> float:
        if np.isnan(values).all():
            return math.nan
        return float(np.nanmin(values) if self._exercise.repetition.peak_at == "low" else np.nanmax(values))

    def _reaches(self, goal: Array, band: Band) -> bool:
        return bool(self._inside(goal, _open(band.low, -math.inf), _open(band.high, math.inf)).any())

    def _stays(self, goal: Array, band: Band) -> bool:
        """Whether most of a repetition that the clock counts was spent in the band."""
        inside = self._inside(goal, _open(band.low, -math.inf), _open(band.high, math.inf))
        return bool(inside.mean() >= MOST)

    @staticmethod
    def _inside(goal: Array, low: float, high: float) -> NDArray[np.bool_]:
        return (goal >= low) & (goal <= high)


def _open(edge: float | None, otherwise: float) -> float:
    return otherwise if edge is None else edge


def _spaced(unit: str) -> str:
    return unit if unit == "°" else f" {unit}"


def _amount(amount: float, unit: str) -> dict[str, float | str]:
    return {"amount": amount, "unit": _spaced(unit)}


def _longest_hole_s(values: Array) -> float:
    missing = np.concatenate([[False], np.isnan(values), [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(missing))
    return float(np.max(edges[1::2] - edges[::2])) / GRID_HZ if len(edges) else 0.0


def _filled(values: Array) -> Array:
    """Bridge holes short enough to be scored by straight lines."""
    missing = np.isnan(values)
    if not missing.any() or missing.all():
        return values
    ticks = np.arange(len(values))
    return np.interp(ticks, ticks[~missing], values[~missing])
