"""What is heard in a whole session, rendered in step with it: chimes, probes, rests, beats and families."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from biofeedback.devices.simulated import SimulatedPerson, simulated_devices
from biofeedback.exercises import model
from biofeedback.feedback.cues import Cue
from biofeedback.outputs.sound import Sound
from biofeedback.outputs.synth import Synth
from biofeedback.session import commands as ask
from biofeedback.session.again import AsLeft
from biofeedback.session.calibration import steps_of
from biofeedback.session.course import Course
from biofeedback.session.engine import Engine, SessionPlan
from biofeedback.session.notices import Notices
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.sounding import Sounding
from biofeedback.session.view import TICK
from biofeedback.stream import Event

RATE_HZ = 12_000  # the tones' partials end at 3.1 kHz


class Rendered(Sound):
    """Sound whose samples are made as session time goes by, so that a session may run faster than a device plays."""

    def __init__(self, delay_ms=None):
        super().__init__(Synth(RATE_HZ), backends=(), measured_ms={"Radio": delay_ms})
        self.said, self.sound, self.views, self.begun_s = [], [], [], None
        self.voice.say = lambda text, level_db, language: self.said.append((text, level_db, language))

    def start(self):
        """No device: the session's own time fetches the samples."""

    def stop(self):
        """Nothing to close."""

    @property
    def delay_ms(self):
        """As a device of that name would say."""
        return self._measured_ms["Radio"]

    def until(self, now_s):
        """Render up to session time."""
        self.begun_s = now_s if self.begun_s is None else self.begun_s
        blocks = int((now_s - self.begun_s) * RATE_HZ) // 256 - len(self.sound)
        self.sound += [self.synth.render(256) for _ in range(max(blocks, 0))]

    def peak_db(self, from_s, to_s):
        """Highest sample between two session times, dBFS."""
        first, last = (int((t - self.begun_s) * RATE_HZ / 256) for t in (from_s, to_s))
        return 20 * np.log10(max(np.abs(np.concatenate(self.sound[first:last])).max(), 1e-12))


def session(commands=(), seconds=30.0, delay_ms=None, again=None, auto=True):
    exercise = model.find("shoulder-abduction")
    dose = replace(exercise.dose, sets=2, repetitions=2, probes=1, rest_s=6.0)
    exercise = replace(exercise, dose=dose)
    person = SimulatedPerson(exercise, "healthy", 2, rest_s=0.5, reference_s=0.0, pause_s=0.5, going=False)
    devices = simulated_devices(person, speed=None)
    steps = tuple(step for step in steps_of(exercise) if step.kind in ("rest", "pose"))
    sound, clock = Rendered(delay_ms), devices[0].clock

    class Page:
        tick = staticmethod(lambda row: None)
        page = staticmethod(sound.views.append)
        beat = staticmethod(lambda: sound.until(clock.session_s()))

    plan = SessionPlan(exercise=exercise, calibration=steps, auto=auto, seconds=seconds, again=again)
    engine = Engine(plan, devices, sound=sound, publisher=Page(), clock=clock.session_s, sleep=clock.sleep,
                    companion=person)  # fmt: skip

    async def run():
        task = asyncio.create_task(engine.run())
        while not hasattr(engine, "_sounding"):
            await asyncio.sleep(0)
        for command in commands:
            engine.command(command)
        await task

    asyncio.run(run())
    heard = [(e.cue, sound.begun_s + e.at_s) for e in sound.synth.take_events() if e.fate == "sounded"]
    return engine, sound, heard


@pytest.fixture(scope="module")
def whole():
    everything = (ask.SetFamily("metronome"), ask.SetFamily("speech", 3.0), ask.SetVolume(10))
    return session(everything)


def test_as_many_chimes_as_repetitions_reached(whole):
    engine, _, heard = whole
    practised = [r for r in engine.pipeline.repetitions if not r.probe]
    reached = sum(r.reached for r in practised)
    assert reached >= 1
    assert sum(cue == "chime" for cue, _ in heard) == reached
    assert sum(cue == "counted" for cue, _ in heard) == len(practised) - reached


def test_a_probe_has_nothing_but_its_end(whole):
    engine, sound, heard = whole
    probes = [r for r in engine.pipeline.repetitions if r.probe]
    assert probes
    assert sum(cue == "probe_end" for cue, _ in heard) == len(probes)
    for probe in probes:
        during = [cue for cue, at_s in heard if probe.start_s + 0.4 <= at_s <= probe.end_s]
        assert set(during) <= {"probe_end"}
        ends = [at_s for cue, at_s in heard if cue == "probe_end" and at_s > probe.start_s]
        assert sound.peak_db(probe.start_s + 0.8, ends[0] - 0.02) < -90


