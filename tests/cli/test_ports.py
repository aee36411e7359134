"""A simulated firmware on a virtual port, read by the real transport: nothing lost, nothing changed."""

import json
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from biofeedback.cli import main
from biofeedback.devices.registry import load_profile
from biofeedback.devices.virtual import VirtualDevice
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals on Windows")
SECONDS = float(os.environ.get("BIOFEEDBACK_PORT_SECONDS", "3"))


def run(home, *arguments, **options):
    environment = os.environ | {"BIOFEEDBACK_HOME": str(home)}
    return subprocess.Popen(
        [sys.executable, "-m", "biofeedback", *arguments], env=environment, stdout=subprocess.PIPE, text=True, **options
    )


@pytest.mark.timeout(SECONDS + 60)
@pytest.mark.parametrize(("profile", "stream"), [("openbci-cyton", "exg"), ("witmotion-wt901", "imu")])
def test_what_was_sent_is_what_is_recorded(tmp_path, profile, stream):
    sent = tmp_path / "sent.npz"
    simulator = run(
        tmp_path, "simulate", profile, "--pty", "--json", "--seconds", str(SECONDS + 8), "--sent", str(sent)
    )
    announced = json.loads("".join(iter(simulator.stdout.readline, "}\n")) + "}")
    out = tmp_path / "port.recording"
    recorder = run(
        tmp_path, "record", "--profile", profile, "--port", announced["port"], "--seconds", str(SECONDS),
        "--out", str(out), "--json",
    )  # fmt: skip
    summary = json.loads(recorder.communicate(timeout=SECONDS + 30)[0])
    simulator.communicate(timeout=30)
    assert recorder.returncode == 0
    figures = summary["streams"][f"{profile}/{stream}"]
    assert figures["lost"] == 0
    assert figures["rate_hz"] == pytest.approx(figures["nominal_rate_hz"], rel=0.02)
    data = RecordingReader(out, StoreKey.load_or_create(tmp_path)).data(f"{profile}/{stream}")
    assert len(data.counts) >= 0.95 * SECONDS * figures["nominal_rate_hz"]
    with np.load(sent) as kept:
        ticks, counts = kept[f"{stream}_ticks"], kept[f"{stream}_counts"]
    assert np.all(np.diff(ticks) == 1)
    starts = np.flatnonzero((counts == data.counts[0]).all(axis=1))
    lengths = [start for start in starts if start + len(data.counts) <= len(counts)]
    assert any(np.array_equal(counts[start : start + len(data.counts)], data.counts) for start in lengths)


def test_a_device_that_does_not_come_back_is_told_at_the_end(tmp_path, monkeypatch, capsys):
    profile = load_profile("witmotion-wt901")
    out = tmp_path / "gone.recording"

    def source(_, n_ticks):
        return {one.id: np.ones((n_ticks, len(one.channels))) for one in profile.streams}

    def pull_out():
        while not out.exists():  # it is made when the device has been opened
            time.sleep(0.05)
        time.sleep(0.5)
        device.unplug()

    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    with VirtualDevice(profile, source) as device:
        pulling = threading.Thread(target=pull_out)
        pulling.start()
        record = ["record", "--profile", "witmotion-wt901", "--port", device.port, "--seconds", "3", "--out", str(out)]
        assert main([*record, "--json"]) == 0
        pulling.join()
    gone_s = json.loads(capsys.readouterr().out)["gone_at_end_s"]
    assert 0.5 < gone_s < 4


def test_a_port_that_is_not_there_is_one_clear_line(tmp_path):
    recorder = run(
        tmp_path, "record", "--profile", "openbci-cyton", "--port", "/dev/no-such-port", "--seconds", "1",
        "--out", str(tmp_path / "x.recording"), stderr=subprocess.PIPE,
    )  # fmt: skip
    _, errors = recorder.communicate(timeout=30)
    assert recorder.returncode == 2
    assert errors.count("\n") == 1
    assert "no-such-port" in errors
