"""What may stand in for a step of the calibration, and what may not."""

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from biofeedback.exercises import model
from biofeedback.session import commands as ask
from biofeedback.session.calibration import Step
from biofeedback.session.known import Electrodes, Known, Movement, Reference, movement_of, still_holds
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import place
from biofeedback.stream import Channel, Event, StreamInfo
from tests.session.test_calibration import MOVE, MUSCLE, POSE, PRESS, REST, Session

KNEE = model.find("knee-extension-seated")
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
AXES = tuple(Channel(f"{q}_{a}", n) for q, n in (("acc", "acceleration"), ("gyr", "angular_velocity")) for a in "xyz")


def movement(**changed):
    curve = (90.0 - 85.0 * np.sin(np.linspace(0, np.pi, 101)) ** 2).tolist()
    usual = Movement(own=[curve, curve], usual_range=85.0, version=KNEE.version, side=KNEE.side, measured=str(NOW))
    return msgspec.structs.replace(usual, **changed)


def knee_pipeline():
    emg = StreamInfo("emg/0", "emg", (Channel("vastus_medialis", "emg"), Channel("biceps_femoris", "emg")), 1000.0)
    imus = [StreamInfo(f"{name}/imu", name, AXES, 100.0) for name in ("thigh", "shank")]
    return Pipeline(KNEE, place(KNEE, [emg, *imus]))


def test_a_movement_comes_back_as_it_was_kept():
    stored = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(movement(measured=""))))
    assert movement_of(stored, NOW) == movement(measured=NOW.isoformat())
    assert movement_of(msgspec.to_builtins(movement()), NOW + timedelta(days=9)).measured == str(NOW)
    assert movement_of(None, NOW) is None


@given(
    st.recursive(
        st.none() | st.floats() | st.text(max_size=3),
        lambda x: (
            st.lists(x, max_size=3) | st.dictionaries(st.sampled_from(["own", "usual_range", "version", "side"]), x)
        ),
        max_leaves=8,
    )
)
def test_what_is_no_movement_is_none(stored):
    assert movement_of(stored, NOW) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"version": KNEE.version + 1},
        {"side": "left" if KNEE.side == "right" else "right"},
        {"measured": ""},
        {"measured": "yesterday"},
        {"measured": "2026-03-01T09:00:00"},
        {"measured": str(NOW - timedelta(days=29))},
        {"usual_range": float("inf")},
        {"own": [[float("nan")] * 101] * 2},
    ],
)
def test_another_exercise_side_or_month_does_not_hold(changed):
    assert still_holds(movement(), KNEE, NOW + timedelta(days=27))
    assert not still_holds(movement(**changed), KNEE, NOW)
    assert not still_holds(None, KNEE, NOW)


def test_a_reference_lasts_as_long_as_the_electrodes():
    worn, sensor, another = Electrodes(), object(), object()
    worn.belong_to("P-014")
    worn.keep("vastus", sensor, Reference(2e-4, "mvc"), 100.0)
    assert worn.known("vastus", sensor, 7000.0) == Reference(2e-4, "mvc")
    assert worn.known("biceps", sensor, 7000.0) is None
    assert worn.known("vastus", another, 7000.0) is None  # it was taken off
    worn.keep("vastus", sensor, Reference(2e-4, "mvc"), 7000.0)  # it was used once more, and not measured
    assert worn.known("vastus", sensor, 7400.0) is None
    worn.keep("vastus", sensor, Reference(3e-4, "mvc"), 7400.0)
    assert worn.known("vastus", sensor, 14000.0) == Reference(3e-4, "mvc")
    worn.belong_to("P-015")
    worn.belong_to("P-014")
    assert worn.known("vastus", sensor, 7000.0) is None


def session(known, *steps):
    new = Session()
    new.calibration = type(new.calibration)(KNEE, steps, new.person, new.events.append, known=known)
    new.calibration.begin(new.now_s)
    return new


def test_one_press_puts_what_is_known_in_place_of_its_steps_and_nothing_else():
    known = Known(references={MUSCLE: Reference(2e-4, "mvc")}, movement=movement())
    one = session(known, REST, PRESS, POSE, MOVE)
    assert [s.known for s in one.view.steps] == ["", "offered", "", "offered"]
    assert one.view.known_since == str(NOW)
    one.obey(ask.UseLast())
    assert [s.known for s in one.view.steps] == ["", "taken", "", "taken"]
    assert [s.state for s in one.view.steps] == ["now", "good", "todo", "good"]
    assert (one.view.steps[1].value, one.view.method) == (pytest.approx(200.0), "mvc")
    one.go(9.0)
    assert not one.calibration.running
    assert one.kinds() == [
        ("reused", "reference"), ("reused", "movement"),
        ("calibrating", "rest"), ("calibrated", "rest"), ("calibrated", "pose"),
    ]  # fmt: skip


def test_a_step_that_goes_on_is_broken_off_for_what_is_known():
    one = session(Known(movement=movement()), MOVE, POSE)
    one.until("hold")
    one.obey(ask.UseLast())
    assert one.kinds() == [("calibrating", "movement"), ("calibration_left", "movement"), ("reused", "movement")]
    assert one.calibration.now == ("pose", "count")


def test_references_of_two_kinds_are_not_mixed():
    one = session(Known(references={MUSCLE: Reference(2e-4, "mvc")}), Step("reference", 3.0, "biceps_femoris"), PRESS)
    one.until("hold")
    one.press(200.0)
    one.go(3.6)
    assert one.view.method == "submaximal"
    assert [s.known for s in one.view.steps] == ["", ""]


@pytest.mark.parametrize(("method", "taken"), [("submaximal", [False, True]), ("mvc", [True, False])])
def test_of_known_references_of_two_kinds_those_of_the_chosen_kind_are_offered(method, taken):
    references = {MUSCLE: Reference(2e-4, "mvc"), "biceps_femoris": Reference(1e-4, "submaximal")}
    one = session(Known(references=references), PRESS, Step("reference", 3.0, "biceps_femoris"), MOVE)
    one.obey(ask.SetReference(method))
    assert [s.known == "offered" for s in one.view.steps[:2]] == taken
    one.obey(ask.UseLast())
    assert [s.known == "taken" for s in one.view.steps[:2]] == taken
    assert one.view.method == method


def test_what_is_reused_is_what_the_pipeline_goes_by():
    pipeline = knee_pipeline()
    assert (pipeline.learning.own_movement, pipeline.learning.references) == (None, {})
    reference = {"step": "reference", "placement": MUSCLE, "value_v": 2e-4, "method": "submaximal"}
    pipeline.apply(Event(1.0, "reused", reference))
    pipeline.apply(Event(1.0, "reused", {"step": "movement", "placement": "", **msgspec.to_builtins(movement())}))
    assert pipeline.learning.references == {MUSCLE: Reference(2e-4, "submaximal")}
    own = pipeline.learning.own_movement
    np.testing.assert_allclose(own.own, movement().own, atol=0.005)
    assert (own.usual_range, own.measured, pipeline.learning.learned) == (85.0, str(NOW), 2)
    assert movement_of(msgspec.to_builtins(own), NOW + timedelta(days=20)).measured == str(NOW)  # it grows no younger
