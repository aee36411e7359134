"""The pages on a real, encrypted store: everything that is decided on them is there after it is opened again."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from biofeedback.exercises.model import library
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import unclosed
from biofeedback.storage.records import keeping, people, sessions
from biofeedback.storage.records.store import FILE_NAME, Records
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.desk import Desk
from biofeedback.ui.console.exercise_choice import ExerciseChoice
from biofeedback.ui.console.home import Home
from biofeedback.ui.console.person_form import AddPerson, EditPerson
from biofeedback.ui.console.session_summary import SessionSummary
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.console.store_access import StoreAccess
from biofeedback.ui.console.summary_desk import SummaryDesk
from biofeedback.ui.console.welcome import Welcome

AT = datetime.now(UTC) - timedelta(days=2)


def document(person="P-014", exercise="knee-extension-seated", score=80.0):
    """Return a session as an engine tells it."""
    rows = [
        {"number": n, "set": 1, "start_s": 5.0 * n, "end_s": 5.0 * n + 4, "peak": 4.0, "range": 81.0, "reached": n > 2,
         "result": "in" if n > 2 else "below", "score": score, "error": 2.0, "reason": "In target", "parts": {},
         "measures": [], "feedback": True, "probe": n == 10, "undone": False}
        for n in range(1, 11)
    ]  # fmt: skip
    return {
        "exercise": {"id": exercise, "version": 1, "name": library()[exercise].name}, "repetitions": rows,
        "person": person, "dose": {"sets": 3, "repetitions": 8}, "duration_s": 120.0, "active_s": 90.0,
        "settings": {"volume": 3, "schedule": "half"},
        "targets": {"knee_angle": [0.0, 9.0]}, "placements": {"thigh": {"device": "A", "stream": "a", "column": 0}},
    }  # fmt: skip


class Program:
    """The shell with both desks on a store of its own."""

    def __init__(self, qtbot, folder):
        self.qtbot, self.folder = qtbot, folder
        self.shell = Shell(theme="light")
        qtbot.addWidget(self.shell)
        self.store = StoreAccess(folder, self.shell)
        self.desk = Desk(self.shell, self.store)
        self.summary = SummaryDesk(self.shell, self.store, chart=self._no_chart)
        self.shell.resize(1440, 900)

    def _no_chart(self, state):
        raise AssertionError("nobody asked for the chart")

    def home(self):
        self.desk.show_home()
        self.shell.show()
        self.qtbot.waitUntil(self.shell.isActiveWindow)
        self.settle()
        return self.shell.page

    def settle(self):
        self.qtbot.waitUntil(lambda: not self.store.tasks._open, timeout=30_000)
        QApplication.processEvents()

    def form(self, kind):
        self.settle()
        forms = [form for form in self.shell.findChildren(kind) if form.isVisible()]
        assert len(forms) == 1
        self.qtbot.waitUntil(forms[0].isActiveWindow)
        return forms[0]

    def records(self):
        return Records.open(self.folder, StoreKey.load_or_create(self.folder))


@pytest.fixture
def program(qtbot, tmp_path):
    made = Program(qtbot, tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def kept(tmp_path):
    """Put somebody into the store who was here two days ago."""
    with Records.open(tmp_path, StoreKey.load_or_create(tmp_path)) as records:
        people.add(records, "P-014", "Right knee")
        keeping.keep(records, document(), started=AT, recording="a.recording")
    return "a.recording"


def test_the_very_first_start_says_what_the_program_is_and_only_then(program, qtbot):
    program.home()
    assert isinstance(program.shell.page, Welcome)
    qtbot.keyClick(program.shell, Qt.Key.Key_Return)
    program.settle()
    assert isinstance(program.shell.page, Home)
    assert isinstance(program.home(), Home)


def test_a_person_is_added_with_the_keyboard_alone(program, qtbot, kept):
    page = program.home()
    qtbot.keyClick(page, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    form = program.form(AddPerson)
    assert form.code.text() == "P-015"
    qtbot.keyClick(form.code, Qt.Key.Key_Return)
    program.settle()
    assert [one.person.code for one in page.table.shown] == ["P-014", "P-015"]
    assert page.table.current.person.code == "P-015"
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    program.settle()
    assert isinstance(program.shell.page, ExerciseChoice)
    with program.records() as records:
        assert people.find(records, "P-015") is not None


def test_records_that_could_not_be_opened_can_be_tried_again(program, qtbot, tmp_path, kept):
    key = tmp_path / "store.key"
    key.rename(tmp_path / "elsewhere")
    page = program.home()
    assert page.table._empty == "The records could not be opened."
    assert page.chips.segment("all").text() == "All –"  # nobody knows how many there are
    (again,) = [button for button in page.banner.findChildren(Button) if button.isVisible()]
    assert again.text() == "Try again"
    qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    program.settle()
    assert page.table._empty == "The records could not be opened."
    (tmp_path / "elsewhere").rename(key)
    (again,) = [button for button in page.banner.findChildren(Button) if button.isVisible()]
    qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    program.settle()
    assert [one.person.code for one in page.table.shown] == ["P-014"]
    assert page.chips.segment("all").text() == "All 1"
    assert not page.banner.isVisible()


def test_a_code_that_is_taken_is_said_in_the_form_and_the_form_stays(program, qtbot, kept):
    page = program.home()
    page.add.emit()
    form = program.form(AddPerson)
    form.code.setText("P-014")
    qtbot.keyClick(form.code, Qt.Key.Key_Return)
    program.settle()
    assert form.isVisible()
    assert form.wrong.text() == "P-014: somebody has this code; choose another"


def test_a_person_is_edited(program, qtbot, kept):
    page = program.home()
    page.card.edit_button.click()
    form = program.form(EditPerson)
    form.note.setPlainText("Ask about stairs.")
    form.side.segment("right").click()
    form.scale.segment("1.5").click()
    form.visit.setText("next week")
    qtbot.keyClick(form, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert "Next visit: write it as" in form.wrong.text()
    form.visit.setText("2026-12-01 09:30")
    qtbot.keyClick(form, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    program.settle()
    assert program.desk._form is None
    with program.records() as records:
        person = people.find(records, "P-014")
    assert person is not None
    assert (person.note, person.side, person.display.text_scale) == ("Ask about stairs.", "right", 1.5)
    assert person.next_visit == datetime(2026, 12, 1, 9, 30).astimezone()


def test_deleting_asks_and_deletes(program, qtbot, kept):
    page = program.home()
    page.card.edit_button.click()
    form = program.form(EditPerson)
    form.delete_button.click()
    assert "cannot be undone" in form.wrong.text()
    with program.records() as records:
        assert people.find(records, "P-014") is not None
    form._sure.click()
    program.settle()
    assert page.table.shown == []
    with program.records() as records:
        assert people.listed(records) == ()


def test_enter_begins_the_last_session_as_it_was_left(program, qtbot, kept):
    program.home()
    with qtbot.waitSignal(program.desk.begin) as asked:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    beginning = asked.args[0]
    (again,) = beginning.exercises
    assert beginning.repeated
    assert beginning.person.code == "P-014"
    assert (again.exercise, again.sets, again.repetitions) == ("knee-extension-seated", 3, 8)
    assert again.settings == {"volume": 3, "schedule": "half"}
    assert again.targets == {"knee_angle": (0.0, 9.0)}
    assert again.placements["thigh"]["device"] == "A"


def test_exercises_are_chosen_kept_as_plan_and_begun_by_keyboard(program, qtbot, kept):
    page = program.home()
    qtbot.mouseClick(page.card.choose_button, Qt.MouseButton.LeftButton)
    choice = program.shell.page
    assert isinstance(choice, ExerciseChoice)
    qtbot.keyClicks(choice.search, "biceps con")
    qtbot.keyClick(choice.search, Qt.Key.Key_Return)
    qtbot.keyClicks(choice.search, "knee extension")
    qtbot.keyClick(choice.search, Qt.Key.Key_Return)
    assert [one.exercise for one in choice.chosen] == ["biceps-contraction", "knee-extension-seated"]
    qtbot.keyClick(choice.rows[1].sets.figure, Qt.Key.Key_Right)
    choice.rows[1].up.click()
    assert (choice.chosen[0].exercise, choice.chosen[0].sets) == ("knee-extension-seated", 4)
    choice.foot().others[0].act()
    program.settle()
    with qtbot.waitSignal(program.desk.begin) as asked:
        choice.setFocus()
        qtbot.keyClick(program.shell, Qt.Key.Key_Return)
    first, second = asked.args[0].exercises
    assert (first.exercise, first.sets, first.targets) == ("knee-extension-seated", 4, {"knee_angle": (0.0, 9.0)})
    assert (second.exercise, second.settings) == ("biceps-contraction", {})
    with program.records() as records:
        person = people.find(records, "P-014")
    assert person is not None
    assert [one.exercise for one in person.plan] == ["knee-extension-seated", "biceps-contraction"]


def test_a_quick_session_needs_no_person(program, qtbot, kept):
    program.home()
    qtbot.keyClicks(QApplication.focusWidget(), "q")
    choice = program.shell.page
    assert isinstance(choice, ExerciseChoice)
    primary = choice.foot().primary
    assert primary is not None
    assert not primary.enabled
    assert choice.foot().others == ()
    choice.add(library()["biceps-contraction"])
    with qtbot.waitSignal(program.desk.begin) as asked:
        primary = choice.foot().primary
        assert primary is not None
        primary.act()
    assert asked.args[0].person is None


def test_a_theme_changed_in_between_keeps_what_was_chosen(program, qtbot, kept):
    page = program.home()
    page.choose_exercises.emit(page.table.current)
    assert isinstance(program.shell.page, ExerciseChoice)
    program.shell.page.add(library()["biceps-contraction"])
    program.shell.set_look(theme="dark", text_scale=1.5)
    assert isinstance(program.shell.page, ExerciseChoice)
    assert [one.exercise for one in program.shell.page.chosen] == ["biceps-contraction"]


def test_pain_effort_and_a_signed_note_are_in_the_store(program, qtbot, kept):
    program.home()
    program.summary.show_summary(kept)
    program.settle()
    page = program.shell.page
    assert isinstance(page, SessionSummary)
    qtbot.keyClicks(page.pain.steps[0], "2")
    qtbot.keyClicks(page.effort.steps[0], "x")
    page.moment.segment("before").click()
    qtbot.keyClicks(page.pain.steps[0], "6")
    program.settle()
    assert page.note.subjective == "Pain 6 of 10 before, 2 of 10 after. Effort 10 of 10."
    assert (page.note.assessment, page.note.plan) == ("", "")
    assert page._pain_words.text() == "Pain 6 of 10 is over the limit of 5."
    assert page.foot().note == "A and P of the note are empty."
    page.fields["plan"].setPlainText("Go on.")
    assert page.foot().note == "A of the note is empty."
    with qtbot.waitSignal(program.summary.done):
        qtbot.keyClick(page.fields["plan"], Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    with program.records() as records:
        session = sessions.of_recording(records, kept)
    assert session is not None
    assert session.ratings == {("pain", "before"): 6, ("pain", "after"): 2, ("effort", "after"): 10}
    assert session.note is not None
    assert session.note.signed is not None
    assert session.note.plan == "Go on."


def test_what_is_written_in_the_note_stays_when_a_rating_comes(program, qtbot, kept):
    program.home()
    program.summary.show_summary(kept)
    program.settle()
    page = program.shell.page
    page.fields["subjective"].setPlainText("Says the stairs are easier.")
    qtbot.keyClicks(page.pain.steps[0], "1")
    program.settle()
    assert page.note.subjective == "Says the stairs are easier."


def test_the_report_for_the_person_is_made_and_saved(program, qtbot, kept, tmp_path, monkeypatch):
    program.home()
    program.summary.show_summary(kept)
    program.settle()
    page = program.shell.page
    assert page.report._picture._image is not None
    assert page.report._picture._image.width() == 1000
    monkeypatch.setattr(page, "ask_for_file", lambda name: tmp_path / name)
    qtbot.keyClick(page, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    program.settle()
    (file,) = tmp_path.glob("P-014-*-person.pdf")
    assert file.read_bytes().startswith(b"%PDF")
    assert page.foot().note == f"Saved: {file.name}"
    monkeypatch.setattr(page, "ask_for_file", lambda name: tmp_path / "nowhere" / name)
    page.report.save()
    program.settle()
    assert "cannot be written" in page.foot().note


def test_a_store_that_cannot_be_opened_says_so_on_home(program, qtbot, tmp_path):
    StoreKey.load_or_create(tmp_path)
    (tmp_path / FILE_NAME).write_bytes(b"not a database at all" * 500)
    page = program.home()
    assert "does not belong to this store's key" in page.banner.shown.title
    page.later.emit()
    assert page.banner.isHidden()


def test_a_session_that_was_not_kept_is_told(program, qtbot, kept):
    program.home()
    with qtbot.waitSignal(program.summary.missing) as told:
        program.summary.show_summary("other.recording")
    assert told.args == ["The session is not in the records; its recording is kept."]


KILLED = """
import os, sys
from pathlib import Path
import msgspec
from biofeedback.devices.simulated import SimulatedPerson, simulated_devices
from biofeedback.exercises import model
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.recording import RecordingWriter
from biofeedback.stream import Event

