"""Every profile that ships keeps the contract: a capture with its meaning, the same samples under every split."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.devices.drivers.encoder import ProfiledEncoder
from biofeedback.devices.drivers.profiled import ProfiledDecoder
from biofeedback.devices.registry import profile_files
from biofeedback.stream import UNITS

CAPTURES = Path(__file__).parent.parent / "captures"
PROFILE_FILES = [file for file in profile_files() if file.path.parent.name == "firmware_profiles"]
CAPTURE_FILES = sorted(CAPTURES.glob("*/*.toml"))
IN_PACKETS = {file.path.stem for file in PROFILE_FILES if file.profile and file.profile.ble}  # tests/devices/ble
STREAM_FILES = [file for file in PROFILE_FILES if file.path.stem not in IN_PACKETS]
STREAM_CAPTURES = [path for path in CAPTURE_FILES if path.parent.name not in IN_PACKETS]
EVERY_PROFILE = pytest.mark.parametrize("file", PROFILE_FILES, ids=lambda file: file.path.stem)
EVERY_STREAM_PROFILE = pytest.mark.parametrize("file", STREAM_FILES, ids=lambda file: file.path.stem)
EVERY_CAPTURE = pytest.mark.parametrize("path", STREAM_CAPTURES, ids=lambda path: f"{path.parent.name}/{path.stem}")


def profile_of(path: Path):
    return next(file.profile for file in PROFILE_FILES if file.path.stem == path.parent.name).configured()


def read(path: Path) -> tuple[dict[str, Any], bytes]:
    capture = tomllib.loads(path.read_text("utf-8"))
    return capture, bytes.fromhex(capture.get("bytes", ""))


def test_there_are_profiles():
    assert {"openbci-cyton", "witmotion-wt901"} <= {file.path.stem for file in PROFILE_FILES}


@EVERY_PROFILE
def test_profile_is_sound_and_has_a_capture(file):
    assert file.error == ""
    assert file.profile.id == file.path.stem
    captures = [path for path in CAPTURE_FILES if path.parent.name == file.path.stem]
    assert captures
    decoded = {name for path in captures for name in read(path)[0]["streams"]}
    assert decoded == {stream.id for stream in file.profile.streams}


@EVERY_PROFILE
def test_streams_are_described_in_si_units(file):
    infos = file.profile.configured().stream_infos("limb")
    for info in infos:
        assert info.id.startswith("limb/")
        assert info.device == "limb"
        assert all(channel.unit == UNITS[channel.quantity] and channel.scale != 0 for channel in info.channels)


@EVERY_PROFILE
def test_every_option_of_every_setting_can_be_chosen(file):
    for setting in file.profile.settings:
        for option in setting.options:
            ready = file.profile.configured({setting.id: option.value})
            assert ready.serial is None or ready.bytes_per_second <= ready.serial.baudrate / 10


@EVERY_CAPTURE
def test_capture_means_what_it_says(path, gather):
    profile = profile_of(path)
    capture, data = read(path)
    decoded = gather(ProfiledDecoder(profile).feed(data, 0.0))
    infos = {info.id.split("/")[1]: info for info in profile.stream_infos("x")}
    assert decoded.counts.keys() == capture["streams"].keys()
    for name, expected in capture["streams"].items():
        np.testing.assert_array_equal(decoded.counts[name], expected["counts"])
        np.testing.assert_allclose(infos[name].to_si(decoded.counts[name]), expected["si"], rtol=2e-7)
        ticks = expected.get("ticks", range(len(expected["counts"])))
        np.testing.assert_array_equal(decoded.ticks[name], list(ticks))


@EVERY_CAPTURE
def test_any_split_gives_the_same_samples(path, gather):
    profile = profile_of(path)
    _, data = read(path)
    data = b"\x00" + data[:-5] + data  # rubbish before, a torn frame in the middle
    whole = gather(ProfiledDecoder(profile).feed(data, 0.0))
    byte_by_byte = ProfiledDecoder(profile)
    assert gather([batch for at in range(len(data)) for batch in byte_by_byte.feed(data[at : at + 1], 0.0)]) == whole

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.integers(0, len(data)), max_size=12))
    def check(cuts: list[int]) -> None:
        decoder = ProfiledDecoder(profile)
        edges = [0, *sorted(cuts), len(data)]
        pieces = [data[begin:end] for begin, end in itertools.pairwise(edges)]
        assert gather([batch for piece in pieces for batch in decoder.feed(piece, 0.0)]) == whole

    check()


@EVERY_STREAM_PROFILE
def test_what_is_encoded_is_decoded(file, speak, gather):
    profile = file.profile.configured()
    said = speak(profile, 600)
    data = ProfiledEncoder(profile).lead_in + b"".join(said.frames)
    decoded = gather(ProfiledDecoder(profile).feed(data + said.frames[0], 0.0))
    for name, counts in said.counts.items():
        np.testing.assert_array_equal(decoded.counts[name][: len(counts)], counts)


@EVERY_PROFILE
def test_si_samples_come_back_within_half_a_count(file, random_si):
    profile = file.profile.configured()
    encoder = ProfiledEncoder(profile)
    for stream, info in zip(profile.streams, profile.stream_infos("x"), strict=True):
        scale = np.array([channel.scale for channel in info.channels])
        samples = random_si(stream, 50, np.random.default_rng(1))
        back = info.to_si(encoder.counts(stream, samples))
        assert (np.abs(back - samples) <= 0.5001 * np.abs(scale)).all()
