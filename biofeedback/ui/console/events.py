"""Marks and events of the session."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from biofeedback.session.view import EventView
from biofeedback.ui.console.labels import ElidedText, Text, card_header, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.language import tr


class EventsCard(QFrame):
    """Marks and events, newest first."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setObjectName("card")
        self._shown: tuple[EventView, ...] | None = None
        self._lines = QVBoxLayout()
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(0)
        self.setLayout(column(card_header(look, tr("Marks and events")), rule(), self._lines, -1))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self._events: tuple[EventView, ...] = ()

    def show_events(self, events: tuple[EventView, ...]) -> None:
        """Take the events of a newer page; as many lines as fit."""
        self._events = events
        rows = max(1, (self.height() - self._look.px(44)) // self._look.px(32))
        newest = tuple(sorted(events, key=lambda event: event.clock, reverse=True)[:rows])
        if newest == self._shown:
            return
        self._shown = newest
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for event in newest:
            self._lines.addWidget(self._line(event.clock, event.text))
        if not newest:
            self._lines.addWidget(self._line("", tr("Press M to mark a moment.")))

    def _line(self, clock: str, text: str) -> QWidget:
        look = self._look
        words = ElidedText(look, "body", text)
        line = QWidget()
        line.setFixedHeight(look.px(32))
        items: list[Any] = ([Text(look, "caption", clock, soft=True)] if clock else []) + [words]
        layout = row(*items, spacing=look.px(16), margins=(look.px(16), 0, look.px(16), 0))
        layout.setStretch(len(items) - 1, 1)
        line.setLayout(layout)
        return line

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many lines as fit."""
        self.show_events(self._events)
