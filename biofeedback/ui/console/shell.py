"""The therapist's window around all pages: bar on top, the page, its foot; keys, theme and text size for all of them.

The shell knows pages only as `Page`; which page follows which is decided by whoever adds them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QScrollArea,
    QStackedWidget,
    QTextEdit,
    QWidget,
)

from biofeedback.session.view import Banner
from biofeedback.ui.console.banner import BannerFrame
from biofeedback.ui.console.focus import FocusRing
from biofeedback.ui.console.help_words import help_words
from biofeedback.ui.console.keys import Key, KeysDialog, install
from biofeedback.ui.console.labels import column, row
from biofeedback.ui.console.look import ConsoleTheme, Look, palette, style_sheet, system_theme
from biofeedback.ui.console.page_protocol import Foot, Page, PageMaker, Step
from biofeedback.ui.console.settings_dialog import SettingsDialog
from biofeedback.ui.console.shell_bars import FootBar, ShellBar
from biofeedback.ui.language import tr
from biofeedback.ui.settings import Settings, speak

_FOLLOW_MS = 200
_TAKES_ENTER = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractButton, QAbstractItemView)


def _takes_enter(focus: QWidget | None) -> bool:
    """Whether Enter means something where the focus is; a choice acts by its arrows or digits alone."""
    chosen = isinstance(focus, QAbstractButton) and focus.isCheckable()
    return isinstance(focus, _TAKES_ENTER) and not chosen


class Shell(QMainWindow):
    """The window of the program.

    Parameters
    ----------
    theme, text_scale
        How it looks; 1.0 is 100 %, up to 2.0. Without a theme it follows the system's.
    settings
        What the person chose, in their place. ``settings_changed`` carries newer ones.
    """

    settings_changed = Signal(object)
    step_chosen = Signal(str)
    banner_pressed = Signal(object)
    closed = Signal()

    def __init__(
        self, *, theme: ConsoleTheme | None = None, text_scale: float = 1.0, settings: Settings | None = None
    ) -> None:
        super().__init__()
        self._settings = settings or Settings(theme=theme or "", text_scale=min(2.0, max(1.0, text_scale)))
        self._look = self._wanted_look()
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._makers: dict[str, PageMaker] = {}
        self._pages: dict[str, Page] = {}
        self._here = ""
        self._visited: set[Step] = set()
        self._person = ("", "")
        self._recording: tuple[float | None, float] = (None, 0.0)
        self._banner: Banner | None = None
        self._actions: list[QAction] = []
        self._help: KeysDialog | None = None
        self._settings_dialog: SettingsDialog | None = None
        self.may_close: Callable[[], bool] = lambda: True
        self.setMinimumSize(QSize(800, 500))
        self.resize(1440, 900)
        self._dress()
        follow = QTimer(self, interval=_FOLLOW_MS)
        follow.timeout.connect(lambda: self._ring.follow())
        follow.start()

    # pages

    def add(self, name: str, make: PageMaker) -> None:
        """Add a page, or put another one in its place; it is made when it is gone to."""
        self._makers[name] = make
        if (old := self._pages.pop(name, None)) is None:
            return
        in_sight = name == self._here
        if in_sight:
            self._here = ""
            old.leave()
        self._drop(old)
        if in_sight:
            self.go(name)

    def go(self, name: str) -> Page:
        """Bring a page into sight; return it."""
        if name == self._here:
            return self._pages[name]
        if self._here:
            self._pages[self._here].leave()
        page = self._page(name)
        self._here = name
        self._stack.setCurrentWidget(page)
        if page.step is not None:
            self._visited.add(page.step)
        page.setFocus(Qt.FocusReason.OtherFocusReason)
        self._frame()
        page.enter()
        return page

    def _page(self, name: str) -> Page:
        if name not in self._pages:
            page = self._makers[name](self._look)
            self._pages[name] = page
            page.setAccessibleName(page.title)  # it takes the focus when it comes
            for area in page.findChildren(QScrollArea):
                area.setAccessibleName(area.accessibleName() or page.title)
            page.changed.connect(self._changed)
            self._stack.addWidget(page)
        return self._pages[name]

    def _drop(self, page: Page) -> None:
        self._stack.removeWidget(page)
        page.hide()
        page.deleteLater()

    @property
    def here(self) -> str:
        """The name of the page in sight."""
        return self._here

    @property
    def page(self) -> Page:
        """The page in sight."""
        return self._pages[self._here]

    def begin_again(self, visited: Sequence[Step] = ()) -> None:
        """Forget which steps were visited, but those: another exercise begins."""
        self._visited = set(visited)

    def _changed(self) -> None:
        if self._here and self.sender() is self.page:
            self._frame()

    def _frame(self) -> None:
        """Put bar, foot, keys and title around the page in sight."""
        page = self.page
        self._top.setVisible(page.framed)
        self._foot.setVisible(page.framed)
        if page.framed:
            self._top.steps.setVisible(page.step is not None)
            if page.step is not None:
                self._top.steps.show_steps(page.step, self._visited)
            foot = page.foot()
            self._top.show_session(page.step is not None or foot.back is not None)
            self._foot.show_foot(foot)
        self._show_banner()
        self.setWindowTitle(f"{page.title} – Biofeedback" if page.title else "Biofeedback")
        self._listen(page)

    def _foot_now(self) -> Foot:
        return self.page.foot() if self._here else Foot()

    # what the bar says

    def show_person(self, person: str, note: str = "") -> None:
        """Show who the session is for."""
        self._person = person, note
        self._top.show_person(person, note)

    def show_recording(self, since_s: float | None, now_s: float) -> None:
        """Show whether and since when it records."""
        self._recording = since_s, now_s
        self._top.show_recording(since_s, now_s)

    def show_banner(self, banner: Banner | None) -> None:
        """Show the one thing to read now above the foot, or take it away."""
        self._banner = banner
        self._show_banner()

    def _show_banner(self) -> None:
        shown = self._banner is not None and bool(self._here) and self.page.framed
        if self._banner is not None:
            self._banner_frame.show_banner(self._banner)
        self._banner_room.setVisible(shown)

    # keys

    def _listen(self, page: Page) -> None:
        """Let the page's keys act, and only those; a page without the frame installs its own."""
        for action in self._actions:
            self.removeAction(action)
            action.deleteLater()
        settings = Key(("Ctrl+,",), tr("Ctrl ,"), tr("Settings"), self.show_settings)
        own = self._own_keys() if page.framed else []
        self._actions = install(self, [*page.keys(), *own, settings])

    def _own_keys(self) -> list[Key]:
        return [
            Key(("Alt+Left",), tr("Alt ←"), tr("Back"), self._go_back),
            Key(("F1",), "F1", tr("These keys"), self.show_keys),
        ]

    def _go_back(self) -> None:
        back = self._foot_now().back
        if back is not None and back.enabled:
            back.act()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Enter press the primary button, unless what has the focus needs it."""
        focus = QApplication.focusWidget()
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and self._here and self.page.framed and not _takes_enter(focus):
            primary = self._foot_now().primary
            if primary is not None and primary.enabled and not primary.key:
                primary.act()
            return
        if event.key() == Qt.Key.Key_Escape and self._help is not None:
            self._help.close()
            return
        super().keyPressEvent(event)

    def show_keys(self) -> None:
        """Show what the keys do here, or hide it."""
        if self._help is not None:
            self._help.close()
            return
        enter = self._foot_now().primary
        keys = [Key((), tr("Enter"), enter.text, enter.act)] if enter is not None and not enter.key else []
        self._help = KeysDialog(self, self._look, [*keys, *self.page.keys(), *self._own_keys()], help_words(self._here))
        self._help.finished.connect(self._help_closed)
        self._help.show()

    def _help_closed(self) -> None:
        if self._help is not None:
            self._help.deleteLater()
            self._help = None

    # settings

    @property
    def settings(self) -> Settings:
        """What was chosen last."""
        return self._settings

    def show_settings(self) -> None:
        """Show the settings, or hide them."""
        if self._settings_dialog is not None:
            self._settings_dialog.close()
            return
        self._settings_dialog = dialog = SettingsDialog(self, self._look, self._settings)
        dialog.changed.connect(self._set)
        dialog.finished.connect(self._settings_closed)
        dialog.show()

    def _settings_closed(self) -> None:
        if self._settings_dialog is not None:
            self._settings_dialog.deleteLater()
            self._settings_dialog = None

    def _set(self, settings: Settings, part: str) -> None:
        """Follow the settings at once: language and look need every page anew, and the dialog with them."""
        before, self._settings = self._settings, settings
        if part != "screen":
            if settings.language != before.language:
                speak(settings.spoken())
            self._look = self._wanted_look()
            self._dress()
        self.settings_changed.emit(settings)
        self.show_settings()
        self.show_settings()
        if self._settings_dialog is not None:
            self._settings_dialog.focus_part(part)

    def _wanted_look(self) -> Look:
        return Look(self._settings.theme or system_theme(), self._settings.text_scale, self._settings.keys_shown)

    def _follow_system(self) -> None:
        if (look := self._wanted_look()) != self._look:
            self._look = look
            self._dress()

    # how it looks

    @property
    def look(self) -> Look:
        """How it looks now."""
        return self._look

    def set_look(self, *, theme: ConsoleTheme | None = None, text_scale: float | None = None) -> None:
        """Show another theme or text size: every page is made anew."""
        scale = self._look.scale if text_scale is None else min(2.0, max(1.0, text_scale))
        self._settings = msgspec.structs.replace(self._settings, theme=theme or self._look.theme, text_scale=scale)
        self._follow_system()

    def _dress(self) -> None:
        here, self._here = self._here, ""
        if here:
            self._pages[here].leave()
        self.setPalette(palette(self._look))
        self.setStyleSheet(style_sheet(self._look))
        self._pages.clear()
        self._build()
        if here:
            self.go(here)

    def _build(self) -> None:
        look = self._look
        self._top, self._foot, self._stack = ShellBar(look), FootBar(look), QStackedWidget()
        self._top.back.connect(self._go_back)
        self._top.help.connect(self.show_keys)
        self._top.settings.connect(self.show_settings)
        self._top.step.connect(self.step_chosen)
        self._top.show_person(*self._person)
        self._top.show_recording(*self._recording)
        self._banner_frame = BannerFrame(look)
        self._banner_frame.pressed.connect(self.banner_pressed)
        self._banner_room = QWidget()
        self._banner_room.setLayout(row(self._banner_frame, margins=(look.px(24), 0, look.px(24), look.px(16))))
        self._banner_room.hide()
        whole = QWidget()
        whole.setObjectName("page")
        layout = column(self._top, self._stack, self._banner_room, self._foot)
        layout.setStretch(1, 1)
        whole.setLayout(layout)
        self.setCentralWidget(whole)
        self._ring = FocusRing(whole, look)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, unless somebody has a reason not to."""
        if not self.may_close():
            event.ignore()
            return
        if self._here:
            self._pages[self._here].leave()
        super().closeEvent(event)
        self.closed.emit()
