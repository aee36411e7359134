"""The person's own estimate comes before the result of a set; and only views the exercise has signals for are taken."""

from dataclasses import replace

import msgspec
import pytest

from biofeedback.devices.simulated import SimulatedPerson, simulated_devices
from biofeedback.exercises import model
from biofeedback.feedback.results import MeasureResult, Reason, RepetitionResult
from biofeedback.session import commands as ask
from biofeedback.session.course import Course
from biofeedback.session.happenings import Happenings
from biofeedback.session.notices import Notices
from biofeedback.session.page import PageMaker
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import place
from biofeedback.session.view import LatencyView, PatientView
from biofeedback.stream import Event


class Desk:
    """A session whose clock is turned by hand."""

    def __init__(self, estimate, name="biceps-contraction"):
        exercise = model.find(name)
        self.exercise = replace(exercise, feedback=replace(exercise.feedback, estimate=estimate))
        devices = simulated_devices(SimulatedPerson(self.exercise))
        sources = place(self.exercise, [stream for device in devices for stream in device.streams])
        self.pipeline, self.course = Pipeline(self.exercise, sources), Course(self.exercise.dose)
        self.maker = PageMaker(self.exercise, self.pipeline, self.course, self.pipeline.settings)
        self.events = []
        self.happenings = Happenings(self.pipeline, self.course, self.happen)

    def happen(self, event):
        self.events.append(event)
        self.course.apply(event)
        self.pipeline.apply(event)

    def ended_at(self, time_s):
        self.happen(Event(time_s - 20.0, "live"))
        self.happen(Event(time_s, "set_ended", {"set": 1, "why": "done"}))
        return self

    def page(self, now_s):
        return self.maker.make(now_s, {}, Notices(), LatencyView(), None).patient


def test_the_result_waits_for_the_estimate_and_no_longer_than_eight_seconds():
    desk = Desk(estimate=True).ended_at(100.0)
    assert [desk.page(t).screen for t in (100.5, 107.9, 108.1, 115.9, 116.1)] == [
        "estimate", "estimate", "set_done", "set_done", "rest",
    ]  # fmt: skip


def test_an_estimate_is_shown_for_a_moment_kept_and_not_changed():
    desk = Desk(estimate=True).ended_at(100.0)
    desk.happenings.obey(ask.Estimate(4), 103.0)
    desk.happenings.obey(ask.Estimate(1), 103.5)
    assert [(page.screen, page.estimate) for page in (desk.page(103.6), desk.page(104.3), desk.page(112.5))] == [
        ("estimate", 4), ("set_done", 4), ("rest", 4),
    ]  # fmt: skip
    assert [event.values for event in desk.events if event.kind == "estimated"] == [{"set": 1, "choice": 4}]
    assert desk.happenings.words(desk.events[-1]) == "Own estimate: a bit more"


def test_without_asking_the_set_is_shown_at_once_and_an_early_estimate_is_none():
    desk = Desk(estimate=False)
    desk.happenings.obey(ask.Estimate(2), 50.0)
    desk.ended_at(100.0)
    assert desk.page(100.5).screen == "set_done"
    assert desk.page(100.5).estimate is None


@pytest.mark.parametrize(("view", "taken"), [("tempo", True), ("kite", True), ("balance", False), ("path", False)])
def test_only_views_the_exercise_has_signals_for_are_taken(view, taken):
    desk = Desk(estimate=False)
    desk.happenings.obey(ask.SetView(view), 10.0)
    assert (desk.page(10.1).view == view) is taken
    assert (view in desk.page(10.1).views) is taken


@pytest.mark.parametrize("name", ["biceps-path", "biceps-contraction"])
def test_a_repetition_that_could_not_be_measured_crosses_to_the_windows_as_unknown(name):
    desk = Desk(estimate=False, name=name).ended_at(100.0)
    unmeasured = RepetitionResult(
        number=1, set_number=1, start_s=80.0, peak_s=85.0, end_s=90.0, peak=float("nan"), range=0.0, reached=False,
        result="none", score=None, error=None, coverage=0.0, reason=Reason("No score"), parts={}, measures=(),
        band=(0.0, 1.0), feedback=True, probe=False,
    )  # fmt: skip
    desk.pipeline.repetitions.append(unmeasured)
    crossed = msgspec.json.decode(msgspec.json.encode(desk.page(100.5)), type=PatientView)
    assert crossed.levels == (None,)


def test_the_patient_is_told_whether_anything_can_be_heard():
    desk = Desk(estimate=False)
    assert not desk.page(1.0).sound
    desk.maker.sound_device = "Speakers"
    assert desk.page(1.1).sound
    desk.happenings.obey(ask.SetSound(on=False), 1.2)
    assert not desk.page(1.3).sound


@pytest.mark.parametrize(
    ("reached", "missing_s", "said"),
    [
        (True, 0.0, "The bar stayed in the band"),
        (True, 0.4, "The bar reached the band"),
        (True, None, "The bar reached the band"),
        (False, 1.0, "On the way"),
    ],
)
def test_the_bar_is_said_to_have_stayed_only_where_it_was_held(reached, missing_s, said):
    desk = Desk(estimate=False).ended_at(100.0)
    hold = MeasureResult(
        name="hold_missing", signal=None, domain="control", value=missing_s, unit="s", share=None, missing=""
    )
    repetition = RepetitionResult(
        number=1, set_number=1, start_s=80.0, peak_s=85.0, end_s=90.0, peak=60.0, range=60.0, reached=reached,
        result="in", score=None, error=None, coverage=0.0, reason=Reason("In target"), parts={}, measures=(hold,),
        band=(50.0, 90.0), feedback=True, probe=False,
    )  # fmt: skip
    desk.pipeline.repetitions.append(repetition)
    assert desk.page(100.5).praise == said
