"""Published vectors (metrics sheet E5–E9, I11, S1) and what follows from the definitions."""

from __future__ import annotations

import numpy as np
import pytest

from biofeedback.dsp.spectrum import median_frequency
from biofeedback.measures import coordination, fatigue
from biofeedback.measures.reliability import reliability
from biofeedback.measures.tracking import tracking

ONE, OTHER = np.array([0.1, 0.2, 0.4, 0.3]), np.array([0.05, 0.25, 0.1, 0.3])


def test_co_contraction():
    assert coordination.falconer_winter(ONE, OTHER) == pytest.approx(76.4706, rel=1e-5)
    assert coordination.rudolph(ONE, OTHER) == pytest.approx(0.29, rel=1e-9)
    assert coordination.falconer_winter(ONE / 10, OTHER / 10) == pytest.approx(76.4706, rel=1e-5)
    assert coordination.rudolph(ONE / 10, OTHER / 10) == pytest.approx(0.029, rel=1e-9)
    assert np.isnan(coordination.rudolph(ONE / 100, OTHER / 100))
    assert np.isnan(coordination.falconer_winter(ONE * 0, OTHER * 0))
    assert coordination.rudolph(ONE, ONE * 0) == 0.0


def test_symmetry():
    found = coordination.symmetry(1.2, 1.0)
    wanted = (18.1818, 83.3333, 5.77159, 18.23216, 16.6667)
    values = (found.index, found.limb_index, found.angle, found.log_ratio, found.of_larger)
    assert values == pytest.approx(wanted, rel=1e-5)
    mirrored = coordination.symmetry(1.0, 1.2)
    assert (mirrored.index, mirrored.angle, mirrored.log_ratio) == pytest.approx(
        (-18.1818, -5.77159, -18.23216), rel=1e-5
    )
    assert np.isnan(coordination.symmetry(0.0, 0.0).angle)
    assert np.isnan(coordination.symmetry(0.02, 0.01, smallest=0.1).index)
    assert coordination.symmetry(1.0, 0.0).angle == 50.0


def test_order():
    first, second = np.array([0.0, 1.0, 2.02]), np.array([0.03, 1.05, 2.0])
    np.testing.assert_allclose(coordination.onset_differences(first, second), [0.03, 0.05, -0.02])
    assert len(coordination.onset_differences(first, np.array([9.0]))) == 0
    assert len(coordination.onset_differences(first, np.zeros(0))) == 0
    assert coordination.order_agreement([0.1, 0.2, 0.3]) == pytest.approx(1.0)
    assert coordination.order_agreement([0.3, float("nan"), 0.1]) == pytest.approx(-1.0)
    assert np.isnan(coordination.order_agreement([0.3, float("nan")]))
    on = np.array([True, True, True, False, False])
    assert coordination.overlap(on, ~on) == 0.0
    assert coordination.overlap(on, np.array([False, True, True, True, True])) == pytest.approx(100 * 2 / 3)
    assert np.isnan(coordination.overlap(on, on & ~on))


def test_synergies_that_are_known():
    rng = np.random.default_rng(0)
    weights = np.array([[1.0, 0.0], [0.8, 0.1], [0.1, 0.9], [0.0, 1.0], [0.5, 0.5]])
    drives = np.abs(np.sin(np.linspace(0, 9, 200) + np.array([[0.0], [1.2]]))) ** 2
    values = weights @ drives + rng.uniform(0, 0.02, (5, 200))
    found, activations = coordination.factorise(values, 2)
    assert coordination.accounted_for(values, found @ activations) > 0.995
    alike = (weights / np.linalg.norm(weights, axis=0)).T @ found
    assert alike.max(axis=1).min() > 0.95
    np.testing.assert_allclose(np.linalg.norm(found, axis=0), 1.0)
    one, drive = coordination.factorise(values, 1)
    assert coordination.one_synergy(values) == pytest.approx(coordination.accounted_for(values, one @ drive), abs=1e-5)
    assert np.isnan(coordination.one_synergy(np.zeros((4, 10))))


