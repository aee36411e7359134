from __future__ import annotations

import gzip
import itertools
import math
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from biofeedback.storage.columns import Mapping
from biofeedback.storage.errors import FileError
from biofeedback.storage.headers import self_named
from biofeedback.storage.lines import LONGEST_LINE
from biofeedback.storage.tables import Table, read_table
from biofeedback.stream import Chunk, StreamInfo

EXAMPLES = Path(__file__).parents[3] / "shared" / "data"
needs_examples = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the example recordings are not on this machine")


def table(tmp_path: Path, text: str, mapping: str | None = None) -> Table:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    if mapping is None:
        return read_table(tmp_path / "a.csv")
    (tmp_path / "map.toml").write_text(mapping, encoding="utf-8")
    return read_table(tmp_path / "a.csv", tmp_path / "map.toml")


def whole(read: Table) -> dict[str, np.ndarray]:
    chunks = list(read.chunks)
    return {info.id: np.concatenate([c.data for c in chunks if c.stream == info.id]) for info in read.streams}


def rows(header: str, values: str, count: int = 20, rate_hz: float = 100.0) -> str:
    return header + "\n" + "".join(f"{i / rate_hz:.6f},{values}\n" for i in range(count))


@pytest.mark.parametrize(
    ("name", "stream", "channel", "quantity", "factor"),
    [
        ("emg_biceps_V", "biceps/emg", "emg", "emg", 1.0),
        ("emg_vastus_medialis_mV", "vastus_medialis/emg", "emg", "emg", 1e-3),
        ("emg_vastus_medialis_uV", "vastus_medialis/emg", "emg", "emg", 1e-6),
        ("emg_biceps_µV", "biceps/emg", "emg", "emg", 1e-6),
        ("acc_x_g", "imu", "acc_x", "acceleration", 9.80665),
        ("acc_y_mps2_left_thigh", "left_thigh/imu", "acc_y", "acceleration", 1.0),
        ("acc_z_m/s2_shank", "shank/imu", "acc_z", "acceleration", 1.0),
        ("gyr_x_radps", "imu", "gyr_x", "angular_velocity", 1.0),
        ("gyr_x_rad/s_foot", "foot/imu", "gyr_x", "angular_velocity", 1.0),
        ("gyr_y_dps_foot", "foot/imu", "gyr_y", "angular_velocity", math.pi / 180),
        ("gyr_z_deg/s", "imu", "gyr_z", "angular_velocity", math.pi / 180),
        ("mag_x_uT_trunk", "trunk/imu", "mag_x", "magnetic_field", 1.0),
    ],
)
def test_columns_name_themselves(
    tmp_path: Path, name: str, stream: str, channel: str, quantity: str, factor: float
) -> None:
    read = table(tmp_path, rows(f"time_s,{name}", "2.5"))
    (info,) = read.streams
    assert (info.id, info.channels[0].name, info.channels[0].quantity) == (stream, channel, quantity)
    assert info.sampling_rate_hz == pytest.approx(100.0)
    assert whole(read)[stream] == pytest.approx(np.full((20, 1), 2.5 * factor), rel=1e-15)


def test_streams_are_grouped_by_segment_and_muscle(tmp_path: Path) -> None:
    names = "time_s,acc_x_g_thigh,gyr_x_dps_thigh,acc_x_g_shank,emg_biceps_mV,emg_triceps_mV,remark"
    read = table(tmp_path, rows(names, "1,2,3,4,5,ignored"))
    assert [(info.id, [c.name for c in info.channels]) for info in read.streams] == [
        ("thigh/imu", ["acc_x", "gyr_x"]),
        ("shank/imu", ["acc_x"]),
        ("biceps/emg", ["emg"]),
        ("triceps/emg", ["emg"]),
    ]
    data = whole(read)
    assert data["triceps/emg"][0, 0] == 5e-3
    assert data["shank/imu"][0, 0] == 3 * 9.80665


def test_empty_cells_are_missing_values(tmp_path: Path) -> None:
    read = table(tmp_path, "time_s,emg_a_V,emg_b_V\n0,1,\n0.01,NaN,2\n0.02, ,nan\n")
    data = whole(read)
    assert np.array_equal(data["a/emg"][:, 0], [1, np.nan, np.nan], equal_nan=True)
    assert np.array_equal(data["b/emg"][:, 0], [np.nan, 2, np.nan], equal_nan=True)


