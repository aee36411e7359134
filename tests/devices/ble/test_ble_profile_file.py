"""A wrong Bluetooth profile gives one line with file, line number, field and what is expected."""

from __future__ import annotations

import re

import pytest

from biofeedback.devices.profile_file import ProfileError, load

GOOD = """\
id = "toy"
version = 1
name = "Toy"

[ble]
service = "fe84"
names = ["Toy*"]
packet_bytes = 20

[[ble.characteristics]]
id = "data"
uuid = "2d30c082-f39f-4ce6-923f-3484ea480596"
notify = true

[[ble.characteristics]]
id = "command"
uuid = "2d30c083-f39f-4ce6-923f-3484ea480596"

[dialogue]
start = [{ send = "b", to = "command", expect = "ok", answer_from = "data" }]

[[messages]]
id = "data"
characteristic = "data"
length = 10

[[streams]]
id = "emg"
message = "data"
rate_hz = 100
channels = [{ name = "one", quantity = "emg_counts", at = 2, type = "i16be" }]

[[sources]]
facts = "all"
confidence = "inferred"
reference = "nobody"
"""
SERIAL = "[serial]\nbaudrate = 115200\n"


def test_good_profile_is_read(tmp_path):
    path = tmp_path / "toy.toml"
    path.write_text(GOOD, "utf-8")
    assert load(path).ble.characteristic("data").notify


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("[dialogue]", SERIAL + "[dialogue]", 5, "ble: a profile has one link"),
        ('service = "fe84"', 'service = "FE84"', 6, "ble.service: "),
        ("notify = true", "notify = false", 5, "ble.characteristics: one of them must notify"),
        ('id = "command"', 'id = "data"', 16, "ble.characteristics[1].id: 'data' is there twice"),
        ('to = "command"', 'to = "control"', 20, "dialogue.start[0].to: must be one of the characteristics"),
        ('from = "data"', 'from = "command"', 20, "dialogue.start[0].answer_from: must be one of the notifying"),
        ('characteristic = "data"', "", 22, "messages[0].characteristic: must be one of the notifying"),
        ('characteristic = "data"', 'characteristic = "command"', 24, "messages[0].characteristic: must be one of"),
        ("notify = true", "notify = true\nsplit = true", 23, "messages[0].sync: is missing"),
        ("length = 10", "length = 21", 8, "ble.packet_bytes: 'data' alone has 21 bytes"),
        ('names = ["Toy*"]', 'names = ["Toy*"]\ndriver = "unheard-of"', 8, "ble.driver: there is no such driver"),
        ("notify = true", "notify = true\nsubscribe = true", 14, "ble.characteristics[0].subscribe: there is no"),
    ],
)  # fmt: skip
def test_mistake_is_one_line(tmp_path, old, new, line, expected):
    assert old in GOOD
    path = tmp_path / "toy.toml"
    path.write_text(GOOD.replace(old, new, 1), "utf-8")
    with pytest.raises(ProfileError, match=re.escape(f"toy.toml, line {line}: {expected}")) as caught:
        load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('characteristic = "data"\nsync = [1]', "messages[0]: characteristic and padded belong to a ble link"),
        ("", "messages[0].sync: is missing"),
        ("sync = [1]", "dialogue.start[0]: to and answer_from belong to a ble link"),
    ],
)
def test_words_of_bluetooth_have_no_place_on_a_serial_line(tmp_path, text, expected):
    begin, end = GOOD.index("[ble]"), GOOD.index("[dialogue]")
    path = tmp_path / "toy.toml"
    serial = GOOD[:begin] + SERIAL + GOOD[end:].replace('characteristic = "data"', text)
    path.write_text(serial, "utf-8")
    with pytest.raises(ProfileError, match=re.escape(expected)):
        load(path)
