"""How a page plugs into the shell.

A page is a `Page`: a widget made for one `Look`, which it gets in its constructor. It knows neither the shell nor the
other pages. It gets its data as frozen dataclasses, through the constructor or methods of its own, and tells what the
therapist chose by signals of its own. It opens no store, port or process; whoever composes the program connects its
signals.

::

    class SetSummary(Page):
        step = "summary"
        again = Signal()

        def __init__(self, look: Look, results: SetResults) -> None: ...

        def foot(self) -> Foot:
            return Foot(FootButton(tr("Next set"), self.next_set.emit, icon="right"), note=tr("Rest 0:42"))

    def make(look: Look) -> SetSummary:
        page = SetSummary(look, results)
        page.again.connect(session.repeat)
        return page

    shell.add("set-summary", make)
    shell.go("set-summary")

What the shell does with a page:

- It makes the page the first time it is gone to, and anew whenever the theme or the text scale changes: what must
  survive that belongs to the object the maker closes over, not to the page.
- It draws the bar on top (back, person, the seven steps, recording light, help) and the foot, unless ``framed`` is
  False: Home and the live page bring their own. A page fills what is between: margin 24, gap 16, on the window colour.
- The title is the page's own first line; ``title`` is what the window and screen readers are told.
- The foot has ONE primary button, bottom right. Enter presses it, except in a text field, a list or on a button that
  has the focus, and where the button has a key of its own. Emit ``changed`` when the foot, the title or the keys are
  different now; the shell asks again.
- `enter` is called each time the page comes into sight (start timers, take the focus), `leave` each time it goes
  (stop them). A page that is out of sight does no work.
- Keys of `keys` act only while the page is in sight, letters only while no text field has the focus. F1 shows them.
  Space is the live page's. Alt ← goes back where ``back`` of the foot is set.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from biofeedback.ui.console.keys import Key
from biofeedback.ui.console.look import Look

Step = Literal["exercises", "sensors", "check", "calibration", "live", "summary", "report"]
STEPS: tuple[Step, ...] = ("exercises", "sensors", "check", "calibration", "live", "summary", "report")


@dataclass(frozen=True, slots=True)
class FootButton:
    """A button of the foot: a verb, what it does, its icon (`glyphs.ICONS`), whether it can be pressed, and its key.

    The way back and the primary button have theirs from the foot, if they bring none of their own.
    """

    text: str
    act: Callable[[], None]
    icon: str = ""
    enabled: bool = True
    key: str = ""


@dataclass(frozen=True, slots=True)
class Foot:
    """The foot of a page, 64 high: ``back`` at the left; ``note``, ``others`` and ``primary`` at the right."""

    primary: FootButton | None = None
    others: tuple[FootButton, ...] = ()
    back: FootButton | None = None
    note: str = ""


class Page(QWidget):
    """A page of the shell; see the module. ``step`` is where it stands in a session; None: outside of one."""

    changed = Signal()
    step: Step | None = None
    framed = True
    title = ""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("page")
        self.look = look

    def foot(self) -> Foot:
        """Return the foot as it stands now."""
        return Foot()

    def keys(self) -> list[Key]:
        """Return what keys do on this page."""
        return []

    def enter(self) -> None:
        """Come into sight."""

    def leave(self) -> None:
        """Go out of sight."""


PageMaker = Callable[[Look], Page]
