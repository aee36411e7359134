import numpy as np
import pytest

from biofeedback.devices.simulated.strokes import Strokes


def _level() -> Strokes:
    level = Strokes()
    for start_s, duration_s, amplitude in ((1.0, 0.8, 1.0), (1.5, 0.4, -0.3), (30.0, 2.0, -0.7), (1.2, 0.5, 0.1)):
        level.add(start_s, duration_s, amplitude)
    return level


def test_one_stroke_goes_from_start_to_end_with_the_known_peak_speed() -> None:
    level = Strokes()
    level.add(1.0, 2.0, 10.0)
    track = level.at(np.array([0.0, 1.0, 2.0, 3.0, 9.0]))
    np.testing.assert_allclose(track.value, [0, 0, 5, 10, 10], atol=1e-12)
    assert track.rate[2] == pytest.approx(1.875 * 10 / 2)


def test_derivatives_are_those_of_the_level() -> None:
    times_s = np.arange(0, 4, 1e-4)
    track = _level().at(times_s)
    np.testing.assert_allclose(np.gradient(track.value, times_s)[1:-1], track.rate[1:-1], atol=1e-4)
    np.testing.assert_allclose(np.gradient(track.rate, times_s)[1:-1], track.acceleration[1:-1], atol=2e-2)


def test_any_division_of_the_times_gives_the_same_level() -> None:
    times_s = np.arange(0, 40, 0.03)
    whole = _level().at(times_s).value
    pieces = np.concatenate([_level().at(piece).value for piece in np.array_split(times_s, 77)])
    np.testing.assert_allclose(pieces, whole, atol=1e-12)
    assert whole[-1] == pytest.approx(_level().final())


def test_product_has_the_derivatives_of_a_product() -> None:
    times_s = np.arange(1, 2, 1e-4)
    product = _level().at(times_s).times(_level().at(times_s).scaled(2.0, 1.0))
    np.testing.assert_allclose(np.gradient(product.rate, times_s)[1:-1], product.acceleration[1:-1], atol=0.1)


@pytest.mark.parametrize("duration_s", [0.0, -1.0, 13.0])
def test_impossible_durations_are_refused(duration_s: float) -> None:
    with pytest.raises(ValueError, match="a stroke lasts"):
        Strokes().add(0.0, duration_s, 1.0)
