"""Each check of a hold, and the value it is held against."""

import numpy as np
import pytest

from biofeedback.session.calibration_checks import Judge, Trial, best_first, repeatable


class Sensed:
    """Muscle and sensor as they are told to be: V and °/s, a hundred values a second."""

    def __init__(self, envelope_v=0.0, turning_degs=None):
        self.envelope, self.turning = envelope_v, turning_degs

    def envelope_v(self, placement, from_s, to_s):
        return np.full(round(100 * (to_s - from_s)), self.envelope)

    def turning_degs(self, from_s, to_s):
        return np.empty(0) if self.turning is None else np.full(round(100 * (to_s - from_s)), self.turning)


def states(checks):
    return {check.name: check.state for check in checks}


@pytest.mark.parametrize(("kind", "turning", "moves"), [("rest", 19, False), ("rest", 21, True), ("pose", 6, True)])
def test_a_person_at_rest_may_move_more_than_in_a_pose(kind, turning, moves):
    judge = Judge(Sensed(turning_degs=turning))
    assert judge.moves(kind, 0.0, 0.3) is moves
    assert states(judge.still(kind, 0.0, 3.0).checks) == {"still": "weak" if moves else "good"}


def test_without_sensors_nothing_is_said_of_moving():
    assert not Judge(Sensed()).moves("rest", 0.0, 0.3)
    assert Judge(Sensed()).still("pose", 0.0, 3.0).checks == ()


def test_a_contraction_is_stronger_than_the_rest_before_it():
    sensed = Sensed(envelope_v=20e-6)
    judge = Judge(sensed)
    assert "stronger" not in states(judge.trial("vastus", 0.0, 3.0).checks)
    rest = judge.rest(["vastus"], 0.0, 4.0)
    assert (rest.value, states(rest.checks)) == (pytest.approx(20.0), {"quiet": "good"})
    assert states(judge.trial("vastus", 5.0, 8.0).checks)["stronger"] == "weak"
    sensed.envelope = 80e-6  # 12 dB
    trial = judge.trial("vastus", 10.0, 13.0)
    assert trial.good
    assert trial.value_v == pytest.approx(80e-6)


@pytest.mark.parametrize(
    ("volts", "state"), [([1e-4], "now"), ([0.8e-4, 1e-4], "weak"), ([1e-4, np.nan, 0.95e-4], "good")]
)
def test_the_two_best_trials_agree(volts, state):
    assert repeatable(best_first([Trial(value, 5.0, ()) for value in volts])).state == state
