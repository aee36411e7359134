"""What all views with a stage share: goal line or praise, card, panel, countdown ring."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF

from biofeedback.ui.language import tr
from biofeedback.ui.patient.draw import Draw
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.frame import GOAL, MARGIN, Frame, goal_baselines
from biofeedback.ui.patient.pacing import COUNTDOWN_S, Picture
from biofeedback.ui.patient.panel import Says, panel_elements, says
from biofeedback.ui.patient.symbols import Symbol, loudspeaker_off
from biofeedback.ui.patient.text import SMALLEST, TextBlock, set_text

_CARD_RADIUS = 36.0
_RING_STEPS_PER_S = 60
_RING_CORNERS = 240
_READABLE_BESIDE = 0.8


def paint_card(draw: Draw, stage: QRectF) -> None:
    """Draw the card the stage stands on."""
    draw.rect(stage, _CARD_RADIUS, "surface", "line", 3)


def stage_elements(
    frame: Frame, picture: Picture, said: Says | None = None, *, judging: bool = False
) -> dict[str, Element]:
    """Return goal line and panel, or the countdown in the panel's place; ``said`` is what the panel says while live.

    ``judging``: the view has its own judgement of what was just done. It is said then too, and nothing is praised
    against it.
    """
    screen = picture.view.screen
    parts = goal_element(frame, picture, praising=not judging or (said is not None and said.symbol == "in"))
    if screen == "ready":
        return parts | countdown_elements(frame, picture.seconds)
    if said is None or not (screen == "live" or (judging and screen == "rep_done")):
        said = says(panel_symbol(picture))
    return parts | panel_elements(frame, picture, said)


def reached(picture: Picture) -> bool:
    """Whether the repetition just done reached the band."""
    return bool(picture.view.results) and picture.view.results[-1]


def panel_symbol(picture: Picture) -> Symbol | None:
    """Return the symbol of the moment: of the state while live, of the result after a repetition."""
    if picture.view.screen == "rep_done":
        return "in" if reached(picture) else None
    return picture.shown if picture.view.screen == "live" and picture.shown != "idle" else None


def goal_element(frame: Frame, picture: Picture, *, praising: bool = True) -> dict[str, Element]:
    """Return the goal line, for a moment the praise in its place if it may be praised."""
    if frame.goal is None:
        return {}
    view = picture.view
    block, ink = frame.goal, "ink"
    if view.screen == "rep_done" and view.praise and praising:
        praised = reached(picture)
        block = _in_place_of(frame, tr(view.praise), 84 if praised else GOAL, 700 if praised else 400)
        ink = "in_target" if praised else "ink"
    elif view.screen == "ready":
        block = _get_ready(frame, tr(view.goal))
    return {"goal": _goal_line(frame, block, ink)}


def sound_off_elements(frame: Frame) -> dict[str, Element]:
    """Return the sign that nothing can be heard, where that is so."""
    box = frame.sound_off
    return {} if box is None else {"sound off": Element(True, box, lambda draw: loudspeaker_off(draw, box))}


def headline_element(frame: Frame, text: str) -> dict[str, Element]:
    """Return another line in the goal line's place."""
    return {"goal": _goal_line(frame, _in_place_of(frame, text, GOAL, 400), "ink")} if frame.goal else {}


def _goal_line(frame: Frame, block: TextBlock, ink: str) -> Element:
    x = frame.width - MARGIN if frame.mirrored else MARGIN
    return Element(
        (block, ink),
        frame.goal_box,
        lambda draw: draw.block(x, goal_baselines(block), block, ink, "right" if frame.mirrored else "left"),
    )


def _in_place_of(frame: Frame, text: str, size: float, weight: int) -> TextBlock:
    """Set ``text`` where the goal stands, no taller than it may be: the stage does not move for praise."""
    return _fitted_headline(text, size * frame.text_scale, weight, frame.goal_room, frame.goal_box.bottom())


@lru_cache(maxsize=64)
def _fitted_headline(text: str, largest: float, weight: int, width: float, bottom: float) -> TextBlock:
    size = largest
    while size > SMALLEST:
        for lines in (1, 2):
            block = set_text(text, size, width, lines=lines, weight=weight, smallest=size)
            if block.text == text and goal_baselines(block)[-1] + 0.3 * block.size <= bottom:
                return block
        size -= 2
    return set_text(text, SMALLEST, width, lines=1, weight=weight)


