"""An exercise file with a mistake in it: one line that names the file, the field and what is expected; exit code 2."""

from importlib.resources import files

import pytest

from biofeedback.cli import main
from biofeedback.exercises import model

SOUND = files("biofeedback.exercises").joinpath("library", "knee-extension-seated.toml").read_text("utf-8")

MISTAKES = {
    "hold_s = 1.0\nnarrowest": ("holds_s = 1.0\nnarrowest", "target.holds_s: there is no such field"),
    "successes = 4": ("successes = 9", "difficulty.successes: must not be more"),
    "rest_angle = 90.0": ("rest_angle = nan", "signals[0].rest_angle: expected a number"),
    "expected_range = 75.0": ("expected_range = inf", "repetition.expected_range: expected a number"),
    "smallest_range = 20.0": ("smallest_range = 80.0", "repetition.smallest_range: must not be above"),
    "shortest_s = 0.8": ("shortest_s = 20.0", "repetition.shortest_s: must be below"),
    "limit = 2.5": ("limit = nan", "score[5].limit: expected a number"),
    "limit = 40.0\nmdc = 3.0": ("limit = 3.0\nmdc = 3.0", "score.shortfall.limit: must be further"),
    "band = [0.0, 20.0]": ("", "signals.biceps_femoris.band: score.time_above needs"),
    "rest_angle = 90.0\n": (
        'rest_angle = 90.0\necg = "gate"\n',
        "signals.knee_angle.ecg: only an envelope has a heart",
    ),
    "band = [40.0, 80.0]": ("band = [80.0, 40.0]", "signals.vastus_medialis.band: the first number"),
    'kind = "hinge_angle"': (
        'kind = "hinge_angel"',
        "signals[0].kind: Invalid enum value 'hinge_angel'; it may be envel",
    ),
    'side = "right"': ('side = "rihgt"', "side: Invalid enum value 'rihgt'; it may be both, left, none, right\n"),
    "shortest_s = 0.8\nlongest_s": ("shortest_s = 0\nlongest_s", "repetition.shortest_s: Expected `float` > 0.0\n"),
    'measure = "smoothness"': ('measure = "smothness"', "score.measure: 'smothness' is not known"),
}


@pytest.mark.parametrize("sound", MISTAKES)
def test_a_mistake_in_an_exercise_is_one_line_that_names_the_field(sound, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    mistake, message = MISTAKES[sound]
    assert SOUND.count(sound) == 1
    path = tmp_path / "mine.toml"
    path.write_text(SOUND.replace(sound, mistake), "utf-8")
    table = tmp_path / "table.csv"
    axes = [("acc", axis, "g") for axis in "xyz"] + [("gyr", axis, "dps") for axis in "xyz"]
    names = [f"{kind}_{axis}_{unit}_{place}" for place in ("thigh", "shank") for kind, axis, unit in axes]
    names += ["emg_vastus_medialis_uv", "emg_biceps_femoris_uv"]
    rows = [",".join([str(i / 100), *["1"] * len(names)]) for i in range(10)]
    table.write_text("\n".join([",".join(["time_s", *names]), *rows]), "utf-8")
    assert main(["score", str(table), "--exercise", str(path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert message in printed.err


def test_lists_in_lists_without_end_are_no_exercise(tmp_path):
    path = tmp_path / "deep.toml"
    path.write_text("a = " + "[" * 5000)
    with pytest.raises(model.ExerciseError, match=r"deep.toml: not a TOML file"):
        model.load(path)
