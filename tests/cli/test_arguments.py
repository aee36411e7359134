"""Lengths of time and speeds that are none: refused before anything starts."""

import pytest

from biofeedback.cli import main

COMMANDS = (
    ["demo", "--seconds"],
    ["bench", "throughput", "--seconds"],
    ["simulate", "openbci-cyton", "--pty", "--seconds"],
    ["record", "--profile", "openbci-cyton", "--port", "none", "--out", "none.recording", "--seconds"],
    ["replay", "none.csv", "--exercise", "biceps-contraction", "--speed"],
)


@pytest.mark.parametrize("wrong", ["nan", "inf", "-1", "ten", ""])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_length_of_time_that_is_none_is_refused(command, wrong, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*command[:-1], f"{command[-1]}={wrong}"])
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"expected {'0 (as' if command[-1] == '--speed' else 'a number of seconds above 0'}" in printed.err
    assert repr(wrong) in printed.err


def test_no_time_at_all_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--seconds", "0"])
    assert ended.value.code == 2
    assert "above 0, found '0'" in capsys.readouterr().err
