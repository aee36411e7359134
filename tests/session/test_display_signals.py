"""What the patient's display is told beside the goal signal: paths, pace, onsets, steps, leans, a game's gain."""

from dataclasses import replace

import numpy as np
import pytest

from biofeedback.devices.simulated import SimulatedPerson, simulated_devices
from biofeedback.exercises import model
from biofeedback.exercises.views import VIEWS, views_of
from biofeedback.feedback import paths
from biofeedback.feedback.cues import STATES
from biofeedback.session.merging import merged
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import place
from biofeedback.session.timed import TimedCounter
from biofeedback.stream import Event

START_S = 1000.0


class Run:
    """A person doing an exercise for so long, live from ``live_s`` on; and what the pipeline made of it.

    Packets of 20 ms are joined up to ``packet_s``, which saves time; with ``random`` they are cut instead.
    """

    def __init__(
        self, name, seconds, live_s=9.0, seed=3, condition="healthy", random=None, exercise=None, packet_s=0.5
    ):
        self.exercise = exercise or model.find(name)
        self.person = SimulatedPerson(
            self.exercise, condition, seed, rest_s=4.5, reference_s=2.0, pause_s=0.5, going=False
        )
        self.person.begin(START_S)
        devices = simulated_devices(self.person)
        streams = [stream for device in devices for stream in device.streams]
        self.pipeline = Pipeline(self.exercise, place(self.exercise, streams))
        self.rows, self.finished = [], []
        self.person.go(START_S + live_s)
        ended_s = START_S + live_s
        live = False
        for second in range(seconds):
            if second >= live_s and not live:
                live = True
                self.apply("live", ended_s)
            for device in devices:
                packets = device.chunks_until(second + 1.0)
                for chunk in merged(packets, packet_s) if random is None else packets:
                    for piece in self._pieces(device, chunk, random):
                        self._take(self.pipeline.process(piece))
            if second == live_s - 1:
                self._refer(START_S + second + 1.0)
        self._take(self.pipeline.finish())

    def _refer(self, now_s):
        """Take the reference contractions the person has made."""
        for reference in self.person.truth()["reference"]:
            seconds, ago_s = reference["end_s"] - reference["start_s"], now_s - reference["end_s"]
            values = {"step": "reference", "seconds": seconds, "ended_ago_s": ago_s, "trial": 1}
            values |= {"placement": reference["placement"], "method": "submaximal"}
            self.apply("calibrated", now_s, values)

    @staticmethod
    def _pieces(device, chunk, random):
        if random is None or len(chunk) < 2:
            return [chunk]
        info = next(stream for stream in device.streams if stream.id == chunk.stream)
        cut = int(random.integers(1, len(chunk)))
        return [
            info.chunk(chunk.counts[part], chunk.times_s[part], chunk.first_sample + at, 0, chunk.arrived_s)
            for at, part in ((0, slice(None, cut)), (cut, slice(cut, None)))
        ]

    def apply(self, kind, time_s, values=None):
        self._take(self.pipeline.apply(Event(time_s, kind, values or {})))

    def _take(self, update):
        self.rows += update.rows
        self.finished += update.finished

    def field(self, name):
        return np.array([row[name] for row in self.rows])


EVERY_S = 6.0


def brisk(name, every_s=EVERY_S):
    """Return an exercise whose repetitions are shorter, so that a test sees more than one of them."""
    exercise = model.find(name)
    return replace(exercise, repetition=replace(exercise.repetition, every_s=every_s))


@pytest.fixture(scope="module")
def tracked():
    return Run("", 22, exercise=brisk("biceps-path"))


def test_along_a_path_the_clock_counts_and_the_score_is_of_the_moving_band(tracked):
    found = tracked.finished
    assert [r.number for r in found] == [1, 2]
    assert [r.start_s - START_S for r in found] == pytest.approx([9.0, 15.0])
    truth = tracked.person.goal_at
    band = tracked.exercise.target
    for repetition in found[1:]:
        times_s = np.arange(repetition.start_s, repetition.end_s, 0.01)
        rise = band.path.rise * paths.rise(band.path.shape, (times_s - START_S - 9.0) / EVERY_S)
        true_error = float(np.sqrt(np.mean((truth(times_s) - rise - (band.low + band.high) / 2) ** 2)))
        assert repetition.measure("tracking_error").value == pytest.approx(true_error, abs=4.0)
        assert repetition.measure("tracking_error").value < 10  # of 38 % that the path rises
        assert repetition.reached


def test_the_cue_of_a_path_answers_the_band_where_it_is(tracked):
    live = tracked.field("left_s") > 0
    level, rise, state = tracked.field("level")[live], tracked.field("rise")[live], tracked.field("state")[live]
    low, high = tracked.pipeline.level_band
    clearly_in = (level > low + rise + 0.05) & (level < high + rise - 0.05)
    clearly_below, clearly_above = level < low + rise - 0.06, level > high + rise + 0.06
    for where, wanted in ((clearly_in, "in"), (clearly_below, "below"), (clearly_above, "above")):
        if where.sum() > 50:  # the state holds 0.35 s, so it may lag a little
            assert np.mean(state[where] == STATES.index(wanted)) > 0.6, wanted
    assert clearly_in.sum() > 500
    assert np.ptp(rise) == pytest.approx(38 / 80, abs=0.02)


