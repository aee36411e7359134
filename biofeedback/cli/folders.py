"""Where the program keeps what is the user's: one folder, which ``BIOFEEDBACK_HOME`` moves."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Annotated

import msgspec
import platformdirs

from biofeedback.cli.errors import UserError

_log = logging.getLogger(__name__)
Delay = Annotated[float, msgspec.Meta(ge=0, le=10_000)]


def home() -> Path:
    """Return the program's folder, made for its owner only if it is new."""
    folder = Path(os.environ.get("BIOFEEDBACK_HOME") or platformdirs.user_data_dir("biofeedback", appauthor=False))
    return _made(folder)


def recordings() -> Path:
    """Return the folder of the recordings."""
    return _made(home() / "recordings")


def sound_delays() -> dict[str, float]:
    """Return how late each sound device was heard when it was measured, in ms, by its name."""
    try:
        return msgspec.json.decode(_sound_delays().read_bytes(), type=dict[str, Delay])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:
        _log.warning("%s is passed over, measure again with: biofeedback bench sound (%s)", _sound_delays(), error)
        return {}


def keep_sound_delay(device: str, delay_ms: float) -> None:
    """Keep how late a device was heard, for the sessions to come."""
    draft = _sound_delays().with_suffix(".new")
    draft.write_bytes(msgspec.json.encode(sound_delays() | {device: round(delay_ms, 1)}))
    draft.replace(_sound_delays())


def _sound_delays() -> Path:
    return home() / "sound-delays.json"


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