def test_rest_is_silent_but_for_its_end(whole):
    engine, _, heard = whole
    (_, ended_s), (begun_s, _) = engine.course.sets[:2]
    done_s = next(at_s for cue, at_s in heard if cue == "set_done")
    assert ended_s <= done_s + 0.1
    resting = {cue for cue, at_s in heard if done_s + 0.1 < at_s < begun_s - 3.2}
    assert resting <= {"rest_over"}
    assert [cue for cue, at_s in heard if begun_s - 3.2 < at_s < begun_s + 0.1].count("count_in") == 3


def test_the_count_in_is_a_second_apart_to_the_sample_and_ends_with_the_start(whole):
    engine, _, heard = whole
    counted = np.array([at_s for cue, at_s in heard if cue in ("count_in", "go")]).reshape(-1, 4)
    assert len(counted) == len(engine.course.sets)
    assert np.diff(counted, axis=1) == pytest.approx(1.0, abs=1.5 / RATE_HZ)
    starts_s = np.array([begun_s for begun_s, _ in engine.course.sets])
    assert counted[:, 3] - starts_s == pytest.approx(0.0, abs=0.06)  # the sound is rendered every 50 ms here


def test_a_pause_calls_the_count_in_off():
    pipeline = Pipeline(model.find("shoulder-abduction"), {})
    sound = Rendered()
    sounding = Sounding(sound, pipeline, Course(pipeline.exercise.dose))
    sounding.apply(Event(0.0, "countdown", {"set": 1}))
    sound.synth.render(3 * RATE_HZ // 2)
    sounding.apply(Event(1.5, "paused"))
    sound.synth.render(3 * RATE_HZ)
    assert sound.synth.counts() == {"count_in": 2}


def test_the_beat_goes_with_the_person_where_it_is_on(whole):
    engine, _, heard = whole
    starts_s = [r.start_s for r in engine.pipeline.repetitions if not r.probe]
    ups_s = [at_s for cue, at_s in heard if cue == "phase_up"]
    assert len(ups_s) == len(starts_s)
    assert all(0 <= up_s - start_s < 1.0 for up_s, start_s in zip(ups_s, starts_s, strict=True))


def test_what_is_spoken_is_what_is_printed(whole):
    engine, sound, _ = whole
    goal = engine.plan.exercise.feedback.goal
    assert [text for text, _, _ in sound.said].count(goal) == 2
    assert all(level_db == 3.0 for _, level_db, _ in sound.said)
    assert sound.said[0] == ("Keep still. Let go.", 3.0, "en")  # speech was switched on while that was asked for


def test_families_and_headphones_are_obeyed_and_speech_is_in_the_language_of_the_windows():
    speech = (ask.SetFamily("speech"), ask.SetLanguage("de"), ask.SetLanguage("no such"))
    off = (*speech, ask.SetFamily("signals", None), ask.SetFamily("own movement", -3.0), ask.SetHeadphones(True))
    engine, sound, heard = session(off, seconds=12.0)
    assert engine.pipeline.repetitions or engine.pipeline.live
    assert not {cue for cue, _ in heard}
    assert sound.said[0] == ("Ruhig bleiben. Locker lassen.", -18 - 6, "de")
    assert sound.synth.headphones
    assert engine.document()["settings"]["families"]["own movement"] == -3.0
    loudest_db = 20 * np.log10(max(np.abs(block).max() for block in sound.sound))
    assert -60 < loudest_db < -18 - 18 - 6 - 3 + 3  # follow, volume 4, headphones, family; up to 2.5 dB for low notes


def answered(mode, state, error, exercise="shoulder-abduction", lean=0.0, seconds=1.5, **settings):
    """What is heard of one cue that stays, shape (n_frames, 2), and the sounds begun."""
    exercise = model.find(exercise)
    pipeline = Pipeline(exercise, {})
    pipeline._live = True
    for name, value in {"sound": True, "sound_mode": mode, "volume": 10, **settings}.items():
        setattr(pipeline.settings, name, value)
    sound = Rendered()
    sounding = Sounding(sound, pipeline, Course(exercise.dose))
    row = np.zeros((), TICK)
    row["cue"], row["value"] = True, lean
    blocks = []
    for block in range(round(seconds * RATE_HZ / 256)):
        sounding.cue(Cue(0.1 * block, 0.5, error, state, 0.0, False), row, 0.0)
        blocks.append(sound.synth.render(256))
    return np.concatenate(blocks), sound.synth.counts()


def loudest_db(sound):
    return 20 * np.log10(max(np.abs(sound).max(), 1e-12))


@pytest.mark.parametrize("mode", ["guide", "quiet"])
def test_what_leads_to_the_band_is_silent_where_the_screen_asks_for_nothing(mode):
    """Between two repetitions the person rests far below the band, and nothing is to call them up."""
    assert loudest_db(answered(mode, "idle", -4.0)[0]) < -90
    assert loudest_db(answered(mode, "below", -4.0)[0]) > -31
    assert loudest_db(answered(mode, "below", -1.05)[0]) < -90  # nearer than the bandwidth of the feedback
    assert loudest_db(answered(mode, "in", 0.5)[0]) < -90


@pytest.mark.parametrize(("state", "error", "rises"), [("below", -1.2, True), ("above", 1.2, False)])
def test_guide_leads_the_right_way(state, error, rises):
    glide = answered("guide", state, error, seconds=0.2)[0][:, 0]
    crossings = np.flatnonzero((glide[:-1] < 0) & (glide[1:] >= 0))
    periods = np.diff(crossings)[3:-3]
    assert (periods[-8:].mean() < periods[:8].mean()) == rises


@pytest.mark.parametrize(("lean_deg", "louder"), [(-9.0, 0), (9.0, 1)])
def test_side_is_the_side_the_person_leans_to_however_the_goal_is_counted(lean_deg, louder):
    """The goal of standing balance is how far, in any direction: it knows no side."""
    sound, _ = answered("side", "above", 2.5, "standing-balance", lean_deg)
    left_db, right_db = loudest_db(sound[:, 0]), loudest_db(sound[:, 1])
    assert abs(left_db - right_db) > 7
    assert (right_db > left_db) == bool(louder)


def test_side_needs_a_signal_that_knows_sides():
    assert "side" in model.find("standing-balance").sounds
    assert "side" not in model.find("shoulder-abduction").sounds
    assert loudest_db(answered("side", "above", 2.5)[0]) < -90


@pytest.mark.parametrize(("mode", "limits"), [("follow", 1), ("steps", 1), ("off", 1), ("guide", 0), ("quiet", 0)])
def test_beyond_the_band_the_limit_tone_says_less_once_where_no_other_sound_does(mode, limits):
    assert answered(mode, "above", 2.0, seconds=4.0)[1].get("limit", 0) == limits
    assert "limit" not in answered(mode, "below", -2.0)[1]


@pytest.mark.parametrize(
    ("mode", "sound_range", "expected_hz"),
    [
        ("follow", "wide", 454),
        ("follow", "narrow", 370),
        ("steps", "wide", 262 * 2 ** (9 / 12)),
        ("steps", "narrow", 392),
    ],
)
def test_the_pitch_of_the_own_movement(mode, sound_range, expected_hz):
    """At half the display: 9.5 semitones of 19, 6 of 12; the notes of the scale next to them."""
    sound, _ = answered(mode, "below", -2.0, sound_range=sound_range)
    heard = sound[-RATE_HZ // 2 :, 0]
    strongest = np.argmax(np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 1 << 17)))
    assert strongest * RATE_HZ / (1 << 17) == pytest.approx(expected_hz, rel=0.01)


