"""Every Bluetooth profile that ships keeps the contract: its capture means what it says, and rubbish does no harm."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.devices.drivers.encoder import ProfiledEncoder
from biofeedback.devices.drivers.profiled import ProfiledDecoder
from biofeedback.devices.links import Characteristic
from biofeedback.devices.registry import profile_files

CAPTURES = Path(__file__).parents[2] / "captures"
PROFILES = {
    file.profile.id: file.profile.configured()
    for file in profile_files()
    if file.path.parent.name == "firmware_profiles" and file.profile and file.profile.ble
}
CAPTURE_FILES = [path for path in sorted(CAPTURES.glob("*/*.toml")) if path.parent.name in PROFILES]
EVERY_PROFILE = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
EVERY_CAPTURE = pytest.mark.parametrize("path", CAPTURE_FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")


def read(path: Path):
    capture = tomllib.loads(path.read_text("utf-8"))
    return capture, [(origin, bytes.fromhex(data)) for origin, data in capture["packets"]]


def decoder_of(path: Path) -> ProfiledDecoder:
    decoder = ProfiledDecoder(PROFILES[path.parent.name])
    decoder.learn(tomllib.loads(path.read_text("utf-8")).get("information", {}))
    return decoder


def decoded(decoder, packets, gather):
    return gather([batch for origin, data in packets for batch in decoder.feed(data, 0.0, origin)])


@EVERY_CAPTURE
def test_capture_means_what_it_says(path, gather):
    capture, packets = read(path)
    found = decoded(decoder_of(path), packets, gather)
    assert found.counts.keys() == capture["streams"].keys()
    infos = {info.id.split("/")[1]: info for info in PROFILES[path.parent.name].stream_infos("x")}
    for name, expected in capture["streams"].items():
        np.testing.assert_allclose(found.counts[name], expected["counts"], rtol=1e-7, atol=0)
        np.testing.assert_allclose(infos[name].to_si(found.counts[name]), expected["si"], rtol=2e-7, atol=1e-12)
        ticks = expected.get("ticks", range(len(expected["counts"])))
        np.testing.assert_array_equal(found.ticks[name], list(ticks))


@EVERY_CAPTURE
def test_reset_forgets_everything(path, gather):
    _, packets = read(path)
    decoder = decoder_of(path)
    once = decoded(decoder, packets, gather)
    decoder.reset()
    assert decoded(decoder, packets, gather) == once


@EVERY_CAPTURE
def test_rubbish_and_torn_packets_raise_nothing_and_are_counted(path):
    _, packets = read(path)
    origins = [one.id for one in PROFILES[path.parent.name].ble.characteristics]

    @settings(max_examples=30, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(origins), st.binary(max_size=120)), max_size=6), st.integers(1, 6))
    def check(rubbish, short_by):
        decoder = decoder_of(path)
        for origin, data in [*rubbish, *((origin, data[:-short_by]) for origin, data in packets), *packets]:
            decoder.feed(data, 0.0, origin)
        assert decoder.waiting_bytes < 64
        assert decoder.health.frames > 0

    check()


@EVERY_PROFILE
def test_what_is_encoded_is_decoded(profile, random_si, gather):
    """Tables alone: what a driver makes of packets has captures."""
    if profile.ble.driver:
        profile = _without_driver(profile)
    encoder, decoder = ProfiledEncoder(profile), ProfiledDecoder(profile)
    random = np.random.default_rng(1)
    n_ticks = 8 * round(encoder.rate_hz / min(stream.rate_hz for stream in profile.streams))
    counts = {}
    for stream in profile.streams:
        due = encoder.due(stream, 0, n_ticks)
        counts[stream.id] = encoder.counts(stream, random_si(stream, len(due), random))
    batches = []
    for tick in encoder.by_message(counts, 0, n_ticks):
        for message, frame in tick:
            batches += decoder.feed(frame, 0.0, profile.message(message).characteristic)
    found = gather(batches)
    for stream in profile.streams:
        assert len(counts[stream.id]) >= 8
        np.testing.assert_array_equal(found.counts[stream.id], counts[stream.id])


def _without_driver(profile):
    """Return the profile with a characteristic for each message, as if the driver's frames came one by one."""
    ids = [message.id for message in profile.messages]
    made = tuple(Characteristic(id=name, uuid=f"00{at:02d}", notify=True) for at, name in enumerate(ids))
    messages = tuple(replace(message, characteristic=message.id) for message in profile.messages)
    return replace(profile, ble=replace(profile.ble, driver=None, characteristics=made), messages=messages)


@EVERY_PROFILE
def test_counts_without_published_volts_are_called_so(profile):
    emg = [channel for stream in profile.streams for channel in stream.channels if channel.quantity.startswith("emg")]
    assert all(channel.quantity == "emg" or channel.scale == 1.0 for channel in emg)
    assert all(source.reference for source in profile.sources)
