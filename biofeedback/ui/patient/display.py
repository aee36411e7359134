"""The patient's display: a widget that paints what changed, and a plain function for pictures of it."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QWidget

from biofeedback.appearance.tokens import ThemeName
from biofeedback.session.view import PatientView
from biofeedback.ui.language import tr
from biofeedback.ui.patient.composer import Composer
from biofeedback.ui.patient.estimate import CHOICES, choice_at
from biofeedback.ui.patient.frame import Frame, make_frame
from biofeedback.ui.patient.pacing import Pacer


class PatientDisplay(QWidget):
    """One goal, one number, one word. It pulls nothing and waits for nothing: `advance` gives it the newest state.

    Parameters
    ----------
    preview
        Lay out like a full screen and draw it small, for the therapist's window.
    reduced_motion
        Nothing moves but what the person moves.
    """

    estimated = Signal(int)
    """The person chose one of the five pictures of `estimate`, 1 to 5, by touch or by key."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        theme: ThemeName = "light",
        text_scale: float = 1.0,
        preview: bool = False,
        reduced_motion: bool = False,
    ) -> None:
        super().__init__(parent)
        self._preview = preview
        self._composer = Composer(theme)
        self._text_scale = text_scale
        self._pacer = Pacer(reduced_motion=reduced_motion)
        self._last: tuple[PatientView, np.void | None, float] | None = None
        self.painted: Callable[[float], None] | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 90)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if preview else Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Patient display"))

    def advance(self, view: PatientView, tick: np.void | None, now_s: float, *, at_once: bool = False) -> bool:
        """Show the page and the newest tick of dtype `TICK`; return whether anything has to be painted for it.

        It is painted when the event loop comes to it or, with ``at_once``, on return.
        """
        self._last = (view, tick, now_s)
        boxes = self._composer.show(self._frame(view), self._pacer.picture(view, tick, now_s))
        region = QRegion()
        for box in boxes:
            region += box
        if at_once:
            self.repaint(region)
        else:
            self.update(region)
        return bool(boxes)

    def set_theme(self, theme: ThemeName) -> None:
        """Show another theme."""
        self._composer = Composer(theme)
        self._again()

    def set_text_scale(self, text_scale: float) -> None:
        """Scale the goal line and the words of full screens, 1 to 2."""
        self._text_scale = min(2.0, max(1.0, text_scale))
        self._again()

    def _again(self) -> None:
        if self._last is not None:
            self.advance(*self._last)
        self.update()

    def _frame(self, view: PatientView) -> Frame:
        return make_frame(
            self.width(),
            self.height(),
            ratio=self.devicePixelRatio(),
            goal=tr(view.goal),
            text_scale=self._text_scale,
            preview=self._preview,
            mirrored=QGuiApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft,
            silent=not view.sound,
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take a touch on one of the pictures of an estimate."""
        if self._estimating and self._last is not None:
            place = event.position()
            choice = choice_at(self._frame(self._last[0]), place.x(), place.y())
            if choice is not None:
                self.estimated.emit(choice)
                return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take 1 to 5 as an estimate while one is asked for."""
        choice = event.key() - Qt.Key.Key_0
        if self._estimating and 1 <= choice <= CHOICES:
            self.estimated.emit(choice)
        else:
            super().keyPressEvent(event)

    @property
    def _estimating(self) -> bool:
        return self._last is not None and self._last[0].screen == "estimate" and self._last[0].estimate is None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out again."""
        super().resizeEvent(event)
        self._again()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Restore the boxes that changed from the background, and draw what stands in them."""
        started_s = time.thread_time()
        painter = QPainter(self)
        self._composer.paint(painter, event.region())
        painter.end()
        if self.painted is not None:
            self.painted(time.thread_time() - started_s)


def render(
    view: PatientView,
    tick: np.void | None,
    size: QSize | tuple[int, int] = (1920, 1080),
    theme: ThemeName = "light",
    text_scale: float = 1.0,
    *,
    now_s: float = 0.0,
    preview: bool = False,
    ratio: float = 1.0,
    mirrored: bool = False,
) -> QImage:
    """Return a picture of the display; ``size`` is in logical pixels, ``ratio`` device pixels for one of them."""
    width, height = (size.width(), size.height()) if isinstance(size, QSize) else size
    frame = make_frame(
        width,
        height,
        ratio=ratio,
        goal=tr(view.goal),
        text_scale=text_scale,
        preview=preview,
        mirrored=mirrored,
        silent=not view.sound,
    )
    composer = Composer(theme)
    composer.show(frame, Pacer().picture(view, tick, now_s))
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    composer.paint(painter)
    painter.end()
    return image
