"""Tempo: a ring of the movement's phases, a ball that keeps the pace, and round it a ring that is the person."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF

from biofeedback.ui.language import tr
from biofeedback.ui.patient.column import Layer
from biofeedback.ui.patient.draw import Draw, Shown
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.frame import Frame, around
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.panel import Says, word_of
from biofeedback.ui.patient.stage import paint_card, stage_elements
from biofeedback.ui.patient.text import set_text

_RADIUS, _THICK = 302.0, 92.0
_GAP, _EDGE = 0.01, 10.0  # of a turn; of a unit
_STEPS = 720  # places on the ring that are told apart
_FURTHEST = 0.985  # so that ball and person do not meet their own beginning


class TempoScene:
    """The ring of one frame, theme and tempo."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        stage = frame.stage
        self._frame, self._centre = frame, stage.center()
        room = min(stage.width(), stage.height()) / 2
        self._scale = min(1.0, (room - 10) / 395)
        self._radius, self._thick = _RADIUS * self._scale, _THICK * self._scale
        tempo = picture.view.tempo or (1.0, 1.0, 1.0)
        total = max(sum(tempo), 1e-6)
        self._ends = (0.0, tempo[0] / total, (tempo[0] + tempo[1]) / total, 1.0)

    def paint_background(self, draw: Draw) -> None:
        """Draw card, the three parts and their signs."""
        paint_card(draw, self._frame.stage)
        signs: tuple[Shown, ...] = ("below", "hold", "above")
        for (begin, end), sign in zip(self._parts(), signs, strict=True):
            draw.polygon(self._band(begin, end, self._thick / 2), "band_edge")
            inset = _EDGE / (2 * math.pi * self._radius)
            if end - begin > 3 * inset:
                draw.polygon(self._band(begin + inset, end - inset, self._thick / 2 - _EDGE), "target_band")
            self._sign(draw, sign, self._point(begin + (end - begin) * 0.5), end - begin)

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return the part of the way that lies behind the ball, ball and person, and what stands around the stage."""
        ball, person = (min(_FURTHEST, round(share * _STEPS) / _STEPS) for share in picture.pace)
        box = around(self._centre, self._radius + 100 * self._scale)
        going = picture.view.screen == "live" and picture.shown != "idle"
        shown = picture.shown if going else "idle"
        parts = {
            "ring": Element((ball, person, shown), box, lambda draw: self._paint(draw, ball, person, shown)),
        }
        if going:
            word = self._word(ball)
            parts["phase"] = Element(word, self._word_box, lambda draw: self._paint_word(draw, word))
        said = Says() if shown == "idle" else Says(shown, word_of(shown), large=shown == "in")
        return parts | stage_elements(self._frame, picture, said)

    def _parts(self) -> list[tuple[float, float]]:
        return [(self._ends[i] + _GAP, max(self._ends[i] + _GAP, self._ends[i + 1] - _GAP)) for i in range(3)]

    def _word(self, ball: float) -> str:
        words = (tr("Up"), tr("Hold"), tr("Down"))
        return words[0 if ball < self._ends[1] else 1 if ball < self._ends[2] else 2]

    @property
    def _word_box(self) -> QRectF:
        reach = self._radius - self._thick / 2 - 50 * self._scale
        return QRectF(self._centre.x() - reach, self._centre.y() - 110, 2 * reach, 220)

    def _paint_word(self, draw: Draw, word: str) -> None:
        block = set_text(word, 134, self._word_box.width(), lines=1, weight=700)
        draw.block(self._centre.x(), [self._centre.y() + 0.33 * block.size], block, align="centre")

    def _paint(self, draw: Draw, ball: float, person: float, shown: Shown) -> None:
        for begin, end in self._parts():
            if begin < ball and (ball < end + _GAP or end == self._parts()[-1][1]):  # only the phase going on
                draw.polygon(self._band(begin, min(ball, end), self._thick / 2), "in_target")
        at, own = self._point(ball), self._point(person)
        role = "quiet" if shown == "idle" else "in_target" if shown == "in" else "out_of_target"
        scale = self._scale
        draw.disc(own, 78 * scale, "surface", "surface", 16 * scale)
        draw.disc(own, 72 * scale, "surface", role, 15 * scale)
        draw.disc(at, 54 * scale, "surface")
        draw.disc(at, 46 * scale, "ink")

    def _sign(self, draw: Draw, sign: Shown, at: QPointF, share: float) -> None:
        size = min(1.0, share * 2 * math.pi * self._radius / 90) * self._scale
        if sign == "hold":
            draw.rect(around(at, 25 * size), 8 * size, "ink")
            return
        way = -1 if sign == "below" else 1
        corners = [
            at + QPointF(0, way * 28) * size,
            at + QPointF(-30, way * -20) * size,
            at + QPointF(30, way * -20) * size,
        ]
        draw.polygon(corners, "ink", "ink", 5 * size)

    def _point(self, share: float, radius: float | None = None) -> QPointF:
        angle, radius = 2 * math.pi * share, self._radius if radius is None else radius
        return self._centre + QPointF(radius * math.sin(angle), -radius * math.cos(angle))

    def _band(self, begin: float, end: float, half: float) -> list[QPointF]:
        """Return the corners of a piece of the ring."""
        count = max(2, round(120 * (end - begin)))
        shares = [begin + (end - begin) * i / count for i in range(count + 1)]
        outer = [self._point(share, self._radius + half) for share in shares]
        return outer + [self._point(share, self._radius - half) for share in reversed(shares)]
