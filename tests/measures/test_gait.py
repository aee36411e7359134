"""Walking: known landings, published vectors, and a recording of two feet."""

import csv
import gzip
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.measures.catalogue import Sensor, catalogue
from biofeedback.measures.stride import stride_path
from tests.dsp.recordings import recording
from tests.measures.walking import foot


def walked(feet, rate_hz, sizes=None):
    """Run the measure over both feet, in chunks of the sizes given."""
    kind = catalogue()["gait_feet"]
    measure = kind([Sensor(name, name, rate_hz) for name in feet], kind.Settings())
    for index, (times_s, samples) in enumerate(feet.values()):
        start = 0
        steps = iter(sizes) if sizes is not None else iter([len(samples)])
        while start < len(samples):
            size = next(steps, 50)
            part = slice(start, start + size)
            assert measure.process(index, samples[part], times_s[part], start) == []
            start += size
    return measure.finish()


def initial(findings, name):
    return np.array([o.time_s for o in findings.occurrences if o.kind == "initial_contact" and o.of == name])


def two_feet(rng, rate_hz, strides=14, stride_s=1.11, right_after=0.543 / 1.11):
    """Return two feet that walk, and their landings."""
    left = 2.0 + stride_s * np.arange(strides)
    right = left + right_after * stride_s
    end = right[-1] + 2.0
    return (
        {"left_foot": foot(left, end, rate_hz, rng)[:2], "right_foot": foot(right, end, rate_hz, rng)[:2]},
        {"left_foot": left, "right_foot": right},
    )


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 204.8, 500.0])
@pytest.mark.parametrize("stride_s", [0.9, 1.11, 1.8])
def test_every_landing_is_found_at_any_mounting(rate_hz, stride_s):
    rng = np.random.default_rng(int(rate_hz * stride_s))
    feet, truth = two_feet(rng, rate_hz, stride_s=stride_s)
    found = walked(feet, rate_hz)
    for name, landings in truth.items():
        times = initial(found, name)
        assert len(times) == len(landings)
        assert np.abs(times - landings).max() < 0.030
        assert abs((times - landings).mean()) < 0.015


@pytest.mark.parametrize("seed", range(4))
def test_a_foot_that_lands_flat_swings_no_more_than_it_pushes(seed):
    landings = 2.0 + 1.1 * np.arange(10)
    walker = foot(landings, 14.0, 100.0, np.random.default_rng(seed), push_deg=75.0, slap_deg=0.0)[:2]
    found = walked({"left_foot": walker}, 100.0)
    assert np.abs(initial(found, "left_foot") - landings).max() < 0.05
    assert {v.name: v for v in found.values}["stance_left_foot"].value == pytest.approx(58.0, abs=5.0)


def terminal(findings, name):
    return np.array([o.time_s for o in findings.occurrences if o.kind == "terminal_contact" and o.of == name])


def test_the_foot_leaves_the_ground_between_the_fastest_push_and_the_swing():
    landings = 2.0 + 1.1 * np.arange(10)
    times_s, samples, fastest = foot(landings, 14.0, 100.0, np.random.default_rng(7))
    lifted = terminal(walked({"left_foot": (times_s, samples)}, 100.0), "left_foot")
    assert (lifted > fastest - 0.005).all()
    assert (lifted < landings - 0.38 * 1.1 + 0.005).all()


def test_the_small_step_that_closes_a_walk_is_found():
    landings = 2.0 + 1.1 * np.arange(10)
    walker = foot(landings, 14.0, 100.0, np.random.default_rng(8), closing=0.25)[:2]
    assert np.abs(initial(walked({"left_foot": walker}, 100.0), "left_foot") - landings).max() < 0.04


def test_a_foot_that_still_creeps_after_a_flat_landing_has_landed():
    landings = 2.0 + 1.1 * np.arange(10)
    walker = foot(landings, 14.0, 100.0, np.random.default_rng(9), slap_deg=0.0, creep_deg=4.0)[:2]
    assert np.abs(initial(walked({"left_foot": walker}, 100.0), "left_foot") - landings).max() < 0.05


