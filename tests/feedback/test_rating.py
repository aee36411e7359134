"""The person's own movement: what was taken back is as if it had never been."""

import numpy as np

from biofeedback.exercises import model
from biofeedback.feedback import targets
from biofeedback.feedback.rating import RepetitionRater, Span


def test_a_repetition_that_was_taken_back_teaches_nothing():
    exercise = model.find("biceps-contraction")
    goal = exercise.goal_signal.id
    bands = {goal: targets.goal_band(exercise.target)}
    middle = (exercise.target.low + exercise.target.high) / 2
    hump = middle * np.sin(np.pi * np.linspace(0.0, 1.0, 251))
    knock = middle * np.sin(np.pi * np.linspace(0.0, 1.0, 251)) ** 9

    def rated(with_a_knock):
        rater, results = RepetitionRater(exercise), []
        for number, curve in ((1, hump), *(((2, knock),) if with_a_knock else ()), (2, hump), (3, hump)):
            span = Span(
                number=number, set_number=1, start_tick=0, peak_tick=125, end_tick=250, bands=bands,
                without=frozenset(), feedback=True, probe=False,
            )  # fmt: skip
            results.append(rater.rate(span, {goal: lambda a, b, curve=curve: curve[a : b + 1]}))
            if curve is knock:
                rater.retract(1, number)
                results.pop()
        return results

    assert repr(rated(True)) == repr(rated(False))
