"""Compensations against known rotations: sensors sit anyhow, point anywhere, and their gyroscopes are biased."""

import re

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from biofeedback.measures import catalogue
from biofeedback.measures.roles import RoleError
from tests.measures.named.chunked import assert_the_same, run_in_pieces

RATE = 50.0
REST_S, EACH_S, WAY_S = 3.3, 2.0, 1.6
TO_Z_UP = Rotation.from_euler("x", 90.0, degrees=True)  # from x ahead, y up, z right


def ways(amounts):
    """Return a course that goes out to each amount and back, one after the other, after a rest."""
    t = np.arange(round((REST_S + EACH_S * len(amounts) + 1.0) * RATE)) / RATE - REST_S
    number = np.clip(np.floor(t / EACH_S).astype(int), 0, len(amounts) - 1)
    within = np.where((t > 0.0) & (t - number * EACH_S < WAY_S), t - number * EACH_S, 0.0)
    return np.asarray(amounts, dtype=float)[number] * (1.0 - np.cos(2.0 * np.pi * within / WAY_S)) / 2.0


def turned(order, *degrees):
    return Rotation.from_euler(order, np.stack(degrees, axis=1), degrees=True)


def worn(segment, rng, mount=None):
    """Return the samples of a sensor on a segment whose axes are x ahead, y up, z right."""
    mount = Rotation.from_quat(rng.normal(size=4)) if mount is None else mount
    sensor = Rotation.from_euler("z", rng.uniform(0.0, 360.0), degrees=True) * TO_Z_UP * segment * mount
    rate = np.zeros((len(sensor), 3))
    rate[:-1] = (sensor[:-1].inv() * sensor[1:]).as_rotvec() * RATE
    rate += np.radians(rng.uniform(-0.5, 0.5, 3)) + rng.normal(size=rate.shape) * 0.002
    return np.hstack([sensor.inv().apply([0.0, 0.0, 9.81]) + rng.normal(size=rate.shape) * 0.03, rate])


def limb(n, rng, degrees=70.0):
    return worn(turned("Z", ways([degrees] * n)), rng)


def values(found):
    return {name: value.value for name, value in found.values.items()}


def trunk(rotations, seed, lean=20.0):
    rng, n = np.random.default_rng(seed), len(rotations)
    both = ways([8.0] * n)  # what pelvis and thorax turn together is no rotation of the trunk
    thorax = turned("YZ", both + ways(rotations), -ways([lean] * n))
    return {"pelvis": worn(turned("Y", both), rng), "thorax": worn(thorax, rng), "limb": limb(n, rng)}


ROTATIONS = [5.0, 6.0, 4.0, 5.0, 25.0, -20.0]


@pytest.mark.parametrize("seed", [0, 1])
def test_trunk_rotation(seed):
    found = catalogue.run("trunk_rotation", trunk(ROTATIONS, seed), RATE)
    peaks = [one.values["peak_deg"] for one in found.occurrences]
    np.testing.assert_allclose(peaks, ROTATIONS, atol=0.7)
    got = values(found)
    assert got["own"] == pytest.approx(5.0, abs=0.5)
    assert got["excess"] == pytest.approx((0.0 + 20.0 + 15.0) / 3.0, abs=0.7)
    assert (got["above"], got["repetitions"]) == (pytest.approx(200.0 / 3.0), 3)
    assert found.values["own"].n == 3


def test_what_is_too_much_and_what_is_own_can_be_set():
    samples = trunk(ROTATIONS, 3)
    assert values(catalogue.run("trunk_rotation", samples, RATE, threshold_deg=17.5))["above"] == pytest.approx(100 / 3)
    one = values(catalogue.run("trunk_rotation", samples, RATE, good=1))
    assert one["repetitions"] == 5
    assert one["excess"] == pytest.approx((1 - 1 + 0 + 20 + 15) / 5, abs=0.7)
    none = catalogue.run("trunk_rotation", samples, RATE, good=6).values
    assert all("6 of 6 repetitions could be measured; the first 6 are" in value.reason for value in none.values())
    with pytest.raises(ValueError, match="good"):
        catalogue.run("trunk_rotation", samples, RATE, good=0)


def test_a_repetition_with_a_hole_is_left_out_and_the_rest_stay_right():
    samples = trunk(ROTATIONS, 4)
    at = round((REST_S + 4 * EACH_S + 0.5) * RATE)  # in the one of 25°
    samples["thorax"][at : at + round(0.8 * RATE)] = np.nan
    found = catalogue.run("trunk_rotation", samples, RATE)
    peaks = np.array([one.values["peak_deg"] for one in found.occurrences])
    np.testing.assert_array_equal(np.isnan(peaks), [False] * 4 + [True, False])
    np.testing.assert_allclose(peaks[~np.isnan(peaks)], np.delete(ROTATIONS, 4), atol=1.0)
    assert found.values["repetitions"].value == 2
    assert found.values["excess"].value == pytest.approx(7.5, abs=1.0)


