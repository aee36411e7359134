"""The beat of a movement, laid out when it begins and kept by the sound's own clock."""

import random

import numpy as np
import pytest

from biofeedback.exercises.model import Tempo
from biofeedback.outputs.synth import Synth
from biofeedback.session.metronome import Metronome

TEMPO = Tempo(out_s=2.0, hold_s=1.0, back_s=3.0)


def beats(tempo, noticed_s=0.0):
    return [(pytest.approx(in_s), cue) for in_s, cue in Metronome(tempo).beats(10.0 + noticed_s, 10.0)]


def test_parts_have_a_tone_and_seconds_a_tick():
    assert beats(TEMPO) == [
        (0.0, "phase_up"), (1.0, "tick"), (2.0, "phase_hold"), (3.0, "phase_down"), (4.0, "tick"), (5.0, "tick"),
        (6.0, "tick"),
    ]  # fmt: skip


def test_a_part_without_length_is_left_out():
    assert [cue for _, cue in beats(Tempo(out_s=1.2, hold_s=0.0, back_s=1.2))] == ["phase_up", "phase_down", "tick"]


def test_a_movement_noticed_late_is_in_step_with_the_picture():
    assert beats(TEMPO, 0.3)[:3] == [(0.0, "phase_up"), (0.7, "tick"), (1.7, "phase_hold")]


def test_what_was_missed_is_not_made_up_for():
    assert beats(TEMPO, 3.1) == [(0.0, "phase_down"), (0.9, "tick"), (1.9, "tick"), (2.9, "tick")]


def test_each_movement_begins_anew_and_rest_is_silent():
    metronome = Metronome(TEMPO)
    assert metronome.beats(10.3, 10.0)[0] == (0.0, "phase_up")
    assert metronome.beats(10.4, 10.0) is None
    assert metronome.beats(11.0, None) == []
    assert metronome.beats(11.1, None) is None
    assert metronome.beats(20.0, 20.0)[0] == (0.0, "phase_up")


@pytest.mark.parametrize("time_s", [0.0, 100.0])
def test_without_a_tempo_there_is_no_beat(time_s):
    assert Metronome(None).beats(time_s, 0.0) == []


def test_five_minutes_of_beats_do_not_jitter_however_the_packets_come():
    """A sensor's packets come 10 to 130 ms apart; within a movement, the beats are a second apart to the sample."""
    rate_hz, packets, synth = 8000, random.Random(4), Synth(8000)
    metronome, next_packet_s, rendered_s = Metronome(TEMPO), 0.0, 0.0
    while rendered_s < 300.0:
        if rendered_s >= next_packet_s:
            in_movement_s = rendered_s % 10.0
            since_s = rendered_s - in_movement_s if 0.2 <= in_movement_s < 8.0 else None
            if (beats := metronome.beats(rendered_s, since_s)) is not None:
                synth.beats(beats)
            next_packet_s = rendered_s + packets.uniform(0.010, 0.130)
        rendered_s += len(synth.render(256)) / rate_hz
    heard = [(event.at_s, event.cue) for event in synth.take_events() if event.fate == "sounded"]
    assert len(heard) == 30 * 7
    movements = np.array([at_s for at_s, _ in heard]).reshape(30, 7)
    assert np.diff(movements[:, 1:], axis=1) == pytest.approx(1.0, abs=1.5 / rate_hz)
    # The movement's own beginning is known as late as its packet: in step with it within a packet and a block.
    late_s = movements[:, 1] - 10.0 * np.arange(30) - 1.0
    assert late_s.min() > -0.001
    assert late_s.max() < 256 / rate_hz + 0.001


def test_beats_called_off_do_not_sound():
    synth = Synth(8000)
    synth.beats([(0.0, "phase_up"), (0.3, "tick"), (0.6, "tick")])
    synth.render(8000 // 2)
    synth.beats([])
    synth.render(8000)
    assert synth.counts() == {"phase_up": 1, "tick": 1}
