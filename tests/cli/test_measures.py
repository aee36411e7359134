"""`measures list` and `measures run` on files of every kind, and the picture of `score`."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from biofeedback.cli import main
from biofeedback.cli.measuring import measured
from biofeedback.cli.sources import open_file
from biofeedback.measures.catalogue import catalogue
from tests.storage.xdf_file import XdfFile

RATE_HZ, SECONDS, RANGE_DEG = 50.0, 24.0, 70.0
G = 9.80665


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path / "home"))


def _lifts() -> tuple[np.ndarray, np.ndarray]:
    """Times, and acceleration in g with angular velocity in deg/s, of five lifts by 70° after three still seconds."""
    t = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    going = (t > 3.0) & (t < 23.0)
    angle = np.radians(RANGE_DEG) * (1.0 - np.cos(2.0 * np.pi * (t - 3.0) / 4.0)) / 2.0 * going
    rows = np.random.default_rng(2).normal(0.0, [0.002] * 3 + [0.1] * 3, (len(t), 6))
    rows[:, 1] += np.sin(angle)
    rows[:, 2] += np.cos(angle)
    rows[:, 3] += np.degrees(np.gradient(angle, t))
    return t, rows


def _csv(path: Path, place: str = "forearm", rows: np.ndarray | None = None) -> Path:
    t, lifts = _lifts()
    names = [f"acc_{a}_g_{place}" for a in "xyz"] + [f"gyr_{a}_dps_{place}" for a in "xyz"]
    with gzip.open(path, "wt", newline="") as file:
        table = csv.writer(file)
        table.writerow(["time_s", *names])
        for time_s, row in zip(t, lifts if rows is None else rows, strict=True):
            table.writerow([f"{time_s:.3f}", *("" if np.isnan(value) else f"{value:.6f}" for value in row)])
    return path


def _xdf(path: Path) -> Path:
    t, rows = _lifts()
    file = XdfFile()
    axes = [(f"AccX{a}"[:3] + f"_{a}", "g") for a in "XYZ"] + [(f"Gyro{a}", "deg/s") for a in "XYZ"]
    file.stream(1, "forearm", "IMU", RATE_HZ, axes, "double64")
    for begin in range(0, len(t), 10):
        file.samples(1, (t[begin : begin + 10] + 50.0).tolist(), rows[begin : begin + 10])
    return file.write(path)


def _bdf(path: Path) -> Path:
    edfio = pytest.importorskip("edfio")
    _, rows = _lifts()
    names = [(f"acc {a}", "g") for a in "xyz"] + [(f"gyr {a}", "deg/s") for a in "xyz"]
    signals = [
        edfio.BdfSignal(column, RATE_HZ, label=label, physical_dimension=unit)
        for column, (label, unit) in zip(rows.T, names, strict=True)
    ]
    edfio.Bdf(signals).write(path)
    return path


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def _value(document: dict, name: str) -> float:
    return next(value["value"] for value in document["values"] if value["name"].startswith(name))


def test_list_says_everything_of_every_measure(capsys: pytest.CaptureFixture[str]) -> None:
    document = _json(capsys, "measures", "list")
    assert {measure["name"] for measure in document["measures"]} == set(catalogue())
    for measure in document["measures"]:
        assert all(measure[key] for key in ("definition", "source", "domain", "needs", "gives"))
    assert main(["measures", "list"]) == 0
    assert "inclination" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "make"), [("a.csv.gz", _csv), ("a.xdf", _xdf), ("a.bdf", _bdf)])
def test_any_file_gives_the_true_range(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, make) -> None:
    document = _json(capsys, "measures", "run", "inclination", str(make(tmp_path / name)))
    assert _value(document, "range") == pytest.approx(RANGE_DEG, abs=1.0)
    assert document["schema"] == "biofeedback.measures"
    assert [sensor["rate_hz"] for sensor in document["sensors"]] == pytest.approx([RATE_HZ])


def test_chunks_change_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(_csv(tmp_path / "a.csv.gz"))
    documents = [
        _json(capsys, "measures", "run", "inclination", path, *chunk)
        for chunk in ((), ("--chunk", "1"), ("--chunk", "random"), ("--chunk", "499"))
    ]
    for document in documents:
        document.pop("speed")
        assert document == documents[0]


def test_signals_are_written_and_can_be_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "signals.csv"
    _json(capsys, "measures", "run", "inclination", str(_csv(tmp_path / "a.csv.gz")), "--signals", str(out))
    table = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert list(table[0]) == ["time_s", "inclination_forearm_deg"]
    angle = np.array([float(row["inclination_forearm_deg"] or "nan") for row in table])
    times_s = np.array([float(row["time_s"]) for row in table])
    assert angle[np.argmin(np.abs(times_s - 5.0))] == pytest.approx(RANGE_DEG, abs=1.5)
    assert angle[np.argmin(np.abs(times_s - 7.0))] == pytest.approx(0.0, abs=1.5)


def test_a_burst_of_missing_values_leaves_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, rows = _lifts()
    rows[500:570] = np.nan
    document = _json(capsys, "measures", "run", "inclination", str(_csv(tmp_path / "a.csv.gz", rows=rows)))
    assert _value(document, "range") == pytest.approx(RANGE_DEG, abs=3.0)


def test_settings_and_roles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(_csv(tmp_path / "a.csv.gz"))
    document = _json(capsys, "measures", "run", "inclination", path, "--set", "imu=forearm")
    assert [(s["role"], s["name"]) for s in document["sensors"]] == [("imu", "forearm")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "there is no measure 'nonsense'; there is"),
        (["envelope"], "envelope needs muscle (emg); there is forearm (acceleration/imu)"),
        (["inclination", "--set", "imu"], "expected KEY=VALUE"),
        (["inclination", "--set", "imu=thigh"], "no imu sensor 'thigh'"),
        (["inclination", "--set", "speed=3"], "has no setting 'speed'"),
        (["inclination", "--signals", "/nowhere/out.csv"], "cannot be written"),
    ],
)
def test_a_mistake_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    path = str(_csv(tmp_path / "a.csv.gz"))
    assert main(["measures", "run", arguments[0], path, *arguments[1:]]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert not said.out


def test_score_draws_the_repetitions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "score.png"
    path = _csv(tmp_path / "a.csv.gz", place="wrist")
    document = _json(capsys, "score", str(path), "--exercise", "shoulder-abduction", "--plot", str(out))
    assert document["count"] == 5
    image = QImage(str(out))
    assert image.width() > 2000
    colours = {QColor(image.pixel(x, y)).name() for x in range(400, 2000, 7) for y in range(200, 700, 3)}
    assert len(colours) > 10  # a blank lane has two or three
    assert main(["score", str(path), "--exercise", "shoulder-abduction", "--plot", str(tmp_path / "a.txt")]) == 2
    assert "ends in .png" in capsys.readouterr().err


def test_acceleration_and_angular_velocity_of_two_streams_are_one_sensor(tmp_path: Path) -> None:
    """A phone's XDF: two streams at their own rates and phases; it leans by 30° at 10°/s."""
    file = XdfFile()
    halves = (("acc", "Accelerometer", "m/s^2", 50), ("gyr", "Gyroscope", "rad/s", 100))
    for number, (name, kind, unit, rate) in enumerate(halves):
        file.stream(number, f"phone {name}", kind, rate, [(f"{name}_{axis}", unit) for axis in "xyz"], "double64")
        t = np.arange(8 * rate) / rate + 0.003 * number
        lean = np.radians(10.0) * np.clip(t - 3.0, 0.0, 3.0)
        rates = np.where((t > 3.0) & (t < 6.0), np.radians(10.0), 0.0)
        rows = {
            "acc": np.stack([0 * t, 9.81 * np.sin(lean), 9.81 * np.cos(lean)], axis=1),
            "gyr": np.stack([rates, 0 * t, 0 * t], axis=1),
        }[name]
        file.samples(number, (100.0 + t).tolist(), rows)
    opened = open_file(file.write(tmp_path / "phone.xdf"))
    found = measured(opened, "orientation", {})
    signal = found.signals["inclination_z_motion"]
    assert signal.values[-1] == pytest.approx(30.0, abs=0.5)
    assert np.diff(signal.times_s) == pytest.approx(0.02, abs=1e-6)
    assert signal.times_s[0] == pytest.approx(100.0, abs=0.05)


