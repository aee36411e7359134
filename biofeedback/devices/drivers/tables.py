"""What a decoder hands on: batches of samples, and the table that reads a stream's channels out of frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.drivers.fields import NumberFields
from biofeedback.devices.profiles import Profile, Stream


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Samples of one stream in a batch: at which of its ticks, and the counts, shape (n_samples, n_channels)."""

    at: NDArray[np.int64]
    counts: NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Sampling instants of one timeline: streams that share a clock and a counter share their ticks.

    Attributes
    ----------
    ticks
        Shape (n_ticks,): instants since the decoder was made or reset, those lost by the frame counter included.
    device_s
        Shape (n_ticks,): the device's own time, unwrapped, or None where it sends none.
    arrived_s
        Shape (n_ticks,): host time at which each was complete.
    streams
        The samples, by stream id.
    """

    timeline: str
    ticks: NDArray[np.int64]
    device_s: NDArray[np.float64] | None
    arrived_s: NDArray[np.float64]
    streams: dict[str, Rows]


class StreamTable:
    """The channels of one stream, by the message they come in."""

    def __init__(self, profile: Profile, stream: Stream) -> None:
        self.stream = stream
        self.messages = stream.messages
        self._when = [(mark.at, np.isin(np.arange(256) & mark.mask, mark.values)) for mark in stream.when]
        self._columns = {
            name: [column for column, one in enumerate(stream.channels) if stream.message_of(one) == name]
            for name in self.messages
        }
        self._fields = {
            name: NumberFields([stream.channels[column] for column in columns])
            for name, columns in self._columns.items()
        }
        self._type = np.int32 if stream.integer_counts else np.float64

    def read(self, frames: dict[str, NDArray[np.uint8]]) -> NDArray[Any]:
        """Return the counts, shape (n_samples, n_channels), of equally many frames of each message."""
        n_samples = len(frames[self.messages[0]])
        counts = np.empty((n_samples, len(self.stream.channels)), self._type)
        for name, columns in self._columns.items():
            counts[:, columns] = self._fields[name].read(frames[name])
        return counts

    def rows(self, frames: NDArray[np.uint8]) -> Rows:
        """Read a stream that lies in one message: only the frames that carry a sample count."""
        at = np.arange(len(frames))
        for place, allowed in self._when:
            at = at[allowed[frames[at, place]]]
        counts = self.read({self.messages[0]: frames[at]})
        if self.stream.zeros_mean_none:
            present = counts.any(axis=1)
            at, counts = at[present], counts[present]
        return Rows(at, counts)
