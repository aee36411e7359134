import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from biofeedback.dsp import quaternion
from biofeedback.measures import catalogue
from tests.dsp.leg import RATE, sensors
from tests.dsp.recordings import recording
from tests.measures.named.chunked import assert_the_same, run_in_pieces, with_losses

TILT = np.radians(30.0)
STILL = np.tile([0.0, 9.81 * np.sin(TILT), 9.81 * np.cos(TILT), 0.0, 0.0, 0.0], (1000, 1))


def test_a_tilted_sensor():
    found = catalogue.run("orientation", {"imu": STILL}, RATE)
    quaternion_of_30 = [0.965926, 0.258819, 0.0, 0.0]  # metrics sheet, I1
    np.testing.assert_allclose([found.signals[f"q{c}_imu"].values[-1] for c in "wxyz"], quaternion_of_30, atol=1e-5)
    assert found.signals["inclination_z_imu"].values[0] == pytest.approx(30.0, abs=1e-3)
    assert found.signals["inclination_y_imu"].values[0] == pytest.approx(60.0, abs=1e-3)


def test_heading_goes_on_beyond_a_turn():
    turning = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, np.radians(90.0)], (1000, 1))
    found = catalogue.run("orientation", {"imu": turning}, RATE)
    assert found.values["heading_change_imu"].value == pytest.approx(900.0, abs=2.0)


def test_inclination_against_optical_tracking_with_losses():
    with np.load(recording("orientation_optical_truth.npz")) as data:
        rate, truth = float(data["fs"]), data["opt_quat"]
        samples, scored = np.hstack([data["acc"], data["gyr"]]), data["movement"].astype(bool)
    lost = with_losses(samples, rate, np.random.default_rng(3), bursts=4)
    for array, limit in ((samples, 0.8), (lost, 3.0)):
        signals = catalogue.run("orientation", {"imu": array}, rate).signals
        at = np.rint(signals["qw_imu"].times_s * rate).astype(int)
        quats = np.stack([signals[f"q{c}_imu"].values for c in "wxyz"], axis=1)
        error = quaternion.multiply(quats, quaternion.conjugate(truth[at]))
        inclination = 2.0 * np.degrees(np.arccos(np.clip(np.hypot(error[:, 0], error[:, 3]), 0.0, 1.0)))
        gone = np.isnan(array[:, 0])
        late = np.convolve(gone, np.ones(int(2.0 * rate)))[: len(gone)] > 0.5  # two seconds to recover
        keep = scored[at] & ~late[at]
        assert np.sqrt(np.nanmean(inclination[keep] ** 2)) <= limit


def turning_in_a_field(seconds=60.0):
    """True heading in degrees, and a sensor that rolls and turns with a slowly growing bias; 50 µT, dip 65°, RATE."""
    rng = np.random.default_rng(4)
    t = np.arange(round(seconds * RATE)) / RATE
    heading = 35.0 + 60.0 * np.sin(0.6 * t)
    turned = Rotation.from_euler("ZX", np.stack([heading, 40.0 * np.sin(1.1 * t)], axis=1), degrees=True)
    rate = np.zeros((len(t), 3))
    rate[:-1] = (turned[:-1].inv() * turned[1:]).as_rotvec() * RATE
    rate += np.radians(0.01 * t)[:, None] + rng.normal(size=rate.shape) * 0.002
    dip = np.radians(65.0)
    field = turned.inv().apply(50.0 * np.array([0.0, np.cos(dip), -np.sin(dip)])) + rng.normal(size=rate.shape) * 0.2
    acc = turned.inv().apply([0.0, 0.0, 9.81]) + rng.normal(size=rate.shape) * 0.03
    return heading, np.hstack([acc, rate, field])


def heading_error(samples, truth, **settings):
    found = catalogue.run("orientation", {"imu": samples}, RATE, **settings)
    quats = np.stack([found.signals[f"q{c}_imu"].values for c in "wxyz"], axis=1)
    at = np.rint(found.signals["qw_imu"].times_s * RATE).astype(int)
    ahead = quaternion.rotate(quats, np.broadcast_to([1.0, 0.0, 0.0], (len(quats), 3)))
    error = np.degrees(np.arctan2(ahead[:, 1], ahead[:, 0])) - truth[at]
    return found, (error + 180.0) % 360.0 - 180.0


def test_the_magnetic_field_holds_the_heading():
    truth, samples = turning_in_a_field()
    counts = samples * np.array([1.0] * 6 + [7.3] * 3)
    found, error = heading_error(samples, truth, magnetometer=True)
    assert np.sqrt(np.mean(error**2)) < 1.0
    assert found.values["field_disturbed_imu"].value < 0.02
    np.testing.assert_allclose(heading_error(counts, truth, magnetometer="true")[1], error, atol=1e-6)
    _, free = heading_error(samples, truth)
    assert np.sqrt(np.mean(free**2)) > 30.0  # without, the heading begins where it likes


