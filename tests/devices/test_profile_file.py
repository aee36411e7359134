"""A wrong profile gives one line with file, line number, field and what is expected."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from biofeedback.devices.frame_layout import factor
from biofeedback.devices.profile_file import ProfileError, load
from biofeedback.devices.toml_lines import line_of

GOOD = """\
id = "toy"
version = 1
name = "Toy"

[serial]
baudrate = 115200

[[settings]]
id = "gain"
name = "Gain"
default = "1"
options = [{ value = "1" }, { value = "2", scale = { emg = "1 / 2" } }]

[[messages]]
id = "data"
length = 5
sync = [0xAA]
counter = { at = 1 }
checksum = { kind = "sum", at = 4, first = 0, last = 3 }

[[messages]]
id = "more"
length = 4
sync = [0xAB]

[[streams]]
id = "emg"
message = "data"
rate_hz = 100
channels = [
    { name = "one", quantity = "emg", at = 2, type = "i16be", scale = "3.3 / 1024" },
]

[[sources]]
facts = "all"
confidence = "inferred"
reference = "nobody"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "toy.toml"
    path.write_text(text, "utf-8")
    return path


def test_good_profile_is_read(tmp_path):
    profile = load(write(tmp_path, GOOD))
    assert profile.streams[0].channels[0].channel().scale == pytest.approx(3.3 / 1024)
    assert profile.configured({"gain": "2"}).streams[0].channels[0].channel().scale == pytest.approx(3.3 / 2048)


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "expected"),
    [
        ("rate_hz = 100", 'rate_hz = "fast"', 29, "streams[0].rate_hz", "expected `float`, got `str`"),
        ("rate_hz = 100", "rate_hz = 0", 29, "streams[0].rate_hz", "expected `float` > 0.0"),
        ('version = 1\n', "", 1, "version", "is missing"),
        ("rate_hz = 100\n", "", 26, "streams[0].rate_hz", "is missing"),
        ('"i16be"', '"i12be"', 31, "streams[0].channels[0].type", "invalid enum value 'i12be'"),
        ('scale = "3.3 / 1024"', "scal = 2", 31, "streams[0].channels[0].scal", "there is no such field"),
        ("at = 2,", "at = 4,", 31, "streams[0].channels[0].at", "i16be at 4 does not fit: 'data' has 5 bytes"),
        ('"i16be",', '"i16be", bits = [10, 9],', 31, "streams[0].channels[0].bits", "inside the 16 bits"),
        ('message = "data"', 'message = "date"', 28, "streams[0].message", "one of the messages data, more"),
        ("counter = { at = 1 }", "counter = { at = 9 }", 18, "messages[0].counter.at", "does not fit"),
        ("counter = { at = 1 }", 'counter = { at = 1, type = "i8" }', 18, "messages[0].counter.type", "unsigned"),
        ("last = 3", "last = 4", 19, "messages[0].checksum.last", "leave the check out"),
        ('kind = "sum"', 'kind = "crc"', 19, "messages[0].checksum.polynomial", "needs its polynomial"),
        ("sync = [0xAB]", "sync = [300]", 24, "messages[1].sync[0]", "<= 255"),
        ('id = "more"', 'id = "data"', 22, "messages[1].id", "'data' is there twice"),
        ("baudrate = 115200", "baudrate = 4800", 6, "serial.baudrate", "need 500 bytes/s, 4800 baud carry 480"),
        ('default = "1"', 'default = "3"', 11, "settings[0].default", "value of one of the options"),
        ("{ emg =", "{ ecg =", 12, "settings[0].options[1]", "streams are emg"),
        ("[serial]", '[tick]\nmessages = ["nothing"]\n[serial]', 6, "tick.messages[0]", "must be one of data, more"),
        ("[serial]", '[tick]\nmessages = ["data"]\n[serial]', 6, "tick.messages[0]", "no counter"),
    ],
)  # fmt: skip
def test_error_names_line_field_and_expectation(tmp_path, old, new, line, field, expected):
    assert GOOD.count(old) >= 1
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ProfileError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"toy.toml, line {line}: {field}: ")
    assert expected.lower() in message.lower()
    assert "\n" not in message


