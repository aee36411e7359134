"""No bytes break a decoder: no exception, no growing buffer, and clean frames are found behind any rubbish."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.devices.drivers.profiled import ProfiledDecoder
from biofeedback.devices.registry import profiles

PROFILES = {
    name: profile.configured() for name, profile in profiles().items() if profile.ble is None
}  # tests/devices/ble
EVERY_PROFILE = pytest.mark.parametrize("name", list(PROFILES))


def longest_frame(name: str) -> int:
    """Return a number of bytes above all that may be kept while a frame is not complete."""
    most = 2 if PROFILES[name].stuffing else 1  # every byte may be escaped
    return max(len(one.sync) + most * one.in_a_row * one.length + 1 for one in PROFILES[name].messages)


@EVERY_PROFILE
def test_a_million_random_bytes(name):
    decoder = ProfiledDecoder(PROFILES[name])
    random = np.random.default_rng(7)
    left = 1_000_000
    while left > 0:
        piece = random.bytes(int(random.integers(1, 9000)))
        decoder.feed(piece, 0.0)
        left -= len(piece)
        assert decoder.waiting_bytes < longest_frame(name)
    if not PROFILES[name].messages[0].aligned:  # there every byte is data
        assert decoder.health.discarded_bytes > 900_000


@EVERY_PROFILE
@pytest.mark.timeout(30)
def test_bytes_that_look_like_headers_everywhere_do_not_slow_it_down(name):
    sync = bytes(PROFILES[name].messages[0].sync) or b"\x00"
    decoder = ProfiledDecoder(PROFILES[name])
    for _ in range(20):
        decoder.feed(sync * (10_000 // len(sync)), 0.0)
    assert decoder.waiting_bytes < longest_frame(name)


@EVERY_PROFILE
def test_damaged_speech(name, speak):
    clean = b"".join(speak(PROFILES[name], 40).frames)

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(st.tuples(st.integers(0, len(clean) - 1), st.binary(max_size=40), st.integers(0, 60)), max_size=12),
        st.sampled_from([7, 33, 64, 400, 5000]),
    )
    def check(edits: list[tuple[int, bytes, int]], piece_bytes: int) -> None:
        data = bytearray(clean)
        for at, put, cut in edits:
            data[at : at + cut] = put
        decoder = ProfiledDecoder(PROFILES[name])
        for at in range(0, len(data), piece_bytes):
            for batch in decoder.feed(bytes(data[at : at + piece_bytes]), 0.0):
                assert (np.diff(batch.ticks) > 0).all()
            assert decoder.waiting_bytes < longest_frame(name)

    check()


@pytest.mark.parametrize("name", [name for name in PROFILES if not PROFILES[name].messages[0].aligned])
def test_clean_frames_are_found_behind_any_rubbish(name, speak):
    profile = PROFILES[name]
    said = speak(profile, 7, seed=5)
    fastest = max(profile.streams, key=lambda stream: stream.rate_hz).id
    wanted = said.counts[fastest]

    @settings(max_examples=150, deadline=None)
    @given(st.one_of(st.binary(max_size=300), st.integers(0, 130).map(lambda cut: said.frames[0][cut:])))
    def check(rubbish: bytes) -> None:
        decoder = ProfiledDecoder(profile)
        batches = decoder.feed(rubbish + b"".join(said.frames), 0.0)
        found = np.concatenate([batch.streams[fastest].counts for batch in batches if fastest in batch.streams])
        # A torn frame may swallow the first one and, without a checksum, the second; not more.
        tail = wanted[2:6]
        assert any(np.array_equal(found[at : at + len(tail)], tail) for at in range(len(found)))

    check()
