"""The checks at the end of frames."""

from __future__ import annotations

import operator
from binascii import crc_hqx
from collections.abc import Callable
from functools import cache, reduce

from biofeedback.devices.drivers.fields import reader
from biofeedback.devices.frame_layout import Checksum


class Check:
    """The check of one kind of frame: what it should be, and whether it is."""

    def __init__(self, check: Checksum) -> None:
        self._stored = reader(check)
        self._covered = slice(check.first, check.last + 1)
        self._value = _method(check)

    def value(self, frame: bytes) -> int:
        """Compute the check of a frame."""
        return self._value(frame[self._covered])

    def holds(self, frame: bytes) -> bool:
        """Tell whether the check that stands in the frame is right."""
        return self._value(frame[self._covered]) == self._stored(frame)


def _method(check: Checksum) -> Callable[[bytes], int]:
    if check.kind == "crc":
        return _crc_of_half_bytes(check) if check.n_bits == 4 else _crc(check)
    if check.kind == "sum":
        keep = (1 << check.n_bits) - 1
        return lambda covered: sum(covered) & keep
    return lambda covered: reduce(operator.xor, covered)


def _crc(check: Checksum) -> Callable[[bytes], int]:
    """Cyclic redundancy check after Williams' model (Ross Williams, A Painless Guide to CRC, 1993)."""
    width, initial, final = check.n_bits, check.initial, check.final_xor
    pad = b"\0" if check.pad_even and (check.last - check.first + 1) % 2 else b""
    if (check.polynomial, width, check.reflected) == (0x1021, 16, False):  # the one in the standard library
        return lambda covered: crc_hqx(covered + pad, initial) ^ final
    table = _crc_table(check.polynomial, width, check.reflected)
    high, keep = width - 8, (1 << width) - 1

    def reflected(covered: bytes) -> int:
        register = initial
        for byte in covered + pad:
            register = table[(register ^ byte) & 0xFF] ^ (register >> 8)
        return register ^ final

    def straight(covered: bytes) -> int:
        register = initial
        for byte in covered + pad:
            register = table[(register >> high) ^ byte] ^ ((register << 8) & keep)
        return register ^ final

    return reflected if check.reflected else straight


def _crc_of_half_bytes(check: Checksum) -> Callable[[bytes], int]:
    """Cyclic redundancy check of four bits: half bytes in order, the high one first, without the check's own."""
    half = [_times_x4(value, check.polynomial) for value in range(16)]
    whole = [half[half[register ^ (byte >> 4)] ^ (byte & 0xF)] for register in range(16) for byte in range(256)]
    own = check.at - check.first if check.first <= check.at <= check.last else check.last - check.first + 1
    other_half = 4 if not (check.bits and check.bits[0]) else 0
    initial, final = check.initial, check.final_xor

    def value(covered: bytes) -> int:
        register = initial
        for byte in covered[:own]:
            register = whole[register << 8 | byte]
        for byte in covered[own : own + 1]:
            register = half[register ^ (byte >> other_half & 0xF)]
        for byte in covered[own + 1 :]:
            register = whole[register << 8 | byte]
        return register ^ final

    return value


def _times_x4(register: int, polynomial: int) -> int:
    for _ in range(4):
        register = (register << 1) ^ (polynomial if register & 8 else 0)
    return register & 0xF


@cache
def _crc_table(polynomial: int, width: int, reflected: bool) -> list[int]:
    """Return what each byte does to the register."""
    table: list[int] = []
    mirrored = int(f"{polynomial:0{width}b}"[::-1], 2)
    for byte in range(256):
        register = byte if reflected else byte << (width - 8)
        for _ in range(8):
            if reflected:
                register = (register >> 1) ^ (mirrored if register & 1 else 0)
            else:
                register = (register << 1) ^ (polynomial if register >> (width - 1) & 1 else 0)
        table.append(register & ((1 << width) - 1))
    return table
