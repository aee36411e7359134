"""The path is a function of what came in: any chunking, live or replayed, gives the same repetitions and scores."""

from dataclasses import replace

import numpy as np
import pytest

from biofeedback.devices.simulated import SimulatedPerson, simulated_devices
from biofeedback.exercises import model
from biofeedback.session import summary
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import PlacementError, place
from biofeedback.stream import Event


def recorded(exercise, seconds, seed=3, condition="healthy", **wanted):
    """Return the streams and, in order of time, one-second chunks of a person doing the exercise."""
    person = SimulatedPerson(exercise, condition, seed, rest_s=3.0, reference_s=2.0, pause_s=1.0)
    person.begin(1000.0)
    devices = simulated_devices(person, **wanted)
    chunks = []
    for second in range(seconds):
        for device in devices:
            chunks += device.chunks_until(second + 1.0)
    return [s for d in devices for s in d.streams], chunks, person.truth()


def rechunked(streams, chunks, random):
    """Return the same samples in chunks of random sizes, 1 to 500."""
    pieces = []
    for info in streams:
        own = [c for c in chunks if c.stream == info.id]
        counts = np.concatenate([c.counts for c in own])
        times = np.concatenate([c.times_s for c in own])
        at = 0
        while at < len(counts):
            size = int(random.integers(1, 500))
            part = slice(at, at + size)
            pieces.append(info.chunk(counts[part], times[part], own[0].first_sample + at, 0, float(times[part][-1])))
            at += size
    return sorted(pieces, key=lambda c: c.times_s[-1])


def results(exercise, streams, items):
    pipeline = Pipeline(exercise, place(exercise, streams))
    first_s, _ = summary.run(pipeline, items, bare=True)
    return summary.session(exercise, pipeline.repetitions, first_s)["repetitions"]


@pytest.mark.parametrize("name", ["biceps-contraction", "knee-extension-seated"])
def test_any_chunking_gives_the_same_repetitions_and_scores(name):
    exercise = summary.as_one_set(model.find(name))
    streams, chunks, truth = recorded(exercise, 40)
    whole = results(exercise, streams, chunks)
    # the start-up holds a reference contraction; it moves nothing but the biceps' own signal
    assert len(whole) >= len(truth["repetitions"]) >= 4
    for seed in range(3):
        assert results(exercise, streams, rechunked(streams, chunks, np.random.default_rng(seed))) == whole


def test_the_knee_angle_is_the_true_one():
    exercise = summary.as_one_set(model.find("knee-extension-seated"))
    person = SimulatedPerson(exercise, "healthy", 5, rest_s=3.0, reference_s=0.0, pause_s=1.0)
    person.begin(1000.0)
    devices = simulated_devices(person)
    blocks = []
    streams = [s for d in devices for s in d.streams]
    pipeline = Pipeline(exercise, place(exercise, streams), on_signal=blocks.append)
    for second in range(60):
        for device in devices:
            for chunk in device.chunks_until(second + 1.0):
                pipeline.process(chunk)
    knee = [b for b in blocks if b.signal == "knee_angle"]
    times = np.concatenate([b.times_s for b in knee])
    angle = np.concatenate([b.values for b in knee])
    late = times > 1015.0  # two repetitions to find the hinge
    true = np.degrees(person.angle_at(times[late]))
    error = angle[late] - true
    print(f"knee angle: RMS error {np.sqrt(np.mean(error**2)):.2f}°, mean {error.mean():.2f}°")
    assert np.sqrt(np.mean(error**2)) < 4.0


def test_a_target_moved_by_an_event_changes_what_counts_as_reached():
    exercise = model.find("biceps-contraction")
    streams, chunks, _ = recorded(exercise, 30)
    wide, narrow = (Pipeline(exercise, place(exercise, streams)) for _ in range(2))
    narrow.apply(Event(0.0, "target", {"lane": "biceps_brachii", "low": 40000.0, "high": 50000.0}))
    for pipeline in (wide, narrow):
        summary.run(pipeline, chunks, bare=True)
    assert any(r.reached for r in wide.repetitions)
    assert not any(r.reached for r in narrow.repetitions)
    assert {r.result for r in narrow.repetitions} <= {"below", "no_score"}


def test_a_lost_sensor_gives_no_score_and_never_a_good_one():
    exercise = summary.as_one_set(model.find("knee-extension-seated"))
    streams, chunks, truth = recorded(exercise, 40)
    third = truth["repetitions"][2]
    hole = (third["start_s"] + 0.5, third["start_s"] + 1.3)
    gone = [c for c in chunks if not (c.stream == "biceps_femoris/emg" and hole[0] < c.times_s[0] < hole[1])]
    assert len(gone) < len(chunks)
    repetitions = results(exercise, streams, gone)
    hit = [r for r in repetitions if r["start_s"] + 1000 < hole[1] and r["end_s"] + 1000 > hole[0]]
    assert hit
    for repetition in hit:
        assert repetition["score"] is None
        assert repetition["result"] == "no_score"
        assert "no signal" in repetition["reason"]
    others = [r for r in repetitions if r not in hit]
    assert all(r["score"] is not None for r in others)


