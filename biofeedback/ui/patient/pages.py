"""Screens without a stage: on your own, rest, paused, one moment, done; and the bars of a set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF

from biofeedback.session.view import PatientView
from biofeedback.ui.language import tr
from biofeedback.ui.patient.column import Layer
from biofeedback.ui.patient.draw import Draw, Shown, edge_role
from biofeedback.ui.patient.element import Element
from biofeedback.ui.patient.frame import FIGURE, MARGIN, PANEL_HEIGHT, Frame
from biofeedback.ui.patient.pacing import Picture
from biofeedback.ui.patient.panel import dots_element, paint_number, places
from biofeedback.ui.patient.stage import headline_element, paint_card
from biofeedback.ui.patient.symbols import Symbol, symbol
from biofeedback.ui.patient.text import SMALLEST, TextBlock, set_text

_GAPS = (40.0, 34.0, 26.0)
_BAR_STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class Words:
    """What a full screen says: a shape, one word or two, a sentence, and one more in a softer ink."""

    symbol: Symbol
    word: str
    phrase: str
    sub: str = ""


def words_of(screen: str) -> Words:
    """Return what a full screen says."""
    pages = {
        "probe": Words("alone", tr("On your own"), tr("The same again, without the picture")),
        "paused": Words("paused", tr("Paused"), tr("Take your time.")),
        "sensor": Words("sensor", tr("One moment, please"), tr("We are checking a sensor."), tr("You can rest.")),
        "finished": Words("in", tr("All sets are done"), tr("You can rest now.")),
        "waiting": Words("rest", tr("Nothing to do now"), tr("You can rest.")),
    }
    return pages[screen]


class BlankScene:
    """Nothing at all."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        """Make nothing."""

    def paint_background(self, draw: Draw) -> None:
        """Leave the window empty."""

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return nothing."""
        return {}


class PageScene:
    """A full screen: a symbol over its words, in the middle of the window; below them dots, on probes."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        self._frame = frame
        self._words = words_of(picture.view.screen)
        self._dots = picture.view.screen == "probe" and picture.view.of > 0
        self._blocks, self._symbol = self._set()

    def paint_background(self, draw: Draw) -> None:
        """Draw the symbol and the words."""
        y = (self._frame.height - self._height) / 2
        x = self._frame.width / 2
        symbol(draw, self._words.symbol, QPointF(x, y + self._symbol / 2), self._symbol)
        y += self._symbol
        inks = ("ink", "ink", "ink_soft")
        for gap, block, ink in zip(_GAPS, self._blocks, inks, strict=False):
            y += gap
            draw.block(x, baselines(block, y), block, ink, "centre")
            y += block.height

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return a dot for each probe, or for each repetition where only this one goes without the picture."""
        if not self._dots:
            return {}
        foot = (self._frame.height + self._height) / 2
        box = QRectF(self._frame.width / 2 - 280, foot - 60, 560, 60)
        view = picture.view
        probing = view.probe_of > 0 and view.done >= view.of - view.probe_of
        done, total = (view.probe_done, view.probe_of) if probing else (view.done, view.of)
        spots = replace(places(self._frame, 0), centred=True)
        return {"dots": dots_element(spots, box, done, total, 1.0, now=True)}

    @property
    def _height(self) -> float:
        words = sum(gap + block.height for gap, block in zip(_GAPS, self._blocks, strict=False))
        return self._symbol + words + (110 if self._dots else 0)

    def _set(self) -> tuple[list[TextBlock], float]:
        """Set the words as large as asked for and the window allows."""
        room = self._frame.width - 2 * MARGIN
        for share in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5):
            scale = self._frame.text_scale * share
            self._symbol = 240 * min(1.0, max(0.75, share))
            self._blocks = [set_text(self._words.word, max(SMALLEST, 160 * scale), room, lines=3, weight=700)]
            texts = [text for text in (self._words.phrase, self._words.sub) if text]
            size = min(set_text(text, max(SMALLEST, 76 * scale), room, lines=3).size for text in texts)
            self._blocks += [set_text(text, size, room, lines=3) for text in texts]
            if self._height <= self._frame.height - 2 * MARGIN:
                break
        return self._blocks, self._symbol


