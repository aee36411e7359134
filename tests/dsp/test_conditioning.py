import numpy as np
import pytest
from scipy import signal

from biofeedback.dsp.conditioning import EmgConditioning
from biofeedback.dsp.mains import MainsCanceller
from biofeedback.dsp.spectrum import mains_shares, median_frequency, power_spectrum

RATE = 1000.0
TIMES = np.arange(20000) / RATE


def muscle(seed=0, n_channels=1):
    return np.random.default_rng(seed).normal(size=(len(TIMES), n_channels)) * 1e-5


def test_mains_shares_of_two_sines():
    t = TIMES[:5000]
    samples = np.sin(2 * np.pi * 120 * t) + 0.5 * np.sin(2 * np.pi * 50 * t)
    assert mains_shares(samples[:, None], RATE)[0] == pytest.approx([0.2, 0.8], rel=1e-4)
    assert np.isnan(mains_shares(np.zeros((1000, 1)), RATE)).all()


def test_muscle_alone_is_no_hum():
    assert mains_shares(muscle(), RATE).max() < 0.02
    canceller = MainsCanceller(RATE, 1)
    samples = muscle()
    np.testing.assert_array_equal(canceller.process(samples), samples)


@pytest.mark.parametrize("hum_hz", [50.0, 60.0, 50.07, 59.92])
def test_hum_goes_and_muscle_stays(hum_hz):
    clean = muscle()
    hum = 5e-5 * np.sin(2 * np.pi * hum_hz * TIMES) + 1e-5 * np.sin(2 * np.pi * 3 * hum_hz * TIMES)
    canceller = MainsCanceller(RATE, 2)
    out = canceller.process(np.column_stack([clean[:, 0] + hum, clean[:, 0]]))
    assert canceller.active.tolist() == [0]
    assert canceller.mains_hz == pytest.approx(hum_hz, abs=0.03)
    late = slice(12000, None)
    assert mains_shares(out[late, :1], RATE).max() < 0.02
    assert np.std(out[late, 0]) == pytest.approx(np.std(clean[late]), rel=0.03)
    np.testing.assert_array_equal(out[:, 1], clean[:, 0])


@pytest.mark.parametrize("hum_v", [5e-5, 1e-3])
def test_hum_that_comes_later_goes_too(hum_v):
    clean = muscle()
    samples = clean + np.where(TIMES > 7.0, hum_v * np.sin(2 * np.pi * 50.03 * TIMES), 0.0)[:, None]
    left = MainsCanceller(RATE, 1).process(samples) - clean
    assert np.std(left[:7000]) == 0.0
    assert np.std(left[18000:]) < 0.02 * hum_v + 1e-6


def test_bursts_of_muscle_are_no_hum():
    samples = muscle() * np.where(TIMES % 5 < 2, 20.0, 1.0)[:, None]
    np.testing.assert_array_equal(MainsCanceller(RATE, 1).process(samples), samples)


def test_median_frequency():
    assert median_frequency(np.arange(20.0, 451.0), np.ones(431)) == 235.0
    assert np.isnan(median_frequency(np.arange(3.0), np.zeros(3)))
    frequencies, power = power_spectrum(np.sin(2 * np.pi * 120 * TIMES)[:, None], RATE)
    assert frequencies[np.argmax(power[:, 0])] == 120.0


def test_a_hole_is_missing_and_then_warms_up():
    samples = muscle()
    samples[5000:5100] = np.nan
    block = EmgConditioning(RATE, 1)
    first, second = block.process(samples, TIMES, 0)
    warm_up = round(block.warm_up_s * RATE)
    assert first.missing[:warm_up].all()
    assert not first.missing[warm_up + 1 :].any()
    assert second.first_sample == 5100
    assert second.missing[:warm_up].all()
    assert not second.missing[warm_up + 1 :].any()
    assert np.isfinite(second.values).all()


def test_a_lead_that_fails_alone_leaves_the_other_channels():
    samples = muscle(n_channels=2)
    whole = EmgConditioning(RATE, 2).process(samples, TIMES, 0)[0]
    samples[5000:6000, 1] = np.nan
    (run,) = EmgConditioning(RATE, 2).process(samples, TIMES, 0)
    np.testing.assert_array_equal(run.values[:, 0], whole.values[:, 0])
    assert run.missing[5021:6000, 1].all()
    assert not run.missing[6400:, 1].any()
    assert not run.missing[200:, 0].any()


def test_a_loss_of_two_samples_costs_nothing():
    samples = muscle()
    samples[5000:5002] = np.nan
    (run,) = EmgConditioning(RATE, 1).process(samples, TIMES, 0)
    assert not run.missing[200:].any()


def test_spectrum_is_that_of_welch():
    for samples in (muscle(), muscle()[:999]):
        frequencies, power = power_spectrum(samples, RATE)
        length = min(1000, len(samples))
        theirs = signal.welch(samples, RATE, nperseg=length, noverlap=length // 2, axis=0)
        np.testing.assert_allclose(frequencies, theirs[0])
        np.testing.assert_allclose(power, theirs[1], rtol=1e-9)
