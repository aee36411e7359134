"""EDF and BDF files: against edfio, which writes them, and files that are no files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biofeedback.storage.edf import read_edf
from biofeedback.storage.errors import FileError
from biofeedback.stream import Chunk, Event

edfio = pytest.importorskip("edfio")
SECONDS = 6
RANDOM = np.random.default_rng(0)
EMG_UV = RANDOM.normal(0, 100, SECONDS * 1000)
ACC_G = RANDOM.normal(0, 1, (3, SECONDS * 100))
GYR_DPS = RANDOM.normal(0, 50, (3, SECONDS * 100))


def _bytes(wide: bool) -> bytes:
    signal = edfio.BdfSignal if wide else edfio.EdfSignal
    signals = [signal(EMG_UV, 1000, label="EMG biceps L", physical_dimension="uV")]
    signals += [
        signal(a, 100, label=f"ACC {x} thigh", physical_dimension="g") for a, x in zip(ACC_G, "XYZ", strict=True)
    ]
    signals += [
        signal(a, 100, label=f"thigh gyro{x}", physical_dimension="deg/s") for a, x in zip(GYR_DPS, "xyz", strict=True)
    ]
    marks = [edfio.EdfAnnotation(1.5, 2.0, "flexion"), edfio.EdfAnnotation(4.25, None, "stöp")]
    buffer = io.BytesIO()
    (edfio.Bdf if wide else edfio.Edf)(signals, annotations=marks).write(buffer)
    return buffer.getvalue()


EDF, BDF = _bytes(wide=False), _bytes(wide=True)


def _read(path: Path, body: bytes, mapping: Path | None = None):
    path.write_bytes(body)
    found = read_edf(path, mapping)
    items = list(found.items)
    data = {
        part.info.id: [i for i in items if isinstance(i, Chunk) and i.stream == part.info.id] for part in found.parts
    }
    return found, data, [item for item in items if isinstance(item, Event)]


@pytest.mark.parametrize(("body", "error_uv"), [(EDF, 0.02), (BDF, 1e-4)])
def test_samples_come_in_si_units_and_annotations_as_events(tmp_path: Path, body: bytes, error_uv: float) -> None:
    found, data, events = _read(tmp_path / "a.edf", body)
    assert [(p.info.id, p.info.sampling_rate_hz) for p in found.parts] == [
        ("biceps_l/emg", 1000.0),
        ("thigh/imu", 100.0),
    ]
    emg = np.concatenate([chunk.data[:, 0] for chunk in data["biceps_l/emg"]])
    np.testing.assert_allclose(emg, EMG_UV * 1e-6, rtol=0, atol=error_uv * 1e-6)
    imu = np.concatenate([chunk.data for chunk in data["thigh/imu"]])
    np.testing.assert_allclose(imu[:, :3], ACC_G.T * 9.80665, rtol=0, atol=2e-3)
    np.testing.assert_allclose(imu[:, 3:], np.radians(GYR_DPS.T), rtol=0, atol=2e-4)
    times_s = np.concatenate([chunk.times_s for chunk in data["thigh/imu"]])
    np.testing.assert_allclose(times_s, np.arange(SECONDS * 100) / 100.0, atol=1e-9)
    assert [(e.time_s, e.values) for e in events] == [
        (1.5, {"duration_s": 2.0, "text": "flexion"}),
        (4.25, {"text": "stöp"}),
    ]


def test_counts_are_those_of_the_file(tmp_path: Path) -> None:
    _, data, _ = _read(tmp_path / "a.bdf", BDF)
    theirs = edfio.read_bdf(tmp_path / "a.bdf").signals[0].digital
    mine = np.concatenate([chunk.counts[:, 0] for chunk in data["biceps_l/emg"]])
    np.testing.assert_array_equal(mine, theirs)


def test_a_break_between_records_is_a_gap(tmp_path: Path) -> None:
    body = EDF.replace(b"\x14flexion\x14", b"\x14fle\x14" + b"\0" * 4)
    header = int(body[184:192])
    record = (len(body) - header) // SECONDS
    records = [body[header + i * record : header + (i + 1) * record] for i in range(SECONDS)]
    for second in range(2, SECONDS):
        old, new = f"+{second}\x14\x14\0".encode(), f"+{second + 1.5:g}\x14\x14\0".encode()
        at = records[second].index(old)
        free = records[second].index(b"\0" * (len(new) - len(old)), at + len(old))
        grown = records[second][:at] + new + records[second][at + len(old) : free]
        records[second] = grown + records[second][free + len(new) - len(old) :]
    body = body[:192] + b"EDF+D" + body[197:header] + b"".join(records)
    _, data, _ = _read(tmp_path / "a.edf", body)
    assert [(c.first_sample, c.lost_before) for c in data["thigh/imu"] if c.lost_before] == [(350, 150)]
    assert [c.times_s[0] for c in data["biceps_l/emg"]] == pytest.approx([0, 1, 3.5, 4.5, 5.5, 6.5])


def test_a_file_that_was_cut_off_is_read_to_its_last_whole_record(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, data, _ = _read(tmp_path / "a.edf", EDF[:-100])
    assert sum(map(len, data["thigh/imu"])) == (SECONDS - 1) * 100
    assert "5 of 6 records" in caplog.text


def test_a_number_of_records_that_is_not_known_is_counted(tmp_path: Path) -> None:
    _, data, _ = _read(tmp_path / "a.edf", EDF[:236] + b"-1      " + EDF[244:])
    assert sum(map(len, data["thigh/imu"])) == SECONDS * 100


def test_a_mapping_names_channels(tmp_path: Path) -> None:
    mapping = tmp_path / "map.toml"
    mapping.write_text(
        '[columns."EMG biceps L"]\nstream = "left_biceps/emg"\nname = "emg"\nquantity = "emg"\nunit = "mV"\n'
    )
    found, data, _ = _read(tmp_path / "a.edf", EDF, mapping)
    assert [p.info.id for p in found.parts] == ["left_biceps/emg"]
    assert data["left_biceps/emg"][0].data[0, 0] == pytest.approx(EMG_UV[0] * 1e-3, abs=1e-4)


def _field(at: int, text: bytes) -> bytes:
    return EDF[:at] + text.ljust(8) + EDF[at + 8 :]


_SIGNALS = 8
_LIMITS = 256 + _SIGNALS * (16 + 80 + 8)  # where the physical minima begin


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "does not begin like"),
        (b"time_s,emg\n" * 40, "does not begin like"),
        (EDF[:300], "ends within its header"),
        (EDF[:252] + b"9999" + EDF[256:], "number of signals"),
        (EDF[:252] + b"0   " + EDF[256:], "number of signals"),
        (_field(244, b"0"), "records last 0 s"),
        (_field(244, b"nan"), "no number"),
        (_field(_LIMITS, b"x"), "physical minimum"),
        (_field(_LIMITS + 2 * 8 * _SIGNALS, b"32767"), "no range"),
        (_field(256 + _SIGNALS * 216, b"99999999"), "records of"),
        (_field(256 + _SIGNALS * 216, b"-5"), "samples of a record"),
    ],
)
def test_a_damaged_header_is_one_line(tmp_path: Path, body: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message) as caught:
        _read(tmp_path / "a.edf", body)
    assert "\n" not in str(caught.value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([EDF, BDF]),
    st.lists(st.tuples(st.integers(0, 2304), st.binary(min_size=1, max_size=8)), min_size=1, max_size=5),
    st.integers(0, 40_000),
)
def test_whatever_the_bytes_are_there_is_an_answer(
    tmp_path: Path, body: bytes, changes: list[tuple[int, bytes]], cut: int
) -> None:
    changed = bytearray(body)
    for at, new in changes:
        changed[at : at + len(new)] = new
    assert "\n" not in _complaint(tmp_path / "a.edf", bytes(changed[: len(changed) - (cut if cut % 3 == 0 else 0)]))


def _complaint(path: Path, body: bytes) -> str:
    """Return what is said of a file; whatever is read from it instead is finite."""
    try:
        _, data, _ = _read(path, body)
    except FileError as error:
        return str(error)
    assert all(np.isfinite(chunk.data).all() for chunks in data.values() for chunk in chunks)
    return ""
