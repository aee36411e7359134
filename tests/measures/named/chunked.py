"""The same samples in other pieces: what a measure says must not depend on how they come."""

from __future__ import annotations

import heapq
from itertools import pairwise

import numpy as np

from biofeedback.measures import catalogue
from biofeedback.measures.catalogue import Result, Sensor, joined


def pieces(n, largest, rng):
    cuts = np.cumsum(rng.integers(1, largest + 1, n))
    return np.concatenate([[0], cuts[cuts < n], [n]])


def run_in_pieces(name, samples, rates, largest=500, seed=0, **settings):
    """Run a measure on arrays, sensor after sensor in time, cut at random; returns what `catalogue.run` returns."""
    rng = np.random.default_rng(seed)
    measure = catalogue.find(name)
    roles = measure.definition.roles
    roles = [roles[min(i, len(roles) - 1)] for i in range(len(samples))]
    sensors = [Sensor(role.name, sensor, rates[sensor]) for role, sensor in zip(roles, samples, strict=True)]
    running = measure(sensors, catalogue.settings_of(measure, settings))
    queue = []
    for place, (sensor, array) in enumerate(samples.items()):
        cuts = pieces(len(array), largest, rng)
        queue += [(b / rates[sensor], place, a, b) for a, b in pairwise(cuts)]
    heapq.heapify(queue)
    signals = []
    while queue:
        _, place, a, b = heapq.heappop(queue)
        sensor = sensors[place].name
        signals += running.process(place, samples[sensor][a:b], np.arange(a, b) / rates[sensor], a)
    found = running.finish()
    values = {value.name: value for value in found.values}
    return Result(values, found.occurrences, joined([*signals, *found.signals]))


def assert_the_same(one, other):
    """Bit by bit."""
    assert one.signals.keys() == other.signals.keys()
    for name, signal in one.signals.items():
        np.testing.assert_array_equal(signal.times_s, other.signals[name].times_s, err_msg=name)
        np.testing.assert_array_equal(signal.values, other.signals[name].values, err_msg=name)
    assert repr(one.values) == repr(other.values)
    assert repr(one.occurrences) == repr(other.occurrences)


def with_losses(samples, rate, rng, bursts=3):
    """Lose bursts of 0.8 to 2 s."""
    samples = samples.copy()
    for _ in range(bursts):
        length = int(rng.uniform(0.8, 2.0) * rate)
        start = rng.integers(0, len(samples) - length)
        samples[start : start + length] = np.nan
    return samples
