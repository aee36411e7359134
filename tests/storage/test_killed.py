from __future__ import annotations

import random
import shutil
import time
from pathlib import Path
from types import ModuleType

import pytest

from biofeedback.storage.errors import RecordingError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader, recover, unclosed
from biofeedback.stream import Event

MOMENTS = 4
LONGEST_LOSS_S = 1.0


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory: pytest.TempPathFactory, record_in_child) -> tuple[Path, dict[str, dict[str, int]]]:
    """A folder of recordings killed at random moments, and what each process had told to have received before."""
    folder = tmp_path_factory.mktemp("killed")
    told = {}
    for pair in range(MOMENTS // 2):
        paths = [folder / f"{pair}{which}.recording" for which in "ab"]
        children = [record_in_child(path, seconds=3) for path in paths]
        for path, child in zip(paths, children, strict=True):
            assert child.read() == {"ready": True}
            time.sleep(random.uniform(0.3, 0.9))
            lines = child.kill()
            told[path.name] = lines[-1]["received"] if lines else {}
    return folder, told


@pytest.fixture
def killed(left_behind: tuple[Path, dict[str, dict[str, int]]], tmp_path: Path) -> list[tuple[Path, dict[str, int]]]:
    folder, told = left_behind
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return [(tmp_path / name, received) for name, received in told.items()]


def test_all_but_the_last_second_is_there_and_the_rest_is_counted(
    killed: list[tuple[Path, dict[str, int]]], store_key: StoreKey, loads: ModuleType
) -> None:
    load = list(loads.reference_load(150))
    streams = [info.id for info in (*loads.EMG, *loads.IMU)]
    for path, told in killed:
        recovery = recover(path, store_key)
        assert recovery.intact
        assert recovery.counted
        assert recovery.missing_s <= LONGEST_LOSS_S
        received = {stream: recovery.samples_saved[stream] + recovery.samples_missing[stream] for stream in streams}
        assert all(received[stream] >= samples for stream, samples in told.items())
        # Chunks were handed over in a known order, so what was received is a beginning of it and nothing else.
        handed = sum(received[stream] // len(load[number]) for number, stream in enumerate(streams))
        expected = dict.fromkeys(streams, 0)
        for chunk in load[:handed]:
            expected[chunk.stream] += len(chunk)
        assert received == expected
        assert handed > 100
        assert abs(recovery.duration_s - max(recovery.samples_saved.values()) / 2000) < 0.02


def test_what_was_saved_is_a_beginning_of_what_was_sent(
    killed: list[tuple[Path, dict[str, int]]], store_key: StoreKey, loads: ModuleType
) -> None:
    load = list(loads.reference_load(150))
    for path, _ in killed:
        recover(path, store_key)
        with RecordingReader(path, store_key) as reader:
            assert (reader.closed, reader.recovered, reader.summary) == (True, True, {})
            items = list(reader.items())
        chunks = [item for item in items if not isinstance(item, Event)]
        assert list(map(loads.identity, chunks)) == list(map(loads.identity, load[: len(chunks)]))
        steps = [item.values["step"] for item in items if isinstance(item, Event)]
        assert steps == list(range(len(steps)))


def test_recovering_again_says_the_same(
    killed: list[tuple[Path, dict[str, int]]], store_key: StoreKey, tmp_path: Path
) -> None:
    assert unclosed(tmp_path) == sorted(path for path, _ in killed)
    first = [recover(path, store_key) for path, _ in killed]
    assert unclosed(tmp_path) == []
    assert [recover(path, store_key) for path, _ in killed] == first
    left = {file.name for file in tmp_path.iterdir() if file.is_file()}
    assert left == {path.name + ending for path, _ in killed for ending in ("", ".key")}


def test_a_recording_can_be_read_before_it_is_recovered(
    killed: list[tuple[Path, dict[str, int]]], store_key: StoreKey
) -> None:
    path, _ = killed[0]
    with RecordingReader(path, store_key) as reader:
        before = sum(1 for _ in reader.items())
        assert not reader.closed
    recover(path, store_key)
    with RecordingReader(path, store_key) as reader:
        assert sum(1 for _ in reader.items()) == before


def test_without_its_side_file_the_loss_is_unknown_not_zero(
    killed: list[tuple[Path, dict[str, int]]], store_key: StoreKey
) -> None:
    (gone, _), (foreign, _), (cut, _), (other, _) = killed
    Path(f"{gone}.live").unlink()
    shutil.copy(f"{other}.live", f"{foreign}.live")
    Path(f"{cut}.live").write_bytes(b"BF")
    for path in (gone, foreign, cut):
        assert path in unclosed(path.parent)
        recovery = recover(path, store_key)
        assert (recovery.counted, recovery.intact) == (False, True)
        assert min(recovery.samples_saved.values()) > 0


def test_a_running_recording_is_left_alone(tmp_path: Path, store_key: StoreKey, record_in_child) -> None:
    path = tmp_path / "running.recording"
    child = record_in_child(path, seconds=1.5)
    child.read()
    assert unclosed(tmp_path) == []
    with pytest.raises(RecordingError, match="is being recorded right now"):
        recover(path, store_key)
    ended = child.read_to_end()[-1]
    assert ended["failure"] is None
    assert ended["received"]["muscle_0/emg"] == 3000
    with RecordingReader(path, store_key) as reader:
        assert reader.closed
        assert len(reader.data("muscle_0/emg").data) == 3000