def test_spectrum_of_fatigue():
    f = np.arange(20.0, 451.0)
    flat = np.ones_like(f)
    assert fatigue.mean_frequency(f, flat) == pytest.approx(235.0)
    assert median_frequency(f, flat) == 235.0
    assert fatigue.spectral_moments_ratio(f, flat) == pytest.approx(2.253678e-15, rel=1e-4)
    fresh, tired = np.exp(-0.5 * ((f - 80) / 25) ** 2), np.exp(-0.5 * ((f - 60) / 20) ** 2)
    ratio = fatigue.spectral_moments_ratio(f, tired) / fatigue.spectral_moments_ratio(f, fresh)
    assert ratio == pytest.approx(5.05578, rel=1e-4)


def test_trend_and_its_meaning():
    times = np.arange(6) * 10.0
    falling = fatigue.trend(times, np.array([100.0, 98, 97, 94, 92, 91]))
    assert falling.slope == pytest.approx(-0.188571, rel=1e-5)
    assert falling.intercept == pytest.approx(100.04762, rel=1e-6)
    assert falling.percent_per_min == pytest.approx(-11.3089, rel=1e-4)
    assert falling.changes
    rising = fatigue.trend(times, np.array([1.0, 1.1, 1.2, 1.3, 1.4, 1.51]))
    level = fatigue.trend(times, np.array([1.0, 1.1, 0.9, 1.1, 0.9, 1.0]))
    down = fatigue.trend(times, -np.array([1.0, 1.1, 1.2, 1.3, 1.4, 1.51]))
    said = [fatigue.meaning(falling, one) for one in (rising, level, down)]
    assert said == ["fatigue", "fatigue", "force down"]
    assert [fatigue.meaning(rising, one) for one in (rising, down)] == ["force up", "recovery"]
    assert fatigue.meaning(level, rising) == "no change"
    with pytest.raises(ValueError, match="three"):
        fatigue.trend(times[:2], times[:2])


def test_reliability_of_shrout_and_fleiss():
    """Shrout & Fleiss 1979, table 2."""
    table = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)
    found = reliability(table)
    assert (found.icc_1_1, found.icc_2_1, found.icc_3_1) == pytest.approx((0.16574, 0.28976, 0.71484), abs=1e-5)
    assert found.sem_agreement == pytest.approx(2.50278, abs=1e-5)
    assert found.sem_consistency == pytest.approx(1.00968, abs=1e-5)
    assert found.mdc95 == pytest.approx(2.79868, abs=1e-4)
    assert np.isnan(reliability(np.array([[1.0, 2.0], [1.0, 2.0]])).icc_2_1)
    for wrong in (table[:1], table[:, :1], np.where(table == 9, np.nan, table)):
        with pytest.raises(ValueError, match="ratings"):
            reliability(wrong)


def test_tracking_a_sine():
    times = np.arange(0.0, 20.0, 0.01)
    target, actual = np.sin(np.pi * times), 0.8 * np.sin(np.pi * (times - 0.15))
    found = tracking(target, actual, 100.0, 0.1)
    assert found.rmse == pytest.approx(0.327406, rel=1e-4)
    assert found.on_target == pytest.approx(14.0, abs=0.1)
    assert found.lag_s == pytest.approx(0.15, abs=1e-4)
    assert found.gain == pytest.approx(0.8, abs=1e-3)
    assert found.residual == pytest.approx(0.141872, rel=1e-2)
    assert np.isnan(tracking(target, target * 0, 100.0, 0.1).lag_s)
    assert tracking(target, target + 1.0, 100.0, 0.1).bias == pytest.approx(-1.0)
    with pytest.raises(ValueError, match="one length"):
        tracking(target, actual[1:], 100.0, 0.1)
