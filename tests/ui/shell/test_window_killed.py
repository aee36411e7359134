"""The window is killed in mid-set, then the engine: the set goes on in the next window, and no sample is lost."""

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt

from biofeedback.session import commands as ask
from biofeedback.session.late import LateClient
from biofeedback.session.link import Address, attach
from biofeedback.session.room.commands import Begin, CloseRoom, Prepare, UseSimulated
from biofeedback.session.view import GRID_HZ
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader, unclosed
from biofeedback.storage.records import sessions
from biofeedback.storage.records.store import Records
from biofeedback.stream import Chunk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")


def until(condition, seconds=90.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.05)


@pytest.fixture
def killed_window(tmp_path, monkeypatch):
    """Kill the program's own window in mid-set; yields the hands that steered it, and where the ticks were then."""
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    first = subprocess.Popen(
        [sys.executable, "-m", "biofeedback"],
        env=os.environ | {"BIOFEEDBACK_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: (tmp_path / "engine.json").exists())
        hands = attach(tmp_path)
        assert hands is not None
        to_come = Prepare(exercise="knee-extension-seated", person="P-001", number=2, count=2)
        hands.send(Prepare(exercise="biceps-contraction", person="P-001", count=2, then=(to_come,)))
        hands.send(UseSimulated())
        until(lambda: hands.room() is not None and any(place.sensor for place in hands.room().places))
        hands.send(Begin())
        until(lambda: hands.view() is not None and hands.view().calibration is not None)
        hands.send(ask.SkipCalibration())
        until(lambda: hands.view().calibration is None)
        hands.send(ask.Start())
        until(lambda: hands.view().phase == "live")
        tick = hands.ticks(0)[1]
    finally:
        first.kill()
        first.wait(30)
    assert first.returncode == -signal.SIGKILL
    yield hands, tick
    hands.close()


def rescued(home):
    """Return the session that was put into the records, and each stream's chunks from its first recording."""
    path = min((home / "recordings").glob("*.recording"))
    key = StoreKey.load_or_create(home)
    with Records.open(home, key) as records:
        session = sessions.of_recording(records, path.name)
    with RecordingReader(path, key) as reader:
        assert reader.recovered
        chunks = [item for item in reader.items() if isinstance(item, Chunk)]
    return session, chunks


@pytest.mark.timeout(300)
def test_window_then_engine_are_killed_in_mid_set_and_nothing_is_lost(killed_window, tmp_path, qtbot):
    hands, tick_at_kill = killed_window
    from biofeedback.cli.plan import RoomPlan
    from biofeedback.cli.program import Program
    from biofeedback.ui.settings import Settings

    # a new window is in the same set
    plan = RoomPlan(listening=False, sound=False)
    client = LateClient(tmp_path, ["--room", msgspec.json.encode(plan).decode()])
    assert client.came_back
    since_s = hands.view().recording_since_s
    until(lambda: client.room() is not None)
    program = Program(client, Settings(language="en"))
    qtbot.addWidget(program.shell)
    program.begin()
    qtbot.waitUntil(lambda: program.shell.here == "live", timeout=30_000)
    banner = program.shell.page.console
    qtbot.waitUntil(lambda: banner._banner is not None and "came back" in banner._banner.title, timeout=30_000)
    assert (client.view().phase, client.view().set_number, client.view().recording_since_s) == ("live", 1, since_s)
    assert [one.exercise for one in program.way._to_come] == ["knee-extension-seated"]  # still to come today
    assert program._visitor == ("P-001", "")
    counted = len(client.view().repetitions)
    qtbot.waitUntil(
        lambda: len([one for one in client.view().repetitions if one.end_s is not None]) > counted, timeout=60_000
    )
    rows, tick = hands.ticks(tick_at_kill - 10)
    assert len(rows) == tick - tick_at_kill + 10 > GRID_HZ
    np.testing.assert_allclose(np.diff(rows["time_s"]), 1 / GRID_HZ, atol=1e-6)  # no row is missing

    # the engine dies: what was recorded is kept by itself, the sensors are there again, and one key goes on
    done = len([one for one in client.view().repetitions if one.end_s is not None])
    engine = msgspec.json.decode((tmp_path / "engine.json").read_bytes(), type=Address).pid
    os.kill(engine, signal.SIGKILL)
    qtbot.waitUntil(lambda: program.shell.here == "sensors", timeout=30_000)
    assert program.shell.page.foot().primary.text == "Go on"
    assert not program.shell.page.foot().primary.enabled  # before it is kept
    qtbot.waitUntil(lambda: program.shell.page.foot().primary.enabled, timeout=60_000)
    assert program.shell._banner.title == "The session broke off. What was recorded is kept."
    assert program.shell._banner.detail.endswith("goes on with set 1 of 3.")
    qtbot.keyClick(program.shell, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: client.view() is not None and client.room().session == "running", timeout=60_000)
    assert (client.room().person, client.room().exercise_id) == ("P-001", "biceps-contraction")
    assert (client.view().set_number, client.view().exercise_count) == (1, 2)
    assert [one.exercise for one in program.way._to_come] == ["knee-extension-seated"]
    qtbot.waitUntil(lambda: program.way._resuming is None, timeout=10_000)

    program.shell.close()
    program.close()
    client.send(CloseRoom())
    assert client.wait_for_end(60)
    client.close()
    assert unclosed(tmp_path / "recordings") == []
    session, chunks = rescued(tmp_path)
    assert session.label == "P-001"
    assert [one.number for one in session.bouts[0].sets] == [1]
    assert session.bouts[0].sets[0].done >= done
    of_stream = {name: [one for one in chunks if one.stream == name] for name in {one.stream for one in chunks}}
    assert of_stream
    for ours in of_stream.values():
        assert all(one.lost_before == 0 for one in ours)
        assert all(two.first_sample == one.first_sample + len(one) for one, two in pairwise(ours))
        assert np.all(np.diff(np.concatenate([one.times_s for one in ours])) > 0)
        assert float(ours[-1].times_s[-1]) > float(rows["time_s"][-1]) - 1.0  # at most a second is missing
