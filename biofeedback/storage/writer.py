"""Writing a recording while it happens, without ever holding up who hands the samples over."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from biofeedback.storage import container, disk
from biofeedback.storage.beginning import begin, utc_now
from biofeedback.storage.container import DatabaseError
from biofeedback.storage.keys import StoreKey
from biofeedback.storage.live import CAPACITY
from biofeedback.storage.rows import Queued, RowWriter, event_to_text
from biofeedback.stream import Chunk, Event, StreamInfo, host_time_s

COMMIT_EVERY_S = 0.25  # with the commit itself, well below the second that may be lost
SLOW_DISK_S = 3.0  # longer than any pause of a healthy disk, short enough to act upon
LOOK_AT_DISK_EVERY_S = 2.0
_LARGEST_BATCH = 1_000_000  # values a commit: bounds memory when a recording is written faster than real time
_TRY_AGAIN_S = 1.0
# Values that wait in memory for room on the disk: a quarter of an hour of eight EMG at 2 kHz and six IMU, 250 MB.
MOST_HELD = 20_000_000
_log = logging.getLogger(__name__)


class RecordingWriter:
    """A recording that is being written.

    `add_stream`, `chunk` and `event` return at once; a thread commits what they left every 0.25 s. Arrays are not
    copied: whoever hands over a chunk must not change it any more. Where the disk is full, all waits in memory until
    there is room, up to `MOST_HELD` values. After a failure these calls do nothing.
    """

    def __init__(self, path: Path, streams: Iterable[StreamInfo], about: dict[str, Any], store_key: StoreKey) -> None:
        """Make the files of a new recording; takes some ten milliseconds.

        Raises
        ------
        RecordingError
            If the name is taken, the folder is on a network share or cannot be written, or the disk is nearly full.
        """
        self.path = path
        self._lock = threading.Lock()
        self._queue: deque[Queued] = deque()
        self._sequence = 0
        self._streams: dict[str, StreamInfo] = {}
        self._numbers: dict[str, int] = {}
        self._received: dict[str, int] = {}
        self._saved: dict[str, int] = {}
        self._failure: str | None = None
        self._low_disk: str | None = None
        self._full = False
        self._unsaved_since_s: float | None = None
        self._saved_s = host_time_s()
        self._looked_s = float("-inf")
        self._stopping = threading.Event()
        for info in streams:
            self._register(info)
        self._live, self._database = begin(path, self._streams.values(), about, store_key)
        self._rows = RowWriter(self._database)
        self._look_at_disk()
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close({})

    @property
    def received(self) -> dict[str, int]:
        """Samples of each stream that were handed over."""
        with self._lock:
            return dict(self._received)

    @property
    def saved(self) -> dict[str, int]:
        """Samples of each stream that are on the disk for good."""
        with self._lock:
            return dict(self._saved)

    @property
    def saved_s(self) -> float:
        """Host time at which the newest saved item was handed over; at first, when the recording began."""
        return self._saved_s

    @property
    def failure(self) -> str | None:
        """Why nothing is recorded any more, in one plain line; None while all is well."""
        return self._failure

    @property
    def warning(self) -> str | None:
        """What threatens the recording, in one plain line: a disk full, nearly full, or too slow."""
        since = self._unsaved_since_s
        behind_s = 0.0 if since is None else host_time_s() - since
        if self._full:
            return f"The disk is full: make room. Nothing is lost so far; the last {behind_s:.0f} s wait in memory."
        if behind_s > SLOW_DISK_S and self._failure is None:
            return f"The disk is slow: the last {behind_s:.0f} s are not saved yet."
        return self._low_disk

    def add_stream(self, info: StreamInfo) -> None:
        """Say what a stream looks like, before its first chunk. The same stream again changes nothing.

        Raises
        ------
        ValueError
            If a different stream has this id, or there are too many streams.
        """
        with self._lock:
            if self._is_open() and self._register(info):
                self._append(info)

    def chunk(self, chunk: Chunk) -> None:
        """Take the next samples of a stream that was added.

        Raises
        ------
        ValueError
            If the stream is unknown, or the arrays do not have its shape and type.
        """
        info = self._streams.get(chunk.stream)
        if info is None:
            raise ValueError(f"stream {chunk.stream!r} was not added to the recording")
        _check(info, chunk)
        with self._lock:
            if self._is_open():
                self._live.add_samples(self._numbers[chunk.stream], len(chunk))
                self._received[chunk.stream] += len(chunk)
                self._append(chunk)

    def event(self, event: Event) -> None:
        """Take something that happened. Its values come back as JSON gives them: tuples as lists.

        Raises
        ------
        ValueError, TypeError
            If the values contain themselves, or have keys that are no text.
        """
        text = event_to_text(event)
        with self._lock:
            if self._is_open():
                self._live.add_event()
                self._append(text)

    def close(self, summary: dict[str, Any], *, mark: bool = True) -> None:
        """Save what is left and mark the recording closed; waits for the disk. Safe to call twice.

        Without ``mark`` it stays as a killed process would leave it, to be found by `unclosed`.
        """
        with self._lock:
            if self._stopping.is_set():
                return
            self._stopping.set()
        self._thread.join()
        container.reserve_path(self.path).unlink(missing_ok=True)
        closed = mark and self._mark_closed(summary)
        self._database.close()
        self._live.close(remove=closed)

    def _register(self, info: StreamInfo) -> bool:
        """Give a stream its number, which is also its place among the live counts; False if it has one."""
        known = self._streams.get(info.id)
        if known is not None and known != info:
            raise ValueError(f"stream {info.id!r} is in the recording already, with other channels or rate")
        if known is None and len(self._numbers) == CAPACITY:
            raise ValueError(f"a recording holds {CAPACITY} streams at most")
        if known is None:
            self._streams[info.id] = info
            self._numbers[info.id] = len(self._numbers)
            self._received[info.id] = self._saved[info.id] = 0
        return known is None

    def _is_open(self) -> bool:
        return self._failure is None and not self._stopping.is_set()

    def _append(self, item: Chunk | StreamInfo | str) -> None:
        """Put something at the end of the order. The lock is held."""
        now_s = host_time_s()
        self._queue.append(Queued(self._sequence, now_s, item))
        self._sequence += 1
        if self._unsaved_since_s is None:
            self._unsaved_since_s = now_s

    def _run(self) -> None:
        last = False
        try:
            while not last:
                last = self._stopping.wait(_TRY_AGAIN_S if self._full else COMMIT_EVERY_S)
                self._look_at_disk()
                self._save_waiting(last)
        except (DatabaseError, OSError) as error:
            self._fail(_plainly(error, self.path), error)
        except Exception as error:  # noqa: BLE001 - a fault here must not go unseen, whatever it is
            self._fail(f"Recording stopped by a fault of the program ({error!r}); what was saved is safe.", error)

    def _save_waiting(self, last: bool) -> None:
        """Save what waits; where the disk is full it goes on waiting, unless that is too much, or there is no later.

        At the end the reserve is given back for it.
        """
        waiting = len(self._queue)  # what comes in meanwhile waits for the next time
        while waiting > 0 and (batch := self._take()):
            try:
                self._commit(batch)
            except DatabaseError as error:
                with self._lock:
                    self._queue.extendleft(reversed(batch))
                if not _says_full(error) or not self._may_wait(last):
                    raise
                if not last:
                    self._full = True
                    return
                continue
            self._full = False
            waiting -= len(batch)

    def _may_wait(self, last: bool) -> bool:
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")
        reserve = container.reserve_path(self.path)
        if last and reserve.exists():
            reserve.unlink()
            return True
        with self._lock:
            held = sum(queued.item.counts.size for queued in self._queue if isinstance(queued.item, Chunk))
        return not last and held < MOST_HELD

    def _take(self) -> list[Queued]:
        """Take a batch off the queue, in order."""
        batch: list[Queued] = []
        values = 0
        with self._lock:
            while self._queue and values < _LARGEST_BATCH:
                queued = self._queue.popleft()
                values += queued.item.counts.size if isinstance(queued.item, Chunk) else 100
                batch.append(queued)
        return batch

    def _commit(self, batch: list[Queued]) -> None:
        self._rows.save(batch)
        with self._lock:
            for queued in batch:
                if isinstance(queued.item, Chunk):
                    self._saved[queued.item.stream] += len(queued.item)
            self._saved_s = batch[-1].handed_s
            self._unsaved_since_s = self._queue[0].handed_s if self._queue else None

    def _fail(self, failure: str, error: Exception) -> None:
        """Stop recording; give back the reserve, so that closing finds room."""
        _log.error("%s: %s", self.path, failure, exc_info=error)
        with self._lock:
            self._failure = failure
            self._full = False
            self._queue.clear()
            self._unsaved_since_s = None
        container.reserve_path(self.path).unlink(missing_ok=True)

    def _look_at_disk(self) -> None:
        if host_time_s() - self._looked_s < LOOK_AT_DISK_EVERY_S:
            return
        self._looked_s = host_time_s()
        try:
            free = disk.free_bytes(self.path.parent)
        except OSError as error:  # not to know is no reason to stop recording
            _log.warning("%s: free space is not known (%s)", self.path, error)
            return
        low = free < disk.LOW_FREE_BYTES
        self._low_disk = f"The disk is nearly full: {free // 1_000_000} MB are free; make room." if low else None

    def _mark_closed(self, summary: dict[str, Any]) -> bool:
        """Write the summary and the mark, and bring all into one file; False if the disk does not allow it."""
        marks = {"summary": summary, "received": self._received, "failure": self._failure, "closed": utc_now()}
        try:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            container.compact(self._database)
            container.put(self._database, marks)
            container.compact(self._database)
        except DatabaseError as error:
            _log.warning("%s: not marked closed (%s); recover it once there is room", self.path, error)
            self._failure = self._failure or _plainly(error, self.path)
            return False
        return True


def _check(info: StreamInfo, chunk: Chunk) -> None:
    """Arrays that cannot be read back must not come as far as the queue."""
    shape = (len(chunk.times_s), len(info.channels))
    kind = np.int32 if info.integer_counts else np.float64
    if chunk.counts.shape != shape or chunk.data.shape != shape:
        raise ValueError(f"{info.id}: counts {chunk.counts.shape} and data {chunk.data.shape} should be {shape}")
    if chunk.counts.dtype != kind or chunk.data.dtype != np.float64 or chunk.times_s.dtype != np.float64:
        raise ValueError(f"{info.id}: counts should be {kind.__name__}, data and times float64")


def _says_full(error: Exception) -> bool:
    return "full" in str(error) or "No space" in str(error)


def _plainly(error: Exception, path: Path) -> str:
    if _says_full(error):
        return f"The disk is full: recording stopped. What came before that is saved in {path.name}."
    return f"The disk does not take any more ({error}): recording stopped. What was saved is safe in {path.name}."
