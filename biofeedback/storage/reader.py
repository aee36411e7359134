"""Reading a recording: also one that is still being written, or was not closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from biofeedback.storage import container
from biofeedback.storage.errors import RecordingError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.rows import Placed, RowReader
from biofeedback.stream import Chunk, Event, StreamInfo


@dataclass(frozen=True, slots=True, eq=False)
class StreamData:
    """A whole stream.

    Attributes
    ----------
    counts, data
        Shape (n_samples, n_channels), as in a chunk.
    times_s
        Shape (n_samples,), host clock.
    samples
        Shape (n_samples,): index of each sample since the stream started; it jumps where samples were lost.
    """

    info: StreamInfo
    counts: NDArray[Any]
    data: NDArray[np.float64]
    times_s: NDArray[np.float64]
    samples: NDArray[np.int64]


class RecordingReader:
    """A recording, read back as it was written. Use it from one thread at a time, and close it."""

    def __init__(self, path: Path, store_key: StoreKey) -> None:
        """Open a recording.

        Raises
        ------
        RecordingError
            If the file or its key is missing, belongs to another store, is damaged or is not a recording.
        """
        self.path = path
        self._database = container.open_existing(path, store_key, "ro")
        with container.closing_on_error(self._database), container.explained(path):
            self._rows = RowReader(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        self._database.close()

    @property
    def about(self) -> dict[str, Any]:
        """What was said of the session when the recording began."""
        return self._get("about")

    @property
    def started(self) -> datetime:
        """Wall clock, UTC, when the recording began."""
        return datetime.fromisoformat(self._get("started"))

    @property
    def started_s(self) -> float:
        """Host clock at the same moment: times of chunks and events are on this clock."""
        return self._get("started_s")

    @property
    def streams(self) -> tuple[StreamInfo, ...]:
        """In the order in which they were added."""
        return tuple(self._rows.streams.values())

    @property
    def summary(self) -> dict[str, Any]:
        """What was said at the end; empty if the recording was not closed by its session."""
        return self._get("summary") or {}

    @property
    def closed(self) -> bool:
        """Whether it was closed, by its session or by `recover`."""
        return self._get("closed") is not None

    @property
    def recovered(self) -> bool:
        """Whether it was closed by `recover`, after its process had ended."""
        return self._get("recovery") is not None

    @property
    def failure(self) -> str | None:
        """Why recording stopped before the session did; None if it did not."""
        return self._get("failure")

    def items(self) -> Iterator[Chunk | Event]:
        """Everything in exactly the order in which it was written, a batch at a time.

        Raises
        ------
        RecordingError
            At the first damaged place; what comes before it is sound.
        """
        with container.explained(self.path):
            for one in self._rows.placed():
                yield one.chunk if isinstance(one, Placed) else one.event

    def data(self, stream: str) -> StreamData:
        """All samples of one stream.

        Raises
        ------
        RecordingError
            If there is no such stream, or it is damaged.
        """
        for number, info in self._rows.streams.items():
            if info.id == stream:
                with container.explained(self.path):
                    return _join(info, [one.chunk for one in self._rows.of_stream(number)])
        known = ", ".join(info.id for info in self.streams) or "none"
        raise RecordingError(f"{self.path}: has no stream {stream!r}; it has: {known}")

    def _get(self, name: str) -> Any:
        with container.explained(self.path):
            return container.get(self._database, name)


def _join(info: StreamInfo, chunks: list[Chunk]) -> StreamData:
    width = len(info.channels)
    nothing = info.chunk(np.empty((0, width)), np.empty(0), 0, arrived_s=0.0)
    chunks = [nothing, *chunks]
    return StreamData(
        info,
        np.concatenate([chunk.counts for chunk in chunks]),
        np.concatenate([chunk.data for chunk in chunks]),
        np.concatenate([chunk.times_s for chunk in chunks]),
        np.concatenate([chunk.first_sample + np.arange(len(chunk), dtype=np.int64) for chunk in chunks]),
    )
