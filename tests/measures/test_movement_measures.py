"""Smoothness, timing, range, consistency, and the value that carries them."""

import numpy as np
import pytest

from biofeedback.measures import kinematics, smoothness, timing
from biofeedback.measures.value import Measure


def minimum_jerk(duration_s, rate=100.0):
    s = np.arange(0.0, duration_s + 0.5 / rate, 1.0 / rate) / duration_s
    return 30.0 * (s**2 - 2.0 * s**3 + s**4) / duration_s


GAUSS = np.exp(-5.0 * np.arange(-1.0, 1.0, 0.01) ** 2)
TWO = np.concatenate([minimum_jerk(1.0), minimum_jerk(1.0)[1:]])


@pytest.mark.parametrize(
    ("speed", "arc", "jerk"),
    [
        (GAUSS, -1.41403, -5.81636),
        (minimum_jerk(1.0), -1.40583, -5.30163),
        (minimum_jerk(2.0), -1.40583, -5.31193),
        (TWO, -2.24455, -8.08427),
    ],
)
def test_smoothness_of_known_profiles(speed, arc, jerk):
    assert smoothness.sparc(speed, 100.0) == pytest.approx(arc, rel=1e-4)
    assert smoothness.sparc(7.0 * speed, 100.0) == pytest.approx(arc, rel=1e-4)
    assert smoothness.ldlj_velocity(speed, 100.0) == pytest.approx(jerk, rel=1e-4)


def test_smoothness_from_acceleration():
    s = np.arange(0.0, 1.0001, 0.01)
    acceleration = 60.0 * (s - 3.0 * s**2 + 2.0 * s**3)
    samples = np.column_stack([acceleration, 0 * s, 0 * s])
    assert smoothness.ldlj_acceleration(samples, 100.0) == pytest.approx(-3.08221, rel=1e-4)


@pytest.mark.parametrize("speed", [np.ones(19), np.zeros(50), np.full(50, np.nan)])
def test_what_cannot_be_told_is_nan(speed):
    assert np.isnan(smoothness.sparc(speed, 100.0))
    assert np.isnan(smoothness.ldlj_velocity(speed, 100.0))
    assert np.isnan(smoothness.ldlj_acceleration(np.tile(speed[:, None], 3), 100.0))


def test_constant_motion_has_no_jerk_to_speak_of():
    assert np.isnan(smoothness.ldlj_velocity(np.ones(50), 100.0))
    assert np.isnan(smoothness.ldlj_acceleration(np.ones((50, 3)), 100.0))


def test_tempo_of_a_trapezoid():
    values = np.interp(np.arange(0, 8, 0.01), [0, 1, 3, 4, 6, 8], [0, 0, 90, 90, 0, 0])
    done = timing.tempo(values, 100.0)
    assert done == pytest.approx((2.01, 0.99, 2.01))
    assert timing.tempo_error(done, timing.Tempo(1.0, 0.99, 2.01)) == pytest.approx(1.01 / 3)
    assert timing.tempo_error(done, timing.Tempo(2.01, 0.0, 4.02)) == pytest.approx(0.25)
    assert np.isnan(timing.tempo_error(done, timing.Tempo(0.0, 0.0, 0.0)))
    assert np.isnan(timing.tempo(np.array([1.0, np.nan, 2.0]), 100.0)).all()
    assert np.isnan(timing.tempo(np.ones(2), 100.0)).all()


def test_longest_hold_and_time_above():
    values = np.array([0, 5, 5, 5, 0, 5, 5, 5, 5, np.nan, 5])
    assert timing.longest_hold(values, 10.0, 4.0, 6.0) == pytest.approx(0.8)  # a tenth of a second does not end it
    assert timing.longest_hold(values, 2.0, 4.0, 6.0) == pytest.approx(2.0)  # half a second does
    assert timing.longest_hold(values, 10.0, 7.0, 9.0) == 0.0
    assert timing.time_above(values, 10.0, 4.0) == pytest.approx(0.8)
    assert np.isnan(timing.longest_hold(np.array([]), 10.0, 0.0, 1.0))
    assert np.isnan(timing.time_above(np.array([np.nan]), 10.0, 0.0))


def test_range_and_shortfall():
    values = np.array([10.0, 40.0, np.nan, 70.0])
    assert kinematics.span(values) == 60.0
    assert kinematics.shortfall(values, 80.0, 100.0) == 10.0
    assert kinematics.shortfall(values, 30.0, 50.0) == 0.0
    assert kinematics.shortfall(values, -20.0, 0.0) == 10.0
    assert np.isnan(kinematics.span(values[2:3]))
    assert np.isnan(kinematics.shortfall(values[2:3], 0.0, 1.0))


def test_time_normalised_curves():
    curve = kinematics.time_normalised(np.array([0.0, np.nan, 2.0, 3.0]))
    np.testing.assert_allclose(curve, np.linspace(0.0, 3.0, 101))
    assert np.isnan(kinematics.time_normalised(np.array([1.0, np.nan]))).all()
    assert kinematics.difference_from_own(curve + 0.3, curve) == pytest.approx(10.0)
    assert np.isnan(kinematics.difference_from_own(curve, np.ones(101)))


def test_consistency_of_three_repetitions():
    curves = np.array([[0, 10, 30, 10, 0], [1, 12, 29, 9, 1], [0, 9, 33, 12, -1.0]])
    assert kinematics.multiple_correlation(curves) == pytest.approx(0.992281, rel=1e-5)
    assert kinematics.variation(np.ptp(curves, axis=1)) == pytest.approx(9.96212, rel=1e-5)
    assert np.isnan(kinematics.multiple_correlation(np.array([[0.0, 1.0], [9.0, 10.0]])))
    assert np.isnan(kinematics.multiple_correlation(curves[:1]))
    assert np.isnan(kinematics.variation(np.array([1.0])))


def test_a_missing_value_says_why():
    missing = Measure.missing("range", "°", "the sensor was lost")
    assert not missing.available
    assert missing.quality == "bad"
    assert Measure("range", 75.0, "°", 5).available
    with pytest.raises(ValueError, match="needs a reason"):
        Measure("range", float("nan"), "°", 0)
