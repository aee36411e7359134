"""What the program says of the firmwares it knows: everything, in one form, with how sure each fact is."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest

from biofeedback.cli import main
from biofeedback.devices.registry import profile_files, profile_folders
from biofeedback.stream import UNITS

SHIPPED = [path.stem for path in sorted(profile_folders()[0].glob("*.toml"))]
Text = Annotated[str, msgspec.Meta(min_length=1)]


class Channel(msgspec.Struct, forbid_unknown_fields=True):
    name: Text
    quantity: Text
    unit: Text
    scale: float


class Stream(msgspec.Struct, forbid_unknown_fields=True):
    id: Text
    rate_hz: Annotated[float, msgspec.Meta(gt=0)]
    rate_is_asked: bool
    note: str
    channels: Annotated[list[Channel], msgspec.Meta(min_length=1)]


class Source(msgspec.Struct, forbid_unknown_fields=True):
    facts: Text
    confidence: Literal["measured", "confirmed", "single", "inferred"]
    reference: Text


class Setting(msgspec.Struct, forbid_unknown_fields=True):
    id: Text
    name: Text
    default: Text
    values: Annotated[list[Text], msgspec.Meta(min_length=1)]


class Described(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    id: Text
    version: int
    name: Text
    note: str
    links: Annotated[list[Literal["serial", "ble", "tcp"]], msgspec.Meta(min_length=1)]
    settings: list[Setting]
    streams: Annotated[list[Stream], msgspec.Meta(min_length=1)]
    sources: Annotated[list[Source], msgspec.Meta(min_length=1)]


class Listed(Described, forbid_unknown_fields=True, kw_only=True):
    file: Text
    yours: bool


class Listing(msgspec.Struct, forbid_unknown_fields=True):
    profiles: list[Listed]
    unusable: list[str]
    your_folder: Text


class Checked(Described, forbid_unknown_fields=True, kw_only=True):
    sound: Literal[True]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Return the user's own folder for profiles, empty."""
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    folder = tmp_path / "profiles"
    folder.mkdir()
    return folder


def listing(capsys) -> Listing:
    assert main(["devices", "profiles", "--json"]) == 0
    return msgspec.json.decode(capsys.readouterr().out, type=Listing)


def test_list_has_every_profile_in_one_form(own, capsys):
    found = listing(capsys)
    assert [one.id for one in found.profiles] == SHIPPED
    assert found.unusable == []
    assert not any(one.yours for one in found.profiles)
    assert found.your_folder == str(own)
    for one in found.profiles:
        for stream in one.streams:
            assert all(channel.unit == UNITS[channel.quantity] for channel in stream.channels)
        assert all(setting.default in setting.values for setting in one.settings)


def test_users_own_profiles_are_in_the_list(own, capsys):
    text = (profile_folders()[0] / "openbci-cyton.toml").read_text("utf-8")
    (own / "mine.toml").write_text(text.replace('id = "openbci-cyton"', 'id = "mine"'), "utf-8")
    (own / "better.toml").write_text(text.replace("version = 1", "version = 2"), "utf-8")
    (own / "wrong.toml").write_text(text.replace("rate_hz = 250", "rate_hz = 0", 1), "utf-8")
    found = listing(capsys)
    yours = {one.id: one for one in found.profiles if one.yours}
    assert set(yours) == {"mine", "openbci-cyton"}
    assert yours["openbci-cyton"].version == 2
    assert len(found.profiles) == len(SHIPPED) + 1  # what it replaces is not there twice
    (error,) = found.unusable
    assert error.startswith("wrong.toml, line ")
    assert main(["devices", "profiles"]) == 0
    printed = capsys.readouterr().out
    assert f"cannot be used: {error}" in printed
    assert str(own) in printed


def test_check_passes_for_each(own, capsys):
    (own / "mine.toml").write_text((profile_folders()[0] / "bitalino.toml").read_text("utf-8"), "utf-8")
    for file in profile_files():
        assert main(["devices", "check", str(file.path), "--json"]) == 0
        assert msgspec.json.decode(capsys.readouterr().out, type=Checked).id == file.profile.id
        assert main(["devices", "check", str(file.path)]) == 0
        printed = capsys.readouterr().out
        assert all(f"{source.confidence}: {source.facts}" in printed for source in file.profile.sources)


def test_check_says_what_is_wrong(own, capsys):
    (own / "wrong.toml").write_text('id = "wrong"', "utf-8")
    assert main(["devices", "check", str(own / "wrong.toml"), "--json"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.strip().splitlines() == ["biofeedback: wrong.toml, line 1: version: is missing"]
