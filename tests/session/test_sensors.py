"""When a sensor is said to be lost."""

from biofeedback.exercises import model
from biofeedback.session.notices import Notices
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import place
from biofeedback.session.sensors import SensorWatch
from tests.session.test_pipeline import recorded

ARM = model.find("biceps-contraction")


def test_a_sensor_that_is_connected_and_never_sends_is_lost_after_a_while():
    (stream,), (chunk, *_), _ = recorded(ARM, 1)
    pipeline, notices, events = Pipeline(ARM, place(ARM, [stream])), Notices(), []
    sensors = SensorWatch(ARM, pipeline, notices)
    for tick in range(200):
        sensors.watch(100.0 + 0.05 * tick, {}, events.append)
    (lost,) = events
    assert (lost.kind, lost.values) == ("sensor_lost", {"placement": "biceps_brachii"})
    assert 103.0 < lost.time_s < 107.0
    assert notices.banner().title.startswith("Biceps")
    sensors.heard(chunk, 110.0)
    sensors.watch(110.05, {}, events.append)
    assert events[-1].kind == "sensor_back"
