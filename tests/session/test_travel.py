"""A hand that is carried and hardly turns is counted on its travel, in a session and in its replay alike."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from biofeedback.exercises import model
from biofeedback.session import summary
from biofeedback.session.calibration import steps_of
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import Source
from biofeedback.stream import Channel, Event, StreamInfo

RATE = 50.0
MOTION = [Channel(f"acc_{a}", "acceleration") for a in "xyz"] + [Channel(f"gyr_{a}", "angular_velocity") for a in "xyz"]
ROW = model.find("shoulder-upright-row")
STROKE_S, BREAK_S, REST_S = 1.6, 0.4, 6.0


def row(lifts_m, seed):
    """Return the samples of a sensor mounted anyhow that is lifted and lowered again and does not turn."""
    rng = np.random.default_rng(seed)
    t = np.arange(round((REST_S + len(lifts_m) * (STROKE_S + BREAK_S) + 2.0) * RATE)) / RATE - REST_S
    number = np.clip(np.floor(t / (STROKE_S + BREAK_S)).astype(int), 0, len(lifts_m) - 1)
    share = (t - number * (STROKE_S + BREAK_S)) / STROKE_S
    lifting = (share > 0.0) & (share < 1.0)
    up = np.asarray(lifts_m)[number] / 2.0 * np.cos(2.0 * np.pi * share) * (2.0 * np.pi / STROKE_S) ** 2 * lifting
    mount = Rotation.from_quat(rng.normal(size=4))
    felt = mount.apply(np.column_stack([0.0 * up, 0.0 * up, 9.80665 + up])) + 0.02 * rng.normal(size=(len(up), 3))
    return np.column_stack([felt, 0.003 * rng.normal(size=(len(up), 3))])


def followed(samples, piece_s, learned_s=0.0):
    """Return the pipeline a session has made of the samples, its first ``learned_s`` s of movement the calibration."""
    info = StreamInfo("wrist", "wrist", tuple(MOTION), RATE)
    pipeline = Pipeline(summary.as_one_set(ROW), {"wrist": Source(info, tuple(range(6)))})
    taken = {"step": "movement", "placement": "", "trial": 1, "method": "submaximal", "seconds": learned_s}
    script = [(0.0, "live", {})]
    if learned_s:
        over_s = REST_S + learned_s
        script = [(REST_S - 1.0, "calibrating", taken), (over_s, "calibrated", taken | {"ended_ago_s": 0.0})]
        script.append((over_s, "live", {}))
    cuts = np.unique(np.concatenate([np.arange(0, len(samples), round(piece_s * RATE)), [len(samples)]]))
    edges = np.unique(np.concatenate([cuts, [round(at_s * RATE) for at_s, *_ in script]]))
    for first, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        while script and script[0][0] * RATE <= first:
            at_s, kind, values = script.pop(0)
            pipeline.apply(Event(at_s, kind, values))
        times_s = np.arange(first, end) / RATE
        pipeline.process(info.chunk(samples[first:end], times_s, first, 0, float(times_s[-1])))
    pipeline.finish()
    return pipeline


@pytest.mark.parametrize("seed", range(2))
def test_lifts_are_counted_and_as_long_as_they_were(seed):
    first, *reps = followed(row([0.5] * 8, seed), 0.2).repetitions
    assert len(reps) == 7
    np.testing.assert_allclose([rep.range for rep in reps[1:-1]], 50.0, atol=6.0)  # cm
    assert all(rep.reached and rep.score is not None for rep in reps)
    assert {m.unit for rep in reps for m in rep.measures if m.name == "shortfall"} == {"cm"}
    assert first.score is None  # from rest only its way back is seen whole
    assert "begun from rest" in first.measure("shortfall").missing


@pytest.mark.parametrize("pauses", [1, 3])
def test_a_pause_is_no_lift(pauses):
    assert len(followed(row([0.5] * 3 + [0.0] * pauses + [0.5] * 3, 5), 0.2).repetitions) == 6


def test_the_movement_of_the_calibration_tells_the_range_and_the_own_curve():
    calibration = [0.2, 0.2, 0.2, 0.0]  # half of what the exercise expects, and a pause
    learned_s = len(calibration) * (STROKE_S + BREAK_S)
    pipeline = followed(row([*calibration, 0.2, 0.2, 0.2, 0.2], 3), 0.2, learned_s)
    assert pipeline.learning.learned == 2
    assert len(pipeline.repetitions) == 4
    assert not any(rep.reached for rep in pipeline.repetitions[1:])  # the band is for whole lifts


def test_a_replay_counts_the_same():
    samples = row([0.5, 0.45, 0.55, 0.5, 0.4], 4)
    samples[600:603] = np.nan
    told = [[summary.repetition(rep, 0.0) for rep in followed(samples, s).repetitions] for s in (0.1, 2.6)]
    assert told[0] == told[1]
    assert len(told[0]) == 5


def test_the_calibration_asks_for_the_movement():
    assert [step.kind for step in steps_of(ROW)] == ["rest", "pose", "movement"]
    assert ROW.goal_signal.unit == "cm"
    assert replace(ROW.goal_signal, kind="rotation").unit == "°"
