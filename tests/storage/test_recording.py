from __future__ import annotations

import itertools
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from biofeedback.storage.container import compact, open_existing
from biofeedback.storage.errors import RecordingError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.live import LiveCounts
from biofeedback.storage.recording import RecordingReader, RecordingWriter, delete, key_path, recover, unclosed
from biofeedback.storage.rows import Queued, RowWriter
from biofeedback.stream import Channel, Chunk, Event, StreamInfo, host_time_s

MARKER = "PLAINTEXT-MARKER-4711"
PAGE = 4096


def batched(items: Iterable[Chunk], size: int) -> Iterator[list[Chunk]]:
    items = iter(items)
    while batch := list(itertools.islice(items, size)):
        yield batch


@pytest.fixture
def recording(tmp_path: Path, store_key: StoreKey, loads: ModuleType) -> Path:
    path = tmp_path / "visit.recording"
    with RecordingWriter(path, (*loads.EMG, *loads.IMU), {"person": MARKER}, store_key) as writer:
        for chunk in loads.reference_load(100):
            writer.chunk(chunk)
        writer.event(Event(1.0, "note", {"text": MARKER}))
    return path


def test_about_and_summary_come_back(tmp_path: Path, store_key: StoreKey) -> None:
    before_s, path = host_time_s(), tmp_path / "new folder" / "a.recording"
    about = {"person": "ä", "dose": [1, 2.5, None], "at": {"x": True}}
    writer = RecordingWriter(path, [], about, store_key)
    writer.close({"repetitions": 8, "mean": np.float64(0.25), "scores": np.array([1, 2])})
    with RecordingReader(path, store_key) as reader:
        assert reader.about == about
        assert reader.summary == {"repetitions": 8, "mean": 0.25, "scores": [1, 2]}
        assert (reader.closed, reader.recovered, reader.failure) == (True, False, None)
        assert before_s <= reader.started_s <= host_time_s()
        assert abs(reader.started - datetime.now(UTC)) < timedelta(seconds=30)


def test_a_closed_recording_is_one_file_and_its_key(recording: Path) -> None:
    beside = {file.name for file in recording.parent.iterdir() if file.is_file()}
    assert beside == {"visit.recording", "visit.recording.key"}


def test_saved_follows_received_within_a_second(tmp_path: Path, store_key: StoreKey, loads: ModuleType) -> None:
    writer = RecordingWriter(tmp_path / "a.recording", (*loads.EMG, *loads.IMU), {}, store_key)
    for chunk in loads.reference_load(5):
        writer.chunk(chunk)
    handed_s = host_time_s()
    assert writer.received["muscle_0/emg"] == 200
    until_s = handed_s + 5
    while writer.saved != writer.received and host_time_s() < until_s:
        time.sleep(0.01)
    assert writer.saved == writer.received
    assert handed_s - 1 < writer.saved_s <= handed_s
    assert writer.failure is None
    with RecordingReader(tmp_path / "a.recording", store_key) as reader:  # while it is being written
        assert len(list(reader.items())) == 70
        assert not reader.closed
    writer.close({})


def test_nothing_in_the_files_is_plain_text(recording: Path) -> None:
    for file in recording.parent.glob("visit.recording*"):
        content = file.read_bytes()
        for words in (MARKER, "muscle_0", "CREATE TABLE", "SQLite format"):
            assert words.encode() not in content
    assert len(np.unique(np.frombuffer(recording.read_bytes(), np.uint8))) == 256


def test_nothing_is_plain_text_while_it_is_written(tmp_path: Path, store_key: StoreKey) -> None:
    writer = RecordingWriter(tmp_path / "a.recording", [], {"person": MARKER}, store_key)
    writer.event(Event(1.0, "note", {"text": MARKER}))
    time.sleep(0.6)
    files = list(tmp_path.glob("a.recording*"))
    assert (tmp_path / "a.recording-wal") in files
    for file in files:
        assert MARKER.encode() not in file.read_bytes()
    writer.close({})


def test_another_store_cannot_open_it(recording: Path, tmp_path: Path) -> None:
    other = StoreKey.load_or_create(tmp_path / "other")
    with pytest.raises(RecordingError, match=r"visit\.recording: made by another user or computer"):
        RecordingReader(recording, other)


