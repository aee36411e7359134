from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biofeedback.measures.extent import rest_edge
from biofeedback.measures.repetitions import RepetitionCounter, RepetitionSettings

RATE = 100.0
SETTINGS = RepetitionSettings(expected_range=80.0, smallest_range=10.0)


def cycles(n, height=90.0, period_s=3.0, rest_s=0.0):
    """Out and back n times, with rest after each."""
    moving = np.arange(round(period_s * RATE)) / RATE
    one = height / 2.0 * (1.0 - np.cos(2.0 * np.pi * moving / period_s))
    return np.tile(np.concatenate([one, np.zeros(round(rest_s * RATE))]), n)


def counted(values, settings_=SETTINGS, finish=True):
    counter = RepetitionCounter(settings_)
    events = counter.process(np.arange(len(values)) / RATE, np.asarray(values, dtype=float))
    return counter, events + (counter.finish() if finish else [])


def kinds(events):
    return [event.kind for event in events if event.kind != "phase"]


def test_three_with_tremor_and_rest():
    t = np.arange(0, 12, 0.01)
    angle = 45.0 * (1.0 - np.cos(2.0 * np.pi * t / 3.0)) * (t < 9.0) + 2.0 * np.sin(2.0 * np.pi * 2.7 * t)
    counter, _ = counted(angle)
    assert counter.count == 3
    for rep, crossing_s in zip(counter.repetitions, (0.91, 3.93, 6.94), strict=True):
        assert rep.start_s < crossing_s < rep.end_s
        assert rep.peak_value == pytest.approx(90.0, abs=3.0)
        assert rep.complete


def test_start_peak_and_end_are_where_the_movement_is():
    values = np.concatenate([np.zeros(200), cycles(3, rest_s=2.0)])
    counter, _ = counted(values)
    for i, rep in enumerate(counter.repetitions):
        begin = 2.0 + 5.0 * i
        assert rep.start_s == pytest.approx(begin, abs=0.15)
        assert rep.peak_s == pytest.approx(begin + 1.5, abs=0.02)
        assert rep.end_s == pytest.approx(begin + 3.0, abs=0.15)
    assert [rep.number for rep in counter.repetitions] == [1, 2, 3]


def test_counts_on_the_way_back_and_finishes_at_rest():
    _, events = counted(np.concatenate([cycles(1), np.zeros(100)]), finish=False)
    assert kinds(events) == ["peak", "counted", "finished"]
    peak, count, finish = (event.time_s for event in events if event.kind != "phase")
    assert 1.5 < peak < 1.9
    assert peak <= count < 2.2
    assert 2.7 < finish < 3.5


def test_low_peaks_count_too():
    counter, _ = counted(90.0 - cycles(4), RepetitionSettings(expected_range=80.0, smallest_range=10.0, peak_at="low"))
    assert counter.count == 4
    assert counter.repetitions[0].peak_value == pytest.approx(0.0, abs=1.0)
    assert counter.repetitions[0].start_value == pytest.approx(90.0, abs=3.0)


def test_an_electrode_that_comes_off_takes_nothing_back():
    burst = np.concatenate([40.0 + 1200.0 * np.exp(-np.arange(200) / 80.0), 40.0 + cycles(3, 35.0, 1.4)])
    counter, events = counted(np.concatenate([cycles(6), burst]))
    assert "retracted" not in kinds(events)
    assert [rep.peak_value for rep in counter.repetitions][:6] == pytest.approx([90.0] * 6, abs=1.0)


@pytest.mark.parametrize("drift", [-4.0, 4.0])
def test_a_drifting_rest_level_changes_nothing(drift):
    values = cycles(10, height=60.0)
    counter, _ = counted(values + drift * np.arange(len(values)) / RATE)
    assert counter.count == 10


@pytest.mark.parametrize("height", [25.0, 80.0, 170.0])
def test_learns_the_persons_own_range(height):
    counter, _ = counted(cycles(6, height=height))
    assert counter.count == 6
    assert counter.usual_range == pytest.approx(height, rel=0.1)