def baselines(block: TextBlock, top: float) -> list[float]:
    """Return where the lines of a text stand whose top is given."""
    return [top + block.size * (0.85 + 1.17 * line) for line in range(len(block.lines))]


class RestScene:
    """The pause between sets: how long, as figures and as a bar."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        self._frame = frame
        width = min(1300.0, frame.width - 2 * MARGIN)
        self._tall = frame.portrait or width < 1000
        head = 520.0 if self._tall else 300.0
        for share in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5):
            self._blocks = self._texts(picture.view, frame.text_scale * share)
            texts = sum(block.height + 20 for block in self._blocks)
            if head + 150 + texts <= frame.height - 2 * MARGIN:
                break
        top = (frame.height - head - 150 - texts) / 2
        self._head = QRectF((frame.width - width) / 2, top, width, head)
        self._bar = QRectF(self._head.left(), self._head.bottom() + 10, width, 100)
        if self._tall:
            self._time = QRectF(self._head.left(), top + 260, width, 250)
        else:
            aside = 0.0 if frame.mirrored else 0.52 * width
            self._time = QRectF(self._head.left() + aside, top, 0.48 * width, 250)

    def _texts(self, view: PatientView, scale: float) -> list[TextBlock]:
        room = self._frame.width - 2 * MARGIN
        texts = [set_text(tr("Breathe. Let go."), max(SMALLEST, 84 * scale), room)]
        if view.set_number < view.set_count:
            then = tr("Then set {next} of {total}").format(next=view.set_number + 1, total=view.set_count)
            texts.append(set_text(then, max(SMALLEST, 76 * scale), room))
        return texts

    def paint_background(self, draw: Draw) -> None:
        """Draw symbol, word, the bar's track and the sentences."""
        head, mirrored = self._head, self._frame.mirrored
        top, way = head.top(), -1 if mirrored else 1
        first = head.right() if mirrored else head.left()
        room = (head.width() if self._tall else 0.52 * head.width()) - 270
        align = "right" if mirrored else "left"
        symbol(draw, "rest", QPointF(first + way * 90, top + 130), 240)
        at = QPointF(first + way * 250, top + 198)
        draw.text(at, tr("Rest", "pause"), 190, weight=700, width=room, align=align)
        paint_track(draw, self._bar)
        y = self._bar.bottom() + 40
        for block, ink in zip(self._blocks, ("ink", "ink_soft"), strict=False):
            draw.block(self._frame.width / 2, baselines(block, y), block, ink, "centre")
            y += block.height + 20

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return the time left, as figures and as the bar's length."""
        seconds = math.ceil(picture.seconds - 1e-6)
        clock = f"{seconds // 60}:{seconds % 60:02d}"
        total = max(picture.view.rest_total_s, 1e-6)
        share = min(1.0, round(picture.seconds / _BAR_STEP_S) * _BAR_STEP_S / total)
        return {
            "time": Element(clock, self._time.adjusted(-20, 0, 20, 0), lambda draw: self._paint_time(draw, clock)),
            "bar": time_bar(self._bar, share, mirrored=self._frame.mirrored),
        }

    def _paint_time(self, draw: Draw, clock: str) -> None:
        x, align = self._time.center().x(), "centre"
        if not self._tall:
            x, align = (self._time.left(), "left") if self._frame.mirrored else (self._time.right(), "right")
        at = QPointF(x, self._time.top() + 208)
        draw.text(at, clock, FIGURE, weight=700, align=align, width=self._time.width())


def paint_track(draw: Draw, bar: QRectF) -> None:
    """Draw the track of a bar of time."""
    draw.rect(bar, 50, "track", "quiet", 4)


def time_bar(bar: QRectF, share: float, *, mirrored: bool) -> Element:
    """Return the bar of the time left on its track; it empties against the way a language is read."""
    box = bar.adjusted(6, 6, -6, -6)

    def paint(draw: Draw) -> None:
        filled = QRectF(bar.left() + 10, bar.top() + 10, max(80.0, (bar.width() - 20) * share), 80)
        if mirrored:
            filled.moveRight(bar.right() - 10)
        if share > 0:
            draw.rect(filled, 40, "in_target")

    return MirroredTimeBar(share, box, paint) if mirrored else TimeBar(share, box, paint)