TILTS = [2.0, 3.0, 2.5, 2.5, 11.5, -9.5]  # to the right


def pelvis(mount):
    rng, n = np.random.default_rng(5), len(TILTS)
    sloping = Rotation.from_euler("z", 15.0, degrees=True) * mount  # as a sacrum is
    ahead = ways([12.0] * n)  # a lean ahead is no obliquity
    return {"pelvis": worn(turned("ZX", -ahead, ways(TILTS)), rng, sloping), "limb": limb(n, rng)}


@pytest.mark.parametrize(
    ("forward", "mount"),
    [("x", Rotation.identity()), ("-z", Rotation.from_euler("yz", [-90.0, 10.0], degrees=True))],
)
def test_pelvic_obliquity(forward, mount):
    found = catalogue.run("pelvic_obliquity", pelvis(mount), RATE, forward=forward)
    np.testing.assert_allclose([one.values["peak_deg"] for one in found.occurrences], TILTS, atol=0.7)
    got = values(found)
    assert got["own"] == pytest.approx(2.5, abs=0.5)
    assert got["excess"] == pytest.approx(16.0 / 3.0, abs=0.7)
    assert got["above"] == pytest.approx(200.0 / 3.0)


def test_pelvic_drop_is_positive_on_the_side_that_does_not_stand():
    samples = pelvis(Rotation.identity())
    for stance, sign in (("left", 1.0), ("right", -1.0)):  # on the left leg, a drop is to the right
        found = catalogue.run("pelvic_obliquity", samples, RATE, forward="x", stance=stance)
        peaks = [one.values["peak_deg"] for one in found.occurrences]
        np.testing.assert_allclose(peaks, sign * np.array(TILTS), atol=0.7)


@pytest.mark.parametrize(("settings", "reason"), [({}, "forward=x"), ({"forward": "y"}, "y of .* points up or down")])
def test_the_pelvis_needs_to_know_ahead(settings, reason):
    still = np.tile([0.0, 9.81, 0.0, 0.0, 0.0, 0.0], (200, 1))
    found = catalogue.run("pelvic_obliquity", {"pelvis": still, "limb": still}, RATE, **settings)
    assert all(re.search(reason, value.reason) for value in found.values.values())


@pytest.mark.parametrize("side", ["left", "right"])
def test_knee_valgus(side):
    rng = np.random.default_rng(6)
    adduction, turn = np.array([2.0, 2.0, 2.0, 2.0, 10.0, 12.0]), np.array([1.0, 1.0, 1.0, 1.0, 9.0, 5.0])
    inwards = 1.0 if side == "right" else -1.0
    thigh = turned("ZXY", ways([70.0] * 6), inwards * ways(adduction), inwards * ways(turn))
    found = catalogue.run("knee_valgus", {f"{side}_thigh": worn(thigh, rng)}, RATE)
    excess = [one.values["excess_deg"] for one in found.occurrences]
    np.testing.assert_allclose(excess, adduction + turn - 3.0, atol=0.7)
    got = values(found)
    assert got[f"excess_{side}"] == pytest.approx(10.0, abs=0.7)
    assert got[f"above_{side}"] == pytest.approx(200.0 / 3.0)
    outwards = turned("ZXY", ways([70.0] * 6), -inwards * ways(adduction), -inwards * ways(turn))
    varus = values(catalogue.run("knee_valgus", {f"{side}_thigh": worn(outwards, rng)}, RATE))
    assert varus[f"above_{side}"] == 0.0
    assert varus[f"excess_{side}"] == pytest.approx(0.0, abs=0.5)


@pytest.mark.parametrize(
    ("flexion", "adduction", "turn"),
    [([0.0] * 3, [0.0] * 3, [70.0] * 3), ([50.0] * 3, [50.0, -50.0, 50.0], [0.0] * 3)],
    ids=["turns round", "wanders"],
)
def test_own_repetitions_that_do_not_bend_the_hip_show_no_axis(flexion, adduction, turn):
    thigh = turned("ZXY", ways([*flexion, 50.0]), ways([*adduction, 0.0]), ways([*turn, 0.0]))
    found = catalogue.run("knee_valgus", {"right_thigh": worn(thigh, np.random.default_rng(9))}, RATE)
    assert all("do not bend the hip and little else" in value.reason for value in found.values.values())


def test_a_thigh_without_a_side_is_refused_in_one_line():
    with pytest.raises(RoleError, match=r"which is the left_thigh or right_thigh\?.* left_thigh=thigh"):
        catalogue.run("knee_valgus", {"thigh": np.zeros((10, 6))}, RATE)


