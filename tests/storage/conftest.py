from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from biofeedback.storage.keys import StoreKey

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def loads() -> ModuleType:
    spec = importlib.util.spec_from_file_location("storage_loads", HERE / "loads.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def store_key(tmp_path: Path) -> StoreKey:
    return StoreKey.load_or_create(tmp_path / "store")


class Child:
    """A process that records; what it says is read line by line."""

    def __init__(self, recording: Path, store: Path, before: tuple[str, ...], *numbers: float) -> None:
        command = [*before, sys.executable, str(HERE / "writing_child.py"), str(recording), str(store)]
        command += map(str, numbers)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return json.loads(line)

    def read_to_end(self) -> list[dict[str, Any]]:
        out, error = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, error
        return [json.loads(line) for line in out.splitlines()]

    def kill(self) -> list[dict[str, Any]]:
        self.process.kill()
        out, _ = self.process.communicate()
        return [json.loads(line) for line in out.splitlines() if line.endswith("}")]


@pytest.fixture(scope="module")
def record_in_child():
    children: list[Child] = []

    def start(recording: Path, *before: str, seconds: float, speed: float = 1.0, limit: int = 0, at_close: int = 0):
        children.append(Child(recording, recording.parent / "store", before, seconds, speed, limit, at_close))
        return children[-1]

    yield start
    for child in children:
        if child.process.poll() is None:
            child.process.kill()
        child.process.communicate()
