import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from biofeedback.measures import catalogue
from biofeedback.measures.alignment import functional_axis, grood_suntay, segment_axes
from tests.measures.named.chunked import assert_the_same, run_in_pieces, with_losses

RATE = 100.0


def test_vectors_of_the_sheet():
    rates = np.array([[0.9, 0.1, 0.05], [1.8, 0.22, 0.08], [-1.2, -0.15, -0.07], [-0.6, -0.05, -0.03]])
    axis, explained = functional_axis(rates.T @ rates)  # metrics sheet, I3
    axis = axis * np.sign(axis[0])
    np.testing.assert_allclose(axis, [0.991786, 0.118009, 0.049336], atol=1e-5)
    assert explained == pytest.approx(0.999864, abs=1e-6)
    expected = [[0.036135, 0.111503, -0.993107], [0.030716, 0.993162, 0.112627], [0.998875, -0.034574, 0.032463]]
    np.testing.assert_allclose(segment_axes(np.array([0.3, 9.7, 1.1]), axis), expected, atol=1e-5)
    knee = np.array([[0.86380963, 0.08116815, -0.05368055, 0.49433092]])  # I4: ZXY 60/5/-10
    np.testing.assert_allclose(np.degrees(grood_suntay(knee)), [[60.0, 5.0, -10.0]], atol=1e-4)


def leg(side, seed, seconds=30.0):
    """Squats: true flexion, adduction, internal rotation in degrees (n, 3), and the samples of both sensors."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    u = np.maximum(t - 3.0, 0.0)
    way = (1.0 - np.cos(2.0 * np.pi * u / 4.0)) / 2.0
    flexion, hip = 90.0 * way, 50.0 * way
    adduction, turn = 3.0 * np.sin(2.0 * np.pi * u / 7.0), 5.0 * np.sin(2.0 * np.pi * u / 5.0)
    mirror = 1.0 if side == "right" else -1.0
    # earth: x ahead, y up, z right; a right knee flexes about -z, adducts about +x, turns inwards about +y
    thigh = Rotation.from_euler("ZX", np.stack([hip, 3.0 * np.sin(u)], axis=1), degrees=True)
    joint = np.stack([-flexion, mirror * adduction, mirror * turn], axis=1)
    shank = thigh * Rotation.from_euler("ZXY", joint, degrees=True)
    upright = Rotation.from_euler("x", 90.0, degrees=True)  # to z up
    samples = {}
    for name, segment in (("thigh", upright * thigh), ("shank", upright * shank)):
        sensor = segment * Rotation.from_quat(rng.normal(size=4))
        rate = np.zeros((len(t), 3))
        rate[:-1] = (sensor[:-1].inv() * sensor[1:]).as_rotvec() * RATE
        acc = sensor.inv().apply([0.0, 0.0, 9.81]) + rng.normal(size=rate.shape) * 0.05
        samples[name] = np.hstack([acc, rate + rng.normal(size=rate.shape) * 0.003])
    return np.stack([flexion, adduction, turn], axis=1), samples


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("seed", [0, 1])
def test_all_three_with_their_signs(side, seed):
    truth, samples = leg(side, seed)
    found = catalogue.run("joint_angles_3d", samples, RATE, joint="knee", side=side)
    for column, (name, limit) in enumerate((("flexion", 2.0), ("adduction", 3.0), ("internal_rotation", 4.0))):
        error = found.signals[name].values - truth[:, column]
        assert np.sqrt(np.mean(error**2)) < limit, name
    assert np.corrcoef(found.signals["internal_rotation"].values, truth[:, 2])[0, 1] > 0.8


def test_a_hole_in_what_is_learned_from_leaves_it_as_good():
    truth, samples = leg("right", 2)
    samples["thigh"][950:966] = np.nan
    flexion = catalogue.run("joint_angles_3d", samples, RATE, joint="knee", side="right").signals["flexion"].values
    assert np.sqrt(np.nanmean((flexion - truth[:, 0]) ** 2)) < 2.0


def test_any_pieces_give_the_same():
    _, samples = leg("right", 2, seconds=20.0)
    samples["shank"] = with_losses(samples["shank"], RATE, np.random.default_rng(0), bursts=1)
    rates = dict.fromkeys(samples, RATE)
    whole = catalogue.run("joint_angles_3d", samples, RATE)
    for seed, largest in enumerate((5, 400)):
        assert_the_same(whole, run_in_pieces("joint_angles_3d", samples, rates, largest, seed))


def test_without_movement_there_is_no_axis():
    still = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (500, 1))
    found = catalogue.run("joint_angles_3d", {"thigh": still, "shank": still}, RATE)
    assert "did not move" in found.values["flexion_range"].reason