def test_restlessness_before_is_taken_back_once_the_real_range_is_seen():
    values = np.concatenate([cycles(4, height=20.0, period_s=2.0), np.zeros(100), cycles(6, height=90.0)])
    counter, events = counted(values)
    assert counter.count == 6
    assert len(counter.partials) == 4
    assert kinds(events).count("counted") - kinds(events).count("retracted") == 6


def test_small_movements_in_between_are_partial():
    values = np.concatenate([cycles(3), cycles(1, height=25.0), cycles(2)])
    counter, events = counted(values)
    assert counter.count == 5
    assert "partial" in kinds(events)
    (partial,) = counter.partials
    assert partial.peak_value == pytest.approx(25.0, abs=1.0)
    assert not partial.complete


def test_a_knock_is_no_repetition():
    values = np.concatenate([np.zeros(200), np.full(10, 100.0), np.zeros(200), cycles(3)])
    assert counted(values)[0].count == 3


def test_a_pause_at_the_top_or_on_the_way_is_one_repetition():
    up, down = np.linspace(0, 80, 100), np.linspace(80, 0, 100)
    one = np.concatenate([up[:60], np.full(100, up[60]), up[60:], np.full(300, 80.0), down, np.zeros(50)])
    counter, events = counted(np.tile(one, 3))
    assert counter.count == 3
    assert "hold" in {event.phase for event in events}


def test_begins_and_ends_in_mid_movement():
    values = cycles(5)[120:-100]
    counter, _ = counted(values)
    assert counter.count == 5
    assert [rep.complete for rep in counter.repetitions] == [False, True, True, True, False]


def test_last_way_out_counts_at_the_end_but_not_as_complete():
    counter, events = counted(cycles(3)[:-130], finish=False)
    assert counter.count == 2
    last = [event.repetition for event in counter.finish() if event.kind == "finished"][-1]
    assert counter.count == 3
    assert last is not None
    assert not last.complete
    assert RepetitionCounter(SETTINGS).finish() == []
    assert events


def test_a_posture_held_too_long_is_no_repetition():
    brief = RepetitionSettings(expected_range=80.0, smallest_range=10.0, longest_s=5.0)
    values = np.concatenate(
        [cycles(3), np.linspace(0, 80, 100), np.full(600, 80.0), np.linspace(80, 0, 100), cycles(2)]
    )
    assert counted(values, brief)[0].count == 5


def test_restart_counts_anew_and_keeps_the_range():
    counter, _ = counted(cycles(4, height=40.0))
    counter.restart()
    assert counter.count == 0
    assert counter.usual_range == pytest.approx(40.0, rel=0.1)
    events = counter.process(100.0 + np.arange(300) / RATE, cycles(1, height=40.0))
    assert [event.repetition.number for event in events if event.kind == "counted" and event.repetition] == [1]


def test_many_repetitions_settle_and_stay():
    counter, events = counted(cycles(40) + np.repeat(np.linspace(0.0, 1.0, 40), 300))
    assert counter.count == 40
    assert [rep.number for rep in counter.repetitions] == list(range(1, 41))
    assert "retracted" not in kinds(events)


def test_phases_follow_the_movement():
    one = np.concatenate([np.zeros(100), np.linspace(0, 80, 100), np.full(100, 80.0), np.linspace(80, 0, 100)])
    _, events = counted(np.concatenate([one, np.zeros(100)]))
    assert [event.phase for event in events if event.kind == "phase"] == ["out", "hold", "back", "rest"]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 1799), max_size=30, unique=True), st.integers(0, 1700))
def test_chunks_and_missing_values_do_not_matter(cuts, hole):
    values = cycles(6) + np.random.default_rng(3).normal(size=1800)
    values[hole : hole + 20] = np.nan
    times = np.arange(1800) / RATE
    whole, events = counted(values)
    cut = RepetitionCounter(SETTINGS)
    pieces = [e for a, b in pairwise([0, *sorted(cuts), 1800]) for e in cut.process(times[a:b], values[a:b])]
    assert pieces + cut.finish() == events
    assert cut.repetitions == whole.repetitions
    assert whole.count == 6


