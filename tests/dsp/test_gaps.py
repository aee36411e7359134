import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from biofeedback.dsp.gaps import GapFiller, Run

RATE = 100.0


def fed(samples, cuts, apart=False, lost=()):
    """Feed rows in chunks; rows listed in ``lost`` are never sent."""
    filler = GapFiller(samples.shape[1], RATE, channels_apart=apart)
    runs: list[Run] = []
    for a, b in zip([0, *cuts], [*cuts, len(samples)], strict=True):
        kept = [i for i in range(a, b) if i not in lost]
        for i, j in _stretches(kept):
            runs += filler.process(samples[i:j], np.arange(i, j) / RATE, i)
    return runs


def _stretches(indices):
    stretches = []
    for i in indices:
        if stretches and stretches[-1][1] == i:
            stretches[-1][1] = i + 1
        else:
            stretches.append([i, i + 1])
    return stretches


def joined(runs):
    """Runs that go on from each other, put together."""
    whole = []
    for run in runs:
        if run.after_gap or not whole:
            whole.append([run.first_sample, run.values, run.missing, run.times_s])
        else:
            assert run.first_sample == whole[-1][0] + len(whole[-1][1])
            for k, part in ((1, run.values), (2, run.missing), (3, run.times_s)):
                whole[-1][k] = np.concatenate([whole[-1][k], part])
    return whole


def test_a_short_hole_is_filled_by_a_line_and_marked():
    samples = np.arange(10.0)[:, None] * 2.0
    samples[4:6] = np.nan
    (run,) = fed(samples, [])
    np.testing.assert_allclose(run.values[:, 0], np.arange(10.0) * 2.0)
    np.testing.assert_array_equal(np.flatnonzero(run.missing[:, 0]), [4, 5])
    np.testing.assert_allclose(run.times_s, np.arange(10) / RATE)


def test_a_long_hole_ends_the_run():
    samples = np.ones((10, 2))
    samples[3:7] = np.nan
    first, second = fed(samples, [])
    assert (first.first_sample, len(first.values), first.after_gap) == (0, 3, False)
    assert (second.first_sample, len(second.values), second.after_gap) == (7, 3, True)


def test_samples_never_sent_are_holes_too():
    samples = np.arange(10.0)[:, None]
    (run,) = joined(fed(samples, [], lost=(5,)))
    np.testing.assert_allclose(run[1][:, 0], np.arange(10.0))
    assert len(joined(fed(samples, [], lost=range(3, 8)))) == 2


def test_a_channel_that_fails_alone_holds_its_value_and_leaves_the_others():
    samples = np.column_stack([np.arange(10.0), np.arange(10.0)])
    samples[4:9, 1] = np.nan
    (run,) = fed(samples, [], apart=True)
    np.testing.assert_array_equal(run.values[:, 0], np.arange(10.0))
    np.testing.assert_array_equal(run.values[3:9, 1], np.full(6, 3.0))
    assert run.missing[4:9, 1].all()
    assert not run.missing[:, 0].any()
    assert np.isnan(run.blanked()[5, 1])


@given(
    st.lists(st.integers(0, 60), max_size=8).map(sorted),
    st.lists(st.tuples(st.integers(0, 59), st.integers(1, 6)), max_size=4),
    st.booleans(),
)
def test_the_chunks_do_not_matter(cuts, holes, apart):
    samples = np.random.default_rng(1).normal(size=(60, 2))
    for start, length in holes:
        samples[start : start + length, : 1 if apart else 2] = np.nan
    whole, cut = joined(fed(samples, [], apart)), joined(fed(samples, cuts, apart))
    assert len(whole) == len(cut)
    for a, b in zip(whole, cut, strict=True):
        assert a[0] == b[0]
        for x, y in zip(a[1:], b[1:], strict=True):
            np.testing.assert_array_equal(x, y)
    assert not any(np.isnan(run[1]).any() for run in whole)
