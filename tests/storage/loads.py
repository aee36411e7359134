"""Streams and chunks the storage tests write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofeedback.stream import Channel, Chunk, Event, StreamInfo

STEP_S = 0.02
EMG = tuple(
    StreamInfo(f"muscle_{i}/emg", f"emg {i}", (Channel("emg", "emg", 5e-8, 0.0, -8388608, 8388607),), 2000.0, True)
    for i in range(8)
)
IMU = tuple(
    StreamInfo(f"segment_{i}/imu", f"imu {i}", tuple(Channel(f"c{j}", "acceleration") for j in range(10)), 100.0)
    for i in range(6)
)


def reference_load(steps: int, start_s: float = 1000.0, seed: int = 1) -> Iterator[Chunk]:
    """Eight EMG at 2 kHz and six IMU at 100 Hz, a chunk of each every 20 ms."""
    noise = np.random.default_rng(seed)
    for step in range(steps):
        for info in (*EMG, *IMU):
            samples = round(STEP_S * info.sampling_rate_hz)
            first = step * samples
            times = start_s + np.arange(first, first + samples) / info.sampling_rate_hz
            size = (samples, len(info.channels))
            counts = noise.normal(0, 3000, size) if info.integer_counts else noise.normal(0, 1, size).astype(np.float32)
            yield info.chunk(counts, times, first, arrived_s=float(times[-1]) + 0.004)


def bits(array: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(array).tobytes()


def identity(item: Chunk | Event) -> tuple[Any, ...]:
    """Everything of an item, so that two are equal only if no bit differs."""
    if isinstance(item, Event):
        return astuple(item)
    arrays = (item.counts, item.data, item.times_s)
    described = tuple((array.dtype.str, array.shape, bits(array)) for array in arrays)
    return (item.stream, *described, item.first_sample, item.lost_before, item.arrived_s.hex())
