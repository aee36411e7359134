"""Folders and names that cannot be used: one line, exit code 2."""

import sys

import pytest

from biofeedback.cli import main
from biofeedback.cli.errors import UserError
from biofeedback.cli.windows import window_lock


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


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of a process on Windows")
def test_a_full_disk_is_not_taken_for_a_program_that_is_open(tmp_path, monkeypatch):
    import resource

    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(UserError, match="make room on the disk"):
            window_lock()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    held = window_lock()
    with pytest.raises(UserError, match="open already"):
        window_lock()
    held.unlock()
