"""A person who leaves the band feels it, in a whole session; and nothing is felt where nothing may be."""

import asyncio
import itertools
from dataclasses import replace

import pytest

from biofeedback.devices.base import DeviceError, DeviceStatus
from biofeedback.devices.simulated import SimulatedPerson, simulated_devices
from biofeedback.exercises import model
from biofeedback.session import commands as ask
from biofeedback.session.calibration import steps_of
from biofeedback.session.engine import Engine, SessionPlan
from biofeedback.session.onsets import Onsets
from biofeedback.session.placing import place


def session(name="shoulder-abduction", *, on=True, asked=True, schedule="each", seconds=14.0, narrow=True):
    """An engine at full speed; what happened is kept. The band is so low that the person rises above it."""
    exercise = model.find(name)
    if narrow:
        exercise = replace(exercise, target=replace(exercise.target, low=20.0, high=35.0))
    person = SimulatedPerson(exercise, "healthy", 2, rest_s=0.5, reference_s=0.0, pause_s=0.5, going=False)
    devices = simulated_devices(person, speed=None)
    steps = tuple(step for step in steps_of(exercise) if step.kind in ("rest", "reference"))
    clock = devices[0].clock
    views, events = [], []

    class Page:
        tick = staticmethod(lambda row: None)
        page = staticmethod(views.append)
        beat = staticmethod(lambda: None)

    class Kept(Engine):
        def happen(self, event):
            events.append(event)
            super().happen(event)

    plan = SessionPlan(exercise=exercise, calibration=steps, auto=True, seconds=seconds)
    engine = Kept(plan, devices, publisher=Page(), clock=clock.session_s, sleep=clock.sleep, companion=person)

    async def run():
        task = asyncio.create_task(engine.run())
        while not hasattr(engine, "_touching"):
            await asyncio.sleep(0)
        engine.command(ask.PracticeBuzz("above"))  # nobody was asked yet
        if asked:
            engine.command(ask.AllowTouch())
        engine.command(ask.SetTouch(on))
        engine.command(ask.SetTouchStrength("gentle"))
        engine.command(ask.SetSchedule(schedule))
        await task

    asyncio.run(run())
    return engine, devices, [e for e in events if e.kind == "buzz"], views


def test_leaving_the_band_is_felt_and_marked():
    engine, devices, buzzes, views = session()
    told = [one for device in devices for one in device.told]
    assert len(told) >= 5
    assert len(buzzes) == len(told)
    assert {round(e.values["lasts_s"], 1) for e in buzzes} <= {0.2, 0.3}  # the pulse and 100 ms
    assert {one for device in devices for one in device.strengths} == {0.5}
    live = next(view for view in reversed(views) if view.phase == "live").feedback
    assert live.vibration is True
    assert live.touch_strength == "gentle"
    assert live.motor_above in {device.name for device in devices}
    shown = [view.feedback.buzzes for view in views]
    assert set(shown) - {""} <= {device.name for device in devices}
    assert sum(before == "" != now for before, now in itertools.pairwise(shown)) >= 2  # seen to begin and end
    start_s, sets = devices[0]._person.start_s, engine.course.sets
    for _, script_s, seconds in told:
        assert any(begin_s <= start_s + script_s <= end_s for begin_s, end_s in sets)
        assert seconds <= 0.2


@pytest.mark.parametrize("silent", [{"on": False}, {"schedule": "none"}, {"asked": False}])
def test_switched_off_or_faded_is_not_felt(silent):
    _, devices, buzzes, _ = session(seconds=11.0, **silent)
    assert [one for device in devices for one in device.told] == []
    assert buzzes == []


def test_the_way_to_the_band_is_no_mistake():
    _, devices, _, _ = session(seconds=11.0, narrow=False)
    assert sum(len(device.told) for device in devices) <= 2


