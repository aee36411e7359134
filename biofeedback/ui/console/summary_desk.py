"""The end of a session at the desk: its summary from the store, what is said and written there back, and the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPainter

from biofeedback.storage.records.values import Moment, Note, RatingKind
from biofeedback.ui.console.look import Look
from biofeedback.ui.console.session_facts import SummaryState, person_page
from biofeedback.ui.console.session_summary import SessionSummary
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.console.store_access import StoreAccess
from biofeedback.ui.language import tr

if TYPE_CHECKING:
    from biofeedback.ui.console.store_work import Opened

_PAGE_PX = 1000
Draw = Callable[[QPainter], None]
Chart = Callable[[SummaryState], Draw]


class SummaryDesk(QObject):
    """Adds the page ``session-summary`` to the shell.

    ``done`` tells that the therapist has finished, ``back`` that another exercise is wanted, ``missing`` that the
    session is not in the store. ``chart`` makes what draws the chart's page; it is called off the GUI thread.
    """

    done = Signal()
    back = Signal()
    missing = Signal(str)

    def __init__(self, shell: Shell, store: StoreAccess, chart: Chart) -> None:
        super().__init__(shell)
        self._shell, self._store, self._chart = shell, store, chart
        self._state: SummaryState | None = None
        shell.add("session-summary", self._make)

    def show_summary(self, recording: str, failure: str = "") -> None:
        """Go to the summary of the session a recording belongs to, by the name of its file; ``failure`` is said."""

        def work(store: Opened) -> SummaryState | None:
            from biofeedback.ui.console.store_work import summary_of

            return summary_of(store, recording)

        def found(state: SummaryState | None) -> None:
            if state is None:
                self.missing.emit(failure or tr("The session is not in the records; its recording is kept."))
                return
            self._state = state
            self._shell.add("session-summary", self._make)
            self._shell.go("session-summary")
            self._say(failure)

        self._store.do(work, found, self.missing.emit)

    @property
    def _page(self) -> SessionSummary | None:
        page = self._shell.page
        return page if isinstance(page, SessionSummary) else None

    def _make(self, look: Look) -> SessionSummary:
        page = SessionSummary(look)
        if self._state is not None:
            page.show_state(self._state)
        page.rated.connect(self._rate)
        page.signed.connect(lambda note: self._write(note, sign=True))
        page.finished.connect(lambda note: self._write(note, sign=False))
        page.report_wanted.connect(self._make_report)
        page.pdf_wanted.connect(self._save_pdf)
        page.back.connect(self.back)
        return page

    def _say(self, text: str) -> None:
        if self._page is not None:
            self._page.show_message(text)

    # what is said and written ---------------------------------------------------------------------------------------

    def _rate(self, kind: RatingKind, moment: Moment, value: int) -> None:
        if self._state is None:
            return
        session_id = self._state.session.id

        def work(store: Opened) -> None:
            from biofeedback.storage.records import sessions

            sessions.rate(store.records, session_id, kind, moment, value)

        def stored(_: None) -> None:
            if self._state is not None and self._state.session.id == session_id:
                ratings = {**self._state.session.ratings, (kind, moment): value}
                self._state = replace(self._state, session=replace(self._state.session, ratings=ratings))
            self._show()

        def failed(why: str) -> None:
            self._show()
            self._say(why)

        self._store.do(work, stored, failed)

    def _show(self) -> None:
        if self._state is not None and self._page is not None:
            self._page.show_state(self._state)

    def _write(self, note: Note, sign: bool) -> None:
        state = self._state
        if state is None or (state.session.note is not None and state.session.note.signed is not None):
            self.done.emit()
            return

        def work(store: Opened) -> Note:
            from biofeedback.storage.records import sessions

            return sessions.write_note(store.records, state.session.id, note, sign=sign)

        def written(stored: Note) -> None:
            self._state = replace(state, session=replace(state.session, note=stored))
            self.done.emit()

        self._store.do(work, written, self._say)

    # the report -----------------------------------------------------------------------------------------------------

    def _drawing(self, kind: str) -> Callable[[], Draw]:
        """Return what makes the page's drawing, to be called off the GUI thread."""
        state, page = self._state, self._page
        assert state is not None
        if kind == "chart":
            return lambda: self._chart(state)
        next_time = "" if page is None else page.report.next_time.text().strip()

        def make() -> Draw:
            from biofeedback.reports.person_page import drawing

            return drawing(person_page(state, next_time))

        return make

    def _make_report(self, kind: str) -> None:
        page = self._page
        if page is None or self._state is None:
            return
        make = self._drawing(kind)

        def picture() -> QImage:
            from biofeedback.reports import sheet

            return sheet.picture(make(), _PAGE_PX)

        def show(image: QImage) -> None:
            if self._page is page:
                page.report.show_page(kind, image)

        def failed(why: str) -> None:
            if self._page is page:
                page.report.show_failure(kind, why)

        self._store.tasks.run(picture, show, failed)

    def _save_pdf(self, kind: str) -> None:
        state, page = self._state, self._page
        if state is None or page is None:
            return
        code = (state.session.label if state.person is None else state.person.code) or "session"
        safe = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in code)
        day = f"{state.session.started.astimezone():%Y-%m-%d}"
        path = page.ask_for_file(f"{safe}-{day}-{kind}.pdf")
        if path is None:
            return
        make = self._drawing(kind)

        def write() -> Path:
            from biofeedback.reports import sheet

            sheet.write(make(), path, title=f"{code}, {day}", creator="Biofeedback")
            return path

        self._store.tasks.run(write, lambda saved: self._say(tr("Saved: {name}").format(name=saved.name)), self._say)
