"""What is kept of a session, live and read back from its recording; and beginning again where it was left."""

import asyncio
import json
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.devices.simulated import SimulatedPerson, simulated_devices
from biofeedback.exercises import model
from biofeedback.session import commands as ask
from biofeedback.session.again import AsLeft, dosed, first_events
from biofeedback.session.engine import Engine, SessionPlan
from biofeedback.session.keepsake import read_back
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.settings import VOLUME_AT_FIRST
from biofeedback.storage.errors import RecordingError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingWriter
from biofeedback.storage.records import keeping, people, sessions
from biofeedback.storage.records.store import Records

KNEE = model.find("knee-extension-seated")
ARM = model.find("shoulder-flexion")  # one motion sensor: a whole session in little time
SAME = (
    "exercise", "count", "reached", "score", "probe_score", "repetitions", "person", "active_s", "samples", "methods",
    "side", "settings", "targets", "placements", "estimates", "notes", "failure",
    "references", "sets_over",
)  # fmt: skip


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """Run a session with another dose, settings left as before, a moved target, a note and an opinion."""
    folder = tmp_path_factory.mktemp("kept")
    left = AsLeft(
        sets=2, repetitions=3, targets={"elevation": (80.0, 140.0)}, settings={"volume": 2, "schedule": "half"}
    )
    exercise = dosed(ARM, left)
    person = SimulatedPerson(exercise, "healthy", 2, rest_s=0.5, reference_s=0.0, pause_s=0.5, going=False)
    devices = simulated_devices(person, speed=None)
    key = StoreKey.load_or_create(folder)
    about = {"exercise": exercise.id, "exercise_file": msgspec.to_builtins(exercise), "person": "P-014"}
    recorder = RecordingWriter(folder / "a.recording", (), about, key)
    plan = SessionPlan(
        exercise=exercise, person="P-014", auto=True, seconds=30.0,
        again=left,
    )  # fmt: skip
    engine = Engine(
        plan, devices, recorder=recorder, clock=devices[0].clock.session_s, sleep=devices[0].clock.sleep,
        companion=person,
    )  # fmt: skip

    async def session():
        task = asyncio.create_task(engine.run())
        while not engine.course.set_done and not task.done():
            await asyncio.sleep(0.002)
        for command in (
            ask.Mark("knee feels warm"), ask.Estimate(4), ask.MoveTarget("elevation", "low", 85.0),
            ask.SetVolume(5), ask.LongerRest(1.0),
        ):  # fmt: skip
            engine.command(command)
        await task

    asyncio.run(session())
    document = engine.document()
    recorder.close(document)
    return folder, key, document


def test_a_session_is_left_as_it_was_changed(ended):
    _, _, document = ended
    assert document["settings"]["volume"] == 5
    assert document["settings"]["schedule"] == "half"
    assert document["targets"]["elevation"] == [85.0, 140.0]
    assert document["notes"] == ["knee feels warm"]
    assert document["estimates"] == {"1": 4}
    assert [r["number"] for r in document["repetitions"] if r["set"] == 1] == [1, 2, 3]
    assert document["placements"] == {"wrist": {"device": "wrist", "stream": "wrist/imu", "column": 0}}
    assert document["dose"] == {"sets": 2, "repetitions": 3}


def test_the_first_repetitions_were_held_to_the_target_of_last_time(ended):
    _, _, document = ended
    assert document["repetitions"][0]["band"] == [80.0, 140.0]


def test_what_is_read_back_is_what_was(ended):
    folder, key, document = ended
    again, started = read_back(folder / "a.recording", key)
    plain = json.loads(json.dumps(document))
    assert {name: again[name] for name in SAME} == {name: plain[name] for name in SAME}
    assert abs(again["duration_s"] - document["duration_s"]) < 0.5
    assert started.tzinfo is not None


def test_read_back_it_goes_into_the_store_and_begins_again(ended):
    folder, key, _ = ended
    document, started = read_back(folder / "a.recording", key)
    with Records.open(folder, key) as records:
        person = people.add(records, "P-014")
        visit = keeping.keep(records, document, started=started, recording="a.recording", recovered=True)
        (left,) = sessions.again(records, person.id)
        stored = sessions.find(records, visit)
    assert stored is not None
    assert stored.bouts[0].recovered
    assert stored.bouts[0].sets[0].estimate == 4
    assert stored.bouts[0].done == document["count"]
    assert left.targets["elevation"] == (85.0, 140.0)
    assert (left.sets, left.repetitions) == (2, 3)
    assert left.settings["volume"] == 5


def test_a_recording_of_an_unknown_exercise_is_one_line(tmp_path):
    key = StoreKey.load_or_create(tmp_path)
    for name, about in (
        ("a", {"exercise": "nothing-known"}),
        ("b", {"exercise": "x", "exercise_file": {"id": 3}}),
        ("c", {}),
    ):
        RecordingWriter(tmp_path / f"{name}.recording", (), about, key).close({})
        with pytest.raises(RecordingError, match="is not known here"):
            read_back(tmp_path / f"{name}.recording", key)


def bands(exercise=KNEE):
    return Pipeline(exercise, {}, answering=False).bands


def told(left, exercise=KNEE):
    return first_events(exercise, bands(exercise), left, 1.0)


def test_only_what_differs_is_told():
    usual = {"volume": VOLUME_AT_FIRST, "schedule": "each", "view": "column", "cues": True}
    own = {"knee_angle": (0.0, 12.0)}
    assert told(AsLeft(settings=usual, targets=own)) == []
    events = told(AsLeft(settings=usual | {"volume": 3}, targets={"knee_angle": (0.0, 10.0)}))
    assert [(e.kind, e.values.get("name", e.values.get("lane"))) for e in events] == [
        ("setting", "volume"), ("target", "knee_angle"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "left",
    [
        AsLeft(settings={"volume": 11}),
        AsLeft(settings={"volume": "6"}),
        AsLeft(settings={"schedule": "sometimes"}),
        AsLeft(settings={"view": "balance"}),
        AsLeft(settings={"unheard": 1}),
        AsLeft(targets={"elbow": (0.0, 90.0)}),
        AsLeft(targets={"knee_angle": (10.0, 11.0)}),
        AsLeft(targets={"knee_angle": (float("nan"), 12.0)}),
        None,
    ],
)
def test_what_does_not_fit_any_more_is_passed_over(left):
    assert told(left) == []


@settings(deadline=None, max_examples=50)
@given(st.integers(-5, 1000), st.integers(-5, 1000))
def test_any_dose_makes_a_sound_exercise(sets, repetitions):
    made = dosed(KNEE, AsLeft(sets=sets, repetitions=repetitions))
    again = msgspec.convert(msgspec.to_builtins(made), model.Exercise)
    assert again == made
    assert made.dose.probes < made.dose.repetitions or made.dose.repetitions == 1
    assert dosed(KNEE, None) is KNEE
    assert replace(made, dose=KNEE.dose) == KNEE
