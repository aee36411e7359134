"""The patient's window: it pulls the newest state at display rate, finds its screen, and measures how late it is."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QScreen, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from biofeedback.appearance.tokens import ThemeName
from biofeedback.session.commands import Estimate, Painted, SessionClient
from biofeedback.session.view import PatientView
from biofeedback.stream import host_time_s
from biofeedback.ui.language import tr
from biofeedback.ui.patient.beat import FRAME_S, Beat
from biofeedback.ui.patient.display import PatientDisplay

_KEPT_FRAMES = 3600  # a minute
_REPORT_EVERY_S = 1.0
_NORMAL_SIZE = (1280, 720)

_NO_SESSION = PatientView(
    screen="waiting",
    view="column",
    limb="leg",
    mirror=False,
    side="none",
    goal="",
    praise="",
    low=0.0,
    high=0.0,
    band=(0.0, 0.0),
    done=0,
    of=0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaintStats:
    """Milliseconds over the last minute of frames; None before the first. ``frames`` counts since the window opened.

    ``latency`` is from a sample's arrival in the program to the end of the frame that shows it, ``frame`` from the
    beginning of one frame to that of the next while the picture moves, ``paint`` the processor time of a whole frame:
    to take what is new, to compose it, to paint it and to hand it to the screen.
    """

    frames: int = 0
    latency_p50_ms: float | None = None
    latency_p95_ms: float | None = None
    frame_p50_ms: float | None = None
    frame_p95_ms: float | None = None
    paint_p50_ms: float | None = None
    paint_p95_ms: float | None = None


class PatientWindow(QWidget):
    """A top-level window with the patient's display, on a second screen where there is one.

    Parameters
    ----------
    screen_name
        The screen to fill, as the system names it; without one, any screen but the therapist's.
    """

    closed = Signal()
    begins = Signal()
    """A frame begins: what else is painted on this thread stays out of its way for some milliseconds."""

    def __init__(
        self,
        client: SessionClient,
        *,
        screen_name: str = "",
        theme: ThemeName = "light",
        text_scale: float = 1.0,
        reduced_motion: bool = False,
        clock: Callable[[], float] = host_time_s,
    ) -> None:
        super().__init__()
        self._client = client
        self._clock = clock
        self._screen_name = screen_name
        self._since = 0
        self._tick: np.void | None = None
        self._painted_tick_s = 0.0
        self._frames = 0
        self._frame_s: float | None = None
        self._latencies_s: deque[float] = deque(maxlen=_KEPT_FRAMES)
        self._intervals_s: deque[float] = deque(maxlen=_KEPT_FRAMES)
        self._costs_s: deque[float] = deque(maxlen=_KEPT_FRAMES)
        self._reported_s = clock()
        self.setWindowTitle(tr("Patient display"))
        self.display = PatientDisplay(self, theme=theme, text_scale=text_scale, reduced_motion=reduced_motion)
        self.display.estimated.connect(self._estimated)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.display)
        self._follow_screens()
        self._timer = Beat(self, FRAME_S)
        self._timer.due.connect(self.pull)
        self._timer.start()

    def pull(self) -> None:
        """Show the newest state; what was missed in between is dropped."""
        self.begins.emit()
        now_s, began_s = self._clock(), time.thread_time()
        rows, self._since = self._client.ticks(self._since)
        if len(rows):
            self._tick = rows[-1:].copy()[0]
        if self.display.advance(self._page(), self._tick, now_s, at_once=True):
            self._note_frame(now_s, time.thread_time() - began_s)
        else:
            self._frame_s = None
        if now_s - self._reported_s >= _REPORT_EVERY_S:
            self._reported_s = now_s
            self._report()

    def _page(self) -> PatientView:
        session = self._client.view()
        page = _NO_SESSION if session is None else session.patient
        if session is not None and page.screen not in ("finished", "blank") and not self._client.alive():
            return replace(page, screen="finished" if session.phase == "finished" else "sensor")
        return page

    def _estimated(self, choice: int) -> None:
        for known in (1, 2, 3, 4, 5):
            if known == choice:
                self._client.send(Estimate(known))

    # how late
    def _note_frame(self, began_s: float, cost_s: float) -> None:
        self._frames += 1
        self._costs_s.append(cost_s)
        if self._frame_s is not None:
            self._intervals_s.append(began_s - self._frame_s)
        self._frame_s = began_s
        if self._tick is not None and float(self._tick["time_s"]) != self._painted_tick_s:
            self._painted_tick_s = float(self._tick["time_s"])
            self._latencies_s.append(self._clock() - float(self._tick["arrived_s"]))

    def paint_stats(self) -> PaintStats:
        """Return how late samples are seen, how even the frames are and what they cost."""
        latency, frame, paint = (_p50_p95(s) for s in (self._latencies_s, self._intervals_s, self._costs_s))
        return PaintStats(
            frames=self._frames,
            latency_p50_ms=latency[0],
            latency_p95_ms=latency[1],
            frame_p50_ms=frame[0],
            frame_p95_ms=frame[1],
            paint_p50_ms=paint[0],
            paint_p95_ms=paint[1],
        )

    def forget_paint_stats(self) -> None:
        """Forget the paint figures: a warm-up is over."""
        for figures in (self._latencies_s, self._intervals_s, self._costs_s):
            figures.clear()

    def _report(self) -> None:
        p50, p95 = _p50_p95(self._latencies_s)
        if p50 is not None and p95 is not None:
            self._client.send(Painted(p50, p95))

    # which screen
    def _follow_screens(self) -> None:
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.screenAdded.connect(self._screens_changed)
        application.screenRemoved.connect(self._screens_changed)
        self._full_screen_keys = [
            QShortcut(QKeySequence(Qt.Key.Key_F11), self, self.toggle_full_screen),
            QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.leave_full_screen),
        ]

    def place(self, screen_name: str | None = None) -> None:
        """Show the window: all of the named screen, or of the second one; without one as a normal window."""
        if screen_name is not None:
            self._screen_name = screen_name
        screen = self._wanted_screen()
        if screen is None:
            self.showNormal()
            self.resize(*_normal_size(QGuiApplication.primaryScreen()))
            return
        self.setGeometry(screen.geometry())
        self.showFullScreen()

    def _wanted_screen(self) -> QScreen | None:
        others = [screen for screen in QGuiApplication.screens() if screen is not QGuiApplication.primaryScreen()]
        named = [screen for screen in QGuiApplication.screens() if screen.name() == self._screen_name]
        chosen = named if self._screen_name else others
        return chosen[0] if chosen else None

    def _screens_changed(self, screen: QScreen) -> None:
        """Move to the wanted screen when it comes, and into a normal window when it goes."""
        if self.isVisible():
            QTimer.singleShot(0, self, self.place)

    def toggle_full_screen(self) -> None:
        """Fill the screen the window is on, or go back to a normal window."""
        if self.isFullScreen():
            self.leave_full_screen()
        else:
            self.showFullScreen()

    def leave_full_screen(self) -> None:
        """Go back to a normal window."""
        if self.isFullScreen():
            self.showNormal()
            self.resize(*_normal_size(self.screen()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop pulling and tell the therapist's window."""
        self._timer.stop()
        self.closed.emit()
        super().closeEvent(event)


def _normal_size(screen: QScreen) -> tuple[int, int]:
    room = screen.availableGeometry()
    scale = min(1.0, 0.9 * room.width() / _NORMAL_SIZE[0], 0.9 * room.height() / _NORMAL_SIZE[1])
    return round(_NORMAL_SIZE[0] * scale), round(_NORMAL_SIZE[1] * scale)


def _p50_p95(seconds: Sequence[float]) -> tuple[float | None, float | None]:
    if not seconds:
        return None, None
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    return float(p50), float(p95)
