from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from biofeedback.dsp.conditioning import EmgConditioning
from biofeedback.dsp.filters import emg_band_pass
from biofeedback.dsp.heart import BeatFinder
from tests.dsp.heart import ecg


def muscle(seconds, rate, seed=0, *, work=60e-6):
    """EMG of 3 µV at rest, of ``work`` in two of five seconds from the 14th on; and whether it works, per sample."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    working = (times > 14) & ((times - 14) % 5 < 2)
    band = signal.butter(2, (30, min(150, 0.4 * rate)), "bandpass", fs=rate, output="sos")
    noise = signal.sosfilt(band, rng.normal(size=len(times) + 1000))[1000:]
    return noise / noise.std() * np.where(working, work, 3e-6), working


def beats_found(samples, rate):
    return np.array(BeatFinder(rate).found(emg_band_pass(rate).process(samples[:, None])[:, 0])) / rate


def conditioned(samples, rate, ecg_method, cuts=None):
    """Envelope of one channel, NaN where it is not known."""
    block, n = EmgConditioning(rate, 1, ecg=ecg_method), len(samples)
    times, out = np.arange(n) / rate, np.full(n, np.nan)
    for a, b in pairwise([0, *(cuts or []), n]):
        for run in block.process(samples[a:b, None], times[a:b], a):
            np.testing.assert_array_equal(run.times_s, times[run.first_sample :][: len(run.times_s)])
            out[run.first_sample :][: len(run.times_s)] = run.blanked()[:, 0]
    return out


@pytest.mark.parametrize("lead", [0, 1])
@pytest.mark.parametrize(("rate", "bpm"), [(500.0, 45.0), (1000.0, 70.0), (2000.0, 150.0)])
def test_beats_are_found_at_rest_and_beneath_the_muscle(rate, bpm, lead):
    samples, working = muscle(40, rate)
    heart, beats = ecg(40, rate, bpm, lead=lead, seed=1)
    found = beats_found(samples + 200e-6 * heart, rate)
    beats = beats[(beats > 12) & (beats < 39.5)]
    near = np.min(np.abs(beats[:, None] - found), axis=1) < 0.03
    at_work = working[np.round(beats * rate).astype(int)]
    assert near[~at_work].mean() >= 0.97
    assert near[at_work].mean() >= 0.75
    late = found[found > 12]
    assert np.mean(np.min(np.abs(late[:, None] - ecg(40, rate, bpm, lead=lead, seed=1)[1]), axis=1) > 0.06) < 0.06


def motor_unit(rate, seconds, hz, seed):
    """One unit that fires at rest, nearly evenly."""
    rng = np.random.default_rng(seed)
    train = np.zeros(round(seconds * rate))
    train[np.cumsum(rng.normal(rate / hz, 0.1 * rate / hz, int(seconds * hz * 0.9))).astype(int)] = 60e-6
    wave = np.diff(signal.windows.gaussian(round(0.02 * rate), 0.003 * rate))
    return np.convolve(train, wave / np.abs(wave).max(), "same")


NO_HEARTS = {
    "rest": lambda: muscle(40, 1000, 1, work=3e-6)[0],
    "contractions": lambda: muscle(40, 1000, 2)[0],
    "a contraction a second": lambda: muscle(14, 1000, 3)[0] * (1 + 20 * (np.arange(14_000) % 1000 < 300)),
    "short contractions": lambda: muscle(40, 1000, 8)[0] * (1 + 20 * (np.arange(40_000) % 700 < 80)),
    "a motor unit": lambda: muscle(40, 1000, 4, work=3e-6)[0] + motor_unit(1000, 40, 8.0, 4),
    "tremor": lambda: muscle(40, 1000, 5, work=3e-6)[0] * (1 + 9 * np.maximum(np.sin(np.arange(40000) * 0.0314), 0)),
    "hum": lambda: muscle(40, 1000, 6)[0] + 20e-6 * np.sin(2 * np.pi * 0.05 * np.arange(40000)),
    "one knock": lambda: muscle(40, 1000, 7, work=3e-6)[0] + 1e-3 * (np.arange(40000) == 9000),
}


@pytest.mark.parametrize("name", NO_HEARTS)
def test_what_is_no_heart_is_left_as_it_is(name):
    assert not len(beats_found(NO_HEARTS[name](), 1000.0))


@pytest.mark.parametrize(
    ("method", "at_rest", "at_work"), [("none", 6e-6, 0.02), ("gate", 1.5e-6, 0.12), ("template", 0.7e-6, 0.03)]
)
@pytest.mark.parametrize("bpm", [70.0, 150.0])
def test_envelope_among_beats(method, at_rest, at_work, bpm):
    """Root mean square error at rest in V, and at work in shares, beside the envelope of the muscle alone."""
    samples, working = muscle(60, 1000, 3)
    truth = conditioned(samples, 1000.0, "none")
    error = conditioned(samples + 200e-6 * ecg(60, 1000, bpm, seed=3)[0], 1000.0, method) - truth
    settled = np.arange(60_000) > 40_000
    still = signal.lfilter(np.ones(300), 1, working) == 0
    busy = signal.lfilter(np.ones(300), 1, working) == 300
    rest_error = np.sqrt(np.nanmean(error[settled & still] ** 2))
    work_error = np.sqrt(np.nanmean(error[settled & busy] ** 2)) / np.nanmean(truth[settled & busy])
    if method == "none":
        assert rest_error > at_rest
        assert work_error > at_work
    else:
        assert rest_error < at_rest
        assert work_error < at_work


_SAMPLES = muscle(26, 250, 4)[0] + 200e-6 * ecg(26, 250, 110.0, seed=4)[0]
_SAMPLES[[3000, *range(4000, 4003), *range(5000, 5100)]] = np.nan


@pytest.mark.parametrize("method", ["gate", "template"])
@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(1, len(_SAMPLES) - 1), max_size=60, unique=True))
def test_any_chunking(method, cuts):
    whole = conditioned(_SAMPLES, 250.0, method)
    np.testing.assert_array_equal(conditioned(_SAMPLES, 250.0, method, sorted(cuts)), whole)
    assert np.isfinite(whole).sum() > 6000
    assert not np.array_equal(whole[:4000], conditioned(_SAMPLES, 250.0, "none")[:4000], equal_nan=True)


def test_rows_before_a_gap_are_all_given():
    out = conditioned(_SAMPLES, 250.0, "gate")
    plain = conditioned(_SAMPLES, 250.0, "none")
    np.testing.assert_array_equal(np.isnan(out[4100:5300]), np.isnan(plain[4100:5300]))
