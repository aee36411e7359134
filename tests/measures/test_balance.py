"""Sway, tremor, lean and Timed Up and Go: published vectors, and people made up so that the truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from biofeedback.measures.catalogue import run
from biofeedback.measures.sway import ellipse_area, jerk, mean_frequency_hz, path, rms
from biofeedback.measures.tremor import tremor_peak
from tests.measures.sitting import smoothstep

GRAVITY = 9.80665


def still(seconds, rate_hz, rng, up=(0.0, 0.0, 1.0)):
    """Return a sensor that only makes noise, shape (n_samples, 6)."""
    n = round(seconds * rate_hz)
    noise = rng.normal(0.0, [0.002] * 3 + [0.0005] * 3, (n, 6))
    return noise + np.concatenate([GRAVITY * np.array(up), np.zeros(3)])


def test_sway_vectors():
    phase = 2 * np.pi * np.arange(1000) / 1000
    circle = 1000.0 * np.column_stack([0.01 * np.cos(phase), 0.02 * np.sin(phase)])  # mm
    assert ellipse_area(circle) == pytest.approx(1893.6107, rel=1e-4)
    assert rms(circle) == pytest.approx(15.81139, rel=1e-4)
    assert path(circle) == pytest.approx(96.7587, rel=1e-4)
    times_s = np.arange(0.0, 30.0, 0.01)
    sway = np.column_stack([0.05 * np.sin(2 * np.pi * 0.4 * times_s), 0.08 * np.sin(2 * np.pi * 0.3 * times_s)])
    assert jerk(sway, 100.0) == pytest.approx(0.288778, rel=1e-4)
    steady = np.column_stack([np.cos(2 * np.pi * 0.5 * times_s), np.sin(2 * np.pi * 0.5 * times_s)])
    assert mean_frequency_hz(steady, 100.0) == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 208.0])
def test_sway_of_a_trunk_at_any_mounting(rate_hz):
    rng = np.random.default_rng(int(rate_hz))
    samples = still(40.0, rate_hz, rng)
    times_s = np.arange(len(samples)) / rate_hz
    samples[:, 0] += 0.08 * np.sin(2 * np.pi * 0.3 * times_s)
    samples[:, 1] += 0.05 * np.sin(2 * np.pi * 0.4 * times_s)
    mounting = Rotation.random(random_state=7)
    turned = np.hstack([mounting.apply(samples[:, :3]), mounting.apply(samples[:, 3:])])
    values = run("sway", {"trunk": turned}, rate_hz).values
    assert values["jerk"].value == pytest.approx(0.2888, rel=0.12)
    # a slow sway without any turning is taken for a tilt by a few per cent
    assert values["rms"].value == pytest.approx(np.hypot(0.08, 0.05) / np.sqrt(2), rel=0.08)
    assert values["rms_forward"].reason
    known = run("sway", {"trunk": samples}, rate_hz, forward="-y").values
    assert known["rms_forward"].value == pytest.approx(0.05 / np.sqrt(2), rel=0.08)
    assert known["rms_sideways"].value == pytest.approx(0.08 / np.sqrt(2), rel=0.08)


def test_sway_needs_its_time_and_its_samples():
    rng = np.random.default_rng(1)
    assert "less than 35 s" in run("sway", {"trunk": still(20.0, 100.0, rng)}, 100.0).values["jerk"].reason
    holes = still(40.0, 100.0, rng)
    holes[1000:1200] = np.nan
    assert "lost" in run("sway", {"trunk": holes}, 100.0).values["jerk"].reason
    with pytest.raises(ValueError, match="duration_s"):
        run("sway", {"trunk": holes}, 100.0, duration_s=-3)


def test_tremor_vector():
    times_s = np.arange(0.0, 10.0, 0.01)
    peak = tremor_peak(0.2 * np.sin(2 * np.pi * 5 * times_s) + 0.5 * np.sin(2 * np.pi * 0.5 * times_s), 100.0)
    assert peak.frequency_hz == pytest.approx(5.0)
    assert peak.rms == pytest.approx(0.14142, rel=1e-3)
    assert peak.present


@pytest.mark.parametrize("frequency_hz", [4.5, 6.0, 10.0])
def test_tremor_of_a_limb(frequency_hz):
    rng = np.random.default_rng(2)
    samples = still(30.0, 100.0, rng)
    times_s = np.arange(len(samples)) / 100.0
    samples[:, 4] += np.radians(12.0) * np.sin(2 * np.pi * frequency_hz * times_s)
    samples[:, 3] += np.radians(40.0) * np.sin(2 * np.pi * 0.4 * times_s)
    samples[:, 3:] += rng.normal(0.0, 0.02, (len(samples), 3))
    values = run("tremor", {"limb": samples}, 100.0).values
    assert values["present"].value == 1.0
    assert values["frequency"].value == pytest.approx(frequency_hz, abs=0.3)
    assert values["rms_angular_velocity"].value == pytest.approx(12.0 / np.sqrt(2), rel=0.15)


def test_slow_movement_and_noise_are_no_tremor():
    rng = np.random.default_rng(3)
    samples = still(30.0, 100.0, rng)
    samples[:, 3:] += rng.normal(0.0, 0.05, (len(samples), 3))
    samples[:, 4] += np.sin(2 * np.pi * 0.7 * np.arange(len(samples)) / 100.0)
    values = run("tremor", {"limb": samples}, 100.0).values
    assert values["present"].value == 0.0
    assert values["frequency"].reason == "no tremor was seen"
    assert "24 samples a second" in run("tremor", {"limb": samples[:600]}, 20.0).values["present"].reason


@pytest.mark.parametrize("angle_deg", [12.0, 30.0])
def test_lean_at_any_mounting(angle_deg):
    rng = np.random.default_rng(4)
    rate_hz, mounting = 100.0, Rotation.random(random_state=9)
    times_s = np.arange(0.0, 12.0, 1.0 / rate_hz)
    angle = np.radians(angle_deg) * (smoothstep((times_s - 3) / 1.0) - smoothstep((times_s - 7) / 1.0))
    leaning = Rotation.from_rotvec(np.outer(angle, [0.0, 1.0, 0.0]))  # forward is x
    acc = leaning.inv().apply(np.tile([0.0, 0.0, GRAVITY], (len(times_s), 1)))
    gyr = np.outer(np.gradient(angle, times_s), [0.0, 1.0, 0.0])
    samples = np.hstack([mounting.apply(acc), mounting.apply(gyr)]) + rng.normal(0.0, 0.005, (len(times_s), 6))
    found = run("lean", {"trunk": samples}, rate_hz)
    assert found.values["peak_trunk"].value == pytest.approx(angle_deg, abs=0.5)
    assert found.values["times_trunk"].value == 1.0
    plain = run("lean", {"trunk": np.hstack([acc, gyr])}, rate_hz, forward="x")
    assert np.nanmax(plain.signals["lean_forward_trunk"].values) == pytest.approx(angle_deg, abs=0.5)
    assert np.nanmax(np.abs(plain.signals["lean_sideways_trunk"].values)) < 0.5


def up_and_go(rate_hz, rng):
    """Return a trunk that stands up, walks, turns, walks back, turns and sits down, and when each of it was."""
    fine_hz = 500.0
    t = np.arange(0.0, 24.0, 1.0 / fine_hz)
    lean = np.zeros_like(t)
    for start, end in ((2.4, 3.1), (19.0, 19.9)):
        lean += np.radians(30.0) * (smoothstep((t - start) / 0.7) - smoothstep((t - end) / 1.2))
    heading = np.pi * (smoothstep((t - 9.0) / 1.8) + smoothstep((t - 16.0) / 1.8))
    height = 0.42 * (smoothstep((t - 2.9) / 1.3) - smoothstep((t - 19.0) / 1.4))
    walking = ((t > 4.5) & (t < 8.8)) | ((t > 11.0) & (t < 15.8))
    height += 0.02 * np.sin(2 * np.pi * 1.9 * t) * walking
    turned = Rotation.from_rotvec(np.outer(heading, [0, 0, 1])) * Rotation.from_rotvec(np.outer(lean, [0, 1, 0]))
    acc = np.zeros((len(t), 3))
    acc[:, 2] = np.gradient(np.gradient(height, t), t) + GRAVITY
    acc[np.abs(acc[:, 2] - GRAVITY) > 20.0, 2] = GRAVITY  # where walking begins and ends
    rate = (turned[:-1].inv() * turned[1:]).as_rotvec() * fine_hz
    rate = np.vstack([rate, rate[-1:]])
    mounting = Rotation.random(random_state=rng)
    rows = np.arange(0, len(t), round(fine_hz / rate_hz))
    samples = np.hstack([mounting.apply(turned.inv().apply(acc)), mounting.apply(rate)])[rows]
    return samples + rng.normal(0.0, [0.03] * 3 + [0.005] * 3, samples.shape)


def test_timed_up_and_go():
    found = run("timed_up_and_go", {"trunk": up_and_go(100.0, np.random.default_rng(5))}, 100.0)
    values = {name: value.value for name, value in found.values.items()}
    assert values["total"] == pytest.approx(20.4 - 2.45, abs=0.6)
    assert values["turn_1"] == pytest.approx(1.7, abs=0.4)
    assert values["turn_2"] == pytest.approx(1.7, abs=0.4)
    assert values["turn_1_peak"] == pytest.approx(180.0 * 1.875 / 1.8, rel=0.15)
    parts = sum(values[name] for name in ("stand_up", "walk_out", "turn_1", "walk_back", "turn_2", "sit_down"))
    assert parts == pytest.approx(values["total"])


def test_half_a_test_is_no_test():
    samples = up_and_go(100.0, np.random.default_rng(6))[:1300]
    assert "two half turns" in run("timed_up_and_go", {"trunk": samples}, 100.0).values["total"].reason


def waist(landings, duration_s, rate_hz, rng):
    """Return a sensor at the lower back that is pushed up a little after each landing, as the foot takes the load."""
    samples = still(duration_s, rate_hz, rng)
    times_s = np.arange(len(samples)) / rate_hz
    for landing in landings + 0.04:
        samples[:, 2] += 3.0 * np.exp(-0.5 * ((times_s - landing) / 0.06) ** 2) * (1.0 + 0.1 * rng.normal())
        samples[:, 2] -= 3.0 * np.exp(-0.5 * ((times_s - landing - 0.27) / 0.06) ** 2)
    return samples


def test_steps_at_the_waist():
    rng = np.random.default_rng(7)
    rate_hz = 100.0
    step_s = 0.54
    landings = 3.0 + step_s * np.arange(32)
    samples = waist(landings, 24.0, rate_hz, rng)
    mounting = Rotation.random(random_state=3)
    found = run("gait_waist", {"waist": np.hstack([mounting.apply(samples[:, :3]), samples[:, 3:]])}, rate_hz)
    contacts = np.array([o.time_s for o in found.occurrences if o.kind == "initial_contact"])
    assert len(contacts) == len(landings)
    assert np.abs(contacts - landings).max() < 0.03
    assert found.values["cadence"].value == pytest.approx(60.0 / step_s, rel=0.01)


def test_the_feet_may_change_places_between_two_walks():
    first = 3.0 + np.cumsum(np.tile([0.44, 0.64], 6))
    second = first[-1] + 3.0 + np.cumsum(np.tile([0.64, 0.44], 6))
    asymmetry = []
    for landings in (first, np.concatenate([first, second])):
        samples = waist(landings, landings[-1] + 2.0, 100.0, np.random.default_rng(8))
        asymmetry.append(run("gait_waist", {"waist": samples}, 100.0).values["step_asymmetry"].value)
    assert asymmetry[0] > 10.0
    assert asymmetry[1] == pytest.approx(asymmetry[0], rel=0.2)


def test_someone_who_stands_makes_no_steps():
    found = run("gait_waist", {"waist": still(10.0, 100.0, np.random.default_rng(9))}, 100.0)
    assert {value.reason for value in found.values.values()} == {
        "no step was seen: is the sensor at the lower back, and did the person walk?"
    }


@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=12), st.sampled_from(["sway", "tremor", "lean", "gait_waist"])
)
@settings(max_examples=12, deadline=None)
def test_chunks_do_not_matter(sizes, name):
    from biofeedback.measures.catalogue import Sensor, catalogue

    rng = np.random.default_rng(len(sizes))
    samples = still(16.0, 60.0, rng)
    samples[:, 2] += 2.0 * np.sin(2 * np.pi * 1.9 * np.arange(len(samples)) / 60.0)
    samples[:, 3:] += rng.normal(0.0, 0.3, (len(samples), 3))
    samples[300:330] = np.nan
    found = []
    for cut in (sizes, [10_000]):
        kind = catalogue()[name]
        sensor = Sensor(kind.definition.roles[0].name, "trunk", 60.0)
        measure = kind([sensor], kind.Settings())
        start, index, signals = 0, 0, []
        while start < len(samples):
            part = slice(start, start + cut[index % len(cut)])
            signals += measure.process(0, samples[part], np.arange(len(samples))[part] / 60.0, start)
            start, index = part.stop, index + 1
        names = sorted({s.name for s in signals})
        joined = [np.concatenate([s.values for s in signals if s.name == n]) for n in names]
        found.append((repr(measure.finish()), names, [j.tobytes() for j in joined]))
    assert found[0] == found[1]
