"""A disk that is really full: a file size limit of the system, and a file system of a few megabytes."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from biofeedback.storage import disk
from biofeedback.storage.errors import RecordingError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader, RecordingWriter, recover, unclosed
from biofeedback.stream import Event

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits of a process and mounts are POSIX")


def small_disk_available(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(
        ["unshare", "-rm", "mount", "-t", "tmpfs", "small", str(folder)], capture_output=True, timeout=10, check=False
    )
    return tried.returncode == 0


def assert_sound_beginning(path: Path, store_key: StoreKey, loads: ModuleType, saved: dict[str, int]) -> None:
    with RecordingReader(path, store_key) as reader:
        chunks = [item for item in reader.items() if not isinstance(item, Event)]
        for stream, samples in saved.items():
            assert sum(len(chunk) for chunk in chunks if chunk.stream == stream) == samples
    load = loads.reference_load(len(chunks) // 14 + 1)
    for chunk, sent in zip(chunks, load, strict=False):
        assert loads.identity(chunk) == loads.identity(sent)
    assert len(chunks) > 100


def test_a_file_that_may_not_grow_ends_the_recording_cleanly(
    tmp_path: Path, store_key: StoreKey, loads: ModuleType, record_in_child
) -> None:
    path = tmp_path / "a.recording"
    ended = record_in_child(path, seconds=75, speed=20, limit=1_000_000).read_to_end()[-1]
    assert ended["failure"].startswith("The disk does not take any more")
    assert "\n" not in ended["failure"]
    assert ended["ignored"]
    assert 0 < ended["saved"]["muscle_0/emg"] < ended["received"]["muscle_0/emg"]
    assert_sound_beginning(path, store_key, loads, ended["saved"])
    with RecordingReader(path, store_key) as reader:
        assert reader.closed
        assert reader.failure == ended["failure"]
        assert reader.summary == {"ended": True}
    assert unclosed(tmp_path) == []
    recovery = recover(path, store_key)
    assert recovery.samples_missing["muscle_0/emg"] == (
        ended["received"]["muscle_0/emg"] - ended["saved"]["muscle_0/emg"]
    )


def test_where_not_even_the_close_mark_fits_it_is_recovered_later(
    tmp_path: Path, store_key: StoreKey, loads: ModuleType, record_in_child
) -> None:
    path = tmp_path / "a.recording"
    ended = record_in_child(path, seconds=75, speed=20, limit=1_000_000, at_close=4096).read_to_end()[-1]
    assert ended["failure"]
    assert unclosed(tmp_path) == [path]
    recovery = recover(path, store_key)
    assert recovery.intact
    assert recovery.counted
    assert recovery.samples_saved == ended["saved"]
    assert {s: n + recovery.samples_missing[s] for s, n in recovery.samples_saved.items()} == ended["received"]
    assert_sound_beginning(path, store_key, loads, ended["saved"])
    assert unclosed(tmp_path) == []


def test_a_full_disk_warns_holds_what_comes_and_ends_with_the_reserve(
    tmp_path: Path, loads: ModuleType, record_in_child
) -> None:
    small, out = tmp_path / "small", tmp_path / "out"
    small.mkdir()
    out.mkdir()
    if not small_disk_available(small):
        pytest.skip("this system does not let a user mount a file system of his own")
    fill = f"(until [ -e {small}/a.recording-wal ]; do sleep 0.02; done; head -c 59M /dev/zero > {small}/other) &"
    script = f'mount -t tmpfs -o size=68m small {small}; {fill} "$@"; cp -r {small}/store {small}/a.recording* {out}'
    child = record_in_child(small / "a.recording", "unshare", "-rm", "sh", "-c", script, "sh", seconds=40, speed=20)
    told = child.read_to_end()
    warnings = [line["warning"] for line in told if line.get("warning")]
    assert "nearly full" in warnings[0]
    assert warnings[-1].startswith("The disk is full: make room. Nothing is lost so far; the last ")
    assert told[-1]["failure"] is None
    assert told[-1]["saved"]["muscle_0/emg"] < told[-1]["received"]["muscle_0/emg"]  # before it was closed
    assert sorted(file.name for file in out.iterdir()) == ["a.recording", "a.recording.key", "store"]
    store_key = StoreKey.load_or_create(out / "store")
    assert_sound_beginning(out / "a.recording", store_key, loads, told[-1]["received"])  # the reserve took it all
    with RecordingReader(out / "a.recording", store_key) as reader:
        assert reader.closed
        assert reader.failure is None


def may_hold(writer: RecordingWriter, pages: int) -> None:
    """Let the recording's file grow no further than this; the engine then says what it says of a full disk."""
    writer._database.execute(f"PRAGMA max_page_count={pages}")


