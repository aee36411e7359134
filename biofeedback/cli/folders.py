"""Where the program keeps what is the user's: one folder, which ``BIOFEEDBACK_HOME`` moves."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from biofeedback.cli.errors import UserError


def home() -> Path:
    """Return the program's folder, made for its owner only if it is new."""
    folder = Path(os.environ.get("BIOFEEDBACK_HOME") or platformdirs.user_data_dir("biofeedback", appauthor=False))
    return _made(folder)


def recordings() -> Path:
    """Return the folder of the recordings."""
    return _made(home() / "recordings")


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        writable = os.access(folder, os.W_OK)
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be made ({error.strerror}); set BIOFEEDBACK_HOME to another folder"
        ) from error
    if not writable:
        raise UserError(f"{folder}: cannot be written; set BIOFEEDBACK_HOME to another folder")
    return folder
