"""Real people: shoulder exercises with one sensor on the wrist, and contractions of the biceps."""

from __future__ import annotations

import gzip
from itertools import pairwise

import numpy as np
import pytest

from biofeedback.dsp.conditioning import EmgConditioning
from biofeedback.dsp.orientation import Orientation
from biofeedback.dsp.resample import UniformGrid
from biofeedback.dsp.segment import Inclination, Rotation
from biofeedback.dsp.travel import DISPLACEMENT, Carried, Travel
from biofeedback.exercises.model import library
from biofeedback.measures.emg import Normalisation
from biofeedback.measures.repetitions import RepetitionCounter, RepetitionSettings
from tests.dsp.recordings import recording

GRID_HZ = 100.0
EXERCISES = {
    "abd": "shoulder-abduction",
    "fel": "shoulder-flexion",
    "er": "shoulder-external-rotation",
    "ir": "shoulder-internal-rotation",
    "pen": "shoulder-pendulum",
    "trap": "shoulder-trapezius-extension",
    "row": "shoulder-upright-row",
}


def table(name):
    with gzip.open(recording(name), "rt") as file:
        return np.genfromtxt(file, delimiter=",", skip_header=1)


def counter_of(rule):
    return RepetitionCounter(
        RepetitionSettings(
            expected_range=rule.expected_range,
            smallest_range=rule.smallest_range,
            peak_at=rule.peak_at,
            shortest_s=rule.shortest_s,
            longest_s=rule.longest_s,
        )
    )


def cuts(n, seed):
    rng = np.random.default_rng(seed)
    return np.unique(np.concatenate([[0], rng.integers(1, n, n // 8), [n]]))


def shoulder_count(samples, exercise, seed):
    """Count as a session does: chunk by chunk, from samples to repetitions."""
    rule = exercise.repetition
    kind = exercise.signal(rule.signal).kind
    sensor = Carried(50.0) if kind == "travel" else Orientation(50.0)
    grid, counter = UniformGrid(GRID_HZ, quaternion=True), counter_of(rule)
    follow = {"inclination": Inclination, "rotation": Rotation, "travel": Travel}[kind](GRID_HZ)
    times = 7.3 + np.arange(len(samples)) / 50.0
    for a, b in pairwise(cuts(len(samples), seed)):
        for run in sensor.process(samples[a:b], times[a:b], int(a)):
            for block in grid.process(run):
                ticks = block.first_tick + np.arange(len(block.values))
                rows = block.values[:, DISPLACEMENT] if kind == "travel" else block.values
                values = follow.process(rows)
                counter.process(ticks / GRID_HZ, 100.0 * values if kind == "travel" else np.degrees(values))
    counter.finish()
    return counter.count


@pytest.mark.parametrize("subject", ["s01", "s02"])
@pytest.mark.parametrize("exercise", EXERCISES)
def test_twenty_shoulder_repetitions(exercise, subject):
    data = table(f"shoulder_{exercise}_{subject}.csv.gz")
    samples = np.hstack([data[:, 1:4] * 9.80665, data[:, 4:7]])
    found = shoulder_count(samples, library()[EXERCISES[exercise]], seed=1)
    print(f"{exercise} {subject}: {found}")
    assert abs(found - 20) <= 1


@pytest.mark.parametrize("exercise", EXERCISES)
def test_bursts_of_missing_samples_cost_at_most_one_more(exercise):
    data = table(f"shoulder_{exercise}_s01.csv.gz")
    samples = np.hstack([data[:, 1:4] * 9.80665, data[:, 4:7]])
    rng = np.random.default_rng(2)
    for start in rng.integers(0, len(samples), 12):
        samples[start : start + rng.integers(1, 20)] = np.nan
    assert abs(shoulder_count(samples, library()[EXERCISES[exercise]], seed=2) - 20) <= 2


@pytest.mark.parametrize("seed", [0, 1])
def test_nine_contractions_of_the_biceps(seed):
    data = table("emg_biceps_bursts.csv.gz")
    times, samples = data[:, 0], data[:, 1:] * 1e-3
    conditioning, grid, percent = EmgConditioning(1000.0, 1), UniformGrid(GRID_HZ), Normalisation(1, GRID_HZ)
    counter = counter_of(library()["biceps-contraction"].repetition)
    for a, b in pairwise(cuts(len(samples), seed)):
        for run in conditioning.process(samples[a:b], times[a:b], int(a)):
            for block in grid.process(run):
                ticks = block.first_tick + np.arange(len(block.values))
                counter.process(ticks / GRID_HZ, percent.process(block.values)[:, 0])
    counter.finish()
    assert counter.count == 9
    assert percent.reference(0).method == "peak-dynamic"
