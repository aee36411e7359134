import gzip

import numpy as np
import pytest

from biofeedback.dsp import quaternion
from biofeedback.measures import catalogue
from biofeedback.measures.smoothness import ldlj_acceleration
from tests.dsp.recordings import recording
from tests.measures.named.chunked import assert_the_same, run_in_pieces, with_losses

RATE = 50.0
EXERCISES = ("abd", "fel", "er", "ir", "pen", "trap", "row")


def table(name):
    with gzip.open(recording(name), "rt") as file:
        return np.genfromtxt(file, delimiter=",", skip_header=1)


def wrist(exercise, subject):
    data = table(f"shoulder_{exercise}_{subject}.csv.gz")
    return np.hstack([data[:, 1:4] * 9.80665, data[:, 4:7]])


def anyhow(samples, rng):
    """Mount the sensor in any way, at other speed: the same movement for another person."""
    mounting, pace = quaternion.normalised(rng.normal(size=4)), rng.uniform(0.7, 1.5)
    t = np.arange(0.0, len(samples) - 1, 1.0 / pace)
    slower = np.stack([np.interp(t, np.arange(len(samples)), column) for column in samples.T], axis=1)
    return np.hstack([quaternion.rotate(mounting, slower[:, :3]), quaternion.rotate(mounting, slower[:, 3:] / pace)])


def swings(heights, period_s=3.0, rate=100.0):
    t = np.arange(round(period_s * rate)) / rate
    return np.concatenate([height / 2.0 * (1.0 - np.cos(2.0 * np.pi * t / period_s)) for height in heights])


@pytest.mark.parametrize("subject", ["s01", "s02"])
@pytest.mark.parametrize("exercise", EXERCISES)
def test_twenty_without_an_exercise_however_worn(exercise, subject):
    samples = anyhow(wrist(exercise, subject), np.random.default_rng(len(exercise + subject)))
    found = catalogue.run("repetitions", {"wrist": samples}, RATE)
    assert found.values["count"].value == pytest.approx(20.0, abs=1.0)
    assert found.signals["count_wrist"].values[-1] <= found.values["count"].value


def lifted(heights, period_s=2.0, wobble_deg=8.0, rate=RATE):
    """A sensor on a wrist that lifts a weight: up and down, and on each way it tilts there and back a little."""
    t = np.arange(round((len(heights) * period_s + 3.0) * rate)) / rate
    place, angle = np.zeros(len(t)), np.zeros(len(t))
    for number, height in enumerate(heights):
        since = np.clip(t - 2.0 - number * period_s, 0.0, period_s)
        place += height / 2.0 * (1.0 - np.cos(2.0 * np.pi * since / period_s))
        angle += np.radians(wobble_deg) * (1.0 - np.cos(4.0 * np.pi * since / period_s))
    up = 9.80665 + np.gradient(np.gradient(place, t), t)
    acc = np.stack([up * np.sin(angle), 0.0 * t, up * np.cos(angle)], axis=1)
    gyr = np.stack([0.0 * t, -np.gradient(angle, t), 0.0 * t], axis=1)
    return np.hstack([acc, gyr])


@pytest.mark.parametrize("period_s", [1.2, 2.0, 3.5])
def test_what_is_moved_along_and_hardly_turns_is_counted_on_its_travel(period_s):
    samples = lifted([0.45] * 10, period_s)
    found = catalogue.run("repetitions", {"wrist": samples}, RATE)
    assert found.values["count"].value == pytest.approx(10.0, abs=1.0)
    assert found.values["usual_range"].unit == "m"
    assert found.values["usual_range"].value == pytest.approx(0.45, rel=0.25)
    assert found.occurrences[3].values["range_m"] == pytest.approx(0.45, rel=0.25)
    assert found.signals["count_wrist"].values[-1] == pytest.approx(10.0, abs=1.0)
    shown = catalogue.run("repetitions", {"wrist": samples}, RATE, calibration_s=2.2 + 2.0 * period_s)
    assert shown.values["count"].value == pytest.approx(8.0, abs=1.0)


def test_the_tempo_of_a_travel_that_shows_only_at_the_end():
    samples = lifted([0.45] * 3)[: int(7.0 * RATE)]  # its second one is counted when no more comes
    assert catalogue.run("repetitions", {"wrist": samples}, RATE).values["usual_range"].unit == "m"
    values = catalogue.run("tempo", {"wrist": samples}, RATE).values
    assert values["out"].value == pytest.approx(1.0, abs=0.1)
    assert values["hold"].value < 0.1


