"""What the patient sees, painted small, and the choice of it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from biofeedback.exercises.views import View
from biofeedback.session import commands
from biofeedback.session.view import PatientView, SessionView
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.labels import ElidedText, card_header, column, row
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.viewbox import ViewBox
from biofeedback.ui.language import tr
from biofeedback.ui.patient import PatientDisplay


def view_names() -> dict[View, str]:
    """Return what the therapist calls each view of the patient's display."""
    return {
        "column": tr("Column with band"),
        "limb": tr("Moving limb"),
        "path": tr("Path to follow"),
        "columns": tr("Two muscles, columns"),
        "plane": tr("Two muscles, one dot"),
        "balance": tr("Balance"),
        "tempo": tr("Tempo ring"),
        "kite": tr("Game: kite"),
        "sluice": tr("Game: sluice"),
        "order": tr("Order of two muscles"),
        "gait": tr("Steps left and right"),
    }


def _choices(views: tuple[View, ...]) -> list[tuple[str, tuple[View, bool]]]:
    """Return what is offered, by name, with view and whether as in a mirror; the moving limb has both."""
    names = view_names()
    choices: list[tuple[str, tuple[View, bool]]] = []
    for view in views:
        choices.append((names[view], (view, False)))
        if view == "limb":
            choices.append((tr("Moving limb, as in a mirror"), (view, True)))
    return choices


class Preview(QFrame):
    """The patient's display, painted small from the same state ten times a second.

    ``low`` puts it beside its controls, where there is little height.
    """

    command = Signal(object)

    def __init__(self, look: Look, low: bool = False) -> None:
        super().__init__()
        self._look, self._low = look, low
        self.setObjectName("card")
        self._frame = PatientPicture(look)
        self.display = self._frame.display
        self._note = ElidedText(look, "caption", role="ink_soft", align=Qt.AlignmentFlag.AlignRight)
        self._views = ViewBox(look, tr("What the patient sees"), shrinks=True)
        self._offered: tuple[View, ...] = ()
        self._offer(("column", "limb"))
        self._views.activated.connect(self._chosen)
        self.blank_button = Button(look, tr("Blank"), key="B")
        self.blank_button.clicked.connect(self.toggle_blank)
        self._patient: PatientView | None = None
        self.setLayout(self._beside() if low else self._below())

    def _below(self) -> QVBoxLayout:
        look, pad = self._look, self._look.px(16)
        controls = row(self._views, self.blank_button, spacing=look.px(8))
        controls.setStretch(0, 1)
        head = card_header(look, tr("Patient sees"), self._note)
        body = column(self._frame, controls, spacing=look.px(8), margins=(pad, 0, pad, look.px(8)))
        body.setStretch(0, 1)
        return column(head, body)

    def _beside(self) -> QVBoxLayout:
        look, pad = self._look, self._look.px(12)
        controls = column(self._views, self.blank_button, self._note, -1, spacing=look.px(8))
        self._frame.setFixedSize(look.px(162), look.px(92))
        body = row(self._frame, controls, spacing=look.px(8), margins=(pad, 0, pad, look.px(10)))
        body.setStretch(1, 1)
        return column(card_header(look, tr("Patient sees"), height=32), body, -1)

    def show_page(self, view: SessionView) -> None:
        """Take a newer page."""
        self._patient = view.patient
        blank = view.patient.screen == "blank"
        self.blank_button.relabel(tr("Show") if blank else tr("Blank"))
        if not self._views.view().isVisible():
            self._offer(view.patient.views)
            self._show_choice(view.patient)
        self._note.say(tr("The display is blank") if blank else "")

    def _offer(self, views: tuple[View, ...]) -> None:
        """Offer the views this exercise can be shown in."""
        if views != self._offered:
            self._offered = views
            self._views.clear()
            for name, choice in _choices(views):
                self._views.addItem(name, choice)

    def _show_choice(self, patient: PatientView) -> None:
        """Show which of the choices the patient sees; a view that is not among them only by its name."""
        shown = (patient.view, patient.mirror and patient.view == "limb")
        places = [choice for _, choice in _choices(self._offered)]
        self._views.setPlaceholderText(view_names()[patient.view])
        self._views.setCurrentIndex(places.index(shown) if shown in places else -1)

    def advance(self, tick: np.void | None, now_s: float) -> None:
        """Paint the newest state; called ten times a second."""
        if self._patient is not None and self.display.isVisible():
            self.display.advance(self._patient, tick, now_s)

    def toggle_blank(self) -> None:
        """Blank the patient's display, or show it again."""
        if self._patient is not None:
            self.command.emit(commands.Blank(self._patient.screen != "blank"))

    def next_view(self) -> None:
        """Show the next view."""
        self._views.setCurrentIndex((self._views.currentIndex() + 1) % self._views.count())
        self._chosen(self._views.currentIndex())

    def _chosen(self, index: int) -> None:
        view, mirrored = self._views.itemData(index)
        self.command.emit(commands.SetView(view, mirrored if view == "limb" else None))


class PatientPicture(QWidget):
    """The patient's display at 16:9, in the middle, with a line around it."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look, self.display = look, PatientDisplay(theme=look.theme, preview=True)
        self.display.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setObjectName("preview")

    def hasHeightForWidth(self) -> bool:
        """Let the height follow the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return nine sixteenths."""
        return round((width - 2) * 9 / 16) + 2

    def sizeHint(self) -> QSize:
        """Return a small picture."""
        return QSize(318, self.heightForWidth(318))

    def minimumSizeHint(self) -> QSize:
        """Return the smallest picture that can be read."""
        return QSize(162, self.heightForWidth(162))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line around the picture."""
        with QPainter(self) as painter:
            painter.setPen(self._look.colour("line_strong"))
            painter.drawRect(self.display.geometry().adjusted(-1, -1, 0, 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the picture in."""
        width = min(self.width(), round((self.height() - 2) * 16 / 9) + 2)
        height = self.heightForWidth(width)
        self.display.setGeometry(
            (self.width() - width) // 2 + 1, (self.height() - height) // 2 + 1, width - 2, height - 2
        )
