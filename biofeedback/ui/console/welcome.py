"""The first page of all: what the program is and what it is not, and how to begin."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from biofeedback.ui.console.glyphs import Glyph
from biofeedback.ui.console.labels import Text, card, column, row
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.page_protocol import Foot, FootButton, Page
from biofeedback.ui.language import tr

_WIDTH = 760


class Welcome(Page):
    """The page. ``begin`` goes on to Home, ``demo`` shows a session with the simulated person."""

    begin = Signal()
    demo = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self.title = tr("Welcome")
        is_ = (
            tr("Motion and muscle sensors on the body, and the person is answered at once: on a screen and in sound."),
            tr("Repetitions are counted and scored. Each score shows its parts, and says so when it has none."),
            tr("Everything is recorded while it happens and kept encrypted on this computer."),
            tr("Without sensors: a simulated person wears simulated ones."),
        )
        is_not = (
            tr("Not a cleared medical device. It diagnoses nothing and treats nothing."),
            tr("No replacement for a professional’s judgement: who uses it is responsible for how."),
            tr("No promise of an effect on health."),
            tr("No way back to the records without the key in the program’s folder. Back up the whole folder."),
        )
        inner = QWidget()
        inner.setMaximumWidth(look.px(_WIDTH))
        inner.setLayout(column(
            Text(look, "headline", "Biofeedback"),
            self._text("body", tr("A toolkit for research and education in neuromuscular re-education."), soft=True),
            look.px(8), self._card(tr("What it is"), "good", is_), self._card(tr("What it is not"), "lost", is_not), -1,
            spacing=look.px(16)))  # fmt: skip
        centred = QWidget()
        margin = look.px(24)
        outer = row(-1, inner, -1, margins=(margin, margin, margin, margin))
        outer.setStretch(1, 100)
        centred.setLayout(outer)
        area = QScrollArea()
        area.setWidget(centred)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setLayout(column(area))

    def _text(self, size: str, text: str, soft: bool = False) -> Text:
        made = Text(self.look, size, text, soft=soft)  # type: ignore[arg-type]
        made.setWordWrap(True)
        return made

    def _card(self, title: str, glyph: str, lines: tuple[str, ...]) -> QFrame:
        look, frame, pad = self.look, card(), self.look.px(16)
        rows = []
        for line in lines:
            sign = Glyph(look, 20, glyph)
            made = row(sign, self._text("body", line), spacing=look.px(12))
            made.setAlignment(sign, Qt.AlignmentFlag.AlignTop)
            made.setStretch(1, 1)
            rows.append(made)
        frame.setLayout(column(Text(look, "strong", title), *rows, spacing=look.px(12), margins=(pad, pad, pad, pad)))
        return frame

    def foot(self) -> Foot:
        """Return the two ways to begin."""
        return Foot(
            FootButton(tr("Begin"), self.begin.emit, "right"), (FootButton(tr("Try the demo"), self.demo.emit, "play"),)
        )
