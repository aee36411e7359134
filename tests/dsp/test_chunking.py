"""Every block gives the same numbers, to the last bit, however the samples are cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biofeedback.dsp import filters
from biofeedback.dsp.conditioning import EmgConditioning
from biofeedback.dsp.envelope import MovingRms, RectifiedLowPass
from biofeedback.dsp.joint import HingeAngle
from biofeedback.dsp.mains import MainsCanceller
from biofeedback.dsp.orientation import Orientation
from biofeedback.dsp.resample import UniformGrid
from biofeedback.dsp.segment import Inclination, Rotation
from biofeedback.dsp.travel import Carried
from biofeedback.dsp.turn import RelativeTurn
from biofeedback.measures.emg import Normalisation
from biofeedback.measures.inwards import Inwards
from tests.dsp.leg import RATE, sensors

N = 1500
_T, _THIGH, _SHANK, _ = sensors("squat", 0)
_ROWS = [Orientation(RATE).process(samples, _T, 0)[0].values for samples in (_THIGH, _SHANK)]
_EMG = np.random.default_rng(0).normal(size=(N, 2)) * 1e-4 + 1e-4 * np.sin(2 * np.pi * 50 * np.arange(N) / 250)[:, None]
_HOLES = ((100, 101), (400, 430), (431, 434), (900, 1020))


def with_holes(samples):
    samples = samples[:N].copy()
    for start, stop in _HOLES:
        samples[start:stop] = np.nan
    return samples


def plain(make, *arrays):
    """A block that takes arrays and gives an array."""

    def run(cuts):
        block = make()
        return np.concatenate([block.process(*(array[a:b] for array in arrays)) for a, b in pairwise(cuts)])

    return run


def runs(make, samples, rate):
    """A block that takes chunks with times and gives runs."""

    def run(cuts):
        block, times = make(), np.arange(N) / rate
        out = [r for a, b in pairwise(cuts) for r in block.process(samples[a:b], times[a:b], a)]
        return np.concatenate([np.column_stack([r.times_s, r.blanked()]) for r in out])

    return run


def gridded(cuts):
    samples, times = with_holes(_ROWS[0]), _T[:N] * 1.03
    source, grid = Orientation(RATE), UniformGrid(100.0, quaternion=True)
    samples = with_holes(_THIGH)
    out = []
    for a, b in pairwise(cuts):
        for run in source.process(samples[a:b], times[a:b], a):
            out += grid.process(run)
    return np.concatenate([g.values for g in out])


BLOCKS = {
    "band-pass": plain(lambda: filters.emg_band_pass(1000.0), _EMG),
    "high-pass": plain(lambda: filters.high_pass(30.0, 1000.0), _EMG),
    "moving RMS": plain(lambda: MovingRms(1000.0), _EMG),
    "linear envelope": plain(lambda: RectifiedLowPass(1000.0), _EMG),
    "mains": plain(lambda: MainsCanceller(250.0, 2), _EMG),
    "normalisation": plain(lambda: Normalisation(2, 100.0), np.abs(_EMG)),
    "conditioning": runs(lambda: EmgConditioning(250.0, 2), with_holes(_EMG), 250.0),
    "orientation": runs(lambda: Orientation(RATE), with_holes(_THIGH), RATE),
    "grid": gridded,
    "rotation": plain(lambda: Rotation(RATE), with_holes(_ROWS[0])),
    "inclination": plain(lambda: Inclination(RATE), with_holes(_ROWS[0])),
    "carried": runs(lambda: Carried(RATE), with_holes(_THIGH), RATE),
    "turn": plain(RelativeTurn, with_holes(_ROWS[0]), _ROWS[1][:N]),
    "inwards": plain(lambda: Inwards(RATE, 1), with_holes(_ROWS[0])),
    "hinge": plain(lambda: HingeAngle(RATE), with_holes(_ROWS[0]), _ROWS[1][:N]),
}


@pytest.mark.parametrize("name", BLOCKS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(1, N - 1), max_size=60, unique=True))
def test_any_chunking(name, cuts):
    whole = BLOCKS[name]([0, N])
    cut = BLOCKS[name]([0, *sorted(cuts), N])
    np.testing.assert_array_equal(whole, cut)
    assert np.isfinite(whole).any()


@pytest.mark.parametrize("name", BLOCKS)
def test_sample_by_sample_or_in_tens(name):
    np.testing.assert_array_equal(BLOCKS[name]([*range(0, N, 10), N]), BLOCKS[name]([*range(200), 250, N]))