def test_the_key_of_another_recording_does_not_open_it(recording: Path, store_key: StoreKey, tmp_path: Path) -> None:
    RecordingWriter(tmp_path / "b.recording", [], {}, store_key).close({})
    shutil.copy(key_path(tmp_path / "b.recording"), key_path(recording))
    with pytest.raises(RecordingError, match="is not a recording, or its beginning is damaged"):
        RecordingReader(recording, store_key)


def test_without_its_key_it_says_which_file_is_missing(recording: Path, store_key: StoreKey) -> None:
    key_path(recording).unlink()
    with pytest.raises(RecordingError, match=r"key file visit\.recording\.key is missing"):
        RecordingReader(recording, store_key)


@pytest.mark.parametrize("content", [b"", b"time_s,emg_biceps_mV\n0,1\n", b"SQLite format 3\0" + bytes(5000)])
def test_a_file_of_another_kind_is_refused(recording: Path, store_key: StoreKey, content: bytes) -> None:
    recording.write_bytes(content)
    with pytest.raises(RecordingError, match=r"visit\.recording: .*not a recording"):
        RecordingReader(recording, store_key)


def test_a_missing_file_is_said(tmp_path: Path, store_key: StoreKey) -> None:
    with pytest.raises(RecordingError, match="there is no such recording"):
        RecordingReader(tmp_path / "none.recording", store_key)