def test_a_path_that_is_left_alone_is_not_reached():
    exercise = model.find("knee-path-seated")
    person = SimulatedPerson(exercise, "healthy", 5, rest_s=60.0, reference_s=0.0, going=False)
    person.begin(START_S)
    devices = simulated_devices(person)
    pipeline = Pipeline(exercise, place(exercise, [stream for device in devices for stream in device.streams]))
    pipeline.apply(Event(START_S + 4.0, "live"))
    for device in devices:
        for chunk in merged(device.chunks_until(19.0), 0.5):
            pipeline.process(chunk)
    pipeline.finish()
    assert [r.reached for r in pipeline.repetitions] == [False]
    assert pipeline.repetitions[0].measure("time_off_path").value > 50


def test_any_chunking_gives_the_same_repetitions_along_a_path(tracked):
    again = Run("", 22, exercise=tracked.exercise, random=np.random.default_rng(8))
    assert [(r.start_s, r.end_s, r.score, r.measures) for r in again.finished] == [
        (r.start_s, r.end_s, r.score, r.measures) for r in tracked.finished
    ]
    assert np.array_equal(again.field("gained"), tracked.field("gained"))


def test_repetitions_go_on_with_the_next_number_after_a_pause(tracked):
    run = tracked
    run.apply("paused", START_S + 22)
    run.apply("countdown", START_S + 36, {"set": 1})
    run.apply("live", START_S + 40)
    counter = run.pipeline
    assert [r.number for r in run.finished] == [1, 2]
    for event in counter._timed.process(np.array([START_S + 40.0, START_S + 40.0 + EVERY_S]), np.zeros(2)):
        counter._moved(event, type("U", (), {"counted": 0, "finished": [], "retracted": 0})())
    assert [r.number for r in counter.finish().finished] == [3]


def test_the_clock_counts_up_to_the_dose_and_takes_one_more_for_one_struck_out():
    counter = TimedCounter(2.0)
    counter.restart(10.0, 2)
    times_s = np.arange(9.0, 20.0, 0.01)
    events = counter.process(times_s, np.full(len(times_s), np.nan))
    assert [(e.kind, round(e.time_s, 6)) for e in events if e.kind != "phase"] == [
        ("counted", 12.0), ("finished", 12.0), ("counted", 14.0), ("finished", 14.0),
    ]  # fmt: skip
    assert [e.phase for e in events if e.kind == "phase"] == ["out", "rest"]
    assert counter.left_s(15.0) == 0.0
    counter.allow(1)
    more = counter.process(np.arange(20.0, 24.0, 0.01), np.zeros(400))
    assert [(e.kind, round(e.time_s, 6)) for e in more if e.kind == "counted"] == [("counted", 22.0)]


def test_balance_shows_where_the_trunk_truly_leans():
    run = Run("", 18, live_s=8.0, condition="unsteady-stance", exercise=brisk("standing-balance", 9.0), packet_s=0.06)
    times_s = run.field("time_s")
    late = times_s > START_S + 8.0
    assert np.isfinite(run.field("level")[late]).all()
    ahead, right = (np.degrees(lean) for lean in run.person.leans_at(times_s[late]))
    shown = run.field("other_value")[late]
    for place_, true in ((0, right), (1, ahead)):
        error = shown[:, place_] - true
        assert np.sqrt(np.mean(error**2)) < 0.5
        assert np.corrcoef(shown[:, place_], true)[0, 1] > 0.97
    assert run.finished[0].end_s - run.finished[0].start_s == pytest.approx(9.0)
    left = run.field("left_s")[late]
    assert left.max() == pytest.approx(9.0, abs=0.05)


@pytest.fixture(scope="module")
def selective():
    exercise = model.find("quadriceps-quiet-hamstrings")
    vastus, hamstrings = exercise.signals
    exercise = replace(exercise, signals=[vastus, replace(hamstrings, band=(0.0, 6.0))])
    return Run("", 30, live_s=15.0, condition="stroke-synergy", exercise=exercise)


def test_the_other_muscle_has_its_own_level_and_state(selective):
    run = selective
    lane = [s.id for s in run.exercise.signals].index("biceps_femoris")
    other, value = run.field("other_level")[:, 0], run.field("value")[:, lane]
    known = np.isfinite(value)
    assert np.allclose(other[known], np.clip(value[known] / 60.0, 0, 1), atol=1e-5)
    state, live = run.field("other_state")[:, 0], run.field("time_s") > START_S + 15.0
    far = known & live & (other > 0.14)  # clearly above its own band, which ends at 0.1; the state holds 0.35 s
    assert far.sum() > 100
    assert np.mean(state[far] == STATES.index("above")) > 0.5
    assert {STATES[i] for i in state[known & live & (other < 0.08)]} >= {"in"}
    assert run.pipeline.other_bands == ((0.0, 0.1),)


