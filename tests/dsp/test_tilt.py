"""The trunk's lean, against orientations that were put together by hand."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from biofeedback.dsp.tilt import Tilt

HZ = 100.0


def rows(ahead_deg, right_deg, mounting, heading_deg=0.0):
    """Return the rows of a sensor on a trunk that leans; the earth's x is ahead, y to the left, z up."""
    lean = Rotation.from_euler("z", heading_deg, degrees=True)
    lean = lean * Rotation.from_euler("YX", np.column_stack([ahead_deg, right_deg]), degrees=True) * mounting
    made = np.zeros((len(ahead_deg), 8))
    made[:, :4] = lean.as_quat(scalar_first=True)
    return made


def still_then(ahead, right, mounting, heading=0.0):
    count = 320
    return rows(np.r_[np.zeros(count), ahead], np.r_[np.zeros(count), right], mounting, heading), count


@pytest.mark.parametrize(
    ("ahead_axis", "mounting"),
    [
        ("x", Rotation.identity()),
        ("x", Rotation.from_euler("YX", [12, -7], degrees=True)),  # worn a little askew
        ("-z", Rotation.from_euler("Y", -90, degrees=True)),  # its face to the back, its x axis up
        ("y", Rotation.from_euler("Z", -90, degrees=True)),
    ],
)
def test_a_lean_is_found_whatever_the_mounting_and_the_heading(ahead_axis, mounting):
    ahead, right = np.array([10.0, -6.0, 0.0, 0.0]), np.array([0.0, 0.0, 8.0, -3.0])
    for heading in (0.0, 70.0):
        samples, count = still_then(ahead, right, mounting, heading)
        lean = np.degrees(Tilt(HZ, ahead_axis).process(samples))[count:]
        assert lean[:, 0] == pytest.approx(ahead, abs=0.6)
        assert lean[:, 1] == pytest.approx(right, abs=0.6)
        assert lean[:, 2] == pytest.approx(np.hypot(ahead, right), abs=0.2)


def test_before_rest_is_known_and_where_samples_are_missing_there_is_no_lean():
    samples, count = still_then(np.full(10, 5.0), np.zeros(10), Rotation.identity())
    samples[count + 3] = np.nan
    lean = Tilt(HZ).process(samples)
    assert np.isnan(lean[:300]).all()
    assert np.isfinite(lean[301 : count + 3]).all()
    assert np.isnan(lean[count + 3]).all()
    assert np.isfinite(lean[count + 4 :]).all()


def test_any_chunking_gives_the_same():
    random = np.random.default_rng(4)
    wander = np.cumsum(random.normal(0, 0.1, 400))
    samples, _ = still_then(wander, wander[::-1], Rotation.from_euler("YX", [5, 3], degrees=True))
    samples[random.integers(0, len(samples), 20)] = np.nan
    whole = Tilt(HZ).process(samples)
    for _ in range(5):
        tilt, at, pieces = Tilt(HZ), 0, []
        while at < len(samples):
            size = int(random.integers(1, 90))
            pieces.append(tilt.process(samples[at : at + size]))
            at += size
        assert np.array_equal(np.concatenate(pieces), whole, equal_nan=True)
