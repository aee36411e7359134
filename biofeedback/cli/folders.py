"""Where the program keeps what is the user's: one folder, which ``BIOFEEDBACK_HOME`` moves."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """Return the program's folder, made for its owner only if it is new."""
    folder = Path(os.environ.get("BIOFEEDBACK_HOME") or platformdirs.user_data_dir("biofeedback", appauthor=False))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def recordings() -> Path:
    """Return the folder of the recordings."""
    folder = home() / "recordings"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
