import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from biofeedback.measures import catalogue
from biofeedback.measures.alignment import plane_elevation_rotation
from tests.measures.named.chunked import assert_the_same, run_in_pieces, with_losses

RATE = 100.0
NAMES = ("plane", "elevation", "rotation")
UPRIGHT = Rotation.from_euler("x", 90.0, degrees=True)  # x ahead, y up, z right to z up


def test_vectors_of_the_sheet():
    shoulder = np.array([[0.76312941, 0.58256342, 0.06676517, -0.27165378]])  # I4: YXY 30/80/-20
    np.testing.assert_allclose(np.degrees(plane_elevation_rotation(shoulder)), [[30.0, 80.0, -20.0]], atol=1e-5)


def worn(segment, rng):
    """Samples of a sensor that sits and looks at random on a segment (earth y up)."""
    sensor = Rotation.from_euler("z", rng.uniform(-180, 180), degrees=True) * UPRIGHT * segment
    sensor = sensor * Rotation.from_quat(rng.normal(size=4))
    return sampled(sensor, rng)


def sampled(sensor, rng):
    rate = np.zeros((len(sensor), 3))
    rate[:-1] = (sensor[:-1].inv() * sensor[1:]).as_rotvec() * RATE
    acc = sensor.inv().apply([0.0, 0.0, 9.81]) + rng.normal(size=rate.shape) * 0.05
    return np.hstack([acc, rate + rng.normal(size=rate.shape) * 0.003])


def arm(side, first_plane, seed=0, lean=0.0, ahead=False):
    """Raise the arm three times in one plane, then move it about: the truth (n, 3) in degrees, and the samples.

    The neutral arm hangs; the ISB's quaternion is made from rotations about anatomical axes: elevated about the level
    axis of its plane, then turned about its own length. ``ahead`` lets the thorax sensor's x point ahead.
    """
    rng = np.random.default_rng(seed)
    t = np.arange(round(36.0 * RATE)) / RATE
    u = np.maximum(t - 3.0, 0.0)
    elevation = 65.0 * (1.0 - np.cos(2.0 * np.pi * u / 4.0))
    free = np.clip((u - 12.0) / 1.0, 0.0, 1.0)
    plane = first_plane + free * (50.0 - first_plane + 35.0 * np.sin(2.0 * np.pi * u / 9.0))
    inward = free * 40.0 * np.sin(2.0 * np.pi * u / 7.0)  # about the arm's length, beyond the swing
    mirror = 1.0 if side == "right" else -1.0
    a = np.radians(plane)
    axis = np.stack([-mirror * np.cos(a), 0.0 * a, np.sin(a)], axis=1)
    swing = Rotation.from_rotvec(np.radians(elevation)[:, None] * axis)
    turn = Rotation.from_euler("y", (mirror * inward)[:, None], degrees=True)
    thorax = Rotation.from_euler(
        "YZ", np.stack([15.0 * np.sin(0.5 * u), -lean * free * np.sin(0.9 * u) ** 2], axis=1), degrees=True
    )
    mounted = UPRIGHT * thorax  # its x points ahead
    chest = sampled(mounted, rng) if ahead else worn(thorax, rng)
    truth = np.stack([plane, elevation, inward - plane], axis=1)  # YXY counts the swing's plane back
    return truth, {"chest": chest, "upper_arm": worn(thorax * swing * turn, rng)}


def errors(found, truth):
    measured = np.stack([found.signals[name].values for name in NAMES], axis=1)
    return (measured - truth[: len(measured)] + 180.0) % 360.0 - 180.0


@pytest.mark.parametrize(
    ("side", "first_plane", "seed"), [("right", 90.0, 0), ("left", 90.0, 1), ("right", 0.0, 2), ("left", 30.0, 3)]
)
def test_all_three_with_their_signs(side, first_plane, seed):
    truth, samples = arm(side, first_plane, seed)
    found = catalogue.run("shoulder_angles", samples, RATE, side=side, learn_plane=first_plane)
    assert np.sqrt(np.nanmean(errors(found, truth) ** 2, axis=0)) == pytest.approx(0.0, abs=2.0)
    assert found.values["elevation_highest"].value == pytest.approx(130.0, abs=2.0)
    assert found.values["rotation_range"].reason == ""


def test_plane_and_rotation_only_where_they_can_be_told():
    truth, samples = arm("right", 90.0)
    found = catalogue.run("shoulder_angles", samples, RATE)
    low, high = truth[:, 1] < 18.0, (truth[:, 1] > 22.0) & (truth[:, 1] < 158.0)
    for name in ("plane", "rotation"):
        assert np.isnan(found.signals[name].values[low]).all()
        assert np.isfinite(found.signals[name].values[high]).all()
    assert np.isfinite(found.signals["elevation"].values).all()


def test_a_lean_of_the_trunk_is_taken_off_where_its_front_is_known():
    truth, samples = arm("left", 90.0, lean=30.0, ahead=True)
    found = catalogue.run("shoulder_angles", samples, RATE, side="left", ahead="x")
    assert np.sqrt(np.nanmean(errors(found, truth) ** 2, axis=0)) == pytest.approx(0.0, abs=2.0)
    blind = catalogue.run("shoulder_angles", samples, RATE, side="left")
    assert np.abs(errors(blind, truth)[:, 1]).max() > 10.0


def test_why_there_is_none():
    _, samples = arm("right", 90.0)
    still = {name: rows[:300] for name, rows in samples.items()}
    assert "did not move" in catalogue.run("shoulder_angles", still, RATE).values["elevation_highest"].reason
    little = {name: rows[:340] for name, rows in samples.items()}  # up to 10°
    found = catalogue.run("shoulder_angles", little, RATE)
    assert np.isfinite(found.values["elevation_highest"].value)
    assert "between 20° and 160°" in found.values["plane_range"].reason
    rng = np.random.default_rng(0)
    wild = worn(Rotation.from_rotvec(np.cumsum(rng.normal(size=(3600, 3)) * 0.05, axis=0)), rng)
    found = catalogue.run("shoulder_angles", samples | {"upper_arm": wild}, RATE)
    assert found.values["elevation_highest"].quality == "weak"
    assert "not in one plane" in found.values["elevation_highest"].reason


def test_any_pieces_give_the_same():
    _, samples = arm("right", 90.0)
    samples["upper_arm"] = with_losses(samples["upper_arm"], RATE, np.random.default_rng(0), bursts=2)
    rates = dict.fromkeys(samples, RATE)
    whole = catalogue.run("shoulder_angles", samples, RATE)
    assert_the_same(whole, run_in_pieces("shoulder_angles", samples, rates, 300, 1))
