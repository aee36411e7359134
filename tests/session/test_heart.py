"""An exercise of a muscle near the heart: its file says how the heart is taken out, for reference and task alike."""

from dataclasses import replace

import numpy as np
import pytest

from biofeedback.exercises import model
from biofeedback.session.placing import place
from biofeedback.session.signals import Signals
from biofeedback.stream import Channel, StreamInfo
from tests.dsp.heart import ecg

RATE = 500.0
STREAM = StreamInfo(
    id="trunk",
    device="d",
    channels=(Channel(name="biceps_brachii", quantity="emg", scale=1e-8),),
    sampling_rate_hz=RATE,
)


def envelope(samples, how):
    """Percent of the reference taken from 14 to 17 s, a tick each, and the light at the end of the rest."""
    exercise = model.find("biceps-contraction")
    exercise = replace(exercise, signals=[replace(signal, ecg=how) for signal in exercise.signals])
    signals = Signals(exercise, place(exercise, [STREAM]))
    counts, times_s = np.round(samples[:, None] / 1e-8).astype(np.int32), np.arange(len(samples)) / RATE
    values, light = np.full(3000, np.nan), ("good", "")
    for at in range(0, len(samples), 50):
        part = slice(at, at + 50)
        for block in signals.process(STREAM.chunk(counts[part], times_s[part], at)):
            values[block.first_tick : block.first_tick + len(block.values)] = block.values
        if at == 6_950:
            light = signals.light("biceps_brachii")
        if at == 8_750:
            signals.take_reference("biceps_brachii", 14.0, 17.0, 1, "submaximal")
    return values, light


def test_the_envelope_is_that_of_the_muscle_alone():
    times_s = np.arange(round(29 * RATE)) / RATE
    effort = np.where((times_s > 14) & (times_s < 17), 40e-6, np.where((times_s > 20) & (times_s < 22), 20e-6, 2e-6))
    muscle = np.random.default_rng(6).normal(size=len(times_s)) * effort
    both = muscle + 300e-6 * ecg(29.0, RATE, 120.0, seed=6)[0]
    truth, _ = envelope(muscle, "none")
    spoiled, told = envelope(both, "none")
    rest, work = slice(2500, 2850), slice(2030, 2180)
    assert np.nanmean(spoiled[rest] - truth[rest]) > 10.0  # percent of the reference
    assert told == ("weak", "The heart is heard: let the exercise take it out.")
    for how, left in (("gate", 3.0), ("template", 1.5)):
        freed, light = envelope(both, how)
        assert abs(np.nanmean(freed[rest] - truth[rest])) < left
        assert np.nanmean(freed[work]) == pytest.approx(np.nanmean(truth[work]), rel=0.06)
        assert light == ("good", "")
