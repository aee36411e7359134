"""What is built is whole: away from the source tree it has its profiles, exercises, tokens and fonts, and runs."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=100)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder


def run(installed, *arguments):
    environment = os.environ | {"PYTHONPATH": str(installed / "site"), "BIOFEEDBACK_HOME": str(installed / "home")}
    return subprocess.run(
        [sys.executable, *arguments], cwd=installed, env=environment, capture_output=True, text=True, timeout=100
    )


def test_it_runs_from_where_it_was_unpacked(installed):
    done = run(installed, "-c", "import biofeedback; print(biofeedback.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(installed / "site")


def test_it_carries_its_profiles_and_exercises(installed):
    profiles = json.loads(run(installed, "-m", "biofeedback", "devices", "profiles", "--json").stdout)
    shipped = {path.stem for path in (ROOT / "firmware_profiles").glob("*.toml")}
    assert {profile["id"] for profile in profiles["profiles"]} == shipped
    listed = run(installed, "-c", "from biofeedback.exercises.model import library; print(*library())").stdout.split()
    assert set(listed) == {path.stem for path in (ROOT / "biofeedback/exercises/library").glob("*.toml")}


def test_its_demo_runs(installed):
    arguments = ("demo", "--headless", "--exercise", "biceps-contraction", "--seconds", "16", "--json")
    done = run(installed, "-m", "biofeedback", *arguments, "--out", "out")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["count"] >= 1
    for name in ("session.json", "console.png", "patient.png", "report.pdf"):
        assert (installed / "out" / name).stat().st_size > 1000
