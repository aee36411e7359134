"""The live page in its two forms: everything at once, and tabs where text is large or the window narrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from biofeedback.session.view import Banner, SessionView
from biofeedback.ui.console.banner import BANNER, BannerFrame
from biofeedback.ui.console.events import EventsCard
from biofeedback.ui.console.feedback_card import FeedbackCard
from biofeedback.ui.console.labels import column, row
from biofeedback.ui.console.lanes import StripCharts, natural_height
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.preview import Preview
from biofeedback.ui.console.status import SensorList, StatusLine
from biofeedback.ui.console.strip import SetStrip, last_card
from biofeedback.ui.console.table import RepetitionTable, table_height
from biofeedback.ui.console.tabs import Tabs
from biofeedback.ui.console.topbar import SmallTopBar, TopBar
from biofeedback.ui.console.transport import Transport
from biofeedback.ui.language import tr

GAP, MARGIN = 12, 16
_SIDE, _SIDE_WIDE = 352, 416


@dataclass(frozen=True, slots=True)
class PageKind:
    """Which form of the page suits a window: it is made anew when another one does."""

    form: Literal["full", "tabs"]
    wide: bool = False
    low: bool = False
    narrow: bool = False

    @classmethod
    def of(cls, size: QSize, scale: float) -> PageKind:
        """Return the form for a window of ``size`` at a text scale."""
        width, height = size.width() / scale, size.height() / scale
        if width < 1120 or height < 680:
            return cls("tabs")
        return cls("full", width >= 1600, height < 890, width < 1400)


@dataclass(frozen=True, slots=True)
class Moment:
    """What a page shows beside the session's own page: the banner, and the clocks."""

    banner: Banner | None
    reopen: bool
    now_s: float
    local_s: float
    delay_ms: float | None


class LeftColumn(QWidget):
    """Lanes, banner, table. The banner takes its room from the table, so the lanes never move."""

    def __init__(self, look: Look, charts: StripCharts, banner: BannerFrame, table: RepetitionTable) -> None:
        super().__init__()
        self._look, self._charts, self._banner, self._table = look, charts, banner, table
        self._lanes = 3
        for child in (charts, table, banner):
            child.setParent(self)
        banner.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def arrange(self, lanes: int) -> None:
        """Share the height for a number of lanes."""
        self._lanes = max(1, lanes)
        gap = self._look.px(GAP)
        top = share_height(self.height() - gap, self._lanes, self._look)
        self._charts.setGeometry(0, 0, self.width(), top)
        top += gap
        if not self._banner.isHidden():
            self._banner.setGeometry(0, top, self.width(), self._look.px(BANNER))
            top += self._look.px(BANNER) + gap
        self._table.setGeometry(0, top, self.width(), max(0, self.height() - top))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the height anew."""
        self.arrange(self._lanes)


def share_height(room: int, lanes: int, look: Look) -> int:
    """Return the lanes' part of ``room``: the table gets at least three rows, at most what makes whole rows."""
    natural = natural_height(lanes, look)
    spare = room - natural - table_height(6, look)
    if spare < 0:
        return max(look.px(160), min(natural, room - table_height(3, look)))
    rows = 6 + int(0.4 * spare) // look.px(32)
    return room - table_height(rows, look)


class FullPage(QWidget):
    """Everything at once, from 1280 × 720."""

    leave = Signal()
    help = Signal()
    settings = Signal()

    def __init__(self, look: Look, charts: StripCharts, kind: PageKind) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.charts = charts
        self.table = RepetitionTable(look, kind.wide)
        self.banner = BannerFrame(look)
        self.preview = Preview(look, kind.low)
        self.feedback = FeedbackCard(look, kind.low, notes=kind.wide)
        self.events = EventsCard(look) if kind.wide else None
        side_width = look.px(_SIDE_WIDE if kind.wide else _SIDE)
        self.transport = Transport(look, right_width=side_width, narrow=kind.narrow)
        self.status = StatusLine(look)
        self.top = TopBar(look)
        self.top.leave.connect(self.leave)
        self.top.help.connect(self.help)
        self.top.settings.connect(self.settings)
        self._strip = SetStrip(look, kind.narrow)
        self._left = LeftColumn(look, charts, self.banner, self.table)
        self._build(look, side_width)

    def _build(self, look: Look, side_width: int) -> None:
        gap, margin = look.px(GAP), look.px(MARGIN)
        side = QWidget()
        side.setFixedWidth(side_width)
        cards: list[QWidget] = [self.preview, self.feedback, *([self.events] if self.events else [])]
        stack = column(*cards, spacing=gap)
        stack.setStretch(len(cards) - 1, 1)
        side.setLayout(stack)
        middle = row(self._left, side, spacing=gap)
        middle.setStretch(0, 1)
        body = column(self._strip, middle, self.transport, spacing=gap, margins=(margin, gap, margin, gap))
        body.setStretch(1, 1)
        page = column(self.top, body, self.status)
        page.setStretch(1, 1)
        self.setLayout(page)

    def show_page(self, view: SessionView, moment: Moment) -> None:
        """Take a newer page of the session."""
        self.top.show_page(view, moment.now_s)
        self._strip.show_page(view, moment.now_s)
        self.table.show_repetitions(view.repetitions, view.phase == "paused")
        self.preview.show_page(view)
        self.feedback.show_page(view)
        if self.events is not None:
            self.events.show_events(view.events)
        self.transport.show_page(view, moment.reopen)
        self.show_banner(moment.banner, view.phase == "paused")
        self._left.arrange(len(view.lanes))
        self.charts.show_page(view)

    def show_banner(self, banner: Banner | None, paused: bool = False) -> None:
        """Show a banner, or take it away."""
        if banner is not None:
            self.banner.show_banner(banner, paused)
        self.banner.setVisible(banner is not None)

    def show_times(self, view: SessionView, moment: Moment) -> None:
        """Move on what changes by itself; called five times a second."""
        self.top.show_time(view, moment.now_s)
        self._strip.show_time(view, moment.now_s)
        self.status.show_page(view, moment.delay_ms, moment.local_s, moment.now_s)
        self.charts.read_figures()

    def advance_preview(self, tick: np.void | None, now_s: float) -> None:
        """Paint the patient's display small; called ten times a second."""
        self.preview.advance(tick, now_s)

    def show_lanes(self) -> None:
        """Bring the lanes into sight: here they always are."""