EMG_HZ = 1000.0
RATES = {"arm": RATE, "trapezius": EMG_HZ, "scapula": RATE}


def shrugs(activity, tilts, seed=7):
    """Arms raised to 120°: muscle and scapula as given while they are low, and much more above."""
    rng = np.random.default_rng(seed)
    raised = ways([120.0] * len(tilts))
    early = np.clip(raised / 30.0, 0.0, 1.0)  # a shrug comes before the arm
    late = np.clip((raised - 75.0) / 30.0, 0.0, 1.0)
    number = np.clip((np.arange(len(raised)) / RATE - REST_S) // EACH_S, 0, len(tilts) - 1).astype(int)
    scapula = turned("X", np.asarray(tilts)[number] * early + 30.0 * late)
    level = np.where(raised > 0.0, np.asarray(activity)[number], 1.0) + 100.0 * (late > 0.0)
    volts = 1e-6 * rng.normal(size=round(len(raised) / RATE * EMG_HZ)) * np.repeat(level, round(EMG_HZ / RATE))
    return {"arm": worn(turned("X", raised), rng), "trapezius": volts, "scapula": worn(scapula, rng)}


def test_shoulder_shrug():
    activity, tilts = [20.0, 20.0, 20.0, 20.0, 40.0, 30.0], [2.0, 2.0, 2.0, 2.0, 6.0, 18.0]
    found = catalogue.run("shoulder_shrug", shrugs(activity, tilts), RATES)
    got = values(found)
    assert got["own_tilt"] == pytest.approx(2.0, abs=0.7)
    assert got["excess_tilt"] == pytest.approx(20.0 / 3.0, abs=0.7)
    assert got["above_tilt"] == pytest.approx(100.0 / 3.0)
    excess = {of: [] for of in ("activity", "tilt")}
    for one in found.occurrences:
        excess[one.of] += [value for name, value in one.values.items() if name.startswith("excess")]
    np.testing.assert_allclose(excess["activity"], [0.0, 0.0, 0.0, 0.0, 100.0, 50.0], atol=12.0)
    assert got["above_activity"] == pytest.approx(200.0 / 3.0)


def test_each_shoulder_sensor_is_asked_for_where_it_is_not_there():
    samples = shrugs([20.0] * 4, [2.0] * 4)
    arm = catalogue.run("shoulder_shrug", {"arm": samples["arm"]}, RATES).values
    for name, value in arm.items():
        assert "not measured: it takes " + ("EMG" if "activity" in name else "a motion sensor") in value.reason
    with_muscle = catalogue.run("shoulder_shrug", {k: samples[k] for k in ("arm", "trapezius")}, RATES).values
    assert with_muscle["excess_activity"].available
    silent = {**samples, "trapezius": np.zeros(len(samples["trapezius"]))}
    found = catalogue.run("shoulder_shrug", silent, RATES).values
    assert found["excess_activity"].reason == "the trapezius was never active"
    assert found["excess_tilt"].available


def test_any_pieces_give_the_same():
    samples = shrugs([20.0] * 5, [2.0] * 5)
    for sensor in samples.values():
        sensor[round(0.6 * len(sensor)) : round(0.63 * len(sensor))] = np.nan
    samples["trapezius"] = samples["trapezius"][:, None]
    whole = catalogue.run("shoulder_shrug", samples, RATES)
    assert np.isfinite(list(values(whole).values())).all()
    assert_the_same(whole, run_in_pieces("shoulder_shrug", samples, RATES, 400))


def test_a_lean_of_12_degrees_is_12():
    upright = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (200, 1))
    n, turn = 200, np.radians(12.0)
    angle = turn * np.clip(np.arange(n) / 100.0, 0.0, 1.0)
    ahead = np.zeros((n, 6))  # x ahead, z up: forward is a turn about y
    ahead[:, 0], ahead[:, 2], ahead[:, 4] = -9.81 * np.sin(angle), 9.81 * np.cos(angle), np.gradient(angle) * 100.0
    still = np.tile([-9.81 * np.sin(turn), 0.0, 9.81 * np.cos(turn), 0.0, 0.0, 0.0], (2000, 1))
    found = catalogue.run("lean", {"trunk": np.vstack([upright, ahead, still])}, 100.0, forward="x")
    assert found.signals["lean_trunk"].values[-1] == pytest.approx(12.0, abs=5e-4)
    assert found.signals["lean_forward_trunk"].values[-1] == pytest.approx(12.0, abs=5e-4)
    assert found.signals["lean_sideways_trunk"].values[-1] == pytest.approx(0.0, abs=5e-4)