def test_a_sensor_that_does_not_answer_takes_nothing_down(caplog):
    class Broken:
        """Out of reach whenever it is asked."""

        def __init__(self, device):
            self._device = device

        def __getattr__(self, name):
            return getattr(self._device, name)

        async def vibrate(self, seconds, strength):
            raise DeviceError("arm: the link is lost")

    from biofeedback.session.touching import Touching

    exercise = model.find("biceps-contraction")
    person = SimulatedPerson(exercise)
    device = Broken(simulated_devices(person, speed=None)[0])

    async def ask_for_one():
        from types import SimpleNamespace

        settings = SimpleNamespace(
            touch=True, touch_allowed=True, touch_strength="full", touch_below="", touch_above=""
        )
        pipeline = SimpleNamespace(exercise=exercise, settings=settings, sources=place(exercise, device.streams))
        events = []
        touching = Touching([device], {}, pipeline, SimpleNamespace(goal_lost=False), events.append, lambda: 0.0)
        touching._stepping = True
        touching.counted(True, False)
        await asyncio.sleep(0.01)
        touching.counted(True, False)
        await asyncio.sleep(0.01)
        assert touching.silent == device.name  # the console says so
        assert touching.buzzes == ""
        return events

    assert asyncio.run(ask_for_one()) == []
    assert caplog.text.count("did not vibrate") == 2


@pytest.mark.parametrize(
    ("state", "battery_percent", "felt"),
    [("streaming", None, True), ("streaming", 10.0, True), ("streaming", 9.0, False), ("lost", 80.0, False)],
)
def test_a_sensor_that_is_lost_or_nearly_empty_is_not_asked(state, battery_percent, felt):
    from types import SimpleNamespace

    from biofeedback.session.touching import Touching

    device = simulated_devices(SimulatedPerson(model.find("biceps-contraction")), speed=None)[0]
    status = DeviceStatus(device=device.name, state=state, battery_percent=battery_percent)
    pipeline = SimpleNamespace(exercise=model.find("biceps-contraction"))
    touching = Touching([device], {device.name: status}, pipeline, None, None, lambda: 0.0)
    assert (touching.motors == (device.name,)) is felt


def test_no_onset_is_believed_while_a_motor_runs():
    exercise = model.find("quadriceps-quiet-hamstrings")
    person = SimulatedPerson(exercise)
    devices = simulated_devices(person, speed=None)
    sources = place(exercise, [s for d in devices for s in d.streams])
    muscles = [s for s in sources.values() if s.stream.id.endswith("emg")][:2]
    onsets = Onsets(muscles[0], muscles[1])
    onsets._times_s[0].extend([10.0, 10.5])
    onsets._times_s[1].extend([10.2, 10.6])
    assert onsets.lead_ms(10.0, 11.0) == pytest.approx(200.0)
    onsets.buzzed(9.9, 10.3)
    assert onsets.lead_ms(10.0, 11.0) == pytest.approx(100.0)
    onsets.buzzed(10.4, 10.7)
    assert onsets.lead_ms(10.0, 11.0) is None


def test_practice_is_felt_between_sets_on_its_side_and_never_before_one_was_asked():
    from types import SimpleNamespace

    from biofeedback.session.settings import Settings, events_of
    from biofeedback.session.touching import Touching

    exercise = model.find("biceps-contraction")
    device = simulated_devices(SimulatedPerson(exercise), speed=None)[0]
    settings = Settings(exercise)
    pipeline = SimpleNamespace(
        exercise=exercise, settings=settings, sources=place(exercise, device.streams), live=False
    )

    async def felt():
        touching = Touching([device], {}, pipeline, SimpleNamespace(goal_lost=False), lambda event: None, lambda: 0.0)
        counts = []
        for command, live in ((None, False), (ask.AllowTouch(), False), (None, True)):
            for event in [] if command is None else events_of(command, 0.0):
                settings.apply(event)
            pipeline.live = live
            touching.practise("below")
            await asyncio.sleep(0.01)
            counts.append(len(device.told))
        return counts

    device.clock.begin()
    assert asyncio.run(felt()) == [0, 1, 1]
    assert device.strengths == [1.0]
