"""What a decoder hands on: batches of samples, and the table that reads a stream's channels out of frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.drivers.calibration import Calibrations
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
        self._calibrations = Calibrations(stream)

    def read(self, frames: dict[str, NDArray[np.uint8]]) -> NDArray[Any]:
        """Return the counts, shape (n_samples, n_channels), of equally many frames of each message."""
        if len(self.messages) == 1:
            counts = self._fields[self.messages[0]].read(frames[self.messages[0]])
            return self._calibrations.applied(counts).astype(self._type, copy=False)
        n_samples = len(frames[self.messages[0]])
        counts = np.empty((n_samples, len(self.stream.channels)), self._type)
        for name, columns in self._columns.items():
            counts[:, columns] = self._fields[name].read(frames[name])
        return self._calibrations.applied(counts)

    def rows(self, frames: NDArray[np.uint8]) -> Rows:
        """Read a stream that lies in one message: only the frames that carry a sample count."""
        at = np.arange(len(frames))
        for place, allowed in self._when:
            at = at[allowed[frames[at, place]]]
        counts = self.read({self.messages[0]: frames[at] if self._when else frames})
        if self.stream.zeros_mean_none:
            present = counts.any(axis=1)
            at, counts = at[present], counts[present]
        return Rows(at, counts)


def as_table(frames: list[bytes], length: int) -> NDArray[np.uint8]:
    """Return frames of equal length as an array, shape (n_frames, length)."""
    return np.frombuffer(b"".join(frames), np.uint8).reshape(-1, length)


class GroupedTables:
    """Reads the streams of a tick that several messages make together."""

    def __init__(self, profile: Profile, names: tuple[str, ...]) -> None:
        self._orders = {name: order for order, name in enumerate(names)}
        self._lengths = {name: profile.message(name).frame_length for name in names}
        self._tables = [StreamTable(profile, stream) for stream in profile.streams if stream.messages[0] in names]

    def streams(self, ticks: list[dict[int, bytes]]) -> dict[str, Rows]:
        """Return the samples of ticks, each the frames it has by their place in the order."""
        return {table.stream.id: self._rows(table, ticks) for table in self._tables}

    def _rows(self, table: StreamTable, ticks: list[dict[int, bytes]]) -> Rows:
        orders = [self._orders[name] for name in table.messages]
        whole = [at for at, parts in enumerate(ticks) if all(order in parts for order in orders)]
        frames = {
            name: as_table([ticks[at][order] for at in whole], self._lengths[name])
            for name, order in zip(table.messages, orders, strict=True)
        }
        if len(frames) > 1:
            return Rows(np.array(whole, np.int64), table.read(frames))
        rows = table.rows(frames[table.messages[0]])
        return Rows(np.array(whole, np.int64)[rows.at], rows.counts)
