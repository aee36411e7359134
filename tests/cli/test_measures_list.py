"""`measures list NAME`: all about one measure."""

import json

import pytest

from biofeedback.cli import main


def test_one_measure_is_listed_with_its_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measures", "list", "joint_angle"]) == 0
    text = capsys.readouterr().out
    assert "pose_angle  0.0      number from -30 to 170" in text
    assert "proximal (imu), distal (imu)" in text
    assert main(["measures", "list", "orientation"]) == 0
    assert "magnetometer  false    true or false" in capsys.readouterr().out


def test_one_measure_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measures", "list", "sway", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)["measures"]] == ["sway"]


def test_a_measure_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measures", "list", "nonsense"]) == 2
    assert "there is no measure 'nonsense'" in capsys.readouterr().err
