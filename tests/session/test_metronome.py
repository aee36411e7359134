"""The beat of a movement, as it comes due."""

import pytest

from biofeedback.exercises.model import Tempo
from biofeedback.session.metronome import Metronome


def beats(tempo, seconds, since_s=10.0, tick_s=0.01):
    metronome, heard = Metronome(tempo), []
    for tick in range(round(seconds / tick_s) + 1):
        if (cue := metronome.beat(since_s + tick * tick_s, since_s)) is not None:
            heard.append((round(tick * tick_s, 2), cue))
    return heard


def test_parts_have_a_tone_and_seconds_a_tick():
    assert beats(Tempo(out_s=2.0, hold_s=1.0, back_s=3.0), 10.0) == [
        (0.0, "phase_up"), (1.0, "tick"), (2.0, "phase_hold"), (3.0, "phase_down"), (4.0, "tick"), (5.0, "tick"),
        (6.0, "tick"),
    ]  # fmt: skip


def test_a_part_without_length_is_left_out():
    assert [cue for _, cue in beats(Tempo(out_s=1.2, hold_s=0.0, back_s=1.2), 5.0)] == [
        "phase_up", "phase_down", "tick",
    ]  # fmt: skip


def test_each_movement_begins_anew_and_rest_is_silent():
    metronome = Metronome(Tempo(out_s=2.0, hold_s=1.0, back_s=2.0))
    assert metronome.beat(10.3, 10.0) == "phase_up"
    assert metronome.beat(10.4, 10.0) is None
    assert metronome.beat(11.0, None) is None
    assert metronome.beat(20.0, 20.0) == "phase_up"


def test_what_was_missed_is_not_made_up_for():
    metronome = Metronome(Tempo(out_s=2.0, hold_s=1.0, back_s=2.0))
    assert metronome.beat(13.1, 10.0) == "phase_down"
    assert metronome.beat(13.2, 10.0) is None


@pytest.mark.parametrize("time_s", [0.0, 100.0])
def test_without_a_tempo_there_is_no_beat(time_s):
    assert Metronome(None).beat(time_s, 0.0) is None
