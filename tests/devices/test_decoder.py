"""What the decoder does on a bad line: it steps over rubbish, counts it, and loses no good frame."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest

from biofeedback.devices.drivers.encoder import ProfiledEncoder
from biofeedback.devices.drivers.profiled import ProfiledDecoder
from biofeedback.devices.profiles import Profile
from biofeedback.devices.registry import load_profile


@pytest.fixture(scope="module")
def cyton() -> Profile:
    return load_profile("openbci-cyton").configured()


@pytest.fixture(scope="module")
def wt901() -> Profile:
    return load_profile("witmotion-wt901").configured()


def test_clean_line_has_nothing_to_complain_about(cyton, speak):
    decoder = ProfiledDecoder(cyton)
    decoder.feed(b"".join(speak(cyton, 100).frames), 0.0)
    assert (decoder.health.frames, decoder.health.discarded_bytes, decoder.health.duplicates) == (99, 0, 0)


def test_frame_without_a_header_behind_it_is_not_believed(cyton, speak):
    first, second, *_ = speak(cyton, 2).frames
    decoder = ProfiledDecoder(cyton)
    assert decoder.feed(first, 1.0) == []
    (batch,) = decoder.feed(second[:1], 2.0)
    assert batch.arrived_s.tolist() == [1.0]  # the frame itself was there before the header that confirms it


def test_garbage_between_frames_is_counted_and_costs_no_frame(cyton, speak, gather):
    said = speak(cyton, 30)
    garbage = bytes(range(0x20, 0x60))
    data = garbage + b"".join(said.frames[:10]) + garbage + b"".join(said.frames[10:])
    decoder = ProfiledDecoder(cyton)
    decoded = gather(decoder.feed(data, 0.0))
    # The tenth frame is followed by garbage, so nothing confirms it.
    kept = [*range(9), *range(10, 29)]
    np.testing.assert_array_equal(decoded.counts["exg"], said.counts["exg"][kept])
    assert decoder.health.discarded_bytes == 2 * len(garbage) + 33
    np.testing.assert_array_equal(decoded.ticks["exg"], kept)


def test_header_inside_a_payload_hides_no_frame(cyton, speak, gather):
    frame = bytearray(33)
    frame[0], frame[32] = 0xA0, 0xC0
    frame[5] = 0xA0  # looks like a header; the line is joined just before it
    decoder = ProfiledDecoder(cyton)
    frames = [bytes([*frame[:1], number, *frame[2:]]) for number in range(4)]
    decoded = gather(decoder.feed(bytes(frame[5:]) + b"".join(frames), 0.0))
    assert len(decoded.counts["exg"]) == 3
    assert decoder.health.discarded_bytes == 28


@pytest.mark.parametrize("missing", [1, 3, 20, 32])
def test_truncated_frame_costs_only_itself(cyton, speak, gather, missing):
    said = speak(cyton, 12, seed=3)
    torn = [*said.frames[:5], said.frames[5][:-missing], *said.frames[6:]]
    decoded = gather(ProfiledDecoder(cyton).feed(b"".join(torn), 0.0))
    assert {*range(5), *range(6, 11)} <= {*decoded.ticks["exg"].tolist()}


@pytest.mark.parametrize("gap", [1, 7, 254])
def test_counter_tells_how_many_frames_are_lost(cyton, speak, gather, gap):
    said = speak(cyton, 600)
    data = b"".join([*said.frames[:300], *said.frames[300 + gap :]])
    decoded = gather(ProfiledDecoder(cyton).feed(data, 0.0))
    np.testing.assert_array_equal(decoded.ticks["exg"], [*range(300), *range(300 + gap, 599)])


def test_frame_sent_twice_counts_once(cyton, speak, gather):
    said = speak(cyton, 20)
    decoder = ProfiledDecoder(cyton)
    batches = [
        batch for frame in [*said.frames[:8], said.frames[7], *said.frames[8:]] for batch in decoder.feed(frame, 0)
    ]
    np.testing.assert_array_equal(gather(batches).ticks["exg"], range(19))
    assert decoder.health.duplicates == 1


def test_acceleration_of_zero_on_one_axis_is_a_sample(cyton, gather):
    frame = bytes([0xA0, 0, *bytes(24), 0, 0, 0, 8, 0, 0, 0xC0])  # x = 0, y = 8, z = 0
    decoded = gather(ProfiledDecoder(cyton).feed(frame + b"\xa0", 0.0))
    np.testing.assert_array_equal(decoded.counts["acc"], [[0, 8, 0]])


def test_flipped_bit_is_caught_by_the_checksum(wt901, speak, gather):
    said = speak(wt901, 40)
    damaged = bytearray(said.frames[20])
    damaged[14] ^= 0x10  # in the angular velocity
    decoder = ProfiledDecoder(wt901)
    decoded = gather(decoder.feed(b"".join([*said.frames[:20], bytes(damaged), *said.frames[21:]]), 0.0))
    others = [*range(20), *range(21, 40)]
    assert decoder.health.bad_checksums == 1
    assert decoder.health.discarded_bytes == 11
    np.testing.assert_array_equal(decoded.ticks["imu"], others)
    np.testing.assert_array_equal(decoded.counts["imu"], said.counts["imu"][others])
    np.testing.assert_array_equal(decoded.counts["mag"], said.counts["mag"])


def test_joining_in_the_middle_of_a_tick_waits_for_the_next(wt901, speak, gather):
    said = speak(wt901, 5)
    decoded = gather(ProfiledDecoder(wt901).feed(b"".join(said.frames)[11:], 0.0))
    for name, ticks in decoded.ticks.items():
        np.testing.assert_array_equal(ticks, range(4))
        np.testing.assert_array_equal(decoded.counts[name], said.counts[name][1:])


def test_message_sent_twice_within_a_tick_counts_once(wt901, speak, gather):
    said = speak(wt901, 3)
    acceleration = said.frames[1][:11]
    decoder = ProfiledDecoder(wt901)
    decoded = gather(decoder.feed(said.frames[0] + acceleration + said.frames[1] + said.frames[2], 0.0))
    np.testing.assert_array_equal(decoded.ticks["imu"], range(3))
    assert decoder.health.duplicates == 1


def test_tick_whose_last_message_is_switched_off_ends_with_the_next_tick(wt901, speak, gather):
    said = speak(wt901, 4)
    decoder = ProfiledDecoder(wt901)
    decoded = gather(decoder.feed(b"".join(frame[:22] for frame in said.frames), 0.0))
    assert decoded.counts.keys() == {"imu"}
    np.testing.assert_array_equal(decoded.counts["imu"], said.counts["imu"][:3])


def test_every_kind_of_field_is_read(generic, speak, gather):
    said = speak(generic, 50)
    decoded = gather(ProfiledDecoder(generic).feed(b"".join(said.frames), 0.0))
    np.testing.assert_allclose(decoded.counts["mixed"], said.counts["mixed"], rtol=1e-6)
    np.testing.assert_array_equal(decoded.ticks["mixed"], range(50))


def test_device_time_is_unwrapped(generic, speak):
    first, n_ticks = 128 * 508, 128 * 8  # 24 bits at 32768 Hz wrap after 512 s
    frames = ProfiledEncoder(generic).frames(speak(generic, n_ticks).counts, first, n_ticks)
    batches = ProfiledDecoder(generic).feed(b"".join(frames), 0.0)
    device_s = np.concatenate([batch.device_s for batch in batches])
    np.testing.assert_allclose(device_s, np.arange(n_ticks) / 128, atol=2e-5)


def test_without_a_counter_the_device_time_tells_what_is_lost(generic, speak):
    profile = replace(generic, messages=(replace(generic.messages[0], counter=None),))
    said = speak(profile, 100)
    decoder = ProfiledDecoder(profile)
    batches = [*decoder.feed(b"".join(said.frames[:40]), 0.0), *decoder.feed(b"".join(said.frames[65:]), 0.0)]
    np.testing.assert_array_equal(np.concatenate([batch.ticks for batch in batches]), [*range(40), *range(65, 100)])


@pytest.mark.parametrize("jump_s", [-3.0, 100.0, 400.0])
def test_device_time_that_is_set_anew_loses_nothing(generic, speak, jump_s):
    profile = replace(generic, messages=(replace(generic.messages[0], counter=None, checksum=None),))
    frames = [bytearray(frame) for frame in speak(profile, 100).frames]
    for frame in frames[50:]:
        stamp = int.from_bytes(frame[3:6], "little") + round(jump_s * 32768)
        frame[3:6] = (stamp & 0xFFFFFF).to_bytes(3, "little")
    (batch,) = ProfiledDecoder(profile).feed(b"".join(frames), 0.0)
    np.testing.assert_array_equal(batch.ticks, range(100))
    np.testing.assert_allclose(batch.device_s, np.arange(100) / 128, atol=2e-5)


@pytest.mark.parametrize("scale", [float("inf"), float("nan"), 3e38, -1.0, 0.0])
def test_scale_that_cannot_be_is_ignored(scale):
    decoder = ProfiledDecoder(load_profile("polar-verity-sense").configured())
    decoder.feed(bytes.fromhex("F0 02 05 00 00 05 01") + struct.pack("<f", scale), 0.0, "control")
    frame = bytes.fromhex("05 00 5e d0 b2 00 00 00 00 80 EA FF 08 00 0D 00 03 01 DF 00")
    (batch,) = decoder.feed(frame, 0.0, "data")
    np.testing.assert_array_equal(batch.streams["gyr"].counts, [[-22, 8, 13], [-23, 11, 16]])


def test_reset_begins_anew(cyton, speak, gather):
    said = speak(cyton, 10)
    decoder = ProfiledDecoder(cyton)
    decoder.feed(b"".join(said.frames[:5]), 0.0)
    decoder.reset()
    assert decoder.waiting_bytes == 0
    decoded = gather(decoder.feed(b"".join(said.frames[5:]), 0.0))
    np.testing.assert_array_equal(decoded.ticks["exg"], range(4))