folder = Path(sys.argv[1])
exercise = model.find("biceps-contraction")
streams = [stream for device in simulated_devices(SimulatedPerson(exercise)) for stream in device.streams]
about = {"exercise": exercise.id, "exercise_file": msgspec.to_builtins(exercise), "person": "P-014"}
about |= {"today": {"type": "Prepare", "exercise": exercise.id, "person": "P-014"}}
writer = RecordingWriter(folder / "b.recording", streams, about, StoreKey.load_or_create(folder.parent))
writer.event(Event(1.0, "session", {}))
os.kill(os.getpid(), 9)
"""


def test_a_recording_of_a_killed_process_is_offered_closed_and_kept(program, qtbot, kept, tmp_path):
    (tmp_path / "recordings").mkdir()
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "recordings")], timeout=60, check=False)
    page = program.home()
    assert page.banner.shown.title.startswith("One recording was not closed: P-014, today")
    qtbot.mouseClick(page.banner.button("Close it and keep it"), Qt.MouseButton.LeftButton)
    program.settle()
    assert page.banner.shown.title == "What was recorded is kept. The session can go on: P-014."
    assert page.banner.shown.detail == "Biceps contraction to a band goes on with set 1 of 3."
    with qtbot.waitSignal(program.desk.resume) as told:
        qtbot.mouseClick(page.banner.button("Go on"), Qt.MouseButton.LeftButton)
    assert [(one.exercise, one.person, one.again.sets_done) for one in told.args[0].to_come] == [
        ("biceps-contraction", "P-014", 0)
    ]
    assert unclosed(tmp_path / "recordings") == []
    with program.records() as records:
        session = sessions.of_recording(records, "b.recording")
    assert session is not None
    assert session.label == "P-014"
    assert session.bouts[0].recovered


def test_later_leaves_it_open_until_the_next_start(program, qtbot, kept, tmp_path):
    (tmp_path / "recordings").mkdir()
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "recordings")], timeout=60, check=False)
    page = program.home()
    qtbot.mouseClick(page.banner.button("Later"), Qt.MouseButton.LeftButton)
    program.desk.show_home()
    program.settle()
    assert page.banner.isHidden()
    assert len(unclosed(tmp_path / "recordings")) == 1


def test_the_key_that_goes_on_says_nothing_of_pain(program, qtbot, kept):
    program.home()
    program.summary.show_summary(kept)
    program.settle()
    page = program.shell.page
    assert page.pain.steps[0].hasFocus()
    with qtbot.assertNotEmitted(page.rated), qtbot.assertNotEmitted(page.signed):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert page.pain.value is None


def test_a_person_whose_code_was_changed_keeps_their_sessions(program, qtbot, kept):
    with program.records() as records:
        person = people.find(records, "P-014")
        people.change(records, replace(person, code="P-999"))
    program.home()
    program.summary.show_summary(kept)
    program.settle()
    assert program.summary._state.person.code == "P-999"


def test_records_that_cannot_be_opened_take_nobody_out_of_a_session(program, tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"another key's database" * 400)
    program.desk.show_home()
    program.shell.go("session-summary")
    program.settle()
    assert program.shell.here == "session-summary"
    program.shell.go("home")
    program.desk.show_home()
    program.settle()
    assert "the store's key is missing" in program.shell.page.banner.shown.title
