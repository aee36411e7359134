"""A whole session without a window, with the simulated person at many times real speed."""

import asyncio

import pytest

from biofeedback.devices.replay import Replay
from biofeedback.devices.simulated import SimulatedPerson, parse_fault, simulated_devices
from biofeedback.exercises import model
from biofeedback.session import commands as ask
from biofeedback.session import summary
from biofeedback.session.calibration import steps_of
from biofeedback.session.engine import Engine, SessionPlan
from biofeedback.session.waking import Waking
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader, RecordingWriter
from biofeedback.stream import Chunk, host_time_s


class Page:
    """Keeps what an engine publishes."""

    def __init__(self):
        self.views, self.ticks = [], 0

    def tick(self, row):
        self.ticks += 1

    def page(self, view):
        if not self.views or self.views[-1] is not view:
            self.views.append(view)

    def beat(self):
        pass


def make(name, folder, *, seconds=40.0, faults=(), seed=2, auto=True, speed=None):
    exercise = model.find(name)
    person = SimulatedPerson(exercise, "healthy", seed, rest_s=0.5, reference_s=0.0, pause_s=0.5, going=False)
    devices = simulated_devices(person, speed=speed, faults=[parse_fault(f) for f in faults])
    key = StoreKey.load_or_create(folder)
    recorder = RecordingWriter(folder / "session.recording", (), {"exercise": exercise.id}, key)
    steps = tuple(step for step in steps_of(exercise) if step.kind in ("rest", "reference"))
    plan = SessionPlan(exercise=exercise, calibration=steps, auto=auto, seconds=seconds)
    page = Page()
    engine = Engine(
        plan, devices, recorder=recorder, publisher=page, clock=devices[0].clock.session_s,
        sleep=devices[0].clock.sleep, companion=person, age_s=devices[0].clock.age_s,
    )  # fmt: skip
    return engine, person, page, recorder, key


def run(engine, recorder, script=None):
    async def both():
        task = asyncio.create_task(engine.run())
        if script is not None:
            await script(engine)
        await task

    try:
        asyncio.run(both())
    finally:
        recorder.close(engine.document())


def test_a_session_counts_what_the_person_did_and_replays_to_the_same(tmp_path):
    engine, person, page, recorder, key = make("biceps-contraction", tmp_path)
    run(engine, recorder)
    true = engine.during_sets(person.truth()["repetitions"])
    counted = engine.pipeline.repetitions
    assert true >= 6
    assert abs(len(counted) - true) <= 1
    assert page.ticks > 2000
    assert any(view.phase == "live" for view in page.views)
    assert recorder.failure is None
    seen = {r.number: r.reached for r in page.views[-1].repetitions if r.end_s is not None}
    assert seen
    assert any(seen.values())
    assert seen == {r.number: r.reached for r in counted if r.number in seen}

    reader = RecordingReader(tmp_path / "session.recording", key)
    plan = SessionPlan(exercise=engine.plan.exercise, replayed=True)
    replay = Replay("replay", reader.streams, reader.items(), speed=None, shifted=False)
    again = Engine(plan, [replay], clock=replay.session_s)
    asyncio.run(again.run())
    assert again.pipeline.repetitions == engine.pipeline.repetitions
    assert reader.summary["count"] == len(counted)


def test_at_a_speed_no_machine_keeps_the_person_waits_and_nothing_is_lost(tmp_path):
    engine, person, _, recorder, key = make("knee-extension-seated", tmp_path, seconds=45.0, speed=5000.0)
    run(engine, recorder)
    reader = RecordingReader(recorder.path, key)
    assert "sensor_lost" not in [item.kind for item in reader.items() if hasattr(item, "kind")]
    true = engine.during_sets(person.truth()["repetitions"])
    assert true >= 2
    assert abs(len(engine.pipeline.repetitions) - true) <= 1
    document = engine.document()
    assert all(stream["lost"] == 0 for stream in document["samples"].values())
    took_s = host_time_s() - person.start_s
    assert 0 < document["latency_ms"]["cue_p99"] < 1000 * took_s  # by the host clock, not the script's


def test_scoring_the_recording_gives_the_live_scores(tmp_path):
    engine, _, _, recorder, key = make("knee-extension-seated", tmp_path, seconds=28.0)
    run(engine, recorder)
    from biofeedback.session.pipeline import Pipeline
    from biofeedback.session.placing import place

    reader = RecordingReader(tmp_path / "session.recording", key)
    pipeline = Pipeline(engine.plan.exercise, place(engine.plan.exercise, reader.streams))
    summary.run(pipeline, reader.items(), bare=False)
    assert len(pipeline.repetitions) >= 2
    assert pipeline.repetitions == engine.pipeline.repetitions


def test_commands_become_events_of_the_recording(tmp_path):
    async def script(engine):
        while engine._loop is None or not hasattr(engine, "pipeline") or engine.course.phase != "live":
            await asyncio.sleep(0)
        for command in (
            ask.Mark("grimace"),
            ask.MoveTarget("biceps_brachii", "low", 40.0),
            ask.SetSchedule("half"),
            ask.SetVolume(99),
            ask.SetView(engine.plan.exercise.views[1]),
        ):
            engine.command(command)
        await asyncio.sleep(0)
        assert engine.course.phase == "countdown"  # the person finds their way in the other picture first
        engine.command(ask.Pause())
        await asyncio.sleep(0)
        assert engine.course.phase == "paused"
        engine.command(ask.Start())
        await asyncio.sleep(0)
        assert engine.course.phase in ("countdown", "live")
        engine.command(ask.StopSet())
        await asyncio.sleep(0)
        assert engine.course.phase == "rest"
        engine.command(ask.Finish())

    engine, _, page, recorder, key = make("biceps-contraction", tmp_path, seconds=None)
    run(engine, recorder, script)
    kinds = [
        item.kind for item in RecordingReader(tmp_path / "session.recording", key).items() if hasattr(item, "kind")
    ]
    assert kinds.count("countdown") == 3
    for kind in ("session", "calibrated", "live", "mark", "target", "setting", "paused", "set_ended", "finished"):
        assert kind in kinds
    assert page.views[-1].feedback.volume == 10
    assert page.views[-1].feedback.schedule == "half"
    assert any("grimace" in line.text for line in page.views[-1].events)


