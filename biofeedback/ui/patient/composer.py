"""From picture to paint: the background as one pixmap, and over it only the parts that changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QPainter, QPixmap, QRegion

from biofeedback.appearance.tokens import ThemeName
from biofeedback.exercises.views import View
from biofeedback.session.view import PatientView
from biofeedback.ui.patient.balance import BalanceScene
from biofeedback.ui.patient.calibrating import CalibrationScene
from biofeedback.ui.patient.column import ColumnScene, Layer
from biofeedback.ui.patient.draw import Draw
from biofeedback.ui.patient.element import Element, Scene, changed_boxes
from biofeedback.ui.patient.estimate import EstimateScene
from biofeedback.ui.patient.frame import Frame
from biofeedback.ui.patient.gait import GaitScene
from biofeedback.ui.patient.limb import LimbScene
from biofeedback.ui.patient.muscles import ColumnsScene, PlaneScene
from biofeedback.ui.patient.order import OrderScene
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.pages import BlankScene, PageScene, RestScene, SetDoneScene
from biofeedback.ui.patient.path import PathScene
from biofeedback.ui.patient.scenes import KiteScene, SluiceScene
from biofeedback.ui.patient.stage import sound_off_elements
from biofeedback.ui.patient.tempo import TempoScene

_STAGED = frozenset({"idle", "ready", "live", "rep_done"})
_SCENES: dict[View, Callable[[Frame, Picture, Layer], Scene]] = {
    "column": ColumnScene,
    "limb": LimbScene,
    "path": PathScene,
    "columns": ColumnsScene,
    "plane": PlaneScene,
    "balance": BalanceScene,
    "tempo": TempoScene,
    "kite": KiteScene,
    "sluice": SluiceScene,
    "order": OrderScene,
    "gait": GaitScene,
}
_SCREENS: dict[str, Callable[[Frame, Picture, Layer], Scene]] = {
    "blank": BlankScene,
    "rest": RestScene,
    "calibration": CalibrationScene,
    "set_done": SetDoneScene,
    "estimate": EstimateScene,
}


class Composer:
    """Keeps what is on the screen, in one theme."""

    def __init__(self, theme: ThemeName) -> None:
        self._theme: ThemeName = theme
        self._frame: Frame | None = None
        self._key: Hashable = None
        self._scene: Scene | None = None
        self._background = QPixmap()
        self._elements: dict[str, Element] = {}
        self._pair: tuple[QPixmap, QPixmap] | None = None  # the stage of the view that goes, and of the one that comes
        self._view: View | None = None
        self._fade = 1.0
        self._fading = QRectF()  # where they stand

    def show(self, frame: Frame, picture: Picture) -> list[QRect]:
        """Take over a picture; return the boxes, in logical pixels, to paint for it."""
        key, scene = (frame, scene_key(picture)), self._scene
        fresh = scene is None or key != self._key
        another = picture.view.view != self._view and frame == self._frame
        going = None
        if another and picture.fade < 1.0:
            self._fading = _stage_of(frame, self._view, picture.view.view)
            going = self._stage()
        self._view = picture.view.view
        if scene is None or key != self._key:
            self._frame, self._key = frame, key
            self._scene = scene = self._make_scene(frame, picture)
            self._background = self._pixmap(frame, frame.whole)
            self._on(self._background, frame, QRect(), scene.paint_background)
        before, self._elements = self._elements, scene.elements(picture)
        if picture.view.screen in _STAGED:
            self._elements |= sound_off_elements(frame)
        faded = self._cross(going, picture.fade)
        if fresh:
            return [QRect(0, 0, round(frame.width * frame.scale), round(frame.height * frame.scale))]
        boxes = [frame.pixels(box) for box in changed_boxes(before, self._elements)]
        return [*boxes, frame.pixels(self._fading)] if faded else boxes

    def _cross(self, going: QPixmap | None, fade: float) -> bool:
        """Let the stage ``going`` give way to the one that stands now; return whether the stage looks different."""
        if going is not None:
            self._pair = None  # a view that had not come in whole has gone
            self._pair = going, self._stage()
        changed = self._pair is not None and fade != self._fade
        self._fade = fade
        if fade >= 1.0:
            self._pair = None
        return changed

    def _stage(self) -> QPixmap:
        """Return the stage as it is shown."""
        assert self._frame is not None
        frame, pixels = self._frame, self._frame.pixels(self._fading)
        pixmap = QPixmap(round(pixels.width() * frame.ratio), round(pixels.height() * frame.ratio))
        pixmap.setDevicePixelRatio(frame.ratio)
        painter = QPainter(pixmap)
        painter.translate(-pixels.topLeft())
        self.paint(painter)
        painter.end()
        return pixmap

    def paint(self, painter: QPainter, region: QRegion | None = None) -> None:
        """Paint what is shown; ``region`` is what has to be painted of it, None is all."""
        if self._frame is None:
            painter.fillRect(painter.viewport(), Draw.ground(self._theme))
            return
        painter.drawPixmap(0, 0, self._background)
        painter.save()  # drawing goes by thousandths, pixmaps by pixels
        draw = Draw(painter, self._frame, self._theme, region)
        for element in self._elements.values():
            if draw.touches(element.box):
                element.paint(draw)
        painter.restore()
        if self._pair is not None:
            going, coming = self._pair
            at = self._frame.pixels(self._fading).topLeft()
            painter.drawPixmap(at, coming)
            painter.setOpacity(1.0 - self._fade)
            painter.drawPixmap(at, going)
            painter.setOpacity(1.0)

    def _make_scene(self, frame: Frame, picture: Picture) -> Scene:
        screen = picture.view.screen
        made = _SCENES[picture.view.view] if screen in _STAGED else _SCREENS.get(screen, PageScene)
        return made(frame, picture, self._layer)

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


def _stage_of(frame: Frame, *views: View | None) -> QRectF:
    """Return the stage of both views: a game's has the panel in it."""
    wide = not frame.portrait and any(view in ("kite", "sluice") for view in views)
    return frame.stage.united(frame.panel) if wide else frame.stage


def scene_key(picture: Picture) -> Hashable:
    """Return what the background depends on."""
    view = picture.view
    if view.screen in _STAGED:
        return "stage", view.view, _what_stands(view)
    if view.screen in ("set_done", "estimate"):
        return view
    if view.screen == "calibration":
        return view.screen, view.goal, view.rest_total_s > 0.0
    return view.screen, view.set_number, view.set_count


def _what_stands(view: PatientView) -> Hashable:
    match view.view:
        case "limb":
            return view.limb, view.mirror, view.band
        case "path":
            return view.low, view.high, view.path
        case "columns" | "plane":
            return view.low, view.high, view.others
        case "balance":
            return view.band, view.radius
        case "tempo":
            return view.tempo
        case "order":
            return view.lead_ms
        case _:
            return view.low, view.high
