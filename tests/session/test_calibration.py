"""The guided calibration: a person made of numbers, whose holds are good or not; and the real pipeline behind it."""

import msgspec
import numpy as np
import pytest

from biofeedback.exercises import model
from biofeedback.session import commands as ask
from biofeedback.session.calibration import Calibration, Step, steps_of
from biofeedback.session.calibration_view import CalibrationView

KNEE = model.find("knee-extension-seated")
MUSCLE = "vastus_medialis"


class Person:
    """What the sensors say: a level in µV between two times, and how fast the leg turns."""

    def __init__(self):
        self.learned = 0
        self.holds = []  # from, to, µV
        self.turns = []  # from, to, °/s
        self.rng = np.random.default_rng(0)

    def envelope_v(self, placement, from_s, to_s):
        times = np.arange(np.ceil(from_s * 100), np.floor(to_s * 100) + 1) / 100
        level = np.full(len(times), 5.0)
        for start, end, microvolts in self.holds:
            level[(times >= start) & (times <= end)] = microvolts
        return 1e-6 * level * (1 + 0.03 * self.rng.normal(size=len(times)))

    def turning_degs(self, from_s, to_s):
        times = np.arange(np.ceil(from_s * 100), np.floor(to_s * 100) + 1) / 100
        rate = np.full(len(times), 0.5)
        for start, end, degrees in self.turns:
            rate[(times >= start) & (times <= end)] = degrees
        return rate


class Session:
    def __init__(self, *steps, alone=False):
        self.person, self.events, self.now_s = Person(), [], 100.0
        self.calibration = Calibration(KNEE, steps, self.person, self.events.append, alone=alone)
        self.calibration.begin(self.now_s)

    def go(self, seconds):
        for _ in range(round(seconds / 0.05)):
            self.now_s += 0.05
            self.calibration.watch(self.now_s)

    def until(self, part, most_s=100.0):
        until_s = self.now_s + most_s
        while self.calibration.running and self.calibration.now[1] != part and self.now_s < until_s:
            self.go(0.05)
        assert self.calibration.now is not None
        assert self.calibration.now[1] == part

    def press(self, microvolts, seconds=3.2):
        """Hold the muscle from now on."""
        self.person.holds.append((self.now_s, self.now_s + seconds, microvolts))

    def obey(self, command):
        self.calibration.obey(command, self.now_s)

    @property
    def view(self):
        return self.calibration.view(self.now_s)

    def kinds(self):
        return [(event.kind, event.values["step"]) for event in self.events]


REST, PRESS, POSE = Step("rest", 4.0), Step("reference", 3.0, MUSCLE), Step("pose", 3.0)
MOVE = Step("movement", 25.0)


def test_steps_follow_from_what_the_exercise_measures():
    assert [s.kind for s in steps_of(KNEE)] == ["rest", "reference", "reference", "pose", "movement"]
    assert [s.kind for s in steps_of(model.find("biceps-contraction"))] == ["rest", "reference"]
    assert [s.kind for s in steps_of(model.find("shoulder-abduction"))] == ["rest", "pose", "movement"]


def test_it_runs_by_itself_from_rest_to_the_end():
    session = Session(REST, PRESS, POSE, MOVE)
    assert session.view.part == "count"
    session.go(8.0)  # 3 s, 4 s, and until the samples are there
    session.until("hold")
    assert session.view.steps[0].state == "good"
    session.press(200.0)
    session.go(4.5)
    assert session.calibration.now == ("movement", "hold")
    assert session.view.steps[1].state == "good"
    assert session.view.steps[1].value == pytest.approx(200.0, rel=0.02)
    session.go(3.0)
    session.person.learned = 2
    session.go(1.0)
    assert not session.calibration.running
    assert [kind for kind in session.kinds() if kind[0] == "calibrated"] == [
        ("calibrated", step) for step in ("rest", "pose", "reference", "movement")
    ]


def test_a_rest_that_is_still_enough_is_the_pose_too():
    session = Session(REST, PRESS, POSE)
    session.go(9.0)
    rest, pose = (e for e in session.events if e.kind == "calibrated")
    assert [(e.values["step"], e.time_s) for e in (rest, pose)] == [("rest", rest.time_s), ("pose", rest.time_s)]
    assert rest.values["ended_ago_s"] == pose.values["ended_ago_s"]
    assert [s.state for s in session.view.steps] == ["good", "now", "good"]
    assert session.view.steps[2].value == pytest.approx(0.5)


def test_a_rest_that_is_not_still_enough_leaves_the_pose_to_be_taken():
    session = Session(REST, PRESS, POSE)
    session.person.turns.append((103.0, 108.0, 12.0))  # °/s: quiet for a muscle, too much for a pose
    session.go(9.0)
    assert [s.state for s in session.view.steps] == ["good", "now", "todo"]
    session.press(200.0, 20.0)
    session.go(8.0)
    assert session.calibration.now[0] == "pose"


def test_a_maximal_reference_lets_the_pose_be_taken_after_it():
    session = Session(REST, PRESS, POSE)
    session.go(9.0)
    assert session.view.steps[2].state == "good"
    session.obey(ask.SetReference("mvc"))
    assert session.view.steps[2].state == "todo"