def test_a_sensor_that_drops_out_is_told_and_its_repetition_has_no_score(tmp_path):
    engine, _, page, recorder, _ = make(
        "knee-extension-seated", tmp_path, seconds=30.0, faults=["dropout:biceps_femoris@20+3"]
    )
    run(engine, recorder)
    banners = [view.banner for view in page.views if view.banner is not None]
    assert any(b.kind == "fault" and "Biceps" in b.title for b in banners)
    assert any(b.kind == "info" and "back" in b.title for b in banners)
    assert any(r.score is None and "no signal" in str(r.reason) for r in engine.pipeline.repetitions)


def test_when_the_sensor_followed_is_back_it_counts_down_before_it_goes_on(tmp_path):
    engine, _, page, recorder, key = make("biceps-contraction", tmp_path, seconds=30.0, faults=["dropout@18+3"])
    run(engine, recorder)
    assert "paused" not in [view.phase for view in page.views]  # no page in between
    told = [item for item in RecordingReader(tmp_path / "session.recording", key).items() if hasattr(item, "kind")]
    kinds = [event.kind for event in told]
    lost = kinds.index("sensor_lost", kinds.index("live"))
    after = [event for event in told[lost:] if event.kind in ("sensor_back", "paused", "countdown", "live")]
    assert [event.kind for event in after][:4] == ["sensor_back", "paused", "countdown", "live"]
    assert after[3].time_s - after[2].time_s == pytest.approx(3.0)
    (_, stopped_s), (again_s, _) = engine.course.sets
    assert again_s - stopped_s == pytest.approx(3.0, abs=0.2)
    numbers = [r.number for r in engine.pipeline.repetitions]
    assert numbers == sorted(set(numbers))


def test_a_set_in_which_the_computer_slept_is_paused_and_goes_on_when_asked(tmp_path):
    async def script(engine):
        while engine.course.phase != "live":
            await asyncio.sleep(0)
        asleep[0] += 240.0
        while engine.course.phase == "live":
            await asyncio.sleep(0)
        assert engine.course.phase == "paused"
        assert engine.notices.banner().title == "The computer slept or stood still for 240 s."
        asleep[0] += 4.0  # a breath
        engine.command(ask.Start())
        while engine.course.phase != "live":
            await asyncio.sleep(0)
        engine.command(ask.Finish())

    asleep = [0.0]
    engine, _, page, recorder, key = make("biceps-contraction", tmp_path, seconds=None)
    engine._waking = Waking(lambda: asleep[0])
    run(engine, recorder, script)
    told = [item for item in RecordingReader(tmp_path / "session.recording", key).items() if hasattr(item, "kind")]
    assert [event.values["seconds"] for event in told if event.kind == "slept"] == [240.0]
    assert any(line.text == "Slept or stood still for 240 s" for line in page.views[-1].events)


@pytest.mark.parametrize(
    ("fault", "word"), [("lift:biceps_femoris@19", "electrode off"), ("saturation:vastus_medialis@19", "")]
)
def test_a_bad_electrode_gives_no_score_and_never_a_good_one(tmp_path, fault, word):
    engine, _, _, recorder, _ = make("knee-extension-seated", tmp_path, seconds=32.0, faults=[fault])
    run(engine, recorder)
    late = [r for r in engine.pipeline.repetitions if r.start_s > engine.started_s + 20.0]
    assert late
    assert all(r.score is None for r in late)
    assert all(word in str(r.reason) for r in late)


def test_two_sensors_short_is_said_in_one_line(tmp_path):
    from biofeedback.session.placing import PlacementError

    exercise = model.find("knee-extension-seated")
    person = SimulatedPerson(exercise)
    engine = Engine(SessionPlan(exercise=exercise), simulated_devices(person)[:1])
    with pytest.raises(PlacementError, match="needs a sensor more: Shank"):
        asyncio.run(engine.run())


def test_a_sensor_of_another_rate_is_told_and_nothing_is_scored_from_it(tmp_path):
    engine, _, page, recorder, key = make("shoulder-flexion", tmp_path, seconds=18.0, faults=["rate:wrist=3"])
    run(engine, recorder)
    banners = {view.banner.title for view in page.views if view.banner is not None}
    assert "Wrist: wrong rate, no score from it." in banners
    with RecordingReader(tmp_path / "session.recording", key) as reader:
        told = [(item.kind, item.time_s - engine.started_s) for item in reader.items() if not isinstance(item, Chunk)]
    (wrong_s,) = [time_s for kind, time_s in told if kind == "rate_wrong"]
    assert 4 < wrong_s < 9
    after = [one for one in engine.document()["repetitions"] if one["end_s"] > wrong_s]
    assert after
    assert all(one["score"] is None for one in after)


def test_the_next_set_begins_at_its_first_repetition(tmp_path):
    engine, _, _, recorder, _ = make("shoulder-flexion", tmp_path, seconds=110.0)
    run(engine, recorder)
    done = [(one["set"], one["number"]) for one in engine.document()["repetitions"]]
    assert done[:21] == [*((1, number) for number in range(1, 21)), (2, 1)]