def test_late_sound_does_not_steer_but_chimes_stay():
    _, sound, heard = session((ask.SetFamily("signals", 0.0),), seconds=13.0, delay_ms=150.0)
    cues = {cue for cue, _ in heard}
    assert {"count_in", "go"} <= cues
    assert cues & {"chime", "counted"}
    go_s = next(at_s for cue, at_s in heard if cue == "go")
    next_s = min(at_s for cue, at_s in heard if at_s > go_s + 0.1)
    assert sound.peak_db(go_s + 0.4, next_s - 0.05) < -90
    assert any(v.banner and "150 ms late" in v.banner.detail for v in sound.views)


def test_a_device_known_to_be_late_is_late():
    sound = Sound(backends=("miniaudio-null",), measured_ms={"Radio": 150.0})
    assert (sound.delay_ms, sound.late) == (None, False)

    class Player:
        device, audible, gaps, alive, delay_s = "Radio", True, 0, True, 0.02

    sound._player = Player()
    assert (sound.delay_ms, sound.late) == (150.0, True)
    Player.device = "Wire"
    assert (sound.delay_ms, sound.late) == (20.0, False)


@pytest.mark.parametrize(("left", "asked"), [(None, False), (AsLeft(settings={"volume": 7}), False), (AsLeft(), True)])
def test_a_first_visit_begins_softly_and_asks_whether_it_is_loud_enough(left, asked):
    Rendered.device = "Loudspeaker"
    try:
        engine, sound, _ = session(seconds=2.0, again=left, auto=False)
    finally:
        del Rendered.device
    assert engine.pipeline.settings.volume == (7 if left and left.settings else 4)
    banners = {view.banner.title for view in sound.views if view.banner}
    assert ("Is the sound loud enough?" in banners) == asked