def test_a_disturbed_field_is_rejected_and_told():
    truth, samples = turning_in_a_field()
    t = np.arange(len(truth)) / RATE
    near = (t > 30.0) & (t < 40.0)
    samples[near, 6:] += [40.0, 25.0, 0.0]  # followed, the heading would be 16° off
    found, error = heading_error(samples, truth, magnetometer=True)
    assert np.abs(error).max() < 6.0
    share = found.values["field_disturbed_imu"]
    assert share.value == pytest.approx(10.0 / (60.0 - found.signals["field_disturbed_imu"].times_s[0]), abs=0.05)
    flags = found.signals["field_disturbed_imu"].values
    assert flags[near].mean() > 0.95
    assert np.nanmean(flags[~near]) < 0.05


def test_a_lost_magnetometer_costs_only_its_hold():
    truth, samples = turning_in_a_field(30.0)
    samples[1000:1500, 6:] = np.nan
    found, error = heading_error(samples, truth, magnetometer=True)
    assert found.values["share_known_imu"].value == 1.0
    assert np.abs(error).max() < 6.0
    with pytest.raises(ValueError, match=r"needs imu \(imu_mag\)"):
        catalogue.run("orientation", {"imu": samples[:, :6]}, RATE, magnetometer=True)


def test_after_a_loss_the_heading_waits_until_down_is_known():
    """The sensor is shaken, so that gravity is seen only after a while: a field read before would be read wrongly."""
    truth, samples = turning_in_a_field()
    t = np.arange(len(truth)) / RATE
    samples[:, :2] += 8.0 * np.stack([np.sin(11.0 * t), np.cos(13.0 * t)], axis=1)
    lost = with_losses(samples, RATE, np.random.default_rng(5), bursts=12)
    _, error = heading_error(lost, truth, magnetometer=True)
    assert np.sqrt(np.nanmean(error**2)) < 5.0


def test_a_field_that_was_never_learned_is_said():
    still = np.hstack([STILL, np.tile([0.0, 20.0, -40.0], (1000, 1))])
    share = catalogue.run("orientation", {"imu": still}, RATE, magnetometer=True).values["field_disturbed_imu"]
    assert np.isnan(share.value)
    assert "never learned" in share.reason


def test_any_pieces_give_the_same_with_a_magnetometer():
    _, samples = turning_in_a_field(20.0)
    samples = {"imu": with_losses(samples, RATE, np.random.default_rng(2))}
    whole = catalogue.run("orientation", samples, RATE, magnetometer=True)
    assert_the_same(whole, run_in_pieces("orientation", samples, {"imu": RATE}, 300, 1, magnetometer=True))


def test_rest_and_bias():
    bias = np.radians([0.5, -0.3, 0.2])  # metrics sheet, I2: 99.6 % of it is known after 10 s, rest is seen at 1.49 s
    found = catalogue.run("rest", {"imu": np.hstack([STILL[:, :3], np.tile(bias, (1000, 1))])}, RATE)
    known = [found.values[f"bias_{c}_imu"].value for c in "xyz"]
    np.testing.assert_allclose(known, np.degrees(bias), rtol=0.01)
    (spell,) = found.occurrences
    assert spell.time_s == pytest.approx(1.49, abs=0.02)
    assert found.values["rest_share_imu"].value == pytest.approx(0.85, abs=0.01)


def test_never_still_and_never_there_are_said():
    rng = np.random.default_rng(0)
    moving = np.hstack([STILL[:, :3], rng.normal(size=(1000, 3))])
    assert "never lay still" in catalogue.run("rest", {"imu": moving}, RATE).values["bias_x_imu"].reason
    for name in ("orientation", "rest", "inclination", "rotation"):
        found = catalogue.run(name, {"imu": STILL * np.nan}, RATE)
        assert all(np.isnan(value.value) and "no sample" in value.reason for value in found.values.values())


def test_a_segment_that_swings():
    t = np.arange(1000) / RATE
    angle = np.radians(40.0) * (1.0 - np.cos(2.0 * np.pi * t / 4.0)) * (t >= 0)
    rate = np.gradient(angle, t)
    swing = np.stack([np.zeros(1000), 9.81 * np.sin(angle), 9.81 * np.cos(angle), rate, 0 * t, 0 * t], axis=1)
    for name in ("inclination", "rotation"):
        found = catalogue.run(name, {"wrist": swing}, RATE)
        assert found.values["range_wrist"].value == pytest.approx(80.0, abs=1.5)
        still = catalogue.run(name, {"wrist": STILL}, RATE)
        assert "nothing moved" in still.values["range_wrist"].reason


@pytest.mark.parametrize("name", ["orientation", "rest", "inclination", "rotation"])
def test_any_pieces_give_the_same(name):
    rng = np.random.default_rng(1)
    _, thigh, shank, _ = sensors("walking", 7)
    samples = {"thigh": with_losses(thigh, RATE, rng), "shank": with_losses(shank, RATE, rng)[::5]}
    rates = {"thigh": RATE, "shank": RATE / 5}
    whole = catalogue.run(name, samples, rates)
    for seed, largest in enumerate((7, 500)):
        assert_the_same(whole, run_in_pieces(name, samples, rates, largest, seed))
