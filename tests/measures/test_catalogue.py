"""What holds for every measure of the catalogue, however many there are: it is found here, not listed."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from biofeedback.measures import catalogue
from biofeedback.measures.catalogue import COLUMNS, Findings, Kind, Sensor, Signal, StreamingMeasure
from biofeedback.measures.described import described
from biofeedback.measures.roles import Candidate, RoleError, assigned

ROOT = Path(__file__).parents[2]
ALL = list(catalogue.catalogue().values())
every_measure = pytest.mark.parametrize("measure", ALL, ids=lambda measure: measure.definition.name)
SECONDS = 12.0
RATES: dict[Kind, float] = {"imu": 100.0, "acceleration": 100.0, "emg": 1000.0}
G = 9.80665


def _movement(seconds: float, rate_hz: float, random: np.random.Generator) -> np.ndarray:
    """Acceleration and angular velocity of a sensor that lies still for 3 s and then swings about its x axis."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    going = np.clip((t - 3.0) / 0.5, 0.0, 1.0) * (t < seconds - 1.5)
    angle = going * 0.6 * (1.0 - np.cos(2.0 * np.pi * (t - 3.0) / 2.0))
    rate = np.gradient(angle) * rate_hz
    rows = np.zeros((len(t), 6))
    rows[:, 1], rows[:, 2], rows[:, 3] = G * np.sin(angle), G * np.cos(angle), rate
    return rows + random.normal(0.0, [0.02] * 3 + [0.002] * 3, rows.shape)


