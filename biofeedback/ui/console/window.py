"""The therapist's window: pulls the session, shows it, and sends what the therapist asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from operator import itemgetter

from PySide6.QtCore import QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from biofeedback.session import commands
from biofeedback.session.commands import Command, SessionClient
from biofeedback.session.view import Banner, BannerAction, SessionView
from biofeedback.stream import host_time_s
from biofeedback.ui.console import messages
from biofeedback.ui.console.banner import command_of
from biofeedback.ui.console.focus import FocusRing
from biofeedback.ui.console.help_words import help_words
from biofeedback.ui.console.history import HostClock, Pauses, TickHistory
from biofeedback.ui.console.keys import Key, KeysDialog, install
from biofeedback.ui.console.lanes import StripCharts
from biofeedback.ui.console.look import ConsoleTheme, Look, palette, style_sheet, system_theme
from biofeedback.ui.console.pages import FullPage, Moment, PageKind, TabPage
from biofeedback.ui.console.spoken import spoken
from biofeedback.ui.console.stats import PaintMeter, PaintStats
from biofeedback.ui.console.steering import Steering, leave_field
from biofeedback.ui.language import tr
from biofeedback.ui.patient.beat import FRAME_S, Beat

_TURN_S = FRAME_S  # the lanes move in every second turn, 33 times a second
_READ_S = 0.2  # what is read changes at most five times a second
_PREVIEW_S = 0.1
_REPORT_S = 2.0
_SECONDS, _SECONDS_SMALL = 15.0, 10.0


class ConsoleWindow(QMainWindow):
    """The live console.

    Parameters
    ----------
    client
        The session, in this process or another.
    theme, text_scale
        How it looks; 1.0 is 100 %, up to 2.0. Without a theme it follows the system's.
    clock
        The host's clock.
    report_paint
        Send `Painted` every two seconds; leave it off where the patient's window does.
    came_back
        Say that the window closed and came back to a session that went on.
    keys_shown
        Whether buttons show the keys that do the same.
    inside
        It is a page of another window: leaving it says `left` and closes nothing; ``check`` asks for the signal check,
        ``settings`` for the settings.
    """

    left = Signal()
    check = Signal()
    settings = Signal()

    def __init__(
        self,
        client: SessionClient,
        *,
        theme: ConsoleTheme | None = None,
        text_scale: float = 1.0,
        clock: Callable[[], float] = host_time_s,
        report_paint: bool = False,
        came_back: bool = False,
        inside: bool = False,
        keys_shown: bool = True,
    ) -> None:
        super().__init__()
        self._inside = inside
        self._unfollow: Callable[[], object] = lambda: None
        self._client, self._clock, self._report_paint = client, clock, report_paint
        self._came_back = came_back
        self._look = Look(theme or system_theme(), min(2.0, max(1.0, text_scale)), keys_shown)
        if theme is None:
            QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._history = TickHistory(_SECONDS + 2)
        self._pauses = Pauses(_SECONDS)
        self._host_clock, self._meter = HostClock(), PaintMeter()
        self._next_tick = self._turns = 0
        self._heard: SessionView | None = None  # as it came; what is shown is in the program's language
        self._view: SessionView | None = None
        self._banner: Banner | None = None
        self._shown_s = self._read_s = self._preview_s = self._report_s = -1e9
        self._reopens = False
        self._alive = True
        self._kind: PageKind | None = None
        self._page: FullPage | TabPage
        self._steer = Steering(client, clock, self)
        self._keys = self._steer.keys(self._escape, self.show_keys)
        if inside:
            self._keys.insert(-1, Key(("G",), "G", tr("Signal check"), self._to_check))
        install(self, self._keys)
        self._help: KeysDialog | None = None
        self._banner_keys: list[QAction] = []
        self.setWindowTitle(tr("Live session"))
        self.setMinimumSize(QSize(800, 500))
        self.resize(1440, 900)
        self._dress()
        self._timer = Beat(self, _TURN_S)
        self._timer.due.connect(self._turn)
        self._timer.start()

    def follow(self, begins: SignalInstance) -> None:
        """Take a turn in the middle between two frames of another window.

        Both windows paint on one thread: with beats of their own, a frame of one would now and then wait for the
        other's. Where frames stop coming, the other window was closed: then this one goes on by itself.
        """

        def begin() -> None:
            self._timer.next_in(_TURN_S / 2)

        begins.connect(begin)
        self._unfollow = lambda: begins.disconnect(begin)

    # how it looks

    def set_theme(self, theme: ConsoleTheme) -> None:
        """Show another theme."""
        self._look = replace(self._look, theme=theme)
        self._dress()

    def set_text_scale(self, text_scale: float) -> None:
        """Show text larger or smaller, 1 to 2."""
        self._look = replace(self._look, scale=min(2.0, max(1.0, text_scale)))
        self._dress()

    def _follow_system(self) -> None:
        self.set_theme(system_theme())

    def _dress(self) -> None:
        self.setPalette(palette(self._look))
        self.setStyleSheet(style_sheet(self._look))
        self._make_page(PageKind.of(self.size(), self._look.scale))

    def _make_page(self, kind: PageKind) -> None:
        """Make the page for a form and a look; the ticks stay, so the lanes are drawn anew from them."""
        note = self._page.transport.note.text() if self._kind is not None else ""
        self._kind = kind
        tabs = kind.form == "tabs"
        charts = StripCharts(
            self._look, self._history, _SECONDS_SMALL if tabs else _SECONDS, self._clock, self._meter, self._pauses,
            ruler=not tabs,
        )  # fmt: skip
        self._page = TabPage(self._look, charts) if tabs else FullPage(self._look, charts, kind)
        self._page.transport.note.setText(note)
        self._page.setEnabled(self._view is not None)
        self._page.setAccessibleName(self.windowTitle())
        self._steer.page = self._page
        self._wire(self._page)
        self.setCentralWidget(self._page)
        self._page.setFocus()
        self._ring = FocusRing(self._page, self._look)
        self._banner = None
        if self._view is not None:
            self._show(self._view, self._clock())

    def _wire(self, page: FullPage | TabPage) -> None:
        page.leave.connect(self.close)
        page.help.connect(self.show_keys)
        page.settings.connect(self.settings)
        page.top.stand_inside(self._inside)
        if isinstance(page, FullPage):
            page.top.steps.chosen.connect(self._go_back_to)
        page.charts.target_moved.connect(self._steer.move_target)
        page.charts.said.connect(self._say)
        page.table.said.connect(self._say)
        page.preview.command.connect(self.send)
        page.feedback.command.connect(self.send)
        page.banner.pressed.connect(self._press)
        bar = page.transport
        bar.primary.connect(self._steer.primary)
        bar.stop.connect(self._steer.stop)
        bar.mark.connect(self._steer.mark)
        bar.note.returnPressed.connect(self._steer.keep_mark)
        bar.note.left.connect(self._leave_note)
        bar.undo.connect(self._steer.undo)
        bar.edit.connect(self._steer.edit_target)
        bar.next.connect(self._steer.next_set)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the form of the page that suits the new size."""
        super().resizeEvent(event)
        kind = PageKind.of(self.size(), self._look.scale)
        if self._kind is not None and kind != self._kind:
            self._make_page(kind)

    # pulling

    def pull(self) -> None:
        """Take what is new and show all of it."""
        self._move()
        for _, work in self._due(self._clock()):
            work()

    def _turn(self) -> None:
        """Do a part of the work, short enough for a frame of the patient's display: the lanes, or what is read."""
        self._turns += 1
        if self._turns % 2:
            self._move()
        elif (longest := min(self._due(self._clock()), key=itemgetter(0), default=None)) is not None:
            longest[1]()

    def _move(self) -> None:
        """Move the lanes on: one frame."""
        local = self._clock()
        rows, self._next_tick = self._client.ticks(self._next_tick)
        if len(rows):
            self._history.extend(rows)
            self._host_clock.tick(local, float(rows["time_s"][-1]))
        self._page.charts.advance(self._host_clock.now_s(local))

    def _due(self, local: float) -> Iterator[tuple[float, Callable[[], None]]]:
        """Yield what has to be renewed beside the lanes, with when it last was: on a busy machine nothing starves."""
        view = self._client.view()
        if view is not None and self._is_due(view, local):
            yield (-1e9 if self._is_urgent(view) else self._shown_s), lambda: self._take(view, local)
        if local - self._read_s >= _READ_S:
            yield self._read_s, lambda: self._read(local)
        if local - self._preview_s >= _PREVIEW_S:
            yield self._preview_s, lambda: self._advance_preview(local)
        if self._report_paint and local - self._report_s >= _REPORT_S:
            yield self._report_s, lambda: self._report(local)

    def _is_urgent(self, view: SessionView) -> bool:
        old = self._heard
        return old is None or view.phase != old.phase or view.banner != old.banner

    def _is_due(self, view: SessionView, local: float) -> bool:
        """Whether a page is to be shown: at once where phase or banner changed, else at most five times a second."""
        return view is not self._heard and (self._is_urgent(view) or local - self._shown_s >= _READ_S)

    def _take(self, view: SessionView, local: float) -> None:
        self._heard = view
        self._show(spoken(view), local)

    def _advance_preview(self, local: float) -> None:
        self._preview_s = local
        newest = self._history.rows
        self._page.advance_preview(newest[-1] if len(newest) else None, self._host_clock.now_s(local))

    def _moment(self, local: float) -> Moment:
        stats = self._meter.stats() if self._meter.frames else None
        return Moment(
            self._banner_now(local), self._steer.reopens(local), self._host_clock.now_s(local), local,
            None if stats is None else stats.taken_to_painted_p50,
        )  # fmt: skip

    def _show(self, view: SessionView, local: float) -> None:
        self._shown_s = local
        self._steer.view = self._view = view
        self._page.setEnabled(True)
        self._pauses.note(view.phase == "paused", self._host_clock.now_s(local))
        moment = self._moment(local)
        if moment.banner != self._banner:
            self._listen_for(moment.banner)
        self._banner, self._reopens = moment.banner, moment.reopen
        self._page.show_page(view, moment)
        self._page.show_times(view, moment)
        self.setWindowTitle(tr("{person}: live session").format(person=view.person))

    def _read(self, local: float) -> None:
        """Renew what is read, and the banners that come and go by themselves."""
        self._read_s = local
        self._alive = self._client.alive()
        self._ring.follow()
        if self._view is None:
            return
        moment = self._moment(local)
        if moment.banner != self._banner or moment.reopen != self._reopens:
            self._show(self._view, local)
        else:
            self._page.show_times(self._view, moment)

    def _report(self, local: float) -> None:
        self._report_s = local
        stats = self._meter.stats()
        if stats.arrived_to_painted_p50 is not None and stats.arrived_to_painted_p95 is not None:
            self.send(commands.Painted(stats.arrived_to_painted_p50, stats.arrived_to_painted_p95))

    def paint_stats(self) -> PaintStats:
        """Return how well the lanes have been painted over the last minute."""
        return self._meter.stats()

    def reset_paint_stats(self) -> None:
        """Forget the paint figures: a warm-up is over."""
        self._meter.reset()

    # banners

    def _banner_now(self, local: float) -> Banner | None:
        """Return the worst message: a silent engine, then the session's own, then that a set can be taken up again."""
        own = self._view.banner if self._view is not None else None
        if not self._alive and (self._view is None or self._view.phase != "finished"):
            return messages.silent_engine(others=0 if own is None else 1 + own.others)
        if own is not None:
            return own
        if self._came_back:
            return messages.came_back()
        if self._view is not None and self._view.phase == "paused":
            return messages.paused(self._pauses.lasting(self._host_clock.now_s(local)))
        if not self._steer.reopens(local):
            return None
        return messages.set_stopped()

    def _press(self, action: BannerAction) -> None:
        if action.command == "Close":
            self.close()
        elif action.command == "ReopenSet":
            self._steer.reopen()
        elif action.command == "Read":
            self._came_back = False
        elif (command := command_of(action)) is not None:
            self.send(command)
        else:
            self._say(tr("This is not available yet."))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press the banner's button that Enter works; a focused control has had the key before."""
        if self._banner is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            for action in self._banner.actions:
                if action.key == "Enter":
                    self._press(action)
                    return
        super().keyPressEvent(event)

    def _listen_for(self, banner: Banner | None) -> None:
        """Let the letters on the banner's buttons press them; keys that are taken keep their meaning."""
        for old in self._banner_keys:
            self.removeAction(old)
            old.deleteLater()
        self._banner_keys = []
        taken = {key.written for key in self._keys}
        for action in banner.actions if banner is not None else ():
            if len(action.key) == 1 and action.key not in taken:
                listening = QAction(action.label, self)
                listening.setShortcut(QKeySequence(action.key))
                listening.triggered.connect(lambda _=False, action=action: self._press(action))
                self.addAction(listening)
                self._banner_keys.append(listening)

    # asking

    def send(self, command: Command) -> None:
        """Ask the session for something."""
        self._client.send(command)

    def _say(self, text: str) -> None:
        self._page.status.say(text, self._clock())

    def _leave_note(self) -> None:
        self._page.transport.close_note()
        leave_field()

    def _escape(self) -> None:
        """Leave the page of keys where it is open, else stop the set."""
        if self._help is not None and self._help.isVisible():
            self._help.close()
        else:
            self._steer.stop()

    def show_keys(self) -> None:
        """Show the keys beside the session, or hide them."""
        if self._help is not None:
            self._help.close()
            self._help.deleteLater()
        self._help = KeysDialog(self, self._look, [key for key in self._keys if key.does], help_words("live"))
        self._help.show()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Pause a set that is going on; the session goes on recording without the window."""
        self._pause()
        if self._inside:
            event.ignore()
            self.left.emit()
            return
        self._timer.stop()
        super().closeEvent(event)

    def _pause(self) -> None:
        if self._view is not None and self._view.phase in ("live", "countdown"):
            self.send(commands.Pause())

    def _go_back_to(self, step: str) -> None:
        if step == "check":
            self._to_check()
        else:
            self.close()

    def _to_check(self) -> None:
        self._pause()
        self.check.emit()

    def stop(self) -> None:
        """Pull no more: the page is out of sight for good."""
        self._timer.stop()
        self._unfollow()
        self._unfollow = lambda: None

    @property
    def page(self) -> QWidget:
        """The page as it stands, in the form that suits the window."""
        return self._page
