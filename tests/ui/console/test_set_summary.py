"""What stands between two sets: figures that are right, and what each control asks of the session."""

import math
import random
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMenu

from biofeedback.session import commands as ask
from biofeedback.ui.console.controls import Button
from biofeedback.ui.console.labels import ElidedText
from biofeedback.ui.console.set_charts import PartLine
from biofeedback.ui.console.set_facts import SetLog, set_facts
from biofeedback.ui.console.set_summary import SetSummary
from biofeedback.ui.console.shell import Shell
from biofeedback.ui.console.words import result_word


@pytest.fixture
def rest(scripted):
    return scripted.ScriptedSession("rest").page


@pytest.fixture
def summary(qtbot, rest):
    def show(view=None, now_s=0.0, log=None):
        shell = Shell(theme="light")
        qtbot.addWidget(shell)
        shell.resize(1440, 900)
        log = log or SetLog()
        sent = []

        def make(look):
            page = SetSummary(look, log, lambda: now_s)
            page.command.connect(sent.append)
            page.show_view(view or rest)
            return page

        shell.add("set-summary", make)
        page = shell.go("set-summary")
        shell.show()
        qtbot.waitUntil(shell.isActiveWindow)
        return page, sent, shell

    return show


def texts(page):
    shown = [label.text() for label in page.findChildren(QLabel) if label.isVisible()]
    return shown + [line.text for line in page.findChildren(ElidedText) if line.isVisible()]


def copies(one, scores, **changed):
    return tuple(
        replace(one, number=n, start_s=10.0 * n, end_s=10.0 * n + 4, score=score, parts={"range": score}, **changed)
        for n, score in enumerate(scores, 1)
    )


def test_figures_count_practice_and_probes_apart_and_leave_struck_out_ones_out(rest):
    one = next(r for r in rest.repetitions if r.result == "in")
    rows = (
        *copies(one, (80.0, 60.0)),
        replace(one, number=3, score=None, result="no_score", start_s=30.0, end_s=34.0),
        replace(one, number=4, score=10.0, undone=True, start_s=40.0, end_s=44.0),
        replace(one, number=5, score=55.0, probe=True, start_s=50.0, end_s=54.0),
    )
    facts = set_facts(1, 3, rows)
    assert (facts.practised, facts.reached, facts.without_score) == (2, 2, 1)
    assert (facts.score, facts.own, facts.score_before) == (70.0, 55.0, None)
    assert facts.lasted_s == 44.0


def test_a_muscle_too_active_does_not_take_the_reached_target_away(rest):
    """The patient sees it as reached, and the note and the rule of difficulty count it so."""
    one = replace(next(r for r in rest.repetitions if r.result == "above"), reached=True)
    rows = copies(one, (84.0, 82.0))
    assert set_facts(1, 3, rows).reached == 2
    assert result_word(rows[0]) == "in target"
    assert set_facts(1, 3, copies(one, (84.0, 82.0), reached=False)).reached == 0


def test_what_may_be_chance_is_the_95_per_cent_of_two_means(rest):
    """Sets of the same person differ by more than the zone in about one of twenty."""
    one, rng = next(r for r in rest.repetitions if r.result == "in"), random.Random(5)

    def a_set():
        return copies(one, [rng.gauss(75, 6) for _ in range(10)])

    real = sum(set_facts(2, 3, a_set(), a_set()).parts[0].real for _ in range(400))
    assert 0.03 < real / 400 < 0.11
    moved = sum(
        set_facts(2, 3, copies(one, [rng.gauss(90, 6) for _ in range(10)]), a_set()).parts[0].real for _ in range(100)
    )
    assert moved > 95


def test_too_few_repetitions_tell_nothing(rest):
    one = next(r for r in rest.repetitions if r.result == "in")
    part = set_facts(2, 3, copies(one, (90.0, 91.0)), copies(one, (10.0, 11.0, 12.0))).parts[0]
    assert part.chance is None
    assert not part.real
    assert math.isclose(part.mean, 90.5)


def test_the_log_remembers_the_set_before_and_forgets_another_exercise(rest):
    log = SetLog()
    log.take(replace(rest, set_number=1))
    facts = log.facts(replace(rest, set_number=2))
    assert facts.score_before is not None
    other = log.facts(replace(rest, set_number=2, exercise_id="another"))
    assert other.score_before is None


def test_the_page_says_what_the_set_was(summary, rest):
    page, _, _ = summary()
    shown = texts(page)
    assert f"Set {rest.set_number} done" in shown
    assert "3 of 5" in shown
    assert "1 had no score" in shown
    assert "Hamstring sensor off for 0.6 s" in shown
    assert len(page.findChildren(PartLine)) == 5
    assert "4: no score, no score" in page.bars.accessibleDescription()