def test_repetitions_count_only_while_live():
    exercise = model.find("biceps-contraction")
    streams, chunks, _ = recorded(exercise, 30)
    pipeline = Pipeline(exercise, place(exercise, streams))
    for chunk in chunks:
        pipeline.process(chunk)
    pipeline.finish()
    assert pipeline.repetitions == []


def test_undo_strikes_out_and_redo_takes_back():
    exercise = model.find("biceps-contraction")
    streams, chunks, _ = recorded(exercise, 30)
    pipeline = Pipeline(exercise, place(exercise, streams))
    summary.run(pipeline, chunks, bare=True)
    done = pipeline.done_in_set
    pipeline.apply(Event(0.0, "undone", {"set": 1, "number": 2}))
    assert pipeline.done_in_set == done - 1
    assert [r.number for r in pipeline.repetitions if r.undone] == [2]
    pipeline.apply(Event(0.0, "redone", {"set": 1, "number": 2}))
    assert pipeline.done_in_set == done


def test_a_repetition_that_waits_for_its_score_counts_on_when_another_is_struck_out():
    exercise = model.find("biceps-contraction")
    streams, chunks, _ = recorded(exercise, 30)
    pipeline, struck = Pipeline(exercise, place(exercise, streams)), False
    pipeline.apply(Event(0.0, "live"))
    for chunk in chunks:
        pipeline.process(chunk)
        if not struck and (pipeline.done_in_set, len(pipeline.repetitions)) == (3, 2):
            pipeline.apply(Event(0.0, "undone", {"set": 1, "number": 1}))
            pipeline.apply(Event(0.0, "undone", {"set": 1, "number": 1}))
            struck = True
            assert pipeline.done_in_set == 2
    pipeline.finish()
    assert struck
    assert pipeline.done_in_set == len(pipeline.standing_in(1)) == len(pipeline.repetitions) - 1


def test_placements_find_their_sensors_by_name_and_say_what_is_missing():
    exercise = model.find("knee-extension-seated")
    streams, _, _ = recorded(exercise, 1)
    placed = place(exercise, list(reversed(streams)))
    assert {name: source.stream.id for name, source in placed.items()} == {
        "thigh": "thigh/imu",
        "shank": "shank/imu",
        "vastus_medialis": "vastus_medialis/emg",
        "biceps_femoris": "biceps_femoris/emg",
    }
    with pytest.raises(PlacementError, match=r"Shank \(IMU\)"):
        place(exercise, [s for s in streams if "shank" not in s.id])


def test_an_unknown_measure_is_the_exercises_mistake():
    exercise = model.find("biceps-contraction")
    wrong = replace(exercise, score=[replace(exercise.score[0], measure="happiness")])
    streams, _, _ = recorded(exercise, 1)
    with pytest.raises(model.ExerciseError, match="happiness"):
        Pipeline(wrong, place(wrong, streams))


def test_a_chunk_that_comes_twice_changes_nothing():
    exercise = summary.as_one_set(model.find("biceps-contraction"))
    streams, chunks, _ = recorded(exercise, 25)
    twice = [c for chunk in chunks for c in ((chunk, chunk) if chunk.first_sample % 3 == 0 else (chunk,))]
    assert len(twice) > len(chunks)
    plain, doubled = (Pipeline(exercise, place(exercise, streams)) for _ in range(2))
    for pipeline, items in ((plain, chunks), (doubled, twice)):
        pipeline.apply(Event(0.0, "live"))
        for item in items:
            pipeline.process(item)
    assert doubled.repetitions == plain.repetitions
    assert plain.repetitions


def test_a_converter_at_its_rail_gives_no_cue_and_no_score():
    exercise = summary.as_one_set(model.find("biceps-contraction"))
    streams, chunks, truth = recorded(exercise, 30)
    third = truth["repetitions"][2]
    channel = streams[0].channels[0]
    railed = [
        streams[0].chunk(np.full_like(c.counts, channel.highest_count), c.times_s, c.first_sample)
        if third["start_s"] + 0.3 < c.times_s[0] < third["end_s"] - 0.3
        else c
        for c in chunks
    ]
    pipeline = Pipeline(exercise, place(exercise, streams))
    pipeline.apply(Event(0.0, "live"))
    rows = [row for chunk in railed for row in pipeline.process(chunk).rows]
    pipeline.finish()
    during = [r for r in rows if third["start_s"] + 0.6 < r["time_s"] < third["end_s"] - 0.4]
    assert during
    assert all(np.isnan(row["level"]) for row in during)
    assert all(row["state"] == 0 for row in during[40:])  # idle, once the state before may change
    hit = [r for r in pipeline.repetitions if r.start_s < third["end_s"] and r.end_s > third["start_s"] + 0.4]
    assert all(r.score is None for r in hit)
