"""Every profile that ships keeps the contract on paper: a capture with its meaning, the same samples under every split.

A capture has ``bytes`` of a line, or ``packets``: notifications with the characteristic each came from.
"""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.devices.drivers.profiled import ProfiledDecoder
from biofeedback.devices.registry import profile_files, profile_folders
from biofeedback.stream import UNITS

CAPTURES = Path(__file__).parent.parent / "captures"
PROFILE_FILES = profile_files((profile_folders()[0],))
CAPTURE_FILES = sorted(CAPTURES.glob("*/*.toml"))
EVERY_PROFILE = pytest.mark.parametrize("file", PROFILE_FILES, ids=lambda file: file.path.stem)
EVERY_CAPTURE = pytest.mark.parametrize("path", CAPTURE_FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")


def profile_of(path: Path):
    return next(file.profile for file in PROFILE_FILES if file.path.stem == path.parent.name).configured()


def read(path: Path) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """Return the capture, and its pieces as (origin, bytes)."""
    capture = tomllib.loads(path.read_text("utf-8"))
    packets = capture.get("packets", [["", capture.get("bytes", "")]])
    return capture, [(origin, bytes.fromhex(data)) for origin, data in packets]


def decoder_of(path: Path) -> ProfiledDecoder:
    decoder = ProfiledDecoder(profile_of(path))
    decoder.learn(read(path)[0].get("information", {}))
    return decoder


def decoded(decoder, pieces, gather):
    return gather([batch for origin, data in pieces for batch in decoder.feed(data, 0.0, origin)])


@EVERY_PROFILE
def test_profile_is_sound_and_has_a_capture(file):
    assert file.error == ""
    assert file.profile.id == file.path.stem
    captures = [path for path in CAPTURE_FILES if path.parent.name == file.path.stem]
    assert {name for path in captures for name in read(path)[0]["streams"]} == {one.id for one in file.profile.streams}


@EVERY_PROFILE
def test_streams_are_described_in_si_units(file):
    for info in file.profile.configured().stream_infos("limb"):
        assert info.id.startswith("limb/")
        assert info.device == "limb"
        for channel in info.channels:
            assert channel.unit == UNITS[channel.quantity]
            assert channel.scale != 0
            assert channel.quantity != "emg_counts" or channel.scale == 1.0  # volts that nobody knows stay counts


@EVERY_PROFILE
def test_every_option_of_every_setting_can_be_chosen(file):
    for setting in file.profile.settings:
        for option in setting.options:
            ready = file.profile.configured({setting.id: option.value})
            assert ready.serial is None or ready.bytes_per_second <= ready.serial.baudrate / 10


@EVERY_CAPTURE
def test_capture_means_what_it_says(path, gather):
    capture, pieces = read(path)
    found = decoded(decoder_of(path), pieces, gather)
    infos = {info.id.split("/")[1]: info for info in profile_of(path).stream_infos("x")}
    assert found.counts.keys() == capture["streams"].keys()
    for name, expected in capture["streams"].items():
        np.testing.assert_allclose(found.counts[name], expected["counts"], rtol=1e-7, atol=0)
        np.testing.assert_allclose(infos[name].to_si(found.counts[name]), expected["si"], rtol=2e-7, atol=1e-12)
        ticks = expected.get("ticks", range(len(expected["counts"])))
        np.testing.assert_array_equal(found.ticks[name], list(ticks))


@EVERY_CAPTURE
def test_reset_forgets_everything(path, gather):
    _, pieces = read(path)
    decoder = decoder_of(path)
    once = decoded(decoder, pieces, gather)
    decoder.reset()
    assert decoder.waiting_bytes == 0
    assert decoded(decoder, pieces, gather) == once


def whole_origins(path: Path) -> set[str]:
    """Return the characteristics whose notifications are whole frames, which nothing on the way cuts."""
    link = profile_of(path).ble
    return {one.id for one in link.characteristics if not one.split} if link else set()


@pytest.mark.parametrize(
    "path",
    [path for path in CAPTURE_FILES if not {origin for origin, _ in read(path)[1]} & whole_origins(path)],
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_any_split_gives_the_same_samples(path, gather):
    _, pieces = read(path)
    origin, data = pieces[0][0], b"".join(data for _, data in pieces)
    data = b"\x00" + data[:-5] + data  # rubbish before, a torn frame in the middle
    decoder = decoder_of(path)
    whole, health = decoded(decoder, [(origin, data)], gather), decoder.health

    def check_pieces(pieces: list[tuple[str, bytes]]) -> None:
        decoder = decoder_of(path)
        assert decoded(decoder, pieces, gather) == whole
        assert decoder.health == health

    check_pieces([(origin, data[at : at + 1]) for at in range(len(data))])

    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.integers(0, len(data)), max_size=12))
    def check(cuts: list[int]) -> None:
        edges = [0, *sorted(cuts), len(data)]
        check_pieces([(origin, data[begin:end]) for begin, end in itertools.pairwise(edges)])

    check()


@EVERY_PROFILE
def test_si_samples_come_back_within_half_a_count(file, known):
    truth = known(file.profile.configured())
    for stream, info in zip(truth.profile.streams, truth.profile.stream_infos("x"), strict=True):
        samples = truth.samples(stream, np.arange(50))
        back = info.to_si(truth.speech.encoder.counts(stream, samples))
        assert (np.abs(back - samples) <= 0.5001 * truth.step(stream) * np.abs(truth.scale(stream))).all()
