"""What comes from no body is no repetition; a sensor that is only weak still counts."""

import numpy as np
import pytest

from biofeedback.exercises import model
from biofeedback.measures.signal_quality import Quality
from biofeedback.session import summary
from biofeedback.session.pipeline import Pipeline
from biofeedback.session.placing import place
from biofeedback.session.rates import rate_words
from biofeedback.session.trust import Spells
from biofeedback.stream import Channel, Event, StreamInfo

RATE = 500.0
STREAM = StreamInfo(
    id="arm",
    device="d",
    channels=(Channel(name="biceps_brachii", quantity="emg", scale=1e-8),),
    sampling_rate_hz=RATE,
)
EXERCISE = summary.as_one_set(model.find("biceps-contraction"))


def heard(hum_v, hums, step=50, seconds=34, from_s=3):
    """Four contractions, then rest; the repetitions, the light once a second, and the level."""
    times_s = np.arange(round(seconds * RATE)) / RATE
    working = (times_s > from_s) & (times_s < from_s + 16) & (times_s % 4 < 2)
    samples = np.random.default_rng(1).normal(size=len(times_s)) * np.where(working, 80e-6, 3e-6)
    for begin_s, end_s in hums:
        inside = (times_s >= begin_s) & (times_s < end_s)
        samples += np.where(inside, hum_v * np.sqrt(2) * np.sin(2 * np.pi * 50 * times_s), 0.0)
    pipeline, lights, levels = Pipeline(EXERCISE, place(EXERCISE, [STREAM])), {}, {}
    pipeline.apply(Event(0.0, "live"))
    for at in range(0, len(samples), step):
        part = slice(at, at + step)
        update = pipeline.process(STREAM.chunk(np.round(samples[part, None] / 1e-8), times_s[part], at))
        levels |= {float(row["time_s"]): float(row["level"]) for row in update.rows}
        lights[round(times_s[part][-1])] = pipeline.placement_light("biceps_brachii")
    pipeline.finish()
    return pipeline, lights, levels


@pytest.mark.parametrize("step", [7, 250])
def test_strong_hum_at_rest_is_no_repetition(step):
    plain, _, _ = heard(0.0, [])
    pipeline, lights, levels = heard(100e-6, [(24, 27), (30, 33)], step)
    assert len(plain.repetitions) == 4
    assert [(r.number, r.start_s) for r in pipeline.repetitions] == [(r.number, r.start_s) for r in plain.repetitions]
    assert pipeline.done_in_set == 4
    assert lights[22] == ("good", "")
    assert lights[26][0] == "lost"
    assert lights[26][1] in ("Press the electrode.", "Move away from the charger.")
    late = [level for time_s, level in levels.items() if 25.6 < time_s < 26.9]
    assert late
    assert np.isnan(late).all()  # no cue from hum


def test_any_pieces_tell_the_same_of_what_deceived():
    spells = Spells()
    spells.add(Quality("bad", "", "flatline", 1.0), 10.75)
    spells.mark("hum", 10.25)  # told late, as hum is
    times_s = np.arange(9.0, 12.0, 0.1) + 0.05
    whole = spells.deceived(times_s, 0.7)
    assert whole.tolist() == ((times_s > 9.5) & (times_s < 11.2)).tolist()
    assert [spells.deceived(times_s[n : n + 1], 0.7)[0] for n in range(len(times_s))] == whole.tolist()
    assert Spells().deceived(times_s, 0.7).tolist() == [False] * len(times_s)


@pytest.mark.parametrize("step", [250, 1000])
def test_hum_at_rest_is_no_reference(step):
    """Without a reference contraction 100 % is the strongest so far, but not that of a cable."""
    plain, _, wanted = heard(0.0, [], step, 27, from_s=11)
    pipeline, _, levels = heard(1e-3, [(4, 7)], step, 27, from_s=11)
    assert len(pipeline.repetitions) == len(plain.repetitions) == 4
    late = [time_s for time_s in wanted if time_s > 13.0]
    assert np.nanmax([wanted[time_s] for time_s in late]) > 0.9
    wrong = np.abs([levels[t] - wanted[t] for t in late])
    assert np.mean(wrong) < 0.02
    assert np.max(wrong) < 0.1  # the canceller takes its time to forget the hum


def test_a_warning_does_not_keep_repetitions_from_counting():
    pipeline, lights, _ = heard(1e-6, [(0, 34)])
    assert any(light == ("weak", "Move away from the charger.") for light in lights.values())
    assert not any(light == "lost" for light, _ in lights.values())
    assert len(pipeline.repetitions) == 4


def test_a_sensor_at_another_rate_than_its_profile_counts_and_gets_no_score_until_it_is_right():
    times_s = np.arange(round(19 * RATE)) / RATE
    loud = np.where((times_s > 3) & (times_s < 18) & (times_s % 4 < 2), 80e-6, 3e-6)
    samples = np.random.default_rng(1).normal(size=len(times_s)) * loud
    pipeline, levels = Pipeline(EXERCISE, place(EXERCISE, [STREAM])), {}
    words = rate_words(10.0, RATE)
    pipeline.apply(Event(0.0, "live"))
    for at in range(0, len(samples), 50):
        if at in (round(6.5 * RATE), round(14.5 * RATE)):
            kind = "rate_wrong" if at < 10 * RATE else "rate_right"
            pipeline.apply(Event(float(times_s[at]), kind, {"placement": "biceps_brachii", "words": words}
                                 if kind == "rate_wrong" else {"placement": "biceps_brachii"}))  # fmt: skip
        part = slice(at, at + 50)
        update = pipeline.process(STREAM.chunk(np.round(samples[part, None] / 1e-8), times_s[part], at))
        levels |= {float(row["time_s"]): float(row["level"]) for row in update.rows}
        if at == round(10 * RATE):
            assert pipeline.placement_light("biceps_brachii") == ("lost", words)
    pipeline.finish()
    assert pipeline.placement_light("biceps_brachii")[0] == "good"
    found = {round(r.start_s): r for r in pipeline.repetitions}
    assert list(found) == [4, 8, 12, 16]
    doubted = [start_s for start_s, r in found.items() if str(r.reason).endswith("another rate than its profile says")]
    assert doubted == [8, 12]
    assert [r.score for start_s, r in found.items() if start_s in doubted] == [None, None]
    assert found[16].score is not None
    assert all(np.isnan(level) for time_s, level in levels.items() if 7 < time_s < 14)
    assert not any(np.isnan(level) for time_s, level in levels.items() if time_s > 15)
