"""The commands: a simulated person on the network, found by a scan, recorded, and taken into a session."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from biofeedback.cli import main
from biofeedback.cli.errors import UserError
from biofeedback.cli.live import parse_sensor
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingReader


def start(home, *arguments, **options):
    environment = os.environ | {"BIOFEEDBACK_HOME": str(home)}
    return subprocess.Popen(
        [sys.executable, "-m", "biofeedback", *arguments], env=environment, stdout=subprocess.PIPE, text=True, **options
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be asked to end")
def test_a_simulated_person_on_the_network_is_found_and_recorded(tmp_path, pylsl, monkeypatch, capsys):
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    sent = tmp_path / "sent.npz"
    simulator = start(
        tmp_path, "simulate", "movella-dot", "--lsl", "thigh", "--json", "--seconds", "40", "--sent", str(sent)
    )
    announced = json.loads("".join(iter(simulator.stdout.readline, "}\n")) + "}")
    assert announced == {"profile": "movella-dot", "port": "lsl:thigh"}
    out = tmp_path / "port.recording"
    assert main(["devices", "scan", "--seconds", "0.8", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["streams"]
    assert main(["record", "--port", "lsl:thigh", "--seconds", "1.5", "--out", str(out), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert {(one["port"], one["type"], one["channels"], one["rate_hz"]) for one in found} == {
        ("lsl:thigh", "IMU", 6, 60.0), ("lsl:thigh", "Orientation", 4, 60.0),
    }  # fmt: skip
    figures = summary["streams"]["thigh/imu"]
    assert figures["lost"] == 0
    assert figures["rate_hz"] == pytest.approx(60, rel=0.1)
    simulator.send_signal(signal.SIGINT)
    simulator.communicate(timeout=30)
    data = RecordingReader(out, StoreKey.load_or_create(tmp_path)).data("thigh/imu").data
    with np.load(sent) as kept:
        counts = kept["imu_counts"]
    scale = np.array([1.0] * 3 + [np.pi / 180] * 3)  # this sensor sends m/s2 and degrees a second
    distance = np.abs(counts * scale - data[0]).max(axis=1)
    begin = int(np.argmin(distance))
    np.testing.assert_allclose(data, (counts * scale)[begin : begin + len(data)], rtol=1e-6, atol=1e-9)


def test_a_port_without_a_profile_is_one_clear_line(tmp_path, capsys):
    assert main(["record", "--port", "COM5", "--seconds", "1", "--out", str(tmp_path / "x")]) == 2
    errors = capsys.readouterr().err
    assert "--profile is missing" in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "sensor"),
    [
        ("lsl:Forearm=biceps", ("", "lsl:Forearm", "biceps")),
        ("lsl:Forearm@lab", ("", "lsl:Forearm@lab", "Forearm@lab")),
        ("witmotion-wt901@COM5=thigh", ("witmotion-wt901", "COM5", "thigh")),
    ],
)
def test_sensors_are_named_by_port_alone_where_they_describe_themselves(text, sensor):
    assert parse_sensor(text) == sensor


def test_a_sensor_without_a_port_is_a_mistake():
    with pytest.raises(UserError, match="expected PROFILE@PORT"):
        parse_sensor("Forearm")
