"""Home: today's people with one button each, all people, the chosen one, and the ways to begin without a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLineEdit, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from biofeedback.session.view import Banner, BannerAction
from biofeedback.storage.records.values import Overview
from biofeedback.ui.console import home_words, messages
from biofeedback.ui.console.banner import BannerFrame
from biofeedback.ui.console.choices import Segmented
from biofeedback.ui.console.controls import Button, draw_key, key_width
from biofeedback.ui.console.glyphs import draw_icon
from biofeedback.ui.console.keys import Key
from biofeedback.ui.console.labels import Text, card, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.page_protocol import Page
from biofeedback.ui.console.people_table import HEAD, ROW, PeopleTable
from biofeedback.ui.console.person_card import PersonCard
from biofeedback.ui.console.rail import Rail
from biofeedback.ui.console.tiles import TILE_LEAST, BigButton, PersonTile
from biofeedback.ui.console.words import DASH
from biofeedback.ui.language import tr

if TYPE_CHECKING:
    from biofeedback.session.unfinished import Unfinished

_BEGIN_WIDTH, _TITLED, _ROOMY, _RAIL_FROM = 216, 480, 940, 1120
_LEAST_ROWS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOpen:
    """A recording whose process ended before it closed it. ``who`` and ``when`` are words; both may be empty."""

    name: str
    who: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeState:
    """What Home shows. ``message`` is the one line something failed with; ``working`` says what is being done.

    ``left``: what a session that was recovered leaves to do. ``shut``: the records could not be opened.
    """

    people: tuple[Overview, ...] | None = None
    left_open: tuple[LeftOpen, ...] = ()
    left: Unfinished | None = None
    now: datetime
    message: str = ""
    working: str = ""
    shut: bool = False


class SearchField(QLineEdit):
    """The filter of the list: Enter begins with the first hit, Down goes into the list, Esc empties it."""

    first = Signal()
    down = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setFont(look.font("body"))
        self.setFixedHeight(look.px(40))
        self.setMaximumWidth(look.px(360))
        self.setMinimumWidth(look.px(120))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setPlaceholderText(tr("Code, region or plan"))
        self.setAccessibleName(tr("Find a person by code, region or plan"))
        sign, key = look.px(24), key_width(look, tr("Ctrl F"))
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        self.setTextMargins(key if mirrored else sign, 0, sign if mirrored else key, 0)
        self.setMaxLength(80)

    def sizeHint(self) -> QSize:
        """Return the room of what stands in the empty field."""
        margins, words = self.textMargins(), self.fontMetrics().horizontalAdvance(self.placeholderText())
        return QSize(margins.left() + words + margins.right() + self._look.px(32), self._look.px(40))

    def event(self, event: QEvent) -> bool:
        """Keep Esc to the field."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Act on Enter, Down and Esc."""
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.first.emit()
            case Qt.Key.Key_Down:
                self.down.emit()
            case Qt.Key.Key_Escape:
                self.clear()
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the field with its sign, and the key while it is empty."""
        super().paintEvent(event)
        look, soft = self._look, self._look.colour("ink_soft")
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        side, key = look.px(16), tr("Ctrl F")
        left = self.width() - look.px(12) - side if mirrored else look.px(12)
        with QPainter(self) as painter:
            draw_icon(painter, "search", QRectF(left, (self.height() - side) / 2, side, side), soft)
            if not self.text():
                cap = look.px(10) if mirrored else self.width() - look.px(10) - key_width(look, key)
                draw_key(painter, cap, self.height() / 2, key, look, soft)


class Home(Page):
    """The page. Its signals carry the `Overview` they are about; ``go`` carries the name of another place."""

    framed = False
    begin = Signal(object)
    start_plan = Signal(object)
    choose_exercises = Signal(object)
    edit_plan = Signal(object)
    edit = Signal(object)
    add = Signal()
    quick = Signal()
    demo = Signal()
    recover = Signal()
    resume = Signal()
    again = Signal()
    later = Signal()
    go = Signal(str)
    help = Signal()
    settings = Signal()

    def __init__(self, look: Look, places: Sequence[tuple[str, str, str]] = ()) -> None:
        super().__init__(look)
        self.title = tr("People")
        self._state: HomeState | None = None
        self._filter = "all"
        self._wanted: object = None
        self.tiles: list[PersonTile] = []
        self.rail = Rail(look, (("people", tr("People"), "people"), *places), "people")
        self.search = SearchField(look)
        self.add_button = Button(look, tr("Add a person"), icon="plus", key=tr("Ctrl N"))
        self.banner = BannerFrame(look)
        self.quick_button = BigButton(look, tr("Quick session"), tr("without a person"), "bolt", tr("Q"))
        self.demo_button = BigButton(look, tr("Demo"), tr("simulated person"), "play", tr("D"))
        self.table = PeopleTable(look)
        self.card = PersonCard(look)
        self.chips: Segmented | None = None
        self._chip_place = QHBoxLayout()
        self._order = Text(look, "caption", tr("Today first"), soft=True)
        self.empty_button = Button(look, tr("Add a person"), "primary", icon="plus")
        self._build()
        self._connect()

    # layout ---------------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        look, gap = self.look, self.look.px(16)
        self.add_button.setFixedHeight(look.px(40))
        self._help = Button(look, tr("Help"), "plain", key="F1")
        settings = Button(look, "", "plain", icon="sliders")
        settings.setAccessibleName(tr("Settings"))
        settings.setToolTip(tr("Settings"))
        settings.clicked.connect(self.settings)
        title = self._title = Text(look, "title", self.title)
        head = row(title, look.px(16), self.search, -1, self.add_button, settings, self._help, spacing=look.px(8))
        head.setStretch(2, 4)
        self._ways = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._ways.setSpacing(look.px(8))
        self._ways.addWidget(self.quick_button)
        self._ways.addWidget(self.demo_button)
        self._ways_box = QWidget()
        self._ways_box.setLayout(self._ways)
        self._ways.setContentsMargins(0, 0, 0, 0)
        self._tile_row = QHBoxLayout()
        self._tile_row.setSpacing(gap)
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._top.setSpacing(gap)
        self._top.addLayout(self._tile_row, 1)
        self._top.addWidget(self._ways_box)
        self._list = card()
        pad = look.px(16)
        chips = QWidget()
        chips.setFixedHeight(look.px(48))
        chips.setLayout(row(self._chip_place, -1, self._order, margins=(pad, 0, pad, 0)))
        nobody = Text(look, "body", tr("Nobody is here yet. A code is enough to add the first person."), soft=True)
        nobody.setWordWrap(True)
        self._nobody = QWidget()
        inside = column(nobody, row(self.empty_button, -1), -1, spacing=pad, margins=(pad, pad, pad, pad))
        self._nobody.setLayout(inside)
        self._listed = QWidget()
        self._listed.setLayout(column(chips, rule(), self.table))
        self._list.setLayout(column(self._listed, self._nobody, margins=(1, 1, 1, 1)))
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(gap)
        self._body.addWidget(self._list, 1)
        self._body.addWidget(self.card)
        inner = QWidget()
        margin = look.px(24)
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(margin, margin, margin, margin)
        layout.setSpacing(gap)
        layout.addLayout(head)
        layout.addWidget(self.banner)
        layout.addLayout(self._top)
        layout.addLayout(self._body, 1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(inner)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.banner.hide()
        self._nobody.hide()
        whole = row(self.rail, self._scroll)
        whole.setStretch(1, 1)
        self.setLayout(whole)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._show_list)
        self.search.first.connect(self._begin_first)
        self.search.down.connect(self._enter_list)
        self.add_button.clicked.connect(self.add)
        self.empty_button.clicked.connect(self.add)
        self._help.clicked.connect(self.help)
        self.quick_button.clicked.connect(self.quick)
        self.demo_button.clicked.connect(self.demo)
        self.table.acted.connect(self.begin)
        self.table.chosen.connect(self._show_chosen)
        self.table.left.connect(self.search.setFocus)
        self.rail.chosen.connect(self.go)
        self.card.edit.connect(self.edit)
        self.card.plan.connect(self.edit_plan)
        self.card.choose.connect(self.choose_exercises)
        self.card.start.connect(self.start_plan)
        self.banner.pressed.connect(self._banner_pressed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stack what does not fit side by side."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        look = self.look
        with_rail = self.width() >= look.px(_RAIL_FROM)
        self.rail.setVisible(with_rail)
        room = self.width() - (self.rail.width() if with_rail else 0) - look.px(48)
        roomy = room >= look.px(_ROOMY)
        self._help.setVisible(roomy)
        self._title.setVisible(room >= look.px(_TITLED))
        self._order.setVisible(room >= look.px(_TITLED))
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        aside = roomy and bool(self.tiles)
        self._top.setDirection(beside if aside else below)
        self._ways.setDirection(below if aside else beside)
        self._body.setDirection(beside if roomy else below)
        self._ways_box.setFixedWidth(look.px(_BEGIN_WIDTH) if aside else room)
        self.card.setMaximumWidth(look.px(344) if roomy else 16777215)
        self.table.setMinimumHeight(look.px(HEAD + (_LEAST_ROWS if not roomy else 3) * ROW))
        fits = max(1, (room - (look.px(_BEGIN_WIDTH + 16) if roomy else 0)) // look.px(TILE_LEAST))
        for place, tile in enumerate(self.tiles):
            tile.setVisible(place < fits)

    def minimumSizeHint(self) -> QSize:
        """Return a size in which everything can still be reached."""
        return QSize(self.look.px(360), self.look.px(320))

    # what it shows --------------------------------------------------------------------------------------------------

    def show_state(self, state: HomeState) -> None:
        """Show everything anew; who is chosen and what is typed stay."""
        old, self._state = self._state, state
        if old is None or _listed(old) != _listed(state):
            self._make_tiles()
            self._make_chips()
            self._show_list()
        self._show_banner()

    def _make_tiles(self) -> None:
        state = self._state
        if state is None:
            return
        had_focus = any(tile.button.hasFocus() for tile in self.tiles) or not self.tiles
        for tile in self.tiles:
            tile.hide()
            tile.deleteLater()
        nexts = home_words.who_is_next(state.people or (), state.now)
        self.tiles = [PersonTile(self.look, one, first=place == 0) for place, one in enumerate(nexts)]
        for tile in self.tiles:
            tile.pressed.connect(self.begin)
            self._tile_row.addWidget(tile, 1)
        self._arrange()
        if had_focus and self.isVisible():
            self._take_focus()

    def _make_chips(self) -> None:
        state = self._state
        people = () if state is None or state.people is None else state.people
        if self.chips is not None:
            self.chips.deleteLater()
        now = datetime.now().astimezone() if state is None else state.now
        names = {
            "today": (tr("Today {count}"), sum(home_words.is_today(one, now) for one in people)),
            "week": (tr("This week {count}"), sum(home_words.is_this_week(one, now) for one in people)),
            "all": (tr("All {count}"), len(people)),
        }
        known = state is not None and state.people is not None
        choices = {name: words.format(count=count if known else DASH) for name, (words, count) in names.items()}
        self.chips = Segmented(self.look, tr("Who is listed"), choices)
        self.chips.show_choice(self._filter)
        self.chips.chosen.connect(self._filter_by)
        self._chip_place.addWidget(self.chips)

    def _filter_by(self, name: str) -> None:
        self._filter = name
        self._show_list()

    def _show_list(self) -> None:
        state = self._state
        if state is None:
            return
        if state.people is None:
            why = tr("The records could not be opened.") if state.shut else tr("Opening the records…")
            self.table.show_people([], state.now, why)
            self._show_chosen(None)
            return
        kept = {"today": home_words.is_today, "week": home_words.is_this_week}.get(self._filter)
        typed = self.search.text()
        rows = [
            one
            for one in home_words.in_order(state.people, state.now)
            if home_words.matches(one, typed) and (kept is None or kept(one, state.now))
        ]
        if typed:
            empty = tr("Nobody fits “{typed}”.").format(typed=typed)
        else:
            empty = tr("Nobody is expected or was here in this time.")
        self._nobody.setVisible(not state.people)
        self._listed.setVisible(bool(state.people))
        self.table.show_people(rows, state.now, empty)
        if any(one.person.id == self._wanted for one in rows):
            self.table.choose(self._wanted)
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
            self._wanted = None
        self._show_chosen(self.table.current)

    def _show_chosen(self, one: Overview | None) -> None:
        if self._state is not None:
            self.card.show_person(one, self._state.now)

    def _show_banner(self) -> None:
        banner = None if self._state is None else _banner(self._state)
        if banner is not None:
            self.banner.show_banner(banner)
        self.banner.setVisible(banner is not None)

    def _banner_pressed(self, action: BannerAction) -> None:
        {"recover": self.recover, "resume": self.resume, "again": self.again}.get(action.command, self.later).emit()

    def choose_when_shown(self, person_id: object) -> None:
        """Put the list, with the focus, on a person as soon as they are in it."""
        self._wanted = person_id

    # keys and focus -------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Put the focus where Enter begins: on the first person."""
        self._take_focus()

    def _take_focus(self) -> None:
        shown = [tile for tile in self.tiles if not tile.isHidden()]
        target: QWidget = shown[0].button if shown else self.empty_button
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def keys(self) -> list[Key]:
        """Return what keys do here."""
        return [
            Key(("Ctrl+F",), tr("Ctrl F"), tr("Find a person"), self._find),
            Key(("Ctrl+N",), tr("Ctrl N"), tr("Add a person"), self.add.emit),
            Key(("Q",), tr("Q"), tr("Quick session without a person"), self.quick.emit),
            Key(("D",), tr("D"), tr("Demo with the simulated person"), self.demo.emit),
        ]

    def _find(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _begin_first(self) -> None:
        if self.table.shown:
            self.begin.emit(self.table.shown[0])

    def _enter_list(self) -> None:
        if self.table.shown:
            self.table.enter_list()


def _listed(state: HomeState) -> tuple[object, ...]:
    """Return what the list depends on."""
    return state.people, state.shut, state.now.date()


def _banner(state: HomeState) -> Banner | None:
    if state.message:
        answer = BannerAction(command="again", label=tr("Try again")) if state.shut else _close()
        return Banner(kind="fault", title=state.message, detail="", actions=(answer,))
    if state.working:
        return Banner(kind="info", title=state.working, detail="")
    if state.left is not None:
        return _goes_on(state.left)
    if not state.left_open:
        return None
    newest = state.left_open[-1]
    if len(state.left_open) > 1:
        title = tr("{count} recordings were not closed.").format(count=len(state.left_open))
    else:
        facts = ", ".join(fact for fact in (newest.who, newest.when) if fact)
        title = tr("One recording was not closed: {facts}.").format(facts=facts or newest.name)
    why = tr("The program ended unexpectedly.")
    return Banner(
        kind="warn",
        title=title,
        detail=f"{why} {tr('What was recorded is there, at most the last second is missing.')}",
        actions=(
            BannerAction(command="later", label=tr("Later")),
            BannerAction(command="recover", label=tr("Close it and keep it")),
        ),
    )


def _goes_on(left: Unfinished) -> Banner:
    who = left.prepared.person or tr("without a person")
    return Banner(
        kind="info",
        title=tr("What was recorded is kept. The session can go on: {who}.").format(who=who),
        detail=messages.goes_on_with(left),
        actions=(_close(), BannerAction(command="resume", label=tr("Go on"))),
    )


def _close() -> BannerAction:
    return BannerAction(command="later", label=tr("Close"))
