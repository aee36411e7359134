"""Folders and names that cannot be used: one line, exit code 2."""

import sys

import pytest

from biofeedback.cli import main


def refused(capsys, *arguments):
    assert main(list(arguments)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


def test_a_home_that_is_a_file_is_said(tmp_path, monkeypatch, capsys):
    taken = tmp_path / "taken"
    taken.write_text("", "utf-8")
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(taken))
    for command in (["recover"], ["demo", "--headless", "--out", str(tmp_path / "out")]):
        assert "set BIOFEEDBACK_HOME to another folder" in refused(capsys, *command)


def test_a_name_too_long_is_said(capsys):
    assert "cannot be opened" in refused(capsys, "score", "a" * 300 + ".csv", "--exercise", "biceps-contraction")


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals on Windows")
def test_a_link_that_cannot_be_made_is_said(tmp_path, capsys):
    kept = tmp_path / "kept.txt"
    kept.write_text("mine", "utf-8")
    for place in (tmp_path, kept, tmp_path / "missing" / "link"):
        assert "choose another name for the link" in refused(
            capsys, "simulate", "openbci-cyton", "--pty", "--seconds", "0.1", "--link", str(place)
        )
    assert kept.read_text("utf-8") == "mine"
