"""Numbers in frames: one field of one frame, or the same fields of many frames at once."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.frame_layout import Field

Bytes2d = NDArray[np.uint8]


def reader(field: Field) -> Callable[[bytes], int]:
    """Return what reads a field without a sign from one frame; in a line of text it must hold a finite number."""
    begin, end, keep = field.place, field.place + field.width, (1 << field.n_bits) - 1
    low_bit = field.bits[0] if field.bits else 0
    order: Literal["big", "little"] = "big" if field.is_big_endian else "little"
    if field.is_float:
        return lambda frame: int(struct.unpack_from("<d", frame, begin)[0])
    if field.width == 1:
        return lambda frame: frame[begin] >> low_bit & keep
    return lambda frame: int.from_bytes(frame[begin:end], order) >> low_bit & keep


class IntegerFields:
    """A few integer fields of one kind of frame, gathered and scattered in one go."""

    def __init__(self, fields: Sequence[Field]) -> None:
        widest = max(field.width for field in fields)
        self._places = np.zeros((len(fields), widest), np.intp)
        self._shifts = np.zeros((len(fields), widest), np.int64)
        self._weights = np.zeros((len(fields), widest), np.int64)  # 0 pads the narrower fields
        for row, field in enumerate(fields):
            for byte in range(field.width):
                rank = field.width - 1 - byte if field.is_big_endian else byte
                self._places[row, byte] = field.place + byte
                self._shifts[row, byte] = 8 * rank
                self._weights[row, byte] = np.int64(1) << np.int64(8 * rank)
        codes = {_integer_code(field) for field in fields}
        self._code = codes.pop() if len(codes) == 1 else ""  # whole numbers of one kind are read in one go
        self._bytes = np.concatenate([field.place + np.arange(field.width) for field in fields])
        self._low_bit = np.array([field.bits[0] if field.bits else 0 for field in fields], np.int64)
        self._keep = np.array([(1 << min(field.n_bits, 63)) - 1 for field in fields], np.int64)
        self._sign = np.array(
            [1 << (min(field.n_bits, 63) - 1) if field.is_signed else 0 for field in fields], np.int64
        )

    def read(self, frames: Bytes2d) -> NDArray[np.int64]:
        """Return the integers, shape (n_frames, n_fields), of frames of shape (n_frames, length)."""
        if self._code:
            return np.ascontiguousarray(frames[:, self._bytes]).view(self._code).astype(np.int64)
        whole = np.add.reduce(frames[:, self._places] * self._weights, axis=2)
        return (((whole >> self._low_bit) & self._keep) ^ self._sign) - self._sign

    def write(self, frames: Bytes2d, values: NDArray[np.int64]) -> None:
        """Put integers, shape (n_frames, n_fields), into frames; bits outside the fields stay."""
        whole = (values & self._keep) << self._low_bit
        for row in range(len(self._places)):
            for byte in np.flatnonzero(self._weights[row]):
                place = self._places[row, byte]
                frames[:, place] |= ((whole[:, row] >> self._shifts[row, byte]) & 0xFF).astype(np.uint8)


class NumberFields:
    """Fields that may be floating point; integers only are the faster case."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = tuple(fields)
        self._integers = None if any(field.is_float for field in fields) else IntegerFields(fields)
        codes = {_float_code(field) if field.is_float else "" for field in fields}
        self._code = codes.pop() if len(codes) == 1 else ""  # floats of one kind are read in one go
        self._bytes = np.concatenate([field.place + np.arange(field.width) for field in fields])

    def read(self, frames: Bytes2d) -> NDArray[Any]:
        """Return the numbers, shape (n_frames, n_fields): int64, or float64 if any field is a float."""
        if self._integers is not None:
            return self._integers.read(frames)
        if self._code:
            stored = np.ascontiguousarray(frames[:, self._bytes])
            with np.errstate(invalid="ignore"):  # random bytes may be a NaN that signals
                return stored.view(self._code).astype(np.float64)
        columns = [_read_float(frames, field) if field.is_float else _read_one(frames, field) for field in self._fields]
        return np.stack(columns, axis=1)

    def write(self, frames: Bytes2d, values: NDArray[Any]) -> None:
        """Put numbers, shape (n_frames, n_fields), into frames whose bytes there are zero."""
        if self._integers is not None:
            self._integers.write(frames, values.astype(np.int64))
            return
        for column, field in enumerate(self._fields):
            if field.is_float:
                stored = np.ascontiguousarray(values[:, column], dtype=_float_code(field))
                frames[:, field.place : field.place + field.width] = stored.view(np.uint8).reshape(-1, field.width)
            else:
                IntegerFields([field]).write(frames, values[:, column : column + 1].astype(np.int64))


def _integer_code(field: Field) -> str:
    """Return numpy's name of a field that numpy knows, else ""."""
    if field.bits or field.is_float or field.width not in (1, 2, 4):
        return ""
    return (">" if field.is_big_endian else "<") + ("i" if field.is_signed else "u") + str(field.width)


def _float_code(field: Field) -> str:
    return (">" if field.is_big_endian else "<") + f"f{field.width}"


def _read_float(frames: Bytes2d, field: Field) -> NDArray[np.float64]:
    stored = np.ascontiguousarray(frames[:, field.place : field.place + field.width])
    with np.errstate(invalid="ignore"):  # random bytes may be a NaN that signals
        return stored.view(_float_code(field))[:, 0].astype(np.float64)


def _read_one(frames: Bytes2d, field: Field) -> NDArray[np.float64]:
    return IntegerFields([field]).read(frames)[:, 0].astype(np.float64)