def test_single_lost_samples_cost_no_contact():
    rng = np.random.default_rng(10)
    feet, truth = two_feet(rng, 100.0, strides=20)
    for _, samples in feet.values():
        for start in rng.integers(0, len(samples) - 5, 60):
            samples[start : start + rng.integers(1, 6)] = np.nan
    found = walked(feet, 100.0)
    for name, landings in truth.items():
        assert np.abs(initial(found, name) - landings).max() < 0.05
    values = {v.name: v for v in found.values}
    assert values["stride_time_left_foot"].n == 20 - 1 - 4
    assert values["stride_time_left_foot"].value == pytest.approx(1.11, abs=0.01)
    assert values["stride_length_left_foot"].n < values["stride_time_left_foot"].n  # no path through a longer hole


def test_values_of_known_steps():
    rng = np.random.default_rng(3)
    feet, _ = two_feet(rng, 200.0, strides=20)
    values = {v.name: v for v in walked(feet, 200.0).values}
    assert values["stride_time_left_foot"].value == pytest.approx(1.11, abs=0.004)
    assert values["cadence"].value == pytest.approx(60.0 / 0.555, rel=0.01)
    assert values["step_symmetry"].value == pytest.approx(100.0 * (0.543 - 0.567) / 0.555, abs=1.5)
    assert values["strides_left_foot"].value == 20 - 1 - 4  # two at each end are left out


def test_standing_still_gives_reasons():
    rng = np.random.default_rng(4)
    still = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (1000, 1)) + rng.normal(0.0, 0.01, (1000, 6))
    found = walked({"left_foot": (np.arange(1000) / 100.0, still)}, 100.0)
    assert found.occurrences == ()
    assert {v.reason for v in found.values} == {
        "no step was seen: the foot swung for less than two seconds, or not at all"
    }


def test_a_foot_that_never_swings_takes_no_more_and_more_memory():
    rng = np.random.default_rng(14)
    kind = catalogue()["gait_feet"]
    measure = kind([Sensor("left_foot", "left_foot", 50.0)], kind.Settings())
    kept = []
    tracemalloc.start()
    for first in range(0, 12_000, 200):
        still = np.array([0.0, 0.0, 9.81, 0.0, 0.0, 0.0]) + rng.normal(0.0, 0.01, (200, 6))
        measure.process(0, still, (first + np.arange(200)) / 50.0, first)
        kept.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert kept[-1] < 1.2 * max(kept[:30])


def test_a_short_walk_says_what_it_lacks():
    feet, _ = two_feet(np.random.default_rng(13), 100.0, strides=6)
    values = {v.name: v for v in walked(feet, 100.0).values}
    assert values["stride_length_left_foot"].reason == values["stride_time_left_foot"].reason
    assert "1 straight strides without the 2 at each end" in values["stride_time_left_foot"].reason


@given(st.lists(st.integers(1, 500), min_size=1, max_size=30), st.integers(0, 2**16))
@settings(max_examples=8, deadline=None)
def test_chunks_do_not_matter(sizes, seed):
    feet, _ = two_feet(np.random.default_rng(seed), 100.0, strides=8)
    for _, samples in feet.values():
        samples[700:760] = np.nan
    assert walked(feet, 100.0, sizes) == walked(feet, 100.0)


def test_a_loss_costs_only_the_steps_in_it():
    rng = np.random.default_rng(5)
    feet, truth = two_feet(rng, 100.0, strides=20)
    lost = (9.0, 10.5)
    for times_s, samples in feet.values():
        samples[(times_s >= lost[0]) & (times_s < lost[1])] = np.nan
    found = walked(feet, 100.0)
    for name, landings in truth.items():
        times = initial(found, name)
        outside = landings[(landings < lost[0] - 0.1) | (landings > lost[1] + 1.2)]
        assert all(np.abs(times - landing).min() < 0.03 for landing in outside)
        assert not ((times > lost[0] + 0.05) & (times < lost[1])).any()