def _samples(kind: Kind, seconds: float, rate_hz: float, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    if kind in ("imu", "acceleration"):
        return _movement(seconds, rate_hz, random)[:, : COLUMNS[kind]]
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    active = (t > 3.0) & (t % 2.0 < 0.8)
    if kind == "emg":
        return (random.normal(0.0, 1.0, len(t)) * np.where(active, 100e-6, 4e-6))[:, None]
    return (20.0 * (1.0 - np.cos(np.pi * t)) * (t > 3.0) + random.normal(0.0, 0.1, len(t)))[:, None]


def _sensors(measure: type[StreamingMeasure], rate_hz: float | None = None) -> list[Sensor]:
    """Return a sensor for each role, two where several may play it."""
    sensors: list[Sensor] = []
    for role in measure.definition.roles:
        names = [f"{role.name}_a", f"{role.name}_b"] if role.several else [role.name]
        sensors += [Sensor(role.name, name, rate_hz or RATES.get(role.kind, 100.0)) for name in names]
    return sensors


def _kind(measure: type[StreamingMeasure], sensor: Sensor) -> Kind:
    return next(role.kind for role in measure.definition.roles if role.name == sensor.role)


def _all_samples(measure: type[StreamingMeasure], sensors: list[Sensor], seconds: float = SECONDS) -> list[np.ndarray]:
    return [_samples(_kind(measure, s), seconds, s.sampling_rate_hz, 7 + i) for i, s in enumerate(sensors)]


def _run(
    measure: type[StreamingMeasure],
    sensors: list[Sensor],
    samples: list[np.ndarray],
    chunks: np.random.Generator | None = None,
) -> tuple[Findings, dict[str, Signal]]:
    running = measure(sensors, measure.Settings())
    signals: list[Signal] = []
    done = [0] * len(sensors)
    while any(at < len(rows) for at, rows in zip(done, samples, strict=True)):
        place = min(
            range(len(sensors)), key=lambda i: (done[i] >= len(samples[i]), done[i] / sensors[i].sampling_rate_hz)
        )
        size = len(samples[place]) if chunks is None else int(chunks.integers(1, 501))
        rows = samples[place][done[place] : done[place] + size]
        index = done[place] + np.arange(len(rows))
        times_s = 100.0 + index / sensors[place].sampling_rate_hz
        signals += running.process(place, rows, times_s, done[place])
        done[place] += len(rows)
    found = running.finish()
    return found, catalogue.joined([*signals, *found.signals])


def _same(a: Any, b: Any) -> None:
    """Assert that two findings are the same to the last bit; NaN is NaN."""
    encoded = [msgspec.json.encode(found, enc_hook=float) for found in (a, b)]
    assert encoded[0] == encoded[1]


@every_measure
def test_is_defined_completely(measure: type[StreamingMeasure]) -> None:
    definition = measure.definition
    assert re.fullmatch(r"[a-z][a-z0-9_]*", definition.name)
    for text in (definition.title, definition.domain, definition.definition, definition.source):
        assert text.strip()
    assert definition.definition.endswith(".")
    assert definition.roles
    assert definition.outputs
    assert 0.0 <= definition.group_delay_s < 10.0
    assert 0.0 <= definition.warm_up_s < 60.0
    names = [role.name for role in definition.roles]
    settings = described(measure)["settings"]
    assert len(set(names)) == len(names)
    assert not set(names) & {setting["name"] for setting in settings}
    assert len({output.name for output in definition.outputs}) == len(definition.outputs)
    for output in definition.outputs:
        assert output.unit
        assert output.definition
    for setting in settings:
        assert setting["definition"], f"{setting['name']} needs a line under Attributes"
    measure.Settings()


@every_measure
def test_any_chunking_gives_the_same(measure: type[StreamingMeasure]) -> None:
    sensors = _sensors(measure)
    samples = _all_samples(measure, sensors)
    whole, whole_signals = _run(measure, sensors, samples)
    cut, cut_signals = _run(measure, sensors, samples, np.random.default_rng(1))
    _same(cut.values, whole.values)
    _same(cut.occurrences, whole.occurrences)
    assert cut_signals.keys() == whole_signals.keys()
    for name, signal in whole_signals.items():
        np.testing.assert_array_equal(cut_signals[name].times_s, signal.times_s)
        np.testing.assert_array_equal(cut_signals[name].values, signal.values)


@every_measure
def test_a_burst_of_missing_values_is_survived(measure: type[StreamingMeasure]) -> None:
    sensors = _sensors(measure)
    samples = _all_samples(measure, sensors, 18.0)
    broken = [rows.copy() for rows in samples]
    for sensor, rows in zip(sensors, broken, strict=True):
        rows[round(6.0 * sensor.sampling_rate_hz) : round(7.4 * sensor.sampling_rate_hz)] = np.nan
    _, whole = _run(measure, sensors, samples)
    found, signals = _run(measure, sensors, broken, np.random.default_rng(3))
    for value in found.values:
        assert np.isfinite(value.value) or value.reason
    for occurrence in found.occurrences:
        assert np.isfinite(occurrence.time_s)
    for name, signal in whole.items():
        late = signal.times_s > 100.0 + 10.0
        if np.isfinite(signal.values[late]).any():
            again = signals[name].values[signals[name].times_s > 100.0 + 10.0]
            assert np.isfinite(again).mean() > 0.9 * np.isfinite(signal.values[late]).mean()


@every_measure
def test_nothing_gives_reasons(measure: type[StreamingMeasure]) -> None:
    sensors = _sensors(measure)
    for samples in ([np.empty((0, COLUMNS[_kind(measure, s)])) for s in sensors], _all_nan(measure, sensors)):
        found, signals = _run(measure, sensors, samples)
        assert found.occurrences == ()
        assert all(not np.isfinite(signal.values).any() for signal in signals.values())
        for value in found.values:
            assert np.isnan(value.value)
            assert value.reason


def _all_nan(measure: type[StreamingMeasure], sensors: list[Sensor]) -> list[np.ndarray]:
    return [np.full_like(rows, np.nan) for rows in _all_samples(measure, sensors, 3.0)]


@every_measure
def test_values_are_the_ones_that_are_defined(measure: type[StreamingMeasure]) -> None:
    sensors = _sensors(measure)
    found, signals = _run(measure, sensors, _all_samples(measure, sensors))
    _check_declared(measure, sensors, found, signals)
    units = {output.name: output.unit for output in measure.definition.outputs}
    assert len({value.name for value in found.values}) == len(found.values)
    for value in found.values:
        name = max((known for known in units if value.name == known or value.name.startswith(f"{known}_")), key=len)
        assert value.unit == units[name] or (units[name] == "unit of the signal" and value.unit)


def _check_declared(
    measure: type[StreamingMeasure], sensors: list[Sensor], found: Findings, signals: dict[str, Signal]
) -> None:
    """What happens, and the derived signals, are those that the list of measures names."""
    happenings = {k: one for one in measure.definition.occurrences for k in re.split(", (?:or )?| or ", one.kind)}
    for one in found.occurrences:
        values = {n for v in happenings[one.kind].values for n in re.split(", | or ", v.name)}
        assert one.values.keys() <= values | {"range"}
        assert bool(one.of) == bool(happenings[one.kind].of)
    declared = {
        (re.sub("<.*>", s.name, name), signal.unit)
        for signal in measure.definition.signals
        for name in signal.name.split(", ")
        for s in sensors
    }
    units = dict(declared)
    for signal in signals.values():
        assert signal.unit == units[signal.name] or units[signal.name].startswith(("of the", "in the"))


@every_measure
@pytest.mark.parametrize("rate_hz", [20.0, 51.2, 2000.0])
def test_runs_at_any_rate_or_says_why_not(measure: type[StreamingMeasure], rate_hz: float) -> None:
    sensors = _sensors(measure, rate_hz)
    samples = _all_samples(measure, sensors, 5.0)
    refusal, found = _refusal_or_findings(measure, sensors, samples)
    if refusal:
        assert rate_hz < 500.0
        assert "samples a second" in refusal
        assert "\n" not in refusal
    else:
        assert found.values


def _refusal_or_findings(
    measure: type[StreamingMeasure], sensors: list[Sensor], samples: list[np.ndarray]
) -> tuple[str, Findings]:
    try:
        return "", _run(measure, sensors, samples)[0]
    except ValueError as error:
        return str(error), Findings(())


@every_measure
def test_a_wrong_setting_is_one_line(measure: type[StreamingMeasure]) -> None:
    with pytest.raises(ValueError, match="no setting 'nonsense'") as caught:
        catalogue.settings_of(measure, {"nonsense": 1})
    assert "\n" not in str(caught.value)
    for setting in described(measure)["settings"]:
        with pytest.raises(ValueError, match=measure.definition.name) as caught:
            measure([], catalogue.settings_of(measure, {setting["name"]: ["no", "value"]}))
        assert "\n" not in str(caught.value)


def test_a_wrong_setting_says_what_may_be() -> None:
    knee = catalogue.find("joint_angle")
    with pytest.raises(
        ValueError, match=r"pose_angle may be number from -30 to 170, not 'x'. .* in degrees .*still pose"
    ):
        catalogue.settings_of(knee, {"learn_s": "5", "pose_angle": "x"})
    with pytest.raises(ValueError, match="pose_angle may be number from -30 to 170, not '500'"):
        catalogue.settings_of(knee, {"pose_angle": "500"})
    with pytest.raises(
        ValueError, match=r"no setting 'pose'; it has pose_angle \(number .*, and the roles proximal, distal"
    ):
        catalogue.settings_of(knee, {"pose": "5"})
    with pytest.raises(ValueError, match="joint may be knee or hip or ankle or elbow, not 'toe'"):
        catalogue.settings_of(catalogue.find("joint_angles_3d"), {"joint": "toe"})
    with pytest.raises(ValueError, match="forward may be empty or x or y or z or -x"):
        catalogue.settings_of(catalogue.find("sway"), {"forward": "ahead"})


@every_measure
def test_runs_on_arrays(measure: type[StreamingMeasure]) -> None:
    sensors = _sensors(measure)
    samples = _all_samples(measure, sensors, 8.0)
    arrays = {sensor.name: rows for sensor, rows in zip(sensors, samples, strict=True)}
    roles: dict[str, str] = {}
    for sensor in sensors:
        roles[sensor.role] = f"{roles[sensor.role]},{sensor.name}" if sensor.role in roles else sensor.name
    rates = {sensor.name: sensor.sampling_rate_hz for sensor in sensors}
    result = catalogue.run(measure.definition.name, arrays, rates, roles=roles)
    found, _ = _run_from_zero(measure, sensors, samples)
    _same(tuple(result.values.values()), found.values)


def _run_from_zero(measure: type[StreamingMeasure], sensors: list[Sensor], samples: list[np.ndarray]):
    running = measure(sensors, measure.Settings())
    for place, (sensor, rows) in enumerate(zip(sensors, samples, strict=True)):
        running.process(place, rows, np.arange(len(rows)) / sensor.sampling_rate_hz, 0)
    return running.finish(), None


def test_the_page_is_what_the_catalogue_says() -> None:
    spec = importlib.util.spec_from_file_location("measures_page", ROOT / "tools" / "measures_page.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    text = tool.PAGE.read_text(encoding="utf-8")
    assert text == tool.page(text), "python tools/measures_page.py writes it anew"


# roles --------------------------------------------------------------------------------------------------------------


def _candidates(*names: str, kind: Kind = "imu") -> list[Candidate]:
    return [Candidate(name, frozenset([kind])) for name in names]


ROLE = catalogue.Role


@pytest.mark.parametrize(
    ("roles", "names", "expected"),
    [
        (["left_foot", "right_foot"], ["foot_R", "foot_L"], ["foot_L", "foot_R"]),
        (["left_foot", "right_foot"], ["RightShoe", "LeftShoe"], ["LeftShoe", "RightShoe"]),
        (["left_foot", "right_foot"], ["right", "left"], ["left", "right"]),
        (["proximal", "distal"], ["shank", "thigh"], ["thigh", "shank"]),
        (["proximal", "distal"], ["one", "two"], ["one", "two"]),
        (["trunk"], ["lumbar", "thigh"], ["lumbar"]),
        (["trunk", "pelvis"], ["pelvis", "sternum"], ["sternum", "pelvis"]),
        (["thorax", "upper_arm"], ["forearm", "humerus", "sternum"], ["sternum", "humerus"]),
        (["pelvis", "thorax"], ["sternum", "lower_back"], ["lower_back", "sternum"]),
        (["left_foot", "right_foot"], ["rfoot", "lfoot"], ["lfoot", "rfoot"]),
        (["left_thigh", "right_thigh"], ["wrist_R", "Upper-Leg R", "thighl"], ["thighl", "Upper-Leg R"]),
        (["left_thigh", "right_thigh"], ["knee_R", "knee_L"], ["knee_L", "knee_R"]),
        (["left_shank", "right_shank"], ["tibial_right", "tibial_left"], ["tibial_left", "tibial_right"]),
    ],
)
def test_sensors_find_their_roles(roles: list[str], names: list[str], expected: list[str]) -> None:
    found = assigned("m", [ROLE(name, "imu") for name in roles], _candidates(*names))
    assert [sensor.name for _, sensor in found] == expected


def test_what_is_asked_for_comes_first_and_the_rest_by_itself() -> None:
    roles = [ROLE("proximal", "imu"), ROLE("distal", "imu")]
    found = assigned("m", roles, _candidates("a", "b", "c"), {"proximal": "c", "distal": "A"})
    assert [(role.name, sensor.name) for role, sensor in found] == [("proximal", "c"), ("distal", "a")]


def test_a_muscle_and_a_segment_may_have_one_name() -> None:
    both = [*_candidates("thigh", kind="emg"), *_candidates("thigh")]
    found = assigned("m", [ROLE("muscle", "emg", several=True), ROLE("thigh", "imu")], both)
    assert [(role.name, sensor.kinds) for role, sensor in found] == [("muscle", {"emg"}), ("thigh", {"imu"})]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "which is the proximal and distal"),
        ({"proximal": "x"}, "no imu sensor 'x'"),
        ({"nobody": "a"}, "no role 'nobody'"),
        ({"proximal": "a", "distal": "a"}, "no imu sensor 'a'"),
    ],
)
def test_an_unclear_cast_is_one_line(asked: dict[str, str], message: str) -> None:
    roles = [ROLE("proximal", "imu"), ROLE("distal", "imu")]
    with pytest.raises(RoleError, match=message) as caught:
        assigned("m", roles, _candidates("a", "b", "c"), asked)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("roles", [["left_thigh", "right_thigh"], ["waist"], ["thorax"], ["foot"]])