@pytest.mark.parametrize(("unit", "one_ut"), [("mG", 10.0), ("G", 0.01), ("nT", 1000.0), ("1", 3.3)])
def test_columns_of_a_magnetometer_hold_the_heading(tmp_path: Path, unit: str, one_ut: float) -> None:
    """A sensor that lies still and looks 50° to the north of east; asked for one without, it says what is needed."""
    north = np.array([20.0 * np.sin(np.radians(50.0)), 20.0 * np.cos(np.radians(50.0)), -40.0]) * one_ut
    names = [
        "time_s",
        *(f"{kind}_{a}_{u}_chest" for kind, u in (("acc", "mps2"), ("gyr", "radps"), ("mag", unit)) for a in "xyz"),
    ]
    rows = np.hstack([np.tile([0.0, 0.0, 9.81, 0.0, 0.0, 0.0], (300, 1)), np.tile(north, (300, 1))])
    table = np.column_stack([np.arange(300) / 100.0, rows])
    path = tmp_path / "chest.csv"
    np.savetxt(path, table, delimiter=",", header=",".join(names), comments="")
    signals = measured(open_file(path), "orientation", {"magnetometer": "true"}).signals
    heading = 2.0 * np.degrees(np.arctan2(signals["qz_chest"].values[-1], signals["qw_chest"].values[-1]))
    assert heading == pytest.approx(50.0, abs=0.1)
    np.savetxt(path, table[:, :7], delimiter=",", header=",".join(names[:7]), comments="")
    with pytest.raises(ValueError, match=r"orientation needs imu \(imu_mag\); there is chest \(acceleration/imu\)"):
        measured(open_file(path), "orientation", {"magnetometer": "true"})


