from __future__ import annotations

import subprocess
import sys

import pytest

from biofeedback.devices import registry
from biofeedback.devices.base import DeviceError
from biofeedback.devices.profile_file import ProfileError
from biofeedback.devices.registry import (
    load_profile,
    make_device,
    profile_files,
    profile_folders,
    profiles,
    serial_ports,
)


def test_shipped_profiles_are_found():
    assert {"openbci-cyton", "witmotion-wt901"} <= profiles().keys()


def test_users_folder_comes_last_and_replaces(tmp_path):
    shipped, users = profile_folders()
    assert users.name == "profiles"
    text = (shipped / "openbci-cyton.toml").read_text("utf-8")
    (tmp_path / "mine.toml").write_text(
        text.replace('name = "OpenBCI Cyton (8 channels)"', 'name = "My Cyton"'), "utf-8"
    )
    (tmp_path / "wrong.toml").write_text('id = "wrong"', "utf-8")
    assert profiles((shipped, tmp_path))["openbci-cyton"].name == "My Cyton"
    (wrong,) = [file for file in profile_files((shipped, tmp_path)) if file.profile is None]
    assert wrong.error.startswith("wrong.toml, line 1: version: is missing")


def test_profile_by_id_or_by_file(tmp_path):
    path = profile_folders()[0] / "witmotion-wt901.toml"
    assert load_profile(path) == load_profile(str(path)) == load_profile("witmotion-wt901")
    with pytest.raises(ProfileError, match=r"unheard-of: no such profile; known are .*openbci-cyton"):
        load_profile("unheard-of")
    with pytest.raises(ProfileError, match=r"absent.toml: cannot be read"):
        load_profile(str(tmp_path / "absent.toml"))


def test_ports_are_listed():
    assert all(port.name for port in serial_ports())


def test_usb_numbers_suggest_profiles():
    known = profiles()
    assert registry._fitting(known, 0x0403, 0x6015) == ("openbci-cyton-daisy", "openbci-cyton")
    assert registry._fitting(known, None, None) == ()


def test_unknown_setting_is_the_users_mistake():
    with pytest.raises(DeviceError, match="gain cannot be '7'; choose one of 24, 8"):
        make_device(load_profile("openbci-cyton"), "COM1", settings={"gain": "7"})


def test_settings_reach_the_device():
    device = make_device(load_profile("witmotion-wt901"), "COM1", "thigh", {"rate": "200"})
    assert [(info.id, info.sampling_rate_hz) for info in device.streams] == [
        ("thigh/imu", 200), ("thigh/mag", 200), ("thigh/orientation", 200),
    ]  # fmt: skip


def test_a_person_names_a_profile_with_its_settings():
    device = registry.find_device("witmotion-wt901,rate=20", "COM1", "thigh")
    assert {info.sampling_rate_hz for info in device.streams} == {20}
    path = str(profile_folders()[0] / "shimmer3.toml")
    assert registry.chosen(f"{path},board=SR47-4 or later,rate=256") == (
        load_profile("shimmer3"), {"board": "SR47-4 or later", "rate": "256"},
    )  # fmt: skip
    with pytest.raises(DeviceError, match="no setting 'speed'; known are rate"):
        registry.find_device("witmotion-wt901,speed=20", "COM1")


@pytest.mark.parametrize("profile", profiles((profile_folders()[0],)).values(), ids=lambda one: one.id)
def test_every_variant_is_the_profile_with_that_setting(profile):
    for text, variant in registry.variants(profile).items():
        plain, settings = registry.chosen(text)
        assert plain == profile
        assert variant.configured().streams == profile.configured(settings).streams
        assert variant.configured().dialogue == profile.configured(settings).dialogue
        assert variant.configured().serial == profile.configured(settings).serial


@pytest.mark.parametrize(
    ("profile", "port", "problem"),
    [
        ("witmotion-ble", "/dev/ttyUSB0", "witmotion-ble speaks over Bluetooth, /dev/ttyUSB0 does not"),
        ("witmotion-ble", "COM4", "speaks over Bluetooth, COM4 does not"),
        ("witmotion-ble", "tcp:localhost", "speaks over Bluetooth"),
        ("witmotion-wt901", "AA:BB:CC:DD:EE:FF", "witmotion-wt901 does not speak over Bluetooth"),
        ("witmotion-wt901", "ble:WT901", "does not speak over Bluetooth"),
        ("delsys-trigno", "6fa459ea-ee8a-3ca4-894e-db77e160355e", "does not speak over Bluetooth"),
        ("witmotion-wt901", "tcp:localhost", "does not speak over TCP"),
        ("delsys-trigno", "tcp:", "is no address: write tcp:host"),
    ],
)
def test_a_port_of_another_kind_is_told(profile, port, problem):
    with pytest.raises(DeviceError, match=problem):
        registry.find_device(profile, port)


def test_serial_port_library_is_loaded_only_when_it_is_used():
    code = "import sys, biofeedback.devices.registry as r; r.profiles(); print('serial' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
