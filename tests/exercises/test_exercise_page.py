"""The page about exercise files is true: its example is one, and it tells of every field and measure there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec.inspect

from biofeedback.exercises import model
from biofeedback.feedback.rating import RepetitionRater

PAGE = (Path(__file__).parents[2] / "docs" / "exercises.md").read_text("utf-8")


def _fields(kind: Any) -> Iterator[str]:
    kind = getattr(kind, "item_type", kind)
    for one in getattr(kind, "types", (kind,)):
        for field in getattr(one, "fields", ()):
            yield field.name
            yield from _fields(field.type)


def test_the_example_is_an_exercise_that_can_be_scored(tmp_path):
    found = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    path = tmp_path / "my-biceps.toml"
    path.write_text(found[1], "utf-8")
    exercise = model.load(path)
    assert exercise.id == "my-biceps"
    assert RepetitionRater(exercise)


def test_every_field_and_measure_is_told_of():
    told = set(re.findall(r"`([a-z0-9_.-]+)`", PAGE))
    fields = set(_fields(msgspec.inspect.type_info(model.Exercise)))
    assert len(fields) > 50
    few = {
        word for place in ("signals[0].kind", "target.path.shape", "feedback.schedule") for word in model._words(place)
    }
    measures = set(RepetitionRater(model.library()["knee-extension-seated"])._measures)
    assert sorted((fields | few | measures) - told) == []