@pytest.mark.parametrize("optional", [False, True])
def test_a_sensor_on_another_segment_is_not_taken_unless_it_is_asked_for(roles: list[str], optional: bool) -> None:
    needed = [ROLE(name, "imu", optional=optional) for name in roles]
    with pytest.raises(RoleError, match=rf"m needs .*{roles[0]}.*; there is wrist_R .*, such as {roles[0]}=wrist_R"):
        assigned("m", needed, _candidates("wrist_R"))
    asked = dict.fromkeys(roles[:1], "wrist_R")
    found = assigned("m", [ROLE(name, "imu", optional=True) for name in roles], _candidates("wrist_R"), asked)
    assert [(role.name, sensor.name) for role, sensor in found] == [(roles[0], "wrist_R")]


def test_a_role_by_another_name_is_played_on_its_place() -> None:
    role = [ROLE("acceleration", "acceleration", place="trunk")]
    assert len(assigned("m", role, _candidates("l5", kind="acceleration"))) == 1
    with pytest.raises(RoleError, match="acceleration=wrist"):
        assigned("m", role, _candidates("wrist", kind="acceleration"))


def test_a_sensor_that_could_play_either_role_is_asked_about() -> None:
    either = [ROLE("thigh", "imu", optional=True), ROLE("trunk", "imu", optional=True)]
    with pytest.raises(
        RoleError, match=r"which is the thigh or trunk\? There is one \(imu\).* by --set or roles, such as thigh=one"
    ):
        assigned("m", either, _candidates("one"))


