"""The language and look the windows begin with."""

from __future__ import annotations

from biofeedback.appearance.language import UnknownLanguageError
from biofeedback.cli import folders
from biofeedback.cli.errors import UserError
from biofeedback.ui.settings import Settings, load, speak


def speaking(language: str) -> Settings:
    """Speak ``language``, else the one that was chosen, else the system's; return the settings. Needs Qt's application.

    Raises
    ------
    UserError
        If there is no such language.
    """
    settings = load(folders.home())
    try:
        speak(language or settings.spoken())
    except UnknownLanguageError as error:
        raise UserError(f"--language {error}") from error
    return settings
