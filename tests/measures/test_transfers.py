"""Standing up and sitting down: known seat-offs, and what must not be taken for one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.measures.catalogue import Sensor, catalogue
from biofeedback.measures.transfers import step_level
from tests.dsp.recordings import recording
from tests.measures.sitting import sitter


def seen(role, times_s, samples, rate_hz, sizes=(50,)):
    kind = catalogue()["sit_to_stand"]
    measure = kind([Sensor(role, role, rate_hz)], kind.Settings())
    start, index = 0, 0
    while start < len(samples):
        part = slice(start, start + sizes[index % len(sizes)])
        measure.process(0, samples[part], times_s[part], start)
        start, index = part.stop, index + 1
    return measure.finish()


def of(findings, kind):
    return np.array([o.time_s for o in findings.occurrences if o.kind == kind])


@pytest.mark.parametrize(("role", "place"), [("thigh", "thigh"), ("trunk", "trunk"), ("trunk", "pelvis")])
@pytest.mark.parametrize("rate_hz", [50.0, 128.0])
@pytest.mark.parametrize("rise_s", [0.9, 1.4, 2.2])
def test_stands_are_counted_and_the_seat_off_is_near(role, place, rate_hz, rise_s):
    rng = np.random.default_rng(int(100 * rise_s))
    offs = 3.0 + np.arange(5) * (2 * rise_s + 2.5)
    times_s, samples = sitter(offs, offs[-1] + 12.0, rate_hz, rng, rise_s=rise_s, place=place)
    found = seen(role, times_s, samples, rate_hz)
    assert len(of(found, "stand")) == len(of(found, "sit")) == 5
    left = offs + 0.106 * rise_s  # the model's thigh has turned by 1° then
    assert np.abs(of(found, "seat_off") - left).max() < 0.15
    assert {v.name: v for v in found.values}["stands"].value == 5


def test_a_sensor_near_the_knee_is_hardly_lifted_and_counts_all_the_same():
    offs = 3.0 + np.arange(5) * 4.0
    times_s, samples = sitter(offs, 28.0, 100.0, np.random.default_rng(12), rise_s=1.0, place="knee")
    found = seen("thigh", times_s, samples, 100.0)
    assert len(of(found, "stand")) == len(of(found, "sit")) == 5
    assert np.abs(of(found, "seat_off") - offs - 0.1).max() < 0.15


def test_without_pause_between_the_stands():
    rng = np.random.default_rng(8)
    offs = 3.0 + np.arange(5) * 2.6
    times_s, samples = sitter(offs, 22.0, 100.0, rng, rise_s=1.0, stood_s=0.3)
    for role, columns in (("trunk", 6), ("acceleration", 3)):
        found = seen(role, times_s, samples[:, :columns], 100.0)
        assert len(of(found, "stand")) == 5
    values = {v.name: v for v in found.values}
    assert values["five_stands"].value == pytest.approx(offs[-1] + 1.0 - offs[0] + 0.6, abs=0.5)


def test_leaning_and_stepping_are_no_stands():
    rng = np.random.default_rng(9)
    times_s, leaning = sitter([], 20.0, 100.0, rng)
    assert of(seen("trunk", times_s, leaning, 100.0), "stand").size == 0
    walking = leaning.copy()  # a trunk bobs by 4 cm and sways forward at each step
    up = np.median(leaning[:, :3], axis=0) / 9.81
    steps = np.where(times_s > 3.0, np.sin(2 * np.pi * 1.9 * times_s), 0.0)
    walking[:, :3] += np.outer(2.8 * steps, up) + np.outer(1.5 * np.roll(steps, 13), np.roll(up, 1))
    assert of(seen("trunk", times_s, walking, 100.0), "stand").size == 0
    reasons = {v.name: v.reason for v in seen("trunk", times_s, leaning, 100.0).values}
    assert reasons["five_stands"]
    assert reasons["rise_time"]


def test_a_loss_costs_only_the_stand_in_it():
    rng = np.random.default_rng(10)
    offs = 4.0 + np.arange(5) * 6.0
    times_s, samples = sitter(offs, 38.0, 100.0, rng, place="thigh")
    samples[(times_s > 15.8) & (times_s < 17.6)] = np.nan  # the third stand
    found = of(seen("thigh", times_s, samples, 100.0), "seat_off")
    for off in offs[[0, 1, 3, 4]]:
        assert np.abs(found - off).min() < 1.0
    assert len(found) <= 5


def bursts(times_s, rng, per_minute=12):
    """Tell which rows are lost in bursts of 0.1 to 0.5 s."""
    starts = np.cumsum(rng.exponential(60.0 / per_minute, int(times_s[-1])))
    return np.any([(times_s > s) & (times_s < s + rng.uniform(0.1, 0.5)) for s in starts], axis=0)


@pytest.mark.parametrize(
    ("role", "place", "seed"), [("thigh", "thigh", 4), ("trunk", "trunk", 3), ("trunk", "pelvis", 4)]
)
def test_short_losses_cost_no_stand(role, place, seed):
    rng = np.random.default_rng(seed)
    rise_s = 1.5
    offs = 3.0 + np.arange(6) * (2 * rise_s + 2.0)
    times_s, samples = sitter(offs, offs[-1] + 10.0, 100.0, rng, rise_s=rise_s, place=place)
    lost = bursts(times_s, rng)
    samples[lost] = np.nan
    found = seen(role, times_s, samples, 100.0)
    assert len(of(found, "stand")) == 6
    left = offs + 0.106 * rise_s
    clear = np.array([not lost[np.abs(times_s - moment) < 0.6].any() for moment in left])
    assert clear.sum() > 1
    error = np.abs(of(found, "seat_off") - left)
    assert error[clear].max() < 0.15
    assert error.max() < 0.6


@pytest.mark.parametrize("rows", [(482, 496, 498, 600), (0, 40, 45, 200)])
def test_losses_at_the_edge_of_a_longer_one(rows):
    times_s, samples = sitter([6.0], 10.0, 50.0, np.random.default_rng(1))
    begin, end, then, until = (row // 2 for row in rows)
    samples[begin:end] = samples[then:until] = np.nan
    for role, columns in (("trunk", 6), ("acceleration", 3)):
        found = seen(role, times_s, samples[:, :columns], 50.0)
        assert of(found, "seat_off") == pytest.approx([6.2], abs=0.3)
        assert of(found, "sit") == pytest.approx([8.6], abs=0.3)
    assert len(of(seen("thigh", times_s, samples, 50.0), "stand")) == 0  # the trunk does not turn by 50°


def test_a_step_of_the_drift_is_found_where_the_values_show_one():
    rng = np.random.default_rng(5)
    values = np.where(np.arange(80) < 50, 0.2, -0.4) + rng.normal(0.0, 0.02, 80)
    parts = (np.arange(80) >= 50).astype(np.intp)
    assert step_level(values, parts, np.array([3.0]), 0) == pytest.approx(0.2, abs=0.02)
    assert step_level(values, parts, np.array([3.0]), 1) == pytest.approx(-0.4, abs=0.02)
    assert step_level(values, parts, np.array([1e3]), 1) == pytest.approx(np.median(values), abs=0.02)
    few = np.r_[np.full(78, 0.2), [-0.4, -0.4]]
    assert step_level(few, (np.arange(80) >= 78).astype(np.intp), np.array([3.0]), 1) == pytest.approx(0.2)


@given(st.lists(st.integers(1, 500), min_size=1, max_size=20), st.sampled_from(["thigh", "trunk", "acceleration"]))
@settings(max_examples=10, deadline=None)
def test_chunks_do_not_matter(sizes, role):
    times_s, samples = sitter([3.0, 9.0], 14.0, 60.0, np.random.default_rng(11), place="thigh")
    samples[300:350] = samples[550:570] = samples[600:625] = np.nan
    samples = samples[:, :3] if role == "acceleration" else samples
    assert seen(role, times_s, samples, 60.0, sizes) == seen(role, times_s, samples, 60.0, (10_000,))


def test_a_real_person_with_an_accelerometer():
    with np.load(recording("sit_to_stand_lumbar_acc.npz")) as data:
        times_s, acc = data["time"] - data["time"][0], data["accel"] * 9.80665
    found = seen("acceleration", times_s, acc, 128.0)
    stands = of(found, "stand")
    assert len(stands) == 3  # the person also bends forward twice, walks and sits down; each of it is no stand
    assert np.abs(stands - [24.0, 37.5, 82.5]).max() < 1.5
    for moment in (7.9, 31.0, 68.9, 88.8):  # where the seat hits the sensor
        assert np.abs(of(found, "sit") - moment).min() < 1.5
