"""Balance: a dot on a bull's-eye, the feet under it, and an arrow that says where to move."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF

from biofeedback.ui.patient.column import Layer
from biofeedback.ui.patient.draw import Draw
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.frame import Frame
from biofeedback.ui.patient.muscles import dot_element
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.stage import paint_card, stage_elements
from biofeedback.ui.patient.symbols import footprint, marker, marker_box

_OUTER, _LEAST_GOAL = 350.0, 70.0
_BEYOND = 1.04  # the marker stops a little outside the limit: beyond it is not shown how far


class BalanceScene:
    """The bull's-eye of one frame, theme and band."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        stage, view = frame.stage, picture.view
        self._frame = frame
        self._centre = stage.center()
        self._outer = min(_OUTER, min(stage.width(), stage.height()) / 2 - 40)
        self._per_degree = self._outer / max(view.radius, 1e-6)
        self._goal = min(self._outer, max(_LEAST_GOAL, view.band[1] * self._per_degree))

    def paint_background(self, draw: Draw) -> None:
        """Draw card, feet, limit and goal."""
        paint_card(draw, self._frame.stage)
        scale = self._outer / _OUTER
        for side, way in (("left", -1), ("right", 1)):
            at = self._centre + QPointF(way * 176, 10) * scale
            footprint(draw, at, 1.7 * scale, "left" if side == "left" else "right", "track")
        draw.disc(self._centre, self._outer, None, "quiet", 7)
        draw.disc(self._centre, self._goal, "target_band", "band_edge", 14)

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return the dot, the way it came, and what stands around the stage."""
        parts: dict[str, Element] = {}
        if picture.leans is not None:
            points = [self._point(*point[:2]) for point in picture.trail]
            for i, at in enumerate(points):
                age = i + 7 - len(points)
                parts[f"trail {i}"] = dot_element(at, 7.0 + 3.0 * age, "ink_soft" if age > 2 else "quiet")
            at, shown = self._point(*picture.leans), picture.shown
            parts["marker"] = Element((shown, at.x(), at.y()), marker_box(at), lambda draw: marker(draw, shown, at))
        return parts | stage_elements(self._frame, picture)

    def _point(self, right: float, ahead: float) -> QPointF:
        """Return where a lean stands; ahead is up."""
        far = math.hypot(right, ahead) * self._per_degree
        shrink = min(1.0, _BEYOND * self._outer / far) if far > 0 else 1.0
        x, y = (value * self._per_degree * shrink for value in (right, -ahead))
        return QPointF(self._frame.snap(self._centre.x() + x), self._frame.snap(self._centre.y() + y))
