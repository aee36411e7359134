"""What the person reads: an effect on the picture, never a part of the body, and nothing that punishes."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QPixmap

import biofeedback.ui.patient
from biofeedback.exercises.model import library
from biofeedback.exercises.views import GOALS, HELD, MOSTLY, PRAISE, PRAISES, VIEWS, praise_in, said_in
from biofeedback.ui.patient.frame import make_frame
from biofeedback.ui.patient.gait import GaitScene
from biofeedback.ui.patient.order import OrderScene
from biofeedback.ui.patient.pacing import Pacer
from biofeedback.ui.patient.stage import goal_element
from biofeedback.ui.showcase import patient as showcase

NEVER = {
    *("wrong", "failed", "fail", "bad", "weak", "error", "score", "poor", "harder", "mistake", "must", "not", "lost"),
    *("arm", "arms", "forearm", "hand", "hands", "leg", "knee", "shoulder", "muscle", "quadriceps", "biceps", "back"),
}
SAID = {"Back"}  # a direction in the balance's picture


def _words(text):
    return {word.strip(".,:?!").casefold() for word in text.split()}


def _written():
    """Return every text the patient's views hand to the translator."""
    for path in Path(biofeedback.ui.patient.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
                yield from (a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str))


def test_nothing_names_the_body_or_punishes():
    texts = {*_written(), *GOALS.values(), *PRAISES}
    texts |= {text for one in library().values() for text in (one.feedback.goal, one.feedback.praise)}
    assert len(texts) > 50
    assert {text: found for text in texts - SAID if (found := _words(text) & NEVER)} == {}
    assert not any("!" in text for text in texts)


@pytest.mark.parametrize("view", VIEWS)
def test_the_usual_words_follow_the_view_and_an_exercises_own_stay(view):
    assert said_in(view, "Bring the bar into the band", GOALS) == GOALS[view]
    assert said_in(view, "Touch the lamp", GOALS) == "Touch the lamp"


@pytest.mark.parametrize("exercise", library().values(), ids=lambda one: one.id)
def test_an_exercise_begins_with_the_words_of_its_own_view(exercise):
    own = exercise.feedback
    assert said_in(own.view, own.goal, GOALS) == own.goal
    held, timed = exercise.target.hold_s > 0, exercise.repetition.every_s is not None
    assert praise_in(own.view, own.praise, held=held, timed=timed) == own.praise


def test_no_more_is_praised_than_was_seen():
    own = "The bar stayed in the band"
    assert praise_in("column", own, held=False, timed=False) == PRAISE["column"] == "The bar reached the band"
    assert praise_in("column", own, held=True, timed=False) == HELD["column"] == own
    assert praise_in("column", own, held=False, timed=True) == MOSTLY["column"]
    assert praise_in("balance", own, held=False, timed=True) == MOSTLY["balance"]
    assert praise_in("limb", own, held=True, timed=False) == PRAISE["limb"]
    assert praise_in("limb", "The lamp is on", held=True, timed=False) == "The lamp is on"


@pytest.mark.parametrize(("text_scale", "said"), [(1.0, "Get ready. Bring the bar into the band"), (2.0, "Get ready.")])
def test_the_call_to_get_ready_stands_alone_where_the_goal_would_make_it_small(page, text_scale, said):
    at = page(screen="ready")
    frame = make_frame(1280, 720, goal=at.goal, text_scale=text_scale)
    block, _ink = goal_element(frame, Pacer().picture(at, None, 0.0))["goal"].key
    assert block.text == said
    assert frame.goal is not None
    assert block.size >= 0.8 * frame.goal.size


@pytest.mark.parametrize(
    ("name", "word", "praised"),
    [
        *(("order-in", "Good", True), ("order-early", "Circle first", False), ("order-unknown", None, False)),
        *(("gait-even", "Even", True), ("gait-left-longer", "Left longer", False), ("gait-first-step", None, False)),
    ],
)
def test_a_view_that_judges_by_itself_is_not_praised_against_its_judgement(qapp, name, word, praised):
    sample = next(one for one in showcase.samples() if one.name == name)
    done = replace(sample.page, screen="rep_done", results=(True,))  # the goal signal was where it should be
    frame = make_frame(1920, 1080, goal=done.goal)
    picture = Pacer().picture(done, sample.ticks(0.0), 0.0)
    scene = OrderScene if done.view == "order" else GaitScene
    parts = scene(frame, picture, lambda box, paint: QPixmap()).elements(picture)
    assert (parts["word"].key[1] if "word" in parts else None) == word
    assert parts["goal"].key[0].text == (done.praise if praised else done.goal)
