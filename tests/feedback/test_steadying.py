"""A muscle's level as it is drawn: calmer than it is, hardly later where it changes, never beyond what there was."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biofeedback.dsp.envelope import MovingRms
from biofeedback.dsp.filters import low_pass
from biofeedback.exercises import model
from biofeedback.feedback.steadying import SteadiedLevel, drawing

TICK_S = 0.01
LEVELS = st.lists(st.one_of(st.floats(-0.5, 1.5), st.just(math.nan)), min_size=1, max_size=120)


def drawn(levels):
    steadied = SteadiedLevel()
    return np.array([steadied.take(level) for level in levels])


def held_muscle(drive, seed):
    """The 100 ms RMS, one value a tick, of a muscle whose drive is given at 1 kHz."""
    noise = np.random.default_rng(seed).normal(size=(len(drive), 1))
    noise = low_pass(120.0, 1000.0).process(noise)
    rms = MovingRms(1000.0).process(noise / noise.std() * drive[:, None])
    return rms[::10, 0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_steady_hold_is_drawn_less_than_half_as_restless(seed):
    levels = held_muscle(np.full(20_000, 0.6), seed)
    swings, shown = levels[100:], drawn(levels)[100:]
    assert 0.08 < swings.std() / swings.mean() < 0.2  # what the field says of a 100 ms RMS
    assert shown.std() < 0.6 * swings.std()
    assert np.abs(np.diff(shown)).sum() < 0.3 * np.abs(np.diff(swings)).sum()
    assert shown.mean() == pytest.approx(0.6, rel=0.05)


@pytest.mark.parametrize(("rise_s", "latest_s"), [(0.0, 0.06), (0.5, 0.06), (1.0, 0.2), (2.0, 0.2), (4.0, 0.2)])
def test_it_is_drawn_no_later_than_stated(rise_s, latest_s):
    times_s = np.arange(0, 8, TICK_S)
    levels = np.clip((times_s - 1) / max(rise_s, TICK_S), 0, 1) * 0.6
    late = np.argmax(drawn(levels) >= 0.3) - np.argmax(levels >= 0.3)
    assert 0 <= late * TICK_S <= latest_s + 1e-9
    back = levels[::-1]
    late = np.argmax(drawn(back)[100:] < 0.3) - np.argmax(back[100:] < 0.3)
    assert 0 <= late * TICK_S <= 0.2 + 1e-9


@given(LEVELS)
def test_it_stays_within_what_the_last_moments_had(levels):
    shown = drawn(levels)
    for i, level in enumerate(levels):
        assert math.isnan(shown[i]) == math.isnan(level)
        recent = levels[max(0, i - 39) : i + 1]
        gaps = [j for j, value in enumerate(recent) if math.isnan(value)]
        recent = recent[gaps[-1] + 1 :] if gaps else recent
        if recent:
            assert min(recent) - 1e-9 <= shown[i] <= max(recent) + 1e-9


def test_only_a_muscle_is_steadied():
    exercise = model.find("knee-extension-seated")
    kinds = {signal.kind: drawing(signal) for signal in exercise.signals}
    jump = [0.1, 0.9]
    assert [kinds["hinge_angle"](level) for level in jump] == jump
    assert [kinds["envelope"](level) for level in jump] != jump
