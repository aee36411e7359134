"""What a scan says of the sensors that are near: the command itself, on a virtual radio."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import bleak
import pytest

from biofeedback import cli
from biofeedback.devices.nearby import fitting, sensors_nearby
from biofeedback.devices.profiled import ProfiledDevice
from biofeedback.devices.registry import load_profile, make_device, profiles

CAPTURES = Path(__file__).parents[2] / "captures"
MYO = "d5060001-a904-deb9-4748-2c7f4a124842"


@pytest.mark.parametrize(
    ("name", "services", "expected"),
    [
        ("WT901BLE68", (), ("witmotion-ble",)),
        ("Movella DOT", (), ("movella-dot",)),
        ("Xsens DOT", (), ("movella-dot",)),
        ("Anything", (MYO,), ("thalmic-myo",)),
        ("Anything", (), ()),
        ("NPG-Lite-3CH:12:34", (), ("npg-lite-3ch",)),
        ("NPG-AA:BB", (), ("npg-lite-3ch",)),
        ("NPG-Lite-6CH:12:34", (), ("npg-lite-6ch",)),
        ("MetaWear", ("326a9000-85cb-9195-d9dd-464cfbbae75a",), ("metamotion-r", "metamotion-s")),
        ("Ganglion-1a2b", (), ("openbci-ganglion",)),
        ("Polar H10 12345678", (), ("polar-h10",)),
        ("", (), ()),
    ],
)
def test_profiles_fit_by_name_and_by_announced_service(name, services, expected):
    assert fitting(profiles(), name, services) == expected


def test_sensors_with_a_profile_come_first_and_names_are_harmless(on_air):
    async def check(radio):
        await radio.sensor("Lamp\x1b[2J", {})
        sensor = await radio.sensor("WT901BLE", {})
        first, second = await sensors_nearby(0.4, radio.backend)
        assert (first.name, first.address, first.profiles) == ("WT901BLE", sensor.address, ("witmotion-ble",))
        assert (second.name, second.profiles) == ("Lamp?[2J", ())

    on_air(check)


@pytest.fixture
def system_radio(monkeypatch, new_radio):
    """Put a virtual radio with a WitMotion sensor in the place of the system's Bluetooth."""
    profile = load_profile("witmotion-ble")
    capture = tomllib.loads((CAPTURES / "witmotion-ble/published.toml").read_text("utf-8"))
    frames = bytes.fromhex(capture["packets"][0][1])
    sending: list[asyncio.Task[None]] = []

    async def send(sensor) -> None:
        while True:
            await sensor.notify(profile.ble.characteristics[0].uuid, frames)
            await asyncio.sleep(0.02)

    async def furnish(radio) -> None:
        sending.append(asyncio.create_task(send(await radio.sensor_of(profile, "WT901BLE"))))

    backend = new_radio(furnish)
    monkeypatch.setattr(bleak, "get_platform_scanner_backend_type", lambda: (backend.scanner, "virtual"))
    monkeypatch.setattr(bleak, "get_platform_client_backend_type", lambda: (backend.client, "virtual"))


@pytest.mark.usefixtures("system_radio")
def test_scan_command(capsys):
    assert cli.main(["devices", "scan", "--seconds", "0.4", "--json"]) == 0
    (sensor,) = json.loads(capsys.readouterr().out)["sensors"]
    assert sensor["name"] == "WT901BLE"
    assert sensor["profiles"] == ["witmotion-ble"]
    assert sensor["rssi_dbm"] < 0
    assert cli.main(["devices", "scan", "--seconds", "0.4"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["name", "address", "signal", "may", "be"]
    assert row.split() == ["WT901BLE", sensor["address"], str(sensor["rssi_dbm"]), "dBm", "witmotion-ble"]


@pytest.mark.usefixtures("system_radio")
def test_recording_by_address(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    out = tmp_path / "ble.bfr"
    arguments = ["--profile", "witmotion-ble", "--port", "F0:00:00:00:AA:01", "--seconds", "1.5", "--out", str(out)]
    assert cli.main(["record", *arguments, "--json"]) == 0
    streams = json.loads(capsys.readouterr().out)["streams"]
    assert streams["witmotion-ble/imu"]["received"] > 30
    assert streams["witmotion-ble/angles"]["lost"] == 0
    assert out.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="takes the system's Bluetooth service away as Linux has it")
def test_no_bluetooth_is_one_line_and_exit_code_2(tmp_path):
    environment = os.environ | {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path / 'bus'}"}
    done = subprocess.run(
        [sys.executable, "-m", "biofeedback", "devices", "scan", "--seconds", "0.1"],
        env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert "has no Bluetooth that can be used" in done.stderr


def test_a_device_is_made_of_a_bluetooth_profile_and_nothing_is_opened():
    device = make_device(load_profile("movella-dot"), "D4:22:CD:00:00:01", "thigh", {"rate": "30"})
    assert isinstance(device, ProfiledDevice)
    assert [(info.id, info.sampling_rate_hz) for info in device.streams] == [
        ("thigh/imu", 30), ("thigh/orientation", 30),
    ]  # fmt: skip


def test_virtual_port_cannot_speak_bluetooth(capsys):
    assert cli.main(["simulate", "thalmic-myo", "--pty", "--seconds", "0.1"]) == 2
    assert "speaks over Bluetooth" in capsys.readouterr().err


def test_bluetooth_library_is_loaded_only_when_it_is_used():
    code = "import sys, biofeedback.devices.nearby, biofeedback.cli.devices; print('bleak' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
