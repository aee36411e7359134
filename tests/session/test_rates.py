"""A sensor that sends at another rate than its profile says: one banner that says what to do, until it is right."""

import numpy as np

from biofeedback.devices.base import DeviceStatus
from biofeedback.exercises import model
from biofeedback.session.notices import Notices
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import place
from biofeedback.session.sensors import SensorWatch
from biofeedback.stream import Channel, StreamInfo

STREAM = StreamInfo("arm", "d", (Channel("biceps_brachii", "emg", 1e-8),), 500.0)


def test_it_is_said_once_with_what_to_do_and_taken_back():
    exercise, notices, happened = model.find("biceps-contraction"), Notices(), []
    pipeline = Pipeline(exercise, place(exercise, [STREAM]))

    def happen(event):
        happened.append(event)
        pipeline.apply(event)

    watch = SensorWatch(exercise, pipeline, notices)
    told = [(0.0, None), (1.0, 10.0), (2.0, 10.02), (3.0, 9.98), (4.0, None), (5.0, None)]
    for now_s, ratio in told:
        watch.heard(STREAM.chunk(np.zeros((1, 1)), np.array([now_s]), round(now_s)), now_s)
        watch.watch(now_s, {"d": DeviceStatus("d", "streaming", rate_ratio=ratio)}, happen)
        banner, (light, action) = notices.banner(), pipeline.placement_light("biceps_brachii")
        if 1.0 <= now_s < 4.0:
            assert (banner.kind, banner.title) == ("fault", "Biceps: wrong rate, no score from it.")
            assert banner.detail == action
            assert action == "Sends 5000 a second, its profile says 500: change profile or rate."
            assert watch.goal_lost  # the person may rest meanwhile
            assert light == "lost"
        else:
            assert banner is None
            assert not watch.goal_lost
            assert light != "lost"
    assert [(event.kind, event.time_s) for event in happened] == [("rate_wrong", 1.0), ("rate_right", 4.0)]


def test_what_is_slow_may_be_far():
    exercise, notices = model.find("biceps-contraction"), Notices()
    pipeline = Pipeline(exercise, place(exercise, [STREAM]))
    watch = SensorWatch(exercise, pipeline, notices)
    watch.watch(1.0, {"d": DeviceStatus("d", "streaming", rate_ratio=1 / 3)}, pipeline.apply)
    assert notices.banner().detail.startswith("Sends 167 a second, its profile says 500: move it closer, ")
