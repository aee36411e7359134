import numpy as np
import pytest

from biofeedback.measures.emg import Normalisation, highest_mean, mvc

BURST = np.concatenate([np.zeros(100), np.ones(60), np.zeros(100)])


def test_highest_half_second():
    assert highest_mean(BURST, 100.0) == pytest.approx(1.0)
    assert highest_mean(np.concatenate([np.zeros(100), np.ones(30), np.zeros(100)]), 100.0) == pytest.approx(0.6)
    assert np.isnan(highest_mean(np.ones(10), 100.0))


def test_mvc_needs_two_trials_that_agree():
    assert mvc([BURST, 0.95 * BURST], 100.0) == (mvc([0.95 * BURST, BURST], 100.0))
    assert mvc([BURST, 0.95 * BURST], 100.0).agreed
    differing = mvc([BURST, 0.8 * BURST], 100.0)
    assert differing.value == pytest.approx(1.0)
    assert not differing.agreed
    assert differing.advice == "Do one more."
    assert "care" in mvc([BURST, 0.8 * BURST, 0.5 * BURST, 0.5 * BURST, 0.5 * BURST], 100.0).advice
    assert np.isnan(mvc([], 100.0).value)
    assert np.isnan(mvc([np.ones(5)], 100.0).value)


def test_peak_dynamic_until_a_reference_is_given():
    block = Normalisation(1, 100.0)
    envelope = (0.01 + BURST)[:, None]
    out = block.process(np.concatenate([envelope, envelope]))
    assert block.reference(0).method == "peak-dynamic"
    assert block.reference(0).value == pytest.approx(1.01)
    assert np.isnan(out[:49]).all()
    assert out[60, 0] == pytest.approx(10.0)  # rest is at most a tenth
    assert out[-150, 0] == pytest.approx(100.0)
    block.set_reference(0, 2.02, "mvc")
    assert block.reference(0).method == "mvc"
    assert block.process(np.full((60, 1), 1.01))[-1, 0] == pytest.approx(50.0)


def test_missing_values_stay_missing_and_spoil_nothing():
    block = Normalisation(2, 100.0)
    envelope = np.ones((300, 2))
    envelope[100:120, 0] = np.nan
    out = block.process(envelope)
    assert np.isnan(out[100:120, 0]).all()
    assert np.isfinite(out[120:, 0]).all()
    assert np.isfinite(out[60:, 1]).all()
    assert block.process(np.empty((0, 2))).shape == (0, 2)


def test_nothing_known_is_nan_and_zero_is_no_reference():
    block = Normalisation(1, 100.0)
    assert np.isnan(block.reference(0).value)
    with pytest.raises(ValueError, match="above 0"):
        block.set_reference(0, 0.0, "mvc")


def test_what_is_not_confirmed_is_forgotten():
    block = Normalisation(2, 100.0, confirmed=True)
    envelope = np.tile(0.01 + BURST[:, None], (1, 2))
    loud = np.where(np.arange(len(envelope))[:, None] < 100, envelope, [50.0, 1.0] * envelope)
    block.process(loud)
    assert block.reference(0).value == pytest.approx(50.5)  # what is now is not hidden
    block.confirm(np.zeros((100, 2), dtype=bool))
    assert block.reference(0).value == pytest.approx(50.5)
    block.confirm(np.tile([True, False], (160, 1)))
    assert block.reference(0).value == pytest.approx(0.1)
    assert block.reference(1).value == pytest.approx(1.01)
    block.process(envelope[:, :2])
    assert block.reference(0).value == pytest.approx(1.01)
