"""The bytes of an XDF file: its chunks, and the time stamps and values in them.

Every length is held against what is left of the file or the chunk; a last chunk that was cut off is left out.
"""

from __future__ import annotations

import gzip
import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from biofeedback.storage.errors import FileError

Array = NDArray[np.float64]

STREAM, SAMPLES, CLOCK = 2, 3, 4
"""Tags of chunks: description of a stream, samples, clock offset."""

_log = logging.getLogger(__name__)
_LARGEST_CHUNK = 1 << 26


@dataclass(frozen=True, slots=True)
class Rows:
    """How the samples of a stream are written: channels, and numpy's code of a value, empty for text."""

    name: str
    width: int
    code: str


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            yield cast("BinaryIO", file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileError(f"{path}: the compressed file is damaged or cut off; copy it again") from error
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); check the name") from error


def chunks(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Give tag, stream number and content of each chunk that is whole."""
    with _opened(path) as file:
        if file.read(4) != b"XDF:":
            raise FileError(f"{path}: does not begin like an XDF file; is it one?")
        while size := file.read(1):
            length = _length(file, size)
            if length is None or length < 2 or length > _LARGEST_CHUNK:
                raise FileError(f"{path}: a chunk at byte {file.tell()} has no length that can be; the file is damaged")
            content = file.read(length)
            if len(content) < length:
                _log.warning("%s ends within a chunk; what comes before it is read", path.name)
                return
            tag = int.from_bytes(content[:2], "little")
            if tag in (STREAM, SAMPLES, CLOCK) and length >= 6:
                yield tag, int.from_bytes(content[2:6], "little"), content[6:]


def _length(file: BinaryIO, size: bytes) -> int | None:
    raw = file.read(size[0]) if size[0] in (1, 4, 8) else b""
    return int.from_bytes(raw, "little") if raw and len(raw) == size[0] else None


def _counted(path: Path, rows: Rows, body: bytes) -> tuple[int, int]:
    """Return how many samples a chunk says it has, and where they begin."""
    size = body[0] if body else 0
    if size not in (1, 4, 8) or len(body) < 1 + size:
        raise FileError(f"{path}: {rows.name}: a chunk of samples is damaged")
    return int.from_bytes(body[1 : 1 + size], "little"), 1 + size


def values(path: Path, rows: Rows, body: bytes) -> tuple[Array, Array]:
    """Return time stamps, shape (n,), NaN where they were left out, and samples, shape (n, n_channels)."""
    count, at = _counted(path, rows, body)
    row = rows.width * np.dtype(rows.code).itemsize
    raw = np.frombuffer(body, np.uint8, offset=at)
    if count and len(raw) == count * (9 + row) and (raw[:: 9 + row] == 8).all():
        table = raw.reshape(count, 9 + row)
        return table[:, 1:9].copy().view("<f8")[:, 0], _numbers(rows, table[:, 9:])
    lead = 9 if len(raw) and raw[0] == 8 else 0
    if count and len(raw) == lead + (count - bool(lead)) * (1 + row) + (row if lead else 0):
        padded = raw[lead:] if not lead else np.concatenate([np.zeros(1, np.uint8), raw[lead:]])
        table = padded.reshape(count, 1 + row)
        if (table[:, 0] == 0).all():
            stamps = np.full(count, np.nan)
            if lead:
                stamps[0] = struct.unpack_from("<d", body, at + 1)[0]
            return stamps, _numbers(rows, table[:, 1:])
    return _one_by_one(path, rows, body, count, at, row)


def _numbers(rows: Rows, table: NDArray[np.uint8]) -> Array:
    return np.ascontiguousarray(table).view(rows.code).astype(np.float64)


def _one_by_one(path: Path, rows: Rows, body: bytes, count: int, at: int, row: int) -> tuple[Array, Array]:
    stamps: list[float] = []
    parts: list[bytes] = []
    for _ in range(min(count, len(body))):
        stamp, at = _stamp(path, rows, body, at)
        stamps.append(stamp)
        parts.append(body[at : at + row])
        at += row
    if at != len(body) or len(parts) != count:
        raise FileError(f"{path}: {rows.name}: a chunk does not have the {count} samples it says")
    values = np.frombuffer(b"".join(parts), rows.code).reshape(count, rows.width)
    return np.array(stamps), values.astype(np.float64)


def _stamp(path: Path, rows: Rows, body: bytes, at: int) -> tuple[float, int]:
    size = body[at] if at < len(body) else 255
    if size == 0:
        return float("nan"), at + 1
    if size != 8 or at + 9 > len(body):
        raise FileError(f"{path}: {rows.name}: a time stamp is damaged")
    return struct.unpack_from("<d", body, at + 1)[0], at + 9


def texts(path: Path, rows: Rows, body: bytes) -> tuple[Array, list[str]]:
    """Return time stamps and the first channel's text of each marker."""
    count, at = _counted(path, rows, body)
    stamps: list[float] = []
    texts: list[str] = []
    for _ in range(min(count, len(body))):
        stamp, at = _stamp(path, rows, body, at)
        words: list[str] = []
        for _ in range(rows.width):
            size = body[at] if at < len(body) else 0
            length = int.from_bytes(body[at + 1 : at + 1 + size], "little")
            begin = at + 1 + size
            if size not in (1, 4, 8) or begin + length > len(body):
                raise FileError(f"{path}: {rows.name}: a marker is damaged")
            words.append(body[begin : begin + length].decode("utf-8", "replace"))
            at = begin + length
        stamps.append(stamp)
        texts.append(words[0])
    return np.array(stamps, dtype=np.float64), texts
