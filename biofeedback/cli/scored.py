"""A file sent through the pipeline: its repetitions and scores, and its page."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from biofeedback import __version__
from biofeedback.cli.sources import Opened
from biofeedback.exercises.model import Exercise, Signal
from biofeedback.reports.content import SessionPage, Trace
from biofeedback.session import summary
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import place
from biofeedback.session.signals import GridBlock

_LEAD_S = 3.0


@dataclass(slots=True)
class Scored:
    """A file sent through the pipeline."""

    document: dict[str, Any]
    pipeline: Pipeline
    first_s: float
    last_s: float
    blocks: dict[str, list[GridBlock]]


def scored(opened: Opened, exercise: Exercise) -> Scored:
    """Send a file through the pipeline."""
    exercise = exercise if opened.session else summary.as_one_set(exercise)
    blocks: dict[str, list[GridBlock]] = {signal.id: [] for signal in exercise.signals}
    sources = place(exercise, opened.streams)
    pipeline = Pipeline(exercise, sources, lambda block: blocks[block.signal].append(block), answering=False)
    started = time.perf_counter()
    first_s, last_s = summary.run(pipeline, opened.items, bare=not opened.session)
    took_s = time.perf_counter() - started
    document = summary.session(exercise, pipeline.repetitions, first_s)
    document["duration_s"] = round(last_s - first_s, 3)
    document["sensors"] = [
        {"placement": placement, "stream": source.stream.id, "rate_hz": source.stream.sampling_rate_hz}
        for placement, source in sources.items()
    ]
    document["methods"] = pipeline.methods()
    document["speed"] = round((last_s - first_s) / took_s, 1) if took_s > 0 else None
    return Scored(document, pipeline, first_s, last_s, blocks)


def write_report(opened: Opened, exercise: Exercise, out: Path) -> None:
    """Send a recording through the pipeline and draw its page."""
    from biofeedback.reports import pdf

    pdf.write(page_of(scored(opened, exercise), opened, exercise), out)


def page_of(
    result: Scored, opened: Opened, exercise: Exercise, subject: str = "", lead_s: float | None = _LEAD_S
) -> SessionPage:
    """Return what a page or a picture of a scored file shows, from ``lead_s`` before the first repetition on."""
    repetitions = result.pipeline.repetitions
    begun = bool(repetitions) and lead_s is not None
    start_s = max(result.first_s, repetitions[0].start_s - (lead_s or 0.0)) if begun else result.first_s
    return SessionPage(
        person=subject or str(opened.about.get("person", "")),
        exercise=exercise.name,
        exercise_version=exercise.version,
        started=opened.started or datetime.now().astimezone(),
        duration_s=result.last_s - start_s,
        active_s=float(opened.summary.get("active_s", result.last_s - start_s)),
        start_s=start_s,
        traces=tuple(_trace(signal, result, start_s) for signal in exercise.signals),
        repetitions=tuple(repetitions),
        quality=_quality(opened.summary),
        method=_method(exercise, result.document["methods"]),
        program=f"Biofeedback {__version__}",
    )


def _trace(signal: Signal, result: Scored, start_s: float) -> Trace:
    blocks = result.blocks[signal.id]
    times_s = np.concatenate([np.zeros(0), *(block.times_s for block in blocks)]) - start_s
    values = np.concatenate([np.zeros(0), *(block.values for block in blocks)])
    band = result.pipeline.bands[signal.id]
    return Trace(
        name=signal.name,
        unit=signal.unit,
        times_s=times_s[times_s >= 0],
        values=values[times_s >= 0],
        display=signal.display,
        inverted=signal.inverted,
        band=(band.low, band.high),
    )


def _quality(stored: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    latency, samples = stored.get("latency_ms", {}), stored.get("samples", {})
    received = sum(s["received"] for s in samples.values())
    lost = sum(s["lost"] for s in samples.values())
    return (
        ("Samples lost", f"{lost} of {received + lost}" if samples else "–"),
        ("Sample to cue, median / 99 %", _ms(latency.get("cue_p50"), latency.get("cue_p99"))),
        ("Sample to picture, median / 95 %", _ms(latency.get("painted_p50"), latency.get("painted_p95"))),
        ("Cue to sound, 95 %", _ms(latency.get("sound_p95"))),
    )


_METHOD_WORDS = {
    "mvc": "a maximal contraction",
    "submaximal": "a reference contraction of this session",
    "peak-dynamic": "the highest activity so far, no reference contraction",
}
_ECG_WORDS = {
    "highpass": "high-pass at 30 Hz",
    "gate": "each beat blanked for 100 ms",
    "template": "the usual beat subtracted",
}


def _method(exercise: Exercise, methods: dict[str, str]) -> tuple[str, ...]:
    kinds = {signal.kind for signal in exercise.signals}
    parts: list[str] = []
    if methods:
        words = sorted({_METHOD_WORDS.get(method, method) for method in methods.values()})
        parts.append(f"Muscle activity: 20 to 450 Hz, root mean square of 100 ms, in percent of {', '.join(words)}.")
    for ecg, words in _ECG_WORDS.items():
        if names := [signal.name for signal in exercise.signals if signal.ecg == ecg]:
            parts.append(f"Against the heart in {', '.join(names)}: {words}, for reference and task alike.")
    if kinds - {"envelope"}:
        parts.append("Angles: 6-axis orientation; two sensors share the heading of the joint’s hinge.")
    return tuple(parts)


def _ms(*values: float | None) -> str:
    return " / ".join("–" if value is None else f"{value:.1f}" for value in values) + " ms"
