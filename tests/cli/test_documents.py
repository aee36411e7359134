"""The documents that are printed are what their schemas say, and the schemas in the docs are those of the types."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import msgspec
import numpy as np
import pytest

from biofeedback.cli import main
from biofeedback.cli.documents import MeasuresDocument, ScoreDocument
from biofeedback.measures.catalogue import catalogue

ROOT = Path(__file__).parents[2]
RATE_HZ = 100.0


@pytest.fixture(scope="module")
def leg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that has something for every measure: three IMU, two muscles, an angle, two forces."""
    random = np.random.default_rng(0)
    t = np.arange(0.0, 16.0, 1.0 / 200.0)
    angle = 0.6 * (1.0 - np.cos(np.pi * (t - 3.0))) * ((t > 3.0) & (t < 15.0))
    columns: dict[str, np.ndarray] = {"time_s": t}
    for place, share in (("thigh", 0.1), ("shank", 1.0), ("foot", 0.5)):
        noise = random.normal(0.0, 0.01, (6, len(t)))
        columns |= {f"acc_x_mps2_{place}": noise[0], f"acc_y_mps2_{place}": 9.81 * np.sin(share * angle) + noise[1]}
        columns |= {f"acc_z_mps2_{place}": 9.81 * np.cos(share * angle) + noise[2]}
        columns |= {f"gyr_x_radps_{place}": share * np.gradient(angle, t), f"gyr_y_radps_{place}": noise[4]}
        columns |= {f"gyr_z_radps_{place}": noise[5]}
    for muscle in ("vastus", "hamstrings"):
        columns[f"emg_{muscle}_uV"] = random.normal(0.0, np.where(angle > 0.1, 80.0, 3.0))
    columns |= {"angle_knee_deg": np.degrees(angle), "force_target_N": 10.0 * angle, "force_actual_N": 9.0 * angle}
    path = tmp_path_factory.mktemp("leg") / "leg.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(columns)
        table.writerows(np.round(np.column_stack(list(columns.values())), 6).tolist())
    return path


@pytest.mark.parametrize("name", list(catalogue()))
def test_every_measure_prints_a_document_of_its_schema(
    name: str, leg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    segments = ["shank", "thigh", "foot"]
    places = {"imu": segments, "acceleration": segments, "emg": ["vastus", "hamstrings"]}
    places |= {"angle": ["knee"], "force": ["target", "actual"], "any": ["target", "actual"]}
    given: list[str] = []
    for role in catalogue()[name].definition.roles:
        if places[role.kind]:
            given.append(f"{role.name}={places[role.kind].pop(0)}")
    assert main(["measures", "run", name, str(leg), "--json", "--set", *given]) == 0
    document = msgspec.json.decode(capsys.readouterr().out, type=MeasuresDocument)
    assert document.measure == name
    assert all(value.reason for value in document.values if value.value is None)


def test_score_prints_a_document_of_its_schema(
    leg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BIOFEEDBACK_HOME", str(tmp_path))
    assert main(["score", str(leg), "--exercise", "knee-extension-seated", "--json"]) == 0
    document = msgspec.json.decode(capsys.readouterr().out, type=ScoreDocument)
    assert document.count == len(document.repetitions) > 0


def test_the_schemas_in_the_docs_are_those_of_the_types() -> None:
    spec = importlib.util.spec_from_file_location("json_schemas", ROOT / "tools" / "json_schemas.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for name, document in tool.DOCUMENTS.items():
        assert (tool.FOLDER / name).read_text(encoding="utf-8") == tool.schema(document), "run tools/json_schemas.py"