def test_tampered_bytes_are_found_wherever_they_are(recording: Path, store_key: StoreKey) -> None:
    whole = recording.read_bytes()
    pages = range(len(whole) // PAGE)
    assert len(pages) > 20
    found_whole, said = 0, set[str]()
    for page in pages:
        changed = bytearray(whole)
        changed[page * PAGE + 1000] ^= 1
        recording.write_bytes(changed)
        try:
            with RecordingReader(recording, store_key) as reader:
                found_whole += len(list(reader.items())) == 1401 and reader.about == {"person": MARKER}
        except RecordingError as error:
            said.add(str(error).removeprefix(str(recording)))
    assert all("damaged" in line and "\n" not in line for line in said)
    unused = 1  # at most: a page that closing freed is not read
    assert found_whole <= unused


def test_recovering_a_damaged_recording_keeps_what_is_sound(recording: Path, store_key: StoreKey) -> None:
    whole = bytearray(recording.read_bytes())
    whole[len(whole) // 2] ^= 1
    recording.write_bytes(whole)
    recovery = recover(recording, store_key)
    assert not recovery.intact
    with RecordingReader(recording, store_key) as reader, pytest.raises(RecordingError, match="damaged"):
        list(reader.items())


def test_recovering_a_closed_recording_changes_nothing(recording: Path, store_key: StoreKey) -> None:
    recovery = recover(recording, store_key)
    assert (recovery.intact, recovery.counted, recovery.missing_s, recovery.events_missing) == (True, True, 0.0, 0)
    assert recovery.samples_saved["muscle_7/emg"] == 4000
    assert recovery.duration_s == pytest.approx(2.0, abs=0.01)
    with RecordingReader(recording, store_key) as reader:
        assert not reader.recovered


def test_deleting_takes_the_key_too(recording: Path) -> None:
    delete(recording)
    assert [file for file in recording.parent.iterdir() if file.is_file()] == []


def test_a_running_recording_is_not_deleted(tmp_path: Path, store_key: StoreKey) -> None:
    writer = RecordingWriter(tmp_path / "a.recording", [], {}, store_key)
    with pytest.raises(RecordingError, match="is being recorded right now"):
        delete(tmp_path / "a.recording")
    writer.close({})
    assert unclosed(tmp_path) == []


def test_a_taken_name_is_refused_and_kept(recording: Path, store_key: StoreKey) -> None:
    before = recording.read_bytes()
    with pytest.raises(RecordingError, match="is there already"):
        RecordingWriter(recording, [], {}, store_key)
    assert recording.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="names of any length are a matter of the file system")
def test_a_recording_that_cannot_begin_leaves_nothing(tmp_path: Path, store_key: StoreKey) -> None:
    name = "n" * 249  # with ".key" it still fits into 255 bytes, with ".live" and ".reserve" it does not
    with pytest.raises(RecordingError, match="cannot be written"):
        RecordingWriter(tmp_path / name, [], {}, store_key)
    assert [file for file in tmp_path.iterdir() if file.is_file()] == []


def test_an_unknown_stream_is_named(recording: Path, store_key: StoreKey) -> None:
    with (
        RecordingReader(recording, store_key) as reader,
        pytest.raises(RecordingError, match="'x/emg'; it has: muscle"),
    ):
        reader.data("x/emg")


def test_what_cannot_be_read_back_is_refused_at_once(tmp_path: Path, store_key: StoreKey, loads: ModuleType) -> None:
    info = StreamInfo("a/emg", "a", (Channel("emg", "emg"),), 100.0, True)
    chunk = info.chunk(np.ones((3, 1)), np.arange(3.0), 0)
    with RecordingWriter(tmp_path / "a.recording", [info], {}, store_key) as writer:
        for wrong in (
            StreamInfo("b/emg", "a", info.channels, 100.0, True).chunk(chunk.counts, chunk.times_s, 0),
            info.chunk(np.ones((3, 2)), np.arange(3.0), 0),
            info.chunk(np.ones((3, 1)), np.arange(2.0), 0),
            StreamInfo("a/emg", "a", info.channels, 100.0).chunk(chunk.counts, chunk.times_s, 0),
        ):
            with pytest.raises(ValueError, match=r"[ab]/emg"):
                writer.chunk(wrong)
        with pytest.raises(ValueError, match="with other channels or rate"):
            writer.add_stream(StreamInfo("a/emg", "a", info.channels, 200.0, True))
        writer.chunk(chunk)
        assert writer.received == {"a/emg": 3}
    with RecordingReader(tmp_path / "a.recording", store_key) as reader:
        assert list(map(loads.identity, reader.items())) == [loads.identity(chunk)]


def test_after_closing_nothing_is_taken_any_more(tmp_path: Path, store_key: StoreKey) -> None:
    writer = RecordingWriter(tmp_path / "a.recording", [], {}, store_key)
    writer.close({"first": True})
    writer.event(Event(1.0, "late"))
    writer.close({"second": True})
    with RecordingReader(tmp_path / "a.recording", store_key) as reader:
        assert list(reader.items()) == []
        assert reader.summary == {"first": True}


def test_the_lock_holds_within_a_process_too(tmp_path: Path) -> None:
    path = tmp_path / "a.recording.live"
    counts = LiveCounts.create(path, b"12345678")
    counts.add_samples(3, 7)
    counts.add_samples(3, 5)
    counts.add_event()
    with pytest.raises(RecordingError, match=r"a\.recording: is being recorded right now"):
        LiveCounts.seize(path)
    counts.close(remove=False)
    again = LiveCounts.seize(path)
    assert again is not None
    assert (again.samples(3), again.samples(2), again.events, again.token) == (12, 0, 1, b"12345678")
    again.close(remove=True)
    again.close(remove=True)
    assert not path.exists()


def test_the_reference_load_is_cheap_and_small(tmp_path: Path, store_key: StoreKey, loads: ModuleType) -> None:
    """A quarter of a second of signal in each commit, in processor time; some 1 to 2 % of a core on a 2024 machine."""
    path = tmp_path / "a.recording"
    RecordingWriter(path, (*loads.EMG, *loads.IMU), {}, store_key).close({})
    before = path.stat().st_size
    database = open_existing(path, store_key, "rw")
    rows = RowWriter(database)
    costs_s = []
    for number, batch in enumerate(batched(loads.reference_load(480), 12 * 14)):
        queued = [Queued(1000 * number + place, 0.0, chunk) for place, chunk in enumerate(batch)]
        start_s = time.thread_time()
        rows.save(queued)
        costs_s.append(time.thread_time() - start_s)
    compact(database)
    database.close()
    commit_s = 12 * loads.STEP_S
    assert float(np.median(costs_s)) < 0.08 * commit_s
    plain = 16_000 * 4 + 6 * 100 * 10 * 4  # bytes a second of counts and values, without any times
    assert path.stat().st_size - before < 0.8 * plain * len(costs_s) * commit_s
