import numpy as np
import pytest

from biofeedback.measures import catalogue
from tests.dsp.leg import RATE, sensors
from tests.measures.named.chunked import assert_the_same, run_in_pieces, with_losses


def measured(kind, seed, twist_deg=0.0, **settings):
    # skin about the joint's axis looks like flexion
    times, thigh, shank, truth = sensors(kind, seed, wobble_deg=1.0, twist_deg=twist_deg)
    pose = float(np.degrees(truth[0]))
    found = catalogue.run("joint_angle", {"thigh": thigh, "shank": shank}, RATE, pose_angle=pose, **settings)
    signal = found.signals["joint_angle"]
    return found, signal.values - np.degrees(np.interp(signal.times_s, times, truth))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("kind", "limit"), [("sit to stand", 2.0), ("squat", 3.5), ("walking", 3.5)])
def test_knee_from_the_first_sample_on(kind, limit, seed):
    found, error = measured(kind, 10 + seed)
    assert np.sqrt(np.mean(error**2)) <= limit
    assert found.values["residual"].value < 10.0


@pytest.mark.parametrize(("kind", "limit"), [("sit to stand", 2.0), ("squat", 2.5), ("walking", 3.5)])
def test_a_shank_that_also_turns_about_its_length(kind, limit):
    found, error = measured(kind, 11, twist_deg=20.0)
    assert np.sqrt(np.mean(error**2)) <= limit
    assert found.values["flexion_share"].value < 97.0


def test_a_seated_knee_extends_and_does_not_bend_on():
    found, error = measured("knee extension", 3)
    assert np.sqrt(np.mean(error**2)) <= 3.5
    assert found.values["lowest"].value == pytest.approx(5.0, abs=6.0)


def test_at_once_is_rougher_at_the_beginning_only():
    _, at_once = measured("squat", 4, learn_s=0)
    _, learned = measured("squat", 4)
    assert np.abs(at_once[:600]).max() > np.abs(learned[:600]).max()
    assert np.sqrt(np.mean(at_once[1300:] ** 2)) <= 3.5


def test_a_recording_of_a_few_seconds_is_handed_out_at_the_end():
    _, thigh, shank, truth = sensors("squat", 5)
    short = {"thigh": thigh[:700], "shank": shank[:700]}
    signal = catalogue.run("joint_angle", short, RATE).signals["joint_angle"]
    assert len(signal.values) == 700
    error = signal.values - np.degrees(truth[:700])
    assert np.sqrt(np.mean(error**2)) <= 5.0


def test_losses_cost_two_seconds_at_most():
    times, thigh, shank, truth = sensors("squat", 6)
    shank = with_losses(shank, RATE, np.random.default_rng(0), bursts=1)
    lost = np.flatnonzero(np.isnan(shank[:, 0]))
    signal = catalogue.run("joint_angle", {"thigh": thigh, "shank": shank}, RATE).signals["joint_angle"]
    error = signal.values - np.degrees(np.interp(signal.times_s, times, truth))
    assert np.isnan(error[lost[1:-1]]).all()
    after = signal.times_s > times[lost[-1]] + 2.0
    assert np.sqrt(np.mean(error[after] ** 2)) <= 5.0


@pytest.mark.parametrize("learn_s", [0, 10])
def test_any_pieces_give_the_same(learn_s):
    rng = np.random.default_rng(1)
    _, thigh, shank, _ = sensors("walking", 7)
    samples = {"thigh": with_losses(thigh, RATE, rng), "shank": with_losses(shank, RATE, rng)[::2]}
    rates = {"thigh": RATE, "shank": RATE / 2}
    whole = catalogue.run("joint_angle", samples, rates, learn_s=learn_s)
    for seed, largest in enumerate((3, 40, 500)):
        assert_the_same(whole, run_in_pieces("joint_angle", samples, rates, largest, seed, learn_s=learn_s))


def test_a_joint_that_does_not_move_has_no_angle_and_says_why():
    still = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (500, 1))
    found = catalogue.run("joint_angle", {"thigh": still, "shank": still}, RATE)
    assert not found.values["range"].available
    assert "did not move" in found.values["range"].reason
    nothing = catalogue.run("joint_angle", {"thigh": still * np.nan, "shank": still}, RATE)
    assert "both sensors" in nothing.values["range"].reason
