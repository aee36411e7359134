"""The law of touch: when a pulse is due, how long it is, and how much rest the skin gets."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.outputs.vibration import Pulse, TouchLaw

TICK_S = 0.01


def felt(
    error_at: Callable[[float], float], seconds: float, really_s: float | None = None
) -> list[tuple[float, Pulse]]:
    """Let the law answer 100 times a second; a motor may know one length only."""
    law, pulses = TouchLaw(), []
    for tick in range(round(seconds / TICK_S)):
        time_s = tick * TICK_S
        if (pulse := law.decide(time_s, error_at(time_s))) is not None:
            pulses.append((time_s, pulse))
            if really_s is not None:
                law.felt(time_s, really_s)
    return pulses


def test_silent_in_the_band_and_where_nothing_is_known():
    assert felt(lambda _: 0.99, 5.0) == []
    assert felt(lambda _: math.nan, 5.0) == []


def test_on_after_120_ms_outside():
    first_s, pulse = felt(lambda t: 1.5 if t >= 0.5 else 0.0, 1.0)[0]
    assert first_s == pytest.approx(0.62, abs=0.011)
    assert pulse == Pulse("above", 0.1)
    assert felt(lambda t: 1.5 if 0.5 <= t < 0.6 else 0.0, 2.0) == []


@pytest.mark.parametrize(("back_at", "more"), [(0.95, True), (0.89, False)])
def test_off_only_well_inside(back_at, more):
    pulses = felt(lambda t: 1.5 if t < 0.2 else back_at, 2.0)
    assert any(time_s > 0.2 for time_s, _ in pulses) == more


def test_the_side_is_the_one_the_person_has_gone_to():
    pulses = felt(lambda t: -1.5 if t < 1.0 else 2.5, 2.0)
    assert {p.side for t, p in pulses if t < 1.0} == {"below"}
    assert {p.side for t, p in pulses if t > 1.0} == {"above"}
    assert min(t for t, _ in pulses if t > 1.0) >= 1.12 - 1e-9


@pytest.mark.parametrize(("error", "on_s", "every_s"), [(1.5, 0.1, 0.5), (-1.5, 0.1, 0.5), (2.5, 0.2, 0.4)])
def test_two_levels(error, on_s, every_s):
    pulses = felt(lambda _: error, 2.5)
    times_s = [t for t, _ in pulses]
    assert {p.seconds for _, p in pulses} == {on_s}
    gaps_s = [b - a for a, b in itertools.pairwise(times_s)]
    assert gaps_s == pytest.approx([every_s] * len(gaps_s), abs=0.011)


def test_three_seconds_in_a_row_then_a_pause_of_two():
    ends, starts = [], []
    for time_s, pulse in felt(lambda _: 3.0, 20.0):
        starts.append(time_s)
        ends.append(time_s + pulse.seconds)
    pauses_s = [b - a for a, b in zip(ends, starts[1:], strict=False)]
    assert max(pauses_s) == pytest.approx(2.0, abs=0.011)
    row_since_s = starts[0]
    for begin_s, end_s, before_s in zip(starts[1:], ends[1:], ends, strict=False):
        row_since_s = begin_s if begin_s - before_s >= 1.99 else row_since_s
        assert end_s - row_since_s <= 3.0 + 1e-9


@settings(max_examples=60, deadline=None)
@given(
    errors=st.lists(st.one_of(st.floats(-4, 4), st.just(math.nan)), min_size=5, max_size=40),
    really_s=st.sampled_from([None, 0.2, 0.3]),
)
def test_never_on_for_more_than_half_the_time(errors, really_s):
    pulses = felt(lambda t: errors[int(t / 0.3) % len(errors)], 12.0, really_s)
    spans = [(t, t + (really_s or p.seconds)) for t, p in pulses]
    for (start_s, end_s), (next_s, _) in itertools.pairwise(spans):
        assert end_s - start_s <= 0.5 * (next_s - start_s) + 1e-9


@pytest.mark.parametrize(("really_s", "every_s"), [(0.1, 0.3), (0.2, 0.4), (0.3, 0.6), (0.5, 1.0)])
def test_a_motor_with_longer_pulses_rests_as_long(really_s, every_s):
    times_s = [t for t, _ in felt(lambda _: 3.0, 2.5, really_s)]
    gaps_s = [b - a for a, b in itertools.pairwise(times_s)]
    assert gaps_s == pytest.approx([every_s] * len(gaps_s), abs=0.011)