def _get_ready(frame: Frame, goal: str) -> TextBlock:
    """Set the call to get ready before the goal; alone where both do not fit, or only much smaller than the goal."""
    together = f"{tr('Get ready.')} {goal}"
    block = _in_place_of(frame, together, GOAL, 400)
    large = frame.goal is None or block.size >= _READABLE_BESIDE * frame.goal.size
    return block if block.text == together and large else _in_place_of(frame, tr("Get ready."), GOAL, 400)


class Ring(Element):
    """An arc from the top, clockwise; when it shortens only its end is painted again."""

    def changed(self, before: Element) -> Sequence[QRectF]:
        """Return the box the end of the arc went through."""
        if self.key == before.key or not isinstance(self.key, float) or not isinstance(before.key, float):
            return super().changed(before)
        shares = sorted((self.key, before.key))
        if shares[1] - shares[0] > 0.1:
            return (self.box,)
        steps = [shares[0] + (shares[1] - shares[0]) * i / 4 for i in range(5)]
        centre, radius = self.box.center(), self.box.width() / 2
        points = [_on_ring(centre, r, share) for share in steps for r in (radius - 60, radius)]
        return (bounds(points, 8),)


def countdown_elements(frame: Frame, seconds: float, room: QRectF | None = None) -> dict[str, Element]:
    """Return 3-2-1 in a ring that empties, in the panel's place or in ``room``."""
    panel = frame.panel if room is None else room
    radius = min(240.0, panel.width() / 2 - 25, panel.height() / 2 - 30)
    centre = panel.center() if frame.portrait else QPointF(panel.center().x(), panel.top() + panel.height() / 2)
    share = round(seconds * _RING_STEPS_PER_S) / _RING_STEPS_PER_S / COUNTDOWN_S
    number = str(max(1, math.ceil(seconds - 1e-6)))
    size = 330 * radius / 240
    ring_box = QRectF(centre.x() - radius - 26, centre.y() - radius - 26, 2 * radius + 52, 2 * radius + 52)
    inner = 0.62 * radius
    number_box = QRectF(centre.x() - inner, centre.y() - inner, 2 * inner, 2 * inner)
    at = centre + QPointF(0, 0.357 * size)
    return {
        "ring": Ring(share, ring_box, lambda draw: _paint_ring(draw, centre, radius, share)),
        "number": Element(number, number_box, lambda draw: draw.text(at, number, size, weight=700, align="centre")),
    }


def _paint_ring(draw: Draw, centre: QPointF, radius: float, share: float) -> None:
    """Draw the arc through corners that stand still, so that shortening it changes nothing but its end."""
    draw.disc(centre, radius, None, "track", 44)
    shares = [i / _RING_CORNERS for i in range(math.ceil(share * _RING_CORNERS))] + [share]
    outer = [_on_ring(centre, radius + 22, at) for at in shares]
    inner = [_on_ring(centre, radius - 22, at) for at in reversed(shares)]
    draw.polygon(outer + inner, "in_target")


def _on_ring(centre: QPointF, radius: float, share: float) -> QPointF:
    angle = 2 * math.pi * share
    return centre + QPointF(radius * math.sin(angle), -radius * math.cos(angle))


def bounds(points: Sequence[QPointF], margin: float) -> QRectF:
    """Return the box around ``points``."""
    left, right = min(p.x() for p in points), max(p.x() for p in points)
    top, bottom = min(p.y() for p in points), max(p.y() for p in points)
    return QRectF(left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin)


def chevrons(points: Sequence[tuple[QPointF, float]], scale: float = 1.0) -> Element:
    """Return signs that point the way to go: each a place and the direction in radians, 0 to the right."""

    def paint(draw: Draw) -> None:
        for centre, angle in points:
            ahead = QPointF(math.cos(angle), math.sin(angle)) * scale
            across = QPointF(-ahead.y(), ahead.x())
            wings = [centre - ahead * 25 + across * 58, centre + ahead * 25, centre - ahead * 25 - across * 58]
            draw.line(wings, "ink", 20 * scale)

    key: Hashable = tuple((round(p.x(), 1), round(p.y(), 1), round(a, 2)) for p, a in points)
    return Element(key, bounds([p for p, _ in points], 90), paint)