def test_what_turns_is_counted_on_its_turn_though_it_travels_too():
    t = np.arange(0.0, 24.0, 1.0 / RATE)
    angle = np.radians(45.0) * (1.0 - np.cos(2.0 * np.pi * np.clip(t - 2.0, 0.0, 20.0) / 2.0))
    speed = np.gradient(angle, t)
    arm_m = 0.6  # swings about the shoulder: the acceleration of the wrist, seen from the wrist
    acc = 9.80665 * np.stack([np.sin(angle), 0.0 * t, np.cos(angle)], axis=1)
    acc += arm_m * np.stack([np.gradient(speed, t), 0.0 * t, speed**2], axis=1)
    found = catalogue.run("repetitions", {"wrist": np.hstack([acc, np.stack([0 * t, -speed, 0 * t], axis=1)])}, RATE)
    assert found.values["count"].value == 10.0
    assert found.values["usual_range"].unit == "°"
    assert found.values["usual_range"].value == pytest.approx(90.0, abs=3.0)
    assert np.nanmax(found.signals["travel_wrist"].values) > 0.2


@pytest.mark.parametrize("exercise", ["fel", "er", "row"])
def test_an_accelerometer_alone_tells_tilts(exercise):
    found = catalogue.run("repetitions", {"wrist": wrist(exercise, "s01")[:, :3]}, RATE)
    assert found.values["count"].value == pytest.approx(20.0, abs=1.0)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_four_losses_in_a_set(exercise):
    samples = with_losses(wrist(exercise, "s01"), RATE, np.random.default_rng(5), bursts=4)
    found = catalogue.run("repetitions", {"wrist": samples}, RATE)
    assert found.values["count"].value == pytest.approx(20.0, abs=1.0)


def test_nine_contractions_of_the_biceps():
    data = table("emg_biceps_bursts.csv.gz")
    found = catalogue.run("repetitions", {"biceps": data[:, 1] * 1e-3}, 1000.0, roles={"muscle": "biceps"})
    assert found.values["count"].value == 9.0
    assert found.values["usual_range"].unit == "%"


def test_an_angle_and_any_signal():
    angle = np.radians(swings([90.0] * 6))
    found = catalogue.run("repetitions", {"knee": angle}, 100.0, roles={"angle": "knee"})
    assert found.values["count"].value == 6.0
    assert found.values["usual_range"].value == pytest.approx(90.0, abs=1.0)
    assert found.values["interval"].value == pytest.approx(3.0, abs=0.02)
    first = found.occurrences[0]
    assert first.values["peak_time_s"] == pytest.approx(1.5, abs=0.03)
    assert first.end_s == pytest.approx(3.0, abs=0.15)
    with pytest.raises(ValueError, match="expected_range"):
        catalogue.run("repetitions", {"force": swings([300.0] * 4)}, 100.0, roles={"signal": "force"})
    found = catalogue.run(
        "repetitions", {"force": swings([300.0] * 4)}, 100.0, roles={"signal": "force"}, expected_range=250
    )
    assert found.values["count"].value == 4.0


def test_two_shown_first_are_not_counted_and_set_the_range():
    angle = np.radians(swings([30.0, 30.0, 30.0, 30.0, 30.0]))
    found = catalogue.run("repetitions", {"knee": angle}, 100.0, roles={"angle": "knee"}, calibration_s=6.0)
    assert found.values["count"].value == 3.0
    assert all(one.time_s > 5.9 for one in found.occurrences)
    short = catalogue.run("repetitions", {"knee": angle}, 100.0, roles={"angle": "knee"}, calibration_s=60.0)
    assert "calibration" in short.values["count"].reason


def test_tempo_of_a_trapezoid():
    t = np.arange(0.0, 24.0, 0.01)
    angle = np.interp(np.mod(t, 8.0), [0, 1, 3, 4, 6, 8], [0, 0, 90, 90, 0, 0])  # metrics sheet, I8
    found = catalogue.run("tempo", {"knee": np.radians(angle)}, 100.0, roles={"angle": "knee"})
    assert found.values["out"].value == pytest.approx(2.0, abs=0.03)
    assert found.values["hold"].value == pytest.approx(1.0, abs=0.03)
    assert found.values["back"].value == pytest.approx(2.0, abs=0.03)
    assert found.values["time_under_tension"].value == pytest.approx(15.0, abs=0.2)