def until(condition: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + 30.0
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


@pytest.fixture
def full(tmp_path: Path, store_key: StoreKey, loads: ModuleType) -> Iterator[tuple[RecordingWriter, Path]]:
    """Return a recording whose disk became full, with twenty seconds of the load handed over."""
    path = tmp_path / "a.recording"
    writer = RecordingWriter(path, (*loads.EMG, *loads.IMU), {}, store_key)
    may_hold(writer, 20)
    for chunk in loads.reference_load(round(20 / loads.STEP_S)):
        writer.chunk(chunk)
    until(lambda: writer.warning and writer.warning.startswith("The disk is full"))
    yield writer, path
    writer.close({})


def test_when_there_is_room_again_it_goes_on_and_nothing_was_lost(full, store_key: StoreKey, loads: ModuleType) -> None:
    writer, path = full
    writer.add_stream(replace(loads.EMG[0], id="late/emg", device="late"))
    writer.event(Event(1.0, "mark", {"note": "while it was full"}))
    assert writer.saved != writer.received
    may_hold(writer, 1_000_000)
    until(lambda: writer.saved == writer.received)
    assert not (writer.warning or "").startswith("The disk is full")
    saved = writer.saved
    writer.close({})
    assert_sound_beginning(path, store_key, loads, saved)
    with RecordingReader(path, store_key) as reader:
        assert [event.values["note"] for event in reader.items() if isinstance(event, Event)] == ["while it was full"]
        assert "late/emg" in {stream.id for stream in reader.streams}


@pytest.mark.logs_errors
def test_more_than_memory_should_hold_ends_the_recording(full, loads: ModuleType, monkeypatch) -> None:
    writer, path = full
    monkeypatch.setattr("biofeedback.storage.writer.MOST_HELD", 1000)
    until(lambda: writer.failure is not None)
    assert writer.failure == f"The disk is full: recording stopped. What came before that is saved in {path.name}."
    assert writer.warning is None or "nearly" in writer.warning
    may_hold(writer, 1_000_000)


def test_a_recording_is_not_begun_where_there_is_no_room(tmp_path: Path, store_key: StoreKey) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if not small_disk_available(small):
        pytest.skip("this system does not let a user mount a file system of his own")
    code = (
        "import sys; from pathlib import Path; from biofeedback.storage.keys import StoreKey;"
        "from biofeedback.storage.recording import RecordingWriter;"
        "RecordingWriter(Path(sys.argv[1]) / 'a.recording', [], {}, StoreKey(bytes(32)))"
    )
    script = f'mount -t tmpfs -o size=20m small {small}; "$@"; ls -A {small}'
    command = ["unshare", "-rm", "sh", "-c", script, "sh", sys.executable, "-c", code, str(small)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert "only 20 MB are free on this disk; make room for 50 MB" in answer.stderr
    assert answer.stdout == ""


def test_a_network_share_is_told_by_its_mount() -> None:
    mounts = {Path("/"): "ext4", Path("/clinic"): "cifs", Path("/clinic/local"): "ext4", Path("/home"): "nfs4"}
    assert disk.is_network_kind(Path("/clinic/recordings"), mounts)
    assert disk.is_network_kind(Path("/home"), mounts)
    assert not disk.is_network_kind(Path("/clinic/local/recordings"), mounts)
    assert not disk.is_network_kind(Path("/var"), mounts)


def test_the_disk_of_this_test_is_local(tmp_path: Path) -> None:
    assert not disk.on_network(tmp_path)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, store_key: StoreKey) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="cannot be written"):
        RecordingWriter(tmp_path / "file" / "a.recording", [], {}, store_key)