def test_a_device_lost_in_mid_session_is_said_once_and_so_is_its_return():
    pipeline = Pipeline(model.find("shoulder-abduction"), {})
    sound, notices, banners = Rendered(), Notices(), []
    sounding = Sounding(sound, pipeline, Course(pipeline.exercise.dose))
    for now_s, state in enumerate(["on", "off: sound server gone", "off: sound server gone", "on", "on"]):
        sound._state = state
        sounding.watch(notices, float(now_s))
        banners.append(notices.banner())
    titles = [None if banner is None else banner.title for banner in banners]
    assert titles == [None, *2 * ["The loudspeaker is gone."], *2 * ["The loudspeaker is back."]]
    assert [action.command for action in banners[1].actions] == ["DismissBanner"]


def test_a_lost_device_that_was_dismissed_does_not_come_back():
    pipeline = Pipeline(model.find("shoulder-abduction"), {})
    sound, notices = Rendered(), Notices()
    sounding = Sounding(sound, pipeline, Course(pipeline.exercise.dose))
    sound._state = "off: sound server gone"
    sounding.watch(notices, 0.0)
    notices.dismiss()
    sounding.watch(notices, 1.0)
    assert notices.banner() is None


class Microphone:
    """A measurement that hears what it is told to hear."""

    over, stopped, failure = True, False, ""

    def __init__(self, delay_ms, failure=""):
        self.delay_ms, self.failure = delay_ms, failure


@pytest.mark.parametrize(
    ("heard", "title", "kept"),
    [
        (Microphone(34.0), "The sound was heard.", {"Radio": 34.0}),
        (Microphone(180.0), "The sound comes late.", {"Radio": 180.0}),
        (Microphone(None), "No chime was heard.", {}),
        (Microphone(None, "no input"), "No chime was heard.", {}),
    ],
)
def test_what_a_measurement_heard_counts_from_then_on_and_is_kept(monkeypatch, heard, title, kept):
    sound, notices, remembered = Rendered(), Notices(), {}
    sound._state, sound._remember = "on", remembered.__setitem__
    monkeypatch.setattr(Rendered, "device", "Radio")
    monkeypatch.setattr("biofeedback.session.sounding.Measurement", lambda *_: heard)
    pipeline = Pipeline(model.find("shoulder-abduction"), {})
    sounding = Sounding(sound, pipeline, Course(pipeline.exercise.dose))
    sounding.measure(notices)
    assert notices.banner().title == "Listening for chimes…"
    sounding.watch(notices, 0.0)
    assert notices.banner().title == title
    assert remembered == kept
    assert sound.late is (heard.delay_ms == 180.0)


def test_a_measurement_needs_sound_and_none_begins_in_a_set(monkeypatch):
    begun = []
    monkeypatch.setattr("biofeedback.session.sounding.Measurement", lambda *_: begun.append(1))
    sound, notices = Rendered(), Notices()
    pipeline = Pipeline(model.find("shoulder-abduction"), {})
    sounding = Sounding(sound, pipeline, course := Course(pipeline.exercise.dose))
    sounding.measure(notices)  # there is no device
    assert notices.banner().title == "The sound is off."
    sound._state, course.phase = "on", "live"
    sounding.measure(notices)
    assert begun == []


def test_a_sample_is_heard_in_a_rest_and_a_pause():
    pipeline = Pipeline(model.find("shoulder-abduction"), {})
    sound, course = Rendered(), Course(pipeline.exercise.dose)
    sounding = Sounding(sound, pipeline, course)
    for phase in ("rest", "paused"):
        course.phase = phase
        sounding.watch(Notices(), 0.0)
        sound.synth.render(2560)
        sounding.sample()
        sound.synth.render(RATE_HZ)
    assert sound.synth.counts() == {"chime": 2}
