"""Framings beyond sync bytes: lines of text, stuffing, a steady counter, one counter over several messages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from biofeedback.devices.drivers.checksums import Check
from biofeedback.devices.drivers.encoder import ProfiledEncoder
from biofeedback.devices.drivers.profiled import ProfiledDecoder
from biofeedback.devices.frame_layout import Checksum
from biofeedback.devices.profile_file import ProfileError, load
from biofeedback.devices.profiles import Profile
from biofeedback.devices.registry import load_profile, profile_folders

LABELLED = """
id = "labelled"
version = 1
name = "Lines with labels"
serial = { baudrate = 115200 }
sources = [{ facts = "made for tests", confidence = "inferred", reference = "nobody" }]

[[messages]]
id = "line"
length = 40
text = { columns = 2, labels = ["EMG", "ENV"] }

[[streams]]
id = "emg"
message = "line"
rate_hz = 50
channels = [
    { name = "raw", quantity = "emg_counts", at = 0, type = "text" },
    { name = "env", quantity = "emg_counts", at = 1, type = "text", scale = 2 },
]
"""


@pytest.fixture
def labelled(tmp_path: Path) -> Profile:
    path = tmp_path / "labelled.toml"
    path.write_text(LABELLED)
    return load(path)


@pytest.fixture(scope="module")
def bitalino() -> Profile:
    return load_profile("bitalino").configured()


@pytest.fixture(scope="module")
def daisy() -> Profile:
    return load_profile("openbci-cyton-daisy").configured()


def test_labels_choose_the_column(labelled, gather):
    text = "half a line\nENV:2,EMG:1\nother:7 EMG:3\n4,5\nENV:\n"
    decoded = gather(ProfiledDecoder(labelled).feed(text.encode(), 0.0))
    np.testing.assert_array_equal(decoded.counts["emg"], [[1, 2], [3, np.nan], [4, 5]])


def test_labels_are_written_as_they_are_read(labelled):
    encoder = ProfiledEncoder(labelled)
    (stream,) = labelled.streams
    counts = {"emg": encoder.counts(stream, np.array([[1.004, 5.0]]))}
    assert encoder.frames(counts, 0, 1) == [b"EMG:1.00,ENV:2.50\r\n"]


def test_line_that_is_too_long_is_dropped_whatever_its_split(labelled, gather):
    text = b"\n1,2\n" + b"9" * 41 + b",1\n3,4\n"
    for piece_bytes in (1, 7, 100):
        decoder = ProfiledDecoder(labelled)
        pieces = [text[at : at + piece_bytes] for at in range(0, len(text), piece_bytes)]
        decoded = gather([batch for piece in pieces for batch in decoder.feed(piece, 0.0)])
        np.testing.assert_array_equal(decoded.counts["emg"], [[1, 2], [3, 4]])
        assert decoder.health.discarded_bytes >= 44


def test_after_a_break_the_first_line_is_dropped_again(labelled, gather):
    decoder = ProfiledDecoder(labelled)
    decoder.feed(b"\n1,2\n12", 0.0)
    decoder.reset()
    decoded = gather(decoder.feed(b"34,5\n6,7\n", 0.0))
    np.testing.assert_array_equal(decoded.counts["emg"], [[6, 7]])


def test_arrival_is_that_of_the_piece_with_the_end(labelled):
    decoder = ProfiledDecoder(labelled)
    decoder.feed(b"\n1,", 1.0)
    (batch,) = decoder.feed(b"2\n3,4\n5", 2.0)
    assert batch.arrived_s.tolist() == [2.0, 2.0]


def test_three_frames_in_a_row_are_not_believed_and_a_fourth_is(bitalino, speak, gather):
    said = speak(bitalino, 4)
    decoder = ProfiledDecoder(bitalino)
    assert decoder.feed(b"".join(said.frames[:3]), 1.0) == []
    (batch,) = decoder.feed(said.frames[3], 2.0)
    np.testing.assert_array_equal(gather([batch]).counts["analog"], said.counts["analog"])
    assert batch.arrived_s.tolist() == [1.0, 1.0, 1.0, 2.0]


def test_lost_byte_costs_one_frame_and_the_counter_tells(bitalino, speak, gather):
    said = speak(bitalino, 40)
    torn = b"".join([*said.frames[:20], said.frames[20][:-1], *said.frames[21:]])
    decoder = ProfiledDecoder(bitalino)
    decoded = gather(decoder.feed(torn, 0.0))
    kept = [*range(20), *range(21, 40)]
    np.testing.assert_array_equal(decoded.ticks["analog"], kept)
    np.testing.assert_array_equal(decoded.counts["analog"], said.counts["analog"][kept])
    assert decoder.health.discarded_bytes == 7


def test_steady_frames_that_repeat_their_counter_are_not_believed(bitalino, speak):
    frame = speak(bitalino, 1).frames[0]
    decoder = ProfiledDecoder(bitalino)
    assert decoder.feed(frame * 50, 0.0) == []
    assert decoder.health.frames == 0


def test_check_of_four_bits_leaves_its_own_half_out():
    check = Checksum(kind="crc", at=0, bits=(4, 4), first=0, last=1, polynomial=0x3)
    remainders = [Check(check).value(bytes(frame)) for frame in ([0x01, 0x23], [0xF1, 0x23], [0x01, 0x24])]
    assert remainders[0] == remainders[1] != remainders[2]
    polynomial, bits = 0b10011, 0x123 << 4  # long division by hand: the halves 1, 2, 3, and four zeros
    for shift in range(15, 3, -1):
        bits ^= (polynomial << (shift - 4)) * (bits >> shift & 1)
    assert remainders[0] == bits
    outside = Checksum(kind="crc", at=2, bits=(0, 4), first=0, last=1, polynomial=0x3)
    assert Check(outside).value(bytes([0x01, 0x23, 0xFF])) == remainders[0]  # a leading zero changes nothing


def test_lost_half_loses_one_sample_of_the_daisy(daisy, speak, gather):
    said = speak(daisy, 300)
    halves = [half for frame in said.frames for half in (frame[:33], frame[33:])]
    del halves[200], halves[101]
    decoded = gather(ProfiledDecoder(daisy).feed(b"".join(halves), 0.0))
    kept = [tick for tick in range(299) if tick not in (50, 100)]
    np.testing.assert_array_equal(decoded.ticks["exg"], kept)
    np.testing.assert_array_equal(decoded.counts["exg"], said.counts["exg"][kept])


def test_daisy_frame_sent_twice_counts_once(daisy, speak, gather):
    said = speak(daisy, 8)
    decoder = ProfiledDecoder(daisy)
    decoded = gather(decoder.feed(b"".join([*said.frames[:4], said.frames[3][33:], *said.frames[4:]]), 0.0))
    np.testing.assert_array_equal(decoded.ticks["exg"], range(7))
    assert decoder.health.duplicates == 1


@pytest.mark.parametrize(
    ("profile", "old", "new", "field", "expected"),
    [
        ("arduino-text", "at = 1,", "at = 2,", "streams[0].channels[1].at", "there is no column 2: 'line' has 2"),
        ("arduino-text", 'at = 1, type = "text"', 'at = 1, type = "u8"', "streams[0].channels[1].type", "must be text"),
        ("arduino-text", "columns = 2", "columns = 2, labels = ['a']", "messages[0].text.labels", "none or 2"),
        ("arduino-text", "length = 96", "length = 96\nsync = [1]", "messages[0].text", "no counter, checksum, marks"),
        ("bitalino", "in_a_row = 4", "", "messages[0].sync", "is missing"),
        ("bitalino", "counter =", "# counter =", "messages[0].in_a_row", "needs a counter and a checksum"),
        (
            "bitalino",
            "bits = [0, 4], first",
            "bits = [0, 5], first",
            "messages[0].checksum.last",
            "leave the check out",
        ),
        ("openbci-cyton-daisy", "first_count = 1", "", "tick.messages[0]", "no counter"),
        ("openbci-cyton-daisy", 'at = 1, type = "u8"', "at = 1, bits = [0, 7]", "tick.first_count", "same counter"),
        ("x-imu3", "sync = [0xC9]", "sync = [0xC9]\nconfirm_next = true", "stuffing", "where frames end"),
        ("x-imu3", 'at = 1, type = "u64le"', 'at = 0, type = "text"', "messages[0].timestamp.type", "and nowhere else"),
    ],
)
def test_mistakes_are_named(tmp_path, profile, old, new, field, expected):
    text = (profile_folders()[0] / f"{profile}.toml").read_text("utf-8")
    assert old in text
    path = tmp_path / f"{profile}.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ProfileError) as caught:
        load(path)
    assert f": {field}: " in str(caught.value)
    assert expected in str(caught.value)
    assert "line" in str(caught.value)
