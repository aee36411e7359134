"""XDF files: against what was written, against pyxdf, and files that are no files."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biofeedback.storage.errors import FileError
from biofeedback.storage.xdf import read_xdf
from biofeedback.stream import Chunk, Event
from tests.storage.xdf_file import XdfFile

G = 9.80665


def _two_streams(jitter_s: float = 0.0, offset_s: float = 0.0, break_s: float = 0.0) -> tuple[XdfFile, np.ndarray]:
    random = np.random.default_rng(3)
    file = XdfFile()
    axes = [(f"ACC_{a}", "g") for a in "XYZ"] + [(f"GYR_{a}", "deg/s") for a in "XYZ"]
    file.stream(1, "thigh", "IMU", 100.0, axes)
    file.stream(2, "Myo", "EMG", 1000.0, [("vastus medialis", "microvolts"), ("biceps femoris", "microvolts")], "int16")
    file.stream(3, "marks", "Markers", 0.0, [("m", "")], "string")
    motion = random.normal(0, 1, (400, 6))
    for begin in range(0, 400, 50):
        late_s = break_s if begin >= 200 else 0.0
        stamps = 1000.0 + late_s + np.arange(begin, begin + 50) / 100.0 + random.normal(0, 1e-9 + jitter_s, 50)
        file.samples(1, stamps.tolist(), motion[begin : begin + 50])
        if begin % 100 == 0:
            file.offset(1, 1000.0 + begin / 100.0, offset_s)
        muscle = np.full((500, 2), begin)
        file.samples(2, [1000.0 + begin / 100.0] + [None] * 499, muscle)
    file.samples(3, [1001.25], [["stand up – ö"]])
    for number in (1, 2, 3):
        file.footer(number)
    return file, motion


def _streams(path: Path) -> tuple[dict[str, list[Chunk]], list[Event]]:
    found = read_xdf(path)
    items = list(found.items)
    chunks = {
        part.info.id: [i for i in items if isinstance(i, Chunk) and i.stream == part.info.id] for part in found.parts
    }
    return chunks, [item for item in items if isinstance(item, Event)]


def test_streams_of_different_rates_come_in_si_units(tmp_path: Path) -> None:
    file, motion = _two_streams()
    found = read_xdf(file.write(tmp_path / "a.xdf"))
    assert [(p.info.id, p.info.sampling_rate_hz) for p in found.parts] == [
        ("thigh/imu", 100.0),
        ("vastus_medialis/emg", 1000.0),
        ("biceps_femoris/emg", 1000.0),
    ]
    chunks, events = _streams(tmp_path / "a.xdf")
    imu = np.concatenate([chunk.data for chunk in chunks["thigh/imu"]])
    np.testing.assert_allclose(imu[:, :3], motion[:, :3] * G, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(imu[:, 3:], np.radians(motion[:, 3:]), rtol=1e-6, atol=1e-6)
    emg = chunks["vastus_medialis/emg"]
    assert emg[2].data[0, 0] == pytest.approx(100e-6)
    assert emg[2].times_s[0] == pytest.approx(1001.0, abs=1e-6)
    assert [(e.kind, e.time_s, e.values["text"]) for e in events] == [("annotation", 1001.25, "stand up – ö")]


def test_jitter_is_evened_out_and_the_clock_offset_taken_off(tmp_path: Path) -> None:
    file, _ = _two_streams(jitter_s=0.01, offset_s=-0.5)
    chunks, _ = _streams(file.write(tmp_path / "a.xdf"))
    times_s = np.concatenate([chunk.times_s for chunk in chunks["thigh/imu"]])
    assert np.ptp(np.diff(times_s)) < 1e-9
    np.testing.assert_allclose(times_s, 999.5 + np.arange(400) / 100.0, atol=5e-3)


def test_a_break_is_a_gap_of_as_many_samples(tmp_path: Path) -> None:
    file, _ = _two_streams(break_s=1.5)
    chunks, _ = _streams(file.write(tmp_path / "a.xdf"))
    imu = chunks["thigh/imu"]
    assert [(c.first_sample, c.lost_before) for c in imu if c.lost_before] == [(350, 150)]
    assert sum(len(chunk) for chunk in imu) == 400


@pytest.mark.parametrize("restarted_s", [0.0, 1012.0, 5000.0])
def test_a_clock_that_starts_again_goes_on_where_it_was(tmp_path: Path, restarted_s: float) -> None:
    """A sensor's computer starts again after 20 s of 40: its clock jumps, the recorder's goes on."""
    file = XdfFile()
    file.stream(1, "emg", "EMG", 100.0, [("biceps", "mV")], "double64")
    for begin in range(0, 4000, 50):
        clock_s = 1000.0 + begin / 100.0 if begin < 2000 else restarted_s + (begin - 2000) / 100.0
        offset_s = 7.0 + begin / 100.0 + 1000.0 - clock_s
        file.samples(1, (clock_s + np.arange(50) / 100.0).tolist(), [[begin + i] for i in range(50)])
        if begin % 500 == 250:
            file.offset(1, clock_s, offset_s)
    chunks, _ = _streams(file.write(tmp_path / "a.xdf"))
    times_s = np.concatenate([chunk.times_s for chunk in chunks["biceps/emg"]])
    np.testing.assert_allclose(times_s, 1007.0 + np.arange(4000) / 100.0, atol=1e-6)
    assert all(chunk.lost_before == 0 for chunk in chunks["biceps/emg"])


def test_one_bad_measurement_of_the_offset_is_no_new_clock(tmp_path: Path) -> None:
    file = XdfFile()
    file.stream(1, "emg", "EMG", 100.0, [("biceps", "mV")], "double64")
    for begin in range(0, 4000, 50):
        file.samples(1, (begin / 100.0 + np.arange(50) / 100.0).tolist(), np.zeros((50, 1)))
        if begin % 500 == 250:
            file.offset(1, begin / 100.0, 90.0 if begin == 1250 else 7.0)
    chunks, _ = _streams(file.write(tmp_path / "a.xdf"))
    times_s = np.concatenate([chunk.times_s for chunk in chunks["biceps/emg"]])
    np.testing.assert_allclose(times_s, 7.0 + np.arange(4000) / 100.0, atol=1e-6)


def test_it_is_what_pyxdf_reads(tmp_path: Path) -> None:
    pyxdf = pytest.importorskip("pyxdf")
    file, _ = _two_streams(jitter_s=0.004, offset_s=0.25, break_s=7.0)
    chunks, _ = _streams(file.write(tmp_path / "a.xdf"))
    theirs, _ = pyxdf.load_xdf(str(tmp_path / "a.xdf"))
    imu = next(stream for stream in theirs if stream["info"]["name"][0] == "thigh")
    mine = np.concatenate([chunk.times_s for chunk in chunks["thigh/imu"]])
    np.testing.assert_allclose(mine, imu["time_stamps"], atol=1e-6)
    data = np.concatenate([chunk.data for chunk in chunks["thigh/imu"]])
    np.testing.assert_allclose(data[:, :3], np.asarray(imu["time_series"])[:, :3] * G, rtol=1e-6)


def test_stamps_in_the_middle_of_a_chunk(tmp_path: Path) -> None:
    file = XdfFile()
    file.stream(1, "emg", "EMG", 100.0, [("biceps", "mV")], "double64")
    file.samples(1, [None if i % 7 else 5.0 + i / 100.0 for i in range(50)], [[i] for i in range(50)])
    chunks, _ = _streams(file.write(tmp_path / "a.xdf"))
    np.testing.assert_allclose(chunks["biceps/emg"][0].data[:, 0], np.arange(50) * 1e-3)
    np.testing.assert_allclose(chunks["biceps/emg"][0].times_s, 5.0 + np.arange(50) / 100.0, atol=1e-9)


def test_gzipped_and_cut_off(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file, _ = _two_streams()
    (tmp_path / "a.xdfz").write_bytes(gzip.compress(file.body))
    assert len(_streams(tmp_path / "a.xdfz")[0]["thigh/imu"]) == 8
    (tmp_path / "b.xdf").write_bytes(file.body[: len(file.body) // 2])
    assert 0 < sum(map(len, _streams(tmp_path / "b.xdf")[0]["thigh/imu"])) < 400
    assert "ends within a chunk" in caplog.text


def test_a_mapping_names_channels(tmp_path: Path) -> None:
    file, _ = _two_streams()
    mapping = tmp_path / "map.toml"
    mapping.write_text('[columns."Myo/biceps femoris"]\nstream = "hamstrings/emg"\nname = "emg"\nquantity = "emg"\n')
    found = read_xdf(file.write(tmp_path / "a.xdf"), mapping)
    assert [(p.info.id, p.info.channels[0].scale) for p in found.parts] == [("hamstrings/emg", 1e-6)]
    mapping.write_text('rate_hz = 3\n[columns."x"]\nstream = "a"\nname = "emg"\nquantity = "emg"\n')
    with pytest.raises(FileError, match="knows its own"):
        read_xdf(tmp_path / "a.xdf", mapping)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b"", "does not begin like an XDF"),
        (lambda b: b[:4] + b"\x08" + b"\xff" * 8 + b[5:], "no length that can be"),
        (lambda b: b.replace(b"<channel_count>6", b"<channel_count>9"), "does not have|damaged"),
        (lambda b: b.replace(b"<channel_count>6", b"<channel_count>x"), "no number that can be"),
        (lambda b: b.replace(b"float32", b"float31"), "channel_format"),
        (lambda b: b.replace(b"</info>", b"</infx>"), "description is damaged"),
        (lambda b: b.replace(b"<info><name>", b"<!DOCTYPE a>", 1), "not one that a recorder writes"),
        (lambda b: b[: b.index(b"\x02\x00\x01\x00\x00\x00") - 5], "no channel of samples"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path: Path, change, message: str) -> None:
    path = tmp_path / "a.xdf"
    path.write_bytes(change(_two_streams()[0].body))
    with pytest.raises(FileError, match=message) as caught:
        list(read_xdf(path).items)
    assert "\n" not in str(caught.value)


_BODY = _two_streams()[0].body


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 6000), st.binary(min_size=1, max_size=4)), min_size=1, max_size=4), st.data())
def test_whatever_the_bytes_are_there_is_an_answer(tmp_path: Path, changes: list[tuple[int, bytes]], data) -> None:
    body = bytearray(_BODY)
    for at, new in changes:
        body[at : at + len(new)] = new
    cut = data.draw(st.integers(0, len(body)))
    (tmp_path / "a.xdf").write_bytes(bytes(body[: len(body) - (cut if cut % 3 == 0 else 0)]))
    assert "\n" not in _complaint(tmp_path / "a.xdf")


def _complaint(path: Path) -> str:
    """Return what is said of a file; whatever is read from it instead has its times."""
    try:
        items = list(read_xdf(path).items)
    except FileError as error:
        return str(error)
    assert all(np.isfinite(item.times_s).all() for item in items if isinstance(item, Chunk))
    return ""