def _mixed(count: int = 600, stray: int | None = None, hole: range = range(0)) -> str:
    """EMG in every row at 1 kHz, acceleration in every tenth from the third on."""
    lines = ["time_s,emg_biceps_uV,acc_x_mps2_thigh"]
    for i in range(count):
        lines += [] if i in hole else [f"{i / 1000:.3f},{i},{i if i % 10 == 3 or i == stray else ''}"]
    return "\n".join(lines) + "\n"


def test_a_slower_stream_in_the_same_table_has_its_own_rate(tmp_path: Path) -> None:
    read = table(tmp_path, _mixed(hole=range(205, 318)))
    assert {info.id: info.sampling_rate_hz for info in read.streams} == {"biceps/emg": 1000.0, "thigh/imu": 100.0}
    slow = [chunk for chunk in read.chunks if chunk.stream == "thigh/imu"]
    values = np.concatenate([chunk.data[:, 0] for chunk in slow])
    index = np.concatenate([chunk.first_sample + np.arange(len(chunk)) for chunk in slow])
    times_s = np.concatenate([chunk.times_s for chunk in slow])
    np.testing.assert_array_equal(values, 10 * index + 3)
    np.testing.assert_allclose(times_s, values / 1000)
    assert [chunk.lost_before for chunk in slow if chunk.lost_before] == [11]
    assert len(values) == 49


def test_a_slower_stream_that_changes_its_rhythm_is_refused(tmp_path: Path) -> None:
    read = table(tmp_path, _mixed(count=10_100, stray=10_055))
    with pytest.raises(FileError, match="thigh/imu has values in every row 10"):
        list(read.chunks)


def test_gaps_are_marked_and_jitter_is_not(tmp_path: Path) -> None:
    times = [0.0, 0.010, 0.021, 0.029, 0.040, 0.090, 0.100, 0.110]
    read = table(tmp_path, "time_s,emg_a_V\n" + "".join(f"{t},0\n" for t in times))
    chunks = list(read.chunks)
    assert [(len(c), c.first_sample, c.lost_before) for c in chunks] == [(5, 0, 0), (3, 9, 4)]
    assert np.concatenate([c.times_s for c in chunks]).tolist() == times


def test_chunks_have_the_wanted_length(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows("time_s,emg_a_V", "1", count=105, rate_hz=100))
    chunks = list(read_table(tmp_path / "a.csv", chunk_s=0.25).chunks)
    assert [len(c) for c in chunks] == [25, 25, 25, 25, 5]
    assert [c.first_sample for c in chunks] == [0, 25, 50, 75, 100]
    assert sum(c.lost_before for c in chunks) == 0


def test_the_rate_survives_rounded_times_and_gaps(tmp_path: Path) -> None:
    times = [round(i / 204.8 + (30 if i > 400 else 0), 3) for i in range(900)]
    read = table(tmp_path, "time_s,emg_a_V\n" + "".join(f"{t:.3f},0\n" for t in times))
    assert read.streams[0].sampling_rate_hz == pytest.approx(204.8, rel=1e-3)


@pytest.mark.parametrize(
    "text",
    [
        "# made by a logger\n# 2026\ntime_s,emg_a_mV\n0,1.5\n0.01,2.5\n",
        "\ufefftime_s,emg_a_mV\r\n0,1.5\r\n0.01,2.5\r\n",
        "time_s;emg_a_mV\n0;1,5\n0,01;2,5\n",
        "time_s\temg_a_mV\n0\t1.5\n0.01\t2.5\n",
        'time_s,"emg_a_mV"\n0,"1.5"\n\n0.01,2.5,\n',
        "time_ms,emg_a_mV\n0,1.5\n10,2.5\n",
    ],
)
def test_dialects(tmp_path: Path, text: str) -> None:
    read = table(tmp_path, text)
    assert whole(read)["a/emg"][:, 0].tolist() == [1.5e-3, 2.5e-3]
    assert read.streams[0].sampling_rate_hz == 100.0


