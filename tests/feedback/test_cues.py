"""The state follows the signal, but no faster than an eye can follow; the goal is reached once."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biofeedback.feedback.cues import CueRule


def run(levels, movement="out", hold_s=0.0, rate_hz=100.0):
    rule = CueRule(0.5, 0.7, hold_s)
    return [rule.decide(i / rate_hz, level, movement) for i, level in enumerate(levels)]


def test_below_in_above():
    cues = run([0.1] * 60 + [0.6] * 60 + [0.9] * 60)
    assert [cues[50].state, cues[110].state, cues[170].state] == ["below", "in", "above"]
    assert cues[50].error < -1 < cues[110].error < 1 < cues[170].error


def test_hold_counts_down_and_is_reached_once():
    cues = run([0.1] * 50 + [0.6] * 200, hold_s=1.0)
    assert cues[100].state == "hold"
    assert 0.4 < cues[100].hold_left_s < 0.6
    assert sum(cue.reached for cue in cues) == 1
    reached = next(i for i, cue in enumerate(cues) if cue.reached)
    assert 149 <= reached <= 152
    assert cues[-1].state == "in"


def test_leaving_the_band_starts_the_hold_again():
    cues = run([0.6] * 80 + [0.2] * 40 + [0.6] * 80, hold_s=1.0)
    assert not any(cue.reached for cue in cues)


def test_a_muscle_that_holds_swings_and_still_holds():
    levels = np.full(200, 0.6)
    levels[30:50] = levels[100:115] = 0.75
    cues = run(levels, hold_s=1.0)
    assert {cue.state for cue in cues[:120]} == {"hold"}
    assert [i for i, cue in enumerate(cues) if cue.reached] == [137]  # what was outside does not count


@pytest.mark.parametrize(("n_lost", "reached_at"), [(20, [121]), (40, [])])
def test_a_short_loss_does_not_end_a_hold(n_lost, reached_at):
    levels = np.full(130, 0.6)
    levels[50 : 50 + n_lost] = math.nan
    assert [i for i, cue in enumerate(run(levels, hold_s=1.0)) if cue.reached] == reached_at


def test_no_signal_gives_no_direction():
    cue = run([0.6] * 100 + [math.nan] * 100)[-1]
    assert cue.state == "idle"
    assert not cue.reached


def test_going_back_is_not_scolded():
    rule = CueRule(0.5, 0.7, 0.0)
    states = [rule.decide(i / 100, 0.3, "back").state for i in range(100)]
    assert set(states[40:]) == {"idle"}


@given(st.lists(st.floats(0, 1), min_size=50, max_size=400))
def test_the_state_changes_at_most_2_9_times_a_second(levels):
    states = [cue.state for cue in run(levels)]
    changes = np.flatnonzero([a != b for a, b in itertools.pairwise(states)])
    assert all(b - a >= 35 for a, b in itertools.pairwise(changes))


def test_an_edge_does_not_flicker():
    ripple = 0.5 + 0.005 * np.sin(np.arange(1000))
    states = [cue.state for cue in run(ripple)]
    assert sum(a != b for a, b in itertools.pairwise(states)) <= 2


@pytest.mark.parametrize(("once", "after"), [(True, "idle"), (False, "below")])
def test_on_the_way_back_from_a_goal_reached_more_would_be_wrong(once, after):
    """The counter of repetitions notices the way back only after a moment; a band to be kept is another matter."""
    rule = CueRule(0.5, 0.7, 0.3, once=once)
    levels = [0.1] * 60 + [0.6] * 60 + [0.3] * 60
    states = [rule.decide(i / 100.0, level, "out").state for i, level in enumerate(levels)]
    assert (states[50], states[110], states[170]) == ("below", "in", after)
    rule.begin_repetition()
    assert rule.decide(2.5, 0.3, "out").state == "below"
