import numpy as np
import pytest

from biofeedback.dsp import filters
from biofeedback.dsp.envelope import MovingRms, RectifiedLowPass


def gain_db(block, at_hz, rate):
    t = np.arange(round(4 * rate)) / rate
    wave = np.sin(2.0 * np.pi * at_hz * t)
    half = len(t) // 2
    return 20.0 * np.log10(np.std(block.process(wave[:, None])[half:]) / np.std(wave[half:]))


@pytest.mark.parametrize(
    ("at_hz", "gain"), [(5, -24.7137), (10, -12.7720), (20, -3.0103), (100, 0.0), (450, -3.0103), (700, -15.1189)]
)
def test_emg_band(at_hz, gain):
    assert gain_db(filters.emg_band_pass(2000.0), at_hz, 2000.0) == pytest.approx(gain, abs=2e-3)


def test_impulse_response():
    impulse = np.zeros((5, 1))
    impulse[1] = 1.0  # after a zero, so that the filter starts at rest
    response = filters.emg_band_pass(2000.0).process(impulse)[1:, 0]
    np.testing.assert_allclose(response, [0.23130798, 0.49502096, 0.23758002, -0.12328086], rtol=1e-6)


@pytest.mark.parametrize(("at_hz", "gain"), [(10, -38.2620), (20, -14.3087), (30, -3.0103), (100, -0.0002)])
def test_heart_high_pass(at_hz, gain):
    assert gain_db(filters.high_pass(30.0, 1000.0), at_hz, 1000.0) == pytest.approx(gain, abs=2e-2)


def test_a_constant_is_there_from_the_start():
    np.testing.assert_allclose(filters.low_pass(6.0, 100.0).process(np.full((50, 2), 3.0)), 3.0)
    np.testing.assert_allclose(filters.emg_band_pass(1000.0).process(np.full((50, 2), 3.0)), 0.0, atol=1e-12)


def test_a_slow_stream_has_a_narrower_band():
    assert filters.emg_band_hz(200.0) == (20.0, 90.0)
    assert filters.emg_band_hz(1000.0) == (20.0, 450.0)
    with pytest.raises(ValueError, match="at least 100"):
        filters.emg_band_hz(50.0)


def test_restart_forgets():
    block = filters.low_pass(6.0, 100.0)
    block.process(np.zeros((10, 1)))
    block.restart()
    np.testing.assert_allclose(block.process(np.ones((3, 1))), 1.0)
    assert block.process(np.empty((0, 1))).shape == (0, 1)


def test_stated_delay_and_warm_up_hold():
    block = filters.low_pass(6.0, 1000.0)
    step = np.ones((2000, 1))
    step[0] = 0.0
    response = block.process(step)[:, 0]
    settled = round(block.warm_up_s * 1000)
    assert np.abs(response[settled:] - 1.0).max() < 0.02
    ramp = filters.low_pass(6.0, 1000.0).process(np.arange(4000.0)[:, None])[:, 0]
    assert (3999.0 - ramp[-1]) / 1000.0 == pytest.approx(block.group_delay_s, rel=1e-3)


def test_rms_of_a_sine_and_of_too_few_samples():
    t = np.arange(1000) / 1000.0
    wave = np.sin(2.0 * np.pi * 100.0 * t)[:, None]
    rms = MovingRms(1000.0, 0.1).process(wave)
    np.testing.assert_allclose(rms[99:], 0.707107, rtol=1e-6)
    assert rms[1, 0] == pytest.approx(np.sqrt(np.mean(wave[:2] ** 2)))


def test_rms_does_not_forget_nor_remember():
    samples = np.concatenate([np.full(500, 1e6), np.full(500, 1e-6)])[:, None]
    assert MovingRms(1000.0, 0.1).process(samples)[-1, 0] == pytest.approx(1e-6)


def test_linear_envelope():
    t = np.arange(5000) / 1000.0
    envelope = RectifiedLowPass(1000.0).process(np.sin(2.0 * np.pi * 100.0 * t)[:, None])
    assert envelope[-1000:].mean() == pytest.approx(0.615537, rel=1e-4)
    step = np.concatenate([np.zeros(1000), np.ones(1000)])[:, None]
    block = RectifiedLowPass(1000.0)
    assert np.flatnonzero(block.process(step) >= 0.5)[0] - 1000 == 38
    block.restart()
    assert block.process(np.ones((1, 1)))[0, 0] == pytest.approx(1.0)
