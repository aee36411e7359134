"""The person's own estimate of a set, before its result is shown: five pictures to point at, say, press or touch."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF

from biofeedback.ui.language import tr
from biofeedback.ui.patient.column import Layer
from biofeedback.ui.patient.draw import Draw
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.frame import MARGIN, Frame
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.text import SMALLEST, TextBlock, set_text

CHOICES = 5
_GAP = 20.0
_TOUCH = 300.0
_LEVELS = (0.10, 0.31, 0.52, 0.73, 0.90)
_HEADLINE = 100.0


def tiles(frame: Frame) -> list[QRectF]:
    """Return where the five pictures stand: in one row, or in as many as keep each large enough to touch."""
    top = MARGIN + 165
    width, height = frame.width - 2 * MARGIN, frame.height - MARGIN - top
    made: list[QRectF] = []
    best = max((5, 3, 2, 1), key=lambda n: min(_TOUCH, *_size(width, height, n)))
    wide, tall = _size(width, height, best)
    for i in range(CHOICES):
        row, place = divmod(i, best)
        in_row = min(best, CHOICES - row * best)
        left = MARGIN + (width - in_row * wide - (in_row - 1) * _GAP) / 2
        place = in_row - 1 - place if frame.mirrored else place
        made.append(QRectF(left + place * (wide + _GAP), top + row * (tall + _GAP), wide, tall))
    return made


def _size(width: float, height: float, in_row: int) -> tuple[float, float]:
    rows = math.ceil(CHOICES / in_row)
    return (width - _GAP * (in_row - 1)) / in_row, (height - _GAP * (rows - 1)) / rows


def choice_at(frame: Frame, x_px: float, y_px: float) -> int | None:
    """Return the choice, 1 to 5, under a place in logical pixels."""
    at = QPointF(x_px / frame.scale, y_px / frame.scale)
    return next((i for i, tile in enumerate(tiles(frame), 1) if tile.contains(at)), None)


class EstimateScene:
    """Five pictures: much less than wanted, a bit less, just right, a bit more, much more."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        self._frame, self._chosen = frame, picture.view.estimate

    def paint_background(self, draw: Draw) -> None:
        """Draw the question and the five pictures."""
        frame = self._frame
        room = frame.width - 2 * MARGIN
        size = min(_HEADLINE * frame.text_scale, 130.0)
        block = set_text(tr("How do you think it went?"), size, room, lines=1, weight=700)
        lines = [MARGIN + 95.0]
        if block.lines != (tr("How do you think it went?"),):
            block = set_text(tr("How do you think it went?"), SMALLEST, room, weight=700)
            lines = [MARGIN + 45 + 1.15 * block.size * i for i in range(len(block.lines))]
        draw.block(frame.width / 2, lines, block, align="centre")
        words = (tr("Much less"), tr("A bit less"), tr("Just right"), tr("A bit more"), tr("Much more"))
        places = tiles(frame)
        room = places[0].width() - 36
        bold = [set_text(word, 76, room, lines=3, weight=700, keep=0.85) for word in words]
        size, most = min(block.size for block in bold), max(len(block.lines) for block in bold)
        for i, (tile, block) in enumerate(zip(places, bold, strict=True), 1):
            chosen = i == self._chosen
            text = TextBlock(block.lines, size, 700 if chosen else 400)
            self._paint_tile(draw, tile, text, most, _LEVELS[i - 1], chosen=chosen)

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return nothing: it stands still."""
        return {}

    def _paint_tile(self, draw: Draw, tile: QRectF, block: TextBlock, most: int, level: float, *, chosen: bool) -> None:
        """Draw one picture over its words, which have ``most`` lines at the most: all pictures are of one size."""
        draw.rect(tile, 36, "surface", "accent" if chosen else "quiet", 16 if chosen else 7)
        step = 1.17 * block.size
        first = tile.bottom() - 40 - step * (most - 1)
        middle = first + step * (most - len(block.lines)) / 2
        draw.block(tile.center().x(), [middle + step * i for i in range(len(block.lines))], block, align="centre")
        room = QRectF(tile.left(), tile.top() + 42, tile.width(), first - 0.85 * block.size - 24 - tile.top() - 42)
        if room.height() > 60:
            self._paint_column(draw, room, level)
        if chosen:
            at = tile.topRight() + QPointF(-40, 40)
            draw.disc(at, 46, "accent", "window", 8)
            points = [at + QPointF(x, y) for x, y in ((-20, 2), (-5, 18), (20, -16))]
            draw.line(points, "on_accent", 11)

    def _paint_column(self, draw: Draw, room: QRectF, level: float) -> None:
        x, tall = room.center().x(), room.height()
        draw.rect(QRectF(x - 44, room.top(), 88, tall), 18, "track", "quiet", 4)
        draw.rect(QRectF(x - 100, room.top() + 0.37 * tall, 200, 0.23 * tall), 18, "target_band", "band_edge", 12)
        y = room.bottom() - level * tall
        draw.rect(QRectF(x - 118, y - 14, 236, 28), 14, "ink", "surface", 6)