def test_a_muscle_is_drawn_steadied(selective):
    level, drawn = selective.pipeline.level, selective.field("level")
    plain = np.array([level(float(value)) for value in selective.field("goal_value")])
    known = np.isfinite(plain) & np.isfinite(drawn)
    moves, drawn_moves = (np.abs(np.diff(levels[known])).sum() for levels in (plain, drawn))
    assert drawn_moves < 0.5 * moves
    assert np.mean(drawn[known]) == pytest.approx(np.mean(plain[known]), rel=0.05)


def test_a_repetition_stands_as_high_as_it_was_drawn(selective):
    times_s, drawn = selective.field("time_s"), selective.field("level")
    assert len(selective.finished) >= 2
    for repetition in selective.finished:
        during = (times_s >= repetition.start_s) & (times_s <= repetition.end_s)
        height = selective.pipeline.drawn_height(repetition)
        low = selective.pipeline.level_band[0] if repetition.reached else 0.0
        assert height == pytest.approx(max(low, np.nanmax(drawn[during])), abs=0.03)
        assert height < selective.pipeline.level(repetition.peak)  # the highest swing was not


def test_the_order_of_two_muscles_is_the_true_one(selective):
    errors_ms, leads_ms = [], []
    for repetition in selective.finished:
        planned = selective.person.truth()["repetitions"]
        onsets = min(planned, key=lambda r: abs(r["start_s"] - repetition.start_s))["emg_onsets_s"]
        lead_ms = selective.pipeline.beside._onsets.lead_ms(repetition.start_s, repetition.peak_s)
        if lead_ms is not None:
            leads_ms.append(lead_ms)
            errors_ms.append(lead_ms - 1000 * (onsets["biceps_femoris"] - onsets["vastus_medialis"]))
    print(f"order: errors {np.round(errors_ms)} ms")
    assert len(leads_ms) >= 2
    assert abs(np.median(errors_ms)) < 100  # the vastus rises from nothing, so it is heard some 70 ms after it began
    assert np.median(leads_ms) < 0  # the opposing muscle fires first
    assert selective.pipeline.beside.order is not None


def test_both_feet_step_and_the_shorter_one_is_seen():
    run = Run("even-steps", 26, live_s=8.0, condition="stroke-synergy")
    steps = run.pipeline.beside.steps
    sides = {side: [step.level for step in steps if step.side == side] for side in ("left", "right")}
    assert len(sides["left"]) >= 3
    assert len(sides["right"]) >= 3
    shorter = np.mean(sides["right"]) / np.mean(sides["left"])
    assert shorter == pytest.approx(0.72, abs=0.12)  # what the simulated person does
    assert run.pipeline.beside.steps_done == pytest.approx(2 * len(run.finished), abs=2)


def test_the_game_gains_the_time_in_the_band_and_never_loses_it():
    exercise = model.find("biceps-contraction")
    exercise = replace(exercise, feedback=replace(exercise.feedback, game_s=4.0))
    run = Run("biceps-contraction", 26, live_s=9.0, exercise=exercise)
    gained, state = run.field("gained"), run.field("state")
    live = run.field("time_s") >= START_S + 9.0
    inside = np.isin(state, [STATES.index("in"), STATES.index("hold")]) & live
    assert np.all(np.diff(gained) >= 0)
    assert gained == pytest.approx(np.minimum(1.0, np.cumsum(inside) * 0.01 / 4.0), abs=0.01)
    assert gained[-1] > 0.5


def test_every_exercise_can_be_shown_in_the_view_it_begins_with():
    seen = set()
    for exercise in model.library().values():
        assert exercise.views[0] == exercise.feedback.view
        seen.update(exercise.views)
    assert seen == set(VIEWS)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"view": "plane"}, "feedback.view: 'plane' needs other signals"),
        ({"others": ["nobody"]}, "feedback.others: 'nobody'"),
        ({"view": "gait"}, "feedback.view: 'gait'"),
        ({"lead_ms": (5.0, 5.0)}, "feedback.lead_ms"),
    ],
)
def test_an_exercise_that_cannot_show_its_view_says_what_is_missing(changes, words):
    from biofeedback.exercises.views import unseen

    exercise = model.find("biceps-contraction")
    assert unseen(exercise) is None
    assert words in unseen(replace(exercise, feedback=replace(exercise.feedback, **changes)))


def test_a_path_needs_the_time_it_takes():
    from biofeedback.exercises.views import unseen

    exercise = model.find("biceps-path")
    assert views_of(exercise) == ("path",)
    timeless = replace(exercise, repetition=replace(exercise.repetition, every_s=None))
    assert "repetition.every_s" in unseen(timeless)
