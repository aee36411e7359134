"""A session in plain JSON values: what is stored with the recording, written by `demo`, and printed by `score`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from biofeedback import __version__
from biofeedback.exercises.model import Exercise
from biofeedback.feedback.results import MeasureResult, RepetitionResult, ScoreSummary, mean_score, score_summary
from biofeedback.session.merging import merged
from biofeedback.session.pipeline import Pipeline
from biofeedback.stream import Chunk, Event

SCHEMA_VERSION = 1


def _rounded(value: float | None, digits: int = 4) -> float | None:
    return None if value is None or value != value or abs(value) == float("inf") else round(value, digits)


def _measure(measure: MeasureResult) -> dict[str, Any]:
    return {
        "name": measure.name,
        "signal": measure.signal,
        "domain": measure.domain,
        "value": _rounded(measure.value),
        "unit": measure.unit,
        "share": _rounded(measure.share),
        "missing": measure.missing or None,
    }


def repetition(result: RepetitionResult, start_s: float) -> dict[str, Any]:
    """Return one repetition; times are seconds since ``start_s``."""
    return {
        "number": result.number,
        "set": result.set_number,
        "start_s": round(result.start_s - start_s, 2),
        "peak_s": round(result.peak_s - start_s, 2),
        "end_s": round(result.end_s - start_s, 2),
        "peak": _rounded(result.peak, 2),
        "range": _rounded(result.range, 2),
        "band": [_rounded(edge, 2) for edge in result.band],
        "reached": result.reached,
        "result": result.result,
        "score": _rounded(result.score, 1),
        "error": _rounded(result.error, 1),
        "coverage": _rounded(result.coverage, 3),
        "reason": str(result.reason),
        "parts": {name: _rounded(part, 3) for name, part in result.parts.items()},
        "measures": [_measure(measure) for measure in result.measures],
        "feedback": result.feedback,
        "probe": result.probe,
        "undone": result.undone,
    }


def _summary(found: ScoreSummary | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "mean": _rounded(found.mean, 1),
        "band95": [_rounded(found.low, 1), _rounded(found.high, 1)],
        "sem": _rounded(found.sem, 2),
        "detectable": _rounded(found.detectable, 1),
        "noise": _rounded(found.noise, 3),
        "scored": found.scored,
        "unscored": found.unscored,
        "coverage": _rounded(found.coverage, 3),
        "words": str(found.words),
    }


def _scores(repetitions: Sequence[RepetitionResult]) -> dict[str, Any]:
    """Return how practice and probes went and how sure that is."""
    return {
        "practice": _summary(score_summary(repetitions, probe=False)),
        "probes": _summary(score_summary(repetitions, probe=True)),
    }


def _sets(repetitions: Sequence[RepetitionResult]) -> list[dict[str, Any]]:
    numbers = sorted({r.set_number for r in repetitions})
    return [{"set": number, **_scores([r for r in repetitions if r.set_number == number])} for number in numbers]


def session(exercise: Exercise, repetitions: Sequence[RepetitionResult], start_s: float) -> dict[str, Any]:
    """Return the repetitions and scores of a session."""
    standing = [r for r in repetitions if not r.undone]
    return {
        "schema": "biofeedback.session",
        "version": SCHEMA_VERSION,
        "program": f"biofeedback {__version__}",
        "not_a_medical_device": True,
        "exercise": {"id": exercise.id, "version": exercise.version, "name": exercise.name},
        "count": len(standing),
        "reached": sum(r.reached for r in standing),
        "score": _rounded(mean_score(list(repetitions), probe=False), 1),
        "probe_score": _rounded(mean_score(list(repetitions), probe=True), 1),
        "scores": _scores(repetitions),
        "sets": _sets(repetitions),
        "repetitions": [repetition(r, start_s) for r in repetitions],
    }


def as_one_set(exercise: Exercise) -> Exercise:
    """Return the exercise for a file that knows nothing of sets: one long set, no probes."""
    return replace(exercise, dose=replace(exercise.dose, sets=1, repetitions=100, probes=0))


def run(pipeline: Pipeline, items: Iterable[Chunk | Event], bare: bool) -> tuple[float, float]:
    """Send a whole recording through a pipeline, as fast as it goes.

    ``bare`` means that it has no events of a session: everything in it then counts as one set. Returns the times of
    the session's beginning or else of the first sample, and of the last sample; (0, 0) if there is none.
    """
    first_s: float | None = None
    began_s: float | None = None
    last_s = 0.0
    for item in merged(items):
        if isinstance(item, Event):
            if not bare:
                began_s = item.time_s if item.kind == "session" else began_s
                pipeline.apply(item)
            continue
        if not len(item):
            continue
        if first_s is None:
            first_s = float(item.times_s[0])
            if bare:
                pipeline.apply(Event(first_s, "setting", {"name": "cues", "value": False}))
                pipeline.apply(Event(first_s, "live"))
        first_s, last_s = min(first_s, float(item.times_s[0])), max(last_s, float(item.times_s[-1]))
        pipeline.process(item)
    pipeline.finish()
    return (0.0, 0.0) if first_s is None else (first_s if began_s is None else began_s, last_s)