def _two_phones(path: Path, names: tuple[str, str]) -> Path:
    """Two phones that lie still, leaning by 20 and 50 degrees, each with two streams."""
    file = XdfFile()
    for number, (name, lean) in enumerate(zip(names, np.radians([20.0, 50.0]), strict=True)):
        gravity = [0.0, 9.81 * np.sin(lean), 9.81 * np.cos(lean)]
        halves = (("acc", "Accelerometer", "m/s^2", gravity), ("gyr", "Gyroscope", "rad/s", [0.0] * 3))
        for half, (kind, sort, unit, row) in enumerate(halves):
            at = 2 * number + half
            file.stream(at, f"{name}{kind}", sort, 50, [(f"{kind}_{a}", unit) for a in "xyz"], "double64")
            file.samples(at, (10.0 + np.arange(150) / 50 + 0.002 * at).tolist(), np.tile(row, (150, 1)))
    return file.write(path)


def test_several_sensors_of_two_streams_each_are_told_apart_by_their_place(tmp_path: Path) -> None:
    for names in (("left ", "right "), ("node 1 ", "node 2 ")):
        opened = open_file(_two_phones(tmp_path / "two.xdf", names))
        found = measured(opened, "orientation", {})
        leans = {s["name"]: found.signals[f"inclination_z_{s['name']}"].values[-1] for s in found.document["sensors"]}
        places = [name.strip().replace(" ", "_") for name in names]
        assert leans == pytest.approx({f"{places[0]}/motion": 20.0, f"{places[1]}/motion": 50.0}, abs=0.1)
    with pytest.raises(ValueError, match=r"needs imu \(imu\)"):  # which belongs to which is not said
        measured(open_file(_two_phones(tmp_path / "two.xdf", ("", ""))), "orientation", {})