def test_channels_of_several_messages_need_a_tick(tmp_path):
    second = '{ name = "two", quantity = "emg", message = "more", at = 1 },\n]\n\n[[sources]]'
    with pytest.raises(ProfileError, match=r"line 30: streams\[0\].channels: .* need a tick"):
        load(write(tmp_path, GOOD.replace("]\n\n[[sources]]", second)))


def test_file_that_is_not_toml_names_the_line(tmp_path):
    with pytest.raises(ProfileError, match=r"^toy.toml, line 6: not TOML"):
        load(write(tmp_path, GOOD.replace("baudrate = 115200", "baudrate = ")))


def test_lists_in_lists_without_end_are_no_profile(tmp_path):
    with pytest.raises(ProfileError, match=r"^toy.toml: not a profile"):
        load(write(tmp_path, "a = " + "[" * 5000))


@pytest.mark.parametrize(
    ("text", "by", "place"),
    [
        ('name = "Toy"', 'name = "Toy\\u001b[2J"', "line 3: name"),
        ('name = "Gain"', 'name = "G\\u202eain"', r"line 10: settings\[0\].name"),
        ('facts = "all"', 'facts = "a\\tll"', r"line \d+: sources\[0\].facts"),
    ],
)
def test_text_that_would_change_a_terminal_is_refused(tmp_path, text, by, place):
    with pytest.raises(ProfileError, match=f"{place}: has a character that cannot be shown"):
        load(write(tmp_path, GOOD.replace(text, by)))


def test_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ProfileError, match=r"absent.toml: cannot be read"):
        load(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ProfileError, match=r"binary.toml: must be text"):
        load(tmp_path / "binary.toml")


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [({"gian": "1"}, "no setting 'gian'; known are gain"), ({"gain": "3"}, "gain cannot be '3'; choose one of 1, 2")],
)
def test_unknown_settings_name_the_known(tmp_path, chosen, expected):
    with pytest.raises(ValueError, match=re.escape(expected)):
        load(write(tmp_path, GOOD)).configured(chosen)


def test_factors_are_read_from_left_to_right():
    assert factor("16 * 9.80665 / 32768") == pytest.approx(0.0047884, rel=1e-4)
    assert factor("1 / 2 / 2") == 0.25
    assert factor("-1e-6") == -1e-6
    assert factor(3) == 3.0


TOML_WITH_EVERYTHING = '''\
# a comment with [brackets] and = signs
a.b = "x # not a comment ] }"
"quoted key" = 'literal \\'
text = """
[not a table]
"""
list = [
    1, 2, # three
    [3, { deep = "]" }],
]

[table] # comment
when = 1979-05-27T07:32:00Z

[[rows]]
x = 1
[rows.sub]
y = 2
[[rows]]
  x = 3
  [[rows.inner]]
  z = { p = 1, q = [5, 6] }
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("a.b", 2), ("quoted key", 3), ("text", 4), ("list[0]", 8), ("list[2][1].deep", 9), ("table", 12),
        ("table.when", 13), ("rows[0].sub.y", 18), ("rows[1].x", 20), ("rows[1].inner[0].z.q[1]", 22),
        ("rows[1].missing", 19), ("", 1), ("nowhere.at.all", 1),
    ],
)  # fmt: skip
def test_lines_are_found(place, line):
    assert line_of(TOML_WITH_EVERYTHING, place) == line


def test_example_of_the_documentation_is_sound(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "devices.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "example-board.toml"
    path.write_text(example, "utf-8")
    assert load(path).configured().bytes_per_second == 3500
    path.write_text(example.replace("at = 2, type", "at = 6, type"), "utf-8")
    with pytest.raises(ProfileError) as caught:
        load(path)
    assert str(caught.value) in page
