import numpy as np
import pytest

from biofeedback.dsp import quaternion
from biofeedback.dsp.hinge import Hinge, hinge_angle, hinge_swing, turned
from biofeedback.dsp.joint import HingeAngle
from biofeedback.dsp.orientation import Orientation
from tests.dsp.leg import RATE, sensors, strapped_on

KNEE = np.array([0.86380963, 0.08116815, -0.05368055, 0.49433092])
Z = np.array([0.0, 0.0, 1.0])


def knee(kind, seed, off_plane=1.0):
    t, thigh, shank, truth = sensors(kind, seed, off_plane=off_plane)
    rows = [Orientation(RATE).process(samples, t, 0)[0].values for samples in (thigh, shank)]
    joint = HingeAngle(RATE, truth[0], flexion_first=kind in ("squat", "walking"))
    return rows, truth, joint


def test_angle_and_swing_of_a_known_pose():
    hinge = Hinge(Z, Z, 0.0, 0.0)
    one = quaternion.IDENTITY[None]
    assert np.degrees(hinge_angle(one, KNEE[None], hinge))[0] == pytest.approx(59.56228, rel=1e-5)
    assert np.degrees(hinge_swing(one, KNEE[None], hinge))[0] == pytest.approx(11.16895, rel=1e-5)


def test_heading_offset_is_found_and_taken_out():
    x = np.array([1.0, 0.0, 0.0])
    thigh = np.tile(quaternion.about(np.array([0.0, 1.0, 0.0]), 0.1), (500, 1))
    flexion = np.radians(40.0) * (1 - np.cos(np.arange(500) / 50.0))
    shank = turned(quaternion.multiply(thigh, quaternion.about(x, flexion)), np.radians(-20.0))
    rate = np.gradient(flexion)[:, None] * RATE * x
    joint = HingeAngle(RATE)
    nothing = np.zeros((500, 4))
    out = joint.process(np.hstack([thigh, nothing]), np.hstack([shank, rate, nothing[:, :1]]))
    np.testing.assert_allclose(np.degrees(out[150:]), np.degrees(flexion[150:]), atol=1.0)
    assert np.degrees(joint.residual_rad) < 1.0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["knee extension", "squat", "sit to stand"])
def test_knee_without_calibration(kind, seed):
    (thigh, shank), truth, joint = knee(kind, seed)
    out = joint.process(thigh, shank)
    error = np.degrees(out - truth)
    assert np.abs(error[:300]).max() < 1.0
    assert np.sqrt(np.mean(error[300:] ** 2)) < 5.0
    assert np.sqrt(np.mean(error[1300:] ** 2)) < 4.0
    assert np.degrees(joint.residual_rad) < 15.0


@pytest.mark.parametrize("off_plane", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("kind", ["squat", "walking"])
def test_axes_are_paired_the_right_way_round(kind, off_plane):
    (thigh, shank), truth, joint = knee(kind, 5, off_plane)
    error = np.degrees(joint.process(thigh, shank) - truth)
    assert np.sqrt(np.mean(error[1000:] ** 2)) < 5.0


def test_calibration_and_zero():
    (thigh, shank), truth, joint = knee("squat", 1)
    assert joint.axes is None
    joint.calibrate(thigh[300:1200], shank[300:1200])
    joint.zero(thigh[250], shank[250], angle_rad=np.radians(5.0))
    error = np.degrees(joint.process(thigh, shank) - truth)
    assert np.median(error[100:300]) == pytest.approx(5.0, abs=1.0)
    assert np.sqrt(np.mean((error[400:] - 5.0) ** 2)) < 5.0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["knee extension", "squat"])
def test_calibration_forgets_what_was_learned_while_the_sensors_were_put_on(kind, seed):
    _, thigh, shank, truth = sensors(kind, seed, off_plane=0.5)
    rng = np.random.default_rng(seed)
    whole = [np.vstack([strapped_on(samples, rng), samples]) for samples in (thigh, shank)]
    thigh, shank = (Orientation(RATE).process(rows, np.arange(len(rows)) / RATE, 0)[0].values for rows in whole)
    before = len(thigh) - len(truth)
    pose, learned = before + 250, before + 1160
    joint = HingeAngle(RATE, truth[250], flexion_first=kind == "squat")
    joint.process(thigh[:pose], shank[:pose])
    joint.zero(thigh[pose - 1], shank[pose - 1], truth[250])
    joint.process(thigh[pose:learned], shank[pose:learned])
    joint.calibrate(thigh[pose:learned], shank[pose:learned])
    error = np.degrees(joint.process(thigh[learned:], shank[learned:]) - truth[learned - before :])
    assert np.sqrt(np.mean(error**2)) < 5.0
    assert np.abs(error[:10]).max() < 8.0