def test_rest_edge_of_a_way_with_rest_before():
    values = np.concatenate([np.zeros(50), 40.0 * (1.0 - np.cos(np.linspace(0, np.pi, 100)))])
    assert rest_edge(np.arange(150) / RATE, values) == pytest.approx(50, abs=6)


def test_a_limb_that_sinks_in_a_long_pause_is_not_under_way():
    """Back beyond the place where it rests, and then a quarter of a minute of rest there: as legs do."""
    back, rest = cycles(3), 14.0 * (1.0 - np.exp(-np.arange(2200) / 150.0))
    counter, _ = counted(np.concatenate([back, rest, rest[-1] + cycles(1, height=76.0), back]))
    assert counter.count == 7
    after = counter.repetitions[3]
    assert after.start_s == pytest.approx(31.0, abs=0.4)
    assert after.end_s - after.start_s == pytest.approx(3.0, abs=0.5)


def lost(values, *spans_s):
    values = np.array(values, dtype=float)
    for begin_s, end_s in spans_s:
        values[round(begin_s * RATE) : round(end_s * RATE)] = np.nan
    return values


@pytest.mark.parametrize("begin_s", [10.3, 11.0, 11.7, 12.4])
def test_a_loss_hides_no_repetition_of_a_steady_rhythm(begin_s):
    counter, events = counted(lost(cycles(10, period_s=1.8), (begin_s, begin_s + 2.0)))
    assert counter.count == 10
    assert kinds(events).count("counted") - kinds(events).count("retracted") == 10
    hidden = [rep for rep in counter.repetitions if not rep.seen]
    assert all(not rep.complete and np.isnan(rep.peak_value) for rep in hidden)
    assert all(begin_s - 0.9 <= rep.peak_s <= begin_s + 2.9 for rep in hidden)


def test_a_loss_at_the_very_end_is_filled_up_only_if_the_movement_went_on():
    moving = cycles(8, period_s=1.8)
    counter, _ = counted(lost(moving, (10.6, 12.5)))
    assert counter.count == 8
    resting = np.concatenate([cycles(6, period_s=1.8), np.zeros(800)])
    counter, _ = counted(lost(resting, (14.0, 16.0)))
    assert counter.count == 6


def test_a_pause_is_no_hidden_repetition_and_without_rhythm_nothing_is_told():
    paused = np.concatenate([cycles(5, period_s=2.0), np.zeros(600), cycles(5, period_s=2.0)])
    assert counted(paused)[0].count == 10
    uneven = np.concatenate([np.concatenate([cycles(1, period_s=2.0), np.zeros(rest)]) for rest in (0, 500, 100, 900)])
    assert counted(lost(uneven, (15.0, 16.0)))[0].count == 4


@given(st.integers(0, 2**31))
@settings(max_examples=15, deadline=None)
def test_losses_and_pieces_give_the_same_events(seed):
    rng = np.random.default_rng(seed)
    values = cycles(8, period_s=2.0) + rng.normal(size=1600)
    for start in rng.integers(200, 1400, 2):  # the first one is whole: what is lost before it nobody can know
        values[start : start + rng.integers(40, 200)] = np.nan
    times = np.arange(len(values)) / RATE
    whole, parts = RepetitionCounter(SETTINGS), RepetitionCounter(SETTINGS)
    expected = whole.process(times, values) + whole.finish()
    cuts = np.unique(np.concatenate([[0], rng.integers(1, 1600, 60), [1600]]))
    found = [e for a, b in pairwise(cuts) for e in parts.process(times[a:b], values[a:b])] + parts.finish()
    assert repr(found) == repr(expected)
    assert abs(whole.count - 8) <= 1
