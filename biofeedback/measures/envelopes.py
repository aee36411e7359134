"""The envelopes of several muscles side by side, each as a share of its own highest half second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biofeedback.dsp.conditioning import EmgConditioning
from biofeedback.dsp.heart_removal import EcgMethod
from biofeedback.dsp.resample import GridRun, UniformGrid
from biofeedback.measures.catalogue import Sensor
from biofeedback.measures.emg import highest_mean

Array = NDArray[np.float64]

GRID_HZ = 100.0
_LEAST_SNR = 2.0  # highest half second over the quietest: less is no contraction


class Muscles(NamedTuple):
    """What was gathered.

    Attributes
    ----------
    times_s
        Shape (n_ticks,).
    shares
        Shape (n_ticks, n_muscles), of the reference, NaN where nothing is known.
    references
        Shape (n_muscles,): the highest half second in V; NaN where the muscle was never active.
    """

    times_s: Array
    shares: Array
    references: Array


class Envelopes:
    """Gathers envelopes on a grid of 100 Hz."""

    def __init__(self, sensors: Sequence[Sensor], *, ecg: EcgMethod = "none") -> None:
        self._conditionings = [EmgConditioning(sensor.sampling_rate_hz, 1, ecg=ecg) for sensor in sensors]
        self._grids = [UniformGrid(GRID_HZ) for _ in sensors]
        self._blocks: list[list[GridRun]] = [[] for _ in sensors]

    def process(self, sensor: int, samples: Array, times_s: Array, first_sample: int) -> None:
        """Take raw EMG in V, shape (n_samples, 1)."""
        for run in self._conditionings[sensor].process(samples, times_s, first_sample):
            self._blocks[sensor] += self._grids[sensor].process(run)

    def gathered(self) -> Muscles | None:
        """Return all muscles on one grid; None if there are no samples at all."""
        starts = [blocks[0].first_tick for blocks in self._blocks if blocks]
        if not starts:
            return None
        first = min(starts)
        end = max(blocks[-1].first_tick + len(blocks[-1].values) for blocks in self._blocks if blocks)
        values = np.full((end - first, len(self._blocks)), np.nan)
        for column, blocks in enumerate(self._blocks):
            for block in blocks:
                values[block.first_tick - first : block.first_tick - first + len(block.values), column] = block.values[
                    :, 0
                ]
        references = np.array([_reference(column) for column in values.T])
        return Muscles((first + np.arange(end - first)) / GRID_HZ, values / references, references)


def _reference(envelope: Array) -> float:
    known = np.ascontiguousarray(envelope[np.isfinite(envelope)])
    highest, lowest = highest_mean(known, GRID_HZ), -highest_mean(-known, GRID_HZ)
    return highest if highest > _LEAST_SNR * lowest else float("nan")