def test_missing_rows_are_missing_and_the_angle_goes_on():
    (thigh, shank), truth, joint = knee("sit to stand", 2)
    thigh[900:940] = np.nan
    out = joint.process(thigh, shank)
    assert np.isnan(out[900:940]).all()
    assert np.isfinite(out[940:]).all()
    assert np.sqrt(np.mean(np.degrees(out - truth)[1300:] ** 2)) < 4.0


@pytest.mark.parametrize("n_lost", [10, 40])
def test_a_heading_that_jumped_in_a_hole_is_held_anew_within_a_second(n_lost):
    (thigh, shank), truth, joint = knee("squat", 2)
    jumped = shank.copy()
    jumped[1500:, :4] = turned(shank[1500:, :4], np.radians(50.0))
    jumped[1500 - n_lost : 1500] = np.nan
    without = HingeAngle(RATE, truth[0]).process(thigh, shank)
    out = joint.process(thigh, jumped)
    assert np.degrees(np.abs(out - without)[1600:]).max() < 3.0


def test_what_is_seen_right_after_a_hole_teaches_no_hinge():
    (thigh, shank), truth, joint = knee("squat", 2)
    without = HingeAngle(RATE, truth[0]).process(thigh, shank)
    for at in range(800, 2000, 150):
        shank[at:, :4] = turned(shank[at:, :4], np.radians(150.0))
        shank[at - 10 : at] = np.nan
    out = joint.process(thigh, shank)
    assert np.degrees(np.abs(out - without)[2200:]).max() < 5.0


@pytest.mark.parametrize("at", [400, 600])
def test_a_calibration_with_a_heading_that_jumps_in_a_hole(at):
    (thigh, shank), truth, joint = knee("squat", 1)
    shank[at:, :4] = turned(shank[at:, :4], np.radians(50.0))
    shank[at - 20 : at] = np.nan
    joint.calibrate(thigh[:1300], shank[:1300])
    error = np.degrees(joint.process(thigh, shank) - truth)[at + 100 :]
    assert np.sqrt(np.mean(error**2)) < 5.0


def test_flexion_that_does_not_dominate_shows():
    (thigh, shank), _, joint = knee("squat", 1)
    joint.process(thigh, shank)
    assert joint.flexion_share > 0.95
    rng = np.random.default_rng(0)
    still = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (600, 1))
    turning = [strapped_on(still, rng, 20.0) for _ in range(2)]
    times = np.arange(2000) / RATE
    one, other = (Orientation(RATE).process(samples, times, 0)[0].values for samples in turning)
    joint = HingeAngle(RATE)
    joint.process(one, other)
    assert joint.flexion_share < 0.85


def test_turning_round_does_not_wait_for_the_chunk():
    """A joint that bends the other way from the middle of a long chunk on: the sign is put right at the same row."""
    rate, still = 50.0, np.zeros(100)
    ways = [30.0] * 6 + [-60.0] * 9
    swings = [way * (1 - np.cos(2 * np.pi * np.arange(150) / 150)) / 2 for way in ways]
    angle = np.radians(np.concatenate([still, *swings]))
    rows = np.zeros((2, len(angle), 8))
    rows[:, :, 0] = 1.0
    rows[1, :, 0:4] = quaternion.about(np.array([1.0, 0.0, 0.0]), angle)
    rows[1, :, 4] = np.gradient(angle) * rate
    whole = HingeAngle(rate)
    found = whole.process(*rows)
    assert np.degrees(np.median(found[-150:])) > 20.0, "it was never turned round"
    cut = HingeAngle(rate)
    np.testing.assert_array_equal(
        found, np.concatenate([cut.process(*rows[:, a : a + 7]) for a in range(0, len(angle), 7)])
    )


def test_a_pose_that_was_told_stays_the_zero_until_the_joint_moves():
    (thigh, shank), truth, joint = knee("squat", 1)
    creeps = np.radians(1.0) * np.clip(np.arange(len(truth)) - 100, 0, 150)[:, None] / 15.0  # 10° at 6°/s: no movement
    crept = quaternion.multiply(shank[:, :4], quaternion.about(np.array([1.0, 0.0, 0.0]), creeps[:, 0]))
    shank[:, :4] = crept
    joint.zero(thigh[90], shank[90])
    joint.process(thigh[90:300], shank[90:300])
    assert joint.pose is not None
    np.testing.assert_array_equal(joint.pose[1], crept[90])