def test_what_is_missing_is_named_with_what_there_is() -> None:
    with pytest.raises(RoleError, match=r"m needs muscle \(emg\); there is thigh \(imu\)"):
        assigned("m", [ROLE("muscle", "emg", several=True)], _candidates("thigh"))


@pytest.mark.parametrize(
    ("samples", "rate_hz", "message"),
    [
        (np.zeros(10), 1000.0, "samples: expected arrays by the names of their sensors"),
        ({"biceps": ["a", "b"]}, 1000.0, "biceps: expected an array of numbers"),
        ({"biceps": np.zeros(10)}, {"triceps": 1000.0}, "biceps: a sampling rate is a number above 0, not None"),
        ({"biceps": np.zeros(10)}, "1000", "biceps: a sampling rate is a number above 0, not '1000'"),
        ({"biceps": np.zeros((6, 100))}, 1000.0, r"biceps: .* found the shape \(6, 100\)"),
    ],
)
def test_arrays_that_cannot_be_are_one_line(samples: Any, rate_hz: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        catalogue.run("onsets", samples, rate_hz)
    assert "\n" not in str(caught.value)


def test_masked_samples_are_missing() -> None:
    random = np.random.default_rng(0)
    emg = random.normal(0.0, 4e-6, 6000)
    emg[3000:3400] = 5e-3  # an artefact that is masked
    masked = np.ma.masked_greater(emg, 1e-3)
    missing = catalogue.run("onsets", {"biceps": np.where(emg > 1e-3, np.nan, emg)}, 1000.0)
    assert repr(catalogue.run("onsets", {"biceps": masked}, 1000.0).values) == repr(missing.values)
    assert missing.values["bursts_biceps"].value == 0.0
