"""The link between engine and windows: real sockets, a real second process, a killed writer."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest

from biofeedback.session.commands import Mark, MoveTarget, Start
from biofeedback.session.link import EngineSide, Launch, LinkError, WindowSide, attach
from biofeedback.session.view import TICK


def wait_until(condition, timeout_s=5.0):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "nothing came in time"
        time.sleep(0.005)


@pytest.fixture
def engine(tmp_path):
    taken = []
    side = EngineSide(tmp_path, taken.append)
    side.taken = taken
    side.announce()
    yield side
    side.close()


def test_commands_arrive_in_order(engine, tmp_path):
    window = WindowSide(tmp_path)
    sent = [Start(), MoveTarget("knee_angle", "high", 14.0), Mark("grimace")]
    for command in sent:
        window.send(command)
    wait_until(lambda: len(engine.taken) == 3)
    assert engine.taken == sent
    window.close()


def test_a_window_that_goes_away_leaves_the_engine_as_it_is(engine, tmp_path, make_view):
    first = WindowSide(tmp_path)
    first.send(Start())
    wait_until(lambda: engine.windows == 1)
    first.close()
    wait_until(lambda: engine.windows == 0)
    engine.page(make_view(7))
    second = WindowSide(tmp_path)
    assert second.view().version == 7
    second.close()


def test_something_that_is_no_command_ends_that_connection_only(engine, tmp_path, caplog):
    window = WindowSide(tmp_path)
    window._connection.send_bytes(b'{"type":"Explode"}')
    wait_until(lambda: "no command" in caplog.text)
    caplog.clear()
    window.close()
    other = WindowSide(tmp_path)
    other.send(Start())
    wait_until(lambda: engine.taken == [Start()])
    other.close()


def test_ticks_and_heartbeat(engine, tmp_path):
    window = WindowSide(tmp_path)
    row = np.zeros((), TICK)
    row["level"] = 0.5
    engine.tick(row)
    rows, head = window.ticks(0)
    assert head == 1
    assert rows["level"][0] == np.float32(0.5)
    assert window.alive()
    time.sleep(1.1)
    assert not window.alive()
    engine.beat()
    assert window.alive()
    window.close()


def test_only_the_owner_can_read_the_address_and_the_page(engine, tmp_path):
    if sys.platform == "win32":
        pytest.skip("permissions are those of the user's folder on Windows")
    assert (tmp_path / "engine.json").stat().st_mode & 0o077 == 0
    assert engine._ring.path.stat().st_mode & 0o077 == 0


def test_without_an_engine_there_is_nothing_to_attach_to(tmp_path):
    assert attach(tmp_path) is None
    (tmp_path / "engine.json").write_text("{ broken")
    assert attach(tmp_path) is None


_KILLED = """
import sys, time, pathlib
from biofeedback.session.link import EngineSide
side = EngineSide(pathlib.Path(sys.argv[1]), print)
side.announce()
print("up", flush=True)
while True:
    side.beat(); time.sleep(0.02)
"""


def test_what_a_killed_engine_left_is_taken_away_by_the_next(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", _KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "up\n"
    window = WindowSide(tmp_path)
    old = msgspec.json.decode((tmp_path / "engine.json").read_bytes())
    assert Path(old["ring"]).exists()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    window.send(Start())  # nobody there: no exception, it shows in alive()
    wait_until(lambda: not window.alive())
    window.close()
    side = EngineSide(tmp_path, lambda command: None)
    try:
        assert not Path(old["ring"]).exists()
        assert not Path(old["socket"]).exists()
    finally:
        side.close()
    assert not (tmp_path / "engine.json").exists()


def test_an_engine_that_cannot_start_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    plan = '{"exercise":"no-such-thing","source":{"type":"Simulated"}}'
    with pytest.raises(LinkError, match="no such exercise"):
        Launch(tmp_path, ["--plan", plan]).connect()
