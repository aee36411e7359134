"""The window of the program is killed in mid-set, the engine lives: the next window is in the same set."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from biofeedback.session import commands as ask
from biofeedback.session.late import LateClient
from biofeedback.session.link import attach
from biofeedback.session.room.commands import Begin, CloseRoom, Prepare, UseSimulated
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")


def until(condition, seconds=90.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.05)


@pytest.mark.timeout(300)
def test_a_window_opened_after_one_was_killed_is_in_the_same_set(tmp_path, monkeypatch, qtbot):
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
        hands.send(Prepare(exercise="biceps-contraction", person="P-001"))
        hands.send(UseSimulated())
        until(lambda: hands.room() is not None and any(place.sensor for place in hands.room().places))
        hands.send(Begin())
        until(lambda: hands.view() is not None and hands.view().calibration is not None)
        hands.send(ask.SkipCalibration())
        until(lambda: hands.view().calibration is None)
        hands.send(ask.Start())
        until(lambda: hands.view().phase == "live")
        since_s = hands.view().recording_since_s
    finally:
        first.kill()
        first.wait(30)
    assert first.returncode == -signal.SIGKILL

    from biofeedback.cli.program import Program
    from biofeedback.ui.settings import Settings

    client = LateClient(tmp_path, [])
    assert client.came_back
    until(lambda: client.room() is not None)
    program = Program(client, Settings(language="en"))
    qtbot.addWidget(program.shell)
    program.begin()
    qtbot.waitUntil(lambda: program.shell.here == "live", timeout=30_000)
    banner = program.shell.page.console
    qtbot.waitUntil(lambda: banner._banner is not None and "came back" in banner._banner.title, timeout=30_000)
    assert (client.view().phase, client.view().set_number, client.view().recording_since_s) == ("live", 1, since_s)
    counted = len(client.view().repetitions)
    qtbot.waitUntil(lambda: len(client.view().repetitions) > counted, timeout=60_000)

    client.send(ask.Finish())
    until(lambda: client.room().session == "none")
    kept = client.room().finished
    program.shell.close()
    program.close()
    client.send(CloseRoom())
    hands.close()
    until(lambda: not client.alive())
    client.close()
    with RecordingReader(
        tmp_path / "recordings" / Path(kept.recording_path).name, StoreKey.load_or_create(tmp_path)
    ) as reader:
        assert reader.failure is None
        assert not list((tmp_path / "recordings").glob("*.live"))
