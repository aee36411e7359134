"""The panel beside the stage: one symbol, one word, one number, and a dot for each repetition."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from biofeedback.ui.language import tr
from biofeedback.ui.patient.draw import Draw, Shown
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.frame import FIGURE, PANEL_HEIGHT, UNIT, WORD, WORD_SMALLEST, Frame
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.symbols import Sticker, Symbol, sticker, symbol
from biofeedback.ui.patient.text import fitted_size, set_text, text_width

_GAP = 24.0
_DOT_STEP = 68.0
_SMALLEST_STEP = 50.0
_MOST_DOTS = 10
_TWO_LINES = 96.0


@dataclass(frozen=True, slots=True)
class Says:
    """What the panel says: a symbol, its word, and the sticker of the sensor it speaks of; None is nothing.

    ``large`` is a symbol without a word: the word stands elsewhere.
    """

    symbol: Symbol | None = None
    word: str = ""
    sticker: Sticker | None = None
    large: bool = False


def says(shown: Symbol | None) -> Says:
    """Return what the panel says of a state."""
    return Says() if shown is None else Says(shown, word_of(shown))


def word_of(shown: Symbol | Shown) -> str:
    """Return the one word of a state."""
    words: dict[Symbol | Shown, str] = {
        "left": tr("Left"),
        "right": tr("Right"),
        "fore": tr("Forward"),
        "back": tr("Back"),
        "slower": tr("Slower"),
        "faster": tr("Faster"),
        "circle_first": tr("Circle first"),
        "square_sooner": tr("Square sooner"),
        "below": tr("More"),
        "in": tr("Good"),
        "above": tr("Less"),
        "hold": tr("Hold"),
    }
    return words.get(shown, "")


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of the panel stand."""

    symbol: QPointF
    word_box: QRectF
    number_box: QRectF
    dots_box: QRectF
    centred: bool
    mirrored: bool


def places(frame: Frame, total: int) -> Places:
    """Place the panel's parts: one under the other, in portrait two rows; two digits need more room there.

    Languages read from right to left have the rows from right to left too.
    """
    panel = frame.panel
    x, y, width = panel.x(), panel.y(), panel.width()
    if frame.portrait:
        dots = 560 if total < 10 else 320
        word = QRectF(x + 280, y + 20, width - 280, 220)
        number = QRectF(x, y + 262, width - dots - 20, 241)
        row = QRectF(x + width - dots, y + 365, dots, 60)
        if frame.mirrored:
            for box in (word, number, row):
                box.moveLeft(panel.left() + panel.right() - box.right())
        middle = QPointF(panel.right() - 130 if frame.mirrored else x + 130, y + 130)
        return Places(middle, word, number, row, centred=False, mirrored=frame.mirrored)
    squeeze = min(1.0, panel.height() / PANEL_HEIGHT)
    return Places(
        QPointF(x + width / 2, y + 125 * squeeze),
        QRectF(x, y + 395 * squeeze - 150, width, 225),
        QRectF(x, y + 650 * squeeze - 205, width, 232),
        QRectF(x, y + 748 * squeeze - 30, width, 60),
        centred=True,
        mirrored=frame.mirrored,
    )


def panel_elements(frame: Frame, picture: Picture, said: Says) -> dict[str, Element]:
    """Return the parts of the panel."""
    view = picture.view
    spots = places(frame, view.of)
    parts: dict[str, Element] = {}
    if said.symbol is not None:
        parts |= _symbol_elements(frame, spots, said.symbol, said)
    if picture.number is not None:
        number = str(picture.number[0])
        unit = tr("s") if picture.holding else tr("of {total}").format(total=view.of)
        if view.view == "gait":
            unit = tr("steps")
        parts["number"] = Element(
            (number, unit), spots.number_box, lambda draw: paint_number(draw, spots, spots.number_box, number, unit)
        )
    if view.of > 0:
        now = view.screen in ("live", "ready")
        done, last = view.done, picture.dot
        bar = view.view == "gait"
        parts["dots"] = dots_element(spots, spots.dots_box, done, view.of, last, now=now, bar=bar)
    return parts


