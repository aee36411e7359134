"""Names of tabs, where there is no room for everything at once."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QTabBar

from biofeedback.ui.console.look import Look
from biofeedback.ui.language import tr


class Tabs(QTabBar):
    """The names of the tabs; each has the room it needs when it is chosen."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setFont(look.font("body"))
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(False)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setAccessibleName(tr("Parts of the page"))

    def tabSizeHint(self, index: int) -> QSize:
        """Return the room of the name in bold."""
        words = QFontMetrics(self._look.font("strong")).horizontalAdvance(self.tabText(index))
        return QSize(words + self._look.px(26), self._look.px(33))
