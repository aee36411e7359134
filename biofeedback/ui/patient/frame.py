"""Where everything stands on the patient's display, for any window.

All lengths are thousandths of ``u``, the window's shorter side, so that text keeps its physical size when the window
is turned to portrait.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF

from biofeedback.ui.patient.text import SMALLEST, TextBlock, set_text

MARGIN = 60.0
GOAL = 72.0
WORD = 134.0
WORD_SMALLEST = 90.0
FIGURE = 250.0
UNIT = 80.0
PANEL_HEIGHT = 790.0  # what the panel is drawn for; it moves closer together in less

_LOW_WINDOW_PX = 640
_PREVIEW_PX = 1080
_SIGN, _SIGN_MIDDLE = 80.0, 86.0  # beside the middle of the goal line's capitals
_GRID_PX = 4  # boxes start on this grid of logical pixels, which is whole device pixels at 125, 150 and 175 %


@dataclass(frozen=True, slots=True)
class Frame:
    """The places of one window. ``scale`` is logical pixels, ``device_scale`` device pixels for a unit.

    ``sound_off`` is where it is shown that nothing can be heard; None where it is not so.
    """

    width: float
    height: float
    scale: float
    ratio: float
    text_scale: float
    portrait: bool
    mirrored: bool
    goal: TextBlock | None
    goal_box: QRectF
    sound_off: QRectF | None
    stage: QRectF
    panel: QRectF

    @property
    def device_scale(self) -> float:
        """Device pixels for a unit."""
        return self.scale * self.ratio

    def pixels(self, box: QRectF) -> QRect:
        """Return the whole logical pixels that cover ``box``, starting on a grid that suits every screen scale."""
        left = math.floor((box.left() * self.scale - 1) / _GRID_PX) * _GRID_PX
        top = math.floor((box.top() * self.scale - 1) / _GRID_PX) * _GRID_PX
        right = math.ceil((box.right() * self.scale + 1) / _GRID_PX) * _GRID_PX
        bottom = math.ceil((box.bottom() * self.scale + 1) / _GRID_PX) * _GRID_PX
        return QRect(left, top, right - left, bottom - top)

    def snap(self, length: float) -> float:
        """Round to quarters of a device pixel, so that what cannot be seen is not painted again."""
        steps = 4 * self.device_scale
        return round(length * steps) / steps

    @property
    def goal_room(self) -> float:
        """How wide a goal line may be."""
        return _goal_room(self.width, silent=self.sound_off is not None)

    @property
    def whole(self) -> QRectF:
        """The whole window."""
        return QRectF(0, 0, self.width, self.height)


@lru_cache(maxsize=32)
def make_frame(
    width_px: int,
    height_px: int,
    *,
    ratio: float = 1.0,
    goal: str = "",
    text_scale: float = 1.0,
    preview: bool = False,
    mirrored: bool = False,
    silent: bool = False,
) -> Frame:
    """Lay out a window of that many logical pixels.

    A ``preview`` is laid out like a full screen and only drawn small; ``mirrored`` is for languages read from right
    to left. The goal line goes where the window is too low for it. ``silent`` keeps room for the sign of no sound.
    """
    shorter = max(1, min(width_px, height_px))
    scale = shorter / 1000
    width, height = width_px / scale, height_px / scale
    portrait = height >= 1.27 * width
    low = not portrait and not preview and height_px < _LOW_WINDOW_PX
    block = None if low or not goal else _goal_block(goal, _goal_room(width, silent=silent), portrait, text_scale)
    top = MARGIN if low else _stage_top(block, portrait)
    goal_box = QRectF(0, 0, width, 0 if low else top - 6)
    stage, panel = (_portrait if portrait else _landscape)(width, height, top)
    if mirrored and not portrait:
        stage.moveLeft(width - stage.right())
        panel.moveLeft(width - panel.right())
    sign = _sound_off(width, low=low, mirrored=mirrored) if silent else None
    return Frame(width, height, scale, ratio, text_scale, portrait, mirrored, block, goal_box, sign, stage, panel)


def _goal_room(width: float, *, silent: bool) -> float:
    return width - 2 * MARGIN - (_SIGN + 40 if silent else 0)


def _sound_off(width: float, *, low: bool, mirrored: bool) -> QRectF:
    """Place the sign at the end of the goal line; in a low window, which has none, above the panel."""
    size, middle = (48.0, 30.0) if low else (_SIGN, _SIGN_MIDDLE)
    left = MARGIN if mirrored else width - MARGIN - size
    return QRectF(left, middle - size / 2, size, size)


def _goal_block(goal: str, room: float, portrait: bool, text_scale: float) -> TextBlock:
    one = set_text(goal, GOAL * text_scale, room, lines=1)
    if one.lines == (goal,) and one.size >= (1.0 if portrait else 0.85) * GOAL * text_scale:
        return one
    most = GOAL * text_scale if portrait else min(GOAL * text_scale, (_LATEST_TOP - MARGIN) / _TWO_LINES)
    two = set_text(goal, max(SMALLEST, most), room, keep=1.0)
    if portrait and two.text != goal:
        return set_text(goal, max(SMALLEST, most), room, lines=3, keep=1.0)
    return one if one.lines == (goal,) and one.size >= two.size else two


_LATEST_TOP = 250.0  # a goal taller than this would press the panel together too much
_TWO_LINES = 0.72 + 1.17 + 0.53  # sizes of text above, between and below two baselines


def goal_baselines(block: TextBlock) -> list[float]:
    """Return the baselines of a goal line set in one or two lines."""
    return [MARGIN + block.size * (0.72 + 1.17 * line) for line in range(len(block.lines))]


def _stage_top(block: TextBlock | None, portrait: bool) -> float:
    least = 240.0 if portrait else 150.0
    return least if block is None else max(least, goal_baselines(block)[-1] + 0.53 * block.size)


def _landscape(width: float, height: float, top: float) -> tuple[QRectF, QRectF]:
    panel = 560.0 if width >= 1.5 * height else 460.0
    tall = height - top - MARGIN
    stage = QRectF(MARGIN, top, width - 2 * MARGIN - panel - 40, tall)
    return stage, QRectF(width - MARGIN - panel, top, panel, tall)


def _portrait(width: float, height: float, top: float) -> tuple[QRectF, QRectF]:
    panel_top = min(1215.0, height - MARGIN - 503)
    stage = QRectF(MARGIN, top, width - 2 * MARGIN, panel_top - 45 - top)
    return stage, QRectF(MARGIN, panel_top, width - 2 * MARGIN, height - MARGIN - panel_top)


def around(point: QPointF, radius: float) -> QRectF:
    """Return the square box around a disc."""
    return QRectF(point.x() - radius, point.y() - radius, 2 * radius, 2 * radius)
