from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from biofeedback.dsp import quaternion
from biofeedback.dsp.orientation import QUATERNION, RATE, REST, Orientation
from tests.dsp.recordings import recording


def still(acceleration, n=1000, rate_rad_s=(0.0, 0.0, 0.0)):
    return np.tile(np.concatenate([acceleration, rate_rad_s]), (n, 1))


def test_inclination_is_right_at_once():
    samples = still([0.0, 9.81 * np.sin(np.radians(30)), 9.81 * np.cos(np.radians(30))], 1)
    (run,) = Orientation(100.0).process(samples, np.zeros(1), 0)
    np.testing.assert_allclose(run.values[0, QUATERNION], [0.965926, 0.258819, 0.0, 0.0], atol=1e-5)


def test_a_turn_about_the_vertical():
    samples = still([0.0, 0.0, 9.81], 100, (0.0, 0.0, np.pi / 2))
    (run,) = Orientation(100.0).process(samples, np.arange(100) / 100, 0)
    np.testing.assert_allclose(run.values[-1, QUATERNION], [0.707107, 0.0, 0.0, 0.707107], atol=1e-5)


def test_bias_is_found_at_rest():
    bias = np.radians([0.5, -0.3, 0.2])
    block = Orientation(100.0)
    (run,) = block.process(still([0.0, 0.0, 9.81], 3000, bias), np.arange(3000) / 100, 0)
    np.testing.assert_allclose(block.bias_rad_s, bias, rtol=0.01)
    assert np.flatnonzero(run.values[:, REST])[0] == pytest.approx(149, abs=2)
    assert np.abs(run.values[-1, RATE]).max() < np.radians(0.01)


def test_nan_cannot_turn_it_upside_down_and_heading_is_kept_over_a_long_loss():
    block = Orientation(100.0)
    samples = still([0.0, 0.0, 9.81], 1000)
    samples[:100, 5] = 1.0
    samples[300:310] = np.nan
    samples[500:800] = np.nan
    first, second = block.process(samples, np.arange(1000) / 100, 0)
    assert first.missing[300:310].all()
    assert not first.missing[:300].any()
    assert second.first_sample == 800
    between = quaternion.multiply(quaternion.conjugate(first.values[-1, :4]), second.values[-1, :4])
    assert abs(between[0]) > np.cos(np.radians(1.0) / 2)


def test_inclination_holds_against_optical_tracking():
    with np.load(recording("orientation_optical_truth.npz")) as data:
        rate = float(data["fs"])
        samples = np.hstack([data["acc"], data["gyr"]])
        truth, scored = data["opt_quat"], data["movement"].astype(bool)
    rng = np.random.default_rng(0)
    cuts = np.unique(np.concatenate([[0], rng.integers(1, len(samples), 2000), [len(samples)]]))
    block = Orientation(rate)
    times = np.arange(len(samples)) / rate
    runs = [r for a, b in pairwise(cuts) for r in block.process(samples[a:b], times[a:b], a)]
    error = quaternion.multiply(np.vstack([r.values for r in runs])[:, :4], quaternion.conjugate(truth))
    inclination = 2.0 * np.arccos(np.clip(np.hypot(error[:, 0], error[:, 3]), 0.0, 1.0))
    rms = np.degrees(np.sqrt(np.nanmean(inclination[scored] ** 2)))
    print(f"inclination {rms:.2f} degrees RMS")
    assert rms <= 1.0


def test_what_was_guessed_of_a_fast_turn_is_forgotten_soon():
    rate, n = 100.0, 6000
    t = np.arange(n)[:, None] / rate
    turning = 6.0 * np.sin(2.0 * np.pi * np.array([1.3, 1.7, 1.1]) * t + [0.0, 1.0, 2.0])
    steps = Rotation.from_rotvec(turning / rate)
    true = [Rotation.identity()]
    for step in steps[:-1]:
        true.append(true[-1] * step)
    truth = Rotation.concatenate(true)
    shaken = np.random.default_rng(0).normal(size=(n, 3))
    samples = np.hstack([truth.inv().apply([0.0, 0.0, 9.81]) + shaken, np.roll(turning, 1, axis=0)])
    since = np.arange(n) % 400
    samples[(since < 19) & (np.arange(n) > 400)] = np.nan
    (run,) = Orientation(rate, only_trusted=True).process(samples, np.arange(n) / rate, 0)
    error = quaternion.multiply(run.values[:, QUATERNION], quaternion.conjugate(quaternion.from_xyzw(truth.as_quat())))
    inclination = 2.0 * np.degrees(np.arccos(np.clip(np.hypot(error[:, 0], error[:, 3]), 0.0, 1.0)))
    inclination[run.missing[:, 0]] = np.nan
    soon, late = (np.sqrt(np.nanmean(inclination[1000:][since[1000:] > after] ** 2)) for after in (19, 119))
    assert soon <= 2.0
    assert late <= 1.5


def test_what_is_not_known_well_is_missing_for_a_while_only():
    rng = np.random.default_rng(0)
    samples = still([0.0, 0.0, 9.81], 1500) + rng.normal(size=(1500, 6)) * ([6.0] * 3 + [1.0] * 3)
    samples[500:600] = np.nan
    calm = still([0.0, 0.0, 9.81], 1500)
    calm[500:600] = np.nan
    for rows, hidden in ((samples, True), (calm, False)):
        _, after = Orientation(100.0, only_trusted=True).process(rows, np.arange(1500) / 100, 0)
        assert after.missing[0].all() == hidden
        assert not after.missing[150:].any()
    _, after = Orientation(100.0).process(samples, np.arange(1500) / 100, 0)
    assert not after.missing.any()
