"""The strip over the lanes: set, repetition, movement, the last repetition with its reason, active minutes."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from biofeedback.session.view import RepetitionView, SessionView
from biofeedback.ui.console.glyphs import Glyph, draw_glyph
from biofeedback.ui.console.gutter import GUTTER
from biofeedback.ui.console.labels import ElidedText, Text, card, column, row, rule
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.words import RESULT_GLYPHS, clock, figure, result_word, sentence
from biofeedback.ui.language import tr

_MOST_PIPS = 12


def phase_words(view: SessionView, left_s: float = 0.0) -> tuple[str, str]:
    """Return sign and word of what is going on."""
    movements = {
        "rest": ("todo", tr("At rest")),
        "out": ("now", tr("Moving out")),
        "hold": ("hold", tr("Hold")),
        "back": ("now", tr("Moving back")),
        "paused": ("rest", tr("Paused")),
    }
    phases = {
        "ready": ("todo", tr("Ready")),
        "countdown": ("now", tr("Starts in {left}").format(left=max(1, round(left_s + 0.49)))),
        "paused": movements["paused"],
        "rest": ("rest", tr("Rest {left}").format(left=clock(left_s))),
        "finished": ("good", tr("Sets done")),
    }
    return phases[view.phase] if view.phase in phases else movements[view.movement]


def _phase_words() -> tuple[str, ...]:
    """Return the words of `phase_words` that may be long: what stands beside them must not move."""
    return tr("At rest"), tr("Moving out"), tr("Moving back"), tr("Sets done"), tr("Rest {left}").format(left="10:00")


def last_counted(repetitions: tuple[RepetitionView, ...]) -> RepetitionView | None:
    """Return the newest repetition that is counted and stands."""
    done = [r for r in repetitions if r.end_s is not None and not r.undone and r.result != "now"]
    return max(done, key=lambda r: r.start_s, default=None)


class Pips(QWidget):
    """One sign for each repetition of the set: done by result, now, to come, on their own."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._marks: list[tuple[int, str]] = []
        self._now = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_page(self, view: SessionView) -> None:
        """Take a newer page."""
        done = {r.number: RESULT_GLYPHS[r.result] for r in view.repetitions if not r.undone and r.end_s is not None}
        going = view.phase in ("live", "paused", "countdown")
        now = view.repetition if going and view.repetition not in done else 0
        first_probe = view.repetition_count - view.probes
        marks = []
        for number in range(1, view.repetition_count + 1):
            to_come = "probe" if number > first_probe else "todo"
            marks.append((number, "now" if number == now else done.get(number, to_come)))
        if len(marks) > _MOST_PIPS:
            start = min(max(0, view.repetition - _MOST_PIPS // 2 - 1), len(marks) - _MOST_PIPS)
            marks = marks[start : start + _MOST_PIPS]
        if (marks, now) != (self._marks, self._now):
            self._marks, self._now = marks, now
            words = tr("{done} of {count} repetitions done, the last {probes} on their own")
            self.setAccessibleName(words.format(done=len(done), count=view.repetition_count, probes=view.probes))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """Return 24 pixels for each."""
        return QSize(self._look.px(24) * len(self._marks), self._look.px(34))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw signs and numbers."""
        look = self._look
        with QPainter(self) as painter:
            step, sign = look.px(24), look.px(16)
            for place, (number, glyph) in enumerate(self._marks):
                left = place * step
                draw_glyph(painter, glyph, QRectF(left + (step - sign) / 2, 0, sign, sign), look)
                painter.setFont(look.font("caption", bold=number == self._now))
                painter.setPen(look.colour("ink" if number == self._now else "ink_soft"))
                painter.drawText(
                    QRectF(left, look.px(18), step, look.px(16)), int(Qt.AlignmentFlag.AlignCenter), str(number)
                )


class LastRepetition(QWidget):
    """Sign, score and reason of the repetition counted last."""

    def __init__(self, look: Look, small: bool = False) -> None:
        super().__init__()
        self._glyph = Glyph(look, 20, "todo")
        self._score = Text(look, "title" if small else "figure", "")
        self._title = ElidedText(look, "body" if small else "caption", role="ink_soft", shrinks=not small)
        self._reason = ElidedText(look, "strong")
        self._small = small
        self._glyph.hide()
        if small:
            layout = row(self._glyph, self._score, self._reason, self._title, spacing=look.px(8))
            layout.setStretch(2, 1)
        else:
            words = column(-1, self._title, self._reason, -1, spacing=look.px(2))
            layout = row(self._glyph, self._score, words, spacing=look.px(12))
            layout.setStretch(2, 1)
        self.setLayout(layout)

    def show_page(self, view: SessionView) -> None:
        """Take a newer page."""
        last = last_counted(view.repetitions)
        self._glyph.setVisible(last is not None)
        self._score.setVisible(last is not None)
        if last is None:
            self._title.say("" if self._small else tr("Last repetition"))
            self._reason.say(tr("No repetition yet"))
            self.setAccessibleName(tr("No repetition yet"))
            return
        self._glyph.show_state(RESULT_GLYPHS[last.result])
        self._score.say("–" if last.score is None else figure(last.score))
        self._title.say(tr("repetition {number}").format(number=last.number) if self._small else tr("Last repetition"))
        self._reason.say(sentence(last.reason))
        score = tr("no score") if last.score is None else figure(last.score)
        self.setAccessibleName(f"{tr('Last repetition')}: {score}, {result_word(last)}, {self._reason.text}")


class SetStrip(QFrame):
    """The strip in full width, 72 pixels high."""

    def __init__(self, look: Look, narrow: bool = False) -> None:
        super().__init__()
        self._look, self._narrow = look, narrow
        self.setObjectName("card")
        self.setFixedHeight(look.px(72))
        self._set = Text(look, "title", "")
        self._exercise = ElidedText(look, "caption", role="ink_soft")
        self._now = Text(look, "figure", "")
        self._of = Text(look, "title", "", soft=True, bold=False)
        self._pips = Pips(look)
        self._glyph = Glyph(look, 28, "todo")
        self._phase = Text(look, "title", tr("Opening"))
        self._last = LastRepetition(look)
        self._active = Text(look, "figure", "")
        self._active_words = Text(look, "caption", "", soft=True)
        self._build()

    def _build(self) -> None:
        look = self._look
        pad, lines = look.px(12 if self._narrow else 16), [rule(upright=True) for _ in range(4)]
        first = QWidget()
        first.setFixedWidth(look.px(GUTTER + (12 if self._narrow else 40)))
        first.setLayout(column(-1, self._set, self._exercise, -1, margins=(pad, 0, pad, 0)))
        count = row(self._now, self._of, spacing=look.px(6))
        count.setAlignment(self._of, Qt.AlignmentFlag.AlignBottom)
        self._of.setContentsMargins(0, 0, 0, look.px(5))
        repetition = row(count, self._pips, spacing=pad, margins=(pad, look.px(12), pad, look.px(12)))
        phase = QWidget()
        widest = max(self._phase.fontMetrics().horizontalAdvance(word) for word in _phase_words())
        room = pad + look.px(28 + 12) + widest + look.px(8)
        phase.setFixedWidth(max(room, look.px(172 if self._narrow else 184)))
        phase.setLayout(row(self._glyph, self._phase, -1, spacing=look.px(12), margins=(pad, 0, 0, 0)))
        last = row(self._last, margins=(pad, 0, pad, 0))
        for text in (self._active, self._active_words):
            text.setAlignment(Qt.AlignmentFlag.AlignRight)
        active = column(-1, self._active, self._active_words, -1, margins=(pad, 0, pad, 0))
        layout = row(
            first, lines[0], repetition, lines[1], phase, lines[2], last, lines[3], active, margins=(1, 1, 1, 1)
        )
        layout.setStretch(6, 1)
        self.setLayout(layout)

    def show_page(self, view: SessionView, now_s: float) -> None:
        """Take a newer page."""
        self._set.say(tr("Set {number} of {count}").format(number=view.set_number, count=view.set_count))
        self._exercise.say(view.exercise_name)
        self._now.say(str(view.repetition))
        self._of.say(tr("of {count}").format(count=view.repetition_count))
        self._pips.show_page(view)
        self._last.show_page(view)
        self.show_time(view, now_s)

    def show_time(self, view: SessionView, now_s: float) -> None:
        """Move the times on."""
        running = view.active_since_s is not None
        active = view.active_s + (max(0.0, now_s - view.active_since_s) if view.active_since_s is not None else 0.0)
        self._active.say(clock(active))
        of = tr("active minutes of {goal}").format(goal=figure(view.active_goal_s / 60))
        self._active_words.say(of if running or view.phase == "ready" else tr("active minutes, stopped"))
        ends = view.patient.countdown_end_s if view.phase == "countdown" else view.patient.rest_end_s
        glyph, word = phase_words(view, max(0.0, ends - now_s))
        self._glyph.show_state(glyph)
        self._phase.say(word)


def last_card(look: Look) -> tuple[QFrame, LastRepetition]:
    """Return a card with the last repetition alone, for where there is little room."""
    frame = card()
    last = LastRepetition(look, small=True)
    frame.setFixedHeight(look.px(40))
    frame.setLayout(row(last, margins=(look.px(8), 0, look.px(8), 0)))
    return frame, last