def test_a_jerky_way_is_less_smooth():
    angle = swings([60.0] * 5)
    t = np.arange(len(angle)) / 100.0
    jerky = angle + 3.0 * np.sin(2.0 * np.pi * 2.5 * t)
    smooth, rough = (
        catalogue.run("smoothness", {"knee": np.radians(one)}, 100.0, roles={"angle": "knee"}) for one in (angle, jerky)
    )
    assert smooth.values["sparc_out"].value > rough.values["sparc_out"].value + 0.5
    assert smooth.values["sparc_out"].value == pytest.approx(-1.5, abs=0.15)
    assert smooth.values["ldlj_out"].value > rough.values["ldlj_out"].value + 1.0


def test_the_jerk_of_ways_with_the_least_jerk():
    u = np.arange(0.0, 1.0, 0.01)
    way = 60.0 * u**3 * (10.0 - 15.0 * u + 6.0 * u**2)
    angle = np.concatenate([np.concatenate([np.zeros(100), way, np.full(30, 60.0), way[::-1]]) for _ in range(4)])
    found = catalogue.run("smoothness", {"knee": np.radians(angle)}, 100.0, roles={"angle": "knee"})
    assert found.values["sparc_back"].value == pytest.approx(-1.40583, abs=0.1)  # metrics sheet, I9
    assert found.values["ldlj_back"].value == pytest.approx(-5.30163, abs=0.5)


def turned_on_a_lever(strokes):
    """Return a sensor 0.3 m from an upright axis, turned by strokes, shape (n, 6), and its acceleration, (n, 3)."""
    angle = np.radians(90.0) * np.concatenate([np.zeros(200), *[strokes] * 6])
    rate = np.gradient(angle, 0.01)
    along, inwards = 0.3 * np.gradient(rate, 0.01), -0.3 * rate**2  # the sensor's y and x
    still = np.zeros_like(angle)
    felt = np.column_stack([inwards, along, still + 9.80665, still, still, rate])
    ahead, aside = np.cos(angle), np.sin(angle)
    return felt, np.column_stack([inwards * ahead - along * aside, inwards * aside + along * ahead, still])


def test_the_jerk_of_an_acceleration_is_that_of_the_path_it_came_from():
    u = np.arange(0.0, 1.0, 0.01)
    way = u**3 * (10.0 - 15.0 * u + 6.0 * u**2)
    for tremble in (0.0, 0.01):
        out = way + tremble * np.sin(2.0 * np.pi * 5.0 * u) * way * (1.0 - way) * 4.0
        felt, path = turned_on_a_lever(np.concatenate([out, np.ones(20), out[::-1], np.zeros(60)]))
        found = catalogue.run("smoothness", {"wrist": felt}, 100.0)
        assert len(found.occurrences) == 6
        expected = ldlj_acceleration(path[200:301], 100.0)
        assert found.values["ldlj_a_out"].value == pytest.approx(expected, abs=0.25)


def test_a_joint_angle_has_no_acceleration():
    found = catalogue.run("smoothness", {"knee": np.radians(swings([60.0] * 5))}, 100.0, roles={"angle": "knee"})
    assert found.values["ldlj_out"].value < 0.0
    assert "motion sensor" in found.values["ldlj_a_out"].reason


def test_what_cannot_be_told_is_missing_with_its_reason():
    nothing = np.full((500, 6), np.nan)
    assert "nothing was measured" in catalogue.run("repetitions", {"wrist": nothing}, RATE).values["count"].reason
    still = np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (500, 1))
    found = catalogue.run("repetitions", {"wrist": still}, RATE)
    assert found.values["count"].value == 0.0
    for name in ("tempo", "smoothness"):
        values = catalogue.run(name, {"wrist": still}, RATE).values
        assert all(np.isnan(value.value) and "no repetition" in value.reason for value in values.values())


@pytest.mark.parametrize("wrong", [{"shortest_s": 30}, {"smallest_range": 90}, {"peak_at": "up"}])
def test_settings_that_cannot_be_are_one_line(wrong):
    with pytest.raises(ValueError, match="repetitions: ") as error:
        catalogue.run("repetitions", {"wrist": np.zeros((10, 6))}, RATE, **wrong)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["repetitions", "tempo", "smoothness"])
def test_any_pieces_give_the_same(name):
    samples = {"wrist": with_losses(wrist("row", "s01")[:700], RATE, np.random.default_rng(1), bursts=2)}
    whole = catalogue.run(name, samples, RATE)
    assert whole.occurrences
    for seed, largest in enumerate((2, 300)):
        assert_the_same(whole, run_in_pieces(name, samples, {"wrist": RATE}, largest, seed))
