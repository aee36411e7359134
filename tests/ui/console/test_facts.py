"""Figures of a session in words: none is rounded into another one, and none is called good that is not."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from biofeedback.storage.records.values import Bout, Session
from biofeedback.ui.console import home_words
from biofeedback.ui.console.session_facts import quality

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 min"), (0.2, "1 s"), (15, "15 s"), (59.7, "1 min"), (89, "1 min"), (600, "10 min")]
)
def test_a_length_is_said_as_long_as_it_was(seconds, words):
    assert home_words.minutes(seconds) == words


@pytest.mark.parametrize(("p95", "sign"), [(33.0, "good"), (190.0, "weak")])
def test_a_picture_that_was_felt_late_is_not_called_good(p95, sign):
    bout = Bout(
        id=uuid.uuid4(), exercise="x", exercise_name="X", side="right", recording=None, recovered=False, started=AT,
        duration_s=60.0, active_s=15.0, sets=(), quality={"latency_ms": {"painted_p50": 13.0, "painted_p95": p95}},
    )  # fmt: skip
    session = Session(id=uuid.uuid4(), label="P-1", started=AT, ended=AT, bouts=(bout,))
    said = {one.name: one.sign for one in quality(session)}
    assert said["Sensor to screen"] == sign
