"""Compensations as part of a score: the truth of simulated sensors, and the same from a recording as it was live."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from biofeedback.exercises import model
from biofeedback.exercises.model import Placement, ScorePart, Signal
from biofeedback.session import summary
from biofeedback.session.known import movement_of, still_holds
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import Source
from biofeedback.stream import Channel, Event, StreamInfo
from tests.measures.named.test_compensations import RATE, RATES, REST_S, limb, shrugs, trunk, turned, ways, worn

MOTION = [Channel(f"acc_{a}", "acceleration") for a in "xyz"] + [Channel(f"gyr_{a}", "angular_velocity") for a in "xyz"]
MUSCLE = (Channel("emg", "emg", scale=1e-8),)
BASE = model.find("shoulder-abduction")


def exercise(measure, kind, placements, counted="limb", **more):
    """Return shoulder abduction with one compensation scored, told from a signal of some placements."""
    emg = kind == "envelope"
    worn_at = [Placement(id=name, kind="imu", place="wrist", name=name) for name in {counted, *placements}]
    worn_at = [replace(p, kind="emg") if emg and p.id in placements else p for p in worn_at]
    arm = replace(BASE.signals[0], placements=[counted])
    beside = Signal(id="beside", name="Beside", kind=kind, placements=placements, display=(-40.0, 40.0), **more)
    part = ScorePart(measure=measure, domain="muscle", target=0.0, limit=20.0, mdc=4.0, signal="beside")
    return replace(
        BASE,
        placements=worn_at,
        signals=[arm, beside],
        target=replace(BASE.target, low=40.0, high=170.0),
        weights=BASE.weights | {"muscle": 2.0},
        score=[*BASE.score, part],
    )


def followed(*session, **more):
    """Return the repetitions of a session that goes on while the samples come."""
    return gone_through(*session, **more).repetitions


def gone_through(what, samples, rates=None, piece_s=0.4, referred=None, struck=None, known=None):
    """Return the pipeline of a session; the repetition ``struck`` is struck out, ``known`` is a movement of before."""
    rates = dict.fromkeys(samples, RATE) if rates is None else rates
    infos = {
        name: StreamInfo(name, name, tuple(MOTION) if rows.ndim == 2 else MUSCLE, rates[name])
        for name, rows in samples.items()
    }
    pipeline = Pipeline(what, {name: Source(info, tuple(range(len(info.channels)))) for name, info in infos.items()})
    if known is not None:
        pipeline.apply(Event(0.0, "reused", {"step": "movement", "placement": "", **msgspec.to_builtins(known)}))
    pipeline.apply(Event(0.0, "live"))
    seconds = max(len(rows) / rates[name] for name, rows in samples.items())
    for begin_s in np.arange(0.0, seconds, piece_s):
        if referred is not None and abs(begin_s - REST_S) < piece_s / 2:
            taken = {"step": "reference", "placement": referred, "trial": 1, "method": "submaximal"}
            pipeline.apply(Event(REST_S, "calibrated", taken | {"seconds": 2.0, "ended_ago_s": 0.5}))
        for name, rows in samples.items():
            first, end = round(begin_s * rates[name]), round((begin_s + piece_s) * rates[name])
            times_s = np.arange(first, min(end, len(rows))) / rates[name]
            if len(times_s):
                cut = rows[first:end].reshape(len(times_s), -1) / infos[name].channels[0].scale
                pipeline.process(infos[name].chunk(cut, times_s, first, 0, float(times_s[-1])))
        if any(rep.number == struck and not rep.undone for rep in pipeline.repetitions):
            pipeline.apply(Event(0.0, "undone", {"set": 1, "number": struck}))
    pipeline.finish()
    assert pipeline.done_in_set == len(pipeline.standing())
    return pipeline


def excesses(repetitions, measure):
    return [rep.measure(measure).value for rep in repetitions]


def test_a_turning_trunk_costs_points_and_says_why():
    rotations = [5.0, 6.0, 5.5, 14.0, 27.0, -27.0]
    reps = followed(exercise("trunk_rotation", "turn", ["pelvis", "thorax"]), trunk(rotations, 1))
    assert len(reps) == 6
    assert all("no good repetitions" in rep.measure("trunk_rotation").missing for rep in reps[:2])
    np.testing.assert_allclose(excesses(reps, "trunk_rotation")[2:], [0.0, 8.5, 21.5, 21.5], atol=1.0)
    assert [round(rep.parts["muscle"], 1) for rep in reps[2:4]] == [1.0, pytest.approx(0.7, abs=0.1)]
    assert [rep.score for rep in reps[4:]] == [0.0, 0.0]  # beyond the limit: it cannot be bought back
    assert reps[2].score > 60.0
    assert str(reps[5].reason) in {f"Beside: {degrees}° more than in the first good ones" for degrees in (21, 22)}


def test_a_left_knee_that_goes_inwards():
    inwards = [2.0, 3.0, 14.0, 22.0, -6.0]
    course, n = ways(inwards), len(inwards)
    thigh = turned("ZXY", ways([70.0] * n), -0.6 * course, -0.4 * course)
    what = exercise("knee_valgus", "inwards", ["thigh"], counted="thigh")
    reps = followed(replace(what, side="left"), {"thigh": worn(thigh, np.random.default_rng(4))})
    np.testing.assert_allclose(excesses(reps, "knee_valgus")[2:], [11.5, 19.5, 0.0], atol=1.5)


def test_a_pelvis_that_tips():
    aside = [2.0, 4.0, 3.0, 12.0, -17.0]
    rng = np.random.default_rng(2)
    pelvis = worn(turned("X", ways(aside)), rng, Rotation.from_euler("z", 10.0, degrees=True))
    what = exercise("pelvic_obliquity", "tilt", ["pelvis"], direction="right", ahead="x")
    reps = followed(what, {"pelvis": pelvis, "limb": limb(len(aside), rng)})
    np.testing.assert_allclose(excesses(reps, "pelvic_obliquity")[2:], [0.0, 9.0, 14.0], atol=0.7)


def test_the_library_watches_the_trunk_in_a_shoulder_exercise():
    leans = [2.0, 4.0, 3.0, 15.0]
    rng = np.random.default_rng(6)
    wrist = worn(turned("X", ways([110.0] * len(leans))), rng)
    sternum = worn(turned("XZ", ways(leans), np.full(len(ways(leans)), 20.0)), rng)  # a breastbone slopes
    reps = followed(model.find("shoulder-abduction-upright"), {"wrist": wrist, "sternum": sternum})
    np.testing.assert_allclose(excesses(reps, "lean")[2:], [0.0, 12.0], atol=0.7)
    assert str(reps[3].reason) == "Trunk lean: 12° more than in the first good ones"
    assert reps[3].score < reps[2].score - 5.0
    assert reps[3].reached


def test_a_shoulder_that_is_drawn_up():
    activity, tilts = [20.0, 20.0, 20.0, 20.0, 40.0, 30.0], [2.0, 2.0, 2.0, 2.0, 6.0, 18.0]
    samples = shrugs(activity, tilts)
    tilt = exercise("shoulder_shrug", "inclination", ["scapula"], counted="arm")
    reps = followed(tilt, {name: samples[name] for name in ("arm", "scapula")})
    np.testing.assert_allclose(excesses(reps, "shoulder_shrug")[2:], [0.0, 0.0, 4.0, 16.0], atol=1.2)
    muscle = exercise("shoulder_shrug", "envelope", ["trapezius"], counted="arm")
    reps = followed(muscle, {name: samples[name] for name in ("arm", "trapezius")}, RATES, referred="trapezius")
    np.testing.assert_allclose(excesses(reps, "shoulder_shrug")[2:], [0.0, 0.0, 100.0, 50.0], atol=14.0)
    unreferred = followed(muscle, {name: samples[name] for name in ("arm", "trapezius")}, RATES)
    assert excesses(unreferred, "shoulder_shrug")[:4] == [None] * 4  # two until 100 % is known, two of their own


@pytest.mark.parametrize("struck", [None, 1])
@pytest.mark.parametrize("wobbles", [[15.0, 40.0], [40.0, 40.0]])
def test_wobbles_taken_back_leave_each_repetition_a_number_of_its_own_and_the_count_right(wobbles, struck):
    what = replace(BASE, repetition=replace(BASE.repetition, expected_range=30.0, smallest_range=8.0))
    samples = worn(turned("X", ways([*wobbles, 110.0, 110.0, 110.0])), np.random.default_rng(1))
    reps = followed(what, {"wrist": samples}, struck=struck)
    assert [round(rep.range, -1) for rep in reps] == [110.0] * 3
    assert len({rep.number for rep in reps}) == 3


def test_what_was_done_beside_the_movement_at_the_last_visit_is_what_this_one_is_compared_with():
    what = exercise("trunk_rotation", "turn", ["pelvis", "thorax"])
    before = gone_through(what, trunk([5.0, 6.0, 5.5], 1)).learning.own_movement
    kept = before.compensations["trunk_rotation/beside"]
    np.testing.assert_allclose(kept, [5.0, 6.0], atol=1.0)
    stored = movement_of(msgspec.to_builtins(before), datetime.now(UTC))
    assert still_holds(stored, what)
    now = gone_through(what, trunk([14.0, 27.0], 2), known=stored)
    np.testing.assert_allclose(excesses(now.repetitions, "trunk_rotation"), [8.5, 21.5], atol=1.0)
    assert (
        now.learning.own_movement.compensations == before.compensations
    )  # a worse repetition becomes no measure of the next
    assert not still_holds(msgspec.structs.replace(stored, compensations={"trunk_rotation/beside": [math.nan]}), what)


def test_how_active_a_muscle_was_is_not_kept_beyond_its_electrodes():
    samples = shrugs([20.0, 20.0, 20.0], [2.0, 2.0, 2.0])
    muscle = exercise("shoulder_shrug", "envelope", ["trapezius"], counted="arm")
    worn_now = {name: samples[name] for name in ("arm", "trapezius")}
    before = gone_through(muscle, worn_now, RATES, referred="trapezius").learning.own_movement
    assert before.compensations == {}


def test_a_recording_gives_what_it_gave_live():
    samples = trunk([5.0, 6.0, 5.5, 14.0, 27.0], 3)
    samples["thorax"][400:420] = np.nan
    what = exercise("trunk_rotation", "turn", ["pelvis", "thorax"])
    live, replayed = (
        [summary.repetition(rep, 0.0) for rep in followed(what, samples, piece_s=piece_s)] for piece_s in (0.1, 3.0)
    )
    assert live == replayed
    told = [one for rep in live for one in rep["measures"] if one["name"] == "trunk_rotation"]
    assert [one["missing"] for one in told].count("no signal") == 1
    assert {one["signal"] for one in told} == {"beside"}


@pytest.mark.parametrize(
    ("measure", "signal", "wrong"),
    [
        ("lean", {"kind": "rotation"}, "score.lean.signal: the id of a signal of kind tilt"),
        ("trunk_rotation", {"kind": "turn"}, "signals.beside.placements: turn needs 2"),
        ("pelvic_obliquity", {"kind": "tilt"}, "signals.beside.direction: score.pelvic_obliquity needs 'right'"),
    ],
)
def test_what_cannot_tell_a_compensation_is_refused_in_one_line(tmp_path, measure, signal, wrong):
    text = (Path(model.__file__).parent / "library/shoulder-abduction.toml").read_text("utf-8")
    kind = signal["kind"]
    text += f'[[signals]]\nid = "beside"\nname = "b"\nkind = "{kind}"\nplacements = ["wrist"]\ndisplay = [0, 9]\n'
    text += f'[[score]]\nmeasure = "{measure}"\nsignal = "beside"\ndomain = "muscle"\ntarget = 0\nlimit = 9\nmdc = 1\n'
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(model.ExerciseError) as error:
        model.load(path)
    assert str(error.value) == f"own.toml: {wrong}"
