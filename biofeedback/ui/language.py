"""The one door every text a person reads goes through."""

from PySide6.QtCore import QCoreApplication


def tr(text: str) -> str:
    """Return ``text`` in the language of the program; untranslated text comes back as it is."""
    return QCoreApplication.translate("biofeedback", text)
