"""Where the real recordings lie, for the tests that use them where they are present."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "data"


def recording(name: str) -> Path:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"the recording {name} is not here")
    return path
