"""What the inertial sensors feel must follow from the movement, by ways the code itself does not take."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from biofeedback.devices.simulated import Errors, SimulatedPerson
from biofeedback.devices.simulated.body import GRAVITY, Shift, Turn, feel
from biofeedback.devices.simulated.strokes import Track
from biofeedback.exercises.model import Exercise

_PLACES = [
    ("knee", "thigh"),
    ("knee", "shank"),
    ("shoulder", "wrist"),
    ("elbow", "upper_arm"),
    ("elbow", "forearm"),
]


def _person(request: pytest.FixtureRequest, exercise: str, condition: str = "healthy") -> SimulatedPerson:
    found: Exercise = request.getfixturevalue(exercise)
    return SimulatedPerson(found, condition, 3, rest_s=2.0, reference_s=0.0, errors=Errors.none())


def _positions(chain: list[Turn | Shift], n: int) -> np.ndarray:
    """Where the end of a chain is in the earth frame, shape (n, 3)."""
    place, whole = np.zeros((n, 3)), Rotation.identity(n)
    for link in chain:
        if isinstance(link, Turn):
            whole = whole * Rotation.from_rotvec(np.outer(link.angle.value, np.eye(3)[link.axis]))
        else:
            place = place + whole.apply([link.x, link.y, link.z])
    return place


@pytest.mark.parametrize("condition", ["healthy", "stroke-synergy"])
@pytest.mark.parametrize(("exercise", "placement"), _PLACES)
def test_integrated_gyroscope_gives_the_true_orientation(
    request: pytest.FixtureRequest, exercise: str, placement: str, condition: str
) -> None:
    person = _person(request, exercise, condition)
    times_s = np.arange(0, 30, 0.01)
    rates = person.samples(placement, 0.0, len(times_s), 100.0)[:, 3:]
    truth = person.orientation_at(placement, times_s)
    orientation, worst_rad = truth[0], 0.0
    for step, turn in enumerate(Rotation.from_rotvec((rates[1:] + rates[:-1]) / 2 * 0.01), 1):
        orientation = orientation * turn
        if step % 20 == 0:
            worst_rad = max(worst_rad, float((orientation.inv() * truth[step]).magnitude()))
    assert np.rad2deg(worst_rad) < 0.1
    assert np.rad2deg(np.abs(rates).max()) > (1 if placement in ("thigh", "upper_arm") else 60)


@pytest.mark.parametrize(("exercise", "placement"), _PLACES)
def test_accelerometer_feels_gravity_and_the_path_of_its_place(
    request: pytest.FixtureRequest, exercise: str, placement: str
) -> None:
    person = _person(request, exercise)
    times_s = np.arange(4.0, 9.0, 2e-4)
    felt = person.felt(placement, times_s)
    chain = person._body.chain(placement, person._motion(times_s), times_s)
    path = _positions(chain, len(times_s))
    acceleration = np.gradient(np.gradient(path, times_s, axis=0), times_s, axis=0)
    wanted = person.orientation_at(placement, times_s).inv().apply(acceleration + np.array([0, 0, GRAVITY]))
    np.testing.assert_allclose(felt.force[5:-5], wanted[5:-5], atol=0.01)
    assert np.abs(acceleration).max() > 0.01


def test_a_swinging_arm_feels_tangential_and_centripetal_acceleration() -> None:
    swing = Track(np.zeros(1), np.array([3.0]), np.array([5.0]))
    felt = feel([Turn(1, swing), Shift(0, 0, -0.5)], 1)
    np.testing.assert_allclose(felt.force, [[-2.5, 0.0, GRAVITY + 4.5]], atol=1e-12)
    np.testing.assert_allclose(felt.angular_velocity, [[0.0, 3.0, 0.0]])


def test_mountings_are_off_and_differ(knee: Exercise) -> None:
    person = SimulatedPerson(knee, seed=5, errors=Errors.none())
    tilts = [Rotation.from_matrix(person._body.mounting(place).matrix).magnitude() for place in ("thigh", "shank")]
    assert all(2 < np.rad2deg(tilt) < 12 for tilt in tilts)
    assert tilts[0] != tilts[1]


def test_gravity_points_up_at_rest(knee: Exercise) -> None:
    still = SimulatedPerson(knee).samples("shank", 0.0, 400, 100.0)
    assert np.linalg.norm(still[:, :3].mean(axis=0)) == pytest.approx(GRAVITY, abs=0.15)
    assert still[:, 2].mean() > 9.0
    rate = np.rad2deg(still[:, 3:])
    assert np.abs(rate - rate.mean(axis=0)).max() < 2.0  # what VQF calls rest
    assert 0.01 < np.abs(rate.mean(axis=0)).max() < 1.5


def test_thigh_sensor_sits_on_the_outer_side(knee: Exercise) -> None:
    for side, sign in (("right", -1), ("left", 1)):
        person = SimulatedPerson(replace(knee, side=side), reference_s=0.0)
        times_s = np.arange(0.0, 12.0, 0.01)
        person.felt("thigh", times_s)
        chain = person._body.chain("thigh", person._motion(times_s), times_s)
        assert np.all(sign * _positions(chain, len(times_s))[:, 1] > 0.05)


def test_left_arm_rises_to_the_left(shoulder: Exercise) -> None:
    for side, sign in (("right", -1), ("left", 1)):
        person = SimulatedPerson(replace(shoulder, side=side), rest_s=1.0)
        times_s = np.arange(0, 12, 0.01)
        hand = person.orientation_at("wrist", times_s).apply([0, 0, -1])
        top = int(np.argmax(person.angle_at(times_s)))
        assert sign * hand[top, 1] > 0.8