class TimeBar(Element):
    """The bar of the time left; when it shortens only its end is painted again."""

    def changed(self, before: Element) -> Sequence[QRectF]:
        """Return the box the bar's end went through."""
        if self.key == before.key or not isinstance(self.key, float) or not isinstance(before.key, float):
            return super().changed(before)
        ends = sorted(max(80.0, (self.box.width() - 8) * share) for share in (self.key, before.key))
        left = self.box.left() + max(0.0, ends[0] - 50)
        return (QRectF(left, self.box.top(), ends[1] - ends[0] + 64, self.box.height()),)


class MirroredTimeBar(TimeBar):
    """The same, filled from the right."""

    def changed(self, before: Element) -> Sequence[QRectF]:
        """Return the box the bar's end went through."""
        across = self.box.left() + self.box.right()
        return [QRectF(across - one.right(), one.top(), one.width(), one.height()) for one in super().changed(before)]


class SetDoneScene:
    """The set as bars, one a repetition, across the same band."""

    def __init__(self, frame: Frame, picture: Picture, layer: Layer) -> None:
        self._frame = frame
        self._view = picture.view
        self._band = picture.view.height_band or (picture.view.low, picture.view.high)

    def paint_background(self, draw: Draw) -> None:
        """Draw the band, the bars and how many reached it."""
        stage, view = self._frame.stage, self._view
        paint_card(draw, stage)
        top, foot = stage.top() + 60, stage.bottom() - 70
        low_y, high_y = (foot - share * (foot - top) for share in self._band)
        band = QRectF(stage.left() + 40, high_y, stage.width() - 80, low_y - high_y)
        draw.rect(band, min(18.0, band.height() / 2), "target_band", "band_edge", 12)
        step = (stage.width() - 120) / max(1, len(view.levels))
        wide = min(74.0, 0.7 * step)
        for i, level in enumerate(view.levels):
            if level is not None:
                x = stage.left() + 60 + step * (i + 0.5)
                y = foot - min(1.0, max(0.01, level)) * (foot - top)
                self._paint_level(draw, QRectF(x - wide / 2, y, wide, foot - y), self._shown(i, level))
        draw.line([QPointF(stage.left() + 40, foot), QPointF(stage.right() - 40, foot)], "ink_soft", 10)
        self._paint_count(draw)

    def elements(self, picture: Picture) -> dict[str, Element]:
        """Return the headline."""
        return headline_element(self._frame, tr("Set {number} is done").format(number=self._view.set_number))

    def _shown(self, i: int, level: float) -> Shown:
        view = self._view
        low, high = self._band
        inside = view.results[i] if i < len(view.results) else low <= level <= high
        if inside:
            return "in"
        return "below" if level < (low + high) / 2 else "above"

    def _paint_level(self, draw: Draw, bar: QRectF, shown: Shown) -> None:
        radius = min(14.0, bar.width() / 4)
        draw.rect(bar, radius, "surface", "surface", min(18.0, bar.width() / 3))
        draw.rect(bar, radius, draw.fill(shown, bar.bottomLeft()), edge_role(shown), min(7.0, bar.width() / 6))

    def _paint_count(self, draw: Draw) -> None:
        view, panel = self._view, self._frame.panel
        spots = places(self._frame, 0)
        symbol(draw, "in", spots.symbol, 220)
        if self._frame.portrait:
            number_box = QRectF(panel.left() + 300, spots.symbol.y() - 115, panel.width() - 300, 232)
            if spots.mirrored:
                number_box.moveLeft(panel.left())
            text_box = QRectF(panel.left(), panel.top() + 290, panel.width(), 200)
        else:
            number_box = spots.number_box.translated(0, -150 * min(1.0, panel.height() / PANEL_HEIGHT))
            text_box = QRectF(panel.left(), number_box.bottom() + 32, panel.width(), 200)
        unit = tr("of {total}").format(total=len(view.results))
        paint_number(draw, spots, number_box, str(sum(view.results)), unit)
        block = set_text(
            tr("reached the band"), 84, min(480.0 if not self._frame.portrait else 880.0, text_box.width())
        )
        x, align = text_box.center().x(), "centre"
        if self._frame.portrait:
            x, align = (text_box.right(), "right") if spots.mirrored else (text_box.left(), "left")
        draw.block(x, baselines(block, text_box.top()), block, "ink", align)
