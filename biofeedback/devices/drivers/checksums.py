"""Checksums of many frames at once."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from biofeedback.devices.frame_layout import Checksum

Bytes2d = NDArray[np.uint8]


def check_values(check: Checksum, frames: Bytes2d) -> NDArray[np.int64]:
    """Compute the check of each frame, shape (n_frames,), from frames of shape (n_frames, length)."""
    covered = frames[:, check.first : check.last + 1]
    if check.kind == "crc" and check.n_bits == 4:
        return _crc_of_half_bytes(check, covered)
    if check.kind == "sum":
        return covered.sum(axis=1, dtype=np.int64) & ((1 << check.n_bits) - 1)
    if check.kind == "xor":
        return np.bitwise_xor.reduce(covered, axis=1).astype(np.int64)
    return _crc(check, covered)


def _crc(check: Checksum, covered: Bytes2d) -> NDArray[np.int64]:
    """Cyclic redundancy check after Williams' model (Ross Williams, A Painless Guide to CRC, 1993)."""
    n_bytes = covered.shape[1]
    shares, constant = _crc_shares(check, n_bytes, 1 if check.pad_even and n_bytes % 2 else 0)
    return np.bitwise_xor.reduce(shares[np.arange(n_bytes), covered], axis=1) ^ constant


@cache
def _crc_shares(check: Checksum, n_bytes: int, n_pad: int) -> tuple[NDArray[np.int64], int]:
    """Return what each byte at each place adds to the register, shape (n_bytes, 256), and what an empty message gives.

    The check is linear: the exclusive-or of what the bytes give one by one.
    """
    width = check.n_bits
    table = _crc_table(check.polynomial, width, check.reflected)

    def shifted(register: NDArray[np.int64]) -> NDArray[np.int64]:
        if check.reflected:
            return table[register & 0xFF] ^ (register >> 8)
        return table[register >> (width - 8)] ^ ((register << 8) & ((1 << width) - 1))

    shares = np.empty((n_bytes + n_pad, 256), np.int64)
    shares[-1] = table
    for place in range(len(shares) - 2, -1, -1):
        shares[place] = shifted(shares[place + 1])
    constant = np.array([check.initial], np.int64)
    for _ in range(len(shares)):
        constant = shifted(constant)
    return shares[:n_bytes], int(constant[0]) ^ check.final_xor


def _crc_of_half_bytes(check: Checksum, covered: Bytes2d) -> NDArray[np.int64]:
    """Cyclic redundancy check of four bits: half bytes in order, the high one first, without the check's own."""
    halves = np.stack([covered >> 4, covered & 0xF], axis=2).reshape(len(covered), -1)
    own_low_bit = check.bits[0] if check.bits else 0
    own = 2 * (check.at - check.first) + (0 if own_low_bit else 1)
    table = np.array([_times_x4(value, check.polynomial) for value in range(16)], np.int64)
    register = np.full(len(covered), check.initial, np.int64)
    for place, column in enumerate(halves.T):
        if place != own:
            register = table[register ^ column]
    return register ^ check.final_xor


def _times_x4(register: int, polynomial: int) -> int:
    for _ in range(4):
        register = (register << 1) ^ (polynomial if register & 8 else 0)
    return register & 0xF


@cache
def _crc_table(polynomial: int, width: int, reflected: bool) -> NDArray[np.int64]:
    """Return what each byte does to the register, shape (256,)."""
    table = np.zeros(256, np.int64)
    mirrored = int(f"{polynomial:0{width}b}"[::-1], 2)
    for byte in range(256):
        register = byte if reflected else byte << (width - 8)
        for _ in range(8):
            if reflected:
                register = (register >> 1) ^ (mirrored if register & 1 else 0)
            else:
                register = (register << 1) ^ (polynomial if register >> (width - 1) & 1 else 0)
        table[byte] = register & ((1 << width) - 1)
    return table