def test_a_swing_whose_start_was_lost_lands_but_does_not_lift():
    rng = np.random.default_rng(12)
    landings = 2.0 + 1.1 * np.arange(12)
    times_s, samples, _ = foot(landings, 16.0, 100.0, rng)
    before = walked({"left_foot": (times_s, samples)}, 100.0)
    samples[(times_s > landings[8] - 0.55) & (times_s < landings[8] - 0.25)] = np.nan  # the swing is 0.42 s
    found = walked({"left_foot": (times_s, samples)}, 100.0)
    assert np.abs(initial(found, "left_foot") - landings).max() < 0.04
    lifted = terminal(before, "left_foot")
    assert terminal(found, "left_foot") == pytest.approx(np.delete(lifted, 8), abs=0.02)


def test_zero_velocity_update_takes_a_bias_out():
    rate_hz = 200.0
    times_s = np.arange(0.3, 1.3, 1.0 / rate_hz)
    share = times_s - 0.3
    forward = 1.2 * (60 * share - 180 * share**2 + 120 * share**3) + 0.05
    acc = np.column_stack([forward, np.zeros_like(forward), np.zeros_like(forward)])
    path = stride_path(acc, np.full(len(acc), 0.1), rate_hz)
    assert path.length_m == pytest.approx(1.2, abs=0.003)
    assert path.turned_rad == pytest.approx(0.1, abs=0.001)


@pytest.mark.parametrize("climb_m", [-0.3, 0.3])
def test_on_stairs_the_height_is_not_told(climb_m):
    rate_hz = 200.0
    share = np.arange(0.0, 1.0, 1.0 / rate_hz)
    smooth = 60 * share - 180 * share**2 + 120 * share**3  # second derivative of a smooth step
    acc = np.column_stack([0.6 * smooth, np.zeros_like(smooth), climb_m * smooth + 0.05])
    path = stride_path(acc, np.zeros(len(acc)), rate_hz)
    assert path.climb_m == pytest.approx(climb_m, abs=0.01)
    assert path.length_m == pytest.approx(0.6, abs=0.01)
    assert np.isnan(path.clearance_m)


def test_a_sensor_that_is_never_still_between_steps_has_no_length():
    feet, _ = two_feet(np.random.default_rng(11), 100.0)
    values = {v.name: v for v in walked(feet, 100.0).values}
    assert values["stride_length_left_foot"].available
    for times_s, samples in feet.values():
        samples[:, 3:] += 2.0 * np.sin(2.0 * np.pi * 3.0 * times_s)[:, None]  # it swings on a loose strap
    shaken = {v.name: v for v in walked(feet, 100.0).values}
    assert "stood still" in shaken["stride_length_left_foot"].reason
    assert "stood still" in shaken["clearance_left_foot"].reason


def test_real_feet():
    rate_hz = 204.8
    with gzip.open(recording("gait_feet_imu.csv.gz"), "rt") as file:
        rows = list(csv.reader(file))
    names = [f"{sensor}_{axis}" for sensor, axis in zip(rows[0], rows[1], strict=True)]
    data = np.array(rows[2:], dtype=np.float64)
    feet, truth = {}, {}
    for side in ("left", "right"):
        acc = data[:, [names.index(f"{side}_sensor_acc_{axis}") for axis in "xyz"]]
        gyr = data[:, [names.index(f"{side}_sensor_gyr_{axis}") for axis in "xyz"]]
        feet[f"{side}_foot"] = (np.arange(len(data)) / rate_hz, np.hstack([acc, np.radians(gyr)]))
    with recording("gait_feet_stride_events.csv").open() as file:
        for row in csv.DictReader(file):
            truth.setdefault(f"{row['foot']}_foot", set()).update([float(row["ic"]), float(row["pre_ic"])])
    found = walked(feet, rate_hz)
    for name, contacts in truth.items():
        known = np.array(sorted(contacts)) / rate_hz
        times = initial(found, name)
        errors = np.array([times[np.abs(times - moment).argmin()] - moment for moment in known])
        assert (np.abs(errors) < 0.050).mean() > 0.96
        assert abs(np.median(errors)) < 0.020
        inner = times[(times > known[0] - 0.1) & (times < known[-1] + 0.1)]
        assert len(inner) <= len(known) + 1
