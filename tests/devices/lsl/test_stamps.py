"""Times and losses of samples that only their stamps tell of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.devices.drivers.stamps import StampedTimeline

RATE_HZ = 1000.0


def placed(timeline: StampedTimeline, stamps_s, sizes=(7,)):
    ticks, times_s, at, turn = [], [], 0, 0
    while at < len(stamps_s):
        part = stamps_s[at : at + sizes[turn % len(sizes)]]
        found = timeline.place(part)
        ticks.append(found.ticks)
        times_s.append(found.times_s)
        at, turn = at + len(part), turn + 1
    return np.concatenate(ticks), np.concatenate(times_s)


def even(n_samples: int, without: set[int] = frozenset(), rate_hz: float = RATE_HZ):
    return 50.0 + np.array([n for n in range(n_samples) if n not in without]) / rate_hz


def in_bursts(n_samples: int, together: int, random: np.random.Generator, without: range = range(0)):
    """Stamps of a program that reads so many samples at once, 1 to 6 ms after the last of them was taken."""
    taken_s = 50.0 + np.array([n for n in range(n_samples) if n not in without]) / RATE_HZ
    ends = np.minimum(np.arange(len(taken_s)) // together * together + together - 1, len(taken_s) - 1)
    late_s = random.uniform(0.001, 0.006, len(taken_s))[ends]
    return taken_s, np.maximum.accumulate(taken_s[ends] + late_s)


def test_even_stamps_are_the_times_and_one_missing_sample_is_seen():
    stamps_s = even(2000, {700, 1200, 1201, 1202})
    ticks, times_s = placed(StampedTimeline(RATE_HZ), stamps_s)
    np.testing.assert_array_equal(ticks, [n for n in range(2000) if n not in {700, 1200, 1201, 1202}])
    np.testing.assert_allclose(times_s[70:], stamps_s[70:], rtol=0, atol=2e-5)
    np.testing.assert_allclose(times_s, stamps_s, rtol=0, atol=2e-3)


@pytest.mark.parametrize("true_hz", [970.0, 1004.0, 1030.0])
def test_a_rate_that_is_not_the_nominal_one_loses_nothing(true_hz):
    ticks, times_s = placed(StampedTimeline(RATE_HZ), even(5000, rate_hz=true_hz))
    np.testing.assert_array_equal(ticks, np.arange(5000))
    np.testing.assert_allclose(times_s[200:], even(5000, rate_hz=true_hz)[200:], rtol=0, atol=1e-3)


def test_a_gap_is_counted_by_the_rate_that_is_seen():
    without = set(range(2000, 2040))
    ticks, _ = placed(StampedTimeline(RATE_HZ), even(3000, without, rate_hz=1030.0))
    np.testing.assert_array_equal(ticks, [n for n in range(3000) if n not in without])


def test_bursts_are_no_losses_and_their_times_are_steady():
    taken_s, stamps_s = in_bursts(12_000, 16, np.random.default_rng(2))
    ticks, times_s = placed(StampedTimeline(RATE_HZ), stamps_s, (16,))
    np.testing.assert_array_equal(ticks, np.arange(12_000))
    error_s = (times_s - taken_s)[4000:]
    assert np.abs(error_s - 0.001).max() < 0.004
    assert np.diff(times_s)[4000:].max() < 0.0015  # the stamps themselves jump by 16 ms and more


def test_a_long_gap_between_bursts_is_seen():
    taken_s, stamps_s = in_bursts(12_000, 16, np.random.default_rng(3), range(8000, 8480))
    ticks, times_s = placed(StampedTimeline(RATE_HZ), stamps_s, (16,))
    assert ticks[-1] == pytest.approx(11_999, abs=10)
    np.testing.assert_allclose(times_s[8100:], taken_s[8100:], rtol=0, atol=0.03)


def test_a_break_is_as_long_as_the_stamps_say():
    timeline = StampedTimeline(RATE_HZ)
    stamps_s = even(3000)
    first, _ = placed(timeline, stamps_s)
    timeline.break_off()
    after, times_s = placed(timeline, stamps_s + 5.5)
    assert after[0] - first[-1] == pytest.approx(2500, abs=3)
    np.testing.assert_allclose(times_s, stamps_s + 5.5, rtol=0, atol=2e-3)


def test_irregular_samples_keep_their_stamps_and_none_is_lost():
    random = np.random.default_rng(4)
    stamps_s = np.cumsum(random.exponential(0.01, 500))
    ticks, times_s = placed(StampedTimeline(0.0), stamps_s)
    np.testing.assert_array_equal(ticks, np.arange(500))
    np.testing.assert_allclose(times_s, stamps_s, rtol=0, atol=1e-4)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=80),
    st.lists(st.integers(1, 9), min_size=1, max_size=5),
    st.sampled_from([0.0, 50.0, 2000.0]),
)
def test_any_stamps_give_times_and_numbers_that_only_grow(stamps_s, sizes, rate_hz):
    ticks, times_s = placed(StampedTimeline(rate_hz), np.array(stamps_s), sizes)
    assert (np.diff(ticks) > 0).all()
    assert (np.diff(times_s) > 0).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.sets(st.integers(80, 480), max_size=5))
def test_any_split_of_even_stamps_finds_the_same_losses(sizes, without):
    ticks, _ = placed(StampedTimeline(RATE_HZ), even(500, without), sizes)
    np.testing.assert_array_equal(ticks, [n for n in range(500) if n not in without])
