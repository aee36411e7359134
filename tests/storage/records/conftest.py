from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from biofeedback.storage.keys import StoreKey
from biofeedback.storage.records.store import Records


@pytest.fixture
def store_key(tmp_path: Path) -> StoreKey:
    return StoreKey.load_or_create(tmp_path)


@pytest.fixture
def records(tmp_path: Path, store_key: StoreKey) -> Iterator[Records]:
    with Records.open(tmp_path, store_key) as opened:
        yield opened


def repetition(number: int, in_set: int = 1, **changed: Any) -> dict[str, Any]:
    made = {
        "number": number, "set": in_set, "start_s": 5.0 * number, "peak_s": 5.0 * number + 2, "end_s": 5.0 * number + 4,
        "peak": 4.0, "range": 81.0, "band": [0.0, 12.0], "reached": True, "result": "in", "score": 80.0, "error": 3.0,
        "coverage": 1.0, "reason": "In target", "parts": {"range": 0.9, "control": None},
        "measures": [{"name": "hold", "signal": None, "value": 1.2, "unit": "s"},
                     {"name": "time_above", "signal": "biceps_femoris", "value": None, "unit": "s"}],
        "feedback": True, "probe": False, "undone": False,
    }  # fmt: skip
    return made | changed


@pytest.fixture
def document():
    """Make a session document as `summary.session` and the engine make it."""

    def make(person: str = "P-014", exercise: str = "knee-extension-seated", **changed: Any) -> dict[str, Any]:
        made = {
            "version": 1, "program": "biofeedback 0.1", "person": person, "side": "right",
            "exercise": {"id": exercise, "version": 1, "name": exercise.replace("-", " ").capitalize()},
            "repetitions": [
                repetition(1, score=70.0), repetition(2, score=90.0),
                repetition(3, score=None, reached=False, result="no_score"),
                repetition(4, score=60.0, reached=False, result="below", undone=True),
                repetition(5, score=66.0, probe=True, feedback=False),
                repetition(1, 2, score=50.0, reached=False, result="above"),
            ],
            "dose": {"sets": 3, "repetitions": 10},
            "duration_s": 300.0, "active_s": 180.0, "latency_ms": {"cue_p50": 3.0},
            "settings": {"volume": 4, "schedule": "half"},
            "targets": {"knee_angle": [0.0, 10.0], "vastus": [40.0, None]},
            "placements": {"thigh": {"device": "WT901 A", "stream": "a/imu", "column": 0}},
        }  # fmt: skip
        return made | changed

    return make