@pytest.mark.parametrize(
    ("time", "first", "steps"),
    [
        ("Time (s)", 12.5, ("12.5", "12.51", "12.52")),
        ("time [ms]", 12.5, ("12500", "12510", "12520")),
        ("Timestamp", 12.5, ("12.5", "12.51", "12.52")),
        ("t_us", 12.5, ("12500000", "12510000", "12520000")),
        ("epoch (µs)", 12.5, ("12500000", "12510000", "12520000")),
        ("millis", 12.5, ("12500", "12510", "12520")),
        ("timestamp", 1e9, ("2001-09-09T01:46:40", "2001-09-09T01:46:40.010", "2001-09-09T01:46:40.020Z")),
        ("time (01:00)", 1e9, ("2001-09-09 03:46:40+02:00", "2001-09-09 03:46:40.010+02:00", "2001-09-09T01:46:40.02")),
        ("time", 3723.5, ("01:02:03.500", "01:02:03.510", "01:02:03.520")),
    ],
)
def test_columns_in_any_words(tmp_path: Path, time: str, first: float, steps: tuple[str, ...]) -> None:
    head = f"{time};Accelerometer X (g);y-axis [m/s^2];shank gyro z (deg/s);gx_thigh (rad/s);biceps L (µV)"
    head += ";Magnetometer X (uT);battery [V];n"
    text = "\n".join([head, *(f"{step};1;2;3;4;5;6;7;8" for step in steps)]) + "\n"
    (tmp_path / "a.csv").write_text(text, encoding="cp1252")
    read = read_table(tmp_path / "a.csv")
    chunks = list(read.chunks)
    assert {c.stream: c.data[0].tolist() for c in chunks} == {
        "imu": [9.80665, 2.0, 6.0],
        "shank/imu": [pytest.approx(math.radians(3.0))],
        "thigh/imu": [4.0],
        "biceps_l/emg": [pytest.approx(5e-6)],
    }
    assert chunks[0].times_s == pytest.approx(first + np.array([0.0, 0.01, 0.02]), abs=1e-6)
    assert read.streams[0].sampling_rate_hz == pytest.approx(100.0, rel=1e-4)


@pytest.mark.parametrize(
    ("head", "streams"),
    [
        ("X [s],Sensor 1: ACC.X 1 [g],Sensor 1: GYRO.X 1 [deg/s]", {"sensor_1_1/imu": ["acc_x", "gyr_x"]}),
        ("t,aX (m/s²),gX (rad/s)", {"imu": ["acc_x", "gyr_x"]}),
        ("time_s,acc_x_m/s^2,gyro_x_deg/s", {"imu": ["acc_x", "gyr_x"]}),
        ("time_s,Wrist_Acceleration_X (g),Wrist_Angular Velocity_X (deg/s)", {"wrist/imu": ["acc_x", "gyr_x"]}),
        ("time_s,acc_x_g,supply (mV)", {"imu": ["acc_x"]}),  # beside ours a voltage alone is no muscle
        ("sep=,\ntime_s,acc_x_g,x", {"imu": ["acc_x"]}),
        ("t,My biceps (mV),my (uT)", {"my_biceps/emg": ["emg"], "imu": ["mag_y"]}),
    ],
)
def test_columns_of_other_programs(tmp_path: Path, head: str, streams: dict[str, list[str]]) -> None:
    read = table(tmp_path, rows(head, "1,2"))
    assert {info.id: [channel.name for channel in info.channels] for info in read.streams} == streams
    assert read.streams[0].sampling_rate_hz == pytest.approx(100.0)


def test_a_temperature_is_no_time() -> None:
    assert self_named(Path("a.csv"), ["T [°C]", "Clock time", "acc_x_g"]).time == 1


