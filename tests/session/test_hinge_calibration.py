"""The movement of the calibration tells how the sensors of a joint sit, whatever moved before."""

from itertools import pairwise

import numpy as np
import pytest

from biofeedback.exercises import model
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import Source
from biofeedback.stream import Channel, Event, StreamInfo
from tests.dsp.leg import RATE, sensors, strapped_on

EXERCISE = model.find("knee-extension-seated")
AXES = [Channel(f"acc_{a}", "acceleration") for a in "xyz"] + [Channel(f"gyr_{a}", "angular_velocity") for a in "xyz"]
POSE_S, LEARNED_S = 14.5, 23.6


def knee_angle(seed, chunk_rows, *, calibrated=True, lost=(), live_s=None):
    """Return the pipeline's knee angle and the true one in degrees behind the two repetitions that calibrate."""
    _, thigh, shank, truth = sensors("knee extension", seed, off_plane=0.5)
    rng = np.random.default_rng(seed)
    rows = {name: np.vstack([strapped_on(s, rng), s]) for name, s in (("thigh", thigh), ("shank", shank))}
    for second in lost:
        rows["thigh"][round(second * RATE) : round((second + 0.5) * RATE)] = np.nan
    infos = {name: StreamInfo(f"{name}/imu", name, tuple(AXES), RATE) for name in rows}
    goal, blocks = EXERCISE.goal_signal, []
    sources = {name: Source(infos[name], tuple(range(6))) for name in goal.placements}
    pipeline = Pipeline(EXERCISE, sources, on_signal=blocks.append)
    step = {"step": "pose", "placement": "", "trial": 1, "method": "submaximal", "seconds": 2.0, "ended_ago_s": 0.0}
    events = [(POSE_S, step), (LEARNED_S, step | {"step": "movement", "seconds": LEARNED_S - POSE_S})]
    n = len(rows["thigh"])
    cuts = sorted({0, n, *range(0, n, chunk_rows), *(round((s + 0.1) * RATE) for s, _ in events)})
    for begin, end in pairwise(cuts):
        for name, info in infos.items():
            times = np.arange(begin, end) / RATE
            pipeline.process(info.chunk(rows[name][begin:end], times, begin, 0, float(times[-1])))
        for time_s, values in events:
            if end == round((time_s + 0.1) * RATE) and (calibrated or values["step"] == "pose"):
                pipeline.apply(Event(time_s, "calibrated", values))
        if live_s is not None and end >= live_s * RATE:
            pipeline.apply(Event(live_s, "live"))
            live_s = None
    angle = np.concatenate([block.values for block in blocks if block.signal == goal.id])
    behind = round((LEARNED_S + 0.2) * RATE)
    return angle[behind:], np.degrees(truth)[behind - n + len(truth) :][: len(angle) - behind]


@pytest.mark.parametrize("seed", range(2))
def test_what_moved_before_the_calibration_does_not_matter(seed):
    angle, truth = knee_angle(seed, 10)
    assert np.sqrt(np.mean((angle - truth) ** 2)) < 5.0
    angle, truth = knee_angle(seed, 10, calibrated=False)
    assert np.sqrt(np.mean((angle - truth) ** 2)) > 10.0


def test_any_pieces_calibrate_alike():
    np.testing.assert_array_equal(knee_angle(1, 7)[0], knee_angle(1, 230)[0])


def test_a_movement_with_a_loss_calibrates_nothing():
    lossy = knee_angle(0, 10, lost=[18.0])[0]
    np.testing.assert_array_equal(lossy, knee_angle(0, 10, lost=[18.0], calibrated=False)[0])


def test_without_it_the_first_movement_of_the_set_tells_how_the_sensors_sit():
    angle, truth = knee_angle(1, 10, calibrated=False, live_s=POSE_S + 0.5)
    assert np.sqrt(np.mean((angle - truth) ** 2)) < 5.0


def test_a_movement_with_a_loss_is_made_up_for_by_the_set():
    angle, truth = knee_angle(0, 10, lost=[18.0], live_s=LEARNED_S + 0.1)
    behind = round(RATE)  # a set that begins in mid-movement finds the hinge within a second
    assert np.sqrt(np.nanmean((angle - truth)[behind:] ** 2)) < 5.0


def test_a_sensor_that_sends_nothing_while_the_movement_is_shown_ends_no_session():
    thigh, shank = (StreamInfo(f"{name}/imu", name, tuple(AXES), RATE) for name in ("thigh", "shank"))
    columns = tuple(range(6))
    pipeline = Pipeline(EXERCISE, {"thigh": Source(thigh, columns), "shank": Source(shank, columns)})
    step = {"step": "movement", "placement": "", "trial": 1, "method": "submaximal", "seconds": 1.0, "ended_ago_s": 0.0}
    still = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (100, 1))
    pipeline.apply(Event(0.0, "calibrating", step))
    pipeline.process(thigh.chunk(still, np.arange(100) / RATE, 0, 0, 1.0))
    pipeline.apply(Event(1.0, "calibrated", step))
    pipeline.apply(Event(1.1, "live"))
    assert pipeline.live
