"""A muscle without a reference contraction: 100 % is only the highest so far, so the first ones would read high."""

from __future__ import annotations

from biofeedback.devices.simulated import SimulatedPerson, simulated_devices
from biofeedback.exercises import model
from biofeedback.session import summary
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import place


def recorded(exercise, seconds=22):
    person = SimulatedPerson(exercise, "healthy", 3, rest_s=3.0, reference_s=0.0, pause_s=1.0)
    person.begin(1000.0)
    devices = simulated_devices(person)
    chunks = [chunk for second in range(seconds) for d in devices for chunk in d.chunks_until(second + 1.0)]
    return [stream for device in devices for stream in device.streams], chunks


def test_the_first_two_contractions_are_the_reference_and_have_no_score():
    exercise = summary.as_one_set(model.find("biceps-contraction"))
    streams, chunks = recorded(exercise)
    pipeline = Pipeline(exercise, place(exercise, streams))
    summary.run(pipeline, chunks, bare=True)
    first, second, third = pipeline.repetitions[:3]
    for result in (first, second):
        assert result.score is None
        assert result.result == "no_score"
        assert "reference" in str(result.reason)
        assert result.measure("shortfall").missing == "no reference contraction yet"
        assert result.measure("steadiness").value is not None  # a ratio: it needs no reference
    assert third.score is not None
    assert not third.measure("shortfall").missing
