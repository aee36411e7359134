"""How the therapist wants the program to look and speak: one small file in the user's folder."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from PySide6.QtCore import QLibraryInfo, QLocale, Qt, QTranslator
from PySide6.QtGui import QGuiApplication

from biofeedback.appearance import language

_log = logging.getLogger(__name__)
_FILE = "settings.json"
TEXT_SCALES = (1.0, 1.25, 1.5, 1.75, 2.0)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen; an empty text follows the system. ``screen`` is the patient's, as the system names it."""

    language: str = ""
    theme: Literal["", "light", "dark", "patient_contrast"] = ""
    text_scale: Annotated[float, msgspec.Meta(ge=1.0, le=2.0)] = 1.0
    keys_shown: bool = True
    screen: str = ""

    def spoken(self) -> str:
        """Return the code of the language to speak: the chosen one, else the system's, else English."""
        return language.language_for(self.language or QLocale.system().name())


def load(folder: Path) -> Settings:
    """Return what was chosen; a file that cannot be read, or has something else in it, counts as nothing chosen."""
    path = folder / _FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Settings)
    except FileNotFoundError:
        return Settings()
    except (OSError, msgspec.DecodeError) as error:
        _log.warning("%s: the settings cannot be read, so the usual ones hold (%s)", path, error)
        return Settings()


def keep(folder: Path, settings: Settings) -> None:
    """Write what was chosen; a disk that does not take it costs nothing but the next start's memory of it."""
    path = folder / _FILE
    draft = path.with_name(f"{_FILE}.{os.getpid()}.new")
    try:
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(settings)))
        draft.replace(path)
    except OSError as error:
        _log.warning("%s: the settings could not be kept (%s)", path, error)
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


_qt_words: list[QTranslator] = []  # of text fields' menus and file dialogs


def speak(code: str) -> None:
    """Speak a language from now on, in its direction; what is shown already is made anew by its owner.

    Raises
    ------
    UnknownLanguageError
        If there is no such language.
    """
    language.use(code)
    application = QGuiApplication.instance()
    if not isinstance(application, QGuiApplication):
        return
    to_left = language.language().right_to_left
    application.setLayoutDirection(Qt.LayoutDirection.RightToLeft if to_left else Qt.LayoutDirection.LeftToRight)
    while _qt_words:
        application.removeTranslator(_qt_words.pop())
    words = QTranslator()
    if words.load(f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(words)
        _qt_words.append(words)
