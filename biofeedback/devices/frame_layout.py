"""How a frame is laid out: fields, marks, checks, and the messages they make. The words of a profile for bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import msgspec

Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=64)]
Byte = Annotated[int, msgspec.Meta(ge=0, le=255)]
Position = Annotated[int, msgspec.Meta(ge=0, le=4095)]
Factor = float | Annotated[str, msgspec.Meta(pattern=r"^-?\d[\d.eE+-]*( [*/] -?\d[\d.eE+-]*)*$")]
FieldType = Literal[
    "u8", "i8", "u16le", "u16be", "i16le", "i16be", "u24le", "u24be", "i24le", "i24be",
    "u32le", "u32be", "i32le", "i32be", "u64le", "u64be", "f32le", "f32be", "f64le", "f64be",
    "text",
]  # fmt: skip


def factor(text: Factor) -> float:
    """Return the number that ``"16 * 9.80665 / 32768"`` stands for; the signs act from left to right."""
    if not isinstance(text, str):
        return float(text)
    first, *rest = text.split(" ")
    value = float(first)
    for sign, number in zip(rest[::2], rest[1::2], strict=True):
        value = value * float(number) if sign == "*" else value / float(number)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A number inside a frame: where it begins, how it is stored, and which bits of it count.

    ``bits`` is (lowest bit, number of bits) for numbers that are not whole bytes. In a line of text ``type`` is
    "text" and ``at`` counts the columns; the reader of lines makes each a number of 8 bytes.
    """

    at: Position
    type: FieldType = "u8"
    bits: tuple[Position, Annotated[int, msgspec.Meta(ge=1, le=64)]] | None = None

    @property
    def width(self) -> int:
        """Number of bytes the number is read from."""
        return 8 if self.type == "text" else int(re.sub(r"\D", "", self.type)) // 8

    @property
    def place(self) -> int:
        """The byte at which the number begins."""
        return self.at * self.width if self.type == "text" else self.at

    @property
    def is_float(self) -> bool:
        """Whether the number is an IEEE floating point number."""
        return self.type.startswith(("f", "t"))

    @property
    def is_signed(self) -> bool:
        """Whether the number is in two's complement."""
        return self.type.startswith("i")

    @property
    def is_big_endian(self) -> bool:
        """Whether the most significant byte comes first."""
        return self.type.endswith("be")

    @property
    def n_bits(self) -> int:
        """Number of bits the number has."""
        return self.bits[1] if self.bits else 8 * self.width

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest integer the field can hold."""
        if self.is_signed:
            return -(1 << (self.n_bits - 1)), (1 << (self.n_bits - 1)) - 1
        return 0, (1 << self.n_bits) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A byte that must hold one of some values after masking: a sync byte, a footer, a message type."""

    at: Position
    values: Annotated[tuple[Byte, ...], msgspec.Meta(min_length=1)]
    mask: Byte = 0xFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Timestamp(Field):
    """The device's own time in a frame, counted in ticks of ``tick_s`` seconds; it may wrap."""

    tick_s: Factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Checksum(Field):
    """A check over the bytes ``first`` to ``last``, both included.

    ``sum`` keeps the low bits of the sum, ``xor`` works byte by byte, ``crc`` is described in the usual way by its
    polynomial, initial value, reflection and final exclusive-or. A crc of four bits goes by half bytes, the high one
    first, and leaves out the one it stands in. ``pad_even`` adds a zero byte to an odd number of bytes.
    """

    kind: Literal["sum", "xor", "crc"]
    first: Position
    last: Position
    polynomial: int = 0
    initial: int = 0
    reflected: bool = False
    final_xor: int = 0
    pad_even: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """A message that is a line of text: numbers between commas, semicolons, spaces or tabs.

    A field ``label:value`` goes to the column of that label if there are ``labels``, else to the next column.
    """

    columns: Annotated[int, msgspec.Meta(ge=1, le=64)]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuffing:
    """Messages that end with a byte which stands nowhere else: ``escape`` and a second byte replace what may not stand.

    ``escaped`` lists pairs of the byte that is meant and the second byte.
    """

    terminator: Byte
    escape: Byte
    escaped: Annotated[tuple[tuple[Byte, Byte], ...], msgspec.Meta(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One kind of frame of fixed length.

    ``confirm_next`` asks for the sync bytes of the frame behind before this one is believed: for firmware without a
    checksum. On Bluetooth Low Energy ``characteristic`` says where the frame comes from, and ``padded`` that a
    notification holds one frame with unused bytes behind it. ``in_a_row`` frames must follow each other, checked and
    counting on, before any is believed: for firmware without sync bytes. ``aligned`` frames follow each other from the
    first byte of the connection on, for servers that say nothing else; where a server has several ports for data,
    ``connection`` names the one. A ``text`` message is a line of at most
    ``length`` bytes.
    """

    id: Slug
    length: Annotated[int, msgspec.Meta(ge=2, le=4096)]
    sync: Annotated[tuple[Byte, ...], msgspec.Meta(max_length=8)] = ()
    characteristic: Slug | None = None
    connection: Slug | None = None
    padded: bool = False
    marks: tuple[Mark, ...] = ()
    counter: Field | None = None
    timestamp: Timestamp | None = None
    checksum: Checksum | None = None
    confirm_next: bool = False
    in_a_row: Annotated[int, msgspec.Meta(ge=1, le=16)] = 1
    aligned: bool = False
    text: TextLine | None = None

    @property
    def frame_length(self) -> int:
        """Number of bytes of a frame as fields see it: of a line of text, 8 for each column."""
        return 8 * self.text.columns if self.text else self.length

    @property
    def all_marks(self) -> tuple[Mark, ...]:
        """Sync bytes and marks in one list, positions beyond ``length`` lying in the frame behind."""
        sync = tuple(Mark(at=at, values=(value,)) for at, value in enumerate(self.sync))
        behind = tuple(replace(mark, at=mark.at + self.length) for mark in sync) if self.confirm_next else ()
        return (*sync, *self.marks, *behind)
