"""What a muscle's percent is does not depend on how its samples come, also where its sensor could not be trusted."""

import numpy as np

from biofeedback.session.sensing import Emg
from biofeedback.stream import Channel, StreamInfo

RATE = 1000.0
INFO = StreamInfo("arm", "arm", (Channel("emg", "emg", scale=1e-8),), RATE)


def percent(samples, size):
    muscle, times_s = Emg(INFO, {"biceps": 0}, "none"), np.arange(len(samples)) / RATE
    found = []
    for first in range(0, len(samples), size):
        part = slice(first, first + size)
        counts = samples[part, None] / 1e-8
        chunk = INFO.chunk(counts, times_s[part], first, 0, float(times_s[part][-1]))
        found += [values for _, _, values in muscle.process(chunk)]
    return np.concatenate(found)


def test_hum_that_is_no_reference_is_none_from_the_same_sample_on():
    random, t = np.random.default_rng(0), np.arange(12_000) / RATE
    samples = random.normal(size=len(t)) * np.where(t % 4 > 2.5, 8e-5, 3e-6)
    samples += np.where((t > 5) & (t < 9), 4e-4, 0.0) * np.sin(2 * np.pi * 50 * t)
    whole = percent(samples, len(samples))
    for size in (33, 700):
        np.testing.assert_array_equal(percent(samples, size), whole)
