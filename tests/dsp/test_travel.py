from itertools import pairwise

import numpy as np
import pytest

from biofeedback.dsp.travel import Displacement, Travel

RATE = 100.0


def shaken(size_m, period_s, direction, seconds=30.0):
    """Return times, the true place along a direction, and the acceleration in earth coordinates."""
    t = np.arange(round(seconds * RATE)) / RATE
    omega = 2.0 * np.pi / period_s
    place = size_m / 2.0 * (1.0 - np.cos(omega * t))
    return t, place, (size_m / 2.0 * omega**2 * np.cos(omega * t))[:, None] * np.asarray(direction)


@pytest.mark.parametrize(("period_s", "share", "off"), [(0.8, 1.0, 0.01), (1.7, 0.99, 0.02), (5.0, 0.5, 0.02)])
def test_a_quick_movement_comes_out_whole_and_a_slow_one_smaller(period_s, share, off):
    _, place, acc = shaken(0.4, period_s, (0.0, 0.0, 1.0))
    found = Displacement(RATE).process(acc)[2000:, 2]
    assert np.ptp(found) == pytest.approx(share * np.ptp(place), rel=off)


def test_an_inclination_that_is_a_degree_wrong_does_not_run_away():
    acc = np.tile([9.80665 * np.sin(np.radians(1.0)), 0.0, 0.0], (6000, 1))
    found = Displacement(RATE).process(np.concatenate([np.zeros((500, 3)), acc]))
    assert np.abs(found).max() < 0.1
    assert np.abs(found[-1000:]).max() < 1e-3


def test_it_is_measured_along_its_own_direction_towards_the_first_movement():
    direction = np.array([0.6, 0.0, -0.8])
    _, place, acc = shaken(0.4, 1.7, direction)
    at_rest = np.zeros((100, 3))
    travel = Travel(RATE).process(Displacement(RATE).process(np.concatenate([at_rest, acc])))[100:]
    assert np.ptp(travel[2000:]) == pytest.approx(0.4, rel=0.02)
    assert travel[20:80].min() > 0.0
    assert np.corrcoef(travel[2000:-20], place[2020:])[0, 1] > 0.95  # the high-passes make it a little early


def test_missing_rows_stay_missing_and_pieces_do_not_matter():
    _, _, acc = shaken(0.3, 2.0, (0.0, 1.0, 0.0))
    rows = Displacement(RATE).process(acc + np.random.default_rng(0).normal(size=acc.shape) * 0.1)
    rows[700:900] = np.nan
    whole = Travel(RATE).process(rows)
    assert np.isnan(whole[700:900]).all()
    assert np.isfinite(np.delete(whole, np.s_[700:900])).all()
    cuts = np.unique(np.concatenate([[0], np.random.default_rng(1).integers(1, len(rows), 200), [len(rows)]]))
    block = Travel(RATE)
    np.testing.assert_array_equal(np.concatenate([block.process(rows[a:b]) for a, b in pairwise(cuts)]), whole)