def test_a_rate_takes_the_place_of_times(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("time,emg_a_mV\n7,1\n7,2\n3,3\n")
    read = read_table(tmp_path / "a.csv", rate_hz=250.0)
    (chunk,) = read.chunks
    assert (read.streams[0].sampling_rate_hz, chunk.times_s.tolist()) == (250.0, [0.0, 0.004, 0.008])
    with pytest.raises(FileError, match="leave --rate out"):
        read_table(tmp_path / "a.csv", Mapping(columns={}, rate_hz=1.0), 250.0)


def test_utf_16_and_gzip_whatever_the_name(tmp_path: Path) -> None:
    text = rows("time_s,emg_a_V", "1")
    (tmp_path / "wide.csv").write_text(text, encoding="utf-16")
    (tmp_path / "packed.csv").write_bytes(gzip.compress(text.encode()))
    for name in ("wide.csv", "packed.csv"):
        assert whole(read_table(tmp_path / name))["a/emg"].sum() == 20


TWO_HEADERS = """
header_rows = 2
rate_hz = 204.8
[columns."left/acc_x"]
stream = "left_foot/imu"
name = "acc_x"
quantity = "acceleration"
unit = "m/s²"
[columns."#3"]
stream = "right_foot/imu"
name = "gyr_y"
quantity = "angular_velocity"
unit = "°/s"
"""


def test_a_mapping_names_columns_of_several_header_rows(tmp_path: Path) -> None:
    text = "sensor,left,right\naxis,acc_x,gyr_y\n" + "".join(f"{i},{i},180\n" for i in range(10))
    read = table(tmp_path, text, TWO_HEADERS)
    chunks = list(read.chunks)
    assert {info.sampling_rate_hz for info in read.streams} == {204.8}
    assert np.concatenate([c.data[:, 0] for c in chunks if c.stream == "left_foot/imu"]).tolist() == list(range(10))
    assert chunks[1].data[0, 0] == pytest.approx(math.pi)
    assert chunks[0].times_s[3] == pytest.approx(3 / 204.8)


def test_a_mapping_without_header(tmp_path: Path) -> None:
    mapping = (
        'header_rows = 0\ntime = {column = "#1", unit = "ms"}\n'
        '[columns."#2"]\nstream = "a/emg"\nname = "emg"\nquantity = "emg"\nunit = "uV"\n'
    )
    read = table(tmp_path, "0,5\n2,6\n4,7\n", mapping)
    assert read.streams[0].sampling_rate_hz == 500.0
    assert whole(read)["a/emg"][:, 0] == pytest.approx([5e-6, 6e-6, 7e-6])


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("not toml", "Expected|expected"),
        ("rate_hz = 100.0", "columns"),
        (TWO_HEADERS.replace("rate_hz = 204.8", ""), r"either a \[time\] column or rate_hz"),
        (TWO_HEADERS.replace("204.8", "-1"), "rate_hz"),
        (TWO_HEADERS.replace("rate_hz", "hz = 1\nrate_hz"), "knows no 'hz'"),
        (TWO_HEADERS.replace("m/s²", "furlong"), "'furlong' is no unit of acceleration; expected m/s2"),
        (TWO_HEADERS.replace('"acceleration"', '"speed"'), "quantity"),
        (TWO_HEADERS.replace("left/acc_x", "nowhere"), "has no column 'nowhere'"),
        (TWO_HEADERS.replace("#3", "#9"), "has 3 columns; the mapping asks for #9"),
    ],
)
def test_a_bad_mapping_is_explained_in_one_line(tmp_path: Path, mapping: str, message: str) -> None:
    text = "sensor,left,right\naxis,acc_x,gyr_y\n0,1,2\n1,1,2\n"
    with pytest.raises(FileError, match=message) as caught:
        list(table(tmp_path, text, mapping).chunks)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ends before its samples"),
        ("time_s,emg_a_V\n", "has 0 rows of samples; expected two or more"),
        ("time_s,emg_a_V\n0,1\n", "has 1 rows"),
        ("time_s,speed\n0,1\n", "no column says what it is"),
        ("emg_a_V\n0\n1\n", "has no column time_s"),
        ("time_s,emg_biceps\n0,1\n", r"column 2 \('emg_biceps'\) is incomplete"),
        ("time_s,emg_a_V,acc_x\n0,1,2\n", r"column 3 \('acc_x'\) is incomplete; .* or a mapping file"),
        ("0,1.5,-2e-3,curl\n1,1,1,\n", "has no header .*header_rows = 0"),
        (
            "frame,Gyro X (deg/s)\n0,1\n",
            "no column time_s; add one, or say how many rows a second there are with --rate",
        ),
        ("Time,Gyro X (deg/s)\n0,1\n10,1\n20,1\n", "0.1 samples a second; is the time in seconds"),
        ("time_s,acc_x_mV\n0,1\n", "'mV' is no unit of acceleration; expected m/s2, mps2, g, mg"),
        ("time_s,emg_a_V,emg_a_mV\n0,1,1\n", "two columns are 'emg' of 'a/emg'"),
        ("time_s,emg_a_V\n0,1\n0.1,abc\n", "row 3, column 2: 'abc' is not a number"),
        ("# x\ntime_s,emg_a_V\n0,1\n0.1,1_0\n", "row 4, column 2: '1_0' is not a number"),
        ("time_s,emg_a_V\n0,1\n0.1,inf\n", "row 3, column 2: 'inf' is not a number"),
        ("time_s,emg_a_V\n0,1\n,2\n", "row 3, column 1: no time"),
        ("time_s,emg_a_V\n0,1\n0.1\n", "row 3: has 1 columns; expected 2"),
        ("time_s,emg_a_V\n0,1\n0.1,2,3\n", "row 3: has 3 columns; expected 2"),
        ("time_s,emg_a_V\n0,1\n0.1,2\n0.2,3\n0.2,3\n", "row 5: time 0.2 s is not after 0.2 s"),
        ("time_s,emg_a_V\n0,1\n0,2\n0,2\n", "most times are not after the one before"),
        ("time_s,emg_a_V\n0,1\n0.1,2\n0.2,2\n9e9,2\n", "row 5: time jumps"),
        ("time_s,emg_a_V\n0,1\n0.1,2\n0.2,2\n50000,2\n", "row 5: time jumps .* Cut the file there"),
        ("time_s,emg_a_V\n0,1\n86400,2\n", "samples a second; is the time in seconds"),
        ('time_s,emg_a_V\n0,"1' + "1" * 200_000 + "\n", "row 2: field larger than"),
        ("time_s,emg_a_V\n0,1\0\n", "row 2 is no line of text"),
    ],
)
def test_bad_input_says_where_and_what_is_expected(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FileError, match=message) as caught:
        list(table(tmp_path, text).chunks)
    assert str(tmp_path / "a.csv") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_damaged_gzip_and_missing_files(tmp_path: Path) -> None:
    packed = gzip.compress(rows("time_s,emg_a_V", "1", count=5000).encode())
    for content in (packed[:-200], packed[:60] + b"\xff" * 60 + packed[120:], packed[:12]):
        (tmp_path / "a.csv.gz").write_bytes(content)
        with pytest.raises(FileError, match=r"a\.csv\.gz"):
            list(read_table(tmp_path / "a.csv.gz").chunks)
    with pytest.raises(FileError, match="No such file"):
        read_table(tmp_path / "none.csv")


