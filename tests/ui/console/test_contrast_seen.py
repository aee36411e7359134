"""Every text that is painted, and every state's shape, stands out from the pixels that are really behind it."""

import re
from collections import Counter

import numpy as np
import pytest
from PySide6.QtCore import QBuffer, QPoint, QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QTransform
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QApplication

from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.showcase import therapist
from tests.ui.patient.colour import contrast

_GROUP = re.compile(r'<g [^>]*transform="matrix\(([^)]*)\)"')
_TEXT = re.compile(r'<text fill="(#\w+)" fill-opacity="([\d.]+)"[^>]*? x="([-\d.]+)" y="([-\d.]+)"[^>]*?'
                   r'font-size="([\d.]+)"[^>]*>([^<]*)</text>', re.DOTALL)  # fmt: skip
_ALIKE = 60  # of 765: as near as an antialiased stroke comes to its ink
SEEN = [
    (name, theme)
    for theme, names in {
        "light": ("home-recover", "check-weak", "calibration-maximal", "live-live"),
        "dark": ("home", "sensors-weak", "live-lost", "set-summary"),
        "patient_contrast": ("home-error", "calibration-known", "live-paused", "session-signed"),
    }.items()
    for name in names
]


def painted(shell):
    """Return each text with its colour, its box and its size, as the window's painters are told to draw it."""
    kept = QBuffer()
    kept.open(QBuffer.OpenModeFlag.WriteOnly)
    drawing = QSvgGenerator()
    drawing.setOutputDevice(kept)
    drawing.setSize(shell.size())
    with QPainter(drawing) as painter:
        shell.render(painter, QPoint())
    found, place = [], QTransform()
    for line in re.finditer(rf"{_GROUP.pattern}|{_TEXT.pattern}", bytes(kept.data()).decode(), re.DOTALL):
        matrix, fill, opacity, x, y, size, text = line.groups()
        if matrix is not None:
            place = QTransform(*(float(value) for value in matrix.split(",")))
        elif text.strip():
            ink = QColor(fill)
            ink.setAlphaF(float(opacity))
            high, left = float(size), float(x)
            box = QRectF(left, float(y) - 0.75 * high, max(high, 0.45 * high * len(text)), 0.8 * high)
            found.append((text, ink, place.mapRect(box).toRect(), high))
    return found


def pixels(image, box: QRect):
    """Return the colours in a box, and how often each is there."""
    rows, columns = slice(max(box.top(), 0), box.bottom() + 1), slice(max(box.left(), 0), box.right() + 1)
    colours, counts = np.unique(image[rows, columns], return_counts=True)
    return Counter(dict(zip(colours.tolist(), counts.tolist(), strict=True)))


def apart(one: QColor, other: QColor) -> int:
    return sum(abs(a - b) for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))


@pytest.mark.parametrize(("name", "theme"), SEEN)
def test_every_painted_text_and_shape_stands_out_from_what_is_behind_it(qtbot, name, theme):
    shot = next(one for one in therapist.SHOTS if one.name == name)
    shell = Shell(theme=theme)
    qtbot.addWidget(shell)
    shell.resize(*therapist.SIZE)
    shell.add(name, shot.make)
    page = shell.go(name)
    shell.show()
    shot.after(page)
    for _ in range(4):
        QApplication.processEvents()
    picture = shell.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    image = np.frombuffer(picture.constBits(), np.uint32).reshape(picture.height(), -1) & 0xFFFFFF
    texts, weak, unseen = painted(shell), [], 0
    for text, ink, box, size in texts:
        there = shell.childAt(box.center())
        colours = pixels(image, box)
        if not colours:
            continue
        seen = any(apart(QColor(colour), ink) < _ALIKE for colour in colours)
        if not seen or (there is not None and not there.isEnabled()):
            unseen += 1
            continue  # scrolled out of sight, or cannot be used now
        ground = QColor(colours.most_common(1)[0][0])
        needed = 3.0 if size >= 24 else 4.5
        if contrast(ink.name(), ground.name()) < needed:
            weak.append((text, ink.name(), ground.name(), round(contrast(ink.name(), ground.name()), 2)))
    for glyph in shell.findChildren(Glyph):
        if glyph.isVisible() and glyph.isEnabled():
            colours = pixels(image, QRect(glyph.mapTo(shell, QPoint()), glyph.size()))
            if len(colours) > 1:
                ground = QColor(colours.most_common(1)[0][0])
                best = max(
                    contrast(QColor(colour).name(), ground.name()) for colour, count in colours.items() if count > 2
                )
                if best < 3.0:
                    weak.append((glyph.state, ground.name(), round(best, 2)))
    page.leave()
    assert len(texts) > 10
    assert unseen < 0.1 * len(texts)
    assert weak == []