def test_with_maximal_references_to_come_a_rest_is_not_the_pose():
    session = Session(REST, PRESS, POSE)
    assert session.view.steps[2].with_rest
    session.obey(ask.SetReference("mvc"))
    assert not session.view.steps[2].with_rest
    left_s = session.view.left_s
    session.go(9.0)
    assert [s.state for s in session.view.steps] == ["good", "now", "todo"]
    session.obey(ask.SkipStep())
    session.obey(ask.RedoStep(0))
    assert session.view.steps[2].with_rest  # no contraction comes between them any more
    assert session.view.left_s < left_s
    session.go(9.0)
    assert not session.calibration.running


def test_a_step_that_is_redone_after_the_end_does_not_wait_as_the_one_that_was_left_in_a_pause():
    session = Session(REST, POSE)
    session.obey(ask.PauseCalibration(True))
    session.obey(ask.SkipCalibration())
    session.obey(ask.RedoStep(0))
    assert not session.view.paused


def test_what_is_taken_is_the_hold_itself():
    session = Session(REST)
    session.go(8.0)
    taken = session.events[-1]
    end_s = taken.time_s - taken.values["ended_ago_s"]
    assert end_s - taken.values["seconds"] == pytest.approx(103.0, abs=0.06)
    assert end_s == pytest.approx(107.0, abs=0.06)


def test_a_person_who_moves_begins_the_pose_anew():
    session = Session(POSE)
    session.until("hold")
    session.go(2.0)
    session.person.turns.append((session.now_s, session.now_s + 0.5, 40.0))
    session.go(0.7)
    assert session.view.moved
    session.go(2.0)
    assert not [e for e in session.events if e.kind == "calibrated"]
    session.go(2.0)
    assert session.events[-1].kind == "calibrated"
    assert session.view is None or session.view.steps[0].state == "good"


def test_a_weak_contraction_is_tried_again_and_then_taken_as_it_is():
    session = Session(REST, PRESS)
    session.go(9.0)
    for _ in range(3):
        session.until("hold")
        session.press(7.0)
        session.go(3.6)
    session.until("settled")
    assert session.view.steps[1].state == "weak"
    assert {c.name: c.state for c in session.view.checks}["stronger"] == "weak"
    assert len([t for t in session.view.trials if t.state == "weak"]) == 3


def test_maximal_trials_want_agreement():
    session = Session(REST, PRESS)
    session.go(9.0)
    session.obey(ask.SetReference("mvc"))
    for microvolts in (400.0, 300.0, 395.0):
        session.until("hold")
        session.press(microvolts)
        session.go(3.6)
        view = session.view  # a window gets it as JSON
        assert msgspec.json.decode(msgspec.json.encode(view), type=CalibrationView) == view
        if session.calibration.now[1] == "pause":
            assert session.view.part_end_s - session.view.part_start_s == pytest.approx(60.0)
            session.obey(ask.GoOn())
    session.until("settled")
    assert session.view.steps[1].state == "good"
    assert session.view.best_uv == pytest.approx(400.0, rel=0.03)
    assert [e.values["method"] for e in session.events if e.kind == "calibrated"][1:] == ["mvc"] * 3


def test_steps_are_redone_skipped_and_paused():
    session = Session(PRESS, REST, POSE)
    session.until("hold")
    session.obey(ask.PauseCalibration(True))
    assert session.view.paused
    session.go(30.0)
    assert session.view.paused
    session.obey(ask.PauseCalibration(False))
    session.obey(ask.SkipStep())
    assert [s.state for s in session.view.steps] == ["skipped", "now", "todo"]
    session.obey(ask.RedoStep(0))
    assert [s.state for s in session.view.steps] == ["now", "todo", "todo"]
    session.obey(ask.RedoStep(7))
    session.obey(ask.SkipCalibration())
    assert session.view is None
    assert ("calibrated", "reference") not in session.kinds()


def test_a_hold_that_is_broken_off_takes_nothing():
    session = Session(PRESS)
    session.until("hold")
    session.go(1.0)
    session.obey(ask.RedoTrial())
    session.go(2.0)
    assert session.kinds() == [("calibrating", "reference"), ("calibration_left", "reference")]


def test_alone_nothing_waits():
    session = Session(REST, PRESS, POSE, alone=True)
    session.go(11.0)
    assert not session.calibration.running


def test_a_rest_without_motion_sensors_shows_the_loudest_muscle():
    session = Session(REST, PRESS)
    session.go(2.0)
    assert (session.view.curve_unit, max(session.view.curve)) == ("°/s", 0.5)
    session.person.turning_degs = lambda from_s, to_s: np.empty(0)
    view = session.view
    assert view.curve_unit == "µV"
    assert max(view.curve) == pytest.approx(5.0, rel=0.2)


def test_without_samples_it_says_so():
    session = Session(REST, PRESS)
    session.person.envelope_v = lambda placement, a, b: np.full(300, np.nan)
    while session.view.at == 0:
        session.go(1.0)
    session.until("hold")
    session.go(3.6)
    checks = {c.name: c for c in session.view.checks}
    assert checks["whole"].state == "weak"
    assert checks["steady"].value is None
