import numpy as np
import pytest
from scipy.spatial.transform import Rotation as Turn

from biofeedback.dsp import quaternion
from biofeedback.dsp.orientation import Orientation
from biofeedback.dsp.segment import Inclination, Rotation

RATE = 100.0


def there_and_back(n, range_rad, period_s=3.0):
    """Still for 2 s, then n times out and back."""
    t = np.arange(round((2.0 + n * period_s) * RATE)) / RATE
    return np.where(t < 2.0, 0.0, range_rad / 2.0 * (1.0 - np.cos(2.0 * np.pi * (t - 2.0) / period_s)))


def rows_of(angle, axis, start=quaternion.IDENTITY):
    """Rows of a segment that turns about an axis of its own."""
    quats = quaternion.multiply(start, quaternion.about(np.asarray(axis, dtype=float), angle))
    rate = np.gradient(angle)[:, None] * RATE * np.asarray(axis, dtype=float)
    rest = (np.abs(rate).sum(axis=1) < 0.01).astype(float)[:, None]
    return np.hstack([quats, rate, rest])


TILTED = quaternion.about(np.array([0.6, 0.0, 0.8]), 1.0)


@pytest.mark.parametrize("axis", [(1.0, 0.0, 0.0), (0.0, -0.6, 0.8), (-0.36, 0.48, 0.8)])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_rotation_about_any_axis_is_positive_and_right(axis, sign):
    angle = there_and_back(3, np.radians(200.0))
    out = Rotation(RATE).process(rows_of(sign * angle, axis, TILTED))
    np.testing.assert_allclose(np.degrees(out[260:]), np.degrees(angle[260:]), atol=0.1)
    np.testing.assert_array_equal(out[:200], 0.0)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_elevation_of_a_hanging_arm(sign):
    angle = there_and_back(3, np.radians(150.0))
    hanging = quaternion.about(np.array([1.0, 0.0, 0.0]), np.pi)
    out = Inclination(RATE).process(rows_of(sign * angle, (0.0, 1.0, 0.0), hanging))
    np.testing.assert_allclose(np.degrees(out[260:]), np.degrees(angle[260:]), atol=0.5)


def test_inclination_does_not_fold_when_it_starts_half_way():
    angle = np.radians(60.0) * np.sin(2.0 * np.pi * np.arange(1200) / RATE / 3.0)
    out = np.degrees(Inclination(RATE).process(rows_of(angle, (0.0, 1.0, 0.0))))
    np.testing.assert_allclose(out[100:], np.degrees(angle[100:]), atol=1.0)


def test_inclination_does_not_see_heading():
    angle = there_and_back(2, np.radians(80.0))
    rows = rows_of(angle, (0.0, 1.0, 0.0))
    turning = quaternion.about(quaternion.UP, np.linspace(0.0, 1.0, len(rows)))
    drifting = np.hstack([quaternion.multiply(turning, rows[:, :4]), rows[:, 4:]])
    np.testing.assert_allclose(Inclination(RATE).process(drifting), Inclination(RATE).process(rows), atol=1e-9)


def test_rest_pose_takes_up_a_slow_drift():
    angle = np.concatenate([there_and_back(1, np.radians(60.0)), np.zeros(2000)])
    rows = rows_of(angle, (0.0, 0.0, 1.0))
    drift = quaternion.about(quaternion.UP, np.linspace(0.0, np.radians(12.0), len(rows)))
    rows[:, :4] = quaternion.multiply(drift, rows[:, :4])
    out = np.degrees(Rotation(RATE).process(rows))
    assert abs(out[-1]) < 2.0


def test_missing_rows_give_nan_and_no_harm():
    angle = there_and_back(3, np.radians(90.0))
    rows = rows_of(angle, (0.0, 0.6, 0.8))
    rows[400:450] = np.nan
    out = Rotation(RATE).process(rows)
    assert np.isnan(out[400:450]).all()
    np.testing.assert_allclose(np.degrees(out[450:]), np.degrees(angle[450:]), atol=0.5)


def test_zero_is_where_it_is_said_to_be():
    block = Rotation(RATE)
    angle = there_and_back(1, np.radians(60.0))
    rows = rows_of(angle, (0.0, 0.0, 1.0))
    block.process(rows)
    block.zero(quaternion.about(quaternion.UP, np.radians(20.0)))
    assert np.degrees(block.process(rows[-1:]))[0] == pytest.approx(-20.0, abs=0.5)
    assert block.axis is not None
    np.testing.assert_allclose(np.abs(block.axis), [0.0, 0.0, 1.0], atol=1e-6)


@pytest.mark.parametrize("begin", [1200, 1260, 1320, 1380])
def test_rotation_goes_on_after_a_loss_that_took_the_heading(begin):
    rate_hz = 100.0
    t = np.arange(3000) / rate_hz
    angle, slant = (np.radians(a) * np.sin(2.0 * np.pi * t / 3.0 + p) for a, p in ((75.0, 0.0), (30.0, 1.0)))
    segment = Turn.from_rotvec(np.outer(angle, [1, 0, 0])) * Turn.from_rotvec(np.outer(slant, [0, 0, 1]))
    rate = np.zeros((len(t), 3))
    rate[:-1] = (segment[:-1].inv() * segment[1:]).as_rotvec() * rate_hz
    samples = turned_anyhow(np.hstack([segment.inv().apply([0.0, 0.0, 9.81]), rate]))
    samples[begin : begin + 150] = np.nan
    first, second = Orientation(rate_hz).process(samples, t, 0)
    rows = np.vstack([first.values, np.full((150, 8), np.nan), second.values])
    whole = np.degrees(Rotation(rate_hz).process(rows))
    assert np.isnan(whole[begin : begin + 150]).all()
    error = np.abs(whole - np.degrees(angle))
    assert error[begin + 150 :].max() < error[300:begin].max() + 5.0
    parts = Rotation(rate_hz)
    pieces = [parts.process(rows[a : a + 37]) for a in range(0, len(rows), 37)]
    np.testing.assert_array_equal(np.degrees(np.concatenate(pieces)), whole)


def turned_anyhow(samples):
    """Mount the sensor at a slant."""
    mounting = quaternion.normalised(np.array([0.8, 0.3, -0.4, 0.2]))
    return np.hstack([quaternion.rotate(mounting, samples[:, :3]), quaternion.rotate(mounting, samples[:, 3:])])
