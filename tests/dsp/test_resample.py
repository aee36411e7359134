import numpy as np
import pytest

from biofeedback.dsp import quaternion
from biofeedback.dsp.gaps import Run
from biofeedback.dsp.resample import GridRun, TickJoin, UniformGrid


def run_of(times, values):
    values = np.asarray(values, dtype=float).reshape(len(times), -1)
    return Run(np.asarray(times, dtype=float), values, np.isnan(values), 0, False)


def test_a_line_stays_a_line_on_any_clock():
    times = np.cumsum(np.random.default_rng(0).uniform(0.001, 0.03, 300)) + 5.0
    (block,) = UniformGrid(100.0).process(run_of(times, 3.0 * times))
    ticks = block.first_tick + np.arange(len(block.values))
    np.testing.assert_allclose(block.values[:, 0], 3.0 * ticks / 100.0)
    assert ticks[0] / 100.0 >= times[0]
    assert times[-1] - 0.01 < ticks[-1] / 100.0 <= times[-1]


def test_a_hole_is_nan_and_a_very_long_one_left_out():
    times = [0.0, 0.01, 0.02, 0.10, 0.11, 30.0, 30.01]
    first, second = UniformGrid(100.0).process(run_of(times, np.ones(7)))
    assert np.isnan(first.values[3:10]).all()
    assert np.isfinite(first.values[[0, 1, 2, 10, 11]]).all()
    assert second.first_tick == 3000
    assert len(second.values) == 2


def test_quaternions_go_the_shorter_way_at_unit_length():
    angles = np.linspace(0.0, 8.0, 81)
    quats = quaternion.about(np.array([0.0, 0.6, 0.8]), angles) * np.where(np.arange(81) % 2, -1.0, 1.0)[:, None]
    (block,) = UniformGrid(100.0, quaternion=True, longest_gap_s=0.2).process(run_of(np.arange(81) * 0.1, quats))
    np.testing.assert_allclose(np.linalg.norm(block.values, axis=1), 1.0)
    turned = quaternion.about(np.array([0.0, 0.6, 0.8]), np.arange(len(block.values)) * 0.01)
    assert np.abs(np.sum(turned * block.values, axis=1)).min() > 1.0 - 1e-6


def test_a_clock_that_steps_back_waits_for_itself():
    grid = UniformGrid(100.0)
    before = grid.process(run_of([0.0, 0.05, 0.10], [0, 5, 10]))
    after = grid.process(run_of([0.06, 0.08, 0.12], [6, 8, 12]))
    ticks = [b.first_tick + np.arange(len(b.values)) for b in before + after]
    np.testing.assert_array_equal(np.concatenate(ticks), np.arange(13))


@pytest.mark.parametrize("longest", [None, 500])
def test_rows_wait_for_a_stream_that_has_gone_no_longer_than_they_are_told_to(longest):
    join = TickJoin(2, longest)
    for tick in range(0, 2000, 10):
        assert join.process(0, GridRun(tick, np.zeros((10, 1)))) == []
    waiting = [run.first_tick for run in join._waiting[0]]
    assert waiting[0] == (0 if longest is None else 1990 - longest)
    assert [tick for tick, _ in join.process(1, GridRun(0, np.zeros((2000, 1))))] == waiting


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_join_hands_out_what_both_have(order):
    join = TickJoin(2)
    feeds = [GridRun(10, np.arange(10.0)[:, None]), GridRun(13, np.arange(13.0)[:, None] + 100)]
    out = [part for which in order for part in join.process(which, feeds[which])]
    ((first, (a, b)),) = out
    assert first == 13
    np.testing.assert_array_equal(a[:, 0], np.arange(3.0, 10.0))
    np.testing.assert_array_equal(b[:, 0], np.arange(100.0, 107.0))
    more = join.process(0, GridRun(20, np.arange(2.0)[:, None]))
    assert more[0][0] == 20
    np.testing.assert_array_equal(more[0][1][1][:, 0], [107.0, 108.0])