class TabPage(QWidget):
    """One thing at a time, with the transport, the last repetition and the worst news always there."""

    leave = Signal()
    help = Signal()
    settings = Signal()

    def __init__(self, look: Look, charts: StripCharts) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.charts = charts
        self.table = RepetitionTable(look, small=True)
        self.preview = Preview(look)
        self.feedback = FeedbackCard(look, notes=True)
        self.events = EventsCard(look)
        self._sensors = SensorList(look)
        self.banner = BannerFrame(look, small=True)
        self.transport = Transport(look, small=True)
        self.status = StatusLine(look, small=True)
        self.top = SmallTopBar(look)
        self.top.leave.connect(self.leave)
        self.top.help.connect(self.help)
        self.top.settings.connect(self.settings)
        self._last_card, self._last = last_card(look)
        self._tabs, self._stack = Tabs(look), QStackedWidget()
        self._fill_tabs(look)
        self._build(look)

    def _fill_tabs(self, look: Look) -> None:
        scroll = QScrollArea()
        scroll.setWidget(self.feedback)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        pages = (
            (tr("Signals"), self.charts),
            (tr("Repetitions"), self.table),
            (tr("Patient"), self.preview),
            (tr("Feedback"), scroll),
            (tr("Sensors"), self._sensors),
            (tr("Events"), self.events),
        )
        for name, widget in pages:
            self._tabs.addTab(name)
            self._stack.addWidget(widget)
        self._tabs.currentChanged.connect(self._stack.setCurrentIndex)

    def _build(self, look: Look) -> None:
        gap = look.px(8)
        bar = QFrame()
        bar.setObjectName("bar")
        bar.setLayout(row(self._tabs, -1, margins=(0, 0, 0, 1)))
        news = QWidget()
        news.setFixedHeight(look.px(40))
        news.setLayout(column(self._last_card, self.banner))
        self.banner.hide()
        body: QVBoxLayout = column(self._stack, news, self.transport, spacing=gap, margins=(gap, gap, gap, gap))
        body.setStretch(0, 1)
        page = column(self.top, bar, body, self.status)
        page.setStretch(2, 1)
        self.setLayout(page)

    def show_page(self, view: SessionView, moment: Moment) -> None:
        """Take a newer page of the session."""
        self.top.show_page(view, moment.now_s)
        self.table.show_repetitions(view.repetitions, view.phase == "paused")
        self.preview.show_page(view)
        self.feedback.show_page(view)
        self.events.show_events(view.events)
        self._sensors.show_sensors(view.sensors)
        self._last.show_page(view)
        self.transport.show_page(view, moment.reopen)
        self.show_banner(moment.banner, view.phase == "paused")
        self.charts.show_page(view)

    def show_banner(self, banner: Banner | None, paused: bool = False) -> None:
        """Show a banner in the place of the last repetition, or take it away."""
        if banner is not None:
            self.banner.show_banner(banner, paused)
        self.banner.setVisible(banner is not None)
        self._last_card.setVisible(banner is None)

    def show_times(self, view: SessionView, moment: Moment) -> None:
        """Move on what changes by itself; called five times a second."""
        self.top.show_time(view, moment.now_s)
        self.status.show_page(view, moment.delay_ms, moment.local_s, moment.now_s)
        self.charts.read_figures()

    def advance_preview(self, tick: np.void | None, now_s: float) -> None:
        """Paint the patient's display small; called ten times a second."""
        self.preview.advance(tick, now_s)

    def show_lanes(self) -> None:
        """Bring the lanes into sight."""
        self._tabs.setCurrentIndex(0)
