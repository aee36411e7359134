"""What a session counted and scored comes out again, field by field, whatever the sensors delivered."""

import asyncio
import json

import pytest

from biofeedback.cli import main
from biofeedback.cli.compose import compose
from biofeedback.cli.engine_process import run_session
from biofeedback.cli.plan import EnginePlan, Simulated, new_recording_path

EXERCISE = "biceps-contraction"
SAME = ("count", "reached", "score", "probe_score", "repetitions", "exercise", "methods")


@pytest.fixture
def session(tmp_path, monkeypatch):
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    plan = EnginePlan(
        exercise=EXERCISE,
        source=Simulated(speed=None, faults=("duplicate@6=0.5",)),
        seconds=35.0,
        auto=True,
        sound=False,
        recording=str(new_recording_path(EXERCISE)),
    )
    document = asyncio.run(run_session(compose(plan)))
    return plan.recording, json.loads(json.dumps(document))


def test_packets_that_came_twice_change_nothing_and_are_counted_apart(session, capsys):
    recording, live = session
    assert live["count"] >= 1
    for sensor in live["samples"].values():
        assert sensor["repeated"] > 0
        rate_hz = sensor["received"] / live["duration_s"]
        assert rate_hz == pytest.approx(100, rel=0.1) or rate_hz == pytest.approx(2000, rel=0.1)
    for command in (["score"], ["replay", "--headless", "--speed", "0"]):
        assert main([*command, recording, "--exercise", EXERCISE, "--json"]) == 0
        again = json.loads(capsys.readouterr().out)
        assert {key: again[key] for key in SAME} == {key: live[key] for key in SAME}
