"""Speak the language of a firmware: SI samples become counts and frames. The inverse of the decoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.drivers.calibration import Calibrations
from biofeedback.devices.drivers.checksums import Check
from biofeedback.devices.drivers.fields import IntegerFields, NumberFields
from biofeedback.devices.drivers.lines import stuffed, written
from biofeedback.devices.frame_layout import Message, factor
from biofeedback.devices.profiles import ChannelField, Profile, Stream

_DECIMALS = 2  # what an Arduino prints if it is not told otherwise


class ProfiledEncoder:
    """Makes the frames a device of this profile would send."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        used = {name for stream in profile.streams for name in stream.messages}
        grouped = profile.tick.messages if profile.tick else ()
        alone = tuple(message.id for message in profile.messages if message.id not in grouped)
        self._messages = [profile.message(name) for name in (*grouped, *alone) if name in used]
        self._places = {name: place for place, name in enumerate(grouped)}
        self._first_count = profile.tick.first_count if profile.tick else None
        self.rate_hz = max(stream.rate_hz * stream.every for stream in profile.streams)
        self._steps = {message.id: self._step(message) for message in self._messages}

    @property
    def lead_in(self) -> bytes:
        """What goes over the line before the first frame: the end of a line of text that nobody saw the begin of."""
        return b"\n" if self._messages[0].text else b""

    def _step(self, message: Message) -> int:
        """Return the number of ticks from one frame of a message to the next."""
        streams = [stream for stream in self._profile.streams if message.id in stream.messages]
        return round(self.rate_hz / max(stream.rate_hz * stream.every for stream in streams))

    def counts(self, stream: Stream, samples: NDArray[np.float64]) -> NDArray[Any]:
        """Round SI samples, shape (n_samples, n_channels), to what the fields of a stream can hold."""
        scale = np.array([factor(channel.scale) for channel in stream.channels])
        offset = np.array([factor(channel.offset) for channel in stream.channels])
        calibrations = Calibrations(stream)
        wanted = calibrations.undone((samples - offset) / scale)
        raw = {column for one in stream.calibration for column in one.columns}  # rails are behind the calibration
        reaches = [one.limits if column in raw else one.reach for column, one in enumerate(stream.channels)]
        columns = [
            _held(channel, wanted[:, column], reach)
            for column, (channel, reach) in enumerate(zip(stream.channels, reaches, strict=True))
        ]
        counts = calibrations.applied(np.stack(columns, axis=1))
        if stream.zeros_mean_none:
            counts[~counts.any(axis=1), -1] = 1
        return counts.astype(np.int32) if stream.integer_counts else counts

    def due(self, stream: Stream, first_tick: int, n_ticks: int) -> NDArray[np.int64]:
        """Tell at which of the ticks from ``first_tick`` on a stream has a sample."""
        ticks = first_tick + np.arange(n_ticks)
        return ticks[ticks % (stream.every * self._steps[stream.messages[0]]) == 0]

    def frames(self, counts: Mapping[str, NDArray[Any]], first_tick: int, n_ticks: int) -> list[bytes]:
        """Return the bytes of each tick. ``counts`` has, by stream id, one row for each tick that is `due`."""
        return [b"".join(frame for _, frame in part) for part in self.by_message(counts, first_tick, n_ticks)]

    def by_message(
        self, counts: Mapping[str, NDArray[Any]], first_tick: int, n_ticks: int
    ) -> list[list[tuple[str, bytes]]]:
        """Return (message id, frame) for each frame of each tick."""
        parts: list[list[tuple[str, bytes]]] = [[] for _ in range(n_ticks)]
        for message in self._messages:
            ticks = first_tick + np.arange(n_ticks)
            ticks = ticks[ticks % self._steps[message.id] == 0]
            said = self._on_line(message, self._message_frames(message, counts, first_tick, n_ticks, ticks))
            for tick, frame in zip(ticks.tolist(), said, strict=True):
                parts[tick - first_tick].append((message.id, frame))
        return parts

    def _on_line(self, message: Message, frames: NDArray[np.uint8]) -> list[bytes]:
        if self._profile.stuffing:
            return stuffed(frames, self._profile.stuffing)
        if message.text:
            return written(frames, message.text, _DECIMALS)
        return [row.tobytes() for row in frames]

    def _message_frames(
        self,
        message: Message,
        counts: Mapping[str, NDArray[Any]],
        first_tick: int,
        n_ticks: int,
        ticks: NDArray[np.int64],
    ) -> NDArray[np.uint8]:
        frames = np.zeros((len(ticks), message.frame_length), np.uint8)
        frames[:, : len(message.sync)] = message.sync
        for mark in message.marks:
            frames[:, mark.at] = mark.values[0]
        for stream in self._profile.streams:
            if message.id in stream.messages:
                rows = np.searchsorted(ticks, self.due(stream, first_tick, n_ticks))
                self._put_stream(frames, message, stream, counts[stream.id], rows)
        if message.counter:
            IntegerFields([message.counter]).write(frames, self._counters(message, ticks)[:, None])
        if stamp := message.timestamp:
            stamps = np.rint(ticks / self.rate_hz / factor(stamp.tick_s)).astype(np.int64)
            NumberFields([stamp]).write(frames, stamps[:, None] % (1 << min(stamp.n_bits, 62)))
        if message.checksum:
            check = Check(message.checksum)
            values = np.array([check.value(row.tobytes()) for row in frames], np.int64)
            IntegerFields([message.checksum]).write(frames, values[:, None])
        return frames

    def _counters(self, message: Message, ticks: NDArray[np.int64]) -> NDArray[np.int64]:
        if self._first_count is None or message.id not in self._places:
            return ticks // self._steps[message.id]
        return ticks * len(self._places) + self._places[message.id] + self._first_count

    def _put_stream(
        self,
        frames: NDArray[np.uint8],
        message: Message,
        stream: Stream,
        counts: NDArray[Any],
        rows: NDArray[np.int64],
    ) -> None:
        columns = [column for column, channel in enumerate(stream.channels) if stream.message_of(channel) == message.id]
        chosen = frames[rows]
        if stream.calibration:
            counts = np.rint(Calibrations(stream).undone(counts))
        NumberFields([stream.channels[column] for column in columns]).write(chosen, counts[:, columns])
        for mark in stream.when:
            chosen[:, mark.at] = mark.values[0]
        frames[rows] = chosen


def _held(channel: ChannelField, counts: NDArray[np.float64], reach: tuple[float, float]) -> NDArray[np.float64]:
    """Return what a channel's field can hold of some numbers."""
    if channel.type == "text":
        return np.array([float(f"{count:.{_DECIMALS}f}") for count in counts])
    if channel.type.startswith("f32"):
        return counts.astype(np.float32).astype(np.float64)
    return counts if channel.is_float else np.clip(np.rint(counts), *reach)