def _symbol_elements(frame: Frame, spots: Places, shown: Symbol, said: Says) -> dict[str, Element]:
    """Return symbol and word, with the sticker of the sensor they are about beside the symbol."""
    centre, size = spots.symbol, 220.0
    if said.large and not frame.portrait:
        squeeze = min(1.0, frame.panel.height() / PANEL_HEIGHT)
        centre, size = centre + QPointF(0, 90 * squeeze), 310.0 * squeeze
    if said.sticker is not None and frame.portrait:
        size = 130.0
    wide = shown in ("circle_first", "square_sooner")
    if wide and frame.portrait:
        size = 125.0
    larger = 1.4 if said.sticker in ("left foot", "right foot") else 1.0
    reach = size / 2 + 15

    before, after, large = (65, 65, 110) if frame.portrait else (130, 110, 150)
    way = -1 if spots.mirrored else 1

    def paint(draw: Draw) -> None:
        if said.sticker is None:
            symbol(draw, shown, centre, size)
        else:
            sticker(draw, said.sticker, centre - QPointF(way * before, 0), large * larger)
            symbol(draw, shown, centre + QPointF(way * after, 0), size)

    aside = 0.0 if said.sticker is None else 125.0
    if wide:
        aside = 0.5 * size
    box = QRectF(centre.x() - reach - aside, centre.y() - reach, 2 * (reach + aside), 2 * reach)
    parts = {"symbol": Element((shown, said.sticker, said.large), box, paint)}
    if not said.large or frame.portrait:
        word = said.word if not said.large else word_of(shown)
        ink = _word_ink(shown)
        parts["word"] = Element((shown, word), spots.word_box, lambda draw: _paint_word(draw, spots, word, ink))
    return parts


def _word_ink(shown: Symbol) -> str:
    return "in_target" if shown in ("in", "hold") else "out_of_target"


def _paint_word(draw: Draw, spots: Places, word: str, ink: str) -> None:
    box = spots.word_box
    x, align = box.center().x(), "centre"
    if not spots.centred:
        x, align = (box.right() - 20, "right") if spots.mirrored else (box.left() + 20, "left")
    room = box.width() - (0 if spots.centred else 20)
    block = set_text(word, WORD, room, lines=1, weight=700, smallest=WORD_SMALLEST)
    baselines = [box.top() + 150]
    if block.lines != (word,):
        top, foot = spots.symbol.y() + 118, spots.number_box.top() + 19
        if not spots.centred:
            top = box.top()
        block = set_text(word, min(_TWO_LINES, (foot - top) / 2.05), room, weight=700)
        if len(block.lines) > 1:
            baselines = [foot - block.size * (0.23 + 1.1), foot - block.size * 0.23]
    draw.block(x, baselines, block, ink, align)


def paint_number(
    draw: Draw, spots: Places, box: QRectF, number: str, unit: str, figure: float = FIGURE, largest_unit: float = UNIT
) -> None:
    """Write the number and its unit on one baseline, both smaller where they are too wide together."""
    unit_size = fitted_size(unit, largest_unit, 400, 0.45 * box.width())
    unit_wide = text_width(unit, unit_size)
    room = box.width() - _GAP - unit_wide
    size = fitted_size(number, figure, 700, room)
    wide = text_width(number, size, 700)
    left = box.left() + (room - wide) * (0.5 if spots.centred else float(spots.mirrored))
    first, second = (left + unit_wide + _GAP, left) if spots.mirrored else (left, left + wide + _GAP)
    baseline = box.top() + 205
    draw.text(QPointF(first, baseline), number, size, weight=700)
    draw.text(QPointF(second, baseline), unit, unit_size, ink="ink_soft")


def dots_element(
    spots: Places, box: QRectF, done: int, total: int, last: float, *, now: bool, bar: bool = False
) -> Element:
    """Return a dot for each repetition, or a bar where they are too many; ``last`` is how full the newest dot is."""
    mirrored = spots.mirrored
    key = (done, total, last, now)
    step = min(_DOT_STEP, box.width() / max(1, total))
    if bar or total > _MOST_DOTS or step < _SMALLEST_STEP:
        share = (done - 1 + last if done else 0) / total
        return Element(key, box, lambda draw: _paint_bar(draw, box, share, mirrored=mirrored))
    span, way = (total - 1) * step, -1 if mirrored else 1
    first = box.center().x() - way * span / 2
    if not spots.centred:
        first = (box.left() + 22 if mirrored else box.right() - 22) - way * span
    centres = [QPointF(first + way * step * i, box.center().y()) for i in range(total)]
    return Element(key, box, lambda draw: _paint_dots(draw, centres, done, last, now=now))


def _paint_dots(draw: Draw, centres: list[QPointF], done: int, last: float, *, now: bool) -> None:
    for i, centre in enumerate(centres):
        if i < done - 1 or (i == done - 1 and last >= 1):
            draw.disc(centre, 22, "in_target")
        elif i == done - 1:
            draw.disc(centre, 19, "surface", "ink", 8)
            draw.disc(centre, 22 * last, "in_target")
        elif i == done and now:
            draw.disc(centre, 19, "surface", "ink", 8)
        else:
            draw.disc(centre, 19, None, "quiet", 5)


def _paint_bar(draw: Draw, box: QRectF, share: float, *, mirrored: bool) -> None:
    track = QRectF(box.left() + 8, box.center().y() - 20, box.width() - 16, 40)
    draw.rect(track, 20, "track", "quiet", 4)
    if share > 0:
        filled = QRectF(track.left(), track.top(), max(40.0, track.width() * min(1.0, share)), 40)
        if mirrored:
            filled.moveRight(track.right())
        draw.rect(filled, 20, "in_target")
