"""The words every room shares: channel, stream, chunk, event.

Arrays are time-first, ``(n_samples, n_channels)``, float64 in SI units: EMG in V, acceleration in m/s², angular
velocity in rad/s, magnetic field in µT, quaternions wxyz without unit. Times are seconds on one monotonic host clock.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Quantity = Literal[
    "emg",  # V
    "emg_counts",  # 1: an EMG whose volts per count nobody has published
    "emg_envelope",  # 1 or V: rectified and smoothed by the sensor itself
    "acceleration",  # m/s²
    "angular_velocity",  # rad/s
    "magnetic_field",  # µT
    "orientation",  # 1: quaternion wxyz, earth from sensor
    "angle",  # rad
    "force",  # N
    "other",
]

UNITS: dict[str, str] = {
    "emg": "V",
    "emg_counts": "1",
    "emg_envelope": "1",
    "acceleration": "m/s2",
    "angular_velocity": "rad/s",
    "magnetic_field": "uT",
    "orientation": "1",
    "angle": "rad",
    "force": "N",
    "other": "1",
}


def host_time_s() -> float:
    """Seconds on the host clock: monotonic, and the same for every process of this machine."""
    return time.perf_counter()


@dataclass(frozen=True, slots=True)
class Channel:
    """One column of a stream: ``SI value = count * scale + offset``.

    ``lowest_count`` and ``highest_count`` are the rails of the converter; None where nobody knows them.
    """

    name: str
    quantity: Quantity
    scale: float = 1.0
    offset: float = 0.0
    lowest_count: float | None = None
    highest_count: float | None = None

    @property
    def unit(self) -> str:
        """The SI unit of the channel's values."""
        return UNITS[self.quantity]

    @property
    def rails(self) -> tuple[float | None, float | None]:
        """Lowest and highest value the converter can give, in the SI unit."""
        low, high = (
            None if count is None else count * self.scale + self.offset
            for count in (self.lowest_count, self.highest_count)
        )
        return low, high


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What does not change while a stream runs. ``id`` is unique within a session: ``"thigh/imu"``."""

    id: str
    device: str
    channels: tuple[Channel, ...]
    sampling_rate_hz: float
    integer_counts: bool = False

    def to_si(self, counts: NDArray[Any]) -> NDArray[np.float64]:
        """Turn device counts, shape (n_samples, n_channels), into SI values of the same shape."""
        scale = np.array([channel.scale for channel in self.channels])
        offset = np.array([channel.offset for channel in self.channels])
        return counts * scale + offset

    def chunk(
        self,
        counts: NDArray[Any],
        times_s: NDArray[np.float64],
        first_sample: int,
        lost_before: int = 0,
        arrived_s: float | None = None,
    ) -> Chunk:
        """Make a chunk of this stream from device counts."""
        counts = np.ascontiguousarray(counts, dtype=np.int32 if self.integer_counts else np.float64)
        arrived_s = host_time_s() if arrived_s is None else arrived_s
        return Chunk(self.id, counts, self.to_si(counts), times_s, first_sample, lost_before, arrived_s)


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Consecutive samples of one stream.

    Attributes
    ----------
    stream
        Id of the stream.
    counts
        Shape (n_samples, n_channels), as the device sent them: int32, or float64 where the device sends floats.
    data
        Same shape, float64, SI units; NaN where the device sent no value.
    times_s
        Shape (n_samples,), host clock, increasing: when the samples were taken, as well as the clocks tell.
    first_sample
        Index of the first sample since the stream started, lost samples included.
    lost_before
        Number of samples lost just before this chunk.
    arrived_s
        Host time at which the last byte of the chunk was in the program.
    """

    stream: str
    counts: NDArray[Any]
    data: NDArray[np.float64]
    times_s: NDArray[np.float64]
    first_sample: int
    lost_before: int
    arrived_s: float

    def __len__(self) -> int:
        return len(self.times_s)

    def part(self, begin: int, end: int) -> Chunk:
        """Return the samples from ``begin`` to before ``end``, counted from the first one here."""
        return replace(
            self,
            counts=self.counts[begin:end],
            data=self.data[begin:end],
            times_s=self.times_s[begin:end],
            first_sample=self.first_sample + begin,
            lost_before=self.lost_before if begin == 0 else 0,
        )


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at one moment: a mark, a moved target. ``values`` are plain JSON values."""

    time_s: float
    kind: str
    values: dict[str, Any] = field(default_factory=dict)
