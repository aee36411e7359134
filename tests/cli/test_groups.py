"""Only the commands that are meant are loaded, and each is found where it is."""

import argparse
from importlib import import_module

import pytest

from biofeedback.cli import _GROUPS, _groups, main


@pytest.mark.parametrize("group", _GROUPS)
def test_a_group_adds_the_commands_it_is_known_for(group):
    commands = argparse.ArgumentParser().add_subparsers()
    import_module(f"biofeedback.cli.{group}").add_commands(commands)
    assert set(commands.choices) == _GROUPS[group]


@pytest.mark.parametrize(
    ("line", "groups"),
    [
        ("", ["live"]),
        ("--language de --exercise score", ["live"]),
        ("--verbose score file.csv --exercise x", ["recordings"]),
        ("--language de bench paint --help", ["bench"]),
        ("--help", list(_GROUPS)),
        ("--verbose -h score", list(_GROUPS)),
        ("scoer file.csv", list(_GROUPS)),
    ],
)
def test_what_is_loaded_for_a_command_line(line, groups):
    assert _groups(line.split()) == groups


def test_a_mistyped_command_is_answered_with_all_of_them(capsys):
    with pytest.raises(SystemExit):
        main(["scoer"])
    said = capsys.readouterr().err
    assert all(command in said for commands in _GROUPS.values() for command in commands - {"engine"})
