"""A demonstration that is told to end closes its recording, and leaves no engine behind."""

import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")


def test_a_terminated_demo_closes_its_recording(tmp_path):
    demo = subprocess.Popen(
        [sys.executable, "-m", "biofeedback", "demo", "--headless", "--seconds", "60", "--out", str(tmp_path / "out")],
        env=os.environ | {"BIOFEEDBACK_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 90
        while not (tmp_path / "engine.json").exists():
            assert time.monotonic() < deadline, "no session was begun"
            time.sleep(0.05)
        time.sleep(2.0)
        os.kill(demo.pid, signal.SIGTERM)
        demo.wait(90)
        assert not (tmp_path / "engine.json").exists()
        assert not list((tmp_path / "recordings").glob("*.live"))
        assert (tmp_path / "out" / "session.json").exists()
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)
