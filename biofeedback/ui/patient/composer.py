"""From picture to paint: the background as one pixmap, and over it only the parts that changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter, QPixmap, QRegion

from biofeedback.appearance.tokens import ThemeName
from biofeedback.ui.patient.column import ColumnScene
from biofeedback.ui.patient.draw import Draw
from biofeedback.ui.patient.element import Element, Scene, changed_boxes
from biofeedback.ui.patient.frame import Frame
from biofeedback.ui.patient.limb import LimbScene
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.pages import BlankScene, PageScene, RestScene, SetDoneScene

_STAGED = frozenset({"idle", "ready", "live", "rep_done"})


class Composer:
    """Keeps what is on the screen, in one theme."""

    def __init__(self, theme: ThemeName) -> None:
        self._theme: ThemeName = theme
        self._frame: Frame | None = None
        self._key: Hashable = None
        self._scene: Scene = BlankScene()
        self._background = QPixmap()
        self._elements: dict[str, Element] = {}

    def show(self, frame: Frame, picture: Picture) -> list[QRect]:
        """Take over a picture; return the boxes, in logical pixels, to paint for it."""
        key = (frame, scene_key(picture))
        fresh = key != self._key
        if fresh:
            self._frame, self._key = frame, key
            self._scene = self._make_scene(frame, picture)
            self._background = self._pixmap(frame, frame.whole)
            self._on(self._background, frame, QRect(), self._scene.paint_background)
        before, self._elements = self._elements, self._scene.elements(picture)
        if fresh:
            return [QRect(0, 0, round(frame.width * frame.scale), round(frame.height * frame.scale))]
        return [frame.pixels(box) for box in changed_boxes(before, self._elements)]

    def paint(self, painter: QPainter, region: QRegion | None = None) -> None:
        """Paint what is shown; ``region`` is what has to be painted of it, None is all."""
        if self._frame is None:
            painter.fillRect(painter.viewport(), Draw.ground(self._theme))
            return
        painter.drawPixmap(0, 0, self._background)
        draw = Draw(painter, self._frame, self._theme, region)
        for element in self._elements.values():
            if draw.touches(element.box):
                element.paint(draw)

    def _make_scene(self, frame: Frame, picture: Picture) -> Scene:
        screen = picture.view.screen
        if screen in _STAGED:
            return (
                LimbScene(frame, picture) if picture.view.view == "limb" else ColumnScene(frame, picture, self._layer)
            )
        if screen == "blank":
            return BlankScene()
        made = {"rest": RestScene, "set_done": SetDoneScene}.get(screen, PageScene)
        return made(frame, picture)

    def _layer(self, box: QRectF, paint: Callable[[Draw], None]) -> QPixmap:
        """Return a copy of the background in ``box`` with something painted on it."""
        frame = self._frame
        assert frame is not None
        pixels = frame.pixels(box)
        layer = QPixmap(round(pixels.width() * frame.ratio), round(pixels.height() * frame.ratio))
        layer.setDevicePixelRatio(frame.ratio)
        layer.fill(Draw.ground(self._theme))
        painter = QPainter(layer)
        painter.drawPixmap(-pixels.topLeft(), self._background)
        painter.end()
        self._on(layer, frame, pixels, paint)
        return layer

    def _pixmap(self, frame: Frame, box: QRectF) -> QPixmap:
        width, height = (round(side * frame.scale * frame.ratio) for side in (box.width(), box.height()))
        pixmap = QPixmap(width, height)
        pixmap.setDevicePixelRatio(frame.ratio)
        pixmap.fill(Draw.ground(self._theme))
        return pixmap

    def _on(self, pixmap: QPixmap, frame: Frame, pixels: QRect, paint: Callable[[Draw], None]) -> None:
        painter = QPainter(pixmap)
        painter.translate(-pixels.topLeft())
        paint(Draw(painter, frame, self._theme))
        painter.end()


def scene_key(picture: Picture) -> Hashable:
    """Return what the background depends on."""
    view = picture.view
    if view.screen in _STAGED:
        place = (view.limb, view.mirror, view.band) if view.view == "limb" else (view.low, view.high)
        return "stage", view.view, place
    if view.screen == "set_done":
        return view
    return view.screen, view.set_number, view.set_count
