"""A signal's last minutes, whatever way they came in."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.session.history import _KEPT, Track


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 4000)), min_size=1, max_size=40),
    st.integers(-1000, 1_000_000),
)
def test_values_come_back_at_their_ticks(parts, first):
    track, tick, truth = Track(), first, {}
    for gap, length in parts:
        tick += gap
        track.add(tick, np.arange(tick, tick + length, dtype=float))
        truth.update({t: float(t) for t in range(tick, tick + length)})
        tick += length
    if not truth:
        return
    begin = max(min(truth), tick - _KEPT)
    got = track.between(begin, tick + 5)
    expected = np.array([truth.get(t, np.nan) for t in range(begin, tick + 6)])
    np.testing.assert_array_equal(got, expected)


def test_memory_stays_bounded():
    track = Track()
    size = track._values.nbytes
    for minute in range(120):
        track.add(minute * 6000, np.full(6000, float(minute)))
    assert track._values.nbytes == size
    assert track.between(719_999, 719_999)[0] == 119.0


def test_a_long_hole_is_only_a_hole():
    track = Track()
    track.add(0, np.ones(10))
    track.add(10_000_000, np.ones(10))
    assert np.isnan(track.between(9_999_000, 9_999_999)).all()
    assert track.between(10_000_000, 10_000_009).tolist() == [1.0] * 10
