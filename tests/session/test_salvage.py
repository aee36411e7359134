"""What a killed process left open is offered at the next start, and kept and closed when asked."""

import asyncio
import subprocess
import sys

import msgspec
import pytest

from biofeedback.devices.simulated import SimulatedPerson, simulated_devices
from biofeedback.exercises import model
from biofeedback.session.engine import Engine, SessionPlan
from biofeedback.session.notices import Notices
from biofeedback.session.salvage import Salvage, rescue
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader, RecordingWriter, unclosed
from biofeedback.storage.records import sessions
from biofeedback.storage.records.store import FILE_NAME, Records

ARM = model.find("shoulder-flexion")  # one motion sensor: a whole session in little time
VISIT = "6f6e0a5e-0f0f-4f0f-8f0f-0f0f0f0f0f0f"
_KILLED = """
import os, pathlib, sys, time
import numpy as np
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingWriter
from biofeedback.stream import Channel, StreamInfo
home = pathlib.Path(sys.argv[1])
(home / "recordings").mkdir()
info = StreamInfo("arm/emg", "arm", (Channel("emg", "emg", 1e-6),), 1000.0, integer_counts=True)
writer = RecordingWriter(home / "recordings" / "left.recording", (info,), {}, StoreKey.load_or_create(home))
for i in range(20):
    writer.chunk(info.chunk(np.ones((50, 1)), (50 * i + np.arange(50)) / 1000, 50 * i))
while writer.saved["arm/emg"] < 1000:
    time.sleep(0.02)
os.kill(os.getpid(), 9)
"""


def left_open(home):
    """Leave a session's recording as an engine would that was killed after its last set; return its document."""
    person = SimulatedPerson(ARM, "healthy", 2, rest_s=0.5, reference_s=0.0, pause_s=0.5, going=False)
    devices = simulated_devices(person, speed=None)
    (home / "recordings").mkdir()
    about = {"exercise": ARM.id, "exercise_file": msgspec.to_builtins(ARM), "person": "P-014", "visit": VISIT}
    path = home / "recordings" / "a.recording"
    recorder = RecordingWriter(path, (), about, StoreKey.load_or_create(home))
    engine = Engine(
        SessionPlan(exercise=ARM, person="P-014", auto=True, seconds=15.0), devices, recorder=recorder,
        clock=devices[0].clock.session_s, sleep=devices[0].clock.sleep, companion=person,
    )  # fmt: skip
    asyncio.run(engine.run())
    recorder.close({}, mark=False)
    return path, engine.document()


def kept(home, path):
    with Records.open(home, StoreKey.load_or_create(home)) as records:
        return sessions.of_recording(records, path.name)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_samples_without_a_session_are_offered_and_then_closed(tmp_path):
    subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=False, timeout=60)
    key, notices = StoreKey.load_or_create(tmp_path), Notices()
    salvage = Salvage(tmp_path, key)
    salvage.offer(notices)
    banner = notices.banner()
    assert banner.kind == "warn"
    assert [action.command for action in banner.actions] == ["RecoverRecordings", "DismissBanner"]
    asyncio.run(salvage.run(notices))
    assert notices.banner().title == "Recordings recovered: 1."
    path = tmp_path / "recordings" / "left.recording"
    with RecordingReader(path, key) as reader:
        assert reader.closed
        assert reader.recovered
        assert len(reader.data("arm/emg").counts) == 1000
    assert kept(tmp_path, path) is None


def test_a_session_comes_into_the_records_with_its_sets_and_is_tried_again_if_that_fails(tmp_path):
    path, document = left_open(tmp_path)
    assert document["count"] > 1
    (tmp_path / FILE_NAME).write_bytes(b"another key's database" * 400)
    (failed,) = rescue(tmp_path, StoreKey.load_or_create(tmp_path))
    assert "does not belong to this store's key" in failed.failure
    assert "\n" not in failed.failure
    assert not failed.kept
    assert unclosed(tmp_path / "recordings") == [path]

    (tmp_path / FILE_NAME).unlink()
    notices = Notices()
    asyncio.run(Salvage(tmp_path, StoreKey.load_or_create(tmp_path)).run(notices))
    assert notices.banner().kind == "info"
    session = kept(tmp_path, path)
    assert str(session.id) == VISIT
    assert session.bouts[0].recovered
    (done,) = session.bouts[0].sets
    assert (done.done, done.reached) == (document["count"], document["reached"])
    assert unclosed(tmp_path / "recordings") == []
    assert rescue(tmp_path, StoreKey.load_or_create(tmp_path)) == []


def test_nothing_is_said_where_nothing_was_left(tmp_path):
    notices = Notices()
    Salvage(tmp_path, StoreKey.load_or_create(tmp_path)).offer(notices)
    assert notices.banner() is None


def test_what_was_killed_before_anything_came_is_closed_and_is_no_session(tmp_path):
    (tmp_path / "recordings").mkdir()
    path = tmp_path / "recordings" / "a.recording"
    RecordingWriter(path, (), {"exercise": ARM.id}, StoreKey.load_or_create(tmp_path)).close({}, mark=False)
    (found,) = rescue(tmp_path, StoreKey.load_or_create(tmp_path))
    assert found.recovery is not None
    assert not found.kept
    assert not found.failure
    assert unclosed(tmp_path / "recordings") == []
