"""Chunks to bytes and back, without losing a bit.

A batch is what came between two commits, of all streams. Counts go channel by channel, byte-shuffled, through zstd; a
delta before a byte shuffle makes EMG larger, so there is none, but the sign moves to the lowest bit (zigzag): else it
fills all upper bytes of small values, which costs a fifth. Times are nearly straight lines: the second difference of
their bit patterns (wrapping integers, hence lossless) is nearly zero. What ``StreamInfo.to_si`` does not give back
from the counts, such as NaN where the device sent no value, is kept as the difference of the bit patterns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from biofeedback.stream import Chunk, StreamInfo

_LEVEL = 3  # higher levels cost time and gain under 2 % on EMG
_PART_ROWS = 6


class Placed(NamedTuple):
    """A chunk and its place in the order of everything recorded."""

    sequence: int
    chunk: Chunk


class _Stream(NamedTuple):
    """What a batch holds of one stream. ``residue`` is None where the counts say everything."""

    number: int
    samples: int
    count_type: str
    counts: bytes
    residue: bytes | None


class _Batch(NamedTuple):
    """``parts`` says where each chunk ends; ``times`` are those of all streams, one after the other."""

    parts: bytes
    times: bytes
    streams: list[_Stream]


class Coder:
    """Packs and unpacks batches; to be used by one thread at a time."""

    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self._decompressor = zstandard.ZstdDecompressor()

    def pack(self, streams: Mapping[int, StreamInfo], placed: Mapping[int, Sequence[Placed]]) -> bytes:
        """Pack chunks by the number of their stream, each in order, at least one."""
        times = np.concatenate([one.chunk.times_s for chunks in placed.values() for one in chunks])
        batch = _Batch(
            parts=self._squeeze(_bend(_describe(placed))),
            times=self._squeeze(_bend(times.astype("<f8").view("<i8"))),
            streams=[self._pack_stream(number, streams[number], chunks) for number, chunks in placed.items()],
        )
        return msgspec.msgpack.encode(batch)

    def unpack(self, streams: Mapping[int, StreamInfo], body: bytes, only: int | None = None) -> list[Placed]:
        """Give back the chunks in the order in which they came, of all streams or only of one.

        Raises
        ------
        ValueError
            If the bytes are not what `pack` made for these streams.
        """
        batch = msgspec.msgpack.decode(body, type=_Batch)
        parts = _unbend(self._expand(batch.parts, "<i8", (_PART_ROWS, -1)))
        samples = sum(stream.samples for stream in batch.streams)
        times = _unbend(self._expand(batch.times, "<i8", (samples,))).view(np.float64)
        placed: list[Placed] = []
        stop = 0
        for stream in batch.streams:
            start, stop = stop, stop + stream.samples
            if only is None or stream.number == only:
                own = parts[:, parts[0] == stream.number]
                placed += self._unpack_stream(streams[stream.number], stream, own, times[start:stop])
        return sorted(placed, key=lambda one: one.sequence)

    def _pack_stream(self, number: int, info: StreamInfo, placed: Sequence[Placed]) -> _Stream:
        counts = np.concatenate([one.chunk.counts for one in placed])
        data = np.concatenate([one.chunk.data for one in placed])
        short = counts if info.integer_counts else _shortest(counts)
        residue = _to_si(info, counts).view(np.int64) ^ data.view(np.int64)
        return _Stream(
            number=number,
            samples=len(counts),
            count_type=short.dtype.str,
            counts=self._squeeze(_fold(short.T) if info.integer_counts else short.T),
            residue=self._squeeze(residue.T) if residue.any() else None,
        )

    def _unpack_stream(
        self, info: StreamInfo, stream: _Stream, parts: NDArray[np.int64], times: NDArray[np.float64]
    ) -> list[Placed]:
        shape = (len(info.channels), stream.samples)
        by_channel = self._expand(stream.counts, stream.count_type, shape)
        if info.integer_counts:
            by_channel = _unfold(by_channel)
        counts = np.ascontiguousarray(by_channel.T, dtype=np.int32 if info.integer_counts else np.float64)
        data = _to_si(info, counts)
        if stream.residue is not None:
            residue = self._expand(stream.residue, "<i8", shape).T
            data = (data.view(np.int64) ^ residue).view(np.float64)
        return _cut(info, parts, counts, data, times)

    def _squeeze(self, values: NDArray[Any]) -> bytes:
        flat = np.ascontiguousarray(values).reshape(-1)
        shuffled = flat.view(np.uint8).reshape(-1, flat.itemsize).T
        return self._compressor.compress(np.ascontiguousarray(shuffled).tobytes())

    def _expand(self, squeezed: bytes, kind: str, shape: tuple[int, ...]) -> NDArray[Any]:
        try:
            shuffled = np.frombuffer(self._decompressor.decompress(squeezed), np.uint8)
        except zstandard.ZstdError as error:
            raise ValueError("compressed bytes are damaged") from error
        width = np.dtype(kind).itemsize
        flat = np.ascontiguousarray(shuffled.reshape(width, len(shuffled) // width).T).reshape(-1).view(kind)
        return flat.reshape(shape)


def _to_si(info: StreamInfo, counts: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):  # a device may send infinities
        return np.ascontiguousarray(info.to_si(counts))


def _shortest(counts: NDArray[Any]) -> NDArray[Any]:
    """Turn float counts into float32 where that loses nothing, which is how most sensors made them."""
    with np.errstate(all="ignore"):
        short = counts.astype("<f4")
    same = np.array_equal(short.astype(np.float64).view(np.int64), np.ascontiguousarray(counts).view(np.int64))
    return short if same else counts.astype("<f8", copy=False)


def _fold(values: NDArray[Any]) -> NDArray[Any]:
    """Move the sign to the lowest bit: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return (values << 1) ^ (values >> (8 * values.itemsize - 1))