def peak_bytes(action: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_longer_file_needs_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for count in (12_000, 30_000):
        path = tmp_path / f"{count}.csv"
        path.write_text(rows("time_s,emg_a_V", "1", count=count, rate_hz=1000))
        peaks.append(peak_bytes(lambda path=path: [None for _ in read_table(path).chunks]))
    assert peaks[1] < peaks[0] + 200_000  # held in memory, 18,000 rows would take 2 MB


def test_a_compressed_file_without_line_ends_is_given_up_early(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb") as file:
        file.write(b"time_s,emg_a_V\n")
        for _ in range(60):
            file.write(b"1" * LONGEST_LINE)

    def read() -> None:
        with pytest.raises(FileError, match="is no line of text"):
            read_table(path)

    assert peak_bytes(read) < 16 * LONGEST_LINE


def check_chunk(info: StreamInfo, chunk: Chunk) -> None:
    assert chunk.counts.shape == chunk.data.shape == (len(chunk), len(info.channels))
    assert len(chunk) > 0
    assert np.all(np.diff(chunk.times_s) > 0)
    assert chunk.lost_before >= 0


def read_or_refuse(path: Path) -> None:
    """Whatever the bytes, the file is read soundly or refused in one line."""
    try:
        read = read_table(path)
        infos = {info.id: info for info in read.streams}
        for chunk in read.chunks:
            check_chunk(infos[chunk.stream], chunk)
    except FileError as error:
        line = str(error)
        assert line.startswith(str(path))
        assert "\n" not in line


cells = st.sampled_from(
    ["0", "0.01", "0.02", "1e308", "-1e30", "nan", "", "x", '"', "1_0", "∞", "0x1", "9e9", "-0", " 3 "]
)
lines = st.lists(st.lists(cells, min_size=1, max_size=4).map(",".join), max_size=8).map("\n".join)
headers = st.sampled_from(["time_s,emg_a_V", "time_s,acc_x_g,gyr_x_dps", "time_ms;emg_a_mV", "time_s,emg_a_V,emg_a_V"])


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=300) | st.tuples(headers, lines).map("\n".join).map(str.encode))
@example(content=b"\x1f\x8b\x08")
@example(content=b"\xff\xfet")
@example(content=b'"\x01\n\x01')
@example(content=b"time_s,emg_a_V\n0,1e30\n1e-300,1\n2e-300,1\n")
def test_no_bytes_bring_it_down(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.csv"
    path.write_bytes(content)
    read_or_refuse(path)
    path.write_bytes(gzip.compress(content))
    read_or_refuse(path)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_damage_anywhere_in_a_good_file(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(rows("time_s,emg_a_V,acc_x_g_thigh", "1.25,-0.5", count=100).encode())
    for _ in range(chance.randint(1, 5)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    path = tmp_path_factory.getbasetemp() / "damaged.csv"
    path.write_bytes(content)
    read_or_refuse(path)


@needs_examples
def test_the_example_with_biceps_bursts() -> None:
    read = read_table(EXAMPLES / "emg_biceps_bursts.csv.gz")
    data = whole(read)["biceps/emg"]
    assert data.shape == (28_519, 1)
    assert read.streams[0].sampling_rate_hz == pytest.approx(1000.0)
    assert data[0, 0] == pytest.approx(-2.289e-6)


@needs_examples
def test_every_shoulder_example_is_read_and_begins_near_one_g() -> None:
    found = sorted(EXAMPLES.glob("shoulder_*.csv.gz"))
    assert found
    for path in found:
        read = read_table(path)
        (info,) = read.streams
        assert (info.id, info.sampling_rate_hz, len(info.channels)) == ("imu", 50.0, 6)
        chunks = list(read.chunks)
        assert sum(chunk.lost_before for chunk in chunks) == 0
        assert 6 < float(np.linalg.norm(chunks[0].data[0, :3])) < 14


@needs_examples
def test_the_gait_example_by_a_mapping(tmp_path: Path) -> None:
    described = itertools.product(
        ("left", "right"), (("acc", "acceleration", "m/s2"), ("gyr", "angular_velocity", "deg/s"))
    )
    mapping = "header_rows = 2\nrate_hz = 204.8\n" + "".join(
        f'[columns."{side}_sensor/{kind}_{axis}"]\nstream = "{side}_foot/imu"\n'
        f'name = "{kind}_{axis}"\nquantity = "{quantity}"\nunit = "{unit}"\n'
        for side, (kind, quantity, unit) in described
        for axis in "xyz"
    )
    (tmp_path / "map.toml").write_text(mapping)
    read = read_table(EXAMPLES / "gait_feet_imu.csv.gz", tmp_path / "map.toml")
    data = whole(read)
    assert {info.id: len(info.channels) for info in read.streams} == {"left_foot/imu": 6, "right_foot/imu": 6}
    assert data["left_foot/imu"].shape == (7928, 6)
    assert data["left_foot/imu"][0, 0] == pytest.approx(0.8808107066241624)


PIECES = [*"xYg_ ()[]1sµ", "acc", "gyr", "emg", "quat", "aX", "gz", "mV", "deg/s", "time"]


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=7).map("".join), min_size=1, max_size=9))
@settings(max_examples=100, deadline=None)
def test_any_names_are_understood_or_refused(names: list[str]) -> None:
    try:
        layout = self_named(Path("a.csv"), names)
    except FileError as error:
        layout, refusal = None, str(error)
        assert "\n" not in refusal
    if layout is not None:
        read = [column.index for column in layout.columns]
        assert len(set(read)) == len(read)
        assert layout.time not in [None, *read]
        assert all(names[index].strip() for index in read)
