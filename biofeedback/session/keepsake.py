"""What of a session is kept beside its repetitions: how it was left, so that the next one can begin there.

Fed with the events of the session, live or read back from its recording.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from biofeedback.exercises.model import Exercise, ExerciseError, find
from biofeedback.session import summary
from biofeedback.session.again import SETTINGS
from biofeedback.session.course import Course
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import PlacementError, place
from biofeedback.session.repeats import SampleCount
from biofeedback.storage.errors import RecordingError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader
from biofeedback.stream import Chunk, Event


class Keepsake:
    """Collects what was noted and estimated, and says how a session was left."""

    def __init__(self, pipeline: Pipeline, course: Course) -> None:
        self._pipeline, self._course = pipeline, course
        self._estimates: dict[str, int] = {}
        self._notes: list[str] = []

    def apply(self, event: Event) -> None:
        """Take an event of the session."""
        if event.kind == "estimated":
            self._estimates[str(self._course.set_number)] = int(event.values["choice"])
        elif event.kind == "mark" and event.values.get("note"):
            self._notes.append(str(event.values["note"]))

    def document(self) -> dict[str, Any]:
        """Return it in plain JSON values, to be joined with those of `summary.session`."""
        pipeline = self._pipeline
        return {
            "side": pipeline.exercise.side,
            "dose": {"sets": pipeline.exercise.dose.sets, "repetitions": pipeline.exercise.dose.repetitions},
            "settings": {name: getattr(pipeline.settings, name) for name in SETTINGS},
            "targets": {signal: [band.low, band.high] for signal, band in pipeline.bands.items()},
            "placements": {
                placement: {"device": source.stream.device, "stream": source.stream.id, "column": source.columns[0]}
                for placement, source in pipeline.sources.items()
            },
            "movement": None if (own := pipeline.learning.own_movement) is None else msgspec.to_builtins(own),
            "references": msgspec.to_builtins(pipeline.learning.references),
            "sets_over": self._course.set_number - (not self._course.set_done),
            "estimates": dict(self._estimates),
            "notes": list(self._notes),
        }


class _Counted:
    """Passes everything of a recording on, and counts what came and was lost."""

    def __init__(self, items: Iterable[Chunk | Event], course: Course, keepsake: Keepsake) -> None:
        self._items, self._course, self._keepsake = items, course, keepsake
        self.samples = SampleCount()

    def __iter__(self) -> Iterator[Chunk | Event]:
        for item in self._items:
            if isinstance(item, Event):
                self._course.apply(item)
                self._keepsake.apply(item)
            else:
                self.samples.add(item)
            yield item


def read_back(path: Path, store_key: StoreKey) -> tuple[dict[str, Any], datetime]:
    """Make the document of a session from its recording, as its engine would have; with when it began (UTC).

    Raises
    ------
    RecordingError
        If the recording cannot be read, or its exercise is not known any more.
    """
    with RecordingReader(path, store_key) as reader:
        exercise = exercise_of(path, reader.about)
        wanted = {placement: (stream, column) for placement, (stream, column) in reader.about.get("wanted", {}).items()}
        try:
            pipeline = Pipeline(exercise, place(exercise, reader.streams, wanted), answering=False)
        except PlacementError as error:
            raise RecordingError(f"{path}: {error}") from error
        course = Course(exercise.dose)
        keepsake = Keepsake(pipeline, course)
        items = _Counted(reader.items(), course, keepsake)
        began_s, last_s = summary.run(pipeline, items, bare=False)
        document = summary.session(exercise, pipeline.repetitions, began_s) | keepsake.document()
        document |= {
            "person": str(reader.about.get("person", "")),
            "visit": str(reader.about.get("visit", "")),
            "duration_s": round(max(0.0, last_s - began_s), 2),
            "active_s": round(course.active_s(last_s), 2),
            "samples": items.samples.of_stream,
            "methods": pipeline.methods(),
            "failure": reader.failure,
        }
        return document, reader.started


def exercise_of(path: Path, about: dict[str, Any]) -> Exercise:
    """Return the exercise a recording was made with, as it was fitted to the person and dosed.

    Raises
    ------
    RecordingError
        If it is not in the recording, and not in the library.
    """
    try:
        if "exercise_file" in about:
            return msgspec.convert(about["exercise_file"], Exercise)
        return find(str(about.get("exercise", "")))
    except (ExerciseError, msgspec.ValidationError) as error:
        raise RecordingError(f"{path}: its exercise {about.get('exercise')!r} is not known here") from error
