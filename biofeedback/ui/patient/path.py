"""The path: a tube that scrolls towards the person, whose marker only moves up and down."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPen

from biofeedback.feedback import paths
from biofeedback.session.view import PathView
from biofeedback.ui.patient.column import Layer
from biofeedback.ui.patient.draw import Draw
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.frame import Frame
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.stage import paint_card, stage_elements
from biofeedback.ui.patient.symbols import marker

BEHIND_S, AHEAD_S = 1.1, 3.0
_INSET = 70.0
_POINTS = 110
_FADED = 0.62


class PathScene:
    """The path of one frame, theme and target."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        view = picture.view
        self._frame, self._stage = frame, frame.stage
        self._low, self._high = view.low, view.high
        self._path = view.path
        self._now_x = self._stage.left() + BEHIND_S / (BEHIND_S + AHEAD_S) * self._stage.width()

    def paint_background(self, draw: Draw) -> None:
        """Draw the card."""
        paint_card(draw, self._stage)

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return the tube as it lies now, the person's line and marker, and what stands around the stage."""
        now_s = picture.now_s if picture.now_s else picture.view.countdown_end_s - picture.seconds
        line = tuple(point for point in picture.trail if now_s - point[0] <= BEHIND_S)
        key = (now_s, picture.level, picture.shown, len(line))
        parts = {"path": Element(key, self._stage, lambda draw: self._paint(draw, picture, now_s, line))}
        return parts | stage_elements(self._frame, picture)

    def _x(self, seconds: float) -> float:
        """Return where a moment stands, in seconds from now."""
        return self._now_x + seconds / (BEHIND_S + AHEAD_S) * self._stage.width()

    def _y(self, level: float) -> float:
        tall = self._stage.height() - 2 * _INSET
        return self._stage.bottom() - _INSET - min(1.1, max(-0.1, level)) * tall

    def _paint(self, draw: Draw, picture: Picture, now_s: float, line: tuple[tuple[float, ...], ...]) -> None:
        painter = draw.painter
        painter.save()
        painter.setClipRect(self._stage.adjusted(4, 4, -4, -4), Qt.ClipOperation.IntersectClip)
        if self._path is not None:
            self._paint_tube(draw, self._path, now_s)
        dashes = QPen(draw.ink("ink"), 7)
        dashes.setDashPattern([26 / 7, 20 / 7])
        dashes.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(dashes)
        x = self._now_x
        painter.drawLine(QPointF(x, self._stage.top() + 26), QPointF(x, self._stage.bottom() - 26))
        if picture.level is not None and picture.view.screen != "ready":
            at = QPointF(x, self._y(picture.level))
            own = [QPointF(self._x(point[0] - now_s), self._y(point[1])) for point in line]
            if own:
                draw.line([*own, at], "ink", 14)
            marker(draw, picture.shown, at)
        painter.restore()

    def _paint_tube(self, draw: Draw, path: PathView, now_s: float) -> None:
        """Draw the tube, paler where it has been; what lies behind stays for the eye, but asks nothing any more."""
        seconds = np.linspace(-BEHIND_S, AHEAD_S, _POINTS)
        seconds = np.insert(seconds, int(np.searchsorted(seconds, 0.0)), 0.0)
        shift = path.rise * paths.rise(path.shape, (now_s + seconds - path.start_s) / path.period_s)
        now = int(np.searchsorted(seconds, 0.0))
        for part, faded in ((slice(0, now + 1), _FADED), (slice(now, None), 0.0)):
            xs = [self._x(s) for s in seconds[part].tolist()]
            upper = [QPointF(x, self._y(self._high + s)) for x, s in zip(xs, shift[part].tolist(), strict=True)]
            lower = [QPointF(x, self._y(self._low + s)) for x, s in zip(xs, shift[part].tolist(), strict=True)]
            draw.polygon([*upper, *reversed(lower)], draw.mixed("target_band", "surface", faded))
            for edge in (upper, lower):
                draw.line(edge, draw.mixed("band_edge", "surface", 0.8 * faded), 10, flat=True)