def test_following_a_target_is_told_in_degrees(tmp_path: Path) -> None:
    t = np.arange(600) / 100.0
    target, actual = 30.0 * np.sin(t), 30.0 * np.sin(t) - 4.0
    path = tmp_path / "knee.csv"
    head = "time_s,angle_target_deg,angle_actual_deg"
    np.savetxt(path, np.stack([t, target, actual], axis=1), delimiter=",", header=head, comments="")
    found = measured(open_file(path), "tracking", {"band": "5"})
    values = {value["name"]: (value["value"], value["unit"]) for value in found.document["values"]}
    assert values["bias"] == (pytest.approx(4.0), "°")
    assert values["rmse"] == (pytest.approx(4.0), "°")
    assert values["on_target"] == (100.0, "%")
    assert found.document["signals"] == [{"name": "error", "unit": "°", "n": 600, "column": "error_deg"}]


def test_each_value_says_which_it_is_and_whose(tmp_path: Path) -> None:
    found = measured(open_file(_csv(tmp_path / "a.csv.gz", place="left_wrist")), "inclination", {})
    assert [(v["name"], v["gives"], v["of"]) for v in found.document["values"]] == [
        ("range_left_wrist", "range", "left_wrist"),
        ("highest_left_wrist", "highest", "left_wrist"),
        ("lowest_left_wrist", "lowest", "left_wrist"),
    ]
    whole = measured(open_file(_csv(tmp_path / "a.csv.gz")), "repetitions", {}).document["values"]
    assert [(v["gives"], v["of"]) for v in whole[:2]] == [("count", ""), ("unseen", "")]


def test_a_jump_of_days_in_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = XdfFile()
    file.stream(1, "arm", "IMU", 50.0, [(f"Acc_{a}", "g") for a in "XYZ"] + [(f"Gyro_{a}", "dps") for a in "XYZ"])
    for start_s in (10.0, 1e6):
        file.samples(1, (start_s + np.arange(50) / 50.0).tolist(), np.tile([0.0, 0.0, 1.0, 0.0, 0.0, 0.0], (50, 1)))
    assert main(["measures", "run", "repetitions", str(file.write(tmp_path / "a.xdf"))]) == 2
    assert "a.xdf: the times of imu jump by 999989 s; cut the file there" in capsys.readouterr().err


def test_a_signal_without_a_unit_comes_by_straight_lines_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    t = np.arange(0.0, 4.0, 1.0 / 128.0)
    lines = [f"{time:.7f},{3.0 * time:.7f},{time:.7f}" for time in t]  # a force and an angle have no unit in common
    path.write_text("\n".join(["time_s,force_target_N,angle_actual_rad", *lines]))
    found = measured(open_file(path), "tracking", {"target": "target", "actual": "actual"})
    assert found.signals["error"].unit == "1"
    error = found.at_samples()["error"]
    known = np.isfinite(error.values)
    assert known.mean() > 0.9
    np.testing.assert_allclose(error.values[known], 2.0 * error.times_s[known], atol=1e-3)


def test_signals_at_the_times_of_the_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = _csv(tmp_path / "a.csv.gz"), tmp_path / "signals.csv"
    run = ("measures", "run", "repetitions", str(path), "--signals", str(out))
    tables: list[np.ndarray] = []
    for more in ((), ("--at-samples",)):
        _json(capsys, *run, *more)
        tables.append(np.genfromtxt(out, delimiter=",", names=True))
    grid, samples = tables
    t, rows = _lifts()
    np.testing.assert_allclose(samples["time_s"], t, atol=1e-6)
    known = np.isfinite(samples["counted_forearm_deg"])
    assert known.mean() > 0.9
    np.testing.assert_allclose(
        samples["counted_forearm_deg"][known],
        np.interp(t, grid["time_s"], grid["counted_forearm_deg"])[known],
        atol=1e-6,
    )
    assert set(samples["count_forearm_1"][known]) == {0.0, 1.0, 2.0, 3.0, 4.0, 5.0}
    hole = (t > 9.0) & (t < 21.0)  # so long that the grid leaves it out
    rows[hole] = np.nan
    _json(capsys, *run[:3], str(_csv(path, rows=rows)), *run[4:], "--at-samples")
    lost = np.genfromtxt(out, delimiter=",", names=True)["counted_forearm_deg"]
    assert np.isnan(lost[hole]).all()
    assert np.isfinite(lost[t > 23.0]).any()
    assert main([*run[:4], "--at-samples"]) == 2
    assert "name one" in capsys.readouterr().err
