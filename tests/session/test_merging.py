"""What is interpreted together gives what it gives one by one."""

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biofeedback.devices.simulated import SimulatedPerson, parse_fault, simulated_devices
from biofeedback.exercises import model
from biofeedback.session.calibration import steps_of
from biofeedback.session.engine import Engine, SessionPlan
from biofeedback.session.merging import Waiting
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import place
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader, RecordingWriter
from biofeedback.stream import Channel, Chunk, StreamInfo

INFOS = {name: StreamInfo(name, name, (Channel("emg", "emg"),), 100.0) for name in ("a", "b")}
SHOWN = ("time_s", "goal_value", "level", "state", "hold_left_s", "cue", "rise", "left_s", "gained", "pace")


@st.composite
def deliveries(draw):
    """Draw chunks of two streams as radios bring them: some lost before, some twice, some empty; and when to look."""
    following, last, brought = {"a": 0, "b": 0}, {}, []
    for name, size, lost, kind in draw(
        st.lists(
            st.tuples(
                st.sampled_from("ab"), st.integers(0, 4), st.sampled_from([0, 0, 0, 2]), st.sampled_from("nnnrl")
            ),
            max_size=30,
        )
    ):
        if kind == "l":
            brought.append(None)
        elif kind == "r" and name in last:
            brought.append(last[name])
        else:
            first = following[name] + lost
            index = np.arange(first, first + size)
            last[name] = INFOS[name].chunk(index[:, None], index / 100.0, first, lost, float(len(brought)))
            following[name] = first + size if size else following[name]
            brought.append(last[name])
    return brought


@given(deliveries())
def test_every_sample_comes_once_in_its_streams_order_and_every_loss_is_kept(brought):
    waiting, taken = Waiting(), []
    for chunk in brought:
        if chunk is None:
            taken += waiting.take()
            assert waiting.take() == []
            assert waiting.longest_s == 0.0
        else:
            waiting.add(chunk)
    taken += waiting.take()
    for name in "ab":
        fresh = {id(c): c for c in brought if c is not None and c.stream == name and len(c)}.values()
        whole = [c for c in taken if c.stream == name]
        assert [i for c in whole for i in c.counts[:, 0]] == [
            i for c in fresh for i in range(c.first_sample, c.first_sample + len(c))
        ]
        assert sum(c.lost_before for c in whole) == sum(c.lost_before for c in fresh)
        for chunk in whole:
            np.testing.assert_array_equal(chunk.counts[:, 0], chunk.first_sample + np.arange(len(chunk)))
            np.testing.assert_allclose(chunk.times_s, chunk.counts[:, 0] / 100.0)
            assert chunk.arrived_s == max(
                c.arrived_s for c in fresh if c.first_sample < chunk.first_sample + len(chunk)
            )


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """Run a real session whose radio is late, loses and doubles packets; return what its recording holds."""
    folder = tmp_path_factory.mktemp("session")
    exercise = model.find("biceps-contraction")
    person = SimulatedPerson(exercise, "healthy", 2, rest_s=0.5, reference_s=0.0, pause_s=0.5, going=False)
    faults = [parse_fault(text) for text in ("late@8+6=0.15", "duplicate@15=0.3", "dropout@19+4=0.2")]
    devices = simulated_devices(person, speed=None, faults=faults)
    key = StoreKey.load_or_create(folder)
    recorder = RecordingWriter(folder / "one.recording", (), {}, key)
    plan = SessionPlan(exercise=exercise, calibration=steps_of(exercise), auto=True, seconds=32.0)
    clock = devices[0].clock
    engine = Engine(plan, devices, recorder=recorder, clock=clock.session_s, sleep=clock.sleep, companion=person)
    asyncio.run(engine.run())
    recorder.close(engine.document())
    reader = RecordingReader(folder / "one.recording", key)
    return engine, reader.streams, list(reader.items())


def interpreted(exercise, streams, items, look):
    """Send the items through a pipeline; ``look`` says after which chunk what waits is taken."""
    pipeline, waiting, updates = Pipeline(exercise, place(exercise, streams)), Waiting(), []

    def take():
        updates.extend(pipeline.process(chunk) for chunk in waiting.take())

    for item in items:
        if isinstance(item, Chunk):
            waiting.add(item)
            if look():
                take()
        else:
            take()
            updates.append(pipeline.apply(item))
    take()
    updates.append(pipeline.finish())
    rows = [tuple(row[name].tolist() for name in SHOWN) for update in updates for row in update.rows]
    cues = [(c.time_s, c.state, c.error, c.reached) for update in updates for c in update.cues]
    counted = sum(update.counted for update in updates)
    return pipeline.repetitions, counted, repr(rows), repr(cues)  # NaN is like NaN


def test_a_session_gives_the_same_repetitions_cues_and_values_merged_and_one_by_one(session):
    engine, streams, items = session
    exercise = engine.plan.exercise
    one_by_one = interpreted(exercise, streams, items, lambda: True)
    assert one_by_one[0] == engine.pipeline.repetitions
    assert one_by_one[1] >= 3
    assert "True" in one_by_one[3]  # a goal was reached
    for seed, share in ((0, 0.5), (1, 0.05), (2, 0.0)):
        random = np.random.default_rng(seed)
        assert interpreted(exercise, streams, items, lambda: random.random() < share) == one_by_one  # noqa: B023