def _unfold(folded: NDArray[Any]) -> NDArray[Any]:
    unsigned = folded.view(f"<u{folded.itemsize}")
    return (unsigned >> 1).view(folded.dtype) ^ -(folded & 1)


def _bend(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Leave only how much the values, along the last axis, depart from a straight line."""
    values = values.copy()
    for _ in range(2):
        values[..., 1:] -= values[..., :-1].copy()
    return _fold(values)


def _unbend(bent: NDArray[np.int64]) -> NDArray[np.int64]:
    return _unfold(bent).cumsum(axis=-1, dtype=np.int64).cumsum(axis=-1, dtype=np.int64)


def _describe(placed: Mapping[int, Sequence[Placed]]) -> NDArray[np.int64]:
    """Shape (6, n_chunks): stream, sequence, samples, first sample, lost before, bits of the arrival time."""
    rows = [
        (number, sequence, len(chunk), chunk.first_sample, chunk.lost_before, 0)
        for number, chunks in placed.items()
        for sequence, chunk in chunks
    ]
    parts = np.array(rows, "<i8").T
    arrived = [one.chunk.arrived_s for chunks in placed.values() for one in chunks]
    parts[-1] = np.array(arrived, "<f8").view("<i8")
    return parts


def _cut(
    info: StreamInfo,
    parts: NDArray[np.int64],
    counts: NDArray[Any],
    data: NDArray[np.float64],
    times: NDArray[np.float64],
) -> list[Placed]:
    if parts[2].sum() != len(times):
        raise ValueError("the chunks of a batch do not add up")
    placed: list[Placed] = []
    arrived = np.ascontiguousarray(parts[-1]).view(np.float64).tolist()
    stop = 0
    for (_, sequence, samples, first, lost, _), arrived_s in zip(parts.T.tolist(), arrived, strict=True):
        start, stop = stop, stop + samples
        cut = slice(start, stop)
        placed.append(Placed(sequence, Chunk(info.id, counts[cut], data[cut], times[cut], first, lost, arrived_s)))
    return placed
