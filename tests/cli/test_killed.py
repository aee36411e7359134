"""Whatever is killed, and whenever: what was recorded is there, and a new window takes up the session."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups and SIGKILL are POSIX")


def environment(home):
    return os.environ | {"BIOFEEDBACK_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}


def command(home, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "biofeedback", *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def start_demo(home, *arguments):
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "biofeedback",
            "demo",
            "--headless",
            "--seconds",
            "60",
            "--out",
            str(home / "out"),
            *arguments,
        ],
        env=environment(home),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_recording(home, timeout_s=30.0):
    deadline = time.monotonic() + timeout_s
    while not list((home / "recordings").glob("*.recording.live")):
        assert time.monotonic() < deadline, "no recording was begun"
        time.sleep(0.05)


def test_a_killed_demo_is_recovered_with_at_most_a_second_missing(tmp_path):
    wait_s = random.Random(7)
    for _ in range(2):
        demo = start_demo(tmp_path)
        wait_for_recording(tmp_path)
        time.sleep(wait_s.uniform(0.5, 3.0))
        os.killpg(demo.pid, signal.SIGKILL)
        demo.communicate()
        (found,) = command(tmp_path, "recover", "--json")["recovered"]
        assert found["intact"]
        assert found["counted"]
        assert 0.0 <= found["missing_s"] <= 1.0
        assert sum(found["samples_saved"].values()) > 0
    assert command(tmp_path, "recover", "--json")["recovered"] == []
    assert not (tmp_path / "engine.json").exists()  # nor the memory and the socket it names


def test_the_window_dies_and_the_session_goes_on(tmp_path):
    from biofeedback.session import commands as ask
    from biofeedback.session.link import attach

    demo = start_demo(tmp_path)
    try:
        wait_for_recording(tmp_path)
        time.sleep(2.0)
        os.kill(demo.pid, signal.SIGKILL)  # the window's process; the engine is its child and stays
        demo.communicate()
        time.sleep(1.0)
        client = attach(tmp_path)
        assert client is not None
        assert client.alive()
        before = client.ticks(0)[1]
        time.sleep(0.5)
        assert client.ticks(0)[1] > before, "the engine stopped with its window"
        client.send(ask.Finish())
        deadline = time.monotonic() + 15
        while client.alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        client.close()
        time.sleep(0.5)
        assert command(tmp_path, "recover", "--json")["recovered"] == []  # it was closed in order
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)


def test_a_second_start_says_that_the_program_is_open(tmp_path):
    first = start_demo(tmp_path)
    try:
        wait_for_recording(tmp_path)
        second = start_demo(tmp_path)
        _, errors = second.communicate(timeout=30)
        assert second.returncode == 2
        assert errors.strip() == "biofeedback: the program is open already; use the window that is there"
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
