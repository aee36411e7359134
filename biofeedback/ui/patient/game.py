"""Quiet games: the column stays, and beside it something climbs or opens with the time spent in the band."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath

from biofeedback.ui.language import tr
from biofeedback.ui.patient.column import Column, Layer, Track
from biofeedback.ui.patient.draw import Draw
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.frame import MARGIN, Frame
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.panel import Says, paint_number, places, says, word_of
from biofeedback.ui.patient.stage import countdown_elements, goal_element, panel_symbol, stage_elements
from biofeedback.ui.patient.symbols import symbol
from biofeedback.ui.patient.text import set_text

_CORNER = 36.0
_COLUMN_CARD = 320.0
_CARD = QPointF(440.0, 290.0)
_FIGURE, _UNIT = 120.0, 72.0
_FULL_WIDTH = 1100.0  # of free scenery: narrower, and the figures become smaller


@dataclass(frozen=True, slots=True)
class Scenery:
    """Where a game plays: the whole stage, the part of it that is free, and how large figures are there.

    Above ``sky_top``, to the right of ``sky_right``, the small panel stands.
    """

    stage: QRectF
    free: QRectF
    sky_right: float
    sky_top: float
    scale: float
    snap: Callable[[float], float]


class Game(Protocol):
    """What a game draws: scenery that stands still, and one figure that moves."""

    def __init__(self, place: Scenery) -> None: ...

    def paint_scenery(self, draw: Draw) -> None:
        """Draw what stands still."""
        ...

    def figure(self, gained: float, sway: float) -> Element:
        """Return the figure at a share of the game, 0…1; ``sway`` moves it while it waits."""
        ...


class GameScene:
    """A game of one frame, theme and band: in landscape a wide scene with a small panel in it.

    It looks the same in languages read from right to left: boats sail to the right in either.
    """

    game: type[Game]

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        self._frame = frame
        stage = QRectF(frame.stage)
        if not frame.portrait:
            stage.setLeft(MARGIN)
            stage.setRight(frame.width - MARGIN)
        self._stage = stage
        self._column_card = QRectF(
            stage.left() + _CORNER, stage.top() + _CORNER, _COLUMN_CARD, stage.height() - 2 * _CORNER
        )
        self._card = QRectF(stage.right() - _CORNER - _CARD.x(), stage.top() + _CORNER, _CARD.x(), _CARD.y())
        room = self._column_card.adjusted(0, 40, 0, -40)
        centre = self._column_card.center().x()
        self._column = Column(frame, Track.at(centre, room, picture.view.low, picture.view.high, 120, 86), layer)
        self._game = self.game(self._scenery())

    def _scenery(self) -> Scenery:
        stage, frame = self._stage, self._frame
        free = stage.adjusted(_CORNER + _COLUMN_CARD + 24, 0, -20, 0)
        sky_right = free.right() if frame.portrait else self._card.left() - 20
        sky_top = stage.top() if frame.portrait else self._card.bottom()
        return Scenery(stage, free, sky_right, sky_top, min(1.0, max(0.55, free.width() / _FULL_WIDTH)), frame.snap)

    def paint_background(self, draw: Draw) -> None:
        """Draw the scenery, and the cards of column and panel."""
        outline = QPainterPath()
        outline.addRoundedRect(self._stage, _CORNER, _CORNER)
        draw.painter.save()
        draw.painter.setClipPath(outline, Qt.ClipOperation.IntersectClip)
        self._game.paint_scenery(draw)
        draw.painter.restore()
        draw.rect(self._stage, _CORNER, None, "line", 3)
        cards = [self._column_card] if self._frame.portrait else [self._column_card, self._card]
        for card in cards:
            draw.rect(card, 30, "surface", "line", 3)
        self._column.paint_background(draw)

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return figure and bar, and what stands around them."""
        parts: dict[str, Element] = {"figure": self._clipped(self._game.figure(picture.gained, picture.sway))}
        if picture.level is not None:
            parts["bar"] = self._column.bar(picture.shown, picture.level)
        if self._frame.portrait:
            return parts | stage_elements(self._frame, picture)
        parts |= goal_element(self._frame, picture)
        if picture.view.screen == "ready":
            return parts | countdown_elements(self._frame, picture.seconds, self._card)
        return parts | self._small_panel(picture, says(panel_symbol(picture)))

    def _clipped(self, figure: Element) -> Element:
        stage = self._stage.adjusted(4, 4, -4, -4)

        def paint(draw: Draw) -> None:
            draw.painter.save()
            draw.painter.setClipRect(stage, Qt.ClipOperation.IntersectClip)
            figure.paint(draw)
            draw.painter.restore()

        return Element(figure.key, figure.box.intersected(self._stage), paint)

    def _small_panel(self, picture: Picture, said: Says) -> dict[str, Element]:
        card = self._card
        inner = card.adjusted(8, 8, -8, -8)
        shown, number = said.symbol, picture.number
        unit = ""
        if number is not None:
            unit = tr("s") if picture.holding else tr("of {total}").format(total=picture.view.of)

        spots = places(self._frame, 0)
        edge, way, align = (card.right(), -1, "right") if spots.mirrored else (card.left(), 1, "left")
        number_box = QRectF(inner.left(), card.top() + 49, inner.width(), 220)

        def paint(draw: Draw) -> None:
            if shown is not None:
                symbol(draw, shown, QPointF(edge + way * 84, card.top() + 80), 112)
                word, width = word_of(shown), card.width() - 168
                ink = "in_target" if shown in ("in", "hold") else "out_of_target"
                block = set_text(word, 82, width, lines=1, weight=700)
                if block.lines != (word,):
                    block = set_text(word, 66, width, weight=700)
                first = card.top() + (108 if len(block.lines) == 1 else 66)
                lines = [first + 1.1 * block.size * i for i in range(len(block.lines))]
                draw.block(edge + way * 152, lines, block, ink, align)
            if number is not None:
                paint_number(draw, spots, number_box, str(number[0]), unit, _FIGURE, _UNIT)

        return {"panel": Element((shown, number, unit), inner, paint)}