def test_the_rest_is_counted_down(summary, rest):
    end_s = rest.patient.rest_end_s
    page, _, _ = summary(now_s=end_s - 41.3)
    assert "0:42" in texts(page.next)


@pytest.mark.parametrize(
    ("keys", "modifier", "command"),
    [
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, ask.Start()),
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, ask.Start()),
        (Qt.Key.Key_Minus, Qt.KeyboardModifier.NoModifier, ask.Easier()),
        (Qt.Key.Key_Plus, Qt.KeyboardModifier.NoModifier, ask.Harder()),
        (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier, ask.ReopenSet()),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier, ask.ReopenSet()),
    ],
)
def test_each_key_asks_for_one_thing(summary, qtbot, keys, modifier, command):
    page, sent, _ = summary()
    qtbot.keyClick(page, keys, modifier)
    assert sent == [command]


def test_buttons_act_on_the_next_set(summary, qtbot):
    page, sent, _ = summary()
    for button in (page.next.longer, page.next.none, page.next.schedule.segment("third")):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert sent == [ask.LongerRest(30.0), ask.NextSet(), ask.SetSchedule("third")]


def test_a_note_becomes_a_mark_and_its_letters_do_nothing_else(summary, qtbot):
    page, sent, _ = summary()
    qtbot.keyClicks(page, "m")
    assert page.note.hasFocus()
    with qtbot.assertNotEmitted(page.end_exercise):
        qtbot.keyClicks(page.note, "knee feels easier -")
        qtbot.keyClick(page.note, Qt.Key.Key_Return)
    assert sent == [ask.Mark("knee feels easier -")]
    assert page.note.text() == ""


def test_after_the_last_set_the_way_on_is_to_end(summary, qtbot, rest):
    page, sent, _ = summary(replace(rest, set_number=rest.set_count, phase="finished"))
    assert page.foot().primary.text == "End exercise"
    with qtbot.waitSignal(page.end_exercise):
        qtbot.keyClick(page, Qt.Key.Key_Return)
    qtbot.keyClick(page, Qt.Key.Key_Space)
    assert sent == []


def test_after_the_last_set_it_says_what_comes_next(summary, rest):
    page, _, _ = summary(replace(rest, set_number=3))
    assert "Next: the session summary" in texts(page)
    page.show_view(replace(rest, set_number=3, version=99), "Sit to stand, 2 × 8")
    assert "Next: Sit to stand, 2 × 8" in texts(page)


def test_what_the_patient_sees_is_there_where_there_is_room(summary, qtbot):
    page, _, shell = summary()
    picture = page.next.seen
    assert picture.isVisible()
    shell.resize(1366, 700)
    qtbot.waitUntil(lambda: not picture.isVisible())


def test_a_newer_page_with_the_same_set_changes_nothing_under_the_hand(summary, rest):
    page, _, _ = summary()
    lines = page.findChildren(PartLine)
    page.show_view(replace(rest, version=99))
    assert page.findChildren(PartLine) == lines


def test_the_mean_of_an_exercise_is_that_of_its_repetitions(people_scripted):
    """Sets of unequal length: the mean of the sets' means would be another figure."""
    from biofeedback.ui.console.home_words import mean

    sets = (
        people_scripted.set_result(1, score=90.0, scored=1, probe_score=95.0, probes_scored=1),
        people_scripted.set_result(2, score=60.0, scored=9, probe_score=94.0, probes_scored=2),
    )
    bout = people_scripted.bout("Knee", sets, people_scripted.NOW)
    assert mean(bout, probe=False) == "63"
    assert mean(bout, probe=True) == "94"
    assert mean(people_scripted.bout("Knee", (), people_scripted.NOW), probe=True) == "–"
    unknown = people_scripted.set_result(1, probe_score=None, probes_scored=2)
    assert mean(people_scripted.bout("Knee", (unknown,), people_scripted.NOW), probe=True) == "–"


def test_the_therapist_enters_what_the_person_says_by_key_or_by_menu(qtbot, summary, rest):
    page, sent, _ = summary(replace(rest, patient=replace(rest.patient, estimate=None)))
    qtbot.keyClick(page, Qt.Key.Key_4)
    button = next(b for b in page.findChildren(Button) if b.accessibleName() == "Enter the person’s own opinion")
    assert button.isVisible()
    button.findChild(QMenu).actions()[1].trigger()
    assert sent == [ask.Estimate(4), ask.Estimate(2)]
    name = button.accessibleName()
    page.show_view(replace(rest, version=rest.version + 1, patient=replace(rest.patient, estimate=4)))
    qtbot.waitUntil(lambda: "A bit more" in texts(page))
    assert not [b for b in page.findChildren(Button) if b.accessibleName() == name and b.isVisible()]
