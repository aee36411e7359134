"""Whatever is killed, and whenever: what was recorded is there, and a new window takes up the session."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from biofeedback.session import commands as ask
from biofeedback.session.link import attach
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.records import sessions
from biofeedback.storage.records.store import Records

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="process groups and SIGKILL are POSIX"),
    pytest.mark.timeout(300),
]


def environment(home):
    return os.environ | {"BIOFEEDBACK_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}


def recovered(home):
    done = subprocess.run(
        [sys.executable, "-m", "biofeedback", "recover", "--json"],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["recovered"]


@pytest.fixture
def start_demo(tmp_path):
    """Start demonstrations; whatever is left of them is killed in the end."""
    started = []

    def start():
        command = ["demo", "--headless", "--seconds", "300", "--out", str(tmp_path / "out")]
        demo = subprocess.Popen(
            [sys.executable, "-m", "biofeedback", *command],
            env=environment(tmp_path),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(demo)
        return demo

    yield start
    for demo in started:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)
        demo.communicate()


def until(condition, words, timeout_s=120.0):
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{words}: not in time"
        time.sleep(0.05)
    return found


def attached(home, demo=None):
    """Attach to the demonstration's engine as soon as samples flow; the demonstration must not end meanwhile."""

    def engine():
        assert demo is None or demo.poll() is None, demo.communicate()
        return attach(home)

    client = until(engine, "an engine to attach to")
    until(lambda: client.ticks(0)[1] > 0, "samples")
    return client


def test_a_killed_demo_is_recovered_with_at_most_a_second_missing(tmp_path, start_demo):
    demo = start_demo()
    client = attached(tmp_path, demo)
    until(lambda: (page := client.view()) and (page.saved_s or 0.0) > (page.recording_since_s or 0.0), "a first save")
    client.close()
    time.sleep(random.Random().uniform(0.0, 1.5))  # at any moment: nothing depends on how far it came
    os.killpg(demo.pid, signal.SIGKILL)
    demo.wait(30)
    (found,) = recovered(tmp_path)
    assert found["intact"]
    assert found["counted"]
    assert 0.0 <= found["missing_s"] <= 1.0
    assert sum(found["samples_saved"].values()) > 0
    assert found["kept"]
    assert recovered(tmp_path) == []
    assert not (tmp_path / "engine.json").exists()  # nor the memory and the socket it names
    with Records.open(tmp_path, StoreKey.load_or_create(tmp_path)) as records:
        (path,) = (tmp_path / "recordings").glob("*.recording")
        session = sessions.of_recording(records, path.name)
    assert session.label == "Demo"
    assert session.bouts[0].recovered


def test_the_window_dies_and_the_session_goes_on(tmp_path, start_demo):
    demo = start_demo()
    attached(tmp_path, demo).close()
    os.kill(demo.pid, signal.SIGKILL)  # the window's process; the engine is its child and stays
    demo.wait(30)
    client = attached(tmp_path)
    before = client.ticks(0)[1]
    until(lambda: client.ticks(0)[1] > before + 50, "more samples")
    client.send(ask.Finish())
    until(client.ended, "the end of the engine")
    client.close()
    assert recovered(tmp_path) == []  # it was closed in order


def test_a_second_start_says_that_the_program_is_open(tmp_path, start_demo):
    start_demo()
    until(lambda: list((tmp_path / "recordings").glob("*.recording.live")), "a recording")
    second = start_demo()
    _, errors = second.communicate(timeout=90)
    assert second.returncode == 2
    assert errors.strip() == "biofeedback: the program is open already; use the window that is there"
